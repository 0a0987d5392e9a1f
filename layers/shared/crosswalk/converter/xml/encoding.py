"""Turns a document in any of the encodings that we take into UTF-8.

Decoding is ours, strict and before parsing, so expat never chooses an encoding.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from functools import partial
from io import BufferedIOBase, UnsupportedOperation
from itertools import chain
from typing import NoReturn

from crosswalk.converter.places import START
from crosswalk.converter.sources import MAX_READ, Source, read_fully
from crosswalk.errors import MalformedDocument

# Each name that a declaration may give, in lower case, and Python's codec for it. Python knows many more, some of
# which are no character sets at all, such as unicode_escape.
ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16",
    "utf16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    **dict.fromkeys(("us-ascii", "ascii", "iso646-us"), "ascii"),
    **dict.fromkeys(("koi8-r", "koi8r", "koi8_r"), "koi8-r"),
    **{
        name.format(part): f"iso8859-{part}"
        for part in range(1, 17)
        if part != 12
        for name in ("iso-8859-{}", "iso8859-{}", "iso_8859-{}")
    },
    **{
        name.format(number): f"iso8859-{part}"
        for number, part in enumerate((1, 2, 3, 4, 9, 10, 13, 14, 15, 16), 1)
        for name in ("latin{}", "latin-{}", "l{}")
    },
    **{
        name.format(page): f"cp125{page}"
        for page in range(9)
        for name in ("windows-125{}", "windows125{}", "cp125{}", "x-cp125{}")
    },
}
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
DECLARATION = re.compile(
    r"""<\?xml (?:[ \t\r\n]+ version    [ \t\r\n]*=[ \t\r\n]* (["'])(?P<version>[\w.:-]+)\1)
               (?:[ \t\r\n]+ encoding   [ \t\r\n]*=[ \t\r\n]* (["'])(?P<encoding>[A-Za-z][\w.-]*)\3)?
               (?:[ \t\r\n]+ standalone [ \t\r\n]*=[ \t\r\n]* (["'])(?:yes|no)\5)?  [ \t\r\n]* \?>""",
    re.VERBOSE | re.ASCII,
)


PIECE = 1 << 16
"""Bytes that are decoded at once: decoded text takes up to four times as many."""


class XmlText(BufferedIOBase):
    """An XML document in UTF-8, its lines ending in LF, read from the bytes of the document as they come.

    By its byte order mark, which is left out, and its declaration. Reading it raises MalformedDocument for an encoding
    that is not in ENCODINGS, for a mark or a byte width that disagrees with the declaration, and for bytes that are
    invalid in the encoding, once all before them is read.
    """

    def __init__(self, document: Source) -> None:
        self._document = document
        self._blocks = _decode(document)
        self._pending = b""
        self._kept: list[bytes] | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes, none only at the end; by default all that is left."""
        if size is None or size < 0:
            text = self._pending + b"".join(self._blocks)
            self._pending = b""
        else:
            while not self._pending and (block := next(self._blocks, None)) is not None:
                self._pending = block
            text, self._pending = self._pending[:size], self._pending[size:]
        if self._kept is not None:
            self._kept.append(text)
        return text

    def keep(self) -> None:
        """Keep what is read from now on for `put_back`."""
        self._kept = []

    def put_back(self) -> None:
        """Have what was kept read once more."""
        self._pending = b"".join(part for part in [*(self._kept or []), self._pending] if part)
        self._kept = None

    def seekable(self) -> bool:
        return self._document.seekable()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go back to the beginning, and nowhere else."""
        if offset or whence:
            raise UnsupportedOperation("only to the beginning")
        self._document.seek(0)
        self._blocks, self._pending = _decode(self._document), b""
        return 0


def _decode(document: Source) -> Iterator[bytes]:
    """The document in UTF-8 with its lines ending in LF, block by block."""
    beginning = read_fully(document, MAX_READ)
    if len(beginning) < PIECE and _is_plain(beginning):
        yield beginning  # there is nothing else, and nothing to do
        return
    mark = next(mark for mark in (*BYTE_ORDER_MARKS, b"") if beginning.startswith(mark))
    content = beginning[len(mark) :]
    name, codec = _find_encoding(content, BYTE_ORDER_MARKS.get(mark))
    blocks = chain([content], iter(partial(read_fully, document, MAX_READ), b""))
    texts = _check_utf_8(blocks) if codec == "utf-8" else _recode(blocks, codec, name)
    first = next(texts)
    if first.startswith((codecs.BOM_UTF8, b"\0", b"<\0")):  # expat would take these for signs of an encoding
        _refuse_beginning("No XML document begins like this.")
    for text in chain([first], texts):
        # As XML 1.0 (2.11) asks before parsing; lines and columns stay what they were. CR alone is found faster.
        yield text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


_UTF_8_DECLARATION = re.compile(
    rb'<\?xml version="1\.0"(?: encoding="(?:UTF|utf)-8")?(?: standalone="(?:yes|no)")? ?\?>'
)


def _is_plain(document: bytes) -> bool:
    """Whether a whole document is UTF-8, as it says in the usual words or does not say, and stays what it is."""
    if document[:1] != b"<" or (document[1:2] == b"?" and not _UTF_8_DECLARATION.match(document)):
        return False
    try:
        document.decode()
    except UnicodeDecodeError:
        return False
    return b"\r" not in document and b"\0" not in document


def _find_encoding(content: bytes, marked: str | None) -> tuple[str, str]:
    """The name of the encoding, in capitals, and Python's codec; `marked` is the codec by the byte order mark."""
    seen = marked or _recognize_unmarked_utf_16(content)
    unnamed = "utf-16" if marked and seen in ("utf-16-le", "utf-16-be") else "utf-8"
    name = _read_declared_encoding(content, seen or "latin-1") or unnamed
    if not _agree(ENCODINGS[name], seen):
        _refuse_beginning(
            f"The document is {name.upper()} by its declaration, or for want of one, but its bytes are not."
        )
    return name.upper(), seen or ENCODINGS[name]


def _agree(declared: str, seen: str | None) -> bool:
    """Whether a declared codec can be the one that is seen from a document's first bytes, if any is."""
    if seen is None:
        return not declared.startswith("utf-16")
    return declared == seen or (declared == "utf-16" and seen.startswith("utf-16"))


_UTF_16_STARTS = {"<?xml".encode(codec): codec for codec in ("utf-16-le", "utf-16-be")}


def _recognize_unmarked_utf_16(content: bytes) -> str | None:
    """A document without a mark is UTF-16 only where it says so, and so must begin with a declaration."""
    return next((codec for start, codec in _UTF_16_STARTS.items() if content.startswith(start)), None)


def _read_declared_encoding(content: bytes, codec: str) -> str | None:
    """The encoding named in the XML declaration, in lower case, or None. Up to there all encodings hold plain ASCII."""
    if not content[:12].decode(codec, "replace").startswith(("<?xml ", "<?xml\t", "<?xml\r", "<?xml\n")):
        return None
    end = "?>".encode(codec)
    declaration = DECLARATION.fullmatch((content.partition(end)[0] + end).decode(codec, "replace"))
    if not declaration:
        _refuse_beginning("The XML declaration is not well-formed.")
    if declaration["version"] != "1.0":
        _refuse_beginning("Only version 1.0 of XML is read.")
    name = declaration["encoding"] and declaration["encoding"].lower()
    if name and name not in ENCODINGS:
        encodings = "UTF-8, UTF-16, US-ASCII, ISO-8859-1 to -16, windows-1250 to -1258 or KOI8-R"
        _refuse_beginning(f"The encoding must be {encodings}.")
    return name


def _refuse_beginning(detail: str) -> NoReturn:
    raise MalformedDocument(detail, place=START)


def _check_utf_8(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of whole characters and line ends."""
    place, rest = START, b""
    for block in chain(blocks, [b""]):
        rest += block
        end = 0
        while end < len(rest):
            piece = rest[end : end + PIECE]
            try:
                text, length = codecs.utf_8_decode(piece, "strict", not block)
            except UnicodeDecodeError as error:
                yield rest[: end + error.start]
                place = place.after(piece[: error.start].decode())
                raise MalformedDocument("The bytes here are not UTF-8.", place=place) from error
            if block and text.endswith("\r"):  # LF may follow
                text, length = text[:-1], length - 1
            place = place.after(text)
            end += length
            if not length:
                break
        yield rest[:end]
        rest = rest[end:]


def _recode(blocks: Iterable[bytes], codec: str, name: str) -> Iterator[bytes]:
    """The blocks in UTF-8, and of whole line ends."""
    decoder = codecs.getincrementaldecoder(codec)()
    place, held = START, ""
    for block in chain(blocks, [b""]):
        try:
            text = held + decoder.decode(block, not block)
        except UnicodeDecodeError as error:
            text = held + error.object[: error.start].decode(codec)
            yield text.encode()
            raise MalformedDocument(f"The bytes here are not {name}.", place=place.after(text)) from error
        held = "\r" if block and text.endswith("\r") else ""  # LF may follow
        text = text.removesuffix(held)
        yield text.encode()
        place = place.after(text)
