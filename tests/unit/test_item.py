"""The mapping `item`: every JSON text comes back, and what is not an ITEM document is refused in its place."""

import gc
import json
import time
import tracemalloc
from contextlib import suppress
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosswalk.converter import convert_xml_to_json, item, json_to_xml, xml_to_json
from crosswalk.converter.json_text import parse_json
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.xml.escaping import UNCARRIABLE
from crosswalk.errors import DocumentError, InexpressibleDocument, MalformedDocument, UnsafeDocument
from tests.conversions import run
from tests.strategies import as_compared, json_strings, json_texts

PAIRS = [
    ('{"foo":7}', '<ITEM type="object"><ITEM key="foo" type="integer" value="7" /></ITEM>'),
    (
        '[true,"",null]',
        '<ITEM type="list"><ITEM type="boolean" value="true" /><ITEM type="string" /><ITEM type="null" /></ITEM>',
    ),
    (
        r'{"a":"\u0000\\"}',
        r'<ITEM type="object"><ITEM key="a" type="string" value="\u0000\\" escaped="true" /></ITEM>',
    ),
    # every type as the root; 0 and false have values
    ("{}", '<ITEM type="object" />'),
    ("[]", '<ITEM type="list" />'),
    ('""', '<ITEM type="string" />'),
    ("null", '<ITEM type="null" />'),
    ("0", '<ITEM type="integer" value="0" />'),
    ("false", '<ITEM type="boolean" value="false" />'),
    # numbers, verbatim
    ("-0", '<ITEM type="integer" value="-0" />'),
    ("1.0", '<ITEM type="float" value="1.0" />'),
    ("1E400", '<ITEM type="float" value="1E400" />'),
    ("1e0", '<ITEM type="float" value="1e0" />'),
    (
        "1234567890123456789012345678901234567890",
        '<ITEM type="integer" value="1234567890123456789012345678901234567890" />',
    ),
    # keys: empty, twice, escaped
    (
        '{"":1,"":2}',
        '<ITEM type="object"><ITEM key="" type="integer" value="1" /><ITEM key="" type="integer" value="2" /></ITEM>',
    ),
    (
        r'{"\u0001<":[],"\u0001":{"\u0001":null},"\\\u0001":"\u0001>\"","\\":"\\"}',
        '<ITEM type="object">'
        r'<ITEM key="\u0001&lt;" type="list" escaped-key="true" />'
        r'<ITEM key="\u0001" type="object" escaped-key="true">'
        r'<ITEM key="\u0001" type="null" escaped-key="true" /></ITEM>'
        r'<ITEM key="\\\u0001" type="string" value="\u0001&gt;&quot;" escaped-key="true" escaped="true" />'
        r'<ITEM key="\" type="string" value="\" />'
        "</ITEM>",
    ),
    # what looks like an escape, or like markup, is neither
    (
        r'["\\u0000","\\\\"]',
        r'<ITEM type="list"><ITEM type="string" value="\u0000" /><ITEM type="string" value="\\" /></ITEM>',
    ),
    ('"&lt;&#10;]]>"', '<ITEM type="string" value="&amp;lt;&amp;#10;]]&gt;" />'),
    (r'"\"&<>\t\n\r'"'"r'/"', '<ITEM type="string" value="&quot;&amp;&lt;&gt;&#09;&#10;&#13;\'/" />'),
    ('"\x7f\x80\x85\xa0\u2028\ufdd0\ufffd😀"', '<ITEM type="string" value="\x7f\x80\x85\xa0\u2028\ufdd0\ufffd😀" />'),
]  # fmt: skip

READ_ALIKE = [
    (r'"\u0026lt;\u003C\u003e\u0022\u0009\/\u00e9"', '<ITEM type="string" value="&amp;lt;&lt;&gt;&quot;&#09;/é" />'),
    (r'"\\u0026\u0026\\\u0026"', r'<ITEM type="string" value="\u0026&amp;\&amp;" />'),
    (
        r'"\b\f\uFFFE\uffff\uD800x\udc00\ud83d\ude00"',
        r'<ITEM type="string" value="\u0008\u000c\ufffe\uffff\ud800x\udc00😀" escaped="true" />',
    ),
    (
        r'"\u0002\u0001\u000a\ud83d\ude00\ud83d\ud83d\ude00\u0009"',
        r'<ITEM type="string" value="\u0002\u0001&#10;😀\ud83d😀&#09;" escaped="true" />',
    ),
    (
        r'{"\u0002\b\u0002":"\\"}',
        r'<ITEM type="object"><ITEM key="\u0002\u0008\u0002" type="string" value="\" escaped-key="true" /></ITEM>',
    ),
    ('"\ufffe\\\\"', r'<ITEM type="string" value="\ufffe\\" escaped="true" />'),
]  # fmt: skip

