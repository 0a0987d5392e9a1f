"""Places in a document, and how far one may go: what holds for JSON and XML alike."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from crosswalk.errors import DocumentTooLarge

MAX_DEPTH = 512
"""Objects and lists in JSON, or elements in XML, that may stand within each other, the outermost included."""

MAX_POINTER = 2048
"""Characters of a pointer or a path in an error, which must not repeat the document at length."""

MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes that a whole document may become. Deep indentation or a long name, written again and again, can make a small
document enormous; all other growth is a small multiple of what comes in."""


class Place(NamedTuple):
    """A place in a document: line and column, both from 1 and in characters; LF, CRLF and CR each end a line."""

    line: int
    column: int

    def after(self, text: bytes) -> "Place":
        """The place behind UTF-8 text that begins at this one."""
        lines = text.count(b"\n")
        start = text.rfind(b"\n") + 1
        if b"\r" in text:
            lines += text.count(b"\r") - text.count(b"\r\n")
            start = max(start, text.rfind(b"\r") + 1)
        length = len(text) - start if text.isascii() else len(text[start:].decode("utf-8", "replace"))
        return Place(self.line + lines, length + (1 if lines else self.column))


START = Place(1, 1)


def locate(text: str, offset: int) -> Place:
    """The place of a character in a text that begins a document."""
    breaks = text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)
    return Place(breaks + 1, offset - max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)))


def point_at(steps: Iterable[int | str]) -> str:
    """The JSON pointer (RFC 6901) that these keys and indices make; beyond MAX_POINTER that of a value around it."""
    return join_steps(str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def join_steps(steps: Iterable[str]) -> str:
    """The steps of a pointer or a path, each after a slash, as far as MAX_POINTER leaves room for them."""
    joined = ""
    for step in steps:
        if len(joined) + len(step) >= MAX_POINTER:
            break
        joined += "/" + step
    return joined


class BoundedWrite:
    """A `write` that raises DocumentTooLarge as soon as more than `limit` bytes were written, before it passes them on.

    What bounds the result of a conversion stands here, and nowhere else.
    """

    def __init__(self, write: Callable[[bytes], object], limit: int = MAX_OUTPUT) -> None:
        self.written = 0
        self.limit = limit
        self._write = write

    def __call__(self, utf_8: bytes) -> None:
        self.written += len(utf_8)
        if self.written > self.limit:
            mebibytes = self.limit // 1024**2
            raise DocumentTooLarge(f"The converted document would exceed {mebibytes} MiB.", limit=self.limit)
        self._write(utf_8)
