"""How a pool of execution environments shares its processes out; each test runs real ones."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.host import environment
from local.host.environment import FunctionFailed, RequestTooLarge, Throttled, TimedOut
from local.host.pool import REQUEST_LIMIT, Pool, Starts
from local.host.service import Function
from local.host.template import read_template
from tests.running import ROOT

FUNCTIONS = {
    function.name: function for function in read_template(ROOT / "tests/local_project/template.yaml").functions.values()
}


def run(function: Function, test: Callable[[Pool], Awaitable[None]], maximum: int = 1, patience: float = 5) -> None:
    """Runs a test with the function's pool and sees that no process is left."""

    async def provide(function: Function) -> dict[str, str]:
        return {}

    def log(source: str, line: str) -> None:
        pass

    async def main() -> None:
        pool = Pool(function, provide=provide, starts=Starts(1), log=log, maximum=maximum, patience=patience)
        try:
            await test(pool)
        finally:
            await pool.close()
        assert pool.empty

    asyncio.run(main())


async def sleep(pool: Pool, seconds: float) -> int:
    """Keeps an environment busy; gives the id of its process."""
    event = json.dumps({"queryStringParameters": {"seconds": str(seconds)}})
    return int(json.loads(await pool.invoke(event.encode(), ""))["body"])


def is_gone(process: int) -> bool:
    return not Path(f"/proc/{process}").exists()


def test_a_request_waits_for_the_environment_that_becomes_idle() -> None:
    async def test(pool: Pool) -> None:
        assert len(set(await asyncio.gather(*(sleep(pool, 0.2) for _ in range(3))))) == 1

    run(FUNCTIONS["slow"], test)


def test_who_waits_for_a_start_takes_what_becomes_idle_before() -> None:
    async def test(pool: Pool) -> None:
        assert len(set(await asyncio.gather(*(sleep(pool, 0) for _ in range(4))))) <= 2

    run(FUNCTIONS["slow"], test, maximum=4)


def test_a_request_that_has_waited_long_enough_is_throttled() -> None:
    async def test(pool: Pool) -> None:
        await sleep(pool, 0)
        busy = asyncio.create_task(sleep(pool, 0.8))
        await asyncio.sleep(0.1)
        with pytest.raises(Throttled, match="all 1 environments are busy"):
            await sleep(pool, 0)
        await busy
        await sleep(pool, 0)

    run(FUNCTIONS["slow"], test, patience=0.2)


def test_who_waits_for_an_environment_that_dies_gets_another_one() -> None:
    async def test(pool: Pool) -> None:
        first = await sleep(pool, 0)
        answers = await asyncio.gather(sleep(pool, 5), sleep(pool, 0), return_exceptions=True)
        assert isinstance(answers[0], TimedOut)
        assert isinstance(answers[1], int)
        assert answers[1] != first
        assert is_gone(first)

    run(FUNCTIONS["slow"], test)


def test_an_environment_that_died_idle_is_replaced_before_anyone_notices() -> None:
    async def test(pool: Pool) -> None:
        first = await sleep(pool, 0)
        os.kill(first, signal.SIGKILL)
        with suppress(ChildProcessError):  # a thread of asyncio's was the first to know
            os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)  # the loop stands still, and hears of nothing
        assert await sleep(pool, 0) != first

    run(FUNCTIONS["slow"], test)


def test_whoever_stops_waiting_ends_the_process() -> None:
    async def test(pool: Pool) -> None:
        first = await sleep(pool, 0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await sleep(pool, 0.9)
        assert is_gone(first)

    run(FUNCTIONS["slow"], test)


def test_a_retired_pool_finishes_what_it_has_begun_and_ends() -> None:
    async def test(pool: Pool) -> None:
        idle, busy = await asyncio.gather(sleep(pool, 0.2), sleep(pool, 0.2))
        answer = asyncio.create_task(sleep(pool, 0.5))
        await asyncio.sleep(0.1)
        await pool.retire()
        assert is_gone(idle) != is_gone(busy)
        assert await answer in (idle, busy)
        assert pool.empty

    run(FUNCTIONS["slow"], test, maximum=2)


def test_an_import_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "START_LIMIT", 0.5)
    (tmp_path / "app.py").write_text("import time\ntime.sleep(60)")

    async def test(pool: Pool) -> None:
        started = time.monotonic()
        with pytest.raises(TimedOut, match="not ready"):
            await pool.invoke(b"{}", "")
        assert time.monotonic() - started < 3

    run(replace(FUNCTIONS["slow"], code=tmp_path), test)


def test_an_event_of_lambdas_size_passes_and_one_byte_more_does_not() -> None:
    async def test(pool: Pool) -> None:
        event: dict[str, Any] = {"pathParameters": {"fault": "none"}, "queryStringParameters": None, "x": ""}
        event["x"] = "x" * (REQUEST_LIMIT - len(json.dumps(event)))
        await pool.invoke(json.dumps(event).encode(), "")
        event["x"] += "x"
        with pytest.raises(RequestTooLarge):
            await pool.invoke(json.dumps(event).encode(), "")

    run(FUNCTIONS["faulty"], test)


def test_a_failure_says_what_lambda_would_log() -> None:
    async def test(pool: Pool) -> None:
        for fault, message in {
            "exit": "Runtime exited with status 3",
            "segfault": "Runtime exited with SIGSEGV",
            "memory": "Runtime exited with SIGKILL",
            "raise": "RuntimeError: on purpose",
        }.items():
            with pytest.raises(FunctionFailed, match=message):
                await pool.invoke(json.dumps({"pathParameters": {"fault": fault}}).encode(), "")

    run(FUNCTIONS["faulty"], test)
