"""The purge as the schedule invokes it."""

import pytest

from functions.purge_users.app import PurgeCrashed, handler
from tests.databases import Database
from tests.events import Context


def test_the_purge_reports_how_many_users_it_removed(database: Database) -> None:
    database.add_users(5)
    database.query("UPDATE users SET deleted_at = now() - interval '31 days' WHERE id <= 3")
    assert handler({}, Context()) == {"purged": 3, "finished": True}
    assert handler({}, Context()) == {"purged": 0, "finished": True}
    assert database.query("SELECT count(*) FROM users") == [(2,)]


def test_the_retention_is_a_setting(direct_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from crosswalk.settings import read_purge_settings

    direct_database.add_users(1)
    direct_database.query("UPDATE users SET deleted_at = now() - interval '2 days'")
    read_purge_settings.cache_clear()
    monkeypatch.setenv("USERS_RETENTION_DAYS", "1")
    assert handler({}, Context())["purged"] == 1
    read_purge_settings.cache_clear()


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_a_purge_that_fails_quotes_no_user(direct_database: Database) -> None:
    direct_database.add_users(1)
    direct_database.query("UPDATE users SET deleted_at = now() - interval '31 days'")
    direct_database.query('CREATE TABLE kept (email citext COLLATE "C" REFERENCES users (email))')
    direct_database.query("INSERT INTO kept SELECT email FROM users")
    with pytest.raises(PurgeCrashed) as raised:
        handler({}, Context())
    assert str(raised.value) == "ForeignKeyViolation, SQLSTATE 23503"
    assert raised.value.__cause__ is None
