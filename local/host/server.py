"""Listens for HTTP, waits for no client for ever, and ends in good order."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

CLIENT_LIMIT = 30.0  # seconds for a client to send its whole request, and to take the whole answer


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError or OverflowError.

    asyncio sets TCP_NODELAY only on sockets whose protocol number is TCP's, which those of `create_server` leave at 0.
    Without it a kept-alive connection waits 40 ms for each answer, until the client has acknowledged its first part.
    """
    listener = socket.create_server((host, port), backlog=1024)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the accepted ones inherit it
    return listener


class Connection(H11Protocol):
    """A client's connection, cut off when the client has let us wait too long."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_client()

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle and not self.cycle.more_body and not self.cycle.response_complete:
            self._patience.cancel()  # the request is whole: it is for us to answer

    def on_response_complete(self) -> None:
        self._wait_for_client()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.cancel()
        super().connection_lost(exc)

    def _wait_for_client(self) -> None:
        self._patience = self.loop.call_later(CLIENT_LIMIT, self.transport.abort)


class Server(uvicorn.Server):
    """uvicorn, ending in good order after the first signal: its own way would not let anything clean up after it."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",  # there are none on AWS, and the application would not know what to make of one
                proxy_headers=False,  # nobody stands before it whose word for the client's address would be good
                lifespan="off",
                log_level="warning",
                server_header=False,
                h11_max_incomplete_event_size=64 * 1024,  # larger headers get uvicorn's plain 400
                timeout_graceful_shutdown=1,
            )
        )

    def catch_signals(self) -> None:
        """Have a signal end it from now on, be it before it serves."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        self.catch_signals()
        yield
