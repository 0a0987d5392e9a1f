"""Who may do what."""

import json

import pytest

from tests.template.stack import Stack, as_list

CONVERTERS = {"JsonToXmlFunction", "XmlToJsonFunction"}
APPLICATION = {"GetUserFunction", "SaveUserFunction", "DeleteUserFunction", "ListUsersFunction", "HealthFunction"}
MANAGED = {
    "AWSLambdaBasicExecutionRole",  # write logs
    "AWSXrayWriteOnlyAccess",  # write traces
    "AWSLambdaVPCAccessExecutionRole",  # have a network interface
    "AWSCodeDeployRoleForLambda",  # move an alias
}


def test_no_statement_of_ours_allows_every_action_or_every_resource(stack: Stack) -> None:
    statements = list(stack.statements())
    assert statements
    for role, statement in statements:
        assert all(action.count(":") == 1 and "*" not in action for action in as_list(statement["Action"])), role
        assert "*" not in as_list(statement["Resource"]), role


def test_aws_managed_policies_are_the_four_that_cannot_be_narrowed(stack: Stack) -> None:
    assert stack.managed_policies() == MANAGED


def test_no_role_may_do_more_than_the_boundary_allows(stack: Stack) -> None:
    """Those that SAM makes by itself, too."""
    roles = stack.of_type("AWS::IAM::Role")
    assert len(roles) > len(stack.of_type("AWS::Lambda::Function"))
    for name, role in roles.items():
        assert role["PermissionsBoundary"]["Fn::Sub"].endswith(":policy/crosswalk-boundary"), name


@pytest.mark.parametrize("name", sorted(CONVERTERS))
def test_a_converter_has_no_right_of_its_own_and_no_network(name: str, stack: Stack) -> None:
    assert list(stack.statements(f"{name}Role")) == []
    assert "VpcConfig" not in stack.properties(name)


@pytest.mark.parametrize("name", sorted(APPLICATION))
def test_a_user_function_may_log_in_as_the_application_role_and_nothing_else(name: str, stack: Stack) -> None:
    ((_, statement),) = stack.statements(f"{name}Role")
    assert statement["Action"] == "rds-db:connect"
    assert statement["Resource"]["Fn::Sub"][0].endswith(":dbuser:${ProxyId}/crosswalk")


def test_only_the_migration_may_log_in_as_the_owner(stack: Stack) -> None:
    owners = {role for role, one in stack.statements() if "/crosswalk_owner" in json.dumps(one["Resource"])}
    assert owners == {"MigrateDatabaseFunctionRole", "DatabaseProxyRole"}


def test_nobody_may_read_a_secret(stack: Stack) -> None:
    assert not [role for role, one in stack.statements() if "secretsmanager" in json.dumps(one["Action"])]


def test_the_proxy_logs_in_as_both_roles_at_the_instances_own_resource_id(stack: Stack) -> None:
    ((_, statement),) = stack.statements("DatabaseProxyRole")
    users = [one["Fn::Sub"].partition(":dbuser:")[2] for one in statement["Resource"]]
    assert users == ["${Database.DbiResourceId}/crosswalk", "${Database.DbiResourceId}/crosswalk_owner"]


def test_the_provider_may_invoke_the_migration_and_the_new_version_of_health_only(stack: Stack) -> None:
    (invoke,) = [
        one for _, one in stack.statements("RequestMigrationFunctionRole") if one["Action"] == "lambda:InvokeFunction"
    ]
    migration, health = invoke["Resource"]
    assert migration == {"Ref": "MigrateDatabaseFunctionAliaslive"}
    assert health["Fn::Sub"].endswith(":function:${AWS::StackName}-HealthFunction-*")


def test_the_provider_is_outside_the_vpc_and_the_migration_inside(stack: Stack) -> None:
    assert "VpcConfig" not in stack.properties("RequestMigrationFunction")
    assert "VpcConfig" in stack.properties("MigrateDatabaseFunction")


def test_whoever_deploys_can_widen_no_callers_policy(stack: Stack) -> None:
    """They stand in bootstrap.yaml."""
    assert stack.of_type("AWS::IAM::ManagedPolicy") == {}
