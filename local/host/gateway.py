"""Plays API Gateway: hands requests of the template's routes to their functions, and serves a site beside them.

What API Gateway answers by itself is made from the template's GatewayResponses. Nothing checks signatures here, but
a foreign page in this machine's browser is kept from the routes that want one.
"""

import asyncio
import json
import re
import socket
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter
from traceback import format_exc
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from local.host.deployment import Deployment
from local.host.environment import FunctionFailed, Log, RequestTooLarge, Throttled
from local.host.proxy_event import (
    BODY_LIMIT,
    BadAnswer,
    BodyTooLarge,
    Request,
    UnreadableBody,
    build_event,
    build_response,
)
from local.host.service import Route, Service

TIMEOUT = 29.0  # seconds that API Gateway waits for a function
DRAIN_LIMIT = 64 * 1024 * 1024  # bytes read of a body that is too large


@dataclass(frozen=True)
class Refusal:
    """What API Gateway answers by itself, when the template says nothing else about `kind`.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """

    kind: str
    status: int
    message: str


FORBIDDEN = Refusal("DEFAULT_4XX", 403, "Forbidden")
UNKNOWN_ROUTE = Refusal("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token")
UNREADABLE_BODY = Refusal("BAD_REQUEST_BODY", 400, "Invalid request body")
TOO_LARGE = Refusal("REQUEST_TOO_LARGE", 413, "Request Too Long")
LATE = Refusal("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out")
# 500 when Lambda rejects the event, as it does while every environment is busy; 502 when the function ran and failed,
# its own time-out included: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
REJECTED = Refusal("DEFAULT_5XX", 500, "Internal server error")
FAILED = Refusal("DEFAULT_5XX", 502, "Internal server error")


