"""The schema's history, numbered SQL files, and what applies them: in order, each once, each whole or not at all.

Three identities. The master, whoever that is, makes the owner and the application role, once. The owner owns everything
and runs migrations. The functions connect as the application role. On one's own server one login may be all three.

A migration must leave the previous release working: it adds (expand); what is no longer used, a later release removes
(contract). In the files `{application}` stands for the application role's name, quoted, and `{application_name}` for
the same as a string.
"""

import re
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

CREATE_RECORD = SQL("""
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
""")


class BootstrapRequired(Exception):
    """The server answers, but does not let the owner role in: the master has to make the roles first."""


@dataclass(frozen=True)
class Credentials:
    """The master's login."""

    username: str
    password: str


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


def migrate(
    settings: DatabaseSettings, master: Credentials | None = None, migrations: Sequence[Migration] | None = None
) -> Report:
    """Bring the schema up to date. A schema newer than the migrations known here is left alone: that is a rollback.

    Raises BootstrapRequired when the roles are missing and no master is given, and psycopg.Error.
    """
    try:
        connection = psycopg.connect(autocommit=True, **get_login(settings, settings.owner))
    except psycopg.OperationalError as error:
        if not _was_refused(error):
            raise
        if master is None:
            raise BootstrapRequired(str(error)) from error
        _bootstrap(settings, master)
        connection = psycopg.connect(autocommit=True, **get_login(settings, settings.owner))
    with connection:
        if not _has_role(connection, settings.postgres_db_user):
            create_roles(connection, settings)
        return apply_migrations(connection, settings.postgres_db_user, migrations or read_migrations())


def _was_refused(error: psycopg.OperationalError) -> bool:
    """Whether a server answered: psycopg keeps no SQLSTATE of a login, but what a server says has a severity."""
    return re.search(r"\bFATAL:", str(error)) is not None


def apply_migrations(connection: psycopg.Connection[Any], application: str, migrations: Sequence[Migration]) -> Report:
    """Apply, as the owner, what is not yet recorded; each migration commits together with its record."""
    with connection.transaction():
        connection.execute(LOCK)
        connection.execute(CREATE_RECORD)
    applied = [migration.name for migration in migrations if _apply(connection, application, migration)]
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


def _bootstrap(settings: DatabaseSettings, master: Credentials) -> None:
    login = get_login(settings, settings.owner) | {"user": master.username, "password": master.password}
    with psycopg.connect(autocommit=True, **login) as connection:
        create_roles(connection, settings)


def create_roles(connection: psycopg.Connection[Any], settings: DatabaseSettings) -> None:
    """Make, as the master, the owner and the application role, with all that the owner will ever need.

    The master must not have to come back: on PostgreSQL 16 and later who makes a role is a member of it, so after
    `GRANT rds_iam` RDS takes the master's password no more either.
    """
    owner, application = settings.owner, settings.postgres_db_user
    with connection.transaction():
        connection.execute(LOCK)
        # CREATEROLE lets it set the application role's time-outs, and from PostgreSQL 16 on nothing of any other role.
        _create_role(connection, owner, settings.get_password(owner), SQL("LOGIN CREATEROLE"))
        _create_role(connection, application, settings.get_password(application), SQL("LOGIN"))
        if owner == application or owner == connection.info.user:
            return
        for grant in (
            "GRANT {application} TO {owner} WITH ADMIN OPTION",
            "GRANT CONNECT, CREATE ON DATABASE {database} TO {owner}",
            "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
        ):
            connection.execute(
                SQL(grant).format(
                    application=Identifier(application),
                    owner=Identifier(owner),
                    database=Identifier(settings.postgres_db_name),
                )
            )


def _create_role(connection: psycopg.Connection[Any], name: str, password: str | None, options: SQL) -> None:
    """Make a role unless there is one; where RDS's role for logging in by token exists, it becomes a member of that."""
    if _has_role(connection, name):
        return
    statement: SQL | Composed = SQL("CREATE ROLE {} {}").format(Identifier(name), options)
    if password is not None:
        # Encrypted here, so that no log of statements ever holds the password.
        secret = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
        statement += SQL(" PASSWORD {}").format(Literal(secret.decode()))
    connection.execute(statement)
    if _has_role(connection, "rds_iam"):
        connection.execute(SQL("GRANT rds_iam TO {}").format(Identifier(name)))


def _has_role(connection: psycopg.Connection[Any], name: str) -> bool:
    return connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None
