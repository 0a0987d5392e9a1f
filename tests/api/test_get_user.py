"""GET /user through its real handler."""

import io
from urllib.parse import quote

import pytest

from functions.get_user.app import handler
from functions.save_user.app import handler as save_handler
from tests.events import Answer, create_event, invoke


def get(query: str, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return invoke(handler, create_event("GET", f"/user?{query}", headers=sent))


def save(email: str, text: str) -> None:
    body = f'{{"text": "{text}"}}'.encode()
    assert invoke(save_handler, create_event("POST", f"/user?email={quote(email)}", body)).status in (200, 201)


@pytest.mark.usefixtures("database")
def test_a_user_is_an_object_of_four_members_with_times_in_utc() -> None:
    save("Ada@example.org", "Hello")
    answer = get("email=ada%40example.org")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json) == ["email", "text", "created_at", "updated_at"]
    assert (answer.json["email"], answer.json["text"]) == ("Ada@example.org", "Hello")
    assert answer.json["created_at"].endswith("Z")


@pytest.mark.usefixtures("database")
def test_an_unknown_user_is_a_404_problem_that_does_not_repeat_the_email(log: io.StringIO) -> None:
    answer = get("email=ada%40example.org")
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "ada" not in answer.body.decode()
    assert "ada" not in log.getvalue()
    assert "traceback" not in log.getvalue()


@pytest.mark.usefixtures("database")
def test_a_client_that_has_the_user_already_gets_a_304_until_the_user_changes() -> None:
    save("ada@example.org", "one")
    etag = get("email=ada%40example.org").headers["Etag"]
    for known in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        answer = get("email=ada%40example.org", If_None_Match=known)
        assert (answer.status, answer.body, answer.headers["Etag"]) == (304, b"", etag)
    assert get("email=ada%40example.org", If_None_Match='"other"').status == 200
    save("ada@example.org", "one")
    assert get("email=ada%40example.org", If_None_Match=etag).status == 200


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "email"),
        ("email=", "email"),
        ("email=ada", "email"),
        ("email=a%40example.org%00", "email"),
        ("email=a%40example.org%0AB", "email"),
        ("email=a%40b.org%2Cc%40d.org", "email"),
        ("email='%20OR%201%3D1%20--", "email"),
        ("email=" + "a" * 64 + "%40" + "b" * 250 + ".org", "email"),
        ("email=" + "a" * 100_000, "email"),
        ("email=a%40b.org&email=a%40b.org", "email"),
        ("email=a%40b.org&limit=1", "limit"),
        ("e-mail=a%40b.org&email=a%40b.org", "e-mail"),
    ],
)
@pytest.mark.usefixtures("direct_database")
def test_what_is_no_email_or_no_parameter_is_a_400_that_names_it(query: str, parameter: str) -> None:
    answer = get(query)
    assert answer.status == 400
    assert answer.json["parameter"] == parameter
    assert len(answer.body) < 500


@pytest.mark.usefixtures("direct_database")
def test_a_plus_sign_and_letters_of_any_script_are_part_of_an_email() -> None:
    for email in ("first.last+tag@sub.example.co.uk", "жена@пример.рф", "o'hara@example.org"):
        save(email, "x")
        assert get(f"email={quote(email)}").json["email"] == email
