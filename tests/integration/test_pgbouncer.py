"""PgBouncer as a stand-in for RDS Proxy: it punishes what would pin a session there, and we do nothing of that."""

from collections.abc import Iterator

import psycopg
import pytest

from crosswalk.migrations import Migration, migrate, read_migrations
from crosswalk.settings import DatabaseSettings
from crosswalk.users import get_user, list_users, save_user
from tests.databases import Database, Servers, clone_database, wait


@pytest.fixture
def pooled(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    with clone_database(servers, "pgbouncer", monkeypatch) as database:
        yield database


def test_a_session_setting_leaks_to_another_client(pooled: Database) -> None:
    with psycopg.connect(autocommit=True, **pooled.application_login) as one:
        one.execute("SET statement_timeout = '77s'")
    with psycopg.connect(autocommit=True, **pooled.application_login) as other:
        assert other.execute("SHOW statement_timeout").fetchone() == ("77s",)


def test_a_prepared_statement_is_missing_on_the_next_server_connection(pooled: Database) -> None:
    with psycopg.connect(autocommit=True, prepare_threshold=0, **pooled.application_login) as one:
        one.execute("SELECT %s", [1])
        with psycopg.connect(**pooled.application_login) as other:
            other.execute("SELECT 1")  # takes the server connection that knows the statement
            with pytest.raises(psycopg.errors.InvalidSqlStatementName):
                one.execute("SELECT %s", [1])


def test_start_up_options_are_refused(pooled: Database) -> None:
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
        psycopg.connect(**pooled.application_login, options="-c statement_timeout=1s")


def test_many_migrations_can_be_applied_again_and_again(pooled: Database) -> None:
    more = [Migration(1000 + number, f"{1000 + number}_test", f"CREATE TABLE test{number} ()") for number in range(6)]
    for _ in range(3):
        report = migrate(DatabaseSettings(), [*read_migrations(), *more])
    assert (report.applied, report.version) == ([], 1005)


def test_the_functions_leave_neither_prepared_statements_nor_settings_behind(pooled: Database) -> None:
    for number in range(20):
        wait(save_user("ada@example.org", f"{number}"))
        wait(get_user("ada@example.org"))
        wait(list_users(10))
    with psycopg.connect(autocommit=True, **pooled.application_login) as connection:
        assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
        changed = "SELECT name FROM pg_settings WHERE source = 'session' AND name NOT IN ('application_name')"
        assert connection.execute(changed.encode()).fetchall() == []
