"""Documents of any size: what `convert_stream` does that the front for whole documents does not."""

import gzip
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from crosswalk.converter import Summary, convert_stream, json_to_xml, xml_to_json
from crosswalk.converter.xml import reader
from crosswalk.converter.xml.parser import create_parser
from crosswalk.errors import (
    DocumentTooLarge,
    InexpressibleDocument,
    InvalidParameter,
    MalformedDocument,
)

JSON = b'[{"a":1.0,"b":["x",null]},{}]'


class Pipe:
    """A source that can be read once, a few bytes at a time."""

    def __init__(self, content: bytes) -> None:
        self._content = BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._content.read(3 if size < 0 or size > 3 else size)


class Parts:
    """A source of which no more is in memory than is asked for, and a target that forgets what is written."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        self._rest = self._rest or next(self._parts, b"")
        read, self._rest = self._rest[:size], self._rest[size:]
        return read

    def write(self, content: bytes) -> int:
        return len(content)


def convert(document: bytes, to: str, **options: Any) -> tuple[bytes, Summary]:
    target = BytesIO()
    summary = convert_stream(Pipe(document), target, to, **options)  # type: ignore[arg-type]  # it can be read
    return target.getvalue(), summary


@pytest.mark.parametrize("mapping", ["item", "natural", "xpath", "jsonml"])
def test_a_stream_becomes_what_the_whole_document_becomes(mapping: str) -> None:
    json = b'["a",{"b":"c"},"d",["e"]]' if mapping == "jsonml" else JSON
    xml, summary = convert(json, "xml", mapping=mapping)
    assert xml == json_to_xml(json, mapping)
    assert (summary.bytes_in, summary.bytes_out, summary.mapping) == (len(json), len(xml), mapping)
    assert convert(xml, "json", mapping=mapping)[0] == xml_to_json(xml, mapping)


@pytest.mark.parametrize(("mapping", "name"), [("item", "item"), ("xpath", "xpath"), ("natural", "natural")])
def test_the_mapping_of_a_stream_is_told_by_its_root(mapping: str, name: str) -> None:
    xml = json_to_xml(JSON, mapping)
    json, summary = convert(xml, "json")
    assert (json, summary.mapping) == (xml_to_json(xml), name)


def test_losses_are_named() -> None:
    assert convert(b"[1]", "xml", mapping="natural")[1].losses == ("types", "root", "lists")


def test_a_source_can_end_a_reading_while_little_gzip_becomes_much() -> None:
    class Impatient(Pipe):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            if size == 0:
                self.asked += 1
            return super().read(size)

    source = Impatient(gzip.compress(b"0\n" * 4_000_000))
    convert_stream(source, BytesIO(), "xml", mapping="natural", lines=True)  # type: ignore[arg-type]  # it can be read
    assert source.asked >= 8


def test_a_refusal_of_a_stream_tells_the_place_if_not_the_path() -> None:
    options = {"mapping": "natural", "lines": True, "namespaces": "expanded"}
    with pytest.raises(InexpressibleDocument) as refusal:
        convert(b'<a>\n <b/><p:c xmlns:p="@v"/></a>', "json", **options)
    assert (refusal.value.place, refusal.value.path) == ((2, 6), None)


def test_gzip_is_unpacked_whatever_its_name() -> None:
    xml, summary = convert(gzip.compress(JSON[:10]) + gzip.compress(JSON[10:]), "xml")
    assert xml == json_to_xml(JSON)
    assert summary.bytes_in == len(JSON)


@pytest.mark.parametrize("damage", [slice(0, -9), slice(0, 14)])
def test_damaged_gzip_is_malformed(damage: slice) -> None:
    with pytest.raises(MalformedDocument, match="unpacked"):
        convert(gzip.compress(JSON)[damage], "xml")


def test_a_mapping_that_needs_the_whole_document_takes_as_much_as_it_may() -> None:
    assert convert(JSON, "xml", mapping="xpath", whole_limit=len(JSON))[0] == json_to_xml(JSON, "xpath")
    with pytest.raises(DocumentTooLarge, match="the mapping item"):
        convert(JSON, "xml", mapping="xpath", whole_limit=len(JSON) - 1)


def test_a_mapping_that_streams_has_no_such_limit() -> None:
    assert convert(JSON, "xml", whole_limit=1)[0] == json_to_xml(JSON)
    assert convert(b"<p>a</p>", "json", mapping="jsonml", whole_limit=1)[0] == b'["p","a"]'


def test_json_from_a_stream_is_not_indented() -> None:
    with pytest.raises(InvalidParameter) as caught:
        convert(json_to_xml(JSON), "json", indent=2)
    assert caught.value.parameter == "indent"
    assert convert(JSON, "xml", indent=2)[0] == json_to_xml(JSON, indent=2)


@pytest.mark.parametrize(("options", "parameter"), [({"to": "yaml"}, "to"), ({"to": "xml", "size": 9}, "size")])
def test_what_does_not_apply_is_named(options: dict[str, Any], parameter: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        convert(JSON, **options)
    assert caught.value.parameter == parameter


def test_a_fault_has_its_place_in_the_whole_stream() -> None:
    records = ",\n".join(['{"a": 1}'] * 50_000)
    with pytest.raises(MalformedDocument) as malformed:
        convert(f"[{records},\n  nul]".encode(), "xml")
    assert malformed.value.place == (50_001, 3)
    items = "\n".join(['<ITEM type="null" />'] * 50_000)
    with pytest.raises(InexpressibleDocument) as inexpressible:
        convert(f'<ITEM type="list">\n{items}\n <ITEM type="no" /></ITEM>'.encode(), "json")
    assert inexpressible.value.place == (50_002, 2)
    assert inexpressible.value.path == "/ITEM/ITEM[50001]"


def test_indentation_out_of_all_proportion_is_refused_as_it_is_written() -> None:
    deep = b"[" * 500 + b",".join([b"1"] * 40_000) + b"]" * 500
    with pytest.raises(DocumentTooLarge):
        convert(deep, "xml", indent=8)
    assert len(convert(deep, "xml")[0]) < 2_000_000


def test_a_stream_may_grow_beyond_what_a_whole_document_may() -> None:
    json = b"[" + b",".join([b"0"] * 2_200_000) + b"]"
    with pytest.raises(DocumentTooLarge, match="64 MiB"):
        json_to_xml(json)
    assert convert(json, "xml")[1].bytes_out > 64 * 1024 * 1024


LINES: dict[str, Any] = {"mapping": "natural", "lines": True}
EXPANDED: dict[str, Any] = {**LINES, "namespaces": "expanded"}
LONG = "x" * 500_000


@pytest.mark.parametrize(
    ("to", "options", "before", "part", "after"),
    [
        ("xml", {}, "[", f'"{LONG}",', "0]"),
        ("json", {}, '<ITEM type="list">', f'<ITEM type="string" value="{LONG}" />', "</ITEM>"),
        ("xml", LINES, "", f'{{"a":"{LONG}"}}\n', ""),
        ("xml", LINES, "", f'{{"a":{{"@xmlns:p":"u","@p:{LONG}{{n}}":""}}}}\n', ""),
        ("json", LINES, "<r>", f"<a>{LONG}</a>", "</r>"),
        ("json", LINES, '<r xmlns:p="u">', f'<a p:{LONG}{{n}}=""/>', "</r>"),
        ("json", EXPANDED, '<r xmlns="u">', f"<{LONG}{{n}}/>", "</r>"),
        ("json", EXPANDED, '<r xmlns:p="u">', f'<a p:{LONG}{{n}}=""/>', "</r>"),
        ("json", {"mapping": "jsonml"}, "<r>", f"<a>{LONG}</a>", "</r>"),
        ("json", {"mapping": "jsonml"}, "<r>", f'<a b="{LONG}"/>', "</r>"),
    ],
)
def test_many_long_values_or_names_take_no_more_memory_than_a_few(
    to: str, options: dict[str, Any], before: str, part: str, after: str
) -> None:
    def make() -> Iterator[bytes]:
        yield before.encode()
        for number in range(60):
            yield part.replace("{n}", str(number)).encode()
        yield after.encode()

    tracemalloc.start()
    try:
        convert_stream(Parts(make()), Parts(make()), to, **options)  # type: ignore[arg-type]  # it can be read
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()


def test_long_names_that_stay_open_are_not_fed_to_one_parser_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    parsers = iter([create_parser(), create_parser()])
    monkeypatch.setattr(reader, "create_parser", lambda: next(parsers))
    name = "n" * 100_000
    document = f"<{name}>" * 50 + "<a>x</a>" * 1_000_000 + f"</{name}>" * 50
    summary = convert_stream(BytesIO(document.encode()), BytesIO(), "json", "jsonml")
    assert summary.bytes_in == len(document)


def test_names_around_records_are_not_written_out_with_their_namespace() -> None:
    names = "".join(f"<a{number}/>" for number in range(1000))
    source = BytesIO(f'<r xmlns="{"u" * 1_000_000}">{names}</r>'.encode())
    tracemalloc.start()
    try:
        assert convert_stream(source, BytesIO(), "json", record="b", **EXPANDED).bytes_out == 0
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()
