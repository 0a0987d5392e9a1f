"""What clients get of `python -m local` when a function misbehaves, and how it goes on."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from local.host.deployment import INTERVAL
from tests.running import ROOT, RunningService

PROJECT = ROOT / "tests/local_project"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningService]:
    running = RunningService(PROJECT, SECRET="not the function's business")
    yield running
    running.stop()


@pytest.fixture
def client(running: RunningService) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.address, timeout=30) as client:
        yield client


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return shutil.copytree(PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.mark.parametrize("fault", ["exit", "segfault", "memory"])
def test_a_process_that_dies_is_a_502_and_is_replaced(client: httpx.Client, fault: str) -> None:
    assert client.post(f"/faulty/{fault}").status_code == 502
    assert client.post("/faulty/none").status_code == 200


@pytest.mark.parametrize(
    "fault", ["raise", "no-answer", "no-status", "no-string", "no-json", "no-base64", "unknown-member"]
)
def test_an_error_or_a_malformed_answer_is_a_502(client: httpx.Client, fault: str) -> None:
    answer = client.post(f"/faulty/{fault}")
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})
    assert re.fullmatch("[0-9a-f-]{36}", answer.headers["X-Request-Id"])
    assert client.post("/faulty/none").status_code == 200


def test_an_error_leaves_its_environment_in_use(running: RunningService, client: httpx.Client) -> None:
    before = running.workers()
    client.post("/faulty/none")
    client.post("/faulty/raise")
    client.post("/faulty/none")
    assert len(running.workers()) <= len(before) + 1


def test_a_function_that_cannot_be_imported_is_a_502_and_the_log_says_why(
    running: RunningService, client: httpx.Client
) -> None:
    assert client.get("/unimportable").status_code == 502
    assert "RuntimeError: not today" in running.wait_for_line("unimportable   [ERROR]")


def test_a_function_that_outlives_its_time_out_is_a_502_and_is_killed(
    running: RunningService, client: httpx.Client
) -> None:
    process = int(client.get("/slow").text)
    started = time.monotonic()
    assert client.get("/slow?seconds=10").status_code == 502
    assert 1 <= time.monotonic() - started < 3
    assert not Path(f"/proc/{process}").exists()
    assert client.get("/slow").status_code == 200


def test_a_busy_environment_is_joined_by_another_one(client: httpx.Client) -> None:
    def ask(seconds: str) -> str:
        return client.get("/slow", params={"seconds": seconds}).text

    with ThreadPoolExecutor(3) as threads:
        assert len(set(threads.map(ask, ["0.8"] * 3))) == 3


def test_an_idle_environment_is_used_again(project: Path) -> None:
    running = RunningService(project)

    first = httpx.get(f"{running.address}/echo").json()["process"]
    time.sleep(2 * INTERVAL)  # its bytecode, just written, is no change
    assert {httpx.get(f"{running.address}/echo").json()["process"] for _ in range(3)} == {first}
    running.stop()


def test_the_environment_is_the_templates_and_lambdas_only(client: httpx.Client) -> None:
    seen = client.get("/echo").json()
    environment = seen["environment"]
    assert "SECRET" not in environment
    assert "HOME" not in environment
    assert environment["GREETING"] == "hello, dev"
    assert environment["DEBUG"] == "yes"
    assert environment["TABLE"] == "Table.Arn"
    assert "NOTHING" not in environment
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == seen["function"] == "EchoFunction"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == seen["memory"] == "256"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert 19_000 < seen["milliseconds"] <= 20_000
    assert seen["request"] != seen["event"]["requestContext"]["requestId"]


def test_a_variable_of_the_template_may_be_set_in_the_shell(project: Path) -> None:
    running = RunningService(project, GREETING="servus")
    assert httpx.get(f"{running.address}/echo").json()["environment"]["GREETING"] == "servus"
    running.stop()


def test_an_answer_of_lambdas_size_passes_and_one_byte_more_is_a_502(client: httpx.Client) -> None:
    frame = len('{"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": ""}')
    largest = 6_291_556 - frame
    assert len(client.post(f"/faulty/none?characters={largest}").content) == largest
    assert client.post(f"/faulty/none?characters={largest + 1}").status_code == 502


def test_a_request_larger_than_lambda_takes_is_a_413(client: httpx.Client) -> None:
    assert client.post("/faulty/none", content=b"x" * 4_700_000).status_code == 200
    answer = client.post("/faulty/none", content=b"x" * 4_720_000)
    assert answer.status_code == 413
    assert answer.json() == {"title": "Request Too Long", "kind": "REQUEST_TOO_LARGE"}


@pytest.mark.parametrize("size", [10 * 1024 * 1024 + 1, 40_000_000])
def test_a_body_larger_than_api_gateway_takes_is_a_413_at_once(client: httpx.Client, size: int) -> None:
    started = time.monotonic()
    assert client.post("/faulty/none", content=b"x" * size).status_code == 413
    assert time.monotonic() - started < 1.5


def test_the_work_of_an_abandoned_request_ends(project: Path) -> None:
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("Timeout: 1", "Timeout: 20"))
    running = RunningService(project)
    process = int(httpx.get(f"{running.address}/slow").text)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{running.address}/slow?seconds=15", timeout=0.3)
    running.wait_for_line("GET /slow abandoned")
    assert not Path(f"/proc/{process}").exists()
    assert httpx.get(f"{running.address}/slow").status_code == 200
    running.stop()


def test_a_body_in_chunks_is_read(client: httpx.Client) -> None:
    event = client.post("/echo", content=iter([b"ab", b"c"])).json()["event"]
    assert (event["body"], event["isBase64Encoded"]) == ("YWJj", True)


def test_what_a_handler_prints_is_in_the_log_with_its_name(running: RunningService, client: httpx.Client) -> None:
    client.post("/faulty/print")
    running.wait_for_line("faulty         a line from the handler")
    assert len(running.wait_for_line("longlong")) > 200_000


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("PUT", "/echo"),
        ("HEAD", "/echo"),
        ("BREW", "/echo"),
        ("GET", "//echo"),
        ("GET", "/echo/"),
        ("GET", "/production"),
        ("GET", "/template.yaml"),
        ("GET", "/../template.yaml"),
        ("GET", "/%2e%2e/template.yaml"),
        ("GET", "/%2e%2e%2ftemplate.yaml"),
        ("GET", "/%zz"),
        ("GET", "/%00"),
        ("POST", "/index.html"),
    ],
)
def test_what_the_template_does_not_have_is_a_403(running: RunningService, method: str, path: str) -> None:
    status, body = speak(running, f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert status == 403
    assert method == "HEAD" or "MISSING_AUTHENTICATION_TOKEN" in body


@pytest.mark.parametrize("target", ["http://x/echo?a=1", "http://[/echo"])
def test_an_absolute_target_is_its_path(running: RunningService, target: str) -> None:
    status, body = speak(running, f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert status == 200
    assert '"path": "/echo"' in body


def test_thirty_kilobytes_of_headers_are_taken(client: httpx.Client) -> None:
    assert client.get("/echo", headers={"X-Long": "x" * 30_000}).status_code == 200


def speak(running: RunningService, text: str) -> tuple[int, str]:
    """The status and body of the answer to exactly these bytes: httpx would tidy them up."""
    host, port = running.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(text.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"x-request-id:" in head.lower()
    return int(head.split()[1]), body.decode()


def test_the_site_is_served_beside_the_routes(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "A page" in page.text
    assert page.headers["Content-Security-Policy"] == "default-src 'self'"
    script = client.get("/app.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Cache-Control"] == "no-cache"
    assert script.headers["X-Request-Id"]
    assert client.head("/app.js").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_it_even_in_the_middle_of_an_event(number: signal.Signals) -> None:
    running = RunningService(PROJECT)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(httpx.get, f"{running.address}/slow?seconds=0.9")
        httpx.get(f"{running.address}/echo")
        wait_until(lambda: len(running.workers()) == 2)
        workers = running.workers()
        status = running.stop(number)
        asked.exception()
    assert status == (0 if number != signal.SIGKILL else -signal.SIGKILL)
    wait_until(lambda: not any(is_running(process) for process in workers))


def is_running(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def refuse_to_start(host: str, port: int) -> str:
    """The line that says why the runner cannot listen there."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOST": host, "PORT": str(port)}
    done = subprocess.run(
        [sys.executable, "-m", "local"], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_port_in_use_is_one_clear_line_that_says_how_to_take_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = refuse_to_start("127.0.0.1", taken.getsockname()[1])
    assert "Address already in use" in line
    assert "Another port: make start PORT=3001" in line


def test_a_host_that_is_none_is_one_clear_line_that_says_nothing_of_ports() -> None:
    line = refuse_to_start("x86_64-conda-linux-gnu.invalid", 0)
    assert "HOST=x86_64-conda-linux-gnu.invalid" in line
    assert "Another port" not in line


def test_an_empty_host_is_this_machine_only() -> None:
    running = RunningService(PROJECT, HOST="")
    assert running.stop() == 0
    assert running.address.startswith("http://127.0.0.1:")
    assert not [line for line in running.lines if "signatures here" in line]


def test_a_host_that_lets_other_machines_in_is_told_of() -> None:
    running = RunningService(PROJECT, HOST="0.0.0.0")
    assert httpx.get(f"{running.address}/").status_code == 200  # it says so before it answers
    assert running.stop() == 0
    assert [line for line in running.lines if "HOST=0.0.0.0 lets other machines in" in line]


def test_a_host_that_is_every_address_is_told_to_do_for_small_documents_only() -> None:
    running = RunningService(PROJECT, HOST="0.0.0.0")
    assert running.wait_for_line("only this machine can convert large documents")
    running.stop()


def test_a_changed_function_answers_the_next_requests(project: Path) -> None:
    running = RunningService(project)
    app = project / "functions/slow/app.py"
    assert httpx.get(f"{running.address}/slow").status_code == 200
    app.write_text(app.read_text().replace("200", "418"))
    wait_until(lambda: httpx.get(f"{running.address}/slow").status_code == 418)
    running.stop()


def test_a_changed_template_is_taken_and_a_broken_one_is_not(project: Path) -> None:
    running = RunningService(project)
    template = project / "template.yaml"
    whole = template.read_text()
    template.write_text(whole.replace("Path: /slow", "Path: /late"))
    wait_until(lambda: httpx.get(f"{running.address}/late").status_code == 200)
    template.write_text(whole[:900] + "\n  ] broken")
    running.wait_for_line("template.yaml is not YAML")
    template.write_text(whole.replace("Timeout: 1", "Timeout: soon"))
    running.wait_for_line("Timeout of SlowFunction is not a number")
    assert httpx.get(f"{running.address}/late").status_code == 200
    template.write_text(whole)
    wait_until(lambda: httpx.get(f"{running.address}/slow").status_code == 200)
    running.stop()


def test_the_log_holds_no_parameter_of_a_path(running: RunningService, client: httpx.Client) -> None:
    client.get("/things/as-good-as-a-key?email=secretive")
    running.wait_for_line("GET /things/{id} 200")
    assert not [line for line in running.lines if "as-good-as-a-key" in line or "secretive" in line]