OTHER_FORMS = [
    (r'"\u0000"', r'<ITEM type="string" value="\u0000" escaped="true" />'),
    ('"\\u000b\\\\\ufffe"', r'<ITEM value="\u000B\\\uFFFE" escaped="true" type="string"/>'),
    ('"a😀"', r'<ITEM type="string" value="\u0061\ud83d\uDE00" escaped="true"/>'),
    ('""', '<ITEM type="string" value=""></ITEM>'),
    ('""', '<ITEM escaped="true" type="string"/>'),
    (
        r'["x","a\"  />b"]',
        """<ITEM type='list'><ITEM type="string" value="x"  /><ITEM type='string' value='a"  />b'/></ITEM>""",
    ),
    (
        r'{"a\u0000":"\\","b":"\u0000"}',
        r'<ITEM type="object"><ITEM escaped-key="true" key="a\u0000" type="string" value="\"'
        "\n/>"
        r'<!-- > --> <ITEM escaped="true" key="b" type="string" value="\u0000"></ITEM></ITEM>',
    ),
    (
        '{"a":1}',
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        "<ITEM  type = 'object'><ITEM value='1' type='integer' key='a'></ITEM ></ITEM>\n",
    ),
    (
        "[1,[],{}]",
        '<!-- a --><ITEM type="list"><!-- b --> <ITEM type="integer" value="1" /><?c d?>'
        '<ITEM type="list">\n</ITEM>\t<ITEM type="object"></ITEM></ITEM><!-- e -->',
    ),
    ('"it\'s \\"é\\" &amp; \\n "', '<ITEM type="string" value="it&apos;s &#34;&#xe9;&#x22; &#38;amp; &#xA; "/>'),
    ('"a b  c"', '<ITEM type="string" value="a\nb\t\nc" />'),
    ('["a>b"]', '<ITEM type="list"><ITEM type="string" value="a>b" /></ITEM>'),
    ("[]", '<!DOCTYPE ITEM SYSTEM "nowhere.dtd">\n<ITEM type="list"/>'),
    ("1", '<ITEM type="float" value="1" />'),
]  # fmt: skip

