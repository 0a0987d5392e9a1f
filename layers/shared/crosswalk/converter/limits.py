"""How deep a document may be, and how large what it becomes: what holds for JSON and XML alike."""

from collections.abc import Callable

from crosswalk.errors import DocumentTooLarge

MAX_DEPTH = 512
"""Objects and lists in JSON, or elements in XML, that may stand within each other, the outermost included."""

MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes that a whole document may become. Deep indentation or a long name, written again and again, can make a small
document enormous; all other growth is a small multiple of what comes in."""

MAX_GROWTH = 32
"""Times what came in that the result of a stream may have beyond MAX_OUTPUT: a mapping takes up to 17 (`0,` becomes
`<ITEM type="integer" value="0" />`), and 16 are for what is written again and again."""


class BoundedWrite:
    """A `write` that raises DocumentTooLarge as soon as more bytes were written than the limit that holds then.

    What bounds the result of a conversion stands here, and nowhere else.
    """

    def __init__(self, write: Callable[[bytes], object], find_limit: Callable[[], int] = lambda: MAX_OUTPUT) -> None:
        self.written = 0
        self._write = write
        self._find_limit = find_limit

    def __call__(self, utf_8: bytes) -> None:
        self.written += len(utf_8)
        if self.written > MAX_OUTPUT and self.written > (limit := self._find_limit()):
            mebibytes = limit // 1024**2
            raise DocumentTooLarge(f"The converted document would exceed {mebibytes} MiB.", limit=limit)
        self._write(utf_8)
