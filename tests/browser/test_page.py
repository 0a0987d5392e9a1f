"""What people do with the page, done to the real service."""

import base64
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).click()


def use_tool(page: Page, pane: str, tool: str) -> None:
    page.get_by_role("region", name=pane, exact=True).get_by_role("button", name=tool).click()


def pane_text(page: Page, pane: str) -> Locator:
    return page.get_by_label(pane, exact=True).and_(page.locator("textarea"))


def selected_text(page: Page, pane: str) -> str:
    selection: str = pane_text(page, pane).evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
    return selection


def drop_file(page: Page, selector: str, name: str, *parts: bytes | tuple[bytes, int]) -> None:
    """Let go of a file above an element, as a browser tells a page of it. A part with a number: that many of it."""
    pairs = [part if isinstance(part, tuple) else (part, 1) for part in parts]
    page.evaluate(
        """([selector, name, parts]) => {
            const decode = (part) => Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
            const content = parts.flatMap(([part, times]) => Array(times).fill(decode(part)));
            const transfer = new DataTransfer();
            transfer.items.add(new File(content, name));
            const drop = new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true});
            document.querySelector(selector).dispatchEvent(drop);
        }""",
        [selector, name, [[base64.b64encode(part).decode(), times] for part, times in pairs]],
    )


def answer_with(page: Page, **answer: Any) -> None:
    """Let the converters answer so: what a service does that is busy or far away cannot be had for the asking."""
    page.route("**/json2xml*", lambda route: route.fulfill(**answer))


def test_json_becomes_xml(page: Page) -> None:
    pane_text(page, "JSON").fill('{"foo": 7}')
    press(page, "To XML")
    expect(pane_text(page, "XML")).to_have_value(
        '<ITEM type="object">\n  <ITEM key="foo" type="integer" value="7" />\n</ITEM>'
    )
    expect(page.locator("#xml-message")).to_contain_text("XML by item")


def test_xml_becomes_json(page: Page) -> None:
    pane_text(page, "XML").fill('<ITEM type="list"><ITEM type="boolean" value="true" /></ITEM>')
    press(page, "To JSON")
    expect(pane_text(page, "JSON")).to_have_value("[\n  true\n]")
    expect(page.locator("#json-message")).to_contain_text("JSON by item")


def test_the_example_with_its_hard_cases_comes_back_equal(page: Page) -> None:
    use_tool(page, "JSON", "Example")
    example = pane_text(page, "JSON").input_value()
    assert all(hard in example for hard in ("1e400", '"duplicate": "second"', r"\u0000", r"\ud83d"))
    press(page, "To XML")
    press(page, "Send back and compare")
    expect(page.get_by_role("status")).to_contain_text("It came back equal")
    expect(pane_text(page, "JSON")).to_have_value(example)


def test_a_compact_document_comes_back_character_for_character(page: Page) -> None:
    pane_text(page, "JSON").fill('{"a":1.0,"a":[[],{},""]}')
    press(page, "To XML")
    press(page, "Send back and compare")
    expect(page.locator("#xml-message")).to_contain_text("It came back equal, character for character.")


def test_two_ways_of_writing_a_string_are_the_same_document(page: Page) -> None:
    pane_text(page, "JSON").fill(r'["\u00e9\/\"", "\\"]')
    press(page, "To XML")
    press(page, "Send back and compare")
    expect(page.locator("#xml-message")).to_contain_text("Only white space and escapes are written differently")


def test_xml_comes_back_equal(page: Page) -> None:
    page.get_by_text("jsonml", exact=True).click()
    pane_text(page, "XML").fill(
        "<p:a xmlns:p='urn:p' c='d' b=\"&#9;\">mixed <b>content</b><![CDATA[ & more]]><c></c></p:a>"
    )
    press(page, "To JSON")
    press(page, "Send back and compare")
    expect(page.locator("#json-message")).to_contain_text("It came back equal. Only quotes, entities and white space")


def test_indented_xml_comes_back_equal_but_for_white_space_between_elements(page: Page) -> None:
    page.get_by_text("natural", exact=True).click()
    pane_text(page, "XML").fill("<a>\n  <b>c</b>\n</a>")
    press(page, "To JSON")
    press(page, "Send back and compare")
    expect(page.locator("#json-message")).to_contain_text("equal, but for white space between elements")


