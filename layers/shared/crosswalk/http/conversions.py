"""Conversions through S3 over HTTP: their options, and answers that nobody keeps."""

from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any, Literal

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import to_json

from crosswalk.converter import convert_stream
from crosswalk.errors import DocumentError
from crosswalk.http.options import JsonToXmlOptions, XmlToJsonOptions

OPTIONS: Mapping[str, type[JsonToXmlOptions] | type[XmlToJsonOptions]] = {
    "xml": JsonToXmlOptions,
    "json": XmlToJsonOptions,
}
CACHE_CONTROL = "no-store"  # the addresses in an answer are as good as keys


def choose_options(to: Literal["xml", "json"], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options in a query, as the converter takes them. Raises for one that is unknown or does not apply."""
    try:
        options = OPTIONS[to].model_validate(given).choose()
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("query", *one["loc"])} for one in error.errors()]) from error
    check_options(to, **options)
    return options


def check_options(to: str, **options: Any) -> None:
    """Raises InvalidParameter now rather than after an upload of an hour: the converter looks at its options first.

    Not by `auto`, which looks at the document before: whatever options it takes are `natural`'s.
    """
    if to == "json" and options.get("mapping", "auto") == "auto":
        options["mapping"] = "natural"
    with suppress(DocumentError):  # an empty document is malformed
        convert_stream(BytesIO(), BytesIO(), to=to, **options)


def describe_options() -> list[dict[str, Any]]:
    """The options of both directions as OpenAPI's parameters."""
    described: dict[str, list[dict[str, Any]]] = {}
    for to, model in OPTIONS.items():
        for name, schema in model.model_json_schema()["properties"].items():
            schema["description"] = f"to={to}: {schema['description']}"
            described.setdefault(name, []).append(schema)
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": " ".join(schema.pop("description") for schema in schemas),
            "schema": schemas[0] if len(schemas) == 1 or schemas[0] == schemas[1] else {"anyOf": schemas},
        }
        for name, schemas in described.items()
    ]


def answer_conversion(
    content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The content as JSON, dates in ISO 8601; what is None is left out."""
    body = to_json({name: value for name, value in content.items() if value is not None})
    sent = {"Cache-Control": CACHE_CONTROL, **(headers or {})}
    return Response(body, status, sent, "application/json")
