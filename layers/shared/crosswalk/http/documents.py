"""Receives a document over HTTP and sends the converted one back, within Lambda's size limits."""

import zlib
from time import perf_counter
from typing import Any

from fastapi import Request, Response

from crosswalk.converter import Conversion
from crosswalk.errors import DocumentTooLarge
from crosswalk.telemetry import MetricUnit, metrics

MEBIBYTE = 1024 * 1024
LIMIT = 4 * MEBIBYTE
"""Bytes of a document, in and out. As base64 within an event it stays below Lambda's 6 MB with room for the rest."""
LARGER = "POST /conversions takes up to 5 GiB."


def describe_document(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """The answer with the converted document, for OpenAPI: part of a route's `responses`."""
    headers = {
        "Crosswalk-Mapping": {"schema": {"type": "string"}, "description": "The mapping that was used."},
        "Crosswalk-Loss": {"schema": {"type": "string"}, "description": "What the result does not carry, in words."},
    }
    return {
        200: {
            "description": "The converted document",
            "headers": headers,
            "content": {media_type: {} for media_type in media_types},
        }
    }


async def receive_document(request: Request) -> bytes:
    """The request's body; raises DocumentTooLarge above the limit."""
    document = await request.body()
    if len(document) > LIMIT:
        detail = f"A document may have {LIMIT} bytes; this one has {len(document)}. {LARGER}"
        raise DocumentTooLarge(detail, limit=LIMIT)
    return document


def record_conversion(direction: str, document: bytes, conversion: Conversion, started: float) -> None:
    """The document's sizes and time, by direction and mapping. `started`: of perf_counter, in seconds.

    An endpoint does this last: the dimensions hold for all metrics of the invocation, and under them no alarm
    would find an unexpected error.
    """
    metrics.add_dimension("direction", direction)
    metrics.add_dimension("mapping", conversion.mapping)
    metrics.add_metric("BytesIn", MetricUnit.Bytes, len(document))
    metrics.add_metric("BytesOut", MetricUnit.Bytes, len(conversion.document))
    metrics.add_metric("Duration", MetricUnit.Milliseconds, (perf_counter() - started) * 1000)


def answer_document(request: Request, conversion: Conversion, media_type: str) -> Response:
    """The converted document, its mapping and its losses; raises DocumentTooLarge if not even gzip helps."""
    headers = {"Crosswalk-Mapping": conversion.mapping, "Vary": "Accept-Encoding"}
    if conversion.losses:
        headers["Crosswalk-Loss"] = ", ".join(conversion.losses)
    body = conversion.document
    if len(body) > LIMIT and accepts_gzip(request.headers.get("Accept-Encoding", "")):
        body = compress(body)
        headers["Content-Encoding"] = "gzip"
    if len(body) > LIMIT:
        detail = f"The converted document would have more than {LIMIT} bytes as sent, the limit. {LARGER}"
        raise DocumentTooLarge(detail, limit=LIMIT)
    return Response(body, headers=headers, media_type=media_type)


def compress(body: bytes) -> bytes:
    """In gzip; where that is above the limit, too, only some of it.

    At a level that is never slow: some documents of 64 MiB would take others 13 seconds.
    """
    packer, packed = zlib.compressobj(level=4, wbits=16 + zlib.MAX_WBITS), b""
    for start in range(0, len(body), MEBIBYTE):
        packed += packer.compress(body[start : start + MEBIBYTE])
        if len(packed) > LIMIT:
            return packed
    return packed + packer.flush()


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header (RFC 9110, section 12.5.3) takes gzip; without the header: no."""
    weights = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        name, _, weight = parameter.partition("=")
        weights[coding.strip()] = weight.strip() if name.strip() == "q" else "1"
    return weights.get("gzip", weights.get("*", "0")).strip("0.") != ""
