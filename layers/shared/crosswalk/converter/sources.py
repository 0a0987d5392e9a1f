"""Where documents come from, read bit by bit and cut into parts."""

from collections.abc import Callable, Iterator
from io import BufferedIOBase, BytesIO
from typing import NamedTuple, Protocol

from crosswalk.errors import DocumentError, UnsafeDocument

MAX_READ = 1 << 20
"""Bytes that are asked of a source at once."""

PART_SIZE = 1 << 16
"""Bytes of a part that is converted on its own, about."""

MAX_GAP = 32 * 1024 * 1024
"""Bytes that may stand between two places where a document can be cut."""


class Source(Protocol):
    """Where a document comes from: a file, say, or a BytesIO."""

    def read(self, size: int = -1, /) -> bytes: ...

    def seekable(self) -> bool: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...


class Part(NamedTuple):
    """Some of what a source holds, and whether it is the last part."""

    text: bytes
    is_last: bool


def cut_source(source: Source, size: int, find_end: Callable[[bytes], int], gap: int = MAX_GAP) -> Iterator[Part]:
    """Cut what a source holds into parts of about `size` bytes.

    find_end: returns where the last part that a window holds ends, 0 where none does; it grows until one does.
    source: its `read` may return less than it is asked for.
    Raises UnsafeDocument where `gap` bytes hold no place to cut, and what the source raises of its content.
    """
    window, wanted = b"", size
    while True:
        more, fault = _read_until_fault(source, wanted - len(window))
        window += more
        if fault:
            try:
                if end := find_end(window):  # what stands before the fault is judged first
                    yield Part(window[:end], False)
                raise fault
            finally:
                fault = None  # its traceback knows this frame: the cycle would last until a garbage collection
        if len(window) < wanted:
            yield Part(window, True)
            return
        if end := find_end(window):
            yield Part(window[:end], False)
            window, wanted = window[end:], size
        elif len(window) >= gap:
            raise UnsafeDocument(f"More than {gap // 1024**2} MiB stand here without a place to cut the document.")
        else:
            wanted = min(2 * len(window), gap)


class Resumed(BufferedIOBase):
    """A source of which the beginning has been read already."""

    def __init__(self, beginning: bytes, source: Source) -> None:
        self._beginning = BytesIO(beginning)
        self._source = source

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return self._beginning.read() + self._source.read()
        return self._beginning.read(size) or self._source.read(size)


def _read_until_fault(source: Source, size: int) -> tuple[bytes, DocumentError | None]:
    """As `read_fully`, but with what was read before a fault, and the fault."""
    blocks = []
    try:
        while size > 0 and (block := source.read(min(size, MAX_READ))):
            blocks.append(block)
            size -= len(block)
    except DocumentError as fault:
        return b"".join(blocks), fault
    return b"".join(blocks), None


def read_fully(source: Source, size: int) -> bytes:
    """As many bytes as asked for, fewer only where the source ends."""
    blocks = []
    while size > 0 and (block := source.read(min(size, MAX_READ))):
        blocks.append(block)
        size -= len(block)
    return b"".join(blocks)
