"""From an endpoint's router to its Lambda handler: problems for errors, the request's id, logs and metrics.

    router = APIRouter()

    @router.get("/greeting")
    async def greet() -> dict[str, str]:
        return {"greeting": "hello"}

    handler = create_handler(router)

Errors of `crosswalk.errors` know nothing of HTTP; the table PROBLEMS gives each its status, type and title (RFC 9457).
"""

import traceback
from collections.abc import Callable, Sequence
from http import HTTPStatus
from time import perf_counter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from mangum import Mangum
from mangum.types import LambdaContext
from pydantic import BeforeValidator
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crosswalk import errors
from crosswalk.settings import read_service_settings
from crosswalk.telemetry import MetricUnit, logger, metrics

LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def _require_digits(text: object) -> object:
    """Pydantic would also read `3.0`, `+3` and `1_000` as numbers."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        raise ValueError("must be a whole number")
    return text


WholeNumber = Annotated[int, BeforeValidator(_require_digits)]
"""A query parameter's type: decimal digits and nothing else."""


def _require_true_or_false(text: object) -> object:
    """Pydantic would also read `1`, `on` and `yes`."""
    if isinstance(text, str) and text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text


TrueOrFalse = Annotated[bool, BeforeValidator(_require_true_or_false)]
"""A query parameter's type: `true` or `false`."""

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
    (errors.DatabaseUnavailable, 503, "database-unavailable", "The database is unavailable"),
]
# What an error tells beyond its detail, each a member of the problem document when it has one.
PROBLEM_MEMBERS = ("line", "column", "pointer", "path", "code", "parameter", "limit")

# Characters of a parameter's name, which may be the client's own invention, in a problem.
MAX_NAME = 64

# What an answer holds is the client's, and may be a page with a script: browsers run, frame and embed none of it.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

REQUEST_HEADERS = ["Authorization", "Content-Type", "If-None-Match", "X-Amz-Date", "X-Amz-Security-Token"]
EXPOSED_HEADERS = ["Crosswalk-Loss", "Crosswalk-Mapping", "ETag", "Link", "Location", "Retry-After", "X-Request-Id"]


def create_handler(router: APIRouter, siblings: Sequence[str] = ()) -> LambdaHandler:
    """The Lambda handler of an endpoint: takes API Gateway's REST proxy event (payload 1.0), gives its answer.

    `siblings` are the methods that other functions answer on the same path, where this one answers OPTIONS for all.
    A function's last line; what is done here is done once, when the execution environment starts.
    """
    # All answers but problems travel as base64: the API declares every type binary, and only so is their size certain.
    adapter = Mangum(create_app(router, siblings), lifespan="off", text_mime_types=[PROBLEM_MEDIA_TYPE])

    # Powertools works around Mangum, not within it: Mangum itself answers whatever the application raises.
    @logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        metrics.set_default_dimensions(function_name=context.function_name)
        try:
            return adapter(_without_host(event), context)
        finally:
            if metrics.provider.metric_set:  # Powertools warns of a flush without metrics, as after OPTIONS
                metrics.flush_metrics()

    return handler


def _without_host(event: dict[str, Any]) -> dict[str, Any]:
    """The event without the header Host, which nothing here reads, and on whose `[::1]:3000` Mangum would fail."""
    kept = {
        kind: {name: value for name, value in (event.get(kind) or {}).items() if name.lower() != "host"}
        for kind in ("headers", "multiValueHeaders")
    }
    return {**event, **kept}


def create_app(router: APIRouter, siblings: Sequence[str] = ()) -> FastAPI:
    """The endpoint's FastAPI application, of which Mangum and the tests hold one each."""
    own = {method for route in router.routes if isinstance(route, APIRoute) for method in route.methods or ()}
    methods = sorted({*own, *siblings})
    app = FastAPI(
        openapi_url=None,
        redirect_slashes=False,  # Starlette's redirect is an absolute one, and does not know of the stage
        dependencies=[Depends(refuse_repeated_parameters)],
        middleware=[
            Middleware(RequestLog),
            Middleware(
                Cors,
                allow_origins=read_service_settings().origins,
                allow_methods=methods,
                allow_headers=REQUEST_HEADERS,
                expose_headers=EXPOSED_HEADERS,
            ),
            Middleware(PlainOptions, allow=", ".join([*methods, "OPTIONS"])),
            Middleware(UnexpectedErrors),
        ],
        exception_handlers={
            errors.CrosswalkError: describe_error,
            RequestValidationError: describe_invalid_request,
            HTTPException: describe_http_error,
        },
    )
    app.include_router(router)
    return app


def create_problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
    **members: Any,
) -> Response:
    """A problem document (RFC 9457); `members` that are None are left out."""
    present = {name: value for name, value in members.items() if value is not None}
    content = {"type": PROBLEM_TYPE + kind, "title": title, "status": status, "detail": detail, **present}
    return JSONResponse(content, status, headers, PROBLEM_MEDIA_TYPE)


