"""The migration as the deploy invokes it."""

import psycopg
import pytest

from functions.migrate_database.app import handler
from tests.databases import Database, use_variables
from tests.events import Context


@pytest.mark.usefixtures("empty_database")
def test_the_first_deploy_migrates_and_the_next_changes_nothing() -> None:
    first = handler({}, Context())
    assert first["applied"][0] == "0001_create_users"
    assert first["version"] == len(first["applied"])
    assert handler({}, Context()) == {"applied": [], "version": first["version"]}


def test_a_refused_login_is_told_with_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with use_variables({"POSTGRES_DB_HOST": "127.0.0.1", "POSTGRES_DB_PORT": "1"}, monkeypatch):
        assert "refused" in handler({}, Context())["login_failed"]


def test_a_failed_migration_is_the_functions_own_error(direct_database: Database) -> None:
    direct_database.query("DELETE FROM schema_migrations")
    with pytest.raises(psycopg.errors.DuplicateTable):
        handler({}, Context())
