"""Whether the account will take a deploy, against moto; the account's limits are what Lambda's answer says they are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from deploy import account
from deploy.account import check_account
from deploy.bootstrap import BOUNDARY, name_artifacts_bucket
from deploy.settings import DeploySettings, read_settings
from deploy.stack import DeployError, StackState, list_failures

POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}


@pytest.fixture
def ready_account(aws: None) -> Iterator[None]:
    with mock_aws():
        role = "arn:aws:iam::123456789012:role/logs"
        operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
        boto3.client("apigateway").update_account(patchOperations=[operation])
        boto3.client("iam").create_policy(PolicyName=BOUNDARY, PolicyDocument=json.dumps(POLICY))
        where = {"LocationConstraint": boto3.Session().region_name}
        boto3.client("s3").create_bucket(Bucket=name_artifacts_bucket(), CreateBucketConfiguration=where)
        yield


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the account's concurrency limit, of which nothing is reserved, and its plan: moto knows neither."""
    real = boto3.client

    class Account:
        concurrency = 1000
        plan: str | Exception = "PAID"

        def get_account_settings(self) -> dict[str, Any]:
            limits = {"ConcurrentExecutions": self.concurrency, "UnreservedConcurrentExecutions": self.concurrency}
            return {"AccountLimit": limits}

        def get_account_plan_state(self) -> dict[str, Any]:
            if isinstance(self.plan, Exception):
                raise self.plan
            return {"accountPlanType": self.plan}

    fake = Account()
    fakes = {"lambda": fake, "freetier": fake}
    monkeypatch.setattr(boto3, "client", lambda name, **options: fakes.get(name) or real(name))
    return fake


def settings(name: str = "dev", **parameters: str) -> DeploySettings:
    given = read_settings(name)
    return DeploySettings(name, given.stack, {**given.parameters, **parameters})


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


def test_all_three_shares_are_counted() -> None:
    shares = {"ConverterConcurrency": "100", "UserConcurrency": "20", "ConversionConcurrency": "10"}
    assert account.count_wanted(settings(**shares)) == 2 * 100 + 4 * 20 + 10


def test_a_new_account_is_told_to_ask_for_more(ready_account: None, limit: Any) -> None:
    limit.concurrency = 10
    assert "Service Quotas" in check_account(settings())[0]


def test_a_roomy_account_is_told_what_to_reserve_and_why(ready_account: None, limit: Any) -> None:
    assert "UserConcurrency=20" in check_account(settings())[0]


def test_an_account_without_the_boundary_is_sent_to_bootstrap(ready_account: None, limit: Any) -> None:
    arn = f"arn:aws:iam::123456789012:policy/{BOUNDARY}"
    boto3.client("iam").delete_policy(PolicyArn=arn)
    with pytest.raises(DeployError, match="make bootstrap again"):
        check_account(settings())


def test_an_account_without_the_bucket_for_code_is_sent_to_bootstrap(ready_account: None, limit: Any) -> None:
    boto3.client("s3").delete_bucket(Bucket=name_artifacts_bucket())
    with pytest.raises(DeployError, match="no bucket crosswalk-artifacts-123456789012-"):
        check_account(settings())


def test_an_account_on_the_free_plan_is_told_to_upgrade_before_its_database_fails(
    ready_account: None, limit: Any
) -> None:
    limit.plan = "FREE"
    with pytest.raises(DeployError, match=r"upgrade-account-plan .* --region us-east-1"):
        check_account(settings())
    assert check_account(settings(DatabaseInstanceClass="db.t4g.micro"))


def test_an_account_that_tells_no_plan_is_taken_for_a_paid_one(ready_account: None, limit: Any) -> None:
    limit.plan = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "GetAccountPlanState")
    assert check_account(settings())


def test_zones_that_would_not_do_stop_the_deploy(ready_account: None, limit: Any) -> None:
    with pytest.raises(DeployError, match="set ZoneA and ZoneB"):
        check_account(settings(ZoneA="eu-central-1a", ZoneB="eu-west-1a"))


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"])
def test_what_a_failed_deploy_has_left_is_told_with_its_reason_and_the_way_out(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "list_failures", lambda stack: iter(["DatabaseProxy: no such zone"]))
    with pytest.raises(DeployError, match=r"no such zone.*make destroy ENVIRONMENT=dev"):
        require(status)


