"""What an account gets once: who may deploy from GitHub, and how far that goes."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from deploy.bootstrap import BOUNDARY as BOUNDARY_NAME
from deploy.bootstrap import LOG_ROLE
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


BOUNDARY = {"StringEquals": {"iam:PermissionsBoundary": {"Ref": "Boundary"}}}


def list_actions(stack: Stack, role: str) -> set[str]:
    return {action for _, statement in stack.statements(role) for action in as_list(statement["Action"])}


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


@pytest.mark.parametrize("repository", ["you/crosswalk", "you@12345/crosswalk@987654321", "a.b-c_d/e.f"])
def test_a_repository_may_be_named_with_its_immutable_ids(repository: str, bootstrap: Stack) -> None:
    assert re.fullmatch(bootstrap.template["Parameters"]["Repository"]["AllowedPattern"], repository)


@pytest.mark.parametrize("repository", ["you", "you/", "you@/crosswalk", "you@x/crosswalk", "you/crosswalk:*", "you/*"])
def test_what_would_widen_the_trust_is_no_repository(repository: str, bootstrap: Stack) -> None:
    assert not re.fullmatch(bootstrap.template["Parameters"]["Repository"]["AllowedPattern"], repository)


def test_an_account_that_has_githubs_provider_gives_its_arn(bootstrap: Stack) -> None:
    (statement,) = bootstrap.properties("DeployRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {
        "Federated": {"If": ["MakesProvider", {"Ref": "GitHub"}, {"Ref": "GitHubProvider"}]}
    }
    assert bootstrap.resources["GitHub"]["Condition"] == "MakesProvider"


def test_the_role_that_outlives_the_stack_is_made_only_where_there_is_none(bootstrap: Stack) -> None:
    """make bootstrap looks for it by this name."""
    role = bootstrap.resources["LogRole"]
    assert (role["Condition"], role["Properties"]["RoleName"]) == ("MakesLogRole", LOG_ROLE)
    assert bootstrap.one("AWS::ApiGateway::Account")["CloudWatchRoleArn"] == {
        "If": ["MakesLogRole", {"GetAtt": "LogRole.Arn"}, {"Ref": "ApiGatewayLogRole"}]
    }


def test_the_boundary_is_called_as_make_bootstrap_and_the_stacks_call_it(bootstrap: Stack, stack: Stack) -> None:
    assert bootstrap.properties("Boundary")["ManagedPolicyName"] == BOUNDARY_NAME
    assert f":policy/{BOUNDARY_NAME}" in json.dumps(stack.of_type("AWS::IAM::Role"))


def test_the_deploy_role_can_make_roles_only_through_cloudformation(bootstrap: Stack) -> None:
    statements = [statement for _, statement in bootstrap.statements("DeployRole")]
    (iam,) = [one for one in statements if "iam:PassRole" in as_list(one["Action"])]
    assert iam["Resource"] == {"GetAtt": "CloudFormationRole.Arn"}
    assert iam["Condition"] == {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
    assert {action for action in list_actions(bootstrap, "DeployRole") if action.startswith("iam:")} == {
        "iam:GetPolicy",
        "iam:PassRole",
    }


def test_every_bucket_that_is_named_by_a_pattern_is_in_this_account(bootstrap: Stack) -> None:
    statements = [one for _, one in bootstrap.statements() if ":s3:::" in json.dumps(one["Resource"])]
    assert len(statements) == 5
    for one in statements:
        assert one["Condition"] == {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}


def find_resources(stack: Stack, role: str, action: str) -> list[str]:
    """What a role may do something to, without the partition and the account."""
    arns = [
        arn for _, one in stack.statements(role) if action in as_list(one["Action"]) for arn in as_list(one["Resource"])
    ]
    arns = [arn["If"][2] if "If" in arn else arn for arn in arns]  # as long as no fleet has buckets of its own
    return [arn["Sub"].replace("arn:${AWS::Partition}:", "").replace("${AWS::AccountId}", "ACCOUNT") for arn in arns]


def test_the_deploy_role_reaches_productions_stack_code_and_page_and_no_other(bootstrap: Stack) -> None:
    """Whoever could write dev's code, or the template of the account's own stack, would get at more than prod."""
    assert find_resources(bootstrap, "DeployRole", "cloudformation:ExecuteChangeSet") == [
        "cloudformation:*:ACCOUNT:stack/crosswalk-prod/*",
        "cloudformation:*:aws:transform/Serverless-2016-10-31",
    ]
    assert find_resources(bootstrap, "DeployRole", "s3:PutObject") == [
        "s3:::crosswalk-artifacts-*/prod/*",
        "s3:::crosswalk-prod-sitebucket-*/*",
    ]
    assert find_resources(bootstrap, "DeployRole", "s3:GetObject") == ["s3:::crosswalk-artifacts-*/prod/*"]
    assert find_resources(bootstrap, "DeployRole", "lambda:InvokeFunction") == [
        "lambda:*:ACCOUNT:function:crosswalk-prod-PurgeUsersFunction-*"
    ]


def test_each_environment_puts_its_code_into_a_folder_of_its_own() -> None:
    environments = {
        name: one for name, one in tomllib.loads(Path("samconfig.toml").read_text()).items() if name != "version"
    }
    settings = {name: one["deploy"]["parameters"] for name, one in environments.items()}
    assert {name: one["s3_prefix"] for name, one in settings.items()} == {"dev": "dev", "prod": "prod"}
    assert not any("resolve_s3" in one for one in settings.values())
    assert settings["prod"]["stack_name"] == "crosswalk-prod"


def test_no_role_of_the_stacks_reaches_the_code_of_deploys(bootstrap: Stack) -> None:
    assert find_resources(bootstrap, "Boundary", "s3:PutObject") == [
        "s3:::crosswalk-dev-*",
        "s3:::crosswalk-prod-*",
        "s3:::crosswalk-prod-*",
    ]


def test_the_template_fits_into_a_request_and_needs_no_bucket() -> None:
    assert Path("bootstrap.yaml").stat().st_size < 51_200


@pytest.mark.parametrize(
    ("policy", "routes"),
    [
        ("UserRoutesPolicy", ["GET/user", "POST/user", "DELETE/user", "GET/users"]),
        ("ConversionRoutesPolicy", ["POST/conversions", "GET/conversions/*"]),
    ],
)
def test_callers_get_a_policy_for_exactly_their_routes(policy: str, routes: list[str], bootstrap: Stack) -> None:
    ((_, statement),) = bootstrap.statements(policy)
    assert statement["Action"] == "execute-api:Invoke"
    assert find_resources(bootstrap, policy, "execute-api:Invoke") == [
        f"execute-api:*:ACCOUNT:*/v1/{route}" for route in routes
    ]
    assert policy in bootstrap.template["Outputs"]


def test_the_deploy_role_may_call_what_the_last_check_of_a_deploy_calls(bootstrap: Stack) -> None:
    assert find_resources(bootstrap, "DeployRole", "execute-api:Invoke") == [
        f"execute-api:*:ACCOUNT:*/v1/{route}"
        for route in ("*/user", "GET/users", "POST/conversions", "GET/conversions/*")
    ]


@pytest.mark.parametrize("action", ["CreateRole", "PutRolePolicy", "DeleteRolePolicy", "PutRolePermissionsBoundary"])
def test_cloudformation_makes_and_changes_roles_only_within_the_boundary(action: str, bootstrap: Stack) -> None:
    (one,) = [one for _, one in bootstrap.statements("CloudFormationRole") if f"iam:{action}" in as_list(one["Action"])]
    assert one["Condition"] == BOUNDARY


def test_cloudformation_attaches_only_what_functions_and_releases_need(bootstrap: Stack, stack: Stack) -> None:
    (one,) = [one for _, one in bootstrap.statements("CloudFormationRole") if "iam:AttachRolePolicy" in one["Action"]]
    assert one["Condition"]["StringEquals"] == BOUNDARY["StringEquals"]
    named = {arn["Sub"].rpartition("/")[2] for arn in one["Condition"]["ArnEquals"]["iam:PolicyARN"]}
    assert named == stack.managed_policies()


def test_cloudformation_gives_roles_only_to_the_services_that_take_them(bootstrap: Stack, stack: Stack) -> None:
    (one,) = [one for _, one in bootstrap.statements("CloudFormationRole") if one["Action"] == "iam:PassRole"]
    taken = set(re.findall(r'"(\w+\.amazonaws\.com)"', json.dumps(stack.of_type("AWS::IAM::Role"))))
    assert taken <= set(one["Condition"]["StringEquals"]["iam:PassedToService"])


def test_cloudformation_touches_only_roles_of_our_stacks(bootstrap: Stack) -> None:
    """Neither itself, nor the boundary, nor any policy that somebody has."""
    for _, statement in bootstrap.statements("CloudFormationRole"):
        assert all(action.startswith("iam:") and "*" not in action for action in as_list(statement["Action"]))
        own = [one["Sub"].partition(":iam::${AWS::AccountId}:")[2] for one in statement["Resource"]]
        assert own == ["role/crosswalk-prod-*"]  # dev is for administrators to deploy


def test_cloudformation_may_do_all_that_making_and_deleting_a_role_takes(bootstrap: Stack) -> None:
    """What CloudFormation's own handlers call, as its schemas list it."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::IAM::Role").schema["handlers"]
    called = {action for step in ("create", "delete", "read") for action in handlers[step]["permissions"]}
    assert called <= list_actions(bootstrap, "CloudFormationRole")


