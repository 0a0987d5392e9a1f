"""The conversion of an upload as EventBridge asks for it, with S3 in moto: whatever happens has a clear outcome."""

import gzip
import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from smart_open.s3 import MultipartWriter

from crosswalk.conversions import transfer
from crosswalk.conversions.state import Request, create_conversion, find_conversion
from crosswalk.conversions.storage import CLAIM, PATIENT, create_client
from crosswalk.converter import json_to_xml
from crosswalk.errors import ConversionFailed
from functions.convert_upload.app import ConversionCrashed, handler
from local.storage import describe_object
from tests.events import Context
from tests.storage import BUCKET, Bucket, find_id, lose_answer, use_bucket

CONTEXT = Context(remaining=900_000, memory_limit_in_mb=1769)
JSON = b'{"price":1.0,"tags":[],"price":1e400}'
LONG = b"[" + b",".join(b'{"number":%d,"text":"one of many"}' % number for number in range(60_000)) + b"]"


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with use_bucket(monkeypatch) as bucket:
        yield bucket


@pytest.fixture
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """LONG is read by several requests."""
    monkeypatch.setattr(transfer, "RANGE", 2**20)


def upload(bucket: Bucket, document: bytes, to: str = "xml", size: int | None = None, **options: Any) -> dict[str, Any]:
    """The event of a document's upload."""
    request = Request(to, options, len(document) if size is None else size)  # type: ignore[arg-type]
    return bucket.put(f"{create_conversion(request).id}/document", document)


def ask(bucket: Bucket, event: dict[str, Any]) -> dict[str, Any]:
    """The outcome, as it stands in the bucket."""
    outcome: dict[str, Any] = bucket.get_json(event["detail"]["object"]["key"].replace("document", "outcome"))
    return {name: value for name, value in outcome.items() if name != CLAIM}


def read_result(bucket: Bucket, event: dict[str, Any]) -> bytes:
    return bucket.get(event["detail"]["object"]["key"].replace("document", "result"))


def before(operation: str, number: int, action: Callable[[], object]) -> None:
    """Do something before the function's client sends its request of that number."""
    sent = iter(range(1, 1_000))

    def act(**_: Any) -> None:
        if next(sent) == number:
            action()

    create_client(PATIENT).meta.events.register(f"before-call.s3.{operation}", act)


def refuse(operation: str, first: int = 1) -> None:
    """Have S3 refuse an operation of the function's client, from its first or a later request on."""
    sent = iter(range(1, 1_000))

    def fail(**_: Any) -> None:
        if next(sent) >= first:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "a key's own words"}}, operation)

    create_client(PATIENT).meta.events.register(f"before-call.s3.{operation}", fail)


def expect_nothing_but(bucket: Bucket, *names: str) -> None:
    assert bucket.list_names() == set(names)
    assert bucket.list_unfinished() == []


def test_an_uploaded_document_becomes_its_result(bucket: Bucket) -> None:
    event = upload(bucket, JSON)
    assert handler(event, CONTEXT) == {"status": "done"}
    assert read_result(bucket, event) == json_to_xml(JSON)
    assert ask(bucket, event) == {
        "mapping": "item",
        "losses": [],
        "bytes_in": len(JSON),
        "bytes_out": len(json_to_xml(JSON)),
        "problem": None,
    }


def test_a_document_comes_back_byte_for_byte(bucket: Bucket) -> None:
    there = upload(bucket, LONG)
    handler(there, CONTEXT)
    back = upload(bucket, read_result(bucket, there), to="json")
    handler(back, CONTEXT)
    assert read_result(bucket, back) == LONG


def test_a_document_in_gzip_is_known_by_its_first_bytes(bucket: Bucket) -> None:
    event = upload(bucket, gzip.compress(JSON))
    handler(event, CONTEXT)
    assert read_result(bucket, event) == json_to_xml(JSON)


