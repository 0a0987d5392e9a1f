"""The migration as the deploy invokes it."""

from typing import Any

import pytest

from functions.migrate_database.app import handler
from local.postgres import MASTER
from tests.databases import Servers, connect, use_variables
from tests.events import Context

NAME = "test_bootstrap"


@pytest.fixture
def empty_database(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty database whose roles do not exist yet; gives the master's login."""
    server = servers.get_server("postgresql-18")
    variables = {
        "POSTGRES_DB_HOST": "127.0.0.1",
        "POSTGRES_DB_PORT": str(server.port),
        "POSTGRES_DB_NAME": NAME,
        "POSTGRES_DB_USER": "new_application",
        "POSTGRES_DB_PASSWORD": "one",
        "POSTGRES_OWNER_USER": "new_owner",
        "POSTGRES_OWNER_PASSWORD": "two",
    }
    with connect(server, "postgres") as connection:
        connection.execute(f"CREATE DATABASE {NAME}")
    with use_variables(variables, monkeypatch):
        yield {"username": MASTER, "password": server.password}
    with connect(server, "postgres") as connection:
        connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
        connection.execute("DROP ROLE IF EXISTS new_application, new_owner")


def test_the_first_deploy_asks_for_the_master_and_later_ones_do_without(empty_database: dict[str, str]) -> None:
    assert handler({}, Context()) == {"bootstrap_required": True}
    first = handler({"master": empty_database}, Context())
    assert first["applied"][0] == "0001_create_users"
    assert first["version"] == len(first["applied"])
    assert handler({}, Context()) == {"applied": [], "version": first["version"]}


def test_a_failure_is_the_functions_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    absent = {"POSTGRES_DB_HOST": "127.0.0.1", "POSTGRES_DB_PORT": "1"}
    with use_variables(absent, monkeypatch), pytest.raises(psycopg.OperationalError):
        handler({}, Context())