def test_the_boundary_allows_no_iam_and_names_every_action(bootstrap: Stack) -> None:
    actions = list_actions(bootstrap, "Boundary")
    assert not any(action.startswith(("iam:", "sts:", "organizations:")) or "*" in action for action in actions)


def test_the_boundary_lets_fleets_reach_no_bucket_that_was_not_named(bootstrap: Stack) -> None:
    (one,) = [one for _, one in bootstrap.statements("Boundary") if one["Sid"] == "FleetBuckets"]
    assert one["Resource"]["If"][:2] == ["HasFleetBuckets", {"Ref": "FleetBuckets"}]
    assert one["Resource"]["If"][2] == {"Sub": "arn:${AWS::Partition}:s3:::crosswalk-prod-*"}


def test_the_boundary_allows_what_the_stacks_own_roles_allow(bootstrap: Stack, stack: Stack) -> None:
    roles = stack.of_type("AWS::IAM::Role")
    own = {action for role, one in stack.statements() if role in roles for action in as_list(one["Action"])}
    assert own <= list_actions(bootstrap, "Boundary")


def test_no_parameter_replaces_what_has_a_fixed_name(bootstrap: Stack) -> None:
    """CloudFormation makes the new one before it deletes the old one, and two of one name are refused."""
    for name, resource in bootstrap.resources.items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource["Type"]).schema
        paths = [path.split("/")[2:] for path in schema.get("createOnlyProperties", [])]
        fixed = {path[-1]: dig(resource.get("Properties", {}), path) for path in paths}
        if any(fixed[one] for one in fixed if one.endswith("Name")):
            assert not set(re.findall(r"\w+", json.dumps(fixed))) & bootstrap.template["Parameters"].keys(), name


def dig(value: Any, path: list[str]) -> Any:
    """What stands at a path; nothing where it ends before."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def test_a_failed_bootstrap_leaves_nothing_in_the_way_of_the_next(bootstrap: Stack) -> None:
    """Retain would keep what a create that failed has made, under a name that the next one wants."""
    kept = {name for name, one in bootstrap.resources.items() if one.get("DeletionPolicy") == "RetainExceptOnCreate"}
    assert kept == {"LogRole", "GitHub"}
    assert "Retain" not in {one.get("DeletionPolicy") for one in bootstrap.resources.values()}
