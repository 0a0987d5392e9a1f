"""DELETE /user through its real handler."""

import pytest

from functions.delete_user.app import handler
from functions.get_user.app import handler as get_handler
from functions.save_user.app import handler as save_handler
from tests.events import Answer, create_event, invoke


def delete(query: str) -> Answer:
    return invoke(handler, create_event("DELETE", f"/user?{query}"))


@pytest.mark.usefixtures("database")
def test_deleting_a_user_is_a_204_and_then_it_is_gone() -> None:
    invoke(save_handler, create_event("POST", "/user?email=ada%40example.org", b'{"text": ""}'))
    answer = delete("email=ADA%40example.org")
    assert (answer.status, answer.body) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert invoke(get_handler, create_event("GET", "/user?email=ada%40example.org")).status == 404


@pytest.mark.usefixtures("database")
def test_deleting_an_absent_user_returns_404() -> None:
    assert delete("email=ada%40example.org").status == 404


@pytest.mark.parametrize(("query", "parameter"), [("", "email"), ("email=x", "email"), ("id=1&email=a%40b.org", "id")])
@pytest.mark.usefixtures("direct_database")
def test_a_wrong_parameter_is_a_400_that_names_it(query: str, parameter: str) -> None:
    answer = delete(query)
    assert (answer.status, answer.json["parameter"]) == (400, parameter)
