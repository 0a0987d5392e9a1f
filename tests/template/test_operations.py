"""Logs, alarms, the dashboard, releases and outputs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.template.conftest import translate
from tests.template.stack import Stack

METRICS_OF_OURS = {"UnexpectedErrors", "DatabaseUnavailable", "BreakerOpened", "UsersPurged"}
MATH_METRICS = 10
"""How many metrics an alarm on an expression takes."""


def alarms(stack: Stack) -> dict[str, dict[str, Any]]:
    return stack.of_type("AWS::CloudWatch::Alarm")


def answering(stack: Stack) -> set[str]:
    return {stack.function_of(one) for one in stack.routes().values()}


def test_every_function_has_a_log_group_of_its_own_with_an_end(stack: Stack) -> None:
    groups = stack.of_type("AWS::Logs::LogGroup")
    used = [one["LoggingConfig"]["LogGroup"]["Ref"] for one in stack.of_type("AWS::Lambda::Function").values()]
    assert len(set(used)) == len(used) == len(groups) - 1  # one is the API's
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())


def test_every_alarm_tells_the_topic_and_stands_on_the_dashboard_and_in_the_runbook(stack: Stack) -> None:
    runbook = Path("docs/operations.md").read_text()
    dashboard = stack.one("AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Sub"]
    for name, alarm in alarms(stack).items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["AlarmDescription"], name
        assert f"${{{name}.Arn}}" in dashboard
        assert f"`{name}`" in runbook


def test_the_dashboard_is_json_once_its_references_are_resolved(stack: Stack) -> None:
    body = re.sub(r"\$\{[^}]+\}", "x", stack.one("AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Sub"])
    widgets = json.loads(body)["widgets"]
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)


def test_alarms_and_dashboard_watch_only_metrics_that_the_code_writes(stack: Stack) -> None:
    paths = [*Path("layers/shared/crosswalk").rglob("*.py"), *Path("functions").rglob("*.py")]
    source = "\n".join(path.read_text() for path in paths)
    watched = json.dumps(alarms(stack)) + json.dumps(stack.one("AWS::CloudWatch::Dashboard"))
    for metric in METRICS_OF_OURS:
        assert f'"{metric}"' in source
        assert metric in watched


def test_two_stacks_of_a_region_do_not_share_a_metric(stack: Stack) -> None:
    """The functions' own metrics are by service, which is the stack's name for those who write and who watch."""
    name = {"Ref": "AWS::StackName"}
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == name
    own = [alarm for alarm in alarms(stack).values() if alarm.get("Namespace") == "Crosswalk"]
    assert len(own) == 3
    assert all({"Name": "service", "Value": name} in alarm["Dimensions"] for alarm in own)
    dashboard = stack.one("AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Sub"]
    assert set(re.findall(r'"Crosswalk", "\w+", "service", "([^"]+)"', dashboard)) == {"${AWS::StackName}"}


def test_releases_of_every_answering_function_go_back_on_the_same_two_alarms(stack: Stack) -> None:
    groups = stack.of_type("AWS::CodeDeploy::DeploymentGroup")
    assert {name.removesuffix("DeploymentGroup") for name in groups} == answering(stack)
    for group in groups.values():
        assert group["AlarmConfiguration"]["Alarms"] == [
            {"Name": {"Ref": "Crashes"}},
            {"Name": {"Ref": "UnexpectedErrors"}},
        ]
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


def test_each_release_has_alarms_of_its_own_over_the_new_version_alone(stack: Stack) -> None:
    for name in ("Crashes", "UnexpectedErrors"):
        assert alarms(stack)[name]["AlarmName"]["Fn::Sub"].endswith("-${Release}")
    release = {"Name": "release", "Value": {"Ref": "Release"}}
    assert release in alarms(stack)["UnexpectedErrors"]["Dimensions"]
    watched = set()
    for metric in alarms(stack)["Crashes"]["Metrics"][1:]:
        dimensions = {one["Name"]: one["Value"] for one in metric["MetricStat"]["Metric"]["Dimensions"]}
        function = dimensions["FunctionName"]["Ref"]
        assert dimensions["Resource"] == {"Fn::Sub": f"${{{function}}}:live"}
        version, attribute = dimensions["ExecutedVersion"]["Fn::GetAtt"]
        assert (version.startswith(f"{function}Version"), attribute) == (True, "Version")
        watched.add(function)
    assert watched == answering(stack)


def test_no_alarm_has_more_metrics_than_an_expression_takes(stack: Stack) -> None:
    assert all(len(alarm.get("Metrics", [])) <= MATH_METRICS for alarm in alarms(stack).values())


def test_an_absent_database_takes_no_release_back(stack: Stack) -> None:
    for name in ("Crashes", "UnexpectedErrors"):
        assert not {"DatabaseUnavailable", "BreakerOpened"} & set(re.findall(r"\w+", json.dumps(alarms(stack)[name])))


def test_functions_tell_their_release_to_the_metrics_that_alarms_watch(stack: Stack) -> None:
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["CROSSWALK_RELEASE"] == {"Ref": "Release"}


def test_a_new_release_publishes_every_function_and_the_same_one_nothing(tmp_path: Path) -> None:
    def list_versions(**parameters: str) -> set[str]:
        return set(Stack(translate(tmp_path, parameters)).of_type("AWS::Lambda::Version"))

    first = list_versions(Release="0123456789")
    assert len(first) == len(list(Path("functions").glob("*/app.py")))
    assert list_versions(Release="0123456789", LogLevel="DEBUG") == first
    assert list_versions(Release="abcdef0123").isdisjoint(first)


def test_the_layer_of_the_release_before_goes_once_the_next_stands(stack: Stack) -> None:
    (layer,) = [one for one in stack.resources.values() if one["Type"] == "AWS::Lambda::LayerVersion"]
    assert layer["DeletionPolicy"] == "Delete"


def test_a_missing_purge_is_noticed_within_26_hours(stack: Stack) -> None:
    alarm = alarms(stack)["PurgeMissing"]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (3600, 26, 26)
    assert (alarm["Statistic"], alarm["TreatMissingData"]) == ("SampleCount", "breaching")


@pytest.mark.parametrize("name", ["DatabaseMemory", "DatabaseSwap", "DatabaseCredits", "DatabaseLogins"])
def test_the_databases_memory_credits_and_logins_are_watched(name: str, stack: Stack) -> None:
    assert alarms(stack)[name]["Namespace"] == "AWS/RDS"
    assert alarms(stack)[name]["Dimensions"][0]["Value"] in ({"Ref": "Database"}, {"Ref": "DatabaseProxy"})


def test_functions_run_on_the_processor_that_the_layer_is_built_for(stack: Stack) -> None:
    (layer,) = stack.of_type("AWS::Lambda::LayerVersion").values()
    assert layer["CompatibleArchitectures"] == [{"Ref": "Architecture"}]
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert function["Architectures"] == layer["CompatibleArchitectures"]
        assert function["Runtime"] in layer["CompatibleRuntimes"]


def test_nothing_is_reserved_unless_asked_for(stack: Stack) -> None:
    for parameter in ("ConverterConcurrency", "UserConcurrency", "ConversionConcurrency"):
        assert stack.template["Parameters"][parameter]["Default"] == 0
    unreserved = {"HealthFunction", "CreateConversionFunction", "GetConversionFunction"}
    for name in (answering(stack) | {"ConvertUploadFunction"}) - unreserved:
        assert stack.properties(name)["ReservedConcurrentExecutions"]["Fn::If"][2] == {"Ref": "AWS::NoValue"}


def test_the_outputs_lead_to_page_api_and_dashboard(stack: Stack) -> None:
    assert {"SiteUrl", "ApiUrl", "DashboardUrl"} <= stack.template["Outputs"].keys()


def test_page_and_api_are_told_by_awss_own_names_too(stack: Stack) -> None:
    outputs = {name: one["Value"] for name, one in stack.template["Outputs"].items()}
    assert outputs["SiteEndpoint"] == {"Fn::Sub": "https://${Distribution.DomainName}"}
    assert outputs["ApiEndpoint"] == {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/v1"}


def test_the_runbook_names_only_what_is_there(stack: Stack) -> None:
    runbook = Path("docs/operations.md").read_text()
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", runbook)) <= targets
    known = {*stack.template["Parameters"], *stack.resources, *stack.template["Outputs"]}
    known |= {"DeployRole", "CloudFormationRole", "UserRoutesPolicy", "ConversionRoutesPolicy"}  # of bootstrap.yaml
    known |= {"DbiResourceId", "PowerUserAccess"}  # AWS's own words
    named = set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+)", runbook))
    assert {"DatabaseSubnets", "UserRate", "DashboardUrl", "HealthLog"} <= named <= known
