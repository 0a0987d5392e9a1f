"""Measures the converter of another checkout, in a process of its own that waits for its turn.

with Checkout(Path("../crosswalk-1.0/layers/shared")) as old:
    seconds = old.time("json_to_xml", "item")(document, 10)
"""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.measuring import Timer, time_here

ROOT = Path(__file__).parent.parent


class Checkout:
    """A Python with one checkout's `layers/shared` on its path."""

    def __init__(self, layer: Path) -> None:
        if not (layer / "crosswalk").is_dir():
            raise SystemExit(f"{layer} has no crosswalk in it: name a layers/shared folder")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.checkouts"],
            env={**os.environ, "PYTHONPATH": f"{layer.resolve()}:{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def time(self, function: str, mapping: str) -> Timer:
        """A timer of one of the converter's functions."""

        def timer(document: bytes, times: int) -> float:
            assert self._process.stdin
            assert self._process.stdout
            pickle.dump((function, mapping, document, times), self._process.stdin)
            self._process.stdin.flush()
            answer: float | Exception = pickle.load(self._process.stdout)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return timer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def answer_turns() -> None:
    """The other process: a turn for each request on standard input, until it ends."""
    from crosswalk import converter

    while True:
        try:
            function, mapping, document, times = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        answer: Any
        try:
            answer = time_here(lambda text: getattr(converter, function)(text, mapping))(document, times)  # noqa: B023
        except Exception as error:
            answer = RuntimeError(type(error).__name__)
        pickle.dump(answer, sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    answer_turns()
