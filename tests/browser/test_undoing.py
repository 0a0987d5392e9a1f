"""Nothing that a person put on the page is lost."""

from playwright.sync_api import expect

from tests.browser.person import SERVICE, Person


def write_while_the_service_is_away(person: Person, *documents: tuple[str, str]) -> None:
    """Write into both panes in turn, so that both hold a person's own text, then let the service come back."""
    for route in SERVICE.values():
        person.page.route(route, lambda route: route.abort())
    for name, text in documents:
        person.write(name, text)
        person.expect_settled("!")
    for route in SERVICE.values():
        person.page.unroute(route)


def test_an_example_over_a_text_is_undone_by_the_button(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.take_example("A record")
    expect(person.area("JSON")).not_to_have_value("[1]")
    person.use("JSON", "Undo")
    expect(person.area("JSON")).to_have_value("[1]")
    expect(person.area("JSON")).to_be_focused()
    expect(person.page.get_by_role("radio", name="Automatic")).to_be_checked()


def test_an_example_over_a_text_is_undone_by_the_keys(person: Person) -> None:
    person.write("JSON", "[1]")
    person.take_example("A record")
    expect(person.area("JSON")).to_be_focused()
    person.page.keyboard.press("Control+Z")
    expect(person.area("JSON")).to_have_value("[1]")


def test_what_was_undone_can_be_done_again(person: Person) -> None:
    person.write("JSON", "[1]")
    person.use("JSON", "Clear")
    person.use("JSON", "Undo")
    person.use("JSON", "Redo")
    expect(person.area("JSON")).to_have_value("")


def test_clearing_is_undone_with_both_panes(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.use("JSON", "Clear")
    expect(person.text("XML")).to_have_text("")
    expect(person.area("JSON")).to_be_focused()
    person.page.keyboard.press("Control+Z")
    expect(person.area("JSON")).to_have_value("[1]")
    expect(person.text("XML")).to_contain_text("integer")


def test_clearing_a_result_leaves_what_it_was_made_of(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.use("XML", "Clear")
    expect(person.area("JSON")).to_have_value("[1]")
    expect(person.text("XML")).to_have_text("")


def test_a_dropped_file_is_undone(person: Person) -> None:
    person.write("JSON", "[1]")
    person.drop("#json", "walk.json", b"[2]")
    expect(person.area("JSON")).to_have_value("[2]")
    person.use("JSON", "Undo")
    expect(person.area("JSON")).to_have_value("[1]")


def test_a_result_over_a_persons_text_is_undone_in_one_step(person: Person) -> None:
    person.write("JSON", '{"mine":1}')
    person.expect_settled("=")
    person.write("XML", '<ITEM type="integer" value="2" />')
    person.expect_text("JSON", "2")
    person.use("JSON", "Undo")
    expect(person.area("JSON")).to_have_value('{"mine":1}')
    expect(person.text("XML")).to_contain_text('key="mine"')


def test_an_example_that_replaces_both_panes_is_undone_in_one_step(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.take_example("A feed")
    expect(person.text("JSON")).to_contain_text("feed")
    person.use("JSON", "Undo")
    expect(person.area("JSON")).to_have_value("[1]")
    expect(person.text("XML")).to_contain_text("integer")


def test_swapping_is_undone(person: Person) -> None:
    person.write("JSON", '{"a": 1}')
    person.expect_settled("≈")
    person.press("Swap: convert XML to JSON")
    person.expect_text("JSON", '{\n  "a": 1\n}')
    person.use("JSON", "Undo")
    expect(person.area("JSON")).to_have_value('{"a": 1}')


def test_a_result_of_an_older_text_is_not_swapped_in(person: Person) -> None:
    person.write("JSON", '{"a": 1}')
    person.expect_settled("≈")
    person.write("JSON", '{"a": 2,')
    person.expect_settled("!")
    person.press("Swap: convert XML to JSON")
    expect(person.area("JSON")).to_have_value('{"a": 2,')
    expect(person.page.get_by_role("button", name="Undo in JSON")).to_be_hidden()


def test_a_result_that_replaces_a_result_needs_no_undo(person: Person) -> None:
    for text in ("[1]", "[2]", "[3]"):
        person.write("JSON", text)
        person.expect_settled("=")
    expect(person.page.get_by_role("button", name="Undo in XML")).to_be_hidden()


def test_keys_undo_what_was_typed_and_never_mix_two_documents(person: Person) -> None:
    person.take_example("A record")
    person.expect_settled("≈")
    example = person.area("JSON").input_value()
    person.use("JSON", "Clear")
    person.page.keyboard.type("[1]")
    person.expect_settled("=")
    for _ in range(6):
        person.page.keyboard.press("Control+Z")
        assert person.area("JSON").input_value() in ("[1]", "[1", "[", "", example)


def test_once_something_is_typed_the_keys_undo_that(person: Person) -> None:
    person.write("JSON", "[1]")
    person.use("JSON", "Clear")
    person.page.keyboard.type("x")
    person.page.keyboard.press("Control+Z")
    expect(person.area("JSON")).to_have_value("")


def test_a_large_paste_is_undone(person: Person) -> None:
    person.write("JSON", "[1]")
    person.area("JSON").press("Control+A")
    person.paste('["' + "walk " * 30_000 + '"]')
    expect(person.view("JSON")).to_be_visible()
    person.use("JSON", "Undo")
    expect(person.area("JSON")).to_have_value("[1]")


def test_a_clearing_leaves_no_examples_over_the_other_text(person: Person) -> None:
    person.write("JSON", "[\n1,\n2\n]")
    person.expect_settled("≈")
    person.use("XML", "Clear")
    person.expect_settled("")
    expect(person.pane("JSON").get_by_role("button", name="a record")).to_be_hidden()


def test_two_texts_of_a_persons_own_are_both_there_after_an_undo(person: Person) -> None:
    write_while_the_service_is_away(person, ("JSON", '{"first":1}'), ("XML", "<second/>"), ("JSON", '{"third":3}'))
    person.page.keyboard.press("Control+Enter")
    expect(person.text("XML")).to_contain_text("third")
    person.use("XML", "Undo")
    expect(person.area("XML")).to_have_value("<second/>")
    expect(person.area("JSON")).to_have_value('{"third":3}')
    person.use("XML", "Redo")
    expect(person.text("XML")).to_contain_text("third")


def test_an_undo_converts_nothing_over_a_persons_own_text(person: Person) -> None:
    write_while_the_service_is_away(person, ("JSON", '{"first":1}'), ("XML", "<second/>"))
    person.drop("#json", "third.json", b'{"third":3}')
    expect(person.text("XML")).to_contain_text("third")
    sent = [*map(person.record, SERVICE)]
    person.use("XML", "Undo")
    person.page.wait_for_timeout(500)
    expect(person.area("JSON")).to_have_value('{"first":1}')
    expect(person.area("XML")).to_have_value("<second/>")
    assert sent == [[], []]
    person.use("XML", "Redo")
    expect(person.area("JSON")).to_have_value('{"third":3}')
    expect(person.text("XML")).to_contain_text("third")


def test_after_an_undo_a_change_is_followed_again(person: Person) -> None:
    write_while_the_service_is_away(person, ("JSON", '{"first":1}'), ("XML", "<second/>"), ("JSON", '{"third":3}'))
    person.page.keyboard.press("Control+Enter")
    expect(person.text("XML")).to_contain_text("third")
    person.use("XML", "Undo")
    expect(person.area("XML")).to_have_value("<second/>")
    person.write("JSON", '{"fourth":4}')
    expect(person.text("XML")).to_contain_text("fourth")
    person.use("XML", "Undo")
    expect(person.area("XML")).to_have_value("<second/>")
    expect(person.area("JSON")).to_have_value('{"fourth":4}')


def test_an_undo_brings_a_text_back_while_a_long_result_is_scrolled_to_its_end(person: Person) -> None:
    person.write("XML", "<mine>walk</mine>")
    person.expect_settled("=")
    person.drop("#xml", "long.xml", b"<a>", (b"<b/>", 600), b"</a>")
    expect(person.facts("JSON")).to_contain_text("606 lines")
    person.pane("JSON").locator(".scroll").evaluate("scroll => scroll.scrollTop = scroll.scrollHeight")
    person.use("XML", "Undo")
    expect(person.area("XML")).to_have_value("<mine>walk</mine>")
    person.expect_settled("=")
