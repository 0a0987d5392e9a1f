"""Writes site/openapi.json: every route of template.yaml in one document, as the functions' routers describe it.

And site/api.html, the same for people to read.

python -m deploy.openapi
"""

import json
from collections.abc import Mapping
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from crosswalk.converter.mappings import TO_JSON, TO_XML, Converter
from crosswalk.http.problems import OPENAPI_SCHEMA
from deploy.api_page import write_page
from local.host.template import read_template

ROOT = Path(__file__).parent.parent
FILE = ROOT / "site" / "openapi.json"
PAGE = ROOT / "site" / "api.html"

VERSION = "1.0.0"
"""Of the contract, not of the code: semantic versioning, for those who call the service."""

DESCRIPTION = """\
Converts JSON to XML and XML to JSON, and keeps a small table of users.

A document is a request's body, as bytes, whatever its Content-Type; it may have 4 MiB, in and out. Every error is a \
problem document (RFC 9457). Every answer carries `X-Request-Id`. A parameter that is unknown, given twice or without \
a meaning for the mapping is refused."""

SIGNATURE = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "AWS Signature Version 4, for the service execute-api.",
    "x-amazon-apigateway-authtype": "awsSigv4",
}


def describe_service() -> dict[str, Any]:
    """The OpenAPI document; functions in the template's order."""
    service = read_template(ROOT / "template.yaml")
    app = FastAPI(title="Crosswalk", version=VERSION, description=DESCRIPTION)
    for name in dict.fromkeys(route.function.name for route in service.routes):
        router = import_module(f"functions.{name}.app").router
        app.include_router(router, generate_unique_id_function=lambda _, name=name: name)  # type: ignore[misc]
    document = app.openapi()
    describe_mappings(document, "/json2xml", TO_XML)
    describe_mappings(document, "/xml2json", TO_JSON)
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = OPENAPI_SCHEMA
    for route in service.routes:
        if route.signed:
            components["securitySchemes"] = {"signature": SIGNATURE}
            document["paths"][route.path][route.method.lower()]["security"] = [{"signature": []}]
    return document


def describe_mappings(document: dict[str, Any], path: str, converters: Mapping[str, Converter]) -> None:
    """Say of each option which mappings take it, which OpenAPI has no words for: `"x-mappings": ["natural"]`."""
    for parameter in document["paths"][path]["post"]["parameters"]:
        takers = [
            mapping for mapping, convert in converters.items() if parameter["name"] in signature(convert).parameters
        ]
        if takers:
            parameter["x-mappings"] = takers


def write_document() -> str:
    return json.dumps(describe_service(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(write_document(), encoding="utf-8")
    PAGE.write_text(write_page(describe_service(), ROOT / "events"), encoding="utf-8")
