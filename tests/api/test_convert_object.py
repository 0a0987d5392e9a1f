"""One object of a fleet, as the state machine asks for it, with S3 in moto."""

import gzip
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody

from crosswalk.conversions import transfer
from crosswalk.conversions.fleet import FleetRefused
from crosswalk.conversions.storage import PATIENT, create_client
from crosswalk.converter import json_to_xml
from functions.convert_object.app import ConversionCrashed, TransientFailure, handler
from tests.events import Context
from tests.storage import Bucket, lose_answer, use_bucket

CONTEXT = Context(remaining=900_000, memory_limit_in_mb=1769)
EVENTS = Path(__file__).parents[2] / "events"
JSON = b'{"price":1.0,"tags":[]}'
LONG = b"[" + b",".join(b'{"number":%d,"text":"one of many"}' % number for number in range(60_000)) + b"]"


@pytest.fixture(autouse=True)
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Bucket, Bucket]]:
    with use_bucket(monkeypatch):
        yield Bucket("feeds"), Bucket("rows")


@pytest.fixture
def source(buckets: tuple[Bucket, Bucket]) -> Bucket:
    return buckets[0]


@pytest.fixture
def target(buckets: tuple[Bucket, Bucket]) -> Bucket:
    return buckets[1]


def convert(key: str, to: str = "xml", context: Context = CONTEXT, **options: Any) -> dict[str, Any]:
    event = {
        "key": key,
        "source": {"bucket": "feeds", "prefix": "in/"},
        "target": {"bucket": "rows", "prefix": "out/"},
        "to": to,
        "options": options,
    }
    return handler(event, context)


def before(operation: str, number: int, action: Callable[[], object]) -> None:
    """Do something before the function's client sends its request of that number."""
    sent = iter(range(1, 1_000))
    create_client(PATIENT).meta.events.register(
        f"before-call.s3.{operation}", lambda **_: action() and None if next(sent) == number else None
    )


def refusal(code: str, status: int, operation: str) -> ClientError:
    """What botocore makes of an answer of S3's."""
    error = {"Code": code, "Message": "a key's own words"}
    return ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)


def fail(error: Exception) -> None:
    raise error


def test_a_document_becomes_an_object_with_its_name_and_a_suffix(source: Bucket, target: Bucket) -> None:
    source.put("in/a.json", JSON)
    answer = convert("in/a.json")
    assert answer == {
        "key": "in/a.json",
        "status": "done",
        "mapping": "item",
        "losses": [],
        "bytes_in": len(JSON),
        "bytes_out": len(json_to_xml(JSON)),
    }
    assert target.get("out/a.json.xml") == json_to_xml(JSON)


def test_a_document_in_gzip_is_unpacked(source: Bucket, target: Bucket) -> None:
    source.put("in/a.json.gz", gzip.compress(JSON))
    assert convert("in/a.json.gz")["status"] == "done"
    assert target.get("out/a.json.gz.xml") == json_to_xml(JSON)


@pytest.mark.parametrize("key", ["in/a b.json", "in/ä?#&+=%20.json", "in/x://y@z.json", "in/a?versionId=1"])
def test_a_key_may_hold_any_character(key: str, source: Bucket, target: Bucket) -> None:
    source.put(key, JSON)
    assert convert(key)["status"] == "done"
    assert target.list_keys() == {f"out{key.removeprefix('in')}.xml"}


def test_a_folder_is_skipped(source: Bucket, target: Bucket) -> None:
    source.put("in/folder/", b"")
    assert convert("in/folder/") == {"key": "in/folder/", "status": "skipped"}
    assert target.list_keys() == set()


@pytest.mark.parametrize("folder", ["", "rows/"])  # where this fleet's reports are, or another one's
def test_nothing_is_converted_into_a_report_of_a_fleet(folder: str, source: Bucket, target: Bucket) -> None:
    key = f"in/{folder}crosswalk-results/2026-11-24-120000/0/manifest"
    source.put(key, b"<ResultFiles/>")
    assert convert(key, "json") == {"key": key, "status": "skipped"}
    assert target.list_keys() == set()


def test_a_folder_whose_name_ends_like_that_of_reports_is_converted(source: Bucket) -> None:
    source.put("in/my-crosswalk-results/b.json", JSON)
    assert convert("in/my-crosswalk-results/b.json")["status"] == "done"


