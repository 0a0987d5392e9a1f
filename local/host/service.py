"""The service that a template describes: its functions, its routes, and what API Gateway answers by itself."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Function:
    """One AWS::Serverless::Function. `name` is its folder's name; `timeout` is in seconds, `memory` in MB.

    `patterns` are those of EventBridge's rules that it answers to.
    """

    name: str
    logical_id: str
    handler: str
    runtime: str
    code: Path
    layers: tuple[Path, ...]
    timeout: float
    memory: int
    environment: dict[str, str]
    patterns: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Route:
    """One Api event: `path` as API Gateway calls a resource, `/users/{email}` or `/{proxy+}`."""

    method: str
    path: str
    function: Function
    signed: bool

    def match(self, path: str) -> dict[str, str] | None:
        """The path parameters (none: an empty dictionary) when this route's resource has the path, else None."""
        segments = re.split(r"(\{\w+\+?\})", self.path)
        found = re.fullmatch("".join(_segment_pattern(segment) for segment in segments), path)
        return found.groupdict() if found else None


def _segment_pattern(segment: str) -> str:
    if not segment.startswith("{"):
        return re.escape(segment)
    name = segment.strip("{}")
    return f"(?P<{name[:-1]}>.+)" if name.endswith("+") else f"(?P<{name}>[^/]+)"


@dataclass(frozen=True)
class GatewayResponse:
    """What API Gateway answers by itself: the status (None: the type's own), the headers' sources, a body template."""

    status: int | None
    headers: dict[str, str]
    content_type: str
    body: str


@dataclass(frozen=True)
class Service:
    """All of the template that runs here; `functions` by logical id.

    `minimum_compression` is in bytes; None: answers are never compressed.
    `site_headers` are what CloudFront adds to the page, so that it meets its Content-Security-Policy here already.
    `buckets` by logical id, each with its properties.
    """

    routes: tuple[Route, ...]
    functions: dict[str, Function]
    stage: str
    binary_types: tuple[str, ...]
    minimum_compression: int | None
    gateway_responses: dict[str, GatewayResponse]
    site_headers: dict[str, str]
    buckets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def is_binary(self, media_types: str) -> bool:
        """Whether the first of these media types (a Content-Type or an Accept header) is declared binary."""
        first = media_types.split(",")[0].split(";")[0].strip().lower()
        return any(name in ("*/*", first) for name in self.binary_types)

    def find_route(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a request and its path parameters; a literal path wins over one with parameters."""
        for route in self.routes:
            parameters = route.match(path) if route.method in (method, "ANY") else None
            if parameters is not None:
                return route, parameters
        return None
