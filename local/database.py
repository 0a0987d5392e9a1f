"""Brings up the database for the functions that need one, beside everything else: the converters do not wait for it."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from local.host.environment import Log
from local.host.service import Function

if TYPE_CHECKING:
    from local.postgres import SharedServer

NOWHERE = {"POSTGRES_DB_HOST": "127.0.0.1", "POSTGRES_DB_PORT": "9"}  # nobody listens there: a 503
INTERVAL = 1.0  # seconds between two looks at the server
END_LIMIT = 5.0  # seconds for the server to end

T = TypeVar("T")


class Database:
    """PostgreSQL, started when the first function asks for it, and again when it has died."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._first: asyncio.Task[None] | None = None
        self._server: SharedServer | None = None
        self._variables: dict[str, str] = {}
        self._trouble = ""

    async def provide(self, function: Function) -> dict[str, str]:
        """The function's POSTGRES_* variables, once the database is there and migrated."""
        named = [name for name in function.environment if name.startswith("POSTGRES_")]
        if not named:
            return {}
        if self._first is None:
            sys.path += map(str, function.layers)  # the migrations are there
            self._log("local", "starting the database")
            self._first = asyncio.create_task(self._start())
        await asyncio.shield(self._first)
        owns = "POSTGRES_OWNER_USER" in named  # the others know nothing of the tables' owner
        # What else the template says of the database on AWS does not hold here; empty is not set.
        return {
            **dict.fromkeys(named, ""),
            **{name: value for name, value in self._variables.items() if owns or "_OWNER_" not in name},
        }

    async def watch(self, renew: Callable[[], Awaitable[None]]) -> None:
        """Starts the database again whenever it is gone, and `renew`s the functions with it. Does not return."""
        while True:
            await asyncio.sleep(INTERVAL)
            if self._first and self._first.done() and await asyncio.to_thread(self._is_away):
                await self._start()
                if not self._trouble:
                    await renew()

    async def stop(self) -> None:
        """Stops the server if it was started here. One that neither starts nor stops is left as it is."""
        try:
            async with asyncio.timeout(END_LIMIT):
                if self._first:
                    await asyncio.wait([self._first])
                if self._server:
                    await run_aside(self._server.stop)
        except TimeoutError:
            self._log("local", "the database did not end, and is left as it is")

    def _is_away(self) -> bool:
        return bool(self._trouble) or self._server is None or self._server.has_died()

    async def _start(self) -> None:
        try:
            self._variables = await run_aside(self._start_server)
        except Exception as error:
            if str(error) != self._trouble:
                self._log("local", f"the database did not start, its functions answer 503: {error}")
            self._trouble = str(error)
            given = {name: value for name, value in os.environ.items() if name.startswith("POSTGRES_")}
            self._variables = NOWHERE | given
        else:
            self._trouble = ""
            self._log("local", f"the database is ready on port {self._variables['POSTGRES_DB_PORT']}")

    def _start_server(self) -> dict[str, str]:
        from local.postgres import SharedServer  # here: it loads psycopg, and the page is to be up at once

        self._server = self._server or SharedServer()
        return self._server.start()


async def run_aside(work: Callable[[], T]) -> T:
    """What the work returns, from a thread that the program's end does not wait for, as it would for asyncio's own."""
    outcome: Future[T] = Future()

    def run() -> None:
        outcome.set_running_or_notify_cancel()
        try:
            outcome.set_result(work())
        except Exception as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(outcome)
