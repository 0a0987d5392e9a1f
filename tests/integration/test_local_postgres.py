"""The server that `make start` brings up: from nothing, kept between runs, shared by those who use it at once."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from local import postgres
from local.database import Database
from local.host.service import Function
from local.postgres import Server, SharedServer
from tests.databases import FAST, Servers, wait_until
from tests.running import PYTHONPATH

CODE = """
import sys, pathlib
from local.postgres import SharedServer
server = SharedServer(pathlib.Path(sys.argv[1]), {"fsync": "off"})
print(server.start()["POSTGRES_DB_PORT"], flush=True)
sys.stdin.readline()
server.stop()
"""


class User:
    """A process that uses the server until it is told to end."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(folder)],
            env={**os.environ, "PYTHONPATH": PYTHONPATH, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read_port(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate("\n", timeout=20)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def no_server_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD"):
        monkeypatch.delenv(f"POSTGRES_DB_{name}", raising=False)


@pytest.mark.usefixtures("no_server_given")
def test_processes_that_start_at_once_share_one_server_and_the_last_one_out_stops_it(tmp_path: Path) -> None:
    folder = tmp_path / "only for me"
    folder.mkdir(mode=0o700)
    server = Server(folder)
    first, second = User(folder), User(folder)
    assert first.read_port() == second.read_port() == server.port
    first.end()
    assert server.is_running()
    second.end()
    assert not server.is_running()


@pytest.mark.usefixtures("no_server_given")
def test_data_is_kept_between_runs_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    server = Server(tmp_path)
    passwords = []
    for _ in range(2):
        user = User(tmp_path)
        user.read_port()
        passwords.append(server.password)
        user.end()
    assert passwords[0] == passwords[1]
    assert server.data.stat().st_mode & 0o77 == 0
    assert (tmp_path / "password").stat().st_mode & 0o77 == 0


@pytest.mark.usefixtures("no_server_given")
@pytest.mark.parametrize("seconds", [0.4, 0.7, 1.0, 1.4, None])
def test_what_a_killed_process_leaves_behind_is_taken_over_and_stopped(tmp_path: Path, seconds: float | None) -> None:
    killed = User(tmp_path)
    if seconds is None:
        killed.read_port()
    else:
        time.sleep(seconds)  # in the middle of making the data, or of starting the server
    killed.kill()
    user = User(tmp_path)
    assert user.read_port() == Server(tmp_path).port
    user.end()
    assert not Server(tmp_path).is_running()


@pytest.mark.usefixtures("no_server_given")
def test_a_server_that_dies_is_started_again_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "FOLDER", tmp_path)
    needing = {"POSTGRES_DB_HOST": "Proxy.Endpoint", "POSTGRES_IAM": "true"}
    function = Function("get_user", "GetUserFunction", "app.handler", "", tmp_path, (), 3, 128, needing)
    server = Server(tmp_path)

    async def main() -> None:
        renewed = asyncio.Event()

        async def renew() -> None:
            renewed.set()

        database = Database(lambda source, line: None)
        try:
            before = await database.provide(function)
            assert before["POSTGRES_IAM"] == ""
            assert "POSTGRES_OWNER_PASSWORD" not in before
            watching = asyncio.create_task(database.watch(renew))
            os.kill(server.pid, signal.SIGKILL)
            async with asyncio.timeout(20):
                await renewed.wait()
            assert server.is_running()
            assert await database.provide(function) == before
            watching.cancel()
        finally:
            await database.stop()
        assert not server.is_running()

    asyncio.run(main())


@pytest.mark.usefixtures("no_server_given")
@pytest.mark.parametrize("knows_the_port", [True, False], ids=["same-runner", "next-runner"])
def test_a_port_that_somebody_else_has_taken_is_left_to_them(tmp_path: Path, knows_the_port: bool) -> None:
    first = SharedServer(tmp_path, FAST)
    port = int(first.start()["POSTGRES_DB_PORT"])
    os.kill(first.server.pid, signal.SIGKILL)
    wait_until(lambda: not first.server.is_running())
    second = first if knows_the_port else SharedServer(tmp_path, FAST)
    with socket.create_server(("127.0.0.1", port)):  # it says nothing
        assert int(second.start()["POSTGRES_DB_PORT"]) != port
        first.stop()
        second.stop()
    assert not second.server.is_running()


def test_another_postgresql_at_the_old_port_is_not_our_server(tmp_path: Path, servers: Servers) -> None:
    another = servers.get_server("postgresql-18")
    ended = subprocess.Popen(["true"])
    ended.wait()
    (tmp_path / "data").mkdir()
    (tmp_path / "data/postmaster.pid").write_text(f"{ended.pid}\n{tmp_path}\n0\n{another.port}\n")
    assert another.is_running()
    assert not Server(tmp_path).is_running()


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.9\r\n"], ids=["silent", "another-protocol"])
def test_a_listener_that_does_not_speak_postgresql_takes_no_connections(
    monkeypatch: pytest.MonkeyPatch, greeting: bytes
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(postgres.takes_connections, listener.getsockname()[1])
        connection, _ = listener.accept()
        with connection:
            connection.sendall(greeting)
            assert not asked.result()


STUCK = """
import asyncio, pathlib, sys
from local import database, postgres
from local.host.service import Function
postgres.FOLDER = folder = pathlib.Path(sys.argv[1])
database.END_LIMIT = 0.2
function = Function("get_user", "", "", "", folder, (), 3, 128, {"POSTGRES_DB_HOST": ""})

async def main():
    ours = database.Database(lambda source, line: print(line))
    asked = asyncio.create_task(ours.provide(function))
    await asyncio.sleep(0.5)
    await ours.stop()

asyncio.run(main())
"""


@pytest.mark.usefixtures("no_server_given")
def test_the_end_does_not_wait_for_a_start_that_does_not_end(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        environment = {**os.environ, "PYTHONPATH": PYTHONPATH}
        command = [sys.executable, "-c", STUCK, str(tmp_path)]
        printed = subprocess.check_output(command, env=environment, text=True, timeout=20)
    assert "left as it is" in printed


@pytest.mark.usefixtures("no_server_given")
def test_functions_without_a_database_wait_for_none(tmp_path: Path) -> None:
    function = Function("echo", "EchoFunction", "app.handler", "", tmp_path, (), 3, 128, {"GREETING": "hello"})
    assert asyncio.run(Database(lambda source, line: None).provide(function)) == {}


SHELL = {
    "PGSSLMODE": "require",
    "PGSERVICE": "nope",
    "PGOPTIONS": "-c search_path=nope",
    "PGCHANNELBINDING": "require",
}


@pytest.mark.usefixtures("no_server_given")
@pytest.mark.parametrize("name", SHELL)
def test_how_ones_shell_connects_elsewhere_does_not_matter(tmp_path: Path, name: str) -> None:
    user = User(tmp_path, **{name: SHELL[name]})
    assert user.read_port()
    user.end()


@pytest.mark.usefixtures("direct_database")
@pytest.mark.parametrize("command", [["local.psql", "-c", "SELECT FROM users"], ["local.seed_users", "1"]])
def test_how_ones_shell_connects_elsewhere_does_not_matter_to_a_given_server(command: list[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH, **SHELL}
    subprocess.run([sys.executable, "-m", *command], env=environment, check=True, stdout=subprocess.DEVNULL, timeout=60)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = Server(tmp_path, options={"no_such_setting": "1"})
    with pytest.raises(RuntimeError, match="no_such_setting"):
        server.start()
