"""Reading XML: encodings, positions, everything that must be refused, and escaping."""

import time
import weakref
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.converter import xml_text
from crosswalk.converter.json_text import MAX_DEPTH
from crosswalk.converter.xml_text import (
    UNCARRIABLE,
    XmlReader,
    escape_attribute,
    escape_text,
    is_name,
    is_ncname,
    is_qname,
    read_root,
    recode_xml,
)
from crosswalk.errors import DocumentError, InexpressibleDocument, MalformedDocument, UnsafeDocument

BOM = "\ufeff"


def read(document: str | bytes, *, expand_names: bool = False) -> list[object]:
    """All events of a document, in the form in which the callbacks got them; start tags with their position."""
    events: list[object] = []
    xml = recode_xml(document.encode() if isinstance(document, str) else document)
    reader = XmlReader(xml, expand_names=expand_names)
    reader.read(
        lambda name, attributes: events.append((name, attributes, reader.position)),
        lambda name: events.append(f"/{name}"),
        lambda text: events.append(text),
        lambda comment: events.append(("comment", comment)),
        lambda target, data: events.append((target, data)),
    )
    return events


def declared(encoding: str, text: str = "", codec: str = "latin-1") -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?><a>{text}</a>'.encode(codec)


def refuse(document: str | bytes, error: type[DocumentError] = MalformedDocument) -> DocumentError:
    with pytest.raises(error) as caught:
        read(document)
    return caught.value


# Encodings


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("<a>é😀</a>".encode(), "é😀"),
        (f"{BOM}<a>é</a>".encode(), "é"),
        (declared("UTF-8", "é", "utf-8"), "é"),
        (declared("utf-8", "é", "utf-8-sig"), "é"),
        (f"{BOM}<a>é😀</a>".encode("utf-16-le"), "é😀"),
        (f"{BOM}<a>é😀</a>".encode("utf-16-be"), "é😀"),
        (declared("UTF-16", "é", "utf-16"), "é"),
        (declared("UTF-16", "é", "utf-16-be"), "é"),
        (declared("UTF-16", "é", "utf-16-le"), "é"),
        (declared("US-ASCII", "x"), "x"),
        (declared("ISO-8859-1", "é\x85"), "é\x85"),
        (declared("iso-8859-5", "Ж", "iso8859-5"), "Ж"),
        (declared("ISO-8859-15", "€", "iso8859-15"), "€"),
        (declared("windows-1252", "€", "cp1252"), "€"),
        (declared("Windows-1251", "Ж", "cp1251"), "Ж"),
        (declared("KOI8-R", "Ж", "koi8-r"), "Ж"),
        (b"<?xml\r\n version = '1.0'\tencoding='ISO-8859-1' standalone='yes' ?><a>\xe9</a>", "é"),
    ],
)
def test_the_mark_and_the_declaration_give_the_encoding(document: bytes, text: str) -> None:
    assert text in read(document)


@pytest.mark.parametrize(
    "name",
    ["latin1", "utf8", "utf-8-sig", "utf_8", "utf-7", "utf-32", "utf-16le", "cp1252", "iso-8859-12", "iso-8859-17",
     "unicode_escape", "raw_unicode_escape", "punycode", "idna", "hex", "rot13", "zlib", "mbcs", "undefined", "x"],
)  # fmt: skip
def test_an_encoding_that_is_not_on_the_list_is_malformed(name: str) -> None:
    assert "encoding must be" in refuse(declared(name)).detail


@pytest.mark.parametrize(
    "document",
    [
        declared("ISO-8859-1", "", "utf-8-sig"),
        declared("UTF-8", "", "utf-16"),
        declared("ISO-8859-1", "", "utf-16"),
        declared("UTF-16", ""),
        declared("UTF-16", "", "utf-8-sig"),
        '<?xml version="1.0"?><a/>'.encode("utf-16-be"),
    ],
)
def test_a_mark_or_byte_width_that_disagrees_with_the_declaration_is_malformed(document: bytes) -> None:
    assert "its bytes are not" in refuse(document).detail


