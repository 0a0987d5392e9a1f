"""The command line of python -m deploy."""

import json

import boto3
import pytest
from moto import mock_aws

from deploy.__main__ import main
from deploy.settings import read_settings
from deploy.stack import DeployError, read_outputs

TEMPLATE = {
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    "Outputs": {"SiteUrl": {"Value": "https://crosswalk.example.org"}},
}


def test_the_layer_is_built_for_the_processor_that_the_environment_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["architecture", "prod"]) == 0
    assert capsys.readouterr().out.strip() == read_settings("prod").parameters["Architecture"]


def test_the_parameters_of_a_deploy_are_samconfigs_and_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters", "dev"]) == 0
    settings = dict(setting.split("=", 1) for setting in capsys.readouterr().out.split())
    assert settings.pop("Version")
    assert settings == read_settings("dev").parameters


def test_an_unknown_command_prints_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explode", "dev"]) == 2
    assert "destroy" in capsys.readouterr().err


def test_an_unknown_environment_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "staging"]) == 1
    assert capsys.readouterr().err == "samconfig.toml has no environment staging; it has dev, prod.\n"


def test_outputs_are_read_from_the_stack(aws: None) -> None:
    with mock_aws():
        boto3.client("cloudformation").create_stack(StackName="crosswalk-dev", TemplateBody=json.dumps(TEMPLATE))
        assert read_outputs("crosswalk-dev") == {"SiteUrl": "https://crosswalk.example.org"}
        with pytest.raises(DeployError, match="no stack crosswalk-prod"):
            read_outputs("crosswalk-prod")
