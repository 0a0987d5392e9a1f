"""By which name logs and metrics are told apart."""

import json
import os
import subprocess
import sys

import pytest

WRITE = """
from crosswalk.telemetry import MetricUnit, logger, metrics
logger.info("line")
metrics.add_metric("Documents", MetricUnit.Count, 1)
metrics.flush_metrics()
"""


@pytest.mark.parametrize(
    ("given", "service"), [({"POWERTOOLS_SERVICE_NAME": "crosswalk-dev"}, "crosswalk-dev"), ({}, "crosswalk")]
)
def test_logs_and_metrics_are_by_the_stacks_name(given: dict[str, str], service: str) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "POWERTOOLS_SERVICE_NAME"}
    variables["PYTHONPATH"] = os.pathsep.join(sys.path)
    written = subprocess.check_output([sys.executable, "-c", WRITE], env=variables | given, text=True)
    assert [json.loads(line)["service"] for line in written.splitlines()] == [service, service]
