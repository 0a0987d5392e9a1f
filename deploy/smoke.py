"""Whether what was deployed answers: a handful of requests from outside, as a client would send them."""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from deploy.stack import DeployError

DOCUMENT = b'{"number":1.0,"big":1e400,"twice":1,"twice":2,"nothing":null,"deep":[[[]]]}'
PROBLEM = "application/problem+json"
TYPE = "urn:problem-type:crosswalk:unknown-route"
USER = "smoke-test%40example.org"
SMALL = b'{"foo": 7}'
SMALL_AS_XML = b'<ITEM type="object"><ITEM key="foo" type="integer" value="7" /></ITEM>'
POLLS, PAUSE = 30, 2.0
"""How often a conversion is asked whether it is done, and how many seconds apart."""


class Signature(httpx.Auth):
    """Signs requests as whoever deploys, by AWS's own code."""

    requires_request_body = True

    def __init__(self, session: boto3.Session) -> None:
        self._signer = SigV4Auth(session.get_credentials(), "execute-api", session.region_name)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        signed = AWSRequest(request.method, str(request.url), data=request.content)
        self._signer.add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        yield request


@dataclass(frozen=True)
class Endpoints:
    """Addresses without a slash at the end; `version` is what /health must answer."""

    client: httpx.Client
    site: str
    api: str
    version: str
    signature: httpx.Auth


Check = Callable[[Endpoints], httpx.Response | None]
"""What its docstring claims: nothing if it holds, else the answer that was wrong."""


def run_smoke_test(
    endpoints: Endpoints, closed: frozenset[str] = frozenset(), *, patience: float = 60.0
) -> Iterator[str]:
    """Each claim, once it holds. Raises DeployError for one that still does not after `patience` seconds.

    Patience, because a new distribution or a new name takes its time to be known everywhere. `closed` are the rates
    that are 0: what needs one of these routes is not asked.
    """
    for check, rate in CHECKS:
        claim = (check.__doc__ or "").strip()
        if rate in closed:
            yield f"Not asked, since {rate} is 0: {claim}"
            continue
        deadline = time.monotonic() + patience
        while not (answer := try_check(check, endpoints)).startswith("ok"):
            if time.monotonic() > deadline:
                raise DeployError(f"Not so: {claim} ({answer})")
            time.sleep(min(5.0, patience / 10))
        yield claim


def try_check(check: Check, endpoints: Endpoints) -> str:
    """`ok`, or what was seen instead."""
    try:
        wrong = check(endpoints)
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:  # a proxy may answer with a page of its own
        return f"{type(error).__name__}: {error}"
    if wrong is None:
        return "ok"
    address = str(wrong.url).partition("?")[0]  # the query of an address in S3 is as good as a key
    return f"{wrong.request.method} {address}: {wrong.status_code} {wrong.text[:200]}"


def expect_version(endpoints: Endpoints) -> httpx.Response | None:
    """The API runs the version that was deployed."""
    answer = endpoints.client.get(f"{endpoints.api}/health")
    return None if answer.status_code == 200 and answer.json()["version"] == endpoints.version else answer


def expect_database(endpoints: Endpoints) -> httpx.Response | None:
    """The API reaches the database."""
    answer = endpoints.client.get(f"{endpoints.api}/health", params={"database": "1"})
    return None if answer.status_code == 200 else answer


def expect_round_trip(endpoints: Endpoints) -> httpx.Response | None:
    """A document comes back byte for byte from the API."""
    return convert_there_and_back(endpoints.client, endpoints.api)


def expect_round_trip_at_site(endpoints: Endpoints) -> httpx.Response | None:
    """A document comes back byte for byte from the page's own address."""
    return convert_there_and_back(endpoints.client, endpoints.site)


def convert_there_and_back(client: httpx.Client, address: str) -> httpx.Response | None:
    there = client.post(f"{address}/json2xml", content=DOCUMENT)
    if there.status_code != 200:
        return there
    back = client.post(f"{address}/xml2json", content=there.content)
    return None if back.status_code == 200 and back.content == DOCUMENT else back


def expect_signature(endpoints: Endpoints) -> httpx.Response | None:
    """The user routes refuse a request without a signature."""
    answer = endpoints.client.get(f"{endpoints.api}/users")
    return None if answer.status_code == 403 else answer


def expect_problem(endpoints: Endpoints) -> httpx.Response | None:
    """API Gateway's own refusals are problem documents with the request's id."""
    answer = endpoints.client.get(f"{endpoints.api}/no-such-route")
    is_problem = answer.headers.get("Content-Type", "").startswith(PROBLEM) and TYPE in answer.text
    return None if answer.status_code == 403 and is_problem and "X-Request-Id" in answer.headers else answer


def expect_page(endpoints: Endpoints) -> httpx.Response | None:
    """The page is there, with its Content-Security-Policy."""
    answer = endpoints.client.get(f"{endpoints.site}/")
    return None if answer.status_code == 200 and "Content-Security-Policy" in answer.headers else answer


def expect_user(endpoints: Endpoints) -> httpx.Response | None:
    """A signed client saves, reads, lists and deletes a user of its own."""
    user = f"{endpoints.api}/user?email={USER}"
    steps: list[tuple[str, str, bytes, set[int], bytes]] = [
        ("POST", user, b'{"text": "here"}', {200, 201}, b'"text":"here"'),  # 200 after a try that broke off
        ("GET", user, b"", {200}, b'"text":"here"'),
        ("GET", f"{endpoints.api}/users?limit=1", b"", {200}, b'"users":[{'),
        ("DELETE", user, b"", {204}, b""),
        ("GET", user, b"", {404}, b""),
    ]
    for method, url, body, statuses, part in steps:
        answer = endpoints.client.request(method, url, content=body, auth=endpoints.signature)
        if answer.status_code not in statuses or part not in answer.content:
            return answer
    return None


def expect_conversion(endpoints: Endpoints) -> httpx.Response | None:
    """A signed client converts a document by way of S3."""
    client, signature = endpoints.client, endpoints.signature
    begun = client.post(f"{endpoints.api}/conversions?bytes={len(SMALL)}&to=xml", auth=signature)
    if begun.status_code != 201:
        return begun
    uploaded = client.put(begun.json()["upload"], content=SMALL)
    if uploaded.status_code != 200:
        return uploaded
    ended = wait_for_conversion(endpoints, begun.json()["id"])
    if ended.status_code != 200 or ended.json()["status"] != "done":
        return ended
    result = client.get(ended.json()["result"])
    return None if result.status_code == 200 and result.content == SMALL_AS_XML else result


def wait_for_conversion(endpoints: Endpoints, conversion_id: str) -> httpx.Response:
    """The last answer: the conversion's end, or how far it was when patience ended."""
    for _ in range(POLLS):
        answer = endpoints.client.get(f"{endpoints.api}/conversions/{conversion_id}", auth=endpoints.signature)
        if answer.status_code != 200 or answer.json()["status"] in ("done", "failed"):
            break
        time.sleep(PAUSE)
    return answer


CHECKS: list[tuple[Check, str | None]] = [
    (expect_version, None),
    (expect_database, None),
    (expect_round_trip, "ConverterRate"),
    (expect_signature, "UserRate"),
    (expect_problem, None),
    (expect_page, None),
    (expect_round_trip_at_site, "ConverterRate"),
    (expect_user, "UserRate"),
    (expect_conversion, "ConversionRate"),
]
"""Each with the rate without which it cannot hold."""
