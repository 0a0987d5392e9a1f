"""What goes wrong is told at its place, in words, and costs nobody their document."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import Person

PROBLEM_TYPE = {"Content-Type": "application/problem+json"}


def read_selection(person: Person, name: str) -> list[int]:
    ends: list[int] = person.area(name).evaluate("area => [area.selectionStart, area.selectionEnd]")
    return ends


def expect_mark(person: Person, name: str, line: int) -> None:
    """The line is tinted, and marked in the gutter."""
    pane = person.pane(name)
    expect(pane.locator(".tint")).to_be_visible()
    expect(pane.locator(".flag")).to_be_visible()
    tint, text = (pane.locator(part).bounding_box() for part in (".tint", ".text"))
    assert tint
    assert text
    assert tint["y"] - text["y"] == pytest.approx((line - 1) * 20, abs=1)


def test_a_problem_in_json_is_marked_and_told(person: Person) -> None:
    person.write("JSON", '{\n  "\U0001f6b6": [1, NaN]\n}')
    person.expect_settled("!")
    expect(person.message("JSON")).to_contain_text("Line 2, column 12")
    expect(person.area("JSON")).to_have_attribute("aria-invalid", "true")
    expect(person.status).to_contain_text("The document is malformed")
    expect_mark(person, "JSON", 2)


def test_a_problem_in_xml_is_marked_and_told(person: Person) -> None:
    person.write("XML", "<a>\n  <b>\U0001f6b6 & </b>\n</a>")
    person.expect_settled("!")
    expect(person.message("XML")).to_contain_text("Line 2")
    expect_mark(person, "XML", 2)


def test_a_button_leads_to_the_place_and_selects_nothing(person: Person) -> None:
    person.write("JSON", '{\n  "\U0001f6b6": [1, NaN]\n}')
    person.press("Line 2, column 12")
    expect(person.area("JSON")).to_be_focused()
    assert read_selection(person, "JSON") == [14, 14]


def test_a_problem_takes_neither_the_focus_nor_the_caret(person: Person) -> None:
    person.area("JSON").press_sequentially("[1,]")
    person.page.keyboard.press("ArrowLeft")
    person.expect_settled("!")
    expect(person.area("JSON")).to_be_focused()
    assert read_selection(person, "JSON") == [3, 3]


def test_a_place_far_down_is_scrolled_to(person: Person) -> None:
    person.write_lines("JSON", "[" + "1,\n" * 500 + "!" + ",\n2" * 500 + "]")
    person.press("Line 501, column 1")
    expect(person.pane("JSON").locator(".tint")).to_be_in_viewport()
    assert read_selection(person, "JSON") == [1501, 1501]


def test_typing_takes_the_mark_away(person: Person) -> None:
    person.write("JSON", "[1,]")
    person.expect_settled("!")
    person.area("JSON").press("Backspace")
    expect(person.pane("JSON").locator(".tint")).to_be_hidden()
    person.area("JSON").fill("[1]")
    expect(person.message("JSON")).to_be_empty()


@pytest.mark.parametrize(
    ("document", "pointer", "place"),
    [
        (r'{"a": [{"b": 1}, {"b": 1, "\u0062": 2}]}', "/a/1/b", 26),
        (r'{"a": [[], {"x/~ y": {}}]}', "/a/1/x~1~0 y", 12),
        (r'{"r": {"a": ["\\", "\"", "\u0000"]}}', "/r/a/2", 25),
    ],
)
def test_a_pointer_leads_to_its_place(person: Person, document: str, pointer: str, place: int) -> None:
    person.choose("Readable")
    person.write("JSON", document)
    person.page.get_by_role("button", name=pointer, exact=True).click()
    assert read_selection(person, "JSON") == [place, place]


def test_a_pointer_with_commas_leads_to_no_other_place(person: Person) -> None:
    person.choose("W3C")
    person.write("JSON", '{"a": {"b,c": 1, "b,c": 2}, "a,b": {"c": 3}}')
    person.page.get_by_role("button", name="/a/b,c", exact=True).click()
    assert read_selection(person, "JSON") == [17, 17]


MEASURE = """async (depth) => {
    const { locatePointer } = await import("/documents.js");
    const text = "[".repeat(depth) + "0,".repeat(100_000) + "0";
    const started = performance.now();
    const found = locatePointer(text, "/0".repeat(depth - 1) + "/100000");
    return found === text.length - 1 ? performance.now() - started : Infinity;
}"""


def test_a_deep_place_takes_hardly_longer_to_find(person: Person) -> None:
    def measure(depth: int) -> float:
        times: list[float] = [person.page.evaluate(MEASURE, depth) for _ in range(3)]
        return min(times)

    assert measure(500) < 4 * measure(1)


def test_a_code_is_shown(person: Person) -> None:
    person.choose("W3C")
    person.write("XML", '<map xmlns="http://www.w3.org/2005/xpath-functions"><number key="a">NaN</number></map>')
    expect(person.message("XML")).to_contain_text("FOJS0006")


def test_a_mapping_that_cannot_carry_a_document_offers_one_that_can(person: Person) -> None:
    person.choose("Readable")
    person.write("JSON", '{"no name": {"a b": 1}}')
    person.press("Convert by Lossless (item)")
    expect(person.text("XML")).to_contain_text('key="no name"')


def test_json_lines_name_the_value_at_fault_and_offer_no_mapping_without_lines(person: Person) -> None:
    person.ask_for_lines()
    person.write("JSON", '{"a": 1}\n{"x": {"deep": ["ok", "\\u0001"]}}')
    expect(person.message("JSON")).to_contain_text("pointer /x/deep/1")
    expect(person.page.get_by_role("button", name="Line 2, column 1")).to_be_visible()
    expect(person.page.get_by_role("button", name="Convert by")).to_have_count(0)


def test_a_wrong_option_is_told_at_its_field_until_it_is_mended(person: Person) -> None:
    person.choose("Readable")
    person.press("Options")
    person.write("JSON", "[]")
    field = person.options.get_by_label("Root element")
    field.fill("no name")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(person.options.locator("#about-root .wrong")).to_contain_text("XML name")
    field.fill("name")
    expect(field).to_have_attribute("aria-invalid", "false")
    expect(person.options.locator("#about-root .wrong")).to_be_empty()
    expect(person.text("XML")).to_contain_text("<name")


def test_folded_options_unfold_for_one_that_is_wrong(page: Page) -> None:
    page.goto("/#mapping=natural&root=no name")
    page.reload()
    person = Person(page)
    person.write("JSON", "[]")
    expect(person.options.locator("#about-root .wrong")).to_contain_text("XML name")
    expect(page.get_by_role("button", name="Options")).to_have_attribute("aria-expanded", "true")


def test_xml_in_the_json_pane_asks_to_move(person: Person) -> None:
    sent = person.record("JSON")
    person.area("JSON").focus()
    person.paste("<a>b</a>")
    expect(person.message("JSON")).to_contain_text("This looks like XML")
    assert sent == []
    person.press("Move it to the XML pane")
    expect(person.area("XML")).to_have_value("<a>b</a>")
    person.expect_text("JSON", '{\n  "a": "b"\n}')


PROBLEM = '{"title": "Too Many Requests", "status": 429, "detail": "More than this route allows."}'

ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "busy": ({"status": 429, "headers": PROBLEM_TYPE, "body": PROBLEM}, "The service is busy"),
    "away": ({"status": 503, "headers": PROBLEM_TYPE, "body": PROBLEM}, "The service is away"),
    "broken": ({"status": 502, "headers": PROBLEM_TYPE, "body": '{"title": '}, "The service broke off"),
    "html": ({"status": 502, "content_type": "text/html", "body": "<h1>Bad</h1>"}, "The service broke off"),
    "slow": ({"status": 504, "body": ""}, "The service took too long"),
    "failed": ({"status": 500, "headers": PROBLEM_TYPE, "body": PROBLEM}, "The service answered 500"),
    "null": (
        {"status": 400, "headers": PROBLEM_TYPE, "body": '{"title": "No", "detail": null}'},
        "This is not the service’s answer",
    ),
    "login": ({"status": 200, "content_type": "text/html", "body": "<h1>Log in</h1>"}, "not the service’s answer"),
    "too large": ({"status": 413, "headers": PROBLEM_TYPE, "body": '{"detail": null}'}, "The service did not take it"),
    "large": ({"status": 413, "headers": PROBLEM_TYPE, "body": '{"title": "Too large", "detail": "So."}'}, "Too large"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_that_is_no_result_has_its_sentence(person: Person, name: str) -> None:
    answer, sentence = ANSWERS[name]
    person.answer("JSON", **answer)
    person.write("JSON", "[1]")
    expect(person.message("JSON")).to_contain_text(sentence)
    person.expect_settled("!")
    expect(person.area("JSON")).to_have_value("[1]")


def test_what_has_a_time_is_tried_again_after_it(person: Person) -> None:
    person.answer("JSON", status=429, headers={**PROBLEM_TYPE, "Retry-After": "2"}, body=PROBLEM)
    person.write("JSON", "[1]")
    again = person.message("JSON").get_by_role("button", name="Try again")
    expect(again).to_have_attribute("aria-disabled", "true")
    expect(again).to_contain_text("second")
    person.page.unroute_all()
    expect(again).to_have_text("Try again")
    again.click()
    person.expect_settled("=")


def test_a_used_button_that_vanishes_leaves_the_focus_in_its_pane(person: Person) -> None:
    person.answer("JSON", status=503, body="")
    person.write("JSON", "[1]")
    again = person.message("JSON").get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    person.page.unroute_all()
    again.click()
    person.expect_settled("=")
    expect(person.area("JSON")).to_be_focused()


def test_offline_keeps_the_document_and_offers_another_try(person: Person) -> None:
    person.page.context.set_offline(True)
    person.write("JSON", "[1]")
    expect(person.message("JSON")).to_contain_text("The service could not be reached")
    person.page.context.set_offline(False)
    person.press("Try again")
    person.expect_settled("=")


def test_a_dropped_file_above_the_limit_leaves_no_problem_on_the_other_pane(person: Person) -> None:
    person.write("XML", "<a/>")
    person.expect_settled("≈")
    person.drop("#json", "huge.json", (b"0" * 1024, 4096), b"0")
    expect(person.pane("JSON").locator(".card")).to_contain_text("huge.json")
    expect(person.message("XML")).to_be_empty()
    expect(person.area("XML")).to_have_value("<a/>")
