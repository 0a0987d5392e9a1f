"""Every error as a problem document (RFC 9457): status, type and title from one table, and how OpenAPI describes them.

Errors of `crosswalk.errors` know nothing of HTTP; the table PROBLEMS is the only place that gives them a status. What
API Gateway answers before any function is asked, such as a 429, stands in template.yaml: GatewayResponses.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from crosswalk import errors
from crosswalk.http.parameters import MAX_NAME
from crosswalk.telemetry import MetricUnit, metrics

PROBLEM_TYPE = "urn:problem-type:crosswalk:"
PROBLEM_MEDIA_TYPE = "application/problem+json"

# An error's status, type and title. The first class that matches decides.
PROBLEMS: Sequence[tuple[type[errors.CrosswalkError], int, str, str]] = [
    (errors.MalformedDocument, 400, "malformed-document", "The document is malformed"),
    (errors.UnsafeDocument, 400, "unsafe-document", "The document is refused"),
    (errors.InexpressibleDocument, 422, "inexpressible-document", "The mapping cannot carry the document"),
    (errors.DocumentTooLarge, 413, "document-too-large", "The document is too large"),
    (errors.InvalidParameter, 400, "invalid-parameter", "A parameter is invalid"),
    (errors.UserNotFound, 404, "user-not-found", "There is no such user"),
    (errors.ConversionNotFound, 404, "conversion-not-found", "There is no such conversion"),
    (errors.ConversionFailed, 500, "conversion-failed", "The conversion failed"),
    (errors.DatabaseUnavailable, 503, "database-unavailable", "The database is unavailable"),
    (errors.StorageUnavailable, 503, "storage-unavailable", "The storage of documents is unavailable"),
]
# What an error tells beyond its detail and its place, each a member of the problem document when it has one.
PROBLEM_MEMBERS = ("pointer", "path", "code", "parameter", "limit")

ROUTING_DETAILS = {404: "There is no such route.", 405: "This route does not take this method."}


def create_problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
    **members: Any,
) -> Response:
    """A problem document; `members` that are None are left out."""
    present = {name: value for name, value in members.items() if value is not None}
    content = {"type": PROBLEM_TYPE + kind, "title": title, "status": status, "detail": detail, **present}
    return JSONResponse(content, status, headers, PROBLEM_MEDIA_TYPE)


async def answer_error(request: Request, error: Exception) -> Response:
    """The problem of an error raised on purpose."""
    assert isinstance(error, errors.CrosswalkError)
    status, kind, title = next(row[1:] for row in PROBLEMS if isinstance(error, row[0]))
    headers = {}
    if isinstance(error, errors.DatabaseUnavailable):
        metrics.add_metric(name="DatabaseUnavailable", unit=MetricUnit.Count, value=1)
    if isinstance(error, errors.ServiceUnavailable):
        headers["Retry-After"] = str(error.retry_after)
    return create_problem(status, kind, title, error.detail, headers, **list_members(error))


def describe_error(error: errors.CrosswalkError) -> dict[str, Any]:
    """The problem of an error within another document, such as a conversion's outcome.

    It has no status: nothing is answered with it.
    """
    _, kind, title = next(row[1:] for row in PROBLEMS if isinstance(error, row[0]))
    members = {name: value for name, value in list_members(error).items() if value is not None}
    return {"type": PROBLEM_TYPE + kind, "title": title, "detail": error.detail, **members}


def list_members(error: errors.CrosswalkError) -> dict[str, Any]:
    """What an error tells beyond its detail."""
    members = {name: getattr(error, name, None) for name in PROBLEM_MEMBERS}
    if isinstance(error, errors.DocumentError) and error.place:
        members |= error.place._asdict()
    return members


async def answer_invalid_request(request: Request, error: Exception) -> Response:
    """The problem of a request whose parameters or body do not have the endpoint's form; tells the first reason."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    source, *where = first["loc"]
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    reason = message[:1].lower() + message[1:]
    if source == "body":
        pointer = "".join(f"/{part}" for part in where) if first["type"] != "json_invalid" else None
        return create_problem(400, "invalid-body", "The body is invalid", f"The body: {reason}.", pointer=pointer)
    name = str(where[0])[:MAX_NAME]
    if first["type"] == "extra_forbidden":
        reason = "there is no such parameter here"
    detail = f"The parameter {name}: {reason}."
    return create_problem(400, "invalid-parameter", "A parameter is invalid", detail, parameter=name)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """The problem of what Starlette refuses by itself, such as a method that the endpoint does not have."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    kind = phrase.lower().replace(" ", "-")
    detail = ROUTING_DETAILS.get(error.status_code, f"{error.detail}.")
    return create_problem(error.status_code, kind, phrase, detail, dict(error.headers or {}))


# Python's own phrases differ from one version to the next.
OPENAPI_DESCRIPTIONS = {
    400: "Malformed, or refused by a safety limit, or a wrong parameter",
    404: "There is no such user or conversion",
    413: "Too large, in or out",
    422: "Well-formed, but not expressible in the mapping",
    503: "The database, or the storage of documents, is away",
}
OPENAPI_SCHEMA = {
    "type": "object",
    "description": "A problem document (RFC 9457). What its kind of problem does not have is left out.",
    "required": ["type", "title", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence."},
        "line": {"type": "integer", "minimum": 1, "description": "LF, CRLF and CR each end a line."},
        "column": {"type": "integer", "minimum": 1, "description": "In characters."},
        "pointer": {"type": "string", "description": "The place in the JSON text, an RFC 6901 pointer."},
        "path": {"type": "string", "description": "The place in the XML document, a path of elements."},
        "code": {"type": "string", "description": "A specification's code for the error."},
        "parameter": {"type": "string", "description": "The parameter's name."},
        "limit": {"type": "integer", "description": "In bytes."},
    },
}


def describe_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an endpoint may answer with a problem, for OpenAPI: the value of a route's `responses`.

    `default` stands for what may happen anywhere. Whoever writes the OpenAPI document adds OPENAPI_SCHEMA to it, as
    `#/components/schemas/Problem`.
    """
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    described: dict[int | str, str] = {status: OPENAPI_DESCRIPTIONS[status] for status in statuses}
    described["default"] = "Any other problem, such as one of API Gateway's own"
    return {status: {"description": description, "content": content} for status, description in described.items()}
