"""The mapping `xpath`: the W3C's XML representation of JSON.

It is what fn:json-to-xml and fn:xml-to-json write and read: XPath and XQuery Functions and Operators 3.1, sections
17.5.3 and 17.5.4. Any XSLT 3.0 or XQuery 3.1 processor understands it.

    {"a": [1.0, true, null], "b\\n": ""}

    <map xmlns="http://www.w3.org/2005/xpath-functions">
      <array key="a"><number>1.0</number><boolean>true</boolean><null /></array>
      <string key="b\\n" escaped-key="true" />
    </map>

JSON to XML
1. A number's text is copied verbatim.
2. escape=true, the default here but not in the specification: a string with a backslash, a control character (U+0000 to
   001F, 007F to 009F) or what XML cannot carry is written with JSON's escapes for these, and marked `escaped="true"`; a
   key likewise, with `escaped-key="true"`. So nothing is lost.
   escape=false: what XML cannot carry becomes U+FFFD, and the loss `characters` says so.
3. duplicates=reject, the default here but not in the specification: two members with one key are FOJS0003.
   duplicates=use-first: a key's first member is kept, and the loss `duplicates` says so when there were others.
   duplicates=retain: all are written; XML to JSON then refuses them, as the specification asks.

XML to JSON
4. White space between elements, around numbers and booleans, comments, processing instructions and attributes in other
   namespaces mean nothing.
5. Members of a map have a `key`, the root may have one that means nothing. `escaped` means something on strings only.
   `escaped` and `escaped-key` are xs:boolean: true, false, 1 or 0.
6. A number in JSON's grammar is copied verbatim; another finite xs:double is written as the same number in that
   grammar: `+005` as `5`, `.10` as `0.1`.
7. The JSON is the value's, spelled as everywhere here: fn:xml-to-json would write `/` as `\\/` and U+007F to 009F as
   escapes, and keep the escapes of a text that is marked `escaped`.
8. Anything else is FOJS0006, and so are two keys of a map that are one when unescaped; an escape that JSON does not
   have is FOJS0007.
"""

import math
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import NoReturn

from crosswalk.converter.json_text import (
    Number,
    Object,
    Value,
    decode_json,
    is_number,
    parse_json,
    quote,
    write_json,
)
from crosswalk.converter.limits import MAX_DEPTH, Source, point_at
from crosswalk.converter.output import PIECES, TextOutput
from crosswalk.converter.xml.escaping import UNCARRIABLE, XML_SPACE, escape_attribute, escape_text
from crosswalk.converter.xml.names import is_declaration, shorten
from crosswalk.converter.xml.reader import XmlReader
from crosswalk.errors import InexpressibleDocument, InvalidParameter, MalformedDocument, UnsafeDocument

NAMESPACE = "http://www.w3.org/2005/xpath-functions"
KINDS = frozenset({"map", "array", "string", "number", "boolean", "null"})
CONTAINERS = ("map", "array")
DUPLICATES = ("reject", "use-first", "retain")

BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
XS_DOUBLE = re.compile(r"([+-]?)(?=\.?[0-9])([0-9]*+)\.?([0-9]*+)(?:[eE]([+-]?)([0-9]+))?")

SHORT_ESCAPES = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", "\\": r"\\"}
TO_ESCAPE = re.compile("[\\\\\0-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
UNESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "\\": "\\", "/": "/", '"': '"'}
ESCAPE = re.compile(r'\\(?:([btnfr\\/"])|u([0-9A-Fa-f]{4}))?')


def json_to_xml(
    source: Source,
    write: Callable[[bytes], object],
    *,
    escape: bool = True,
    duplicates: str = "reject",
    indent: int = 0,
) -> tuple[str, ...]:
    """Write the XML of a JSON document; returns what it lost: `characters`, `duplicates`.

    Raises MalformedDocument (FOJS0001), InexpressibleDocument (FOJS0003), InvalidParameter (FOJS0005), UnsafeDocument.
    """
    if duplicates not in DUPLICATES:
        detail = f"The parameter duplicates must be one of {', '.join(DUPLICATES)}."
        raise InvalidParameter(detail, parameter="duplicates", code="FOJS0005")
    text = decode_json(source.read())
    try:
        root = parse_json(text)
    except MalformedDocument as error:
        error.code = "FOJS0001"
        raise
    writer = _Writer(write, escape, duplicates, indent)
    writer.write(root)
    return tuple(sorted(writer.losses))


def xml_to_json(source: Source, write: Callable[[bytes], object], *, indent: int = 0) -> tuple[str, ...]:
    """Write the JSON text of a document in this vocabulary, as `XmlReader` takes it; it has no losses.

    Raises MalformedDocument, and InexpressibleDocument (FOJS0006, FOJS0007) where the document breaks the rules.
    """
    compact = BytesIO()
    _Reader(source, compact.write if indent else write).read()
    if indent:
        write_json(parse_json(compact.getvalue().decode()), write, indent)
    return ()


