"""A soak: mixed traffic on the local service, a fault every few seconds, and at the end a part of the report for each
thing that must hold.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from unittest.mock import patch

from local import postgres
from local.postgres import Server
from tests.attack.report import Part
from tests.databases import FAST, wait_until
from tests.running import ROOT, RunningService
from tests.soak.audit import audit, keep_history, read_stored
from tests.soak.documents import ConversionClient, DocumentClient
from tests.soak.faults import Faults
from tests.soak.impatient import ImpatientClient
from tests.soak.logs import judge_lines, judge_server_lines
from tests.soak.relay import Relay
from tests.soak.traffic import KILLED, Client
from tests.soak.users import UserClient
from tests.soak.watch import FLAT, MEBIBYTE, Watch

CROWD = (*[UserClient] * 6, *[DocumentClient] * 2, ConversionClient, ImpatientClient)
PAUSE = 2.0
"""Seconds between two faults; they take two more themselves."""


@dataclass(frozen=True)
class Place:
    """What is soaked."""

    service: RunningService
    server: Server
    relay: Relay


@contextmanager
def prepare(folder: Path) -> Iterator[Place]:
    """The service with a database and an S3 that can be broken."""
    server = Server(folder / "postgres", options=FAST)
    server.start()
    postgres.prepare(server)
    keep_history(server)
    relay = Relay()
    variables = {**postgres.describe(server), "S3_RELAY": relay.address, "LOG": "json"}
    service = RunningService(ROOT, "tests.soak.service", **variables)
    try:
        relay.target = int(service.wait_for_line("S3 is ready").rpartition(":")[2])
        yield Place(service, server, relay)
    finally:
        service.stop()
        relay.close()
        if server.is_running():
            server.stop("immediate")


def soak(seconds: float, folder: Path, pause: float = PAUSE) -> list[Part]:
    """The parts of the report, after so many seconds of traffic and faults."""
    with prepare(folder) as place:
        end, calm = Event(), Event()
        faults = Faults(place.service, place.server, place.relay, calm, pause)
        watch = Watch(place.service, place.server, end)
        crowd = [kind(place.service.address, number, end, faults) for number, kind in enumerate(CROWD)]
        died = work(crowd, [watch, faults], end, calm, seconds)
        log = place.server.folder / "log"
        return [
            describe_answers(crowd),
            Part("threads of the soak", len(crowd) + 2, died),
            describe_faults(faults, crowd),
            audit(read_stored(place.server), [client for client in crowd if isinstance(client, UserClient)]),
            describe_conversions([client for client in crowd if isinstance(client, ConversionClient)]),
            describe_memory(watch),
            describe_connections(watch),
            describe_logs("log of the service", *judge_lines(place.service.lines)),
            describe_logs("log of PostgreSQL", *judge_server_lines(log.read_text(errors="replace").splitlines())),
        ]


def work(crowd: list[Client], others: list[Thread], end: Event, calm: Event, seconds: float) -> list[str]:
    """Traffic for so long, with faults once everybody is at work and until shortly before the end.

    Returns what any thread died of meanwhile: a client that is gone finds nothing any more.
    """
    died: list[str] = []

    def note(death: threading.ExceptHookArgs) -> None:
        died.append(f"{death.thread}: {death.exc_type.__name__}: {death.exc_value}")

    with patch.object(threading, "excepthook", note):
        for client in crowd:
            client.start()
        for client in crowd:
            client.begun.wait(60)
        for thread in others:
            thread.start()
        time.sleep(max(seconds - 5, 0))
        calm.set()
        time.sleep(min(seconds, 5))
        end.set()
        for thread in (*crowd, *others):
            thread.join()
    return died


def describe_answers(crowd: list[Client]) -> Part:
    part = Part("answers")
    totals: dict[str, int] = {}
    for client in crowd:
        part.findings += client.findings
        for answered, count in client.statuses.items():
            part.tried += count
            status = answered.rpartition(" ")[2] if answered[-1].isdigit() else answered
            totals[status] = totals.get(status, 0) + count
    part.figures = ", ".join(f"{count} times {status}" for status, count in sorted(totals.items()))
    return part


def describe_faults(faults: Faults, crowd: list[Client]) -> Part:
    counts = faults.count()
    part = Part("faults", counts.total(), list(faults.findings))
    part.figures = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    died = sum(count for client in crowd for name, count in client.statuses.items() if name.endswith(f" {KILLED}"))
    part.expect(
        died <= counts["worker killed"], f"{died} answers of {KILLED}, {counts['worker killed']} processes killed"
    )
    return part


def describe_conversions(clients: list[ConversionClient]) -> Part:
    done, lost = sum(client.done for client in clients), sum(client.lost for client in clients)
    part = Part("conversions by S3", done + lost, figures=f"{done} done, {lost} lost to a fault")
    part.expect(done > 0, "no conversion was done")
    return part


def describe_memory(watch: Watch) -> Part:
    grown = watch.list_growth()
    part = Part("memory of workers", figures=f"{len(watch.memory)} watched")
    for bytes_more, name in grown:
        part.expect(bytes_more <= FLAT, f"a worker of {name} grew by {bytes_more // MEBIBYTE} MiB")
    if grown:
        part.figures += f", {len(grown)} long enough; the most by {grown[0][0] / MEBIBYTE:.1f} MiB ({grown[0][1]})"
    return part


def describe_connections(watch: Watch) -> Part:
    """Each worker has one at most. Those of killed workers go as soon as the server notices."""
    part = Part("connections", figures=f"at most {watch.connections}")
    workers = watch.count_workers_with_database()
    wait_until(lambda: watch.count_connections() <= workers)
    part.expect(watch.connections <= int(FAST["max_connections"]) - 10, f"{watch.connections} connections at once")
    part.figures += f", at the end {watch.count_connections()} of {workers} workers"
    return part


def describe_logs(name: str, counts: dict[str, int], findings: list[str]) -> Part:
    figures = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    return Part(name, sum(counts.values()), findings, figures)
