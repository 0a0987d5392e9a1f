"""The two readers of ITEM documents: what the pattern takes it reads as expat does, which has the last word."""

import re
import tracemalloc
from collections.abc import Callable
from xml.etree.ElementTree import canonicalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.converter import item
from crosswalk.converter.item.elements import Open, read_elements
from crosswalk.converter.item.tags import read_tags
from crosswalk.converter.places import START
from crosswalk.converter.xml.chunks import Chunk
from crosswalk.errors import MalformedDocument
from tests.conversions import run
from tests.strategies import json_texts


def write(text: str, indent: int = 0) -> str:
    return run(item.json_to_xml, text, indent=indent)[0]


def read_by_pattern(xml: str) -> str | None:
    """The JSON of a whole document; None where the pattern does not take it."""
    json = read_tags(Chunk(xml.encode(), START, True, True), Open())
    return None if json is None else json.decode()


def read_by_expat(xml: str) -> str:
    return read_elements(Chunk(xml.encode(), START, True, True), Open()).decode()


MUTATIONS = [
    "", '"', "'", "<", ">", "/", "&", "\\", " ", "\n", "\r", "\t", "\0", "\x01", "\x7f", "\x85",
    "\ufffe", "\uffff", "é", "x", "0", "-", ".", "e",
    "&lt;", "&quot;", "&apos;", "&#10;", "&#x41;", "&#97;", "&&#97;mp;", "&am&#112;;", "&#0;", "&no;",
    "<!-- -->", "<!--", "-->", "--", "/>", "<?x?>", "<?xml version='1.0'?>", "<![CDATA[]]>",
    "='", "=''", "' type='", " value='", "'it's'", "=", '="/>', ' value="/>', ' key="></ITEM>',
    "<ITEM", "</ITEM>", "ITEM", '<ITEM type="null" />', '<ITEM key="k" type="null" />', ' key="k"', ' value="1"',
    ' type="list"', ' escaped="true"', ' xmlns="u"', "null", "true", "integer", "object", '" />', '">', " />",
]  # fmt: skip


@given(json_texts(8), st.integers(0, 1), st.data())
def test_the_pattern_reads_what_expat_reads_or_leaves_it_to_expat(text: str, indent: int, data: st.DataObject) -> None:
    xml = write(text, indent)
    for _ in range(data.draw(st.integers(0, 2))):
        start = data.draw(st.integers(0, len(xml)))
        end = data.draw(st.one_of(st.just(start), st.integers(start, min(len(xml), start + 9))))
        xml = xml[:start] + data.draw(st.sampled_from(MUTATIONS)) + xml[end:]
    xml = xml.replace("\r\n", "\n").replace("\r", "\n")
    for spelling in (
        xml,
        xml.replace('"', "'"),
        xml.replace(" />", "\n/>"),
        swap_key_and_type(xml),
        prefer_single_quotes(xml),
        refer_in_hexadecimal(xml),
        xml.replace("><", "> <!-- a -b -> c --><"),
    ):
        assert_readers_agree(spelling)