# What a map or an array holds: each child's key or index, its attributes as they are written, and its value.
_Children = Iterator[tuple[int | str, str, Value]]


class _Writer:
    def __init__(self, write: Callable[[bytes], object], escape: bool, duplicates: str, indent: int) -> None:
        self.losses: set[str] = set()
        self._output = TextOutput(write)
        self._escape = escape
        self._duplicates = duplicates
        self._indent = indent
        self._path: list[int | str] = []  # to the map or array that is being written

    def write(self, root: Value) -> None:
        """Write a value. The elements that are open are kept in a list, so that depth costs no stack."""
        children: _Children = iter([("", f' xmlns="{NAMESPACE}"', root)])
        outer: list[tuple[_Children, str]] = []
        line = ""  # before the root there is no line break
        while True:
            for step, attributes, value in children:
                if isinstance(value, (Object, list)) and value:
                    kind = "map" if isinstance(value, Object) else "array"
                    self._output.append(f"{line}<{kind}{attributes}>")
                    outer.append((children, f"{self._break_line(len(outer))}</{kind}>"))
                    line = self._break_line(len(outer))
                    self._path.append(step)
                    children = self._write_keys(value) if isinstance(value, Object) else _number_items(value)
                    break
                if len(outer) == MAX_DEPTH:
                    self._refuse_depth(step)
                self._output.append(line + self._write_leaf(value, attributes))
                if len(self._output) > PIECES:
                    self._output.finish()
            else:
                if not outer:
                    self._output.finish()
                    return
                children, end_tag = outer.pop()
                line = self._break_line(len(outer))
                self._output.append(end_tag)
                self._path.pop()

    def _break_line(self, depth: int) -> str:
        return "\n" + " " * (self._indent * depth) if self._indent else ""

    def _write_keys(self, members: Object) -> _Children:
        """The members with their keys as attributes, and what `duplicates` asks for."""
        seen: set[str] = set()
        for key, value in members:
            written, escaped = self._carry(key)
            if written in seen and self._duplicates == "reject":
                self._refuse_duplicate(key)
            if written in seen and self._duplicates == "use-first":
                self.losses.add("duplicates")
                continue
            seen.add(written)
            mark = ' escaped-key="true"' if escaped else ""
            yield key, f' key="{escape_attribute(written)}"{mark}', value

    def _write_leaf(self, value: Value, attributes: str) -> str:
        """An element that holds no elements."""
        if isinstance(value, bool):
            return f"<boolean{attributes}>{'true' if value else 'false'}</boolean>"
        if isinstance(value, Number):
            return f"<number{attributes}>{value}</number>"
        if isinstance(value, str):
            text, escaped = self._carry(value)
            mark = ' escaped="true"' if escaped else ""
            return f"<string{attributes}{mark}>{escape_text(text)}</string>" if text else f"<string{attributes} />"
        kind = "null" if value is None else "map" if isinstance(value, Object) else "array"
        return f"<{kind}{attributes} />"

    def _carry(self, string: str) -> tuple[str, bool]:
        """A string as XML can carry it, and whether it is escaped for that."""
        if self._escape:
            return (TO_ESCAPE.sub(_escape, string), True) if TO_ESCAPE.search(string) else (string, False)
        if UNCARRIABLE.search(string):
            self.losses.add("characters")
            return UNCARRIABLE.sub("\ufffd", string), False
        return string, False

    def _refuse_duplicate(self, key: str) -> NoReturn:
        detail = "Two members have the same key; duplicates=retain or the mapping item can carry them."
        raise InexpressibleDocument(detail, pointer=self._point_at(key), code="FOJS0003")

    def _refuse_depth(self, step: int | str) -> NoReturn:
        detail = f"The XML would be deeper than {MAX_DEPTH} elements."
        raise UnsafeDocument(detail, pointer=self._point_at(step))

    def _point_at(self, step: int | str) -> str:
        return point_at([*self._path, step][1:])  # the root has none


def _number_items(items: list[Value]) -> _Children:
    return ((index, "", value) for index, value in enumerate(items))


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"


