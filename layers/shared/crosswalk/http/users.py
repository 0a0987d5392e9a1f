"""Users over HTTP: which user a request means, and answers that spare a client what it already has.

Conditional reads are RFC 9110's (sections 8.8.3 and 13.1.2). The ETag is weak: API Gateway may compress the answer.
"""

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

CACHE_CONTROL = "private, no-cache"  # nobody else's cache, and one's own only after asking


class UserQuery(BaseModel):
    """The query of all that concerns one user."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(
        description="The user's email; compares without case.",
        examples=["ada@example.org"],
        json_schema_extra={"format": "email"},
    )


def encode(content: Any) -> bytes:
    """The JSON of a dataclass, dates in ISO 8601."""
    return _describe(content.__class__).dump_json(content)


@cache  # a page takes three times as long where each value is asked for its type
def _describe(kind: type) -> TypeAdapter[object]:
    return TypeAdapter(kind)


def answer_json(content: object, status: int = 200) -> Response:
    """The content as JSON."""
    return Response(encode(content), status, media_type="application/json")


def answer_read(request: Request, content: object, headers: Mapping[str, str] | None = None) -> Response:
    """200 with the content and its ETag, or 304 when the request's If-None-Match knows it."""
    body = encode(content)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    sent = {"ETag": f"W/{etag}", "Cache-Control": CACHE_CONTROL, **(headers or {})}
    if knows(request.headers.get("If-None-Match", ""), etag):
        return Response(status_code=304, headers=sent)
    return Response(body, headers=sent, media_type="application/json")


def knows(if_none_match: str, etag: str) -> bool:
    """Whether the header lists the entity tag, weak or strong, or any by `*`."""
    return if_none_match.strip() == "*" or etag in re.findall(r'"[^"]*"', if_none_match)
