"""Documents come in by files, drops and pastes, and go out by copies and files."""

from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.person import Person


def test_a_dropped_utf_16_file_goes_out_byte_for_byte(person: Person) -> None:
    document = '\ufeff<?xml version="1.0" encoding="UTF-16"?>\r\n<ITEM type="string" value="Zoë 🚶"/>'.encode(
        "utf-16-le"
    )
    with person.page.expect_request("**/xml2json*") as sent:
        person.drop("#xml", "walk.xml", document)
    assert sent.value.post_data_buffer == document
    person.expect_text("JSON", '"Zoë 🚶"')
    expect(person.pane("XML").locator(".about")).to_have_text("walk.xml · UTF-16LE")


@pytest.mark.parametrize("name", ["ISO-8859-1", "iso_8859-1", "latin-1"])
def test_each_byte_of_an_iso_8859_1_file_is_shown_as_its_character(person: Person, name: str) -> None:
    """Browsers read ISO-8859-1 as windows-1252, in which 0x80 is the euro sign."""
    document = f'<?xml version="1.0" encoding="{name}"?><a>\x80\x9fë</a>'
    person.drop("#xml", "walk.xml", document.encode("latin-1"))
    expect(person.area("XML")).to_have_value(document)
    person.expect_settled("≈")


def test_text_goes_out_as_utf_8_whatever_it_declares(person: Person) -> None:
    person.write("XML", '<?xml version="1.0" encoding="ISO-8859-1"?><ITEM type="string" value="Zoë"/>')
    person.expect_text("JSON", '"Zoë"')


def test_only_the_declaration_of_typed_text_is_rewritten(person: Person, tmp_path: Path) -> None:
    document = '<?xml-model href="a" encoding="latin1"?><a>é</a>'
    person.write("XML", document)
    with person.page.expect_download() as saved:
        person.use("XML", "Save")
    saved.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_text() == document


def test_an_edited_file_goes_out_as_it_is_shown(person: Person) -> None:
    person.drop("#json", "walk.json", b'["walk"]')
    person.write("JSON", '["run"]')
    expect(person.text("XML")).to_contain_text('value="run"')


def test_a_chosen_file_is_opened(person: Person, tmp_path: Path) -> None:
    (tmp_path / "walk.json").write_bytes(b"[1]")
    with person.page.expect_file_chooser() as chooser:
        person.use("JSON", "Open")
    chooser.value.set_files(tmp_path / "walk.json")
    expect(person.area("JSON")).to_have_value("[1]")
    expect(person.pane("JSON").locator(".about")).to_have_text("walk.json")


@pytest.mark.parametrize(("selector", "name", "language"), [("header", "a.json", "JSON"), ("#json", "a.xml", "XML")])
def test_a_dropped_file_finds_the_pane_of_its_language(person: Person, selector: str, name: str, language: str) -> None:
    document = "[1]" if language == "JSON" else "<a>b</a>"
    person.drop(selector, name, document.encode())
    expect(person.area(language)).to_have_value(document)


def test_the_clipboard_is_pasted_by_a_button(person: Person) -> None:
    person.page.evaluate("navigator.clipboard.writeText('[1]')")
    person.use("JSON", "Paste")
    expect(person.area("JSON")).to_have_value("[1]")
    expect(person.area("JSON")).to_be_focused()


def test_a_large_paste_is_taken_whole_and_at_once(person: Person) -> None:
    text = "[" + "1,\n" * 300_000 + "2]"
    person.area("JSON").focus()
    person.paste(text)
    expect(person.view("JSON")).to_be_visible()
    expect(person.facts("JSON")).to_contain_text("900.0 KB · 300,001 lines")


