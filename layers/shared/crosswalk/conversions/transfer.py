"""Converts one object in S3 into another as a stream, whatever its size, and leaves a whole result or none."""

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedIOBase
from typing import Any, BinaryIO, Literal, cast

from botocore.exceptions import BotoCoreError, ClientError
from smart_open import s3

from crosswalk.conversions.storage import (
    ABSENT,
    ALREADY_THERE,
    CLAIM,
    PATIENT,
    create_claim,
    create_client,
    find_object,
)
from crosswalk.converter import Summary, convert_stream
from crosswalk.converter.xml.escaping import UNCARRIABLE
from crosswalk.errors import ConversionFailed, DocumentTooLarge

PART = 16 * 1024**2
"""Bytes of each part of a result: S3 takes 10,000 parts, and one is held in memory."""
RANGE = 32 * 1024**2
"""Bytes that are asked for at a time: S3 closes a connection from which nobody reads for a while."""
NAME_LIMIT = 1024
"""Bytes of an object's name in S3."""

RESERVE = 90.0
"""Seconds before a function's time-out at which it stops: the piece at hand is converted and written by then, or not.

A read that S3 does not answer is given up after 32 seconds, as measured; where S3 falls silent in the midst of a body,
after 41, and where it begins to answer five times and never goes on, after 71. If it is silent for good, giving up the
result takes 32 more."""
RATE = 10_000_000
"""Bytes that are converted in a second, more or less: docs/benchmarks.md has what each mapping took. `natural` with
`lines` is the slowest that streams, and may still run out of time."""
TIME_LIMIT = 12 * 60 * RATE
MEMORY_PER_BYTE = 70
"""Bytes of memory that a byte of a document takes, in a mapping that needs the whole of it. The worst that was found, a
list of digits, took 63. So half of 1769 MB are enough for 13 MB."""
COMMAND_LINE = "convert it on a machine of your own, by `python -m crosswalk`."

# smart_open's messages hold keys, and a key may hold a conversion's id.
logging.getLogger("smart_open").setLevel(logging.CRITICAL + 1)
s3.RETRY.attempts, s3.RETRY.sleep_seconds = 3, 1  # botocore has tried four times before that


