"""Answers what it was called with."""

import json
import os
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    seen = {
        "event": event,
        "environment": dict(os.environ),
        "process": os.getpid(),
        "function": context.function_name,
        "memory": context.memory_limit_in_mb,
        "request": context.aws_request_id,
        "milliseconds": context.get_remaining_time_in_millis(),
    }
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(seen)}
