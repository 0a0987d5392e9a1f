"""POST /json2xml through its real handler."""

import gzip
import io
import json
import os
import zlib

import pytest

from crosswalk.http.documents import compress
from functions.json_to_xml.app import handler
from tests.events import REQUEST_ID, Answer, create_event, invoke

LIMIT = 4 * 1024 * 1024


def post(body: bytes, query: str = "", **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return invoke(handler, create_event("POST", f"/json2xml?{query}", body, sent))


def test_a_document_is_converted_by_default_as_item() -> None:
    answer = post(b'{"foo": 7}')
    assert answer.status == 200
    assert answer.body == b'<ITEM type="object"><ITEM key="foo" type="integer" value="7" /></ITEM>'
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert answer.headers["Crosswalk-Mapping"] == "item"
    assert "Crosswalk-Loss" not in answer.headers


def test_the_content_type_of_the_request_does_not_matter() -> None:
    assert post(b"[]", Content_Type="text/plain; charset=utf-16").body == b'<ITEM type="list" />'


def test_every_answer_carries_the_request_id_of_api_gateway() -> None:
    for body in (b"{}", b"{"):
        assert post(body).headers["X-Request-Id"] == REQUEST_ID


def test_a_malformed_document_is_a_problem_with_its_place() -> None:
    answer = post(b'{"a": 1,\n "b": }')
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert (problem["type"], problem["line"], problem["column"]) == (
        "urn:problem-type:crosswalk:malformed-document",
        2,
        7,
    )


@pytest.mark.parametrize(
    "text", [b"", b" ", b"NaN", b"[1,]", b"{'a': 1}", b"01", b'"\t"', b"\xff", b"[] []", b"// x\n1"]
)
def test_what_is_no_json_text_is_a_400(text: bytes) -> None:
    answer = post(text)
    assert answer.status == 400
    assert answer.json["line"] >= 1


def test_deep_nesting_is_refused_and_not_logged_as_unexpected(log: io.StringIO) -> None:
    answer = post(b"[" * 100_000)
    assert answer.status == 400
    assert answer.json["type"] == "urn:problem-type:crosswalk:unsafe-document"
    assert "unexpected" not in log.getvalue()


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("mapping=natural", rb'{"\ud800":1}'),
        ("mapping=natural&lines=true", rb'{"a":{"\udfff":1}}'),
        ("mapping=jsonml", rb'["a",{"\ud800":"b"}]'),
        ("mapping=xpath&duplicates=reject", rb'{"\ud800":{"a":1,"a":2}}'),
    ],
)
def test_a_pointer_through_half_a_character_is_told(query: str, text: bytes) -> None:
    answer = post(text, query)
    assert answer.status == 422
    assert r"\ud" in answer.json["pointer"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("mapping=items", "mapping"),
        ("mapping=auto", "mapping"),
        ("mapping=", "mapping"),
        ("indent=9", "indent"),
        ("indent=-1", "indent"),
        ("indent=2.0", "indent"),
        ("indent=1_0", "indent"),
        ("indent=%D9%A3", "indent"),
        ("colour=red", "colour"),
        ("indent=1&indent=2", "indent"),
        ("mapping=jsonml&indent=2", "indent"),
    ],
)
def test_a_parameter_that_is_wrong_or_does_not_apply_is_named(query: str, parameter: str) -> None:
    answer = post(b"{}", query)
    assert answer.status == 400
    assert answer.json["parameter"] == parameter
    assert parameter in answer.json["detail"]


@pytest.mark.parametrize(
    ("text", "query", "status", "code"),
    [
        (b"{", "", 400, "FOJS0001"),
        (b'{"a":1,"a":2}', "", 422, "FOJS0003"),
        (b"{}", "&duplicates=use-last", 400, "FOJS0005"),
    ],
)
def test_errors_of_the_mapping_xpath_carry_the_code_of_its_specification(
    text: bytes, query: str, status: int, code: str
) -> None:
    answer = post(text, f"mapping=xpath{query}")
    assert (answer.status, answer.json["code"]) == (status, code)


def test_indent_writes_one_element_a_line() -> None:
    answer = post(b'{"a":[1]}', "indent=2")
    assert answer.body.decode().splitlines() == [
        '<ITEM type="object">',
        '  <ITEM key="a" type="list">',
        '    <ITEM type="integer" value="1" />',
        "  </ITEM>",
        "</ITEM>",
    ]


LARGE = b'"' + b"x" * (LIMIT - 100) + b'"'


def test_a_document_of_the_limit_is_converted() -> None:
    assert post(LARGE.ljust(LIMIT)).status == 200


def test_one_byte_more_is_a_413_that_says_the_limit_and_where_to_go() -> None:
    answer = post(LARGE.ljust(LIMIT + 1))
    assert answer.status == 413
    assert answer.json["limit"] == LIMIT
    assert "POST /conversions" in answer.json["detail"]
    assert str(LIMIT) in answer.json["detail"]


def test_an_answer_of_the_limit_is_sent_and_one_byte_more_is_a_413() -> None:
    overhead = len(post(b'"x"').body) - 1
    assert len(post(b'"' + b"x" * (LIMIT - overhead) + b'"').body) == LIMIT
    assert post(b'"' + b"x" * (LIMIT - overhead + 1) + b'"').status == 413


def test_a_larger_answer_goes_out_compressed_where_the_client_accepts_gzip() -> None:
    document = json.dumps([1] * 500_000).encode()
    refused = post(document)
    compressed = post(document, Accept_Encoding="br, gzip;q=0.5")
    assert refused.status == 413
    assert post(document, Accept_Encoding="br, gzip;q=0").status == 413
    assert compressed.status == 200
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed.body).count(b"<ITEM ") == 500_001


def test_no_more_is_compressed_than_shows_that_it_is_too_large() -> None:
    assert LIMIT < len(compress(os.urandom(3 * LIMIT))) < 1.5 * LIMIT


def test_an_answer_within_the_limit_is_not_compressed_here() -> None:
    assert "Content-Encoding" not in post(b"[]", Accept_Encoding="gzip").headers


def test_an_unexpected_error_at_the_very_end_is_counted_where_the_alarm_looks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out_of_memory(*arguments: object, **options: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(zlib, "compressobj", run_out_of_memory)
    body = b"[" + b",".join([b"[]"] * 300_000) + b"]"
    assert post(body, Accept_Encoding="gzip").status == 500
    metrics = json.loads(next(line for line in capsys.readouterr().out.splitlines() if "_aws" in line))
    assert metrics["UnexpectedErrors"] == [1.0]
    [dimensions] = metrics["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    assert sorted(dimensions) == ["release", "service"]
