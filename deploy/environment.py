"""An environment, such as dev or prod: what samconfig.toml says of it, and what its stack has become on AWS."""

import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

SAMCONFIG = Path("samconfig.toml")


class DeployError(Exception):
    """Something stands in the way; the message is for the person at the keyboard and says what to do."""


@dataclass(frozen=True)
class Environment:
    """`stack` is the stack's name, `parameters` what samconfig.toml sets other than template.yaml's defaults."""

    name: str
    stack: str
    parameters: dict[str, str]

    @property
    def architecture(self) -> str:
        """The processor that the layer is to be built for."""
        return self.parameters.get("Architecture", "x86_64")


def read_environment(name: str, samconfig: Path = SAMCONFIG) -> Environment:
    """The environment of that name. Raises DeployError when there is none."""
    environments = tomllib.loads(samconfig.read_text())
    if "deploy" not in environments.get(name, ()):
        known = ", ".join(sorted(key for key, value in environments.items() if isinstance(value, dict)))
        raise DeployError(f"{samconfig.name} has no environment {name}; it has {known}")
    settings = environments[name]["deploy"]["parameters"]
    overrides = dict(setting.split("=", 1) for setting in settings["parameter_overrides"])
    return Environment(name, settings["stack_name"], overrides)


def read_version() -> str:
    """What is being deployed, as git names it: a tag, or a commit, `-dirty` when something is not committed."""
    command = ["git", "describe", "--always", "--dirty", "--tags"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


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
