"""The pages beside the page: the API in one page, and what is said where there is none."""

import re

from playwright.sync_api import Page, expect

from local.host.intrinsics import load_yaml
from tests.running import ROOT


def test_the_page_leads_to_the_api_and_back(page: Page) -> None:
    page.get_by_role("link", name="API", exact=True).click()
    expect(page).to_have_title("The API of Crosswalk")
    page.get_by_role("link", name="The page").click()
    expect(page).to_have_title("Crosswalk: JSON to XML and back")


def test_the_list_of_routes_leads_to_each(page: Page) -> None:
    page.goto("/api.html")
    for link in page.get_by_role("navigation", name="Routes").get_by_role("link").all():
        link.click()
        target = page.url.partition("#")[2]
        expect(page.locator(f"#{target}")).to_be_in_viewport()


def test_cloudfronts_function_answers_for_missing_pages_only(page: Page) -> None:
    code = load_yaml(ROOT / "template.yaml")["Resources"]["MissingPage"]["Properties"]["FunctionCode"]
    ask = f"(uri) => {{ {code}; return handler({{request: {{uri}}}}); }}"
    assert page.evaluate(ask, "/api.html") == {"uri": "/api.html"}
    answer = page.evaluate(ask, "/no/such/page")
    assert answer["statusCode"] == 404
    assert "There is no page here" in answer["body"]["data"]


def test_a_missing_page_is_told_in_words(page: Page) -> None:
    answer = page.goto("/no/such/page")
    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading")).to_have_text("There is no page here")
    page.get_by_role("link").click()
    expect(page).to_have_title(re.compile("^Crosswalk"))
