"""S3 on this machine: the template's buckets with their rules, and whom it tells of new objects."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from local.host.environment import Log
from local.host.template import read_template
from local.storage import Storage, describe_object, wants
from tests.running import ROOT

SERVICE = read_template(ROOT / "template.yaml")
FUNCTIONS = {function.name: function for function in SERVICE.functions.values()}
CONVERT = FUNCTIONS["convert_upload"]


def run(test: Callable[[Storage, Any], Awaitable[None]], log: Log = lambda source, line: None) -> None:
    """Run a test with the template's buckets, and a client of them."""

    async def main() -> None:
        storage = Storage(lambda: SERVICE.buckets, log)
        try:
            variables = await storage.provide(CONVERT)
            client = boto3.client(
                "s3",
                endpoint_url=variables["AWS_ENDPOINT_URL_S3"],
                region_name="us-east-1",
                aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
                config=Config(signature_version="s3v4"),
            )
            await test(storage, client)
        finally:
            await storage.stop()

    asyncio.run(main())


def test_the_templates_buckets_are_there_with_their_rules_for_pages() -> None:
    async def look(_: Storage, client: Any) -> None:
        (cors,) = client.get_bucket_cors(Bucket="ConversionsBucket")["CORSRules"]
        assert cors == {
            "AllowedOrigins": ["*"],
            "AllowedMethods": ["GET", "PUT"],
            "AllowedHeaders": ["content-type"],
            "MaxAgeSeconds": 3600,
        }

    run(look)


@pytest.mark.parametrize(
    "target",
    [
        "ConversionsBucket?list-type=2",
        "ConversionsBucket/one/document",
        "ConversionsBucket/one/document?X-Amz-Credential=local&X-Amz-Signature=guessed",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_a_page_that_has_been_given_no_address_reaches_no_document(method: str, target: str) -> None:
    async def pry(storage: Storage, client: Any) -> None:
        client.put_object(Bucket="ConversionsBucket", Key="one/document", Body=b"secret")
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
        address = f"{storage.address}/{target}"
        answer = await asyncio.to_thread(httpx.request, method, address, content=b"", headers=headers)
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert client.get_object(Bucket="ConversionsBucket", Key="one/document")["Body"].read() == b"secret"

    run(pry)


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_a_document_is_kept_whatever_the_client_calls_it(media_type: str) -> None:
    async def put(_: Storage, client: Any) -> None:
        place = {"Bucket": "ConversionsBucket", "Key": "one/document"}
        address = client.generate_presigned_url("put_object", Params=place)
        headers = {"Content-Type": media_type}
        answer = await asyncio.to_thread(httpx.put, address, content=b'{"a":1}', headers=headers)
        assert answer.status_code == 200
        assert client.get_object(**place)["Body"].read() == b'{"a":1}'

    run(put)


def test_a_function_that_needs_no_s3_hears_nothing_of_it() -> None:
    async def ask() -> None:
        storage = Storage(lambda: SERVICE.buckets, lambda source, line: pytest.fail(line))
        assert await storage.provide(FUNCTIONS["json_to_xml"]) == {}
        await storage.stop()

    asyncio.run(ask())


def test_a_start_that_fails_is_tried_again_when_s3_is_next_asked_for() -> None:
    found = iter([{"ConversionsBucket": {"CorsConfiguration": {"CorsRules": None}}}, SERVICE.buckets])
    lines: list[str] = []

    async def ask() -> None:
        storage = Storage(lambda: next(found), lambda source, line: lines.append(line))
        variables = await storage.provide(CONVERT)
        assert "S3 did not start" in lines[-1]
        with pytest.raises(httpx.ConnectError):  # so the function knows at once, and answers 503
            httpx.get(variables["AWS_ENDPOINT_URL_S3"])
        assert await storage.provide(CONVERT) == variables
        assert (await asyncio.to_thread(httpx.get, variables["AWS_ENDPOINT_URL_S3"])).status_code == 403
        await storage.stop()

    asyncio.run(ask())


def test_an_uploaded_document_is_told_of_once_and_its_result_is_not() -> None:
    told: list[dict[str, Any]] = []

    class Deployment:
        service = SERVICE

        async def invoke(self, logical_id: str, event: bytes) -> bytes:
            assert logical_id == "ConvertUploadFunction"
            told.append(json.loads(event)["detail"])
            return b"{}"

    async def upload(storage: Storage, client: Any) -> None:
        delivering = asyncio.create_task(storage.deliver(Deployment()))  # type: ignore[arg-type]
        for key in ("one/request", "one/document", "one/result"):
            address = client.generate_presigned_url("put_object", Params={"Bucket": "ConversionsBucket", "Key": key})
            answer = await asyncio.to_thread(httpx.put, address, content=b"12")
            assert answer.status_code == 200
        while not told:
            await asyncio.sleep(0.01)
        delivering.cancel()
        etag = client.head_object(Bucket="ConversionsBucket", Key="one/document")["ETag"].strip('"')
        ((detail),) = told
        assert detail["object"] | {"sequencer": ""} == {
            "key": "one/document",
            "size": 2,
            "etag": etag,
            "sequencer": "",
        }

    run(upload)


@pytest.mark.parametrize("pattern", [CONVERT.patterns[0], {"source": [{"prefix": 7}]}], ids=["no-process", "no-rule"])
def test_an_event_that_cannot_be_told_of_is_logged_and_the_next_one_is_told_of(pattern: Any) -> None:
    told: list[str] = []
    lines: list[str] = []

    class Deployment:
        service = replace(SERVICE, functions={CONVERT.logical_id: replace(CONVERT, patterns=(pattern,))})

        async def invoke(self, logical_id: str, event: bytes) -> bytes:
            if not lines:
                raise OSError(24, "Too many open files")
            told.append(json.loads(event)["detail"]["object"]["key"])
            return b"{}"

    async def upload(storage: Storage, client: Any) -> None:
        delivering = asyncio.create_task(storage.deliver(Deployment()))  # type: ignore[arg-type]
        for key, heard in (("one/document", lines), ("two/document", told)):
            await asyncio.to_thread(client.put_object, Bucket="ConversionsBucket", Key=key, Body=b"12")
            async with asyncio.timeout(10):
                while not heard:
                    await asyncio.sleep(0.01)
            Deployment.service = SERVICE
        delivering.cancel()

    run(upload, lambda source, line: lines.append(line) if source == CONVERT.name else None)
    assert told == ["two/document"]
    (line,) = lines
    assert "Traceback" in line


@pytest.mark.parametrize(
    ("bucket", "key", "wanted"),
    [
        ("ConversionsBucket", "one/document", True),
        ("ConversionsBucket", "one/result", False),
        ("ConversionsBucket", "document", False),
        ("SiteBucket", "one/document", False),
    ],
)
def test_the_templates_rule_says_which_objects_a_function_hears_of(bucket: str, key: str, wanted: bool) -> None:
    assert wants(CONVERT, describe_object(bucket, key, "0" * 32, 2)) is wanted


def test_a_function_without_a_rule_hears_of_nothing() -> None:
    event = describe_object("ConversionsBucket", "one/document", "0" * 32, 2)
    assert not wants(replace(CONVERT, patterns=()), event)
