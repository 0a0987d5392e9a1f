"""The mapping and its options: shown, sent, kept in the address, and written as a command."""

import shlex
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import Person

NATURAL = ["force_list", "namespaces", "types", "strip_whitespace", "attribute_prefix", "text_key", "lines"]
SHOWN = {
    "Automatic": ["indent"],
    "Lossless": ["indent"],
    "Readable": ["indent", *NATURAL, "root", "item"],
    "W3C": ["indent", "duplicates", "escape"],
    "Mixed content": ["indent"],
}


def read_query(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


@pytest.mark.parametrize("mapping", SHOWN)
def test_only_options_that_apply_are_shown(person: Person, mapping: str) -> None:
    person.choose(mapping)
    if len(SHOWN[mapping]) > 1:
        person.press("Options")
    names = person.page.locator(".field [name]:visible").evaluate_all("fields => fields.map((field) => field.name)")
    assert names == SHOWN[mapping]


def test_options_are_folded_away_at_first(person: Person) -> None:
    person.choose("Readable")
    expect(person.options).to_be_hidden()
    person.press("Options")
    expect(person.options).to_be_visible()


@pytest.mark.parametrize("mapping", SHOWN)
def test_every_mapping_says_what_it_does_and_what_it_loses(person: Person, mapping: str) -> None:
    person.choose(mapping)
    rule = person.page.locator(".rule:visible")
    expect(rule).to_have_count(1)
    assert rule.locator("em").inner_text().endswith(".")


def test_options_reach_the_service_and_the_address_and_the_document_does_not(person: Person) -> None:
    person.choose("Readable")
    person.press("Options")
    person.options.get_by_label("Root element").fill("walks")
    person.page.get_by_label("Layout of the result").select_option("Compact")
    with person.page.expect_request("**/json2xml*") as sent:
        person.write("JSON", '["secret"]')
    assert read_query(sent.value.url) == {"mapping": ["natural"], "root": ["walks"]}
    assert person.page.url.endswith("/#mapping=natural&indent=0&root=walks")


def test_records_are_asked_for_with_json_lines_only_and_then_without_a_layout(person: Person) -> None:
    person.page.route("**/xml2json*", lambda route: route.abort())
    person.choose("Readable")
    person.press("Options")
    expect(person.options.get_by_label("Records")).to_be_hidden()
    person.options.get_by_label("JSON Lines").check()
    person.options.get_by_label("Records").fill("entry")
    with person.page.expect_request("**/xml2json*") as sent:
        person.write("XML", "<feed><entry/></feed>")
    assert read_query(sent.value.url) == {"mapping": ["natural"], "lines": ["true"], "record": ["entry"]}


def test_an_address_sets_the_options(page: Page) -> None:
    page.goto("/#mapping=xpath&escape=false&indent=4")
    page.reload()
    person = Person(page)
    person.press("Options")
    expect(page.get_by_role("radio", name="W3C")).to_be_checked()
    expect(person.options.get_by_label("Escape")).not_to_be_checked()
    expect(page.get_by_label("Layout of the result")).to_have_value("4")


def test_a_bad_value_in_the_address_leaves_the_field_as_it_begins(page: Page) -> None:
    page.goto("/#mapping=natural&indent=99&types=none&root=&strip_whitespace=maybe")
    page.reload()
    person = Person(page)
    person.press("Options")
    expect(page.get_by_label("Layout of the result")).to_have_value("2")
    expect(person.options.get_by_label("Types")).to_have_value("strings")
    expect(person.options.get_by_label("Root element")).to_have_value("root")


def test_an_unknown_mapping_in_the_address_is_automatic(page: Page) -> None:
    page.goto("/#mapping=none")
    page.reload()
    expect(page.get_by_role("radio", name="Automatic")).to_be_checked()


def test_a_link_to_the_options_is_copied(person: Person) -> None:
    person.choose("W3C")
    person.press("Copy link")
    expect(person.status).to_have_text("Copied.")
    assert person.clipboard() == person.page.url
    assert person.page.url.endswith("/#mapping=xpath")


def test_an_old_browser_sends_the_options_too(person: Person) -> None:
    """URLSearchParams.size came in 2023."""
    person.page.evaluate("delete URLSearchParams.prototype.size")
    with person.page.expect_request("**/json2xml*") as sent:
        person.choose("Readable")
        person.write("JSON", '{"a": "b"}')
    assert read_query(sent.value.url) == {"mapping": ["natural"], "indent": ["2"]}


def run_command(person: Person, folder: Path) -> str:
    command = shlex.split(person.command.text_content() or "")
    return subprocess.run([*command, "-sS"], cwd=folder, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_command_does_what_is_on_the_page(person: Person, tmp_path: Path) -> None:
    (tmp_path / "two walks.json").write_bytes(b'{"a": "b"}')
    person.choose("Readable")
    person.drop("#json", "two walks.json", b'{"a": "b"}')
    person.expect_text("XML", "<a>b</a>")
    assert run_command(person, tmp_path) == "<a>b</a>"
    person.page.get_by_role("button", name="Copy command").click()
    expect(person.status).to_have_text("Copied.")
    assert person.clipboard() == person.command.text_content()


def test_the_command_goes_the_way_of_the_page(person: Person, tmp_path: Path) -> None:
    (tmp_path / "walk.xml").write_bytes(b"<a>b</a>")
    person.drop("#xml", "walk.xml", b"<a>b</a>")
    person.expect_settled("=")
    assert run_command(person, tmp_path) == '{\n  "a": "b"\n}'


def test_the_command_takes_an_answer_that_is_only_small_enough_compressed(person: Person, tmp_path: Path) -> None:
    document = b"[" + b"1," * 200_000 + b"1]"
    (tmp_path / "many.json").write_bytes(document)
    person.drop("#json", "many.json", document)
    person.expect_settled("–")
    assert run_command(person, tmp_path).endswith("</ITEM>")


def test_the_command_has_the_query_that_aws_signs(person: Person) -> None:
    person.choose("Readable")
    person.press("Options")
    person.options.get_by_label("Root element").fill("a *~")
    expect(person.command).to_contain_text("mapping=natural&indent=2&root=a%20%2A~'")
