"""GET /health through its real handler."""

import subprocess
import sys

import pytest

from crosswalk.settings import read_service_settings
from functions.health.app import handler
from tests.databases import use_variables
from tests.events import Answer, create_event, invoke
from tests.running import PYTHONPATH


def get(query: str = "") -> Answer:
    return invoke(handler, create_event("GET", f"/health?{query}"))


def test_health_tells_the_version() -> None:
    answer = get()
    assert (answer.status, answer.json) == (200, {"version": read_service_settings().crosswalk_version})


@pytest.mark.usefixtures("database")
def test_health_with_the_database_reaches_it() -> None:
    assert get("database=1").status == 200


def test_health_is_well_without_the_database_and_a_503_only_when_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with use_variables({"POSTGRES_DB_HOST": "127.0.0.1", "POSTGRES_DB_PORT": "1"}, monkeypatch):
        assert get().status == 200
        assert get("database=0").status == 200
        answer = get("database=1")
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("query", ["database=2", "database=", "database=true", "databases=1"])
def test_another_parameter_is_a_400(query: str) -> None:
    assert get(query).status == 400


def test_a_plain_check_does_not_load_the_driver() -> None:
    code = "import functions.health.app, sys; print('psycopg' in sys.modules)"
    assert (
        subprocess.check_output([sys.executable, "-c", code], env={"PYTHONPATH": PYTHONPATH}, text=True).strip()
        == "False"
    )