@dataclass(frozen=True)
class S3Object:
    """An object in S3, by its name."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Limits:
    """What a conversion may take.

    stop_at: when to stop, in seconds of `time.monotonic`.
    whole: bytes that a document may have in a mapping that needs the whole of it.
    """

    stop_at: float
    whole: int

    @classmethod
    def of_invocation(cls, milliseconds: int, megabytes: int) -> "Limits":
        """Of a function that has so much time left, and so much memory."""
        return cls(time.monotonic() + milliseconds / 1000 - RESERVE, megabytes * 1024**2 // 2 // MEMORY_PER_BYTE)


@dataclass(frozen=True)
class Format:
    """What a result is in: the end of its name, and its media type."""

    suffix: str
    media_type: str


XML = Format(".xml", "application/xml")
JSON = Format(".json", "application/json")
JSON_LINES = Format(".jsonl", "application/jsonl")


def choose_format(to: str, options: Mapping[str, Any]) -> Format:
    """The format of what a conversion with these options writes."""
    if to == "xml":
        return XML
    return JSON_LINES if options.get("lines") else JSON


def describe_origin(etag: str, to: str, options: Mapping[str, Any]) -> dict[str, str]:
    """Metadata of a result: what it was made of, and how. Who finds it need not make it again."""
    how = json.dumps([to, options], sort_keys=True)
    return {"source-etag": etag, "conversion": sha256(how.encode()).hexdigest()[:32]}


def check_name(result: S3Object) -> None:
    """Raises ConversionFailed for a name that is too long for S3, or that its answers, which are XML, cannot hold."""
    if UNCARRIABLE.search(result.key):
        raise ConversionFailed("The result's name would hold a character that XML does not have.", code="odd-name")
    size = len(result.key.encode())
    if size > NAME_LIMIT:
        raise ConversionFailed(f"The result's name would have {size} bytes; S3 takes {NAME_LIMIT}.", code="long-name")


def check_size(size: int) -> None:
    """Raises DocumentTooLarge for a document that would take longer than a function may run."""
    if size > TIME_LIMIT:
        detail = f"A document may have {TIME_LIMIT} bytes here, this one has {size}: {COMMAND_LINE}"
        raise DocumentTooLarge(detail, limit=TIME_LIMIT)


def convert_object(
    document: S3Object,
    etag: str,
    result: S3Object,
    to: Literal["xml", "json"],
    options: Mapping[str, Any],
    limits: Limits,
    properties: Mapping[str, Any] | None = None,
) -> Summary:
    """Convert the document that has this ETag. The result appears when it is complete, and never replaces anything.

    options: the converter's, `mapping` among them. properties: of the result, as CreateMultipartUpload takes them.
    Raises what the converter raises, or ConversionFailed, with nothing left behind. Errors of S3 itself are
    botocore's, OSError or ValueError.
    """
    described = {"ContentType": choose_format(to, options).media_type, **(properties or {})}
    with read_object(document, etag) as source, write_object(result, described) as target:
        reader = cast(BinaryIO, DocumentReader(source, limits))
        return convert_stream(reader, target, to=to, whole_limit=limits.whole, **options)


class DocumentReader:
    """A document as the converter reads it, as long as there is time."""

    def __init__(self, source: BinaryIO, limits: Limits) -> None:
        self._source = source
        self._limits = limits

    def read(self, size: int = -1, /) -> bytes:
        """Raises ConversionFailed when time ends, or when the document is no longer there."""
        if time.monotonic() > self._limits.stop_at:
            raise ConversionFailed(
                f"The document takes longer than a function may run: {COMMAND_LINE}", code="too-slow"
            )
        with explained_errors():
            return self._source.read(size)

    def seekable(self) -> bool:
        return False


@contextmanager
def read_object(document: S3Object, etag: str) -> Iterator[BinaryIO]:
    """The document as a file. Every request names the ETag: what took its place meanwhile would be mixed with it."""
    condition = {"S3.Client.get_object": {"IfMatch": f'"{etag}"'}}
    with explained_errors():
        source = s3.open(
            document.bucket,
            document.key,
            "rb",
            client=create_client(PATIENT),
            client_kwargs=condition,
            range_chunk_size=RANGE,
        )
    with source:
        yield cast(BinaryIO, source)


@contextmanager
def write_object(result: S3Object, properties: Mapping[str, Any]) -> Iterator[BinaryIO]:
    """The result as a file, an upload in parts that is completed at the end, or given up if anything is raised."""
    claim = create_claim()
    described = {**properties, "Metadata": {**properties.get("Metadata", {}), CLAIM: claim}}
    target = s3.open(
        result.bucket,
        result.key,
        "wb",
        client=create_client(PATIENT),
        client_kwargs={
            "S3.Client.create_multipart_upload": described,
            "S3.Client.complete_multipart_upload": {"IfNoneMatch": "*"},
            "S3.Client.put_object": {**described, "IfNoneMatch": "*"},  # how an empty one is written
        },
        min_part_size=PART,
    )
    try:
        yield cast(BinaryIO, target)
        close(target, result, claim)
    except BaseException:
        with suppress(BotoCoreError, ClientError):  # what is left then, the bucket's own rule removes
            cast(s3.MultipartWriter, target).terminate()
        raise


def close(target: BufferedIOBase, result: S3Object, claim: str) -> None:
    """Complete the upload. Raises ConversionFailed where another object has the result's name.

    It may have succeeded all the same: where S3's answer is lost, botocore asks once more, which cannot be done twice.
    """
    try:
        target.close()
    except (BotoCoreError, ClientError, OSError) as error:
        found = find_object(result.bucket, result.key)
        if found and found.metadata.get(CLAIM) == claim:
            return
        if found and isinstance(error, ClientError) and error.response["Error"]["Code"] in ALREADY_THERE:
            raise ConversionFailed("Another object has the result's name.", code="exists") from error
        raise


@contextmanager
def explained_errors() -> Iterator[None]:
    """Raises ConversionFailed for the errors of S3 that say something of the document."""
    try:
        yield
    except OSError as error:
        response = getattr(getattr(error, "backend_error", None), "response", {})
        code = response.get("Error", {}).get("Code")
        if code == "PreconditionFailed":
            raise ConversionFailed("Another document took its place while it was read.", code="replaced") from error
        if code in ABSENT:
            raise ConversionFailed("The document was removed while it was read.", code="vanished") from error
        if code == "InvalidObjectState":
            raise ConversionFailed("The document is archived, and must be restored first.", code="archived") from error
        raise
