"""Keeps each function's execution environments, as Lambda does: one process each, one event at a time in each.

A request gets an environment that is idle; when all are busy another one is started, up to a maximum. Beyond it a
request waits a little, since this machine has fewer processors than Lambda, and is throttled after that.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

from local import worker
from local.template import Function

REQUEST_LIMIT = 6_291_456  # bytes of JSON: "Request must be smaller than 6291456 bytes"
START_LIMIT = 29.0  # seconds for importing the handler; no client waits longer
MAXIMUM = 10  # environments for each function: a new AWS account's concurrency
PATIENCE = 10.0  # seconds that a request waits when all of them are busy
WORKER = Path(worker.__file__)

Log = Callable[[str, str], None]
"""Takes a function's name and a line."""


class InvocationError(Exception):
    """Lambda has no answer of the function to give; the message is for the log, not for the client."""


class FunctionFailed(InvocationError):
    """The handler raised, gave what is no JSON or too large, could not be imported, or its process died."""


class TimedOut(InvocationError):
    """The handler ran longer than the function's time-out."""


class Throttled(InvocationError):
    """Every environment was busy, and stayed so."""


class RequestTooLarge(InvocationError):
    """The event has more bytes than Lambda takes."""


class Environment:
    """One worker process. It answers one `invoke` after another until it is closed or an invocation fails."""

    def __init__(self, function: Function, process: asyncio.subprocess.Process) -> None:
        self.function = function
        self.process = process
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._logs: list[asyncio.Task[None]] = []

    @classmethod
    async def start(cls, function: Function, variables: dict[str, str], log: Log) -> "Environment":
        """Starts a process and has it import the handler. Raises FunctionFailed."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                # -P: `local/` is not to be imported from; -u: a line is in the log before the answer.
                *(sys.executable, "-P", "-u", str(WORKER), str(theirs.fileno())),
                env=lambda_environment(function, variables),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C reaches this process only
            )
        environment = cls(function, process)
        environment._reader, environment._writer = await asyncio.open_connection(sock=ours, limit=2**20)
        environment._logs = [
            asyncio.create_task(_forward_lines(stream, function.name, log))
            for stream in (process.stdout, process.stderr)
            if stream
        ]
        try:
            async with asyncio.timeout(START_LIMIT):
                await environment._receive()
        except BaseException as error:
            await environment.close()
            if isinstance(error, TimeoutError):
                raise TimedOut(f"not ready after {START_LIMIT:.0f} seconds") from error
            raise
        return environment

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.returncode is None

    async def invoke(self, event: bytes, trace_id: str) -> bytes:
        """Has the handler answer one event (JSON); gives its answer (JSON).

        Raises FunctionFailed, after which the process may be alive and well, or TimedOut, after which it is no use.
        """
        timeout = self.function.timeout
        deadline = int((time.time() + timeout) * 1000)
        invocation = {"request_id": str(uuid4()), "trace_id": trace_id, "deadline_ms": deadline}
        try:
            async with asyncio.timeout(timeout):
                self._send(worker.INVOKE, json.dumps(invocation).encode())
                self._send(worker.EVENT, event)
                await self._writer.drain()
                return await self._receive()
        except TimeoutError as error:
            raise TimedOut(f"Task timed out after {timeout:.2f} seconds") from error
        except ConnectionError as error:
            raise FunctionFailed(await self._describe_end()) from error

    async def close(self) -> None:
        """Kills the process, with whatever it started, and waits until it is gone."""
        self._writer.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):  # gone already; macOS says the latter
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        await asyncio.wait(self._logs, timeout=1)  # what it last printed

    def _send(self, kind: bytes, content: bytes) -> None:
        self._writer.write(worker.HEADER.pack(kind, len(content)))
        self._writer.write(content)

    async def _receive(self) -> bytes:
        try:
            kind, length = worker.HEADER.unpack(await self._reader.readexactly(worker.HEADER.size))
            content = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise FunctionFailed(await self._describe_end()) from error
        if kind == worker.FAILED:
            raise FunctionFailed(content.decode())
        return content

    async def _describe_end(self) -> str:
        status = await self.process.wait()
        return f"Runtime exited with {signal.Signals(-status).name if status < 0 else f'status {status}'}"


async def _forward_lines(stream: asyncio.StreamReader, name: str, log: Log) -> None:
    """Hands each line that the process prints to the log, however long it is."""
    rest = b""
    while block := await stream.read(65536):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            log(name, line.decode(errors="replace"))
    if rest:
        log(name, rest.decode(errors="replace"))


def lambda_environment(function: Function, provided: dict[str, str]) -> dict[str, str]:
    """The function's environment variables: what Lambda sets, the template's, and nothing else of this shell's.

    The shell may give a variable of the template another value. `provided` is this machine's database: it stands for
    all that the template says of the one on AWS.
    """
    region = os.environ.get("AWS_REGION", "us-east-1")
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(str(layer) for layer in function.layers),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.logical_id}",
        "AWS_LAMBDA_LOG_STREAM_NAME": time.strftime("%Y/%m/%d/[$LATEST]") + uuid4().hex,
        "LAMBDA_TASK_ROOT": str(function.code),
        "_HANDLER": function.handler,
        **{
            name: os.environ.get(name, value)
            for name, value in function.environment.items()
            if not (provided and name.startswith("POSTGRES_"))
        },
        **provided,
    }


class Pool:
    """The execution environments of one function.

    `provide` gives variables beyond the template's to one that starts; `starts` limits how many start at once, over
    all functions: importing keeps a processor busy, more at once would only make each of them slower.
    """

    def __init__(
        self,
        function: Function,
        *,
        provide: Callable[[Function], Awaitable[dict[str, str]]],
        starts: asyncio.Semaphore,
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
        self._environments: set[Environment] = set()
        self._idle: list[Environment] = []
        self._waiting: list[asyncio.Future[Environment]] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._retired = False

    async def invoke(self, event: bytes, trace_id: str) -> bytes:
        """Has one environment answer one event (JSON). Raises InvocationError."""
        if len(event) > REQUEST_LIMIT:
            raise RequestTooLarge(f"Request must be smaller than {REQUEST_LIMIT} bytes")
        environment = await self._acquire()
        try:
            answer = await environment.invoke(event, trace_id)
        except FunctionFailed:
            await self._release(environment)
            raise
        except BaseException:  # a time-out, or whoever asked has stopped waiting: it is in the middle of something
            await self._discard(environment)
            raise
        await self._release(environment)
        return answer

    @property
    def empty(self) -> bool:
        """Whether no process of it is left or to come."""
        return not (self._environments or self._starting)

    async def retire(self) -> None:
        """Closes what is idle now, and what is busy as soon as it has answered."""
        self._retired = True
        await asyncio.gather(*map(self._discard, self._idle))

    async def close(self) -> None:
        """Ends every process at once."""
        self._retired = True
        for turn in self._waiting:
            turn.cancel()
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        self._starting.clear()  # their callbacks, which would discard them, may not have run yet
        await asyncio.gather(*map(self._discard, list(self._environments)))

    async def _acquire(self) -> Environment:
        """An idle environment, or the first that becomes idle. Raises Throttled, and what kept one from starting."""
        while self._idle:
            environment = self._idle.pop()  # the one used last, as Lambda does: the others may grow old
            if environment.alive:
                return environment
            await self._discard(environment)
        turn: asyncio.Future[Environment] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._start_more()
        try:
            async with asyncio.timeout(None if self._starting else self._patience):
                return await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled() and not turn.exception():
                await self._release(turn.result())  # it came at the very moment of giving up
            if isinstance(error, TimeoutError):
                raise Throttled(f"all {self._maximum} environments are busy") from error
            raise

    def _start_more(self) -> None:
        """Starts one environment for each request that waits, up to the maximum."""
        while len(self._starting) < len(self._waiting):
            if len(self._environments) + len(self._starting) >= self._maximum:
                break
            task = asyncio.create_task(self._start())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start(self) -> None:
        """Starts an environment for whoever waits first, unless the others have served them all by then."""
        try:
            variables = await self._provide(self.function)
            async with self._starts:
                if not self._waiting:
                    return
                environment = await Environment.start(self.function, variables, self._log)
        except Exception as error:
            if turn := self._next_turn():
                turn.set_exception(error)
            return
        self._environments.add(environment)
        await self._release(environment)

    async def _release(self, environment: Environment) -> None:
        if not environment.alive:
            await self._discard(environment)
        elif turn := self._next_turn():
            turn.set_result(environment)
        elif self._retired:
            await self._discard(environment)
        else:
            self._idle.append(environment)

    def _next_turn(self) -> asyncio.Future[Environment] | None:
        while self._waiting:
            turn = self._waiting.pop(0)
            if not turn.done():
                return turn
        return None

    async def _discard(self, environment: Environment) -> None:
        self._environments.discard(environment)
        if environment in self._idle:
            self._idle.remove(environment)
        self._start_more()  # for those who waited for this one
        await environment.close()
