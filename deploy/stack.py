"""A deployed stack, as CloudFormation tells of it, and the error for whoever deploys."""

import boto3
from botocore.exceptions import ClientError


class DeployError(Exception):
    """Something stands in the way; the message is for the person at the keyboard and says what to do."""


def read_outputs(stack: str) -> dict[str, str]:
    """The outputs of a stack. Raises DeployError when there is no such stack."""
    try:
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            raise DeployError(f"There is no stack {stack} in this account and region") from error
        raise
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def list_resources(stack: str, kind: str) -> list[str]:
    """The physical ids of a stack's resources of one type; none when there is no such stack."""
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    try:
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return []
        raise
    return [
        one["PhysicalResourceId"] for one in resources if one["ResourceType"] == kind and "PhysicalResourceId" in one
    ]
