"""What holds of the mapping `natural` for every document: it agrees with xmltodict, and loses nothing unnamed."""

import json
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import canonicalize

import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.converter import natural
from crosswalk.converter.json_text import parse_json
from crosswalk.converter.xml.escaping import escape_attribute, escape_text
from crosswalk.errors import InexpressibleDocument
from tests.conversions import Converted, run, to_json


def xml_to_json(xml: str, **options: Any) -> Converted:
    return run(natural.xml_to_json, xml, **options)


def json_to_xml(text: str, **options: Any) -> Converted:
    return run(natural.json_to_xml, text, **options)


def write(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


NAMES = st.sampled_from(["a", "b", "c", "é", "item", "root", "p:a", "p:b", "xml:c"])
# What Unicode calls white space and XML does not is left out where xmltodict judges: it strips that too.
PLAIN_TEXTS = st.text(st.sampled_from("ab1 \t\n\r<>&\"']é日\U0001f600\x7f"), max_size=6)
TEXTS = PLAIN_TEXTS | st.text(st.sampled_from("a \u00a0\u2003\u0085\u2028"), max_size=4)
URIS = st.sampled_from(["u", "v", "http://example.com/?a=1&b"])


@st.composite
def elements(draw: st.DrawFn, depth: int = 4, texts: st.SearchStrategy[str] = TEXTS, marked_up: bool = True) -> str:
    """An element as XML, with p declared wherever it is used."""
    name = draw(NAMES)
    attributes = draw(st.dictionaries(NAMES, texts, max_size=3))
    declarations = draw(st.dictionaries(st.sampled_from(["xmlns", "xmlns:p", "xmlns:q"]), URIS, max_size=2))
    declarations = declarations if depth < 4 else {"xmlns:p": "u", **declarations}
    start = "".join(f' {key}="{escape_attribute(value)}"' for key, value in {**attributes, **declarations}.items())
    contents = [texts.map(escape_text)] * 2
    if marked_up:
        contents += [st.sampled_from(["<!--c-->", "<?go now?>", "<![CDATA[&]]>", "<![CDATA[]]>"])]
    if depth:
        contents += [elements(depth - 1, texts, marked_up)] * 2
    return f"<{name}{start}>{''.join(draw(st.lists(st.one_of(contents), max_size=4)))}</{name}>"


MARKS = st.sampled_from(["@a", "@b", "#text"])
NUMBERS = st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False)


def values(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """JSON values whose attributes and texts are scalars, in any order."""

    def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        marks, children = st.dictionaries(MARKS, scalars, max_size=2), st.dictionaries(NAMES, inner, max_size=3)
        members = st.builds(lambda some, others: [*some.items(), *others.items()], marks, children)
        return members.flatmap(st.permutations).map(dict)

    return st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | objects(inner), max_leaves=12)


def roots(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values(scalars).map(lambda value: {"top": {"@xmlns:p": "u", "x": value}})


WILD_KEYS = NAMES | MARKS | st.sampled_from(["", "a b", "@p:a", "@xmlns", "@xmlns:p", "@xml:lang", "q:a", "@"])
WILD_VALUES = st.recursive(
    st.none() | NUMBERS | TEXTS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WILD_KEYS, inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = (values(TEXTS) | roots(st.none() | TEXTS) | roots(st.none() | NUMBERS | TEXTS) | WILD_VALUES).map(write)


@given(elements(texts=PLAIN_TEXTS))
def test_reading_agrees_with_xmltodict(xml: str) -> None:
    assert xml_to_json(xml)[0] == write(xmltodict.parse(xml))


@given(elements(texts=PLAIN_TEXTS))
def test_reading_agrees_with_xmltodict_in_every_option(xml: str) -> None:
    assert xml_to_json(
        xml, attribute_prefix="-", text_key="$t", force_list=["a", "p:b"], strip_whitespace=False
    )[0] == write(
        xmltodict.parse(xml, attr_prefix="-", cdata_key="$t", force_list=("a", "p:b"), strip_whitespace=False)
    )  # fmt: skip
    assert xml_to_json(xml, namespaces="expanded")[0] == write(xmltodict.parse(xml, process_namespaces=True))


@given(elements(), st.booleans(), st.sampled_from(["strings", "infer"]))
def test_xml_comes_back_equivalent_unless_a_loss_is_named(xml: str, strip_whitespace: bool, types: str) -> None:
    text, losses = xml_to_json(
        xml, strip_whitespace=strip_whitespace, types=types, force_list=["b"], attribute_prefix="-", text_key="$"
    )
    back, _ = json_to_xml(text, attribute_prefix="-", text_key="$")
    if not losses:
        assert canonicalize(back) == canonicalize(xml)
    if not strip_whitespace:
        assert "whitespace" not in losses


@given(elements(marked_up=False))
def test_xml_keeps_its_elements_and_text_whatever_is_lost(xml: str) -> None:
    back, _ = json_to_xml(xml_to_json(xml, strip_whitespace=False)[0])
    assert list_elements(back) == list_elements(xml)


def list_elements(xml: str) -> list[Any]:
    """Name, attributes and text of each element, in an order that does not depend on the document's."""
    return sorted(
        (element.tag, sorted(element.items()), "".join([element.text or "", *(child.tail or "" for child in element)]))
        for element in ElementTree.fromstring(xml).iter()
    )


@given(DOCUMENTS)
def test_json_comes_back_equal_if_and_only_if_no_loss_is_named(text: str) -> None:
    try:
        xml, losses = json_to_xml(text)
    except InexpressibleDocument:
        return
    assert (xml_to_json(xml)[0] == to_json(parse_json(text))) == (not losses)


@given(roots(st.none() | PLAIN_TEXTS))
def test_writing_agrees_with_xmltodict(value: Any) -> None:
    xml, losses = json_to_xml(write(value))
    if "lists" not in losses:  # a list within a list is written as Python would print it
        peer = xmltodict.unparse(value, full_document=False)
        assert canonicalize(xml) == canonicalize(peer.replace("\r", "&#13;"))  # which it writes raw


@given(DOCUMENTS, st.integers(1, 8))
def test_indented_xml_reads_back_to_the_same_document(text: str, indent: int) -> None:
    try:
        plain, losses = json_to_xml(text)
    except InexpressibleDocument:
        return
    pretty, pretty_losses = json_to_xml(text, indent=indent)
    assert xml_to_json(pretty)[0] == xml_to_json(plain)[0]
    assert pretty_losses == losses


@given(elements(), st.integers(1, 8), st.sampled_from(["strings", "infer"]))
def test_indented_json_reads_back_to_the_same_value(xml: str, indent: int, types: str) -> None:
    assert to_json(parse_json(xml_to_json(xml, indent=indent, types=types)[0])) == xml_to_json(xml, types=types)[0]
