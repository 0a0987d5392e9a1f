"""Turns a document in any of the encodings that we take into UTF-8."""

import codecs
import re
from typing import NoReturn

from crosswalk.converter.json_text import is_utf_8
from crosswalk.converter.limits import START, locate
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


def recode_xml(document: bytes) -> bytes:
    """An XML document, by its byte order mark and declaration, in UTF-8; without the mark, every line ending in LF.

    UTF-8 is not made a text for this, which may take four times the memory.
    Raises MalformedDocument for an encoding that is not in ENCODINGS, for a mark or a byte width that disagrees with
    the declaration, and for bytes that are invalid in the encoding.
    """
    mark = next((mark for mark in BYTE_ORDER_MARKS if document.startswith(mark)), b"")
    content = document[len(mark) :]
    seen = BYTE_ORDER_MARKS.get(mark) or _recognize_unmarked_utf_16(content)
    unnamed = "utf-16" if mark and seen in ("utf-16-le", "utf-16-be") else "utf-8"
    name = _read_declared_encoding(content, seen or "latin-1") or unnamed
    codec = ENCODINGS[name]
    if not _agree(codec, seen):
        _refuse_beginning(
            f"The document is {name.upper()} by its declaration, or for want of one, but its bytes are not."
        )
    if codec != "utf-8" or not is_utf_8(content):
        content = _decode(content, seen or codec, name.upper()).encode()
    if content.startswith((codecs.BOM_UTF8, b"\0", b"<\0")):  # expat would take these for signs of an encoding
        _refuse_beginning("No XML document begins like this.")
    return _end_lines_in_lf(content)


def _agree(declared: str, seen: str | None) -> bool:
    """Whether a declared codec can be the one that is seen from a document's first bytes, if any is."""
    if seen is None:
        return not declared.startswith("utf-16")
    return declared == seen or (declared == "utf-16" and seen.startswith("utf-16"))


def _recognize_unmarked_utf_16(content: bytes) -> str | None:
    """A document without a mark is UTF-16 only where it says so, and so must begin with a declaration."""
    for codec in ("utf-16-le", "utf-16-be"):
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


def _decode(content: bytes, codec: str, name: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(codec)
        place = locate(before, len(before))
        raise MalformedDocument(f"The bytes here are not {name}.", place=place) from error


def _end_lines_in_lf(xml: bytes) -> bytes:
    """As XML 1.0 (2.11) asks before parsing. Lines and columns stay what they were."""
    return xml.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in xml else xml
