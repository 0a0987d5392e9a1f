"""The migration as the deploy invokes it."""

import pytest

from crosswalk import migrations
from crosswalk.migrations import Migration, read_migrations
from functions.migrate_database.app import MigrationFailed, handler
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
    with pytest.raises(MigrationFailed, match="0001_create_users, DuplicateTable, SQLSTATE 42P07"):
        handler({}, Context())


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("CREATE UNIQUE INDEX one ON users (text)", "UniqueViolation, SQLSTATE 23505, table users, constraint one"),
        ("SELECT text::int FROM users", "InvalidTextRepresentation, SQLSTATE 22P02"),
        ("UPDATE users SET text = NULL", "NotNullViolation, SQLSTATE 23502, table users, column text"),
        (
            "CREATE TABLE one (text text UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO one SELECT text FROM users",
            "UniqueViolation, SQLSTATE 23505, table one, constraint one_text_key",
        ),
    ],
    ids=["index", "type", "row", "commit"],
)
def test_a_failed_migration_quotes_no_user(
    sql: str, told: str, direct_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct_database.query("INSERT INTO users (email, text) VALUES ('a@example.org', 'mine'), ('b@example.org', 'mine')")
    known = [*read_migrations(), Migration(9000, "9000_fail", sql)]
    monkeypatch.setattr(migrations, "read_migrations", lambda: known)
    with pytest.raises(MigrationFailed) as raised:
        handler({}, Context())
    assert str(raised.value) == f"9000_fail, {told}"
    assert raised.value.__cause__ is None
