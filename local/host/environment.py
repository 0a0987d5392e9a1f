"""One execution environment: a worker process, which answers one event at a time, and what Lambda sets for it."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from uuid import uuid4

from local.host import worker
from local.host.service import Function

START_LIMIT = 29.0  # seconds for importing the handler; no client waits longer

Log = Callable[[str, str], None]
"""Takes a function's name and a line."""


class InvocationError(Exception):
    """Lambda has no answer of the function to give; the message is for the log, not for the client."""


class FunctionFailed(InvocationError):
    """The handler raised, returned no JSON or too much of it, could not be imported, or its process died."""


class TimedOut(FunctionFailed):
    """The handler ran longer than the function's time-out."""


class Throttled(InvocationError):
    """Every environment was busy, and stayed so."""


class RequestTooLarge(InvocationError):
    """The event has more bytes than Lambda takes."""


class Environment:
    """One worker process. It answers one `invoke` after another until it is closed or an invocation fails."""

    def __init__(self, function: Function, process: asyncio.subprocess.Process, log: Log) -> None:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self._function = function
        self._process = process
        self._events, self._answers = process.stdin, process.stdout
        self._logging = asyncio.create_task(_forward_lines(process.stderr, function.name, log))

    @classmethod
    async def start(cls, function: Function, variables: Mapping[str, str], log: Log) -> "Environment":
        """Starts the process; `wait_until_ready` waits for the handler."""
        process = await asyncio.create_subprocess_exec(
            # -P: nothing is imported from the worker's own folder; -u: a line is in the log before the answer.
            *(sys.executable, "-P", "-u", worker.__file__),
            env=list_variables(function, variables),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=2**23,  # bytes of a line: more than an answer may have
            start_new_session=True,  # Ctrl-C reaches this process only
        )
        return cls(function, process, log)

    async def wait_until_ready(self) -> None:
        """Returns once the handler is imported. Raises FunctionFailed, after which the process is gone."""
        async with self._within(START_LIMIT, f"not ready after {START_LIMIT:.0f} seconds"):
            await self._receive()

    @property
    def alive(self) -> bool:
        """Whether the process still runs. The kernel knows of its end a little before asyncio hears of it."""
        if self._process.returncode is not None or self._answers.at_eof():
            return False
        if not hasattr(os, "waitid"):  # on macOS before Python 3.13
            return True
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:  # asyncio has waited for it, and is about to say so
            return False

    async def invoke(self, event: bytes, trace_id: str) -> bytes:
        """Has the handler answer one event (JSON); returns its answer (JSON). Raises FunctionFailed."""
        timeout = self._function.timeout
        deadline = int((time.time() + timeout) * 1000)
        invocation = {"request_id": str(uuid4()), "trace_id": trace_id, "deadline_ms": deadline}
        async with self._within(timeout, f"Task timed out after {timeout:.2f} seconds"):
            self._events.writelines((json.dumps(invocation).encode(), b"\n", event.replace(b"\n", b" "), b"\n"))
            with contextlib.suppress(ConnectionError):  # `_receive` tells how the process ended
                await self._events.drain()
            return await self._receive()

    @contextlib.asynccontextmanager
    async def _within(self, seconds: float, message: str) -> AsyncIterator[None]:
        """Ends the process after these seconds, or when nobody waits any more: it is in the middle of something."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except FunctionFailed:
            raise
        except BaseException as error:
            await self.close()
            if isinstance(error, TimeoutError):
                raise TimedOut(message) from error
            raise

    async def close(self) -> None:
        """Kills the process, with whatever it started, and waits until it is gone."""
        self._events.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):  # gone already; macOS says the latter
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await asyncio.wait([self._logging], timeout=1)  # what it last printed

    async def _receive(self) -> bytes:
        with contextlib.suppress(ConnectionError):
            line = await self._answers.readline()
            if line.endswith(b"\n"):
                if line.startswith(worker.FAILED):
                    raise FunctionFailed(json.loads(line[1:]))
                return line[1:-1]
        status = await self._process.wait()
        end = signal.Signals(-status).name if status < 0 else f"status {status}"
        raise FunctionFailed(f"Runtime exited with {end}")


async def _forward_lines(stream: asyncio.StreamReader, name: str, log: Log) -> None:
    """Hands each line that the process prints to the log, however long it is."""
    rest = b""
    while block := await stream.read(65536):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            log(name, line.decode(errors="replace"))
    if rest:
        log(name, rest.decode(errors="replace"))


def list_variables(function: Function, provided: Mapping[str, str]) -> dict[str, str]:
    """The function's environment variables: Lambda's, the template's and `provided`, and no others of this shell.

    The shell may give a variable of the template another value; what is provided stands for both.
    """
    region = os.environ.get("AWS_REGION") or "us-east-1"
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
        **{name: os.environ.get(name, value) for name, value in function.environment.items()},
        **provided,
    }
