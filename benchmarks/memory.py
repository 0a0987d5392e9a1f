"""Measures the peak memory of whole documents of 4 MiB: `make bench-memory`.

Every hostile family in every mapping, both ways, with and without indentation, and people's documents by `item`. Each
figure comes from a process of its own, and is the whole process's peak of resident memory, its imports included.
"""

import re
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import NamedTemporaryFile

from benchmarks.documents import JSON_KINDS, PEOPLES, make_json
from benchmarks.documents.hostile import ITEM, JSON, XML, XPATH, make_hostile
from benchmarks.measuring import read_peak
from benchmarks.report import format_table, judge, publish
from crosswalk.converter import convert_json_to_xml, convert_xml_to_json, json_to_xml
from crosswalk.errors import CrosswalkError

ROOT = Path(__file__).parent.parent
LIMIT = 4 * 1024 * 1024
ADDRESS_SPACE = 6 << 30
"""What a case may ask for before it ends in a MemoryError: enough to tell how bad it is, not enough to hurt."""
MAPPINGS = ("item", "natural", "xpath", "jsonml")
INDENTS = (0, 8)
TIMES = 4
SHOWN = 12


@dataclass(frozen=True)
class Case:
    document: str
    hostile: bool
    to: str
    mapping: str
    indent: int

    def __str__(self) -> str:
        return f"{self.document}, {self.mapping} to {self.to}" + (f", indent {self.indent}" if self.indent else "")


@dataclass(frozen=True)
class Figures:
    """MiB at the peak of the whole process, above what it had before, and of the larger document; what came of it."""

    peak: float
    grown: float
    larger: float
    outcome: str


def list_cases() -> Iterator[Case]:
    for family in JSON:
        for mapping in MAPPINGS:
            for indent in INDENTS if mapping != "jsonml" else (0,):
                yield Case(family, True, "XML", mapping, indent)
    for family in XML | ITEM | XPATH:
        for mapping in choose_mappings(family):
            for indent in INDENTS:
                yield Case(family, True, "JSON", mapping, indent)
    for kind in JSON_KINDS:
        yield Case(kind, False, "XML", "item", 0)
        yield Case(kind, False, "JSON", "item", 0)


def choose_mappings(family: str) -> tuple[str, ...]:
    if family in ITEM:
        return "item", "natural", "jsonml"
    return ("xpath", "natural", "jsonml") if family in XPATH else ("auto", "xpath", "jsonml")


def write_document(case: Case, path: str) -> None:
    """Make a case's document, in another process than the one that is measured."""
    if case.hostile:
        document = make_hostile((JSON if case.to == "XML" else XML | ITEM | XPATH)[case.document], LIMIT)
    else:
        document = make_json(case.document, LIMIT)
        document = json_to_xml(document) if case.to == "JSON" else document
    Path(path).write_bytes(document)


def measure(case: Case, path: str) -> Figures:
    """The figures of one case, of a process that has done nothing else."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    document = Path(path).read_bytes()
    before = read_peak()
    convert = convert_json_to_xml if case.to == "XML" else convert_xml_to_json
    size, outcome = 0, "converted"
    try:
        size = len(convert(document, case.mapping, indent=case.indent or None).document)
    except CrosswalkError as error:
        outcome = type(error).__name__
    except MemoryError:
        outcome = "**MemoryError**"
    peak = read_peak()
    return Figures(peak, peak - before, max(size, len(document)) / 2**20, outcome)


def read_memory_size() -> int:
    """MB that the template gives the converter functions."""
    found = re.search(r"JsonToXmlFunction:.*?MemorySize: (\d+)", (ROOT / "template.yaml").read_text(), re.DOTALL)
    assert found
    return int(found[1])


def report(figures: dict[Case, Figures]) -> list[str]:
    allowed = read_memory_size() / 2
    worst = max(figures, key=lambda case: figures[case].peak)
    targets = [judge(f"MiB at the peak, the worst ({worst})", figures[worst].peak, allowed, at_most=True)]
    peoples = {
        case: found.grown / found.larger
        for case, found in figures.items()
        if not case.hostile and case.document in PEOPLES
    }
    if peoples:
        case = max(peoples, key=lambda case: peoples[case])
        claim = f"`item` on people's documents, times the larger document, the worst ({case.document} to {case.to})"
        targets.append(judge(claim, peoples[case], TIMES, at_most=True))
    highest = sorted(figures, key=lambda case: -figures[case].peak)[:SHOWN]
    rows = [[str(case), figures[case].peak, figures[case].larger, figures[case].outcome] for case in highest]
    kinds = [case for case in figures if not case.hostile]
    items = [[case.document, case.to, figures[case].grown / figures[case].larger] for case in kinds]
    return [
        f"{len(figures)} cases.",
        format_table(["", "seen", "target", ""], targets),
        f"The {len(rows)} highest:",
        format_table(["", "MiB at the peak", "larger document, MiB", "outcome"], rows),
        "`item` on documents of records, times the larger document:",
        format_table(["", "to", "times"], items, left=2),
    ]


def main() -> None:
    wanted = sys.argv[1:]
    cases = [case for case in list_cases() if not wanted or any(word in str(case) for word in wanted)]
    figures = {}
    with NamedTemporaryFile() as file, get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        for case in cases:
            pool.apply(write_document, (case, file.name))
            figures[case] = found = pool.apply(measure, (case, file.name))
            print(f"{case}: {found.peak:.0f} MiB, {found.grown / found.larger:.1f} times, {found.outcome}", flush=True)
    publish("bench-memory", report(figures))


if __name__ == "__main__":
    main()