def test_a_failed_way_back_is_told_with_the_command_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "list_failures", lambda stack: iter(["Database: no room"]))
    with pytest.raises(DeployError, match=r"no room.*continue-update-rollback --stack-name crosswalk-dev"):
        require("UPDATE_ROLLBACK_FAILED")


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"])
def test_nothing_is_deployed_while_cloudformation_is_at_work(status: str) -> None:
    with pytest.raises(DeployError, match="still at work"):
        require(status)


@pytest.mark.parametrize("status", ["NONE", "REVIEW_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_other_states_take_a_deploy(status: str) -> None:
    require(status)


def require(status: str) -> None:
    account.require_a_stack_that_can_be_deployed(settings(), StackState(status))


RESTORED = StackState("UPDATE_COMPLETE", {"DatabaseSnapshot": "before-the-accident"})


@pytest.mark.parametrize(("snapshot", "instead"), [("", "an empty one"), ("another", "one from another")])
def test_a_checkout_that_would_replace_a_restored_database_is_stopped(
    snapshot: str, instead: str, ready_account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "read_state", lambda stack: RESTORED)
    with pytest.raises(DeployError, match=f"by {instead}.*DatabaseSnapshot=before-the-accident"):
        check_account(settings(DatabaseSnapshot=snapshot))


def test_a_restored_database_is_replaced_by_whoever_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLACE_DATABASE", "yes")
    account.require_the_same_database(settings(DatabaseSnapshot="another"), RESTORED)


def test_the_first_restore_and_the_same_snapshot_need_no_word() -> None:
    account.require_the_same_database(settings(DatabaseSnapshot="first"), StackState("CREATE_COMPLETE"))
    account.require_the_same_database(settings(DatabaseSnapshot="before-the-accident"), RESTORED)


def test_only_failures_themselves_are_told_and_not_what_they_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [
        {
            "LogicalResourceId": "Database",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "creation cancelled",
        },
        {"LogicalResourceId": "Vpc", "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "no room for a VPC"},
        {"LogicalResourceId": "Vpc", "ResourceStatus": "CREATE_IN_PROGRESS"},
    ]

    class CloudFormation:
        def get_paginator(self, name: str) -> Any:
            return self

        def paginate(self, StackName: str) -> list[Any]:
            return [{"StackEvents": events}]

    monkeypatch.setattr(boto3, "client", lambda name: CloudFormation())
    assert list(list_failures("crosswalk-dev")) == ["Vpc: no room for a VPC"]


def test_production_without_anyone_to_hear_its_alarms_is_warned(ready_account: None, limit: Any) -> None:
    quiet = {"UserConcurrency": "20"}
    assert "AlarmEmail" in check_account(settings("prod", **quiet))[0]
    assert check_account(settings("prod", AlarmEmail="you@example.org", **quiet)) == []
    assert check_account(settings("dev", **quiet)) == []


def test_samconfig_names_the_environments() -> None:
    assert read_settings("dev").stack == "crosswalk-dev"
    assert read_settings("prod").parameters["DatabaseMultiAz"] == "true"


def test_an_unknown_environment_is_refused_with_those_there_are() -> None:
    with pytest.raises(DeployError, match="dev, prod"):
        read_settings("test", Path("samconfig.toml"))


@pytest.mark.usefixtures("ready_account")
def test_the_concurrency_is_compared_with_what_a_fleet_takes_at_once(limit: Any) -> None:
    limit.concurrency = 10
    fleets = {"FleetSource": "feeds", "FleetTarget": "rows"}
    assert any("converts 10 objects at once" in advice for advice in check_account(settings(**fleets)))
    assert not any("objects at once" in advice for advice in check_account(settings()))
    limit.concurrency = 1000
    assert not any("objects at once" in advice for advice in check_account(settings(**fleets)))