@pytest.mark.parametrize(
    ("document", "position"),
    [
        (b"<a>\xff</a>", (1, 4)),
        ("<a>\r\n\ré😀".encode() + b"\xe9</a>", (3, 3)),
        (b"<a>\xed\xa0\x80</a>", (1, 4)),
        (b"<a>\xc0\x80</a>", (1, 4)),
        (declared("US-ASCII", "é"), (1, 45)),
        (declared("windows-1252", "\x81"), (1, 49)),
        (declared("windows-1255", "\xd9"), (1, 49)),
        (declared("ISO-8859-3", "\xa5"), (1, 47)),
        (declared("UTF-16", "", "utf-16")[:-1], (1, 46)),
        (f"{BOM}<a>".encode("utf-16-le") + b"\x00\xd8<\x00", (1, 4)),
    ],
)
def test_bytes_invalid_in_the_encoding_are_malformed_where_they_stand(
    document: bytes, position: tuple[int, int]
) -> None:
    error = refuse(document)
    assert (error.line, error.column) == position


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        f"{BOM}{BOM}<a/>".encode(),
        "<a/>".encode("utf-16-le"),
        "<a/>".encode("utf-16-be"),
        "\ufeff<a/>".encode("utf-32-le"),
        "\ufeff<a/>".encode("utf-32-be"),
        "<?xml version='1.0'?><a/>".encode("cp037"),
    ],
)
def test_bytes_that_begin_like_no_readable_document_are_malformed(document: bytes) -> None:
    refuse(document)


@pytest.mark.parametrize(
    "declaration",
    ["<?xml?>", "<?xml ?>", '<?xml encoding="UTF-8"?>', '<?xml version="1.0"encoding="UTF-8"?>', '<?xml version=1.0?>',
     "<?xml version=\"1.0'?>", '<?xml version="1.0" standalone="maybe"?>', '<?xml version="1.0" a="b"?>',
     '<?xml version="1.0" standalone="yes" encoding="UTF-8"?>', '<?xml version="1.0" encoding=""?>',
     '<?xml version="1.0">', '<?XML version="1.0"?>', '<?xml\u00a0version="1.0"?>', ' <?xml version="1.0"?>',
     '<?xml version="1.1"?>', '<?xml version="2.0"?>'],
)  # fmt: skip
def test_a_declaration_must_be_well_formed_at_the_very_beginning_and_of_version_1_0(declaration: str) -> None:
    refuse(f"{declaration}<a/>")


# Events and positions


def test_every_event_comes_in_document_order() -> None:
    assert read('<?p q?><!--c--><a b="1" d="&#10;&lt;"> x<b/><![CDATA[<&]]></a>') == [
        ("p", "q"),
        ("comment", "c"),
        ("a", ["b", "1", "d", "\n<"], (1, 16)),
        " x",
        ("b", [], (1, 41)),
        "/b",
        "<&",
        "/a",
    ]


def test_names_come_as_written_or_expanded() -> None:
    document = '<p:a xmlns:p="u" xmlns="v" p:b="1" b="2" xml:lang="de"><c/></p:a>'
    written, expanded = read(document), read(document, expand_names=True)
    assert written[:2] == [
        ("p:a", ["xmlns:p", "u", "xmlns", "v", "p:b", "1", "b", "2", "xml:lang", "de"], (1, 1)),
        ("c", [], (1, 56)),
    ]
    assert expanded == [
        ("{u}a", ["{u}b", "1", "b", "2", "{http://www.w3.org/XML/1998/namespace}lang", "de"], (1, 1)),
        ("{v}c", [], (1, 56)),
        "/{v}c",
        "/{u}a",
    ]


@pytest.mark.parametrize("end_of_line", ["\n", "\r\n", "\r"])
def test_positions_count_lines_and_characters_whatever_ends_a_line(end_of_line: str) -> None:
    document = end_of_line.join(["<a>", "<!-- é", "😀 --><b c='😀", "é'/>é😀<d/>", "", "</a>"])
    starts = [event for event in read(document) if isinstance(event, tuple) and event[0] in "abd"]
    assert [position for *_, position in starts] == [(1, 1), (3, 6), (4, 7)]
    error = refuse(document + end_of_line + "é")
    assert (error.line, error.column) == (7, 1)


