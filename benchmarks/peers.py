"""Other ways to convert: the plain way, with the standard library alone, and the peers, each in its own mapping."""

import json
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.parsers import expat

import dicttoxml
import elementpath
import json2xml.dicttoxml
import json2xml_rs
import xmljson
import xmltodict
from elementpath.xpath31 import XPath31Parser

from benchmarks.measuring import Convert


@dataclass(frozen=True)
class Side:
    """One way to convert; None where it cannot."""

    name: str
    to_xml: Convert | None
    to_json: Convert | None
    pure: bool = True


# ---- The plain way: json and ElementTree, the mapping of `item` in the fewest words. Neither exact nor safe.


def write_plainly(document: bytes) -> bytes:
    xml: bytes = ElementTree.tostring(_build(json.loads(document), {}), encoding="utf-8")
    return xml


def _build(value: object, attributes: dict[str, str]) -> ElementTree.Element:
    children: list[ElementTree.Element] = []
    if isinstance(value, dict):
        attributes["type"] = "object"
        children = [_build(member, {"key": key}) for key, member in value.items()]
    elif isinstance(value, list):
        attributes["type"] = "list"
        children = [_build(item, {}) for item in value]
    elif isinstance(value, str):
        attributes["type"] = "string"
        if value:
            attributes["value"] = value
    elif isinstance(value, bool):
        attributes |= {"type": "boolean", "value": "true" if value else "false"}
    elif isinstance(value, int):
        attributes |= {"type": "integer", "value": str(value)}
    elif isinstance(value, float):
        attributes |= {"type": "float", "value": repr(value)}
    else:
        attributes["type"] = "null"
    element = ElementTree.Element("ITEM", attributes)
    element.extend(children)
    return element


def read_plainly(document: bytes) -> bytes:
    return json.dumps(_value(ElementTree.fromstring(document)), ensure_ascii=False, separators=(",", ":")).encode()


def _value(element: ElementTree.Element) -> object:
    kind = element.get("type")
    if kind == "object":
        return {child.get("key"): _value(child) for child in element}
    if kind == "list":
        return [_value(child) for child in element]
    if kind == "string":
        return element.get("value", "")
    if kind == "integer":
        return int(element.get("value", ""))
    if kind == "float":
        return float(element.get("value", ""))
    return element.get("value") == "true" if kind == "boolean" else None


# ---- The peers, each in its own mapping


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _write_with_elementpath(document: bytes) -> bytes:
    variables = {"d": document.decode()}
    [tree] = elementpath.select(ElementTree.Element("x"), "json-to-xml($d)", parser=XPath31Parser, variables=variables)
    xml: bytes = ElementTree.tostring(tree.getroot(), encoding="utf-8")
    return xml


def _read_with_elementpath(document: bytes) -> bytes:
    root = ElementTree.fromstring(document)
    return str(elementpath.select(root, "xml-to-json(.)", parser=XPath31Parser)).encode()


def _write_with_xmljson(document: bytes) -> bytes:
    root = xmljson.badgerfish.etree({"root": json.loads(document)})[0]
    xml: bytes = ElementTree.tostring(root, encoding="utf-8")
    return xml


PLAIN = Side("the plain way", write_plainly, read_plainly)
XMLTODICT = Side(
    "xmltodict",
    lambda document: xmltodict.unparse({"root": {"item": json.loads(document)}}).encode(),
    lambda document: _dump(xmltodict.parse(document)),
)
OTHERS = [
    XMLTODICT,
    Side("json2xml", lambda document: json2xml.dicttoxml.dicttoxml(json.loads(document)), None),
    Side("json2xml (Rust)", lambda document: json2xml_rs.dicttoxml(json.loads(document)), None, pure=False),
    Side("dicttoxml", lambda document: dicttoxml.dicttoxml(json.loads(document)), None),
    Side(
        "xmljson",
        _write_with_xmljson,
        lambda document: _dump(xmljson.badgerfish.data(ElementTree.fromstring(document))),
    ),
    Side("elementpath", _write_with_elementpath, _read_with_elementpath),
]


def _run_expat(document: bytes) -> bytes:
    expat.ParserCreate().Parse(document, True)
    return b""


FLOOR = Side("json or expat alone", lambda document: str(len(json.loads(document))).encode(), _run_expat, pure=False)
XMLTODICT_ROOTED = Side(
    "xmltodict + json",
    lambda document: xmltodict.unparse(json.loads(document)).encode(),
    lambda document: _dump(xmltodict.parse(document)),
)
