"""What is left to do after CloudFormation, against moto and a stand-in for the purge."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy import settle
from deploy.settle import keep_for, settle_stack

GROUPS = [
    "/aws/rds/instance/crosswalk-dev-database-1/postgresql",
    "/aws/rds/instance/crosswalk-dev-database-1/iam-db-auth-error",
    "/aws/rds/proxy/crosswalk-dev",
]


@pytest.fixture
def invoked(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """A stack that stands, in an account without log groups; the calls of functions."""
    resources = {
        "AWS::RDS::DBInstance": ["crosswalk-dev-database-1"],
        "AWS::RDS::DBProxy": ["crosswalk-dev"],
        "AWS::Lambda::Function": ["crosswalk-dev-HealthFunction-1", "crosswalk-dev-PurgeUsersFunction-1"],
    }
    invoked: list[dict[str, Any]] = []

    class Lambda:
        def invoke(self, **arguments: Any) -> None:
            invoked.append(arguments)

    with mock_aws():
        template = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Parameters": {"LogRetentionDays": {"Type": "Number"}},
        }
        boto3.client("cloudformation").create_stack(
            StackName="crosswalk-dev",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": "LogRetentionDays", "ParameterValue": "7"}],
        )
        real = boto3.client
        monkeypatch.setattr(settle, "list_resources", lambda stack, kind: resources[kind])
        monkeypatch.setattr(boto3, "client", lambda name, **options: Lambda() if name == "lambda" else real(name))
        yield invoked


def read_retention() -> dict[str, int]:
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays", 0) for group in groups}


def test_rdss_own_logs_are_kept_as_long_as_all_others(invoked: list[dict[str, Any]]) -> None:
    boto3.client("logs").create_log_group(logGroupName=GROUPS[0])
    list(settle_stack("crosswalk-dev"))
    assert read_retention() == dict.fromkeys(GROUPS, 7)


def test_settling_twice_changes_nothing(invoked: list[dict[str, Any]]) -> None:
    for _ in range(2):
        list(settle_stack("crosswalk-dev"))
    assert read_retention() == dict.fromkeys(GROUPS, 7)


def test_the_purge_runs_once_so_that_its_alarm_has_heard_of_it(invoked: list[dict[str, Any]]) -> None:
    list(settle_stack("crosswalk-dev"))
    assert [one["FunctionName"] for one in invoked] == ["crosswalk-dev-PurgeUsersFunction-1"]


def test_a_release_does_not_wait_for_the_purge(invoked: list[dict[str, Any]]) -> None:
    list(settle_stack("crosswalk-dev"))
    assert [(one["Qualifier"], one["InvocationType"]) for one in invoked] == [("live", "Event")]


def test_a_group_that_cannot_be_made_is_an_error(aws: None) -> None:
    with mock_aws(), pytest.raises(Exception, match="InvalidParameter"):
        keep_for("/" * 600, 7)