@pytest.mark.parametrize("document", [b"", b'{"a": 1,\n "b": }'])
def test_a_document_that_cannot_be_converted_is_refused_which_is_an_answer(
    document: bytes, source: Bucket, target: Bucket
) -> None:
    source.put("in/a.json", document)
    answer = convert("in/a.json")
    assert (answer["key"], answer["status"]) == ("in/a.json", "refused")
    assert answer["problem"]["type"] == "urn:problem-type:crosswalk:malformed-document"
    assert answer["problem"]["line"] >= 1
    assert target.list_keys() == set()
    assert target.list_unfinished() == []


def test_a_document_that_is_too_large_for_the_time_is_refused(
    source: Bucket, target: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "TIME_LIMIT", len(JSON) - 1)
    source.put("in/a.json", JSON)
    assert convert("in/a.json")["problem"]["limit"] == len(JSON) - 1


def test_a_document_that_takes_too_long_is_refused(source: Bucket, target: Bucket) -> None:
    source.put("in/a.json", JSON)
    answer = convert("in/a.json", context=Context(remaining=1_000, memory_limit_in_mb=1769))
    assert (answer["status"], answer["problem"]["code"]) == ("refused", "too-slow")


def test_an_object_that_was_removed_is_refused(target: Bucket) -> None:
    answer = convert("in/a.json")
    assert (answer["status"], answer["problem"]["code"]) == ("refused", "vanished")


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_a_document_in_an_archive_is_refused(storage_class: str, source: Bucket, target: Bucket) -> None:
    source.client.put_object(Bucket=source.name, Key="in/a.json", Body=JSON, StorageClass=storage_class)
    answer = convert("in/a.json")
    assert (answer["status"], answer["problem"]["code"]) == ("refused", "archived")
    assert target.list_unfinished() == []


def test_a_document_whose_result_would_have_too_long_a_name_is_refused(source: Bucket) -> None:
    key = f"in/{'k' * 1017}"  # its result has the prefix out/ and the suffix .xml
    source.put(key, JSON)
    before("HeadObject", 1, lambda: pytest.fail("it asks S3"))
    answer = convert(key)
    assert (answer["status"], answer["problem"]["code"]) == ("refused", "long-name")
    assert "1025 bytes" in answer["problem"]["detail"]


@pytest.mark.parametrize("character", ["\1", "\x1f", "\ufffe"])
def test_a_name_that_an_answer_of_s3_cannot_hold_is_refused(character: str, source: Bucket) -> None:
    source.put(f"in/{character}.json", JSON)
    answer = convert(f"in/{character}.json")
    assert (answer["status"], answer["problem"]["code"]) == ("refused", "odd-name")


def test_a_result_may_have_the_longest_name_that_s3_takes(source: Bucket, target: Bucket) -> None:
    source.put(f"in/{'ä' * 508}", JSON)
    assert convert(f"in/{'ä' * 508}")["status"] == "done"
    assert target.list_keys() == {f"out/{'ä' * 508}.xml"}


def test_a_document_that_is_replaced_while_it_is_read_may_be_tried_again(
    source: Bucket, target: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "RANGE", 2**20)
    source.put("in/a.json", LONG)
    before("GetObject", 2, lambda: source.put("in/a.json", LONG.replace(b"one", b"two")))
    with pytest.raises(TransientFailure):
        convert("in/a.json")
    assert target.list_keys() == set()
    assert convert("in/a.json")["status"] == "done"
    assert b"two of many" in target.get("out/a.json.xml")


