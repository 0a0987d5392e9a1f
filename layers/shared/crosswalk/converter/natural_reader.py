"""Reads XML into the tree of dicts, lists and strings that `natural` gives it, as its rules 1 to 6 say."""

import re
from collections.abc import Iterable
from typing import Any

from crosswalk.converter.json_text import MAX_DEPTH, Number, check_repetition
from crosswalk.converter.xml_text import XmlReader
from crosswalk.errors import InexpressibleDocument, UnsafeDocument

# Python's strip() would take NBSP and others for white space; XML does not.
XML_SPACE = " \t\r\n"
XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"

Members = dict[str, Any]


class _Keys(dict[str, str]):
    """The key of an attribute by its name, made once for all elements."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def __missing__(self, name: str) -> str:
        return self.setdefault(name, self.prefix + name)


class TreeReader:
    """Builds the tree of a document from the events of one reading."""

    def __init__(
        self,
        xml: bytes,
        *,
        attribute_prefix: str,
        text_key: str,
        force_list: frozenset[str],
        strip_whitespace: bool,
        infer_types: bool,
    ) -> None:
        self.reader = XmlReader(xml)
        self.attribute_prefix = attribute_prefix
        self.keys = _Keys(attribute_prefix)
        self.text_key = text_key
        self.force_list = force_list
        self.strip_whitespace = strip_whitespace
        self.infer_types = infer_types
        self.lost: set[str] = set()
        self.depth = 0
        # Of the element at hand: its members, None while it has none; its last child's name; where its texts begin.
        self.members: Members | None = None
        self.last: str | None = None
        self.mark = 0
        # The same of each element around it; and the texts of all of these, the outermost element's first.
        self.around: list[tuple[Members | None, str | None, int]] = []
        self.texts: list[str] = []

    def read(self) -> Members:
        """The document as an object of one member, its root."""
        self.reader.read(
            self.start,
            self.end,
            self.texts.append,
            comment=lambda data: self.lost.add("comments"),
            instruction=lambda target, data: self.lost.add("processing-instructions"),
        )
        assert self.members is not None
        return self.members

    def start(self, name: str, attributes: list[Any]) -> None:
        around = self.around
        around.append((self.members, self.last, self.mark))
        if len(around) > self.depth:
            self._deepen()
        self.members = None
        if attributes:
            if self.infer_types:
                attributes[1::2] = map(_infer, attributes[1::2])
            keys = self.keys
            pairs = iter(attributes)
            self.members = {keys[key]: value for key, value in zip(pairs, pairs)}  # noqa: B905 (it takes time)
        self.last = None
        self.mark = len(self.texts)

    def _deepen(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            line, column = self.reader.position
            raise UnsafeDocument(f"elements stand deeper than {MAX_DEPTH} levels", line=line, column=column)

    def end(self, name: str) -> None:
        value: Any = self._take_text() if len(self.texts) > self.mark else None
        if self.members is not None:
            if value is not None:
                self._add_text(self.members, value)
            value = self.members
        members, last, self.mark = self.around.pop()
        if members is None:
            members = {name: [value] if name in self.force_list else value}
        elif name not in members:
            members[name] = [value] if name in self.force_list else value
        else:
            if last != name:
                self.lost.add("order")
            values = members[name]
            if type(values) is list:
                values.append(value)
            else:
                members[name] = [values, value]
        self.members = members
        self.last = name

    def _take_text(self) -> Any:
        """The value of the element's text, None when it is empty."""
        texts = self.texts
        if len(texts) == self.mark + 1:
            text = texts.pop()
        else:
            text = "".join(texts[self.mark :])
            del texts[self.mark :]
        if self.strip_whitespace:
            stripped = text.strip(XML_SPACE)
            if stripped != text:
                self.lost.add("whitespace")
                text = stripped
        return (_infer(text) if self.infer_types else text) if text else None

    def _add_text(self, members: Members, text: Any) -> None:
        if self.last is not None:
            self.lost.add("order")
        members[self.text_key] = text


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def _infer(text: Any) -> Any:
    """A text as the JSON value that it is the text of, numbers verbatim; anything else as it is."""
    if text == "true":
        return True
    if text == "false":
        return False
    return Number(text) if type(text) is str and _NUMBER.fullmatch(text) else text


class Scope:
    """The namespaces in force, by prefix; the default one has the prefix ""."""

    def __init__(self) -> None:
        self._uris: dict[str, list[str]] = {"xml": [XML_NAMESPACE]}  # the last one holds

    def declare(self, prefix: str, uri: str) -> None:
        self._uris.setdefault(prefix, []).append(uri)

    def forget(self, prefixes: Iterable[str]) -> None:
        """Let what was in force before the last declaration of each be in force again."""
        for prefix in prefixes:
            self._uris[prefix].pop()

    def find(self, prefix: str) -> str | None:
        uris = self._uris.get(prefix)
        return uris[-1] if uris else None


class ExpandedTreeReader(TreeReader):
    """The same with names as `uri:name`, and each element's declarations as the last of its attributes."""

    def __init__(self, xml: bytes, **options: Any) -> None:
        super().__init__(xml, **options)
        self.scope = Scope()
        self.opened: list[tuple[str, str, Members]] = []  # name as written, name expanded, declarations
        self.added = 0

    def start(self, name: str, attributes: list[Any]) -> None:
        declarations: Members = {}
        if attributes:
            attributes, declarations = self._expand_attributes(attributes)
        self.opened.append((name, self._expand(name), declarations))
        self._check_clash()
        super().start(self.opened[-1][1], attributes)

    def end(self, name: str) -> None:
        _, expanded, declarations = self.opened.pop()
        super().end(expanded)
        self.scope.forget(declarations)

    def _expand_attributes(self, attributes: list[Any]) -> tuple[list[Any], Members]:
        """Attributes by their expanded names, declarations as the last of them; and these, in force from now on."""
        others: list[tuple[str, str]] = []
        declarations: Members = {}
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            if name == "xmlns" or name.startswith("xmlns:"):
                declarations[name[6:]] = value or None
                self.scope.declare(name[6:], value)
            else:
                others.append((name, value))
        expanded: list[Any] = []
        for name, value in others:
            expanded += self._expand(name) if ":" in name else name, value
        if declarations:
            self.lost.add("prefixes")
            expanded += "xmlns", declarations
        return expanded, declarations

    def _expand(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        uri = self.scope.find(prefix)
        if not uri:
            return name  # in no namespace; or the prefix is not declared, which XmlReader tells in the end
        self.lost.add("prefixes")
        self.added += len(uri)
        check_repetition(self.added)
        return f"{uri}:{local}"

    def _check_clash(self) -> None:
        name = self.opened[-1][1]
        if name.startswith(self.attribute_prefix) or name == self.text_key:
            line, column = self.reader.position
            raise InexpressibleDocument(
                "this element's expanded name reads as an attribute or as text; "
                "namespaces=prefixed, another attribute_prefix or text_key, or the mapping jsonml can carry it",
                line=line,
                column=column,
                path="".join(f"/{written[:40]}" for written, _, _ in self.opened),
            )
