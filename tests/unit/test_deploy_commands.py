"""The command line of python -m deploy, and how make runs it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy import __main__ as command
from deploy.__main__ import main
from deploy.settings import DeploySettings, read_settings
from deploy.smoke import Endpoints
from deploy.stack import DeployError, StackState, list_resources, require_stack

TEMPLATE = {
    "Parameters": {
        "DatabaseDeletionProtection": {"Type": "String", "Default": "false"},
        "ZoneA": {"Type": "String", "Default": "eu-central-1a"},
        "ZoneB": {"Type": "String", "Default": "eu-central-1b"},
    },
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    "Outputs": {"SiteUrl": {"Value": "https://crosswalk.example.org"}},
}


@pytest.fixture
def account(aws: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """An empty account, and the parameters' file in a folder of the test's own. Gives CloudFormation's client."""
    monkeypatch.setattr(command, "PARAMETERS", tmp_path / "built" / "parameters.yaml")
    with mock_aws():
        yield boto3.client("cloudformation")


def read_parameters(environment: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert main(["parameters", environment]) == 0
    parameters: dict[str, str] = json.loads(Path(capsys.readouterr().out.strip().removeprefix("file://")).read_text())
    return parameters


def test_the_layer_is_built_for_the_processor_that_the_environment_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["architecture", "prod"]) == 0
    assert capsys.readouterr().out.strip() == read_settings("prod").parameters["Architecture"]


