"""What `make start` prints: what is served where, and each log line as a short one for people; LOG=json keeps JSON.

13:04:05 save_user      INFO    request POST /user 201 43.9 ms 980901e9-150a-4af1-8829-d3e745ec894a
"""

import json
import os
import time

from local.host.pool import MAXIMUM
from local.host.service import Service

# What is not for people: the logger says it of every line alike.
HIDDEN = {
    *("cold_start", "function_arn", "function_memory_size", "function_name", "function_request_id", "location"),
    *("service", "timestamp", "xray_trace_id"),
}
FORMATS = {"level": "{:<7}", "milliseconds": "{} ms"}
PLAIN = ("level", "message", "method", "route", "status", "milliseconds")


def log(source: str, line: str) -> None:
    """Prints a line of a function, or one of our own."""
    if os.environ.get("LOG") == "json" and line.startswith("{"):
        print(line, flush=True)
    elif short := shorten(line):
        print(f"{time.strftime('%H:%M:%S')} {source:<14} {short}", flush=True)


def shorten(line: str) -> str:
    """A line of JSON as people read it: what it says, and the request's id. Nothing of metrics."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict) or "level" not in entry:
        return "" if isinstance(entry, dict) and "_aws" in entry else line
    request, frames = entry.pop("correlation_id", ""), entry.pop("traceback", [])
    words = [FORMATS.get(name, "{}").format(entry.pop(name)) for name in PLAIN if name in entry]
    words += [f"{name}={value}" for name, value in entry.items() if name not in HIDDEN]
    return "\n    ".join([" ".join([*words, request]).rstrip(), *map(str, frames)])


def announce(service: Service, address: str, has_site: bool) -> None:
    """Prints what is served where, and how to try it."""
    print(f"The page    {address}/" if has_site else "Missing     site/: there is no page")
    for route in sorted(service.routes, key=lambda route: (route.path, route.method)):
        if route.method != "OPTIONS":
            note = "   (signed requests only on AWS, open here)" if route.signed else ""
            print(f"{route.method:<11} {address}{route.path}  {route.function.name}{note}")
    if any(route.path == "/json2xml" for route in service.routes):
        print(f"Try         curl --data '{{\"foo\": 7}}' {address}/json2xml")
    print(f"Up to {MAXIMUM} processes for each function. Changed files are picked up. Ctrl-C ends.", flush=True)
