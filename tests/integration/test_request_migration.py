"""The custom resources' provider with the real functions and a real server, and without one."""

import io
import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from functions.health.app import handler as check_health
from functions.migrate_database.app import handler as migrate_database
from functions.request_migration import app
from tests.databases import Database, use_variables
from tests.events import Context

STACK = "arn:aws:cloudformation:eu-central-1:123456789012:stack/crosswalk-dev/1"
MIGRATION = {
    "RequestType": "Create",
    "ResourceType": "Custom::DatabaseMigration",
    "StackId": STACK,
    "ResourceProperties": {"Function": "migrate_database"},
}
CHECK = {**MIGRATION, "ResourceType": "Custom::ReleaseCheck", "ResourceProperties": {"Function": "health"}}
FUNCTIONS: dict[str, Any] = {"migrate_database": migrate_database, "health": check_health}
ABSENT = {"POSTGRES_DB_HOST": "127.0.0.1", "POSTGRES_DB_PORT": "1"}


class Account:
    """AWS, of which the Lambda service runs the real functions."""

    exceptions = SimpleNamespace(ResourceConflictException=TimeoutError)

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": "CREATE_IN_PROGRESS"}]}

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:
        answer = FUNCTIONS[FunctionName](json.loads(Payload), Context())
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda name, **options: Account())


@pytest.mark.usefixtures("empty_database")
def test_the_first_deploy_makes_role_and_tables_and_the_next_changes_nothing() -> None:
    first = app.answer_request(MIGRATION, Context())
    assert first["Applied"] == first["Version"] > 0
    assert app.answer_request(MIGRATION, Context()) == {"Version": first["Version"], "Applied": 0}


def test_a_version_that_reaches_the_database_passes_the_check(direct_database: Database) -> None:
    assert app.answer_request(CHECK, Context()) == {}


@pytest.mark.parametrize("request_", [MIGRATION, CHECK], ids=["migration", "check"])
def test_without_postgresql_the_deploy_fails(request_: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with use_variables(ABSENT, monkeypatch), pytest.raises(app.NotReady, match=r"refused|database is away"):
        app.answer_request(request_, Context())
