"""The mapping `item`: carries every JSON text to XML and back, and loses nothing.

Rules
1.  One ITEM element per value; attributes in the order `key`, `type`, `value`, `escaped-key`, `escaped`. A member of an
    object has a `key`, be it empty; nothing else has.
2.  `type` is object, list, string, integer, float, boolean or null. A number's text is copied verbatim: `integer` if it
    is digits with at most a minus sign, else `float`.
3.  object, list, null and the empty string have no `value`. An element without children ends in ` />`.
4.  In attributes `&`, `<`, `>` and `"` become entities, TAB, LF and CR `&#09;`, `&#10;` and `&#13;`.
5.  A string that holds what XML cannot carry has `escaped="true"`; in its value `\\` is written `\\\\` and each such
    character `\\uxxxx`. A key likewise, with `escaped-key="true"`.
6.  Members keep their order and their duplicates, both ways.
7.  The reader takes attributes in any order, `value=""` for an empty string, escapes in either case, and comments,
    processing instructions and white space between tags. Anything else is inexpressible, and refused with its place.

    {"foo": 7, "bar": ["", "\\u0000"]}

    <ITEM type="object">
      <ITEM key="foo" type="integer" value="7" />
      <ITEM key="bar" type="list">
        <ITEM type="string" />
        <ITEM type="string" value="\\u0000" escaped="true" />
      </ITEM>
    </ITEM>

How it is fast
    Writing XML: the JSON scanner's hooks write each object's XML as soon as it is complete, so there is never a tree;
    and what needs escaping is replaced in the whole document at once where that is exact, not string by string.
    Reading XML: a document in the form that is written here is read by a regular expression, any other by expat, which
    also has the only word on what is refused.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from crosswalk.converter.json_text import (
    MAX_DEPTH,
    make_decoder,
    parse_json,
    quote,
    scan_json,
    write_json,
)
from crosswalk.converter.xml_text import UNCARRIABLE, XmlReader
from crosswalk.errors import DocumentError, InexpressibleDocument, UnsafeDocument

ELEMENT = "ITEM"
TYPES = frozenset({"object", "list", "string", "integer", "float", "boolean", "null"})


def json_to_xml(text: str, *, indent: int = 0) -> tuple[str, tuple[str, ...]]:
    """The ITEM document of a JSON text, with `indent` spaces for each level; it has no losses.

    Raises MalformedDocument and UnsafeDocument, as `parse_json` does.
    """
    xml = _write_document(text)
    return _indent_xml(xml, indent) if indent else xml, ()


def xml_to_json(text: str, *, indent: int = 0) -> tuple[str, tuple[str, ...]]:
    """The JSON text of an ITEM document, with `indent` spaces for each level; it has no losses.

    Raises MalformedDocument, UnsafeDocument, and InexpressibleDocument where the document breaks the rules.
    """
    json = _read_canonical(text)
    if json is None:
        json = _ItemReader(text).read()
    return write_json(parse_json(json), indent) if indent else json, ()


# ---- JSON to XML

# A fragment is an element without `<ITEM` and without its key: ` type="integer" value="7" />`. By its last character it
# is told from a string of the document, in which every `>` has been replaced beforehand.
# A long fragment is a Rope, so that the levels above it do not copy it again and again.
LONG = 4096


class _Rope(list["str | _Rope"]):
    """A fragment in pieces."""

    __slots__ = ()


_LITERALS = {
    True: ' type="boolean" value="true" />',
    False: ' type="boolean" value="false" />',
    None: ' type="null" />',
}


class _Writer:
    """Writes the XML of a JSON text in which `&`, `<` and `>` are replaced already.

    write_string: makes a string's fragment.
    settle_key: makes key and fragment what a member needs; None where no key needs anything.
    """

    def __init__(
        self,
        write_string: Callable[[str], str],
        settle_key: Callable[[str, str | _Rope], tuple[str, str | _Rope]] | None = None,
    ) -> None:
        self._write_string = write_string
        self._settle_key = settle_key
        self._decoder = make_decoder(
            object_pairs_hook=self._write_object,
            parse_int=lambda digits: f' type="integer" value="{digits}" />',
            parse_float=lambda number: f' type="float" value="{number}" />',
        )

    def write(self, source: str) -> str:
        """The document of a JSON text. Raises as the json module does."""
        root = self._write_list([self._decoder.decode(source)])
        return "".join(_flatten(root))[len(' type="list">') : -len("</ITEM>")]

    def _write_object(self, members: list[tuple[str, Any]]) -> str | _Rope:
        if not members:
            return ' type="object" />'
        write_string, settle_key = self._write_string, self._settle_key
        pieces: list[str | _Rope] = [' type="object">']
        for key, value in members:
            kind = value.__class__
            if kind is not str:
                value = value if kind is _Rope else self._write_list(value) if kind is list else _LITERALS[value]
            elif value[-1:] != ">":
                value = write_string(value)
            if settle_key:
                key, value = settle_key(key, value)
            pieces += '<ITEM key="', key, '"', value
        pieces.append("</ITEM>")
        return _bundle(pieces)

    def _write_list(self, values: list[Any]) -> str | _Rope:
        """One frame for each level: 512 are allowed, and Python has room for 1000."""
        if not values:
            return ' type="list" />'
        write_string = self._write_string
        pieces: list[str | _Rope] = [' type="list">']
        for value in values:
            kind = value.__class__
            if kind is not str:
                value = value if kind is _Rope else self._write_list(value) if kind is list else _LITERALS[value]
            elif value[-1:] != ">":
                value = write_string(value)
            pieces += "<ITEM", value
        pieces.append("</ITEM>")
        return _bundle(pieces)


def _bundle(pieces: list[str | _Rope]) -> str | _Rope:
    try:
        fragment = "".join(pieces)  # type: ignore[arg-type]
    except TypeError:
        return _Rope(pieces)
    return fragment if len(fragment) < LONG else _Rope([fragment])


def _flatten(fragment: str | _Rope) -> Iterator[str]:
    """The strings of a fragment, in order."""
    rest = [fragment]
    while rest:
        piece = rest.pop()
        if isinstance(piece, str):
            yield piece
        else:
            rest.extend(reversed(piece))


def _write_string(string: str) -> str:
    return f' type="string" value="{string}" />' if string else ' type="string" />'


def _write_string_with_quotes(string: str) -> str:
    return _write_string(string.replace('"', "&quot;"))


def _settle_key_with_quotes(key: str, fragment: str | _Rope) -> tuple[str, str | _Rope]:
    return key.replace('"', "&quot;"), fragment


def _write_any_string(string: str) -> str:
    if not _is_uncarriable(string):
        return _write_string_with_quotes(string)
    value = _escape_uncarriable(string).replace('"', "&quot;")
    return f' type="string" value="{value}" escaped="true" />'


def _settle_any_key(key: str, fragment: str | _Rope) -> tuple[str, str | _Rope]:
    if not _is_uncarriable(key):
        return _settle_key_with_quotes(key, fragment)
    return _escape_uncarriable(key).replace('"', "&quot;"), _add_escaped_key(fragment)


# What the attribute `escaped-key` has to stand before; the first `>` of a fragment ends its tag.
_END_OF_KEY_AND_VALUE = re.compile(r'(?: escaped="true")?(?: /)?>')


def _add_escaped_key(fragment: str | _Rope) -> str | _Rope:
    if isinstance(fragment, _Rope):
        return _Rope([_add_escaped_key(fragment[0]), *fragment[1:]])
    return _END_OF_KEY_AND_VALUE.sub(r' escaped-key="true"\g<0>', fragment, count=1)


def _is_uncarriable(string: str) -> bool:
    return not string.isprintable() and UNCARRIABLE.search(string) is not None


def _escape_uncarriable(string: str) -> str:
    """As rule 5 asks."""
    return UNCARRIABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", string.replace("\\", "\\\\"))


# Without escapes no string holds a quote; without these escapes none holds what XML cannot carry.
_WITHOUT_ESCAPES = _Writer(_write_string)
_WITH_QUOTES = _Writer(_write_string_with_quotes, _settle_key_with_quotes)
_WITH_ANYTHING = _Writer(_write_any_string, _settle_any_key)
_ESCAPE_OF_ANYTHING = re.compile(r"\\[bfu]")


def _write_document(text: str) -> str:
    """The compact ITEM document of a JSON text."""
    if _ESCAPE_OF_ANYTHING.search(text) or "\ufffe" in text or "\uffff" in text:
        return _write_with(_WITH_ANYTHING, text, _replace_markup_escapes(text))
    writer = _WITH_QUOTES if "\\" in text else _WITHOUT_ESCAPES
    if text.isascii():
        return _write_with(writer, text, text)
    # All that is looked for is ASCII, so the bytes of UTF-8 do as well as characters, and take less room.
    return _write_with(writer, text, text.encode().decode("latin-1")).encode("latin-1").decode()


def _write_with(writer: _Writer, text: str, source: str) -> str:
    try:
        xml = scan_json(source.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), writer.write)
    except DocumentError:
        parse_json(text)  # says the same of the place in the text itself
        raise
    if "\\" in text:
        xml = xml.replace("\t", "&#09;").replace("\n", "&#10;").replace("\r", "&#13;")
    return xml


_MARKUP_ESCAPE = re.compile(r"\\(?:\\|u00(?:26|3[cCeE]))")


def _replace_markup_escapes(text: str) -> str:
    r"""The JSON text with `&`, `<` and `>` themselves for `\u0026`, `\u003c` and `\u003e`."""
    if r"\u00" not in text:
        return text
    return _MARKUP_ESCAPE.sub(lambda match: match[0] if match[0] == r"\\" else chr(int(match[0][2:], 16)), text)


def _indent_xml(xml: str, indent: int) -> str:
    """A compact document on lines. `><` stands only between tags, because `>` is escaped in attributes."""
    lines = []
    level = 0
    for tag in xml[1:-1].split("><"):
        level -= tag[0] == "/"
        lines.append(f"{' ' * (indent * level)}<{tag}>")
        level += tag[0] != "/" and tag[-1] != "/"
    return "\n".join(lines)


# ---- XML to JSON, in the form that is written above, with or without indentation

_TAG = re.compile(
    r"""<ITEM(\ key="[^"]*")?\ type="(?:
            string"\ value=("[^"]+")\ />
          | (?: integer"\ value="(?=-?[0-9]+") | float"\ value="(?=[-0-9]) | boolean"\ value="(?=[ft]) )
            (-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|false|true)"\ />
          | (null|string)"\ />
          | (object|list)"(\ /)?>
        )
      | (</ITEM>)
      | .+""",
    re.VERBOSE | re.DOTALL,
)
_EMPTY = {"string": '""', "null": "null", "object": "{}", "list": "[]"}
_OPENING = {"object": "{", "list": "["}
_CLOSING = {"object": "}", "list": "]"}
_CHUNK = 1 << 16

_BETWEEN_TAGS = re.compile(r">[ \t\n\r]+<")
# Expat refuses these, or reads them as a space, or they mean that an attribute does not end where it seems to.
_UNCANONICAL = re.compile("[\0-\x1f\ufffe\uffff\ud800-\udfff]")
_JSON_FOR_ENTITIES = {
    "&quot;": r"\"",
    "&lt;": "<",
    "&gt;": ">",
    "&#09;": r"\t",
    "&#10;": r"\n",
    "&#13;": r"\r",
    "&amp;": "&",  # last, because it makes `&`
}


def _read_canonical(text: str) -> str | None:
    """The compact JSON of a document in our own form, or None for any other document, sound or not."""
    text = text.strip(" \t\n\r")
    if "\n" in text:
        text = _BETWEEN_TAGS.sub("><", text)
    if not text.isprintable() and _UNCANONICAL.search(text):
        return None
    if text.count("&") != sum(map(text.count, _JSON_FOR_ENTITIES)):
        return None
    # The keys and values of the tags, quotes included, become JSON literals once backslashes and entities are replaced.
    json = _read_tags(text.replace("\\", "\\\\"))
    if json and "&" in json:
        for entity, replacement in _JSON_FOR_ENTITIES.items():
            json = json.replace(entity, replacement)
    return json


def _read_tags(text: str) -> str | None:
    """The JSON for the tags, or None where they are not our own form."""
    written: list[str] = []
    outer: list[str] = []
    # What ends the JSON of the element that is open: a bracket. Outside the root there is none.
    context, comma = "before", ""
    for chunk in _split_before_tags(text):
        tags = _TAG.findall(chunk)
        if len(tags) != chunk.count("<"):  # a `<` in an attribute
            return None
        pieces: list[str] = []
        for key, string, scalar, empty, container, slash, end in tags:
            value = string or scalar
            if value:
                pass
            elif empty:
                value = _EMPTY[empty]
            elif container:
                value = _EMPTY[container] if slash else _OPENING[container]
            elif end and comma and outer:
                pieces.append(context)
                context = outer.pop()
                continue
            else:
                return None
            if key:
                if context != "}":
                    return None
                pieces.append(f"{comma}{key[5:]}:{value}")
            elif context == "]":
                pieces.append(comma + value)
            elif context == "before":
                context = "after"
                pieces.append(value)
            else:
                return None
            comma = ","
            if container and not slash:
                outer.append(context)
                context, comma = _CLOSING[container], ""
                if len(outer) > MAX_DEPTH:
                    return None
        written.append("".join(pieces))
    return "".join(written) if context == "after" else None


def _split_before_tags(text: str) -> Iterator[str]:
    """The text in pieces of some length, so that never all tags are in memory at once."""
    start = 0
    while start < len(text):
        end = text.find("<", start + _CHUNK)
        if end < 0:
            end = len(text)
        yield text[start:end]
        start = end


# ---- XML to JSON, in any form

_ATTRIBUTES = frozenset({"key", "type", "value", "escaped-key", "escaped"})
_SCALARS = {
    "integer": re.compile(r"-?(?:0|[1-9][0-9]*)"),
    "float": re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"),
    "boolean": re.compile("true|false"),
}
_ESCAPES = re.compile(r"(?:[^\\]|\\\\|\\u[0-9a-fA-F]{4})*+")
_ESCAPE = re.compile(r"\\(?:\\|u([0-9a-fA-F]{4}))")


class _ItemReader:
    """One reading of one ITEM document of any form, which writes compact JSON as it goes."""

    def __init__(self, text: str) -> None:
        self._document = XmlReader(text)
        self._written: list[str] = []
        self._comma = ""
        # Of each open element: what ends its JSON (a bracket, or nothing), its place, and how many children it has yet.
        self._endings: list[str] = []
        self._places: list[tuple[int, int]] = []
        self._counts = [0]

    def read(self) -> str:
        self._document.read(self._start, self._end, self._check_text)
        return "".join(self._written)

    def _start(self, name: str, attributes: list[str]) -> None:
        self._counts[-1] += 1
        self._counts.append(0)
        self._places.append(self._document.position)
        if name != ELEMENT:
            self._refuse("the mapping item has no elements but ITEM", name)
        given = dict(zip(attributes[::2], attributes[1::2], strict=True))
        if not given.keys() <= _ATTRIBUTES:
            self._refuse("an ITEM has no attributes but key, type, value, escaped-key and escaped")
        kind = given.get("type")
        if kind not in TYPES:
            self._refuse(f"the type must be one of {', '.join(sorted(TYPES))}")
        self._written += self._comma, self._read_key(given), self._read_value(kind, given)
        self._endings.append(_CLOSING.get(kind, ""))
        self._comma = ""
        if kind in _CLOSING:
            self._check_depth()

    def _end(self, name: str) -> None:
        self._written.append(self._endings.pop())
        self._places.pop()
        self._counts.pop()
        self._comma = ","

    def _check_text(self, text: str) -> None:
        if text.strip(" \t\n\r"):
            self._refuse("an ITEM holds no text")

    def _read_key(self, given: dict[str, str]) -> str:
        """The member's key and colon; empty for what is no member."""
        parent = self._endings[-1] if self._endings else None
        if parent == "":
            self._refuse("only an ITEM of type object or list holds others")
        key = given.get("key")
        if (key is None) is (parent == "}"):
            self._refuse("a member of an object must have a key" if key is None else "only members have a key")
        if key is None:
            if "escaped-key" in given:
                self._refuse("escaped-key needs a key")
            return ""
        return quote(self._unescape(key, given, "escaped-key")) + ":"

    def _read_value(self, kind: str, given: dict[str, str]) -> str:
        """The JSON text of a scalar; the opening bracket of an object or list."""
        value = given.get("value")
        if kind == "string":
            return quote(self._unescape(value or "", given, "escaped"))
        if "escaped" in given:
            self._refuse("only a string can be escaped")
        if kind in _OPENING or kind == "null":
            if value is not None:
                self._refuse(f"an ITEM of type {kind} has no value")
            return _OPENING.get(kind, "null")
        if value is None:
            self._refuse(f"an ITEM of type {kind} must have a value")
        if not _SCALARS[kind].fullmatch(value):
            self._refuse(f"the value is no JSON {kind}")
        return value

    def _unescape(self, string: str, given: dict[str, str], flag: str) -> str:
        if flag not in given:
            return string
        if given[flag] != "true":
            self._refuse(f"{flag} can only be true")
        if not _ESCAPES.fullmatch(string):
            self._refuse(r"an escape is \\\\ or \\uxxxx")
        unescaped = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else "\\", string)
        # Two escapes may be the halves of one character.
        return unescaped.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

    def _check_depth(self) -> None:
        if len(self._endings) > MAX_DEPTH:
            line, column = self._places[-1]
            raise UnsafeDocument(f"objects and lists stand deeper than {MAX_DEPTH} levels", line=line, column=column)

    def _refuse(self, detail: str, name: str = ELEMENT) -> NoReturn:
        """Refuse the innermost open element, which has this name."""
        steps = [ELEMENT, *(f"{ELEMENT}[{count}]" for count in self._counts[1:-1])]
        if name != ELEMENT:
            steps[-1] = name if len(name) <= 40 else name[:40] + "..."
        line, column = self._places[-1]
        raise InexpressibleDocument(detail, path="/" + "/".join(steps), line=line, column=column)
