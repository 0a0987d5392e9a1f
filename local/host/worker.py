"""One execution environment: a process that imports one handler and calls it for one event after another.

It plays the part of Lambda's Python runtime: `environment` starts it as a script with the function's environment
variables, and talks to it over its stdin and stdout. Each message is a line. What a handler prints goes to stderr.

    environment -> worker   {"request_id", "trace_id", "deadline_ms"}, then the event
    worker -> environment   READY once the handler is imported, then RETURNED or FAILED and JSON for each event
"""

import ctypes
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

READY, RETURNED, FAILED = b"R", b"=", b"!"

RESPONSE_LIMIT = 6_291_556  # bytes of JSON: "Response payload size exceeded maximum allowed payload size"
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


class LambdaContext:
    """What Lambda hands to a handler beside the event."""

    client_context = None
    identity = None
    tenant_id = None

    def __init__(self, invocation: dict[str, Any]) -> None:
        self.aws_request_id: str = invocation["request_id"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        region = os.environ["AWS_REGION"]
        self.invoked_function_arn = f"arn:aws:lambda:{region}:123456789012:function:{self.function_name}"
        self._deadline_ms: int = invocation["deadline_ms"]

    def get_remaining_time_in_millis(self) -> int:
        """What is left of the function's time-out."""
        return max(0, self._deadline_ms - int(time.time() * 1000))


def main() -> None:
    """Serves events until their pipe closes."""
    end_with_parent()
    events, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    try:
        handler = load_handler()
    except Exception as error:
        report(error)
        sys.exit(1)
    answers.write(READY + b"\n")
    answers.flush()
    for line in events:
        kind, answer = invoke(handler, events.readline(), json.loads(line))
        answers.write(kind + answer + b"\n")
        answers.flush()


def end_with_parent() -> None:
    """Has Linux kill this process when its parent dies, be it in the middle of an event; elsewhere it ends after it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def load_handler() -> Callable[[Any, LambdaContext], Any]:
    """Imports the handler that _HANDLER names: `app.handler` is `handler` in app.py in the function's folder."""
    code = os.environ["LAMBDA_TASK_ROOT"]
    os.chdir(code)
    sys.path.insert(0, code)
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    handler: Callable[[Any, LambdaContext], Any] = getattr(importlib.import_module(module.replace("/", ".")), name)
    return handler


def invoke(
    handler: Callable[[Any, LambdaContext], Any], event: bytes, invocation: dict[str, Any]
) -> tuple[bytes, bytes]:
    """The kind and the JSON of the answer to one event."""
    os.environ["_X_AMZN_TRACE_ID"] = invocation["trace_id"]
    try:
        result = handler(json.loads(event), LambdaContext(invocation))
        # Runtimes since Python 3.12 leave non-ASCII characters as they are.
        answer = json.dumps(result, ensure_ascii=False).encode()
        if len(answer) > RESPONSE_LIMIT:
            raise ValueError(f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes).")
    except Exception as error:
        return FAILED, json.dumps(report(error)).encode()
    end_out_of_memory()
    return RETURNED, answer


def end_out_of_memory() -> None:
    """Ends this process, as Lambda would have done, when it has used more memory than the function has."""
    limit, used = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]), peak_memory()
    if used > limit:
        print(f"[ERROR] Runtime.OutOfMemory: {used} MB of {limit} MB were used", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


def peak_memory() -> int:
    """The most memory this process has held, in MB; 0 where the system does not tell."""
    # Not ru_maxrss, which starts from the parent's: a fork hands it on.
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def report(error: Exception) -> str:
    """Logs the traceback, from the function's own frames on, as Lambda's runtime does; gives type and message."""
    message = f"{type(error).__name__}: {error}"
    ours = (__file__, importlib.__file__, "<frozen importlib")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(ours)]
    print(f"[ERROR] {message}\n{''.join(traceback.format_list(frames))}", file=sys.stderr, end="", flush=True)
    return message


if __name__ == "__main__":
    main()
