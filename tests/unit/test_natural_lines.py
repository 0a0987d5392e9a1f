"""The mapping `natural` with `lines`: records of XML as JSON Lines, and back."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.converter import jsonml, natural, xml_to_json
from crosswalk.converter.natural.lines import MAX_RECORD
from crosswalk.converter.xml import reader
from crosswalk.errors import (
    DocumentError,
    InexpressibleDocument,
    InvalidParameter,
    MalformedDocument,
    UnsafeDocument,
)
from tests.conversions import Converted, run
from tests.unit.test_natural_properties import elements


def read(xml: str, **options: Any) -> Converted:
    return run(natural.xml_to_json, xml, lines=True, **options)


def write(text: str, **options: Any) -> Converted:
    return run(natural.json_to_xml, text, lines=True, **options)


def refuse(text: str, error: type[DocumentError] = InexpressibleDocument) -> DocumentError:
    with pytest.raises(error) as caught:
        write(text)
    return caught.value


class Rows:
    """A document of many rows, each made when it is asked for; nothing can be read twice."""

    def __init__(self, rows: Iterator[bytes]) -> None:
        self.rows = rows

    def read(self, size: int = -1, /) -> bytes:
        return next(self.rows, b"")

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise AssertionError


# XML to JSON


@pytest.mark.parametrize(
    ("xml", "lines", "losses"),
    [
        ("<root><a>1</a><b/><a>2</a></root>", '{"a":"1"}\n{"b":null}\n{"a":"2"}\n', ()),
        ("<root></root>", "", ()),
        ("<root/>", "", ()),
        ("<rows><a/></rows>", '{"a":null}\n', ("root",)),
        ('<root b="1"><a/></root>', '{"a":null}\n', ("root",)),
        ('<root xmlns="u"><a/></root>', '{"a":null}\n', ("root",)),
        ("<root>text<a/></root>", '{"a":null}\n', ("root",)),
        ("<root>\n <a> x </a>\n</root>", '{"a":"x"}\n', ("whitespace",)),
        ("<root><!-- c --><a/><?p?></root>", '{"a":null}\n', ("comments", "processing-instructions")),
        ("<root><a>x<b/></a><a/></root>", '{"a":{"b":null,"#text":"x"}}\n{"a":null}\n', ("order",)),
    ],
)
def test_each_child_of_the_root_is_a_line_and_what_is_dropped_is_named(
    xml: str, lines: str, losses: tuple[str, ...]
) -> None:
    assert read(xml) == (lines, losses)


RSS = "<rss><channel><title>t</title><item><item>1</item></item><x><item>2</item></x></channel></rss>"


@pytest.mark.parametrize(
    ("record", "lines"),
    [
        ("item", '{"item":{"item":"1"}}\n{"item":"2"}\n'),
        ("channel", json.dumps(json.loads(xml_to_json(RSS.encode()))["rss"], separators=(",", ":")) + "\n"),
        ("rss", xml_to_json(RSS.encode()).decode() + "\n"),
        ("none", ""),
    ],
)
def test_records_are_the_outermost_elements_of_the_name_that_is_given(record: str, lines: str) -> None:
    assert read(RSS, record=record) == (lines, ("root",))


def test_expanded_names_of_records_know_the_declarations_around_them() -> None:
    xml = '<root xmlns="u" xmlns:p="v"><a p:b="1"/><x xmlns=""><p:a/></x></root>'
    lines, losses = read(xml, namespaces="expanded")
    assert lines == '{"u:a":{"@v:b":"1"}}\n{"x":{"@xmlns":{"":null},"v:a":null}}\n'
    assert losses == ("root", "prefixes")
    assert read(xml, namespaces="expanded", record="v:a")[0] == '{"v:a":null}\n'


def test_a_refused_record_has_its_path_from_the_root() -> None:
    with pytest.raises(InexpressibleDocument) as caught:
        read('<a><b/><b>\n<c xmlns="@u"/></b></a>', namespaces="expanded")
    assert (caught.value.place, caught.value.path) == ((2, 1), "/a/b[2]/c[1]")


def test_options_hold_for_each_record() -> None:
    assert read('<root><a b="1">2</a><c> x </c></root>', types="infer", text_key="$", strip_whitespace=False) == (
        '{"a":{"@b":1,"$":2}}\n{"c":" x "}\n',
        (),
    )
    assert read("<root><a><b/></a></root>", force_list=["a"])[0] == '{"a":[{"b":null}]}\n'


@given(st.lists(elements(3), max_size=4))
def test_a_line_is_what_its_record_is_as_a_document(records: list[str]) -> None:
    lines, _ = read("<root xmlns:p='u'>" + "".join(records) + "</root>")
    alone = [run(natural.xml_to_json, f"<root xmlns:p='u'>{record}</root>")[0] for record in records]
    assert [{"root": {"@xmlns:p": "u", **json.loads(line)}} for line in lines.split("\n")[:-1]] == [
        json.loads(text) for text in alone
    ]


def test_many_records_are_written_together_and_each_as_a_document() -> None:
    texts = [
        "<a/>",
        "<a>],\n[</a>",
        "<a>x<b/>\n<b>}],\n[{</b></a>",
        '<a b="],&#10;[">\n</a>',
        "<a><c>[</c><c>]</c></a>",
    ]
    records = [texts[number % 5] for number in range(1000)]
    options: dict[str, Any] = {"force_list": ["c"]}
    lines, _ = read(f"<root>{''.join(records)}</root>", **options)
    assert lines.splitlines() == [xml_to_json(record.encode(), "natural", **options).decode() for record in records]


def test_depth_counts_from_the_root() -> None:
    assert read("<a>" * 512 + "</a>" * 512)[0].count("{") == 511
    with pytest.raises(UnsafeDocument) as caught:
        read("<a>" * 513 + "</a>" * 513)
    assert caught.value.place == (1, 3 * 512 + 1)


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"lines": True, "indent": 2}, "indent"),
        ({"record": "a"}, "record"),
        ({"lines": True, "record": "a b"}, "record"),
        ({"lines": True, "record": "u:v:a"}, "record"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, Any], parameter: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        run(natural.xml_to_json, "<a/>", **options)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize("xml", ['<ITEM type="list"/>', '<map xmlns="http://www.w3.org/2005/xpath-functions"/>'])
def test_auto_takes_no_lines_of_another_mapping(xml: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        xml_to_json(xml.encode(), lines=True)
    assert caught.value.parameter == "lines"


# JSON to XML


@pytest.mark.parametrize(
    ("lines", "xml", "losses"),
    [
        ('{"a":"1"}\n{"b":null}\n', "<root><a>1</a><b></b></root>", ()),
        ('\ufeff{"a":"1"}\r\n \t\r\n\n{"a":"2"}', "<root><a>1</a><a>2</a></root>", ()),
        ('\ufeff\n "a" \r\n"b"', "<root><item>a</item><item>b</item></root>", ("root",)),
        ("", "<root></root>", ()),
        ("\n\n", "<root></root>", ()),
        ('[1]\n{"a":"x","b":"y"}', "<root><item><item>1</item></item><item><a>x</a><b>y</b></item></root>",
         ("types", "root", "lists")),
        ('{"p:a":{"@xmlns:p":"u"}}', '<root><p:a xmlns:p="u"></p:a></root>', ()),
    ],
)  # fmt: skip
def test_each_line_becomes_a_child_of_the_root(lines: str, xml: str, losses: tuple[str, ...]) -> None:
    assert write(lines) == (xml, losses)


def test_the_root_and_wrapped_lines_can_be_named() -> None:
    assert write("1", root="rows", item="row") == ("<rows><row>1</row></rows>", ("types", "root"))


def test_indentation_gives_each_record_its_lines() -> None:
    assert write('{"a":{"b":"x"}}\n{"c":null}', indent=1)[0] == "<root>\n <a>\n  <b>x</b>\n </a>\n <c></c>\n</root>"
    assert write("", indent=1)[0] == "<root></root>"


def test_a_bad_line_is_told_by_its_number() -> None:
    assert refuse('{"a":1}\n\n{"a":}\n', MalformedDocument).place == (3, 6)
    assert refuse('{"a":1}\r\n{"a":1\r\n}', MalformedDocument).place == (2, 7)
    assert refuse('{"a":1}\n' * 30_000 + "é x", MalformedDocument).place == (30_001, 1)
    with pytest.raises(MalformedDocument) as caught:
        run(natural.json_to_xml, '{"a":"é"}\n"é'.encode() + b'\xff"', lines=True)
    assert caught.value.place == (2, 3)


@pytest.mark.parametrize(
    ("lines", "place"),
    [("[1\n2]", (1, 3)), ("1],[2\n3", (1, 2)), ("1 2\n3", (1, 3)), ("1\nNaN", (2, 1)), ("1\r\r2\n[", (3, 1))],
)
def test_each_line_is_one_value(lines: str, place: tuple[int, int]) -> None:
    assert refuse(lines, MalformedDocument).place == place


def test_each_line_has_a_depth_of_its_own() -> None:
    assert refuse("1\n" + "[" * 600 + "]" * 600, UnsafeDocument).place == (2, 513)
    assert write(("[" * 255 + "]" * 255 + "\n") * 3)[0].count("<item>") == 3 * 255


def test_a_refused_line_is_told_by_its_number_and_a_pointer_within_it() -> None:
    error = refuse('{"a":1}\n{"a":{"b c":1}}')
    assert (error.place, error.pointer) == ((2, 1), "/a/b c")


def test_a_prefix_must_be_declared_within_its_line() -> None:
    error = refuse('{"a":{"@xmlns:p":"u","p:b":null}}\n{"c":{"p:b":null}}')
    assert (error.place, error.pointer) == ((2, 1), "/c/p:b")


def test_the_depth_of_what_is_written_counts_from_the_root() -> None:
    assert write('{"a":' * 511 + "1" + "}" * 511)[0].count("<a>") == 511
    assert refuse('{"a":' * 512 + "1" + "}" * 512, UnsafeDocument).pointer == "/a" * 511


@given(st.lists(elements(4, marked_up=False), max_size=4))
def test_lines_come_back_as_they_were(records: list[str]) -> None:
    lines, losses = read("<root>" + "".join(records) + "</root>", strip_whitespace=False)
    back, _ = write(lines)
    assert read(back, strip_whitespace=False)[0] == lines
    assert losses in ((), ("order",))


# Streams


@pytest.fixture(autouse=True)
def wears_out_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "RENEW_AFTER", 20_000)


def feed(count: int, row: str, ending: str) -> Iterator[bytes]:
    yield b"<!-- \xc3\xa9 --><!DOCTYPE feed [<!ELEMENT feed ANY>]>\n<feed xmlns:p='u'>\n"
    for start in range(0, count, 100):
        yield "".join(row.format(number) for number in range(start, start + 100)).encode()
    yield ending.encode()


def test_a_parser_that_is_fed_for_long_is_renewed_between_records() -> None:
    count = 3_000
    written: list[bytes] = []
    rows = feed(count, "<!-- é --><p:r{0} p:a{0}='é{0}'>\n<b/></p:r{0}>\n", "</feed>")
    losses = natural.xml_to_json(Rows(rows), written.append, lines=True)
    assert losses == ("root", "whitespace", "comments")
    assert b"".join(written).decode().splitlines() == [
        f'{{"p:r{number}":{{"@p:a{number}":"é{number}","b":null}}}}' for number in range(count)
    ]


@pytest.mark.parametrize(
    ("fault", "column"), [("é<r></s></r>", 7), ("é\ufffe", 2), ("é<q:r/>", 2), ("</feed>é", 9), ("<r>&no;</r>", 4)]
)
def test_places_are_those_in_the_whole_stream(fault: str, column: int) -> None:
    rows = feed(5_000, "<r>é{0}</r>\n<é/>", f"\n{fault}</feed>")
    with pytest.raises(MalformedDocument) as caught:
        natural.xml_to_json(Rows(rows), lambda line: None, lines=True)
    assert caught.value.place == (5_004, column)


@pytest.mark.parametrize("fault", ["<r></s></r>", "\ufffe", "<q:r/>", "</feed>é", "<r>&no;</r>"])
def test_jsonml_has_its_places_in_the_whole_stream_too(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document = b"".join(feed(5_000, "<r><é{0}>é{0}</é{0}>\n<é/></r>", f"\n{fault}</feed>"))
    rows = Rows(iter([document[start : start + 5_000] for start in range(0, len(document), 5_000)]))
    places = []
    for source, renew_after in ((rows, 20_000), (BytesIO(document), len(document))):
        monkeypatch.setattr(reader, "RENEW_AFTER", renew_after)
        with pytest.raises(DocumentError) as caught:
            jsonml.xml_to_json(source, lambda json: None)
        places.append(caught.value.place)
    assert places[0] == places[1]


def test_a_record_without_an_end_is_refused() -> None:
    rows = iter([b"<feed><r>", *[b"x" * 2**20] * (MAX_RECORD // 2**20 + 1)])
    with pytest.raises(UnsafeDocument):
        natural.xml_to_json(Rows(rows), lambda line: None, lines=True)


def test_records_may_stand_far_behind_what_is_none() -> None:
    node = b"<node>" + b" " * 2**20 + b"</node>"  # as in a map, where all nodes stand before the ways
    rows = iter([b"<map>", *[node] * (MAX_RECORD // 2**20 + 1), b"<way/></map>"])
    written: list[bytes] = []
    natural.xml_to_json(Rows(rows), written.append, lines=True, record="way")
    assert b"".join(written) == b'{"way":null}\n'


@pytest.mark.parametrize("opening", [b"<!-- ", b"<?p ", b"<r a='"])
def test_markup_without_an_end_is_refused(opening: bytes) -> None:
    rows = iter([b"<feed>" + opening, *[b"x" * 2**20] * (MAX_RECORD // 2**20 + 1)])
    with pytest.raises(UnsafeDocument):
        natural.xml_to_json(Rows(rows), lambda line: None, lines=True)


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(UnsafeDocument):
        natural.json_to_xml(BytesIO(b'"' + b"x" * (MAX_RECORD + 2)), lambda xml: None, lines=True)
