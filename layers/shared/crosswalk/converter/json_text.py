"""Reads and writes JSON text exactly: number texts, member order, duplicate members and lone surrogates included.

The grammar is RFC 8259's, no more. The scanning is done by the json module's C scanner through its hooks; what it takes
beyond the RFC (NaN, Infinity), what it cannot do (a depth limit, a position in our terms) is added here.

    >>> parse_json('{"a": [1.0, "x"], "a": null}')
    (('a', ['1.0', 'x']), ('a', None))
    >>> write_json(_)
    '{"a":[1.0,"x"],"a":null}'
"""

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from json.encoder import encode_basestring
from typing import Any, NoReturn, TypeAlias, TypeVar

from crosswalk.errors import DocumentTooLarge, MalformedDocument, UnsafeDocument

# Objects and lists that may stand within each other, the outermost included.
MAX_DEPTH = 512

# Characters of a JSON pointer in an error, which must not repeat the document at length.
MAX_POINTER = 2048

# What is written again and again, deep indentation or a long name, can make a small document enormous. This many
# characters may come about in such ways; all other growth is a small multiple of what comes in.
MAX_REPETITION = 64 * 1024 * 1024


class Object(tuple[tuple[str, "Value"], ...]):
    """The members of a JSON object as (key, value) pairs, in order, duplicates kept."""

    __slots__ = ()


class Number(str):
    """The text of a JSON number, verbatim: `1.0`, `1e400` and `-0` are three numbers that a float would change."""

    __slots__ = ()


T = TypeVar("T")
Value: TypeAlias = "Object | list[Value] | str | Number | bool | None"

# A JSON string literal, quotes included; only `"`, `\\` and U+0000-001F are escaped. An unpaired surrogate stays raw:
# whoever encodes the text writes it as an escape, which the error handler `backslashreplace` does.
quote: Callable[[str], str] = encode_basestring


def decode_json(document: bytes) -> str:
    """The text of a JSON document: strict UTF-8, a BOM dropped. Raises MalformedDocument where it is not that."""
    document = _drop_mark(document)
    try:
        return document.decode()
    except UnicodeDecodeError as error:
        before = document[: error.start].decode()
        line, column = locate(before, len(before))
        raise MalformedDocument("the bytes here are not UTF-8", line=line, column=column) from error


def check_encoding(document: bytes) -> bytes:
    """What `decode_json` returns or raises, but in UTF-8, as it was."""
    document = _drop_mark(document)
    if not is_utf_8(document):
        decode_json(document)
    return document


def is_utf_8(document: bytes) -> bool:
    """Whether bytes are UTF-8. To decode them all at once would tell it, too, but may take four times their memory."""
    chunk = 1 << 16
    start = 0
    while start < len(document):
        end = start + chunk
        try:
            start += codecs.utf_8_decode(document[start:end], "strict", end >= len(document))[1]
        except UnicodeDecodeError:
            return False
    return True


def _drop_mark(document: bytes) -> bytes:
    document = document.removeprefix(codecs.BOM_UTF8)
    if document.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in document[:4]:
        raise MalformedDocument("the document looks like UTF-16 or UTF-32; JSON must be UTF-8", line=1, column=1)
    return document


def locate(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1 and in characters; LF, CRLF and CR each end a line."""
    breaks = text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)
    return breaks + 1, offset - max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset))


def point_at(steps: Iterable[int | str]) -> str:
    """The JSON pointer (RFC 6901) that these keys and indices make; beyond MAX_POINTER that of a value around it."""
    pointer = ""
    for step in steps:
        token = str(step).replace("~", "~0").replace("/", "~1")
        if len(pointer) + len(token) >= MAX_POINTER:
            break
        pointer += "/" + token
    return pointer


def make_decoder(
    object_pairs_hook: Callable[[list[tuple[str, Any]]], Any],
    parse_int: Callable[[str], Any],
    parse_float: Callable[[str], Any],
) -> json.JSONDecoder:
    """A decoder for `scan_json`, with the json module's hooks."""
    return json.JSONDecoder(
        object_pairs_hook=object_pairs_hook,
        parse_int=parse_int,
        parse_float=parse_float,
        parse_constant=_refuse_constant,
    )


def parse_json(text: str) -> Value:
    """The value of a JSON text. Raises MalformedDocument with line and column, UnsafeDocument beyond MAX_DEPTH."""
    value: Value = scan_json(text, _DECODER.decode)
    check_depth(text)
    return value


def scan_json(text: str, decode: Callable[[str], T]) -> T:
    """What `decode`, which runs a decoder of `make_decoder`, makes of a JSON text.

    Raises as `parse_json` does, except that the depth of a sound text is for the caller to check.
    """
    try:
        return decode(text)
    except json.JSONDecodeError as error:
        check_depth(text[: error.pos])
        _refuse_syntax(text, error)
    except _ConstantError as error:
        offset = _find_constant(text)
        check_depth(text[:offset])
        _refuse(text, offset, f"{error} is not a JSON value", error)
    except RecursionError:
        check_depth(text)
        # The text is within the limit, but the caller's stack is deep already: a thread has a stack of its own.
        with ThreadPoolExecutor(max_workers=1) as executor:
            return executor.submit(decode, text).result()


# Every byte but brackets, braces and quotes; then the step in depth that each bracket takes, as a signed byte.
_NO_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))
_STEPS = bytes.maketrans(b"[{]}", b"\1\1\xff\xff")


