"""Conversions through S3: the bucket, who hears of an upload, and who may do what."""

import json
from typing import Any

import pytest

from crosswalk.conversions import state
from crosswalk.conversions.storage import QUICK
from tests.template.stack import Stack, as_list

# Who may do what to which objects of a conversion; None is the bucket itself.
RIGHTS = {
    "CreateConversionFunctionRole": {"s3:PutObject": {state.REQUEST, state.DOCUMENT}},
    "GetConversionFunctionRole": {
        "s3:GetObject": {state.REQUEST, state.STARTED, state.OUTCOME, state.RESULT},
        "s3:ListBucket": {None},
    },
    "ConvertUploadFunctionRole": {
        # what it writes it reads to see whose it is
        "s3:GetObject": {state.REQUEST, state.DOCUMENT, state.STARTED, state.RESULT, state.OUTCOME},
        "s3:PutObject": {state.STARTED, state.RESULT, state.OUTCOME},
        "s3:AbortMultipartUpload": {state.RESULT},
        "s3:ListBucket": {None},
    },
}


def name_objects(resource: Any) -> set[str | None]:
    """Which of a conversion's objects a statement is about."""
    names: set[str | None] = set()
    for one in as_list(resource):
        if one == {"Fn::GetAtt": ["ConversionsBucket", "Arn"]}:
            names.add(None)
        else:
            bucket, pattern, name = one["Fn::Sub"].split("/")
            assert (bucket, pattern) == ("${ConversionsBucket.Arn}", "*")
            names.add(name)
    return names


@pytest.mark.parametrize("role", RIGHTS)
def test_each_function_has_exactly_the_rights_that_it_uses(role: str, stack: Stack) -> None:
    given = {
        action: name_objects(statement["Resource"])
        for _, statement in stack.statements(role)
        for action in as_list(statement["Action"])
        if action.startswith("s3:")
    }
    assert given == RIGHTS[role]
    others = {action for _, one in stack.statements(role) for action in as_list(one["Action"])} - given.keys()
    assert others == ({"sqs:SendMessage"} if role == "ConvertUploadFunctionRole" else set())


def test_the_bucket_has_no_versions_and_its_own_key(stack: Stack) -> None:
    bucket = stack.properties("ConversionsBucket")
    assert "VersioningConfiguration" not in bucket
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_the_bucket_answers_by_tls_only(stack: Stack) -> None:
    (denied,) = stack.properties("ConversionsBucketPolicy")["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_any_page_may_use_an_address_that_it_has(stack: Stack) -> None:
    (rule,) = stack.properties("ConversionsBucket")["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["*"]
    assert set(rule["AllowedMethods"]) == {"GET", "PUT"}
    assert rule["AllowedHeaders"] == ["content-type"]


def test_everything_is_gone_after_a_day_unfinished_uploads_too(stack: Stack) -> None:
    (rule,) = stack.properties("ConversionsBucket")["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 1)
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "Prefix" not in rule


def test_an_uploaded_document_reaches_its_function_and_nothing_else_does(stack: Stack) -> None:
    rule = stack.one("AWS::Events::Rule")
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [{"Ref": "ConversionsBucket"}]}, "object": {"key": [{"suffix": "/document"}]}},
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": "ConvertUploadFunctionAliaslive"}
    notifications = stack.properties("ConversionsBucket")["NotificationConfiguration"]
    assert notifications == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_an_upload_that_was_not_told_of_and_one_that_crashed_end_in_the_queue(stack: Stack) -> None:
    queue = {"Fn::GetAtt": ["ConversionFailures", "Arn"]}
    (target,) = stack.one("AWS::Events::Rule")["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": queue}
    invoke = stack.properties("ConvertUploadFunctionEventInvokeConfig")
    assert invoke["DestinationConfig"]["OnFailure"]["Destination"] == queue
    (statement,) = stack.properties("ConversionFailuresPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Principal"], statement["Action"]) == ({"Service": "events.amazonaws.com"}, "sqs:SendMessage")


def test_a_conversion_is_never_tried_again_by_itself(stack: Stack) -> None:
    assert stack.properties("ConvertUploadFunctionEventInvokeConfig")["MaximumRetryAttempts"] == 0


def test_a_document_that_nobody_heard_of_counts_as_lost_after_all_attempts(stack: Stack) -> None:
    (target,) = stack.one("AWS::Events::Rule")["Targets"]
    told = target["RetryPolicy"]["MaximumEventAgeInSeconds"]
    begun = stack.properties("ConvertUploadFunctionEventInvokeConfig")["MaximumEventAgeInSeconds"]
    assert told + begun < state.DELIVERY_TIME.total_seconds()


def test_a_conversion_has_a_processor_a_quarter_of_an_hour_and_no_network(stack: Stack) -> None:
    function = stack.properties("ConvertUploadFunction")
    assert (function["MemorySize"], function["Timeout"]) == (1769, 900)
    assert "VpcConfig" not in function


PAUSE = 1
"""Seconds at most that botocore waits before a second attempt where S3 throttles; else it is a twentieth of one."""
EXPECT = 1
"""Seconds that botocore waits in each attempt at a PUT for `100 Continue`, before it sends the body all the same."""


def test_beginning_gives_s3_up_before_its_own_time_ends(stack: Stack) -> None:
    put = QUICK.attempts * (QUICK.connect + EXPECT + QUICK.read) + (QUICK.attempts - 1) * PAUSE
    assert put < stack.properties("CreateConversionFunction")["Timeout"]


def test_asking_gives_s3_up_before_its_own_time_ends(stack: Stack) -> None:
    answer = QUICK.attempts * (QUICK.connect + QUICK.read) + (QUICK.attempts - 1) * PAUSE
    listing, getting = answer, answer + QUICK.read  # a body that is read as a stream is waited for once more
    assert listing + getting < stack.properties("GetConversionFunction")["Timeout"]


def test_the_largest_upload_is_a_parameter(stack: Stack) -> None:
    assert stack.template["Parameters"]["ConversionsLimit"]["Default"] == 5 * 1024**3
    variables = stack.properties("CreateConversionFunction")["Environment"]["Variables"]
    assert variables["CONVERSIONS_LIMIT"] == {"Ref": "ConversionsLimit"}


def test_the_functions_know_the_bucket_and_it_knows_none_of_them(stack: Stack) -> None:
    assert "Function" not in json.dumps(stack.properties("ConversionsBucket"))
