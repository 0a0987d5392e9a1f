"""Conversions through S3 as `make start` runs them: an upload over HTTP, told of as by EventBridge, and its result."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest

from crosswalk.converter import json_to_xml
from tests.running import ROOT, RunningService

README = (ROOT / "README.md").read_text()
JSON = b'{"price":1.0,"tags":[],"price":1e400,"deep":[[["\xc3\xa9"]]]}'
BUCKET = "ConversionsBucket"
PATIENCE = 60.0
ORIGIN = "https://somebody.example"


@pytest.fixture
def client(service: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service, timeout=PATIENCE) as client:
        yield client


def begin(client: httpx.Client, to: str, size: int, **options: str) -> dict[str, Any]:
    answer = client.post("/conversions", params={"to": to, "bytes": str(size), **options})
    assert answer.status_code == 201, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


def wait(client: httpx.Client, conversion_id: str) -> dict[str, Any]:
    """The answer once the conversion has ended."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer: dict[str, Any] = client.get(f"/conversions/{conversion_id}").json()
        if answer["status"] in ("done", "failed"):
            return answer
        time.sleep(0.2)
    raise AssertionError(f"it is still {answer['status']}")


def convert(client: httpx.Client, document: bytes, to: str) -> dict[str, Any]:
    begun = begin(client, to, len(document))
    client.put(begun["upload"], content=document).raise_for_status()
    return wait(client, begun["id"])


def test_a_document_comes_back_byte_for_byte(client: httpx.Client) -> None:
    xml = client.get(convert(client, JSON, "xml")["result"])
    assert xml.content == json_to_xml(JSON)
    assert client.get(convert(client, xml.content, "json")["result"]).content == JSON


def test_a_result_is_a_file_to_save(client: httpx.Client) -> None:
    headers = client.get(convert(client, JSON, "xml")["result"]).headers
    assert headers["Content-Type"] == "application/xml"
    assert headers["Content-Disposition"] == 'attachment; filename="document.xml"'


def test_a_malformed_document_fails_with_its_line_and_column(client: httpx.Client) -> None:
    answer = convert(client, b'{"a": 1,\n "b": }', "xml")
    assert answer["status"] == "failed"
    assert (answer["problem"]["line"], answer["problem"]["column"]) == (2, 7)


def test_a_conversion_waits_for_its_document(client: httpx.Client) -> None:
    begun = begin(client, "xml", 2)
    assert client.get(f"/conversions/{begun['id']}").json() == {"id": begun["id"], "status": "waiting"}


def test_the_three_commands_of_the_readme_convert_a_document(service: str) -> None:
    (commands,) = re.findall(r"^```sh\n(begun=.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert len(commands.splitlines()) == 3
    asked = commands.splitlines()[2]
    script = f"set -e\n{commands}until {asked} | grep done; do sleep 0.2; done"
    done = subprocess.run(
        ["bash", "-c", script.replace("localhost:3000", service)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    result = re.findall(r'"result":"([^"]+)"', done.stdout)[-1]
    assert httpx.get(result).content == json_to_xml((ROOT / "site/openapi.json").read_bytes())


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_a_killed_or_stopped_conversion_leaves_no_half_of_a_result_and_is_lost(
    client: httpx.Client, running_service: RunningService, number: signal.Signals
) -> None:
    document = b"[" + b",".join(b'{"number":%d}' % number for number in range(1_000_000)) + b"]"
    begun = begin(client, "xml", len(document))
    client.put(begun["upload"], content=document).raise_for_status()
    while client.get(f"/conversions/{begun['id']}").json()["status"] != "converting":
        time.sleep(0.05)
    signal_conversions(running_service, number)
    if number == signal.SIGKILL:
        assert running_service.wait_for_line("failure queue")
    assert client.get(f"/conversions/{begun['id']}").json()["status"] == "converting", "it may still be at work"

    s3 = open_bucket(begun["upload"])
    written = s3.list_objects_v2(Bucket=BUCKET, Prefix=begun["id"])["Contents"]
    assert {one["Key"].rpartition("/")[2] for one in written} == {"request", "document", "started"}
    past = json.dumps({"deadline": "2026-01-01T00:00:00+00:00"})
    s3.put_object(Bucket=BUCKET, Key=f"{begun['id']}/started", Body=past)
    answer = client.get(f"/conversions/{begun['id']}").json()
    assert (answer["status"], answer["problem"]["code"]) == ("failed", "lost")
    signal_conversions(running_service, signal.SIGKILL)


def signal_conversions(running_service: RunningService, number: signal.Signals) -> None:
    """Stop whatever converts at the moment, or end it, as Lambda ends a function that has used too much memory."""
    for process in running_service.workers():
        with suppress(ProcessLookupError, FileNotFoundError):  # others come and go meanwhile
            if b"AWS_LAMBDA_FUNCTION_NAME=ConvertUploadFunction" in Path(f"/proc/{process}/environ").read_bytes():
                os.kill(process, number)


def open_bucket(upload: str) -> Any:
    """A client for the bucket that an address is of, with the key that signed it."""
    address = urlsplit(upload)
    (credential,) = parse_qs(address.query)["X-Amz-Credential"]
    return boto3.client(
        "s3",
        endpoint_url=f"{address.scheme}://{address.netloc}",
        region_name="us-east-1",
        aws_access_key_id=credential.partition("/")[0],
        aws_secret_access_key="any",
    )


def test_a_page_of_any_origin_may_use_the_addresses(client: httpx.Client) -> None:
    begun = begin(client, "xml", 2)
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    allowed = client.options(begun["upload"], headers=asked).headers
    assert allowed["Access-Control-Allow-Origin"] == ORIGIN
    assert "PUT" in allowed["Access-Control-Allow-Methods"]
    sent = client.put(begun["upload"], content=b"[]", headers={"Origin": ORIGIN, "Content-Type": "application/json"})
    assert sent.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_the_page_may_connect_to_s3(client: httpx.Client) -> None:
    address = urlsplit(begin(client, "xml", 2)["upload"])
    policy = client.get("/").headers["Content-Security-Policy"]
    assert f"connect-src 'self' {address.scheme}://{address.netloc};" in policy


def test_no_log_holds_an_id(client: httpx.Client, running_service: RunningService) -> None:
    begun = begin(client, "xml", 2)
    client.put(begun["upload"], content=b"[]")
    wait(client, begun["id"])
    assert running_service.wait_for_line("GET /conversions/{id} 200")
    assert begun["id"] not in "\n".join(running_service.lines)


@pytest.mark.parametrize(
    ("variable", "value"), [("AWS_PROFILE", "nope"), ("AWS_RETRY_MODE", "nope"), ("http_proxy", "http://127.0.0.1:9")]
)
def test_what_the_shell_says_of_aws_and_of_proxies_does_not_matter(variable: str, value: str) -> None:
    no_database = {"POSTGRES_DB_HOST": "127.0.0.1", "POSTGRES_DB_PORT": "9"}
    running = RunningService(ROOT, **no_database, **{variable: value})
    with httpx.Client(base_url=running.address, timeout=PATIENCE) as client:
        assert convert(client, b"[]", "xml")["status"] == "done"
    running.stop()


def test_nothing_of_s3_starts_when_no_function_needs_it() -> None:
    running = RunningService(ROOT / "tests/local_project")
    httpx.get(f"{running.address}/")
    running.stop()
    assert "S3" not in "\n".join(running.lines)
