"""python -m deploy COMMAND ENVIRONMENT, where ENVIRONMENT is one of samconfig.toml's; make runs these.

architecture   print the processor to build the layer for
python         print the Python to compile the layer with
bucket         print the bucket that code and template go to
parameters     write the template's parameters, and print where, as `sam deploy` takes it
check          is the account ready?
protected      has the database the protection that samconfig.toml wants? If not, the exit status is 3
settle         keep the database's logs for a while only, start a purge
publish        publish site/
smoke          does it all answer?
destroy        take everything down, after asking
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
import httpx
from botocore.exceptions import BotoCoreError, ClientError

from deploy.account import check_account
from deploy.bootstrap import name_artifacts_bucket
from deploy.python import find_python
from deploy.release import LATER, advise_on_version, compute_release, read_version
from deploy.settings import DeploySettings, read_settings
from deploy.settle import settle_stack
from deploy.site import publish_site
from deploy.smoke import Endpoints, Signature, run_smoke_test
from deploy.stack import DeployError, read_state, require_stack
from deploy.teardown import destroy_stack
from deploy.zones import choose_zones

SITE = Path("site")
PARAMETERS = Path(".aws-sam/parameters.yaml")
"""JSON, which is YAML, and SAM goes by the name."""
UNPROTECTED = 3


def main(arguments: list[str]) -> int:
    """The program's exit status."""
    match arguments:
        case [command, name] if command in COMMANDS:
            try:
                return COMMANDS[command](read_settings(name)) or 0
            except (BotoCoreError, ClientError, DeployError) as error:  # among them no region, or no credentials
                print(error, file=sys.stderr)
                return 1
    print(__doc__, file=sys.stderr)
    return 2


def print_architecture(settings: DeploySettings) -> None:
    print(settings.parameters["Architecture"])


def print_python(settings: DeploySettings) -> None:
    print(find_python())


def print_bucket(settings: DeploySettings) -> None:
    print(name_artifacts_bucket())


def print_parameters(settings: DeploySettings) -> None:
    """All of them, since CloudFormation keeps the previous value of one that is left out, not the template's default.

    The database is protected only once the stack stands: a failed first deploy could not be taken back otherwise.
    """
    state = read_state(settings.stack)
    release = compute_release(settings, state.failure)
    parameters = {**settings.parameters, "Version": read_version(), "Release": release}
    parameters["ZoneA"], parameters["ZoneB"] = choose_zones(settings, state)
    if not state.has_stood:
        parameters[LATER] = "false"
    PARAMETERS.parent.mkdir(exist_ok=True)
    PARAMETERS.write_text(json.dumps(parameters, indent=2))
    print(f"file://{PARAMETERS}")


def tell_protection(settings: DeploySettings) -> int:
    protection = require_stack(settings.stack).parameters[LATER]
    return 0 if protection == settings.parameters[LATER] else UNPROTECTED


def check(settings: DeploySettings) -> None:
    for advice in [*advise_on_version(), *check_account(settings)]:
        print(advice)


def settle(settings: DeploySettings) -> None:
    for step in settle_stack(settings.stack):
        print(step, flush=True)


def publish(settings: DeploySettings) -> None:
    outputs = require_stack(settings.stack).outputs
    keys = publish_site(SITE, outputs["SiteBucket"], outputs["Distribution"])
    print(f"Published {', '.join(keys)}")


def smoke(settings: DeploySettings) -> None:
    """By AWS's own names: a name of one's own may have no DNS record yet, whose target the first deploy tells.

    The version is the stack's, since files may have changed here while CloudFormation was at work.
    """
    state = require_stack(settings.stack)
    outputs, version = state.outputs, state.parameters["Version"]
    signature = Signature(boto3.Session())
    with httpx.Client(timeout=30) as client:
        endpoints = Endpoints(client, outputs["SiteEndpoint"], outputs["ApiEndpoint"], version, signature)
        for claim in run_smoke_test(endpoints, settings.closed):
            print(claim, flush=True)
    print(f"The page: {outputs['SiteUrl']}\nThe API: {outputs['ApiUrl']}\nThe dashboard: {outputs['DashboardUrl']}")


def destroy(settings: DeploySettings) -> None:
    if ask(f"This deletes {settings.stack} with all its users. Type its name to go on: ") != settings.stack:
        raise DeployError("Nothing was deleted.")
    for step in destroy_stack(settings.stack):
        print(step, flush=True)
    print("Gone, but for the database's last snapshot: see the RDS console, or docs/operations.md to restore it.")


def ask(question: str) -> str:
    """What is typed; nothing where nobody is there to type."""
    try:
        return input(question)
    except EOFError:
        print()
        return ""


COMMANDS: dict[str, Callable[[DeploySettings], int | None]] = {
    "architecture": print_architecture,
    "python": print_python,
    "bucket": print_bucket,
    "parameters": print_parameters,
    "check": check,
    "protected": tell_protection,
    "settle": settle,
    "publish": publish,
    "smoke": smoke,
    "destroy": destroy,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
