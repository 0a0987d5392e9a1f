"""What surrounds every endpoint: the request's id, security headers and log line, CORS, and one plain 500."""

from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crosswalk.http.problems import create_problem
from crosswalk.settings import read_service_settings
from crosswalk.telemetry import MetricUnit, list_frames, logger, metrics

# What an answer holds is the client's, and may be a page with a script: browsers run, frame and embed none of it.
SECURITY_HEADERS = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]


class RequestLog:
    """Gives every answer its X-Request-Id and SECURITY_HEADERS, and logs one line for it.

    The line has the route, not the path, which may hold a conversion's id, nor the query, which may hold an email.

    No cache may keep an answer that says nothing about caches: it holds somebody's document, or a user.
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
                headers.setdefault("Cache-Control", "no-store")
                headers.raw.extend(SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_id)
        milliseconds = round((perf_counter() - started) * 1000, 1)
        route = scope["aws.event"]["resource"]
        logger.info("request", method=scope["method"], route=route, status=status, milliseconds=milliseconds)


class Cors(CORSMiddleware):
    """Starlette's CORS middleware, with a problem document for a preflight that it refuses."""

    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        detail = f"{bytes(answer.body).decode()}."
        problem = create_problem(answer.status_code, "cors-refused", "The preflight request is refused", detail)
        problem.headers["Vary"] = "Origin"
        return problem


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
            logger.error("unexpected error", traceback=list_frames(error))
            # An alarm on this takes a release back, so it must not count the errors of the release before.
            metrics.add_dimension("release", read_service_settings().crosswalk_release)
            metrics.add_metric(name="UnexpectedErrors", unit=MetricUnit.Count, value=1)
            detail = "Something went wrong here; the request's id finds it in the logs."
            problem = create_problem(500, "internal-server-error", "Internal Server Error", detail)
            await problem(scope, receive, send)
