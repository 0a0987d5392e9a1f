"""Reading XML: events and their places, and everything that must be refused."""

import time
import weakref
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.converter.xml.encoding import XmlText
from crosswalk.converter.xml.parser import BLOCK, MAX_PROLOG
from crosswalk.converter.xml.paths import find_element
from crosswalk.converter.xml.reader import XmlReader, read_root
from crosswalk.errors import DocumentError, InexpressibleDocument, MalformedDocument, UnsafeDocument
from tests.sources import Trickle


def read(document: str | bytes) -> list[object]:
    """All events of a document, in the form in which the callbacks got them; start tags with their place."""
    events: list[object] = []
    reader = XmlReader(XmlText(BytesIO(document.encode() if isinstance(document, str) else document)))

    def start(name: str, attributes: list[str]) -> None:
        events.append((name, attributes, reader.place))
        reader.check_names(1, name, attributes)

    lost: set[str] = set()
    reader.read(start, lambda name: events.append(f"/{name}"), lambda text: events.append(text), lost)
    return [*sorted(lost), *events]


def refuse(document: str | bytes, error: type[DocumentError] = MalformedDocument) -> DocumentError:
    with pytest.raises(error) as caught:
        read(document)
    return caught.value


# Events and positions


def test_every_event_comes_in_document_order() -> None:
    assert read('<?p q?><!--c--><a b="1" d="&#10;&lt;"> x<b/><![CDATA[<&]]></a>') == [
        "comments",
        "processing-instructions",
        ("a", ["b", "1", "d", "\n<"], (1, 16)),
        " x",
        ("b", [], (1, 41)),
        "/b",
        "<&",
        "/a",
    ]


def test_names_come_as_they_were_written() -> None:
    assert read('<p:a xmlns:p="u" xmlns="v" p:b="1" b="2" xml:lang="de"><c/></p:a>') == [
        ("p:a", ["xmlns:p", "u", "xmlns", "v", "p:b", "1", "b", "2", "xml:lang", "de"], (1, 1)),
        ("c", [], (1, 56)),
        "/c",
        "/p:a",
    ]


@pytest.mark.parametrize("end_of_line", ["\n", "\r\n", "\r"])
def test_positions_count_lines_and_characters_whatever_ends_a_line(end_of_line: str) -> None:
    document = end_of_line.join(["<a>", "<!-- é", "😀 --><b c='😀", "é'/>é😀<d/>", "", "</a>"])
    starts = [event for event in read(document) if isinstance(event, tuple) and event[0] in "abd"]
    assert [position for *_, position in starts] == [(1, 1), (3, 6), (4, 7)]
    error = refuse(document + end_of_line + "é")
    assert error.place == (7, 1)


