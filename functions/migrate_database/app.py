"""Operation: brings the schema up to date; invoked on each deploy, before the new code goes live.

Event: {}. Answer: {"applied": [names], "version": number}, or {"login_failed": text} while the owner cannot log in.
Any other failure is the function's own error; nothing is half done then.
"""

from typing import Any

import psycopg

from crosswalk.migrations import LoginFailed, migrate
from crosswalk.settings import read_database_settings
from crosswalk.telemetry import logger

read_database_settings()  # a wrong variable stops the function when it starts


class MigrationFailed(Exception):
    """Stands for PostgreSQL's error, which may quote users: Lambda logs a message, and CloudFormation shows it."""


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        report = migrate(read_database_settings())
    except LoginFailed as error:
        logger.warning("login failed", reason=str(error))
        return {"login_failed": str(error)}
    except psycopg.Error as error:
        raise MigrationFailed(describe_error(error)) from None
    logger.info("migrated", applied=report.applied, version=report.version)
    return {"applied": report.applied, "version": report.version}


def describe_error(error: psycopg.Error) -> str:
    """The error by names alone, its notes among them: the migration's.

    Not even by its message's first line, which may be `invalid input syntax for type integer: "..."`.
    """
    names = {
        "SQLSTATE": error.sqlstate,
        "table": error.diag.table_name,
        "column": error.diag.column_name,
        "constraint": error.diag.constraint_name,
    }
    known = [f"{kind} {name}" for kind, name in names.items() if name]
    return ", ".join([*getattr(error, "__notes__", []), type(error).__name__, *known])
