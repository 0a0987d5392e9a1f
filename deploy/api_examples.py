"""Examples for the API page: a request for each route, what it answers, and what each problem looks like.

What the converter answers is asked of the converter itself, so that the page says what the service says.
"""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request

from crosswalk import errors
from crosswalk.converter import json_to_xml, xml_to_json
from crosswalk.http.problems import PROBLEM_TYPE, answer_error

Schema = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """An example of a request: its query and its body."""

    query: dict[str, str]
    body: str | None = None


CONVERTERS: dict[str, Callable[..., bytes]] = {"json_to_xml": json_to_xml, "xml_to_json": xml_to_json}

CALLS = {
    "json_to_xml": Call({"mapping": "natural"}, '{"book": {"@id": "7", "author": ["Ada", "Zoë"]}}'),
    "xml_to_json": Call({}, '<book id="7"><author>Ada</author><author>Zoë</author></book>'),
}
"""For the other routes the sample events are examples."""

REFUSED = {
    ("json_to_xml", "400"): Call({}, "[1, 2,]"),
    ("json_to_xml", "422"): Call({"mapping": "natural"}, '{"no name": 1}'),
    ("xml_to_json", "400"): Call({}, "<a><b></a>"),
    ("xml_to_json", "422"): Call({"mapping": "item"}, '<ITEM type="text" />'),
}
"""Requests that the converter refuses, by operation and status."""

ERRORS: dict[str, errors.CrosswalkError] = {
    "400": errors.InvalidParameter("The parameter colour: there is no such parameter here.", parameter="colour"),
    "404": errors.UserNotFound("No user has this email."),
    "413": errors.DocumentTooLarge("A document may have 4194304 bytes; this one has 4194305.", limit=4194304),
    "503": errors.DatabaseUnavailable("The database is away; try again in 5 seconds.", retry_after=5),
}
"""What the other routes answer, by status."""

THROTTLED = {
    "type": f"{PROBLEM_TYPE}throttled",
    "title": "Too Many Requests",
    "status": 429,
    "detail": "More requests per second than this route allows: wait a second and try again.",
}
"""API Gateway's own, as the template words it: the example of any other problem."""

SAMPLES: dict[str, Any] = {
    "email": "ada@example.org",
    "text": "first programmer",
    "created_at": "2026-11-24T09:00:00Z",
    "updated_at": "2026-11-24T09:00:00Z",
    "next": None,
    "version": "1.0.0",
}
"""What the members of answers may hold."""


def find_call(operation: str, events: Path) -> Call:
    """The example of a request, from CALLS or else from the operation's sample event."""
    if operation in CALLS:
        return CALLS[operation]
    event = json.loads((events / f"{operation}.json").read_text())
    body = event["body"]
    decoded = base64.b64decode(body).decode() if body and event["isBase64Encoded"] else body
    return Call(event["queryStringParameters"] or {}, decoded)


def write_answer(operation: str, status: str, answer: Schema, schemas: Schema) -> str:
    """What an answer of the OpenAPI document may look like; nothing, if it has no body."""
    media = answer.get("content", {})
    if "application/problem+json" in media:
        return write_problem(operation, status)
    if not media:
        return ""
    if operation in CONVERTERS:
        call = CALLS[operation]
        return CONVERTERS[operation]((call.body or "").encode(), **call.query).decode()
    [content] = media.values()
    return json.dumps(make_sample("", content.get("schema", {}), schemas), ensure_ascii=False)


def write_problem(operation: str, status: str) -> str:
    if status == "default":
        return json.dumps(THROTTLED)
    error = provoke(operation, REFUSED[operation, status]) if (operation, status) in REFUSED else ERRORS[status]
    answer = asyncio.run(answer_error(Request({"type": "http"}), error))
    return json.dumps(json.loads(bytes(answer.body)), ensure_ascii=False)


def provoke(operation: str, call: Call) -> errors.CrosswalkError:
    """The error of a conversion that fails."""
    try:
        CONVERTERS[operation]((call.body or "").encode(), **call.query)
    except errors.CrosswalkError as error:
        return error
    raise AssertionError(f"{operation} takes {call}")


def make_sample(name: str, schema: Schema, schemas: Schema) -> Any:
    """A value that a schema describes; `name` is that of the member that holds it."""
    if name in SAMPLES:
        return SAMPLES[name]
    if "$ref" in schema:
        return make_sample(name, schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if schema.get("type") == "array":
        return [make_sample("", schema["items"], schemas)]
    if "properties" in schema:
        return {member: make_sample(member, of, schemas) for member, of in schema["properties"].items()}
    return schema.get("enum", [{"integer": 0, "boolean": True}.get(schema.get("type", ""), "")])[0]
