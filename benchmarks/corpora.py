"""Measures `item` on the documents that JSON parsers are usually measured with: `make bench-corpora`.

Others made them, and nothing here was written for them. They come with the npm package simdjson.
"""

import logging
from pathlib import Path

from benchmarks.converters import OURS, judge_mean_and_worst, measure
from benchmarks.documents import respell
from benchmarks.peers import PLAIN
from benchmarks.report import format_figure, format_table, publish
from benchmarks.tables import Key, Table, compare, mean
from crosswalk.converter import json_to_xml

FOLDER = Path(".npm-bench/node_modules/simdjson/jsonexamples")
UNUSUAL = ("type before key", "single quotes", "comments", "line ends in tags")
"""Forms in which hardly anybody writes; no target counts them."""


def read_corpora() -> dict[Key, bytes]:
    documents = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))}
    if not documents:
        raise SystemExit(f"There are no documents in {FOLDER}: npm installs them there.")
    return {(name, len(document)): document for name, document in documents.items()}


def report() -> list[str]:
    documents = read_corpora()
    items = {key: json_to_xml(document) for key, document in documents.items()}
    to_xml = measure("to_xml", [OURS, PLAIN], documents)
    to_json = measure("to_json", [OURS, PLAIN], items)
    forms = {}
    for key, item in items.items():
        respelled = {(form, len(xml)): xml for form, xml in respell(item).items() if form not in UNUSUAL}
        forms[key] = measure("to_json", [OURS, PLAIN], respelled)
    all_forms = {
        (f"{name}: {form}", size): timings
        for (name, size), table in forms.items()
        for (form, _), timings in table.items()
    }
    targets = [
        *judge_mean_and_worst("JSON to XML", to_xml, 5, 1.5),
        *judge_mean_and_worst("XML to JSON", to_json, 2.5, 1.35),
        *judge_mean_and_worst("XML to JSON, the forms of others", all_forms, 2, 1.2),
    ]
    rows = [
        [key[0], f"{key[1] // 1000} KB", format_cell(to_xml, key), format_cell(to_json, key), *judge_forms(forms[key])]
        for key in documents
    ]
    columns = ["", "size", "to XML", "to JSON", "forms of others", "worst", "which is"]
    return [
        format_table(["times the plain way", "seen", "target", ""], targets),
        "MB/s, and in brackets times the plain way; of the forms of others, only times the plain way.",
        format_table(columns, rows, left=2),
    ]


def format_cell(table: Table, key: Key) -> str:
    timings = table[key]
    return f"{format_figure(timings.find_speed(OURS.name))} ({format_figure(timings.compare(OURS.name, PLAIN.name))})"


def judge_forms(table: Table) -> tuple[float, float, str]:
    """Times the plain way in the mean and at the worst, and in which form that is."""
    ratios = compare(table, OURS.name, PLAIN.name)
    return mean(ratios), min(ratios), list(table)[ratios.index(min(ratios))][0]


def main() -> None:
    logging.disable()
    publish("bench-corpora", report())


if __name__ == "__main__":
    main()
