"""Measures the converter beside the plain way, the peers and an older checkout: `make bench-converters`.

Every way starts from bytes and ends in bytes; figures are MB of the document that goes in per second of processor time.
"""

import argparse
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from pathlib import Path

from benchmarks import natural, older
from benchmarks.documents import JSON_KINDS, PEOPLES, make_json, respell
from benchmarks.measuring import stay_on_one_processor, time_here
from benchmarks.peers import FLOOR, OTHERS, PLAIN, XMLTODICT, Side
from benchmarks.report import format_figure, format_table, judge, publish
from benchmarks.tables import Key, Table, compare, find_worst, format_size, mean, measure_timers
from crosswalk.converter import json_to_xml, xml_to_json

SIZES = [1_000, 100_000, 4_000_000]
FORM_SIZES = [100_000, 1_000_000]
FORM_KINDS = ("records", "texts", *PEOPLES)
PEER_SIZE = 100_000
OURS = Side("crosswalk item", json_to_xml, lambda document: xml_to_json(document, "item"))
HARD = rb"""
{"a": [], "a": {}, "": [[[]], null, "", "\r\n", "\u0000\ud800", "<&>"], "b c": [1.0, 1e400, -0, 12345678901234567890]}
"""


def make_documents(sizes: Iterable[int]) -> dict[Key, bytes]:
    documents = {(kind, size): make_json(kind, size) for kind, size in product(JSON_KINDS, sizes)}
    indented = {(f"{kind}, indented", size): make_json(kind, size, indent=2) for kind, size in product(PEOPLES, sizes)}
    return documents | indented


def measure(direction: str, sides: Iterable[Side], documents: Mapping[Key, bytes]) -> Table:
    timers = {side.name: time_here(convert) for side in sides if (convert := getattr(side, direction))}
    return measure_timers(timers, documents)


# ---- The parts of the report


def report_item(documents: Mapping[Key, bytes]) -> list[str]:
    to_xml = measure("to_xml", [OURS, PLAIN, FLOOR], documents)
    items = {key: json_to_xml(document) for key, document in documents.items() if "indented" not in key[0]}
    to_json = measure("to_json", [OURS, PLAIN, FLOOR, XMLTODICT], items)
    forms = measure("to_json", [OURS, PLAIN], make_forms())
    targets = [
        *judge_mean_and_worst("`item`, JSON to XML", to_xml, 5, 1.5),
        *judge_mean_and_worst("`item`, XML to JSON", to_json, 2.5, 1.35),
        *judge_mean_and_worst("`item`, XML to JSON, the forms of others", forms, 2, 1.2),
        judge("`item`, XML to JSON, times xmltodict, mean", mean(compare(to_json, OURS.name, XMLTODICT.name)), 2),
    ]
    return [
        format_table(["times the plain way", "seen", "target", ""], targets),
        "`item`: MB/s, and in brackets times the plain way.",
        format_item(to_xml, to_json),
        "XML to JSON in the forms of other writers, times the plain way: the mean of all kinds, and the worst kind.",
        format_forms(forms),
        f"The floor: json alone reads {mean(compare(to_xml, FLOOR.name, OURS.name)):.1f} times as fast as we write XML,"
        f" expat alone {mean(compare(to_json, FLOOR.name, OURS.name)):.1f} times as fast as we write JSON.",
    ]


def make_forms() -> dict[Key, bytes]:
    return {
        (f"{kind}: {form}", size): xml
        for kind, size in product(FORM_KINDS, FORM_SIZES)
        for form, xml in respell(json_to_xml(make_json(kind, size))).items()
    }


def judge_mean_and_worst(claim: str, table: Table, target: float, worst: float) -> list[tuple[str, ...]]:
    ratios = compare(table, OURS.name, PLAIN.name)
    which = find_worst(table, OURS.name, PLAIN.name)
    return [judge(f"{claim}, mean", mean(ratios), target), judge(f"{claim}, {which}", min(ratios), worst)]


