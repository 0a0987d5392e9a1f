"""The mapping xpath: the rules and examples of fn:json-to-xml and fn:xml-to-json, and the round trip."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.converter import xpath
from crosswalk.converter.json_text import quote
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.xml.reader import XmlReader, read_root
from crosswalk.converter.xpath.vocabulary import KINDS, NAMESPACE
from crosswalk.errors import InexpressibleDocument, InvalidParameter, MalformedDocument, UnsafeDocument
from tests.conversions import Converted, run

XMLNS = f'xmlns="{NAMESPACE}"'


def xml_to_json(xml: str, **options: Any) -> Converted:
    return run(xpath.xml_to_json, xml, **options)


def json_to_xml(text: str, **options: Any) -> Converted:
    return run(xpath.json_to_xml, text, **options)


def write(json_text: str, *, escape: bool = True, duplicates: str = "reject", indent: int = 0) -> str:
    """The XML without its namespace declaration; nothing may be lost."""
    xml, losses = json_to_xml(json_text, escape=escape, duplicates=duplicates, indent=indent)
    assert losses == ()
    assert xml.count(XMLNS) == 1
    return xml.replace(f" {XMLNS}", "")


def read(xml: str) -> str:
    """The JSON of XML whose root lacks the namespace declaration, as our own always has."""
    name_end = min(xml.find(mark) for mark in " >/" if mark in xml)
    json_text, losses = xml_to_json(f"{xml[:name_end]} {XMLNS}{xml[name_end:]}")
    assert losses == ()
    return json_text


def refuse(xml: str) -> InexpressibleDocument:
    with pytest.raises(InexpressibleDocument) as caught:
        read(xml)
    return caught.value


# Both ways


@pytest.mark.parametrize(
    ("json_text", "xml"),
    [
        ("{}", "<map />"),
        ("[]", "<array />"),
        ("null", "<null />"),
        ("true", "<boolean>true</boolean>"),
        ("false", "<boolean>false</boolean>"),
        ('""', "<string />"),
        ('"London"', "<string>London</string>"),
        ("93.7", "<number>93.7</number>"),
        ("-0", "<number>-0</number>"),
        ("0.23e+02", "<number>0.23e+02</number>"),
        ("23E0", "<number>23E0</number>"),
        ("1e400", "<number>1e400</number>"),
        ("1" * 5000, f"<number>{'1' * 5000}</number>"),
        ("[true,[1],{}]", "<array><boolean>true</boolean><array><number>1</number></array><map /></array>"),
        ('{"":"","0":"0"}', '<map><string key="" /><string key="0">0</string></map>'),
        ('{"a":{"a":null}}', '<map><map key="a"><null key="a" /></map></map>'),
        ('{"a\\\\":3}', '<map><number key="a\\\\" escaped-key="true">3</number></map>'),
        ('"/\\""', '<string>/"</string>'),
        ('"\\\\/\\"\\r\\t\\n "', '<string escaped="true">\\\\/"\\r\\t\\n </string>'),
        ('{"\\u0007":"\\f"}', '<map><string key="\\u0007" escaped-key="true" escaped="true">\\f</string></map>'),
        ('"\x7f\x80\x9f\xa0"', '<string escaped="true">\\u007F\\u0080\\u009F\xa0</string>'),
        ('"\ufffe\U0001f600"', '<string escaped="true">\\uFFFE\U0001f600</string>'),
        ('"\\udead"', '<string escaped="true">\\uDEAD</string>'),
        ('{"<&>\'":"<&>\'"}', "<map><string key=\"&lt;&amp;&gt;'\">&lt;&amp;&gt;'</string></map>"),
    ],
)  # fmt: skip
def test_json_and_xml_mean_each_other(json_text: str, xml: str) -> None:
    assert write(json_text) == xml
    assert read(xml) == json_text


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers().map(str).map(lambda text: ("number", text))
    | st.sampled_from([("number", text) for text in ("-0", "1.0", "1e400", "0.1E-7", "9" * 400)])
    | st.text(st.characters(exclude_categories=[]) | st.sampled_from('\\"/\0\t\r\n\x7f\ufffe\ud800\udc00u0041')),
    lambda values: st.lists(values) | st.dictionaries(st.text(st.characters() | st.sampled_from('\\\0\n"')), values),
    max_leaves=20,
)


def write_compactly(value: object) -> str:
    match value:
        case ("number", str() as text):
            return text
        case list():
            return f"[{','.join(map(write_compactly, value))}]"
        case dict():
            return (
                f"{{{','.join(f'{write_compactly(key)}:{write_compactly(member)}' for key, member in value.items())}}}"
            )
        case str():
            # Two escapes that make one character cannot be told from it.
            value = value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
            return quote(value).encode("utf-8", "backslashreplace").decode()
        case _:
            return json.dumps(value)


@given(VALUES, st.integers(0, 3))
def test_any_json_comes_back_as_it_was(value: object, indent: int) -> None:
    json_text = write_compactly(value)
    xml, losses = json_to_xml(json_text, indent=indent)
    assert losses == ()
    XmlReader(BytesIO(xml.encode())).read(lambda name, attributes: None, str, str)
    assert xml_to_json(xml) == (json_text, ())


# JSON to XML


@pytest.mark.parametrize(
    ("json_text", "xml"),
    [
        ('{"a\\\\":"\\\\b"}', '<map><string key="a\\">\\b</string></map>'),
        ('"\\\\\\/\\"\\r\\t\\u0020"', '<string>\\/"&#13;\t </string>'),
        ('{"\\t\\n\\r":1}', '<map><number key="&#09;&#10;&#13;">1</number></map>'),
    ],
)
def test_without_escape_characters_stand_for_themselves(json_text: str, xml: str) -> None:
    assert write(json_text, escape=False) == xml


@pytest.mark.parametrize("json_text", ['{"a":"\\u000C","\\u0007":"bell"}', '{"a":"\\uDA00","\\uDD00":"bell"}'])
def test_without_escape_what_xml_cannot_carry_is_replaced_and_named_as_lost(json_text: str) -> None:
    xml, losses = json_to_xml(json_text, escape=False)
    assert xml == f'<map {XMLNS}><string key="a">\ufffd</string><string key="\ufffd">bell</string></map>'
    assert losses == ("characters",)


@pytest.mark.parametrize(
    ("json_text", "pointer"),
    [
        ('{"a":3,"b":4,"a":5}', "/a"),
        ('[0,{"b/~":{"\\n":1,"\\u000A":2}}]', "/1/b~1~0/\n"),
    ],
)
def test_duplicate_keys_are_rejected_where_they_stand(json_text: str, pointer: str) -> None:
    for escape in (True, False):
        with pytest.raises(InexpressibleDocument) as caught:
            json_to_xml(json_text, escape=escape)
        assert (caught.value.code, caught.value.pointer) == ("FOJS0003", pointer)


def test_keys_that_replacement_makes_equal_are_duplicates() -> None:
    assert "map" in write('{"\\u0001":1,"\\u0002":2}')
    with pytest.raises(InexpressibleDocument) as caught:
        json_to_xml('{"\\u0001":1,"\\u0002":2}', escape=False)
    assert caught.value.code == "FOJS0003"


def test_the_first_of_duplicate_members_can_be_used_and_the_others_are_named_as_lost() -> None:
    xml, losses = json_to_xml('{"a":3,"b":4,"a":{"c":5}}', duplicates="use-first")
    assert xml == f'<map {XMLNS}><number key="a">3</number><number key="b">4</number></map>'
    assert losses == ("duplicates",)
    assert json_to_xml('{"a":3}', duplicates="use-first")[1] == ()


def test_duplicate_members_can_be_retained_and_are_named_for_they_do_not_come_back() -> None:
    xml, losses = json_to_xml('{"a":3,"b":4,"a":5}', duplicates="retain")
    members = '<number key="a">3</number><number key="b">4</number><number key="a">5</number>'
    assert (xml, losses) == (f"<map {XMLNS}>{members}</map>", ("duplicates",))
    assert json_to_xml('{"a":3}', duplicates="retain")[1] == ()


def test_an_unknown_choice_for_duplicates_is_an_invalid_parameter() -> None:
    with pytest.raises(InvalidParameter) as caught:
        json_to_xml("{}", duplicates="use-last")
    assert (caught.value.parameter, caught.value.code) == ("duplicates", "FOJS0005")


@pytest.mark.parametrize(
    "json_text",
    ["", "{error}", "{}extra token", "{1:1}", "{true:1}", '{"key" 1}', '{"key" :1 2}', "[+1]", "[01]", "[1234A]",
     '["123\\"]', '["123\\u234"]', '{"key":123,}', '["key":123,]', "[\f1]", "-00", ".1", "1.", "1.e2", "-.01",
     '"oh dear \\xAA"', "'a'", "NaN"],
)  # fmt: skip
def test_a_syntax_error_has_the_code_of_the_specification(json_text: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        json_to_xml(json_text)
    assert caught.value.code == "FOJS0001"
    assert caught.value.place
    assert caught.value.place.line == 1


def test_indent_puts_white_space_between_elements_only() -> None:
    assert write('{"a":[1,"x ",{}],"b":{}}', indent=2) == (
        '<map>\n  <array key="a">\n    <number>1</number>\n    <string>x </string>\n    <map />\n  </array>\n'
        '  <map key="b" />\n</map>'
    )
    assert write('"x"', indent=2) == "<string>x</string>"


# XML to JSON


@pytest.mark.parametrize(
    ("xml", "json_text"),
    [
        # Numbers.
        ("<number> 23.70\n</number>", "23.70"),
        ("<number> +005 </number>", "5"),
        ("<number> 007 &#xd;</number>", "7"),
        ("<number> -0e0 &#xa;</number>", "-0e0"),
        ("<number>.001</number>", "0.001"),
        ("<number>-.50</number>", "-0.5"),
        ("<number>23.</number>", "23"),
        ("<number>+0.0</number>", "0"),
        ("<number>-00</number>", "-0"),
        ("<number>01.50E+06</number>", "1.5e6"),
        ("<number>1.E-007</number>", "1e-7"),
        ("<number>+1e0</number>", "1"),
        ("<number>+1e-400</number>", "1e-400"),
        ("<number>2<!--c-->7</number>", "27"),
        # Booleans.
        ("<boolean> false </boolean>", "false"),
        ("<boolean> 0 <!--false--></boolean>", "false"),
        ("<boolean>\t1 <?true?></boolean>", "true"),
        ("<boolean>tr<!--c-->ue</boolean>", "true"),
        # Strings.
        ("<string>   </string>", '"   "'),
        ("<string>ban<!--c-->a<![CDATA[na<]]></string>", '"banana<"'),
        ("<string>abc&#xa;d\\ef</string>", '"abc\\nd\\\\ef"'),
        ('<string escaped="1">\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u00E9</string>', '"\\"\\\\/\\b\\f\\n\\r\\téé"'),
        ('<string escaped="&#x9;1&#xd; ">-"-&#xa;-/-</string>', '"-\\"-\\n-/-"'),
        ('<string escaped=" true ">\\uD834\\uDD1E\\uDD1E\\uD834</string>', '"𝄞\\udd1e\\ud834"'),
        ('<string escaped=" false ">\\uD834</string>', '"\\\\uD834"'),
        ('<string escaped="0">\\"</string>', '"\\\\\\""'),
        # Maps, arrays and null.
        ("<null><!--content--><?p?></null>", "null"),
        ("<array>  </array>", "[]"),
        ("<array><!--comment--></array>", "[]"),
        ("<array> <null/> <!--comma--> <null/>\n</array>", "[null,null]"),
        ('<map> <null key="a"/> <!--comma--> <null key="b"/> </map>', '{"a":null,"b":null}'),
        ('<map><null key="&#x9;"/></map>', '{"\\t":null}'),
        ('<map><null escaped-key="true" key="\\t"/></map>', '{"\\t":null}'),
        ('<map><null escaped-key="0" key="\\t"/></map>', '{"\\\\t":null}'),
        (
            '<map><null key="\\&quot;" escaped-key=" true "/><null key="\\&quot;" escaped-key="false"/></map>',
            '{"\\"":null,"\\\\\\"":null}',
        ),
        # What means nothing.
        ('<null key="a" escaped-key="1"/>', "null"),
        ('<map escaped="0"/>', "{}"),
        ('<map><number key="a" escaped="1">1</number></map>', '{"a":1}'),
        ('<array xml:base="http://www.w3.org" xmlns:x="urn:x" x:type="y"><null xml:lang="de"/></array>', "[null]"),
    ],
)  # fmt: skip
def test_xml_is_read_as_the_specification_says(xml: str, json_text: str) -> None:
    assert read(xml) == json_text


def test_the_prefix_does_not_matter() -> None:
    xml = f'<j:array xmlns:j="{NAMESPACE}"><null {XMLNS}/><j:null/></j:array>'
    assert xml_to_json(xml) == ("[null,null]", ())


@pytest.mark.parametrize(
    ("xml", "path"),
    [
        ("<date>2016-04-23</date>", "/date"),
        ('<array xmlns="urn:other"/>', None),
        ('<map><null key="a"/><yek key="c"/></map>', "/map/yek[1]"),
        ('<array><null xmlns=""/></array>', "/array/null[1]"),
        ("<number>NaN</number>", "/number"),
        ("<number>INF</number>", "/number"),
        ("<number>-INF</number>", "/number"),
        ("<number>+1e400</number>", "/number"),
        ("<number/>", "/number"),
        ("<number>.</number>", "/number"),
        ("<number>1 2</number>", "/number"),
        ("<number>1e</number>", "/number"),
        ("<number>0x1F</number>", "/number"),
        ("<number>1_000</number>", "/number"),
        ("<number>٣</number>", "/number"),
        ("<number>1&#xa0;</number>", "/number"),
        ('<number escaped="true">\\u0030</number>', "/number"),
        ('<number zero="yes">0</number>', "/number"),
        ("<number>17<string>x</string></number>", "/number/string[1]"),
        ("<boolean>maybe</boolean>", "/boolean"),
        ("<boolean>TRUE</boolean>", "/boolean"),
        ("<boolean/>", "/boolean"),
        ("<boolean>true<string>x</string></boolean>", "/boolean/string[1]"),
        ("<null>nothing</null>", "/null"),
        ("<null> </null>", "/null"),
        ("<null><null/></null>", "/null/null[1]"),
        ("<string>ok<null/></string>", "/string/null[1]"),
        ('<string>H<sub xmlns="">2</sub>O</string>', "/string/sub[1]"),
        ('<string escaped="no">x</string>', "/string"),
        ('<map escaped="">x</map>', "/map"),
        ('<null escaped-key="yes"/>', "/null"),
        ("<array><null/><array/><null/>x</array>", "/array"),
        ("<array><null/><array/><array>x</array></array>", "/array/array[2]"),
        ('<map>x<null key="a"/></map>', "/map"),
        ("<map><null/></map>", "/map/null[1]"),
        ('<array><null key="a"/></array>', "/array/null[1]"),
        ('<array><null escaped-key="true"/></array>', "/array/null[1]"),
        ('<map><null key="a"/><null key="a"/></map>', "/map/null[2]"),
        ('<map><null key="1"/><map key="\\u0031" escaped-key="true"/></map>', "/map/map[1]"),
        ('<map><null key="\\n" escaped-key="1"/><null key="\\u000a" escaped-key="1"/></map>', "/map/null[2]"),
        (f'<map xmlns:j="{NAMESPACE}" j:base="x"/>', "/map"),
    ],
)  # fmt: skip
def test_xml_that_is_not_this_vocabulary_is_refused_where_it_stands(xml: str, path: str | None) -> None:
    if path is None:
        with pytest.raises(InexpressibleDocument) as caught:
            xml_to_json(xml)
        assert caught.value.code == "FOJS0006"
        return
    error = refuse(xml)
    assert (error.code, error.path) == ("FOJS0006", path)
    assert error.place
    assert error.place.line == 1


@pytest.mark.parametrize("text", ["\\Q", "\\", "\\uDEFG", "\\u12", "\\x20", "\\'", "\\U0041", "\\u٠٠٠٠", "a\\\\\\"])
def test_an_escape_that_json_does_not_have_is_refused(text: str) -> None:
    string = refuse(f'<array><string escaped="true">{text}</string></array>')
    key = refuse(f'<map>\n <null escaped-key="true" key="{text}"/></map>')
    assert (string.code, string.path) == ("FOJS0007", "/array/string[1]")
    assert (key.code, key.path, key.place) == ("FOJS0007", "/map/null[1]", (2, 2))


def test_a_refusal_points_at_the_start_tag() -> None:
    error = refuse('<map>\r\n<string key="é😀">😀</string>\r<number key="b">\n\nx</number></map>')
    assert (error.place, error.path) == ((3, 1), "/map/number[1]")


def test_indent_writes_pretty_json() -> None:
    assert xml_to_json(f"<array {XMLNS}><null/></array>", indent=2) == ("[\n  null\n]", ())


def test_the_first_fault_is_told_be_it_malformed_or_refused() -> None:
    with pytest.raises(InexpressibleDocument):
        xml_to_json(f"<array {XMLNS}><x/>")
    with pytest.raises(MalformedDocument):
        xml_to_json(f"<array {XMLNS}>&x;<x/>")


# The limits, and the roots


@pytest.mark.parametrize("innermost", ["[]", "1"])
def test_the_depth_limit_counts_the_elements_of_xml(innermost: str) -> None:
    deepest = "[" * (MAX_DEPTH - 1) + innermost + "]" * (MAX_DEPTH - 1)
    xml, _ = json_to_xml(deepest)
    assert xml_to_json(xml)[0] == deepest
    with pytest.raises(UnsafeDocument):
        json_to_xml(f"[{deepest}]")
    with pytest.raises(UnsafeDocument):
        xml_to_json(f"<array {XMLNS}>{xml}</array>")


@pytest.mark.parametrize("json_text", ["{}", "[]", '""', "0", "true", "null"])
def test_the_root_of_what_is_written_is_known_as_such(json_text: str) -> None:
    namespace, name, _ = read_root(BytesIO(json_to_xml(json_text)[0].encode()))
    assert namespace == NAMESPACE
    assert name in KINDS
