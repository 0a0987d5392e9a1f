"""Paths of elements, such as `/feed/entry[3]/title[1]`, by which an error tells its place in an XML document."""

from collections import Counter
from contextlib import suppress
from xml.parsers import expat

from crosswalk.converter.limits import Place, Source, join_steps
from crosswalk.converter.xml.names import shorten
from crosswalk.converter.xml.parser import BLOCK, create_parser, drop_handlers, read_beginning


class ElementPath:
    """The path of the innermost element that is open: every step but the root has its place among its namesakes."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._steps: list[str] = []
        self._counts: list[Counter[str]] = [Counter()]  # of the elements within each open one so far, by name

    def enter(self, name: str) -> None:
        counts = self._counts[-1]
        counts[name] += 1
        self._steps.append(f"{shorten(name)}[{counts[name]}]" if self._steps else shorten(name))
        self._counts.append(Counter())
        self.names.append(name)

    def leave(self) -> None:
        self.names.pop()
        self._steps.pop()
        self._counts.pop()

    def __str__(self) -> str:
        return join_steps(self._steps)


class _FoundError(Exception):
    """Stops the parser; nothing is wrong."""


def find_element(source: Source, ordinal: int) -> tuple[Place, str]:
    """Place and path of the element whose start tag is the first, second, ...

    The document is read again for this, so that a reading that refuses nothing need not keep count of it all.
    """
    path = ElementPath()
    parser = create_parser()
    tags = 0

    def start(name: str, attributes: object) -> None:
        nonlocal tags
        path.enter(name)
        tags += 1
        if tags == ordinal:
            raise _FoundError(Place(parser.CurrentLineNumber, parser.CurrentColumnNumber + 1))

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: path.leave()
    try:
        _read_again(source, parser)
    except _FoundError as found:
        return found.args[0], str(path)
    raise AssertionError("the element has been read before")


def find_open_element(source: Source) -> tuple[str, Place] | None:
    """Name and place of the innermost element that is open where a document stops being well-formed."""
    parser = create_parser()
    opened: list[tuple[str, Place]] = []
    parser.StartElementHandler = lambda name, attributes: opened.append(
        (name, Place(parser.CurrentLineNumber, parser.CurrentColumnNumber + 1))
    )
    parser.EndElementHandler = lambda name: opened.pop()
    with suppress(expat.ExpatError):
        _read_again(source, parser)
    return opened[-1] if opened else None


def _read_again(source: Source, parser: expat.XMLParserType) -> None:
    source.seek(0)
    block = read_beginning(source)
    try:
        while block:
            parser.Parse(block, False)
            block = source.read(BLOCK)
        parser.Parse(b"", True)
    finally:
        drop_handlers(parser)
