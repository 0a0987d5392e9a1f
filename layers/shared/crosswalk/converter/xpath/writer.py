"""Writes the XML that `xpath` gives a JSON value, as its rules 1 to 3 say."""

import re
from collections.abc import Callable, Iterator
from itertools import count, repeat

from crosswalk.converter.json_text import Number, Object, Value
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.output import PIECES, TextOutput
from crosswalk.converter.places import point_at
from crosswalk.converter.xml.escaping import UNCARRIABLE, escape_attribute, escape_text
from crosswalk.converter.xpath.vocabulary import NAMESPACE
from crosswalk.errors import InexpressibleDocument, UnsafeDocument

SHORT_ESCAPES = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", "\\": r"\\"}
TO_ESCAPE = re.compile("[\\\\\0-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# What a map or an array holds: each child's key or index, its attributes as they are written, and its value.
_Children = Iterator[tuple[int | str, str, Value]]


class Writer:
    """Writes one document."""

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
        output, path, indent = self._output, self._path, self._indent
        line = ""  # before the root there is no line break
        while True:
            for step, attributes, value in children:
                if isinstance(value, (Object, list)) and value:
                    kind = "map" if isinstance(value, Object) else "array"
                    output.append(f"{line}<{kind}{attributes}>")
                    outer.append((children, kind))
                    path.append(step)
                    if indent:
                        line = "\n" + " " * (indent * len(outer))
                    children = self._write_keys(value) if isinstance(value, Object) else _number_items(value)
                    break
                if len(outer) == MAX_DEPTH:
                    detail = f"The XML would be deeper than {MAX_DEPTH} elements."
                    raise UnsafeDocument(detail, pointer=self._point_at(step))
                output.append(line + self._write_leaf(value, attributes))
                if len(output) > PIECES:
                    output.finish()
            else:
                if not outer:
                    output.finish()
                    return
                children, kind = outer.pop()
                if indent:
                    line = "\n" + " " * (indent * len(outer))
                output.append(f"{line}</{kind}>")
                path.pop()

    def _write_keys(self, members: Object) -> _Children:
        """The members with their keys as attributes, and what `duplicates` asks for."""
        seen: set[str] = set()
        for key, value in members:
            written, escaped = self._carry(key)
            if written in seen:
                if self._duplicates == "reject":
                    detail = "Two members have the same key; the mapping item carries them."
                    raise InexpressibleDocument(detail, pointer=self._point_at(key), code="FOJS0003")
                self.losses.add("duplicates")
                if self._duplicates == "use-first":
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

    def _point_at(self, step: int | str) -> str:
        return point_at([*self._path, step][1:])  # the root has none


def _number_items(items: list[Value]) -> _Children:
    return zip(count(), repeat(""), items)


def _escape(match: re.Match[str]) -> str:
    return SHORT_ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}"
