"""Taking a stack down, against moto: the real template's obstacles in a stack of their own."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError
from botocore.stub import Stubber
from moto import mock_aws

from deploy import __main__ as command
from deploy import teardown
from deploy.stack import DeployError, StackState, read_state
from deploy.teardown import PATIENCE, clear_the_way, delete_stack, destroy_stack, lift_protection

STACK = "crosswalk-dev"
TEMPLATE = {
    "Resources": {
        "SiteBucket": {"Type": "AWS::S3::Bucket"},
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.20.0.0/16"}},
        "PrivateSubnetA": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.20.0.0/20"},
        },
        "Database": {
            "Type": "AWS::RDS::DBInstance",
            "Properties": {
                "AllocatedStorage": "20",
                "DBInstanceClass": "db.t4g.micro",
                "DeletionProtection": True,
                "Engine": "postgres",
                "MasterUserPassword": "irrelevant",
                "MasterUsername": "crosswalk_master",
            },
        },
    }
}


@pytest.fixture
def stack(aws: None) -> Iterator[str]:
    """A stack with a protected database, and a bucket with old versions. Returns the bucket."""
    with mock_aws():
        boto3.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE))
        boto3.client("rds").modify_db_instance(DBInstanceIdentifier=find("Database"), DeletionProtection=True)
        boto3.resource("s3").BucketVersioning(find("SiteBucket")).enable()  # moto does not take it from a template
        for body in (b"first", b"second"):
            boto3.client("s3").put_object(Bucket=find("SiteBucket"), Key="index.html", Body=body)
        boto3.client("s3").delete_object(Bucket=find("SiteBucket"), Key="index.html")
        yield find("SiteBucket")


def find(logical_id: str) -> str:
    resource = boto3.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
    return str(resource["StackResourceDetail"]["PhysicalResourceId"])


def test_a_protected_database_and_old_versions_are_not_in_the_way(stack: str) -> None:
    list(destroy_stack(STACK))
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert boto3.client("rds").describe_db_instances()["DBInstances"] == []


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (StackState("UPDATE_COMPLETE", protected=True), "has termination protection"),
        (StackState("UPDATE_IN_PROGRESS"), "is in UPDATE_IN_PROGRESS"),
        (StackState("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), "is in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
    ],
)
def test_nothing_is_emptied_of_a_stack_that_cannot_be_deleted(
    state: StackState, message: str, stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teardown, "read_state", lambda name: state)
    with pytest.raises(DeployError, match=message):
        list(destroy_stack(STACK))
    assert boto3.client("rds").describe_db_instances()["DBInstances"][0]["DeletionProtection"]
    assert len(boto3.client("s3").list_object_versions(Bucket=stack)["Versions"]) == 2


def test_termination_protection_is_read_from_cloudformation(stack: str) -> None:
    assert not read_state(STACK).protected
    template = json.dumps({"Resources": {"Bucket": TEMPLATE["Resources"]["SiteBucket"]}})
    boto3.client("cloudformation").create_stack(
        StackName="guarded", TemplateBody=template, EnableTerminationProtection=True
    )
    assert read_state("guarded").protected


def test_a_shell_in_the_vpc_is_told_before_anything_is_deleted(stack: str) -> None:
    tags = [{"ResourceType": "network-interface", "Tags": [{"Key": "ManagedByCloudShell", "Value": ""}]}]
    client = boto3.client("ec2")
    made = client.create_network_interface(SubnetId=find("PrivateSubnetA"), TagSpecifications=tags)
    interface = made["NetworkInterface"]["NetworkInterfaceId"]
    with pytest.raises(DeployError, match=f"environment of CloudShell still has {interface}"):
        list(destroy_stack(STACK))
    assert boto3.client("rds").describe_db_instances()["DBInstances"][0]["DeletionProtection"]
    assert len(boto3.client("s3").list_object_versions(Bucket=stack)["Versions"]) == 2
    client.delete_network_interface(NetworkInterfaceId=interface)
    assert next(destroy_stack(STACK)).startswith("Lift the deletion protection")


def test_the_logs_of_every_database_there_has_been_go_and_no_other(stack: str) -> None:
    own = [f"/aws/rds/instance/{STACK}-database-{name}/postgresql" for name in ("now", "replaced")]
    own.append(f"/aws/rds/proxy/{STACK}")
    others = ["/aws/rds/instance/crosswalk-prod-database-1/postgresql", f"/aws/rds/proxy/{STACK}-2"]
    for group in [*own, *others]:
        boto3.client("logs").create_log_group(logGroupName=group)
    steps = list(destroy_stack(STACK))
    assert [step.rpartition(" ")[2] for step in steps if "log group" in step] == own
    assert [group["logGroupName"] for group in boto3.client("logs").describe_log_groups()["logGroups"]] == others


def test_destroy_deletes_nothing_until_the_stacks_name_is_typed(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: "yes")
    assert command.main(["destroy", "dev"]) == 1
    assert boto3.client("rds").describe_db_instances()["DBInstances"][0]["DeletionProtection"]
    assert len(boto3.client("s3").list_object_versions(Bucket=stack)["Versions"]) == 2


def test_destroy_deletes_nothing_where_nobody_can_be_asked(
    stack: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    assert command.main(["destroy", "dev"]) == 1
    assert capsys.readouterr().err == "Nothing was deleted.\n"
    assert boto3.client("rds").describe_db_instances()["DBInstances"][0]["DeletionProtection"]


def test_without_a_stack_destroy_goes_on_with_what_it_has_left(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempt stopped waiting before CloudFormation had finished."""
    list(clear_the_way(STACK))
    boto3.client("cloudformation").delete_stack(StackName=STACK)
    boto3.client("logs").create_log_group(logGroupName=f"/aws/rds/proxy/{STACK}")
    monkeypatch.setattr("builtins.input", lambda prompt: STACK)
    assert command.main(["destroy", "dev"]) == 0
    assert boto3.client("logs").describe_log_groups()["logGroups"] == []


