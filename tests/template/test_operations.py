"""Logs, alarms, the dashboard, releases and outputs."""

import json
import re
from pathlib import Path
from typing import Any

from tests.template.stack import Stack

METRICS_OF_OURS = {"UnexpectedErrors", "DatabaseUnavailable", "BreakerOpened"}


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
        assert ("Failures" if name.endswith("Failures") else name) in runbook


def test_the_dashboard_is_json_once_its_references_are_resolved(stack: Stack) -> None:
    body = re.sub(r"\$\{[^}]+\}", "x", stack.one("AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Sub"])
    widgets = json.loads(body)["widgets"]
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)


def test_alarms_and_dashboard_watch_only_metrics_that_the_code_writes(stack: Stack) -> None:
    source = "\n".join(path.read_text() for path in Path("layers/shared/crosswalk").rglob("*.py"))
    watched = json.dumps(alarms(stack)) + json.dumps(stack.one("AWS::CloudWatch::Dashboard"))
    for metric in METRICS_OF_OURS:
        assert f'"{metric}"' in source
        assert metric in watched


def test_releases_of_each_answering_function_go_back_on_its_own_failures(stack: Stack) -> None:
    groups = stack.of_type("AWS::CodeDeploy::DeploymentGroup")
    assert {name.removesuffix("DeploymentGroup") for name in groups} == answering(stack)
    for name, group in groups.items():
        alarm = name.replace("FunctionDeploymentGroup", "Failures")
        assert group["AlarmConfiguration"]["Alarms"] == [{"Name": {"Ref": alarm}}]
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        metrics = json.dumps(alarms(stack)[alarm]["Metrics"])
        assert name.removesuffix("DeploymentGroup") in metrics
        assert "UnexpectedErrors" in metrics
        assert "DatabaseUnavailable" not in metrics, "an absent database is no reason to roll back"


def test_a_change_in_the_layer_alone_publishes_every_function(stack: Stack) -> None:
    source = Path("template.yaml").read_text()
    assert source.count("AutoPublishAliasAllProperties: true") == len(stack.of_type("AWS::Lambda::Function"))
    assert "PublishLambdaVersion: true" in source


def test_functions_run_on_the_processor_that_the_layer_is_built_for(stack: Stack) -> None:
    (layer,) = stack.of_type("AWS::Lambda::LayerVersion").values()
    assert layer["CompatibleArchitectures"] == [{"Ref": "Architecture"}]
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert function["Architectures"] == layer["CompatibleArchitectures"]
        assert function["Runtime"] in layer["CompatibleRuntimes"]


def test_nothing_is_reserved_unless_asked_for(stack: Stack) -> None:
    for parameter in ("ConverterConcurrency", "UserConcurrency"):
        assert stack.template["Parameters"][parameter]["Default"] == 0
    for name in answering(stack) - {"HealthFunction"}:
        assert stack.properties(name)["ReservedConcurrentExecutions"]["Fn::If"][2] == {"Ref": "AWS::NoValue"}


def test_the_outputs_lead_to_page_api_and_dashboard(stack: Stack) -> None:
    assert {"SiteUrl", "ApiUrl", "DashboardUrl"} <= stack.template["Outputs"].keys()
