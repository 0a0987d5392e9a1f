"""Operation: removes for good the users deleted longer ago than USERS_RETENTION_DAYS; scheduled every night.

Answer: {"purged": number, "finished": whether none are left}. What one run leaves for want of time, the next takes.
"""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg

from crosswalk.database import disconnect
from crosswalk.settings import read_purge_settings
from crosswalk.telemetry import MetricUnit, logger, metrics
from crosswalk.users import purge_users

RESERVE = 5.0
"""Seconds before the function's time-out in which no new batch begins: one batch and the answer fit in."""

read_purge_settings()  # a wrong variable stops the function when it starts


class PurgeCrashed(Exception):
    """Stands for an unexpected error of PostgreSQL's, which may quote a user; Lambda logs and passes on its message."""


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    seconds = context.get_remaining_time_in_millis() / 1000 - RESERVE
    purged, finished = asyncio.run(purge(seconds))
    metrics.add_metric("UsersPurged", MetricUnit.Count, purged)
    logger.info("purged", purged=purged, finished=finished)
    return {"purged": purged, "finished": finished}


async def purge(seconds: float) -> tuple[int, bool]:
    try:
        return await purge_users(timedelta(days=read_purge_settings().users_retention_days), seconds)
    except psycopg.Error as error:
        raise PurgeCrashed(f"{type(error).__name__}, SQLSTATE {error.sqlstate}") from None
    finally:
        await disconnect()  # it runs once a night: not worth keeping
