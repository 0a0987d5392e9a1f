"""Watches a service under load, once a second: the memory of each worker, and its connections to PostgreSQL."""

from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from statistics import median
from threading import Event, Thread

import psycopg

from local import postgres
from local.postgres import APPLICATION, Server
from tests.databases import connect
from tests.running import RunningService

MEBIBYTE = 1024 * 1024
FLAT = 24 * MEBIBYTE
"""Bytes by which a worker may grow between the second and the last quarter of its life; the first one warms it up."""
LIVED = 16
"""Seconds that a worker must have lived to be judged."""
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND backend_type = 'client backend'"


class Watch(Thread):
    """memory: by worker, the bytes it held each second. connections: the most at any time."""

    def __init__(self, service: RunningService, server: Server, end: Event) -> None:
        super().__init__(daemon=True)
        self.service = service
        self.server = server
        self.end = end
        self.memory: dict[tuple[int, str], list[int]] = defaultdict(list)
        self.connections = 0

    def run(self) -> None:
        while not self.end.wait(1):
            self.look_at_memory()
            with suppress(psycopg.OperationalError, OSError):  # the server is away
                self.connections = max(self.connections, self.count_connections())

    def look_at_memory(self) -> None:
        for worker in self.service.workers():
            with suppress(OSError, StopIteration):  # it has just ended
                memory = read_memory(worker)
                self.memory[worker, read_variable(worker, "AWS_LAMBDA_FUNCTION_NAME")].append(memory)

    def count_connections(self) -> int:
        with connect(self.server, postgres.DATABASE) as connection:
            rows = connection.execute(CONNECTED.encode(), [APPLICATION]).fetchall()
        return int(rows[0][0])

    def count_workers_with_database(self) -> int:
        return sum("POSTGRES_DB_HOST" in read_environment(worker) for worker in self.service.workers())

    def list_growth(self) -> list[tuple[int, str]]:
        """By how many bytes each worker grew that lived long enough, and its function; the largest first."""
        grown = [(measure_growth(held), name) for (_, name), held in self.memory.items() if len(held) >= LIVED]
        return sorted(grown, reverse=True)


def measure_growth(held: list[int]) -> int:
    quarter = len(held) // 4
    return int(median(held[-quarter:]) - median(held[quarter : 2 * quarter]))


def read_environment(process: int) -> dict[str, str]:
    """A process's environment variables; none if it has ended."""
    try:
        content = Path(f"/proc/{process}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in content.split("\0") if "=" in line)


def read_variable(process: int, name: str) -> str:
    return read_environment(process).get(name, "starting")


def read_memory(process: int) -> int:
    """Bytes that it has in memory. Raises OSError or StopIteration for one that has ended."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
