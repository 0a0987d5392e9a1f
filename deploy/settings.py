"""What samconfig.toml says of an environment, such as dev or prod, and the version that is being deployed."""

import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

from deploy.stack import DeployError

SAMCONFIG = Path("samconfig.toml")


@dataclass(frozen=True)
class DeploySettings:
    """The environment's name, its stack's name, and the parameters that differ from template.yaml's defaults."""

    name: str
    stack: str
    parameters: dict[str, str]

    @property
    def architecture(self) -> str:
        """The processor that the layer is to be built for."""
        return self.parameters.get("Architecture", "x86_64")


def read_settings(name: str, samconfig: Path = SAMCONFIG) -> DeploySettings:
    """The settings of the environment of that name. Raises DeployError if there is none."""
    environments = tomllib.loads(samconfig.read_text())
    if "deploy" not in environments.get(name, ()):
        known = ", ".join(sorted(key for key, value in environments.items() if isinstance(value, dict)))
        raise DeployError(f"{samconfig.name} has no environment {name}; it has {known}.")
    given = environments[name]["deploy"]["parameters"]
    parameters = dict(setting.split("=", 1) for setting in given["parameter_overrides"])
    return DeploySettings(name, given["stack_name"], parameters)


def read_version() -> str:
    """What is being deployed, as git names it: a tag, or a commit, `-dirty` when something is not committed."""
    command = ["git", "describe", "--always", "--dirty", "--tags"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