@pytest.mark.parametrize("end_of_line", ["\n", "\r\n", "\r"])
def test_every_end_of_line_is_read_as_one_line_feed(end_of_line: str) -> None:
    assert (
        "".join(event for event in read(f"<a>x{end_of_line}{end_of_line}y</a>") if isinstance(event, str)) == "x\n\ny/a"
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_not_counted(encoding: str) -> None:
    error = refuse("<a>😀&</a>".encode(encoding))
    assert error.place == (1, 6)


def test_positions_hold_beyond_the_chunks_in_which_a_long_document_is_parsed() -> None:
    document = "<a>" + "<b/>é\r\n" * 300_000 + "<c></d></a>"
    error = refuse(document)
    assert error.place == (300_001, 6)


@pytest.mark.parametrize(
    ("ordinal", "place", "path"),
    [
        (1, (3, 1), "/a"),
        (2, (3, 5), "/a/p:b[1]"),
        (3, (4, 3), "/a/c[1]"),
        (4, (4, 7), "/a/p:b[2]"),
        (5, (4, 30), "/a/p:b[2]/p:b[1]"),
        (6, (5, 2), f"/a/{'d' * 40}...[1]"),
    ],
)
def test_an_element_is_found_by_the_number_of_its_start_tag(ordinal: int, place: tuple[int, int], path: str) -> None:
    document = "<!DOCTYPE a\r\n>\r\n<a>é<p:b xmlns:p='u'/>\n😀\u0020<c/><p:b xmlns:p='u'>text😀 <p:b/></p:b>\n "
    source = BytesIO(document.encode() + b"<" + b"d" * 50 + b"/></a>")
    assert find_element(source, ordinal) == (place, path)


class SlowSource(Trickle):
    """Gives one byte at a time, and only once."""

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("document", "place", "detail"),
    [
        ("<!-- é --><!DOCTYPE a [<!ELEMENT a ANY>]>\n<a>é😀\n<b></c></a>", (3, 6), "This end tag does not match"),
        ("<?p?>\n<a>😀\ufffe", (2, 5), "No XML document can hold U\\+FFFE"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", (1, 14), "A DOCTYPE that declares"),
        ("<a>😀<b>", (1, 8), "The document ends before its root element"),
        ("", (1, 1), "The document ends before its root element"),
    ],
)
def test_faults_have_their_places_in_a_source_that_is_read_byte_by_byte(
    document: str, place: tuple[int, int], detail: str
) -> None:
    with pytest.raises(DocumentError, match=detail) as caught:
        XmlReader(SlowSource(document.encode())).read(lambda name, attributes: None, str, str)
    assert caught.value.place == place


@pytest.mark.parametrize("between", ["<!-- é😀 -->", "<?p é😀?>", "  \n", "<!-- é --><!DOCTYPE a [<!ELEMENT a ANY>]>"])
def test_a_prolog_may_be_longer_than_what_is_read_at_a_time(between: str) -> None:
    document = "<?p?>" * 1000 + between * (1 if "DOCTYPE" in between else 50_000) + "<!-- -->" * 10_000 + "<a>&b;</a>"
    error = refuse(document)
    line = document.count("\n") + 1
    assert error.place == (line, len(document.split("\n")[-1]) - len("&b;</a>") + 1)


def test_a_prolog_that_never_ends_is_unsafe() -> None:
    for beginning in ("<!-- ", "<?p ", "<!DOCTYPE a ["):
        error = refuse(beginning + " " * 2 * MAX_PROLOG, UnsafeDocument)
        assert "before the root element" in error.detail


# Well-formedness


@pytest.mark.parametrize(
    ("document", "position", "detail"),
    [
        ("", (1, 1), "The document ends before its root element does."),
        ("\n ", (2, 2), "The document ends before its root element does."),
        ("<a>\n<b>", (2, 4), "The document ends before <b> of line 2, column 1 does."),
        ("<a>\n<b>\n</a>", (3, 3), "This end tag does not match <b> of line 2, column 1."),
        ("<a/>\n<b/>", (2, 1), "Something stands after the root element."),
        ("<a/>x", (1, 5), "Something stands after the root element."),
        ("x<a/>", (1, 1), "An XML document begins with <."),
        ("'<\x14>", (1, 1), "An XML document begins with <."),
        ('\n {"foo": 7}', (2, 2), "An XML document begins with <."),
        ('<!-- a -->\n" <a b="c"/>', (2, 1), "Something stands before the root element."),
        ("<?a:b?>\nx", (1, 1), None),
        ("<a>\x01</a>", (1, 4), "No XML document can hold U+0001."),
        ("<a>\0</a>", (1, 4), "No XML document can hold U+0000."),
        ("<a>\ufffe</a>", (1, 4), "No XML document can hold U+FFFE."),
        ("<a>&#1;</a>", (1, 4), None),
        ("<a>&#xD800;</a>", (1, 4), None),
        ("<a>&#x110000;</a>", (1, 4), None),
        ("<a>]]></a>", (1, 6), None),
        ("<a>&b;</a>", (1, 4), "A reference to an entity that is not declared."),
        ('<a b="&c;"/>', (1, 1), "A reference to an entity that is not declared."),
        ('<a b="1" b="2"/>', (1, 10), "An attribute stands twice in one tag."),
        ("<a b=1/>", (1, 6), None),
        ('<a b="<"/>', (1, 7), None),
        ("<!-- a -- b --><a/>", (1, 10), None),
        ("<a><?xml version='1.0'?></a>", (1, 4), "The XML declaration must stand at the very beginning."),
        ("<a><![CDATA[</a>", (1, 17), None),
        ("<a b='", (1, 1), None),
        ("<1/>", (1, 2), None),
        ("<a><!DOCTYPE a></a>", (1, 6), None),
        (f"<!DOCTYPE a><!--{'x' * 2_000_000}-->\n<!DOCTYPE a>\n<a/>", (2, 12), "A DOCTYPE stands twice."),
        ("<!DOCTYPE a>\n<!DOCTYPE a><a/>", (2, 1), "A DOCTYPE stands twice."),
        ("<!DOCTYPE a", (1, 12), None),
        ("<!DOCTYPE a PUBLIC 'x'><a/>", (1, 23), None),
    ],
)
def test_what_is_not_well_formed_is_malformed_where_it_stands(
    document: str, position: tuple[int, int], detail: str | None
) -> None:
    error = refuse(document)
    assert error.place == position
    assert detail in (None, error.detail)


def test_the_first_fault_of_a_document_is_the_one_that_is_told() -> None:
    def refuse_all(name: str, attributes: list[str]) -> None:
        raise InexpressibleDocument("Not this one.")

    for document in (b"<a/>", b"<a><b></a>", b"<a>" * 1_000_000):
        with pytest.raises(InexpressibleDocument):
            XmlReader(BytesIO(document)).read(refuse_all, str, str)
    for document in (b"&<a/>", b"<a b='c' b='d'/>"):
        with pytest.raises(MalformedDocument):
            XmlReader(BytesIO(document)).read(refuse_all, str, str)


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
    assert error.place
    assert error.place.line == 3


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
        XmlReader(BytesIO(b"<a>" * 1_000_000)).read(stop, str, str)
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
    readings: list[Callable[[bytes], object]] = [read, lambda xml: read_root(XmlText(BytesIO(xml)))]
    places: list[tuple[int, int] | None] = []
    for reading in readings:
        try:
            reading(document)
        except DocumentError as error:
            places.append(error.place)
    assert all(place and min(place) >= 1 for place in places)


# The root


class Listener:
    """Callbacks that know their reader, as those of every mapping do."""

    def __init__(self, xml: bytes) -> None:
        self.reader = XmlReader(BytesIO(xml))
        self.reader.read(lambda name, attributes: self, lambda name: self, lambda text: self)


def test_a_reading_is_freed_without_the_garbage_collector() -> None:
    listener = weakref.ref(Listener(b"<a>x</a>"))
    assert listener() is None


def test_the_root_is_told_without_reading_on() -> None:
    source = BytesIO(b"<?p?><!DOCTYPE a><p:a xmlns:p='u' b='1' p:c='2'><junk")
    assert read_root(source) == ("u", "a", {"xmlns:p": "u", "b": "1", "p:c": "2"})
    assert read_root(BytesIO(b"<a/>")) == ("", "a", {})


def test_a_long_start_tag_of_the_root_is_read_in_ever_larger_blocks() -> None:
    """Older versions of expat read a tag that has not ended anew with each block."""
    sizes = []

    class Source(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            sizes.append(size)
            return super().read(size)

    _, name, attributes = read_root(Source(b"<a b='" + b"c" * 3_000_000 + b"'/>"))
    assert (name, len(attributes["b"])) == ("a", 3_000_000)
    assert sizes[:4] == [4096, 8192, 16384, 32768]
    assert max(size or 0 for size in sizes) == BLOCK


@pytest.mark.parametrize("xml", [b"", b"x<a/>", b"<p:a/>", b"<a b=1>", b"<!DOCTYPE a SYSTEM 'x'><a b='&c;'>"])
def test_what_is_malformed_up_to_the_root_has_no_root(xml: bytes) -> None:
    with pytest.raises(MalformedDocument):
        read_root(BytesIO(xml))


def test_an_entity_declaration_before_the_root_is_unsafe() -> None:
    with pytest.raises(UnsafeDocument):
        read_root(BytesIO(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"))
