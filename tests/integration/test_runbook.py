"""What docs/operations.md has people type into psql."""

import os
import subprocess
import textwrap
from pathlib import Path

import yaml

from tests.databases import Database

PERSON = "person@example.org"


def read_erasure() -> str:
    section = Path("docs/operations.md").read_text().partition("\n## Erasing one person")[2].partition("\n## ")[0]
    return textwrap.dedent("\n".join(line for line in section.splitlines() if line.startswith("    ")))


def run_psql(database: Database, statements: str) -> str:
    """As the owner, while the server logs every statement, otherwise as template.yaml has it."""
    login = database.variables
    target = {
        "PGHOST": login["POSTGRES_DB_HOST"],
        "PGPORT": login["POSTGRES_DB_PORT"],
        "PGDATABASE": database.name,
        "PGUSER": login["POSTGRES_OWNER_USER"],
        "PGPASSWORD": login["POSTGRES_OWNER_PASSWORD"],
    }
    for name, value in {**read_log_parameters(), "log_min_duration_statement": "0"}.items():
        database.query(f"ALTER DATABASE {database.name} SET {name} = '{value}'")
    command = [str(database.server.programs / "psql"), "--no-psqlrc"]
    ended = subprocess.run(command, input=statements, env={**os.environ, **target}, capture_output=True, text=True)
    return ended.stdout + ended.stderr


def read_log_parameters() -> dict[str, str]:
    block = Path("template.yaml").read_text().partition("  DatabaseParameters:\n")[2].partition("\n\n")[0]
    parameters = yaml.safe_load(block)["Properties"]["Parameters"]
    return {name: value for name, value in parameters.items() if name.startswith("log_")}


def read_log(database: Database) -> str:
    return (database.server.folder / "log").read_text()


def add_person(database: Database) -> None:
    """The email as a parameter, which no setting of the test's server logs."""
    database.add_users(1)
    database.query("INSERT INTO users (email, text) VALUES (%s, %s)", [PERSON, "hello"])


def test_erasing_one_person_removes_the_row_and_no_other(direct_database: Database) -> None:
    add_person(direct_database)
    assert "DELETE 1" in run_psql(direct_database, read_erasure())
    assert direct_database.query("SELECT email FROM users") == [("user-000001@example.org",)]


def test_erasing_one_person_writes_no_email_into_the_log(direct_database: Database) -> None:
    add_person(direct_database)
    run_psql(direct_database, read_erasure())
    logged = read_log(direct_database)
    assert "DELETE FROM users USING person" in logged
    assert PERSON not in logged


def test_an_erasure_that_fails_writes_no_email_into_the_log(direct_database: Database) -> None:
    add_person(direct_database)
    direct_database.query("ALTER TABLE users RENAME TO persons")
    assert 'relation "users" does not exist' in run_psql(direct_database, read_erasure())
    logged = read_log(direct_database)
    assert "STATEMENT:  DELETE FROM users USING person" in logged
    assert PERSON not in logged