@pytest.mark.parametrize(
    ("to", "options", "document", "media_type", "name"),
    [
        ("xml", {}, b"[]", "application/xml", "document.xml"),
        ("json", {}, b"<a/>", "application/json", "document.json"),
        ("json", {"mapping": "natural", "lines": True}, b"<a><b/></a>", "application/jsonl", "document.jsonl"),
    ],
)
def test_a_result_has_its_media_type_and_a_name_to_be_saved_under(
    to: str, options: dict[str, Any], document: bytes, media_type: str, name: str, bucket: Bucket
) -> None:
    event = upload(bucket, document, to, **options)
    handler(event, CONTEXT)
    key = event["detail"]["object"]["key"].replace("document", "result")
    result = bucket.client.head_object(Bucket=BUCKET, Key=key)
    assert result["ContentType"] == media_type
    assert result["ContentDisposition"] == f'attachment; filename="{name}"'


def test_a_malformed_document_fails_with_its_place(bucket: Bucket) -> None:
    event = upload(bucket, b'{"a": 1,\n "b": }')
    assert handler(event, CONTEXT) == {"status": "failed"}
    problem = ask(bucket, event)["problem"]
    assert problem["type"] == "urn:problem-type:crosswalk:malformed-document"
    assert (problem["line"], problem["column"]) == (2, 7)
    expect_nothing_but(bucket, "request", "document", "started", "outcome")


def test_a_fault_at_the_end_of_a_long_document_leaves_no_half_of_a_result(bucket: Bucket) -> None:
    event = upload(bucket, LONG.replace(b'"number":59999', b'"number":,'))
    handler(event, CONTEXT)
    assert ask(bucket, event)["problem"]["line"] == 1
    expect_nothing_but(bucket, "request", "document", "started", "outcome")


def test_a_mapping_that_needs_the_whole_document_takes_what_half_the_memory_holds(bucket: Bucket) -> None:
    event = upload(bucket, LONG, mapping="xpath")
    small = Context(remaining=900_000, memory_limit_in_mb=128)
    assert handler(event, small) == {"status": "failed"}
    problem = ask(bucket, event)["problem"]
    assert problem["type"] == "urn:problem-type:crosswalk:document-too-large"
    assert problem["limit"] < len(LONG)
    assert "item" in problem["detail"]


def test_a_document_of_another_size_than_declared_is_not_read(bucket: Bucket) -> None:
    event = upload(bucket, JSON, size=len(JSON) + 1)
    handler(event, CONTEXT)
    assert ask(bucket, event)["problem"]["code"] == "wrong-size"
    expect_nothing_but(bucket, "request", "document", "started", "outcome")


def test_the_same_event_twice_converts_once(bucket: Bucket) -> None:
    event = upload(bucket, JSON)
    handler(event, CONTEXT)
    before("CreateMultipartUpload", 1, lambda: pytest.fail("it converts again"))
    assert handler(event, CONTEXT) == {"status": "ignored"}


