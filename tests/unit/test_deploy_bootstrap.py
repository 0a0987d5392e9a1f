"""Preparing an account, against moto; a failed attempt against a stand-in for CloudFormation."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoRegionError, WaiterError
from moto import mock_aws

from deploy import bootstrap
from deploy.bootstrap import bootstrap_account, name_artifacts_bucket
from deploy.stack import DeployError

TEMPLATE = {
    "Parameters": {"Email": {"Type": "String"}},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    "Outputs": {"Told": {"Value": {"Ref": "Email"}}},
}


@pytest.fixture
def template(aws: None, tmp_path: Path) -> Path:
    path = tmp_path / "bootstrap.yaml"
    path.write_text(json.dumps(TEMPLATE))
    return path


def test_the_template_is_deployed_within_the_request_and_the_outputs_are_told(template: Path) -> None:
    with mock_aws():
        assert bootstrap_account({"Email": "you@example.org"}, template) == {"Told": "you@example.org"}
        assert boto3.client("s3").list_buckets()["Buckets"] == []


def test_a_second_run_changes_what_is_there(template: Path) -> None:
    with mock_aws():
        bootstrap_account({"Email": "you@example.org"}, template)
        assert bootstrap_account({"Email": "me@example.org"}, template) == {"Told": "me@example.org"}


def test_the_bucket_is_called_as_the_template_calls_it(aws: None) -> None:
    name = Path("bootstrap.yaml").read_text().partition("BucketName: !Sub ")[2].splitlines()[0]
    with mock_aws():
        region = boto3.Session().region_name
        expected = name.replace("${AWS::AccountId}", "123456789012").replace("${AWS::Region}", region)
        assert name_artifacts_bucket() == expected


class CloudFormation:
    """There is a stack, which needs no update, or does not take one."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        outputs = [{"OutputKey": "Told", "OutputValue": "you@example.org"}]
        return {"Stacks": [{"StackStatus": "UPDATE_COMPLETE", "Outputs": outputs}]}

    def update_stack(self, **request: Any) -> dict[str, str]:
        if self.refusal:
            error = {"Error": {"Code": "ValidationError", "Message": self.refusal}}
            raise ClientError(error, "UpdateStack")
        return {"StackId": "id"}

    def get_waiter(self, name: str) -> Any:
        return self

    def wait(self, **arguments: Any) -> None:
        raise WaiterError("stack_update_complete", "it went back", {})

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, StackName: str) -> list[Any]:
        reason = {"ResourceStatusReason": "there is one of that name"}
        return [{"StackEvents": [{"LogicalResourceId": "GitHub", "ResourceStatus": "CREATE_FAILED", **reason}]}]


def test_an_account_that_is_ready_already_is_left_alone(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = CloudFormation("No updates are to be performed.")
    monkeypatch.setattr(boto3, "client", lambda name: client)
    assert bootstrap_account({}, template) == {"Told": "you@example.org"}


def test_what_failed_is_told_with_its_reason(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda name: CloudFormation())
    with pytest.raises(DeployError, match="GitHub: there is one of that name"):
        bootstrap_account({}, template)


def test_a_parameter_that_is_refused_is_one_line_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(boto3, "client", lambda name: CloudFormation("Parameter 'Repository' must match pattern"))
    assert bootstrap.main(["Repository=x"]) == 1
    assert "must match pattern" in capsys.readouterr().err


def test_without_a_region_one_line_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(name: str) -> None:
        raise NoRegionError

    monkeypatch.setattr(boto3, "client", refuse)
    assert bootstrap.main([]) == 1
    assert capsys.readouterr().err == "You must specify a region.\n"
