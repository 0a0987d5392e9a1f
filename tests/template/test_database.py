"""Network, database, proxy, migrations and purge."""

import json
from pathlib import Path

from functions.request_migration.app import LAST_TRY, PATIENCE
from tests.template.stack import Stack

WAYS_OUT = {"InternetGateway", "NatGateway", "VPCEndpoint", "EgressOnlyInternetGateway", "TransitGatewayAttachment"}


def test_nothing_leads_out_of_the_private_subnets(stack: Stack) -> None:
    kinds = {resource["Type"].rpartition("::")[2] for resource in stack.resources.values()}
    assert kinds.isdisjoint(WAYS_OUT)
    assert all("MapPublicIpOnLaunch" not in subnet for subnet in stack.of_type("AWS::EC2::Subnet").values())


def test_the_subnets_are_in_the_two_zones_that_make_deploy_chooses(stack: Stack) -> None:
    subnets = [stack.properties(name) for name in ("PrivateSubnetA", "PrivateSubnetB")]
    assert [subnet["AvailabilityZone"] for subnet in subnets] == [{"Ref": "ZoneA"}, {"Ref": "ZoneB"}]


def test_security_groups_let_through_the_databases_port_and_nothing_else(stack: Stack) -> None:
    for ingress in stack.of_type("AWS::EC2::SecurityGroupIngress").values():
        assert (ingress["FromPort"], ingress["ToPort"], ingress["IpProtocol"]) == (5432, 5432, "tcp")
        assert "SourceSecurityGroupId" in ingress
        assert "CidrIp" not in ingress
    for name, group in stack.of_type("AWS::EC2::SecurityGroup").items():
        assert "SecurityGroupIngress" not in group
        (egress,) = group["SecurityGroupEgress"]
        if name == "DatabaseSecurityGroup":
            assert egress["CidrIp"] == "127.0.0.1/32"
        else:
            assert (egress["FromPort"], egress["ToPort"]) == (5432, 5432)
            assert "DestinationSecurityGroupId" in egress


def test_the_database_is_private_encrypted_and_backed_up(stack: Stack) -> None:
    database = stack.properties("Database")
    assert database["PubliclyAccessible"] is False
    assert database["StorageEncrypted"] is True
    assert database["BackupRetentionPeriod"] == {"Ref": "DatabaseBackupDays"}


def test_nobody_has_a_password(stack: Stack) -> None:
    database = stack.properties("Database")
    assert database["EnableIAMDatabaseAuthentication"] is True
    assert database["MasterUserAuthenticationType"]["Fn::If"][2] == "iam-db-auth"
    assert database.keys().isdisjoint({"ManageMasterUserPassword", "MasterUserPassword", "MasterUserSecret"})
    assert "Auth" not in stack.one("AWS::RDS::DBProxy")
    assert "MasterUserSecret" not in json.dumps(stack.template)
    assert '"POSTGRES_DB_PASSWORD": ""' in json.dumps(stack.properties("GetUserFunction")["Environment"])


def test_the_master_is_the_owner_and_the_migration_logs_in_as_it(stack: Stack) -> None:
    master = stack.properties("Database")["MasterUsername"]["Fn::If"][2]
    variables = stack.properties("MigrateDatabaseFunction")["Environment"]["Variables"]
    assert variables["POSTGRES_OWNER_USER"] == master


def test_a_restored_database_takes_version_size_and_master_from_the_snapshot(stack: Stack) -> None:
    database = stack.properties("Database")
    for name in ("AllocatedStorage", "DBName", "EngineVersion", "MasterUsername", "MasterUserAuthenticationType"):
        condition, restored, _ = database[name]["Fn::If"]
        assert (condition, restored) == ("RestoresSnapshot", {"Ref": "AWS::NoValue"}), name


def test_backups_outlive_the_database(stack: Stack) -> None:
    """Else a restore could not be tried again; beside a snapshot CloudFormation takes no word of it."""
    kept = stack.properties("Database")["DeleteAutomatedBackups"]["Fn::If"]
    assert kept == ["RestoresSnapshot", {"Ref": "AWS::NoValue"}, False]


def test_the_engine_is_a_major_version_which_can_always_be_created(stack: Stack) -> None:
    assert stack.properties("Database")["EngineVersion"]["Fn::If"][2].isdigit()


def test_refused_logins_and_slow_statements_are_logged_where_one_can_read_them(stack: Stack) -> None:
    assert stack.properties("Database")["EnableCloudwatchLogsExports"] == ["postgresql", "iam-db-auth-error"]
    assert stack.one("AWS::RDS::DBProxy")["DebugLogging"] == {"Ref": "ProxyDebugLogging"}


def test_the_smallest_database_has_the_memory_that_iam_authentication_takes(stack: Stack) -> None:
    assert stack.template["Parameters"]["DatabaseInstanceClass"]["Default"] == "db.t4g.small"
    assert "micro" not in Path("samconfig.toml").read_text()


