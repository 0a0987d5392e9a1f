"""The sample events of the user functions, in an order in which each finds what it needs."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.databases import Database
from tests.events import Context, Handler, invoke

EVENTS = Path(__file__).parents[2] / "events"


def load(name: str) -> tuple[Handler, dict[str, Any]]:
    handler: Handler = import_module(f"functions.{name}.app").handler
    return handler, json.loads((EVENTS / f"{name}.json").read_text())


def test_the_sample_events_save_read_list_and_delete_a_user(direct_database: Database) -> None:
    answers = {name: invoke(*load(name)) for name in ("save_user", "get_user", "list_users", "delete_user", "health")}
    assert {name: answer.status for name, answer in answers.items()} == {
        "save_user": 201,
        "get_user": 200,
        "list_users": 200,
        "delete_user": 204,
        "health": 200,
    }
    assert answers["list_users"].json["users"] == [answers["get_user"].json]


def test_the_sample_events_of_the_operations_find_nothing_to_do(direct_database: Database) -> None:
    migrate, event = load("migrate_database")
    assert migrate(event, Context())["applied"] == []
    purge, event = load("purge_users")
    assert purge(event, Context()) == {"purged": 0, "finished": True}
