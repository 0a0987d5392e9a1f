"""POST /user through its real handler."""

import io
import json

import pytest

from functions.save_user.app import handler
from tests.databases import Database
from tests.events import Answer, create_event, invoke

TEXT = b'{"text": "Hello"}'


def post(body: bytes, query: str = "email=ada%40example.org", **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return invoke(handler, create_event("POST", f"/user?{query}", body, sent))


@pytest.mark.usefixtures("database")
def test_the_first_save_is_a_201_and_the_next_a_200_both_with_the_user() -> None:
    first, second = post(TEXT), post(b'{"text": "Hello again"}')
    assert (first.status, second.status) == (201, 200)
    assert first.json["text"] == "Hello"
    assert second.json["text"] == "Hello again"
    assert second.json["created_at"] == first.json["created_at"] == first.json["updated_at"]
    assert second.json["updated_at"] > first.json["updated_at"]


@pytest.mark.usefixtures("direct_database")
def test_the_body_is_json_whatever_its_content_type_and_a_bom_is_ignored() -> None:
    assert post(TEXT, Content_Type="application/x-www-form-urlencoded").status == 201
    assert post(b"\xef\xbb\xbf" + TEXT, Content_Type="text/plain; charset=utf-16").status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Hello",
        b"null",
        b"[]",
        b'[["text", "Hello"]]',
        b'"text"',
        b"{}",
        b'{"text": "Hello"',
        b'{"text": "Hello",}',
        b'{"text": "one", "text": "two"}',
        b'{"text": "Hello", "colour": "red"}',
        b'{"Text": "Hello"}',
        b'{"text": null}',
        b'{"text": 7}',
        b'{"text": true}',
        b'{"text": NaN}',
        b'{"text": ["Hello"]}',
        b'{"text": {"text": "Hello"}}',
        b'{"text": "\xff"}',
        b'{"text": "\\u0000"}',
        b'{"text": "\\ud800"}',
        '{"text": "Hello"}'.encode("utf-16"),
        b"[" * 100_000,
        json.dumps({"text": "x" * 101}).encode(),
        json.dumps({"text": "𝄞" * 101}).encode(),
    ],
)
def test_any_other_body_is_a_400_and_stores_nothing(direct_database: Database, body: bytes) -> None:
    answer = post(body)
    assert answer.status == 400
    assert answer.json["type"] == "urn:problem-type:crosswalk:invalid-body"
    assert direct_database.query("SELECT count(*) FROM users") == [(0,)]


@pytest.mark.parametrize("query", ["", "email=ada", "email=ada%40example.org&text=Hello", "email=a%40b.org%00"])
def test_a_wrong_query_is_a_400_and_stores_nothing(direct_database: Database, query: str) -> None:
    assert post(TEXT, query).status == 400
    assert direct_database.query("SELECT count(*) FROM users") == [(0,)]


@pytest.mark.usefixtures("direct_database")
def test_text_is_counted_in_characters_not_in_bytes() -> None:
    assert post(json.dumps({"text": "𝄞" * 100}).encode()).status == 201


def test_sql_in_a_text_is_only_text(direct_database: Database) -> None:
    text = "'); DELETE FROM users; --"
    assert post(json.dumps({"text": text}).encode()).json["text"] == text
    assert direct_database.query("SELECT text FROM users") == [(text,)]


@pytest.mark.usefixtures("direct_database")
def test_neither_email_nor_text_reaches_the_log(log: io.StringIO) -> None:
    post(TEXT)
    post(b'{"text": "Hello", "Hello": "Hello"}')
    post(TEXT, "email=ada%40example.org%00")
    assert '"status":400' in log.getvalue().replace(" ", "")
    assert "ada" not in log.getvalue()
    assert "Hello" not in log.getvalue()
