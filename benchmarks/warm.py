"""Measures a warm request, within the handler: from the event to the answer. `make bench-warm`

Ours is compared with the work alone (the conversion, or the query), with the least that FastAPI and Mangum can do, and
with that and one log line and one metric by Powertools. All take turns. Times are processor time; for the users' routes
that of PostgreSQL is not in it, so the clock's time stands beside it.
"""

import asyncio
import base64
import importlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import costs
from benchmarks.bare.app import create_bare_handler, create_observed_handler
from benchmarks.documents import make_json
from benchmarks.report import format_table, judge, publish
from crosswalk.converter import convert_json_to_xml, convert_xml_to_json, json_to_xml
from crosswalk.settings import DatabaseSettings, read_database_settings
from local import postgres
from local.postgres import Server
from local.seed_users import seed_users

EVENTS = Path(__file__).parent.parent / "events"
ROUNDS = 15
ROUND = 0.02  # seconds of each way's turn
USERS = 1000
TARGET = 2

Call = Callable[[], object]
Times = dict[str, tuple[float, float]]
"""Milliseconds of processor time and of the clock, for each way."""


class Context:
    """What Lambda tells a handler of an invocation, as far as anyone asks."""

    function_name = "measured"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:measured"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


@dataclass(frozen=True)
class Case:
    name: str
    event: dict[str, Any]
    ours: Callable[[dict[str, Any], Context], dict[str, Any]]
    work: Call


def read_event(name: str, body: bytes | None = None) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    if body is not None:
        event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        event |= {"queryStringParameters": None, "multiValueQueryStringParameters": None}  # as the work alone
    return event


def load_handler(name: str) -> Any:
    return importlib.import_module(f"functions.{name}.app").handler


def list_cases(loop: asyncio.AbstractEventLoop) -> Iterator[Case]:
    from crosswalk.users import get_user, list_users

    for size, label in ((1_000, "1 KB"), (100_000, "100 KB"), (1_000_000, "1 MB")):
        document = make_json("records", size)
        xml = json_to_xml(document)
        to_xml, to_json = load_handler("json_to_xml"), load_handler("xml_to_json")
        yield Case(
            f"JSON of {label} to XML",
            read_event("json_to_xml", document),
            to_xml,
            lambda document=document: convert_json_to_xml(document),  # type: ignore[misc]
        )
        yield Case(
            f"its XML, {len(xml) // 1000} KB, to JSON",
            read_event("xml_to_json", xml),
            to_json,
            lambda xml=xml: convert_xml_to_json(xml),  # type: ignore[misc]
        )
    one, many = read_event("get_user"), read_event("list_users")
    email = "user-00000007@example.org"
    one |= {"queryStringParameters": {"email": email}, "multiValueQueryStringParameters": {"email": [email]}}
    many |= {"queryStringParameters": {"limit": "100"}, "multiValueQueryStringParameters": {"limit": ["100"]}}
    yield Case("a user", one, load_handler("get_user"), lambda: loop.run_until_complete(get_user(email)))
    yield Case(
        "a page of 100 users", many, load_handler("list_users"), lambda: loop.run_until_complete(list_users(100))
    )


def measure(case: Case) -> Times:
    answer = base64.b64decode(case.ours(dict(case.event), Context())["body"])  # as long an answer for all
    handlers = {
        "ours": case.ours,
        "bare": create_bare_handler(answer),
        "with Powertools": create_observed_handler(answer),
    }
    ways: dict[str, Call] = {
        name: lambda handler=handler: handler(dict(case.event), Context())  # type: ignore[misc]
        for name, handler in handlers.items()
    }
    for name, handler in handlers.items():
        status = handler(dict(case.event), Context())["statusCode"]
        assert status == 200, f"{case.name}, {name}: {status}"
    ways["the work alone"] = case.work
    return take_turns(ways)


def take_turns(ways: Mapping[str, Call]) -> Times:
    repeats = {name: max(1, int(ROUND / max(time_calls(call, 3)[1], 1e-5))) for name, call in ways.items()}
    turns: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, call in ways.items():
            turns[name].append(time_calls(call, repeats[name]))
    return {
        name: (1000 * median(cpu for cpu, _ in seconds), 1000 * median(clock for _, clock in seconds))
        for name, seconds in turns.items()
    }


def time_calls(call: Call, times: int) -> tuple[float, float]:
    clock, cpu = time.perf_counter(), time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - cpu) / times, (time.perf_counter() - clock) / times


@contextmanager
def run_database() -> Iterator[None]:
    """A server of our own with some users, named by the environment."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        server = Server(Path(folder))
        server.start()
        try:
            postgres.prepare(server)
            os.environ.update(postgres.describe(server))
            read_database_settings.cache_clear()
            seed_users(DatabaseSettings(), USERS, quiet=True)
            yield
        finally:
            server.stop("immediate")


@contextmanager
def silence() -> Iterator[None]:
    """Throw away what the handlers log, which Lambda would read from a pipe."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)


def main() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # Mangum takes the thread's, to which the kept connection belongs
    with silence(), run_database():
        table = {case.name: measure(case) for case in list_cases(loop)}
    overheads = {name: times["ours"][0] - times["the work alone"][0] for name, times in table.items()}
    targets = [
        judge(f"{name}: ours beyond the work, times bare with Powertools",
              overheads[name] / times["with Powertools"][0], TARGET, at_most=True)
        for name, times in table.items()
    ]  # fmt: skip
    columns = ("ours", "the work alone", "bare", "with Powertools")
    rows = [[name, *(times[way][0] for way in columns), times["ours"][1]] for name, times in table.items()]
    publish(
        "bench-warm",
        [
            format_table(["", "seen", "target", ""], targets),
            "Milliseconds of processor time, and in the last column of the clock:",
            format_table(["", *columns, "ours, by the clock"], rows),
        ],
    )
    publish("prices", costs.report({name: part_waiting(*times["ours"]) for name, times in table.items()}), costs.PAGE)


def part_waiting(processor: float, clock: float) -> tuple[float, float]:
    """Milliseconds of processor time, and of waiting for the database."""
    return processor, max(0.0, clock - processor)


if __name__ == "__main__":
    main()