@pytest.mark.parametrize("end_of_line", ["\n", "\r\n", "\r"])
def test_every_end_of_line_is_read_as_one_line_feed(end_of_line: str) -> None:
    assert (
        "".join(event for event in read(f"<a>x{end_of_line}{end_of_line}y</a>") if isinstance(event, str)) == "x\n\ny/a"
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_not_counted(encoding: str) -> None:
    error = refuse("<a>😀&</a>".encode(encoding))
    assert (error.line, error.column) == (1, 6)


def test_positions_hold_beyond_the_chunks_in_which_a_long_document_is_parsed() -> None:
    document = "<a>" + "<b/>é\r\n" * 300_000 + "<c></d></a>"
    error = refuse(document)
    assert (error.line, error.column) == (300_001, 6)


@pytest.mark.parametrize(
    ("ordinal", "place"),
    [
        (1, (3, 1, "/a")),
        (2, (3, 5, "/a/p:b")),
        (3, (4, 3, "/a/c")),
        (4, (4, 7, "/a/p:b[2]")),
        (5, (4, 30, "/a/p:b[2]/p:b")),
        (6, (5, 2, f"/a/{'d' * 40}...")),
    ],
)
def test_an_element_is_located_by_the_number_of_its_start_tag(ordinal: int, place: tuple[int, int, str]) -> None:
    document = "<!DOCTYPE a\r\n>\r\n<a>é<p:b xmlns:p='u'/>\n😀\u0020<c/><p:b xmlns:p='u'>text😀 <p:b/></p:b>\n "
    assert XmlReader(recode_xml(document.encode()) + b"<" + b"d" * 50 + b"/></a>").locate_element(ordinal) == place


# Well-formedness


@pytest.mark.parametrize(
    ("document", "position", "detail"),
    [
        ("", (1, 1), "the document ends before its root element does"),
        ("\n ", (2, 2), "the document ends before its root element does"),
        ("<a>\n<b>", (2, 4), "the document ends before <b> of line 2, column 1 does"),
        ("<a>\n<b>\n</a>", (3, 3), "this end tag does not match <b> of line 2, column 1"),
        ("<a/>\n<b/>", (2, 1), "something stands after the root element"),
        ("<a/>x", (1, 5), "something stands after the root element"),
        ("x<a/>", (1, 1), "an XML document begins with <"),
        ('\n {"foo": 7}', (2, 2), "an XML document begins with <"),
        ("<a>\x01</a>", (1, 4), "no XML document can hold U+0001"),
        ("<a>\0</a>", (1, 4), "no XML document can hold U+0000"),
        ("<a>\ufffe</a>", (1, 4), "no XML document can hold U+FFFE"),
        ("<a>&#1;</a>", (1, 4), None),
        ("<a>&#xD800;</a>", (1, 4), None),
        ("<a>&#x110000;</a>", (1, 4), None),
        ("<a>]]></a>", (1, 6), None),
        ("<a>&b;</a>", (1, 4), "a reference to an entity that is not declared"),
        ('<a b="&c;"/>', (1, 1), "a reference to an entity that is not declared"),
        ('<a b="1" b="2"/>', (1, 10), "an attribute stands twice in one tag"),
        ("<a b=1/>", (1, 6), None),
        ('<a b="<"/>', (1, 7), None),
        ("<!-- a -- b --><a/>", (1, 10), None),
        ("<a><?xml version='1.0'?></a>", (1, 4), "the XML declaration must stand at the very beginning"),
        ("<a><![CDATA[</a>", (1, 17), None),
        ("<a b='", (1, 1), None),
        ("<1/>", (1, 2), None),
        ("<a><!DOCTYPE a></a>", (1, 6), None),
        ("<!DOCTYPE a>\n<!DOCTYPE a><a/>", (2, 1), "a DOCTYPE stands twice"),
        ("<!DOCTYPE a", (1, 12), None),
        ("<!DOCTYPE a PUBLIC 'x'><a/>", (1, 23), None),
    ],
)
def test_what_is_not_well_formed_is_malformed_where_it_stands(
    document: str, position: tuple[int, int], detail: str | None
) -> None:
    error = refuse(document)
    assert (error.line, error.column) == position
    assert detail in (None, error.detail)


@pytest.mark.parametrize(
    "document",
    ["<p:a/>", "<a p:b=''/>", "<a><b xmlns:p='u'/><p:c/></a>", "<a:b:c xmlns:a='u'/>", "<:a/>", "<a:/>",
     "<a xmlns:p=''/>",
     "<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", "<a xmlns:xml='u'/>", "<a xmlns:xmlns='u'/>", "<xmlns:a/>",
     "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
     "<a xmlns='http&#58;//www.w3.org/2000/xmlns/'/>", "<?a:b?><a/>", "<p:1 xmlns:p='u'/>"],
)  # fmt: skip
@pytest.mark.parametrize("expand_names", [False, True])
def test_namespaces_must_be_well_formed_too(document: str, expand_names: bool) -> None:
    with pytest.raises(MalformedDocument):
        read(document, expand_names=expand_names)


def test_a_document_that_a_mapping_cannot_express_must_be_well_formed_first() -> None:
    def refuse_all(name: str, attributes: list[str]) -> None:
        raise InexpressibleDocument("not this one")

    with pytest.raises(InexpressibleDocument):
        XmlReader(b"<a/>").read(refuse_all, str, str)
    for document in (b"<a><b></a>", b"<a><p:b/></a>"):
        with pytest.raises(MalformedDocument):
            XmlReader(document).read(refuse_all, str, str)


def test_a_document_that_a_mapping_cannot_express_and_that_is_too_deep_is_unsafe() -> None:
    def refuse_all(name: str, attributes: list[str]) -> None:
        raise InexpressibleDocument("not this one")

    depth = MAX_DEPTH + 1
    with pytest.raises(InexpressibleDocument):
        XmlReader(b"<a>" * depth + b"</a>" * depth).read(refuse_all, str, str)
    with pytest.raises(UnsafeDocument) as caught:
        XmlReader(b"<a>" * 1_000_000).read(refuse_all, str, str)
    assert (caught.value.line, caught.value.column) == (1, 3 * depth + 1)


def test_a_long_name_is_not_echoed() -> None:
    assert len(refuse(f"<{'a' * 1000}>").detail) < 120


# Safety


@pytest.mark.parametrize(
    "doctype",
    ["<!DOCTYPE a>", "<!DOCTYPE a\n SYSTEM 'file:///etc/passwd' >", "<!DOCTYPE a PUBLIC '-//X' \"]>[<!--\">",
     "<!DOCTYPE a []>",
     "<!DOCTYPE a SYSTEM 'é'\n[ <!-- <!ENTITY %x; --> <?p <!ATTLIST?> <!ELEMENT a ANY> <!NOTATION n SYSTEM '%x;'> ] >"],
)  # fmt: skip
def test_a_doctype_without_entities_and_attributes_is_read_over(doctype: str) -> None:
    lines = doctype.split("\n")
    before = "<?xml version='1.0'?><!-- <!DOCTYPE a [ --><?p <!DOCTYPE a?>"
    column = len(lines[-1]) + 1 + (len(before) if len(lines) == 1 else 0)
    assert read(f"{before}{doctype}<a/>")[2:] == [("a", [], (len(lines), column)), "/a"]


@pytest.mark.parametrize(
    "subset",
    ['<!ENTITY b "x">', "<!ENTITY b SYSTEM 'file:///etc/passwd'>", "<!ENTITY % b 'x'>",
     "<!ENTITY b SYSTEM 'x' NDATA n>",
     "<!ATTLIST a b CDATA 'x'>", "<!ATTLIST a>", "%b;", "<!ELEMENT a ANY> <!-- --> %b;"],
)  # fmt: skip
@pytest.mark.parametrize("external", ["", "SYSTEM 'x'"])
def test_declarations_of_entities_and_attributes_are_unsafe(subset: str, external: str) -> None:
    error = refuse(f"<!DOCTYPE a {external}[\n\n  {subset}\n]><a>&b;</a>", UnsafeDocument)
    assert error.line == 3


@pytest.mark.parametrize("document", ["<!DOCTYPE a SYSTEM 'x'><a>&b;</a>", "<!DOCTYPE a SYSTEM 'x'><a b='&c;'/>"])
@pytest.mark.parametrize("standalone", ["", "<?xml version='1.0' standalone='no'?>"])
def test_an_undeclared_entity_is_malformed_even_where_expat_would_skip_it(document: str, standalone: str) -> None:
    refuse(standalone + document)


def test_billion_laughs_are_unsafe() -> None:
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(20))
    refuse(f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e20;</a>', UnsafeDocument)


def test_a_mapping_can_stop_a_deep_document_at_once() -> None:
    def stop(name: str, attributes: list[str]) -> None:
        raise UnsafeDocument("too deep")

    start = time.perf_counter()
    with pytest.raises(UnsafeDocument):
        XmlReader(b"<a>" * 1_000_000).read(stop, str, str)
    assert time.perf_counter() - start < 1


SEEDS = [
    "<!DOCTYPE a PUBLIC '-//X' \"]>\"[<!ELEMENT a ANY><!-- % --><!NOTATION n SYSTEM '%'> <?p %?>] ><a><b c='d'/>e</a>",
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE a SYSTEM "x" [<!ELEMENT a ANY>]><a xmlns:p="u" p:b="&#10;é">x</a>',
    '<!DOCTYPE a [<!ENTITY % p "x"><!ATTLIST a b CDATA "x">%p;]><a><![CDATA[<]]>&amp;😀<!-- --><?p q?>\r\n</a>',
]


@st.composite
def damaged_documents(draw: st.DrawFn) -> bytes:
    document = draw(st.sampled_from(SEEDS)).encode(
        draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-be"])), "replace"
    )
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(document)))
        cut = draw(st.sampled_from([0, 0, 1, 2, 10]))
        piece = draw(
            st.sampled_from(
                [b"", b"<", b">", b"&", b"\0", b"\xff", b"]]>", b"%", b"'", b"<a", b"\r", b"]", b"encoding='utf-16'"]
            )
        )
        document = document[:at] + piece + document[at + cut :]
    return document