def test_in_a_region_without_the_stack_destroy_fails_and_says_so(
    aws: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: STACK)
    with mock_aws():
        assert command.main(["destroy", "dev"]) == 1
        region = boto3.Session().region_name
    told = capsys.readouterr()
    assert told.err == f"There is no stack {STACK} in {region}, nor anything that make destroy has left of it.\n"
    assert told.out == ""


def test_a_bucket_that_somebody_has_removed_is_not_in_the_way(stack: str) -> None:
    list(clear_the_way(STACK))
    boto3.client("s3").delete_bucket(Bucket=stack)
    assert f"Empty the bucket {stack}, old versions too" in list(clear_the_way(STACK))


def test_a_stack_that_is_being_deleted_is_only_waited_for(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    list(clear_the_way(STACK))
    monkeypatch.setattr(teardown, "read_state", lambda stack: StackState("DELETE_IN_PROGRESS"))
    (only,) = list(destroy_stack(STACK))
    assert only.startswith("Delete the stack")


@pytest.mark.parametrize("code", ["DBInstanceNotFound", "InvalidDBInstanceState"])
def test_a_database_that_is_gone_or_going_is_in_nobodys_way(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("rds", "eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    monkeypatch.setattr(boto3, "client", lambda name: client)
    with Stubber(client) as answers:
        answers.add_client_error("modify_db_instance", code)
        lift_protection("crosswalk-dev-database-1")
        answers.add_client_error("modify_db_instance", "AccessDenied")
        with pytest.raises(ClientError, match="AccessDenied"):
            lift_protection("crosswalk-dev-database-1")


class Reluctant:
    """CloudFormation, for a stack that does not go."""

    def __init__(self, status: str) -> None:
        self.status = status

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        return {"Stacks": [{"StackId": "id", "StackStatus": self.status}]}

    def delete_stack(self, StackName: str) -> None:
        pass

    def get_waiter(self, name: str) -> Any:
        return self

    def wait(self, **arguments: Any) -> None:
        raise WaiterError("stack_delete_complete", "Max attempts exceeded", {})

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, StackName: str) -> list[Any]:
        reason = {"ResourceStatusReason": "it has a dependent object"}
        return [{"StackEvents": [{"LogicalResourceId": "Vpc", "ResourceStatus": "DELETE_FAILED", **reason}]}]


@pytest.mark.parametrize(
    ("status", "told"),
    [("DELETE_IN_PROGRESS", "still being deleted"), ("DELETE_FAILED", "Vpc: it has a dependent object")],
)
def test_a_deletion_that_takes_long_is_told_from_one_that_failed(
    status: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "client", lambda name: Reluctant(status))
    with pytest.raises(DeployError, match=told):
        delete_stack(STACK)


def test_a_deletion_may_take_as_long_as_interfaces_and_the_last_snapshot_do() -> None:
    assert PATIENCE == 90 * 60
