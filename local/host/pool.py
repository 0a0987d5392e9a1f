"""One function's execution environments, shared out as Lambda does.

A request gets the idle environment that was used last; when none is idle another one is started, up to a maximum.
Beyond it a request waits a little, since this machine has fewer processors than Lambda, and is throttled after that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from local.host.environment import Environment, Log, RequestTooLarge, Throttled
from local.host.service import Function

REQUEST_LIMIT = 6_291_456  # bytes of JSON: "Request must be smaller than 6291456 bytes"
MAXIMUM = 10  # environments for each function: a new AWS account's concurrency
PATIENCE = 10.0  # seconds that a request waits when all of them are busy

Provide = Callable[[Function], Awaitable[Mapping[str, str]]]
"""Returns the variables that a function gets on this machine beside the template's, as soon as they are known."""


class Starts(asyncio.Semaphore):
    """How many environments of all functions may start at once.

    Importing keeps a processor busy, so more at once would only make each of them slower.

    `changed` wakes those who wait for a start or for an idle environment, whichever comes first.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.changed = asyncio.Event()

    def release(self) -> None:
        super().release()
        self.changed.set()


class Pool:
    """The execution environments of one function."""

    def __init__(
        self,
        function: Function,
        *,
        provide: Provide,
        starts: Starts,
        log: Log,
        maximum: int = MAXIMUM,
        patience: float = PATIENCE,
    ) -> None:
        self.function = function
        self._provide = provide
        self._starts = starts
        self._log = log
        self._maximum = maximum
        self._patience = patience
        self._turns = asyncio.Semaphore(maximum)
        self._environments: set[Environment] = set()
        self._idle: list[Environment] = []
        self._retired = False

    @property
    def empty(self) -> bool:
        """Whether it has no process."""
        return not self._environments

    async def invoke(self, event: bytes, trace_id: str) -> bytes:
        """Has one environment answer one event (JSON). Raises InvocationError."""
        if len(event) > REQUEST_LIMIT:
            raise RequestTooLarge(f"Request must be smaller than {REQUEST_LIMIT} bytes")
        variables = await self._provide(self.function)  # before the turn: a database that starts is not a busy function
        await self._wait_for_turn()
        try:
            environment = await self._take(variables)
            return await self._use(environment, event, trace_id)
        finally:
            self._turns.release()

    async def retire(self) -> None:
        """Closes what is idle now, and what is busy as soon as it has answered."""
        self._retired = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*map(self._discard, idle))

    async def close(self) -> None:
        """Ends every process at once."""
        self._retired, self._idle = True, []
        await asyncio.gather(*map(self._discard, list(self._environments)))

    async def _wait_for_turn(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Throttled(f"all {self._maximum} environments are busy") from error

    async def _take(self, variables: Mapping[str, str]) -> Environment:
        """The idle environment that was used last, as Lambda does, so that the others may grow old; else a new one."""
        while self._idle or self._starts.locked():
            if not self._idle:
                self._starts.changed.clear()
                await self._starts.changed.wait()
            elif (environment := self._idle.pop()).alive:
                return environment
            else:
                await self._discard(environment)
        async with self._starts:
            return await self._start(variables)

    async def _start(self, variables: Mapping[str, str]) -> Environment:
        environment = await Environment.start(self.function, variables, self._log)
        self._environments.add(environment)
        try:
            await environment.wait_until_ready()
        except BaseException:
            await self._discard(environment)
            raise
        return environment

    async def _use(self, environment: Environment, event: bytes, trace_id: str) -> bytes:
        """Its answer; afterwards it is idle again, or gone."""
        try:
            return await environment.invoke(event, trace_id)
        finally:
            if environment.alive and not self._retired:
                self._idle.append(environment)
                self._starts.changed.set()
            else:
                await self._discard(environment)

    async def _discard(self, environment: Environment) -> None:
        self._environments.discard(environment)
        await environment.close()
