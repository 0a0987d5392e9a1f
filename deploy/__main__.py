"""python -m deploy COMMAND ENVIRONMENT, where ENVIRONMENT is one of samconfig.toml's; make runs these.

architecture   print the processor to build the layer for
parameters     print the template's parameters for `sam deploy`
check          is the account ready?
publish        publish site/
smoke          does it all answer?
destroy        take everything down, after asking
"""

import sys
from collections.abc import Callable
from pathlib import Path

import httpx

from deploy.account import check_account
from deploy.settings import DeploySettings, read_settings, read_version
from deploy.site import publish_site
from deploy.smoke import Endpoints, run_smoke_test
from deploy.stack import DeployError, read_outputs
from deploy.teardown import destroy_stack

SITE = Path("site")


def main(arguments: list[str]) -> int:
    """The program's exit status."""
    match arguments:
        case [command, name] if command in COMMANDS:
            try:
                COMMANDS[command](read_settings(name))
            except DeployError as error:
                print(error, file=sys.stderr)
                return 1
            return 0
    print(__doc__, file=sys.stderr)
    return 2


def print_architecture(settings: DeploySettings) -> None:
    print(settings.architecture)


def print_parameters(settings: DeploySettings) -> None:
    parameters = {**settings.parameters, "Version": read_version()}
    print(" ".join(f"{name}={value}" for name, value in parameters.items()))


def check(settings: DeploySettings) -> None:
    for advice in check_account(settings):
        print(advice)


def publish(settings: DeploySettings) -> None:
    outputs = read_outputs(settings.stack)
    keys = publish_site(SITE, outputs["SiteBucket"], outputs["Distribution"])
    print(f"Published {', '.join(keys)}")


def smoke(settings: DeploySettings) -> None:
    outputs = read_outputs(settings.stack)
    with httpx.Client(timeout=30) as client:
        for claim in run_smoke_test(Endpoints(client, outputs["SiteUrl"], outputs["ApiUrl"], read_version())):
            print(claim)
    print(f"The page: {outputs['SiteUrl']}\nThe API: {outputs['ApiUrl']}\nThe dashboard: {outputs['DashboardUrl']}")


def destroy(settings: DeploySettings) -> None:
    read_outputs(settings.stack)
    if input(f"This deletes {settings.stack} with all its users. Type its name to go on: ") != settings.stack:
        raise DeployError("Nothing was deleted")
    for step in destroy_stack(settings.stack):
        print(step, flush=True)
    print("Gone, but for the database's last snapshot: see the RDS console, or docs/operations.md to restore it")


COMMANDS: dict[str, Callable[[DeploySettings], None]] = {
    "architecture": print_architecture,
    "parameters": print_parameters,
    "check": check,
    "publish": publish,
    "smoke": smoke,
    "destroy": destroy,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
