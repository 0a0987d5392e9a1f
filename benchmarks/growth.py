"""Measures how time grows with hostile documents: `make bench-growth`. Twice the document, about twice the time.

Growth is the geometric mean of three doublings, the last to a document of up to 4 MB: it is 2 where time is linear and
4 where it is quadratic. A single doubling tells less: one can cost more, where caches end or expat gets a second piece.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from xml.parsers import expat

from benchmarks.documents.hostile import ITEM, JSON, XML
from benchmarks.report import format_table, publish
from crosswalk.converter import json_to_xml, xml_to_json
from crosswalk.errors import CrosswalkError

MAPPINGS = ("item", "natural", "xpath", "jsonml")
TARGET = 2.6  # for "about twice", on a machine with other work
SIZE = 25_000
DOUBLINGS = 3
SHOWN = 8

# No reader on expat can grow more slowly than expat does with these.
MANY_ATTRIBUTES = ("attributes", "namespaces", "item: attributes")


def measure(convert: Callable[[bytes], object], make: Callable[[int], str]) -> tuple[float, float]:
    """Seconds for the smallest document, and how many times as many for one of twice the size."""
    documents = [make(SIZE << doubling).encode() for doubling in (0, DOUBLINGS)]
    smallest, largest = (min(_time(convert, document) for _ in range(3)) for document in documents)
    return smallest, float((largest / smallest) ** (1 / DOUBLINGS))


def read_with_expat_alone(document: bytes) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: None
    parser.Parse(document, True)


def _time(convert: Callable[[bytes], object], document: bytes) -> float:
    times: list[float] = []
    while sum(times) < 0.02:
        started = time.process_time()
        with suppress(CrosswalkError):
            convert(document)
        times.append(time.process_time() - started)
    return min(times)


def main() -> None:
    seconds, floor = measure(read_with_expat_alone, XML["attributes"])
    rows = [("attributes", "expat alone", seconds, floor)]
    worst, missed = 0.0, 0
    for kinds, convert, arrow in ((JSON, json_to_xml, "to XML"), (XML | ITEM, xml_to_json, "to JSON")):
        for name, make in kinds.items():
            for mapping in MAPPINGS if not name.startswith("item:") else ("item",):
                seconds, growth = measure(lambda document: convert(document, mapping), make)  # noqa: B023
                missed += growth > (max(TARGET, floor) if name in MANY_ATTRIBUTES else TARGET)
                worst = max(worst, growth)
                rows.append((name, f"{mapping} {arrow}", seconds, growth))
                print(f"{name:34}{mapping} {arrow}: {seconds:.4f} s, {growth:.2f}", flush=True)
    steepest = sorted(rows, key=lambda row: -row[3])[:SHOWN]
    publish(
        "bench-growth",
        [
            f"Of {len(rows) - 1} cases, {missed} take more than {TARGET} times as long for twice the document, or than "
            f"expat alone where there are so many attributes; the steepest takes {worst:.2f} times as long.",
            format_table(["the steepest", "way", "seconds for the smallest", "growth"], steepest, left=2),
        ],
    )


if __name__ == "__main__":
    main()