def test_the_proxys_role_may_be_taken_by_rds_without_a_condition(stack: Stack) -> None:
    """RDS Proxy supports no global condition keys in its role's trust."""
    (statement,) = stack.properties("DatabaseProxyRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "rds.amazonaws.com"}
    assert "Condition" not in statement


def test_the_database_leaves_a_snapshot_behind_when_it_goes(stack: Stack) -> None:
    database = stack.resources["Database"]
    assert (database["DeletionPolicy"], database["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")


def test_the_databases_log_never_holds_a_value(stack: Stack) -> None:
    parameters = stack.one("AWS::RDS::DBParameterGroup")["Parameters"]
    assert parameters["log_parameter_max_length"] == parameters["log_parameter_max_length_on_error"] == "0"
    assert parameters["log_error_verbosity"] == "terse"


def test_the_proxy_wants_tls_and_iam_and_answers_within_a_second_when_full(stack: Stack) -> None:
    proxy = stack.one("AWS::RDS::DBProxy")
    assert proxy["RequireTLS"] is True
    assert proxy["DefaultAuthScheme"] == "IAM_AUTH"
    pool = stack.one("AWS::RDS::DBProxyTargetGroup")["ConnectionPoolConfigurationInfo"]
    assert pool["ConnectionBorrowTimeout"] == 1
    assert pool["MaxConnectionsPercent"] < 100


def test_the_proxy_may_reach_the_database_before_cloudformation_waits_until_it_has(stack: Stack) -> None:
    """CloudFormation's own handler gives up after some minutes: "Timed out waiting for target group"."""
    assert stack.resources["DatabaseProxyTargets"]["DependsOn"] == "DatabaseIngress"


def test_a_burst_on_every_user_route_fits_the_smallest_databases_connections(stack: Stack) -> None:
    memory = 2 * 1024**3  # db.t4g.small; RDS allows DBInstanceClassMemory / 9531392 connections
    pool = stack.one("AWS::RDS::DBProxyTargetGroup")["ConnectionPoolConfigurationInfo"]
    open_to_all = memory // 9531392 * pool["MaxConnectionsPercent"] // 100
    settings = stack.one("AWS::ApiGateway::Stage")["MethodSettings"]
    user_routes = [one for one in settings if one["ThrottlingBurstLimit"] == {"Ref": "UserRate"}]
    assert len(user_routes) * stack.template["Parameters"]["UserRate"]["Default"] <= open_to_all


def test_health_and_the_purge_are_updated_only_after_the_migrations(stack: Stack) -> None:
    assert stack.resources["HealthFunction"]["DependsOn"] == "DatabaseMigration"
    assert stack.resources["PurgeUsersFunction"]["DependsOn"] == "DatabaseMigration"


def test_no_other_route_is_updated_before_the_new_health_reached_the_database(stack: Stack) -> None:
    answering = {stack.function_of(one) for one in stack.routes().values()} - {"HealthFunction"}
    assert all(stack.resources[name]["DependsOn"] == "ReleaseCheck" for name in answering)
    check = stack.one("Custom::ReleaseCheck")
    (version,) = (name for name in stack.of_type("AWS::Lambda::Version") if name.startswith("HealthFunctionVersion"))
    assert check["Function"] == {"Ref": version}
    assert check["ServiceToken"] == stack.one("Custom::DatabaseMigration")["ServiceToken"]


def test_the_migration_runs_again_by_the_new_code_when_layer_or_database_change(stack: Stack) -> None:
    properties = stack.one("Custom::DatabaseMigration")
    (layer,) = stack.of_type("AWS::Lambda::LayerVersion")
    assert properties["Layer"] == {"Ref": layer}
    assert properties["Database"] == {"Ref": "Database"}
    assert properties["Function"] == {"Ref": "MigrateDatabaseFunctionAliaslive"}


def test_whoever_waits_for_the_migration_waits_longer_than_it_may_take(stack: Stack) -> None:
    migration = stack.properties("MigrateDatabaseFunction")["Timeout"]
    provider = stack.properties("RequestMigrationFunction")["Timeout"]
    assert migration < PATIENCE.read_timeout < LAST_TRY / 1000 < provider
    for kind in ("Custom::DatabaseMigration", "Custom::ReleaseCheck"):
        assert provider < stack.one(kind)["ServiceTimeout"] <= 3600


def test_the_migration_starts_when_the_way_to_the_database_is_there(stack: Stack) -> None:
    needs = {"DatabaseProxyTargets", "ProxyIngress"}
    assert needs <= set(stack.resources["MigrateDatabaseFunction"]["DependsOn"])


def test_a_purge_that_was_not_delivered_and_one_that_failed_end_in_the_queue(stack: Stack) -> None:
    queue = {"Fn::GetAtt": ["PurgeFailures", "Arn"]}
    assert stack.one("AWS::Scheduler::Schedule")["Target"]["DeadLetterConfig"]["Arn"] == queue
    invocation = stack.properties("PurgeUsersFunctionEventInvokeConfig")
    assert invocation["Qualifier"] == "live"  # by which the schedule and a deploy invoke it
    assert invocation["DestinationConfig"]["OnFailure"]["Destination"] == queue


def test_two_stacks_of_one_account_do_not_meet_in_a_name(stack: Stack) -> None:
    names = [
        stack.one("AWS::Scheduler::Schedule")["Name"],
        stack.one("AWS::RDS::DBProxy")["DBProxyName"],
        stack.one("AWS::Lambda::LayerVersion")["LayerName"],
        *(alarm["AlarmName"] for alarm in stack.of_type("AWS::CloudWatch::Alarm").values() if "AlarmName" in alarm),
    ]
    assert all("AWS::StackName" in json.dumps(name) for name in names)


def test_two_regions_of_one_account_do_not_meet_in_a_name(stack: Stack) -> None:
    """Dashboards and everything of CloudFront's are the account's, in all regions."""
    names = [
        stack.one("AWS::CloudWatch::Dashboard")["DashboardName"],
        stack.one("AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]["Name"],
        *(
            policy["ResponseHeadersPolicyConfig"]["Name"]
            for policy in stack.of_type("AWS::CloudFront::ResponseHeadersPolicy").values()
        ),
        *(function["Name"] for function in stack.of_type("AWS::CloudFront::Function").values()),
    ]
    for name in names:
        assert "${AWS::StackName}-${AWS::Region}" in name["Fn::Sub"]
        longest = (
            name["Fn::Sub"].replace("${AWS::StackName}", "crosswalk-prod").replace("${AWS::Region}", "ap-southeast-1")
        )
        assert len(longest) <= 64
