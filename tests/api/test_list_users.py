"""GET /users through its real handler."""

import re

import pytest

from functions.list_users.app import handler
from tests.databases import Database
from tests.events import Answer, create_event, invoke


def get(query: str = "", **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return invoke(handler, create_event("GET", f"/users?{query}", headers=sent))


@pytest.mark.usefixtures("database")
def test_without_users_the_list_is_empty_and_leads_nowhere() -> None:
    answer = get()
    assert (answer.status, answer.json) == (200, {"users": [], "next": None})
    assert "Link" not in answer.headers


def test_a_page_has_ten_users_unless_asked_otherwise(database: Database) -> None:
    database.add_users(12)
    users = get().json["users"]
    assert len(users) == 10
    assert list(users[0]) == ["email", "text", "created_at", "updated_at"]
    assert len(get("limit=100").json["users"]) == 12
    assert [user["email"] for user in get("limit=1&offset=11").json["users"]] == ["user-000012@example.org"]


def test_the_link_header_and_next_lead_through_everyone(database: Database) -> None:
    database.add_users(25)
    seen, query = [], "limit=10"
    for _ in range(3):
        answer = get(query)
        seen += [user["email"] for user in answer.json["users"]]
        if "Link" in answer.headers:
            target = re.fullmatch(r'<\?(.*)>; rel="next"', answer.headers["Link"])
            assert target
            query = target[1]
            assert query == f"after={answer.json['next']}&limit=10"
    assert answer.json["next"] is None
    assert seen == [f"user-{number:06}@example.org" for number in range(1, 26)]


def test_a_client_that_has_the_page_already_gets_a_304_until_a_user_on_it_changes(direct_database: Database) -> None:
    direct_database.add_users(3)
    etag = get().headers["Etag"]
    assert get(If_None_Match=etag).status == 304
    direct_database.query("UPDATE users SET text = 'changed' WHERE id = 2")
    assert get(If_None_Match=etag).status == 200


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        *(
            (f"limit={value}", "limit")
            for value in ("0", "101", "-1", "ten", "", "1.0", "%2B1", "1_0", "1e1", "%D9%A1")
        ),
        *((f"offset={value}", "offset") for value in ("-1", "none", "", "0.5", "9223372036854775808", "9" * 5000)),
        *((f"after={value}", "after") for value in ("", "ada%40example.org", "%00", "YQ%3D%3D", "_w", "AA", "é")),
        ("offset=0&after=YWRhQGV4YW1wbGUub3Jn", "offset"),
        ("limit=1&limit=2", "limit"),
        ("page=2", "page"),
        ("limit=1;DROP%20TABLE%20users", "limit"),
    ],
)
@pytest.mark.usefixtures("direct_database")
def test_anything_but_a_whole_number_in_range_or_a_cursor_is_a_400_that_names_it(query: str, parameter: str) -> None:
    answer = get(query)
    assert answer.status == 400
    assert answer.json["parameter"] == parameter
    assert len(answer.body) < 500


def test_a_cursor_outlives_its_user(direct_database: Database) -> None:
    direct_database.add_users(3)
    cursor = get("limit=1").json["next"]
    direct_database.query("DELETE FROM users WHERE id = 1")
    assert len(get(f"after={cursor}").json["users"]) == 2
