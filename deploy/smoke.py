"""Whether what was deployed answers: a handful of requests from outside, as a client would send them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from deploy.environment import DeployError

DOCUMENT = b'{"number":1.0,"big":1e400,"twice":1,"twice":2,"nothing":null,"deep":[[[]]]}'
PROBLEM = "application/problem+json"
TYPE = "urn:problem-type:crosswalk:unknown-route"


@dataclass(frozen=True)
class Deployment:
    """Addresses without a slash at the end; `version` is what /health must answer."""

    client: httpx.Client
    site: str
    api: str
    version: str


def run_smoke_test(deployment: Deployment, *, patience: float = 60.0) -> Iterator[str]:
    """Each claim, once it holds. Raises DeployError for one that still does not after `patience` seconds.

    Patience, because a new distribution or a new name takes its time to be known everywhere.
    """
    for check in CHECKS:
        claim = (check.__doc__ or "").strip()
        deadline = time.monotonic() + patience
        while not (answer := try_check(check, deployment)).startswith("ok"):
            if time.monotonic() > deadline:
                raise DeployError(f"Not so: {claim} ({answer})")
            time.sleep(min(5.0, patience / 10))
        yield claim


def try_check(check: Callable[[Deployment], httpx.Response | None], deployment: Deployment) -> str:
    """`ok`, or what was seen instead."""
    try:
        wrong = check(deployment)
    except httpx.HTTPError as error:
        return f"{type(error).__name__}: {error}"
    return "ok" if wrong is None else f"{wrong.request.method} {wrong.url}: {wrong.status_code} {wrong.text[:200]}"


def expect_version(deployment: Deployment) -> httpx.Response | None:
    """The API runs the version that was deployed."""
    answer = deployment.client.get(f"{deployment.api}/health")
    return None if answer.status_code == 200 and answer.json()["version"] == deployment.version else answer


def expect_database(deployment: Deployment) -> httpx.Response | None:
    """The API reaches the database."""
    answer = deployment.client.get(f"{deployment.api}/health", params={"database": "1"})
    return None if answer.status_code == 200 else answer


def expect_round_trip(deployment: Deployment) -> httpx.Response | None:
    """A document comes back byte for byte from the API."""
    return convert_there_and_back(deployment.client, deployment.api)


def expect_round_trip_at_site(deployment: Deployment) -> httpx.Response | None:
    """A document comes back byte for byte from the page's own address."""
    return convert_there_and_back(deployment.client, deployment.site)


def convert_there_and_back(client: httpx.Client, address: str) -> httpx.Response | None:
    there = client.post(f"{address}/json2xml", content=DOCUMENT)
    if there.status_code != 200:
        return there
    back = client.post(f"{address}/xml2json", content=there.content)
    return None if back.status_code == 200 and back.content == DOCUMENT else back


def expect_signature(deployment: Deployment) -> httpx.Response | None:
    """The user routes refuse a request without a signature."""
    answer = deployment.client.get(f"{deployment.api}/users")
    return None if answer.status_code == 403 else answer


def expect_problem(deployment: Deployment) -> httpx.Response | None:
    """API Gateway's own refusals are problem documents with the request's id."""
    answer = deployment.client.get(f"{deployment.api}/no-such-route")
    is_problem = answer.headers.get("Content-Type", "").startswith(PROBLEM) and TYPE in answer.text
    return None if answer.status_code == 403 and is_problem and "X-Request-Id" in answer.headers else answer


def expect_page(deployment: Deployment) -> httpx.Response | None:
    """The page is there, with its Content-Security-Policy."""
    answer = deployment.client.get(f"{deployment.site}/")
    return None if answer.status_code == 200 and "Content-Security-Policy" in answer.headers else answer


CHECKS = [
    expect_version,
    expect_database,
    expect_round_trip,
    expect_signature,
    expect_problem,
    expect_page,
    expect_round_trip_at_site,
]
