"""Writes the XML that `natural` gives a JSON value, as its rules 1 to 5 in that direction say."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from crosswalk.converter.json_text import MAX_DEPTH, Number, Object, Value, check_repetition, point_at
from crosswalk.converter.natural_reader import XML_NAMESPACE, XML_SPACE, Scope
from crosswalk.converter.xml_text import UNCARRIABLE, escape_attribute, escape_text, is_qname
from crosswalk.errors import InexpressibleDocument, UnsafeDocument

XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/"


class _RefusalError(Exception):
    """What XML cannot carry: the value at hand, or one of its members."""

    def __init__(self, detail: str, member: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.member = member


class _Names(dict[str, tuple[str, str]]):
    """XML name and prefix by key of a JSON object, each checked once; `skip` is the length of the attribute prefix."""

    def __init__(self, skip: int = 0) -> None:
        super().__init__()
        self.skip = skip

    def __missing__(self, key: str) -> tuple[str, str]:
        name = key[self.skip :]
        if not is_qname(name):
            one_way = ", and expanded names do not come back" if ":" in name else ""
            raise _RefusalError(f"the member's name is no XML name{one_way}", key)
        self[key] = name, name.rpartition(":")[0]
        return self[key]


_NO_TEXT: Final = object()


@dataclass(slots=True)
class _Frame:
    """An object or list whose values are being written."""

    place: str | int | None  # its own key or index within the one around it
    rest: Iterator[tuple[Any, Value]]  # its values, each with its key or index
    name: str | None  # the element that each value becomes; None: as its key says
    depth: int  # of the element around the values
    line: str  # line break and indentation before each value
    closing: str = ""
    declared: Collection[str] = ()  # prefixes that go out of scope with it


class TreeWriter:
    """Writes the XML of one JSON value."""

    def __init__(self, *, indent: int, attribute_prefix: str, text_key: str, item: str, check_characters: bool) -> None:
        self.step = " " * indent
        self.attribute_prefix = attribute_prefix
        self.text_key = text_key
        self.item = item
        self.check_characters = check_characters
        self.lost: set[str] = set()
        self.names = _Names()
        self.attribute_names = _Names(len(attribute_prefix))
        self.scope = Scope()
        self.frames: list[_Frame] = []
        self.written: list[str] = []
        self.repetition = 0

    def write(self, value: Value, root: str) -> str:
        """The XML of a document, in an element `root` unless it is an element itself."""
        line = "\n" if self.step else ""
        if isinstance(value, Object) and _is_element(value):
            self.frames.append(_Frame(None, iter(value), None, 0, line))
        else:
            self.lost.add("root")
            self.frames.append(_Frame(None, iter([(None, value)]), root, 0, line))
        while self.frames:
            self._write_values(self.frames[-1])
        return "".join(self.written).removeprefix("\n")

    def _write_values(self, frame: _Frame) -> None:
        """Write the values of a frame up to the next one that needs a frame of its own, or else close it."""
        level = len(self.frames)
        place = None
        try:
            for place, value in frame.rest:
                if isinstance(value, (Object, list)):
                    self._write_container(frame, place, value)
                    if len(self.frames) > level:
                        return
                else:
                    name = self._name_element(frame, place)
                    self.written.append(f"{frame.line}<{name}>{self._write_text(value)}</{name}>")
                    if value == "":
                        self.lost.add("types")
        except _RefusalError as refusal:
            pointer = self._point(place, refusal.member)
            raise InexpressibleDocument(f"{refusal.detail}; the mapping item carries it", pointer=pointer) from refusal
        self.written.append(frame.closing)
        self.scope.forget(frame.declared)
        self.frames.pop()

    def _name_element(self, frame: _Frame, place: Any) -> str:
        """The name of the element that a value becomes."""
        name, prefix = self.names[frame.name or place]
        if prefix and self.scope.find(prefix) is None:
            raise _RefusalError("the prefix of this name is not declared")
        return name

    def _write_container(self, frame: _Frame, place: Any, value: Object | list[Value]) -> None:
        if isinstance(value, Object):
            self._write_object(frame, place, value)
        elif frame.name is None:
            self._write_member_list(frame, place, value)
        else:
            self._write_nameless_list(frame, place, value)

    def _write_member_list(self, frame: _Frame, key: str, values: list[Value]) -> None:
        if len(values) == 1:
            self.lost.add("lists")
        self._push(_Frame(key, iter(enumerate(values)), key, frame.depth, frame.line), len(values))

    def _write_nameless_list(self, frame: _Frame, place: Any, values: list[Value]) -> None:
        if len(self.frames) > 1 or len(values) == 1:
            self.lost.add("lists")
        name = self._name_element(frame, place)
        self.written.append(f"{frame.line}<{name}>")
        if values:
            line = frame.line and frame.line + self.step
            closing = f"{frame.line}</{name}>"
            inner = _Frame(place, iter(enumerate(values)), self.item, frame.depth + 1, line, closing)
            self._push(inner, len(values))
        else:
            self.lost.add("empty-lists")
            self.written.append(f"</{name}>")

    def _write_object(self, frame: _Frame, place: Any, members: Object) -> None:
        attributes, children, text = self._divide(members)
        start, declared = self._write_attributes(attributes)
        name = self._name_element(frame, place)
        self.written.append(f"{frame.line}<{name}{start}>")
        closing = f"{self._write_text(text, self.text_key)}</{name}>"
        if not children:
            self.written.append(closing)
            self.scope.forget(declared)
            return
        line = ""
        if frame.line and text is _NO_TEXT and ' xml:space="preserve"' not in start:
            line, closing = frame.line + self.step, frame.line + closing
        self._push(_Frame(place, iter(children), None, frame.depth + 1, line, closing, declared), len(children))

    def _push(self, frame: _Frame, values: int) -> None:
        if frame.depth >= MAX_DEPTH:
            pointer = self._point(frame.place)
            raise UnsafeDocument(f"the XML would be deeper than {MAX_DEPTH} levels", pointer=pointer)
        self.repetition += values * (len(frame.line) + 2 * len(frame.name or ""))
        check_repetition(self.repetition)
        self.frames.append(frame)

    def _divide(self, members: Object) -> tuple[list[Any], list[Any], Any]:
        """An object's attributes, its children without empty lists, and its text or _NO_TEXT."""
        attributes: list[tuple[str, Value]] = []
        children: list[tuple[str, Value]] = []
        text: Any = _NO_TEXT
        behind_text = False
        if len(dict(members)) != len(members):
            _refuse_duplicate(key for key, _ in members)
        for member in members:
            key, value = member
            if key == self.text_key:
                text = value
                behind_text = value is not None and value != ""
            elif key.startswith(self.attribute_prefix):
                if children or behind_text:
                    self.lost.add("order")
                attributes.append(member)
            elif self.names[key] and value == []:
                self.lost.add("empty-lists")
            else:
                if behind_text:
                    self.lost.add("order")
                children.append(member)
        if not attributes and not children and (text is not _NO_TEXT or not members):
            self.lost.add("types")
        elif text is None or text == "":
            self.lost.add("empty-text")
        return attributes, children, text

    def _write_text(self, value: Any, member: str | None = None) -> str:
        if type(value) is str:
            if value.strip(XML_SPACE) != value:
                self.lost.add("whitespace")
            if self.check_characters:
                _check_characters(value, member)
            return escape_text(value)
        return "" if value is None or value is _NO_TEXT else self._write_scalar(value, member)

    def _write_scalar(self, value: Any, member: str | None) -> str:
        """The text of a number or boolean; a list or object is refused."""
        if isinstance(value, (Object, list)):
            raise _RefusalError("an attribute or text cannot be a list or an object", member)
        self.lost.add("types")
        if isinstance(value, Number):
            return value
        return "true" if value else "false"

    def _write_attributes(self, attributes: Iterable[tuple[str, Value]]) -> tuple[str, list[str]]:
        """Attributes as they stand in a start tag, and the prefixes that these declare: they are in scope now."""
        written: list[str] = []
        declared: list[str] = []
        prefixed: list[str] = []
        for key, value in attributes:
            name, prefix = self.attribute_names[key]
            text = self._read_attribute(key, value)
            written.append(f' {name}="{escape_attribute(text)}"')
            if name == "xmlns" or prefix == "xmlns":
                _check_declaration(name[6:], text, key)
                self.scope.declare(name[6:], text)
                declared.append(name[6:])
            elif prefix:
                prefixed.append(key)
        if prefixed:
            self._check_prefixed(prefixed)
        return "".join(written), declared

    def _read_attribute(self, key: str, value: Value) -> str:
        if type(value) is str:
            if self.check_characters:
                _check_characters(value, key)
            return value
        if value is None:
            self.lost.add("types")
            return ""
        return self._write_scalar(value, key)

    def _check_prefixed(self, keys: Iterable[str]) -> None:
        """Refuse attributes whose prefix is not declared, and those that are one once prefixes are looked up."""
        expanded: set[tuple[str, str]] = set()
        for key in keys:
            name, prefix = self.attribute_names[key]
            uri = self.scope.find(prefix)
            if uri is None:
                raise _RefusalError("the prefix of this name is not declared", key)
            attribute = uri, name[len(prefix) :]
            if attribute in expanded:
                raise _RefusalError("two attributes have one name in one namespace", key)
            expanded.add(attribute)

    def _point(self, place: str | int | None, member: str | None = None) -> str:
        """The JSON pointer of a value in the innermost frame, or of a member of it."""
        places = [*(frame.place for frame in self.frames), place, member]
        return point_at([step for step in places if step is not None])


def _is_element(members: Object) -> bool:
    """Whether an object is a root element: one member, named as an element, and not several values or none."""
    if len(members) != 1:
        return False
    key, value = members[0]
    return is_qname(key) and (not isinstance(value, list) or len(value) == 1)


def _refuse_duplicate(keys: Iterable[str]) -> NoReturn:
    seen: set[str] = set()
    duplicate = next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    raise _RefusalError("two members have this name", duplicate)


def _check_characters(text: str, member: str | None) -> None:
    if not text.isprintable() and UNCARRIABLE.search(text):
        raise _RefusalError("this string holds a character that XML cannot carry", member)


def _check_declaration(prefix: str, uri: str, key: str) -> None:
    """The constraints of Namespaces in XML 1.0, sections 2.2 and 3."""
    reserved = prefix == "xmlns" or uri == XMLNS_NAMESPACE or (prefix == "xml") != (uri == XML_NAMESPACE)
    if reserved or (prefix and not uri):
        raise _RefusalError("this namespace declaration is illegal", key)
