"""Tries every hostile family in every mapping, at a quarter, half and all of the largest size, whole and as a stream.

Limits are those of docs and template: half of a converter's memory, three seconds of one processor, time in proportion.
"""

from collections.abc import Iterator
from dataclasses import dataclass

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
STREAMED = 32 * MEBIBYTE
"""Bytes more that a stream may take for the largest document than for a quarter of it, beside the document itself."""


@dataclass(frozen=True)
class Way:
    """One way through the converter."""

    name: str
    convert: Convert
    families: dict[str, Family]
    streams: bool = False


def list_ways() -> Iterator[Way]:
    for mapping in ("item", "natural", "xpath", "jsonml"):
        yield Way(f"{mapping} to XML", convert_whole("xml", mapping), JSON)
        yield Way(f"{mapping} to JSON", convert_whole("json", mapping), XML)
    yield Way("item to XML, stream", convert_as_stream("xml", "item"), JSON, True)
    yield Way("item to JSON, stream", convert_as_stream("json", "item"), XML, True)
    yield Way("jsonml to JSON, stream", convert_as_stream("json", "jsonml"), XML, True)
    yield Way("natural to JSON, lines", convert_as_stream("json", "natural", lines=True), XML, True)
    yield Way("natural to XML, lines", convert_as_stream("xml", "natural", lines=True), JSON, True)


def try_families(largest: int = LARGEST) -> Part:
    """Every family in every way."""
    part = Part("hostile documents")
    slowest = fattest = ("", Measured("", 0, 0))
    ways = list(list_ways())
    import_everything(*(way.convert for way in ways))
    for way in ways:
        for name, family in way.families.items():
            measured = [measure(way.convert, family, size) for size in (largest // 4, largest // 2, largest)]
            judge(part, f"{name}, {way.name}", way, measured, largest)
            slowest = max(slowest, (f"{name}, {way.name}", measured[-1]), key=lambda one: one[1].seconds)
            fattest = max(fattest, (f"{name}, {way.name}", measured[-1]), key=lambda one: one[1].memory)
    most = fattest[1].memory // MEBIBYTE
    part.figures = f"slowest {slowest[1].seconds:.2f} s ({slowest[0]}); most memory {most} MiB ({fattest[0]})"
    return part


def judge(part: Part, name: str, way: Way, measured: list[Measured], largest: int) -> None:
    """Hold three measures of growing documents against the limits."""
    first, _, last = measured
    for one in measured:
        part.expect(one.is_answered, f"{name}: {one.outcome} after {one.seconds:.1f} s")
        part.expect(not one.reached, f"{name}: reached for {one.reached}")
    part.expect(last.seconds <= SECONDS, f"{name}: {last.seconds:.2f} s for {largest} bytes")
    part.expect(last.memory <= HALF_OF_MEMORY, f"{name}: {last.memory // MEBIBYTE} MiB for {largest} bytes")
    growth = last.seconds / max(first.seconds, 0.001)
    part.expect(
        last.seconds < NOTABLE or growth < GROWTH, f"{name}: four times the document, {growth:.1f} times as long"
    )
    if way.streams:
        more = last.memory - first.memory - (largest - largest // 4)
        part.expect(more <= STREAMED, f"{name}: {more // MEBIBYTE} MiB more for four times the document, as a stream")
