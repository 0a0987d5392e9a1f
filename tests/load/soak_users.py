"""Many clients read and write users over HTTP while the server is restarted; then an audit of what the table holds.

python -m tests.load.soak_users [CLIENTS SECONDS]

A client knows, for each of its own emails, what the table may hold: one state after an acknowledged write, two after a
503, which may have taken effect or not. Whatever it reads, and what the audit finds, must be one of them.
"""

import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from statistics import quantiles
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, urlsplit

from local import postgres
from local.postgres import Server
from tests.databases import FAST, connect
from tests.running import ROOT, RunningService

EMAILS = 4
"""That each client owns."""

ABSENT = None


@dataclass
class Client(Thread):
    """One client, on its own emails, until the end is set."""

    address: str
    number: int
    end: Event
    known: dict[str, set[str | None]] = field(default_factory=dict)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    writes: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.random = random.Random(self.number)
        self.known = {f"client-{self.number}-{index}@example.org": {ABSENT} for index in range(EMAILS)}

    def __hash__(self) -> int:
        return self.number

    def run(self) -> None:
        try:
            while not self.end.is_set():
                self.step()
        except Exception as error:
            self.faults.append(f"{type(error).__name__}: {error}")

    def step(self) -> None:
        email = self.random.choice(list(self.known))
        possible = self.known[email]
        choice = self.random.random()
        if choice < 0.15:
            self.list_users()
        elif possible == {ABSENT} or choice < 0.55:
            self.save(email, possible)
        elif choice < 0.9:
            self.get(email, possible)
        else:
            self.delete(email, possible)

    def save(self, email: str, possible: set[str | None]) -> None:
        self.writes += 1
        text = f"{self.number}/{self.writes}"
        status, body = self.ask("POST", f"/user?email={quote(email)}", json.dumps({"text": text}).encode())
        if status == 503:
            self.known[email] = possible | {text}
            return
        expected = {201 if state is ABSENT else 200 for state in possible}
        self.check(status in expected and body["text"] == text, f"POST {status} of {possible}: {body}")
        self.known[email] = {text}

    def get(self, email: str, possible: set[str | None]) -> None:
        status, body = self.ask("GET", f"/user?email={quote(email)}")
        if status == 503:
            return
        state = body["text"] if status == 200 else ABSENT
        self.check(status in (200, 404) and state in possible, f"GET {status} {body} of {possible}")
        self.known[email] = {state}

    def delete(self, email: str, possible: set[str | None]) -> None:
        status, body = self.ask("DELETE", f"/user?email={quote(email)}")
        if status == 503:
            self.known[email] = possible | {ABSENT}
            return
        expected = {404 if state is ABSENT else 204 for state in possible}
        self.check(status in expected, f"DELETE {status} of {possible}: {body}")
        self.known[email] = {ABSENT}

    def list_users(self) -> None:
        status, body = self.ask("GET", "/users?limit=20")
        if status == 200:
            emails = [user["email"] for user in body["users"]]
            self.check(emails == sorted(set(emails)), f"a list out of order: {emails}")
        else:
            self.check(status == 503, f"GET /users {status}")

    def ask(self, method: str, target: str, body: bytes | None = None) -> tuple[int, Any]:
        started = time.monotonic()
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        try:
            connection.request(method, target, body)
            response: HTTPResponse = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        self.seconds.append(time.monotonic() - started)
        self.statuses[method, response.status] += 1
        if response.status == 503:
            self.refused.append(self.seconds[-1])
            self.check(response.getheader("Retry-After") is not None, "a 503 without Retry-After")
        return response.status, json.loads(content or b"{}")

    def check(self, right: bool, fault: str) -> None:
        if not right:
            self.faults.append(fault)


@dataclass(frozen=True)
class Result:
    statuses: Counter[tuple[str, int]]
    seconds: list[float]
    refused: list[float]
    faults: list[str]
    certain: int
    uncertain: int

    def __str__(self) -> str:
        steps = quantiles(self.seconds, n=100)
        lines = [f"{method:<7} {status}  {count:>7}" for (method, status), count in sorted(self.statuses.items())]
        lines.append(f"seconds: median {steps[49]:.3f}, 99 % {steps[98]:.3f}, longest {max(self.seconds):.3f}")
        lines.append(f"longest 503: {max(self.refused, default=0):.3f} s")
        lines.append(f"audit: {self.certain} emails hold exactly what was acknowledged, {self.uncertain} one of two")
        lines.append(f"faults: {len(self.faults)}" + "".join(f"\n  {fault}" for fault in self.faults[:20]))
        return "\n".join(lines)


def soak(clients: int, seconds: float, folder: Path) -> Result:
    """Let so many clients work for so long, and while the server restarts in the middle; then audit the table."""
    server = Server(folder, options=FAST | {"max_connections": "100"})
    server.start()
    postgres.prepare(server)
    service = RunningService(ROOT, **postgres.describe(server))
    try:
        end = Event()
        crowd = [Client(service.address, number, end) for number in range(clients)]
        for client in crowd:
            client.start()
        time.sleep(seconds / 2)
        port = server.port
        server.stop("fast")
        time.sleep(1)
        server.start(port)
        time.sleep(seconds / 2)
        end.set()
        for client in crowd:
            client.join()
        return audit(server, crowd)
    finally:
        service.stop()
        server.stop("immediate")


def audit(server: Server, crowd: list[Client]) -> Result:
    with connect(server, postgres.DATABASE) as connection:
        rows = connection.execute("SELECT email::text, text, deleted_at IS NOT NULL FROM users").fetchall()
    faults = [fault for client in crowd for fault in client.faults]
    if len({email for email, _, _ in rows}) != len(rows):
        faults.append("an email stands in two rows")
    stored = {email: ABSENT if deleted else text for email, text, deleted in rows}
    known = {email: possible for client in crowd for email, possible in client.known.items()}
    for email, possible in known.items():
        if stored.get(email) not in possible:
            faults.append(f"{email} holds {stored.get(email)!r} and not one of {possible}")
    return Result(
        sum((client.statuses for client in crowd), Counter()),
        [seconds for client in crowd for seconds in client.seconds],
        [seconds for client in crowd for seconds in client.refused],
        faults,
        sum(len(possible) == 1 for possible in known.values()),
        sum(len(possible) > 1 for possible in known.values()),
    )


if __name__ == "__main__":
    clients, seconds = [int(argument) for argument in sys.argv[1:]] or [50, 60]
    with tempfile.TemporaryDirectory() as temporary:
        result = soak(clients, seconds, Path(temporary))
    print(result)
    sys.exit(bool(result.faults))
