"""Debian's Firefox, driven by WebDriver BiDi, which it speaks by itself: Playwright wants a Firefox of its own."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import connect
from websockets.sync.connection import Connection

PATIENCE = 60  # seconds


class Firefox:
    """A window of Firefox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._commands = 0
        self.send("session.new", capabilities={})
        self._window = self.send("browsingContext.getTree")["contexts"][0]["context"]

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a BiDi command."""
        self._commands += 1
        self._connection.send(json.dumps({"id": self._commands, "method": method, "params": parameters}))
        while (answer := json.loads(self._connection.recv(PATIENCE))).get("id") != self._commands:
            pass
        assert answer["type"] == "success", answer
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, address: str) -> None:
        self.send("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """What an expression that gives a text, a number or a boolean comes to in the page."""
        answer = self.send(
            "script.evaluate", expression=expression, target={"context": self._window}, awaitPromise=True
        )
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true in the page."""
        seconds = f"performance.now() > end ? fail(new Error({json.dumps(expression)})) : setTimeout(look, 50)"
        self.evaluate(
            f"""new Promise((done, fail) => {{
                const end = performance.now() + {PATIENCE * 500};
                const look = () => ({expression} ? done(true) : {seconds});
                look();
            }})"""
        )

    def type(self, text: str) -> None:
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keyboard", "actions": keys}]
        self.send("input.performActions", context=self._window, actions=actions)


@contextmanager
def start_firefox(program: Path, profile: Path) -> Iterator[Firefox]:
    command = [str(program), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(profile)})
    assert process.stderr
    try:
        address = next(found[1] for line in process.stderr if (found := re.search(r"(ws://\S+)", line)))
        with connect(f"{address}/session", max_size=None) as connection:
            yield Firefox(connection)
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stderr.close()
