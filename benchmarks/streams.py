"""Measures documents of any size, from a stream to a stream: `make bench-streams`.

Each figure comes from a process of its own with 2 GB of address space. Sources are generated as they are read, results
thrown away, so that neither a disk nor the memory that holds a document is measured.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader, RawIOBase, TextIOWrapper
from statistics import median
from typing import Any, BinaryIO, cast

import xmltodict

from benchmarks.documents import make_json
from benchmarks.measuring import read_peak
from benchmarks.pictures import Panel, draw
from benchmarks.report import format_table, judge, publish, save_picture
from crosswalk.converter import convert_stream, json_to_xml

SIZES = [1, 10, 100, 1000]  # MB
MEGABYTE = 1_000_000
ADDRESS_SPACE = 2 << 30
MAX_RESIDENT = 128  # MiB
REPEATED = 1  # MB, up to which a document is converted several times


class Generated(RawIOBase):
    """A file that is made while it is read: an opening, one block of records again and again, and a closing."""

    def __init__(self, source: "Source", size: int) -> None:
        self._parts = source.generate(size)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = part
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


@dataclass(frozen=True)
class Source:
    """How a document of any size is made."""

    opening: bytes
    block: bytes
    closing: bytes
    separator: bytes = b""

    def generate(self, size: int) -> Iterator[bytes]:
        yield self.opening
        for number in range(max(1, size // len(self.block))):
            yield self.separator + self.block if number else self.block
        yield self.closing


def make_sources() -> dict[str, Source]:
    """The same records as JSON, ITEM elements, JSON Lines, and elements with names."""
    block = make_json("records", MEGABYTE // 10)
    items = json_to_xml(block)
    lines = b"".join(json.dumps(record).encode() + b"\n" for record in json.loads(block))
    opening = items.index(b">") + 1
    rows = json_to_xml(b'{"root":{"item":%s}}' % block, "natural")
    return {
        "JSON": Source(b"[", block[1:-1], b"]", b","),
        "ITEM": Source(items[:opening], items[opening : -len(b"</ITEM>")], b"</ITEM>"),
        "lines": Source(b"", lines, b""),
        "XML": Source(b"<root>", rows[len(b"<root>") : -len(b"</root>")], b"</root>"),
    }


# ---- The ways


def convert_item_to_xml(source: BinaryIO, target: BinaryIO) -> None:
    convert_stream(source, target, "xml", "item")


def convert_item_to_json(source: BinaryIO, target: BinaryIO) -> None:
    convert_stream(source, target, "json", "item")


def convert_lines_to_xml(source: BinaryIO, target: BinaryIO) -> None:
    convert_stream(source, target, "xml", "natural", lines=True)


def convert_xml_to_lines(source: BinaryIO, target: BinaryIO) -> None:
    convert_stream(source, target, "json", "natural", lines=True)


def parse_as_a_whole(source: BinaryIO, target: BinaryIO) -> None:
    with TextIOWrapper(target, "utf-8") as text:
        json.dump(xmltodict.parse(source), text)


def parse_by_callback(source: BinaryIO, target: BinaryIO) -> None:
    def write_line(_: object, record: object) -> bool:
        target.write(json.dumps(record).encode() + b"\n")
        return True

    xmltodict.parse(source, item_depth=2, item_callback=write_line)


def unparse_as_a_whole(source: BinaryIO, target: BinaryIO) -> None:
    with TextIOWrapper(target, "utf-8") as text:
        xmltodict.unparse({"root": {"item": json.load(source)}}, output=text)


def unparse_by_generator(source: BinaryIO, target: BinaryIO) -> None:
    with TextIOWrapper(target, "utf-8") as text:
        xmltodict.unparse({"root": {"item": (json.loads(line) for line in source)}}, output=text)


Way = Callable[[BinaryIO, BinaryIO], None]
OURS: dict[str, tuple[str, Way]] = {
    "item, JSON to XML": ("JSON", convert_item_to_xml),
    "item, XML to JSON": ("ITEM", convert_item_to_json),
    "natural, JSON Lines to XML": ("lines", convert_lines_to_xml),
    "natural, XML to JSON Lines": ("XML", convert_xml_to_lines),
}
THEIRS: dict[str, tuple[str, Way]] = {
    "xmltodict + json, XML to JSON": ("XML", parse_as_a_whole),
    "xmltodict + json, JSON to XML": ("JSON", unparse_as_a_whole),
    "xmltodict with a callback, XML to JSON Lines": ("XML", parse_by_callback),
    "xmltodict with a generator, JSON Lines to XML": ("lines", unparse_by_generator),
}
WAYS = OURS | THEIRS


# ---- Measuring


@dataclass(frozen=True)
class Figures:
    size: float  # MB of the document that goes in
    seconds: float
    resident: float  # MiB at the peak, of the whole process

    @property
    def speed(self) -> float:
        return self.size / self.seconds


def measure_here(way: str, megabytes: int) -> None:
    """Print the figures of one way, of a process that does nothing else."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    kind, convert = WAYS[way]
    source = make_sources()[kind]
    seconds = []
    for _ in range(5 if megabytes <= REPEATED else 1):
        with open(os.devnull, "wb") as target:
            started = time.process_time()
            convert(cast(BinaryIO, BufferedReader(Generated(source, megabytes * MEGABYTE), 1 << 16)), target)
            seconds.append(time.process_time() - started)
    size = sum(map(len, source.generate(megabytes * MEGABYTE)))
    print(size / MEGABYTE, median(seconds), read_peak())


