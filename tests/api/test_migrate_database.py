"""The migration as the deploy invokes it."""

import pytest

from functions.migrate_database.app import handler
from tests.databases import use_variables
from tests.events import Context


def test_the_first_deploy_asks_for_the_master_and_later_ones_do_without(master: dict[str, str]) -> None:
    assert handler({}, Context()) == {"bootstrap_required": True}
    first = handler({"master": master}, Context())
    assert first["applied"][0] == "0001_create_users"
    assert first["version"] == len(first["applied"])
    assert handler({}, Context()) == {"applied": [], "version": first["version"]}


def test_a_failure_is_the_functions_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    absent = {"POSTGRES_DB_HOST": "127.0.0.1", "POSTGRES_DB_PORT": "1"}
    with use_variables(absent, monkeypatch), pytest.raises(psycopg.OperationalError):
        handler({}, Context())
