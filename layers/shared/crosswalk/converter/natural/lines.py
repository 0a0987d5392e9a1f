"""Reads and writes `natural` with `lines`: the records of an XML document, each as a line of JSON.

    <feed xmlns="u"><entry id="1">x</entry> <entry/></feed>

    {"entry":{"@id":"1","#text":"x"}}
    {"entry":null}

A line is what `natural` makes of its record as a document, so memory does not grow with the number of records.
"""

from collections.abc import Callable, Iterator

from crosswalk.converter.json_depth import is_too_deep
from crosswalk.converter.json_text import (
    DECODER,
    JSON_SPACE,
    Value,
    decode_utf_8,
    drop_mark,
    parse_json,
)
from crosswalk.converter.natural.json_writer import LineWriter
from crosswalk.converter.natural.reader import TreeReader
from crosswalk.converter.natural.writer import TreeWriter
from crosswalk.converter.places import Place
from crosswalk.converter.sources import PART_SIZE, Source, cut_source
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
        if tree.has_key(name, attributes, self._record) if self._record else depth == 1:
            tree.start(name, attributes)
            if depth == 0:
                tree.lost.add("root")  # it comes back within another one
            self._xml.listen(tree.start)
            return
        tree.pass_over(name, attributes)
        names.append(name)
        if depth or name != ROOT or attributes:
            tree.lost.add("root")

    def _end(self, name: str) -> None:
        tree, outside = self._tree, len(self._names)
        if len(tree.around) == outside:
            self._end_outside()
            return
        tree.end(name)
        if len(tree.around) == outside:
            self._lines.write(tree.take())
            tree.forget_record()
            self._last_tag = self._fed
            self._xml.listen(self._start)

    def _end_outside(self) -> None:
        """End an element outside the records."""
        self._drop_text()
        self._names.pop()
        self._tree.leave()

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
    lines = _LineReader(source, writer.expect)
    try:
        writer.write_records(lines.read(), root)
    except DocumentError as error:
        if error.pointer is not None:  # as whatever the writer refuses
            error.place = Place(lines.number, 1)
        raise


class _LineReader:
    """Reads the values of JSON Lines, and skips blank lines.

    number: of the line at hand. CR alone ends a line, too, though not of JSON Lines.
    expect: is called with some lines before they are read.
    """

    def __init__(self, source: Source, expect: Callable[[str], object]) -> None:
        self.number = 1
        self._source = source
        self._expect = expect

    def read(self) -> Iterator[Value]:
        """Raises MalformedDocument, and UnsafeDocument for what is too deep, with the place."""
        for part in cut_source(self._source, PART_SIZE, lambda window: window.rfind(b"\n") + 1, gap=MAX_RECORD):
            try:
                yield from self._read_part(part.text)
            except DocumentError as error:
                place = error.place or Place(1, 1)
                error.place = Place(self.number + place.line - 1, place.column)
                raise

    def _read_part(self, part: bytes) -> Iterator[Value]:
        if self.number == 1:
            first, end, rest = part.partition(b"\n")
            part = drop_mark(first) + end + rest
        is_deep = is_too_deep(part)
        for lines in _decode_lines(part.replace(b"\r\n", b"\n")):
            self._expect(lines)
            has_returns = "\r" in lines
            for line in lines.split("\n"):
                if bare := line.strip(JSON_SPACE):
                    yield parse_json(line) if is_deep else _parse_line(line, bare)
                self.number += 1 + line.count("\r") if has_returns else 1
        self.number -= 1  # behind the last LF nothing has begun


def _decode_lines(text: bytes) -> Iterator[str]:
    """All lines, or each by itself if one of them is not UTF-8: those before it are read first."""
    try:
        yield text.decode()
    except UnicodeDecodeError:
        yield from map(decode_utf_8, text.split(b"\n"))


def _parse_line(line: str, bare: str) -> Value:
    """As `parse_json`, but sooner, for a line that is not too deep; `bare`: without white space at its ends."""
    try:
        value: Value
        value, end = DECODER.raw_decode(bare)
        if end == len(bare):
            return value
    except (ValueError, RecursionError):
        pass
    return parse_json(line)  # which knows what is wrong, or better
