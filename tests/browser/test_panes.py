"""A pane edits what is short, shows what is long, and copies all of it."""

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person

LONG = b'["' + b"walk " * 30_000 + b'"]'


def count_coloured(person: Person, colour: str) -> int:
    """How many pieces of both panes are in a colour."""
    number: int = person.page.evaluate("colour => CSS.highlights.get(colour)?.size ?? 0", colour)
    return number


def test_lines_have_numbers(person: Person) -> None:
    person.write("JSON", "[1,\n2,\n3]")
    assert person.pane("JSON").locator(".numbers pre").text_content() == "1\n2\n3\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_line(person: Person, end: str) -> None:
    person.drop("#json", "lines.json", end.join(["[1,", "2,", "3]"]).encode())
    person.expect_text("JSON", "[1,\n2,\n3]")
    expect(person.facts("JSON")).to_contain_text("3 lines")


def test_json_is_coloured(person: Person) -> None:
    person.write("JSON", r'{"a": ["\"}", 1.5, true]}')
    assert [count_coloured(person, colour) for colour in ("name", "string", "number")] == [1, 1, 2]


def test_xml_is_coloured(person: Person) -> None:
    person.page.route("**/xml2json*", lambda route: route.abort())
    person.write("XML", "<?a?><a b='>'>b<!-- <b> --><![CDATA[<c>]]></a>")
    assert [count_coloured(person, colour) for colour in ("comment", "name", "tag", "string")] == [2, 1, 4, 2]


def test_a_comment_of_many_lines_is_coloured_from_its_middle_on(person: Person) -> None:
    person.drop("#xml", "long.xml", b"<a><!--\n", (b"walk <b>\n" * 100, 10), b"--></a>")
    person.pane("XML").locator(".scroll").evaluate("scroll => scroll.scrollTop = 8000")
    expect(person.text("XML")).not_to_contain_text("<a>")
    assert count_coloured(person, "tag") == 0
    assert count_coloured(person, "comment") > 10


def test_a_browser_that_cannot_colour_shows_plain_text(person: Person) -> None:
    person.page.add_init_script("delete CSS.highlights; delete window.CSS")
    person.page.reload()
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.expect_text("JSON", "[1]")


def test_the_text_that_is_seen_lies_where_the_caret_is(person: Person) -> None:
    person.write("JSON", "[\n\t1,\n  \U0001f6b6é漢 2\n]")
    places = person.pane("JSON").evaluate(
        """pane => ["textarea", ".text"].map((name) => {
            const style = getComputedStyle(pane.querySelector(name));
            const box = pane.querySelector(name).getBoundingClientRect();
            return [style.font, style.tabSize, style.letterSpacing, style.whiteSpace, box.left,
                    name === ".text" ? box.top : box.top + parseFloat(style.paddingTop)];
        })"""
    )
    assert places[0] == places[1]


def test_a_long_line_that_is_edited_is_never_wrapped(person: Person) -> None:
    person.write("JSON", '["' + "walk\t漢" * 500 + '"]')
    widths = person.area("JSON").evaluate(
        "area => [area.scrollWidth, area.clientWidth, area.scrollHeight <= area.clientHeight]"
    )
    assert widths[0] <= widths[1]
    assert widths[2]


@pytest.mark.parametrize("line", ["\t" * 20, "\t" * 30, "漢" * 50], ids=["20 tabs", "30 tabs", "50 of two columns"])
@pytest.mark.parametrize("narrower", [False, True])
def test_a_text_area_never_scrolls_by_itself(person: Person, line: str, narrower: bool) -> None:
    person.write("JSON", f'[1,\n"{line}"]')
    if narrower:
        person.page.set_viewport_size({"width": 900, "height": 700})
    person.area("JSON").press("Control+End")
    person.page.keyboard.type(" ")
    expect(person.area("JSON")).to_have_js_property("scrollLeft", 0)
    assert person.area("JSON").evaluate("area => area.scrollWidth <= area.clientWidth")


def test_the_caret_is_kept_in_sight(person: Person) -> None:
    person.write_lines("JSON", "[" + "1,\n" * 300 + "2]")
    person.area("JSON").press("Control+End")
    person.page.keyboard.type(" ")
    expect(person.text("JSON")).to_contain_text("2]")
    person.area("JSON").press("Control+Home")
    expect(person.text("JSON")).to_contain_text("[1,")
    assert person.pane("JSON").locator(".scroll").evaluate("scroll => scroll.scrollTop") < 20


