"""Every state that the page can be in, brought about as people do: for axe, and for screenshots."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.person import Person

DIFFERENT = '{\n  "order": 7,\n  "price": 10.50,\n  "tags": ["new"]\n}\n'
BROKEN = '{\n  "order": 7,\n  "price": 10.5O,\n  "tags": []\n}\n'


def empty(person: Person) -> None:
    expect(person.pane("JSON").get_by_role("button", name="a record")).to_be_visible()


def same(person: Person) -> None:
    person.choose("Lossless")
    person.write("JSON", '{"order":7,"price":10.50,"tags":[],"price":1e400}')
    person.expect_settled("=")


def nearly(person: Person) -> None:
    person.take_example("A feed")
    person.expect_settled("≈")


def different(person: Person) -> None:
    person.choose("Readable")
    person.write("JSON", DIFFERENT)
    person.expect_settled("≠")


def error(person: Person) -> None:
    same(person)
    person.write("JSON", BROKEN)
    person.expect_settled("!")


def refused(person: Person) -> None:
    person.answer("JSON", status=429, headers={"Retry-After": "600"}, body="")
    person.write("JSON", "[1]")
    person.expect_settled("!")


def misplaced(person: Person) -> None:
    person.write("JSON", "<a>b</a>")
    person.expect_settled("!")


def large(person: Person) -> None:
    person.drop("#json", "records.json", b"[", (b'{"id": 1, "name": "walk"},\n', 40_000), b"{}]")
    person.expect_settled("–")


def options(person: Person) -> None:
    person.take_example("A feed")
    person.press("Options")
    person.options.get_by_label("JSON Lines").check()
    person.options.get_by_label("JSON Lines").uncheck()
    person.expect_settled("≈")


def wrong_option(person: Person) -> None:
    person.choose("Readable")
    person.write("JSON", "[]")
    person.press("Options")
    person.options.get_by_label("Root element").fill("no name")
    expect(person.options.locator("#about-root .wrong")).not_to_be_empty()


def menu(person: Person) -> None:
    person.page.get_by_text("Examples", exact=True).click()
    expect(person.page.locator("#examples").get_by_role("button").first).to_be_visible()


def undoable(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.take_example("A record")
    person.expect_settled("≈")
    expect(person.page.get_by_role("button", name="Undo in JSON")).to_be_visible()


def waiting(person: Person) -> None:
    same(person)
    person.page.route("**/json2xml*", lambda route: None)
    person.write("JSON", "[1, 2]")
    person.expect_settled("…")


def file(person: Person) -> None:
    person.drop("#json", "orders of the year.json", (b" " * 1_000_000, 5))
    expect(person.page.get_by_role("button", name="Convert to XML")).to_be_visible()


def progress(person: Person) -> None:
    file(person)
    person.page.route("**/conversions?*", lambda route: None)
    person.press("Convert to XML")
    expect(person.page.get_by_role("progressbar", name="Upload")).to_be_visible()


def commands(person: Person) -> None:
    file(person)
    person.page.route("**/conversions?*", lambda route: route.fulfill(status=403))
    person.press("Convert to XML")
    expect(person.page.get_by_role("button", name="Copy commands")).to_be_visible()


STATES: dict[str, Callable[[Person], None]] = {
    state.__name__: state
    for state in (
        empty, same, nearly, different, error, refused, misplaced, large, options, wrong_option,
        menu, undoable, waiting, file, progress, commands,
    )
}  # fmt: skip
