"""Reads an XML document once, block by block, through the callbacks of a mapping."""

import re
from collections.abc import Callable, Sequence
from typing import NoReturn
from xml.parsers import expat

from defusedxml import DTDForbidden

from crosswalk.converter.places import START, Place
from crosswalk.converter.sources import MAX_GAP, Source
from crosswalk.converter.xml.names import NamespaceFault, Scope, shorten
from crosswalk.converter.xml.parser import (
    BLOCK,
    DOCTYPE,
    create_parser,
    describe,
    drop_handlers,
    find_doctype,
    find_second_doctype,
    find_wrong_beginning,
    read_beginning,
)
from crosswalk.converter.xml.paths import find_element, find_open_element
from crosswalk.errors import InexpressibleDocument, MalformedDocument, UnsafeDocument

StartHandler = Callable[[str, list[str]], object]
TextHandler = Callable[[str], object]


RENEW_AFTER = 2 * 1024 * 1024
"""Bytes that a parser is fed at least before another takes over. It keeps every name that it has met."""
RENEW_SHARE = 8
"""It is fed at least so many times what the names were that it had to begin with: they may be long."""


class _Renewal(Exception):
    """Stops a parser in front of a start tag, where another goes on. Nothing is wrong."""

    def __init__(self, offset: int, place: Place, open_elements: Sequence[str]) -> None:
        super().__init__()
        self.offset = offset  # of the start tag in the block
        self.place = place
        self.opening = "".join(f"<{name}>" for name in open_elements)


class XmlReader:
    """One reading of one document.

    source: in UTF-8, every line ending in LF, as the module `encoding` makes it.
    block: bytes to read at first, and twice as many each time up to `largest`, which is the same by default.
    scope: the namespaces in force, as far as `check_names` has been told of them.
    """

    def __init__(self, source: Source, block: int = BLOCK, largest: int = 0) -> None:
        self.scope = Scope()
        self._source = source
        self._block_size = block
        self._largest_block = max(block, largest)
        self._parser = create_parser()
        self._beginning = b""  # of the document: its first block
        self._block = b""  # that is being parsed
        self._end_of_last = b""  # of the block before: a character may lie across both
        self._fed = 0  # bytes, this block included
        self._is_worn = False  # whether it is time for a new parser
        # Where in the document the parser began, in bytes too, and what it was fed before that.
        self._origin = START
        self._origin_index = 0
        self._opening = ""

    @property
    def place(self) -> Place:
        """The place of the event that is being handled; for text, of what follows it."""
        return self._locate(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber)

    def check_names(self, depth: int, name: str, attributes: Sequence[str]) -> None:
        """Enter an element in the scope; raises MalformedDocument where Namespaces in XML 1.0 forbids its names.

        To be called from `start`, at least for elements of which a name has a colon or is `xmlns`. `attributes` as
        there.
        """
        try:
            self.scope.enter(depth, name, attributes)
        except NamespaceFault as fault:
            raise MalformedDocument(fault.detail, place=self.place) from fault

    def refuse_element(self, ordinal: int, detail: str, code: str | None = None) -> InexpressibleDocument:
        """The error that refuses the element whose start tag is the first, second, ...

        Its path is told only where the document can be read again.
        """
        if not self._source.seekable():
            return InexpressibleDocument(detail, place=self.place, code=code)
        place, path = find_element(self._source, ordinal)
        return InexpressibleDocument(detail, place=place, path=path, code=code)

    def read(
        self,
        start: StartHandler,
        end: TextHandler,
        text: TextHandler,
        lost: set[str] | None = None,
        after_block: Callable[[int], object] = bool,
        find_open: Callable[[], Sequence[str] | None] = lambda: None,
    ) -> None:
        """Read the document through the callbacks: `start(name, [name, value, ...])`, `end(name)`, `text(part)`.

        Names come as they were written. One stretch of text may come in several parts.
        lost: is told of `comments` and `processing-instructions`.
        after_block: is called with the number of bytes that have been read so far.
        find_open: returns the names of the elements that are open around one whose `start` is to be called, or None
        where they are not known. With them a new parser can go on: one that is fed for long grows with the document.
        Raises MalformedDocument, UnsafeDocument and whatever a callback raises: the first fault is the one told, but
        for bytes that the source refuses as it is read, up to two blocks ahead.
        """
        self._lost = set() if lost is None else lost
        self._find_open = find_open
        self._end, self._text = end, text
        self.listen(start)
        try:
            self._parse(after_block)
        except expat.ExpatError as error:
            raise self._explain(error) from error
        except DTDForbidden as error:  # there has been one already, which is blank by now
            raise MalformedDocument(
                "A DOCTYPE stands twice.", place=find_second_doctype(self._beginning, self.place)
            ) from error
        finally:
            drop_handlers(self._parser)
            del self._start, self._end, self._text, self._find_open
            self._block = self._beginning = b""  # what comes next needs memory, too

    def listen(self, start: StartHandler) -> None:
        """Have start tags told to this one from now on."""
        self._start = start
        self._parser.StartElementHandler = self._start_worn if self._is_worn else start

    def _start_worn(self, name: str, attributes: list[str]) -> None:
        """Have a new parser go on in front of this element, if that is possible here."""
        open_elements = self._find_open()
        if open_elements is not None:
            offset = self._find_byte(self._parser.CurrentByteIndex) - (self._fed - len(self._block))
            if offset >= 0:
                raise _Renewal(offset, self.place, open_elements)
        self._start(name, attributes)

    def _parse(self, after_block: Callable[[int], object]) -> None:
        """Feed the parser. The last block is fed as such: expat then need not count its lines."""
        self._block = self._beginning = read_beginning(self._source, self._block_size)
        self._prepare_parser()
        while True:
            self._block_size = min(2 * self._block_size, self._largest_block)
            following = self._source.read(self._block_size)
            self._fed += len(self._block)
            lifetime = max(RENEW_AFTER, RENEW_SHARE * len(self._opening))
            if self._fed - self._origin_index > lifetime and not self._is_worn:
                self._is_worn = True
                self._parser.StartElementHandler = self._start_worn
            try:
                self._parser.Parse(self._block, not following)
            except _Renewal as renewal:
                self._replace_parser(renewal)
                self._parser.Parse(self._block, not following)
            if not following:
                return
            if self._fed - self._find_byte(self._parser.CurrentByteIndex) > MAX_GAP:
                detail = f"A tag, comment or instruction is longer than {MAX_GAP // 1024**2} MiB."
                raise UnsafeDocument(detail, place=self.place)
            after_block(self._fed)
            self._end_of_last = (self._end_of_last + self._block[-4:])[-4:]
            self._block = following

    def _prepare_parser(self) -> None:
        self._parser.ordered_attributes = True
        self._parser.buffer_text = True
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.CommentHandler = self._note_comment
        self._parser.ProcessingInstructionHandler = self._note_instruction

    def _note_comment(self, data: str) -> None:
        self._lost.add("comments")
        self._parser.CommentHandler = None  # one tells it all

    def _note_instruction(self, target: str, data: str) -> None:
        if ":" in target:  # Namespaces in XML 1.0, section 7
            raise MalformedDocument("The name of a processing instruction has no colon.", place=self.place)
        self._lost.add("processing-instructions")

    def _replace_parser(self, renewal: _Renewal) -> None:
        drop_handlers(self._parser)
        self._parser = create_parser()
        self._parser.Parse(renewal.opening.encode(), False)
        self._prepare_parser()
        self._is_worn = False
        self.listen(self._start)
        self._block = self._block[renewal.offset :]
        self._origin, self._opening = renewal.place, renewal.opening
        self._origin_index = self._fed - len(self._block)

    def _locate(self, line: int, offset: int) -> Place:
        """The place in the document of what the parser tells; `offset` is from 0."""
        if line > 1:
            return Place(self._origin.line + line - 1, offset + 1)
        return Place(self._origin.line, self._origin.column + offset - len(self._opening))

    def _find_byte(self, index: int) -> int:
        """The place in the document, in bytes, of one of which the parser tells."""
        return self._origin_index + index - len(self._opening.encode())

    def _explain(self, error: expat.ExpatError) -> MalformedDocument:
        """What is wrong, and where."""
        place = self._locate(error.lineno, error.offset)
        message = expat.ErrorString(error.code)
        recent = self._end_of_last + self._block
        offset = self._find_byte(self._parser.ErrorByteIndex) - (self._fed - len(recent))
        where = recent[max(offset, 0) :][:4].decode("utf-8", "ignore")
        detail = describe(error, where)
        if wrong := find_wrong_beginning(self._beginning, place):
            return wrong
        if message in _ABOUT_OPEN_ELEMENT and self._source.seekable():
            detail = _name_open_element(message, find_open_element(self._source)) or detail
        return MalformedDocument(detail, place=place)


