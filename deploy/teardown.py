"""Takes a stack down, with what CloudFormation would stop at or leave: a protected database, full buckets, RDS's logs.

The database's last snapshot stays, and so do the snapshots before it: they are the only copy of the users by then.
"""

from collections.abc import Iterator
from contextlib import suppress

import boto3
from botocore.exceptions import WaiterError

from deploy.stack import DeployError, StackState, list_failures, list_resources, read_state

PATIENCE = 90 * 60
"""Seconds. Network interfaces of functions may take 40 minutes, the proxy 10, the database's last snapshot 20."""


def destroy_stack(stack: str) -> Iterator[str]:
    """Each step, as it begins, from wherever an earlier attempt has stopped.

    Raises DeployError when something is in the way, or CloudFormation could not delete something.
    """
    state = read_state(stack)
    status = state.status
    if status == "NONE" and not list_log_groups(stack):
        region = boto3.Session().region_name
        raise DeployError(f"There is no stack {stack} in {region}, nor anything that make destroy has left of it.")
    if status not in ("NONE", "DELETE_IN_PROGRESS"):
        require_deletable(stack, state)
        require_no_shell(stack)
        yield from clear_the_way(stack)
    if status != "NONE":
        yield f"Delete the stack {stack}; the functions' network interfaces and the last snapshot may take an hour"
        delete_stack(stack)
    for group in list_log_groups(stack):
        yield f"Delete the log group {group}"
        boto3.client("logs").delete_log_group(logGroupName=group)


def require_deletable(stack: str, state: StackState) -> None:
    """Nothing is emptied or unprotected of a stack that CloudFormation would then refuse to delete."""
    if state.protected:
        raise DeployError(
            f"{stack} has termination protection. To lift it: aws cloudformation update-termination-protection"
            f" --no-enable-termination-protection --stack-name {stack}. Then run make destroy again."
        )
    if state.status.startswith(("UPDATE_", "IMPORT_")) and state.status.endswith("_IN_PROGRESS"):
        raise DeployError(f"{stack} is in {state.status}: wait for its end, then run make destroy again.")


def require_no_shell(stack: str) -> None:
    """CloudFormation would try for an hour to delete the subnet in which somebody's shell still is.

    CloudShell tags the interfaces that it makes, and leaves those that it may not delete (its User Guide, "Required IAM
    permissions for creating and using CloudShell VPC environments").
    """
    for vpc in list_resources(stack, "AWS::EC2::VPC"):
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "tag-key", "Values": ["ManagedByCloudShell"]}]
        interfaces = boto3.client("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        if interfaces:
            names = ", ".join(interface["NetworkInterfaceId"] for interface in interfaces)
            raise DeployError(
                f"An environment of CloudShell still has {names} in the stack's VPC: delete the environment (console,"
                " CloudShell, Actions), and what it leaves by aws ec2 delete-network-interface --network-interface-id"
                " ID. Then run make destroy again."
            )


def clear_the_way(stack: str) -> Iterator[str]:
    """What CloudFormation would stop at."""
    for database in list_resources(stack, "AWS::RDS::DBInstance"):
        yield f"Lift the deletion protection of the database {database}"
        lift_protection(database)
    for bucket in list_resources(stack, "AWS::S3::Bucket"):
        yield f"Empty the bucket {bucket}, old versions too"
        empty_bucket(bucket)


def lift_protection(database: str) -> None:
    """A database that is gone or on its way has none; CloudFormation says so if another state is in the way."""
    client = boto3.client("rds")
    with suppress(client.exceptions.DBInstanceNotFoundFault, client.exceptions.InvalidDBInstanceStateFault):
        client.modify_db_instance(DBInstanceIdentifier=database, DeletionProtection=False, ApplyImmediately=True)


def empty_bucket(bucket: str) -> None:
    """One that is gone, because somebody has removed it by hand, has nothing in it."""
    resource = boto3.resource("s3")
    with suppress(resource.meta.client.exceptions.NoSuchBucket):
        resource.Bucket(bucket).object_versions.delete()


def delete_stack(stack: str, patience: int = PATIENCE) -> None:
    """Delete it and wait. Raises DeployError with CloudFormation's reasons, or when it takes longer than `patience`."""
    client = boto3.client("cloudformation")
    stack_id = client.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    client.delete_stack(StackName=stack_id)
    waiter = client.get_waiter("stack_delete_complete")
    try:
        waiter.wait(StackName=stack_id, WaiterConfig={"Delay": 15, "MaxAttempts": max(1, patience // 15)})
    except WaiterError as error:
        if read_state(stack_id).status == "DELETE_IN_PROGRESS":
            raise DeployError(f"{stack} is still being deleted: run make destroy again in a while.") from error
        reasons = "; ".join(list(list_failures(stack_id))[:5])
        raise DeployError(f"{stack} is not gone: {reasons}. Mend that and run make destroy again.") from error


def list_log_groups(stack: str) -> list[str]:
    """RDS has made these, so CloudFormation does not know them: of the proxy, and of every database there has been."""
    pages = boto3.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/rds/")
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    own = (f"/aws/rds/instance/{stack}-database-", f"/aws/rds/proxy/{stack}")
    return [name for name in names if name.startswith(own[0]) or name == own[1]]
