"""Taking a stack down, against moto: the real template's obstacles in a stack of their own."""

import io
import json
import zipfile
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from deploy import __main__ as command
from deploy.settings import read_settings
from deploy.stack import DeployError
from deploy.teardown import destroy_stack, list_layer_versions

STACK = "crosswalk-dev"
TEMPLATE = {
    "Resources": {
        "SiteBucket": {"Type": "AWS::S3::Bucket"},
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
    """A stack with a protected database, a bucket with old versions, and a kept layer. Returns the bucket."""
    with mock_aws():
        boto3.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE))
        boto3.client("rds").modify_db_instance(DBInstanceIdentifier=find("Database"), DeletionProtection=True)
        boto3.resource("s3").BucketVersioning(find("SiteBucket")).enable()  # moto does not take it from a template
        for body in (b"first", b"second"):
            boto3.client("s3").put_object(Bucket=find("SiteBucket"), Key="index.html", Body=body)
        boto3.client("s3").delete_object(Bucket=find("SiteBucket"), Key="index.html")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as layer:
            layer.writestr("python/crosswalk.py", "")
        boto3.client("lambda").publish_layer_version(
            LayerName=f"{STACK}-shared", Content={"ZipFile": archive.getvalue()}
        )
        yield find("SiteBucket")


def find(logical_id: str) -> str:
    resource = boto3.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
    return str(resource["StackResourceDetail"]["PhysicalResourceId"])


def test_a_protected_database_old_versions_and_kept_layers_are_not_in_the_way(stack: str) -> None:
    steps = list(destroy_stack(STACK))
    assert len(steps) == 4
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert boto3.client("rds").describe_db_instances()["DBInstances"] == []
    assert list_layer_versions(f"{STACK}-shared") == []


def test_destroy_deletes_nothing_until_the_stacks_name_is_typed(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: "yes")
    assert command.main(["destroy", "dev"]) == 1
    assert boto3.client("rds").describe_db_instances()["DBInstances"][0]["DeletionProtection"]
    assert len(boto3.client("s3").list_object_versions(Bucket=stack)["Versions"]) == 2


def test_destroying_what_is_not_there_says_so(aws: None) -> None:
    with mock_aws(), pytest.raises(DeployError, match="no stack crosswalk-dev"):
        command.destroy(read_settings("dev"))
