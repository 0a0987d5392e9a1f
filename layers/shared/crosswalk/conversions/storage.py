"""S3 as conversions see it: a client whose signatures hold, and objects of JSON."""

import json
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from crosswalk.settings import read_conversion_settings

ALREADY_THERE = {"PreconditionFailed", "ConditionalRequestConflict"}
"""What S3 answers to a write with `If-None-Match: *` when the object exists, or another write of it is under way."""


@cache
def create_client() -> Any:
    """A client for this region's S3, made once for each execution environment.

    botocore's default presigns by version 2 in older regions, which signs no length, and names a host that redirects
    requests to a new bucket.
    """
    return boto3.client(
        "s3",
        region_name=read_conversion_settings().aws_region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
            connect_timeout=3,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 4},
        ),
    )


def read_json(bucket: str, key: str) -> Any:
    """What an object holds."""
    return json.load(create_client().get_object(Bucket=bucket, Key=key)["Body"])


def write_json(bucket: str, key: str, content: object) -> None:
    """Write an object, or replace it."""
    create_client().put_object(Bucket=bucket, Key=key, Body=json.dumps(content), ContentType="application/json")


def claim_json(bucket: str, key: str, content: object) -> bool:
    """Write an object where there is none; returns whether it was this call that did."""
    body = json.dumps(content)
    try:
        create_client().put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] in ALREADY_THERE:
            return False
        raise
    return True


def list_objects(bucket: str, folder: str) -> dict[str, datetime]:
    """The names of a folder's objects, and when each was written."""
    prefix = f"{folder}/"
    found = create_client().list_objects_v2(Bucket=bucket, Prefix=prefix)
    return {one["Key"].removeprefix(prefix): one["LastModified"] for one in found.get("Contents", [])}
