"""Migrations on the oldest and the newest PostgreSQL, by every kind of owner."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from crosswalk.migrations import LoginFailed, Migration, apply_migrations, migrate, read_migrations
from crosswalk.settings import DatabaseSettings
from crosswalk.users import get_user, save_user
from local.postgres import APPLICATION, Server
from tests.databases import FAST, Database, Servers, clone_database, connect, wait
from tests.programs import find_program

NAMES = [migration.name for migration in read_migrations()]
VERSIONS = ["postgresql-18", "postgresql-15"]
FAILING = Migration(9000, "9000_fail", "CREATE TABLE half (x int); SELECT 1 / 0;")
EXPANDING = Migration(9001, "9001_expand", "ALTER TABLE users ADD COLUMN colour text;")


@pytest.fixture(params=VERSIONS)
def plain_database(
    request: pytest.FixtureRequest, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    with clone_database(servers, request.param, monkeypatch) as database:
        yield database


@pytest.fixture(params=VERSIONS)
def server(request: pytest.FixtureRequest, servers: Servers) -> Server:
    return servers.get_server(request.param)


@pytest.fixture
def empty(server: Server) -> Iterator[DatabaseSettings]:
    """An empty database and its owner, as RDS makes them; the application role does not exist yet."""
    suffix = uuid4().hex[:8]
    settings = DatabaseSettings.model_validate(
        {
            "POSTGRES_DB_HOST": "127.0.0.1",
            "POSTGRES_DB_PORT": server.port,
            "POSTGRES_DB_NAME": f"empty_{suffix}",
            "POSTGRES_DB_USER": f"application {suffix}",  # a name that needs quoting
            "POSTGRES_DB_PASSWORD": f"p'ss\"{suffix}",
            "POSTGRES_OWNER_USER": f"owner_{suffix}",
            "POSTGRES_OWNER_PASSWORD": f"geheim-{suffix}",
        }
    )
    with connect(server, "postgres") as connection:
        connection.execute(f"CREATE ROLE {settings.owner} LOGIN CREATEROLE PASSWORD 'geheim-{suffix}'")
        connection.execute(f"CREATE DATABASE {settings.postgres_db_name} TEMPLATE template0 OWNER {settings.owner}")
    yield settings
    with connect(server, "postgres") as connection:
        connection.execute(f"DROP DATABASE {settings.postgres_db_name} WITH (FORCE)")
        connection.execute(f'DROP ROLE IF EXISTS "{settings.postgres_db_user}"')
        connection.execute(f"DROP ROLE {settings.owner}")


def apply(database: Database, *migrations: Migration) -> list[str]:
    with database.connect() as connection:
        return apply_migrations(connection, APPLICATION, migrations).applied


def test_migrations_are_numbered_from_one_without_a_gap() -> None:
    assert [migration.version for migration in read_migrations()] == list(range(1, len(NAMES) + 1))


def test_the_first_run_applies_all_in_order_and_the_second_nothing(empty: DatabaseSettings, server: Server) -> None:
    first, second = migrate(empty), migrate(empty)
    assert (first.applied, first.version) == (NAMES, len(NAMES))
    assert (second.applied, second.version) == ([], len(NAMES))
    with connect(server, empty.postgres_db_name) as connection:
        recorded = connection.execute("SELECT version, name FROM schema_migrations ORDER BY applied_at, version")
        assert [name for _, name in recorded] == NAMES
        owner = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'users'").fetchone()
        assert owner == (empty.owner,)


def test_of_several_runners_at_once_each_migration_is_applied_by_one(empty: DatabaseSettings) -> None:
    with ThreadPoolExecutor(4) as executor:
        reports = list(executor.map(lambda _: migrate(empty), range(4)))
    assert sorted(name for report in reports for name in report.applied) == NAMES
    assert {report.version for report in reports} == {len(NAMES)}


def test_a_failing_migration_leaves_nothing_behind_and_those_before_it_stay(plain_database: Database) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero) as raised:
        apply(plain_database, *read_migrations(), FAILING)
    assert raised.value.__notes__ == [FAILING.name]
    assert plain_database.query("SELECT to_regclass('half')") == [(None,)]
    assert plain_database.query("SELECT max(version) FROM schema_migrations") == [(len(NAMES),)]
    fixed = Migration(FAILING.version, FAILING.name, "CREATE TABLE half (x int);")
    assert apply(plain_database, *read_migrations(), fixed) == [FAILING.name]


def test_an_older_release_accepts_and_works_on_a_newer_schema(plain_database: Database) -> None:
    assert apply(plain_database, *read_migrations(), EXPANDING) == [EXPANDING.name]
    report = migrate(DatabaseSettings.model_validate(plain_database.variables))
    assert (report.applied, report.version) == ([], EXPANDING.version)
    wait(save_user("ada@example.org", "x"))
    assert wait(get_user("ada@example.org")).text == "x"


def test_a_migration_that_would_wait_for_a_table_fails_instead(
    plain_database: Database,
) -> None:
    with plain_database.connect() as other, other.transaction():
        other.execute("SELECT count(*) FROM users")  # the lock of a reader that forgot to commit
        impatient = Migration(9002, "9002_wait", "SET LOCAL lock_timeout = '50ms';" + EXPANDING.sql)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            apply(plain_database, impatient)
    assert apply(plain_database, EXPANDING) == [EXPANDING.name]


def test_time_outs_belong_to_the_application_role(plain_database: Database) -> None:
    settings = plain_database.query("SELECT unnest(rolconfig) FROM pg_roles WHERE rolname = %s", [APPLICATION])
    assert {setting for (setting,) in settings} == {
        "statement_timeout=1500ms",
        "lock_timeout=1s",
        "idle_in_transaction_session_timeout=5s",
    }


def test_a_single_login_may_be_owner_and_application(server: Server) -> None:
    """On one's own server. Its time-outs are then the database's alone, since the login is used elsewhere too."""
    name = f"single_{uuid4().hex[:8]}"
    with connect(server, "postgres") as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
        connection.execute(f"CREATE DATABASE {name} OWNER {name}")
        settings = DatabaseSettings.model_validate(
            {
                "POSTGRES_DB_PORT": server.port,
                "POSTGRES_DB_NAME": name,
                "POSTGRES_DB_USER": name,
                "POSTGRES_DB_PASSWORD": "x",
            }
        )
        assert migrate(settings).applied == NAMES
        assert migrate(settings).applied == []
        slow = Migration(9003, "9003_slow", "SELECT pg_sleep(1.6);")
        assert migrate(settings, migrations=[slow]).applied == [slow.name]
        everywhere = connection.execute("SELECT rolconfig FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        assert everywhere == (None,)
        here = connection.execute("SELECT count(*) FROM pg_db_role_setting WHERE setrole = %s::regrole", [name])
        assert here.fetchone() == (1,)
        connection.execute(f"DROP DATABASE {name}")
        connection.execute(f"DROP ROLE {name}")


def test_an_owner_that_may_not_make_roles_finds_one_made_by_hand(empty: DatabaseSettings, server: Server) -> None:
    with connect(server, empty.postgres_db_name) as connection:
        connection.execute(f"ALTER ROLE {empty.owner} NOCREATEROLE")
        connection.execute(f'CREATE ROLE "{empty.postgres_db_user}" LOGIN')
    assert migrate(empty).applied == NAMES


def test_a_database_that_cannot_tell_upper_from_lower_case_is_refused(empty: DatabaseSettings, server: Server) -> None:
    name = empty.postgres_db_name
    with connect(server, "postgres") as connection:
        connection.execute(f"DROP DATABASE {name}")
        options = "LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 OWNER {empty.owner} ENCODING 'UTF8' {options}")
    with pytest.raises(psycopg.errors.RaiseException, match="UTF-8"):
        migrate(empty)


def test_an_absent_server_is_a_failed_login_with_libpqs_text() -> None:
    with pytest.raises(LoginFailed, match="refused"):
        migrate(DatabaseSettings.model_validate({"POSTGRES_DB_PORT": 1}))


@pytest.fixture(params=VERSIONS)
def rds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server whose master is no superuser but may make roles and grant rds_iam, as on RDS."""
    programs = find_program("postgresql-15").parent if request.param == "postgresql-15" else None
    server = Server(tmp_path, programs, {**FAST, "log_statement": "all"})
    server.start()
    with connect(server, "postgres") as connection:
        connection.execute("CREATE ROLE rds_iam")
        connection.execute("CREATE ROLE rds_master LOGIN NOSUPERUSER CREATEROLE PASSWORD 'once'")
        connection.execute("GRANT rds_iam TO rds_master WITH ADMIN OPTION")
        connection.execute("CREATE DATABASE crosswalk OWNER rds_master")
    yield server
    server.stop("immediate")


