"""`item` in pieces: wherever a document is cut, it becomes what it is as a whole, and its first fault is told."""

from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosswalk.converter import item
from crosswalk.converter.json_pieces import cut_json
from crosswalk.converter.places import START
from crosswalk.converter.sources import MAX_GAP
from crosswalk.converter.xml.chunks import cut_xml
from crosswalk.converter.xml.encoding import XmlText
from crosswalk.errors import DocumentError, InexpressibleDocument, MalformedDocument, UnsafeDocument
from tests.sources import Trickle
from tests.strategies import json_texts

Outcome = bytes | tuple[object, ...]
MUTATIONS = [
    "",
    '"',
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\\",
    "<",
    ">",
    "/",
    "&",
    " ",
    "\n",
    "x",
    "é",
    "\0",
    "<!--",
    "-->",
    "<?x",
]
TOO_SMALL_TO_MATTER = st.integers(4, 64)


def to_xml(json: bytes, size: int, source: type[BytesIO] = BytesIO) -> Outcome:
    written = BytesIO()
    try:
        item.json_to_xml(source(json), written.write, size=size)
    except DocumentError as error:
        return type(error), error.detail, error.place
    return written.getvalue()


def to_json(xml: bytes, size: int, source: type[BytesIO] = BytesIO) -> Outcome:
    written = BytesIO()
    try:
        item.xml_to_json(XmlText(source(xml)), written.write, size=size)
    except DocumentError as error:
        return type(error), error.detail, error.place, error.path
    return written.getvalue()


def damage(text: str, data: st.DataObject) -> bytes:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 3)))
    return (text[:start] + data.draw(st.sampled_from(MUTATIONS)) + text[end:]).encode()


@given(json_texts(), TOO_SMALL_TO_MATTER)
@example('[1,\r\n[2,{"a":[3,4,{"b":5,"c":[]}]}],6]', 4)
def test_json_becomes_the_same_wherever_it_is_cut(text: str, size: int) -> None:
    json = text.encode("utf-8", "backslashreplace")
    assert to_xml(json, size, Trickle) == to_xml(json, 1 << 20)


@given(json_texts(), TOO_SMALL_TO_MATTER, st.integers(0, 2))
def test_xml_becomes_the_same_wherever_it_is_cut(text: str, size: int, indent: int) -> None:
    written = BytesIO()
    item.json_to_xml(BytesIO(text.encode("utf-8", "backslashreplace")), written.write, indent=indent)
    assert to_json(written.getvalue(), size, Trickle) == to_json(written.getvalue(), 1 << 20)


@given(json_texts(6), TOO_SMALL_TO_MATTER, st.data())
def test_a_fault_in_json_is_told_alike_wherever_it_is_cut(text: str, size: int, data: st.DataObject) -> None:
    json = damage(text.encode("utf-8", "backslashreplace").decode(), data)
    assert to_xml(json, size) == to_xml(json, 1 << 20)


@given(json_texts(6), TOO_SMALL_TO_MATTER, st.data())
def test_a_fault_in_xml_is_told_alike_wherever_it_is_cut(text: str, size: int, data: st.DataObject) -> None:
    written = BytesIO()
    item.json_to_xml(BytesIO(text.encode("utf-8", "backslashreplace")), written.write, indent=1)
    xml = damage(written.getvalue().decode(), data)
    assert to_json(xml, size) == to_json(xml, 1 << 20)


@pytest.mark.parametrize("levels", [511, 512, 513, 600])
@pytest.mark.parametrize("size", [4, 9, 64, 1 << 16])
def test_512_levels_are_the_limit_wherever_a_document_is_cut(levels: int, size: int) -> None:
    json = b"[" * (levels - 1) + b"[1,2]" + b",3]" * (levels - 1)
    xml = b'<ITEM type="list">' * levels + b"</ITEM>" * levels
    if levels <= 512:
        assert to_json(to_xml(json, size), size) == json  # type: ignore[arg-type]
    else:
        assert to_xml(json, size) == to_xml(json, 1 << 20)
        assert to_xml(json, size)[0] is UnsafeDocument
        assert to_json(xml, size)[0] is UnsafeDocument


def test_pieces_of_json_end_behind_commas_outside_strings() -> None:
    json = rb'[{"a,": 1, "b\\": "x\",y", "c": [2, 3]}, 4]'
    pieces = [piece.text for piece in cut_json(BytesIO(json), 8)]
    assert pieces == [rb'[{"a,": 1,', rb' "b\\": "x\",y",', rb' "c": [2, 3]},', rb" 4]"]
    assert b"".join(pieces) == json


