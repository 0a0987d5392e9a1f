"""What a foreign page can make the API do in a browser."""

from playwright.sync_api import Browser

# A form of the type text/plain sends `name=value`. Together the two are a JSON text, which becomes a page.
SCRIPTED_PAGE = """
<form method="post" enctype="text/plain" action="{service}/json2xml?mapping=natural">
  <textarea name='{{"html":{{"@xmlns":"http://www.w3.org/1999/xhtml","head":{{"title":"quiet"}},"body":{{"script":"document.title'>
'loud'"}}}}}}</textarea>
</form>
<script>document.forms[0].submit()</script>
"""


def test_a_script_that_a_foreign_page_has_the_api_answer_does_not_run(browser: Browser, service: str) -> None:
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    body = SCRIPTED_PAGE.format(service=service)
    page.route("http://foreign.example/", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("http://foreign.example/")
    page.wait_for_url(f"{service}/**")
    page.wait_for_load_state()
    assert page.title() == "quiet"
    assert any("sandbox" in text for text in refused)
    page.close()
