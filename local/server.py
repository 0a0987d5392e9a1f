"""The HTTP side: hands requests of the template's routes to their functions, and serves site/ beside them."""

import asyncio
import json
from pathlib import Path
from time import perf_counter

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from local import gateway
from local.deployment import Deployment
from local.environments import FunctionFailed, Log, RequestTooLarge, Throttled, TimedOut
from local.gateway import BadAnswer, BodyTooLarge, Request, UnreadableBody, refuse
from local.template import Route

DRAIN_LIMIT = 64 * 1024 * 1024  # bytes read, and dropped, of a body that is too large, so that its sender hears of it


class Gateway:
    """The ASGI application."""

    def __init__(self, deployment: Deployment, site: Path, log: Log) -> None:
        self._deployment = deployment
        self._log = log
        self._site = StaticFiles(directory=site, html=True) if site.is_dir() else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        http = HttpRequest(scope, receive)
        try:
            request, response = await self._answer(http)
        except ClientDisconnect:
            return
        gateway.identify(response, request)
        milliseconds = (perf_counter() - started) * 1000
        # Without the query, which may hold an email.
        self._log("local", f"{request.method} {request.path} {response.status_code} {milliseconds:.0f} ms {request.id}")
        await response(scope, receive, send)

    async def _answer(self, http: HttpRequest) -> tuple[Request, Response]:
        try:
            request = _read_request(http, await _read_body(http))
        except BodyTooLarge:
            request = _read_request(http, b"")
            return request, refuse("REQUEST_TOO_LARGE", request, self._deployment.service)
        service = self._deployment.service
        found = service.find_route(request.method, request.decoded_path)
        if found:
            return request, await self._invoke(request, *found)
        return request, await self._find_file(request, http) or refuse("MISSING_AUTHENTICATION_TOKEN", request, service)

    async def _invoke(self, request: Request, route: Route, parameters: dict[str, str]) -> Response:
        """The function's answer, or what API Gateway answers in its place."""
        service, name = self._deployment.service, route.function.name
        try:
            async with asyncio.timeout(gateway.TIMEOUT):
                event = gateway.build_event(request, route, parameters, service)
                answer = await self._deployment.invoke(route.function, _write_json(event), request.trace_id)
            return await asyncio.to_thread(gateway.build_response, answer, request, service)
        except UnreadableBody:
            return refuse("BAD_REQUEST_BODY", request, service)
        except (BodyTooLarge, RequestTooLarge):
            return refuse("REQUEST_TOO_LARGE", request, service)
        except (BadAnswer, FunctionFailed) as error:
            self._log(name, f"{error} ({request.id})")
            return refuse("DEFAULT_5XX", request, service)
        except Throttled as error:
            self._log(name, f"{error} ({request.id})")
            return refuse("THROTTLED", request, service)
        except (TimedOut, TimeoutError) as error:
            self._log(name, f"{error or f'no answer after {gateway.TIMEOUT:.0f} seconds'} ({request.id})")
            return refuse("INTEGRATION_TIMEOUT", request, service)

    async def _find_file(self, request: Request, http: HttpRequest) -> Response | None:
        """A file of the site; `no-cache` has the browser ask each time whether it has changed."""
        if self._site is None or request.method not in ("GET", "HEAD"):
            return None
        try:
            response = await self._site.get_response(self._site.get_path(http.scope), http.scope)
        except HTTPException:
            return None
        response.headers.update({"Cache-Control": "no-cache", **self._deployment.service.site_headers})
        return response


def _write_json(event: dict[str, object]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _read_request(http: HttpRequest, body: bytes) -> Request:
    scope = http.scope
    query = scope["query_string"].decode("latin-1")
    return Request(
        method=scope["method"],
        target=scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        body=body,
        client=scope["client"][0] if scope["client"] else "127.0.0.1",
        scheme=scope["scheme"],
        http_version=scope["http_version"],
    )


async def _read_body(http: HttpRequest) -> bytes:
    """The request's body. Raises BodyTooLarge."""
    headers = Headers(scope=http.scope)
    declared = int(headers.get("content-length", "0"))
    if declared > gateway.BODY_LIMIT and "100-continue" in headers.get("expect", ""):
        raise BodyTooLarge  # it has not been sent yet
    body, size = bytearray(), 0
    async for block in http.stream():
        size += len(block)
        if size <= gateway.BODY_LIMIT:
            body += block
        elif size > DRAIN_LIMIT:
            break
    if size > gateway.BODY_LIMIT:
        raise BodyTooLarge
    return bytes(body)
