"""Converts documents of any size: from one file, or what reads like one, into another.

    with open("big.json", "rb") as source, open("big.xml", "wb") as target:
        summary = convert_stream(source, target, to="xml")

`item`, `natural` with `lines`, and `jsonml` from XML take memory that does not grow with the document. The others read
it as a whole.
"""

import sys
import zlib
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from io import BytesIO
from typing import Any, BinaryIO

from crosswalk.converter.limits import MAX_GROWTH, MAX_OUTPUT, BoundedWrite
from crosswalk.converter.mappings import TO_JSON, TO_XML, choose_converter, recognize_mapping, run, streams
from crosswalk.converter.sources import Resumed, Source, read_fully
from crosswalk.converter.xml.encoding import XmlText
from crosswalk.errors import DocumentTooLarge, InvalidParameter, MalformedDocument

GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Summary:
    """What became of a document: its bytes, unpacked, before and after; the mapping; and what was lost on the way."""

    bytes_in: int
    bytes_out: int
    mapping: str
    losses: tuple[str, ...] = ()


def convert_stream(
    source: BinaryIO,
    target: BinaryIO,
    to: str = "xml",
    mapping: str | None = None,
    *,
    indent: int | None = None,
    whole_limit: int | None = None,
    **options: Any,
) -> Summary:
    """Convert a document from `source`, plain or in gzip, and write the result to `target`.

    to: `xml` or `json`. mapping: by default `item` to XML, and `auto` to JSON.
    indent, options: as for `convert_json_to_xml` and `convert_xml_to_json`; `indent` not to JSON.
    whole_limit: bytes of a document that may be read as a whole, for a mapping that does not stream; None for any.
    Raises as these do, for the first fault in the document; what was written by then is worthless. DocumentTooLarge is
    raised for more than `whole_limit`, and for a result that grows out of all proportion.
    Meanwhile Python collects no garbage, which a conversion makes none of.
    """
    if to not in ("xml", "json"):
        raise InvalidParameter("The parameter to must be xml or json.", parameter="to")
    if to == "json" and indent:
        raise InvalidParameter("The parameter indent does not apply to JSON from a stream.", parameter="indent")
    document = _CountedSource(source)
    text: Source = document
    converters = TO_XML
    mapping = mapping or ("item" if to == "xml" else "auto")
    if to == "json":
        converters = TO_JSON
        text = xml = XmlText(document)
        if mapping == "auto":
            mapping = recognize_mapping(xml)
    convert = choose_converter(converters, mapping, indent, options)
    if not streams(converters, mapping, options):
        text = _read_whole(text, mapping, whole_limit)
    write = BoundedWrite(target.write, lambda: MAX_OUTPUT + MAX_GROWTH * document.count)
    losses = run(convert, text, write)
    return Summary(document.count, write.written, mapping, losses)


def _read_whole(text: Source, mapping: str, limit: int | None) -> BytesIO:
    """All of a document. Raises DocumentTooLarge beyond the limit."""
    whole = read_fully(text, sys.maxsize if limit is None else limit + 1)
    if limit is not None and len(whole) > limit:
        raise DocumentTooLarge(
            f"The mapping {mapping} needs the whole document, which may have {limit} bytes for that; "
            "the mapping item, or natural with lines, takes any size.",
            limit=limit,
        )
    return BytesIO(whole)


class _CountedSource:
    """A document as it is unpacked, and how many bytes have been read of it. Nothing can be read twice."""

    def __init__(self, source: BinaryIO) -> None:
        beginning = read_fully(source, len(GZIP_MAGIC))
        self.count = 0
        self._given = source
        self._source: Source = Resumed(beginning, source)
        if beginning == GZIP_MAGIC:
            self._source = GzipFile(fileobj=self._source)  # it only reads

    def read(self, size: int = -1, /) -> bytes:
        try:
            self._given.read(0)  # it may end a reading by an error, and gzip may hold minutes of work in one part of it
            block = self._source.read(size)
        except (BadGzipFile, EOFError, zlib.error) as error:
            raise MalformedDocument("The document begins as gzip, and cannot be unpacked.") from error
        self.count += len(block)
        return block

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise OSError("a stream is read once")