def test_json_that_comes_back_different_is_shown_on_demand(page: Page) -> None:
    page.get_by_text("natural", exact=True).click()
    pane_text(page, "JSON").fill('{"a": 1.0}')
    press(page, "To XML")
    press(page, "Send back and compare")
    expect(page.locator("#xml-message")).to_contain_text('where 1.0 was, there is "1.0"')
    expect(pane_text(page, "JSON")).to_have_value('{"a": 1.0}')
    press(page, "Show what came back")
    expect(pane_text(page, "JSON")).to_have_value('{"a":"1.0"}')


def test_xml_that_comes_back_different_says_where(page: Page) -> None:
    page.get_by_text("natural", exact=True).click()
    pane_text(page, "XML").fill("<a>1<b/>2</a>")
    press(page, "To JSON")
    press(page, "Send back and compare")
    expect(page.locator("#json-message")).to_contain_text("where 1 was, there is <b>")


def test_losses_are_said_in_words(page: Page) -> None:
    page.get_by_text("natural", exact=True).click()
    use_tool(page, "XML", "Example")
    press(page, "To JSON")
    said = "It leaves out the order among elements, attributes and text; white space around text; comments."
    expect(page.locator("#json-message")).to_contain_text(said)
    expect(page.get_by_role("status")).to_contain_text(said)


@pytest.mark.parametrize(
    ("document", "pointer", "place"),
    [
        (r'{"a": [{"b": 1}, {"b": 1, "\u0062": 2}]}', "/a/1/b", r'"\u0062"'),
        (r'{"a": [[], {"x/~ y": {}}]}', "/a/1/x~1~0 y", '"x/~ y"'),
        (r'{"r": {"@a": [1, "]"]}}', "/r/@a", '"@a"'),
        (r'{"r": {"a": ["\\", "\"", "\u0000"]}}', "/r/a/2", r'"\u0000"'),
    ],
)
def test_a_pointer_selects_its_place(page: Page, document: str, pointer: str, place: str) -> None:
    page.get_by_text("natural", exact=True).click()
    pane_text(page, "JSON").fill(document)
    press(page, "To XML")
    expect(page.locator("#json-message").get_by_role("button", name=pointer, exact=True)).to_be_visible()
    assert selected_text(page, "JSON") == place


def test_a_code_and_a_path_are_shown(page: Page) -> None:
    page.get_by_text("xpath", exact=True).click()
    pane_text(page, "XML").fill(
        '<map xmlns="http://www.w3.org/2005/xpath-functions">\n<number key="a">NaN</number></map>'
    )
    press(page, "To JSON")
    expect(page.locator("#xml-message")).to_contain_text("FOJS0006")
    expect(page.locator("#xml-message")).to_contain_text("Line 2, column 1")


def test_a_refused_option_is_pointed_at(page: Page) -> None:
    page.get_by_text("natural", exact=True).click()
    page.get_by_label("Root element").fill("no name")
    pane_text(page, "JSON").fill("[]")
    press(page, "To XML")
    expect(page.get_by_label("Root element")).to_be_focused()
    expect(page.get_by_label("Root element")).to_have_attribute("aria-invalid", "true")


def test_a_problem_selects_its_place_in_json(page: Page) -> None:
    pane_text(page, "JSON").fill('{\n  "\U0001f6b6": [1, NaN]\n}')
    press(page, "To XML")
    expect(page.locator("#json-message")).to_contain_text("Line 2, column 12")
    assert selected_text(page, "JSON") == "N"
    expect(pane_text(page, "JSON")).to_be_focused()
    expect(pane_text(page, "JSON")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("status")).to_contain_text("Line 2, column 12")


def test_a_problem_selects_its_place_in_xml(page: Page) -> None:
    pane_text(page, "XML").fill("<a>\n  <b>\U0001f6b6 & </b>\n</a>")
    press(page, "To JSON")
    expect(page.locator("#xml-message strong")).to_be_visible()
    assert pane_text(page, "XML").evaluate("area => area.value.slice(0, area.selectionStart)").count("\n") == 1
    expect(page.locator("#xml-pane mark")).to_have_count(1)


def test_a_place_far_down_is_scrolled_to(page: Page) -> None:
    pane_text(page, "JSON").fill("[" + "1,\n" * 500 + "!" + ",\n2" * 500 + "]")
    press(page, "To XML")
    expect(page.locator("#json-pane mark")).to_be_in_viewport()
    assert selected_text(page, "JSON") == "!"


def test_typing_takes_the_problem_away(page: Page) -> None:
    pane_text(page, "JSON").fill("[1,]")
    press(page, "To XML")
    expect(page.locator("#json-message")).to_contain_text("malformed")
    pane_text(page, "JSON").press("Backspace")
    expect(page.locator("#json-message")).to_be_empty()
    expect(page.locator("#json-pane mark")).to_have_count(0)


