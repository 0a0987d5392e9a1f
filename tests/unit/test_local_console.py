"""What `make start` prints of the functions' log lines."""

import json
import re

import pytest

from local.console import log, shorten

REQUEST = {
    "level": "INFO",
    "message": "request",
    "timestamp": "2026-11-24 09:31:56,136+0000",
    "service": "crosswalk",
    "cold_start": True,
    "function_arn": "arn:aws:lambda:us-east-1:123456789012:function:JsonToXmlFunction",
    "correlation_id": "52e26750",
    "method": "POST",
    "route": "/json2xml",
    "status": 200,
    "milliseconds": 7.0,
}


@pytest.mark.parametrize(
    ("entry", "short"),
    [
        (REQUEST, "INFO    request POST /json2xml 200 7.0 ms 52e26750"),
        (
            {"level": "INFO", "message": "purged", "purged": 3, "finished": True},
            "INFO    purged purged=3 finished=True",
        ),
        (
            {"level": "ERROR", "message": "unexpected error", "traceback": ["a.py:1 in f", "b.py:2 in g"]},
            "ERROR   unexpected error\n    a.py:1 in f\n    b.py:2 in g",
        ),
        ({"_aws": {}, "Documents": [1.0]}, ""),
        ({"some": "json"}, '{"some": "json"}'),
        ([1], "[1]"),
        (7, "7"),
    ],
)
def test_a_line_of_json_is_shortened_for_people(entry: object, short: str) -> None:
    assert shorten(json.dumps(entry)) == short


@pytest.mark.parametrize("line", ["", "a line", "{a line", "[ERROR] RuntimeError: not today"])
def test_a_line_that_is_not_json_stays_as_it_is(line: str) -> None:
    assert shorten(line) == line


def test_a_line_is_printed_with_time_and_function(capsys: pytest.CaptureFixture[str]) -> None:
    log("json_to_xml", json.dumps(REQUEST))
    assert re.fullmatch(r"\d\d:\d\d:\d\d json_to_xml    INFO    request .* 52e26750\n", capsys.readouterr().out)


def test_json_is_printed_on_demand(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LOG", "json")
    log("json_to_xml", json.dumps(REQUEST))
    assert capsys.readouterr().out == json.dumps(REQUEST) + "\n"
