"""What SAM makes of template.yaml, for the tests of this folder."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.settings import read_settings
from tests.template.stack import Stack

SAM_PYTHON = Path(".venv-sam/bin/python")

# Every condition true: each optional resource is there.
EVERYTHING = {
    **read_settings("prod").parameters,
    "AlarmEmail": "alarms@example.org",
    "ApiCertificate": "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
    "ApiDomain": "api.example.org",
    "ConverterConcurrency": "100",
    "DatabaseSnapshot": "before",
    "Firewall": "true",
    "FleetSource": "feeds",
    "FleetSourceKey": "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001",
    "FleetTarget": "rows",
    "FleetTargetKey": "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000002",
    "SiteCertificate": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
    "SiteDomain": "crosswalk.example.org",
    "UserConcurrency": "20",
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The stack as production has it, with everything that is optional."""
    return Stack(translate(tmp_path_factory.mktemp("template"), EVERYTHING))


def translate(folder: Path, parameters: dict[str, str]) -> dict[str, Any]:
    """The CloudFormation template that SAM makes of ours, with code as if it were uploaded already."""
    if not SAM_PYTHON.exists():
        raise FileNotFoundError(f"{SAM_PYTHON} is missing: make {SAM_PYTHON.parent.parent}/.installed")
    uploaded = re.sub(r"(ContentUri|CodeUri): .*", r"\1: s3://artifacts/code.zip", Path("template.yaml").read_text())
    path = folder / "template.yaml"
    path.write_text(uploaded)
    settings = [f"{name}={value}" for name, value in parameters.items()]
    command = [str(SAM_PYTHON), str(Path(__file__).with_name("translate.py")), str(path), *settings]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr
    translated: dict[str, Any] = json.loads(done.stdout)
    return translated
