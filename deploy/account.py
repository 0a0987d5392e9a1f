"""Whether the account will take the deploy, asked before a quarter of an hour is spent on finding out."""

import os

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.bootstrap import BOUNDARY, find_boundary, name_artifacts_bucket
from deploy.settings import DeploySettings
from deploy.stack import DeployError, StackState, list_failures, list_resources, read_state
from deploy.zones import choose_zones

CONVERTERS = 2
USER_FUNCTIONS = 4
UNRESERVED_MINIMUM = 100
"""Lambda refuses a reservation that leaves fewer execution environments than these to all other functions."""
ROOMY = 500
"""From this limit on it is worth giving converters and user functions shares of their own."""
AT_ONCE = 10
"""Objects of a fleet that are converted at once, unless it says otherwise."""


def check_account(settings: DeploySettings) -> list[str]:
    """Advice, a line each. Raises DeployError when the deploy would fail."""
    state = read_state(settings.stack)
    require_a_stack_that_can_be_deployed(settings, state)
    require_the_same_database(settings, state)
    require_bootstrap()
    require_paid_plan(settings, state)
    choose_zones(settings, state)
    fleets = advise_on_fleet(AT_ONCE) if settings.parameters["FleetSource"] else []
    return [*check_concurrency(settings), *fleets, *check_alarms(settings)]


def require_a_stack_that_can_be_deployed(settings: DeploySettings, state: StackState) -> None:
    """Some states take no deploy, and CloudFormation does not say what would help."""
    name, status = settings.stack, state.status
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise DeployError(f"CloudFormation is still at work on {name} ({status}): wait until it has finished.")
    if status == "UPDATE_ROLLBACK_FAILED":
        raise DeployError(
            f"{name} could not go back after a failed deploy: {_list_reasons(name)}. Mend that, then"
            f" aws cloudformation continue-update-rollback --stack-name {name}"
        )
    if status in ("CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
        raise DeployError(
            f"{name} is what a failed deploy or deletion has left ({status}): {_list_reasons(name)}."
            f" Mend that, then make destroy ENVIRONMENT={settings.name}, and deploy again."
        )


def _list_reasons(stack: str) -> str:
    """The first failures; those after them are mostly consequences."""
    return "; ".join(list(list_failures(stack))[-3:]) or "see its events"


def require_the_same_database(settings: DeploySettings, state: StackState) -> None:
    """CloudFormation would replace a restored database, as soon as a checkout names another snapshot or none."""
    live, wanted = state.parameters.get("DatabaseSnapshot", ""), settings.parameters["DatabaseSnapshot"]
    if live and live != wanted and os.environ.get("REPLACE_DATABASE") != "yes":
        instead = f"one from {wanted}" if wanted else "an empty one"
        raise DeployError(
            f"The database of {settings.stack} was made from the snapshot {live}; this deploy would replace it by"
            f" {instead}. To keep it, put DatabaseSnapshot={live} into samconfig.toml. If you mean it: make deploy"
            f" ENVIRONMENT={settings.name} REPLACE_DATABASE=yes"
        )


def require_bootstrap() -> None:
    """What make bootstrap makes: the role by which API Gateway writes logs in this region, a bucket, the boundary."""
    if not boto3.client("apigateway").get_account().get("cloudwatchRoleArn"):
        raise DeployError("API Gateway has no role to write logs in this region: run make bootstrap once.")
    bucket = name_artifacts_bucket()
    try:
        boto3.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        raise DeployError(f"There is no bucket {bucket} for code: run make bootstrap again.") from error
    if not find_boundary():
        raise DeployError(f"There is no policy {BOUNDARY}, which bounds all roles: run make bootstrap again.")


def require_paid_plan(settings: DeploySettings, state: StackState) -> None:
    """AWS's free plan refuses all databases but the smallest, which are too small for IAM authentication."""
    if state.has_stood or settings.parameters["DatabaseInstanceClass"].endswith(".micro"):
        return
    try:  # in us-east-1 for all regions
        plan = boto3.client("freetier", region_name="us-east-1").get_account_plan_state()["accountPlanType"]
    except (BotoCoreError, ClientError):  # a member of an organization may not ask, an old account has no plan
        return
    if plan == "FREE":
        raise DeployError(
            "The account is on AWS's free plan, where RDS refuses databases of this size: upgrade it first (console,"
            " Billing and Cost Management, Free tier; or aws freetier upgrade-account-plan --account-plan-type PAID"
            " --region us-east-1)."
        )


def check_concurrency(settings: DeploySettings) -> list[str]:
    """Compare the concurrency that the environment reserves with the account's limit, in a new account perhaps 10."""
    limits = boto3.client("lambda").get_account_settings()["AccountLimit"]
    limit, unreserved = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    wanted = count_wanted(settings)
    left = unreserved + count_reserved(settings.stack) - wanted
    if wanted and left < UNRESERVED_MINIMUM:
        raise DeployError(
            f"{settings.name} reserves {wanted} of the account's {limit} concurrent executions, and would leave"
            f" {left} where Lambda wants {UNRESERVED_MINIMUM}: lower ConverterConcurrency, UserConcurrency or"
            " ConversionConcurrency in samconfig.toml, or ask AWS for more (Service Quotas, Lambda, concurrent"
            " executions)."
        )
    if wanted:
        return []
    if limit < ROOMY:
        return [
            f"The account runs {limit} functions at once, all routes together: a burst of documents can starve the"
            " user routes. Ask AWS for more (Service Quotas, Lambda, concurrent executions), then reserve."
        ]
    return [
        f"Nothing is reserved of the account's {limit} concurrent executions. In samconfig.toml,"
        " ConverterConcurrency=100 keeps documents from starving the user routes, and UserConcurrency=20 keeps those"
        " from exhausting the proxy's connections."
    ]


def advise_on_fleet(at_once: int) -> list[str]:
    """Compare what a fleet takes at once with what the account has for all functions without a share of their own.

    Nothing for whoever may not ask: it is advice.
    """
    try:
        limits = boto3.client("lambda").get_account_settings()["AccountLimit"]
    except ClientError:
        return []
    unreserved = limits["UnreservedConcurrentExecutions"]
    if at_once * 2 <= unreserved:
        return []
    return [
        f"A fleet that converts {at_once} objects at once leaves other functions little of the {unreserved} concurrent"
        " executions that are not reserved: while it runs, routes may answer 429 or 500. Ask AWS for more (Service"
        " Quotas, Lambda, concurrent executions), or start it with fewer at once."
    ]


def count_wanted(settings: DeploySettings) -> int:
    """What the environment's settings reserve, all functions together."""
    converters = int(settings.parameters["ConverterConcurrency"])
    users = int(settings.parameters["UserConcurrency"])
    return CONVERTERS * converters + USER_FUNCTIONS * users + int(settings.parameters["ConversionConcurrency"])


def count_reserved(stack: str) -> int:
    """What the stack has reserved already: a deploy gives it back before it takes."""
    client = boto3.client("lambda")
    functions = list_resources(stack, "AWS::Lambda::Function")
    answers = [client.get_function_concurrency(FunctionName=function) for function in functions]
    return sum(answer.get("ReservedConcurrentExecutions", 0) for answer in answers)


def check_alarms(settings: DeploySettings) -> list[str]:
    """An alarm that nobody hears is none."""
    if settings.name != "prod" or settings.parameters["AlarmEmail"]:
        return []
    return ["Nobody is told of alarms: set AlarmEmail in samconfig.toml, or subscribe to the topic in the outputs."]