def set_login_rules(server: Server, *rules: str) -> None:
    lines = [f"host {rule}\n" for rule in ("all postgres all scram-sha-256", *rules)]
    (server.data / "pg_hba.conf").write_text("".join(lines))
    with connect(server, "postgres") as connection:
        connection.execute("SELECT pg_reload_conf()")


def test_the_master_of_rds_logs_in_by_token_before_and_after_it_made_the_role(rds: Server) -> None:
    """On PostgreSQL 16 and later who makes a role is a member of it, and so of rds_iam through it, too."""
    settings = DatabaseSettings.model_validate(
        {"POSTGRES_DB_PORT": rds.port, "POSTGRES_DB_USER": "application", "POSTGRES_OWNER_USER": "rds_master"}
    )
    set_login_rules(rds, "all +rds_iam all trust")  # our stand-in for a token that is right
    assert migrate(settings).applied == NAMES
    assert migrate(settings).applied == []
    with psycopg.connect(host="127.0.0.1", port=rds.port, dbname="crosswalk", user="application") as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
    with connect(rds, "crosswalk") as connection:
        limits = connection.execute("SELECT rolconfig FROM pg_roles WHERE rolname = 'application'").fetchone()
        assert limits
        assert "lock_timeout=1s" in limits[0]


def test_no_password_reaches_the_log_of_statements(rds: Server) -> None:
    settings = DatabaseSettings.model_validate(
        {
            "POSTGRES_DB_PORT": rds.port,
            "POSTGRES_DB_PASSWORD": "very-secret-application",
            "POSTGRES_OWNER_USER": "rds_master",
            "POSTGRES_OWNER_PASSWORD": "once",
        }
    )
    assert migrate(settings).applied == NAMES
    log = (rds.folder / "log").read_text()
    assert "CREATE ROLE" in log
    assert "very-secret" not in log
