"""Reads template.yaml: the routes, functions and settings of the service, Globals and parameters' defaults applied."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.host.intrinsics import Intrinsics, TemplateError, load_yaml

__all__ = ["Function", "GatewayResponse", "Route", "Service", "TemplateError", "read_template"]

# What is read of these resources. The rest, such as permissions, may be made of what only a deployed stack knows.
FUNCTION_PROPERTIES = ("CodeUri", "Environment", "Events", "Handler", "Layers", "MemorySize", "Runtime", "Timeout")
API_PROPERTIES = ("Auth", "BinaryMediaTypes", "GatewayResponses", "MinimumCompressionSize", "StageName")


@dataclass(frozen=True)
class Function:
    """One AWS::Serverless::Function. `name` is its folder's name; `timeout` is in seconds, `memory` in MB."""

    name: str
    logical_id: str
    handler: str
    runtime: str
    code: Path
    layers: tuple[Path, ...]
    timeout: float
    memory: int
    environment: dict[str, str]

    @property
    def missing(self) -> list[Path]:
        """What the template names and the file system does not have."""
        module = self.code / (self.handler.rpartition(".")[0].replace(".", "/") + ".py")
        return [path for path in (module, *self.layers) if not path.exists()]


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
    """

    routes: tuple[Route, ...]
    functions: dict[str, Function]
    stage: str
    binary_types: tuple[str, ...]
    minimum_compression: int | None
    gateway_responses: dict[str, GatewayResponse]
    site_headers: dict[str, str]

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


def read_template(path: Path) -> Service:
    """The service that the SAM template at `path` describes. Raises TemplateError."""
    template = load_yaml(path)
    intrinsics = Intrinsics(template)
    resources = {
        logical_id: resource
        for logical_id, resource in template["Resources"].items()
        if "Condition" not in resource or intrinsics.holds(resource["Condition"])
    }
    defaults = template.get("Globals") or {}
    api = _read_api(resources, defaults, intrinsics)
    functions: dict[str, Function] = {}
    routes: list[Route] = []
    for logical_id, properties in _of_type(resources, "AWS::Serverless::Function"):
        merged = _merge(defaults.get("Function", {}), properties)
        merged = intrinsics.resolve({name: merged[name] for name in FUNCTION_PROPERTIES if name in merged})
        function = _read_function(logical_id, merged, resources, intrinsics, path.parent)
        functions[logical_id] = function
        routes += _read_routes(function, merged.get("Events") or {}, api)
    return Service(
        routes=tuple(sorted(routes, key=lambda route: (route.path.count("{"), route.method == "ANY"))),
        functions=functions,
        stage=str(api.get("StageName", "local")),
        binary_types=tuple(name.replace("~1", "/") for name in api.get("BinaryMediaTypes", [])),
        minimum_compression=_optional_int(api.get("MinimumCompressionSize")),
        gateway_responses={
            name: _read_gateway_response(response) for name, response in (api.get("GatewayResponses") or {}).items()
        },
        site_headers=_read_site_headers(resources, intrinsics),
    )


def _of_type(resources: dict[str, Any], wanted: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (logical_id, resource.get("Properties") or {})
        for logical_id, resource in resources.items()
        if resource.get("Type") == wanted
    ]


def _merge(defaults: Any, own: Any) -> Any:
    """As SAM merges Globals: maps member by member, lists one after the other, anything else is overridden."""
    if isinstance(defaults, dict) and isinstance(own, dict):
        return {**defaults, **{key: _merge(defaults[key], own[key]) if key in defaults else own[key] for key in own}}
    if isinstance(defaults, list) and isinstance(own, list):
        return defaults + own
    return own


def _read_api(resources: dict[str, Any], defaults: dict[str, Any], intrinsics: Intrinsics) -> dict[str, Any]:
    apis = _of_type(resources, "AWS::Serverless::Api")
    if len(apis) > 1:
        raise TemplateError("More than one AWS::Serverless::Api: which one is to be served here?")
    properties = apis[0][1] if apis else {}
    merged = _merge(defaults.get("Api", {}), properties)
    resolved: dict[str, Any] = intrinsics.resolve({name: merged[name] for name in API_PROPERTIES if name in merged})
    return resolved


def _read_function(
    logical_id: str, properties: dict[str, Any], resources: dict[str, Any], intrinsics: Intrinsics, root: Path
) -> Function:
    if "Handler" not in properties or not isinstance(properties.get("CodeUri"), str):
        raise TemplateError(f"{logical_id} needs a Handler and a CodeUri that is a folder")
    code = (root / properties["CodeUri"]).resolve()
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    return Function(
        name=code.name,
        logical_id=logical_id,
        handler=properties["Handler"],
        runtime=properties.get("Runtime", ""),
        code=code,
        layers=tuple(
            _find_layer(name, resources, intrinsics, root) for name in properties.get("Layers", []) if name in resources
        ),
        timeout=float(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        environment={name: _variable(value) for name, value in variables.items()},
    )


def _variable(value: Any) -> str:
    """CloudFormation writes YAML's booleans as it writes JSON's."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _find_layer(name: str, resources: dict[str, Any], intrinsics: Intrinsics, root: Path) -> Path:
    """The folder that is /opt/python in the function: `python` in the layer's content, or what is built into it."""
    content = root / str(intrinsics.resolve(resources[name].get("Properties", {}).get("ContentUri", "")))
    return (content / "python" if (content / "python").is_dir() else content).resolve()


def _read_routes(function: Function, events: dict[str, Any], api: dict[str, Any]) -> list[Route]:
    default = (api.get("Auth") or {}).get("DefaultAuthorizer", "NONE")
    return [
        Route(
            method=event["Properties"]["Method"].upper(),
            path=event["Properties"]["Path"],
            function=function,
            signed=(event["Properties"].get("Auth") or {}).get("Authorizer", default) == "AWS_IAM",
        )
        for event in events.values()
        if event.get("Type") == "Api"
    ]


def _read_gateway_response(properties: dict[str, Any]) -> GatewayResponse:
    templates = properties.get("ResponseTemplates") or {"application/json": '{"message":$context.error.messageString}'}
    content_type, body = next(iter(templates.items()))
    return GatewayResponse(
        status=_optional_int(properties.get("StatusCode")),
        headers=(properties.get("ResponseParameters") or {}).get("Headers") or {},
        content_type=content_type,
        body=body,
    )


def _read_site_headers(resources: dict[str, Any], intrinsics: Intrinsics) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _, properties in _of_type(resources, "AWS::CloudFront::ResponseHeadersPolicy"):
        policy = intrinsics.resolve(properties)["ResponseHeadersPolicyConfig"]
        if security := (policy.get("SecurityHeadersConfig") or {}).get("ContentSecurityPolicy"):
            headers["Content-Security-Policy"] = security["ContentSecurityPolicy"]
        for item in (policy.get("CustomHeadersConfig") or {}).get("Items", []):
            headers[item["Header"]] = item["Value"]
    return headers


def _optional_int(value: Any) -> int | None:
    return None if value is None else int(value)