def measure(way: str, megabytes: int) -> Figures | None:
    """The figures of one way; None where it fails."""
    command = [sys.executable, "-m", "benchmarks.streams", "--one", way, str(megabytes)]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        print(f"{way}, {megabytes} MB: {(ended.stderr.splitlines() or ['killed'])[-1]}", flush=True)
        return None
    figures = Figures(*map(float, ended.stdout.split()))
    print(f"{way}, {megabytes} MB: {figures.speed:.1f} MB/s, {figures.resident:.0f} MiB", flush=True)
    return figures


def measure_all(sizes: list[int]) -> dict[str, list[Figures]]:
    """Each way up to the first size that it does not survive."""
    table: dict[str, list[Figures]] = {}
    for way in WAYS:
        table[way] = []
        for size in sizes:
            figures = measure(way, size)
            if figures is None:
                break
            table[way].append(figures)
    return table


def format_row(way: str, row: list[Figures], sizes: list[int]) -> list[str]:
    cells = [f"{figures.speed:.1f} MB/s, {figures.resident:.0f} MiB" for figures in row]
    return [way, *cells, *["fails"] * (len(sizes) > len(row)), *["–"] * (len(sizes) - len(row) - 1)]


def judge_all(table: dict[str, list[Figures]], sizes: list[int]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for way in OURS:
        done = table[way]
        whole = len(done) == len(sizes)
        resident = max((figures.resident for figures in done), default=0) if whole else float("nan")
        slowest = min((figures.speed / done[0].speed for figures in done), default=0) if whole else float("nan")
        rows.append(judge(f"{way}: MiB at the peak", resident, MAX_RESIDENT, at_most=True))
        rows.append(judge(f"{way}: speed at its slowest, times that of {sizes[0]} MB", slowest, 0.5))
    return rows


def draw_table(table: dict[str, list[Figures]]) -> str:
    kept = {way: row for way, row in table.items() if row and (way in OURS or "XML to" in way)}
    memory = {way: [(figures.size, figures.resident) for figures in row] for way, row in kept.items()}
    seconds = {way: [(figures.size, figures.seconds) for figures in row] for way, row in kept.items()}
    panels = [
        Panel("Memory at the peak", "MB of the document", "MiB", memory),
        Panel("Time", "MB of the document", "seconds", seconds),
    ]
    return draw(panels, "Memory and time over the size of a document; a line ends where 2 GB do not suffice.")


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    table = measure_all(sizes)
    save_picture("streams.svg", draw_table(table))
    rows = [format_row(way, row, sizes) for way, row in table.items()]
    publish(
        "bench-streams",
        [
            format_table(["", "seen", "target", ""], judge_all(table, sizes)),
            "Speed and the whole process's peak of resident memory, in 2 GB of address space:",
            format_table(["", *(f"{size} MB" for size in sizes)], rows),
        ],
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure_here(sys.argv[2], int(sys.argv[3]))
    else:
        main()
