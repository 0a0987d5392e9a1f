"""What requests and answers are turned into, against what API Gateway's documentation shows."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from local.host.proxy_event import (
    BODY_LIMIT,
    BadAnswer,
    BodyTooLarge,
    Request,
    UnreadableBody,
    build_event,
    build_response,
)
from local.host.service import Function, Route, Service

FUNCTION = Function("echo", "EchoFunction", "app.handler", "python3.13", Path("functions/echo"), (), 3, 128, {})
ROUTE = Route("POST", "/json2xml", FUNCTION, signed=False)


def create_service(**changes: Any) -> Service:
    members: dict[str, Any] = {
        "routes": (ROUTE,),
        "functions": {"EchoFunction": FUNCTION},
        "stage": "v1",
        "binary_types": ("*/*",),
        "minimum_compression": None,
        "gateway_responses": {},
        "site_headers": {},
    }
    return Service(**(members | changes))


def create_event(request: Request, **changes: Any) -> dict[str, Any]:
    return build_event(request, ROUTE, {}, create_service(**changes))


def test_an_event_has_the_members_that_api_gateway_documents() -> None:
    event = create_event(Request("POST", "/json2xml?mapping=item", (("Host", "localhost:3000"),), b"{}"))
    assert list(event) == [
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "requestContext",
        "body",
        "isBase64Encoded",
    ]
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/json2xml", "/json2xml", "POST")


def test_the_context_names_the_request_as_api_gateway_does() -> None:
    request = Request(
        "POST",
        "/json2xml",
        (("Host", "api.example.org"), ("User-Agent", "curl/8")),
        client="192.0.2.7",
        id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        time=1583349317.135,
    )
    context = create_event(request)["requestContext"]
    assert context["requestId"] == "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    assert context["requestTime"] == "04/Mar/2020:19:15:17 +0000"
    assert context["requestTimeEpoch"] == 1583349317135
    assert (context["stage"], context["path"], context["resourcePath"]) == ("v1", "/v1/json2xml", "/json2xml")
    assert context["domainName"] == "api.example.org"
    assert context["identity"]["sourceIp"] == "192.0.2.7"
    assert context["identity"]["userAgent"] == "curl/8"
    assert context["identity"]["userArn"] is None


def test_headers_are_given_once_and_as_lists() -> None:
    event = create_event(Request("POST", "/", (("Accept", "a/b"), ("Accept", "c/d"))))
    assert event["headers"]["Accept"] == "c/d"
    assert event["multiValueHeaders"]["Accept"] == ["a/b", "c/d"]


def test_the_connections_headers_are_not_handed_on() -> None:
    headers = (("Connection", "close"), ("Content-Length", "2"), ("Transfer-Encoding", "chunked"), ("X-Own", "1"))
    sent = create_event(Request("POST", "/", headers))["headers"]
    assert set(sent) == {"X-Own", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"}


def test_the_clients_address_is_put_last_in_x_forwarded_for() -> None:
    request = Request("POST", "/", (("X-Forwarded-For", "203.0.113.1"), ("Host", "h:3000")), client="192.0.2.7")
    headers = create_event(request)["headers"]
    assert headers["X-Forwarded-For"] == "203.0.113.1, 192.0.2.7"
    assert headers["X-Forwarded-Port"] == "3000"
    assert headers["X-Forwarded-Proto"] == "http"


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("a=1&b=2", {"a": ["1"], "b": ["2"]}),
        ("a=1&a=2", {"a": ["1", "2"]}),
        ("a", {"a": [""]}),
        ("a=", {"a": [""]}),
        ("a=b=c", {"a": ["b=c"]}),
        ("a=1+2", {"a": ["1 2"]}),
        ("a=1%2B2", {"a": ["1+2"]}),
        ("email=%C3%A9%40x.org", {"email": ["é@x.org"]}),
        ("a%20b=1", {"a b": ["1"]}),
        ("a=1;b=2", {"a": ["1"], "b": ["2"]}),
        ("a=%zz", {"a": ["%zz"]}),
        ("a=%ff", {"a": ["\ufffd"]}),
        ("a=1&&b=2", {"a": ["1"], "b": ["2"]}),
    ],
)
def test_a_query_is_decoded(query: str, values: dict[str, list[str]]) -> None:
    event = create_event(Request("GET", f"/?{query}"))
    assert event["multiValueQueryStringParameters"] == values
    assert event["queryStringParameters"] == {name: each[-1] for name, each in values.items()}


@pytest.mark.parametrize("target", ["/json2xml", "/json2xml?"])
def test_no_query_is_null(target: str) -> None:
    event = create_event(Request("GET", target))
    assert event["queryStringParameters"] is None
    assert event["multiValueQueryStringParameters"] is None


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a%20b?x=/y", "/a%20b"),
        ("http://localhost:3000/json2xml?x=1", "/json2xml"),
        ("HTTPS://localhost", ""),
        ("http://[/json2xml", "/json2xml"),
        ("//json2xml", "//json2xml"),
        ("*", "*"),
    ],
)
def test_a_path_stays_as_it_was_sent(target: str, path: str) -> None:
    assert Request("GET", target).path == path


def test_a_binary_body_is_base64() -> None:
    event = create_event(Request("POST", "/", body="\ufeff<a/>".encode("utf-16-le")))
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]).decode("utf-16") == "<a/>"


def test_an_empty_body_is_null() -> None:
    event = create_event(Request("POST", "/"))
    assert (event["body"], event["isBase64Encoded"]) == (None, False)


def test_a_body_of_a_type_not_declared_binary_is_text_and_what_is_no_utf_8_is_lost() -> None:
    request = Request("POST", "/", (("Content-Type", "text/xml; charset=utf-16"),), b"a\xff")
    event = create_event(request, binary_types=("image/png",))
    assert (event["body"], event["isBase64Encoded"]) == ("a\ufffd", False)


@pytest.mark.parametrize("content_type", ["image/png", "IMAGE/PNG; x=y"])
def test_a_body_of_a_type_declared_binary_is_base64(content_type: str) -> None:
    request = Request("POST", "/", (("Content-Type", content_type),), b"a")
    assert create_event(request, binary_types=("image/png",))["isBase64Encoded"] is True


GZIP = (("Content-Encoding", "gzip"),)


def test_a_gzipped_body_is_decompressed_only_where_the_api_compresses() -> None:
    request = Request("POST", "/", GZIP, gzip.compress(b"{}"))
    assert base64.b64decode(create_event(request, minimum_compression=0)["body"]) == b"{}"
    assert base64.b64decode(create_event(request)["body"]) == request.body


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(b"cut off")[:-4], gzip.compress(b"1") + gzip.compress(b"2"), gzip.compress(b"1") + b"2"],
    ids=["other", "cut off", "two members", "trailing bytes"],
)
def test_a_broken_gzip_body_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        create_event(Request("POST", "/", GZIP, body), minimum_compression=0)


def test_a_small_gzip_body_cannot_become_a_huge_one() -> None:
    with pytest.raises(BodyTooLarge):
        create_event(Request("POST", "/", GZIP, gzip.compress(b"x" * (BODY_LIMIT + 1))), minimum_compression=0)


def answer(members: dict[str, Any], *headers: tuple[str, str], **changes: Any) -> Response:
    request = Request("POST", "/json2xml", headers)
    return build_response(json.dumps(members).encode(), request, create_service(**changes))


def test_an_answer_becomes_a_response() -> None:
    response = answer({"statusCode": 201, "headers": {"X-A": "1"}, "body": "é", "isBase64Encoded": False})
    assert (response.status_code, response.body, response.headers["X-A"]) == (201, "é".encode(), "1")
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Length"] == "2"


def test_headers_and_multi_value_headers_are_merged() -> None:
    response = answer(
        {
            "statusCode": 200,
            "headers": {"A": "1", "B": "2"},
            "multiValueHeaders": {"Set-Cookie": ["x", "y"], "B": ["3"]},
        }
    )
    assert response.headers.getlist("Set-Cookie") == ["x", "y"]
    assert response.headers["A"] == "1"
    assert response.headers.getlist("B") == ["3"]


def test_a_base64_answer_is_decoded() -> None:
    assert answer({"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}).body == b"\x00\xff"


def test_a_base64_answer_stays_what_it_is_for_who_accepts_no_binary_type() -> None:
    members = {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}
    assert answer(members, ("Accept", "text/html"), binary_types=("image/png",)).body == b"AP8="
    assert answer(members, ("Accept", "image/png, */*"), binary_types=("image/png",)).body == b"\x00\xff"


@pytest.mark.parametrize(
    "members",
    [
        None,
        [],
        "text",
        {},
        {"statusCode": "ok"},
        {"statusCode": 99},
        {"statusCode": 200, "body": 1},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "body": "x", "cookies": []},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
    ],
)
def test_an_answer_of_another_form_is_refused(members: Any) -> None:
    with pytest.raises(BadAnswer):
        answer(members)


@pytest.mark.parametrize(
    ("accept", "compressed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("br", False), ("*", False), ("", False)],
)
def test_an_answer_is_compressed_for_who_asks_for_gzip(accept: str, compressed: bool) -> None:
    response = answer({"statusCode": 200, "body": "a" * 100}, ("Accept-Encoding", accept), minimum_compression=100)
    assert ("Content-Encoding" in response.headers) == compressed
    assert (gzip.decompress(response.body) if compressed else response.body) == b"a" * 100
    assert int(response.headers["Content-Length"]) == len(response.body)


@pytest.mark.parametrize(
    ("headers", "minimum"), [({}, None), ({}, 101), ({"Content-Encoding": "br"}, 0)], ids=["never", "small", "already"]
)
def test_other_answers_are_not_compressed(headers: dict[str, str], minimum: int | None) -> None:
    members = {"statusCode": 200, "headers": headers, "body": "a" * 100}
    assert answer(members, ("Accept-Encoding", "gzip"), minimum_compression=minimum).body == b"a" * 100
