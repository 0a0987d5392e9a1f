"""Collects the text of a result and hands it on in UTF-8, some hundred pieces at a time."""

from collections.abc import Callable

PIECES = 1024
"""Pieces worth handing on."""


class TextOutput(list[str]):
    """Pieces are appended. Whoever appends calls `finish` in the end, and whenever there are more than PIECES.

    Pieces may be long. So a stream calls it for each part of its source, too.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        super().__init__()
        self._write = write

    def finish(self) -> None:
        if not self:
            return
        # Only unpaired surrogates cannot be encoded. XML holds none, and for JSON the handler writes JSON's own escape.
        text = "".join(self)
        self.clear()
        self._write(text.encode("utf-8", "backslashreplace"))