@pytest.mark.parametrize("seed", SEEDS)
def test_a_document_cut_off_anywhere_is_malformed_or_unsafe(seed: str) -> None:
    for end in range(len(seed.rstrip())):
        with pytest.raises((MalformedDocument, UnsafeDocument)):
            read(seed[:end])


@given(damaged_documents() | st.binary())
def test_no_bytes_raise_anything_but_a_document_error(document: bytes) -> None:
    places = []
    for read_document in (read, lambda document: read_root(recode_xml(document))):
        try:
            read_document(document)
        except DocumentError as error:
            places.append((error.line, error.column))
    assert all(line and column and min(line, column) >= 1 for line, column in places)


# The root


class Listener:
    """Callbacks that know their reader, as those of every mapping do."""

    def __init__(self, xml: bytes) -> None:
        self.reader = XmlReader(xml)
        self.reader.read(lambda name, attributes: self, lambda name: self, lambda text: self)


def test_a_reading_is_freed_without_the_garbage_collector() -> None:
    listener = weakref.ref(Listener(b"<a>x</a>"))
    assert listener() is None


def test_the_root_is_told_without_reading_on() -> None:
    assert read_root(b"<?p?><!DOCTYPE a><p:a xmlns:p='u' b='1' p:c='2'><junk") == ("{u}a", {"b": "1", "{u}c": "2"})
    assert read_root(b"<a/>") == ("a", {})


