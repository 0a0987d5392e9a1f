"""What an environment, such as dev or prod, deploys: samconfig.toml's settings over template.yaml's defaults."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import yaml

from deploy.stack import DeployError

SAMCONFIG = Path("samconfig.toml")
TEMPLATE = Path("template.yaml")


class _Loader(yaml.SafeLoader):
    """YAML without CloudFormation's short forms, of which no parameter has any."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


@dataclass(frozen=True)
class DeploySettings:
    """The environment's name, its stack's name, and the value of every parameter."""

    name: str
    stack: str
    parameters: dict[str, str]

    @property
    def closed(self) -> frozenset[str]:
        """The rates that are 0: their routes answer nobody, as while a database is restored."""
        rates = ("ConverterRate", "UserRate", "ConversionRate")
        return frozenset(rate for rate in rates if self.parameters[rate] == "0")


def read_settings(name: str, samconfig: Path = SAMCONFIG, template: Path = TEMPLATE) -> DeploySettings:
    """The settings of the environment of that name. Raises DeployError if there is none."""
    tables = tomllib.loads(samconfig.read_text())
    # Not every one is an environment: there are SAM's version, and perhaps settings of its other commands.
    environments = {key: one for key, one in tables.items() if isinstance(one, dict) and "deploy" in one}
    if name not in environments:
        raise DeployError(f"{samconfig.name} has no environment {name}; it has {', '.join(sorted(environments))}.")
    given = environments[name]["deploy"]["parameters"]
    parameters = read_defaults(template)
    for setting in given["parameter_overrides"]:
        parameter, _, value = setting.partition("=")
        if parameter not in parameters:
            raise DeployError(f"{samconfig.name} sets {parameter}, which {template.name} does not have.")
        parameters[parameter] = value
    return DeploySettings(name, given["stack_name"], parameters)


def read_defaults(template: Path) -> dict[str, str]:
    """Every parameter of the template, with its default."""
    parameters = yaml.load(template.read_bytes(), _Loader)["Parameters"]  # noqa: S506 - it is a SafeLoader
    return {name: str(one["Default"]) for name, one in parameters.items()}
