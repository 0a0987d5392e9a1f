"""The translated template deployed, updated and deleted in moto, as far as moto goes: it knows about half its types."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudformation.parsing import get_model_map

from tests.template.stack import Stack, as_list

NAME = "crosswalk-test"
# moto has these too, but not what ours refer to or hold: a managed password, an OpenAPI body, an alias.
HALF_KNOWN = {
    *("AWS::ApiGateway::Deployment", "AWS::RDS::DBInstance", "AWS::RDS::DBParameterGroup"),
    *("AWS::Events::Rule", "AWS::Lambda::EventInvokeConfig"),
}


def keep_what_moto_knows(template: dict[str, Any]) -> dict[str, Any]:
    """The template without resources that moto lacks; a reference to one of them becomes its name."""
    known = get_model_map().keys() - HALF_KNOWN
    kept = {name: one for name, one in template["Resources"].items() if one["Type"] in known}
    gone = template["Resources"].keys() - kept.keys()

    def cut(value: Any) -> Any:
        if isinstance(value, list):
            return [cut(item) for item in value]
        if isinstance(value, str):
            return re.sub(r"\$\{(\w+)(?:\.\w+)?\}", lambda match: match[1] if match[1] in gone else match[0], value)
        if not isinstance(value, dict):
            return value
        if value.get("Ref") in gone:
            alias = value["Ref"].removesuffix("Aliaslive")
            return {"Ref": alias} if alias in kept else value["Ref"]
        if "Fn::GetAtt" in value and value["Fn::GetAtt"][0] in gone:
            return "arn:aws:service:region:account:kind:" + ".".join(value["Fn::GetAtt"])
        if "DependsOn" in value:
            value = {**value, "DependsOn": [name for name in as_list(value["DependsOn"]) if name in kept]}
        return {key: cut(member) for key, member in value.items() if key != "Layers"}  # moto cannot update them

    return {**template, "Resources": cut(kept), "Outputs": cut(template["Outputs"])}


@pytest.fixture
def template(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    with mock_aws(config={"lambda": {"use_docker": False}}):
        bucket = boto3.resource("s3").create_bucket(
            Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        bucket.put_object(Key="code.zip", Body=code.getvalue())
        yield json.dumps(keep_what_moto_knows(stack.template))


def parameters(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def test_the_stack_deploys_updates_and_deletes(template: str) -> None:
    cloudformation, functions = boto3.client("cloudformation"), boto3.client("lambda")
    zones = {"ZoneA": "eu-central-1a", "ZoneB": "eu-central-1b"}
    given = {"FleetSource": "feeds", "FleetTarget": "rows", **zones}
    cloudformation.create_stack(
        StackName=NAME, TemplateBody=template, Capabilities=["CAPABILITY_IAM"], Parameters=parameters(**given)
    )
    created = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]
    assert created["StackStatus"] == "CREATE_COMPLETE"
    assert "ApiUrl" in {output["OutputKey"] for output in created["Outputs"]}

    names = {function["FunctionName"] for function in functions.list_functions()["Functions"]}
    cloudformation.update_stack(
        StackName=NAME,
        TemplateBody=template,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=parameters(AllowedOrigins="https://example.org", **given),
    )
    updated = functions.list_functions()["Functions"]
    assert {function["FunctionName"] for function in updated} == names
    origins = {function["Environment"]["Variables"]["ALLOWED_ORIGINS"] for function in updated}
    assert origins == {"https://example.org"}

    cloudformation.delete_stack(StackName=NAME)
    assert functions.list_functions()["Functions"] == []
    assert boto3.client("logs").describe_log_groups()["logGroups"] == []
    assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == ["artifacts"]
