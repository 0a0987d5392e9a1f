"""What an account gets once: who may deploy from GitHub, and how far that goes."""

import json
from typing import Any

import pytest
import yaml

from tests.template.stack import Stack, as_list

GITHUB = "token.actions.githubusercontent.com"


class Loader(yaml.SafeLoader):
    """CloudFormation's short forms, read as what they hold."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: {suffix: read(loader, node)})


def read(loader: Loader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    assert isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node, deep=True)


@pytest.fixture(scope="module")
def bootstrap() -> Stack:
    with open("bootstrap.yaml") as file:
        return Stack(yaml.load(file, Loader))


def test_only_the_repositorys_protected_environment_gets_the_deploy_role(bootstrap: Stack) -> None:
    (statement,) = bootstrap.properties("DeployRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{GITHUB}:aud": "sts.amazonaws.com",
            f"{GITHUB}:sub": {"Sub": "repo:${Repository}:environment:prod"},
        }
    }


def test_the_deploy_role_can_make_roles_only_through_cloudformation(bootstrap: Stack) -> None:
    statements = [statement for _, statement in bootstrap.statements("DeployRole")]
    (iam,) = [one for one in statements if any(action.startswith("iam:") for action in as_list(one["Action"]))]
    assert iam["Action"] == "iam:PassRole"
    assert iam["Resource"] == {"GetAtt": "CloudFormationRole.Arn"}
    assert iam["Condition"] == {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}


def test_cloudformation_touches_only_roles_and_policies_of_our_stacks(bootstrap: Stack) -> None:
    ((_, statement),) = bootstrap.statements("CloudFormationRole")
    assert all(action.startswith("iam:") and "*" not in action for action in statement["Action"])
    assert all("/crosswalk-dev-*" in one["Sub"] or "/crosswalk-prod-*" in one["Sub"] for one in statement["Resource"])
    assert "crosswalk-cloudformation" not in json.dumps(statement), "it must not widen itself"


def test_what_others_in_the_account_may_use_too_stays_when_the_stack_goes(bootstrap: Stack) -> None:
    kept = {name for name, one in bootstrap.resources.items() if one.get("DeletionPolicy") == "Retain"}
    assert kept == {"ApiGatewayLogRole", "GitHub"}
