"""The logger and the metrics of all functions: JSON lines and CloudWatch's embedded metric format, on stdout."""

import os
import sys
import traceback

# Powertools imports botocore, if it can, to put its own name into the AWS SDK's User-Agent. Hardly a function uses the
# SDK, so its share of a cold start is saved.
_loaded = sys.modules.setdefault("botocore", None)  # type: ignore[arg-type]

from aws_lambda_powertools import Logger, Metrics  # noqa: E402
from aws_lambda_powertools.metrics import MetricUnit  # noqa: E402

if _loaded is None:
    del sys.modules["botocore"]

__all__ = ["MetricUnit", "list_frames", "logger", "metrics"]

# On AWS the stack's name, which tells dev from prod where both are in one region.
SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "crosswalk")
# No location: each line comes from one of a few places, and its message says which.
logger = Logger(service=SERVICE, location=None)
# By service alone, so that one alarm watches all functions; which one it was, the logs tell.
metrics = Metrics(namespace="Crosswalk", service=SERVICE)


def list_frames(error: BaseException) -> list[str]:
    """The types of an error and of its causes, each followed by its frames, without any message."""
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        lines += [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(cause.__traceback__)
        ]
        cause = cause.__cause__ or cause.__context__
    return lines
