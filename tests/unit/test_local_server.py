"""How the runner listens, and how long it waits for its clients."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import nullcontext
from threading import Thread

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.host import server
from local.host.server import Server, listen

LARGE = 30_000_000  # more than the buffers between two sockets hold


def test_an_accepted_connection_sends_small_answers_at_once() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the request, takes as many seconds as the path says, and answers with many bytes."""
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.request":
        await asyncio.sleep(float(scope["path"].strip("/") or "0"))
        seen = f"{scope['type']} from {scope['client'][0]} by {scope['scheme']}"
        await Response(b"x" * LARGE, headers={"Seen": seen})(scope, receive, send)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(server, "CLIENT_LIMIT", 0.5)
    listener = listen("127.0.0.1", 0)
    running = Server(answer)
    monkeypatch.setattr(running, "capture_signals", nullcontext)  # only a main thread hears signals
    thread = Thread(target=asyncio.run, args=[running.serve([listener])])
    thread.start()
    yield listener.getsockname()
    running.should_exit = True
    thread.join()


def is_cut_off(connection: socket.socket) -> bool:
    """Whether the server ends the connection within three seconds, without an answer."""
    connection.settimeout(3)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"],
    ids=["nothing", "line", "head", "body"],
)
def test_a_client_that_does_not_finish_its_request_is_cut_off(address: tuple[str, int], begun: bytes) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(begun)
        assert is_cut_off(connection)


def test_a_client_that_sends_a_byte_now_and_then_is_cut_off(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection, pytest.raises(ConnectionError):
        drip(connection)


def drip(connection: socket.socket) -> None:
    for _ in range(30):
        connection.sendall(b"G")
        time.sleep(0.1)


def test_a_client_that_does_not_take_its_answer_is_cut_off(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(1.5)
        assert len(receive_all(connection)) < LARGE


def test_a_client_waits_for_a_slow_answer_as_long_as_it_takes(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /1.5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert receive_all(connection).endswith(b"x" * LARGE)


def receive_all(connection: socket.socket) -> bytes:
    connection.settimeout(10)
    return b"".join(iter(lambda: connection.recv(2**20), b""))


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For: 203.0.113.1\r\nX-Forwarded-Proto: https",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        "dGhlIHNhbXBsZSBub25jZQ==",
    ],
)
def test_a_client_changes_neither_its_address_nor_the_protocol(address: tuple[str, int], header: str) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n".encode())
        assert b"\r\nseen: http from 127.0.0.1 by http\r\n" in connection.recv(1000)