def test_a_result_is_edited_by_a_click_into_it(person: Person) -> None:
    person.write("JSON", '{"foo": 7}')
    person.expect_settled("≈")
    person.text("XML").click(position={"x": 60, "y": 10})
    expect(person.area("XML")).to_be_focused()
    assert person.area("XML").evaluate("area => area.selectionStart") in range(5, 10)


def test_a_result_is_edited_by_a_key(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.view("XML").focus()
    person.page.keyboard.type("x")
    expect(person.area("XML")).to_be_focused()
    assert person.area("XML").input_value().startswith("x<ITEM")


def test_a_result_is_typed_over_once_all_of_it_is_selected(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.view("XML").focus()
    person.page.keyboard.press("Control+A")
    person.page.keyboard.type("<")
    expect(person.area("XML")).to_have_value("<")


def test_editing_says_when_a_text_is_too_long(person: Person) -> None:
    person.drop("#json", "long.json", LONG)
    person.expect_settled("=")
    person.use("JSON", "Edit")
    expect(person.message("JSON")).to_contain_text("too long to edit here")
    expect(person.view("JSON")).to_be_visible()


def test_typing_in_a_text_that_is_too_long_says_so(person: Person) -> None:
    person.drop("#json", "long.json", LONG)
    person.expect_settled("=")
    person.view("JSON").press("x")
    expect(person.message("JSON")).to_contain_text("too long to edit here")


def test_a_long_text_is_copied_whole_by_the_keys(person: Person) -> None:
    document = b"[" + b"1,\n" * 1_000_000 + b"2]"
    person.page.route("**/json2xml*", lambda route: route.abort())
    person.drop("#json", "long.json", b"[", (b"1,\n", 1_000_000), b"2]")
    person.view("JSON").focus()
    person.page.keyboard.press("Control+A")
    person.page.keyboard.press("Control+C")
    assert person.clipboard() == document.decode()


def test_a_selection_outlives_scrolling(person: Person) -> None:
    person.page.route("**/json2xml*", lambda route: route.abort())
    person.drop("#json", "long.json", b"[", (b"1234567,\n", 20_000), b"2]")
    person.text("JSON").click(position={"x": 2, "y": 10})
    person.view("JSON").evaluate("view => view.scrollTop = 20000")
    expect(person.text("JSON")).not_to_contain_text("[")
    person.text("JSON").click(position={"x": 2, "y": 500}, modifiers=["Shift"])
    person.page.keyboard.press("Control+C")
    copied = person.clipboard()
    assert copied.startswith("[1234567,\n")
    assert copied.count("\n") > 900


def test_a_long_line_is_cut_for_the_eye_only(person: Person) -> None:
    person.page.route("**/json2xml*", lambda route: route.abort())
    person.drop("#json", "long.json", LONG)
    expect(person.text("JSON")).to_contain_text("… 148,004 more characters")
    person.use("JSON", "Copy")
    assert person.clipboard() == LONG.decode()


def test_more_lines_than_a_browser_lays_out_are_shown_to_the_last(person: Person) -> None:
    person.page.route("**/json2xml*", lambda route: route.abort())
    person.drop("#json", "lines.json", b"[1", (b"\n", 2_000_000), b"]")
    person.view("JSON").evaluate("view => view.scrollTop = view.scrollHeight")
    expect(person.pane("JSON").locator(".numbers pre")).to_contain_text("2000001")
    expect(person.text("JSON")).to_contain_text("]")


def test_a_place_in_a_long_text_is_shown(person: Person) -> None:
    person.drop("#json", "long.json", b"[", (b"1,\n", 200_000), b"!]")
    person.press("Line 200,001, column 1")
    expect(person.pane("JSON").locator(".tint")).to_be_in_viewport()
    expect(person.text("JSON")).to_contain_text("!]")


def test_a_result_stays_where_it_was_scrolled_to(person: Person) -> None:
    person.write_lines("JSON", "[" + "1,\n" * 300 + "2]")
    person.expect_settled("≈")
    person.view("XML").evaluate("view => view.scrollTop = 2000")
    person.area("JSON").press("Control+End")
    person.page.keyboard.type(" ")
    person.expect_settled("≈")
    assert person.view("XML").evaluate("view => view.scrollTop") == 2000


def test_a_result_that_was_scrolled_to_its_end_may_become_short(person: Person) -> None:
    person.write("JSON", str([*range(500)]))
    person.expect_settled("≈")
    person.pane("XML").locator(".scroll").evaluate("scroll => scroll.scrollTop = scroll.scrollHeight")
    expect(person.text("XML")).to_contain_text('value="499"')
    person.write("JSON", "[1]")
    person.expect_settled("=")
    expect(person.text("XML")).to_contain_text('value="1"')
