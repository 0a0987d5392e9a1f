"""Takes as many seconds as it is asked for, unimpressed by signals."""

import os
import signal
import time
from typing import Any

signal.signal(signal.SIGTERM, signal.SIG_IGN)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    time.sleep(float((event.get("queryStringParameters") or {}).get("seconds", "0")))
    return {"statusCode": 200, "body": str(os.getpid())}