# A name that ends with what has been read of the document may go on.
_ROOT = re.compile(rb"<(?:[^\s!?/>:]+:)?([^\s!?/>:]+)(?=[\s/>])")
_ABOUT_OPEN_ELEMENT = {
    expat.errors.XML_ERROR_TAG_MISMATCH: "This end tag does not match <{}> of line {}, column {}.",
    expat.errors.XML_ERROR_NO_ELEMENTS: "The document ends before <{}> of line {}, column {} does.",
}


def _name_open_element(message: str, element: tuple[str, Place] | None) -> str | None:
    return element and _ABOUT_OPEN_ELEMENT[message].format(shorten(element[0]), *element[1])


def find_root_name(xml: bytes) -> bytes | None:
    """The root's local name, if anything like a root is found where it should be."""
    start = find_doctype(xml)
    if doctype := DOCTYPE.match(xml, start):
        start = find_doctype(xml, doctype.end() + 1)
    tag = _ROOT.match(xml, start)
    return tag and tag[1]


class _FoundError(Exception):
    """Stops the parser, with what was looked for as its arguments; nothing is wrong."""


def read_root(source: Source) -> tuple[str, str, dict[str, str]]:
    """The root's namespace, or the empty string, its local name, and its attributes by their names as written.

    Not much more is read than the start tag. Raises MalformedDocument and UnsafeDocument for what stands before.
    """
    # The parser goes on to the end of a block, though stopped, and reads a tag that has not ended again with the next.
    reader = XmlReader(source, block=4096, largest=BLOCK)

    def stop(name: str, attributes: list[str]) -> NoReturn:
        reader.check_names(0, name, attributes)
        pairs = iter(attributes)
        raise _FoundError(*reader.scope.resolve(name), dict(zip(pairs, pairs, strict=True)))

    try:
        reader.read(stop, str, str)
    except _FoundError as found:
        uri, local, attributes = found.args
        return uri, local, attributes
    raise AssertionError("expat takes no document without a root")