LIST = '<ITEM type="list">\n  {}\n</ITEM>'
OBJECT = '<ITEM type="object"><ITEM key="😀" type="null" />\r\n\r {}</ITEM>'
REFUSED = [
    # document, line, column, path
    ("<item type='null'/>", 1, 1, "/item"),
    ("<root/>", 1, 1, "/root"),
    ("<ITEM/>", 1, 1, "/ITEM"),
    ('<ITEM type="array"/>', 1, 1, "/ITEM"),
    ('<ITEM type="List"/>', 1, 1, "/ITEM"),
    ('<ITEM xmlns="urn:x" type="null"/>', 1, 1, "/ITEM"),
    ('<ITEM xmlns:x="urn:x" type="null"/>', 1, 1, "/ITEM"),
    ('<x:ITEM xmlns:x="urn:x" type="null"/>', 1, 1, "/x:ITEM"),
    ('<ITEM type="null" xml:space="preserve"/>', 1, 1, "/ITEM"),
    ('<ITEM type="null" id="1"/>', 1, 1, "/ITEM"),
    ('<ITEM key="" type="null"/>', 1, 1, "/ITEM"),
    (LIST.format('<ITEM key="a" type="null" />'), 2, 3, "/ITEM/ITEM[1]"),
    (OBJECT.format('<ITEM type="null" />'), 3, 2, "/ITEM/ITEM[2]"),
    (OBJECT.format('<ITEM key="b" type="list"><ITEM type="null"/><foo/></ITEM>'), 3, 47, "/ITEM/ITEM[2]/foo[1]"),
    (LIST.format("text"), 1, 1, "/ITEM"),
    (LIST.format("&#32;&#160;"), 1, 1, "/ITEM"),
    (LIST.format("<![CDATA[x]]>"), 1, 1, "/ITEM"),
    (LIST.format('<ITEM type="null">x</ITEM>'), 2, 3, "/ITEM/ITEM[1]"),
    (LIST.format('<ITEM type="null"/>x<ITEM type="no"/>'), 1, 1, "/ITEM"),
    (LIST.format('<ITEM type="null"/><ITEM type="no"/>x'), 2, 22, "/ITEM/ITEM[2]"),
    (LIST.format('<ITEM type="null"><ITEM type="null" /></ITEM>'), 2, 21, "/ITEM/ITEM[1]/ITEM[1]"),
    (LIST.format('<ITEM type="string" value="a"><ITEM type="null" /></ITEM>'), 2, 33, "/ITEM/ITEM[1]/ITEM[1]"),
    ('<ITEM type="null" value=""/>', 1, 1, "/ITEM"),
    ('<ITEM type="list" value=""/>', 1, 1, "/ITEM"),
    ('<ITEM type="object" value="x"/>', 1, 1, "/ITEM"),
    ('<ITEM type="integer"/>', 1, 1, "/ITEM"),
    ('<ITEM type="integer" value="" />', 1, 1, "/ITEM"),
    ('<ITEM type="integer" value="1.0" />', 1, 1, "/ITEM"),
    ('<ITEM type="integer" value="01" />', 1, 1, "/ITEM"),
    ('<ITEM type="integer" value="+1" />', 1, 1, "/ITEM"),
    ('<ITEM type="integer" value=" 1" />', 1, 1, "/ITEM"),
    ('<ITEM type="integer" value="1&#10;" />', 1, 1, "/ITEM"),
    ('<ITEM type="integer" value="١" />', 1, 1, "/ITEM"),
    ('<ITEM type="float"/>', 1, 1, "/ITEM"),
    ('<ITEM type="float" value=".5" />', 1, 1, "/ITEM"),
    ('<ITEM type="float" value="1." />', 1, 1, "/ITEM"),
    ('<ITEM type="float" value="NaN" />', 1, 1, "/ITEM"),
    ('<ITEM type="boolean"/>', 1, 1, "/ITEM"),
    ('<ITEM type="boolean" value="True" />', 1, 1, "/ITEM"),
    ('<ITEM type="boolean" value="1" />', 1, 1, "/ITEM"),
    ('<ITEM type="boolean" value="null" />', 1, 1, "/ITEM"),
    ('<ITEM type="string" value="" escaped="false" />', 1, 1, "/ITEM"),
    ('<ITEM type="string" value="" escaped="1" />', 1, 1, "/ITEM"),
    (r'<ITEM type="string" value="\" escaped="true" />', 1, 1, "/ITEM"),
    (r'<ITEM type="string" value="\n" escaped="true" />', 1, 1, "/ITEM"),
    (r'<ITEM type="string" value="\u00g0" escaped="true" />', 1, 1, "/ITEM"),
    (r'<ITEM type="string" value="\u00" escaped="true" />', 1, 1, "/ITEM"),
    (r'<ITEM type="string" value="\\\" escaped="true" />', 1, 1, "/ITEM"),
    ('<ITEM type="integer" value="1" escaped="true" />', 1, 1, "/ITEM"),
    ('<ITEM type="list" escaped="true" />', 1, 1, "/ITEM"),
    ('<ITEM type="null" escaped-key="true" />', 1, 1, "/ITEM"),
    (OBJECT.format('<ITEM key="" type="null" escaped-key="yes" />'), 3, 2, "/ITEM/ITEM[2]"),
    (OBJECT.format(r'<ITEM key="\" type="null" escaped-key="true" />'), 3, 2, "/ITEM/ITEM[2]"),
    (f"<{'x' * 1000}/>", 1, 1, f"/{'x' * 40}..."),
]  # fmt: skip


def write(text: str, indent: int = 0) -> str:
    return run(item.json_to_xml, text, indent=indent)[0]


def read(xml: str, indent: int = 0) -> str:
    return run(item.xml_to_json, xml, indent=indent)[0]


@pytest.mark.parametrize(("text", "xml"), PAIRS)
def test_each_rule_holds_byte_for_byte_both_ways(text: str, xml: str) -> None:
    assert json_to_xml(text.encode(), "item").decode() == xml
    assert xml_to_json(xml.encode(), "item").decode() == text


