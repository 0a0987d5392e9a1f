"""Guards expat: no entities, no attribute lists, nothing fetched; and says in our words what it refuses."""

import re
from xml.parsers import expat

from defusedxml import EntitiesForbidden
from defusedxml.ElementTree import DefusedXMLParser

from crosswalk.converter.places import START, Place
from crosswalk.converter.sources import Source, read_fully
from crosswalk.converter.xml.escaping import UNCARRIABLE
from crosswalk.errors import MalformedDocument, UnsafeDocument

BLOCK = 1 << 20
"""Bytes that are read at a time. Each block but the last costs extra: expat counts its lines."""

MAX_PROLOG = 8 * 1024 * 1024
"""Bytes of comments, instructions and DOCTYPE that may stand before the root element."""

_TAG = re.compile(rb"<[^!?]")
_BEFORE_DOCTYPE = re.compile(
    rb"(?: [ \t\n]++ | <!-- [^-]*+ (?:-(?!->)[^-]*+)*+ --> | <\? [^?]*+ (?:\?(?!>)[^?]*+)*+ \?> )*+", re.VERBOSE
)
# A DOCTYPE up to its last character, or to what may not stand in its internal subset.
DOCTYPE = re.compile(
    rb"""<!DOCTYPE (?: "[^"]*" | '[^']*' | [^"'\[>]++ )*+
        (?P<subset> \[ (?: <!--.*?--> | <\?.*?\?> | "[^"]*" | '[^']*' | <!(?=ELEMENT|NOTATION) | [^]"'%<]++ )*+
            (?: \][ \t\n]* )? )?""",
    re.VERBOSE | re.DOTALL,
)
REFUSED_IN_DOCTYPE = (b"<!ENTITY", b"<!ATTLIST", b"%")
DOCTYPE_REFUSAL = "A DOCTYPE that declares entities or attributes, or refers to parameter entities, is refused."
_DOCTYPE_START = b"<!DOCTYPE"

# Stands between namespace and local name in what expat reports: no document can hold it, so no namespace does.
_SEPARATOR = "\x01"

_GUARD = DefusedXMLParser(target=object())  # lends its handlers; it never reads anything itself


def create_parser(separator: str | None = None) -> expat.XMLParserType:
    """An expat parser that refuses every DOCTYPE and all that comes with it; a separator turns namespaces on."""
    parser = expat.ParserCreate("utf-8", separator)
    parser.StartDoctypeDeclHandler = _GUARD.defused_start_doctype_decl
    parser.EntityDeclHandler = _GUARD.defused_entity_decl
    return parser


def drop_handlers(parser: expat.XMLParserType) -> None:
    """Callbacks mostly know the parser: the cycle would keep them all until a garbage collection."""
    parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
    parser.CommentHandler = parser.ProcessingInstructionHandler = None


def read_beginning(source: Source, size: int = BLOCK) -> bytes:
    """The first block of a document and its whole prolog, with a checked DOCTYPE blanked out.

    Raises MalformedDocument, and UnsafeDocument for a DOCTYPE that declares entities or attributes or refers to
    parameter entities, and for a prolog that is longer than MAX_PROLOG.
    """
    beginning = source.read(size)
    start = find_doctype(beginning)
    if _TAG.match(beginning, start):
        return beginning
    while _is_unfinished(beginning, start):
        if len(beginning) > MAX_PROLOG:
            mebibytes = MAX_PROLOG // 1024**2
            raise UnsafeDocument(f"More than {mebibytes} MiB stand before the root element.", place=START)
        more = read_fully(source, len(beginning))  # twice as much each time, so that the time stays linear
        if not more:
            break
        beginning += more
        start = find_doctype(beginning, start)
    return _blank_doctype(beginning, start)


def _is_unfinished(beginning: bytes, start: int) -> bool:
    """Whether what stands at `start`, the first that a prolog does not end with, may still be part of it."""
    rest = beginning[start : start + len(_DOCTYPE_START)]
    if rest == _DOCTYPE_START:
        doctype = DOCTYPE.match(beginning, start)
        return not (doctype and beginning.startswith((b">", *REFUSED_IN_DOCTYPE), doctype.end()))
    return rest.startswith((b"<!--", b"<?")) or _DOCTYPE_START.startswith(rest) or rest == b"<!-"


