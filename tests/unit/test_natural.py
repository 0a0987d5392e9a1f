"""The rules of the mapping `natural`, each with the smallest document that shows it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import xmltodict

from crosswalk.converter import natural
from crosswalk.errors import (
    DocumentTooLarge,
    InexpressibleDocument,
    InvalidParameter,
    MalformedDocument,
    UnsafeDocument,
)
from tests.conversions import Converted, run


def xml_to_json(xml: str, **options: Any) -> Converted:
    return run(natural.xml_to_json, xml, **options)


def json_to_xml(text: str, **options: Any) -> Converted:
    return run(natural.json_to_xml, text, **options)


# ---------------------------------------------------------------- XML to JSON


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<a/>", '{"a":null}'),
        ("<a></a>", '{"a":null}'),
        ("<a><![CDATA[]]></a>", '{"a":null}'),
        ("<a>x</a>", '{"a":"x"}'),
        ("<a><![CDATA[<x>]]> &amp; y</a>", '{"a":"<x> & y"}'),
        ('<a b=""/>', '{"a":{"@b":""}}'),
        ('<a z="1" b="2">x</a>', '{"a":{"@z":"1","@b":"2","#text":"x"}}'),
        ("<a><b>1</b><b>2</b><b/></a>", '{"a":{"b":["1","2",null]}}'),
        ("<a><b>1</b><c/></a>", '{"a":{"b":"1","c":null}}'),
        ('<a xmlns="u" xmlns:p="v"><p:b p:c="1"/></a>', '{"a":{"@xmlns":"u","@xmlns:p":"v","p:b":{"@p:c":"1"}}}'),
        ('<a xml:lang="de"/>', '{"a":{"@xml:lang":"de"}}'),
        ('<?xml version="1.0"?><!DOCTYPE a SYSTEM "a.dtd">\n<a>"\\\t\x7f</a>', '{"a":"\\"\\\\\\t\x7f"}'),
        ("<a>007</a>", '{"a":"007"}'),
    ],
)
def test_what_xmltodict_reads_well_is_read_alike(xml: str, expected: str) -> None:
    assert xml_to_json(xml) == (expected, ())
    assert json.loads(expected) == xmltodict.parse(xml)


@pytest.mark.parametrize(
    ("xml", "expected", "losses"),
    [
        ("<p>Hello <b>w</b> there</p>", '{"p":{"b":"w","#text":"Hello  there"}}', ("order",)),
        ("<p><b/>end</p>", '{"p":{"b":null,"#text":"end"}}', ("order",)),
        ("<p><b/><c/><b/></p>", '{"p":{"b":[null,null],"c":null}}', ("order",)),
        ("<p> x </p>", '{"p":"x"}', ("whitespace",)),
        ("<p> </p>", '{"p":null}', ("whitespace",)),
        ("<p>\n  <b>1</b>\n</p>", '{"p":{"b":"1"}}', ("whitespace",)),
        ("<p><!-- c --></p>", '{"p":null}', ("comments",)),
        ("<!-- c --><p/>", '{"p":null}', ("comments",)),
        ("<p/><?go now?>", '{"p":null}', ("processing-instructions",)),
        ("<p>a<!-- c -->b<?go?>c</p>", '{"p":"abc"}', ("comments", "processing-instructions")),
        (
            "<p> x<b/><c/><b/><!--c--><?go?></p>",
            '{"p":{"b":[null,null],"c":null,"#text":"x"}}',
            ("order", "whitespace", "comments", "processing-instructions"),
        ),
    ],
)
def test_what_json_cannot_hold_is_named(xml: str, expected: str, losses: tuple[str, ...]) -> None:
    assert xml_to_json(xml) == (expected, losses)
    assert json.loads(expected) == xmltodict.parse(xml)


def test_white_space_around_the_root_is_no_loss() -> None:
    assert xml_to_json("\n<a/>\n") == ('{"a":null}', ())


def test_elements_side_by_side_and_attributes_beside_text_are_no_loss() -> None:
    assert xml_to_json('<a><b/><b/><c x="1">t</c></a>')[1] == ()


def test_only_xml_white_space_is_stripped() -> None:
    assert xml_to_json("<a>\u00a0x\u2003</a>") == ('{"a":"\u00a0x\u2003"}', ())


def test_white_space_can_be_kept() -> None:
    assert xml_to_json("<a> x </a>", strip_whitespace=False) == ('{"a":" x "}', ())
    assert xml_to_json("<a> <b/>\n</a>", strip_whitespace=False) == ('{"a":{"b":null,"#text":" \\n"}}', ("order",))


def test_the_keys_of_attributes_and_text_can_be_chosen() -> None:
    xml = '<a b="1">x</a>'
    assert xml_to_json(xml, attribute_prefix="-", text_key="$") == ('{"a":{"-b":"1","$":"x"}}', ())
    assert json_to_xml('{"a":{"-b":"1","$":"x"}}', attribute_prefix="-", text_key="$") == (xml, ())


def test_keys_of_our_choosing_are_quoted_for_json() -> None:
    assert (
        xml_to_json('<a b="1">x</a>', attribute_prefix='"', text_key="\0\\")[0] == r'{"a":{"\"b":"1","\u0000\\":"x"}}'
    )


@pytest.mark.parametrize("convert", [lambda **o: xml_to_json("<a/>", **o), lambda **o: json_to_xml("{}", **o)])
@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"attribute_prefix": ""}, "attribute_prefix"),
        ({"attribute_prefix": "a"}, "attribute_prefix"),
        ({"attribute_prefix": ":"}, "attribute_prefix"),
        ({"attribute_prefix": "é@"}, "attribute_prefix"),
        ({"attribute_prefix": "@" * 17}, "attribute_prefix"),
        ({"attribute_prefix": "\1" * 3}, "attribute_prefix"),
        ({"attribute_prefix": "\ud800"}, "attribute_prefix"),
        ({"text_key": ""}, "text_key"),
        ({"text_key": "#" * 17}, "text_key"),
        ({"text_key": "_text"}, "text_key"),
        ({"text_key": "@"}, "text_key"),
        ({"text_key": "@text"}, "text_key"),
        ({"attribute_prefix": "#"}, "text_key"),
    ],
)
def test_keys_that_could_be_taken_for_something_else_are_refused(
    convert: Callable[..., object], options: dict[str, Any], parameter: str
) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        convert(**options)
    assert refusal.value.parameter == parameter


def test_named_elements_are_lists_even_alone() -> None:
    xml = "<a><b>1</b><c><b/></c></a>"
    expected = '{"a":{"b":["1"],"c":{"b":[null]}}}'
    assert xml_to_json(xml, force_list=("b",)) == (expected, ())
    assert json.loads(expected) == xmltodict.parse(xml, force_list=("b",))


def test_the_root_can_be_a_list_too() -> None:
    assert xml_to_json("<a/>", force_list=["a"]) == ('{"a":[null]}', ())
    assert json_to_xml('{"a":[null]}') == ("<a></a>", ("lists",))


@pytest.mark.parametrize("names", ["abc", ["#text"], ["a b"], [""], ["http://x:a"]])
def test_lists_can_be_forced_for_names_of_elements_only(names: list[str]) -> None:
    with pytest.raises(InvalidParameter, match="force_list"):
        xml_to_json("<a/>", force_list=names)


def test_types_are_inferred_where_the_text_is_json() -> None:
    xml = '<a b="true"><c>false</c><c>-0</c><c>1.0</c><c>1E400</c><c>12345678901234567890</c></a>'
    expected = '{"a":{"@b":true,"c":[false,-0,1.0,1E400,12345678901234567890]}}'
    assert xml_to_json(xml, types="infer") == (expected, ())
    assert json_to_xml(expected) == (xml, ("types",))


@pytest.mark.parametrize("text", ["007", "1e5x", "+1", ".5", "1.", "0x1", "True", "null", "NaN", "1 2", "٣", "-"])
def test_anything_else_stays_a_string_when_types_are_inferred(text: str) -> None:
    assert xml_to_json(f"<a>{text}</a>", types="infer") == (
        json.dumps({"a": text}, ensure_ascii=False).replace(": ", ":"),
        (),
    )


def test_inference_sees_the_text_as_the_json_would_have_it() -> None:
    assert xml_to_json("<a> 1 </a>", types="infer") == ('{"a":1}', ("whitespace",))
    assert xml_to_json("<a> 1 </a>", types="infer", strip_whitespace=False) == ('{"a":" 1 "}', ())


EXPANDABLE = (
    '<a xmlns="u" xmlns:p="v" p:x="1" y="2"><p:b xmlns="" xml:lang="de"><c/></p:b><p:b xmlns:p="w" p:x=""/><d/></a>'
)


def test_expanded_names_are_those_of_xmltodict() -> None:
    expected, losses = xml_to_json(EXPANDABLE, namespaces="expanded")
    assert expected == json.dumps(
        xmltodict.parse(EXPANDABLE, process_namespaces=True), ensure_ascii=False, separators=(",", ":")
    )
    assert '"u:a":{"@v:x":"1","@y":"2","@xmlns":{"":"u","p":"v"},"v:b":{' in expected
    assert losses == ("prefixes",)


@pytest.mark.parametrize("xml", [EXPANDABLE, '<a xmlns="u"/>', '<a xml:lang="de"/>', '<a xmlns=""/>'])
def test_expanded_names_are_one_way_and_say_so(xml: str) -> None:
    expanded, losses = xml_to_json(xml, namespaces="expanded")
    assert losses == ("prefixes",)
    with pytest.raises(InexpressibleDocument):
        json_to_xml(expanded)


def test_without_namespaces_expanding_changes_nothing() -> None:
    assert xml_to_json('<a b="1"><c/></a>', namespaces="expanded") == xml_to_json('<a b="1"><c/></a>')


def test_lists_can_be_forced_by_expanded_name() -> None:
    assert xml_to_json('<a xmlns="u"/>', namespaces="expanded", force_list=["u:a"])[0].startswith('{"u:a":[')


@pytest.mark.parametrize("uri", ["@v", "#"])
def test_an_expanded_name_that_reads_as_an_attribute_or_text_is_refused(uri: str) -> None:
    with pytest.raises(InexpressibleDocument) as refusal:
        xml_to_json(f'<a>\n <p:b xmlns:p="{uri}"/></a>', namespaces="expanded", text_key="#:b")
    assert (refusal.value.place, refusal.value.path) == ((2, 2), "/a/p:b[1]")


@pytest.mark.parametrize("namespaces", ["prefixed", "expanded"])
@pytest.mark.parametrize("xml", ["<p:a/>", '<a p:b="1"/>', '<a xmlns:p="u" xmlns:q="u" p:x="" q:x=""/>', "<a:b:c/>"])
def test_names_that_namespaces_forbid_are_malformed(xml: str, namespaces: str) -> None:
    with pytest.raises(MalformedDocument):
        xml_to_json(xml, namespaces=namespaces)


@pytest.mark.parametrize("options", [{"namespaces": "none"}, {"types": "guess"}])
def test_an_unknown_choice_is_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        xml_to_json("<a/>", **options)
    assert refusal.value.parameter in options


def test_json_can_be_indented() -> None:
    assert xml_to_json("<a><b>1</b><b/></a>", indent=2)[0] == json.dumps({"a": {"b": ["1", None]}}, indent=2)


# ---------------------------------------------------------------- JSON to XML


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a":null}', "<a></a>"),
        ('{"a":"x"}', "<a>x</a>"),
        ('{"a":{"@b":"","#text":"x"}}', '<a b="">x</a>'),
        ('{"a":{"b":["1",null],"c":{"d":"2"}}}', "<a><b>1</b><b></b><c><d>2</d></c></a>"),
        ('{"a":{"b":"1","#text":"x"}}', "<a><b>1</b>x</a>"),
        ('{"p:a":{"@xmlns:p":"u","@p:b":"1","p:c":null}}', '<p:a xmlns:p="u" p:b="1"><p:c></p:c></p:a>'),
        ('{"a":{"@xml:lang":"de","@xmlns":"u"}}', '<a xml:lang="de" xmlns="u"></a>'),
        ('{"a":"<&> \\" \U0001f600"}', '<a>&lt;&amp;&gt; " \U0001f600</a>'),
    ],
)
def test_what_xmltodict_writes_well_is_written_alike(text: str, expected: str) -> None:
    assert json_to_xml(text) == (expected, ())
    assert xmltodict.unparse(json.loads(text), full_document=False) == expected


def test_characters_that_a_reader_would_change_are_references() -> None:
    expected = '<a b="&quot;&lt;&gt;&amp;&#09;&#10;&#13;">&#13;.</a>'
    assert json_to_xml(r'{"a":{"@b":"\"<>&\t\n\r","#text":"\r."}}') == (expected, ("whitespace",))
    assert xml_to_json(expected, strip_whitespace=False)[0] == r'{"a":{"@b":"\"<>&\t\n\r","#text":"\r."}}'


@pytest.mark.parametrize(
    ("text", "expected", "losses"),
    [
        ('{"a":1.0}', "<a>1.0</a>", ("types",)),
        ('{"a":[{"@b":-0,"@c":true,"#text":1E400}]}', '<a b="-0" c="true">1E400</a>', ("types", "lists")),
        ('{"a":false}', "<a>false</a>", ("types",)),
        ('{"a":{"@b":null}}', '<a b=""></a>', ("types",)),
        ('{"a":""}', "<a></a>", ("types",)),
        ('{"a":{}}', "<a></a>", ("types",)),
        ('{"a":{"#text":"x"}}', "<a>x</a>", ("types",)),
        ('{"a":{"#text":null}}', "<a></a>", ("types",)),
        ('{"a":{"b":"","b2":null}}', "<a><b></b><b2></b2></a>", ("types",)),
        ('"x"', "<root>x</root>", ("root",)),
        ("null", "<root></root>", ("root",)),
        ("-1", "<root>-1</root>", ("types", "root")),
        ("{}", "<root></root>", ("types", "root")),
        ("[]", "<root></root>", ("root", "empty-lists")),
        ('["x","y"]', "<root><item>x</item><item>y</item></root>", ("root",)),
        ('{"a":"x","b":"y"}', "<root><a>x</a><b>y</b></root>", ("root",)),
        ('{"a":["x","y"]}', "<root><a>x</a><a>y</a></root>", ("root",)),
        ('{"a":[]}', "<root></root>", ("root", "empty-lists")),
        ('{"@a":"x"}', '<root a="x"></root>', ("root",)),
        ('{"#text":"x"}', "<root>x</root>", ("types", "root")),
        ('{"a":["x"]}', "<a>x</a>", ("lists",)),
        ('{"a":{"b":["x"]}}', "<a><b>x</b></a>", ("lists",)),
        ('{"a":{"b":[["x","y"],"z"]}}', "<a><b><item>x</item><item>y</item></b><b>z</b></a>", ("lists",)),
        ('[["x","y"],[]]', "<root><item><item>x</item><item>y</item></item><item></item></root>",
         ("root", "lists", "empty-lists")),
        ('{"a":{"b":[],"c":"x"}}', "<a><c>x</c></a>", ("empty-lists",)),
        ('{"a":{"b":[]}}', "<a></a>", ("empty-lists",)),
        ('{"a":{"@b":"","#text":""}}', '<a b=""></a>', ("empty-text",)),
        ('{"a":{"b":null,"#text":null}}', "<a><b></b></a>", ("empty-text",)),
        ('{"a":{"#text":"x","b":null}}', "<a><b></b>x</a>", ("order",)),
        ('{"a":{"b":null,"@c":""}}', '<a c=""><b></b></a>', ("order",)),
        ('{"a":{"#text":"x","@c":""}}', '<a c="">x</a>', ("order",)),
        ('{"a":" x"}', "<a> x</a>", ("whitespace",)),
        ('{"a":{"@b":" x ","#text":"x\\n"}}', '<a b=" x ">x\n</a>', ("whitespace",)),
    ],
)  # fmt: skip
def test_what_does_not_come_back_is_named(text: str, expected: str, losses: tuple[str, ...]) -> None:
    assert json_to_xml(text) == (expected, losses)
    assert xml_to_json(expected)[0] != text


def test_the_root_and_the_items_can_be_named() -> None:
    assert json_to_xml('["x","y"]', root="list", item="li") == ("<list><li>x</li><li>y</li></list>", ("root",))


@pytest.mark.parametrize("parameter", ["root", "item"])
@pytest.mark.parametrize("name", ["", "a b", "1", "p:a", "<", "a" * 65])
def test_root_and_item_must_be_names_without_prefix(parameter: str, name: str) -> None:
    options: dict[str, Any] = {parameter: name}
    with pytest.raises(InvalidParameter) as refusal:
        json_to_xml("[]", **options)
    assert refusal.value.parameter == parameter


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('{"1":"x"}', "/1"),
        ('{"":"x"}', "/"),
        ('{"a":{"b":["x",{"c d":"x"}]}}', "/a/b/1/c d"),
        ('{"a":{"~/":"x"}}', "/a/~0~1"),
        ('{"a":{"@":"x"}}', "/a/@"),
        ('{"a":{"@@b":"x"}}', "/a/@@b"),
        ('{"a":{"#comment":"x"}}', "/a/#comment"),
        ('{"a":{"b c":[]}}', "/a/b c"),
        ('{"p:a":null}', "/p:a"),
        ('{"a":{"p:b":["x"]}}', "/a/p:b/0"),
        ('{"a":{"@p:b":"x"}}', "/a/@p:b"),
        ('{"a":{"b":{"@xmlns:p":"u"},"p:c":null}}', "/a/p:c"),
        ('{"http://u:a":null}', "/http:~1~1u:a"),
        ('{"xmlns:a":null}', "/xmlns:a"),
        ('{"a":{"@xmlns:p":""}}', "/a/@xmlns:p"),
        ('{"a":{"@xmlns:xmlns":"u"}}', "/a/@xmlns:xmlns"),
        ('{"a":{"@xmlns:xml":"u"}}', "/a/@xmlns:xml"),
        ('{"a":{"@xmlns":"http://www.w3.org/XML/1998/namespace"}}', "/a/@xmlns"),
        ('{"a":{"@xmlns:p":"http://www.w3.org/2000/xmlns/"}}', "/a/@xmlns:p"),
        ('[["x","\\u0000"]]', "/0/1"),
        ('{"a":{"@b":"\\ud800"}}', "/a/@b"),
        ('{"a":{"@b":"x","#text":"\\f"}}', "/a/#text"),
        ('"\\uffff"', ""),
        ('"\ufffe"', ""),
        ('{"a":{"@b":[]}}', "/a/@b"),
        ('{"a":{"@b":{}}}', "/a/@b"),
        ('{"a":{"#text":["x"]}}', "/a/#text"),
        ('{"a":[{"#text":{}}]}', "/a/0/#text"),
        ('{"a":"x","a":"y"}', "/a"),
        ('{"a":[{"b":"x","c":"y","b":"z"}]}', "/a/0/b"),
        ('{"a":{"@b":"x","@b":"x"}}', "/a/@b"),
        ('{"a":{"@xmlns:p":"u","@p:x":"","@q:x":"","@xmlns:q":"u"}}', "/a/@q:x"),
    ],
)  # fmt: skip
def test_what_xml_cannot_carry_is_refused_with_a_pointer_and_the_mapping_that_can(text: str, pointer: str) -> None:
    with pytest.raises(InexpressibleDocument, match="the mapping item carries it") as refusal:
        json_to_xml(text)
    assert refusal.value.pointer == pointer


def test_the_same_prefix_may_mean_different_things_in_turn() -> None:
    text = '{"a":{"@xmlns:p":"u","b":{"@xmlns:p":"v","p:c":null},"p:d":null}}'
    xml, losses = json_to_xml(text)
    assert losses == ()
    assert xml_to_json(xml) == (text, ())


def test_malformed_json_is_refused_with_its_place() -> None:
    with pytest.raises(MalformedDocument) as refusal:
        json_to_xml('{"a":\n 01}')
    assert refusal.value.place == (2, 3)


PRETTY = """\
<a>
  <b>
    <c></c>
    <c>x</c>
  </b>
  <m><n><o>y</o></n>text</m>
  <s xml:space="preserve"><n></n></s>
  <l>
    <item>1</item>
    <item></item>
  </l>
  <l></l>
