"""Reads and writes JSON text exactly: number texts, member order, duplicate members and lone surrogates included.

The grammar is RFC 8259's, no more. The scanning is done by the json module's C scanner through its hooks; what it takes
beyond the RFC (NaN, Infinity), what it cannot do (a depth limit, a position in our terms) is added here.

    >>> parse_json('{"a": [1.0, "x"], "a": null}')
    (('a', ['1.0', 'x']), ('a', None))
    >>> write_json(_, print)
    b'{"a":[1.0,"x"],"a":null}'
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from json.encoder import encode_basestring
from typing import Any, NoReturn, TypeAlias, TypeVar

from crosswalk.converter.json_depth import check_depth
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.output import PIECES, TextOutput
from crosswalk.converter.places import START, locate
from crosswalk.errors import MalformedDocument, UnsafeDocument

JSON_SPACE = " \t\n\r"

INTEGER = r"-?(?:0|[1-9][0-9]*+)"
NUMBER = INTEGER + r"(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
"""The grammar of a JSON number, as a pattern for text or, encoded, for bytes."""

is_number = re.compile(NUMBER).fullmatch


class Object(tuple[tuple[str, "Value"], ...]):
    """The members of a JSON object as (key, value) pairs, in order, duplicates kept."""

    __slots__ = ()


class Number(str):
    """The text of a JSON number, verbatim: `1.0`, `1e400` and `-0` are three numbers that a float would change."""

    __slots__ = ()


# Characters that may come about by repetition before they are handed on.
MAX_REPETITION = 1 << 16

T = TypeVar("T")
Value: TypeAlias = "Object | list[Value] | str | Number | bool | None"

# A JSON string literal, quotes included; only `"`, `\\` and U+0000-001F are escaped. An unpaired surrogate stays raw:
# whoever encodes the text writes it as an escape, which the error handler `backslashreplace` does.
quote: Callable[[str], str] = encode_basestring


def decode_json(document: bytes) -> str:
    """The text of a JSON document: strict UTF-8, a BOM dropped. Raises MalformedDocument where it is not that."""
    return decode_utf_8(drop_mark(document))


def decode_utf_8(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        before = text[: error.start].decode()
        raise MalformedDocument("The bytes here are not UTF-8.", place=locate(before, len(before))) from error


def drop_mark(document: bytes) -> bytes:
    """What begins a document, without its BOM. Raises MalformedDocument for UTF-16 and UTF-32."""
    document = document.removeprefix(codecs.BOM_UTF8)
    if document.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in document[:4]:
        raise MalformedDocument("The document looks like UTF-16 or UTF-32; JSON must be UTF-8.", place=START)
    return document


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
    value: Value = scan_json(text, DECODER.decode)
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
        _refuse(text, offset, f"{error} is not a JSON value.", error)
    except RecursionError:
        check_depth(text)
        # The text is within the limit, but the caller's stack is deep already: a thread has a stack of its own.
        with ThreadPoolExecutor(max_workers=1) as executor:
            return executor.submit(decode, text).result()


class _ConstantError(ValueError):
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
    "Unterminated string": "The string that begins here does not end.",
    "Invalid control character": "A control character in a string must be written as an escape.",
    "Invalid \\escape": "No escape begins like this.",
    "Invalid \\uXXXX": "\\u must be followed by four hexadecimal digits.",
}
_SPACE = re.compile(f"[{JSON_SPACE}]*")


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
    if not text.strip(JSON_SPACE):
        _refuse(text, offset, "The document is empty.", error)
    found = "Unexpected character" if offset < len(text) else "Unexpected end of the document"
    expected = next(what for beginning, what in _EXPECTATIONS.items() if error.msg.startswith(beginning))
    _refuse(text, offset, f"{found}: expected {expected}.", error)


def _end_of_space(text: str, offset: int) -> int:
    return _SPACE.match(text, offset).end()  # type: ignore[union-attr]  # it matches anywhere


def _refuse(text: str, offset: int, detail: str, error: Exception) -> NoReturn:
    raise MalformedDocument(detail, place=locate(text, offset)) from error


DECODER = make_decoder(object_pairs_hook=Object, parse_int=Number, parse_float=Number)  # a Value, however deep
_LITERALS = {True: "true", False: "false", None: "null"}


def write_json(value: "Value | dict[str, Any]", write: Callable[[bytes], object], indent: int = 0) -> None:
    """Write a value as JSON text, without white space, or with `indent` spaces for each level. However deep it is.

    A dict may stand for an object wherever no member is there twice.
    Raises UnsafeDocument where objects and lists stand deeper than MAX_DEPTH.
    """
    output = TextOutput(write)
    append_json(value, output, indent)
    output.finish()


def append_json(value: "Value | dict[str, Any]", output: TextOutput, indent: int = 0) -> None:
    """As `write_json`, into an output that others may append to."""
    repetition = 0  # characters of indentation and keys, which may come again and again, in the output
    outer: list[tuple[Iterator[tuple[str, Value]], str]] = []
    rest: Iterator[tuple[str, Any]] = iter([("", value)])
    while True:
        for before, value in rest:
            repetition += len(before)
            if isinstance(value, dict):
                value = Object(value.items())
            if isinstance(value, (Object, list)) and value:
                opening, closing = "{}" if isinstance(value, Object) else "[]"
                output.append(before + opening)
                outer.append((rest, _line(indent, len(outer)) + closing))
                if len(outer) > MAX_DEPTH:
                    raise UnsafeDocument(f"The JSON would be deeper than {MAX_DEPTH} levels.")
                rest = _lead_in(value, _line(indent, len(outer)), ": " if indent else ":")
                break
            output.append(before + _write_leaf(value))
            if len(output) > PIECES or repetition > MAX_REPETITION:
                output.finish()
                repetition = 0
        else:
            if not outer:
                return
            rest, closing = outer.pop()
            output.append(closing)


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
