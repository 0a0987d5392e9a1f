"""The schema's history, numbered SQL files, and what applies them: in order, each once, each whole or not at all.

Two identities. The owner owns everything, runs migrations, and makes the application role, as which the functions log
in; on AWS the owner is the instance's master. On one's own server one login may be both.

A migration must leave the previous release working: it adds (expand); what is no longer used, a later release removes
(contract). In the files `{application}` stands for the application role's name, quoted, and `{application_name}` for
the same as a string.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

from crosswalk.login import get_login
from crosswalk.settings import DatabaseSettings

FOLDER = Path(__file__).parent

LOCK = SQL("""
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SELECT pg_advisory_xact_lock(hashtext('crosswalk migrations'))
""")
"""Lets one runner work at a time, for as long as it takes; until the transaction ends, so it cannot be left behind."""

LOCK_TIMEOUT = SQL("SET LOCAL lock_timeout = '5s'")
"""A migration that waits for a table makes everyone behind it wait: better it fails, and is tried again."""

CONNECT_TIMEOUT = 10
"""Seconds for logging in."""

CREATE_RECORD = SQL("""
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
""")


class LoginFailed(Exception):
    """The owner could not log in. Why, psycopg does not say in a form to rely on; `str` is the text it has."""


@dataclass(frozen=True)
class Migration:
    version: int
    name: str
    sql: str


@dataclass(frozen=True)
class Report:
    """The names of the migrations just applied, and the version that the schema now has."""

    applied: list[str]
    version: int


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """The folder's migrations in order."""
    paths = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [Migration(int(path.stem[:4]), path.stem, path.read_text("utf-8")) for path in paths]


def migrate(settings: DatabaseSettings, migrations: Sequence[Migration] | None = None) -> Report:
    """Bring the schema up to date. A schema newer than the migrations known here is left alone: that is a rollback.

    Raises LoginFailed, and psycopg.Error when a migration fails, with the migration's name as a note.
    """
    login = get_login(settings, settings.owner)
    try:
        # Without prepared statements, as the functions, since a proxy may stand between.
        connection = psycopg.connect(autocommit=True, connect_timeout=CONNECT_TIMEOUT, prepare_threshold=None, **login)
    except psycopg.OperationalError as error:
        raise LoginFailed(str(error)) from error
    with connection:
        create_application_role(connection, settings)
        return apply_migrations(connection, settings.postgres_db_user, migrations or read_migrations())


def apply_migrations(connection: psycopg.Connection[Any], application: str, migrations: Sequence[Migration]) -> Report:
    """Apply, as the owner, what is not yet recorded; each migration commits together with its record."""
    with connection.transaction():
        connection.execute(LOCK)
        connection.execute(CREATE_RECORD)
    applied = []
    for migration in migrations:
        try:
            if _apply(connection, application, migration):
                applied.append(migration.name)
        except psycopg.Error as error:
            error.add_note(migration.name)
            raise
    row = connection.execute("SELECT coalesce(max(version), 0) FROM schema_migrations").fetchone()
    assert row
    return Report(applied, row[0])


def _apply(connection: psycopg.Connection[Any], application: str, migration: Migration) -> bool:
    """Apply one migration unless it is recorded; under the lock, since another runner may just be about to."""
    with connection.transaction():
        connection.execute(LOCK)
        connection.execute(LOCK_TIMEOUT)
        recorded = connection.execute("SELECT FROM schema_migrations WHERE version = %s", [migration.version])
        if recorded.fetchone() is not None:
            return False
        names = {"application": Identifier(application), "application_name": Literal(application)}
        connection.execute(SQL(migration.sql).format(**names))
        record = "INSERT INTO schema_migrations (version, name) VALUES (%s, %s)"
        connection.execute(record, [migration.version, migration.name])
        return True


def create_application_role(connection: psycopg.Connection[Any], settings: DatabaseSettings) -> None:
    """Make the role that the functions log in as, unless there is one.

    Where RDS's role for logging in by token exists, it becomes a member of that.
    """
    role = settings.postgres_db_user
    with connection.transaction():
        connection.execute(LOCK)
        if _has_role(connection, role):
            return
        statement: SQL | Composed = SQL("CREATE ROLE {} LOGIN").format(Identifier(role))
        password = settings.get_password(role)
        if password is not None:
            # Encrypted here, so that no log of statements ever holds the password.
            secret = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
            statement += SQL(" PASSWORD {}").format(Literal(secret.decode()))
        connection.execute(statement)
        if _has_role(connection, "rds_iam"):
            connection.execute(SQL("GRANT rds_iam TO {}").format(Identifier(role)))


def _has_role(connection: psycopg.Connection[Any], name: str) -> bool:
    return connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None
