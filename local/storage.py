"""S3 on this machine, for the functions that need it: moto's server, with the template's buckets.

It keeps what it is given until it ends, small objects in memory and large ones in temporary files, and looks neither at
signatures nor at sizes. But a request must name the access key, which is made up at each start: any page in a browser
of this machine could ask, and the template lets all origins read the answer. The functions whose rules ask for new
objects are told of them as EventBridge would do it.
"""

import asyncio
import json
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from traceback import format_exc
from typing import Any, cast
from urllib.parse import parse_qs
from uuid import uuid4

from local.host.deployment import Deployment
from local.host.environment import InvocationError, Log
from local.host.service import Function

VARIABLE = "CONVERSIONS_BUCKET"
"""A function that has it needs S3."""

Buckets = Mapping[str, Mapping[str, Any]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Storage:
    """S3, started when the first function asks for it. `find_buckets` gives the template's, by name."""

    def __init__(self, find_buckets: Callable[[], Buckets], log: Log, host: str = "127.0.0.1") -> None:
        self._find_buckets = find_buckets
        self._log = log
        self._listener = socket.socket()
        self._listener.bind((host, 0))  # it listens once S3 is ready: until then functions hear at once that it is not
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._started: asyncio.Task[None] | None = None
        self._server: Any = None
        self._key = secrets.token_hex(16)
        reachable = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
        self.address = f"http://{reachable}:{self._listener.getsockname()[1]}"

    async def provide(self, function: Function) -> dict[str, str]:
        """The variables by which the function finds S3, once it is there, or this attempt to start it has failed."""
        if VARIABLE not in function.environment:
            return {}
        if self._started is None or (self._started.done() and self._server is None):
            self._started = asyncio.create_task(self._start())
        await asyncio.shield(self._started)
        return {
            "AWS_ENDPOINT_URL_S3": self.address,
            "AWS_ACCESS_KEY_ID": self._key,
            "AWS_SECRET_ACCESS_KEY": self._key,
            "AWS_CONFIG_FILE": os.devnull,  # boto3 would find that of whoever runs this; on Lambda there is none
        }

    def name_buckets(self) -> dict[str, str]:
        """Where each of the template's buckets is, by the address that it has in the template."""
        return {f"https://{name}.RegionalDomainName": self.address for name in self._find_buckets()}

    async def deliver(self, deployment: Deployment) -> None:
        """Tells functions of the new objects that their rules ask for. Does not return."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                event = await self._events.get()
                for function in deployment.service.functions.values():
                    tasks.create_task(self._tell(deployment, function, event))

    async def stop(self) -> None:
        """Ends the server and forgets what it holds."""
        if self._started:
            await asyncio.wait([self._started])
        if self._server:
            await asyncio.to_thread(self._server.shutdown)
        self._listener.close()

    async def _start(self) -> None:
        self._log("local", "starting S3")
        try:
            await asyncio.to_thread(self._serve, asyncio.get_running_loop())
        except Exception:
            self._log("local", f"S3 did not start, its functions answer 503\n{format_exc().rstrip()}")
        else:
            self._log("local", f"S3 is ready at {self.address}")

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # else it would let any page do anything
        from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
        from werkzeug.serving import make_server

        class Handler(MotoRequestHandler):
            def log(self, *_: Any) -> None:
                """Nothing: a path may hold a conversion's id."""

        def notify(event: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(self._events.put_nowait, event)

        create_buckets(self._find_buckets())
        backend = take_any_type(create_backend_app("s3"))
        application = refuse_strangers(tell_of_new_objects(backend, notify), self._key)
        host, port = self._listener.getsockname()[:2]
        server = make_server(
            host, port, application, threaded=True, request_handler=Handler, fd=self._listener.fileno()
        )
        self._listener.listen()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._server = server

    async def _tell(self, deployment: Deployment, function: Function, event: dict[str, Any]) -> None:
        try:
            if wants(function, event):
                await deployment.invoke(function.logical_id, json.dumps(event).encode())
        except InvocationError as error:
            self._log(function.name, f"{error}: on AWS the event would now be in its failure queue")
        except Exception:  # this machine's trouble, or the rule's; the next object is none of it
            self._log(function.name, f"an event is lost, which AWS would deliver again\n{format_exc().rstrip()}")


def wants(function: Function, event: dict[str, Any]) -> bool:
    """Whether one of the function's rules asks for the event."""
    from moto.events.models import EventPattern

    return any(EventPattern(None, pattern).matches_event(cast(Any, event)) for pattern in function.patterns)


def refuse_strangers(application: Wsgi, key: str) -> Wsgi:
    """The same application, for requests that are signed with this access key, or seem to be."""

    def check(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        signed = environ.get("HTTP_AUTHORIZATION", ""), *parse_qs(environ["QUERY_STRING"]).get("X-Amz-Credential", [])
        if any(f"{key}/" in credential for credential in signed):
            return application(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"This is not signed with the access key."]

    return check


def take_any_type(application: Wsgi) -> Wsgi:
    """The same application, but what is put is a document, also where the client calls it a form, as some do unasked.

    moto would read the form, and keep an object of no bytes.
    """

    def take(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "PUT" and "form" in environ.get("CONTENT_TYPE", "").lower():
            environ["CONTENT_TYPE"] = "application/octet-stream"
        return application(environ, start_response)

    return take


def tell_of_new_objects(application: Wsgi, notify: Callable[[dict[str, Any]], None]) -> Wsgi:
    """The same application, which notifies of each object that it has taken."""

    def watch(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            bucket, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
            is_part = "uploadId" in parse_qs(environ["QUERY_STRING"])
            if environ["REQUEST_METHOD"] == "PUT" and status.startswith("200") and key and not is_part:
                etag = next(value for name, value in headers if name.lower() == "etag").strip('"')
                notify(describe_object(bucket, key, etag, int(environ.get("CONTENT_LENGTH") or 0)))
            return start_response(status, headers, *rest)

        return application(environ, start)

    return watch


def describe_object(bucket: str, key: str, etag: str, size: int) -> dict[str, Any]:
    """The event of a new object.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": os.environ.get("AWS_REGION", "us-east-1"),
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": size, "etag": etag, "sequencer": uuid4().hex[:16].upper()},
            "request-id": uuid4().hex[:16].upper(),
            "requester": "123456789012",
            "source-ip-address": "127.0.0.1",
            "reason": "PutObject",
        },
    }


RULE_NAMES = {
    "AllowedHeaders": "AllowedHeader",
    "AllowedMethods": "AllowedMethod",
    "AllowedOrigins": "AllowedOrigin",
    "ExposedHeaders": "ExposeHeader",
    "Id": "ID",
    "MaxAge": "MaxAgeSeconds",
}
"""CloudFormation's names of what is in a rule for pages, and the API's."""


def create_buckets(buckets: Buckets) -> None:
    """Makes the template's buckets, each with its rules for pages. Nothing lives long enough here to be removed.

    A client would do it with the credentials, the profile and the proxy of whoever runs this.
    """
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.reset()
    for bucket, properties in buckets.items():
        backend.create_bucket(bucket, "us-east-1")
        if cors := properties.get("CorsConfiguration"):
            backend.put_bucket_cors(bucket, [translate_rule(rule) for rule in cors["CorsRules"]])


def translate_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule for pages as the API has it, where a number is a text."""
    return {RULE_NAMES[name]: value if isinstance(value, list) else str(value) for name, value in rule.items()}
