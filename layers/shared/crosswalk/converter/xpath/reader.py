"""Reads XML into the JSON that `xpath` gives it, as its rules 4 to 8 say."""

import math
import re
from collections.abc import Callable
from typing import NoReturn

from crosswalk.converter.json_text import is_number, quote
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.output import PIECES, TextOutput
from crosswalk.converter.sources import Source
from crosswalk.converter.xml.escaping import XML_SPACE
from crosswalk.converter.xml.names import is_declaration, shorten
from crosswalk.converter.xml.reader import XmlReader
from crosswalk.converter.xpath.vocabulary import CONTAINERS, KINDS, NAMESPACE
from crosswalk.errors import UnsafeDocument

BOOLEANS = {"true": "true", "1": "true", "false": "false", "0": "false"}
XS_DOUBLE = re.compile(r"([+-]?)(?=\.?[0-9])([0-9]*+)\.?([0-9]*+)(?:[eE]([+-]?)([0-9]+))?")
UNESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "\\": "\\", "/": "/", '"': '"'}
ESCAPE = re.compile(r'\\(?:([btnfr\\/"])|u([0-9A-Fa-f]{4}))?')


class Reader:
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
        uri, kind = self._xml.scope.resolve(name)
        self._count += 1
        self._open.append((kind, self._count, set()))
        if uri != NAMESPACE or kind not in KINDS:
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
            self._output.append(f"{self._comma}{self._key}{'{' if kind == 'map' else '['}")
            self._comma = ""

    def _read_attributes(self, parent: str, keys: set[str], attributes: dict[str, str]) -> None:
        for name in attributes:
            known = name == "escaped" or (name in ("key", "escaped-key") and parent != "array")
            if not known and not self._is_foreign(name):
                self._refuse(f"The attribute {shorten(name)} is not allowed here.")
        self._escaped = self._read_boolean(attributes.get("escaped", "false"), "The attribute escaped") == "true"
        key_escaped = self._read_boolean(attributes.get("escaped-key", "false"), "The attribute escaped-key") == "true"
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
        resolve = self._xml.scope.resolve
        return is_declaration(attribute) or (":" in attribute and resolve(attribute)[0] != NAMESPACE)

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
            return self._read_boolean(text, "A boolean")
        if text:
            self._refuse("A null holds nothing.")
        return "null"

    def _read_boolean(self, text: str, what: str) -> str:
        if text.strip(XML_SPACE) not in BOOLEANS:
            self._refuse(f"{what} must be true, false, 1 or 0.")
        return BOOLEANS[text.strip(XML_SPACE)]

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
        raise self._xml.refuse_element(self._open[-1][1], detail, code)
