"""Whether the account will take a deploy, against moto; the account's limits are what Lambda's answer says they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy.account import check_account
from deploy.settings import DeploySettings, read_settings
from deploy.stack import DeployError


@pytest.fixture
def ready_account(aws: None) -> Iterator[None]:
    with mock_aws():
        role = "arn:aws:iam::123456789012:role/logs"
        operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
        boto3.client("apigateway").update_account(patchOperations=[operation])
        yield


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the account's concurrency limit, of which nothing is reserved: moto knows no account settings."""
    real = boto3.client

    class Lambda:
        concurrency = 1000

        def get_account_settings(self) -> dict[str, Any]:
            limits = {"ConcurrentExecutions": self.concurrency, "UnreservedConcurrentExecutions": self.concurrency}
            return {"AccountLimit": limits}

    fake = Lambda()
    monkeypatch.setattr(boto3, "client", lambda name: fake if name == "lambda" else real(name))
    return fake


def settings(**parameters: str) -> DeploySettings:
    return DeploySettings("dev", "crosswalk-dev", parameters)


def test_an_account_without_a_role_for_access_logs_is_sent_to_bootstrap(aws: None) -> None:
    with mock_aws(), pytest.raises(DeployError, match="make bootstrap"):
        check_account(settings())


def test_a_reservation_that_a_new_account_would_refuse_stops_the_deploy(ready_account: None, limit: Any) -> None:
    limit.concurrency = 10
    with pytest.raises(DeployError, match="reserves 20 of the account's 10"):
        check_account(settings(UserConcurrency="5"))


def test_a_reservation_may_leave_exactly_what_lambda_wants(ready_account: None, limit: Any) -> None:
    limit.concurrency = 120
    assert check_account(settings(UserConcurrency="5")) == []
    limit.concurrency = 119
    with pytest.raises(DeployError):
        check_account(settings(UserConcurrency="5"))


def test_a_new_account_is_told_to_ask_for_more(ready_account: None, limit: Any) -> None:
    limit.concurrency = 10
    assert "Service Quotas" in check_account(settings())[0]


def test_a_roomy_account_is_told_what_to_reserve_and_why(ready_account: None, limit: Any) -> None:
    assert "UserConcurrency=20" in check_account(settings())[0]


def test_samconfig_names_the_environments() -> None:
    assert read_settings("dev").stack == "crosswalk-dev"
    assert read_settings("prod").parameters["DatabaseMultiAz"] == "true"


def test_an_unknown_environment_is_refused_with_those_there_are() -> None:
    with pytest.raises(DeployError, match="dev, prod"):
        read_settings("test", Path("samconfig.toml"))
