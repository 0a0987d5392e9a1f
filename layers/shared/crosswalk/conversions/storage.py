"""S3 as conversions see it: a client whose signatures hold, and objects of JSON."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from secrets import token_hex
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from crosswalk.errors import StorageUnavailable
from crosswalk.settings import read_storage_settings

TAKEN, CONFLICT = "PreconditionFailed", "ConditionalRequestConflict"
ALREADY_THERE = {TAKEN, CONFLICT}
"""What S3 answers to a write with `If-None-Match: *` when the object exists, or another write of it is under way."""

PASSING = {
    "InternalError",
    "OperationAborted",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
}
"""What S3 calls errors that may pass, not all of them with a status of 500 or more."""

CONFLICT_PAUSE = 0.5
"""Seconds before a write that met another one is tried again."""

CLAIM = "claim"
"""The name of a member, or of a header, that tells who wrote an object."""

ABSENT = {"NoSuchKey", "404"}
"""What S3 answers to a read when there is no such object; to a HEAD it cannot say more than the status."""


@dataclass(frozen=True)
class Patience:
    """How long a client waits: seconds for a connection, and seconds for what comes next over it, in each attempt."""

    connect: float
    read: float
    attempts: int


QUICK = Patience(connect=1, read=2, attempts=2)
"""A route's, whose client waits. The first attempt may meet a connection that died while the environment was frozen."""
PATIENT = Patience(connect=2, read=8, attempts=4)
"""An operation's, for which nobody waits, but which must end before it is killed: `transfer.RESERVE` rests on it. While
S3 puts a large result together, it sends white space to keep the connection from timing out."""


@cache
def create_client(patience: Patience) -> Any:
    """A client for this region's S3, made once for each execution environment.

    botocore's default presigns by version 2 in older regions, which signs no length, and names a host that redirects
    requests to a new bucket.
    """
    return boto3.client(
        "s3",
        region_name=read_storage_settings().aws_region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
            connect_timeout=patience.connect,
            read_timeout=patience.read,
            retries={"mode": "standard", "total_max_attempts": patience.attempts},
        ),
    )


RETRY_AFTER = 5
"""Seconds for a client to wait: all attempts have failed by then."""


@contextmanager
def report_outage() -> Iterator[None]:
    """Raise StorageUnavailable where S3 cannot be reached, or answers what may pass."""
    try:
        yield
    except (NoConnection, HTTPClientError, ClientError) as error:
        if isinstance(error, ClientError) and not is_passing(error):
            raise
        raise StorageUnavailable("The storage of documents is away.", retry_after=RETRY_AFTER) from error


def is_passing(error: ClientError) -> bool:
    """Whether what S3 answered may pass. To a HEAD it cannot say more than the status."""
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return code in PASSING or status >= 500


@dataclass(frozen=True)
class Found:
    """What S3 tells of an object."""

    etag: str
    size: int
    metadata: Mapping[str, str]


def find_object(bucket: str, key: str) -> Found | None:
    """What S3 tells of the object, if there is one."""
    try:
        head = create_client(PATIENT).head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return None
        raise
    return Found(head["ETag"].strip('"'), head["ContentLength"], head["Metadata"])


def read_json(client: Any, bucket: str, key: str) -> Any:
    """What an object holds."""
    return json.load(client.get_object(Bucket=bucket, Key=key)["Body"])


def write_json(client: Any, bucket: str, key: str, content: object) -> None:
    """Write an object, or replace it."""
    client.put_object(Bucket=bucket, Key=key, Body=json.dumps(content), ContentType="application/json")


def claim_json(client: Any, bucket: str, key: str, content: Mapping[str, Any]) -> bool:
    """Write an object where there is none; returns whether it was this call that did.

    Where S3's answer is lost, botocore writes again and is told that the object exists: its claim tells whose it is.
    """
    claim = create_claim()
    body = json.dumps({**content, CLAIM: claim})
    try:
        write_new(client, bucket, key, body)
    except ClientError as error:
        if error.response["Error"]["Code"] != TAKEN:
            raise
        return bool(read_json(client, bucket, key).get(CLAIM) == claim)
    return True


def write_new(client: Any, bucket: str, key: str, body: str, attempts: int = 4) -> None:
    """Write an object of JSON where there is none; again after a conflict, in which S3 wrote nothing.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, at If-None-Match
    """
    try:
        client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] != CONFLICT or attempts == 1:
            raise
        time.sleep(CONFLICT_PAUSE)
        write_new(client, bucket, key, body, attempts - 1)


def create_claim() -> str:
    """What nobody else writes into an object."""
    return token_hex(16)


def list_objects(client: Any, bucket: str, folder: str) -> dict[str, datetime]:
    """The names of a folder's objects, and when each was written."""
    prefix = f"{folder}/"
    found = client.list_objects_v2(Bucket=bucket, Prefix=prefix)
    contents = found["Contents"] if found["KeyCount"] else []  # an answer that was cut short does not count as none
    return {one["Key"].removeprefix(prefix): one["LastModified"] for one in contents}
