r"""Writes the ITEM elements of a piece of JSON.

    ["R&D", {"n": 1}]                                             the piece
    ["R&amp;D", {"n": 1}]                                         markup replaced, all at once
    R&amp;D      {n:  type=^integer^ value=^1^ />}                what the json module's hooks are given
     type=^string^ value=^R&amp;D^ />                             fragments: an element without `<ITEM` and its key
     type=^object^><ITEM key=^n^ type=^integer^ ...></ITEM>
    <ITEM type="list"><ITEM type="string" value="R&amp;D" />...   joined, `^` replaced by quotes, all at once

The json module calls a hook for each number and for each object once it is complete, so there is never a tree.
A fragment ends in `>`; a string of the piece never does, since its `>` have been replaced. The quotes that we write are
U+0001 (`^` above), which no string can hold at that time, so that strings' own quotes can be replaced all at once.

    ["a\b"]                                                       a piece that holds what XML cannot carry
    ["a\u0004u0008"]                                              a mark, U+0004, and a name for each such character
     type=^string^ value=^a\u0008^ escaped=^true^ />               its fragment

In most pieces nothing has to be marked. In the others, only strings with a mark are looked at.
"""

import re
from collections.abc import Callable
from threading import local
from typing import Any

from crosswalk.converter.item.marks import (
    ESCAPED_MARK,
    MARK,
    escape_marked,
    holds_noncharacter,
    mark_escapes,
    mark_noncharacters,
)
from crosswalk.converter.json_depth import is_too_deep
from crosswalk.converter.json_pieces import PIECE_SIZE, Piece, refuse
from crosswalk.converter.json_text import make_decoder, scan_json
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.errors import DocumentError

_LITERALS = {
    True: " type=\1boolean\1 value=\1true\1 />",
    False: " type=\1boolean\1 value=\1false\1 />",
    None: " type=\1null\1 />",
}


def write_piece(piece: Piece) -> bytes:
    """The XML, in UTF-8, of one piece. Raises MalformedDocument and UnsafeDocument, with their places in the text."""
    if not piece.fits:
        refuse(piece)
    json = piece.complete()
    try:
        # The last piece is deep once in a document, if it holds nothing that is long.
        is_deep = piece.height > _HIGH and bool(piece.behind or len(json) > PIECE_SIZE)
        xml = _write(json, is_deep=is_deep)
    except DocumentError:
        refuse(piece)
    if piece.height > MAX_DEPTH and is_too_deep(json):
        refuse(piece)
    return xml[_length_of_opening(piece.around) : len(xml) - _length_of_closing(piece.left_open)]


_NULL = len('<ITEM type="null" />')
_LIST = len('<ITEM type="list">')
_OBJECT = len('<ITEM type="object">')
_EMPTY_KEY = len(' key=""')
_END = len("</ITEM>")


def _length_of_opening(brackets: bytes) -> int:
    """How long the XML is of what `open_levels` has put before a piece. Its outermost element has no key."""
    if not brackets:
        return 0
    elements = brackets.count(b"[") * _LIST + brackets.count(b"{") * _OBJECT + _NULL
    return elements + brackets.count(b"{") * _EMPTY_KEY


def _length_of_closing(brackets: bytes) -> int:
    """How long the XML is of what `close_levels` has put behind a piece."""
    if not brackets:
        return 0
    return _NULL + _EMPTY_KEY * brackets.endswith(b"{") + _END * len(brackets)


# Escapes that name what XML cannot carry, what is beyond ASCII, or markup.
# A text that could be copied often enough to take long, in levels; and one that could take too much memory, in bytes.
_HIGH = 32
_HUGE = 1 << 20
_RARE_ESCAPE = re.compile(rb"\\[bfu]")
_ESCAPE_BEYOND_ASCII = re.compile(rb"\\u(?!00[0-7])")


def _write(json: bytes, *, is_deep: bool) -> bytes:
    """The XML of a JSON text, both in UTF-8; is_deep: whether its levels could each copy much of it.

    Where nothing names a character beyond ASCII, each byte is taken for a character: all that is looked for here is
    ASCII, and a text of bytes takes a quarter of the room.
    """
    codec, is_careful = "latin-1", False
    has_escapes = b"\\" in json
    if has_escapes and _RARE_ESCAPE.search(json) and b"\0" not in json:
        has_others = _ESCAPE_BEYOND_ASCII.search(json) is not None
        resolve = has_others and len(json) > _HUGE
        json = mark_escapes(json, resolve=resolve)
        if has_others and not resolve and _ESCAPE_BEYOND_ASCII.search(json):
            codec = "utf-8"
        is_careful = ESCAPED_MARK in json
    if holds_noncharacter(json):
        json, is_careful = mark_noncharacters(json), True
    json = json.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    writer = _WRITERS[is_careful, is_deep]
    text = json.decode(codec)
    del json  # what comes next needs memory, too
    xml = scan_json(text, writer.write).encode(codec)
    del text
    if has_escapes:
        xml = xml.replace(b'"', b"&quot;").replace(b"\t", b"&#09;").replace(b"\n", b"&#10;").replace(b"\r", b"&#13;")
    return xml.replace(b"\1", b'"')


