"""S3 in moto, with a bucket for conversions."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from crosswalk.conversions.storage import create_client
from crosswalk.settings import read_conversion_settings, read_storage_settings
from local.storage import describe_object

BUCKET = "crosswalk-conversions"
REGION = "eu-central-1"


class Bucket:
    """The bucket, as a client who has the addresses, and as an operator who may look at everything."""

    def __init__(self, name: str = BUCKET) -> None:
        self.name = name
        self.client = boto3.client("s3", region_name=REGION)
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(self, key: str, body: bytes) -> dict[str, Any]:
        """Upload an object; returns EventBridge's event of it."""
        etag = self.client.put_object(Bucket=self.name, Key=key, Body=body)["ETag"].strip('"')
        return describe_object(self.name, key, etag, len(body))

    def put_json(self, key: str, **changes: Any) -> None:
        """Change members of an object of JSON."""
        self.client.put_object(Bucket=self.name, Key=key, Body=json.dumps({**self.get_json(key), **changes}))

    def get(self, key: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def get_json(self, key: str) -> Any:
        return json.loads(self.get(key))

    def empty(self) -> None:
        for key in self.list_keys():
            self.client.delete_object(Bucket=self.name, Key=key)

    def list_keys(self) -> set[str]:
        return {one["Key"] for one in self.client.list_objects_v2(Bucket=self.name).get("Contents", [])}

    def list_names(self) -> set[str]:
        """The names of all objects, without their folders."""
        return {key.rpartition("/")[2] for key in self.list_keys()}

    def list_unfinished(self) -> list[str]:
        """The keys of uploads that are neither completed nor given up."""
        found = self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])
        return [upload["Key"] for upload in found]


@contextmanager
def use_bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket in moto, which the functions' variables name."""
    name_bucket(monkeypatch)
    with mock_aws():
        forget_settings()
        yield Bucket()
    forget_settings()


def name_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the functions' variables, wherever the bucket may be."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "CONVERSIONS_BUCKET": BUCKET,
    }.items():
        monkeypatch.setenv(name, value)


def forget_settings() -> None:
    """What the functions read and make once for each execution environment."""
    read_conversion_settings.cache_clear()
    read_storage_settings.cache_clear()
    create_client.cache_clear()


def lose_answer(monkeypatch: pytest.MonkeyPatch, method: str, end: str, times: int = 1) -> None:
    """S3 does what the first such requests ask, and its answers are lost, so that botocore asks once more."""
    answer = BotocoreStubber.__call__
    lost: list[str] = []

    def answer_or_lose(stubber: BotocoreStubber, event_name: str, request: Any, **rest: Any) -> Any:
        answered = answer(stubber, event_name, request, **rest)
        if request.method == method and request.url.partition("?")[0].endswith(end) and len(lost) < times:
            lost.append(request.url)
            raise ConnectionClosedError(endpoint_url=request.url)
        return answered

    monkeypatch.setattr(BotocoreStubber, "__call__", answer_or_lose)


def find_id(key: str) -> str:
    """The id in a key."""
    (conversion_id,) = re.findall("[0-9a-f]{32}", key)
    return str(conversion_id)