def test_a_dropped_utf_16_file_goes_out_byte_for_byte(page: Page) -> None:
    document = '\ufeff<?xml version="1.0" encoding="UTF-16"?>\r\n<ITEM type="string" value="Zoë 🚶"/>'.encode(
        "utf-16-le"
    )
    drop_file(page, "#xml", "walk.xml", document)
    expect(pane_text(page, "XML")).to_have_value(
        '<?xml version="1.0" encoding="UTF-16"?>\n<ITEM type="string" value="Zoë 🚶"/>'
    )
    expect(page.locator("#xml-pane .about")).to_contain_text("walk.xml · UTF-16")
    with page.expect_request("**/xml2json*") as sent:
        press(page, "To JSON")
    assert sent.value.post_data_buffer == document
    expect(pane_text(page, "JSON")).to_have_value('"Zoë 🚶"')


def test_text_goes_out_as_utf_8_whatever_it_declares(page: Page) -> None:
    pane_text(page, "XML").fill('<?xml version="1.0" encoding="ISO-8859-1"?><ITEM type="string" value="Zoë"/>')
    press(page, "To JSON")
    expect(pane_text(page, "JSON")).to_have_value('"Zoë"')


def test_an_edited_file_goes_out_as_it_is_shown(page: Page) -> None:
    drop_file(page, "#json", "walk.json", b'["walk"]')
    pane_text(page, "JSON").fill('["run"]')
    press(page, "To XML")
    expect(pane_text(page, "XML")).to_have_value('<ITEM type="list">\n  <ITEM type="string" value="run" />\n</ITEM>')


def test_a_file_dropped_beside_its_pane_finds_it(page: Page) -> None:
    drop_file(page, "header", "walk.xml", b"<walk/>")
    expect(pane_text(page, "XML")).to_have_value("<walk/>")
    drop_file(page, "#xml", "walk.json", b"[1]")
    expect(pane_text(page, "JSON")).to_have_value("[1]")


def test_only_options_that_apply_are_shown(page: Page) -> None:
    natural = ["attribute_prefix", "text_key", "root", "item", "force_list", "namespaces", "types", "strip_whitespace"]
    shown = {
        "automatic": ["indent"],
        "xpath": ["indent", "duplicates", "escape"],
        "jsonml": ["indent"],
        "natural": ["indent", *natural],
    }
    for mapping, options in shown.items():
        page.get_by_text(mapping, exact=True).click()
        names = page.locator(".field [name]:visible").evaluate_all("fields => fields.map((field) => field.name)")
        assert names == options


def test_options_reach_the_service_and_the_address_and_the_document_does_not(page: Page) -> None:
    page.get_by_text("natural", exact=True).click()
    page.get_by_label("Root element").fill("walks")
    page.get_by_label("Indent").fill("0")
    pane_text(page, "JSON").fill('["secret"]')
    with page.expect_request("**/json2xml*") as sent:
        press(page, "To XML")
    assert parse_qs(urlsplit(sent.value.url).query) == {"mapping": ["natural"], "root": ["walks"]}
    assert page.url.endswith("/#mapping=natural&indent=0&root=walks")
    expect(page.locator("#commands")).to_contain_text("/json2xml?mapping=natural&root=walks'")


def test_an_address_sets_the_options(page: Page) -> None:
    page.goto("/#mapping=xpath&escape=false&indent=4")
    page.reload()
    expect(page.get_by_role("radio", name="xpath")).to_be_checked()
    expect(page.get_by_label("Escape what XML cannot carry")).not_to_be_checked()
    expect(page.get_by_label("Indent")).to_have_value("4")


