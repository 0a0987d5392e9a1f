"""Operation: brings the schema up to date; invoked on each deploy, before the new code goes live.

Event: {}, or {"master": {"username": ..., "password": ...}} once {} has been answered by {"bootstrap_required": true}.
Answer: {"applied": [names], "version": number}. A failure is the function's own error; nothing is half done then.
"""

from typing import Any

from crosswalk.migrations import BootstrapRequired, Credentials, migrate
from crosswalk.settings import read_database_settings
from crosswalk.telemetry import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    master = Credentials(**event["master"]) if event.get("master") else None
    try:
        report = migrate(read_database_settings(), master)
    except BootstrapRequired:
        logger.info("bootstrap required")
        return {"bootstrap_required": True}
    logger.info("migrated", applied=report.applied, version=report.version)
    return {"applied": report.applied, "version": report.version}
