"""POST /conversions through its real handler, with S3 in moto."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from crosswalk.settings import read_conversion_settings
from functions.create_conversion.app import handler
from tests.events import Answer, create_event, invoke
from tests.storage import BUCKET, Bucket, forget_settings, use_bucket

LIMIT = 5 * 1024**3


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with use_bucket(monkeypatch) as bucket:
        yield bucket


def begin(query: str) -> Answer:
    return invoke(handler, create_event("POST", f"/conversions?{query}"))


def test_a_conversion_waits_for_its_document() -> None:
    answer = begin("to=xml&bytes=12")
    assert answer.status == 201
    assert answer.json.keys() == {"id", "status", "upload", "expires_at"}
    assert answer.json["status"] == "waiting"
    assert answer.headers["Location"] == f"conversions/{answer.json['id']}"


def test_nobody_keeps_the_answer_which_holds_an_address_as_good_as_a_key() -> None:
    assert begin("to=xml&bytes=12").headers["Cache-Control"] == "no-store"


def test_an_id_is_128_random_bits() -> None:
    ids = {begin("to=xml&bytes=1").json["id"] for _ in range(20)}
    assert len(ids) == 20
    assert all(len(bytes.fromhex(one)) == 16 for one in ids)


def test_the_upload_is_signed_for_its_exact_size_and_for_the_host() -> None:
    query = parse_qs(urlsplit(begin("to=xml&bytes=12").json["upload"]).query)
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert not [name for name in query if "checksum" in name.lower()], "a client need not compute one"


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1"])
def test_the_upload_goes_to_the_bucket_in_its_own_region(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    forget_settings()
    upload = urlsplit(begin("to=xml&bytes=12").json["upload"])
    assert (upload.scheme, upload.netloc) == ("https", f"{BUCKET}.s3.{region}.amazonaws.com")


def test_the_upload_is_valid_for_an_hour() -> None:
    answer = begin("to=xml&bytes=12").json
    assert parse_qs(urlsplit(answer["upload"]).query)["X-Amz-Expires"] == ["3600"]
    left = datetime.fromisoformat(answer["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


def test_the_largest_document_is_the_limit() -> None:
    assert begin(f"to=xml&bytes={LIMIT}").status == 201


def test_one_byte_more_is_a_413_that_names_the_limit_and_the_command_line() -> None:
    answer = begin(f"to=xml&bytes={LIMIT + 1}")
    assert (answer.status, answer.json["limit"]) == (413, LIMIT)
    assert "python -m crosswalk" in answer.json["detail"]


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVERSIONS_LIMIT", "11")
    read_conversion_settings.cache_clear()
    assert begin("to=xml&bytes=11").status == 201
    assert begin("to=xml&bytes=12").status == 413


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("bytes=1", "to"),
        ("to=yaml&bytes=1", "to"),
        ("to=xml", "bytes"),
        ("to=xml&bytes=0", "bytes"),
        ("to=xml&bytes=1e3", "bytes"),
        ("to=xml&bytes=1&nope=1", "nope"),
        ("to=xml&bytes=1&mapping=auto", "mapping"),
        ("to=json&bytes=1&duplicates=retain", "duplicates"),
        ("to=xml&bytes=1&escape=true", "escape"),
        ("to=json&bytes=1&mapping=item&types=infer", "types"),
        ("to=json&bytes=1&indent=2", "indent"),
        (f"to=xml&bytes={LIMIT + 1}&nope=1", "nope"),
        ("to=xml&bytes=1&mapping=natural&root=a%20b", "root"),
        ("to=xml&bytes=1&mapping=natural&attribute_prefix=a", "attribute_prefix"),
        ("to=json&bytes=1&mapping=natural&record=item", "record"),
        ("to=json&bytes=1&record=item", "record"),
        ("to=json&bytes=1&mapping=auto&attribute_prefix=a", "attribute_prefix"),
        ("to=json&bytes=1&force_list=%3C", "force_list"),
        ("to=xml&bytes=1&bytes=2", "bytes"),
    ],
)
def test_a_wrong_parameter_is_named_before_anything_is_uploaded(query: str, parameter: str, bucket: Bucket) -> None:
    answer = begin(query)
    assert (answer.status, answer.json["parameter"]) == (400, parameter)
    assert bucket.list_names() == set()


@pytest.mark.parametrize("to", ["xml", "json"])
def test_options_of_the_route_that_converts_the_same_way_are_taken(to: str, bucket: Bucket) -> None:
    begin(f"to={to}&bytes=1&mapping=natural&text_key=%24")
    (key,) = [one["Key"] for one in bucket.client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert bucket.get_json(key)["options"] == {"mapping": "natural", "text_key": "$"}


def test_the_id_is_not_logged(log: io.StringIO) -> None:
    conversion_id = begin("to=xml&bytes=1").json["id"]
    assert "request" in log.getvalue()
    assert conversion_id not in log.getvalue()
