"""Turns an HTTP request into the event that API Gateway hands to a function, and the function's answer into a response.

The event is that of a REST API with a proxy integration, payload 1.0:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import binascii
import gzip
import json
import re
import time
import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_plus
from uuid import uuid4

from starlette.responses import Response
from werkzeug.http import parse_accept_header

from local.host.service import Route, Service

BODY_LIMIT = 10 * 1024 * 1024

# Headers of the connection, not of the message; API Gateway hands no length on and computes the response's.
CONNECTION_HEADERS = {
    *("connection", "content-length", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization"),
    *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
}
UNKNOWN_IDENTITY = (
    *("accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType"),
    *("cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "user", "userArn"),
)
ANSWER_MEMBERS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}


@dataclass(frozen=True)
class Request:
    """One HTTP request as it was sent; `target` is its request target, `id` the one API Gateway gives it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    client: str = "127.0.0.1"
    scheme: str = "http"
    http_version: str = "1.1"
    id: str = field(default_factory=lambda: str(uuid4()))
    time: float = field(default_factory=time.time)

    @property
    def path(self) -> str:
        """The path without the query, still percent-encoded; of an absolute target too."""
        return re.sub("^https?://[^/]*", "", self.target.partition("?")[0], flags=re.IGNORECASE)

    @property
    def decoded_path(self) -> str:
        """The path that routes are matched with."""
        return unquote(self.path)

    @property
    def query(self) -> str:
        """What follows the first question mark."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The header's last value."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name), None)

    @property
    def trace_id(self) -> str:
        """The X-Ray trace: the client's, or one made from the request's id."""
        digits = self.id.replace("-", "")
        return self.header("x-amzn-trace-id") or f"Root=1-{int(self.time):08x}-{digits[:24]}"


class BadAnswer(Exception):
    """The function's answer is not of the form that API Gateway asks for."""


class UnreadableBody(Exception):
    """The request's body is not in the encoding that it claims."""


class BodyTooLarge(Exception):
    """The request's body has more bytes than API Gateway takes."""


def build_event(request: Request, route: Route, parameters: dict[str, str], service: Service) -> dict[str, Any]:
    """The event of a request for this route, with its path parameters. Raises UnreadableBody or BodyTooLarge."""
    headers = _group(_list_headers(request))
    query = _group(_split_query(request.query))
    body, is_base64 = _encode_body(request, service)
    return {
        "resource": route.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": _build_context(request, route, service),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _build_context(request: Request, route: Route, service: Service) -> dict[str, Any]:
    host = request.header("host") or "localhost"
    return {
        "accountId": "123456789012",
        "apiId": "local",
        "authorizer": None,
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "extendedRequestId": request.id,
        "httpMethod": request.method,
        "identity": dict.fromkeys(UNKNOWN_IDENTITY)
        | {"sourceIp": request.client, "userAgent": request.header("user-agent")},
        "path": f"/{service.stage}{request.path}",
        "protocol": f"HTTP/{request.http_version}",
        "requestId": request.id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(request.time)),
        "requestTimeEpoch": int(request.time * 1000),
        "resourceId": "local",
        "resourcePath": route.path,
        "stage": service.stage,
    }


def _list_headers(request: Request) -> list[tuple[str, str]]:
    """The request's headers without the connection's, with those that API Gateway adds."""
    own = {"x-amzn-trace-id", "x-forwarded-port", "x-forwarded-proto"}
    forwarded = [value for name, value in request.headers if name.lower() == "x-forwarded-for"]
    port = (request.header("host") or "").rpartition(":")[2]
    return [
        *(pair for pair in request.headers if pair[0].lower() not in CONNECTION_HEADERS | own | {"x-forwarded-for"}),
        ("X-Amzn-Trace-Id", request.trace_id),
        ("X-Forwarded-For", ", ".join([*forwarded, request.client])),
        ("X-Forwarded-Port", port if port.isdigit() else "80"),
        ("X-Forwarded-Proto", request.scheme),
    ]


def _split_query(query: str) -> list[tuple[str, str]]:
    """Decoded names and values; API Gateway reads `;` as `&` and a literal `+` as a space."""
    pairs = [part.partition("=") for part in re.split("[&;]", query) if part]
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]


def _group(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _encode_body(request: Request, service: Service) -> tuple[str | None, bool]:
    """An event's `body` and `isBase64Encoded`: text unless the API declares its media type binary."""
    body = request.body
    if service.minimum_compression is not None and (request.header("content-encoding") or "").lower() == "gzip":
        body = _decompress(body)
    if not body:
        return None, False
    if service.is_binary(request.header("content-type") or "application/json"):
        return base64.b64encode(body).decode(), True
    return body.decode(errors="replace"), False


def _decompress(body: bytes) -> bytes:
    decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: gzip's header
    try:
        content = decompressor.decompress(body, BODY_LIMIT + 1)
    except zlib.error as error:
        raise UnreadableBody("the request's body is not gzip") from error
    if len(content) > BODY_LIMIT:
        raise BodyTooLarge("the request's body is too large when it is decompressed")
    if not decompressor.eof or decompressor.unused_data:
        raise UnreadableBody("the request's body ends before its gzip does, or after it")
    return content


def build_response(answer: bytes, request: Request, service: Service) -> Response:
    """The response that a function's answer asks for. Raises BadAnswer."""
    try:
        members = json.loads(answer)
        status = int(members["statusCode"])
        single, multiple = members.get("headers") or {}, members.get("multiValueHeaders") or {}
        pairs = [(name, str(value)) for name, value in single.items() if name not in multiple]
        pairs += [(name, str(value)) for name, values in multiple.items() for value in values]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadAnswer("Malformed Lambda proxy response") from error
    body = members.get("body")
    if not 200 <= status <= 599 or not members.keys() <= ANSWER_MEMBERS or not isinstance(body, str | None):
        raise BadAnswer("Malformed Lambda proxy response")
    content = (body or "").encode()
    if members.get("isBase64Encoded") and service.is_binary(request.header("accept") or "*/*"):
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise BadAnswer("the answer's body is not base64") from error
    response = Response(content, status)
    for name, value in pairs:
        if name.lower() not in CONNECTION_HEADERS:
            response.headers.append(name, value)
    response.headers.setdefault("Content-Type", "application/json")
    return _compress(response, request, service)


def _compress(response: Response, request: Request, service: Service) -> Response:
    """Compresses as API Gateway does where the template says so: only what is not, and only for who asks for gzip.

    It does not take `*` for that:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-receive-response-with-compressed-payload.html
    """
    least, content = service.minimum_compression, bytes(response.body)
    codings = parse_accept_header(request.header("accept-encoding"))
    accepted = any(coding.lower() == "gzip" and quality > 0 for coding, quality in codings)
    if least is None or len(content) < least or not content or not accepted or "content-encoding" in response.headers:
        return response
    response.body = gzip.compress(content, 6, mtime=0)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.body))
    return response
