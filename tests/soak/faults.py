"""What happens to the service in a soak: a fault every few seconds, each kind in turn, and mended again."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread

import psycopg

from local import postgres
from local.postgres import APPLICATION, Server
from tests.databases import connect
from tests.running import RunningService
from tests.soak.relay import Relay

AWAY = 2.0
"""Seconds for which something is away."""
AFTERMATH = 15.0
"""Seconds after a fault in which it may still be to blame: S3's client tries four times."""

FULL_DISK = """
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fill()
"""
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s ORDER BY random() LIMIT 3"


@dataclass(frozen=True)
class Fault:
    """Something that was broken from one time to another, of `Faults.now`."""

    kind: str
    began: float
    ended: float


class Faults(Thread):
    """Breaks things until the end is set; whole again when it has ended."""

    def __init__(self, service: RunningService, server: Server, relay: Relay, end: Event, pause: float) -> None:
        super().__init__(daemon=True)
        self.service = service
        self.server = server
        self.relay = relay
        self.end = end
        self.pause = pause
        self.random = random.Random(1)
        self.happened: list[Fault] = []
        self.findings: list[str] = []
        self.kinds: dict[str, Callable[[], None]] = {
            "worker killed": self.kill_worker,
            "worker stopped": self.stop_worker,
            "PostgreSQL restarted": lambda: self.stop_server("fast", 0),
            "PostgreSQL crashed": lambda: self.stop_server("immediate", AWAY),
            "connections cut": lambda: self.query(CUT, APPLICATION),
            "S3 away": self.take_storage_away,
            "disk full": self.fill_disk,
        }
        self.now = time.monotonic

    def run(self) -> None:
        order: list[str] = []
        while not self.end.wait(self.pause):
            order = order or self.random.sample(list(self.kinds), len(self.kinds))
            kind, began = order.pop(), self.now()
            self.happened.append(Fault(kind, began, float("inf")))  # while it lasts
            try:
                self.kinds[kind]()
            except Exception as error:
                self.findings.append(f"{kind}: {type(error).__name__}: {error}"[:500])
            self.happened[-1] = Fault(kind, began, self.now())

    def hit(self, kinds: set[str], since: float) -> bool:
        """Whether a fault of these kinds may have hit what began then and has just ended."""
        return any(fault.kind in kinds and fault.ended + AFTERMATH > since for fault in self.happened[:])

    def count(self) -> Counter[str]:
        return Counter(fault.kind for fault in self.happened)

    def signal_worker(self, number: signal.Signals) -> int:
        """Send the signal to one of the workers, any; returns which."""
        chosen = self.random.choice(self.service.workers())
        with suppress(ProcessLookupError):
            os.kill(chosen, number)
        return chosen

    def kill_worker(self) -> None:
        self.signal_worker(signal.SIGKILL)

    def stop_worker(self) -> None:
        chosen = self.signal_worker(signal.SIGSTOP)
        self.end.wait(AWAY)
        with suppress(ProcessLookupError):
            os.kill(chosen, signal.SIGCONT)

    def stop_server(self, mode: str, seconds: float) -> None:
        port = self.server.port
        self.server.stop(mode)
        self.end.wait(seconds)
        self.server.start(port)

    def take_storage_away(self) -> None:
        self.relay.cut()
        self.end.wait(AWAY)
        self.relay.mend()

    def fill_disk(self) -> None:
        """What the server says with a full disk, by a trigger: a disk that can be filled needs root to be mounted."""
        self.query(FULL_DISK)
        self.end.wait(AWAY)
        self.query("DROP TRIGGER fill ON users")
        self.query("DROP FUNCTION fill")

    def query(self, statement: str, *parameters: object) -> None:
        with connect(self.server, postgres.DATABASE) as connection, suppress(psycopg.errors.AdminShutdown):
            connection.execute(statement.encode(), parameters or None)
