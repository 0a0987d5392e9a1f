"""A deployed stack, as CloudFormation tells of it, and the error for whoever deploys."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError


class DeployError(Exception):
    """Something stands in the way; the message is for the person at the keyboard and says what to do."""


@dataclass(frozen=True)
class StackState:
    """`status` is CloudFormation's, or NONE where there is no stack; a stack may be there and have never stood.

    `updated` is when its last update began; `protected`: from being deleted.
    """

    status: str = "NONE"
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    updated: str = ""
    protected: bool = False

    @property
    def has_stood(self) -> bool:
        """Whether the stack has ever been complete."""
        return self.status.startswith(("UPDATE_", "IMPORT_")) or self.status == "CREATE_COMPLETE"

    @property
    def failure(self) -> str:
        """Tells the failed update that the stack has come back from, if it has, from any other."""
        return self.updated if self.status == "UPDATE_ROLLBACK_COMPLETE" else ""


def read_state(stack: str) -> StackState:
    """What CloudFormation says of a stack."""
    try:
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return StackState()
        raise
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
    updated, protected = str(found.get("LastUpdatedTime", "")), found.get("EnableTerminationProtection", False)
    return StackState(found["StackStatus"], parameters, outputs, updated, protected)


def require_stack(stack: str) -> StackState:
    """The state of a stack that must be there. Raises DeployError if it is not."""
    state = read_state(stack)
    if state.status == "NONE":
        raise DeployError(f"There is no stack {stack} in this account and region.")
    return state


def list_resources(stack: str, kind: str) -> list[str]:
    """The physical ids of a stack's resources of one type that still exist; none when there is no such stack."""
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    try:
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return []
        raise
    return [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == kind and _exists(one)]


def _exists(resource: dict[str, Any]) -> bool:
    return "PhysicalResourceId" in resource and resource["ResourceStatus"] != "DELETE_COMPLETE"


def list_failures(stack: str) -> Iterator[str]:
    """What failed in a stack and why, the latest first; not what was merely cancelled because of it."""
    for page in boto3.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack):
        for event in page["StackEvents"]:
            reason = event.get("ResourceStatusReason", "no reason given")
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
                yield f"{event['LogicalResourceId']}: {reason}"