@given(
    st.lists(
        st.sampled_from(
            [
                *MUTATIONS,
                *[
                    '<ITEM type="list">',
                    '<ITEM type="object">',
                    '<ITEM type="integer" value="1" />',
                    '<ITEM key="k" type="string" value="v" />',
                ]
                * 4,
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_the_pattern_agrees_with_expat_on_any_sequence_of_tags(xml: str) -> None:
    assert_readers_agree(xml.replace("\r", ""))
    assert_readers_agree(f'<ITEM type="list">{xml}</ITEM>'.replace("\r", ""))


def prefer_single_quotes(xml: str) -> str:
    """Values in single quotes, unless one holds an apostrophe itself; those with `&quot;` then hold the quote."""
    return re.sub(r'="([^"\']*)"', lambda match: f"='{match[1].replace('&quot;', chr(34))}'", xml)


def swap_key_and_type(xml: str) -> str:
    return re.sub(r'( key="[^"]*")( type="[^"]*")', r"\2\1", xml)


def refer_in_hexadecimal(xml: str) -> str:
    """White space in values as Canonical XML has it."""
    return xml.replace("&#09;", "&#x9;").replace("&#10;", "&#xA;").replace("&#13;", "&#xD;")


@pytest.mark.parametrize(
    "spell",
    [
        swap_key_and_type,
        prefer_single_quotes,
        canonicalize,
        lambda xml: xml.replace("d&gt;", "d>"),
        lambda xml: xml.replace('"', "'"),
        lambda xml: xml.replace(" />", "/>"),
        lambda xml: xml.replace(" />", "\n/>"),
        lambda xml: xml.replace(" />", "></ITEM>"),
        lambda xml: xml.replace("><", ">\n\t <"),
        lambda xml: xml.replace("><", "><!-- <a> - b -->  <"),
        lambda xml: f"<?xml version='1.0'?>\n<!-- c -->{xml}\n<!-- d -->",
        lambda xml: xml.replace('"e" type="string"', '"e" type="string" value=""'),
        lambda xml: xml.replace("&quot;", "&#34;").replace("&gt;", "&#x3E;").replace("&amp;", "&#38;"),
    ],
)
def test_the_pattern_takes_what_other_writers_write(spell: Callable[[str], str]) -> None:
    xml = write(r'{"a": [{"b": 1, "c": "d>"}], "e": "", "f": "\"", "g": "&", "h": "YQ=="}')
    assert read_by_pattern(spell(xml)) == read_by_pattern(xml) is not None


def test_the_pattern_takes_the_canonical_form_of_what_is_escaped() -> None:
    xml = write(r'{"a\u0000\n": "b\n\t\r\u0000\\", "c": "\n"}')
    assert read_by_pattern(canonicalize(xml)) == read_by_pattern(xml) is not None


@pytest.mark.parametrize("between", ["", "x", "xxxxxxxxxx" * 5])
@pytest.mark.parametrize("reference", ["&apos;", "&#9;", "&#xA;", "&#92;", "&#x1F600;"])
def test_references_are_replaced_alike_however_many_there_are(between: str, reference: str) -> None:
    xml = list_references(between).replace("&gt;", reference, 2)
    assert read_by_pattern(xml) == read_by_expat(xml)


@pytest.mark.parametrize("between", ["", "x", "xxxxxxxxxx" * 5])
@pytest.mark.parametrize("reference", ["&no;", "&;", "& ", "&amp", "&&amp;", "&#0;", "&#xD800;", "&#x110000;"])
def test_what_refers_to_no_character_is_left_to_expat(between: str, reference: str) -> None:
    assert read_by_pattern(list_references(between).replace("&lt;", reference, 1)) is None


def list_references(between: str) -> str:
    references = ["&amp;", "&lt;", "&amp;lt;", "&gt;", "&quot;", "&amp;amp;quot;", "&#09;", "&#10;", "&#13;"]
    return f'<ITEM type="list"><ITEM type="string" value="{between.join(references * 30)}" /></ITEM>'


def assert_readers_agree(xml: str) -> None:
    json = read_by_pattern(xml)
    if json is not None:
        assert json == read_by_expat(xml)


@given(json_texts())
def test_the_pattern_takes_our_own_form(text: str) -> None:
    assert read_by_pattern(write(text)) == read_by_expat(write(text))


@pytest.mark.parametrize(
    "value",
    [
        "&#112;&am&#112;;",
        "&#97;" * 4 + "&&#97;mp;",
        "&#113;" * 4 + "&&#113;uot;",
        "&#49;" * 4 + "&#x4&#49;;",
        "&#&#35;65;",
    ],
)
def test_a_reference_within_another_completes_none(value: str) -> None:
    xml = f'<ITEM type="list"><ITEM type="string" value="&lt;" /><ITEM type="string" value="{value}" /></ITEM>'
    assert read_by_pattern(xml) is None
    with pytest.raises(MalformedDocument):
        read_by_expat(xml)


def test_memory_does_not_grow_with_the_references_that_have_been_read() -> None:
    documents = [
        '<ITEM type="string" value="{}" />'.format("".join(f"&#{spelling.format(n)};" for n in range(30_000)))
        for spelling in ("1{:05}", "x1{:04x}", "x2{:04x}", "x01{:04x}")
    ]
    tracemalloc.start()
    try:
        for document in documents:
            assert read_by_pattern(document)
        assert tracemalloc.get_traced_memory()[0] < 2_000_000
    finally:
        tracemalloc.stop()
