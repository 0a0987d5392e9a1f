"""Preparing an account, against moto; a failed attempt against a stand-in for CloudFormation."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoRegionError, WaiterError
from moto import mock_aws

from deploy import bootstrap
from deploy.bootstrap import BOUNDARY, GITHUB, LOG_ROLE, STACK, bootstrap_account, name_artifacts_bucket
from deploy.stack import DeployError, read_state

FOUND = ("FirstRegion", "GitHubProvider", "ApiGatewayLogRole")
TEMPLATE = {
    "Parameters": {
        **{name: {"Type": "String"} for name in ("Email", *FOUND)},
        "Budget": {"Type": "Number", "Default": 100},
    },
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


def test_what_is_not_given_keeps_its_value(template: Path) -> None:
    with mock_aws():
        bootstrap_account({"Email": "you@example.org", "Budget": "500"}, template)
        bootstrap_account({}, template)
        bootstrap_account({"Email": "me@example.org"}, template)
        assert read_state(STACK).parameters["Budget"] == "500"
        bootstrap_account({"Budget": "200"}, template)
        assert read_state(STACK).parameters["Email"] == "me@example.org"


def test_the_first_run_says_what_it_needs(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with mock_aws():
        assert bootstrap.main(["Repository=owner/name", "Email="]) == 1
    assert capsys.readouterr().err == "make bootstrap EMAIL=you@example.org\n"


def make_what_outlives_the_stack() -> dict[str, str]:
    """The provider and the role; their ARNs by the parameters' names."""
    iam = boto3.client("iam")
    provider = iam.create_open_id_connect_provider(Url=f"https://{GITHUB}", ThumbprintList=[])
    role = iam.create_role(RoleName=LOG_ROLE, AssumeRolePolicyDocument="{}")["Role"]
    return {"GitHubProvider": provider["OpenIDConnectProviderArn"], "ApiGatewayLogRole": role["Arn"]}


def make_boundary() -> str:
    """Its ARN."""
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    made = boto3.client("iam").create_policy(PolicyName=BOUNDARY, PolicyDocument=policy)
    return str(made["Policy"]["Arn"])


def read_found() -> dict[str, str]:
    parameters = read_state(STACK).parameters
    return {name: parameters[name] for name in FOUND}


def test_in_an_empty_account_everything_is_made(template: Path) -> None:
    with mock_aws():
        bootstrap_account({"Email": "you@example.org"}, template)
        assert read_found() == {"FirstRegion": "true", "GitHubProvider": "", "ApiGatewayLogRole": ""}


def test_what_an_earlier_stack_has_left_is_used_again(template: Path) -> None:
    """A role of that name would be refused, and a second provider, too."""
    with mock_aws():
        left = make_what_outlives_the_stack()
        bootstrap_account({"Email": "you@example.org"}, template)
        assert read_found() == {"FirstRegion": "true", **left}


def test_a_further_region_is_told_by_what_the_first_has_made(template: Path) -> None:
    with mock_aws():
        made = make_what_outlives_the_stack()
        make_boundary()
        bootstrap_account({"Email": "you@example.org"}, template)
        assert read_found() == {"FirstRegion": "false", **made}


def test_a_stack_that_made_what_all_regions_need_keeps_it(template: Path) -> None:
    """It would delete it for whoever told it that this was a further region."""
    with mock_aws():
        bootstrap_account({"Email": "you@example.org"}, template)
        make_what_outlives_the_stack()
        bootstrap_account({"Email": "me@example.org"}, template)
        assert read_found() == {"FirstRegion": "true", "GitHubProvider": "", "ApiGatewayLogRole": ""}


def test_another_region_takes_over_where_the_first_is_gone(template: Path) -> None:
    with mock_aws():
        made = make_what_outlives_the_stack()
        boundary = make_boundary()
        bootstrap_account({"Email": "you@example.org"}, template)
        boto3.client("iam").delete_policy(PolicyArn=boundary)
        bootstrap_account({"Email": "you@example.org"}, template)
        assert read_found() == {"FirstRegion": "true", **made}


def test_the_template_takes_what_is_found() -> None:
    parameters = Path("bootstrap.yaml").read_text().partition("\nConditions:")[0]
    assert all(f"\n  {name}:\n" in parameters for name in FOUND)


def test_the_bucket_is_called_as_the_template_calls_it(aws: None) -> None:
    name = Path("bootstrap.yaml").read_text().partition("BucketName: !Sub ")[2].splitlines()[0]
    with mock_aws():
        region = boto3.Session().region_name
        expected = name.replace("${AWS::AccountId}", "123456789012").replace("${AWS::Region}", region)
        assert name_artifacts_bucket() == expected


class CloudFormation:
    """There is a stack, which needs no update, or does not take one; and of IAM and STS what is asked."""

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

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:root"}

    def list_open_id_connect_providers(self) -> dict[str, Any]:
        return {"OpenIDConnectProviderList": []}

    def get_policy(self, PolicyArn: str) -> None:
        raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": ""}}, "GetPolicy")

    def get_role(self, RoleName: str) -> None:
        raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": ""}}, "GetRole")

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
    assert bootstrap.main(["Repository=x", "Email=y"]) == 1
    assert "must match pattern" in capsys.readouterr().err


def test_without_a_region_one_line_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(name: str) -> None:
        raise NoRegionError

    monkeypatch.setattr(boto3, "client", refuse)
    assert bootstrap.main([]) == 1
    assert capsys.readouterr().err == "You must specify a region.\n"
