"""Conversions while S3 cannot be reached or fails: an answer that says to come again, and no unexpected error."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from crosswalk.conversions import state
from crosswalk.conversions.storage import Patience
from functions.create_conversion.app import handler as create_conversion
from functions.get_conversion.app import handler as get_conversion
from tests.events import Answer, create_event, invoke
from tests.storage import forget_settings, name_bucket

REQUESTS: dict[str, Callable[[], Answer]] = {
    "begin": lambda: invoke(create_conversion, create_event("POST", "/conversions?to=xml&bytes=2")),
    "ask": lambda: invoke(get_conversion, create_event("GET", f"/conversions/{'0' * 32}")),
}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    name_bucket(monkeypatch)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # botocore waits longer before each attempt
    yield
    forget_settings()


def go_to(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    forget_settings()


@contextmanager
def answer_always(status: int, code: str = "MadeUp") -> Iterator[int]:
    """A server that answers all requests with a status and an error of S3's; its port."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = answer  # noqa: N815

        def log_message(self, *line: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def expect_another_try(answer: Answer) -> None:
    assert answer.status == 503
    assert answer.json["type"].endswith("storage-unavailable")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("request_name", REQUESTS)
def test_storage_that_cannot_be_reached(request_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # and nobody listens
        taken.bind(("127.0.0.1", 0))
        go_to(taken.getsockname()[1], monkeypatch)
        expect_another_try(REQUESTS[request_name]())


@pytest.mark.parametrize("request_name", REQUESTS)
def test_storage_that_accepts_and_says_nothing(request_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "QUICK", Patience(connect=0.1, read=0.1, attempts=2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        go_to(silent.getsockname()[1], monkeypatch)
        expect_another_try(REQUESTS[request_name]())


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("status", [500, 503])
def test_storage_that_fails(request_name: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with answer_always(status) as port:
        go_to(port, monkeypatch)
        expect_another_try(REQUESTS[request_name]())


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize(("status", "code"), [(400, "RequestTimeout"), (409, "OperationAborted")])
def test_storage_that_refuses_for_now(
    request_name: str, status: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answer_always(status, code) as port:
        go_to(port, monkeypatch)
        expect_another_try(REQUESTS[request_name]())


def test_storage_that_refuses_us_is_our_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with answer_always(403) as port:
        go_to(port, monkeypatch)
        assert REQUESTS["begin"]().status == 500
