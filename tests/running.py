"""Runs `python -m local` for the tests that talk HTTP to it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHONPATH = f"{ROOT}:{ROOT / 'layers/shared'}"
"""What a Python process needs to import the project."""


class RunningService:
    """One `python -m local`, or another module like it, on a free port, serving the project in a folder."""

    def __init__(self, folder: Path, module: str = "local", **variables: str) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": PYTHONPATH, "HOST": "127.0.0.1", "PORT": "0", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read_lines, daemon=True)
        self._reader.start()
        announcement = self.wait_for_line("The page")
        self.address = next(word for word in announcement.split() if word.startswith("http")).rstrip("/")

    def wait_for_line(self, text: str, seconds: float = 20) -> str:
        """The first line printed that has this text in it, as soon as there is one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self.lines:
                if text in line:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no line with {text!r} in\n" + "\n".join(self.lines))

    def workers(self) -> list[int]:
        """The process ids of its execution environments."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal and waits for the end; gives the exit status."""
        self._process.send_signal(number)
        status = self._process.wait(timeout=10)
        self._reader.join(timeout=5)
        assert self._process.stdout
        self._process.stdout.close()
        return status

    def _read_lines(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))
