"""Collects the text of a result and hands it on in UTF-8, 64 KiB or so at a time."""

from collections.abc import Callable
from io import StringIO

BLOCK = 1 << 16


class TextOutput(StringIO):
    """Text goes in by `write`. Whoever writes calls `settle` every few writes, and `finish` in the end."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        super().__init__()
        self._write_utf_8 = write

    def settle(self) -> None:
        """Hand on what has been collected, once it is enough."""
        if self.tell() > BLOCK:
            self.finish()

    def finish(self) -> None:
        # Only unpaired surrogates cannot be encoded. XML holds none, and for JSON the handler writes JSON's own escape.
        utf_8 = self.getvalue().encode("utf-8", "backslashreplace")
        self.seek(0)
        self.truncate()
        self._write_utf_8(utf_8)
