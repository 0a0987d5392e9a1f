"""Measures the converter beside its peers and beside the plain way: `make bench-converters`.

Every side starts from bytes and ends in bytes. A figure is the median of repeated runs, in processor time, in MB of the
document that goes in per second; the sides take turns, so that what disturbs the machine disturbs them all.
"""

import json
import logging
import re
import statistics
import sys
import time
from collections.abc import Callable
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

from benchmarks.documents import KINDS, make_document
from crosswalk.converter import json_to_xml, xml_to_json

SIZES = [1_000, 100_000, 4_000_000]
LONG_ENOUGH = 2.0  # seconds, after which a side is not repeated
TOO_LONG = 15.0  # seconds, which a side must not need by its speed on the last document of the kind
Convert = Callable[[bytes], bytes]


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
OURS = Side("crosswalk item", json_to_xml, lambda document: xml_to_json(document, "item"))
XMLTODICT = Side(
    "xmltodict",
    lambda document: xmltodict.unparse({"root": {"item": json.loads(document)}}).encode(),
    lambda document: _dump(xmltodict.parse(document)),
)
PEERS = [
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
NATURAL = Side(
    "crosswalk natural",
    lambda document: json_to_xml(document, "natural"),
    lambda document: xml_to_json(document, "natural"),
)
XMLTODICT_ROOTED = Side(
    "xmltodict + json",
    lambda document: xmltodict.unparse(json.loads(document)).encode(),
    lambda document: _dump(xmltodict.parse(document)),
)

# ---- Measuring


def measure(sides: dict[str, Convert], document: bytes) -> dict[str, float]:
    """MB/s of each side; a side that fails on the document is left out."""
    seconds: dict[str, list[float]] = {}
    for name, convert in sides.items():
        try:
            seconds[name] = [_time(convert, document, 1)]
        except Exception as error:
            print(f"    {name} fails: {type(error).__name__}", file=sys.stderr)
    for _ in range(4):
        for name, runs in seconds.items():
            if sum(runs) < LONG_ENOUGH:
                runs.append(_time(sides[name], document, max(1, int(0.05 / max(runs[0], 1e-6)))))
    return {name: len(document) / statistics.median(runs) / 1e6 for name, runs in seconds.items()}


def _time(convert: Convert, document: bytes, times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        convert(document)
    return (time.process_time() - started) / times


def comes_back(side: Side, document: bytes) -> str:
    """Whether a document is the same after both ways, as far as the json module can tell."""
    if not side.to_xml or not side.to_json:
        return "no reader"
    try:
        back = side.to_json(side.to_xml(document))
        equal = json.loads(back, object_pairs_hook=list) == json.loads(document, object_pairs_hook=list)
    except Exception:
        return "fails"
    return "yes" if equal else "no"


HARD = rb"""
{"a": [], "a": {}, "": [[[]], null, "", "\r\n", "\u0000\ud800", "<&>"], "b c": [1.0, 1e400, -0, 12345678901234567890]}
"""


def _geometric(ratios: list[float]) -> float:
    return statistics.geometric_mean(ratios) if ratios else float("nan")


def compare(direction: str, sides: list[Side], documents: dict[tuple[str, int], bytes]) -> dict[str, dict[str, float]]:
    """Print a table, a document a row and a side a column, and return it."""
    converters = {side.name: getattr(side, direction) for side in sides if getattr(side, direction)}
    print(f"\n{'':32}" + "".join(f"{name:>18}" for name in converters))
    table: dict[str, dict[str, float]] = {}
    last = ""
    for (kind, size), document in documents.items():
        row = f"{kind}, {size // 1000} KB"
        speeds = table.get(last, {}) if kind == last.partition(",")[0] else {}
        in_time = {n: c for n, c in converters.items() if len(document) / speeds.get(n, 1e3) / 1e6 < TOO_LONG}
        table[row] = measure(in_time, document)
        last = row
        print(f"{row:32}" + "".join(f"{table[row].get(name, float('nan')):>18.1f}" for name in converters))
    return table


def ratios(table: dict[str, dict[str, float]], ours: str, theirs: str) -> list[float]:
    return [row[ours] / row[theirs] for row in table.values() if ours in row and theirs in row]


def verdict(claim: str, target: float, value: float) -> None:
    print(f"  {'met   ' if value >= target else 'NOT MET'} {claim}: {value:.2f} (target {target:g})")


def respell(xml: bytes) -> dict[str, bytes]:
    """The same ITEM document in forms that are not our own."""
    swapped = re.sub(rb'(<ITEM)( key="[^"]*")( type="[^"]*")', rb"\1\3\2", xml)
    return {
        "attributes swapped": swapped,
        "single quotes": re.sub(rb'="([^"\']*)"', rb"='\1'", xml),
        "comments": xml.replace(b"</ITEM>", b"<!-- end --></ITEM>"),
        "white space in tags": xml.replace(b" />", b"\n/>"),
        "indented": json_to_xml(xml_to_json(xml), indent=4),
    }


def main() -> None:
    logging.disable()
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    documents = {(kind, size): make_document(kind, size) for kind in KINDS for size in sizes}
    items = {key: json_to_xml(document) for key, document in documents.items()}

    print("Does it come back? (any document of these kinds; and one with all that is hard)")
    for side in [OURS, PLAIN, *PEERS]:
        kinds = [comes_back(side, make_document(kind, 1_000)) for kind in KINDS]
        print(f"  {side.name:18} {', '.join(f'{k}: {c}' for k, c in zip(KINDS, kinds, strict=True))}; "
              f"hard: {comes_back(side, HARD)}")  # fmt: skip

    print("\nMB/s, JSON to XML")
    to_xml = compare("to_xml", [OURS, PLAIN, FLOOR, *PEERS], documents)
    print("\nMB/s, XML to JSON, ITEM documents in our own form (the peers read them in their own mappings)")
    readers = [OURS, PLAIN, FLOOR, XMLTODICT]
    to_json = compare("to_json", readers, items)
    print("\nMB/s, XML to JSON, the same in other forms")
    size = min(sizes[-1], 100_000)
    forms = {
        (f"{kind}, {form}", size): xml
        for kind in ("records", "texts")
        for form, xml in respell(json_to_xml(make_document(kind, size))).items()
    }
    others = compare("to_json", readers, forms)
    print("\nMB/s, natural: XML to JSON, then JSON to XML")
    trees = {key: json_to_xml(document, "natural") for key, document in documents.items()}
    natural_to_json = compare("to_json", [NATURAL, XMLTODICT_ROOTED], trees)
    objects = {key: xml_to_json(xml, "natural") for key, xml in trees.items()}
    natural_to_xml = compare("to_xml", [NATURAL, XMLTODICT_ROOTED], objects)
    print("\nMB/s, natural: XML to JSON, documents of attributes only (those of ITEM), then back")
    attributes_to_json = compare("to_json", [NATURAL, XMLTODICT_ROOTED], {k: items[k] for k in items if k[0] != "deep"})
    objects = {key: xml_to_json(xml, "natural") for key, xml in items.items() if key[0] != "deep"}
    attributes_to_xml = compare("to_xml", [NATURAL, XMLTODICT_ROOTED], objects)

    print("\nGeometric means and targets")
    against_plain = ratios(to_xml, OURS.name, PLAIN.name)
    verdict("JSON to XML, times the plain way", 5, _geometric(against_plain))
    verdict("JSON to XML, times the plain way, the worst", 2, min(against_plain))
    for side in PEERS:
        times = _geometric(ratios(to_xml, OURS.name, side.name))
        if side.pure:
            verdict(f"JSON to XML, times {side.name}", 1, times)
        else:
            print(f"          JSON to XML, times {side.name}: {times:.2f}")
    verdict("XML to JSON, own form, times the plain way", 2.5, _geometric(ratios(to_json, OURS.name, PLAIN.name)))
    verdict("XML to JSON, own form, times xmltodict", 2, _geometric(ratios(to_json, OURS.name, XMLTODICT.name)))
    verdict("XML to JSON, other forms, times the plain way", 1, _geometric(ratios(others, OURS.name, PLAIN.name)))
    verdict("XML to JSON, other forms, the worst", 1, min(ratios(others, OURS.name, PLAIN.name)))
    for direction, table in (
        ("XML to JSON", natural_to_json),
        ("JSON to XML", natural_to_xml),
        ("attributes to JSON", attributes_to_json),
        ("attributes to XML", attributes_to_xml),
    ):
        times = _geometric(ratios(table, NATURAL.name, XMLTODICT_ROOTED.name))
        verdict(f"natural, {direction}, times xmltodict + json", 1.5, times)
    to_floor = _geometric(ratios(to_xml, FLOOR.name, OURS.name)), _geometric(ratios(to_json, FLOOR.name, OURS.name))
    print(
        f"  The floor: json alone reads {to_floor[0]:.1f} times as fast as we write XML,"
        f" expat alone {to_floor[1]:.1f} times as fast as we write JSON."
    )


if __name__ == "__main__":
    main()
