"""What all clients of a soak share: a thread that asks again and again, and holds every answer against openapi.json."""

import json
import random
from collections import Counter
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection
from threading import Event, Thread
from urllib.parse import urlsplit

from tests.running import ROOT
from tests.soak.faults import Faults

PATIENCE = 40
"""Seconds; API Gateway, and whoever plays it, answers after 29 by itself."""
KILLED = 502
"""What API Gateway answers for a function whose process was killed. So there are no more of them than kills."""
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    """One answer; its body is read."""

    status: int
    body: bytes


@cache
def read_statuses() -> dict[str, set[int]]:
    """The statuses that openapi.json lists, by method and path: `GET /user`."""
    paths = json.loads((ROOT / "site/openapi.json").read_text())["paths"]
    return {
        f"{method.upper()} {path}": {int(status) for status in operation["responses"] if status != "default"}
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


class Client(Thread):
    """One client, always the same for one number; it works until the end is set. `begun`: after its first step."""

    def __init__(self, address: str, number: int, end: Event, faults: Faults) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.number = number
        self.end = end
        self.begun = Event()
        self.faults = faults
        self.random = random.Random(number)
        self.statuses: Counter[str] = Counter()
        self.findings: list[str] = []

    def run(self) -> None:
        while not self.end.is_set():
            try:
                self.step()
                self.begun.set()
            except Exception as error:  # whatever it is, it is a finding
                self.findings.append(f"{type(self).__name__}: {type(error).__name__}: {error}"[:500])
                self.end.wait(1)

    def step(self) -> None:
        raise NotImplementedError

    def ask(self, operation: str, target: str, body: bytes | None = None) -> Answer:
        """The answer to a request; `operation` is what openapi.json calls it: `GET /user`."""
        started = self.faults.now()
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE)
        try:
            connection.request(operation.partition(" ")[0], target, body)
            response = connection.getresponse()
            answer = Answer(response.status, response.read())
        finally:
            connection.close()
        self.statuses[f"{operation} {answer.status}"] += 1
        self.check(self.is_expected(operation, answer.status, started), f"{operation} answers {answer.status}")
        if answer.status >= 400:
            self.check(response.getheader("Content-Type") == PROBLEM, f"{operation} {answer.status} without a problem")
        if answer.status == 503:
            self.check(response.getheader("Retry-After") is not None, f"{operation} 503 without Retry-After")
        return answer

    def is_expected(self, operation: str, status: int, started: float) -> bool:
        """Whether the status is documented: for the operation, or for what has just happened to the service."""
        if status == 503 and "/conversions" in operation:
            return self.faults.hit({"S3 away"}, started)
        return status in read_statuses()[operation] or status == KILLED

    def check(self, right: bool, finding: str) -> None:
        if not right:
            self.findings.append(finding)