@pytest.mark.parametrize("document", [b"<root/>", b"<root><a/></root>"], ids=["an empty result", "a result"])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_an_answer_of_s3_that_is_lost_changes_nothing(
    method: str, document: bytes, source: Bucket, target: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.put("in/a.xml", document)
    lose_answer(monkeypatch, method, "/a.xml.jsonl")
    answer = convert("in/a.xml", "json", mapping="natural", lines=True)
    assert (answer["status"], target.list_keys()) == ("done", {"out/a.xml.jsonl"})


def test_a_document_whose_reading_breaks_off_again_and_again_may_be_tried_again(
    source: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(body: StreamingBody, amt: int | None = None) -> bytes:
        raise ReadTimeoutError(endpoint_url="https://s3", error="none")

    source.put("in/a.json", JSON)
    monkeypatch.setattr(StreamingBody, "read", break_off)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # smart_open waits longer before each attempt
    with pytest.raises(TransientFailure):
        convert("in/a.json")


def test_the_result_of_an_earlier_attempt_is_found_and_not_made_again(source: Bucket, target: Bucket) -> None:
    source.put("in/a.json", JSON)
    convert("in/a.json")
    before("CreateMultipartUpload", 1, lambda: pytest.fail("it converts again"))
    answer = convert("in/a.json")
    assert answer == {"key": "in/a.json", "status": "done", "bytes_out": len(json_to_xml(JSON))}


def test_the_slower_of_two_attempts_at_an_object_finds_the_result_of_the_other(source: Bucket, target: Bucket) -> None:
    source.put("in/a.json", JSON)
    before("CompleteMultipartUpload", 1, lambda: convert("in/a.json"))
    answer = convert("in/a.json")
    assert answer == {"key": "in/a.json", "status": "done", "bytes_out": len(json_to_xml(JSON))}
    assert (target.list_keys(), target.list_unfinished()) == ({"out/a.json.xml"}, [])


def test_what_another_writes_while_the_result_is_made_is_never_replaced(source: Bucket, target: Bucket) -> None:
    source.put("in/a.json", JSON)
    before("CompleteMultipartUpload", 1, lambda: target.put("out/a.json.xml", b"mine"))
    answer = convert("in/a.json")
    assert (answer["status"], answer["problem"]["code"]) == ("refused", "exists")
    assert target.get("out/a.json.xml") == b"mine"


@pytest.mark.parametrize("options", [{}, {"indent": 2}])
def test_an_object_of_another_origin_is_never_replaced(options: dict[str, Any], source: Bucket, target: Bucket) -> None:
    source.put("in/a.json", JSON)
    if options:
        convert("in/a.json")
    else:
        target.put("out/a.json.xml", b"mine")
    written = target.get("out/a.json.xml")
    answer = convert("in/a.json", **options)
    assert (answer["status"], answer["problem"]["code"]) == ("refused", "exists")
    assert target.get("out/a.json.xml") == written


@pytest.mark.parametrize("operation", ["HeadObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
def test_a_target_that_may_not_be_written_is_a_failure_that_says_so(
    operation: str, source: Bucket, target: Bucket
) -> None:
    source.put("in/a.json", JSON)
    denied = refusal("AccessDenied", 403, operation)
    before(operation, 1, lambda: fail(denied))
    with pytest.raises(ConversionCrashed, match=f"^{operation}: AccessDenied$"):
        convert("in/a.json")
    assert target.list_keys() == set()
    assert target.list_unfinished() == []


@pytest.mark.parametrize(
    "error",
    [
        refusal("SlowDown", 503, "UploadPart"),
        refusal("InternalError", 500, "UploadPart"),
        refusal("RequestTimeout", 400, "UploadPart"),
        refusal("503", 503, "HeadObject"),
        refusal("OperationAborted", 409, "CompleteMultipartUpload"),
        refusal("ConditionalRequestConflict", 409, "CompleteMultipartUpload"),
        EndpointConnectionError(endpoint_url="https://a-key.example"),
    ],
)
def test_what_may_pass_may_be_tried_again(
    error: Exception, source: Bucket, target: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.put("in/a.json", JSON)
    monkeypatch.setattr("smart_open.s3.RETRY.attempts", 1)
    monkeypatch.setattr("smart_open.s3.RETRY.exceptions", [])
    before(getattr(error, "operation_name", "UploadPart"), 1, lambda: fail(error))
    with pytest.raises(TransientFailure) as caught:
        convert("in/a.json")
    assert "a-key" not in str(caught.value)
    assert target.list_unfinished() == []


def test_the_fleet_comes_back_with_its_defaults_and_the_place_of_its_results() -> None:
    event = json.loads((EVENTS / "convert_object.json").read_text())
    assert handler(event, CONTEXT) == {
        "source": {"bucket": "feeds", "prefix": "2026/"},
        "target": {"bucket": "rows", "prefix": "2026/"},
        "to": "json",
        "options": {"mapping": "natural", "types": "infer"},
        "at_once": 10,
        "tolerated": 0.0,
        "results": "2026/crosswalk-results/0f5d1a01",
    }


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"mapping": "yaml"}, "mapping"),
        ({"options": {"nope": 1}}, "nope"),
        ({"mapping": "item", "options": {"types": "infer"}}, "types"),
        ({"mapping": "auto", "options": {"record": "item"}}, "record"),
    ],
)
def test_options_that_do_not_apply_are_refused_before_any_object_is_read(changes: dict[str, Any], named: str) -> None:
    event = json.loads((EVENTS / "convert_object.json").read_text())
    with pytest.raises(FleetRefused, match=named):
        handler({**event, "fleet": {**event["fleet"], **changes}}, CONTEXT)


def test_neither_keys_nor_documents_are_logged(source: Bucket, log: io.StringIO) -> None:
    source.put("in/private.json", b'{"secret": }')
    convert("in/private.json")
    assert "refused" in log.getvalue()
    assert "private" not in log.getvalue()
    assert "secret" not in log.getvalue()
