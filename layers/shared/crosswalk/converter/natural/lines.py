"""Reads and writes `natural` with `lines`: the records of an XML document, each as a line of JSON.

    <feed xmlns="u"><entry id="1">x</entry> <entry/></feed>

    {"entry":{"@id":"1","#text":"x"}}
    {"entry":null}

A line is what `natural` makes of its record as a document, so memory does not grow with the number of records.
"""

from collections.abc import Iterator

from crosswalk.converter.json_text import decode_json, decode_utf_8
from crosswalk.converter.limits import PART_SIZE, Place, Source, cut_source
from crosswalk.converter.natural.json_writer import LineWriter
from crosswalk.converter.natural.reader import TreeReader
from crosswalk.converter.natural.writer import TreeWriter
from crosswalk.converter.xml.escaping import XML_SPACE
from crosswalk.errors import DocumentError, UnsafeDocument

ROOT = "root"
"""The name of a root that need not be told."""

MAX_RECORD = 12 * 1024 * 1024
"""Bytes of a record, or of a line. It is converted as a whole, and one of `[0,0,0]` takes 63 times as much memory."""


class RecordReader:
    """Finds the records of a document and has a TreeReader read each of them as a document.

    record: the key of the elements that are records, the outermost of that name; empty: the children of the root.
    """

    def __init__(self, tree: TreeReader, record: str, lines: LineWriter) -> None:
        self._tree = tree
        self._xml = tree.reader
        self._record = record
        self._lines = lines
        self._names: list[str] = []  # of the elements that are open outside the records
        self._last_tag = 0  # outside the records, or that ends one: in bytes from the beginning of the document, about
        self._fed = 0

    def read(self) -> None:
        texts = self._tree.texts.append
        self._xml.read(self._start, self._end, texts, self._tree.lost, self._end_block, self._find_open)
        self._lines.finish()

    def _find_open(self) -> list[str] | None:
        """The elements that are open, unless a record is among them."""
        return self._names if len(self._tree.around) == len(self._names) else None

    def _start(self, name: str, attributes: list[str]) -> None:
        """Begin an element outside the records, or a record."""
        tree, names = self._tree, self._names
        depth = len(names)
        self._last_tag = self._fed
        if tree.texts:
            self._drop_text()
        tree.start(name, attributes)
        if tree.find_key(name) == self._record if self._record else depth == 1:
            if depth == 0:
                tree.lost.add("root")  # it comes back within another one
            self._xml.listen(tree.start)
            return
        names.append(name)
        if depth or name != ROOT or attributes:
            tree.lost.add("root")
        tree.members = None  # what stands outside the records is dropped

    def _end(self, name: str) -> None:
        tree, outside = self._tree, len(self._names)
        if len(tree.around) == outside:
            self._end_outside(name)
            return
        tree.end(name)
        if len(tree.around) == outside:
            self._lines.write(tree.take())
            tree.forget_record()
            self._last_tag = self._fed
            self._xml.listen(self._start)

    def _end_outside(self, name: str) -> None:
        """End an element outside the records."""
        self._drop_text()
        self._names.pop()
        self._tree.end(name)
        self._tree.members = None

    def _drop_text(self) -> None:
        """Forget the texts outside the records."""
        texts = self._tree.texts
        if texts:
            self._tree.lost.add("root" if any(text.strip(XML_SPACE) for text in texts) else "whitespace")
            texts.clear()

    def _end_block(self, fed: int) -> None:
        """Keep no more lines than one block holds, and refuse a record that has not ended for long."""
        self._fed = fed
        self._lines.finish()
        if fed - self._last_tag > MAX_RECORD:
            detail = f"More than {MAX_RECORD // 1024**2} MiB stand here without the end of a record."
            raise UnsafeDocument(detail, place=self._xml.place)


def write_records(source: Source, writer: TreeWriter, root: str) -> None:
    """Write JSON Lines as the children of an element `root`. Raises what `natural` raises, with the line's place."""
    writer.open_root(root)
    for number, line in _number_lines(source):
        try:
            writer.write_record(_decode_line(line, number))
        except DocumentError as error:
            place = error.place or Place(1, 1)
            error.place = Place(number + place.line - 1, place.column)
            raise
    writer.close_root(root)


def _number_lines(source: Source) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, from 1."""
    number = 1
    for part in cut_source(source, PART_SIZE, lambda window: window.rfind(b"\n") + 1, gap=MAX_RECORD):
        for line in part.text.split(b"\n"):
            if line.strip(b" \t\r"):
                yield number, line.removesuffix(b"\r")
            number += 1 + line[:-1].count(b"\r")  # CR alone ends a line, too, though not of JSON Lines
        number -= 1  # behind the last LF nothing has begun


def _decode_line(line: bytes, number: int) -> str:
    return decode_json(line) if number == 1 else decode_utf_8(line)
