"""The service as `make start` runs it, over HTTP: what DESIGN promises of the main job, byte for byte."""

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.host.template import read_template
from tests.running import ROOT, RunningService

LIMIT = 4 * 1024 * 1024


@pytest.fixture
def client(service: str) -> Iterator[httpx.Client]:
    # Without httpx's own Accept-Encoding: what is compressed is part of the contract.
    with httpx.Client(base_url=service, timeout=30, headers={"Accept-Encoding": "identity"}) as client:
        yield client


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ('{"foo": 7}', '<ITEM type="object"><ITEM key="foo" type="integer" value="7" /></ITEM>'),
        (
            '[true, "", null]',
            '<ITEM type="list"><ITEM type="boolean" value="true" /><ITEM type="string" /><ITEM type="null" /></ITEM>',
        ),
        (
            r'{"a": "\u0000\\"}',
            r'<ITEM type="object"><ITEM key="a" type="string" value="\u0000\\" escaped="true" /></ITEM>',
        ),
    ],
)
def test_the_examples_hold_both_ways(client: httpx.Client, text: str, xml: str) -> None:
    there = client.post("/json2xml", content=text)
    assert (there.status_code, there.text) == (200, xml)
    assert there.headers["Content-Type"] == "application/xml; charset=utf-8"
    back = client.post("/xml2json", content=there.content)
    assert (back.status_code, back.headers["Content-Type"]) == (200, "application/json")
    assert back.headers["Crosswalk-Mapping"] == "item"
    assert read_exactly(back.text) == read_exactly(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"foo":0,"bar":false,"":"","deep":[[[]]],"big":123456789012345678901234567890,"f":1.0,"e":1E400}',
        '{"b":1,"a":2,"b":3}',
        '"\\u0000 \\ud800 \\ufffe"'.replace("\\ufffe", "\ufffe"),
        '["\u007f\u0085\u2028 é 😀","\\t\\n\\r"]'.replace("\\t", "\\u0009")
        .replace("\\n", "\\u000a")
        .replace("\\r", "\\u000d"),
        "-0",
        "null",
    ],
)
def test_a_document_survives_the_round_trip(client: httpx.Client, text: str) -> None:
    xml = client.post("/json2xml", content=text).content
    assert read_exactly(client.post("/xml2json", content=xml).text) == read_exactly(text)


def test_a_compact_document_comes_back_byte_for_byte(client: httpx.Client) -> None:
    text = '{"name":"Zoë","tags":["a","b",""],"n":[1.50,-0,1e400,123456789012345678901234567890],"x":null}'.encode()
    assert client.post("/xml2json", content=client.post("/json2xml", content=text).content).content == text


def read_exactly(text: str) -> Any:
    """The document with its number texts, its order and its duplicates."""
    return json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=lambda pairs: ("object", pairs))


LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><l>&i;</l>"
)


