"""The mapping `natural`: XML and JSON as people expect to read them, by the conventions of the xmltodict library.

    <book id="7"><author>Ada</author><author>Bob</author><out/></book>
    {"book":{"@id":"7","author":["Ada","Bob"],"out":null}}

XML to JSON
1. An element is a member named as it is written, prefix included; an element that repeats among its siblings is one
   member with a list, and so is every element named in `force_list`.
2. Without attributes and children an element is its text, or null when it has none. Otherwise it is an object: its
   attributes (`@name`, namespace declarations too), its children, at the end its text, joined, as `#text`.
3. Everything is a string. With types=infer true, false and what JSON's grammar takes for a number are that, verbatim.
4. XML white space at both ends of a text is dropped unless strip_whitespace is false.
5. With namespaces=expanded a name in a namespace is `uri:name`, and `@xmlns` holds the declarations by prefix. That is
   one-way: JSON to XML refuses such names.
6. The XML declaration, the DOCTYPE, CDATA marks and how a character was written are no part of what a document says.
   Everything else that the JSON does not hold is named:
   order                    text stands beside elements, or elements of one name not next to each other
   whitespace               white space was dropped, even if only between elements
   comments, processing-instructions
   prefixes                 names were expanded
   So a document that was converted without a loss comes back equal, under Canonical XML.

JSON to XML
1. An object whose only member is an element name, with a value that is no list or a list of one, is the root element.
   Anything else is wrapped in an element `root`.
2. Members are written as rules 1 and 2 above read them; a list as one element for each of its values. A list that is no
   member (the document itself, or one within a list) is an element, and its values are its children `item`.
3. Scalars are written as their JSON text, a string as itself, null as nothing. An empty list as a member vanishes.
4. Refused, with a pointer: a name that is no XML name; a prefix without a declaration, and a declaration that is
   illegal; a character that XML cannot carry; a list or object as an attribute or text; two members, or two attributes,
   of one name. The mapping `item` carries them all.
5. What these options would not bring back equal, read with the others at their defaults, is named:
   types                    a number or boolean (comes back as a string), null in an attribute (as the empty string),
                            the empty string or object (as null), an object of nothing but text (as that text)
   root                     the document was wrapped
   lists                    a list of one (comes back as its value), a list within a list (as an object with `item`)
   empty-lists, empty-text  an empty list, a text that is empty or null beside other members (come back as nothing)
   order                    an attribute behind other members, or text before them
   whitespace               white space at an end of a text would be dropped

The keys of attributes and text begin with a character that begins no XML name, so no element can be taken for one.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from json import JSONEncoder
from typing import Any, Final, NoReturn

from crosswalk.converter.json_text import MAX_DEPTH, Number, Object, Value, check_depth, parse_json, write_json
from crosswalk.converter.xml_text import (
    UNCARRIABLE,
    XmlReader,
    escape_attribute,
    escape_text,
    is_name,
    is_ncname,
    is_qname,
)
from crosswalk.errors import DocumentTooLarge, InexpressibleDocument, InvalidParameter, UnsafeDocument

__all__ = ["json_to_xml", "xml_to_json"]

# The names of losses, in the order in which they are reported.
LOSSES_TO_JSON = ("order", "whitespace", "comments", "processing-instructions", "prefixes")
LOSSES_TO_XML = ("types", "root", "lists", "empty-lists", "empty-text", "order", "whitespace")

# Python's strip() would take NBSP and others for white space; XML does not.
XML_SPACE = " \t\r\n"
XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/"

# A long name that a list repeats, a long namespace and deep indentation can make a small document enormous. This many
# characters may be added in such ways; other growth is bounded by what comes in.
MAX_REPETITION = 64 * 1024 * 1024
MAX_OPTION_LENGTH = 64


def xml_to_json(
    text: str,
    *,
    indent: int = 0,
    attribute_prefix: str = "@",
    text_key: str = "#text",
    force_list: Collection[str] = (),
    strip_whitespace: bool = True,
    namespaces: str = "prefixed",
    types: str = "strings",
) -> tuple[str, tuple[str, ...]]:
    """The JSON text of an XML document, and the names of what it lost.

    force_list: names of elements, as the JSON would have them, that are lists even when they stand alone.
    namespaces: `prefixed` or `expanded`. types: `strings` or `infer`.
    Raises InvalidParameter, MalformedDocument, UnsafeDocument, DocumentTooLarge; InexpressibleDocument only for an
    expanded name that would read as an attribute or as text.
    """
    _check_marks(attribute_prefix, text_key)
    _check_choice("namespaces", namespaces, ("prefixed", "expanded"))
    _check_choice("types", types, ("strings", "infer"))
    _check_force_list(force_list, namespaces)
    infer = _infer if types == "infer" else None
    create_reader = _ExpandedTreeReader if namespaces == "expanded" else _TreeReader
    reader = create_reader(text, attribute_prefix, text_key, frozenset(force_list), strip_whitespace, infer)
    tree = reader.read()
    if reader.depth <= MAX_ENCODER_DEPTH and not indent and not infer:
        json = _encode(tree)
    else:
        json = write_json(tree, indent)
        _check_json_depth(json)
    return json, _sort_losses(reader.lost, LOSSES_TO_JSON)


def json_to_xml(
    text: str,
    *,
    indent: int = 0,
    attribute_prefix: str = "@",
    text_key: str = "#text",
    root: str = "root",
    item: str = "item",
) -> tuple[str, tuple[str, ...]]:
    """The XML of a JSON text, and the names of what would not come back.

    indent: spaces for each level; never within an element that has text, or whose xml:space is `preserve`.
    root, item: names for the root of a document that has none, and for the values of a list that has no name.
    Raises InvalidParameter, MalformedDocument, UnsafeDocument, InexpressibleDocument or DocumentTooLarge.
    """
    _check_marks(attribute_prefix, text_key)
    _check_element_name("root", root)
    _check_element_name("item", item)
    value = parse_json(text)
    writer = _XmlWriter(indent, attribute_prefix, text_key, item, _may_hold_uncarriable(text))
    xml = writer.write(value, root)
    return xml, _sort_losses(writer.lost, LOSSES_TO_XML)


def _check_marks(attribute_prefix: str, text_key: str) -> None:
    for parameter, mark in (("attribute_prefix", attribute_prefix), ("text_key", text_key)):
        if not mark or is_name(mark[0]):
            raise InvalidParameter(
                f"{parameter} must begin with a character that begins no XML name", parameter=parameter
            )
        _check_length(parameter, mark)
        if UNENCODABLE.search(mark):
            raise InvalidParameter(f"{parameter} holds an unpaired surrogate", parameter=parameter)
    if text_key.startswith(attribute_prefix):
        raise InvalidParameter(
            "text_key must not begin with attribute_prefix: it would read as an attribute", parameter="text_key"
        )


UNENCODABLE = re.compile("[\ud800-\udfff]")


def _check_length(parameter: str, value: str) -> None:
    if len(value) > MAX_OPTION_LENGTH:
        raise InvalidParameter(f"{parameter} must have at most {MAX_OPTION_LENGTH} characters", parameter=parameter)


def _check_choice(parameter: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidParameter(f"{parameter} must be one of {', '.join(choices)}", parameter=parameter)


def _check_force_list(names: Collection[str], namespaces: str) -> None:
    if isinstance(names, str):
        raise InvalidParameter("force_list must be a list of names", parameter="force_list")
    for name in names:
        if not (is_qname(name) or (namespaces == "expanded" and is_ncname(name.rpartition(":")[2]))):
            raise InvalidParameter("force_list must hold names of elements", parameter="force_list")


def _check_element_name(parameter: str, name: str) -> None:
    if not is_ncname(name):
        raise InvalidParameter(f"{parameter} must be an XML name without a prefix", parameter=parameter)
    _check_length(parameter, name)


def _sort_losses(lost: Collection[str], order: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(loss for loss in order if loss in lost)


# ---------------------------------------------------------------- XML to JSON

# The json module's encoder in C is fast, and recurses, twice for an element in a list: it writes no deeper trees.
MAX_ENCODER_DEPTH = 150
_encode: Callable[[Any], str] = JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def _infer(text: str) -> str | bool:
    """A text as the JSON value that it is the text of, numbers verbatim; any other text as itself."""
    if text == "true":
        return True
    if text == "false":
        return False
    return Number(text) if _NUMBER.fullmatch(text) else text


def _check_json_depth(json: str) -> None:
    try:
        check_depth(json)
    except UnsafeDocument as error:  # its position would be one in the JSON, which the client does not have
        raise UnsafeDocument(f"the JSON would be deeper than {MAX_DEPTH} levels") from error


Members = dict[str, Any]


class _TreeReader:
    """Builds the JSON value of a document from the events of one reading."""

    def __init__(
        self,
        text: str,
        attribute_prefix: str,
        text_key: str,
        force_list: frozenset[str],
        strip_whitespace: bool,
        infer: Callable[[str], Any] | None,
    ) -> None:
        self.reader = XmlReader(text)
        self.attribute_prefix = attribute_prefix
        self.text_key = text_key
        self.force_list = force_list
        self.strip_whitespace = strip_whitespace
        self.infer = infer
        self.lost: set[str] = set()
        self.depth = 0
        # Of the element at hand: its members, None while it has none, and where its texts begin.
        self.members: Members | None = None
        self.mark = 0
        # The same of the elements around it; and the texts of all of these, the outermost element's first.
        self.around: list[tuple[Members | None, int]] = []
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
        around.append((self.members, self.mark))
        if len(around) > self.depth:
            self._deepen()
        self.mark = len(self.texts)
        if attributes:
            values = attributes[1::2] if self.infer is None else map(self.infer, attributes[1::2])
            self.members = dict(zip(map(self.attribute_prefix.__add__, attributes[::2]), values, strict=True))
        else:
            self.members = None

    def end(self, name: str) -> None:
        members = self.members
        text = self._take_text() if len(self.texts) > self.mark else None
        if members is None:
            value = text
        else:
            value = members
            if text is not None:
                self._add_text(members, text)
        members, self.mark = self.around.pop()
        if members is None:
            self.members = {name: [value] if name in self.force_list else value}
            return
        self.members = members
        if name not in members:
            members[name] = [value] if name in self.force_list else value
        else:
            self._add_again(members, name, value)

    def _take_text(self) -> Any:
        """The value of the text of the element at hand, None without text."""
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
        if not text:
            return None
        return text if self.infer is None else self.infer(text)

    def _add_text(self, members: Members, text: Any) -> None:
        if not next(reversed(members)).startswith(self.attribute_prefix):
            self.lost.add("order")
        members[self.text_key] = text

    def _add_again(self, members: Members, name: str, value: Any) -> None:
        if next(reversed(members)) != name:
            self.lost.add("order")
        values = members[name]
        if type(values) is list:
            values.append(value)
        else:
            members[name] = [values, value]

    def _deepen(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            line, column = self.reader.position
            raise UnsafeDocument(f"elements stand deeper than {MAX_DEPTH} levels", line=line, column=column)


class _ExpandedTreeReader(_TreeReader):
    """The same with names as `uri:name`, and each element's declarations as the last of its attributes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.uris: dict[str, list[str | None]] = {"xml": [XML_NAMESPACE]}  # by prefix; the last one holds
        self.open: list[tuple[str, str, Members]] = []  # name as written, name expanded, declarations
        self.written = 0

    def start(self, name: str, attributes: list[Any]) -> None:
        names, values = attributes[::2], attributes[1::2]
        declarations: Members = {}
        expanded: list[Any] = []
        for key, value in zip(names, values, strict=True):
            if key == "xmlns" or key.startswith("xmlns:"):
                declarations[key[6:]] = value or None
        for prefix, uri in declarations.items():
            self.uris.setdefault(prefix, []).append(uri)
        for key, value in zip(names, values, strict=True):
            if not (key == "xmlns" or key.startswith("xmlns:")):
                expanded += self._expand(key) if ":" in key else key, value
        self.open.append((name, self._expand(name), declarations))
        self._check_clash()
        super().start(name, expanded)
        if declarations:
            self.lost.add("prefixes")
            self.members = {**(self.members or {}), f"{self.attribute_prefix}xmlns": declarations}

    def end(self, name: str) -> None:
        _, expanded, declarations = self.open.pop()
        super().end(expanded)
        for prefix in declarations:
            self.uris[prefix].pop()

    def _expand(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        uris = self.uris.get(prefix)
        if not uris or not uris[-1]:
            return name  # in no namespace; or the prefix is not declared, which the reader tells in the end
        self.lost.add("prefixes")
        self.written += len(uris[-1])
        _check_repetition(self.written)
        return f"{uris[-1]}:{local}"

    def _check_clash(self) -> None:
        expanded = self.open[-1][1]
        if expanded.startswith(self.attribute_prefix) or expanded == self.text_key:
            line, column = self.reader.position
            raise InexpressibleDocument(
                "this element's expanded name reads as an attribute or as text; "
                "another attribute_prefix or text_key, namespaces=prefixed or the mapping jsonml can carry it",
                line=line,
                column=column,
                path="".join(f"/{name}" for name, _, _ in self.open),
            )


def _check_repetition(length: int) -> None:
    if length > MAX_REPETITION:
        limit = MAX_REPETITION // (1024 * 1024)
        raise DocumentTooLarge(f"names and indentation alone would be more than {limit} MiB", limit=MAX_REPETITION)


# ---------------------------------------------------------------- JSON to XML


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


class _XmlWriter:
    """Writes the XML of one JSON value."""

    def __init__(self, indent: int, attribute_prefix: str, text_key: str, item: str, suspicious: bool) -> None:
        self.step = " " * indent
        self.attribute_prefix = attribute_prefix
        self.text_key = text_key
        self.item = item
        self.suspicious = suspicious
        self.names = _Names()
        self.attribute_names = _Names(len(attribute_prefix))
        self.uris: dict[str, list[str]] = {"xml": [XML_NAMESPACE]}  # by prefix; the last one holds
        self.frames: list[_Frame] = []
        self.written: list[str] = []
        self.repetition = 0
        self.lost: set[str] = set()

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
        opened = len(self.frames) + 1
        place = None
        try:
            for place, value in frame.rest:
                if isinstance(value, (Object, list)):
                    self._write_container(frame, place, value)
                    if len(self.frames) == opened:
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
        self._forget(frame.declared)
        self.frames.pop()

    def _name_element(self, frame: _Frame, place: Any) -> str:
        """The name of the element that a value becomes."""
        name, prefix = self.names[frame.name or place]
        if prefix and not self.uris.get(prefix):
            raise _RefusalError("the prefix of this name is not declared")
        if frame.line:
            self._count_repetition(len(frame.line))
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
        self._count_repetition(2 * len(key) * len(values))
        self._push(_Frame(key, iter(enumerate(values)), key, frame.depth, frame.line))

    def _write_nameless_list(self, frame: _Frame, place: Any, values: list[Value]) -> None:
        if len(self.frames) > 1 or len(values) == 1:
            self.lost.add("lists")
        name = self._name_element(frame, place)
        self.written.append(f"{frame.line}<{name}>")
        if values:
            line = frame.line and frame.line + self.step
            closing = f"{frame.line}</{name}>"
            self._push(_Frame(place, iter(enumerate(values)), self.item, frame.depth + 1, line, closing))
        else:
            self.lost.add("empty-lists")
            self.written.append(f"</{name}>")

    def _write_object(self, frame: _Frame, place: Any, members: Object) -> None:
        attributes, children, text = self._divide(members)
        written_attributes, declared = self._write_attributes(attributes)
        name = self._name_element(frame, place)
        self.written.append(f"{frame.line}<{name}{written_attributes}>")
        closing = f"{self._write_text(text, self.text_key)}</{name}>"
        if not children:
            self.written.append(closing)
            self._forget(declared)
        elif frame.line and text is _NO_TEXT and ' xml:space="preserve"' not in written_attributes:
            line, closing = frame.line + self.step, frame.line + closing
            self._push(_Frame(place, iter(children), None, frame.depth + 1, line, closing, declared))
        else:
            self._push(_Frame(place, iter(children), None, frame.depth + 1, "", closing, declared))

    def _push(self, frame: _Frame) -> None:
        if frame.depth >= MAX_DEPTH:
            pointer = self._point(frame.place)
            raise UnsafeDocument(f"the XML would be deeper than {MAX_DEPTH} levels", pointer=pointer)
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
            if self.suspicious:
                _check_characters(value, member)
            return escape_text(value)
        if value is None or value is _NO_TEXT:
            return ""
        return self._write_scalar(value, member)

    def _write_scalar(self, value: Any, member: str | None) -> str:
        """The text of a number or boolean; a list or object is refused."""
        if isinstance(value, (Object, list)):
            raise _RefusalError("an attribute or text cannot be a list or an object", member)
        self.lost.add("types")
        if isinstance(value, Number):
            return value
        return "true" if value else "false"

    def _write_attributes(self, attributes: Iterable[tuple[str, Value]]) -> tuple[str, list[str]]:
        """Attributes as they stand in a start tag, and the prefixes they declare, which are in scope from now on."""
        written: list[str] = []
        declared: list[str] = []
        prefixed: list[str] = []
        for key, value in attributes:
            name, prefix = self.attribute_names[key]
            text = self._read_attribute(key, value)
            written.append(f' {name}="{escape_attribute(text)}"')
            if name == "xmlns" or prefix == "xmlns":
                declared.append(self._declare(name[6:], text, key))
            elif prefix:
                prefixed.append(key)
        if prefixed:
            self._check_prefixed(prefixed)
        return "".join(written), declared

    def _read_attribute(self, key: str, value: Value) -> str:
        if type(value) is str:
            if self.suspicious:
                _check_characters(value, key)
            return value
        if value is None:
            self.lost.add("types")
            return ""
        return self._write_scalar(value, key)

    def _declare(self, prefix: str, uri: str, key: str) -> str:
        """Bind a prefix, within the constraints of Namespaces in XML 1.0, sections 2 and 3."""
        reserved = prefix == "xmlns" or uri == XMLNS_NAMESPACE or (prefix == "xml") != (uri == XML_NAMESPACE)
        if reserved or (prefix and not uri):
            raise _RefusalError("this namespace declaration is illegal", key)
        self.uris.setdefault(prefix, []).append(uri)
        return prefix

    def _forget(self, declared: Collection[str]) -> None:
        for prefix in declared:
            self.uris[prefix].pop()

    def _check_prefixed(self, keys: Iterable[str]) -> None:
        expanded: set[tuple[str, str]] = set()
        for key in keys:
            name, prefix = self.attribute_names[key]
            if not self.uris.get(prefix):
                raise _RefusalError("the prefix of this name is not declared", key)
            attribute = self.uris[prefix][-1], name[len(prefix) :]
            if attribute in expanded:
                raise _RefusalError("two attributes are of one name in one namespace", key)
            expanded.add(attribute)

    def _count_repetition(self, length: int) -> None:
        self.repetition += length
        _check_repetition(self.repetition)

    def _point(self, place: str | int | None, member: str | None = None) -> str:
        """The JSON pointer (RFC 6901) of a value in the innermost frame, or of a member of it."""
        places = [*(frame.place for frame in self.frames), place, member]
        return "".join("/" + str(it).replace("~", "~0").replace("/", "~1") for it in places if it is not None)


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


_CONTROL_ESCAPE = re.compile(r"\\[ubf]")


def _may_hold_uncarriable(json: str) -> bool:
    """Whether strings of a JSON text need a look: raw control characters are no JSON, so most texts need none."""
    return _CONTROL_ESCAPE.search(json) is not None or "\ufffe" in json or "\uffff" in json


def _check_characters(text: str, member: str | None) -> None:
    if not text.isprintable() and UNCARRIABLE.search(text):
        raise _RefusalError("this string holds a character that XML cannot carry", member)
