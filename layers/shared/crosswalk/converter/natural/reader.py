"""Reads XML into the tree of dicts, lists and strings that `natural` gives it, as its rules 1 to 6 say."""

from typing import Any, NoReturn

from crosswalk.converter.json_text import Number, is_number
from crosswalk.converter.limits import MAX_DEPTH, MAX_OUTPUT
from crosswalk.converter.natural.keys import Keys
from crosswalk.converter.sources import Source
from crosswalk.converter.xml.escaping import XML_SPACE
from crosswalk.converter.xml.names import MAX_KEPT_CHARACTERS, is_declaration
from crosswalk.converter.xml.reader import XmlReader
from crosswalk.errors import DocumentTooLarge, UnsafeDocument

Members = dict[str, Any]

ENCODED_DEPTH = 150
"""Levels of a tree that the json module's encoder in C writes. It recurses, twice for an element in a list."""


class TreeReader:
    """Builds the tree of a document from the events of one reading."""

    def __init__(
        self,
        source: Source,
        *,
        attribute_prefix: str,
        text_key: str,
        force_list: frozenset[str],
        strip_whitespace: bool,
        infer_types: bool,
    ) -> None:
        self.reader = XmlReader(source)
        self.sound = self.reader.scope.sound
        self.attribute_prefix = attribute_prefix
        self.keys = Keys(attribute_prefix)
        self.text_key = text_key
        self.force_list = force_list
        self.strip_whitespace = strip_whitespace
        self.infer_types = infer_types
        self.lost: set[str] = set()
        self.depth = 0  # that has been reached
        self.floor = -1  # the depth of the last declaration of a namespace
        self.repetition = 0  # characters that the JSON has more than the document, where names are expanded
        self.has_numbers = False  # in the document, or in the record at hand
        # Of the element at hand: its members, None while it has none; its last child's name; where its texts begin.
        self.members: Members | None = None
        self.last: str | None = None
        self.mark = 0
        # The same of each element around it; and the texts of all of these, the outermost element's first.
        self.around: list[tuple[Members | None, str | None, int]] = []
        self.texts: list[str] = []

    def read(self) -> Members:
        """The document as an object of one member, its root."""
        self.reader.read(self.start, self.end, self.texts.append, self.lost)
        return self.take()

    def take(self) -> Members:
        """What has been read of a document, or of a record, as an object of one member; the next one may follow."""
        tree, self.members, self.last = self.members, None, None
        assert tree is not None
        return tree

    def forget_record(self) -> None:
        """Begin to count anew, once a record is written."""
        self.has_numbers = False
        self.depth = min(self.depth, ENCODED_DEPTH)

    def has_key(self, name: str, attributes: list[str], key: str) -> bool:
        """Whether an element that is about to begin becomes the member `key`."""
        return name == key

    def pass_over(self, name: str, attributes: list[str]) -> None:
        """Begin an element of which nothing is kept, though of what stands within it. It ends by `leave`."""
        self.around.append((None, None, 0))
        depth = len(self.around)
        if depth > self.depth:
            self._note_depth(depth)
        self.reader.check_names(depth, name, attributes)
        self.floor = self.reader.scope.depth

    def leave(self) -> None:
        self.around.pop()

    def start(self, name: str, attributes: list[str]) -> None:
        around = self.around
        around.append((self.members, self.last, self.mark))
        if not self.floor < len(around) <= self.depth:
            self._note_depth(len(around))
        self.last = None
        self.mark = len(self.texts)
        if attributes:
            keys = self.keys
            pairs = iter(attributes)
            self.members = members = {keys[key]: value for key, value in zip(pairs, pairs)}  # noqa: B905 (it takes time)
            if ":" in name or (keys.marked and not keys.marked.isdisjoint(members)):
                self._check_names(name, attributes)
            if self.infer_types:
                self.members = {key: self.infer(value) for key, value in members.items()}
        else:
            self.members = None
            if ":" in name and name not in self.sound:
                self._check_names(name, attributes)

    def _note_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise UnsafeDocument(f"Elements stand deeper than {MAX_DEPTH} levels.", place=self.reader.place)
        self.depth = max(depth, self.depth)
        self.reader.scope.leave(depth)
        self.floor = self.reader.scope.depth

    def _check_names(self, name: str, attributes: list[str]) -> None:
        scope = self.reader.scope
        if (name, *attributes[::2]) not in scope.sound:
            self.reader.check_names(len(self.around), name, attributes)
            self.floor = scope.depth
            self.keys.forget_some()

    def end(self, name: str) -> None:
        value: Any = self.members
        texts = self.texts
        if len(texts) > self.mark:
            text = texts.pop() if len(texts) == self.mark + 1 else self._join_texts()
            if self.strip_whitespace:
                length = len(text)
                text = text.strip(XML_SPACE)
                if len(text) < length:
                    self.lost.add("whitespace")
            if not text:
                pass
            elif value is None:
                value = self.infer(text) if self.infer_types else text
            else:
                if self.last is not None:
                    self.lost.add("order")
                value[self.text_key] = self.infer(text) if self.infer_types else text
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

    def _join_texts(self) -> str:
        """The element's text that came in parts."""
        text = "".join(self.texts[self.mark :])
        del self.texts[self.mark :]
        return text

    def infer(self, text: str) -> Any:
        """A text as the JSON value that it is the text of, numbers verbatim; anything else as it is."""
        if text == "true":
            return True
        if text == "false":
            return False
        if is_number(text):
            self.has_numbers = True
            return Number(text)
        return text


