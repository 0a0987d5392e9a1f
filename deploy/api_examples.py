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
from crosswalk.http.documents import LARGER, LIMIT
from crosswalk.http.problems import PROBLEM_TYPE, answer_error

Schema = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """An example of a request."""

    path: str
    query: dict[str, str]
    body: str | None = None


CONVERTERS: dict[str, Callable[..., bytes]] = {"json_to_xml": json_to_xml, "xml_to_json": xml_to_json}

CALLS = {
    "json_to_xml": Call("/json2xml", {"mapping": "natural"}, '{"book": {"@id": "7", "author": ["Ada", "Zoë"]}}'),
    "xml_to_json": Call("/xml2json", {}, '<book id="7"><author>Ada</author><author>Zoë</author></book>'),
}
"""For the other routes the sample events are examples."""

REFUSED = {
    ("json_to_xml", "400"): Call("/json2xml", {}, "[1, 2,]"),
    ("json_to_xml", "422"): Call("/json2xml", {"mapping": "natural"}, '{"no name": 1}'),
    ("xml_to_json", "400"): Call("/xml2json", {}, "<a><b></a>"),
    ("xml_to_json", "422"): Call("/xml2json", {"mapping": "item"}, '<ITEM type="text" />'),
}
"""Requests that the converter refuses, by operation and status."""

ERRORS: dict[str | tuple[str, str], errors.CrosswalkError] = {
    ("create_conversion", "413"): errors.DocumentTooLarge(
        "A document may have 5368709120 bytes. `python -m crosswalk` converts larger ones on a machine of your own.",
        limit=5368709120,
    ),
    ("get_conversion", "404"): errors.ConversionNotFound("There is no such conversion, or its time is over."),
    ("create_conversion", "503"): errors.StorageUnavailable("The storage of documents is away.", retry_after=5),
    ("get_conversion", "503"): errors.StorageUnavailable("The storage of documents is away.", retry_after=5),
    "400": errors.InvalidParameter("The parameter colour: there is no such parameter here.", parameter="colour"),
    "404": errors.UserNotFound("No user has this email."),
    "413": errors.DocumentTooLarge(
        f"A document may have {LIMIT} bytes; this one has {LIMIT + 1}. {LARGER}", limit=LIMIT
    ),
    "503": errors.DatabaseUnavailable("The database is away.", retry_after=5),
}
"""What the other routes answer, by operation and status, or else by status."""

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
    "id": "0123456789abcdef0123456789abcdef",
    "upload": "https://...",
    "expires_at": "2026-11-24T10:00:00Z",
}
"""What the members of answers may hold."""

ANSWERS = {
    "get_conversion": {
        "id": SAMPLES["id"],
        "status": "done",
        "mapping": "item",
        "losses": [],
        "bytes_in": 37,
        "bytes_out": 132,
        "result": "https://...",
    }
}
"""Where samples of all members would make no sense."""


def find_call(operation: str, events: Path) -> Call:
    """The example of a request, from CALLS or else from the operation's sample event."""
    if operation in CALLS:
        return CALLS[operation]
    event = json.loads((events / f"{operation}.json").read_text())
    body = event["body"]
    decoded = base64.b64decode(body).decode() if body and event["isBase64Encoded"] else body
    return Call(event["path"], event["queryStringParameters"] or {}, decoded)


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
    example = ANSWERS.get(operation) or make_sample("", content.get("schema", {}), schemas)
    return json.dumps(example, ensure_ascii=False)


def write_problem(operation: str, status: str) -> str:
    if status == "default":
        return json.dumps(THROTTLED)
    refused = REFUSED.get((operation, status))
    error = provoke(operation, refused) if refused else ERRORS.get((operation, status)) or ERRORS[status]
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
    if "const" in schema:
        return schema["const"]
    return schema.get("enum", [{"integer": 0, "boolean": True}.get(schema.get("type", ""), "")])[0]
