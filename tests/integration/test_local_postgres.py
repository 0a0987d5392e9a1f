"""The server that `make start` brings up: from nothing, kept between runs, shared by those who use it at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.postgres import Server
from tests.running import PYTHONPATH

CODE = """
import sys, pathlib
from local import postgres
postgres.FOLDER = pathlib.Path(sys.argv[1])
postgres._server = postgres.Server(postgres.FOLDER, options={"fsync": "off"})
print(postgres.start()["POSTGRES_DB_PORT"], flush=True)
sys.stdin.readline()
postgres.stop()
"""


class User:
    """A process that uses the server until it is told to end."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(folder)],
            env={**os.environ, "PYTHONPATH": PYTHONPATH},
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


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = Server(tmp_path, options={"no_such_setting": "1"})
    with pytest.raises(RuntimeError, match="no_such_setting"):
        server.start()
