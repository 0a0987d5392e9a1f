"""Takes a stack down, with what CloudFormation would stop at: a protected database, a full bucket, kept layers.

The database's last snapshot stays, and so do the snapshots before it: they are the only copy of the users by then.
"""

from collections.abc import Iterator

import boto3
from botocore.exceptions import WaiterError

from deploy.stack import DeployError, list_resources


def destroy_stack(stack: str) -> Iterator[str]:
    """Each step, as it begins. Raises DeployError when CloudFormation could not delete something."""
    for database in list_resources(stack, "AWS::RDS::DBInstance"):
        yield f"Lift the deletion protection of the database {database}"
        boto3.client("rds").modify_db_instance(
            DBInstanceIdentifier=database, DeletionProtection=False, ApplyImmediately=True
        )
    for bucket in list_resources(stack, "AWS::S3::Bucket"):
        yield f"Empty the bucket {bucket}, old versions too"
        boto3.resource("s3").Bucket(bucket).object_versions.delete()
    yield f"Delete the stack {stack}; CloudFront and the functions' network interfaces take up to half an hour"
    delete_stack(stack)
    for layer in list_layer_versions(f"{stack}-shared"):
        yield f"Delete the layer's version {layer}"
        boto3.client("lambda").delete_layer_version(LayerName=f"{stack}-shared", VersionNumber=layer)


def delete_stack(stack: str) -> None:
    """Delete it and wait. Raises DeployError with CloudFormation's reasons when it did not go."""
    client = boto3.client("cloudformation")
    stack_id = client.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    client.delete_stack(StackName=stack_id)
    waiter = client.get_waiter("stack_delete_complete")
    try:
        waiter.wait(StackName=stack_id, WaiterConfig={"Delay": 15, "MaxAttempts": 160})
    except WaiterError as error:
        raise DeployError(f"{stack} is not gone: {'; '.join(list_failures(stack_id))}") from error


def list_failures(stack_id: str) -> list[str]:
    """Why resources could not be deleted."""
    events = boto3.client("cloudformation").describe_stack_events(StackName=stack_id)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"] == "DELETE_FAILED"]
    return [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}" for event in failed]


def list_layer_versions(layer: str) -> list[int]:
    """The template retains them, since a rollback needs the one before."""
    pages = boto3.client("lambda").get_paginator("list_layer_versions").paginate(LayerName=layer)
    return [version["Version"] for page in pages for version in page["LayerVersions"]]
