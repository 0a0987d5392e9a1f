"""The smoke test, against a deployment that answers as it should, and against broken ones."""

import json
from collections.abc import Callable, Generator
from datetime import UTC, datetime

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from deploy import smoke as smoke_module
from deploy.smoke import CHECKS, DOCUMENT, SMALL_AS_XML, Endpoints, run_smoke_test
from deploy.stack import DeployError

Answer = Callable[[httpx.Request], httpx.Response]
PROBLEM = {"Content-Type": "application/problem+json", "X-Request-Id": "1"}


USER = {"email": "smoke-test@example.org", "text": "here"}


class Signature(httpx.Auth):
    """Stands in for the real one, which a test of its own looks at."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = "AWS4-HMAC-SHA256"
        yield request


class Table:
    """The user routes, for whoever signs; one user at most."""

    def __init__(self) -> None:
        self.user: dict[str, str] | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/users":
            return self._write(200, {"users": [self.user] if self.user else []})
        assert request.url.query == b"email=smoke-test%40example.org"
        if request.method == "POST":
            status, self.user = (200 if self.user else 201), USER
            return self._write(status, self.user)
        if self.user is None:
            return httpx.Response(404, headers=PROBLEM)
        if request.method == "DELETE":
            self.user = None
            return httpx.Response(204)
        return self._write(200, self.user)

    def _write(self, status: int, content: object) -> httpx.Response:
        return httpx.Response(status, content=json.dumps(content, separators=(",", ":")))


TABLE = Table()


class Conversions:
    """The routes of conversions, for whoever signs, and the bucket, for whoever has an address."""

    def __init__(self, *progress: str) -> None:
        """progress: the status at each asking, the last for all that follow."""
        self.progress = list(progress)
        self.uploaded = b""

    def answer(self, request: httpx.Request) -> httpx.Response:
        signed, where = "Authorization" in request.headers, f"{request.method} {request.url.path}"
        match where:
            case "POST /v1/conversions" if signed and request.url.query == b"bytes=10&to=xml":
                content = {"id": "c1", "status": "waiting", "upload": "https://bucket/c1/document?X-Amz-Signature=1"}
                return httpx.Response(201, json=content)
            case "PUT /c1/document" if not signed and request.headers["Content-Length"] == "10":
                self.uploaded = request.content
                return httpx.Response(200)
            case "GET /v1/conversions/c1" if signed and self.uploaded:
                status = self.progress.pop(0) if len(self.progress) > 1 else self.progress[0]
                return httpx.Response(
                    200, json={"status": status, "result": "https://bucket/c1/result?X-Amz-Signature=2"}
                )
            case "GET /c1/result" if not signed:
                return httpx.Response(200, content=SMALL_AS_XML)
            case _:
                return httpx.Response(403, headers=PROBLEM)


CONVERSIONS = Conversions("waiting", "converting", "done")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke_module, "PAUSE", 0.0)


def answer_well(request: httpx.Request) -> httpx.Response:
    path = request.url.path.removeprefix("/v1")
    if path in ("/user", "/users") and "Authorization" in request.headers:
        return TABLE.answer(request)
    if path.startswith(("/conversions", "/c1")):
        return CONVERSIONS.answer(request)
    match path:
        case "/health":
            return httpx.Response(200, json={"version": "v1.2"})
        case "/json2xml":
            return httpx.Response(200, content=b"<ITEM />")
        case "/xml2json":
            return httpx.Response(200, content=DOCUMENT)
        case "/":
            return httpx.Response(200, headers={"Content-Security-Policy": "default-src 'none'"})
        case _:
            return httpx.Response(403, headers=PROBLEM, content=b'{"type": "urn:problem-type:crosswalk:unknown-route"}')


def smoke(answer: Answer, version: str = "v1.2", closed: frozenset[str] = frozenset()) -> list[str]:
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        endpoints = Endpoints(client, "https://site", "https://api/v1", version, Signature())
        return list(run_smoke_test(endpoints, closed, patience=0))


def broken(path: str, wrong: httpx.Response) -> Answer:
    return lambda request: wrong if request.url.path == path else answer_well(request)


def test_a_good_deployment_passes_every_check_and_says_so() -> None:
    assert len(smoke(answer_well)) == len(CHECKS)


@pytest.mark.parametrize(
    ("path", "wrong", "claim"),
    [
        ("/v1/health", httpx.Response(200, html="<p>Log in</p>"), "runs the version"),
        ("/v1/health", httpx.Response(200, json=["up"]), "runs the version"),
        ("/v1/xml2json", httpx.Response(200, content=b"{}"), "byte for byte from the API"),
        ("/xml2json", httpx.Response(502), "byte for byte from the page's own address"),
        ("/v1/users", httpx.Response(200, json={"users": []}), "refuse a request without a signature"),
        ("/v1/no-such-route", httpx.Response(403, json={"message": "Forbidden"}), "problem documents"),
        ("/", httpx.Response(200), "Content-Security-Policy"),
    ],
)
def test_a_broken_answer_is_named(path: str, wrong: httpx.Response, claim: str) -> None:
    with pytest.raises(DeployError, match=claim):
        smoke(broken(path, wrong))


def test_the_user_of_the_smoke_test_is_gone_afterwards() -> None:
    smoke(answer_well)
    assert TABLE.user is None


def test_a_user_left_by_a_try_that_broke_off_does_no_harm() -> None:
    TABLE.user = USER
    assert len(smoke(answer_well)) == len(CHECKS)


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_a_signed_request_that_is_refused_is_named(method: str) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        signed = "Authorization" in request.headers
        return httpx.Response(403) if signed and request.method == method else answer_well(request)

    with pytest.raises(DeployError, match=f"a user of its own.*{method} https://api/v1/user"):
        smoke(refuse)
    TABLE.user = None


def converting(conversions: Conversions) -> Answer:
    ours = ("/v1/conversions", "/c1")
    return lambda request: (conversions.answer if request.url.path.startswith(ours) else answer_well)(request)


@pytest.mark.parametrize("status", ["waiting", "converting", "failed"])
def test_a_conversion_that_does_not_end_well_is_named_with_its_status(status: str) -> None:
    with pytest.raises(DeployError, match=f'by way of S3.*GET https://api/v1/conversions/c1: 200 .*"{status}"'):
        smoke(converting(Conversions("waiting", status)))


def test_a_conversion_with_another_result_is_named() -> None:
    wrong = broken("/c1/result", httpx.Response(200, content=b"<ITEM />"))
    with pytest.raises(DeployError, match=r"by way of S3.*GET https://bucket/c1/result: 200 <ITEM />"):
        smoke(wrong)


def test_an_address_to_upload_to_is_never_told() -> None:
    with pytest.raises(DeployError, match=r"PUT https://bucket/c1/document: 403") as failure:
        smoke(broken("/c1/document", httpx.Response(403)))
    assert "X-Amz-Signature" not in str(failure.value)


@pytest.mark.parametrize(
    ("rate", "paths", "skipped"),
    [
        ("UserRate", {"/v1/user", "/v1/users"}, 2),
        ("ConverterRate", {"/v1/json2xml", "/v1/xml2json", "/json2xml"}, 2),
        ("ConversionRate", {"/v1/conversions", "/v1/conversions/c1"}, 1),
    ],
)
def test_routes_whose_rate_is_0_are_not_asked_and_named(rate: str, paths: set[str], skipped: int) -> None:
    def throttle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429) if request.url.path in paths else answer_well(request)

    claims = smoke(throttle, closed=frozenset({rate}))
    assert len(claims) == len(CHECKS)
    assert sum(claim.startswith(f"Not asked, since {rate} is 0") for claim in claims) == skipped


def test_requests_are_signed_for_the_api_as_botocore_signs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    session = boto3.Session("AKIDEXAMPLE", "secret", "session", "eu-central-1")
    seen = []

    def remember(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(remember)) as client:
        url = "https://api.example.org/v1/user?email=a%40example.org"
        client.post(url, content=b"{}", auth=smoke_module.Signature(session))
    (request,) = seen
    authorization = request.headers["Authorization"]
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-central-1/execute-api/aws4_request" in authorization
    assert request.headers["X-Amz-Security-Token"] == "session"
    again = AWSRequest("POST", url, data=b"{}", headers={"X-Amz-Date": request.headers["X-Amz-Date"]})
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: parse(request.headers["X-Amz-Date"]))
    SigV4Auth(session.get_credentials(), "execute-api", "eu-central-1").add_auth(again)
    assert again.headers["Authorization"] == authorization


def parse(time: str) -> datetime:
    return datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def test_another_version_than_the_deployed_one_fails() -> None:
    with pytest.raises(DeployError, match="the version that was deployed"):
        smoke(answer_well, version="v1.3")


def test_an_unreachable_address_fails_with_what_was_seen() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with pytest.raises(DeployError, match="ConnectError: no route"):
        smoke(refuse)