def format_item(to_xml: Table, to_json: Table) -> str:
    kinds = list(dict.fromkeys(kind for kind, _ in to_xml))
    sizes = sorted({size for _, size in to_xml})
    columns = [f"{way} {format_size(size)}" for way in ("to XML", "to JSON") for size in sizes]

    def format_cell(table: Table, key: Key) -> str:
        if key not in table:
            return ""
        ratio = format_figure(table[key].compare(OURS.name, PLAIN.name))
        return f"{format_figure(table[key].find_speed(OURS.name))} ({ratio})"

    rows = [[kind, *(format_cell(t, (kind, size)) for t in (to_xml, to_json) for size in sizes)] for kind in kinds]
    return format_table(["", *columns], rows)


def format_forms(forms: Table) -> str:
    rows = []
    for form in dict.fromkeys(name.partition(": ")[2] for name, _ in forms):
        of_form = {key: timings for key, timings in forms.items() if key[0].endswith(f": {form}")}
        ratios = compare(of_form, OURS.name, PLAIN.name)
        (worst, size), _ = min(of_form.items(), key=lambda row: row[1].compare(OURS.name, PLAIN.name))
        rows.append([form, mean(ratios), min(ratios), f"{worst.partition(':')[0]}, {format_size(size)}"])
    return format_table(["form", "mean", "worst", "which is"], rows)


def report_peers() -> list[str]:
    documents = {(kind, PEER_SIZE): make_json(kind, PEER_SIZE) for kind in JSON_KINDS}
    table = measure("to_xml", [OURS, *OTHERS], documents)
    rows = []
    for peer in OTHERS:
        ratios = compare(table, OURS.name, peer.name)
        worst = min((timings.compare(OURS.name, peer.name), kind) for (kind, _), timings in table.items())
        backs = [kind for kind in JSON_KINDS if comes_back(peer, make_json(kind, 1_000))]
        back = "it has no reader" if not peer.to_json else ", ".join(backs) or "none"
        rows.append([peer.name, mean(ratios), f"{format_figure(worst[0])} ({worst[1]})", len(ratios), back])
    ours = [kind for kind in JSON_KINDS if comes_back(OURS, make_json(kind, 1_000))]
    hard = [side.name for side in (OURS, *OTHERS) if comes_back(side, HARD)]
    return [
        f"JSON to XML beside the peers, each in its own mapping: {len(documents)} documents of 100 KB.",
        format_table(["", "we are faster by", "at least by", "documents it takes", "that come back"], rows),
        f"`item` brings {len(ours)} of {len(JSON_KINDS)} kinds back. The hard document (duplicate and empty keys, "
        f"1e400, U+0000) comes back from: {', '.join(hard)}.",
    ]


def comes_back(side: Side, document: bytes) -> bool:
    """Whether a document is the same after both ways, as far as the json module can tell."""
    if not side.to_xml or not side.to_json:
        return False
    try:
        back = side.to_json(side.to_xml(document))
        return bool(json.loads(back, object_pairs_hook=list) == json.loads(document, object_pairs_hook=list))
    except Exception:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-converters")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="bytes of the documents")
    parser.add_argument("--old", type=Path, help="an older checkout's layers/shared, to compare with")
    parser.add_argument("--only", choices=["item", "natural", "peers", "older"], help="one part of the report")
    given = parser.parse_args()
    logging.disable()
    stay_on_one_processor()
    documents = make_documents(given.sizes)
    parts: dict[str, Callable[[], list[str]]] = {
        "item": lambda: report_item(documents),
        "natural": natural.report,
        "peers": report_peers,
    }
    if given.old:
        parts["older"] = lambda: older.report(given.old, documents)
    for name, report in parts.items():
        if given.only in (None, name):
            publish(f"bench-converters {name}", report())


if __name__ == "__main__":
    main()
