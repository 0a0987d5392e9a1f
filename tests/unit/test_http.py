"""What crosswalk.http promises every endpoint, shown on small routers of the tests' own."""

import asyncio
import io
import json
from collections.abc import Iterator
from time import process_time
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict

from crosswalk.errors import DatabaseUnavailable
from crosswalk.http.handler import create_handler
from crosswalk.http.parameters import WholeNumber, refuse_repeated_parameters
from crosswalk.settings import read_service_settings
from tests.events import REQUEST_ID, Answer, create_event, invoke

router = APIRouter()
SECRET = "a document's own words"


class Page(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: WholeNumber = 10


class Text(BaseModel):
    text: str


@router.get("/page")
async def get_page(page: Annotated[Page, Query()]) -> dict[str, int]:
    return {"limit": page.limit}


@router.post("/page")
async def post_page(text: Text) -> dict[str, str]:
    return {"text": text.text}


@router.get("/failure")
async def fail() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise RuntimeError(SECRET) from error


@router.get("/away")
async def be_away() -> None:
    raise DatabaseUnavailable("The database is away.", retry_after=7)


@pytest.fixture
def origins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://one.example,https://two.example")
    read_service_settings.cache_clear()


@pytest.fixture(autouse=True)
def _forget_settings() -> object:
    yield
    read_service_settings.cache_clear()


def request(method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return invoke(create_handler(router), create_event(method, target, body, sent))


def test_an_unexpected_error_is_a_plain_500_and_logs_frames_without_a_message(
    log: io.StringIO,
) -> None:
    answer = request("GET", "/failure")
    logged = log.getvalue()
    assert answer.status == 500
    assert answer.headers["X-Request-Id"] == REQUEST_ID
    assert SECRET not in answer.body.decode() + logged
    errors = [line for line in logged.splitlines() if '"level":"ERROR"' in line]
    assert len(errors) == 1
    entry = json.loads(errors[0])
    assert entry["correlation_id"] == REQUEST_ID
    assert "builtins.KeyError" in entry["traceback"]
    assert any("fail" in frame for frame in entry["traceback"])


@pytest.mark.parametrize("path", ["/page", "/page?limit=x", "/failure", "/nowhere"])
def test_no_answer_may_run_scripts_or_be_framed_or_embedded(path: str) -> None:
    answer = request("GET", path)
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def count(metric: str, printed: str) -> list[tuple[list[str], dict[str, Any]]]:
    """Each entry of a metric: by which dimensions it is counted, and the whole entry."""
    entries = [json.loads(line) for line in printed.splitlines() if f'"{metric}"' in line]
    return [(entry["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0], entry) for entry in entries]


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("CROSSWALK_RELEASE", "0123456789")
    read_service_settings.cache_clear()
    yield "0123456789"
    read_service_settings.cache_clear()


def test_an_unexpected_error_is_counted_for_its_release(release: str, capsys: pytest.CaptureFixture[str]) -> None:
    request("GET", "/failure")
    ((dimensions, entry),) = count("UnexpectedErrors", capsys.readouterr().out)
    assert sorted(dimensions) == ["release", "service"]
    assert (entry["UnexpectedErrors"], entry["release"]) == ([1.0], release)


def test_an_absent_database_is_counted_for_all_functions_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    request("GET", "/away")
    ((dimensions, _),) = count("DatabaseUnavailable", capsys.readouterr().out)
    assert dimensions == ["service"]


def test_a_request_is_logged_without_its_query(log: io.StringIO) -> None:
    request("GET", "/page?limit=77")
    (entry,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (entry["method"], entry["route"], entry["status"]) == ("GET", "/page", 200)
    assert "limit" not in log.getvalue()
    assert "location" not in entry, "a middleware's own line number says nothing"


def test_an_absent_database_answers_503_with_retry_after() -> None:
    answer = request("GET", "/away")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert answer.json["detail"] == "The database is away."


@pytest.mark.parametrize("limit", ["", " 1", "1.0", "+1", "-1", "1_0", "1e1", "٣", "x"])
def test_a_whole_number_is_ascii_digits_only(limit: str) -> None:
    answer = request("GET", f"/page?limit={limit.replace('+', '%2B')}")
    assert (answer.status, answer.json["parameter"]) == (400, "limit")


@pytest.mark.parametrize("host", ["[::1]:3000", "[::1]", "api.example.org:", "a:b:c"])
def test_the_header_host_does_not_matter(host: str) -> None:
    assert request("GET", "/page", Host=host).status == 200


@pytest.mark.parametrize("port", ["1, 443", "", "x", "-1", "99999999999999999999"])
def test_the_header_x_forwarded_port_does_not_matter(port: str) -> None:
    assert request("GET", "/page", X_Forwarded_Port=port).status == 200


@pytest.mark.parametrize("path", ["/page", "/page?limit=x", "/failure", "/nowhere"])
def test_an_answer_that_says_nothing_about_caches_is_kept_by_none(path: str) -> None:
    assert request("GET", path).headers["Cache-Control"] == "no-store"


def test_parameters_are_counted_in_one_pass() -> None:
    query = "&".join(f"p{number}=" for number in range(20_000))
    many = Request({"type": "http", "query_string": query.encode()})
    started = process_time()
    asyncio.run(refuse_repeated_parameters(many))
    assert process_time() - started < 1, "a pass for each parameter took 5 seconds"


def test_a_slash_too_many_is_a_404_rather_than_a_redirect_out_of_the_stage() -> None:
    answer = request("GET", "/page/")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("query", ["{name}=1", "{name}=1&{name}=2"])
def test_a_long_parameter_name_is_not_repeated_in_full(query: str) -> None:
    answer = request("GET", "/page?" + query.format(name="x" * 5000))
    assert answer.status == 400
    assert answer.json["parameter"] == "x" * 64
    assert len(answer.body) < 400


def test_an_unknown_parameter_is_named() -> None:
    answer = request("GET", "/page?colour=red")
    assert (answer.status, answer.json["parameter"]) == (400, "colour")


def test_a_body_of_the_wrong_form_is_a_400_with_a_pointer() -> None:
    answer = request("POST", "/page", b'{"text": 7}', Content_Type="application/json")
    assert (answer.status, answer.json["pointer"]) == (400, "/text")


def test_an_unknown_route_within_the_function_is_a_problem() -> None:
    answer = request("GET", "/nowhere")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.usefixtures("origins")
@pytest.mark.parametrize("origin", ["https://one.example", "https://two.example"])
def test_a_preflight_of_a_configured_origin_is_allowed(origin: str) -> None:
    answer = request("OPTIONS", "/page", Origin=origin, Access_Control_Request_Method="POST")
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.usefixtures("origins")
def test_a_preflight_of_another_origin_is_refused_with_a_problem() -> None:
    answer = request("OPTIONS", "/page", Origin="https://three.example", Access_Control_Request_Method="POST")
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.usefixtures("origins")
@pytest.mark.parametrize("target", ["/page", "/page?limit=x", "/failure"])
def test_a_configured_origin_may_read_answers_problems_and_our_headers(target: str) -> None:
    answer = request("GET", target, Origin="https://one.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://one.example"
    assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]


def test_an_options_request_that_is_not_a_preflight_is_a_405() -> None:
    answer = request("OPTIONS", "/page")
    assert (answer.status, answer.headers["Content-Type"]) == (405, "application/problem+json")


@pytest.mark.parametrize("target", ["/page?limit=x", "/page?colour=red", "/page?limit=1&limit=2", "/nowhere", "/away"])
def test_every_detail_is_a_sentence(target: str) -> None:
    detail = request("GET", target).json["detail"]
    assert detail[0].isupper()
    assert detail.endswith(".")
    assert not detail.endswith("..")


def test_a_wrong_origin_setting_is_named_when_the_function_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "example.org")
    read_service_settings.cache_clear()
    with pytest.raises(ValueError, match="allowed_origins"):
        create_handler(router)
