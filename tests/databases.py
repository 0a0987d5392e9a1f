"""Real databases for the tests: each test has its own, a clone of a migrated template, reached in one of several ways.

postgresql-18    from the wheel that `make start` uses; never skipped
postgresql-15    Debian's
pgbouncer        postgresql-18 behind PgBouncer in transaction mode: our stand-in for RDS Proxy
"""

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
import pytest

from crosswalk import database
from crosswalk.login import get_login
from crosswalk.settings import DatabaseSettings, read_database_settings
from local import postgres
from local.postgres import (
    APPLICATION,
    DATABASE,
    MASTER,
    OWNER,
    Server,
    as_unprivileged_user,
    find_free_port,
    takes_connections,
)
from tests.programs import find_program

WAYS = ("postgresql-18", "postgresql-15", "pgbouncer")

# Losing a machine's power is nothing that happens to these servers; losing the process is, and that it survives.
FAST = {"fsync": "off", "max_connections": "60"}

# Mangum takes the thread's event loop; the kept connection goes from it to the tests' own calls and back.
LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(LOOP)

T = TypeVar("T")


def wait(awaitable: Awaitable[T]) -> T:
    """The result of a coroutine."""
    return LOOP.run_until_complete(awaitable)


def wait_until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Return once the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        time.sleep(0.02)


def read_pgbouncer_version() -> tuple[int, ...]:
    told = subprocess.check_output([str(find_program("pgbouncer")), "--version"], text=True)
    return tuple(map(int, told.split()[1].split(".")))


class PgBouncer:
    """PgBouncer in transaction mode before a server: two server connections for each database, nothing reset between.

    As RDS Proxy it accepts clients while the server is away and lets them queue.
    """

    def __init__(self, folder: Path, server: Server, options: Mapping[str, str] | None = None) -> None:
        self.port = find_free_port()
        users = folder / "users.txt"
        users.write_text("".join(f'"{name}" "{server.password}"\n' for name in (APPLICATION, OWNER, MASTER)))
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": str(self.port),
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": str(users),
            "pool_mode": "transaction",
            "default_pool_size": "2",
            "server_reset_query": "",
            "server_login_retry": "1",
            "logfile": str(folder / "pgbouncer.log"),
            **(options or {}),
        }
        if read_pgbouncer_version() >= (1, 21):  # from then on it carries prepared statements over unless told not to
            settings["max_prepared_statements"] = "0"
        self.configuration = folder / "pgbouncer.ini"
        self.configuration.write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port}\n[pgbouncer]\n"
            + "".join(f"{name} = {value}\n" for name, value in settings.items())
        )
        (folder / "pgbouncer.log").touch()
        for path in (users, self.configuration, folder / "pgbouncer.log"):
            path.chmod(0o666)

    def start(self) -> None:
        command = as_unprivileged_user([str(find_program("pgbouncer")), "--quiet", str(self.configuration)])
        self.process = subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: takes_connections(self.port))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@dataclass
class Servers:
    """The servers of a test run, each started when the first test asks for it."""

    folder: Path
    started: dict[str, Server] = field(default_factory=dict)
    bouncers: list[PgBouncer] = field(default_factory=list)

    def get_server(self, way: str) -> Server:
        name = "postgresql-18" if way == "pgbouncer" else way
        if name not in self.started:
            programs = find_program("postgresql-15").parent if name == "postgresql-15" else None
            self.started[name] = Server(self.folder / name, programs, FAST)
            self.started[name].start()
            postgres.prepare(self.started[name])
        return self.started[name]

    def get_port(self, way: str) -> int:
        server = self.get_server(way)
        if way != "pgbouncer":
            return server.port
        if not self.bouncers:
            find_program("pgbouncer")
            bouncer = PgBouncer(self.folder, server)
            bouncer.start()
            self.bouncers.append(bouncer)
        return self.bouncers[0].port

    def stop(self) -> None:
        for bouncer in self.bouncers:
            bouncer.stop()
        for server in self.started.values():
            server.stop("immediate")


@dataclass(frozen=True)
class Database:
    """One test's database: `variables` is how the functions reach it, `query` how a test looks at it itself."""

    server: Server
    variables: Mapping[str, str]
    way: str

    @property
    def name(self) -> str:
        return self.variables["POSTGRES_DB_NAME"]

    @property
    def application_login(self) -> dict[str, Any]:
        """How the functions log in, as psycopg takes it."""
        return get_login(DatabaseSettings.model_validate(self.variables), APPLICATION)

    def connect(self) -> psycopg.Connection[Any]:
        """As the master, past any PgBouncer."""
        return connect(self.server, self.name)

    def query(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def add_users(self, count: int) -> None:
        """Users user-000001@example.org and so on, as many as asked for; vacuumed, as a table in use is."""
        self.query(
            "INSERT INTO users (email, text)"
            " SELECT 'user-' || lpad(n::text, 6, '0') || '@example.org', 'text ' || n FROM generate_series(1, %s) AS n",
            [count],
        )
        self.query("VACUUM ANALYZE users")


def connect(server: Server, name: str) -> psycopg.Connection[Any]:
    login: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "user": MASTER, "password": server.password}
    return psycopg.connect(autocommit=True, dbname=name, **login)


@contextmanager
def clone_database(servers: Servers, way: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A new database for one test, which the functions then use: the environment names it."""
    with (
        create_database(servers, way, f"test_{uuid4().hex}") as database,
        use_variables(database.variables, monkeypatch),
    ):
        yield database


@contextmanager
def create_database(servers: Servers, way: str, name: str) -> Iterator[Database]:
    """A clone of the migrated template, dropped at the end."""
    server, port = servers.get_server(way), servers.get_port(way)
    with connect(server, "postgres") as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {DATABASE} OWNER {OWNER}".encode())
    yield Database(server, {**postgres.describe(server), "POSTGRES_DB_NAME": name, "POSTGRES_DB_PORT": str(port)}, way)
    with connect(server, "postgres") as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def use_variables(variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The functions as in a new execution environment with these variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    wait(database.disconnect())
    read_database_settings.cache_clear()
    database.breaker.close()
    yield
    wait(database.disconnect())
    read_database_settings.cache_clear()
