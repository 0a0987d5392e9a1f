"""The part of `make bench-converters` that compares with an older checkout, turn by turn (OLD=../old/layers/shared)."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks import natural
from benchmarks.checkouts import ROOT, Checkout
from benchmarks.report import format_figure, format_table, judge
from benchmarks.tables import Key, Table, compare, find_worst, format_size, mean, measure_timers
from crosswalk.converter import json_to_xml, xml_to_json

FAST_ENOUGH = 100
"""MB/s, above which it may be slower than it was."""


def report(layer: Path, documents: Mapping[Key, bytes]) -> list[str]:
    """The converter of another checkout and this one, each in a process of its own."""
    xmls = natural.make_documents()
    items = {key: json_to_xml(document) for key, document in documents.items()}
    objects = {key: xml_to_json(xml, "natural") for key, xml in xmls.items()}
    cases: dict[str, tuple[str, str, Mapping[Key, bytes]]] = {
        "`item`, JSON to XML": ("json_to_xml", "item", documents),
        "`item`, XML to JSON": ("xml_to_json", "item", items),
        "`natural`, XML to JSON": ("xml_to_json", "natural", xmls),
        "the same by `auto`": ("xml_to_json", "auto", xmls),
        "`natural`, JSON to XML": ("json_to_xml", "natural", objects),
    }
    with ExitStack() as stack:
        old, new = (stack.enter_context(Checkout(folder)) for folder in (layer, ROOT / "layers/shared"))
        tables = {
            name: measure_timers({"old": old.time(*way), "new": new.time(*way)}, inputs)
            for name, (*way, inputs) in cases.items()
        }
    rows = [[name, mean(compare(table, "new", "old")), *find_extremes(table)] for name, table in tables.items()]
    return [
        "This checkout, times the older one.",
        format_table(["", "mean", "worst", "best"], rows),
        format_table(["", "seen", "target", ""], judge_to_xml(tables["`item`, JSON to XML"])),
    ]


def judge_to_xml(table: Table) -> list[tuple[str, ...]]:
    slow = {key: timings for key, timings in table.items() if timings.find_speed("new") < FAST_ENOUGH} or table
    claim = f"`item`, JSON to XML, below {FAST_ENOUGH} MB/s, {find_worst(slow, 'new', 'old')}"
    return [
        judge("`item`, JSON to XML, mean", mean(compare(table, "new", "old")), 1),
        judge(claim, min(compare(slow, "new", "old")), 0.75),
    ]


def find_extremes(table: Table) -> list[str]:
    ratios = sorted(
        (timings.compare("new", "old"), f"{kind}, {format_size(n)}") for (kind, n), timings in table.items()
    )
    return [f"{format_figure(ratio)} ({name})" for ratio, name in (ratios[0], ratios[-1])]
