"""The classic load test: 50 clients list 500,000 users at random offsets, here and from a plain service.

python -m tests.load.load_test RESULT.json      USERS_COUNT=500000 SECONDS=20

Both run on this machine, on one PostgreSQL server, and so do the clients; they take turns, so that what disturbs the
machine disturbs both. Then come cursor pages, single users, and mixed traffic at rising load. The result is for
`benchmarks.load`, which makes the report of it.
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from crosswalk.settings import DatabaseSettings
from local import postgres
from local.postgres import Server, find_free_port
from local.seed_users import seed_users
from tests.databases import connect
from tests.running import ROOT, RunningService

BIN = ROOT / ".venv-load/bin"
COUNT = int(os.environ.get("USERS_COUNT", "500000"))
SECONDS = int(os.environ.get("SECONDS", "20"))
CLIENTS = 50
TURNS = 3
RISING = (1, 2, 5, 10, 20, 50, 100, 200)
PLAIN_DATABASE = "plain"
MAKE_PEOPLE = f"""
CREATE TABLE people AS
SELECT number AS id, 'user-' || lpad(number::text, 8, '0') || '@example.org' AS email, 'User ' || number AS text,
    now() AS created_at, now() AS updated_at
FROM generate_series(1, {COUNT}) AS number
ORDER BY md5(number::text)
"""
# People do not come in the order of their emails, in which the users are seeded.
MIX_USERS = """
CREATE TEMPORARY TABLE mixed AS SELECT email, text FROM users ORDER BY md5(email::text);
TRUNCATE users;
INSERT INTO users (email, text) SELECT email, text FROM mixed
"""


@dataclass(frozen=True)
class Result:
    """One kind of traffic on one side: what Locust counted, in milliseconds. `beside`: with whom it took turns."""

    side: str
    traffic: str
    clients: int
    requests: int
    per_second: float
    median: float
    p95: float
    p99: float
    failures: dict[str, int]
    beside: str = ""


def run_clients(side: str, address: str, traffic: str, clients: int, folder: Path) -> Result:
    """Let so many clients ask for SECONDS, all at once."""
    prefix = folder / "locust"
    command = [
        *(str(BIN / "locust"), "--locustfile", str(ROOT / "tests/load/clients.py"), traffic, "--headless"),
        *("--host", address, "--users", str(clients), "--spawn-rate", str(clients), "--run-time", f"{SECONDS}s"),
        *("--csv", str(prefix), "--only-summary", "--exit-code-on-error", "0", "--stop-timeout", "30"),
    ]
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, "USERS_COUNT": str(COUNT)}, capture_output=True, text=True
    )
    if ended.returncode:
        raise SystemExit(f"locust failed:\n{ended.stderr}")
    with open(f"{prefix}_stats.csv") as file:
        [total] = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
    failures: Counter[str] = Counter()
    with open(f"{prefix}_failures.csv") as file:
        for row in csv.DictReader(file):
            failures[name_failure(row["Error"])] += int(row["Occurrences"])
    result = Result(
        side,
        traffic,
        clients,
        int(total["Request Count"]),
        float(total["Requests/s"]),
        read_figure(total["50%"]),
        read_figure(total["95%"]),
        read_figure(total["99%"]),
        dict(failures),
    )
    print(result, flush=True)
    return result


def name_failure(error: str) -> str:
    """`status 503` for `CatchResponseError('status 503')`, as Locust writes what `clients` tells it."""
    told = re.search(r"status \d+", error)
    return told[0] if told else error


def read_figure(cell: str) -> float:
    return float("nan") if cell == "N/A" else float(cell)


def make_users(server: Server) -> None:
    described = postgres.describe(server)
    seed_users(DatabaseSettings.model_validate(described), COUNT, quiet=True)
    with connect(server, described["POSTGRES_DB_NAME"]) as connection:
        connection.execute(MIX_USERS)
        connection.execute("VACUUM ANALYZE users")


def make_people(server: Server) -> str:
    """The plain service's own database, without an index on email; where it is."""
    with connect(server, "postgres") as connection:
        connection.execute(f"CREATE DATABASE {PLAIN_DATABASE}")
    with connect(server, PLAIN_DATABASE) as connection:
        connection.execute(MAKE_PEOPLE)
        connection.execute("ALTER TABLE people ADD PRIMARY KEY (id)")
        connection.execute("VACUUM ANALYZE people")
    return f"host=127.0.0.1 port={server.port} user=postgres password={server.password} dbname={PLAIN_DATABASE}"


def index_people(server: Server) -> None:
    with connect(server, PLAIN_DATABASE) as connection:
        connection.execute("CREATE UNIQUE INDEX ON people (email)")
        connection.execute("VACUUM ANALYZE people")


@contextmanager
def run_plain_service(database: str) -> Iterator[str]:
    port = find_free_port()
    command = [str(BIN / "uvicorn"), "tests.load.plain_service:app", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATABASE": database})
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/users")
        yield address
    finally:
        process.terminate()
        process.wait()


@contextmanager
def run_crosswalk(server: Server) -> Iterator[str]:
    service = RunningService(ROOT, **postgres.describe(server))
    try:
        wait_for(f"{service.address}/users")
        yield service.address
    finally:
        service.stop()


def wait_for(url: str) -> None:
    """Return once it answers, with connections made."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


def run_all(server: Server, folder: Path) -> Iterator[Result]:
    with run_plain_service(make_people(server)) as plain, run_crosswalk(server) as ours:
        yield from take_turns("plain, no index", plain, ours, folder)
        index_people(server)
        yield from take_turns("plain, index", plain, ours, folder)
        for traffic in ("Cursors", "Singles"):
            yield run_clients("crosswalk", ours, traffic, CLIENTS, folder)
        for clients in RISING:
            yield run_clients("crosswalk", ours, "Mixed", clients, folder)


def take_turns(plain: str, plain_address: str, our_address: str, folder: Path) -> Iterator[Result]:
    for _ in range(TURNS):
        yield run_clients(plain, plain_address, "Offsets", CLIENTS, folder)
        yield replace(run_clients("crosswalk", our_address, "Offsets", CLIENTS, folder), beside=plain)


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        os.chmod(temporary, 0o755)
        server = Server(Path(temporary) / "postgres", options={"max_connections": "100"})
        server.start()
        try:
            postgres.prepare(server)
            make_users(server)
            results = list(run_all(server, Path(temporary)))
        finally:
            server.stop("immediate")
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"users": COUNT, "results": [asdict(result) for result in results]}, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
