"""A table of measured ways: a row for each document, and how the ways compare over all of them."""

import statistics
from collections.abc import Mapping

from benchmarks.measuring import Timer, Timings, take_turns
from benchmarks.report import format_figure

Key = tuple[str, int]
"""The kind of a document and its size."""

Table = dict[Key, Timings]


def measure_timers(timers: Mapping[str, Timer], documents: Mapping[Key, bytes]) -> Table:
    table = {}
    for key, document in documents.items():
        table[key] = take_turns(timers, document)
        speeds = ", ".join(f"{name} {format_figure(table[key].find_speed(name))}" for name in timers)
        print(f"{key[0]}, {key[1] // 1000} KB: {speeds} MB/s", flush=True)
    return table


def compare(table: Table, way: str, other: str) -> list[float]:
    """How many times as fast as another a way is, document by document."""
    return [timings.compare(way, other) for timings in table.values() if {way, other} <= timings.seconds.keys()]


def find_worst(table: Table, way: str, other: str) -> str:
    (kind, size), _ = min(table.items(), key=lambda row: row[1].compare(way, other))
    return f"the worst ({kind}, {size // 1000} KB)"


mean = statistics.geometric_mean


def format_size(size: int) -> str:
    return f"{size // 1_000_000} MB" if size >= 1_000_000 else f"{size // 1000} KB"