def find_doctype(xml: bytes, start: int = 0) -> int:
    """Where a DOCTYPE would stand: behind the white space, comments and instructions that begin a document."""
    return _BEFORE_DOCTYPE.match(xml, start).end()  # type: ignore[union-attr]  # it matches anywhere


def _blank_doctype(xml: bytes, start: int) -> bytes:
    """The document, its DOCTYPE checked and replaced by white space of the same shape, so that places stay.

    Declarations of elements and notations change nothing for us and are read over.
    """
    if not xml.startswith(_DOCTYPE_START, start):
        return xml
    doctype = DOCTYPE.match(xml, start)
    assert doctype is not None
    if doctype["subset"] and xml.startswith(REFUSED_IN_DOCTYPE, doctype.end()):
        raise UnsafeDocument(DOCTYPE_REFUSAL, place=START.after(xml[: doctype.end()].decode()))
    closed = xml.startswith(b">", doctype.end())
    end = doctype.end() + 1 if closed else len(xml)
    _check_doctype(xml[:end] + b"<a/>" if closed else xml)
    blank = "\n".join(" " * len(line) for line in xml[start:end].decode().split("\n"))
    return xml[:start] + blank.encode() + xml[end:]


def _check_doctype(xml: bytes) -> None:
    """A document that is hardly more than a DOCTYPE must be well-formed to expat, too, which fetches nothing."""
    parser = create_parser(_SEPARATOR)
    parser.StartDoctypeDeclHandler = None
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        place = Place(error.lineno, error.offset + 1)
        raise MalformedDocument(describe(error, xml[parser.ErrorByteIndex :].decode()), place=place) from error
    except EntitiesForbidden as error:
        place = Place(parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        raise UnsafeDocument(DOCTYPE_REFUSAL, place=place) from error


def find_second_doctype(beginning: bytes, end: Place, place: Place = START) -> Place:
    """Where a second DOCTYPE begins, of which expat tells the end; only the end where it stands further behind.

    beginning: of a document, its first DOCTYPE blanked, or some of its prolog, from `place` on.
    """
    start = find_doctype(beginning)
    return place.after(beginning[:start].decode()) if beginning.startswith(_DOCTYPE_START, start) else end


def find_wrong_beginning(beginning: bytes, fault: Place, place: Place = START) -> MalformedDocument | None:
    """The error of what stands before a root and is no part of a prolog; `fault`, which expat told, may be far behind.

    beginning: of a document, its DOCTYPE blanked, or some of it from `place` on where there is no root yet.
    None for a character that no document can hold, too: that is told instead.
    """
    start = find_doctype(beginning)
    first = beginning[start : start + 4].decode("utf-8", "ignore")[:1]
    if first in ("<", "") or UNCARRIABLE.match(first):
        return None
    wrong = place.after(beginning[:start].decode())
    if wrong > fault:
        return None
    begins_well = b"<" in beginning[:start]
    detail = "Something stands before the root element." if begins_well else "An XML document begins with <."
    return MalformedDocument(detail, place=wrong)


_EXPLANATIONS = {
    expat.errors.XML_ERROR_NO_ELEMENTS: "The document ends before its root element does.",
    expat.errors.XML_ERROR_TAG_MISMATCH: "This end tag does not match the start tag.",
    expat.errors.XML_ERROR_UNDEFINED_ENTITY: "A reference to an entity that is not declared.",
    expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE: "An attribute stands twice in one tag.",
    expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "Something stands after the root element.",
    expat.errors.XML_ERROR_MISPLACED_XML_PI: "The XML declaration must stand at the very beginning.",
}


def describe(error: expat.ExpatError, where: str) -> str:
    """What is wrong, in our words where expat's are poor. `where` begins at the place that expat found wanting."""
    message = expat.ErrorString(error.code) or "not well-formed"
    if message in _EXPLANATIONS:
        return _EXPLANATIONS[message]
    if unfit := UNCARRIABLE.match(where):
        return f"No XML document can hold U+{ord(unfit[0]):04X}."
    return f"{message[0].upper()}{message[1:]}."