@pytest.mark.parametrize("xml", [b"", b"x<a/>", b"<p:a/>", b"<a b=1>", b"<!DOCTYPE a SYSTEM 'x'><a b='&c;'>"])
def test_what_is_malformed_up_to_the_root_has_no_root(xml: bytes) -> None:
    with pytest.raises(MalformedDocument):
        read_root(xml)


def test_an_entity_declaration_before_the_root_is_unsafe() -> None:
    with pytest.raises(UnsafeDocument):
        read_root(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>")


# Writing


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
            return "".join(event for event in read(f"<a>&#{ord(character)};</a>") if isinstance(event, str)) != ""
        except MalformedDocument:
            return False

    edges = {0, 8, 9, 0xA, 0xB, 0xC, 0xD, 0xE, 0x1F, 0x20, 0x7F, 0x85, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFDD0, 0xFFFD}
    for code in edges | {0xFFFE, 0xFFFF, 0x10000, 0x1FFFE, 0x10FFFF}:
        assert holds(chr(code)) is not bool(UNCARRIABLE.search(chr(code))), hex(code)


@pytest.mark.parametrize("name", ["a", "_", "é", "a-.·1", "愛", "a" * 1000])
def test_names(name: str) -> None:
    assert is_name(name)
    assert is_ncname(name)
    assert is_qname(f"p:{name}")


@pytest.mark.parametrize(
    "name", ["", "1", "-", "·", "a b", "a ", " a", "a/", "a>", "é/><b", "é b=''",
     "é\n", "\ud800", "é\ud800", "\U00010000", "²", "\0"]
)  # fmt: skip
def test_what_are_no_names(name: str) -> None:
    assert not is_name(name)
    assert not is_ncname(name)
    assert not is_qname(name)


def test_a_colon_stands_once_between_names_of_a_qname() -> None:
    assert is_name(":a:b:é")
    assert [is_qname(name) for name in ("a:b", "é:é", "a:b:c", ":a", "a:", ":", "a:1")] == [True, True] + [False] * 5
    assert not is_ncname("a:b")


@given(st.text(max_size=3))
def test_a_name_is_what_the_reader_reads_as_one(name: str) -> None:
    try:
        events = read(f"<{name}/>".encode("utf-8", "surrogatepass"))
    except DocumentError:
        events = []
    assert is_ncname(name) is (events[:1] == [(name, [], (1, 1))])


def test_the_encodings_are_python_codecs_that_hold_ascii_as_it_is() -> None:
    ascii_text = "".join(map(chr, range(128)))
    for codec in set(xml_text.ENCODINGS.values()) - {"utf-16"}:
        assert ascii_text.encode(codec) == ascii_text.encode()
