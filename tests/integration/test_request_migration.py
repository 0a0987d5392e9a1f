"""The custom resource's provider with the real migrating function and a real server, and without one."""

import io
import json
from typing import Any

import boto3
import pytest

from functions.migrate_database.app import handler as migrate_database
from functions.request_migration import app
from tests.databases import use_variables
from tests.events import Context

REQUEST = {
    "RequestType": "Create",
    "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/crosswalk-dev/1",
    "ResourceProperties": {"MigrateFunction": "migrate_database", "MasterSecret": "master"},
}


class Account:
    """AWS, of which the Lambda service runs the real function."""

    def __init__(self, master: dict[str, str]) -> None:
        self.master = master

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": "CREATE_IN_PROGRESS"}]}

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:
        return {"SecretString": json.dumps(self.master)}

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:
        try:
            answer = migrate_database(json.loads(Payload), Context())
        except Exception as error:
            failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(failure).encode())}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def test_the_first_deploy_makes_roles_and_tables_and_the_next_changes_nothing(
    master: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "client", lambda name, **options: Account(master))
    first = app.answer_request(REQUEST)
    assert first["Applied"] == first["Version"] > 0
    assert app.answer_request(REQUEST) == {"Version": first["Version"], "Applied": 0}


def test_while_postgresql_is_away_the_deploy_fails_with_that_as_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda name, **options: Account({}))
    monkeypatch.setattr(app, "WAIT", 0.0)
    absent = {"POSTGRES_DB_HOST": "127.0.0.1", "POSTGRES_DB_PORT": "1"}
    with use_variables(absent, monkeypatch), pytest.raises(app.DatabaseAway, match="refused"):
        app.answer_request(REQUEST)
