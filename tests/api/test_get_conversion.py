"""GET /conversions/{id} through its real handler: what is in the bucket tells how far a conversion is."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from crosswalk.conversions.state import Outcome, Request, create_conversion, finish_conversion, start_conversion
from crosswalk.conversions.storage import QUICK, create_client
from functions.convert_upload.app import handler as convert_upload
from functions.get_conversion.app import handler
from tests.events import Answer, Context, create_event, invoke
from tests.storage import BUCKET, REGION, Bucket, use_bucket

NOWHERE = "0" * 32


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with use_bucket(monkeypatch) as bucket:
        yield bucket


@pytest.fixture
def conversion() -> str:
    """The id of a conversion that waits for its document."""
    return create_conversion(Request("xml", {}, 12)).id


def ask(conversion_id: str) -> Answer:
    return invoke(handler, create_event("GET", f"/conversions/{conversion_id}"))


def in_minutes(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def test_a_conversion_without_a_document_is_waiting(conversion: str) -> None:
    answer = ask(conversion)
    assert (answer.status, answer.json) == (200, {"id": conversion, "status": "waiting"})


def test_nobody_keeps_the_answer(conversion: str) -> None:
    assert ask(conversion).headers["Cache-Control"] == "no-store"


def test_a_document_that_no_function_has_begun_with_is_waiting(conversion: str, bucket: Bucket) -> None:
    bucket.put(f"{conversion}/document", b"{}")
    assert ask(conversion).json == {"id": conversion, "status": "waiting"}


def test_an_upload_that_began_in_time_may_still_be_under_way(conversion: str, bucket: Bucket) -> None:
    bucket.put_json(f"{conversion}/request", expires_at=in_minutes(-11 * 60).isoformat())
    assert ask(conversion).json == {"id": conversion, "status": "waiting"}


def test_a_conversion_whose_time_to_upload_is_over_has_expired(conversion: str, bucket: Bucket) -> None:
    bucket.put_json(f"{conversion}/request", expires_at=in_minutes(-12 * 60 - 1).isoformat())
    answer = ask(conversion)
    assert answer.json["status"] == "failed"
    assert answer.json["problem"] == {
        "type": "urn:problem-type:crosswalk:conversion-failed",
        "title": "The conversion failed",
        "detail": "No document was uploaded in time.",
        "code": "expired",
    }


def test_a_document_that_came_in_time_does_not_expire(conversion: str, bucket: Bucket) -> None:
    bucket.put(f"{conversion}/document", b"{}")
    bucket.put_json(f"{conversion}/request", expires_at=in_minutes(-12 * 60 - 1).isoformat())
    assert ask(conversion).json["status"] == "waiting"


def test_a_conversion_that_has_begun_is_converting(conversion: str, bucket: Bucket) -> None:
    bucket.put(f"{conversion}/document", b"{}")
    start_conversion(conversion, in_minutes(15))
    assert ask(conversion).json == {"id": conversion, "status": "converting"}


def test_an_outcome_may_tell_what_only_a_newer_release_knows(conversion: str, bucket: Bucket) -> None:
    finish_conversion(conversion, Outcome("natural", [], 12, 34))
    bucket.put_json(f"{conversion}/outcome", news=1)
    assert ask(conversion).json["bytes_out"] == 34


def test_a_pointer_through_half_a_character_is_told(bucket: Bucket) -> None:
    document = rb'{"\ud800":1}'
    waiting = create_conversion(Request("xml", {"mapping": "natural"}, len(document)))
    convert_upload(bucket.put(f"{waiting.id}/document", document), Context(remaining=900_000, memory_limit_in_mb=1769))
    assert ask(waiting.id).json["problem"]["pointer"] == r"/\ud800"


def test_a_conversion_past_its_deadline_without_an_outcome_is_lost(conversion: str, bucket: Bucket) -> None:
    bucket.put(f"{conversion}/document", b"{}")
    start_conversion(conversion, in_minutes(-1))
    answer = ask(conversion).json
    assert (answer["status"], answer["problem"]["code"]) == ("failed", "lost")


def test_a_finished_conversion_tells_sizes_losses_and_where_its_result_is(conversion: str, bucket: Bucket) -> None:
    start_conversion(conversion, in_minutes(-1))
    finish_conversion(conversion, Outcome("natural", ["comments"], 12, 34))
    answer = ask(conversion).json
    result = urlsplit(answer.pop("result"))
    assert answer == {
        "id": conversion,
        "status": "done",
        "mapping": "natural",
        "losses": ["comments"],
        "bytes_in": 12,
        "bytes_out": 34,
    }
    assert (result.netloc, result.path) == (f"{BUCKET}.s3.{REGION}.amazonaws.com", f"/{conversion}/result")
    assert "X-Amz-Signature" in result.query


def test_a_failed_conversion_tells_its_problem_and_no_result(conversion: str) -> None:
    problem = {"type": "urn:problem-type:crosswalk:malformed-document", "title": "T", "detail": "D.", "line": 3}
    finish_conversion(conversion, Outcome(problem=problem))
    assert ask(conversion).json == {"id": conversion, "status": "failed", "problem": problem}


@pytest.mark.parametrize(
    "unknown", [NOWHERE, "x", NOWHERE + "0", NOWHERE.replace("0", "G"), "..", "%2e%2e", NOWHERE + "%0a", "", " "]
)
def test_an_unknown_id_is_a_404(unknown: str) -> None:
    answer = ask(unknown)
    assert (answer.status, answer.json["type"].rpartition(":")[2]) in (
        (404, "conversion-not-found"),
        (404, "not-found"),  # no id at all
    )


@pytest.mark.parametrize("end", ["request", "started", "outcome"])
def test_a_conversion_that_expires_while_it_is_looked_up_is_a_404(end: str, conversion: str, bucket: Bucket) -> None:
    if end != "request":
        start_conversion(conversion, in_minutes(15))
    if end == "outcome":
        finish_conversion(conversion, Outcome("natural", [], 12, 34))
    create_client(QUICK).meta.events.register("before-call.s3.GetObject", lambda **_: bucket.empty())
    answer = ask(conversion)
    assert (answer.status, answer.json["type"].rpartition(":")[2]) == (404, "conversion-not-found")


@pytest.mark.parametrize("end", ["request", "started", "outcome"])
def test_asking_takes_two_requests_to_s3(end: str, conversion: str) -> None:
    if end != "request":
        start_conversion(conversion, in_minutes(15))
    if end == "outcome":
        finish_conversion(conversion, Outcome("natural", [], 12, 34))
    sent: list[str] = []
    create_client(QUICK).meta.events.register("before-call.s3", lambda model, **_: sent.append(model.name))
    ask(conversion)
    assert sent == ["ListObjectsV2", "GetObject"]


def test_an_unknown_parameter_is_a_400(conversion: str) -> None:
    answer = ask(f"{conversion}?wait=1")
    assert (answer.status, answer.json["parameter"]) == (400, "wait")


def test_the_id_is_not_logged(conversion: str, log: io.StringIO) -> None:
    ask(conversion)
    assert '"/conversions/{id}"' in log.getvalue()
    assert conversion not in log.getvalue()
