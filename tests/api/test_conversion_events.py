"""The sample events of the functions that convert through S3, each of which finds what it needs."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.events import Context, Handler, invoke
from tests.storage import Bucket, use_bucket

EVENTS = Path(__file__).parents[2] / "events"
DOCUMENT = b'{"price":1.0,"tags":[],"price":1e400}'
CONTEXT = Context(remaining=900_000, memory_limit_in_mb=1769)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with use_bucket(monkeypatch) as bucket:
        yield bucket


def load(name: str) -> tuple[Handler, dict[str, Any]]:
    handler: Handler = import_module(f"functions.{name}.app").handler
    return handler, json.loads((EVENTS / f"{name}.json").read_text())


def test_the_sample_events_begin_a_conversion_convert_its_upload_and_ask_for_it(bucket: Bucket) -> None:
    conversion_id = invoke(*load("create_conversion")).json["id"]
    uploaded = bucket.put(f"{conversion_id}/document", DOCUMENT)["detail"]["object"]
    convert, event = load("convert_upload")
    event["detail"]["object"] |= uploaded
    assert convert(event, CONTEXT) == {"status": "done"}
    ask, event = load("get_conversion")
    event["path"] = f"/conversions/{conversion_id}"
    assert invoke(ask, event).json["status"] == "done"


def test_the_sample_events_of_a_conversion_that_does_not_exist_find_nothing(bucket: Bucket) -> None:
    convert, event = load("convert_upload")
    assert convert(event, CONTEXT) == {"status": "ignored"}
    assert invoke(*load("get_conversion")).status == 404
