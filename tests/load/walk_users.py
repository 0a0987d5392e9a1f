"""Walks through a large table by `next` while a writer inserts, and shows what pages cost at any place.

python -m tests.load.walk_users [COUNT]
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from threading import Event, Thread

import psycopg

from crosswalk.login import get_login
from crosswalk.settings import DatabaseSettings, read_database_settings
from crosswalk.users import LIST_AFTER, LIST_FROM, list_users
from local import postgres
from local.postgres import Server
from local.seed_users import seed_users
from tests.databases import connect

LIMIT = 100


class Writer(Thread):
    """Inserts users all over the table, and deletes some of its own, until told to stop."""

    def __init__(self, settings: DatabaseSettings, count: int) -> None:
        super().__init__(daemon=True)
        self.settings = settings
        self.count = count
        self.ended = Event()
        self.inserted = 0

    def run(self) -> None:
        login = get_login(self.settings, self.settings.postgres_db_user)
        with psycopg.connect(autocommit=True, **login) as connection:
            while not self.ended.is_set():
                email = f"user-{random.randint(1, self.count):08}.new{self.inserted}@example.org"
                connection.execute("INSERT INTO users (email, text) VALUES (%s, 'new')", [email])
                if self.inserted % 10 == 0:
                    connection.execute("UPDATE users SET deleted_at = now() WHERE email = %s", [email])
                self.inserted += 1
                time.sleep(0.001)


async def walk() -> tuple[Counter[str], list[float]]:
    """How often each email was seen, and the seconds of each page."""
    seen: Counter[str] = Counter()
    seconds = []
    cursor: str | None = None
    while True:
        started = time.perf_counter()
        page = await list_users(LIMIT, after=cursor)
        seconds.append(time.perf_counter() - started)
        seen.update(user.email for user in page.users)
        if page.next is None:
            return seen, seconds
        cursor = page.next


def show_costs(server: Server, count: int) -> None:
    """What a page of ten costs at some offsets and at some cursors, by EXPLAIN."""
    places = (0, count // 2, count - 10)
    with connect(server, postgres.DATABASE) as connection:
        for place in places:
            show_plan(connection, f"offset {place}", LIST_FROM, limit=10, offset=place)
        for place in places:
            show_plan(connection, f"after {place}", LIST_AFTER, limit=10, after=f"user-{place:08}@example.org")


def show_plan(connection: psycopg.Connection[tuple[object, ...]], name: str, statement: str, **place: object) -> None:
    explain = f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {statement}".encode()
    lines = [str(line) for (line,) in connection.execute(explain, place)]
    shown = ("Scan", "Heap Fetches", "Execution Time")
    kept = [line.strip(" ->") for line in lines if any(word in line for word in shown)]
    buffers = next(line.strip() for line in lines if "Buffers" in line)
    print(f"{name}: {buffers}; " + "; ".join(kept))


def main(count: int, folder: Path) -> int:
    server = Server(folder)
    server.start()
    try:
        postgres.prepare(server)
        os.environ.update(postgres.describe(server))
        read_database_settings.cache_clear()
        settings = read_database_settings()
        started = time.perf_counter()
        seed_users(settings, count, quiet=not sys.stderr.isatty())
        print(f"seeded {count} users in {time.perf_counter() - started:.1f} s")
        show_costs(server, count)
        writer = Writer(settings, count)
        writer.start()
        started = time.perf_counter()
        seen, seconds = asyncio.run(walk())
        writer.ended.set()
        writer.join()
        print(f"walked {len(seconds)} pages of {LIMIT} in {time.perf_counter() - started:.1f} s", end="; ")
        print(f"{writer.inserted} users were inserted meanwhile, {sum('.new' in email for email in seen)} of them seen")
        for name, part in (("first", seconds[:500]), ("last", seconds[-500:])):
            print(f"median of the {name} {len(part)} pages: {median(part) * 1000:.2f} ms")
        wrong = [number for number in range(1, count + 1) if seen[f"user-{number:08}@example.org"] != 1]
        print(f"users there before and not seen exactly once: {len(wrong)}")
        return bool(wrong or max(seen.values()) > 1)
    finally:
        server.stop("immediate")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000, Path(temporary)))
