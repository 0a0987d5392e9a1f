"""Operation: brings the schema up to date; invoked on each deploy, before the new code goes live.

Event: {}. Answer: {"applied": [names], "version": number}, or {"login_failed": text} while the owner cannot log in.
Any other failure is the function's own error; nothing is half done then.
"""

from typing import Any

from crosswalk.migrations import LoginFailed, migrate
from crosswalk.settings import read_database_settings
from crosswalk.telemetry import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        report = migrate(read_database_settings())
    except LoginFailed as error:
        logger.warning("login failed", reason=str(error))
        return {"login_failed": str(error)}
    logger.info("migrated", applied=report.applied, version=report.version)
    return {"applied": report.applied, "version": report.version}
