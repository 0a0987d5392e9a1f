r"""Marks what XML cannot carry in a JSON text, and escapes the strings that hold it (rule 5).

    "\b \\ \ud800"                       a string of JSON
    "\u0004u0008 \\ \u0004ud800"         U+0004, the mark, and the escape's name for each that XML cannot carry
    \u0008 \\ \ud800                     the string escaped: its backslashes are doubled, and marks become backslashes

So all strings but a few need no more than a look for the mark, which no other string can hold then.
"""

import json
import re
from functools import lru_cache

from crosswalk.converter.json_depth import ESCAPED_BACKSLASH
from crosswalk.converter.xml.escaping import UNCARRIABLE

MARK = "\4"
ESCAPED_MARK = rb"\u0004"

_NONCHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]")  # U+FFFE or U+FFFF in UTF-8
_BROKEN = re.compile(rb"(?<!\\)(?:\\\\)*+\\\xef\xbf[\xbe\xbf]")
_BACKSLASH = b"\0\0"  # where a text holds U+0000, it is not sound
# Escapes of markup, of two halves of a character, and of what XML cannot carry; then of all beyond ASCII, too.
_HEX = "[0-9a-fA-F]"
_HIGH, _LOW = rf"[dD][89abAB]{_HEX}{{2}}", rf"[dD][c-fC-F]{_HEX}{{2}}"
_REWRITTEN = (
    rf"[bf] | u(?: 00(?: 26 | 3[cCeE] | 0[0-8bBcCeEfF] | 1{_HEX} ) | [fF]{{3}}[eEfF] | {_HIGH}(?:\\u{_LOW})? | {_LOW} )"
)
_FEW = re.compile(rf"\\(?: {_REWRITTEN} )", re.VERBOSE)
_ALL = re.compile(rf"\\(?: {_REWRITTEN} | u(?!00[0-7]){_HEX}{{4}} )", re.VERBOSE)


def holds_noncharacter(utf_8: bytes) -> bool:
    """Whether U+FFFE or U+FFFF, which XML cannot carry, is in a text."""
    return b"\xef" in utf_8 and _NONCHARACTER.search(utf_8) is not None  # one byte is found many times faster


def mark_noncharacters(text: bytes) -> bytes:
    """A JSON text with a mark and a name for each U+FFFE and U+FFFF; as it is where a backslash makes one unsound."""
    if b"\\\xef\xbf" in text and _BROKEN.search(text):
        return text
    for character in ("\ufffe", "\uffff"):
        text = text.replace(character.encode(), ESCAPED_MARK + f"u{ord(character):04x}".encode())
    return text


def mark_escapes(text: bytes, *, resolve: bool = False) -> bytes:
    r"""A JSON text with a mark and a name for each escape of what XML cannot carry, and `&` for `\u0026` and the like.

    resolve: have characters beyond ASCII in the place of their escapes, too.
    """
    # Escaped backslashes are set aside, so that all backslashes left begin escapes. A pattern that met each of them
    # would take a hundred bytes for it.
    set_aside = ESCAPED_BACKSLASH.search(text) is not None
    if set_aside:
        text = text.replace(rb"\\", _BACKSLASH)
    # Each byte is taken for a character: to join bytes takes ten times the memory.
    pattern, replace = (_ALL, _resolve_match) if resolve else (_FEW, _mark_match)
    text = pattern.sub(replace, text.decode("latin-1")).encode("latin-1")
    return text.replace(_BACKSLASH, rb"\\") if set_aside else text


def _mark_match(match: re.Match[str]) -> str:
    escape = match[0]
    return escape if len(escape) == 12 else _mark(escape)


def _resolve_match(match: re.Match[str]) -> str:
    return _mark(match[0])


@lru_cache(maxsize=4096)
def _mark(escape: str) -> str:
    character = json.loads(f'"{escape}"')
    if UNCARRIABLE.match(character):
        return rf"\u0004u{ord(character):04x}"
    return str(character.encode().decode("latin-1"))


def escape_marked(string: str) -> str:
    """The escaped form of a string that holds marks."""
    return string.replace("\\", "\\\\").replace(MARK, "\\")
