"""Listens for HTTP, and ends in good order."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError or OverflowError.

    asyncio sets TCP_NODELAY only on sockets whose protocol number is TCP's, which those of `create_server` leave at 0.
    Without it a kept-alive connection waits 40 ms for each answer, until the client has acknowledged its first part.
    """
    listener = socket.create_server((host, port), backlog=1024)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the accepted ones inherit it
    return listener


class Server(uvicorn.Server):
    """uvicorn, ending in good order after the first signal: its own way would not let anything clean up after it."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                lifespan="off",
                log_level="warning",
                server_header=False,
                h11_max_incomplete_event_size=64 * 1024,  # larger headers get uvicorn's plain 400
                timeout_graceful_shutdown=1,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