def test_chunks_of_xml_begin_between_tags_and_not_in_comments() -> None:
    xml = b"<a><!-- <b> --><c/><![CDATA[<d>]]><?e <f>?></a>"
    chunks = [chunk.text for chunk in cut_xml(BytesIO(xml), 4)]
    assert chunks == [b"<a>", b"<!-- <b> -->", b"<c/>", b"<![CDATA[<d>]]>", b"<?e <f>?></a>"]


@pytest.mark.parametrize(("begin", "convert"), [(b'["', to_xml), (b'<ITEM type="string" value="', to_json)])
def test_what_cannot_be_cut_for_32_mib_is_refused(begin: bytes, convert: object) -> None:
    outcome = convert(begin + b"x" * (MAX_GAP + 1), 1 << 16)  # type: ignore[operator]
    assert outcome[0] is UnsafeDocument
    assert "32 MiB" in outcome[1]


@pytest.mark.parametrize("escape", [b"", rb"\u0000", rb"\\"])
def test_a_raw_null_is_refused_whatever_stands_beside_it(escape: bytes) -> None:
    assert to_xml(b'["' + escape + b'aa\0\0b"]', 1 << 16)[0] is MalformedDocument


def test_a_string_of_less_is_carried() -> None:
    json = b'["' + b"x" * (MAX_GAP // 4) + b'",1]'
    assert to_json(to_xml(json, 1 << 16), 1 << 16) == json  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["x", "]", "]]", "&#93;"])
def test_text_is_refused_wherever_a_document_is_cut(text: str) -> None:
    xml = f'<ITEM type="list"><ITEM type="float" value="1.0"/>{text}<ITEM type="null"/></ITEM>'.encode()
    refused = (InexpressibleDocument, "An ITEM holds no text.", (1, 1), "/ITEM")
    assert {to_json(xml, size) for size in range(4, len(xml) + 1)} == {refused}


def test_a_place_behind_a_comment_is_told_wherever_a_document_is_cut() -> None:
    xml = '<!-- é < --><ITEM type="list"><!-- é\n é < --><ITEM type="list"><ITEM type="null"/>x</ITEM></ITEM>'.encode()
    refused = (InexpressibleDocument, "An ITEM holds no text.", (2, 9), "/ITEM/ITEM[1]")
    assert {to_json(xml, size) for size in range(1, len(xml) + 1)} == {refused}


@pytest.mark.parametrize("beginning", ["", "<!-- é -->\n", '<?xml version="1.0"?>'])
@pytest.mark.parametrize(
    "empty",
    [
        '<ITEM type="object"></ITEM>',
        "<ITEM type='object'></ITEM>",
        '<ITEM type="list">\n</ITEM>',
        '<ITEM type="null" /><ITEM type="null"></ITEM>',
    ],
)
def test_a_place_behind_empty_elements_of_any_form_is_told(beginning: str, empty: str) -> None:
    strings = [f'<ITEM type="string" value="{"x" * length}"/>' for length in (1200, 400, 400, 400)]
    before = f'{beginning}<ITEM type="list">{strings[0]}{empty * 5}'
    xml = f'{before}<ITEM type="list">{"".join(strings[1:])}text</ITEM></ITEM>'.encode()
    place = START.after(before)
    outcomes = {to_json(xml, size) for size in (200, 1000, 1500, 1700, 2000, 2500, 1 << 16)}
    assert {outcome[:3] for outcome in outcomes} == {(InexpressibleDocument, "An ITEM holds no text.", tuple(place))}


def test_what_begins_no_document_is_told_wherever_it_is_cut() -> None:
    refused = (MalformedDocument, "An XML document begins with <.", (1, 2), None)
    assert {to_json(b" '<\x14>", size) for size in range(1, 7)} == {refused}


def test_what_stands_before_the_root_is_told_wherever_a_document_is_cut() -> None:
    refused = (MalformedDocument, "Something stands before the root element.", (2, 1), None)
    xml = b'<?a b?>\n" e<b> c:d="e'
    assert {to_json(xml, size) for size in range(1, len(xml) + 2)} == {refused}


@pytest.mark.parametrize("size", [4, 64, 1 << 16])
def test_a_refused_element_is_told_before_invalid_bytes_behind_it(size: int) -> None:
    outcome = to_json(b'<ITEM type="list"><b></b><ITEM type="null" />\x88</ITEM>', size)
    assert outcome[0] is InexpressibleDocument
    assert outcome[2] == (1, 19)


@pytest.mark.parametrize("size", [4, 64, 1 << 16])
def test_invalid_bytes_are_told_where_all_before_them_is_sound(size: int) -> None:
    outcome = to_json(b'<ITEM type="list"><ITEM type="null" />\n \x88<b/></ITEM>', size)
    assert outcome[:3] == (MalformedDocument, "The bytes here are not UTF-8.", (2, 2))