class Gateway:
    """The ASGI application. `host` is the name or address that it listens on.

    `addresses` are here what only a deployed stack knows, by what the site's headers say in their place.
    """

    def __init__(
        self,
        deployment: Deployment,
        site: Path,
        log: Log,
        host: str = "localhost",
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        self._deployment = deployment
        self._addresses = addresses or {}
        self._log = log
        self._site = StaticFiles(directory=site, html=True) if site.is_dir() else None
        self._names = {"localhost", host.lower(), socket.gethostname().lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        http = HttpRequest(scope, receive)
        request = _read_request(http)
        try:
            response = await self._answer(request, http)
            outcome = str(response.status_code)
        except ClientDisconnect:
            response, outcome = None, "abandoned"
        milliseconds = (perf_counter() - started) * 1000
        # A route or the name of a file: a path may hold what is as good as a key, and it or a query an email.
        found = self._deployment.service.find_route(request.method, request.decoded_path)
        is_file = response is not None and response.status_code < 400
        name = found[0].path if found else request.path if is_file else "no route"
        self._log("local", f"{request.method} {name} {outcome} {milliseconds:.0f} ms {request.id}")
        if response:
            response.headers.setdefault("X-Request-Id", request.id)
            await response(scope, receive, send)

    async def _answer(self, request: Request, http: HttpRequest) -> Response:
        service = self._deployment.service
        if not self._is_own_name(host := request.header("host")):
            self._log("local", f"refused: {host!r} is no name of this machine, unless HOST is that name")
            return refuse(FORBIDDEN, request, service)
        try:
            request = replace(request, body=await _read_body(http))
        except BodyTooLarge:
            return refuse(TOO_LARGE, request, service)
        service = self._deployment.service
        found = service.find_route(request.method, request.decoded_path)
        if found is None:
            return await self._find_file(request, http) or refuse(UNKNOWN_ROUTE, request, service)
        if found[0].signed and _is_foreign(request):
            return refuse(UNKNOWN_ROUTE, request, service)
        return await _while_connected(http, self._invoke(request, *found))

    def _is_own_name(self, host: str | None) -> bool:
        """Whether a Host header names this machine: any other name is somebody's who has had it point here."""
        name = re.sub(r":\d*$", "", host or "localhost").lower()
        try:
            ip_address(name.strip("[]"))
            return True
        except ValueError:
            return name.removesuffix(".local") in self._names or name.endswith(".localhost")

    async def _invoke(self, request: Request, route: Route, parameters: dict[str, str]) -> Response:
        """The function's answer, or what API Gateway answers in its place."""
        service, function = self._deployment.service, route.function
        try:
            async with asyncio.timeout(TIMEOUT):
                event = build_event(request, route, parameters, service)
                answer = await self._deployment.invoke(function.logical_id, _write_json(event), request.trace_id)
            return await asyncio.to_thread(build_response, answer, request, service)
        except UnreadableBody:
            return refuse(UNREADABLE_BODY, request, service)
        except (BodyTooLarge, RequestTooLarge):
            return refuse(TOO_LARGE, request, service)
        except (BadAnswer, FunctionFailed, Throttled, TimeoutError) as error:
            self._log(function.name, f"{error or f'no answer after {TIMEOUT:.0f} seconds'} ({request.id})")
            refusal = {Throttled: REJECTED, TimeoutError: LATE}.get(type(error), FAILED)
            return refuse(refusal, request, service)
        except Exception:  # this machine's trouble: Lambda says no more of its own
            self._log(function.name, f"no answer ({request.id})\n{format_exc().rstrip()}")
            return refuse(REJECTED, request, service)

    async def _find_file(self, request: Request, http: HttpRequest) -> Response | None:
        """A file of the site; `no-cache` has the browser ask each time whether it has changed."""
        if self._site is None or request.method not in ("GET", "HEAD"):
            return None
        if not {".", ".."}.isdisjoint(request.decoded_path.split("/")):
            return None  # clients resolve these themselves, and in S3 they are names like any other
        try:
            response = await self._site.get_response(self._site.get_path(http.scope), http.scope)
        except HTTPException:
            return None
        if response.status_code == 404 and "text/html" not in http.headers.get("accept", ""):
            return None  # who does not want a page gets the API's answer
        response.headers["Cache-Control"] = "no-cache"
        for name, value in self._deployment.service.site_headers.items():
            for placeholder, address in self._addresses.items():
                value = value.replace(placeholder, address)
            response.headers[name] = value
        return response


def _write_json(event: dict[str, object]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _read_request(http: HttpRequest) -> Request:
    """The request without its body."""
    scope = http.scope
    query = scope["query_string"].decode("latin-1")
    return Request(
        method=scope["method"],
        target=scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        client=scope["client"][0] if scope["client"] else "127.0.0.1",
        scheme=scope["scheme"],
        http_version=scope["http_version"],
    )


async def _read_body(http: HttpRequest) -> bytes:
    """The request's body. Raises BodyTooLarge, after reading on for a while, so that the sender hears of it."""
    body, size = bytearray(), 0
    async for block in http.stream():
        size += len(block)
        if size <= BODY_LIMIT:
            body += block
        elif size > DRAIN_LIMIT:
            break
    if size > BODY_LIMIT:
        raise BodyTooLarge
    return bytes(body)


def _is_foreign(request: Request) -> bool:
    """Whether a page of another origin has sent the request unsigned.

    Without asking first, which a function would refuse, a browser lets a page send no Authorization header.
    """
    origin = request.header("origin")
    if origin is None or request.header("authorization") is not None:
        return False
    return origin.partition("://")[2] != request.header("host")


T = TypeVar("T")


async def _while_connected(http: HttpRequest, work: Coroutine[Any, Any, T]) -> T:
    """The work's result; it ends when the client goes. Raises ClientDisconnect."""
    task = asyncio.create_task(work)

    async def end_with_client() -> None:
        while (await http.receive())["type"] != "http.disconnect":
            pass
        task.cancel()

    watch = asyncio.create_task(end_with_client())
    try:
        return await task
    except asyncio.CancelledError:
        if watch.done():
            raise ClientDisconnect from None
        raise
    finally:
        watch.cancel()


def refuse(refusal: Refusal, request: Request, service: Service) -> Response:
    """The template's response for the refusal's kind, or for the class of its status; otherwise API Gateway's own."""
    responses, status = service.gateway_responses, refusal.status
    template = responses.get(refusal.kind) or responses.get(f"DEFAULT_{status // 100}XX")
    if template is None:
        return Response(json.dumps({"message": refusal.message}), status, media_type="application/json")
    status = template.status or status
    context = {
        "error.message": refusal.message,
        "error.messageString": json.dumps(refusal.message),
        "error.responseType": refusal.kind,
        "path": f"/{service.stage}{request.path}",
        "requestId": request.id,
        "status": str(status),
    }
    body = re.sub(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)", lambda match: context.get(match[1], ""), template.body)
    response = Response(body, status, {"Content-Type": template.content_type})
    for name, source in template.headers.items():  # `'a constant'` or `context.requestId`
        response.headers[name] = context.get(source.removeprefix("context."), source.strip("'"))
    return response