@pytest.mark.parametrize(("method", "end"), [("PUT", "/started"), ("POST", "/result"), ("PUT", "/outcome")])
def test_an_answer_of_s3_that_is_lost_changes_nothing(
    method: str, end: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = upload(bucket, JSON)
    lose_answer(monkeypatch, method, end)
    assert handler(event, CONTEXT) == {"status": "done"}
    assert read_result(bucket, event) == json_to_xml(JSON)


def test_an_outcome_is_not_replaced_by_a_crash_if_all_answers_to_it_are_lost(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = upload(bucket, JSON)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # botocore waits longer before each attempt
    lose_answer(monkeypatch, "PUT", "/outcome", times=4)
    with pytest.raises(ConversionCrashed):
        handler(event, CONTEXT)
    assert ask(bucket, event)["problem"] is None
    assert read_result(bucket, event) == json_to_xml(JSON)


def test_an_upload_that_is_complete_when_asked_again_is_complete(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = MultipartWriter.close

    def close_and_ask_again(writer: MultipartWriter) -> None:
        close(writer)
        raise OSError("complete_multipart_upload failed after 3 attempts")  # smart_open's, of NoSuchUpload

    event = upload(bucket, JSON)
    monkeypatch.setattr(MultipartWriter, "close", close_and_ask_again)
    assert handler(event, CONTEXT) == {"status": "done"}


def test_two_events_at_once_convert_once(bucket: Bucket) -> None:
    event = upload(bucket, JSON)
    answers = []
    before("PutObject", 1, lambda: answers.append(handler(event, CONTEXT)))  # just before the first says it has begun
    answers.append(handler(event, CONTEXT))
    assert answers == [{"status": "done"}, {"status": "ignored"}]
    assert read_result(bucket, event) == json_to_xml(JSON)


@pytest.mark.parametrize("number", [1, 2], ids=["started", "outcome"])
def test_what_conflicts_with_another_write_is_written_again(
    number: int, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict() -> None:
        raise ClientError({"Error": {"Code": "ConditionalRequestConflict", "Message": ""}}, "PutObject")

    event = upload(bucket, JSON)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    before("PutObject", number, conflict)
    assert handler(event, CONTEXT) == {"status": "done"}
    assert ask(bucket, event)["problem"] is None


@pytest.mark.parametrize("key", ["0" * 32 + "/document", "elsewhere/document", "document"])
def test_an_object_that_belongs_to_no_conversion_is_ignored(key: str, bucket: Bucket) -> None:
    assert handler(bucket.put(key, JSON), CONTEXT) == {"status": "ignored"}
    expect_nothing_but(bucket, "document")


def test_a_document_that_was_replaced_before_it_is_read_fails(bucket: Bucket) -> None:
    event = upload(bucket, JSON)
    bucket.put(event["detail"]["object"]["key"], JSON.replace(b"1.0", b"2.0"))
    handler(event, CONTEXT)
    assert ask(bucket, event)["problem"]["code"] == "replaced"


@pytest.mark.usefixtures("small_ranges")
def test_a_document_that_is_replaced_while_it_is_read_fails(bucket: Bucket) -> None:
    event = upload(bucket, LONG)
    key = event["detail"]["object"]["key"]
    before("GetObject", 3, lambda: bucket.put(key, LONG.replace(b"one", b"two")))  # the first read is the request's
    handler(event, CONTEXT)
    assert ask(bucket, event)["problem"]["code"] == "replaced"
    expect_nothing_but(bucket, "request", "document", "started", "outcome")


@pytest.mark.usefixtures("small_ranges")
def test_a_document_that_vanishes_while_it_is_read_fails(bucket: Bucket) -> None:
    event = upload(bucket, LONG)
    key = event["detail"]["object"]["key"]
    before("GetObject", 3, lambda: bucket.client.delete_object(Bucket=BUCKET, Key=key))
    handler(event, CONTEXT)
    assert ask(bucket, event)["problem"]["code"] == "vanished"
    expect_nothing_but(bucket, "request", "started", "outcome")


def test_a_conversion_stops_before_its_time_ends(bucket: Bucket) -> None:
    event = upload(bucket, LONG)
    assert handler(event, Context(remaining=59_000)) == {"status": "failed"}
    problem = ask(bucket, event)["problem"]
    assert problem["code"] == "too-slow"
    assert "python -m crosswalk" in problem["detail"]
    expect_nothing_but(bucket, "request", "document", "started", "outcome")


def test_a_read_of_a_silent_s3_is_given_up_before_the_function_is_killed() -> None:
    pauses = 0.05 + 0.1 + 0.2  # seconds at most, botocore's between four attempts
    request = PATIENT.attempts * (PATIENT.connect + PATIENT.read) + pauses
    stalled = PATIENT.read + 1 + request  # in the midst of a body; a second later smart_open asks for the rest
    assert stalled + request < transfer.RESERVE, "the result is given up after that"


def test_a_body_that_stalls_again_and_again_is_given_up_in_the_functions_time() -> None:
    pauses = 1 + 2 + 4 + 8 + 16  # seconds, smart_open's behind each of five attempts
    assert 5 * PATIENT.read + pauses < transfer.RESERVE


def test_a_document_that_takes_too_long_is_refused_before_it_is_read(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "TIME_LIMIT", len(LONG) - 1)
    event = upload(bucket, LONG)
    before("GetObject", 2, lambda: pytest.fail("it reads the document"))
    handler(event, CONTEXT)
    problem = ask(bucket, event)["problem"]
    assert (problem["limit"], "python -m crosswalk" in problem["detail"]) == (len(LONG) - 1, True)


@pytest.mark.parametrize(
    "operation", ["ListObjectsV2", "GetObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]
)
def test_what_s3_refuses_to_a_conversion_is_an_error_and_an_outcome(operation: str, bucket: Bucket) -> None:
    event = upload(bucket, JSON)
    refuse(operation)
    with pytest.raises(ConversionCrashed):
        handler(event, CONTEXT)
    assert ask(bucket, event)["problem"]["code"] == "crashed"
    expect_nothing_but(bucket, "request", "document", "started", "outcome")


def test_an_event_that_fails_while_another_converts_leaves_that_one_alone(bucket: Bucket) -> None:
    def fail() -> None:
        refuse("ListObjectsV2")
        with pytest.raises(ConversionCrashed):
            handler(event, CONTEXT)

    event = upload(bucket, JSON)
    before("CreateMultipartUpload", 1, fail)
    assert handler(event, CONTEXT) == {"status": "done"}
    assert ask(bucket, event)["problem"] is None


def test_a_result_replaces_nothing(bucket: Bucket) -> None:
    event = upload(bucket, JSON)
    key = event["detail"]["object"]["key"].replace("document", "result")
    before("CompleteMultipartUpload", 1, lambda: bucket.put(key, b"already there"))
    handler(event, CONTEXT)
    assert ask(bucket, event)["problem"]["code"] == "exists"
    assert bucket.get(key) == b"already there"
    assert bucket.list_unfinished() == []


def test_a_conversion_whose_outcome_could_not_be_written_is_lost_after_its_deadline(bucket: Bucket) -> None:
    event = upload(bucket, JSON)
    refuse("PutObject", first=2)  # the first says that it has begun
    with pytest.raises(ConversionCrashed):
        handler(event, Context(remaining=1_000))
    bucket.put_json(event["detail"]["object"]["key"].replace("document", "started"), deadline="2026-01-01T00:00:00Z")
    with pytest.raises(ConversionFailed) as caught:
        find_conversion(find_id(event["detail"]["object"]["key"]))
    assert caught.value.code == "lost"


def test_neither_ids_nor_documents_nor_the_messages_of_errors_are_logged(bucket: Bucket, log: io.StringIO) -> None:
    sound, refused = upload(bucket, JSON), upload(bucket, b'{"secret": }')
    handler(sound, CONTEXT)
    handler(refused, CONTEXT)
    crashed = upload(bucket, JSON)
    refuse("UploadPart")
    with pytest.raises(ConversionCrashed) as caught:
        handler(crashed, CONTEXT)
    assert str(caught.value) == "ClientError"
    assert "unexpected error" in log.getvalue()
    for event in (sound, refused, crashed):
        assert find_id(event["detail"]["object"]["key"]) not in log.getvalue()
    assert "secret" not in log.getvalue()
    assert "a key's own words" not in log.getvalue()


def test_an_event_of_an_object_that_was_removed_is_an_outcome(bucket: Bucket) -> None:
    event = upload(bucket, JSON)
    bucket.client.delete_object(Bucket=BUCKET, Key=event["detail"]["object"]["key"])
    handler(describe_object(BUCKET, event["detail"]["object"]["key"], "0" * 32, len(JSON)), CONTEXT)
    assert ask(bucket, event)["problem"]["code"] == "vanished"
