"""Answers CloudFormation for the custom resource DatabaseMigration: has migrate_database bring the schema up to date.

It stands outside the VPC, since its answer is an upload to S3, which nothing in the private subnets can reach. It
always answers, also when it fails: CloudFormation would wait for the resource's ServiceTimeout otherwise.
"""

import json
import logging
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

Event = Mapping[str, Any]

# A migration may take as long as its function may run, and a second attempt beside the first would help no one.
PATIENCE = Config(connect_timeout=5, read_timeout=310, retries={"total_max_attempts": 1})
AWAY = "OperationalError"
"""What the migrating function raises when it does not reach the database."""
PAUSE = 10.0
WAIT = 180.0
"""Seconds for a database that is away, tried every PAUSE: a proxy is made before it has reached its database."""
REASON_LIMIT = 1000
PHYSICAL_ID = "database-migration"
"""Always the same: a resource whose id changes is replaced, and CloudFormation would send a Delete for the old one."""

logger = logging.getLogger(__name__)


class MigrationFailed(Exception):
    """The migrating function did not bring the schema up to date; its message is for CloudFormation's events."""


class DatabaseAway(MigrationFailed):
    """The database could not be reached; worth another try."""


def handler(event: Event, context: object) -> None:
    """Takes a custom resource's request; the answer goes to the request's ResponseURL."""
    try:
        data = answer_request(event)
    except Exception as error:
        logger.error("migration failed: %s", type(error).__name__)
        send_answer(event, "FAILED", reason=f"{type(error).__name__}: {error}"[:REASON_LIMIT])
    else:
        send_answer(event, "SUCCESS", data=data)


def answer_request(event: Event) -> dict[str, Any]:
    """What to tell CloudFormation: the schema's version, or nothing where nothing is to be done.

    Delete never touches data. On the way back from a failed deploy the schema stays as it is, since each release
    works on the schema of the next; so a rollback succeeds also while the database is away.
    """
    if event["RequestType"] == "Delete" or is_rolling_back(event["StackId"]):
        return {}
    properties = event["ResourceProperties"]
    answer = await_database(properties["MigrateFunction"])
    if answer.get("bootstrap_required"):
        master = read_master(properties["MasterSecret"])
        answer = migrate(properties["MigrateFunction"], {"master": master})
    if "version" not in answer:
        raise MigrationFailed("the roles could not be made")
    return {"Version": answer["version"], "Applied": len(answer["applied"])}


def is_rolling_back(stack_id: str) -> bool:
    """Whether CloudFormation is undoing a failed update."""
    stack = boto3.client("cloudformation").describe_stacks(StackName=stack_id)["Stacks"][0]
    return "ROLLBACK" in stack["StackStatus"]


def await_database(function: str) -> dict[str, Any]:
    """The migrating function's answer, once it reaches the database. Raises DatabaseAway when that takes long."""
    deadline = time.monotonic() + WAIT
    while True:
        try:
            return migrate(function, {})
        except DatabaseAway:
            if time.monotonic() + PAUSE > deadline:
                raise
            time.sleep(PAUSE)


def migrate(function: str, event: dict[str, Any]) -> dict[str, Any]:
    """Invoke the migrating function and wait for its answer. Raises MigrationFailed when it raised."""
    response = boto3.client("lambda", config=PATIENCE).invoke(FunctionName=function, Payload=json.dumps(event))
    answer: dict[str, Any] = json.load(response["Payload"])
    if "FunctionError" in response:
        failure = DatabaseAway if answer.get("errorType") == AWAY else MigrationFailed
        raise failure(f"{answer.get('errorType')}: {answer.get('errorMessage')}; its log group tells more")
    return answer


def read_master(secret: str) -> dict[str, str]:
    """The master user's name and password, which RDS keeps in Secrets Manager."""
    value = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    return {"username": value["username"], "password": value["password"]}


def send_answer(event: Event, status: str, *, data: dict[str, Any] | None = None, reason: str = "") -> None:
    """Upload the answer to where CloudFormation waits for it; it wants no Content-Type there."""
    answer = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId", PHYSICAL_ID),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data or {},
    }
    body = json.dumps(answer).encode()
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")  # noqa: S310
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - CloudFormation's own https address
        pass
