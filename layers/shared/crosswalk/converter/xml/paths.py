"""Paths of elements, such as `/feed/entry[3]/title[1]`, by which an error tells its place in an XML document."""

from contextlib import suppress
from xml.parsers import expat

from crosswalk.converter.places import Place, join_steps
from crosswalk.converter.sources import Source
from crosswalk.converter.xml.names import MAX_KEPT_LENGTH, shorten
from crosswalk.converter.xml.parser import BLOCK, create_parser, drop_handlers, read_beginning

MAX_COUNTED = 1 << 16
"""Names that are counted at a time, lest memory grows with the document. Others have no place among their namesakes."""


class ElementPath:
    """The path of the innermost element that is open: every step but the root has its place among its namesakes."""

    def __init__(self) -> None:
        self._steps: list[str] = []
        self._counts: list[dict[str, int]] = [{}]  # of the elements within each open one so far, by name
        self._room = MAX_COUNTED

    def enter(self, name: str) -> None:
        counts = self._counts[-1]
        if name not in counts and self._room and len(name) < MAX_KEPT_LENGTH:
            self._room -= 1
            counts[name] = 0
        if name in counts:
            counts[name] += 1
        numbered = self._steps and name in counts
        self._steps.append(f"{shorten(name)}[{counts[name]}]" if numbered else shorten(name))
        self._counts.append({})

    def leave(self) -> None:
        self._steps.pop()
        self._room += len(self._counts.pop())

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
