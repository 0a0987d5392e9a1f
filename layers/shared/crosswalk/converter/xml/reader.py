"""Reads an XML document once, block by block, through the callbacks of a mapping."""

import re
from collections.abc import Callable, Sequence
from typing import NoReturn
from xml.parsers import expat

from defusedxml import DTDForbidden

from crosswalk.converter.limits import START, Place, Source
from crosswalk.converter.xml.escaping import UNCARRIABLE, XML_SPACE
from crosswalk.converter.xml.names import NamespaceFault, Scope, shorten
from crosswalk.converter.xml.parser import (
    BLOCK,
    DOCTYPE,
    create_parser,
    describe,
    drop_handlers,
    find_doctype,
    read_beginning,
)
from crosswalk.converter.xml.paths import find_element, find_open_element
from crosswalk.errors import InexpressibleDocument, MalformedDocument

StartHandler = Callable[[str, list[str]], object]
TextHandler = Callable[[str], object]


class XmlReader:
    """One reading of one document.

    source: in UTF-8, every line ending in LF, as the module `encoding` makes it; block: bytes to read at a time.
    scope: the namespaces in force, as far as `check_names` has been told of them.
    """

    def __init__(self, source: Source, block: int = BLOCK) -> None:
        self.scope = Scope()
        self._source = source
        self._block_size = block
        self._parser = create_parser()
        self._beginning = b""  # of the document: its first block
        self._block = b""  # that is being parsed
        self._end_of_last = b""  # of the block before: a character may lie across both
        self._fed = 0  # bytes, this block included

    @property
    def place(self) -> Place:
        """The place of the event that is being handled; for text, of what follows it."""
        return Place(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

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
        """The error that refuses the element whose start tag is the first, second, ..."""
        place, path = find_element(self._source, ordinal)
        return InexpressibleDocument(detail, place=place, path=path, code=code)

    def read(self, start: StartHandler, end: TextHandler, text: TextHandler, lost: set[str] | None = None) -> None:
        """Read the document through the callbacks: `start(name, [name, value, ...])`, `end(name)`, `text(part)`.

        Names come as they were written. One stretch of text may come in several parts.
        lost: is told of `comments` and `processing-instructions`.
        Raises MalformedDocument, UnsafeDocument and whatever a callback raises: the first fault is the one told.
        """
        parser = self._parser
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        self._listen_to_the_rest(set() if lost is None else lost)
        try:
            self._parse()
        except expat.ExpatError as error:
            raise self._explain(error) from error
        except DTDForbidden as error:  # there has been one already, which is blank by now
            place = START.after(self._beginning[: find_doctype(self._beginning)].decode())
            raise MalformedDocument("A DOCTYPE stands twice.", place=place) from error
        finally:
            drop_handlers(parser)
            self._block = self._beginning = b""  # what comes next needs memory, too

    def _parse(self) -> None:
        """Feed the parser. The last block is fed as such: expat then need not count its lines."""
        self._block = self._beginning = read_beginning(self._source, self._block_size)
        final = False
        while not final:
            following = self._source.read(self._block_size)
            final = not following
            self._fed += len(self._block)
            self._parser.Parse(self._block, final)
            self._end_of_last = (self._end_of_last + self._block[-4:])[-4:]
            self._block = following

    def _listen_to_the_rest(self, lost: set[str]) -> None:
        def note_comment(data: str) -> None:
            lost.add("comments")
            self._parser.CommentHandler = None  # one tells it all

        def note_instruction(target: str, data: str) -> None:
            if ":" in target:  # Namespaces in XML 1.0, section 7
                raise MalformedDocument("The name of a processing instruction has no colon.", place=self.place)
            lost.add("processing-instructions")

        self._parser.CommentHandler = note_comment
        self._parser.ProcessingInstructionHandler = note_instruction

    def _explain(self, error: expat.ExpatError) -> MalformedDocument:
        """What is wrong, and where."""
        place = Place(error.lineno, error.offset + 1)
        message = expat.ErrorString(error.code)
        recent = self._end_of_last + self._block
        offset = self._parser.ErrorByteIndex - (self._fed - len(recent))
        where = recent[max(offset, 0) :][:4].decode("utf-8", "ignore")
        detail = describe(error, where)
        space = len(self._beginning) - len(self._beginning.lstrip(XML_SPACE.encode()))
        if message in _ABOUT_OPEN_ELEMENT and self._source.seekable():
            detail = _name_open_element(message, find_open_element(self._source)) or detail
        elif self._beginning[space : space + 1] not in (b"<", b"") and not UNCARRIABLE.match(where):
            # expat points behind it
            return MalformedDocument(
                "An XML document begins with <.", place=START.after(self._beginning[:space].decode())
            )
        return MalformedDocument(detail, place=place)


_ROOT = re.compile(rb"<(?:[^\s!?/>:]+:)?([^\s!?/>:]+)")
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
    reader = XmlReader(source, block=4096)  # the parser goes on to the end of a block, whatever stops it

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
