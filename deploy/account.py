"""Whether the account will take the deploy, asked before a quarter of an hour is spent on finding out."""

import boto3

from deploy.settings import DeploySettings
from deploy.stack import DeployError, list_resources

CONVERTERS = 2
USER_FUNCTIONS = 4
UNRESERVED_MINIMUM = 100
"""Lambda refuses a reservation that leaves fewer execution environments than these to all other functions."""
ROOMY = 500
"""From this limit on it is worth giving converters and user functions shares of their own."""


def check_account(settings: DeploySettings) -> list[str]:
    """Advice, a line each. Raises DeployError when the deploy would fail."""
    require_log_role()
    return check_concurrency(settings)


def require_log_role() -> None:
    """A stage with access logs is refused until the account has told API Gateway which role may write logs."""
    if not boto3.client("apigateway").get_account().get("cloudwatchRoleArn"):
        raise DeployError("API Gateway has no role to write logs in this region: run make bootstrap once")


def check_concurrency(settings: DeploySettings) -> list[str]:
    """Compare the concurrency that the environment reserves with the account's limit, in a new account perhaps 10."""
    limits = boto3.client("lambda").get_account_settings()["AccountLimit"]
    limit, unreserved = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    wanted = count_wanted(settings)
    left = unreserved + count_reserved(settings.stack) - wanted
    if wanted and left < UNRESERVED_MINIMUM:
        raise DeployError(
            f"{settings.name} reserves {wanted} of the account's {limit} concurrent executions, and would leave"
            f" {left} where Lambda wants {UNRESERVED_MINIMUM}: lower ConverterConcurrency or UserConcurrency in"
            " samconfig.toml, or ask AWS for more (Service Quotas, Lambda, concurrent executions)"
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


def count_wanted(settings: DeploySettings) -> int:
    """What the environment's settings reserve, all functions together."""
    converters = int(settings.parameters.get("ConverterConcurrency", "0"))
    users = int(settings.parameters.get("UserConcurrency", "0"))
    return CONVERTERS * converters + USER_FUNCTIONS * users


def count_reserved(stack: str) -> int:
    """What the stack has reserved already: a deploy gives it back before it takes."""
    client = boto3.client("lambda")
    functions = list_resources(stack, "AWS::Lambda::Function")
    answers = [client.get_function_concurrency(FunctionName=function) for function in functions]
    return sum(answer.get("ReservedConcurrentExecutions", 0) for answer in answers)
