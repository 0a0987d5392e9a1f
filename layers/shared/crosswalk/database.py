"""One PostgreSQL connection for each execution environment: lazy, kept, replaced when dead, never waited for too long.

Everything is one statement in autocommit, without prepared statements or session state, so RDS Proxy need not pin it.

Glossary
    budget      the seconds that one request may spend on the database: connecting, waiting, a second try, everything
    kept        the connection left over from an earlier request; only using it tells whether it is still alive
    repeatable  said of a statement that may run twice without harm, when nobody knows whether it ran once
    away        of the database: it cannot be reached, or is silent, or refuses everyone
    busy        of the database: it is there, and this one statement waited too long or lost against another
"""

import asyncio
from collections.abc import Mapping
from time import monotonic, time
from typing import Any, TypeVar

import psycopg
from psycopg import errors as pg
from psycopg.abc import PQGen
from pybreaker import STATE_OPEN, CircuitBreaker, CircuitBreakerError, CircuitBreakerListener, CircuitBreakerState

from crosswalk.errors import DatabaseUnavailable
from crosswalk.login import get_login
from crosswalk.settings import read_database_settings
from crosswalk.telemetry import MetricUnit, logger, metrics

Row = tuple[Any, ...]
RV = TypeVar("RV")

BUDGET = 2.0
"""Seconds. So a client knows within three that there is no database, with all else that a request takes."""

PROBE = "SELECT 1"
PROBE_BUDGET = 0.5
IDLE = 60.0
"""Seconds unused after which a kept connection is probed first: the environment may have been frozen for hours."""

FAILURES = 3
PAUSE = 5
"""Seconds that the circuit breaker stays open after so many failures in a row, before it lets one request try."""

BUSY = (pg.LockNotAvailable, pg.QueryCanceled, pg.DeadlockDetected, pg.SerializationFailure)

# A wrong variable stops the function when it starts, not its first request.
read_database_settings()


class Connection(psycopg.AsyncConnection[Row]):
    """A connection on which no wait lasts beyond `deadline`, a time of `monotonic`.

    asyncio's own timeouts will not do for a query: on being cancelled psycopg asks the server to cancel too, and gives
    a silent one ten seconds for it.
    """

    deadline = 0.0
    used = 0.0

    async def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        return await super().wait(gen, interval, max(0.0, self.deadline - monotonic()))

    async def execute_by(self, deadline: float, statement: str, parameters: Mapping[str, object]) -> list[Row]:
        """The rows of one statement; raises psycopg.Error, also when the deadline passes."""
        self.deadline = deadline
        cursor = await self.execute(statement.encode(), parameters)
        rows = await cursor.fetchall() if cursor.description else []
        # Not of `monotonic`, which may stand still while the environment is frozen.
        self.used = time()
        return rows


class _BreakerMetric(CircuitBreakerListener):
    """Counts how often the breaker opens: an alarm watches it."""

    def state_change(
        self, cb: CircuitBreaker, old_state: CircuitBreakerState | None, new_state: CircuitBreakerState
    ) -> None:
        if new_state.name == STATE_OPEN:
            metrics.add_metric("BreakerOpened", MetricUnit.Count, 1)


def _is_away(error: BaseException) -> bool:
    """Whether the error says that the database is away: also a standby that was primary until a moment ago."""
    unreachable = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | pg.ReadOnlySqlTransaction)
    return unreachable and not isinstance(error, BUSY)


# Its state is this execution environment's own: each learns for itself, within three requests, that the database is
# away. Sharing it would need another service that can be away.
breaker = CircuitBreaker(
    fail_max=FAILURES,
    reset_timeout=PAUSE,
    exclude=[lambda error: not _is_away(error)],
    listeners=[_BreakerMetric()],
    throw_new_error_on_trip=False,
)
kept: Connection | None = None


async def execute(statement: str, parameters: Mapping[str, object], *, repeatable: bool) -> list[Row]:
    """The rows of one statement, read within the budget; raises DatabaseUnavailable when the database is away or busy.

    A repeatable statement that finds the kept connection dead runs again on a new one. Any other goes out only once the
    connection has answered a probe, and never twice: when it fails then, nobody knows whether it took effect.
    """
    try:
        with breaker.calling():
            return await _execute_or_reconnect(statement, parameters, repeatable, monotonic() + BUDGET)
    except CircuitBreakerError as error:
        raise DatabaseUnavailable("The database is away; the last attempts failed.", retry_after=PAUSE) from error
    except psycopg.Error as error:
        busy = isinstance(error, BUSY)
        if not busy and not _is_away(error):
            raise
        # A message that comes with an SQLSTATE is the server's and may quote values; without one it is libpq's own.
        reason = error.sqlstate or str(error)
        logger.warning("database unavailable", error=type(error).__name__, reason=reason)
        if busy:
            raise DatabaseUnavailable("The database is busy; the request took no effect.", retry_after=1) from error
        raise DatabaseUnavailable("The database is away.", retry_after=PAUSE) from error


async def _execute_or_reconnect(
    statement: str, parameters: Mapping[str, object], repeatable: bool, deadline: float
) -> list[Row]:
    """The rows, over the kept connection if that is alive, else over a new one."""
    if kept:
        try:
            # A write goes only to a connection known to be alive; so does a read after a time perhaps spent frozen.
            if not repeatable or time() - kept.used > IDLE:
                await kept.execute_by(min(deadline, monotonic() + PROBE_BUDGET), PROBE, {})
            if repeatable:
                return await kept.execute_by(deadline, statement, parameters)
        except psycopg.Error as error:
            if _is_usable(kept, error):
                raise
            await disconnect()
    connection = kept or await _connect(deadline)
    try:
        return await connection.execute_by(deadline, statement, parameters)
    except psycopg.Error as error:
        if not _is_usable(connection, error):
            await disconnect()
        raise


def _is_usable(connection: Connection, error: psycopg.Error) -> bool:
    """Whether the connection outlives the error: only when the server itself answered, and no more than ERROR."""
    answered = error.diag.severity_nonlocalized == "ERROR" and not isinstance(error, pg.ReadOnlySqlTransaction)
    return answered and not connection.closed


async def _connect(deadline: float) -> Connection:
    """A new kept connection. asyncio's timeout does here: it ends the attempt, name lookup included, no more."""
    global kept
    settings = read_database_settings()
    try:
        async with asyncio.timeout(max(0.0, deadline - monotonic())):
            login = get_login(settings, settings.postgres_db_user)
            kept = await Connection.connect(autocommit=True, prepare_threshold=None, **login)
    except TimeoutError as error:
        raise pg.ConnectionTimeout("no connection within the budget") from error
    return kept


async def disconnect() -> None:
    """Close the kept connection, if there is one."""
    global kept
    if kept:
        await kept.close()
        kept = None
