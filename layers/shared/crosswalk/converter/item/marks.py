r"""Marks what XML cannot carry in a JSON text, and escapes it in the strings that hold it (rule 5).

    "a\u0000 \\u0000"                     a string of JSON
    "a\u0000\u0002 \\u0000"               U+0002 behind each character that XML cannot carry: the mark
    a\u0000 \\u0000                       the string escaped: its backslashes are doubled

So all strings but a few need no more than a look for the mark. A string may hold millions of such characters: what
stands for each is made once.
"""

import re
from functools import cache

from crosswalk.converter.json_depth import ESCAPED_BACKSLASH
from crosswalk.converter.xml.escaping import UNCARRIABLE

MARK = "\2"
ESCAPED_MARK = rb"\u0002"

_NONCHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]")  # U+FFFE or U+FFFF in UTF-8
_BACKSLASH = b"\0\0"  # where a text holds U+0000, it is not sound
# Escapes of markup, of two halves of a character, and of what XML cannot carry.
_HEX = "[0-9a-fA-F]"
_HIGH, _LOW = rf"[dD][89abAB]{_HEX}{{2}}", rf"[dD][c-fC-F]{_HEX}{{2}}"
_REWRITTEN = re.compile(
    rf"""\\(?: [bf] | u(?: 00(?: 26 | 3[cCeE] | 0[0-8bBcCeEfF] | 1{_HEX} ) | [fF]{{3}}[eEfF]
                      | {_HIGH}(?:\\u{_LOW})? | {_LOW} ) )""",
    re.VERBOSE,
)
_MARKUP = {r"\u0026": "&", r"\u003c": "<", r"\u003e": ">"}


def holds_noncharacter(utf_8: bytes) -> bool:
    """Whether U+FFFE or U+FFFF, which XML cannot carry, is in a text."""
    return b"\xef" in utf_8 and _NONCHARACTER.search(utf_8) is not None  # one byte is found many times faster


def mark_noncharacters(json: bytes) -> bytes:
    """A JSON text with a mark behind each U+FFFE and U+FFFF."""
    for character in ("\ufffe".encode(), "\uffff".encode()):
        json = json.replace(character, character + ESCAPED_MARK)
    return json


def mark_escapes(json: bytes) -> bytes:
    r"""A JSON text with a mark behind each escape of what XML cannot carry, and `&` for `\u0026` and the like."""
    # Escaped backslashes are set aside, so that all backslashes left begin escapes. A pattern that met each of them
    # would take a hundred bytes for it.
    if ESCAPED_BACKSLASH.search(json):
        return _mark_escapes(json.replace(rb"\\", _BACKSLASH)).replace(_BACKSLASH, rb"\\")
    return _mark_escapes(json)


def _mark_escapes(json: bytes) -> bytes:
    # Each byte is taken for a character: to join bytes takes ten times the memory.
    return _REWRITTEN.sub(_rewrite, json.decode("latin-1")).encode("latin-1")


def _rewrite(match: re.Match[str]) -> str:
    escape = match[0]
    return escape if len(escape) == 12 else _mark(escape)


@cache
def _mark(escape: str) -> str:
    return _MARKUP.get(escape.lower()) or escape + ESCAPED_MARK.decode()


# The mark may itself be a character that is marked.
_MARKED = re.compile(f"({UNCARRIABLE.pattern}){MARK}")


def escape_marked(string: str) -> str:
    """The escaped form of a string that holds marks."""
    return _MARKED.sub(lambda match: _escape(match[1]), string.replace("\\", "\\\\"))


@cache
def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}"
