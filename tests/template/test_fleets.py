"""Fleets: a state machine, a function and a role of their own, all absent unless buckets are named."""

import json
from pathlib import Path
from typing import Any

import pytest

from crosswalk.conversions.fleet import RESULTS
from tests.template.conftest import translate
from tests.template.stack import Stack, as_list

SOURCE, TARGET = "${FleetSource}", "${FleetTarget}"
FUNCTION_RIGHTS = {
    ("s3:GetObject", f"{SOURCE}/*"),
    ("s3:ListBucket", SOURCE),
    ("s3:ListBucket", TARGET),
    ("s3:AbortMultipartUpload", f"{TARGET}/*"),
    ("s3:GetObject", f"{TARGET}/*"),
    ("s3:PutObject", f"{TARGET}/*"),
    ("kms:Decrypt", "FleetSourceKey"),
    ("kms:Decrypt", "FleetTargetKey"),
    ("kms:GenerateDataKey", "FleetTargetKey"),
}
STATE_MACHINE_RIGHTS = {
    ("lambda:InvokeFunction", "ConvertObjectFunctionAliaslive"),
    ("s3:ListBucket", SOURCE),
    *(
        (f"s3:{action}", f"{TARGET}/*{RESULTS}*")
        for action in ("AbortMultipartUpload", "GetObject", "ListMultipartUploadParts", "PutObject")
    ),
    ("states:StartExecution", "stateMachine:${AWS::StackName}-fleets"),
    *(
        (f"states:{action}", f"execution:${{AWS::StackName}}-fleets{children}")
        for action in ("DescribeExecution", "RedriveExecution", "StopExecution")
        for children in (":*", "/*")
    ),
    ("kms:Decrypt", "FleetTargetKey"),
    ("kms:GenerateDataKey", "FleetTargetKey"),
}


def shorten(resource: Any) -> str:
    """What a resource's ARN says beyond partition, region and account."""
    if "Ref" in resource:
        return str(resource["Ref"])
    return str(resource["Fn::Sub"]).removeprefix("arn:${AWS::Partition}:s3:::").rpartition("${AWS::AccountId}:")[2]


def list_rights(stack: Stack, role: str) -> set[tuple[str, str]]:
    return {
        (action, shorten(resource))
        for _, one in stack.statements(role)
        for action in as_list(one["Action"])
        for resource in as_list(one["Resource"])
    }


def test_the_function_of_a_fleet_has_exactly_the_rights_that_it_uses(stack: Stack) -> None:
    assert list_rights(stack, "ConvertObjectFunctionRole") == FUNCTION_RIGHTS


def test_the_state_machine_has_exactly_the_rights_that_it_uses(stack: Stack) -> None:
    assert list_rights(stack, "FleetsRole") == STATE_MACHINE_RIGHTS


def test_what_reads_uploads_has_no_right_to_the_buckets_of_fleets(stack: Stack) -> None:
    roles = {role for role, one in stack.statements() if "${Fleet" in json.dumps(one["Resource"])}
    assert roles == {"ConvertObjectFunctionRole", "FleetsRole"}


def test_there_are_no_fleets_unless_both_buckets_are_named(tmp_path: Path) -> None:
    stack = Stack(translate(tmp_path, {}))
    machines = {name: one for name, one in stack.resources.items() if one["Type"].endswith("StateMachine")}
    assert {one["Condition"] for one in machines.values()} == {"HasFleets"}
    for name, one in stack.resources.items():
        if name.startswith("ConvertObject") or name == "FleetsRole":
            assert one["Condition"] == "HasFleets", name
    both = stack.template["Conditions"]["HasFleets"]["Fn::And"]
    assert [one["Fn::Not"][0]["Fn::Equals"] for one in both] == [
        [{"Ref": "FleetSource"}, ""],
        [{"Ref": "FleetTarget"}, ""],
    ]
    assert stack.template["Parameters"]["FleetSource"]["Default"] == ""
    assert stack.template["Parameters"]["FleetTarget"]["Default"] == ""


def test_the_state_machine_has_the_name_that_its_role_names(stack: Stack) -> None:
    machine = stack.one("AWS::StepFunctions::StateMachine")
    assert machine["StateMachineName"] == {"Fn::Sub": "${AWS::StackName}-fleets"}


def test_how_many_at_once_and_how_many_failures_come_with_the_fleet(stack: Stack) -> None:
    convert = stack.definition("function")["States"]["Convert"]
    assert convert["MaxConcurrencyPath"] == "$.at_once"
    assert convert["ToleratedFailurePercentagePath"] == "$.tolerated"


def test_the_fleet_is_checked_before_any_object_is_read(stack: Stack) -> None:
    machine = stack.definition("function")
    assert machine["StartAt"] == "Prepare"
    assert machine["States"]["Prepare"]["Next"] == "Convert"


@pytest.mark.parametrize("where", ["Prepare", "ConvertObject"])
def test_only_what_may_pass_is_tried_again(where: str, stack: Stack) -> None:
    states = stack.definition("function")["States"]
    task = states[where] if where in states else states["Convert"]["ItemProcessor"]["States"][where]
    (retry,) = task["Retry"]
    assert set(retry["ErrorEquals"]) == {
        "TransientFailure",
        *(f"Lambda.{name}" for name in ("ServiceException", "AWSLambdaException", "SdkClientException")),
        "Lambda.TooManyRequestsException",
    }


def test_a_child_waits_longer_than_its_function_may_run(stack: Stack) -> None:
    task = stack.definition("function")["States"]["Convert"]["ItemProcessor"]["States"]["ConvertObject"]
    assert task["TimeoutSeconds"] > stack.properties("ConvertObjectFunction")["Timeout"]


def test_results_are_lines_so_that_a_million_of_them_can_be_read(stack: Stack) -> None:
    writer = stack.definition("function")["States"]["Convert"]["ResultWriter"]
    assert writer["WriterConfig"] == {"OutputType": "JSONL", "Transformation": "COMPACT"}
    assert writer["Parameters"] == {"Bucket.$": "$.target.bucket", "Prefix.$": "$.results"}
