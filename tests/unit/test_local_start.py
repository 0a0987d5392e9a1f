"""What `make start` says when a part of it ends, and how it ends itself."""

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest

import local.__main__ as program
from local.host.server import Server, listen
from local.storage import Storage
from tests.running import PYTHONPATH, ROOT


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


def test_a_signal_ends_it_in_good_order_as_soon_as_it_is_announced() -> None:
    code = """if True:
        import os, signal, sys
        import local.__main__ as program

        program.announce = lambda *_: os.kill(os.getpid(), signal.SIGTERM)
        sys.exit(program.main())
    """
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH, "PORT": "0"}
    assert subprocess.call([sys.executable, "-c", code], cwd=ROOT / "tests/local_project", env=environment) == 0