def test_an_impossible_option_is_not_sent(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_label("Indent").fill("9")
    pane_text(page, "JSON").fill("[]")
    press(page, "To XML")
    expect(page.get_by_label("Indent")).to_be_focused()
    assert sent == []


def test_a_long_document_leaves_the_page_alive(page: Page) -> None:
    """Two seconds are meant for a busy machine; without excerpts the text area's 100,000 lines would take many more."""
    page.evaluate(
        """() => {
            window.longest = 0;
            let last = performance.now();
            setInterval(() => {
                window.longest = Math.max(window.longest, performance.now() - last);
                last = performance.now();
            });
        }"""
    )
    drop_file(page, "#json", "long.json", b'["', (b"walk " * 1000, 800), b'"', (b"\n" * 1000, 100), b"]")
    expect(page.locator("#json-pane .about")).to_contain_text("3.91 MiB")
    with page.expect_request("**/json2xml*") as sent:
        press(page, "To XML")
    assert len(sent.value.post_data_buffer or b"") == 4_100_004
    press(page, "Send back and compare")
    expect(page.locator("#xml-message")).to_contain_text("It came back equal", timeout=20_000)
    assert page.evaluate("longest") < 2000


def test_a_place_beyond_the_excerpt_is_shown(page: Page) -> None:
    drop_file(page, "#json", "long.json", b"[", (b"1,\n" * 1000, 200), b"!]")
    press(page, "To XML")
    expect(page.locator("#json-message")).to_contain_text("Line 200001, column 1")
    assert selected_text(page, "JSON") == "!"


def test_a_file_over_the_limit_is_not_sent(page: Page) -> None:
    drop_file(page, "#json", "huge.json", (b"0" * 1024, 4096), b"0")
    expect(page.locator("#json-message")).to_contain_text("4 MiB (4,194,304 bytes); this one has 4,194,305 bytes")


def test_a_busy_service_is_said_kindly(page: Page) -> None:
    problem = '{"title": "Too Many Requests", "status": 429, "detail": "More requests than this route allows."}'
    answer_with(
        page, status=429, headers={"Content-Type": "application/problem+json", "Retry-After": "7"}, body=problem
    )
    pane_text(page, "JSON").fill("[]")
    press(page, "To XML")
    expect(page.locator("#json-message")).to_contain_text("Your document is still here: try again in 7 seconds.")


def test_an_answer_without_a_problem_document_is_said_too(page: Page) -> None:
    answer_with(page, status=502, headers={"Content-Type": "text/html"}, body="<h1>Bad Gateway</h1>")
    pane_text(page, "JSON").fill("[]")
    press(page, "To XML")
    expect(page.locator("#json-message")).to_contain_text("The service answered 502:")


def test_a_service_out_of_reach_is_said_kindly(page: Page) -> None:
    page.route("**/json2xml*", lambda route: route.abort("connectionrefused"))
    page.evaluate("console.error = () => {}")
    pane_text(page, "JSON").fill("[]")
    press(page, "To XML")
    expect(page.locator("#json-message")).to_contain_text("could not be reached")


def test_nothing_to_convert_is_said_without_asking_the_service(page: Page) -> None:
    press(page, "To JSON")
    expect(page.locator("#xml-message")).to_contain_text("There is nothing to convert")
    expect(pane_text(page, "XML")).to_be_focused()


def test_copy_and_save_take_the_whole_document(page: Page, tmp_path: Path) -> None:
    drop_file(page, "#json", "long.json", b'["', (b"walk " * 1000, 100), b'"]')
    press(page, "To XML")
    expect(page.locator("#xml-message")).to_contain_text("XML by item")
    use_tool(page, "XML", "Copy")
    expect(page.get_by_role("status")).to_have_text("Copied.")
    copied: str = page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as saved:
        use_tool(page, "XML", "Save")
    saved.value.save_as(tmp_path / "saved")
    assert saved.value.suggested_filename == "long.xml"
    assert (tmp_path / "saved").read_text() == copied
    assert len(copied) > 500_000


def test_the_keyboard_alone_suffices(page: Page) -> None:
    for _ in range(3):  # the mappings, the indent, the first tool of the pane
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(pane_text(page, "JSON")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("[1.0]")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#xml-message")).to_contain_text("XML by item")
    focused = page.locator(":focus")
    while focused.inner_text() != "Send back and compare":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("It came back equal")


@pytest.mark.parametrize("width", [320, 400, 768, 1280])
def test_no_width_needs_sideways_scrolling(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_text("natural", exact=True).click()
    use_tool(page, "JSON", "Example")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_is_dark_where_people_prefer_that(page: Page) -> None:
    read_ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(read_ground)
    page.emulate_media(color_scheme="dark")
    assert sum(map(int, page.evaluate(read_ground)[4:-1].split(","))) < 150 < sum(map(int, light[4:-1].split(",")))


def test_nothing_moves_where_people_prefer_that(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("document.querySelector('.crossing').dataset.signal = 'busy-xml'")
    assert page.evaluate("getComputedStyle(document.querySelector('.zebra i')).animationName") == "none"


def test_without_scripts_the_page_says_how_to_go_on(browser: Browser, service: str) -> None:
    context = browser.new_context(base_url=service, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    expect(page.locator(".noscript")).to_contain_text("needs JavaScript")
    context.close()