@pytest.mark.parametrize(("text", "xml"), READ_ALIKE)
def test_json_may_spell_strings_as_it_likes(text: str, xml: str) -> None:
    assert write(text) == xml
    assert as_compared(read(xml)) == as_compared(text)


@pytest.mark.parametrize(("text", "xml"), OTHER_FORMS)
def test_the_reader_takes_every_form_that_means_the_same(text: str, xml: str) -> None:
    assert read(xml) == text


@pytest.mark.parametrize(("xml", "line", "column", "path"), REFUSED)
def test_anything_else_is_inexpressible_and_refused_at_its_start_tag(
    xml: str, line: int, column: int, path: str
) -> None:
    with pytest.raises(InexpressibleDocument) as caught:
        convert_xml_to_json(xml.encode(), "item")
    assert (caught.value.place, caught.value.path) == ((line, column), path)
    assert len(caught.value.detail) < 120


def test_the_first_fault_is_told_be_it_malformed_or_refused() -> None:
    with pytest.raises(InexpressibleDocument):
        read('<ITEM type="no">\n<ITEM></ITEM>')
    with pytest.raises(MalformedDocument):
        read('<ITEM type="list">&no;\n<ITEM></ITEM>')


def test_a_declaration_behind_white_space_is_malformed() -> None:
    with pytest.raises(MalformedDocument) as caught:
        read(' <?xml version="1.0"?><ITEM type="null" />')
    assert caught.value.place == (1, 2)


@given(json_texts())
@example('{"": "\\ud83d\\ude00\\udc00\\ud83d", "": [[], {}, -0, 1E400, 1.0]}')
@example('["\\\\b", "\\\\\\"", "\\\\\\\\", "\\\\u0026"]')
def test_every_json_text_comes_back(text: str) -> None:
    assert as_compared(read(write(text))) == as_compared(text)


@given(json_texts(), st.integers(1, 8))
def test_indentation_changes_neither_document(text: str, indent: int) -> None:
    indented = write(text, indent)
    assert read(indented) == read(write(text))
    assert as_compared(read(indented, indent)) == as_compared(text)


def test_indented_xml_puts_each_tag_on_its_own_line() -> None:
    assert write('{"a": [1, {}], "b": "><"}', 2).split("\n") == [
        '<ITEM type="object">',
        '  <ITEM key="a" type="list">',
        '    <ITEM type="integer" value="1" />',
        '    <ITEM type="object" />',
        "  </ITEM>",
        '  <ITEM key="b" type="string" value="&gt;&lt;" />',
        "</ITEM>",
    ]


@given(json_texts())
def test_the_xml_is_what_elementtree_writes(text: str) -> None:
    assert write(text) == ElementTree.tostring(_build_element(as_compared(text), {}), encoding="unicode")


def _build_element(value: object, attributes: dict[str, str]) -> ElementTree.Element:
    """Rules 1, 2, 3 and 5, plainly; ElementTree knows rule 4."""
    children: list[ElementTree.Element] = []
    escaped = {}
    match value:
        case ("number", str(number)):
            kind = "integer" if number.removeprefix("-").isdigit() else "float"
            attributes |= {"type": kind, "value": number}
        case ("object", list(members)):
            attributes |= {"type": "object"}
            children = [_build_element(member, {"key": key}) for key, member in members]
        case list():
            attributes |= {"type": "list"}
            children = [_build_element(child, {}) for child in value]
        case bool():
            attributes |= {"type": "boolean", "value": "true" if value else "false"}
        case None:
            attributes |= {"type": "null"}
        case str():
            attributes |= {"type": "string"} | ({"value": value} if value else {})
            escaped = {"escaped": "true"} if UNCARRIABLE.search(value) else {}
    if UNCARRIABLE.search(attributes.get("key", "")):
        escaped = {"escaped-key": "true"} | escaped
    for flag, name in (("escaped-key", "key"), ("escaped", "value")):
        if flag in escaped:
            attributes[name] = "".join(
                "\\\\" if c == "\\" else f"\\u{ord(c):04x}" if UNCARRIABLE.match(c) else c for c in attributes[name]
            )
    element = ElementTree.Element(item.ELEMENT, attributes | escaped)
    element.extend(children)
    return element


