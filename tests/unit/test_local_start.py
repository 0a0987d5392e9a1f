"""What `make start` says when a part of it ends."""

import asyncio
from typing import Any

import pytest

import local.__main__ as program
from local.host.server import Server, listen
from local.storage import Storage
from tests.running import ROOT


def test_a_part_that_ends_with_an_error_is_logged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: Any) -> None:
        raise OSError(24, "Too many open files")

    async def serve(*_: Any) -> None:
        await asyncio.sleep(0.1)

    monkeypatch.setattr(program, "TEMPLATE", ROOT / "tests/local_project/template.yaml")
    monkeypatch.setattr(Storage, "deliver", fail)
    monkeypatch.setattr(Server, "serve", serve)
    with listen("127.0.0.1", 0) as listener:
        asyncio.run(program.serve(listener, "127.0.0.1"))
    assert "OSError: [Errno 24] Too many open files" in capsys.readouterr().out
