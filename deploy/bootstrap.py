"""python -m deploy.bootstrap NAME=VALUE ...: prepares an account by bootstrap.yaml with these parameters; make runs it.

A parameter that is not given keeps the value that the stack has.

What an account has once, for all regions, is found here: in another region, where others have made it, and after the
stack was deleted, which leaves some of it. So nobody has to say which region was the first.

The template goes to CloudFormation within the request. By way of a bucket, whoever may write there could exchange it
between upload and use, and become an administrator.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from deploy.stack import DeployError, StackState, list_failures, read_state

STACK = "crosswalk-bootstrap"
TEMPLATE = Path("bootstrap.yaml")
BOUNDARY = "crosswalk-boundary"
LOG_ROLE = "crosswalk-api-gateway-logs"
REQUIRED = {"Repository": "REPOSITORY=owner/name", "Email": "EMAIL=you@example.org"}
"""What has no default, and how make takes it."""
GITHUB = "token.actions.githubusercontent.com"


def main(arguments: list[str]) -> int:
    """The program's exit status."""
    parameters = dict(argument.split("=", 1) for argument in arguments)
    try:
        require_parameters(parameters, read_state(STACK))
        outputs = bootstrap_account(parameters)
    except (BotoCoreError, ClientError, DeployError) as error:  # among them no region, or no credentials
        print(error, file=sys.stderr)
        return 1
    for name, value in outputs.items():
        print(f"{name}: {value}")
    return 0


def require_parameters(given: dict[str, str], state: StackState) -> None:
    """Raises DeployError for the first run without what has no default."""
    missing = [text for name, text in REQUIRED.items() if not {**state.parameters, **given}.get(name)]
    if missing:
        raise DeployError(f"make bootstrap {' '.join(missing)}")


def bootstrap_account(parameters: dict[str, str], template: Path = TEMPLATE) -> dict[str, str]:
    """The stack's outputs, once it is as the template says. Raises DeployError with CloudFormation's reasons."""
    state = read_state(STACK)
    parameters = {**state.parameters, **parameters, **decide_what_to_make(state)}
    request = {
        "StackName": STACK,
        "TemplateBody": template.read_text(),
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Tags": [{"Key": "service", "Value": "crosswalk"}],
    }
    client = boto3.client("cloudformation")
    if state.status == "NONE":
        stack_id = client.create_stack(**request, OnFailure="DELETE")["StackId"]
        wait(stack_id, "stack_create_complete")
    else:
        try:
            wait(client.update_stack(**request)["StackId"], "stack_update_complete")
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
    return read_state(STACK).outputs


def decide_what_to_make(state: StackState) -> dict[str, str]:
    """The parameters that say so: what the account has when the stack is made, and the same ever after.

    With another answer the stack would make once more, or delete, what all regions need.
    """
    found = find_what_is_there()
    kept = {name: state.parameters.get(name, value) for name, value in found.items()}
    if found["FirstRegion"] == "true":  # whichever region it was is there no more
        kept["FirstRegion"] = "true"
    return kept


def find_what_is_there() -> dict[str, str]:
    """The parameters that say what the account has already; empty where the stack is to make it."""
    iam = boto3.client("iam")
    providers = [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    return {
        "FirstRegion": "false" if find_boundary() else "true",
        "GitHubProvider": next((arn for arn in providers if arn.endswith(f"/{GITHUB}")), ""),
        "ApiGatewayLogRole": find(lambda: iam.get_role(RoleName=LOG_ROLE)["Role"]["Arn"]),
    }


def find_boundary() -> str:
    """The ARN of the policy that bounds all roles; nothing where bootstrap.yaml has not been deployed in any region."""
    account = boto3.client("sts").get_caller_identity()
    partition = account["Arn"].split(":")[1]
    arn = f"arn:{partition}:iam::{account['Account']}:policy/{BOUNDARY}"
    return find(lambda: boto3.client("iam").get_policy(PolicyArn=arn)["Policy"]["Arn"])


def find(ask: Callable[[], str]) -> str:
    """What IAM answers; nothing where it knows none of that name."""
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return ""


def wait(stack_id: str, end: str) -> None:
    try:
        boto3.client("cloudformation").get_waiter(end).wait(StackName=stack_id, WaiterConfig={"Delay": 5})
    except WaiterError as error:
        reasons = "; ".join(list(list_failures(stack_id))[-3:])
        raise DeployError(
            f"{STACK} is not as it should be: {reasons}. Mend that and run make bootstrap again."
        ) from error


def name_artifacts_bucket() -> str:
    """The bucket for code and templates of deploys in this account and region, which bootstrap.yaml makes."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    return f"crosswalk-artifacts-{account}-{boto3.Session().region_name}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