# For OpenAPI. Python's own phrases differ from one version to the next.
DESCRIPTIONS = {
    400: "Malformed, or refused by a safety limit, or a wrong parameter",
    404: "There is no such user",
    413: "Too large, in or out",
    422: "Well-formed, but not expressible in the mapping",
    503: "The database is away",
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "A problem document (RFC 9457). What its kind of problem does not have is left out.",
    "required": ["type", "title", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
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
    """An endpoint's problems, for OpenAPI: the value of a route's `responses`.

    `default` stands for what may happen anywhere; `local.openapi` puts the schema where they all refer to.
    """
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    described: dict[int | str, str] = {status: DESCRIPTIONS[status] for status in statuses}
    described["default"] = "Any other problem, such as one of API Gateway's own"
    return {status: {"description": description, "content": content} for status, description in described.items()}


async def describe_error(request: Request, error: Exception) -> Response:
    """The problem of an error raised on purpose."""
    assert isinstance(error, errors.CrosswalkError)
    status, kind, title = next(row[1:] for row in PROBLEMS if isinstance(error, row[0]))
    headers = {}
    if isinstance(error, errors.DatabaseUnavailable):
        metrics.add_metric(name="DatabaseUnavailable", unit=MetricUnit.Count, value=1)
        headers["Retry-After"] = str(error.retry_after)
    members = {name: getattr(error, name, None) for name in PROBLEM_MEMBERS}
    return create_problem(status, kind, title, error.detail, headers, **members)


async def describe_invalid_request(request: Request, error: Exception) -> Response:
    """The problem of a request whose parameters or body are not of the endpoint's form; tells the first reason."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    source, *where = first["loc"]
    message = first["msg"].removeprefix("Value error, ")
    if source == "body":
        pointer = "".join(f"/{part}" for part in where) if first["type"] != "json_invalid" else None
        return create_problem(400, "invalid-body", "The body is invalid", f"The body: {message}", pointer=pointer)
    name = str(where[0])[:MAX_NAME]
    if first["type"] == "extra_forbidden":
        message = "there is no such parameter here"
    return create_problem(400, "invalid-parameter", "A parameter is invalid", f"{name}: {message}", parameter=name)


async def describe_http_error(request: Request, error: Exception) -> Response:
    """The problem of what Starlette refuses by itself, such as a method that the endpoint does not have."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    kind = phrase.lower().replace(" ", "-")
    return create_problem(error.status_code, kind, phrase, error.detail, dict(error.headers or {}))


async def refuse_repeated_parameters(request: Request) -> None:
    """A parameter given twice has no one meaning: 400, rather than choosing for the client."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if names.count(name) > 1:
            shown = name[:MAX_NAME]
            raise errors.InvalidParameter(f"{shown} is given more than once", parameter=shown)


class RequestLog:
    """Gives every answer its X-Request-Id and SECURITY_HEADERS, and logs one line for it.

    The line never has the query, which may hold an email.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = scope["aws.event"]["requestContext"]["requestId"]
                headers.update(SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_id)
        milliseconds = round((perf_counter() - started) * 1000, 1)
        logger.info("request", method=scope["method"], path=scope["path"], status=status, milliseconds=milliseconds)


class UnexpectedErrors:
    """Answers one plain 500 for what no one expected and logs one traceback, of types and frames only.

    It stands inside Starlette's ServerErrorMiddleware, which would raise the error again for Mangum to log with its
    message, and a message may quote a document; and inside Cors, so that a page can read the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            logger.error("unexpected error", traceback=describe_frames(error))
            metrics.add_metric(name="UnexpectedErrors", unit=MetricUnit.Count, value=1)
            detail = "Something went wrong here; the request's id finds it in the logs"
            problem = create_problem(500, "internal-server-error", "Internal Server Error", detail)
            await problem(scope, receive, send)


def describe_frames(error: BaseException) -> list[str]:
    """The types of an error and of its causes, each followed by its frames, without any message."""
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        lines += [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(cause.__traceback__)
        ]
        cause = cause.__cause__ or cause.__context__
    return lines


class Cors(CORSMiddleware):
    """Starlette's CORS middleware, with a problem document for a preflight that it refuses."""

    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        detail = bytes(answer.body).decode()
        problem = create_problem(answer.status_code, "cors-refused", "The preflight request is refused", detail)
        problem.headers["Vary"] = "Origin"
        return problem


class PlainOptions:
    """Answers an OPTIONS request that is no preflight: what the endpoint allows."""

    def __init__(self, app: ASGIApp, allow: str) -> None:
        self.app = app
        self.allow = allow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = Response(status_code=204, headers={"Allow": self.allow}) if scope["method"] == "OPTIONS" else self.app
        await app(scope, receive, send)