def test_a_paste_into_a_result_takes_its_place(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.view("XML").focus()
    person.paste("<a>b</a>")
    expect(person.area("XML")).to_have_value("<a>b</a>")


def test_copying_is_seen_and_said(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.use("JSON", "Copy")
    expect(person.pane("JSON").get_by_role("button", name="Copied")).to_be_visible()
    expect(person.status).to_have_text("Copied.")
    assert person.clipboard() == "[1]"
    expect(person.page.get_by_role("button", name="Copy JSON")).to_be_visible()


def test_what_is_copied_again_at_once_is_the_newest(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    copy = person.pane("JSON").locator("[data-tool=copy]")
    copy.click()
    person.write("JSON", "[2]")
    copy.click()
    expect(copy).to_have_text("Copied")
    assert person.clipboard() == "[2]"
    expect(person.page.get_by_role("button", name="Copy JSON")).to_be_visible()


def test_of_two_files_the_last_one_stays_though_it_is_read_sooner(person: Person) -> None:
    slow = """Blob.prototype.stream = function () {
        const wait = ({ length }) => new Promise((end) => setTimeout(end, 10 * length));
        const transform = (part, target) => wait(part).then(() => target.enqueue(part));
        return new Response(this).body.pipeThrough(new TransformStream({ transform }));
    }"""
    person.page.evaluate(slow)
    person.drop("#json", "long.json", b"[", (b"1, ", 30), b"2]")
    person.drop("#json", "short.json", b"[1]")
    expect(person.area("JSON")).to_have_value("[1]")
    person.page.wait_for_timeout(1500)
    expect(person.area("JSON")).to_have_value("[1]")


def test_an_example_that_cannot_be_fetched_leaves_what_is_there(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.page.route("**/examples/*", lambda route: route.fulfill(status=503, body="<html>"))
    person.take_example("A record")
    expect(person.message("JSON")).to_contain_text("The example could not be fetched.")
    expect(person.area("JSON")).to_have_value("[1]")


def test_an_example_that_comes_late_replaces_no_newer_one(person: Person) -> None:
    held: list[Route] = []
    with person.page.expect_request("**/examples/record.json"):
        person.page.route("**/examples/record.json", lambda route: held.append(route))
        person.take_example("A record")
    person.drop("#json", "walk.json", b"[1]")
    expect(person.area("JSON")).to_have_value("[1]")
    with person.page.expect_response("**/examples/record.json"):
        held[0].continue_()
    person.expect_settled("=")
    expect(person.area("JSON")).to_have_value("[1]")


def test_a_file_that_cannot_be_read_is_told(person: Person) -> None:
    person.page.evaluate("() => { File.prototype.stream = () => { throw new DOMException('gone') } }")
    person.drop("#json", "walk", b"[1]")
    expect(person.message("JSON")).to_contain_text("walk could not be read.")


def test_a_file_that_is_empty_is_told_and_replaces_nothing(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.drop("#json", "walk.json")
    expect(person.message("JSON")).to_contain_text("walk.json is empty.")
    expect(person.area("JSON")).to_have_value("[1]")


def test_a_page_without_a_clipboard_says_so(person: Person) -> None:
    """As browsers make it that reached the page by plain http from another machine."""
    person.page.evaluate("() => { Object.defineProperty(navigator, 'clipboard', {value: undefined}) }")
    person.use("JSON", "Paste")
    expect(person.status).to_contain_text("does not let this page paste")
    person.write("JSON", "[1]")
    person.use("JSON", "Copy")
    expect(person.status).to_contain_text("does not let this page copy")


def test_a_result_is_saved_under_the_name_of_its_source(person: Person, tmp_path: Path) -> None:
    person.drop("#json", "long.json", b'["', (b"walk " * 1000, 100), b'"]')
    expect(person.facts("XML")).to_contain_text("by item")
    person.use("XML", "Copy")
    with person.page.expect_download() as saved:
        person.use("XML", "Save")
    saved.value.save_as(tmp_path / "saved")
    assert saved.value.suggested_filename == "long.xml"
    assert (tmp_path / "saved").read_text() == person.clipboard()


def test_json_lines_are_saved_as_such(person: Person) -> None:
    person.ask_for_lines()
    person.drop("#xml", "feed.xml", b"<r><e>1</e><e>2</e></r>")
    person.expect_text("JSON", '{"e":"1"}\n{"e":"2"}\n')
    with person.page.expect_download() as saved:
        person.use("JSON", "Save")
    assert saved.value.suggested_filename == "feed.jsonl"


def test_json_lines_of_typed_xml_are_saved_as_such(person: Person) -> None:
    person.ask_for_lines()
    person.write("XML", "<r><e>1</e><e>2</e></r>")
    person.expect_text("JSON", '{"e":"1"}\n{"e":"2"}\n')
    with person.page.expect_download() as saved:
        person.use("JSON", "Save")
    assert saved.value.suggested_filename == "document.jsonl"


def test_a_dropped_file_of_json_lines_finds_the_json_pane(person: Person) -> None:
    person.ask_for_lines()
    person.drop("#xml", "feed.jsonl", b'{"e":"1"}\n{"e":"2"}\n')
    expect(person.text("XML")).to_contain_text("<e>2</e>")
    with person.page.expect_download() as saved:
        person.use("XML", "Save")
    assert saved.value.suggested_filename == "feed.xml"


def test_a_saved_file_has_the_bytes_it_came_with(person: Person, tmp_path: Path) -> None:
    document = '<?xml version="1.0" encoding="ISO-8859-1"?><a>Zoë</a>'.encode("latin-1")
    person.drop("#xml", "walk.xml", document)
    with person.page.expect_download() as saved:
        person.use("XML", "Save")
    saved.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == document


@pytest.mark.parametrize(
    ("example", "pane"), [("a record", "JSON"), ("the hard cases", "JSON"), ("a feed", "XML"), ("prose", "XML")]
)
def test_an_empty_page_offers_examples(person: Person, example: str, pane: str) -> None:
    person.pane(pane).get_by_role("button", name=example).click()
    expect(person.area(pane)).not_to_have_value("")
    person.expect_settled("≈")
    expect(person.pane(pane).get_by_role("button", name=example)).to_be_hidden()
