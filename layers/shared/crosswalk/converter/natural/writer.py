"""Writes the XML that `natural` gives a JSON value, as its rules 1 to 5 in that direction say."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from crosswalk.converter.json_text import Number, Object, Value, parse_json
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.natural.keys import Names, Refusal
from crosswalk.converter.output import PIECES, TextOutput
from crosswalk.converter.places import point_at
from crosswalk.converter.xml.escaping import UNCARRIABLE, XML_SPACE, escape_attribute, escape_text
from crosswalk.converter.xml.names import MAX_KEPT_LENGTH, NamespaceFault, Scope, is_qname
from crosswalk.errors import InexpressibleDocument, UnsafeDocument

_NO_TEXT: Final = object()


@dataclass(slots=True)
class _Frame:
    """An object or list whose values are being written."""

    place: str | int | None  # its own key or index within the one around it
    rest: Iterator[tuple[Any, Value]]  # its values, each with its key or index
    name: str | None  # the element that each value becomes; None: as its key says
    depth: int  # how many elements stand around the values
    levels: int  # and how many objects and lists, once they are read again
    line: str  # line break and indentation before each value
    indented: bool  # whether what stands within the values may have lines of its own
    closing: str = ""


class TreeWriter:
    """Writes the XML of one JSON value."""

    def __init__(
        self, write: Callable[[bytes], object], *, indent: int, attribute_prefix: str, text_key: str, item: str
    ) -> None:
        self.output = TextOutput(write)
        self.pieces = PIECES  # to collect: none once a long name repeats
        self.step = " " * indent
        self.attribute_prefix = attribute_prefix
        self.text_key = text_key
        self.item = item
        self.check_characters = True  # as some may be what XML cannot carry
        self.lost: set[str] = set()
        self.names = Names()
        self.attribute_names = Names(len(attribute_prefix))
        self.scope = Scope()
        self.frames: list[_Frame] = []
        self.wrapper = ""  # the name of an element that has none
        self.written = False  # whether there was an element

    def write(self, json: str, root: str) -> None:
        """Write a document, in an element `root` unless it is an element itself."""
        self.expect(json)
        self._write_elements([parse_json(json)], root, 0)
        self.output.finish()

    def write_records(self, values: Iterable[Value], root: str) -> None:
        """Write values as the children of an element `root`, in elements `item` unless they are elements themselves.

        Whoever makes them calls `expect` with the text of the next ones now and then.
        """
        self.output.append(f"<{root}>")
        self._write_elements(values, self.item, 1)
        self.output.append(f"\n</{root}>" if self.step and self.written else f"</{root}>")
        self.output.finish()

    def expect(self, json: str) -> None:
        """Get ready for the values of a JSON text, between two elements."""
        self.output.finish()
        self.check_characters = _may_hold_uncarriable(json)
        self.names.forget_some()
        self.attribute_names.forget_some()

    def _write_elements(self, values: Iterable[Value], wrapper: str, depth: int) -> None:
        self.wrapper = wrapper
        line = "\n" + self.step * depth if self.step and depth else ""
        self.frames.append(_Frame(None, self._name_elements(values), None, depth, 1, line, bool(self.step)))
        self._write_frames()

    def _name_elements(self, values: Iterable[Value]) -> Iterator[tuple[str | None, Value]]:
        """The values with their names, None for those that need a wrapper."""
        for value in values:
            self.written = True
            if type(value) is Object and _is_element(value):
                yield value[0]
            else:
                self.lost.add("root")
                yield None, value

    def _write_frames(self) -> None:
        """Write the values of the innermost frame, up to one that needs a frame of its own, until there are no more."""
        frames, output, scope, sound = self.frames, self.output, self.scope, self.scope.sound
        place = None
        try:
            while frames:
                frame = frames[-1]
                given, depth, line = frame.name, frame.depth, frame.line
                for place, value in frame.rest:
                    if depth <= scope.depth:
                        scope.leave(depth)
                    if type(value) is Object:
                        self._write_object(frame, place, value)
                    elif type(value) is not list:
                        name = given or place or self.wrapper
                        if ":" in name and name not in sound:
                            self._check_names(frame, name, ())
                        output.append(f"{line}<{name}>{self._write_text(value)}</{name}>")
                    elif given or place is None:
                        self._write_nameless_list(frame, given or self.wrapper, place, value)
                    else:
                        self._write_member_list(frame, place, value)
                    if frames[-1] is not frame:
                        break
                    if len(output) > self.pieces:
                        output.finish()
                else:
                    output.append(frame.closing)
                    frames.pop()
        except Refusal as refusal:
            detail = f"{refusal.detail}; the mapping item carries it."
            raise InexpressibleDocument(detail, pointer=self._point(place, refusal.member)) from refusal

    def _check_names(self, frame: _Frame, name: str, attributes: Sequence[str]) -> None:
        try:
            self.scope.enter(frame.depth, name, attributes)
        except NamespaceFault as fault:
            member = None if fault.attribute is None else self.attribute_prefix + fault.attribute
            raise Refusal(fault.detail.removesuffix("."), member) from fault

    def _write_member_list(self, frame: _Frame, key: str, values: list[Value]) -> None:
        if len(values) == 1:
            self.lost.add("lists")
        if len(key) > MAX_KEPT_LENGTH:
            self.pieces = 0
        levels = frame.levels + (len(values) > 1)
        if levels > MAX_DEPTH:
            raise self._refuse_depth(key)
        self.frames.append(_Frame(key, iter(enumerate(values)), key, frame.depth, levels, frame.line, frame.indented))

    def _write_nameless_list(self, frame: _Frame, name: str, place: Any, values: list[Value]) -> None:
        if len(values) == 1 or len(self.frames) > 1:
            self.lost.add("lists")
        if ":" in name:
            self._check_names(frame, name, ())
        self.output.append(f"{frame.line}<{name}>")
        if values:
            levels = frame.levels + 1 + (len(values) > 1)
            self._push_content(frame, place, enumerate(values), self.item, f"</{name}>", frame.indented, levels)
        else:
            self.lost.add("empty-lists")
            self.output.append(f"</{name}>")

    def _write_object(self, frame: _Frame, place: Any, members: Object) -> None:
        attributes, children, text = self._divide(members)
        name = frame.name or place or self.wrapper
        start = self._write_attributes(frame, name, attributes) if attributes or ":" in name else ""
        closing = f"</{name}>" if text is _NO_TEXT else f"{self._write_text(text, self.text_key)}</{name}>"
        if children:
            self.output.append(f"{frame.line}<{name}{start}>")
            indented = frame.indented and text is _NO_TEXT and ' xml:space="preserve"' not in start
            self._push_content(frame, place, iter(children), None, closing, indented, frame.levels + 1)
        else:
            if attributes and frame.levels == MAX_DEPTH:
                raise self._refuse_depth(place)
            self.output.append(f"{frame.line}<{name}{start}>{closing}")

    def _push_content(
        self,
        frame: _Frame,
        place: Any,
        values: Iterator[tuple[Any, Value]],
        name: str | None,
        closing: str,
        indented: bool,
        levels: int,
    ) -> None:
        """Have the values within an element of this frame written next, and then its end."""
        depth, line = frame.depth + 1, ""
        if indented:
            line = "\n" + self.step * depth
            closing = "\n" + self.step * frame.depth + closing
        if depth >= MAX_DEPTH or levels > MAX_DEPTH:
            raise self._refuse_depth(place)
        self.frames.append(_Frame(place, values, name, depth, levels, line, indented, closing))

    def _refuse_depth(self, place: str | int | None) -> UnsafeDocument:
        detail = f"The XML, or the JSON that it is read as, would be deeper than {MAX_DEPTH} levels."
        return UnsafeDocument(detail, pointer=self._point(place))

    def _divide(self, members: Object) -> tuple[list[Any], list[Any], Any]:
        """An object's attributes, its children without empty lists, and its text or _NO_TEXT."""
        attributes: list[tuple[str, Value]] = []
        children: list[tuple[str, Value]] = []
        text: Any = _NO_TEXT
        behind_text = False
        if len(members) > 1 and len(dict(members)) != len(members):
            _refuse_duplicate(key for key, _ in members)
        names, text_key, attribute_prefix = self.names, self.text_key, self.attribute_prefix
        for member in members:
            key, value = member
            if key == text_key:
                text = value
                behind_text = value is not None and value != ""
            elif key.startswith(attribute_prefix):
                if children or behind_text:
                    self.lost.add("order")
                attributes.append(member)
            elif names[key] and value.__class__ is list and not value:
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
            if not value and member is None:
                self.lost.add("types")
            elif len(value.strip(XML_SPACE)) < len(value):
                self.lost.add("whitespace")
            if self.check_characters:
                _check_characters(value, member)
            return escape_text(value)
        return "" if value is None else self._write_scalar(value, member)

    def _write_scalar(self, value: Any, member: str | None) -> str:
        """The text of a number or boolean; a list or object is refused."""
        self.lost.add("types")
        if type(value) is Number:
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        raise Refusal("An attribute or text cannot be a list or an object", member)

    def _write_attributes(self, frame: _Frame, name: str, attributes: list[tuple[str, Value]]) -> str:
        """Attributes as they stand in the start tag of this name, whose prefixes are checked with theirs."""
        written, check = "", ":" in name
        flat: list[str] = []
        names, marked, careful = self.attribute_names, self.attribute_names.marked, self.check_characters
        for key, value in attributes:
            attribute = names[key]
            text = value if type(value) is str and not careful else self._read_attribute(key, value)
            written += f' {attribute}="{escape_attribute(text)}"'
            flat += attribute, text
            if key in marked:
                check = True
        if check:
            self._check_names(frame, name, flat)
        return written

    def _read_attribute(self, key: str, value: Value) -> str:
        if type(value) is str:
            if self.check_characters:
                _check_characters(value, key)
            return value
        if value is None:
            self.lost.add("types")
            return ""
        return self._write_scalar(value, key)

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
    raise Refusal("Two members have this name", duplicate)


def _check_characters(text: str, member: str | None) -> None:
    if not text.isprintable() and UNCARRIABLE.search(text):
        raise Refusal("This string holds a character that XML cannot carry", member)


_CONTROL_ESCAPE = re.compile(r"\\[ubf]")


def _may_hold_uncarriable(json: str) -> bool:
    """Whether strings of a JSON text need a look: raw control characters are no JSON, so most texts need none."""
    return _CONTROL_ESCAPE.search(json) is not None or "\ufffe" in json or "\uffff" in json
