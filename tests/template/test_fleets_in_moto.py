"""A fleet in moto's own engine for state machines: the template's definition, the real handler, a bucket of documents.

moto tolerates every failure, reads the first 1,000 keys, and leaves the manifest of results empty: so its definition
here lacks the writer of results, and what each object came to is the execution's output.
"""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend

from crosswalk.converter import json_to_xml
from functions.convert_object import app
from tests.events import Context
from tests.storage import REGION, Bucket, forget_settings
from tests.template.stack import Stack

FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:convert-object"
CONTEXT = Context(remaining=900_000, memory_limit_in_mb=1769)
DOCUMENTS = {
    "in/a.json": b'{"price":1.0}',
    "in/deep/b.json": b"[true,null]",
    "in/bad.json": b'{"a": 1,\n "b": }',
    "in/folder/": b"",
    "elsewhere/c.json": b"[]",
}
FLEET = {
    "source": {"bucket": "feeds", "prefix": "in/"},
    "target": {"bucket": "rows", "prefix": "out/"},
    "to": "xml",
    "at_once": 2,
}


class Account:
    """Two buckets, a state machine, and what its function was asked."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.source, self.target = Bucket("feeds"), Bucket("rows")
        for key, body in DOCUMENTS.items():
            self.source.put(key, body)
        self.asked: list[dict[str, Any]] = []
        self.raised: list[str] = []
        self._client = boto3.client("stepfunctions", region_name=REGION)
        self._machine = self._client.create_state_machine(
            name="crosswalk-test-fleets",
            definition=json.dumps(definition),
            roleArn="arn:aws:iam::123456789012:role/crosswalk-test-fleets",
        )["stateMachineArn"]

    def invoke(
        self, backend: Any, function: str, qualifier: Any, body: Any, headers: Any, response_headers: dict[str, str]
    ) -> bytes:
        """What Lambda does: an error is an answer with a header."""
        event = json.loads(body)
        self.asked.append(event)
        try:
            return json.dumps(app.handler(event, CONTEXT)).encode()
        except Exception as error:
            self.raised.append(f"{type(error).__name__}: {error}")
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()

    def run(self, fleet: dict[str, Any]) -> dict[str, Any]:
        """The execution once it has ended."""
        execution = self._client.start_execution(
            stateMachineArn=self._machine, name=uuid4().hex, input=json.dumps(fleet)
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            described: dict[str, Any] = self._client.describe_execution(executionArn=execution["executionArn"])
            if described["status"] != "RUNNING":
                return described
            time.sleep(0.1)
        raise AssertionError("the execution does not end")


@pytest.fixture
def account(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    definition = stack.definition(FUNCTION)
    del definition["States"]["Convert"]["ResultWriter"]
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}):
        forget_settings()
        account = Account(definition)
        monkeypatch.setattr(
            LambdaSimpleBackend, "invoke", lambda backend, *arguments: account.invoke(backend, *arguments)
        )
        yield account
    forget_settings()


def test_a_fleet_converts_what_is_sound_and_names_what_is_refused(account: Account) -> None:
    ended = account.run(FLEET)
    assert ended["status"] == "SUCCEEDED", ended
    answers = {answer["key"]: answer for answer in json.loads(ended["output"])}
    assert {key: answer["status"] for key, answer in answers.items()} == {
        "in/a.json": "done",
        "in/deep/b.json": "done",
        "in/bad.json": "refused",
        "in/folder/": "skipped",
    }
    problem = answers["in/bad.json"]["problem"]
    assert (problem["line"], problem["column"]) == (2, 7)
    assert account.target.list_keys() == {"out/a.json.xml", "out/deep/b.json.xml"}
    assert account.target.get("out/a.json.xml") == json_to_xml(DOCUMENTS["in/a.json"])


def test_the_function_is_asked_once_for_the_fleet_and_once_for_each_object(account: Account) -> None:
    account.run(FLEET)
    assert "fleet" in account.asked[0]
    assert sorted(event["key"] for event in account.asked[1:]) == sorted(
        key for key in DOCUMENTS if key.startswith("in/")
    )


def test_a_second_run_finds_the_results_of_the_first(account: Account) -> None:
    account.run(FLEET)
    written = account.target.client.head_object(Bucket="rows", Key="out/a.json.xml")["LastModified"]
    answers = {answer["key"]: answer["status"] for answer in json.loads(account.run(FLEET)["output"])}
    assert answers["in/a.json"] == "done"
    assert account.target.client.head_object(Bucket="rows", Key="out/a.json.xml")["LastModified"] == written


@pytest.mark.parametrize(
    "changes",
    [
        {"target": {"bucket": "feeds", "prefix": "in/out/"}},
        {"to": "yaml"},
        {"options": {"nope": True}},
        {"at_once": 0},
    ],
)
def test_a_fleet_that_makes_no_sense_reads_nothing(changes: dict[str, Any], account: Account) -> None:
    ended = account.run({**FLEET, **changes})
    assert (ended["status"], ended["error"]) == ("FAILED", "FleetRefused")
    assert len(account.asked) == 1


def test_a_target_that_cannot_be_written_fails_each_task_and_gets_nothing(account: Account) -> None:
    account.run({**FLEET, "target": {"bucket": "absent", "prefix": ""}})
    assert set(account.raised) == {"ConversionCrashed: HeadObject: NoSuchBucket"}
    assert account.target.list_keys() == set()
    assert account.source.list_keys() == set(DOCUMENTS)
