"""What came back is compared with what was sent, by itself, and told as it is."""

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person


def expect_verdict(person: Person, name: str, sign: str, *sentences: str) -> None:
    person.expect_settled(sign)
    for sentence in sentences:
        expect(person.message(name)).to_contain_text(sentence)


def test_a_compact_document_comes_back_character_for_character(person: Person) -> None:
    person.write("JSON", '{"a":1.0,"a":[[],{},""]}')
    expect_verdict(person, "XML", "=", "the same, character for character")


def test_the_hard_cases_come_back_the_same_but_for_white_space(person: Person) -> None:
    person.take_example("The hard cases")
    expect_verdict(person, "XML", "≈", "the same but for white space.")


def test_the_check_is_of_the_text_that_is_there_now(person: Person) -> None:
    person.write("JSON", '{"a":1}')
    person.expect_settled("=")
    with person.page.expect_request("**/xml2json*") as sent:
        person.write("JSON", '{"a":2,"b":3}')
    person.expect_settled("=")
    assert b'key="b"' in (sent.value.post_data_buffer or b"")


@pytest.mark.parametrize(
    ("document", "but"),
    [
        (r'["\u00e9\/\"", "\\"]', "white space and escapes in strings"),
        (r'["\ud83d\u0000"]', None),
        ('["\U0001f6b6\x7f\u2028"]', None),
    ],
)
def test_json_is_compared_by_its_tokens(person: Person, document: str, but: str | None) -> None:
    person.write("JSON", document)
    if but:
        expect_verdict(person, "XML", "≈", f"but for {but}.")
    else:
        expect_verdict(person, "XML", "=")


@pytest.mark.parametrize(
    ("document", "but"),
    [
        ("<!DOCTYPE a><a/>", "the DOCTYPE and how empty elements are written"),
        (
            """<!DOCTYPE a [<!ELEMENT a (b|c)> <!-- ]> "--> <?b ]> "?> <!NOTATION n SYSTEM ']>'> ]><a>b</a>""",
            "the DOCTYPE",
        ),
        ("<a b='c'>d</a>", "quotes"),
        ("<a><!-- said --><b>c</b></a>", "comments"),
        ('<?xml version="1.0"?><?do it?><a>b</a>', "the XML declaration and processing instructions"),
        ("<a><![CDATA[b]]>&#99;</a>", "CDATA marks and character references"),
        ('<a  b="c" >d</a >', "white space in tags"),
        ("<a>\n<b>c</b></a>", "white space"),
    ],
)
def test_what_xml_may_write_in_another_way_is_named(person: Person, document: str, but: str) -> None:
    person.choose("Readable")
    person.write("XML", document)
    expect_verdict(person, "JSON", "≈", f"the same but for {but}.")


def test_mixed_content_comes_back_the_same(person: Person) -> None:
    person.choose("Mixed content")
    person.write("XML", '<p:a xmlns:p="urn:p" b="c">mixed <b>content</b> &amp; more<c></c></p:a>')
    expect_verdict(person, "JSON", "≈", "but for how empty elements are written.")


def test_white_space_that_is_all_of_a_text_is_a_difference(person: Person) -> None:
    person.choose("Readable")
    person.write("XML", "<a>\n<b> </b>\n<c>x</c>\n</a>")
    expect_verdict(person, "JSON", "≠", "different")
    assert person.message("JSON").locator(".here").all_inner_texts() == ["<b> </b>", "··<b></b>"]


def test_white_space_around_a_text_is_a_difference(person: Person) -> None:
    person.choose("Readable")
    person.write("XML", "<b>  x  </b>")
    expect_verdict(person, "JSON", "≠", "<b>  x  </b>", "<b>x</b>")


def test_a_difference_shows_three_lines_of_each_and_leads_there(person: Person) -> None:
    person.choose("Readable")
    person.write("JSON", '{"r": {\n  "a": "b",\n  "c": 1.0,\n  "d": "e"\n}}')
    expect_verdict(person, "XML", "≠", "It comes back different.")
    figures = person.message("XML").get_by_role("figure")
    assert [figures.nth(at).get_by_role("listitem").count() for at in (0, 1)] == [3, 3]
    assert person.message("XML").locator(".here").all_inner_texts() == ['··"c": 1.0,', '····"c": "1.0",']
    person.press("Go to line 3")
    expect(person.area("JSON")).to_be_focused()
    assert person.area("JSON").evaluate("area => [area.selectionStart, area.selectionEnd]") == [27, 27]


def test_losses_stay_beside_the_check_in_words(person: Person) -> None:
    person.choose("Readable")
    person.write("XML", "<a>1<!-- x --><b>2</b>3</a>")
    person.expect_settled("≠")
    lost = "leaves out the order among elements, attributes and text and comments"
    expect(person.facts("JSON")).to_contain_text(lost)


@pytest.mark.parametrize(
    ("document", "lost"),
    [
        ('{"a": {"#text": "x"}}', "leaves out which values are numbers, true, false, null or empty"),
        ("<a>x<b/>y</a>", "leaves out the order among elements, attributes and text"),
    ],
)
def test_a_single_loss_is_told_as_it_is(document: str, lost: str, person: Person) -> None:
    person.choose("Readable")
    source, target = ("XML", "JSON") if document.startswith("<") else ("JSON", "XML")
    person.write(source, document)
    expect(person.facts(target)).to_contain_text(lost)


def test_what_cannot_go_back_is_not_called_checked(person: Person) -> None:
    person.choose("Readable")
    person.press("Options")
    person.options.get_by_label("Namespaces").select_option("expanded")
    person.write("XML", '<a xmlns="urn:a"/>')
    expect_verdict(person, "JSON", "–", "It was not checked.")


def test_a_result_too_large_to_send_back_is_said_neutrally(person: Person) -> None:
    person.drop("#json", "many.json", b"[", (b"1,", 200_000), b"1]")
    expect_verdict(person, "XML", "–", "The result is too large to check.")
    expect(person.message("XML")).to_have_attribute("data-kind", "unchecked")


def test_options_of_the_way_there_hold_for_the_way_back(person: Person) -> None:
    person.choose("Readable")
    person.press("Options")
    person.options.get_by_label("Attribute prefix").fill("$")
    person.write("XML", '<a b="c">d</a>')
    expect_verdict(person, "JSON", "=")
    expect(person.text("JSON")).to_contain_text('"$b"')
