"""Reads what the service and PostgreSQL have logged: every line is of a known kind, and none holds an email."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

EMAIL = re.compile(r"[\w.+-]+(@|%40)[\w-]+\.\w+")

# What is not JSON: the runner's own lines, and what a killed process or an absent S3 leaves behind.
PLAIN = {
    "answers": r"local +(GET|POST|DELETE) /\S* (\d{3}|abandoned) \d+ ms [0-9a-f-]{36}",
    "starts": r"local +(starting|S3 is ready|the database is ready)\b.*",
    "killed": r"\w+ +Runtime exited with SIGKILL( \([0-9a-f-]{36}\)|: on AWS the event .*)",
    "crashed": r"convert_upload +(\[ERROR\] )?ConversionCrashed: (\w+)(: on AWS .*)?",
    "frames": r'convert_upload +(File ".*|raise ConversionCrashed.*|return lambda_handler.*|[~^]+)',
}  # fmt: skip
ANNOUNCED = re.compile(r"(The page|Try|GET|POST|DELETE|Up to) .*")
KNOWN = {"request": "INFO", "converted": "INFO", "database unavailable": "WARNING", "unexpected error": "ERROR"}
S3_ERRORS = ("botocore.exceptions.", "urllib3.exceptions.")
"""What alone may raise an unexpected error, since S3 is taken away."""
CUT_SHORT = ("builtins.KeyError", "json.decoder.JSONDecodeError")
READERS = ("smart_open/s3.py", "conversions/storage.py")
"""And what these raise where an answer ends within its headers. Python takes it for whole; only without TLS it can."""


def judge_lines(lines: Iterable[str]) -> tuple[Counter[str], list[str]]:
    """How many lines of each kind, and a finding for each that is of none or holds an email."""
    counts: Counter[str] = Counter()
    findings = []
    for line in lines:
        kind = classify_json(json.loads(line)) if line.startswith("{") else classify_plain(line)
        counts[kind or "unknown"] += 1
        if not kind:
            findings.append(f"logged: {line[:400]}")
        if EMAIL.search(line):
            findings.append("an email is in the log")
    return counts, findings


def judge_server_lines(lines: Iterable[str]) -> tuple[Counter[str], list[str]]:
    """The same of PostgreSQL's own log, whose lines are many more than we know; but none may be of a panic."""
    counts: Counter[str] = Counter()
    findings = []
    for line in lines:
        level = re.search(r"\b([A-Z]{3,}):  ", line)
        counts[level[1] if level else "other"] += 1
        if "PANIC" in line:
            findings.append(f"logged: {line[:400]}")
        if EMAIL.search(line):
            findings.append("an email is in the log")
    return counts, findings


def classify_json(entry: dict[str, Any]) -> str:
    """The line's kind; the empty string if nobody expects it."""
    if "_aws" in entry:
        return "metrics"
    message = entry.get("message", "")
    if entry.get("level") != KNOWN.get(message):
        return ""
    if message == "unexpected error" and not is_of_s3(*entry["traceback"]):
        return ""
    return str(message)


def is_of_s3(error: str, *frames: str) -> bool:
    is_cut_short = error in CUT_SHORT and any(reader in frame for frame in frames for reader in READERS)
    return error.startswith(S3_ERRORS) or is_cut_short


def classify_plain(line: str) -> str:
    if ANNOUNCED.fullmatch(line):
        return "announced"
    rest = re.sub(r"^\d\d:\d\d:\d\d ", "", line)
    return next((kind for kind, pattern in PLAIN.items() if re.fullmatch(pattern, rest)), "")
