"""The smoke test, against a deployment that answers as it should, and against broken ones."""

from collections.abc import Callable

import httpx
import pytest

from deploy.smoke import CHECKS, DOCUMENT, Endpoints, run_smoke_test
from deploy.stack import DeployError

Answer = Callable[[httpx.Request], httpx.Response]
PROBLEM = {"Content-Type": "application/problem+json", "X-Request-Id": "1"}


def answer_well(request: httpx.Request) -> httpx.Response:
    match request.url.path.removeprefix("/v1"):
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


def smoke(answer: Answer, version: str = "v1.2") -> list[str]:
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        endpoints = Endpoints(client, "https://site", "https://api/v1", version)
        return list(run_smoke_test(endpoints, patience=0))


def broken(path: str, wrong: httpx.Response) -> Answer:
    return lambda request: wrong if request.url.path == path else answer_well(request)


def test_a_good_deployment_passes_every_check_and_says_so() -> None:
    assert len(smoke(answer_well)) == len(CHECKS)


@pytest.mark.parametrize(
    ("path", "wrong", "claim"),
    [
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


def test_another_version_than_the_deployed_one_fails() -> None:
    with pytest.raises(DeployError, match="the version that was deployed"):
        smoke(answer_well, version="v1.3")


def test_an_unreachable_address_fails_with_what_was_seen() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with pytest.raises(DeployError, match="ConnectError: no route"):
        smoke(refuse)