class ExpandedTreeReader(TreeReader):
    """The same with names as `uri:name`, and each element's declarations as the last of its attributes."""

    def __init__(self, source: Source, **options: Any) -> None:
        super().__init__(source, **options)
        self.tags = 0  # start tags so far
        self.names: list[str] = []  # of the open elements, expanded
        self.joined: dict[tuple[str, str, str], str] = {}  # keys that have come before
        self.room = MAX_OUTPUT  # for expanded names to be kept

    def start(self, name: str, attributes: list[str]) -> None:
        self.tags += 1
        self.around.append((self.members, self.last, self.mark))
        depth = len(self.around)
        if depth > self.depth:
            self._note_depth(depth)
        if attributes or ":" in name or depth <= self.reader.scope.depth:
            self.reader.check_names(depth, name, attributes)
        expanded = self._expand(name)
        if expanded.startswith(self.attribute_prefix) or expanded == self.text_key:
            self._refuse()
        self.names.append(expanded)
        self.members = self._expand_attributes(attributes) if attributes else None
        self.last = None
        self.mark = len(self.texts)

    def _expand_attributes(self, attributes: list[str]) -> Members:
        """Attributes by their expanded names, and declarations, by prefix, as the last of them."""
        members: Members = {}
        declarations: Members = {}
        pairs = iter(attributes)
        for attribute, value in zip(pairs, pairs, strict=True):
            if is_declaration(attribute):
                declarations[attribute[6:]] = value or None
            else:
                key = self._expand(attribute, self.attribute_prefix) if ":" in attribute else self.keys[attribute]
                members[key] = self.infer(value) if self.infer_types else value
        if declarations:
            self.lost.add("prefixes")
            members[self.attribute_prefix + "xmlns"] = declarations
        return members

    def pass_over(self, name: str, attributes: list[str]) -> None:
        self.tags += 1
        super().pass_over(name, attributes)

    def end(self, name: str) -> None:
        super().end(self.names.pop())

    def _expand(self, name: str, prefix: str = "") -> str:
        """The key of an element, or of an attribute with its mark before it."""
        uri, local = self.reader.scope.resolve(name)
        if not uri:
            return local
        self.lost.add("prefixes")
        self.repetition += len(uri)
        key = self.joined.get((prefix, uri, local))
        if key is None:
            key = self.joined[prefix, uri, local] = f"{prefix}{uri}:{local}"
            self.room -= len(key)
            if self.room < 0:
                mebibytes = MAX_OUTPUT // 1024**2
                raise DocumentTooLarge(f"Expanded names would exceed {mebibytes} MiB.", limit=MAX_OUTPUT)
        return key

    def forget_record(self) -> None:
        super().forget_record()
        self.repetition = 0
        if MAX_OUTPUT - self.room > MAX_KEPT_CHARACTERS:
            self.joined.clear()
            self.room = MAX_OUTPUT

    def has_key(self, name: str, attributes: list[str], key: str) -> bool:
        depth = len(self.around) + 1
        if attributes or ":" in name or depth <= self.reader.scope.depth:
            self.reader.check_names(depth, name, attributes)
        uri, local = self.reader.scope.resolve(name)
        # A namespace may be long, and joined with a name only where the key is as long.
        return key == local if not uri else len(key) == len(uri) + 1 + len(local) and key == f"{uri}:{local}"

    def _refuse(self) -> NoReturn:
        raise self.reader.refuse_element(
            self.tags,
            "This element's expanded name reads as an attribute or as text; "
            "namespaces=prefixed, another attribute_prefix or text_key, or the mapping jsonml can carry it.",
        )
