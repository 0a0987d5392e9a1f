"""Names: what is one, which namespace its prefix stands for, and what Namespaces in XML 1.0 forbids."""

from contextlib import suppress
from io import BytesIO
from typing import Any
from xml.parsers import expat

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosswalk.converter import json_to_xml, xml_to_json
from crosswalk.converter.xml.names import (
    MAX_KEPT_NAMES,
    XML_NAMESPACE,
    XMLNS_NAMESPACE,
    NamespaceFault,
    Scope,
    is_name,
    is_ncname,
    is_qname,
    shorten,
)
from crosswalk.converter.xml.paths import MAX_COUNTED, ElementPath
from crosswalk.converter.xml.reader import XmlReader
from crosswalk.errors import InexpressibleDocument, MalformedDocument


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


def test_no_character_beyond_the_basic_plane_is_in_a_name_to_expat() -> None:
    for start in range(0x10000, 0x110000, 0x100):
        for name in (chr(start), f"a{chr(start)}", f"a{chr(start + 0xFF)}"):
            with pytest.raises(expat.ExpatError):
                expat.ParserCreate().Parse(f"<{name}/>", True)


@given(st.text(max_size=3))
def test_a_name_is_what_expat_reads_as_one(name: str) -> None:
    read: list[str] = []
    parser = expat.ParserCreate("utf-8", "\x01")
    parser.StartElementHandler = lambda name, attributes: read.append(name)
    with suppress(expat.ExpatError):
        parser.Parse(f"<{name}/>".encode("utf-8", "surrogatepass"), True)
    assert is_ncname(name) is (read == [name])


# The scope


def test_a_declaration_holds_until_an_element_at_its_depth_or_above() -> None:
    scope = Scope()
    scope.enter(0, "a", ["xmlns", "u", "xmlns:p", "v"])
    scope.enter(1, "p:b", ["xmlns", "", "xmlns:p", "w"])
    assert (scope.resolve("c"), scope.resolve("p:c")) == (("", "c"), ("w", "c"))
    scope.enter(2, "c", [])
    assert scope.resolve("p:c") == ("w", "c")
    scope.enter(1, "d", [])
    assert (scope.resolve("d"), scope.resolve("p:c")) == (("u", "d"), ("v", "c"))
    scope.enter(0, "e", [])
    assert (scope.resolve("e"), scope.resolve("xml:e")) == (("", "e"), (XML_NAMESPACE, "e"))
    with pytest.raises(NamespaceFault):
        scope.resolve("p:e")


@pytest.mark.parametrize(
    ("name", "attributes", "faulty"),
    [
        ("p:a", {}, None),
        ("xmlns:a", {}, None),
        ("a:b:c", {"xmlns:a": "u"}, None),
        (":a", {}, None),
        ("a:", {"xmlns:a": "u"}, None),
        ("p:1", {"xmlns:p": "u"}, None),
        ("a", {"b": "", "p:b": ""}, "p:b"),
        ("a", {"xmlns:p": ""}, "xmlns:p"),
        ("a", {"xmlns:": "u"}, "xmlns:"),
        ("a", {"xmlns:p:q": "u"}, "xmlns:p:q"),
        ("a", {"xmlns:xml": "u"}, "xmlns:xml"),
        ("a", {"xmlns:xmlns": XMLNS_NAMESPACE}, "xmlns:xmlns"),
        ("a", {"xmlns:p": XML_NAMESPACE}, "xmlns:p"),
        ("a", {"xmlns": XML_NAMESPACE}, "xmlns"),
        ("a", {"xmlns": XMLNS_NAMESPACE}, "xmlns"),
        ("a", {"xmlns:p": "u", "xmlns:q": "u", "p:b": "", "q:b": ""}, "q:b"),
    ],
)
def test_a_fault_tells_the_attribute_or_none_for_the_element(
    name: str, attributes: dict[str, str], faulty: str | None
) -> None:
    with pytest.raises(NamespaceFault) as caught:
        Scope().enter(0, name, [part for pair in attributes.items() for part in pair])
    assert caught.value.attribute == faulty


def test_more_names_than_are_kept_are_checked_all_the_same() -> None:
    scope = Scope()
    scope.enter(0, "a", ["xmlns:p", "u"])
    for number in range(2 * MAX_KEPT_NAMES):
        assert scope.resolve(f"p:a{number}") == ("u", f"a{number}")


