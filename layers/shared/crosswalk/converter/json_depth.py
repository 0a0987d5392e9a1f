"""How deep objects and lists stand in a JSON text, and where its brackets and its strings are.

[{"a": "]\\"}"}]        a text
[{"a": "]  }"}]        its escaped quotes and backslashes blanked: what quotes are left begin and end strings
[{}]                   its brackets
"""

import re
from itertools import accumulate

from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.places import locate
from crosswalk.errors import UnsafeDocument

# Every byte but brackets, braces and quotes; then the step in depth that each bracket takes, as a signed byte.
_NO_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))
_STEPS = bytes.maketrans(b"[{]}", b"\1\1\xff\xff")


def is_too_deep(utf_8: bytes) -> bool:
    """Whether objects and lists stand deeper than MAX_DEPTH in a JSON text, or in some that stand in lines."""
    some = utf_8.count(b"[") + utf_8.count(b"{") > MAX_DEPTH
    return some and _reach(keep_brackets(keep_structure(blank_escapes(utf_8)))) > MAX_DEPTH


def check_depth(text: str) -> None:
    """Raise UnsafeDocument where objects and lists stand deeper than MAX_DEPTH; the JSON is sound up to there."""
    if is_too_deep(text.encode("utf-8", "surrogatepass")):
        place = locate(text, _find_depth(text))
        raise UnsafeDocument(f"Objects and lists stand deeper than {MAX_DEPTH} levels.", place=place)


ESCAPED_BACKSLASH = re.compile(rb"\\\\")
_ESCAPED = re.compile(rb'\\[\\"]')
_SAMPLE = 4096
_MANY = 2000


def blank_escapes(text: bytes) -> bytes:
    """A JSON text with two spaces for each escaped backslash or quote, so that all quotes left are at strings' ends."""
    if b"\\" not in text:
        return text
    # A pattern looks for two characters faster than `replace` does; but it takes longer for each that it finds.
    if len(_ESCAPED.findall(text, 0, _SAMPLE)) < _SAMPLE // 64:
        text, found = _ESCAPED.subn(b"  ", text, _MANY)
        if found < _MANY:
            return text
    if ESCAPED_BACKSLASH.search(text):
        text = text.replace(rb"\\", b"  ")
    return text.replace(rb"\"", b"  ")


def keep_structure(plain: bytes) -> bytes:
    """The brackets and quotes of a JSON text without escaped quotes."""
    return plain.translate(None, _NO_STRUCTURE)


def keep_brackets(structure: bytes) -> bytes:
    """The brackets outside strings."""
    # Most strings are `""` now. Where two touch, the quotes between them go, which makes one string of both.
    structure = structure.replace(b'""', b"")
    return b"".join(structure.split(b'"')[::2]) if b'"' in structure else structure


def _reach(brackets: bytes) -> int:
    """The depth that brackets reach, or something between it and MAX_DEPTH."""
    rest = brackets
    passes = 8
    for _ in range(passes):  # each takes a level or two away: of most documents, not much is left
        rest = rest.replace(b"[]", b"").replace(b"{}", b"")
    if len(rest) + 2 * passes <= MAX_DEPTH:
        return len(rest) + 2 * passes
    return max(accumulate(memoryview(brackets.translate(_STEPS)).cast("b")), default=0)


_BRACKET_OR_STRING = re.compile(r'([\[{])|([\]}])|"[^"\\]*+(?:\\.[^"\\]*+)*+"')


def _find_depth(text: str) -> int:
    """The offset of the first bracket beyond MAX_DEPTH."""
    depth = 0
    for match in _BRACKET_OR_STRING.finditer(text):
        depth += (match.lastindex == 1) - (match.lastindex == 2)
        if depth > MAX_DEPTH:
            return match.start()
    return len(text)
