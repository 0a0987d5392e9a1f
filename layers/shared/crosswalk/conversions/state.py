"""A conversion through the service's bucket. All there is to know of it stands in a folder that has its id as name:

ID/request    what is asked for, and until when the document may be uploaded
ID/document   the document, uploaded by the client
ID/started    until when the function that converts it may run
ID/result     the converted document
ID/outcome    how it ended

The id is 128 random bits. Whoever knows it may have the result, so it is never logged. S3 removes everything after
one to two days.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from botocore.exceptions import ClientError

from crosswalk.conversions.storage import (
    ABSENT,
    PATIENT,
    QUICK,
    claim_json,
    create_client,
    list_objects,
    read_json,
    report_outage,
    write_json,
)
from crosswalk.errors import ConversionFailed, ConversionNotFound
from crosswalk.settings import read_conversion_settings

REQUEST, DOCUMENT, STARTED, RESULT, OUTCOME = "request", "document", "started", "result", "outcome"
ID = re.compile(r"[0-9a-f]{32}")
ID_BYTES = 16
UPLOAD_TIME = timedelta(hours=1)
"""How long an upload may begin."""
LONGEST_UPLOAD = timedelta(hours=12)
"""How long it may take that began in time: 5 GiB at one megabit a second."""
DOWNLOAD_TIME = timedelta(hours=1)
DELIVERY_TIME = timedelta(hours=3)
"""By then EventBridge and Lambda, an hour each, have given up telling the function of a document."""

NOT_FOUND = "There is no such conversion, or its time is over."

Status = Literal["waiting", "converting", "done", "failed"]


@dataclass(frozen=True)
class Request:
    """What a client asks for. options: the converter's, `mapping` among them. size: of the document, in bytes."""

    to: Literal["xml", "json"]
    options: Mapping[str, Any]
    size: int


@dataclass(frozen=True)
class Invitation:
    """Where a conversion waits for its document. `upload` takes a PUT of exactly the bytes asked for."""

    id: str
    upload: str
    expires_at: datetime


@dataclass(frozen=True)
class Outcome:
    """How a conversion ended: with a problem document if it failed. bytes_in and bytes_out: sizes as converted."""

    mapping: str | None = None
    losses: list[str] | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    problem: dict[str, Any] | None = None


@dataclass(frozen=True)
class Conversion:
    """How far a conversion is. `result` is an address to read the result at, once it is done."""

    status: Status
    outcome: Outcome | None = None
    result: str | None = None


@report_outage()
def create_conversion(request: Request) -> Invitation:
    """Begin a conversion: what it waits for then is its document. Raises StorageUnavailable."""
    client, bucket = create_client(QUICK), read_conversion_settings().conversions_bucket
    conversion_id = secrets.token_hex(ID_BYTES)
    expires_at = datetime.now(UTC).replace(microsecond=0) + UPLOAD_TIME
    content = {**asdict(request), "expires_at": expires_at.isoformat()}
    write_json(client, bucket, f"{conversion_id}/{REQUEST}", content)
    upload = client.generate_presigned_url(
        "put_object",
        Params={"Bucket": bucket, "Key": f"{conversion_id}/{DOCUMENT}", "ContentLength": request.size},
        ExpiresIn=int(UPLOAD_TIME.total_seconds()),
    )
    return Invitation(conversion_id, upload, expires_at)


@contextmanager
def report_expiry() -> Iterator[None]:
    """Raise ConversionNotFound where S3 has removed an object that it had listed just before."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in ABSENT:
            raise
        raise ConversionNotFound(NOT_FOUND) from error


@report_outage()
@report_expiry()
def find_conversion(conversion_id: str) -> Conversion:
    """How far the conversion is.

    Raises ConversionNotFound, StorageUnavailable, or ConversionFailed where it ended without an outcome.
    """
    client, bucket = create_client(QUICK), read_conversion_settings().conversions_bucket
    objects = list_objects(client, bucket, conversion_id) if ID.fullmatch(conversion_id) else {}
    now = datetime.now(UTC)
    if REQUEST not in objects:
        raise ConversionNotFound(NOT_FOUND)
    if OUTCOME in objects:
        return describe_end(client, bucket, conversion_id)
    if STARTED in objects:
        if now > read_time(client, bucket, f"{conversion_id}/{STARTED}", "deadline"):
            raise ConversionFailed("The function that converted the document has not said how it ended.", code="lost")
        return Conversion("converting")
    if DOCUMENT in objects:
        if now > objects[DOCUMENT] + DELIVERY_TIME:
            raise ConversionFailed("No function heard of the document.", code="lost")
    elif now > read_time(client, bucket, f"{conversion_id}/{REQUEST}", "expires_at") + LONGEST_UPLOAD:
        raise ConversionFailed("No document was uploaded in time.", code="expired")
    return Conversion("waiting")


def read_outcome(client: Any, bucket: str, conversion_id: str) -> Outcome:
    """An outcome, of which a newer release may have told more than this one knows."""
    content = read_json(client, bucket, f"{conversion_id}/{OUTCOME}")
    return Outcome(**{one.name: content.get(one.name) for one in fields(Outcome)})


def describe_end(client: Any, bucket: str, conversion_id: str) -> Conversion:
    outcome = read_outcome(client, bucket, conversion_id)
    if outcome.problem:
        return Conversion("failed", outcome)
    result = client.generate_presigned_url(
        "get_object",
        Params={"Bucket": bucket, "Key": f"{conversion_id}/{RESULT}"},
        ExpiresIn=int(DOWNLOAD_TIME.total_seconds()),
    )
    return Conversion("done", outcome, result)


def find_request(conversion_id: str) -> Request | None:
    """What to convert the document to; None if there is nothing to do, because this was done or is being done."""
    client, bucket = create_client(PATIENT), read_conversion_settings().conversions_bucket
    objects = list_objects(client, bucket, conversion_id) if ID.fullmatch(conversion_id) else {}
    if REQUEST not in objects or OUTCOME in objects or STARTED in objects:
        return None
    content = read_json(client, bucket, f"{conversion_id}/{REQUEST}")
    return Request(content["to"], content["options"], content["size"])


def start_conversion(conversion_id: str, deadline: datetime) -> bool:
    """Whether the caller is to go on: an event may come twice, so only the first that says when it began does.

    deadline: by when the conversion has an outcome, if the function is not killed.
    """
    client, bucket = create_client(PATIENT), read_conversion_settings().conversions_bucket
    return claim_json(client, bucket, f"{conversion_id}/{STARTED}", {"deadline": deadline.isoformat()})


def finish_conversion(conversion_id: str, outcome: Outcome) -> None:
    """Say how the conversion ended; nothing changes after that, not even by a second outcome."""
    client, bucket = create_client(PATIENT), read_conversion_settings().conversions_bucket
    claim_json(client, bucket, f"{conversion_id}/{OUTCOME}", asdict(outcome))


def read_time(client: Any, bucket: str, key: str, name: str) -> datetime:
    return datetime.fromisoformat(read_json(client, bucket, key)[name])