def check_depth(text: str) -> None:
    """Raise UnsafeDocument where objects and lists stand deeper than MAX_DEPTH; the JSON is sound up to there."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    utf_8 = text.encode("utf-8", "surrogatepass")
    if b"\\" in utf_8:
        utf_8 = utf_8.replace(rb"\\", b"").replace(rb"\"", b"")
    # Most strings are `""` now. Where two touch, the quotes between them go, which makes one string of both.
    structure = utf_8.translate(None, _NO_STRUCTURE).replace(b'""', b"")
    brackets = b"".join(structure.split(b'"')[::2])
    if _reach(brackets) > MAX_DEPTH:
        line, column = locate(text, _find_depth(text))
        raise UnsafeDocument(f"objects and lists stand deeper than {MAX_DEPTH} levels", line=line, column=column)


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


class _ConstantError(Exception):
    """The scanner met NaN, Infinity or -Infinity, which Python's json takes for numbers."""


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


_CONSTANT_OR_STRING = re.compile(r'(NaN|-?Infinity)|"[^"\\]*+(?:\\.[^"\\]*+)*+"')


def _find_constant(text: str) -> int:
    """The offset of the first constant outside a string."""
    return next(match.start() for match in _CONSTANT_OR_STRING.finditer(text) if match[1])


# How the json module's messages begin, and what we say instead.
_EXPECTATIONS = {
    "Expecting value": "a value",
    "Illegal trailing comma before end of array": "a value",
    "Expecting property name": "a member name in double quotes",
    "Illegal trailing comma before end of object": "a member name in double quotes",
    "Expecting ':'": "a colon",
    "Expecting ','": "a comma or a closing bracket",
    "Extra data": "nothing after the value",
}
_FAULTS = {
    "Unterminated string": "the string that begins here does not end",
    "Invalid control character": "a control character in a string must be written as an escape",
    "Invalid \\escape": "no escape begins like this",
    "Invalid \\uXXXX": "\\u must be followed by four hexadecimal digits",
}
_SPACE = re.compile(r"[ \t\n\r]*")


def _refuse_syntax(text: str, error: json.JSONDecodeError) -> NoReturn:
    """Raise the json module's error as ours: alike under every version of Python."""
    offset = error.pos
    if error.msg.startswith("Illegal trailing comma"):  # since 3.13, which points at the comma
        offset = _end_of_space(text, offset + 1)
    if error.msg.startswith("Invalid \\uXXXX"):  # points at the u
        offset -= 1
    for beginning, fault in _FAULTS.items():
        if error.msg.startswith(beginning):
            _refuse(text, offset, fault, error)
    if not text.strip(" \t\n\r"):
        _refuse(text, offset, "the document is empty", error)
    found = "unexpected character" if offset < len(text) else "unexpected end of the document"
    expected = next(what for beginning, what in _EXPECTATIONS.items() if error.msg.startswith(beginning))
    _refuse(text, offset, f"{found}: expected {expected}", error)


def _end_of_space(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return match.end() if match else offset


def _refuse(text: str, offset: int, detail: str, error: Exception) -> NoReturn:
    line, column = locate(text, offset)
    raise MalformedDocument(detail, line=line, column=column) from error


_DECODER = make_decoder(object_pairs_hook=Object, parse_int=Number, parse_float=Number)
_LITERALS = {True: "true", False: "false", None: "null"}


def write_json(value: "Value | dict[str, Any]", indent: int = 0) -> str:
    """The JSON text of a value: without white space, or with `indent` spaces for each level. However deep it is.

    A dict may stand for an object wherever no member is there twice. Raises DocumentTooLarge before indentation alone
    makes the text enormous.
    """
    written: list[str] = []
    indentation = 0
    outer: list[tuple[Iterator[tuple[str, Value]], str]] = []
    rest: Iterator[tuple[str, Any]] = iter([("", value)])
    while True:
        for before, value in rest:
            if isinstance(value, dict):
                value = Object(value.items())
            if isinstance(value, (Object, list)) and value:
                opening, closing = "{}" if isinstance(value, Object) else "[]"
                written.append(before + opening)
                outer.append((rest, _line(indent, len(outer)) + closing))
                line = _line(indent, len(outer))
                indentation += len(line) * len(value)
                check_repetition(indentation)
                rest = _lead_in(value, line, ": " if indent else ":")
                break
            written.append(before + _write_leaf(value))
        else:
            if not outer:
                return "".join(written)
            rest, closing = outer.pop()
            written.append(closing)


def check_repetition(length: int) -> None:
    """Raise DocumentTooLarge when more than MAX_REPETITION characters are repetition."""
    if length > MAX_REPETITION:
        mebibytes = MAX_REPETITION // 1024**2
        raise DocumentTooLarge(f"indentation and repeated names would exceed {mebibytes} MiB", limit=MAX_REPETITION)


def _line(indent: int, level: int) -> str:
    return "\n" + " " * (indent * level) if indent else ""


def _lead_in(container: Object | list[Value], line: str, colon: str) -> Iterator[tuple[str, Value]]:
    """Each value of a container with what is written before it: comma, new line, key."""
    before = line
    if isinstance(container, Object):
        for key, value in container:
            yield before + quote(key) + colon, value
            before = "," + line
    else:
        for value in container:
            yield before, value
            before = "," + line


def _write_leaf(value: Value) -> str:
    if isinstance(value, Number):
        return value
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, Object):
        return "{}"
    if isinstance(value, list):
        return "[]"
    return _LITERALS[value]