@pytest.mark.parametrize(
    ("path", "document", "status"),
    [
        ("/xml2json", LAUGHS.encode(), 400),
        ("/xml2json", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 400),
        ("/xml2json", b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a b="&x;"/>', 400),
        ("/xml2json", b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 40_000 + b'">]><a>' + b"&x;" * 1000 + b"</a>", 400),
        ("/xml2json", b'<!DOCTYPE a [<!ENTITY x "x">]><a>' + b"&x;" * 13_333_333 + b"</a>", 413),
        ("/xml2json", b"<a>" * 100_000 + b"</a>" * 100_000, 400),
        ("/xml2json", b'<?xml version="1.0" encoding="unicode_escape"?><a/>', 400),
        ("/json2xml", b"[" * 100_000 + b"]" * 100_000, 400),
        ("/json2xml", b'{"a":' * 100_000, 400),
    ],
    ids=["laughs", "file", "network", "quadratic", "forty-megabytes", "deep", "encoding", "deep-json", "deep-object"],
)
def test_a_hostile_document_is_refused_at_once_and_the_service_goes_on(
    client: httpx.Client, path: str, document: bytes, status: int
) -> None:
    client.post(path, content=b"")  # an environment is up
    started = time.monotonic()
    answer = client.post(path, content=document)
    assert time.monotonic() - started < 1
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.content) < 1000
    assert client.post("/json2xml", content="[]").text == '<ITEM type="list" />'


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_a_document_may_be_in_another_encoding(client: httpx.Client, encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?><a>Zoë</a>'.encode(encoding)
    answer = client.post("/xml2json", content=document, headers={"Content-Type": "application/xml"})
    assert (answer.status_code, answer.text) == (200, '{"a":"Zoë"}')


def json_text(size: int) -> bytes:
    return b'"' + b"a" * (size - 2) + b'"'


def test_one_byte_beyond_the_limit_is_a_413_that_says_the_limit(client: httpx.Client) -> None:
    frame = len(client.post("/json2xml", content='"a"').content) - 3
    assert client.post("/json2xml", content=json_text(LIMIT - frame)).status_code == 200
    answer = client.post("/json2xml", content=json_text(LIMIT + 1))
    assert (answer.status_code, answer.json()["limit"]) == (413, LIMIT)


@pytest.mark.parametrize("size", [5_000_000, 11_000_000])
def test_a_document_that_never_reaches_the_function_is_a_413_that_says_the_limit(
    client: httpx.Client, size: int
) -> None:
    answer = client.post("/json2xml", content=json_text(size))
    assert answer.status_code == 413
    assert str(LIMIT) in answer.json()["detail"]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"]


def test_an_answer_of_the_limit_goes_out_and_one_byte_more_only_compressed(client: httpx.Client) -> None:
    frame = len('<ITEM type="string" value="" />')
    fits = json_text(LIMIT - frame + 2)
    assert len(client.post("/json2xml", content=fits).content) == LIMIT
    answer = client.post("/json2xml", content=json_text(LIMIT - frame + 3))
    assert (answer.status_code, answer.json()["limit"]) == (413, LIMIT)
    with client.stream(
        "POST", "/json2xml", content=json_text(LIMIT - frame + 3), headers={"Accept-Encoding": "gzip"}
    ) as compressed:
        raw = b"".join(compressed.iter_raw())
    assert (compressed.status_code, compressed.headers["Content-Encoding"]) == (200, "gzip")
    assert len(gzip.decompress(raw)) == LIMIT + 1


def test_a_problem_names_the_place(client: httpx.Client) -> None:
    answer = client.post("/xml2json", content="<a>\n  <b>\n</a>")
    assert answer.status_code == 400
    problem = answer.json()
    assert (problem["status"], problem["line"]) == (400, 3)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_every_answer_has_an_id_of_its_own(client: httpx.Client) -> None:
    paths = ["/nowhere", "/json2xml", "/xml2json"]
    ids = {client.post(path, content="?").headers["X-Request-Id"] for path in paths * 2}
    assert len(ids) == 6


def test_options_that_are_not_a_preflight_are_refused_by_the_function(client: httpx.Client) -> None:
    answer = client.options("/json2xml")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_a_preflight_of_a_foreign_page_is_refused(client: httpx.Client) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/json2xml", headers=headers)
    assert answer.status_code == 400
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_what_the_template_does_not_route_is_a_problem(client: httpx.Client) -> None:
    answer = client.get("/json2xml")
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 403
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_start_announces_every_route_that_people_call(running_service: RunningService) -> None:
    service = read_template(ROOT / "template.yaml")
    for route in service.routes:
        if route.method != "OPTIONS":
            running_service.wait_for_line(f"{route.method:<11} {running_service.address}{route.path} ")
    assert not [line for line in running_service.lines if line.startswith("OPTIONS")]


def test_a_user_is_saved_read_listed_and_deleted(client: httpx.Client) -> None:
    query = {"email": "zoë+tag@example.org"}
    assert client.post("/user", params=query, json={"text": "hello"}).status_code == 201
    assert client.get("/user", params=query).json()["text"] == "hello"
    assert query["email"] in [user["email"] for user in client.get("/users").json()["users"]]
    assert client.delete("/user", params=query).status_code == 204
    assert client.get("/user", params=query).status_code == 404
    assert client.get("/health", params={"database": "1"}).status_code == 200


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example:3000"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_foreign_page_or_a_rebound_name_reaches_no_user(
    client: httpx.Client, headers: dict[str, str], method: str
) -> None:
    query = {"email": "kept@example.org"}
    client.post("/user", params=query, json={"text": "kept"})
    refused = client.request(method, "/user", params=query, json={"text": "evil"}, headers=headers)
    assert (refused.status_code, refused.headers["Content-Type"]) == (403, "application/problem+json")
    assert client.get("/user", params=query).json()["text"] == "kept"


def test_the_log_holds_no_email(running_service: RunningService, client: httpx.Client) -> None:
    client.get("/user", params={"email": "secretive@example.org"})
    running_service.wait_for_line("GET /user 404")
    assert not [line for line in running_service.lines if "secretive" in line]
