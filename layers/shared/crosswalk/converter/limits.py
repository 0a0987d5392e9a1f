"""Places in a document, and how far one may go: what holds for JSON and XML alike."""

from collections.abc import Callable, Iterable, Iterator
from io import BufferedIOBase, BytesIO
from typing import NamedTuple, Protocol

from crosswalk.errors import DocumentError, DocumentTooLarge, UnsafeDocument

MAX_DEPTH = 512
"""Objects and lists in JSON, or elements in XML, that may stand within each other, the outermost included."""

MAX_POINTER = 2048
"""Characters of a pointer or a path in an error, which must not repeat the document at length."""

MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes that a whole document may become. Deep indentation or a long name, written again and again, can make a small
document enormous; all other growth is a small multiple of what comes in."""

MAX_GROWTH = 32
"""Times what came in that the result of a stream may have beyond MAX_OUTPUT: a mapping takes up to 17 (`0,` becomes
`<ITEM type="integer" value="0" />`), and 16 are for what is written again and again."""


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
    """The steps of a pointer or a path, each after a slash, as far as MAX_POINTER leaves room for them."""
    joined = ""
    for step in steps:
        if len(joined) + len(step) >= MAX_POINTER:
            break
        joined += "/" + step
    return joined


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
    """Some of what a source holds, as it is and as it was prepared, and whether it is the last part."""

    text: bytes
    prepared: bytes
    is_last: bool


def cut_source(
    source: Source,
    size: int,
    find_end: Callable[[bytes], int],
    prepare: Callable[[bytes], bytes] = bytes,
    gap: int = MAX_GAP,
) -> Iterator[Part]:
    """Cut what a source holds into parts of about `size` bytes.

    find_end: returns where the last part that a prepared window holds ends, 0 where none does; it grows until one does.
    prepare: makes of a window another of the same length, in which places to cut are easier to find.
    source: its `read` may return less than it is asked for.
    Raises UnsafeDocument where `gap` bytes hold no place to cut, and what the source raises of its content.
    """
    window, wanted = b"", size
    while True:
        more, fault = _read_until_fault(source, wanted - len(window))
        window += more
        if fault:
            try:
                if end := find_end(prepared := prepare(window)):  # what stands before the fault is judged first
                    yield Part(window[:end], prepared[:end], False)
                raise fault
            finally:
                fault = None  # its traceback knows this frame: the cycle would last until a garbage collection
        if len(window) < wanted:
            yield Part(window, window, True)
            return
        prepared = prepare(window)
        if end := find_end(prepared):
            yield Part(window[:end], prepared[:end], False)
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