@pytest.mark.parametrize(
    ("text", "column"), [('"\\\ufffe"', 2), ('"\\u0000\\\uffff"', 8), ('"\\ud8日本"', 2), ('"\\ud83d\\udc日"', 8)]
)
def test_a_broken_escape_stays_one_whatever_is_marked_beside_it(text: str, column: int) -> None:
    with pytest.raises(MalformedDocument) as caught:
        json_to_xml(text.encode())
    assert caught.value.place == (1, column)


@given(json_texts(5), st.data())
def test_broken_json_is_refused_where_it_breaks_whatever_the_writer_replaces_before(
    text: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(text)))
    broken = text[:place] + data.draw(st.sampled_from([*'&<>\\"\n{}[],é\ufffe', r"\q", r"\"", r"\u00"])) + text[place:]
    refusals: list[tuple[object, ...] | None] = []
    for convert in (write, parse_json):
        refusal = None
        try:
            convert(broken)
        except DocumentError as error:
            refusal = (type(error), error.detail, error.place)
        refusals.append(refusal)
    assert refusals[0] == refusals[1]


@pytest.mark.parametrize(
    ("opening", "innermost", "closing"), [("[", "[]", "]"), ('{"":', "[]", "}"), ('[[{"a":1,"b":', '[[["x"]]]', "}]]")]
)
def test_512_levels_are_carried_and_one_more_is_unsafe_both_ways(opening: str, innermost: str, closing: str) -> None:
    repeated = (MAX_DEPTH - innermost.count("[")) // len(closing)
    rest = MAX_DEPTH - innermost.count("[") - repeated * len(closing)
    deepest = "[" * rest + opening * repeated + innermost + closing * repeated + "]" * rest
    xml = write(deepest)
    assert read(xml) == deepest
    with pytest.raises(UnsafeDocument):
        write(f"[{deepest}]")
    with pytest.raises(UnsafeDocument) as caught:
        read(f'<ITEM type="list">{xml}</ITEM>')
    assert caught.value.place
    assert caught.value.place.line == 1


@pytest.mark.parametrize("levels", [513, 3_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"k":', "}"), ('[{"k":0,"l":', "}]")])
def test_what_goes_too_deep_is_refused_at_once(opening: str, closing: str, levels: int) -> None:
    started = time.perf_counter()
    with pytest.raises(UnsafeDocument):
        write(opening * levels + "[]" + closing * levels)
    with pytest.raises(UnsafeDocument):
        read('<ITEM type="list">' * levels + "</ITEM>" * levels)
    assert time.perf_counter() - started < 2


def test_strings_that_only_look_deep_or_like_fragments_are_strings() -> None:
    text = json.dumps(
        ["[{" * 600, ' type="null" />', ">", "</ITEM>", '"', "\\", {' type="list">': ">"}], separators=(",", ":")
    )
    assert read(write(text)) == text


@given(st.lists(json_strings(), min_size=1, max_size=4), st.integers(1, 5000))
@example([r'"\u0000"'], 5000)
@example([r'"\u00e9"'], 5000)
def test_long_and_deep_fragments_come_back(strings: list[str], length: int) -> None:
    text = f'"{"x" * length}"'
    for key in strings:
        text = f'[{{{key}: {text}, "": {{}}}}, {text if len(text) < 20_000 else "1"}]'
    assert as_compared(read(write(text))) == as_compared(text)


@pytest.mark.parametrize("key", ["a", r"\b", r"\ud800"])
def test_long_fragments_below_many_levels_come_back_in_their_places(key: str) -> None:
    text = f'["\\u1234{"x" * 20_000}", true, {{"{key}": "{"y" * 5000}"}}]'
    for level in range(100):
        text = f'{{"{key}": [{level}, {text}, {{"{key}": "z"}}], "b": "{"c" * 50 * (level % 3)}"}}'
    assert write(text) == ElementTree.tostring(_build_element(as_compared(text), {}), encoding="unicode")


@pytest.mark.parametrize("end", ["", "x"])
def test_a_deep_document_leaves_nothing_in_memory_be_it_sound_or_not(end: str) -> None:
    text = '{"\\b":' * 100 + f'"\\u1234{"x" * 300_000}"' + "}" * 100 + end
    tracemalloc.start()
    gc.disable()  # as it may be for long
    try:
        for _ in range(2):
            with suppress(MalformedDocument):
                write(text)
        assert tracemalloc.get_traced_memory()[0] < 200_000
    finally:
        gc.enable()
        tracemalloc.stop()
