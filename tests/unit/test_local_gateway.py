"""What API Gateway answers by itself, and whom."""

import asyncio
import json
import socket
from pathlib import Path

import httpx
import pytest

from local.host.deployment import Deployment
from local.host.environment import FunctionFailed, RequestTooLarge, Throttled, TimedOut
from local.host.gateway import FAILED, LATE, REJECTED, UNKNOWN_ROUTE, Gateway, Refusal, refuse
from local.host.proxy_event import Request
from local.host.service import Function, GatewayResponse, Service
from tests.running import ROOT


def create_service(responses: dict[str, GatewayResponse]) -> Service:
    return Service((), {}, "v1", ("*/*",), None, responses, {})


REQUEST = Request("GET", "/nowhere", (("Origin", "https://example.org"),), id="the-id")


def test_api_gateways_own_answer_is_a_message_when_the_template_says_nothing() -> None:
    response = refuse(UNKNOWN_ROUTE, REQUEST, create_service({}))
    assert (response.status_code, response.headers["Content-Type"]) == (403, "application/json")
    assert json.loads(bytes(response.body)) == {"message": "Missing Authentication Token"}


def test_api_gateways_own_answer_is_the_templates() -> None:
    own = GatewayResponse(
        status=404,
        headers={
            "X-Request-Id": "context.requestId",
            "Access-Control-Allow-Origin": "'*'",
        },
        content_type="application/problem+json",
        body='{"detail": $context.error.messageString, "at": "$context.path", "x": "$context.x"}',
    )
    response = refuse(UNKNOWN_ROUTE, REQUEST, create_service({"MISSING_AUTHENTICATION_TOKEN": own}))
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Request-Id"] == "the-id"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    problem = json.loads(bytes(response.body))
    assert problem == {"detail": "Missing Authentication Token", "at": "/v1/nowhere", "x": ""}


@pytest.mark.parametrize(
    ("refusal", "status", "body"),
    [(UNKNOWN_ROUTE, 403, b"4"), (LATE, 504, b"5"), (REJECTED, 500, b"5"), (FAILED, 502, b"5")],
)
def test_a_type_without_response_of_its_own_takes_that_of_its_class(refusal: Refusal, status: int, body: bytes) -> None:
    responses = {f"DEFAULT_{digit}XX": GatewayResponse(None, {}, "text/plain", digit) for digit in "45"}
    response = refuse(refusal, REQUEST, create_service(responses))
    assert (response.status_code, response.body) == (status, body)


def ask(
    monkeypatch: pytest.MonkeyPatch,
    outcome: bytes | Exception,
    *,
    method: str = "GET",
    path: str = "/echo",
    headers: dict[str, str] | None = None,
    host: str = "127.0.0.1",
    logged: list[str] | None = None,
) -> httpx.Response:
    """The answer to one request when this is what invoking the function comes to; lines of the log go to `logged`."""

    async def invoke(self: Deployment, logical_id: str, event: bytes, trace_id: str = "") -> bytes:
        if isinstance(outcome, bytes):
            return outcome
        raise outcome

    async def provide(function: Function) -> dict[str, str]:
        return {}

    def log(source: str, line: str) -> None:
        if logged is not None:
            logged.append(line)

    async def main() -> httpx.Response:
        deployment = Deployment(ROOT / "tests/local_project/template.yaml", provide=provide, log=log)
        transport = httpx.ASGITransport(Gateway(deployment, Path("nowhere"), log, host))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
            return await client.request(method, path, headers=headers)

    monkeypatch.setattr(Deployment, "invoke", invoke)
    return asyncio.run(main())


ANSWER = b'{"statusCode": 200, "body": "answered"}'


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (ANSWER, 200),
        (b'{"statusCode": "ok"}', 502),
        (FunctionFailed("RuntimeError"), 502),
        (TimedOut("Task timed out after 1.00 seconds"), 502),
        (Throttled("all 10 environments are busy"), 500),
        (RequestTooLarge("6291456 bytes"), 413),
        (OSError(24, "Too many open files"), 500),
    ],
)
def test_what_lambda_says_becomes_the_status_that_aws_documents(
    monkeypatch: pytest.MonkeyPatch, outcome: bytes | Exception, status: int
) -> None:
    assert ask(monkeypatch, outcome).status_code == status


def test_an_error_of_this_machine_has_an_id_and_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    answer = ask(monkeypatch, OSError(24, "Too many open files"), logged=logged)
    assert answer.headers["Content-Type"] == "application/json"
    assert any(answer.headers["X-Request-Id"] in line and "Too many open files" in line for line in logged)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("localhost:3000", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:3000", 200),
        ("192.168.1.2", 200),
        ("[::1]:3000", 200),
        ("app.localhost:3000", 200),
        (socket.gethostname(), 200),
        ("here.example", 200),
        ("evil.example:3000", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("[", 403),
    ],
)
def test_only_a_name_of_this_machine_is_answered(monkeypatch: pytest.MonkeyPatch, name: str, status: int) -> None:
    assert ask(monkeypatch, ANSWER, headers={"Host": name}, host="here.example").status_code == status


@pytest.mark.parametrize("path", ["/user/ada@example.org", "/user%3Femail=ada@example.org", "/conversions/0123abcd"])
def test_a_path_without_a_route_is_not_logged(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    assert ask(monkeypatch, ANSWER, path=path, logged=logged).status_code == 403
    assert any("no route 403" in line for line in logged)
    assert not any("ada@" in line or "0123abcd" in line for line in logged)  # a request's id may hold less of it


def test_a_name_that_is_refused_is_logged_without_what_a_terminal_would_obey(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    ask(monkeypatch, ANSWER, headers={"Host": "evil\x1b]0;title\x07"}, logged=logged)
    assert any("evil" in line for line in logged)
    assert all(line.isprintable() for line in logged)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Origin": "http://localhost:8080"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example", "Authorization": "AWS4-HMAC-SHA256 ..."}, 200),
    ],
)
def test_a_foreign_page_does_not_reach_a_route_that_wants_a_signature(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], status: int
) -> None:
    assert ask(monkeypatch, ANSWER, method="POST", path="/signed", headers=headers).status_code == status


def test_a_foreign_page_reaches_an_open_route(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, ANSWER, headers={"Origin": "https://other.example"}).status_code == 200
