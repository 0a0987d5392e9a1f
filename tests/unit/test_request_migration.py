"""The custom resource's provider: CloudFormation's requests, answered over HTTP; its AWS clients are stand-ins."""

import io
import json
import threading
import urllib.error
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, EndpointConnectionError

from functions.request_migration import app
from tests.events import Context

DONE = {"applied": ["0001_create_users"], "version": 1}
REFUSED = {"login_failed": "connection refused"}
WELL = {"statusCode": 200, "body": '{"version": "v1"}'}
UNWELL = {"statusCode": 503, "body": "the database is away"}
IN_TIME = Context(remaining=900_000)
AT_LAST = Context(remaining=app.LAST_TRY - 1)


def refuse(code: str, status: int = 400) -> ClientError:
    """What botocore raises when AWS refuses a call."""
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": "not now"}, "ResponseMetadata": metadata}, "Invoke")


PASSING = [
    *(refuse(code) for code in sorted(app.NOT_READY | app.DENIED)),
    refuse("ServiceException", 500),
    refuse("ENINotReadyException", 502),
    ConnectionClosedError(endpoint_url="https://lambda"),
    EndpointConnectionError(endpoint_url="https://lambda"),
]


class Bucket:
    """Where CloudFormation waits for the answer; `away` is how often it refuses it first."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.away = 0
        bucket = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if bucket.away:
                    bucket.away -= 1
                    self.send_response(503)
                else:
                    bucket.answers.append(answer)
                    self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Keep the test's output to itself."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/answer?signature=x"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


class Account:
    """The two AWS services that the provider asks.

    `answers` are the invoked function's, one for each call; `refusals` CloudFormation's, before it tells the status.
    """

    def __init__(self) -> None:
        self.status = "UPDATE_IN_PROGRESS"
        self.refusals: list[Exception] = []
        self.answers: list[Any] = [DONE]
        self.events: list[Any] = []
        self.invoked: list[str] = []

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        if self.refusals:
            raise self.refusals.pop(0)
        return {"Stacks": [{"StackStatus": self.status}]}

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:
        self.invoked.append(FunctionName)
        self.events.append(json.loads(Payload))
        answer = self.answers.pop(0)
        if isinstance(answer, BotoCoreError | ClientError):
            raise answer
        if isinstance(answer, Exception):
            failure = {"errorType": type(answer).__name__, "errorMessage": str(answer)}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(failure).encode())}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


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
    monkeypatch.setattr(app, "ANSWER_PAUSE", 0.01)
    monkeypatch.setattr(boto3, "client", lambda name, **options: account)
    return account


def request(bucket: Bucket, kind: str) -> dict[str, Any]:
    """The sample event, as a request of this kind that is to be answered to the bucket."""
    sample = json.loads(Path("events/request_migration.json").read_text())
    physical = {} if kind == "Create" else {"PhysicalResourceId": "DatabaseMigration"}
    return {**sample, "RequestType": kind, "ResponseURL": bucket.url, **physical}


def check(bucket: Bucket) -> dict[str, Any]:
    """A request for the check of a new version."""
    members = {"ResourceType": "Custom::ReleaseCheck", "LogicalResourceId": "ReleaseCheck"}
    return {**request(bucket, "Update"), **members, "ResourceProperties": {"Function": "health:7"}}


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_create_and_update_migrate_and_tell_the_version(kind: str, bucket: Bucket, account: Account) -> None:
    app.handler(request(bucket, kind), IN_TIME)
    assert bucket.answers == [
        {
            "Status": "SUCCESS",
            "Reason": "",
            "PhysicalResourceId": "DatabaseMigration",
            "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/crosswalk-dev/1",
            "RequestId": "request-1",
            "LogicalResourceId": "DatabaseMigration",
            "Data": {"Version": 1, "Applied": 1},
        }
    ]
    assert account.events == [{}]


def test_delete_answers_without_touching_anything(bucket: Bucket, account: Account) -> None:
    app.handler(request(bucket, "Delete"), IN_TIME)
    assert bucket.answers[0]["Status"] == "SUCCESS"
    assert account.events == []


def test_a_rollback_succeeds_without_the_database_and_leaves_the_newer_schema(bucket: Bucket, account: Account) -> None:
    account.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    account.answers = [ConnectionError("away")]
    app.handler(request(bucket, "Update"), IN_TIME)
    assert bucket.answers[0]["Status"] == "SUCCESS"
    assert account.events == []


def test_a_failed_migration_fails_the_deploy_with_its_reason(bucket: Bucket, account: Account) -> None:
    account.answers = [RuntimeError("0002 cannot be applied")]
    app.handler(request(bucket, "Update"), IN_TIME)
    assert bucket.answers[0]["Status"] == "FAILED"
    assert "0002 cannot be applied" in bucket.answers[0]["Reason"]


def test_a_login_that_is_refused_at_first_is_tried_again(bucket: Bucket, account: Account) -> None:
    account.answers = [REFUSED, REFUSED, DONE]
    app.handler(request(bucket, "Create"), IN_TIME)
    assert bucket.answers[0]["Status"] == "SUCCESS"


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_an_invocation_that_fails_for_now_is_tried_again(error: Exception, bucket: Bucket, account: Account) -> None:
    account.answers = [error, DONE]
    app.handler(request(bucket, "Create"), IN_TIME)
    assert bucket.answers[0]["Status"] == "SUCCESS"


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_the_stacks_state_is_asked_until_it_is_known(error: Exception, bucket: Bucket, account: Account) -> None:
    account.refusals = [error]
    app.handler(request(bucket, "Create"), IN_TIME)
    assert (bucket.answers[0]["Status"], len(account.events)) == ("SUCCESS", 1)


def test_a_throttled_question_does_not_stop_a_rollback(bucket: Bucket, account: Account) -> None:
    account.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    account.refusals = [refuse("Throttling")] * 20
    app.handler(request(bucket, "Update"), IN_TIME)
    assert (bucket.answers[0]["Status"], account.events) == ("SUCCESS", [])


def test_a_refusal_that_does_not_pass_fails_the_deploy_after_two_minutes(
    bucket: Bucket, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "SPREADING", 0.0)
    account.answers = [refuse("AccessDeniedException"), DONE]
    app.handler(request(bucket, "Create"), IN_TIME)
    assert bucket.answers[0]["Status"] == "FAILED"
    assert "AccessDeniedException" in bucket.answers[0]["Reason"]


def test_a_function_that_is_not_there_is_not_waited_for(bucket: Bucket, account: Account) -> None:
    account.answers = [refuse("ResourceNotFoundException"), DONE]
    app.handler(request(bucket, "Create"), IN_TIME)
    assert (bucket.answers[0]["Status"], account.answers) == ("FAILED", [DONE])


def test_a_login_refused_until_the_end_fails_the_deploy_with_its_text(bucket: Bucket, account: Account) -> None:
    account.answers = [REFUSED]
    app.handler(request(bucket, "Create"), AT_LAST)
    assert bucket.answers[0]["Status"] == "FAILED"
    assert bucket.answers[0]["Reason"] == "NotReady: connection refused"


def test_a_migration_that_failed_is_not_tried_again(bucket: Bucket, account: Account) -> None:
    account.answers = [RuntimeError("0002 cannot be applied"), DONE]
    app.handler(request(bucket, "Update"), IN_TIME)
    assert account.answers == [DONE]


def test_there_is_time_for_a_whole_migration_in_the_last_try() -> None:
    calls = (app.QUESTION, app.PATIENCE)
    seconds = app.PAUSE + sum(call.connect_timeout + call.read_timeout for call in calls)
    assert 1000 * seconds < app.LAST_TRY


def test_a_new_version_that_reaches_the_database_passes(bucket: Bucket, account: Account) -> None:
    account.answers = [UNWELL, WELL]
    app.handler(check(bucket), IN_TIME)
    assert (bucket.answers[0]["Status"], bucket.answers[0]["PhysicalResourceId"]) == ("SUCCESS", "ReleaseCheck")
    assert account.invoked == ["health:7", "health:7"]


def test_a_new_version_that_does_not_reach_the_database_fails_the_deploy(bucket: Bucket, account: Account) -> None:
    account.answers = [UNWELL]
    app.handler(check(bucket), AT_LAST)
    assert bucket.answers[0]["Status"] == "FAILED"
    assert "503: the database is away" in bucket.answers[0]["Reason"]


def test_on_the_way_back_no_version_is_checked(bucket: Bucket, account: Account) -> None:
    account.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    app.handler(check(bucket), IN_TIME)
    assert (bucket.answers[0]["Status"], account.invoked) == ("SUCCESS", [])


def test_an_unreachable_aws_is_answered_too(bucket: Bucket, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    def time_out(**arguments: Any) -> None:
        raise TimeoutError("no answer")

    monkeypatch.setattr(account, "invoke", time_out)
    app.handler(request(bucket, "Create"), IN_TIME)
    assert bucket.answers[0]["Status"] == "FAILED"
    assert bucket.answers[0]["Reason"] == "TimeoutError: no answer"


def test_an_answer_that_is_not_taken_is_sent_again(bucket: Bucket, account: Account) -> None:
    bucket.away = app.ANSWERS - 1
    app.handler(request(bucket, "Delete"), IN_TIME)
    assert [answer["Status"] for answer in bucket.answers] == ["SUCCESS"]


def test_an_answer_that_is_never_taken_is_an_error(bucket: Bucket, account: Account) -> None:
    bucket.away = app.ANSWERS
    with pytest.raises(urllib.error.HTTPError, match="503"):
        app.handler(request(bucket, "Delete"), IN_TIME)
    assert bucket.answers == []