class _Writer:
    """Writes the XML of a JSON text in which `&`, `<` and `>` are replaced already.

    is_careful: a string is escaped as rule 5 says where it holds marks.
    """

    def __init__(self, *, is_careful: bool) -> None:
        self._is_careful = is_careful
        self._join: Callable[[list[str]], str] = "".join
        self._decoder = make_decoder(
            object_pairs_hook=self._write_object,
            parse_int=lambda digits: f" type=\1integer\1 value=\1{digits}\1 />",
            parse_float=lambda number: f" type=\1float\1 value=\1{number}\1 />",
        )

    def write(self, json: str) -> str:
        """Raises as the json module does."""
        return "<ITEM" + self._write_value(self._decoder.decode(json))

    def _write_value(self, value: Any) -> str:
        """The fragment of a value, which may be one already."""
        if value.__class__ is not str:
            return self._write_list(value) if value.__class__ is list else _LITERALS[value]
        if value[-1:] == ">":
            return value
        return _write_carefully(value) if self._is_careful else _write_string(value)

    def _write_object(self, members: list[tuple[str, Any]]) -> str:
        if not members:
            return " type=\1object\1 />"
        if self._is_careful:
            members = [self._escape_member(key, value) for key, value in members]
        parts = [" type=\1object\1>"]
        for key, value in members:
            if value.__class__ is not str:
                value = self._write_list(value) if value.__class__ is list else _LITERALS[value]
            elif value[-1:] != ">":  # as `_write_string` does, of which a call would take longer than all else here
                value = f" type=\1string\1 value=\1{value}\1 />" if value else _EMPTY_STRING
            parts += "<ITEM key=\1", key, "\1", value
        parts.append("</ITEM>")
        return self._join(parts)

    def _escape_member(self, key: str, value: Any) -> tuple[str, Any]:
        """A member without marks. The flag of a key stands in the value's tag, which then begins with the key."""
        if MARK in key:
            fragment = self._write_value(value)
            end = _END_OF_KEY_AND_VALUE.search(fragment)
            assert end, "every fragment has a tag"
            flagged = f"{escape_marked(key)}\1{fragment[: end.start()]} escaped-key=\1true"
            return flagged, fragment[end.start() :]
        if value.__class__ is str and value[-1:] != ">" and MARK in value:
            value = _write_carefully(value)
        return key, value

    def _write_list(self, values: list[Any]) -> str:
        """One frame for each level: 512 are allowed, and Python has room for 1000."""
        if not values:
            return " type=\1list\1 />"
        write_string = _write_carefully if self._is_careful else _write_string
        parts = [" type=\1list\1>"]
        for value in values:
            if value.__class__ is not str:
                value = self._write_list(value) if value.__class__ is list else _LITERALS[value]
            elif value[-1:] != ">":
                value = write_string(value)
            parts += "<ITEM", value
        parts.append("</ITEM>")
        return self._join(parts)


# What the attribute `escaped-key` has to stand before; the first `>` of a fragment ends its tag.
_END_OF_KEY_AND_VALUE = re.compile("(?: escaped=\1true\1)?(?: /)?>")


class _DeepWriter(_Writer):
    """The same for a deep text. Long fragments are put on a shelf, lest each level above copies them once more.

    ` type=^object^>\3` and `7>`: the beginning of a fragment, and which of those on the shelf is the rest of it.
    """

    def __init__(self, *, is_careful: bool) -> None:
        super().__init__(is_careful=is_careful)
        self._shelf = _Shelf()
        self._join = self._join_and_shelve

    def write(self, json: str) -> str:
        try:
            return self._restore(super().write(json))
        finally:
            self._shelf.fragments.clear()

    def _join_and_shelve(self, parts: list[str]) -> str:
        fragment = "".join(parts)
        if len(fragment) < _LONG_FRAGMENT:
            return fragment
        tag, _, rest = fragment.partition(">")
        self._shelf.fragments.append(rest)
        return f"{tag}>\3{len(self._shelf.fragments) - 1}>"

    def _restore(self, xml: str) -> str:
        """The XML with all that was put aside."""
        written, rest = [], [xml]
        while rest:
            parts = _SHELVED.split(rest.pop())
            if len(parts) == 1:
                written += parts
            else:
                parts[1::2] = [self._shelf.fragments[int(number)] for number in parts[1::2]]
                rest += reversed(parts)
        return "".join(written)


class _Shelf(local):
    """Each thread has a shelf of its own."""

    def __init__(self) -> None:
        self.fragments: list[str] = []


_LONG_FRAGMENT = 1 << 12
_SHELVED = re.compile("\3([0-9]+)>")


_EMPTY_STRING = " type=\1string\1 />"


def _write_string(string: str) -> str:
    return f" type=\1string\1 value=\1{string}\1 />" if string else _EMPTY_STRING


def _write_carefully(string: str) -> str:
    if MARK in string:
        return f" type=\1string\1 value=\1{escape_marked(string)}\1 escaped=\1true\1 />"
    return _write_string(string)


_WRITERS = {
    (is_careful, is_deep): (_DeepWriter if is_deep else _Writer)(is_careful=is_careful)
    for is_careful in (False, True)
    for is_deep in (False, True)
}


_LINES = 1000


class Indenter:
    """Writes tags on lines of their own, `indent` spaces for each level.

    `><` stands only between tags, because `>` is escaped in attributes.
    """

    def __init__(self, indent: int, write: Callable[[bytes], object]) -> None:
        self._step = b" " * indent
        self._write = write
        self._level = 0
        self._line_end = b""  # of the line before, which the first tag does not have

    def write(self, xml: bytes) -> None:
        """Write some tags, whole ones. Few lines at a time: deep ones are mostly indentation, and long."""
        tags = xml[1:-1].split(b"><") if xml else []
        for start in range(0, len(tags), _LINES):
            self._write(b"".join(map(self._indent, tags[start : start + _LINES])))

    def _indent(self, tag: bytes) -> bytes:
        self._level -= tag.startswith(b"/")
        line = b"%b%b<%b>" % (self._line_end, self._step * self._level, tag)
        self._level += not tag.startswith(b"/") and not tag.endswith(b"/")
        self._line_end = b"\n"
        return line
