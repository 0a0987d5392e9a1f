"""What is left to do when CloudFormation has finished: the database's logs get an end, and the purge a first run."""

from collections.abc import Iterator

import boto3
from botocore.exceptions import ClientError

from deploy.stack import list_resources, require_stack

EXPORTED = ("postgresql", "iam-db-auth-error")


def settle_stack(stack: str) -> Iterator[str]:
    """Each step, as it begins."""
    days = int(require_stack(stack).parameters["LogRetentionDays"])
    for group in list_log_groups(stack):
        yield f"Keep {group} for {days} days"
        keep_for(group, days)
    # Its alarm is for 26 hours without a purge, and rings from the beginning.
    for function in list_resources(stack, "AWS::Lambda::Function"):
        if "-PurgeUsersFunction-" in function:
            yield "Start a purge"
            purge(function)


def list_log_groups(stack: str) -> list[str]:
    """Those that RDS makes by itself, and keeps for ever: the database's and its proxy's."""
    databases = [f"/aws/rds/instance/{name}" for name in list_resources(stack, "AWS::RDS::DBInstance")]
    proxies = list_resources(stack, "AWS::RDS::DBProxy")
    exported = [f"{name}/{kind}" for name in databases for kind in EXPORTED]
    return exported + [f"/aws/rds/proxy/{name}" for name in proxies]


def keep_for(group: str, days: int) -> None:
    """RDS makes a group with its first line, which may be still to come: then it is made here."""
    client = boto3.client("logs")
    try:
        client.create_log_group(logGroupName=group)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
    client.put_retention_policy(logGroupName=group, retentionInDays=days)


def purge(function: str) -> None:
    """Have the nightly purge run now, without waiting for it.

    Where Lambda has no room it runs later, and where it fails its alarm says so: the release goes on.
    """
    boto3.client("lambda").invoke(FunctionName=function, Qualifier="live", InvocationType="Event", Payload=b"{}")
