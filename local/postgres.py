"""The database on this machine: PostgreSQL from a wheel, its data in .postgres/; or what the environment names."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

import psycopg

from crosswalk.migrations import migrate
from crosswalk.settings import DatabaseSettings
from local.binaries import find_embedded_binaries

FOLDER = Path(__file__).parents[1] / ".postgres"
MASTER = "postgres"
OWNER = "crosswalk_owner"
APPLICATION = "crosswalk"
DATABASE = "crosswalk"

PATIENCE = 3  # seconds for a server of this machine to answer
TLS_REQUEST = bytes.fromhex("00000008 04d2162f")
ATTEMPTS = 5  # one a second: what was killed in the middle of starting or stopping its server has left it there


class Server:
    """A PostgreSQL server with its data in `folder`; `programs` is PostgreSQL's own bin folder, of any version.

    It listens on 127.0.0.1, unless the options say otherwise. PostgreSQL refuses to run as root, so there it runs as
    another user.
    """

    def __init__(self, folder: Path, programs: Path | None = None, options: Mapping[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.options = dict(options or {})
        self._programs = programs

    @cached_property
    def programs(self) -> Path:
        """PostgreSQL's bin folder."""
        return self._programs or find_embedded_binaries()

    @property
    def password(self) -> str:
        """The master's; made up when the data was."""
        return (self.folder / "password").read_text()

    @property
    def pid(self) -> int:
        """The process id of the postmaster; only while it runs."""
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    @property
    def port(self) -> int:
        """Where it listens, or did until it was killed."""
        return int((self.data / "postmaster.pid").read_text().splitlines()[3])

    def is_running(self) -> bool:
        """Whether it takes connections, whoever has started it. If it was killed, its port may now be another's."""
        try:
            os.kill(self.pid, 0)
            return takes_connections(self.port)
        except (OSError, IndexError, ValueError):
            return False

    def start(self, port: int | None = None) -> None:
        """Starts the server, on any free port unless one is given; makes its data first if there is none."""
        if not self.data.exists():
            self._create()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port or find_free_port()),
            "unix_socket_directories": "",
            **self.options,
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._run("pg_ctl", "start", "--wait", "--log", str(self.folder / "log"), "--options", options)

    def stop(self, mode: str = "fast") -> None:
        """Stops the server; `immediate` is as if the machine lost its power."""
        self._run("pg_ctl", "stop", "--wait", "--mode", mode)

    def _create(self) -> None:
        """Makes the data beside its place, so that there is never a part of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for abandoned in self.folder.glob("new-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        secret, log = self.folder / "password", self.folder / "log"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(16))
        log.touch()
        if os.geteuid() == 0:
            for path in (made, secret, log):
                os.chown(path, *find_unprivileged_user())
        # Letters have their case as in the locales of RDS, whatever this machine's locale is.
        told = subprocess.check_output([str(self.programs / "postgres"), "--version"], text=True)
        builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        locale = builtin if int(told.split()[2].split(".")[0]) >= 17 else ["--locale=C.UTF-8"]
        login = [f"--username={MASTER}", f"--pwfile={secret}", "--auth=scram-sha-256"]
        self._run("initdb", *login, "--encoding=UTF8", *locale, "--no-sync", "--no-instructions", data=made)
        with (made / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet scram-sha-256\n")  # for containers; it listens to them only when told to
        made.rename(self.data)

    def _run(self, program: str, *arguments: str, data: Path | None = None) -> None:
        command = as_unprivileged_user([str(self.programs / program), f"--pgdata={data or self.data}", *arguments])
        # No pipes: the server would inherit them, and nobody would ever see their end.
        with (self.folder / "output").open("w+") as output:
            if subprocess.call(command, cwd="/", stdout=output, stderr=subprocess.STDOUT):
                output.seek(0)
                end = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{program} failed:\n{output.read()}{end}")


def find_unprivileged_user() -> tuple[int, int]:
    """The user and group id of whoever runs PostgreSQL for root."""
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise RuntimeError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def as_unprivileged_user(command: Sequence[str]) -> list[str]:
    """The command as somebody but root may run it; for all but root the command itself.

    The one capability it keeps lets it reach a project folder that only root may enter.
    """
    if os.geteuid() != 0:
        return list(command)
    user, group = find_unprivileged_user()
    capabilities = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *capabilities, *command]


def find_free_port(wanted: int = 0) -> int:
    """The port wanted if nobody listens there, else another one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def takes_connections(port: int, host: str = "127.0.0.1") -> bool:
    """Whether PostgreSQL listens there: asked for TLS it answers by one letter, and nothing else would.

    https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-SSL
    """
    try:
        with socket.create_connection((host, port), timeout=PATIENCE) as client:
            client.sendall(TLS_REQUEST)
            return client.recv(16) in (b"S", b"N")
    except OSError:
        return False