def test_a_deploy_gives_every_parameter_of_the_template(account: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """CloudFormation keeps the previous value of one that is left out, such as a rate of 0 during a restore."""
    parameters = read_parameters("dev", capsys)
    settings = read_settings("dev").parameters
    assert parameters.keys() == settings.keys()
    changed = {name for name in settings if parameters[name] != settings[name]}
    assert changed == {"Version", "Release", "ZoneA", "ZoneB"}
    assert (parameters["ZoneA"], parameters["ZoneB"]) == ("eu-central-1a", "eu-central-1b")
    assert parameters["UserRate"] == "20"


def test_sam_reads_the_parameters_as_they_are_meant(account: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters", "dev"]) == 0
    where = capsys.readouterr().out.strip()
    program = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType;"
        "print(json.dumps(CfnParameterOverridesType().convert((sys.argv[1],), None, None)))"
    )
    read = subprocess.check_output([".venv-sam/bin/python", "-c", program, where], env={**os.environ, "PYTHONPATH": ""})
    assert json.loads(read) == json.loads(Path(where.removeprefix("file://")).read_text())


def test_the_database_is_protected_only_once_the_stack_stands(account: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert read_settings("prod").parameters["DatabaseDeletionProtection"] == "true"
    assert read_parameters("prod", capsys)["DatabaseDeletionProtection"] == "false"
    account.create_stack(StackName="crosswalk-prod", TemplateBody=json.dumps(TEMPLATE))
    assert main(["protected", "prod"]) == command.UNPROTECTED
    assert read_parameters("prod", capsys)["DatabaseDeletionProtection"] == "true"
    protect = [{"ParameterKey": "DatabaseDeletionProtection", "ParameterValue": "true"}]
    account.update_stack(StackName="crosswalk-prod", TemplateBody=json.dumps(TEMPLATE), Parameters=protect)
    assert main(["protected", "prod"]) == 0


def test_protecting_the_database_is_no_new_release(account: Any, capsys: pytest.CaptureFixture[str]) -> None:
    first = read_parameters("prod", capsys)
    account.create_stack(StackName="crosswalk-prod", TemplateBody=json.dumps(TEMPLATE))
    second = read_parameters("prod", capsys)
    assert {name for name in first if first[name] != second[name]} == {"DatabaseDeletionProtection"}


@pytest.mark.parametrize(("status", "same"), [("UPDATE_COMPLETE", True), ("UPDATE_ROLLBACK_COMPLETE", False)])
def test_only_a_stack_that_came_back_from_a_failure_makes_another_release(
    status: str, same: bool, account: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    zones = {"ZoneA": "eu-central-1a", "ZoneB": "eu-central-1b"}
    first = read_parameters("dev", capsys)["Release"]
    monkeypatch.setattr(command, "read_state", lambda stack: StackState(status, zones, updated="2026-11-24 12:00"))
    assert (read_parameters("dev", capsys)["Release"] == first) is same


def test_a_setting_that_the_template_does_not_know_is_refused(tmp_path: Path) -> None:
    samconfig = tmp_path / "samconfig.toml"
    samconfig.write_text('[dev.deploy.parameters]\nstack_name = "x"\nparameter_overrides = ["DatabaseSise=20"]')
    with pytest.raises(DeployError, match="DatabaseSise"):
        read_settings("dev", samconfig)


def test_an_unknown_command_prints_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explode", "dev"]) == 2
    assert "destroy" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["staging", "version"])
def test_an_unknown_environment_is_one_line_on_stderr(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", name]) == 1
    assert capsys.readouterr().err == f"samconfig.toml has no environment {name}; it has dev, prod.\n"


@pytest.mark.parametrize("name", ["parameters", "check", "protected", "settle", "publish", "smoke"])
def test_without_a_region_one_line_says_so(
    name: str, aws: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    assert main([name, "dev"]) == 1
    assert capsys.readouterr().err == "You must specify a region.\n"


def test_outputs_are_read_from_the_stack(account: Any) -> None:
    account.create_stack(StackName="crosswalk-dev", TemplateBody=json.dumps(TEMPLATE))
    assert require_stack("crosswalk-dev").outputs == {"SiteUrl": "https://crosswalk.example.org"}
    with pytest.raises(DeployError, match="no stack crosswalk-prod"):
        require_stack("crosswalk-prod")


def test_a_resource_that_is_deleted_already_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    resources = [
        {"ResourceType": "AWS::S3::Bucket", "PhysicalResourceId": "gone", "ResourceStatus": "DELETE_COMPLETE"},
        {"ResourceType": "AWS::S3::Bucket", "PhysicalResourceId": "there", "ResourceStatus": "CREATE_COMPLETE"},
        {"ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_FAILED"},
    ]

    class CloudFormation:
        def get_paginator(self, name: str) -> Any:
            return self

        def paginate(self, StackName: str) -> list[Any]:
            return [{"StackResourceSummaries": resources}]

    monkeypatch.setattr(boto3, "client", lambda name: CloudFormation())
    assert list_resources("crosswalk-dev", "AWS::S3::Bucket") == ["there"]


def test_a_new_name_of_ones_own_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its DNS record cannot be made before the first deploy has told the target."""
    outputs = {
        "ApiEndpoint": "https://a1.execute-api.eu-central-1.amazonaws.com/v1",
        "ApiUrl": "https://api.example.org",
        "DashboardUrl": "https://console",
        "SiteEndpoint": "https://d1.cloudfront.net",
        "SiteUrl": "https://crosswalk.example.org",
    }
    asked = ask_smoke_test(outputs, "v1", monkeypatch)
    assert (asked.site, asked.api) == (outputs["SiteEndpoint"], outputs["ApiEndpoint"])
    assert "The page: https://crosswalk.example.org" in capsys.readouterr().out


def ask_smoke_test(outputs: dict[str, str], version: str, monkeypatch: pytest.MonkeyPatch) -> Endpoints:
    """Where the smoke test would ask, of a stack that was deployed with this version."""
    asked: list[Endpoints] = []

    def remember(endpoints: Endpoints, closed: frozenset[str]) -> list[str]:
        asked.append(endpoints)
        return []

    state = StackState("CREATE_COMPLETE", {"Version": version}, outputs)
    monkeypatch.setattr(command, "require_stack", lambda stack: state)
    monkeypatch.setattr(command, "run_smoke_test", remember)
    assert main(["smoke", "dev"]) == 0
    return asked[0]


def test_the_version_that_must_answer_is_the_one_that_was_deployed(monkeypatch: pytest.MonkeyPatch, aws: None) -> None:
    """Files may have changed here since, and git would name another one."""
    outputs = dict.fromkeys(["ApiEndpoint", "ApiUrl", "DashboardUrl", "SiteEndpoint", "SiteUrl"], "https://there")
    assert ask_smoke_test(outputs, "v1.2.3-dirty", monkeypatch).version == "v1.2.3-dirty"


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({}, ""),
    ],
)
def test_make_hands_the_region_on_as_boto3_and_sam_read_it(given: dict[str, str], seen: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_REGION")}
    show = ["make", "--silent", "--eval", 'show: ; @printf %s "$$AWS_DEFAULT_REGION"', "show"]
    assert subprocess.check_output(show, env=environment | given, text=True) == seen


def test_make_hands_on_the_word_that_lets_a_database_be_replaced() -> None:
    show = ["make", "--silent", "--eval", 'show: ; @printf %s "$$REPLACE_DATABASE"', "show", "REPLACE_DATABASE=yes"]
    assert subprocess.check_output(show, text=True) == "yes"


@pytest.fixture
def stand_ins(tmp_path: Path) -> list[str]:
    """What has make run two programs of the test's own: a Python that refuses what BROKEN names, and SAM."""
    programs = {
        "python": 'if [ "$3" = "$BROKEN" ]; then echo "The $3 is refused." >&2; exit 1; fi; echo "the $3"',
        "sam": "printf '<%s>' \"$@\"",
    }
    for name, program in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{program}\n")
        (tmp_path / name).chmod(0o755)
    return ["--silent", f"BIN={tmp_path}", f"SAM={tmp_path}/sam"]


def run_make(*arguments: str, broken: str = "") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"BROKEN": broken}
    return subprocess.run(["make", *arguments], env=environment, capture_output=True, text=True, check=False)


def test_sam_deploys_from_the_bucket_and_with_the_parameters_it_is_told(stand_ins: list[str]) -> None:
    done = run_make(*stand_ins, "release", "SAM_ARGS=--debug")
    told = "<--s3-bucket><the bucket><--parameter-overrides><the parameters><--debug>"
    assert f"== Deploy\n<deploy><--config-env><dev>{told}" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("broken", ["bucket", "parameters"])
def test_without_bucket_or_parameters_sam_does_not_begin(broken: str, stand_ins: list[str]) -> None:
    done = run_make(*stand_ins, "release", broken=broken)
    assert done.returncode != 0
    assert done.stdout == "== Check the account\nthe check\n== Deploy\n"
    said, end_of_make = done.stderr.splitlines()
    assert said == f"The {broken} is refused."
    assert "***" in end_of_make


def test_an_unknown_environment_is_told_before_anything_is_checked(stand_ins: list[str]) -> None:
    installed = ["--old-file=.venv/.dev", "--old-file=.venv-sam/.installed"]
    done = run_make(*stand_ins, *installed, "prepare", broken="architecture")
    assert done.stdout == ""
    assert done.stderr.startswith("The architecture is refused.\n")


@pytest.mark.parametrize("how", ["--jobs=2", "--keep-going"])
def test_nothing_is_released_where_the_first_half_fails(how: str, stand_ins: list[str]) -> None:
    installed = ["--old-file=.venv/.dev", "--old-file=.venv-sam/.installed"]
    done = run_make(*stand_ins, *installed, how, "deploy", broken="architecture")
    assert done.returncode != 0
    assert done.stdout == ""


def test_closed_rates_are_named() -> None:
    parameters = {**read_settings("dev").parameters, "UserRate": "0", "ConversionRate": "0"}
    assert DeploySettings("dev", "crosswalk-dev", parameters).closed == {"UserRate", "ConversionRate"}
    assert read_settings("prod").closed == frozenset()
