"""Answers CloudFormation for a release's two custom resources, each a function that is to be invoked and must do well.

DatabaseMigration   migrate_database brings the schema up to date, before any new code is live
ReleaseCheck        the new version of health reaches the database, before any request reaches a new version

It stands outside the VPC, since its answer is an upload to S3, which nothing in the private subnets can reach. It
always answers, also when it fails: CloudFormation would wait for the resource's ServiceTimeout otherwise.

It waits for what may pass, AWS's own errors among it. An invocation may then be a second one beside the first; a
second migration waits for the first's lock, and finds nothing left to do.
"""

import http.client
import json
import logging
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

Event = Mapping[str, Any]

# Each once: it is here that they are tried again, with the function's time in view.
QUESTION = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1})
PATIENCE = Config(connect_timeout=5, read_timeout=310, retries={"total_max_attempts": 1})
"""A migration may take the five minutes that its function may run."""
PAUSE = 10.0
"""Seconds between two attempts. A new proxy exists before it has reached its database, a role before it counts."""
SPREADING = 120.0
"""Seconds for which a refusal may mean that this function's own role, made a moment ago, is not known everywhere."""
NOT_READY = {
    "ResourceConflictException",  # the function is Pending
    "SnapStartNotReadyException",  # the version's snapshot is being made
    "Throttling",  # CloudFormation's
    "ThrottlingException",
    "TooManyRequestsException",  # a new account runs ten functions at once
}
"""Beside all that AWS answers with 500 and more, as while network interfaces are being made."""
DENIED = {"AccessDenied", "AccessDeniedException"}
LAST_TRY = 360_000
"""Milliseconds that must remain for another attempt: those of a pause, a question, a migration and the answer."""
ANSWERS = 3
"""How often an answer that S3 does not take is sent."""
ANSWER_PAUSE = 2.0
REASON_LIMIT = 1000

HEALTH_REQUEST = {
    "httpMethod": "GET",
    "resource": "/health",
    "path": "/health",
    "headers": {},
    "multiValueHeaders": {},
    "queryStringParameters": {"database": "1"},
    "multiValueQueryStringParameters": {"database": ["1"]},
    "requestContext": {"requestId": "release-check", "stage": "v1", "identity": {}},
    "body": None,
    "isBase64Encoded": False,
}

logger = logging.getLogger(__name__)


class Failed(Exception):
    """What was asked for did not succeed; the message is for CloudFormation's events."""


class NotReady(Failed):
    """Not yet; worth another try."""


def handler(event: Event, context: Any) -> None:
    """Takes a custom resource's request; the answer goes to the request's ResponseURL."""
    try:
        data = answer_request(event, context)
    except Exception as error:
        logger.error("%s failed: %s", event["LogicalResourceId"], type(error).__name__)
        send_answer(event, "FAILED", reason=f"{type(error).__name__}: {error}"[:REASON_LIMIT])
    else:
        send_answer(event, "SUCCESS", data=data)


def answer_request(event: Event, context: Any) -> dict[str, Any]:
    """What to tell CloudFormation, once what it asks for has succeeded. Raises Failed.

    Delete never touches data. On the way back from a failed deploy the schema stays as it is, since each release
    works on the schema of the next; so a rollback succeeds also while the database is away.
    """
    if event["RequestType"] == "Delete":
        return {}
    attempt = {"Custom::DatabaseMigration": migrate, "Custom::ReleaseCheck": check_health}[event["ResourceType"]]
    began = time.monotonic()
    while True:
        try:
            return {} if is_rolling_back(event["StackId"]) else attempt(event["ResourceProperties"]["Function"])
        except (NotReady, BotoCoreError, ClientError) as error:
            in_time = context.get_remaining_time_in_millis() >= LAST_TRY
            if not in_time or not may_pass(error, time.monotonic() - began):
                raise
            time.sleep(PAUSE)


def may_pass(error: NotReady | BotoCoreError | ClientError, seconds: float) -> bool:
    """Whether another attempt may go well, `seconds` after the first."""
    if not isinstance(error, ClientError):
        return True  # BotoCoreError: no connection, or one that broke off
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status >= 500 or code in NOT_READY or (code in DENIED and seconds < SPREADING)


def is_rolling_back(stack_id: str) -> bool:
    """Whether CloudFormation is undoing a failed update."""
    stack = boto3.client("cloudformation", config=QUESTION).describe_stacks(StackName=stack_id)["Stacks"][0]
    return "ROLLBACK" in stack["StackStatus"]


def migrate(function: str) -> dict[str, Any]:
    """The schema's version, up to date. Raises NotReady while the owner cannot log in, whatever the reason."""
    answer = invoke(function, {})
    if "login_failed" in answer:
        raise NotReady(answer["login_failed"])
    return {"Version": answer["version"], "Applied": len(answer["applied"])}


def check_health(function: str) -> dict[str, Any]:
    """Nothing, if the function reaches the database. Raises NotReady while it does not."""
    answer = invoke(function, HEALTH_REQUEST)
    if answer["statusCode"] != 200:
        raise NotReady(f"GET /health?database=1 of the new version answers {answer['statusCode']}: {answer['body']}")
    return {}


def invoke(function: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """A function's answer. Raises Failed when it raised, botocore's ClientError when Lambda refuses."""
    response = boto3.client("lambda", config=PATIENCE).invoke(FunctionName=function, Payload=json.dumps(event))
    answer: dict[str, Any] = json.load(response["Payload"])
    if "FunctionError" in response:
        raise Failed(f"{answer.get('errorType')}: {answer.get('errorMessage')}; its log group tells more")
    return answer


def send_answer(event: Event, status: str, *, data: dict[str, Any] | None = None, reason: str = "") -> None:
    """Upload the answer to where CloudFormation waits for it; it wants no Content-Type there."""
    answer = {
        "Status": status,
        "Reason": reason,
        # Always the same: a resource whose id changes is replaced, and CloudFormation sends a Delete for the old one.
        "PhysicalResourceId": event["LogicalResourceId"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data or {},
    }
    body = json.dumps(answer).encode()
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")  # noqa: S310
    for left in reversed(range(ANSWERS)):
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - CloudFormation's own https address
                return
        except (OSError, http.client.HTTPException) as error:
            logger.warning("no answer sent, %s attempts left: %s", left, type(error).__name__)
            if not left:
                raise
            time.sleep(ANSWER_PAUSE)