</a>"""


def test_indentation_spares_elements_with_text_and_preserved_space() -> None:
    text = (
        '{"a":{"b":{"c":[null,"x"]},"m":{"n":{"o":"y"},"#text":"text"},"s":{"@xml:space":"preserve","n":null},'
        '"l":[["1",null],null]}}'
    )
    xml, losses = json_to_xml(text, indent=2)
    assert xml == PRETTY
    assert losses == ("lists",)
    assert xml_to_json(xml)[0] == xml_to_json(json_to_xml(text)[0])[0]


def test_a_document_of_one_element_is_not_indented() -> None:
    assert json_to_xml('{"a":"x"}', indent=4)[0] == "<a>x</a>"


# ---------------------------------------------------------------- Depth and size


@pytest.mark.parametrize("inner", ["", "x"])
def test_xml_of_512_levels_is_read_and_written(inner: str) -> None:
    xml = "<a>" * 512 + inner + "</a>" * 512
    text, losses = xml_to_json(xml)
    assert text.count("{") == 512
    assert losses == ()
    assert json_to_xml(text) == (xml, ())


def test_xml_of_513_levels_is_refused_with_its_place() -> None:
    with pytest.raises(UnsafeDocument) as refusal:
        xml_to_json("<a>\n" * 513 + "</a>" * 513)
    assert refusal.value.place == (513, 1)


@pytest.mark.parametrize(
    ("xml", "options"),
    [
        ("<a>" * 511 + '<a b=""/>' + "</a>" * 511, {}),
        ("<a>" * 511 + "<b/><b/>" + "</a>" * 511, {}),
        ("<a>" * 257 + "</a>" * 257, {"force_list": ["a"]}),
        ("<a>" * 511 + '<a xmlns="u"/>' + "</a>" * 511, {"namespaces": "expanded"}),
    ],
)
def test_xml_whose_json_would_be_deeper_than_512_levels_is_refused(xml: str, options: dict[str, Any]) -> None:
    with pytest.raises(UnsafeDocument, match="deeper than 512"):
        xml_to_json(xml, **options)


def test_a_list_at_every_second_level_is_carried_to_512_levels() -> None:
    text, _ = xml_to_json("<a>" * 256 + "</a>" * 256, force_list=["a"])
    assert text.count("[") + text.count("{") == 512


def test_json_of_512_levels_is_written_and_513_elements_are_refused() -> None:
    assert json_to_xml("[" * 512 + "]" * 512)[0].count("<item>") == 511
    with pytest.raises(UnsafeDocument) as refusal:
        json_to_xml("[" * 512 + "1" + "]" * 512)
    assert refusal.value.pointer == "/0" * 511


@pytest.mark.parametrize(
    ("opening", "innermost", "closing", "deepest"),
    [
        ("[1,", "1", "]", 255),
        ('{"a":[1,', "1", "]}", 255),
        ('{"a":', "1", "}", 512),
        ('{"a":', '{"@b":"x"}', "}", 511),
        ('{"a":[{"b":1},', '{"@b":"x"}', "]}", 255),
    ],
)
def test_what_is_written_is_not_too_deep_to_be_read(opening: str, innermost: str, closing: str, deepest: int) -> None:
    xml, _ = json_to_xml(opening * deepest + innermost + closing * deepest)
    assert xml_to_json(xml)
    with pytest.raises(UnsafeDocument):
        json_to_xml(opening * (deepest + 1) + innermost + closing * (deepest + 1))


@pytest.mark.parametrize(
    "convert",
    [
        lambda: json_to_xml(json.dumps({"a" * 100_000: [1] * 1_000})),
        lambda: json_to_xml("[" * 500 + "1," * 20_000 + "1" + "]" * 500, indent=8),
        lambda: xml_to_json(f"<p:a xmlns:p='{'u' * 100_000}'>{'<b><p:c/></b>' * 1_000}</p:a>", namespaces="expanded"),
    ],
)  # fmt: skip
def test_a_document_that_would_become_enormous_is_refused_before_it_does(convert: Callable[..., object]) -> None:
    with pytest.raises(DocumentTooLarge):
        convert()
