"""The part of `make bench-converters` about `natural`, on XML as people have it, beside xmltodict with json."""

import statistics
from itertools import product

from benchmarks.documents import XML_KINDS, make_xml
from benchmarks.measuring import Timings, take_turns, time_here
from benchmarks.peers import XMLTODICT_ROOTED
from benchmarks.report import format_figure, format_table, judge
from crosswalk.converter import json_to_xml, xml_to_json

SIZES = [3_000, 30_000, 300_000]
THEIRS = XMLTODICT_ROOTED.name
WAYS = ("natural", "auto", "to XML")


def make_documents() -> dict[tuple[str, int], bytes]:
    return {(kind, size): make_xml(kind, size) for kind, size in product(XML_KINDS, SIZES)}


def report() -> list[str]:
    ratios: dict[str, list[float]] = {way: [] for way in WAYS}
    rows = []
    for (kind, size), xml in make_documents().items():
        to_json, to_xml = measure(xml)
        row = [to_json.compare("natural", THEIRS), to_json.compare("auto", THEIRS), to_xml.compare("natural", THEIRS)]
        for way, ratio in zip(WAYS, row, strict=True):
            ratios[way].append(ratio)
        rows.append([kind, f"{size // 1000} KB", to_json.find_speed("natural"), *row])
        print(", ".join(map(format_figure, rows[-1])), flush=True)
    targets = [
        judge("`natural`, XML to JSON, median", statistics.median(ratios["natural"]), 1.35),
        judge("the same, the worst", min(ratios["natural"]), 1),
        judge("the same by `auto`, median", statistics.median(ratios["auto"]), 1.35),
        judge("the same by `auto`, the worst", min(ratios["auto"]), 1),
        judge("`natural`, JSON to XML, median", statistics.median(ratios["to XML"]), 1.8),
        judge("the same, the worst", min(ratios["to XML"]), 1),
    ]
    return [
        format_table(["times xmltodict + json", "seen", "target", ""], targets),
        "`natural`: MB/s from XML, and times xmltodict + json, both ways.",
        format_table(["", "size", "MB/s", "from XML", "by `auto`", "to XML"], rows, left=2),
    ]


def measure(xml: bytes) -> tuple[Timings, Timings]:
    assert XMLTODICT_ROOTED.to_json
    assert XMLTODICT_ROOTED.to_xml
    to_json = {
        "natural": time_here(lambda document: xml_to_json(document, "natural")),
        "auto": time_here(xml_to_json),
        THEIRS: time_here(XMLTODICT_ROOTED.to_json),
    }
    to_xml = {
        "natural": time_here(lambda document: json_to_xml(document, "natural")),
        THEIRS: time_here(XMLTODICT_ROOTED.to_xml),
    }
    return take_turns(to_json, xml), take_turns(to_xml, xml_to_json(xml, "natural"))