NAMES = st.sampled_from(["a", "p:a", "q:a", "p:b", "xml:a", "xmlns:a", "p:", ":a", "p:a:b", "p:1", "é:愛", "xmlns2:a"])
ATTRIBUTES = NAMES | st.sampled_from(
    ["xmlns", "xmlns:p", "xmlns:q", "xmlns:xml", "xmlns:xmlns", "xmlns:", "xmlns:p:q", "xmlns:1", "xmlns2", "xmlns:é"]
)
VALUES = st.sampled_from(["", "u", "v", "u v", XML_NAMESPACE, XMLNS_NAMESPACE, XML_NAMESPACE + "/"])


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(NAMES if draw(st.booleans()) else st.just("a"))
    attributes = draw(st.dictionaries(ATTRIBUTES, VALUES, max_size=4)) if draw(st.booleans()) else {}
    if depth == 3 and draw(st.booleans()):
        attributes = {"xmlns:p": "u", "xmlns:q": "v", "xmlns:é": "w", **attributes}
    start = "".join(f' {key}="{value}"' for key, value in attributes.items())
    children = draw(st.lists(elements(depth - 1), max_size=3)) if depth else []
    line = draw(st.sampled_from(["", "\n", "<?p?>", "<?p:q?>"])) if draw(st.booleans()) else ""
    return f"{line}<{name}{start}>{''.join(children)}</{name}>"


def judge_with_expat(document: bytes) -> int | None:
    """The line of the first name that expat refuses, its own namespaces on."""
    parser = expat.ParserCreate("utf-8", "\x01")
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        return error.lineno
    return None


def judge(document: bytes) -> int | None:
    reader = XmlReader(BytesIO(document))
    names: list[str] = []

    def start(name: str, attributes: list[str]) -> None:
        names.append(name)
        if ":" in name or attributes or len(names) <= reader.scope.depth:
            reader.check_names(len(names), name, attributes)

    try:
        reader.read(start, lambda name: names.pop(), str)
    except MalformedDocument as error:
        return error.place.line if error.place else 0
    return None


@given(elements())
@example("<a><b xmlns:p='u'/><c><p:d/></c></a>")
@example("<a xmlns:p='u'><b xmlns:p='v' xmlns:q='v'/><c xmlns:q='u' p:a='' q:a=''/></a>")
def test_names_are_refused_where_expat_would_refuse_them(document: str) -> None:
    assert judge(document.encode()) == judge_with_expat(document.encode())


@pytest.mark.parametrize("mapping", ["natural", "jsonml"])
@pytest.mark.parametrize("attribute", ["", " a=''"])
def test_a_declaration_does_not_reach_the_children_of_the_next_element(mapping: str, attribute: str) -> None:
    every: list[dict[str, Any]] = [{}, {"namespaces": "expanded"}] if mapping == "natural" else [{}]
    for options in every:
        with pytest.raises(MalformedDocument):
            xml_to_json(f"<a><b xmlns:p='u'/><c{attribute}><p:d/></c></a>".encode(), mapping, **options)


@pytest.mark.parametrize(
    ("mapping", "document"),
    [
        ("natural", '{"a":{"b":{"@xmlns:p":"u"},"c":{"p:d":null}}}'),
        ("natural", '{"a":{"b":{"@xmlns:p":"u","x":null},"c":[{"d":{"p:d":null}}]}}'),
        ("jsonml", '["a",["b",{"xmlns:p":"u"}],["c",["p:d"]]]'),
    ],
)
def test_nor_does_it_when_xml_is_written(mapping: str, document: str) -> None:
    with pytest.raises(InexpressibleDocument):
        json_to_xml(document.encode(), mapping)


# Telling names to people


def test_a_path_counts_elements_among_their_namesakes() -> None:
    path = ElementPath()
    path.enter("feed")
    for name in ("entry", "title", "entry"):
        path.enter(name)
        path.leave()
    path.enter("entry")
    path.enter("title")
    assert str(path) == "/feed/entry[3]/title[1]"


def test_a_path_counts_no_more_names_than_there_is_room_for() -> None:
    path = ElementPath()
    path.enter("a")
    for number in range(MAX_COUNTED + 10):
        path.enter(f"b{number}")
        assert str(path) == f"/a/b{number}" + ("[1]" if number < MAX_COUNTED - 1 else "")
        path.leave()
    path.enter("b0")
    assert str(path) == "/a/b0[2]"


def test_a_path_shortens_names_and_ends_where_a_pointer_would() -> None:
    path = ElementPath()
    path.enter("a" * 50)
    assert str(path) == "/" + shorten("a" * 50) == f"/{'a' * 40}..."
    for _ in range(500):
        path.enter("b" * 50)
    assert 1900 < len(str(path)) < 2048
    assert str(path).endswith("...[1]")