def is_given() -> bool:
    """Whether the environment names a server."""
    return any(name.startswith("POSTGRES_DB_") for name in os.environ)


def forget_libpq_variables() -> None:
    """Drops PGSSLMODE, PGSERVICE and the like from the environment: they are for other servers of whoever runs this."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


class SharedServer:
    """Our own server, used by several processes at once: the first one starts it, the last one out stops it.

    If the environment names a server it is that one, which is neither started nor stopped.
    """

    def __init__(self, folder: Path | None = None, options: Mapping[str, str] | None = None) -> None:
        self.server = Server(folder or FOLDER, options=options)
        self._use: TextIO | None = None
        self._port = 0

    def start(self, listen: str | None = None) -> dict[str, str]:
        """The POSTGRES_* variables of the migrated database. Called again, it starts a server that has died.

        listen: an address of this machine that our own server, if it is started now, listens on beside 127.0.0.1.
        """
        if is_given():
            forget_libpq_variables()
            migrate(DatabaseSettings())
            return {name: value for name, value in os.environ.items() if name.startswith("POSTGRES_")}
        if listen:
            self.server.options["listen_addresses"] = f"127.0.0.1,{listen}"
        with self._alone():
            self._use = self._use or (self.server.folder / "in-use").open("w")
            flock(self._use, LOCK_SH)
            self._start_and_prepare()
        return describe(self.server)

    def _start_and_prepare(self) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if not self.server.is_running():
                    self.server.start(find_free_port(self._port))
                self._port = self.server.port
                prepare(self.server)
                break
            except (RuntimeError, psycopg.OperationalError):
                if attempt == ATTEMPTS:
                    raise
                time.sleep(1)

    def has_died(self) -> bool:
        """Whether our own server was started here and takes no connections any more."""
        return self._use is not None and not self.server.is_running()

    def stop(self) -> None:
        """Stops our own server unless another process uses it too."""
        if self._use is None:
            return
        with self._alone(), self._use, suppress(BlockingIOError):
            flock(self._use, LOCK_EX | LOCK_NB)
            if self.server.is_running():
                self.server.stop()
        self._use = None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time: `make start` and `make seed-users` may begin or end at once."""
        self.server.folder.mkdir(exist_ok=True)
        with (self.server.folder / "lock").open("w") as lock:
            flock(lock, LOCK_EX)
            yield


def prepare(server: Server) -> None:
    """Makes the database if it is missing, and brings its schema up to date."""
    forget_libpq_variables()
    login: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "user": MASTER, "password": server.password}
    with psycopg.connect(autocommit=True, connect_timeout=PATIENCE, dbname="postgres", **login) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone() is None:
            # As the master that RDS makes: no superuser, but it owns the database and makes roles.
            secret = connection.pgconn.encrypt_password(server.password.encode(), OWNER.encode(), b"scram-sha-256")
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{secret.decode()}'".encode())
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    migrate(DatabaseSettings.model_validate(describe(server)))


def describe(server: Server) -> dict[str, str]:
    """The variables by which the functions and the migrations find the server. It has one password for all roles."""
    return {
        "POSTGRES_DB_HOST": "127.0.0.1",
        "POSTGRES_DB_PORT": str(server.port),
        "POSTGRES_DB_NAME": DATABASE,
        "POSTGRES_DB_USER": APPLICATION,
        "POSTGRES_DB_PASSWORD": server.password,
        "POSTGRES_OWNER_USER": OWNER,
        "POSTGRES_OWNER_PASSWORD": server.password,
    }
