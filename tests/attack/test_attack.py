"""A little of the attack, and that what watches it sees; `make attack` does the whole."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attack.doors import knock
from tests.attack.growth import Way, list_ways
from tests.attack.properties import check_json, check_readers, check_xml
from tests.attack.report import Part, write_table
from tests.attack.sandbox import import_everything, measure

CORPUS = Path(__file__).parent / "corpus"
CHECKS = {"json": check_json, "xml": check_xml, "item": check_readers}


@pytest.mark.parametrize("seed", sorted(CORPUS.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_reached_new_code_holds_every_property(seed: Path) -> None:
    CHECKS[seed.parent.name](seed.read_bytes())


@pytest.mark.parametrize("way", list(list_ways()), ids=lambda way: way.name)
def test_hostile_documents_are_converted_or_refused_and_reach_for_nothing(way: Way) -> None:
    import_everything(way.convert)
    for name, family in way.families.items():
        measured = measure(way.convert, family, 10_000)
        assert measured.is_answered, f"{name}: {measured.outcome}"
        assert not measured.reached, name


def test_strange_requests_are_answered_as_the_contract_says(service: str) -> None:
    assert knock(service).findings == []


@pytest.mark.parametrize(
    ("convert", "event"),
    [
        (lambda document: Path("/etc/passwd").read_bytes(), "open ('/etc/passwd',)"),
        (lambda document: socket.socket(), "socket."),
    ],
)
def test_a_conversion_that_reaches_outside_is_caught(convert: Callable[[bytes], object], event: str) -> None:
    measured = measure(convert, lambda size: b"", 0)
    assert measured.reached[0].startswith(event)
    assert not measured.is_answered


def test_time_and_memory_of_a_conversion_are_measured() -> None:
    small = measure(lambda document: None, lambda size: b"", 0)
    large = measure(lambda document: sum(b"x" * 100_000_000), lambda size: b"", 0)
    assert large.memory - small.memory > 90_000_000
    assert large.seconds > small.seconds


def test_the_report_tells_every_finding_and_how_many() -> None:
    part = Part("doors")
    part.expect(True, "not told")
    part.expect(False, "told")
    assert list(write_table([part]))[-2:] == ["doors: told", "1 findings"]
