"""API Gateway REST proxy events (payload 1.0) for the real handlers, and their answers as a client sees them."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Context:
    """What a handler is told of its invocation."""

    function_name: str = "tested"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:tested"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"
    remaining: int = 29_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def create_event(
    method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The event of a request; `target` is a path with its query. Bodies are base64, as `*/*` binary makes them."""
    path, _, query = target.partition("?")
    folder, _, conversion_id = path.rpartition("/")
    resource = f"{folder}/{{id}}" if folder else path
    pairs = parse_qsl(query, keep_blank_values=True)
    sent = {"Host": "api.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443", **(headers or {})}
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": {n: [v for m, v in pairs if m == n] for n, _ in pairs} or None,
        "pathParameters": {"id": conversion_id} if folder else None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/Prod{path}",
            "stage": "Prod",
            "requestId": REQUEST_ID,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "tests"},
        },
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def invoke(handler: Handler, event: dict[str, Any]) -> Answer:
    """What the client gets when the handler answers the event through API Gateway."""
    answer = handler(event, Context())
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    return Answer(answer["statusCode"], {name.title(): value for name, value in answer["headers"].items()}, body)
