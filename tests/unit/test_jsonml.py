"""The mapping jsonml: its rules, its refusals, and the round trip of any element tree."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.converter import jsonml
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.xml.escaping import UNCARRIABLE, escape_attribute, escape_text
from crosswalk.errors import InexpressibleDocument, MalformedDocument, UnsafeDocument
from tests.conversions import Converted, run


def xml_to_json(xml: str, **options: Any) -> Converted:
    return run(jsonml.xml_to_json, xml, **options)


def json_to_xml(text: str) -> Converted:
    return run(jsonml.json_to_xml, text)


PAIRS = [
    ('["p",{"class":"x"},"one ",["b","two"]," three"]', '<p class="x">one <b>two</b> three</p>'),
    ('["a"]', "<a />"),
    ('["a",{"b":"","c":"&<>\\"\\t\\n\\r"}]', '<a b="" c="&amp;&lt;&gt;&quot;&#09;&#10;&#13;" />'),
    ('["a","&<>\\"\\t\\n\\r"]', '<a>&amp;&lt;&gt;"\t\n&#13;</a>'),
    ('["a"," ",["b"],"\\n "]', "<a> <b />\n </a>"),
    ('["a:b",{"xmlns:a":"u","xmlns":"v","a:c":"1","c":"2","xml:lang":"de"},["c"]]',
     '<a:b xmlns:a="u" xmlns="v" a:c="1" c="2" xml:lang="de"><c /></a:b>'),
    ('["é",{"愛":"😀"},"\u00a0\u0085"]', '<é 愛="😀">\u00a0\u0085</é>'),
    ('["a",{"xmlns":""},["b",{"xmlns:xml":"http://www.w3.org/XML/1998/namespace"}]]',
     '<a xmlns=""><b xmlns:xml="http://www.w3.org/XML/1998/namespace" /></a>'),
]  # fmt: skip


@pytest.mark.parametrize(("json_text", "xml"), PAIRS)
def test_json_and_xml_mean_each_other(json_text: str, xml: str) -> None:
    assert xml_to_json(xml) == (json_text, ())
    assert json_to_xml(json_text) == (xml, ())


@pytest.mark.parametrize(
    ("xml", "json_text", "losses"),
    [
        ("<a>x<![CDATA[<&]]>y&#38;</a>", '["a","x<&y&"]', ()),
        ("<a>x<!-- c -->y</a>", '["a","xy"]', ("comments",)),
        ("<a>x<?p?>y</a>", '["a","xy"]', ("processing-instructions",)),
        ("<?p?><a/><!---->", '["a"]', ("comments", "processing-instructions")),
        ("<!DOCTYPE a SYSTEM 'x'>\n<a></a>\n", '["a"]', ()),
    ],
)
def test_comments_and_instructions_are_lost_and_the_texts_around_them_are_one(
    xml: str, json_text: str, losses: Sequence[str]
) -> None:
    assert xml_to_json(xml) == (json_text, losses)


def test_a_long_text_in_many_parts_is_one() -> None:
    text = "é&\r\n" * 100_000
    assert json.loads(xml_to_json(f"<a>{escape_text(text)}</a>")[0]) == ["a", text]


def test_indent_writes_pretty_json() -> None:
    pretty = '[\n  "a",\n  {\n    "b": "1"\n  },\n  [\n    "c"\n  ]\n]'
    assert xml_to_json('<a b="1"><c/></a>', indent=2) == (pretty, ())


@pytest.mark.parametrize(
    ("json_text", "xml", "losses"),
    [
        ('["a",{"b":1.0,"c":true},-0]', '<a b="1.0" c="true">-0</a>', ("types",)),
        ('["a",1E400,false]', "<a>1E400false</a>", ("adjacent-texts", "types")),
        ('["a",{}]', "<a />", ("empty-attributes",)),
        ('["a","x",["b"],"y",["b",""]]', "<a>x<b />y<b></b></a>", ("empty-text",)),
        ('["a",["b"],"x","y"]', "<a><b />xy</a>", ("adjacent-texts",)),
        (' [ "a" , { "b" : "1" } ] ', '<a b="1" />', ()),
    ],
)
def test_what_does_not_come_back_is_named(json_text: str, xml: str, losses: Sequence[str]) -> None:
    assert json_to_xml(json_text) == (xml, losses)


@pytest.mark.parametrize(
    ("json_text", "pointer"),
    [
        ("{}", ""),
        ("[]", ""),
        ('"a"', ""),
        ("null", ""),
        ("[1]", "/0"),
        ('[["a"]]', "/0"),
        ('["a",null]', "/1"),
        ('["a",["b"],["c","x",null]]', "/2/2"),
        ('["a",{},{}]', "/2"),
        ('["a","x",{}]', "/2"),
        ('["a",[]]', "/1"),
        ('["a",["b",{"c":null}]]', "/1/1/c"),
        ('["a",["b",{"c":[]}]]', "/1/1/c"),
        ('["a",["b"],["c",{"d~/e":"1"}]]', "/2/1/d~0~1e"),
        ('["a b"]', "/0"),
        ('["a",[""]]', "/1/0"),
        ('["a:b:c",{"xmlns:a":"u"}]', "/0"),
        ('["a",{"":""}]', "/1/"),
        ('["a:b"]', "/0"),
        ('["xmlns:b"]', "/0"),
        ('["a",{"b:c":""}]', "/1/b:c"),
        ('["a",["b",{"xmlns:p":"u"},["p:c"]],["p:d"]]', "/2/0"),
        ('["a",{"xmlns:p":""}]', "/1/xmlns:p"),
        ('["a",{"xmlns:xml":"u"}]', "/1/xmlns:xml"),
        ('["a",{"xmlns:xmlns":"u"}]', "/1/xmlns:xmlns"),
        ('["a",{"xmlns:p":"http://www.w3.org/XML/1998/namespace"}]', "/1/xmlns:p"),
        ('["a",{"xmlns":"http://www.w3.org/2000/xmlns/"}]', "/1/xmlns"),
        ('["a",{"b":"1","b":"2"}]', "/1/b"),
        ('["a",{"xmlns":"u","xmlns":"u"}]', "/1/xmlns"),
        ('["a",{"xmlns:p":"u","xmlns:q":"u","p:b":"","q:b":""}]', "/1/q:b"),
        ('["a","\\u0000"]', "/1"),
        ('["a",{"b":"\\ud800"}]', "/1/b"),
        ('["a","\uffff"]', "/1"),
    ],
)
def test_what_is_no_element_tree_is_refused_where_it_stands(json_text: str, pointer: str) -> None:
    with pytest.raises(InexpressibleDocument) as caught:
        json_to_xml(json_text)
    assert caught.value.pointer == pointer


def test_a_declaration_holds_within_its_element_only() -> None:
    xml = '<a xmlns:p="u"><b xmlns:p="v"><p:c /></b><p:d /></a>'
    assert json_to_xml(xml_to_json(xml)[0]) == (xml, ())


def test_the_depth_limit_counts_the_arrays_and_objects_of_json() -> None:
    deepest = "<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH
    assert json_to_xml(xml_to_json(deepest)[0])[0] == deepest.replace("<a></a>", "<a />")
    for document in (f"<a>{deepest}</a>", deepest.replace("<a></a>", "<a b=''></a>")):
        with pytest.raises(UnsafeDocument) as caught:
            xml_to_json(document)
        assert caught.value.place == (1, document.rindex("<a") + 1)
    with pytest.raises(UnsafeDocument):
        json_to_xml('["a",' * 513 + '"x"' + "]" * 513)


def test_what_is_malformed_is_told_before_what_is_inexpressible() -> None:
    with pytest.raises(MalformedDocument):
        json_to_xml('["a",null')
    with pytest.raises(MalformedDocument):
        xml_to_json("<a><p:b/></a>")


SCALARS = st.sampled_from(["", "x", " ", 1, True, 0.5])
ARRAYS = st.recursive(
    st.tuples(st.just("a"), st.dictionaries(st.just("b"), SCALARS)).map(list) | st.just(["a"]),
    lambda inner: st.lists(inner | SCALARS, max_size=4).map(lambda children: ["c", *children]),
)


@given(ARRAYS)
def test_json_comes_back_equal_if_and_only_if_no_loss_is_named(array: list[Any]) -> None:
    json_text = json.dumps(array, separators=(",", ":"))
    xml, losses = json_to_xml(json_text)
    assert (xml_to_json(xml)[0] == json_text) is (not losses)


# Any element tree comes back


@dataclass(frozen=True)
class Element:
    name: str
    attributes: dict[str, str]
    children: "Sequence[Element | str]"

    def write(self, *, noise: bool) -> str:
        """As XML; with noise, comments and instructions stand before each child."""
        start = self.name + "".join(f' {key}="{escape_attribute(value)}"' for key, value in self.attributes.items())
        between = "<!-- & --><?p <?>" if noise else ""
        content = [between + (escape_text(c) if isinstance(c, str) else c.write(noise=noise)) for c in self.children]
        return f"<{start}>{''.join(content)}</{self.name}>"


NAMES = st.sampled_from(["a", "b", "p:a", "q:b", "é", "item", "ITEM", "p:愛"])
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: UNCARRIABLE.sub("", text)),
    st.sampled_from(["]]>", "&amp;", "\r\n", " \t", "\u00a0", "<![CDATA[", "\\u0000", "</a>", "true", "1.0", "\u2028"]),
)
URIS = st.sampled_from(["u", "http://example.com/é?a=1&b=2", "urn:x", '"<>&']) | TEXTS.filter(
    lambda text: text and "}" not in text
)  # ElementTree separates by }
DECLARATIONS = st.fixed_dictionaries(
    {}, optional={"xmlns": URIS | st.just(""), "xmlns:p": URIS, "xmlns:q": URIS, "xmlns:r": URIS}
)
# No two of these have the same local name, so that none are the same attribute when two prefixes mean one namespace.
ATTRIBUTES = st.dictionaries(st.sampled_from(["c", "p:d", "q:e", "xml:lang", "é"]), TEXTS)


def elements(children: st.SearchStrategy[Sequence[Element | str]]) -> st.SearchStrategy[Element]:
    return st.builds(
        lambda name, declarations, attributes, children: Element(name, {**declarations, **attributes}, children),
        NAMES,
        DECLARATIONS,
        ATTRIBUTES,
        children,
    )


TREES = st.recursive(elements(st.lists(TEXTS)), lambda inner: elements(st.lists(inner | TEXTS)), max_leaves=10).map(
    lambda tree: Element(tree.name, {"xmlns:p": "p", "xmlns:q": "q", **tree.attributes}, tree.children)
)


@given(TREES)
def test_xml_to_json_to_xml_is_canonically_the_same(tree: Element) -> None:
    json_text, losses = xml_to_json(tree.write(noise=True))
    assert losses == (("comments", "processing-instructions") if "<!--" in tree.write(noise=True) else ())
    xml, _ = json_to_xml(json_text)
    assert ElementTree.canonicalize(xml) == ElementTree.canonicalize(tree.write(noise=False))
    assert xml_to_json(xml) == (json_text, ())
