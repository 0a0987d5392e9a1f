"""Reads untrusted XML safely, with expat through defusedxml, and escapes what goes into XML.

    document --recode_xml--> UTF-8 --XmlReader--> the callbacks of a mapping

Decoding is ours, strict and up front, so expat never chooses an encoding. A DOCTYPE is checked by itself and then
blanked out: once one names an external subset, expat silently drops references to undeclared entities, in attribute
values without any event; without a DOCTYPE they are errors everywhere. Nothing is ever fetched.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import NoReturn
from xml.parsers import expat

from defusedxml import DTDForbidden, EntitiesForbidden
from defusedxml.ElementTree import DefusedXMLParser

from crosswalk.converter.json_text import MAX_DEPTH, check_repetition, is_utf_8, locate
from crosswalk.errors import InexpressibleDocument, MalformedDocument, UnsafeDocument

StartHandler = Callable[[str, list[str]], object]
TextHandler = Callable[[str], object]
InstructionHandler = Callable[[str, str], object]

# Each name that a declaration may give, in lower case, and Python's codec for it. Python knows many more, some of
# which are no character sets at all, such as unicode_escape.
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "us-ascii": "ascii",
    "koi8-r": "koi8-r",
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in range(1, 17) if part != 12},
    **{f"windows-125{page}": f"cp125{page}" for page in range(9)},
}
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
UTF_16 = ("utf-16-le", "utf-16-be")
DECLARATION = re.compile(
    r"""<\?xml (?:[ \t\r\n]+ version    [ \t\r\n]*=[ \t\r\n]* (["'])(?P<version>[\w.:-]+)\1)
               (?:[ \t\r\n]+ encoding   [ \t\r\n]*=[ \t\r\n]* (["'])(?P<encoding>[A-Za-z][\w.-]*)\3)?
               (?:[ \t\r\n]+ standalone [ \t\r\n]*=[ \t\r\n]* (["'])(?:yes|no)\5)?  [ \t\r\n]* \?>""",
    re.VERBOSE | re.ASCII,
)
# What may stand before a DOCTYPE. Possessive, so that no prolog takes more than linear time.
BEFORE_DOCTYPE = re.compile(rb"(?:[ \t\n]++|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
# A DOCTYPE up to its last character, or to what may not stand in its internal subset.
DOCTYPE = re.compile(
    rb"""<!DOCTYPE (?: "[^"]*" | '[^']*' | [^"'\[>]++ )*+
        (?P<subset> \[ (?: <!--.*?--> | <\?.*?\?> | "[^"]*" | '[^']*' | <!(?=ELEMENT|NOTATION) | [^]"'%<]++ )*+
            (?: \][ \t\n]* )? )?""",
    re.VERBOSE | re.DOTALL,
)
REFUSED_IN_DOCTYPE = (b"<!ENTITY", b"<!ATTLIST", b"%")
DOCTYPE_REFUSAL = "a DOCTYPE that declares entities or attributes, or refers to parameter entities, is refused"

# A character that no XML 1.0 document can hold, not even as a reference; an unpaired surrogate is one.
UNCARRIABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# A namespace's name that is shorter never amounts to much, however many attributes it stands for.
LONG_VALUE = re.compile(rb"""=[ \t\n]*+(?:"[^"]{512}|'[^']{512})""")

# Stands between namespace and local name in what expat reports: no document can hold it, so no namespace does.
SEPARATOR = "\x01"


def recode_xml(document: bytes) -> bytes:
    """An XML document, by its byte order mark and declaration, in UTF-8; without the mark, every line ending in LF.

    UTF-8 is not made a text for this, which may take four times the memory.
    Raises MalformedDocument for an encoding that is not in ENCODINGS, for a mark or a byte width that disagrees with
    the declaration, and for bytes that are invalid in the encoding.
    """
    mark = next((mark for mark in BYTE_ORDER_MARKS if document.startswith(mark)), b"")
    content = document[len(mark) :]
    codec = BYTE_ORDER_MARKS.get(mark) or _recognize_unmarked_utf_16(content)
    declared = _read_declared_encoding(content, codec or "latin-1")
    name = declared or ("utf-16" if mark and codec in UTF_16 else "utf-8")
    if (name == "utf-16") != (codec in UTF_16) or (mark == codecs.BOM_UTF8 and name != "utf-8"):
        _refuse_beginning(
            f"the document is {name.upper()} by its declaration, or for want of one, but its bytes are not"
        )
    if name != "utf-8" or not is_utf_8(content):
        content = _decode(content, codec or ENCODINGS[name], name.upper()).encode()
    if content.startswith((codecs.BOM_UTF8, b"\0", b"<\0")):  # expat would take these for signs of an encoding
        _refuse_beginning("no XML document begins like this")
    return _end_lines_in_lf(content)


def _recognize_unmarked_utf_16(content: bytes) -> str | None:
    """A document without a mark is UTF-16 only where it says so, and so must begin with a declaration."""
    for codec in UTF_16:
        if content.startswith("<?xml".encode(codec)):
            return codec
    return None


def _read_declared_encoding(content: bytes, codec: str) -> str | None:
    """The encoding named in the XML declaration, in lower case, or None. Up to there all encodings hold plain ASCII."""
    if not content[:12].decode(codec, "replace").startswith(("<?xml ", "<?xml\t", "<?xml\r", "<?xml\n")):
        return None
    end = "?>".encode(codec)
    declaration = DECLARATION.fullmatch((content.partition(end)[0] + end).decode(codec, "replace"))
    if not declaration:
        _refuse_beginning("the XML declaration is not well-formed")
    if declaration["version"] != "1.0":
        _refuse_beginning("only version 1.0 of XML is read")
    name = declaration["encoding"] and declaration["encoding"].lower()
    if name and name not in ENCODINGS:
        encodings = "UTF-8, UTF-16, US-ASCII, ISO-8859-1 to -16, windows-1250 to -1258 or KOI8-R"
        _refuse_beginning(f"the encoding must be {encodings}")
    return name


def _refuse_beginning(detail: str) -> NoReturn:
    raise MalformedDocument(detail, line=1, column=1)


def _decode(content: bytes, codec: str, name: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(codec)
        line, column = locate(before, len(before))
        raise MalformedDocument(f"the bytes here are not {name}", line=line, column=column) from error


def _end_lines_in_lf(xml: bytes) -> bytes:
    """As XML 1.0 (2.11) asks before parsing. Lines and columns stay what they were."""
    return xml.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in xml else xml


def _locate(xml: bytes, offset: int) -> tuple[int, int]:
    """Line and column of an offset in bytes; as `locate` tells them, in characters."""
    before = xml[:offset].decode()
    return locate(before, len(before))


class XmlReader:
    """One reading of one document.

    xml: as `recode_xml` returns it.
    expand_names: names in a namespace come as `{uri}local`, and xmlns attributes not at all; otherwise both come as
    they were written. Either way every prefix must be declared.
    """

    def __init__(self, xml: bytes, *, expand_names: bool = False) -> None:
        self._xml = _blank_doctype(xml)
        _check_long_namespaces(self._xml)
        self._expand_names = expand_names
        self._parser = _create_parser(SEPARATOR if expand_names else None)

    @property
    def position(self) -> tuple[int, int]:
        """Line and column, from 1, of the event that is being handled; for text, of what follows it."""
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def locate_element(self, ordinal: int) -> tuple[int, int, str]:
        """Line, column and path, such as `/root/item[2]`, of the element whose start tag is the first, second, ...

        The document is read again for this, so that a reading that refuses nothing need not keep count of it all.
        """
        parser = _create_parser(None)
        steps: list[str] = []
        counts: list[Counter[str]] = [Counter()]
        ordinals = count(1)

        def start(name: str, attributes: object) -> None:
            counts[-1][name] += 1
            number = counts[-1][name]
            steps.append(f"/{_shorten(name)}" + (f"[{number}]" if number > 1 else ""))
            counts.append(Counter())
            if next(ordinals) == ordinal:
                raise _FoundError(parser.CurrentLineNumber, parser.CurrentColumnNumber + 1, "".join(steps))

        def end(name: str) -> None:
            steps.pop()
            counts.pop()

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        try:
            _run(parser, self._xml)
        except _FoundError as found:
            line, column, path = found.args
            return line, column, path
        raise AssertionError("the element has been read before")

    def read(
        self,
        start: StartHandler,
        end: TextHandler,
        text: TextHandler,
        comment: TextHandler | None = None,
        instruction: InstructionHandler | None = None,
    ) -> None:
        """Read the document through the callbacks: `start(name, [name, value, ...])`, `end(name)`, `text(part)` ...

        One stretch of text may come in several parts. Raises MalformedDocument, UnsafeDocument and whatever a callback
        raises; InexpressibleDocument passes only when the whole document is well-formed.
        """
        parser = self._parser
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = _expanding(start) if self._expand_names else start
        parser.EndElementHandler = (lambda name: end(_expand(name))) if self._expand_names else end
        parser.CharacterDataHandler = text
        parser.CommentHandler = comment
        parser.ProcessingInstructionHandler = instruction
        try:
            _parse(parser, self._xml)
        except InexpressibleDocument:
            _check_well_formedness(self._xml)
            raise
        if not self._expand_names and (b":" in self._xml or b"xmlns" in self._xml):
            # Prefixes are for expat to check, in a reading without callbacks, which costs little.
            _parse(_create_parser(SEPARATOR), self._xml)


def _check_well_formedness(xml: bytes) -> None:
    """Raise MalformedDocument; or UnsafeDocument at a depth that no mapping reads, and that costs expat memory."""
    parser = _create_parser(None)
    depth = 0

    def start(name: str, attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH + 1:  # in the mapping item, what stands in the deepest list does not count
            line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
            raise UnsafeDocument(f"elements stand deeper than {MAX_DEPTH} levels", line=line, column=column)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    _parse(parser, xml)
    _parse(_create_parser(SEPARATOR), xml)  # without callbacks, for which each name would be written out


def _check_long_namespaces(xml: bytes) -> None:
    """Raise DocumentTooLarge where attributes with prefixes could take minutes: expat writes out each one's namespace.

    Without namespaces expat is quick, and so is asked first. What is malformed is for the reading itself to tell.
    """
    if b"xmlns" not in xml or not LONG_VALUE.search(xml):
        return
    longest = prefixed = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal longest, prefixed
        for key, value in attributes.items():
            if key.startswith("xmlns"):
                longest = max(longest, len(value))
            elif ":" in key:
                prefixed += 1
        check_repetition(longest * prefixed)

    parser = _create_parser(None)
    parser.StartElementHandler = start
    with suppress(expat.ExpatError, DTDForbidden, EntitiesForbidden):
        _run(parser, xml)


def read_root(xml: bytes) -> tuple[str, dict[str, str]]:
    """The root's name, `{uri}local` or `local`, and its attributes. What follows its start tag is not looked at.

    Raises MalformedDocument and UnsafeDocument for what stands before.
    """
    xml = _blank_doctype(xml)
    _check_long_namespaces(xml)
    parser = _create_parser(SEPARATOR)
    parser.StartElementHandler = _stop_at_root
    try:
        _parse(parser, xml)
    except _FoundError as found:
        name, attributes = found.args
        return name, attributes
    raise AssertionError("expat takes no document without a root")


def _stop_at_root(name: str, attributes: dict[str, str]) -> NoReturn:
    raise _FoundError(_expand(name), {_expand(key): value for key, value in attributes.items()})


class _FoundError(Exception):
    """Stops the parser, with what was looked for as its arguments; nothing is wrong."""


def _expand(name: str) -> str:
    return "{" + name.replace(SEPARATOR, "}") if SEPARATOR in name else name


def _expanding(start: StartHandler) -> StartHandler:
    def start_expanded(name: str, attributes: list[str]) -> None:
        if attributes:
            attributes[::2] = map(_expand, attributes[::2])
        start(_expand(name), attributes)

    return start_expanded


_GUARD = DefusedXMLParser(target=object())  # lends its handlers; it never reads anything itself


def _create_parser(separator: str | None) -> expat.XMLParserType:
    """An expat parser that refuses every DOCTYPE and all that comes with it; a separator turns namespaces on."""
    parser = expat.ParserCreate("utf-8", separator)
    parser.StartDoctypeDeclHandler = _GUARD.defused_start_doctype_decl
    parser.EntityDeclHandler = _GUARD.defused_entity_decl
    return parser


def _run(parser: expat.XMLParserType, xml: bytes) -> None:
    """Parse the document, through the parser's callbacks for the last time."""
    try:
        parser.Parse(xml, True)
    finally:
        # They mostly know the parser: the cycle would keep the whole document until a garbage collection.
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
        parser.CommentHandler = parser.ProcessingInstructionHandler = None


def _parse(parser: expat.XMLParserType, xml: bytes) -> None:
    """Parse the document, turning what expat and defusedxml raise into our errors."""
    try:
        _run(parser, xml)
    except expat.ExpatError as error:
        raise _explain(error, xml) from error
    except DTDForbidden as error:  # there has been one already, which is blank by now
        before = BEFORE_DOCTYPE.match(xml)
        line, column = _locate(xml, before.end() if before else 0)
        raise MalformedDocument("a DOCTYPE stands twice", line=line, column=column) from error
    except EntitiesForbidden as error:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        raise UnsafeDocument(DOCTYPE_REFUSAL, line=line, column=column) from error


_EXPLANATIONS = {
    expat.errors.XML_ERROR_UNDEFINED_ENTITY: "a reference to an entity that is not declared",
    expat.errors.XML_ERROR_UNBOUND_PREFIX: "a prefix that is not declared",
    expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE: "an attribute stands twice in one tag",
    expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "something stands after the root element",
    expat.errors.XML_ERROR_MISPLACED_XML_PI: "the XML declaration must stand at the very beginning",
}


def _explain(error: expat.ExpatError, xml: bytes) -> MalformedDocument:
    """What is wrong, and where: in our words where expat's are poor."""
    line, column = error.lineno, error.offset + 1
    message = expat.ErrorString(error.code) or "not well-formed"
    if message == expat.errors.XML_ERROR_TAG_MISMATCH:
        message = f"this end tag does not match {_describe_open_element(xml)}"
    elif message == expat.errors.XML_ERROR_NO_ELEMENTS:
        message = f"the document ends before {_describe_open_element(xml)} does"
    elif message in _EXPLANATIONS:
        message = _EXPLANATIONS[message]
    elif unfit := UNCARRIABLE.match(xml.split(b"\n")[line - 1].decode(), error.offset):
        message = f"no XML document can hold U+{ord(unfit[0]):04X}"
    elif xml.lstrip(b" \t\n")[:1] not in (b"<", b""):
        line, column = _locate(xml, len(xml) - len(xml.lstrip(b" \t\n")))  # expat points behind it
        message = "an XML document begins with <"
    return MalformedDocument(message, line=line, column=column)


def _describe_open_element(xml: bytes) -> str:
    """The innermost element that is open where parsing fails. It is read again for this, rather than kept each time."""
    parser = _create_parser(None)
    opened: list[tuple[str, int, int]] = []
    parser.StartElementHandler = lambda name, attributes: opened.append(
        (name, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
    )
    parser.EndElementHandler = lambda name: opened.pop()
    with suppress(expat.ExpatError, DTDForbidden):
        _run(parser, xml)
    if not opened:
        return "its root element"
    name, line, column = opened[-1]
    return f"<{_shorten(name)}> of line {line}, column {column}"


def _shorten(name: str) -> str:
    return name if len(name) <= 40 else name[:40] + "..."


def _blank_doctype(xml: bytes) -> bytes:
    """The document, its DOCTYPE checked and replaced by white space of the same shape, so that positions stay.

    Raises MalformedDocument, and UnsafeDocument for a DOCTYPE that declares entities or attributes or refers to
    parameter entities. Declarations of elements and notations change nothing for us and are read over.
    """
    before = BEFORE_DOCTYPE.match(xml)
    start = before.end() if before else 0
    doctype = DOCTYPE.match(xml, start)
    if not doctype:
        return xml
    if doctype["subset"] and xml.startswith(REFUSED_IN_DOCTYPE, doctype.end()):
        line, column = _locate(xml, doctype.end())
        raise UnsafeDocument(DOCTYPE_REFUSAL, line=line, column=column)
    closed = xml.startswith(b">", doctype.end())
    end = doctype.end() + 1 if closed else len(xml)
    parser = _create_parser(SEPARATOR)
    parser.StartDoctypeDeclHandler = None
    _parse(parser, xml[:end] + b"<a/>" if closed else xml)  # by itself it must be well-formed to expat, too
    blank = "\n".join(" " * len(line) for line in xml[start:end].decode().split("\n"))
    return xml[:start] + blank.encode() + xml[end:]


def is_qname(string: str) -> bool:
    """Whether it is a name with at most one colon, and names on both its sides."""
    prefix, colon, local = string.partition(":")
    return is_ncname(prefix) and (not colon or is_ncname(local))


def is_ncname(string: str) -> bool:
    """Whether expat reads it as a name without colon: XML 1.0 as of its fourth edition."""
    return ":" not in string and is_name(string)


def is_name(string: str) -> bool:
    """Whether expat reads it as a name: asked of expat itself where it is not plain."""
    return _ASCII_NAME.fullmatch(string) is not None or (not string.isascii() and _is_read_as_name(string))


_ASCII_NAME = re.compile("[A-Za-z_:][A-Za-z0-9._:-]*")


def _is_read_as_name(string: str) -> bool:
    if UNCARRIABLE.search(string):
        return False
    names: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: names.append(name)
    with suppress(expat.ExpatError):
        parser.Parse(f"<{string}/>", True)
    return names == [string]


def escape_text(text: str) -> str:
    """Character data: `&`, `<`, `>`, and CR, which would be read as LF."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\r" in text:
        text = text.replace("\r", "&#13;")
    return text


def escape_attribute(value: str) -> str:
    """An attribute's value between double quotes, in which TAB, LF and CR would be read as spaces."""
    value = escape_text(value)
    if '"' in value:
        value = value.replace('"', "&quot;")
    if "\t" in value:
        value = value.replace("\t", "&#09;")
    if "\n" in value:
        value = value.replace("\n", "&#10;")
    return value
