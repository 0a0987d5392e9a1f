"""Places in a document: lines and columns, and the pointers and paths to its values."""

from collections.abc import Iterable
from typing import NamedTuple

MAX_POINTER = 2048
"""Characters of a pointer or a path in an error, which must not repeat the document at length."""


class Place(NamedTuple):
    """A place in a document: line and column, both from 1 and in characters; LF, CRLF and CR each end a line."""

    line: int
    column: int

    def after(self, text: str) -> "Place":
        """The place behind a text that begins at this one."""
        if "\n" not in text and "\r" not in text:  # one character is found many times faster than all are counted
            return Place(self.line, self.column + len(text))
        lines, start = text.count("\n"), text.rfind("\n") + 1
        if "\r" in text:
            lines += text.count("\r") - text.count("\r\n")
            start = max(start, text.rfind("\r") + 1)
        return Place(self.line + lines, len(text) - start + (1 if lines else self.column))


START = Place(1, 1)


def locate(text: str, offset: int) -> Place:
    """The place of a character in a text that begins a document."""
    return START.after(text[:offset])


def point_at(steps: Iterable[int | str]) -> str:
    """The JSON pointer (RFC 6901) that these keys and indices make; beyond MAX_POINTER that of a value around it."""
    return join_steps(str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def join_steps(steps: Iterable[str]) -> str:
    """The steps of a pointer or a path, each after a slash, as far as MAX_POINTER leaves room for them.

    An unpaired surrogate, which a key may hold and UTF-8 may not, becomes its escape.
    """
    joined = ""
    for step in steps:
        if len(joined) + len(step) >= MAX_POINTER:
            break
        joined += "/" + step
    return joined.encode("utf-8", "backslashreplace").decode()
