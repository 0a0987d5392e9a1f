"""What `sam local` is told of this machine's database."""

import json
import sys
from pathlib import Path

import pytest

from local import containers
from local.postgres import SharedServer

COPY = "import shutil, sys; assert sys.argv[2] == '--env-vars'; shutil.copy(sys.argv[3], sys.argv[1])"


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is said to run."""
    variables = {"POSTGRES_DB_HOST": "127.0.0.1", "POSTGRES_DB_PORT": "5432", "POSTGRES_DB_PASSWORD": "geheim"}
    monkeypatch.setattr(SharedServer, "start", lambda self, listen: dict(variables))
    monkeypatch.setattr(containers, "is_given", lambda: False)
    monkeypatch.setattr(containers, "find_bridge", lambda: "172.17.0.1")
    monkeypatch.setattr(sys, "platform", "linux")


def test_containers_find_the_database_at_the_bridge_with_a_password_and_no_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "takes_connections", lambda port, host: (host, port) == ("172.17.0.1", 5432))
    assert containers.main([sys.executable, "-c", COPY, str(tmp_path / "given.json")]) == 0
    assert json.loads((tmp_path / "given.json").read_text()) == {
        "Parameters": {
            "POSTGRES_DB_HOST": "172.17.0.1",
            "POSTGRES_DB_PORT": "5432",
            "POSTGRES_DB_PASSWORD": "geheim",
            "POSTGRES_IAM": "false",
            "POSTGRES_TLS_ROOT": "",
        }
    }


def test_a_server_that_containers_cannot_reach_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(containers, "takes_connections", lambda port, host: False)
    assert containers.main([sys.executable, "-c", COPY, str(tmp_path / "given.json")]) == 1
    assert "make start" in capsys.readouterr().err
    assert not (tmp_path / "given.json").exists()


def test_containers_are_kept_from_one_request_to_the_next() -> None:
    recipe = Path("Makefile").read_text().partition("\nsam-local:")[2].partition("\n\n")[0]
    assert "local start-api --warm-containers LAZY" in recipe
