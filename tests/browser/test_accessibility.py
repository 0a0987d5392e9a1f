"""Everybody can use the page: with a keyboard, a phone, large type, few colours, or ears alone."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.person import Person
from tests.browser.states import STATES

WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def find_violations(page: Page, axe: Path) -> list[str]:
    """What axe finds on a page, in words."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.read_text())
    found: dict[str, Any] = page.evaluate("axe.run()")
    return [
        f"{violation['id']}: {[node['html'][:120] for node in violation['nodes']]}" for violation in found["violations"]
    ]


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_any_state_scheme_or_size(person: Person, axe: Path, state: str) -> None:
    STATES[state](person)
    for scheme in ("light", "dark"):
        for size in (WIDE, PHONE):
            person.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            person.page.set_viewport_size(size)  # type: ignore[arg-type]
            assert find_violations(person.page, axe) == [], f"{scheme}, {size['width']} pixels wide"


@pytest.mark.parametrize(("address", "scheme"), [("/api.html", "light"), ("/api.html", "dark"), ("/404.html", "light")])
def test_axe_finds_nothing_on_the_other_pages(
    page: Page, axe: Path, address: str, scheme: Literal["light", "dark"]
) -> None:
    """The page of 404 has the browser's own colours, and axe does not know that they may be dark."""
    page.emulate_media(color_scheme=scheme)
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto(address)
        assert find_violations(page, axe) == []


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(40):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by Tab")


def test_the_keyboard_alone_suffices_from_end_to_end(person: Person) -> None:
    page = person.page
    tab_to(page, page.get_by_role("radio", name="Automatic"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Readable")).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Options"))
    page.keyboard.press("Enter")
    tab_to(page, person.options.get_by_label("Root element"))
    page.keyboard.type("walks")
    tab_to(page, person.area("JSON"))
    page.keyboard.type("[1.0]")
    person.expect_settled("≠")
    tab_to(page, page.get_by_role("button", name="Swap: convert XML to JSON"))
    page.keyboard.press("Enter")
    person.expect_settled("≈")
    tab_to(page, page.get_by_role("button", name="Copy XML"))
    page.keyboard.press("Enter")
    expect(person.status).to_have_text("Copied.")
    assert "<walks>" in person.clipboard()


def test_the_menu_of_examples_is_closed_by_escape(person: Person) -> None:
    summary = person.page.get_by_text("Examples", exact=True)
    tab_to(person.page, summary)
    person.page.keyboard.press("Enter")
    person.page.keyboard.press("Tab")
    person.page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(person.page.locator("#examples button").first).to_be_hidden()


def test_what_came_of_it_is_said_aloud(person: Person) -> None:
    person.write("JSON", "[1]")
    expect(person.status).to_have_text(
        "Converted to XML, 62 bytes, by item. It comes back the same, character for character."
    )


def test_every_name_of_a_button_says_which_pane(person: Person) -> None:
    person.take_example("A record")
    person.expect_settled("≈")
    for pane in ("JSON", "XML"):
        tools = person.pane(pane).locator(".tools button:visible")
        assert all(name.endswith(f" {pane}") for name in tools.all_text_contents())


@pytest.mark.parametrize("state", ["empty", "options", "different", "commands"])
def test_no_width_needs_sideways_scrolling(person: Person, state: str) -> None:
    STATES[state](person)
    for width in (320, 390, 768, 1280):
        person.page.set_viewport_size({"width": width, "height": 800})
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width


def test_type_at_200_percent_needs_no_sideways_scrolling(person: Person) -> None:
    """A window of 1280 pixels, magnified twice, has room for 640."""
    person.page.set_viewport_size({"width": 640, "height": 400})
    STATES["options"](person)
    assert person.page.evaluate("document.documentElement.scrollWidth") <= 640


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_the_document_above_the_fold(person: Person, width: int) -> None:
    person.page.set_viewport_size({"width": width, "height": 640})
    box = person.area("JSON").bounding_box()
    assert box
    assert box["y"] < 250


def test_a_phone_has_targets_of_44_pixels_and_text_of_16(person: Person) -> None:
    person.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for state in ("options", "error"):
        STATES[state](person)
        low = person.page.locator("button:visible, select:visible, summary:visible, nav a:visible").evaluate_all(
            """all => all.map((one) => [one.textContent, one.getBoundingClientRect().height])
                .filter(([, height]) => height < 44)"""
        )
        assert low == []
        for editor in (person.area("JSON"), person.area("XML"), person.options.get_by_label("Root element")):
            assert editor.evaluate("element => parseFloat(getComputedStyle(element).fontSize)") >= 16


def test_buttons_keep_their_edges_in_forced_colours(person: Person) -> None:
    person.page.emulate_media(forced_colors="active")
    edges = person.page.locator("button:visible").evaluate_all(
        "all => all.map((one) => getComputedStyle(one)).map((style) => [style.borderTopStyle, style.borderTopColor])"
    )
    assert {style for style, _ in edges} == {"solid"}
    assert all(colour != "rgba(0, 0, 0, 0)" for _, colour in edges)


def test_forced_colours_mark_the_chosen_mapping_alone(person: Person) -> None:
    person.page.emulate_media(forced_colors="active")
    edges = person.page.locator(".mappings span").evaluate_all(
        "all => all.map((one) => getComputedStyle(one).borderBottomColor)"
    )
    assert len(set(edges)) == 2
    assert edges.count(edges[0]) == 1


def test_forced_colours_show_the_text_that_is_edited_once(person: Person) -> None:
    person.page.emulate_media(forced_colors="active")
    person.write("JSON", "[1]")
    person.expect_settled("=")
    assert person.text("JSON").evaluate("text => getComputedStyle(text).visibility") == "hidden"
    assert person.text("XML").evaluate("text => getComputedStyle(text).visibility") == "visible"


def test_the_page_is_dark_where_people_prefer_that(page: Page) -> None:
    read_ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(read_ground)
    page.emulate_media(color_scheme="dark")
    assert sum(map(int, page.evaluate(read_ground)[4:-1].split(","))) < 150 < sum(map(int, light[4:-1].split(",")))


def test_nothing_moves_where_people_prefer_that(person: Person) -> None:
    person.page.emulate_media(reduced_motion="reduce")
    STATES["waiting"](person)
    assert person.sign.evaluate("sign => getComputedStyle(sign).animationName") == "none"


def test_without_scripts_the_page_says_how_to_go_on(browser: Browser, service: str) -> None:
    context = browser.new_context(base_url=service, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    expect(page.locator(".noscript")).to_contain_text("needs JavaScript")
    context.close()