class _Reader:
    """Writes the JSON while it reads."""

    def __init__(self, source: Source, write: Callable[[bytes], object]) -> None:
        self._xml = XmlReader(source)
        self._output = TextOutput(write)
        self._text: list[str] = []
        self._count = 0  # of start tags
        self._open: list[tuple[str, int, set[str]]] = []  # each open element's kind, its ordinal, and the keys of a map
        self._comma = ""  # what stands before the next value, if it is not the first in its container
        self._key = ""  # of the element that is open, with its colon
        self._escaped = False  # whether the string that is open is

    def read(self) -> None:
        self._xml.read(self._start, self._end, self._text.append)
        self._output.finish()

    def _start(self, name: str, attributes: list[str]) -> None:
        parent, _, keys = self._open[-1] if self._open else ("", 0, set())
        if self._text and parent in CONTAINERS:
            self._skip_space()
        depth = len(self._open)
        if attributes or ":" in name or depth <= self._xml.scope.depth:
            self._xml.check_names(depth, name, attributes)
        kind = self._find_kind(name)
        self._count += 1
        self._open.append((kind, self._count, set()))
        if not kind:
            self._refuse(f"Only map, array, string, number, boolean and null of the namespace {NAMESPACE} mean JSON.")
        if parent and parent not in CONTAINERS:
            self._refuse(f"A {parent} holds no elements.")
        if len(self._open) > MAX_DEPTH:
            raise UnsafeDocument(f"The elements stand deeper than {MAX_DEPTH} levels.", place=self._xml.place)
        self._escaped = False
        self._key = ""
        if attributes or parent == "map":
            pairs = iter(attributes)
            self._read_attributes(parent, keys, dict(zip(pairs, pairs, strict=True)))
        if kind in CONTAINERS:
            self._output.append(self._comma + self._key + ("{" if kind == "map" else "["))
            self._comma = ""

    def _find_kind(self, name: str) -> str:
        uri, local = self._xml.scope.resolve(name)
        return local if uri == NAMESPACE and local in KINDS else ""

    def _read_attributes(self, parent: str, keys: set[str], attributes: dict[str, str]) -> None:
        for name in attributes:
            if name == "escaped" or (name in ("key", "escaped-key") and parent != "array") or self._is_foreign(name):
                continue
            self._refuse(f"The attribute {shorten(name)} is not allowed here.")
        self._escaped = self._read_boolean(attributes.get("escaped", "false"), "The attribute escaped")
        key_escaped = self._read_boolean(attributes.get("escaped-key", "false"), "The attribute escaped-key")
        if parent == "map":
            if "key" not in attributes:
                self._refuse("A member of a map must have a key.")
            key = self._unescape(attributes["key"]) if key_escaped else attributes["key"]
            if key in keys:
                self._refuse("Two members of a map have the same key; the mapping item can carry them.")
            keys.add(key)
            self._key = quote(key) + ":"

    def _is_foreign(self, attribute: str) -> bool:
        """Whether an attribute declares a namespace, or is in one that is not ours."""
        if is_declaration(attribute):
            return True
        return ":" in attribute and self._xml.scope.resolve(attribute)[0] != NAMESPACE

    def _end(self, name: str) -> None:
        kind = self._open[-1][0]
        if kind in CONTAINERS:
            self._skip_space()
            self._output.append("}" if kind == "map" else "]")
        else:
            self._output.append(self._comma + self._key + self._read_leaf(kind, self._take_text()))
        if len(self._output) > PIECES:
            self._output.finish()
        self._comma = ","
        self._open.pop()

    def _read_leaf(self, kind: str, text: str) -> str:
        """The JSON of an element that holds no elements."""
        if kind == "string":
            return quote(self._unescape(text) if self._escaped else text)
        if kind == "number":
            return self._read_number(text.strip(XML_SPACE))
        if kind == "boolean":
            return "true" if self._read_boolean(text, "A boolean") else "false"
        if text:
            self._refuse("A null holds nothing.")
        return "null"

    def _read_boolean(self, text: str, what: str) -> bool:
        value = BOOLEANS.get(text.strip(XML_SPACE))
        if value is None:
            self._refuse(f"{what} must be true, false, 1 or 0.")
        return value

    def _read_number(self, text: str) -> str:
        if is_number(text):
            return text
        double = XS_DOUBLE.fullmatch(text)
        if not double or math.isinf(float(text)):
            self._refuse("A number must be a finite xs:double.")
        sign, whole, fraction, exponent_sign, exponent = (part.strip("+") for part in double.groups(default=""))
        number = sign + (whole.lstrip("0") or "0")
        if fraction := fraction.rstrip("0"):
            number += "." + fraction
        if exponent := exponent.lstrip("0"):
            number += "e" + exponent_sign + exponent
        return number

    def _unescape(self, text: str) -> str:
        """Escaped text as JSON would read it between quotes, where control characters and quotes need no escape."""
        if "\\" not in text:
            return text
        text = ESCAPE.sub(self._unescape_one, text)
        # Two escapes can make one character.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

    def _unescape_one(self, match: re.Match[str]) -> str:
        short, code_point = match.groups()
        if not short and not code_point:
            self._refuse("JSON has no such escape.", code="FOJS0007")
        return UNESCAPED[short] if short else chr(int(code_point, 16))

    def _take_text(self) -> str:
        text = "".join(self._text)
        self._text.clear()
        return text

    def _skip_space(self) -> None:
        if self._take_text().strip(XML_SPACE):
            self._refuse("Only white space may stand between the elements of a map or an array.")

    def _refuse(self, detail: str, code: str = "FOJS0006") -> NoReturn:
        """Refuse the innermost element that is open."""
        _, ordinal, _ = self._open[-1]
        raise self._xml.refuse_element(ordinal, detail, code)
