"""Reads template.yaml: the service, with Globals and the parameters' defaults applied."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from local.host.intrinsics import Intrinsics, TemplateError, load_yaml
from local.host.service import Function, GatewayResponse, Route, Service

__all__ = ["TemplateError", "read_template"]

FUNCTION = "AWS::Serverless::Function"
API = "AWS::Serverless::Api"
LAYER = "AWS::Serverless::LayerVersion"
BUCKET = "AWS::S3::Bucket"
HEADERS_POLICY = "AWS::CloudFront::ResponseHeadersPolicy"

# What is read of these resources. The rest, such as permissions, may be made of what only a deployed stack knows.
PROPERTIES = {
    FUNCTION: ("CodeUri", "Environment", "Events", "Handler", "Layers", "MemorySize", "Runtime", "Timeout"),
    API: ("Auth", "BinaryMediaTypes", "GatewayResponses", "MinimumCompressionSize", "StageName"),
    LAYER: ("ContentUri",),
    BUCKET: ("CorsConfiguration",),
    HEADERS_POLICY: ("ResponseHeadersPolicyConfig",),
}

Properties = dict[str, Any]


def read_template(path: Path) -> Service:
    """The service that the SAM template at `path` describes. Raises TemplateError."""
    try:
        return _read_service(_read_resources(load_yaml(path)), path.parent)
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise TemplateError(f"{path.name} is not a SAM template: {type(error).__name__}: {error}") from error


def _read_resources(template: dict[str, Any]) -> dict[str, dict[str, Properties]]:
    """By type and logical id, the properties that are read, evaluated; none of a resource whose condition is false."""
    intrinsics = Intrinsics(template)
    defaults = template.get("Globals") or {}
    resources: dict[str, dict[str, Properties]] = {kind: {} for kind in PROPERTIES}
    for logical_id, resource in template["Resources"].items():
        kind = resource.get("Type")
        if kind in PROPERTIES and ("Condition" not in resource or intrinsics.holds(resource["Condition"])):
            merged = _merge(defaults.get(kind.rpartition("::")[2], {}), resource.get("Properties") or {})
            read = {name: merged[name] for name in PROPERTIES[kind] if name in merged}
            resources[kind][logical_id] = intrinsics.resolve(read)
    return resources


def _merge(defaults: Any, own: Any) -> Any:
    """As SAM merges Globals: maps member by member, lists one after the other, anything else is overridden."""
    if isinstance(defaults, dict) and isinstance(own, dict):
        return {**defaults, **{key: _merge(defaults[key], own[key]) if key in defaults else own[key] for key in own}}
    if isinstance(defaults, list) and isinstance(own, list):
        return defaults + own
    return own


def _read_service(resources: dict[str, dict[str, Properties]], root: Path) -> Service:
    if len(resources[API]) > 1:
        raise TemplateError("More than one AWS::Serverless::Api: which one is to be served here?")
    api: Properties = next(iter(resources[API].values()), {})
    layers = {logical_id: _find_layer(root / layer["ContentUri"]) for logical_id, layer in resources[LAYER].items()}
    functions, routes = {}, []
    for logical_id, properties in resources[FUNCTION].items():
        functions[logical_id] = function = _read_function(logical_id, properties, layers, root)
        routes += _read_routes(function, properties.get("Events") or {}, api)
    least = api.get("MinimumCompressionSize")
    responses = api.get("GatewayResponses") or {}
    return Service(
        routes=tuple(sorted(routes, key=lambda route: (route.path.count("{"), route.method == "ANY"))),
        functions=functions,
        stage=str(api.get("StageName", "local")),
        binary_types=tuple(name.replace("~1", "/") for name in api.get("BinaryMediaTypes", [])),
        minimum_compression=None if least is None else _read_number("MinimumCompressionSize", least),
        gateway_responses={kind: _read_gateway_response(kind, response) for kind, response in responses.items()},
        buckets=resources[BUCKET],
        site_headers=_read_site_headers(resources[HEADERS_POLICY].values()),
    )


def _find_layer(content: Path) -> Path:
    """The folder that is /opt/python in the function: `python` in the layer's content, or what is built into it."""
    return (content / "python" if (content / "python").is_dir() else content).resolve()


def _read_function(logical_id: str, properties: Properties, layers: dict[str, Path], root: Path) -> Function:
    if "Handler" not in properties or not isinstance(properties.get("CodeUri"), str):
        raise TemplateError(f"{logical_id} needs a Handler and a CodeUri that is a folder")
    code = (root / properties["CodeUri"]).resolve()
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    environment = {name: _read_variable(value) for name, value in variables.items()}
    handler, runtime = properties["Handler"], properties.get("Runtime", "")
    for name, text in (("Handler", handler), ("Runtime", runtime), *environment.items()):
        if not (_is_text(name) and _is_text(text)):
            raise TemplateError(f"{name} of {logical_id} is not a text: {text!r}")
    return Function(
        name=code.name,
        logical_id=logical_id,
        handler=handler,
        runtime=runtime,
        code=code,
        layers=tuple(layers[name] for name in properties.get("Layers", []) if name in layers),
        timeout=_read_number(f"Timeout of {logical_id}", properties.get("Timeout", 3)),
        memory=_read_number(f"MemorySize of {logical_id}", properties.get("MemorySize", 128)),
        environment=environment,
        patterns=tuple(
            event["Properties"]["Pattern"]
            for event in (properties.get("Events") or {}).values()
            if event.get("Type") == "EventBridgeRule"
        ),
    )


def _read_number(name: str, value: Any) -> int:
    try:
        return int(value)
    except (OverflowError, TypeError, ValueError) as error:
        raise TemplateError(f"{name} is not a number: {value!r}") from error


def _is_text(value: Any) -> bool:
    """Whether it can be in a process's environment."""
    return isinstance(value, str) and "\0" not in value


def _read_variable(value: Any) -> str:
    """CloudFormation writes YAML's booleans as it writes JSON's."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_routes(function: Function, events: dict[str, Any], api: Properties) -> list[Route]:
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


def _read_gateway_response(kind: str, properties: Properties) -> GatewayResponse:
    templates = properties.get("ResponseTemplates") or {"application/json": '{"message":$context.error.messageString}'}
    content_type, body = next(iter(templates.items()))
    status = properties.get("StatusCode")
    return GatewayResponse(
        status=None if status is None else _read_number(f"StatusCode of {kind}", status),
        headers=(properties.get("ResponseParameters") or {}).get("Headers") or {},
        content_type=content_type,
        body=body,
    )


def _read_site_headers(policies: Iterable[Properties]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for policy in policies:
        configuration = policy["ResponseHeadersPolicyConfig"]
        if security := (configuration.get("SecurityHeadersConfig") or {}).get("ContentSecurityPolicy"):
            headers["Content-Security-Policy"] = security["ContentSecurityPolicy"]
        for item in (configuration.get("CustomHeadersConfig") or {}).get("Items", []):
            headers[item["Header"]] = item["Value"]
    return headers
