"""Places in a document, and how far one may go: what holds for JSON and XML alike."""

from typing import NamedTuple

MAX_DEPTH = 512
"""Objects and lists in JSON, or elements in XML, that may stand within each other, the outermost included."""


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
