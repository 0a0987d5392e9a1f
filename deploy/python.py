"""A Python of the functions' own version, which alone compiles bytecode that they can use.

Without bytecode each cold start compiles all that it imports, which takes it twice as long.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from deploy.stack import DeployError

RUNTIME = "3.13"
SEARCHES = (["uv", "python", "find", RUNTIME], ["pyenv", "prefix", RUNTIME])
"""Commands that print where such a Python is: the program itself, or the folder that it is installed in."""


def find_python() -> str:
    """The program to compile with; empty where ALLOW_NO_BYTECODE=1 goes on without. Raises DeployError."""
    for program in list_candidates():
        if is_runtime(program):
            return program
    if os.environ.get("ALLOW_NO_BYTECODE") == "1":
        return ""
    raise DeployError(
        f"There is no Python {RUNTIME} here to compile the layer with, and without bytecode a cold start takes twice as"
        f" long. Get one by `uv python install {RUNTIME}` or by `pyenv install {RUNTIME}`, or name yours by"
        " PYTHON313=... To go on without: ALLOW_NO_BYTECODE=1."
    )


def list_candidates() -> Iterator[str]:
    """Programs that may be the one, the given one first."""
    if given := os.environ.get("PYTHON313"):
        yield given
        return
    yield f"python{RUNTIME}"
    for search in SEARCHES:
        found = Path(_print_line(search))
        yield str(found / "bin" / "python" if found.is_dir() else found)


def is_runtime(program: str) -> bool:
    """Whether the program runs and is a Python of that version; pyenv's shims may be there and lead nowhere."""
    return _print_line([program, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]) == RUNTIME


def _print_line(command: list[str]) -> str:
    """What a command prints; nothing when it is not there or fails."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
