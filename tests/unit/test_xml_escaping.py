"""What XML can hold, and how it is escaped."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from crosswalk.converter.xml.escaping import UNCARRIABLE, escape_attribute, escape_text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_text_comes_back(text: str) -> None:
    text = UNCARRIABLE.sub("", text)
    root = ElementTree.fromstring(f'<a b="{escape_attribute(text)}">{escape_text(text)}</a>')
    assert (root.text or "") == root.get("b") == text


def test_escapes_are_the_agreed_ones() -> None:
    assert escape_attribute("&<>\"'\t\n\ré") == "&amp;&lt;&gt;&quot;'&#09;&#10;&#13;é"
    assert escape_text("&<>\"'\t\n\ré") == "&amp;&lt;&gt;\"'\t\n&#13;é"


def test_every_code_point_is_carriable_exactly_when_a_document_can_hold_it() -> None:
    def holds(character: str) -> bool:
        try:
            return bool(ElementTree.fromstring(f"<a>&#{ord(character)};</a>").text)
        except ElementTree.ParseError:
            return False

    edges = {0, 8, 9, 0xA, 0xB, 0xC, 0xD, 0xE, 0x1F, 0x20, 0x7F, 0x85, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFDD0, 0xFFFD}
    for code in edges | {0xFFFE, 0xFFFF, 0x10000, 0x1FFFE, 0x10FFFF}:
        assert holds(chr(code)) is not bool(UNCARRIABLE.search(chr(code))), hex(code)
