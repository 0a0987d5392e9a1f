"""Brings up the database for the functions that need one, beside everything else: the converters do not wait for it."""

import asyncio
import os
import sys
from pathlib import Path

from local.host.environment import Log
from local.host.template import Function

NOWHERE = {"POSTGRES_DB_HOST": "127.0.0.1", "POSTGRES_DB_PORT": "9"}  # nobody listens there: a 503


class Database:
    """PostgreSQL, started when the first function asks for it; `stop` stops what was started."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._started: asyncio.Task[dict[str, str]] | None = None

    async def provide(self, function: Function) -> dict[str, str]:
        """The function's POSTGRES_* variables, once the database is there and migrated."""
        named = [name for name in function.environment if name.startswith("POSTGRES_")]
        if not named:
            return {}
        if self._started is None:
            self._started = asyncio.create_task(self._start(function.layers))
        variables = await asyncio.shield(self._started)
        owns = "POSTGRES_OWNER_USER" in named  # the others know nothing of the tables' owner
        # What else the template says of the database on AWS does not hold here; empty is not set.
        return {
            **dict.fromkeys(named, ""),
            **{name: value for name, value in variables.items() if owns or "_OWNER_" not in name},
        }

    async def stop(self) -> None:
        """Stops the server if it was started here."""
        if self._started:
            from local import postgres

            await asyncio.wait([self._started])
            await asyncio.to_thread(postgres.stop)

    async def _start(self, layers: tuple[Path, ...]) -> dict[str, str]:
        self._log("local", "starting the database")
        sys.path += map(str, layers)  # the migrations are there
        try:
            from local import postgres  # here: it loads psycopg, and the page is to be up at once

            variables = await asyncio.to_thread(postgres.start)
        except Exception as error:
            self._log("local", f"the database did not start, its functions answer 503: {error}")
            self._started = None  # the next environment tries again
            return NOWHERE | {name: value for name, value in os.environ.items() if name.startswith("POSTGRES_")}
        self._log("local", f"the database is ready on port {variables['POSTGRES_DB_PORT']}")
        return variables
