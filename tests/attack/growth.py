"""Tries every hostile family in every mapping, at a quarter, half and all of the largest size, whole and as a stream.

Limits are those of docs and template: half of a converter's memory, three seconds of one processor, time in proportion.
"""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from crosswalk.converter.natural import MAX_MARK_LENGTH, MAX_NAME_LENGTH
from tests.attack.hostile import JSON, XML, Family
from tests.attack.report import Part
from tests.attack.sandbox import (
    MEBIBYTE,
    Convert,
    Measured,
    convert_as_stream,
    convert_whole,
    import_everything,
    measure,
)

LARGEST = 4 * MEBIBYTE
HALF_OF_MEMORY = 1769 * MEBIBYTE // 2
SECONDS = 3.0
GROWTH = 8.0
"""Times as long that four times the document may take: twice what is linear, on a machine with other work."""
NOTABLE = 0.3
"""Seconds below which a time says more about the machine than about the document."""
TRIES = 3
"""So often is tried again what was too slow: what else a machine does can only add to a document's time."""
STREAMED = 32 * MEBIBYTE
"""Bytes more that a stream may take for the largest document than for a quarter of it, beside the document itself."""
PLACES = 1000
"""Bytes in which there must be a place to cut. A document with fewer is one value, tag or record to a stream, more or
less, which it holds as a whole; only half of a converter's memory bounds it then."""


@dataclass(frozen=True)
class Way:
    """One way through the converter. `cut`: before or behind which a stream is cut; nothing for a whole document."""

    name: str
    convert: Convert
    families: dict[str, Family]
    cut: bytes = b""


def list_ways() -> Iterator[Way]:
    for mapping in ("item", "natural", "xpath", "jsonml"):
        yield Way(f"{mapping} to XML", convert_whole("xml", mapping), JSON)
        yield Way(f"{mapping} to JSON", convert_whole("json", mapping), XML)
    yield Way("auto to JSON", convert_whole("json", "auto"), XML)
    yield Way("item to XML, stream", convert_as_stream("xml", "item"), JSON, b",")
    yield Way("item to JSON, stream", convert_as_stream("json", "item"), XML, b"<")
    yield Way("jsonml to JSON, stream", convert_as_stream("json", "jsonml"), XML, b"<")
    yield Way("natural to JSON, lines", convert_as_stream("json", "natural", lines=True), XML, b"<")
    yield Way("natural to XML, lines", convert_as_stream("xml", "natural", lines=True), JSON, b"\n")
    # What may be written again and again is as long as it may be.
    marks: dict[str, Any] = {"attribute_prefix": "@" * MAX_MARK_LENGTH, "text_key": "#" * MAX_MARK_LENGTH}
    yield Way("natural to JSON, long marks", convert_whole("json", "natural", **marks), XML)
    options = {**marks, "lines": True, "namespaces": "expanded", "types": "infer"}
    yield Way("natural to JSON, lines, all options", convert_as_stream("json", "natural", **options), XML, b"<")
    rare = {**options, "record": "b"}
    yield Way("natural to JSON, a rare record", convert_as_stream("json", "natural", **rare), XML, b"<")
    names = {"root": "r" * MAX_NAME_LENGTH, "item": "i" * MAX_NAME_LENGTH}
    yield Way("natural to XML, long names", convert_whole("xml", "natural", **names), JSON)


def try_families(largest: int = LARGEST) -> Part:
    """Every family in every way, as many at once as there are processors."""
    part = Part("hostile documents")
    slowest = fattest = ("", Measured("", 0, 0))
    ways = list(list_ways())
    tasks = [(number, name, largest) for number, way in enumerate(ways) for name in way.families]
    import_everything(*(way.convert for way in ways))
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("fork")) as pool:
        results = list(pool.map(measure_three, tasks))
    for (number, name, _), measured in zip(tasks, results, strict=True):
        try_again_alone(ways[number], name, measured, largest)
        judge(part, ways[number], name, measured, largest)
        told = (f"{name}, {ways[number].name}", measured[-1])
        slowest = max(slowest, told, key=lambda one: one[1].seconds)
        fattest = max(fattest, told, key=lambda one: one[1].memory)
    most = fattest[1].memory // MEBIBYTE
    part.figures = f"slowest {slowest[1].seconds:.2f} s ({slowest[0]}); most memory {most} MiB ({fattest[0]})"
    return part


def measure_three(task: tuple[int, str, int]) -> list[Measured]:
    """What a quarter, half and all of the largest document of a family take, in the way of this number."""
    number, name, largest = task
    way = list(list_ways())[number]
    return [measure(way.convert, way.families[name], size) for size in (largest // 4, largest // 2, largest)]


def try_again_alone(way: Way, family: str, measured: list[Measured], largest: int) -> None:
    """Replace the time of a document that was too slow beside others, if it is better without them."""
    for _ in range(TRIES):
        if measured[-1].is_answered and find_slowness(*measured):
            again = measure(way.convert, way.families[family], largest)
            measured[-1] = min(measured[-1], again, key=lambda one: one.seconds)


def find_slowness(first: Measured, _: Measured, last: Measured) -> str:
    """What is wrong with the time of the largest document, if anything is."""
    growth = last.seconds / max(first.seconds, 0.001)
    if last.seconds > SECONDS:
        return f"{last.seconds:.2f} s"
    return f"four times the document, {growth:.1f} times as long" if last.seconds > NOTABLE and growth > GROWTH else ""


def judge(part: Part, way: Way, family: str, measured: list[Measured], largest: int) -> None:
    """Hold three measures of growing documents against the limits."""
    first, _, last = measured
    name = f"{family}, {way.name}"
    for one in measured:
        part.expect(one.is_answered, f"{name}: {one.outcome} after {one.seconds:.1f} s")
        part.expect(not one.reached, f"{name}: reached for {one.reached}")
    slowness = find_slowness(*measured)
    part.expect(not slowness, f"{name}: {slowness} for {largest} bytes")
    part.expect(last.memory <= HALF_OF_MEMORY, f"{name}: {last.memory // MEBIBYTE} MiB for {largest} bytes")
    if is_cut_small(way, family, largest // 4):
        more = last.memory - first.memory - (largest - largest // 4)
        part.expect(more <= STREAMED, f"{name}: {more // MEBIBYTE} MiB more for four times the document, as a stream")


def is_cut_small(way: Way, family: str, size: int) -> bool:
    document = way.families[family](size) if way.cut else b""
    return bool(way.cut) and document.count(way.cut) * PLACES > len(document)
