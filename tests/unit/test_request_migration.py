"""The custom resource's provider: CloudFormation's requests, answered over HTTP; its AWS clients are stand-ins."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.request_migration import app

MASTER = {"username": "crosswalk_master", "password": "a secret"}
DONE = {"applied": ["0001_create_users"], "version": 1}


class OperationalError(Exception):
    """As psycopg names it when the database is away."""


class Bucket:
    """Where CloudFormation waits for the answer."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Keep the test's output to itself."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/answer?signature=x"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


class Account:
    """The three AWS services that the provider asks; `answers` are the migrating function's, one for each call."""

    def __init__(self) -> None:
        self.status = "UPDATE_IN_PROGRESS"
        self.answers: list[Any] = [DONE]
        self.events: list[Any] = []
        self.secrets_read = 0

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": self.status}]}

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:
        self.events.append(json.loads(Payload))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            failure = {"errorType": type(answer).__name__, "errorMessage": str(answer)}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(failure).encode())}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:
        self.secrets_read += 1
        return {"SecretString": json.dumps({**MASTER, "engine": "postgres"})}


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    bucket = Bucket()
    yield bucket
    bucket.server.shutdown()
    bucket.server.server_close()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    account = Account()
    monkeypatch.setattr(app, "PAUSE", 0.01)
    monkeypatch.setattr(boto3, "client", lambda name, **options: account)
    return account


def request(bucket: Bucket, kind: str) -> dict[str, Any]:
    """The sample event, as a request of this kind that is to be answered to the bucket."""
    sample = json.loads(Path("events/request_migration.json").read_text())
    physical = {} if kind == "Create" else {"PhysicalResourceId": "database-migration"}
    return {**sample, "RequestType": kind, "ResponseURL": bucket.url, **physical}


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_create_and_update_migrate_and_tell_the_version(kind: str, bucket: Bucket, account: Account) -> None:
    app.handler(request(bucket, kind), None)
    assert bucket.answers == [
        {
            "Status": "SUCCESS",
            "Reason": "",
            "PhysicalResourceId": "database-migration",
            "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/crosswalk-dev/1",
            "RequestId": "request-1",
            "LogicalResourceId": "DatabaseMigration",
            "Data": {"Version": 1, "Applied": 1},
        }
    ]
    assert account.events == [{}]


def test_the_masters_secret_is_read_only_when_the_roles_are_missing(bucket: Bucket, account: Account) -> None:
    app.handler(request(bucket, "Update"), None)
    assert account.secrets_read == 0
    account.answers = [{"bootstrap_required": True}, DONE]
    app.handler(request(bucket, "Create"), None)
    assert account.secrets_read == 1
    assert account.events[-2:] == [{}, {"master": MASTER}]
    assert bucket.answers[-1]["Status"] == "SUCCESS"


def test_delete_answers_without_touching_anything(bucket: Bucket, account: Account) -> None:
    app.handler(request(bucket, "Delete"), None)
    assert bucket.answers[0]["Status"] == "SUCCESS"
    assert account.events == []


def test_a_rollback_succeeds_without_the_database_and_leaves_the_newer_schema(bucket: Bucket, account: Account) -> None:
    account.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    account.answers = [ConnectionError("away")]
    app.handler(request(bucket, "Update"), None)
    assert bucket.answers[0]["Status"] == "SUCCESS"
    assert account.events == []


def test_a_failed_migration_fails_the_deploy_with_its_reason(bucket: Bucket, account: Account) -> None:
    account.answers = [RuntimeError("0002 cannot be applied")]
    app.handler(request(bucket, "Update"), None)
    assert bucket.answers[0]["Status"] == "FAILED"
    assert "0002 cannot be applied" in bucket.answers[0]["Reason"]


def test_a_database_that_comes_up_late_is_waited_for(bucket: Bucket, account: Account) -> None:
    account.answers = [OperationalError("connection refused"), OperationalError("connection refused"), DONE]
    app.handler(request(bucket, "Create"), None)
    assert bucket.answers[0]["Status"] == "SUCCESS"


def test_a_database_that_stays_away_fails_the_deploy_and_is_answered(
    bucket: Bucket, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "WAIT", 0.05)
    account.answers = [OperationalError("connection refused") for _ in range(100)]
    app.handler(request(bucket, "Update"), None)
    assert bucket.answers[0]["Status"] == "FAILED"
    assert "connection refused" in bucket.answers[0]["Reason"]


def test_a_master_who_cannot_make_the_roles_fails_the_deploy(bucket: Bucket, account: Account) -> None:
    account.answers = [{"bootstrap_required": True}, {"bootstrap_required": True}]
    app.handler(request(bucket, "Create"), None)
    assert bucket.answers[0]["Status"] == "FAILED"


def test_an_unreachable_aws_is_answered_too(bucket: Bucket, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**arguments: Any) -> None:
        raise TimeoutError("no answer")

    monkeypatch.setattr(account, "invoke", refuse)
    app.handler(request(bucket, "Create"), None)
    assert bucket.answers[0]["Status"] == "FAILED"
    assert bucket.answers[0]["Reason"] == "TimeoutError: no answer"


def test_neither_the_answer_nor_the_log_holds_the_masters_password(
    bucket: Bucket, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    account.answers = [{"bootstrap_required": True}, RuntimeError("the role crosswalk exists")]
    app.handler(request(bucket, "Create"), None)
    assert MASTER["password"] not in json.dumps(bucket.answers) + caplog.text
