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
    Reading XML: a document in the form that is written here, or nearly, is read by a regular expression, any other by
    expat, which also has the only word on what is refused.
"""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO, NoReturn

from crosswalk.converter.json_text import (
    check_depth,
    check_encoding,
    make_decoder,
    parse_json,
    quote,
    scan_json,
    write_json,
)
from crosswalk.converter.limits import MAX_DEPTH, Place
from crosswalk.converter.xml.encoding import DECLARATION
from crosswalk.converter.xml.escaping import UNCARRIABLE
from crosswalk.converter.xml.paths import ElementPath
from crosswalk.converter.xml.reader import XmlReader
from crosswalk.errors import DocumentError, InexpressibleDocument, UnsafeDocument

ELEMENT = "ITEM"
TYPES = frozenset({"object", "list", "string", "integer", "float", "boolean", "null"})


def json_to_xml(source: BinaryIO, write: Callable[[bytes], object], *, indent: int = 0) -> tuple[str, ...]:
    """Write the ITEM document of a JSON document, with `indent` spaces for each level; it has no losses.

    Raises MalformedDocument and UnsafeDocument, as `parse_json` does.
    """
    xml = _write_document(check_encoding(source.read()))
    if indent:
        _indent_xml(xml, write, indent)
    else:
        write(xml)
    return ()


def xml_to_json(source: BinaryIO, write: Callable[[bytes], object], *, indent: int = 0) -> tuple[str, ...]:
    """Write the JSON of an ITEM document, with `indent` spaces for each level; it has no losses.

    source: as `recode_xml` makes it.
    Raises MalformedDocument, UnsafeDocument, and InexpressibleDocument where the document breaks the rules.
    """
    xml = source.read()
    json = _read_canonical(xml)
    if json is None:
        try:
            json = _ItemReader(xml).read().encode("utf-8", "backslashreplace")
        except InexpressibleDocument as error:
            _refuse_with_path(xml, error)
    if indent:
        write_json(parse_json(json.decode()), write, indent)
    else:
        write(json)
    return ()


# ---- JSON to XML

# A fragment is an element without `<ITEM` and without its key: ` type="integer" value="7" />`. By its last character it
# is told from a string of the document, in which every `>` has been replaced beforehand. Its own quotes are written as
# U+0001, which no string can hold as it is written, so that the strings' quotes can all be replaced at once in the end.
# A long fragment is a _Rope, so that the levels above it do not copy it again and again; short ones are copied faster.
# A short one has no room for MAX_DEPTH levels, so ropes within ropes tell how deep a document is at most.
_LONG = 12_000
_LEVELS_IN_SHORT = _LONG // len(' type="list"><ITEM</ITEM>')


class _Rope(list["str | _Rope"]):
    """A fragment in pieces, in which ropes stand `height` levels deep, itself included; 0 for one string."""

    __slots__ = ("height",)

    def __init__(self, pieces: list["str | _Rope"], height: int) -> None:
        super().__init__(pieces)
        self.height = height


_LITERALS = {
    True: " type=\1boolean\1 value=\1true\1 />",
    False: " type=\1boolean\1 value=\1false\1 />",
    None: " type=\1null\1 />",
}


class _Writer:
    """Writes the XML of a JSON text in which `&`, `<` and `>` are replaced already.

    write_string: makes a string's fragment.
    settle_key: makes key and fragment what a member needs; None where no key needs anything.
    """

    def __init__(
        self,
        write_string: Callable[[str], str | _Rope],
        settle_key: Callable[[str, str | _Rope], tuple[str, str | _Rope]] | None = None,
    ) -> None:
        self._write_string = write_string
        self._settle_key = settle_key
        self._decoder = make_decoder(
            object_pairs_hook=self._write_object,
            parse_int=lambda digits: f" type=\1integer\1 value=\1{digits}\1 />",
            parse_float=lambda number: f" type=\1float\1 value=\1{number}\1 />",
        )

    def write(self, source: str) -> str:
        """The document of a JSON text, in a list. Raises as the json module does, and UnsafeDocument."""
        root = self._write_list([self._decoder.decode(source)])
        if isinstance(root, _Rope) and root.height + _LEVELS_IN_SHORT > MAX_DEPTH:
            check_depth(source)
        return "".join(_flatten(root))

    def _write_object(self, members: list[tuple[str, Any]]) -> str | _Rope:
        if not members:
            return " type=\1object\1 />"
        write_string, settle_key = self._write_string, self._settle_key
        pieces: list[str | _Rope] = [" type=\1object\1>"]
        for key, value in members:
            kind = value.__class__
            if kind is not str:
                value = value if kind is _Rope else self._write_list(value) if kind is list else _LITERALS[value]
            elif value[-1:] != ">":
                value = write_string(value)
            if settle_key:
                key, value = settle_key(key, value)
            pieces += "<ITEM key=\1", key, "\1", value
        pieces.append("</ITEM>")
        return _bundle(pieces)

    def _write_list(self, values: list[Any]) -> str | _Rope:
        """One frame for each level: 512 are allowed, and Python has room for 1000."""
        if not values:
            return " type=\1list\1 />"
        write_string = self._write_string
        pieces: list[str | _Rope] = [" type=\1list\1>"]
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
        return _Rope(pieces, 1 + max(piece.height for piece in pieces if isinstance(piece, _Rope)))
    return fragment if len(fragment) < _LONG else _Rope([fragment], 1)


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
    return f" type=\1string\1 value=\1{string}\1 />" if string else " type=\1string\1 />"


def _write_any_string(string: str) -> str | _Rope:
    if _is_uncarriable(string):
        return f" type=\1string\1 value=\1{_escape_uncarriable(string)}\1 escaped=\1true\1 />"
    if len(string) > _LONG:  # four bytes a character, maybe, and so not to be copied
        return _Rope([" type=\1string\1 value=\1", string, "\1 />"], 0)
    return _write_string(string)


def _settle_any_key(key: str, fragment: str | _Rope) -> tuple[str, str | _Rope]:
    return (_escape_uncarriable(key), _add_escaped_key(fragment)) if _is_uncarriable(key) else (key, fragment)


# What the attribute `escaped-key` has to stand before; the first `>` of a fragment ends its tag.
_END_OF_KEY_AND_VALUE = re.compile("(?: escaped=\1true\1)?(?: /)?>")


def _add_escaped_key(fragment: str | _Rope) -> str | _Rope:
    if isinstance(fragment, _Rope):
        pieces = [*fragment]
        end_of_tag = 0 if fragment.height else -1  # of a string the last piece ends it
        pieces[end_of_tag] = _add_escaped_key(pieces[end_of_tag])
        return _Rope(pieces, fragment.height)
    return _END_OF_KEY_AND_VALUE.sub(" escaped-key=\1true\1\\g<0>", fragment, count=1)


def _is_uncarriable(string: str) -> bool:
    return not string.isprintable() and UNCARRIABLE.search(string) is not None


def _escape_uncarriable(string: str) -> str:
    """As rule 5 asks."""
    return UNCARRIABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", string.replace("\\", "\\\\"))


# Without these escapes no string holds what XML cannot carry.
_WITHOUT_ESCAPES = _Writer(_write_string)
_WITH_ANYTHING = _Writer(_write_any_string, _settle_any_key)
_ESCAPE_OF_UNCARRIABLE = re.compile(rb"\\[bfu]")
_NONCHARACTERS = ("\ufffe".encode(), "\uffff".encode())


def _write_document(json: bytes) -> bytes:
    """The compact ITEM document of a JSON text, both in UTF-8.

    Replacing one byte in bytes is many times faster than one character in a text. And as all that the writer looks for
    is ASCII, it takes each byte for a character where no escape asks for others: such a text takes less room, too.
    """
    writer, codec, source = _WITHOUT_ESCAPES, "latin-1", json
    if _may_hold_uncarriable(json):
        writer, codec, source = _WITH_ANYTHING, "utf-8", _replace_markup_escapes(json)
    has_escapes = b"\\" in source
    source = source.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    text = source.decode(codec)
    del source  # documents are large
    try:
        xml = scan_json(text, writer.write).encode(codec)[len(' type="list">') : -len("</ITEM>")]
    except DocumentError:
        parse_json(json.decode())  # says the same of the place in the text itself
        raise
    if has_escapes:
        xml = xml.replace(b'"', b"&quot;").replace(b"\t", b"&#09;").replace(b"\n", b"&#10;").replace(b"\r", b"&#13;")
    return xml.replace(b"\1", b'"')


def _may_hold_uncarriable(json: bytes) -> bool:
    """Whether strings of a JSON text may hold what XML cannot carry."""
    return (b"\\" in json and _ESCAPE_OF_UNCARRIABLE.search(json) is not None) or _holds_noncharacter(json)


def _holds_noncharacter(utf_8: bytes) -> bool:
    """Whether U+FFFE or U+FFFF, which XML cannot carry, is in a text."""
    first = _NONCHARACTERS[0][:1]  # one byte is found many times faster than several
    return first in utf_8 and any(noncharacter in utf_8 for noncharacter in _NONCHARACTERS)


_MARKUP_ESCAPE = re.compile(rb"\\(?:\\|u00(?:26|3[cCeE]))")


def _replace_markup_escapes(json: bytes) -> bytes:
    r"""The JSON text with `&`, `<` and `>` themselves for `\u0026`, `\u003c` and `\u003e`."""
    if rb"\u00" not in json:
        return json
    return _MARKUP_ESCAPE.sub(lambda match: match[0] if len(match[0]) == 2 else bytes([int(match[0][2:], 16)]), json)


def _indent_xml(xml: bytes, write: Callable[[bytes], object], indent: int) -> None:
    """A compact document on lines. `><` stands only between tags, because `>` is escaped in attributes."""
    level = 0
    line_break = b""
    for tag in xml[1:-1].split(b"><"):
        level -= tag.startswith(b"/")
        write(b"%b%b<%b>" % (line_break, b" " * (indent * level), tag))
        line_break = b"\n"
        level += not (tag.startswith(b"/") or tag.endswith(b"/"))


# ---- XML to JSON, in the form that is written above, with or without indentation

# One tag. A string keeps its quotes, which tell it from a scalar and make it nearly JSON; what has no value is
# told by what follows its type; an end tag by nothing at all.
_TAG = re.compile(
    r"""<(?: ITEM (?:\ key=("[^"]*+"))?+ \ type="
             (?: (?: integer"\ value="(?=-?[0-9]++") | string"\ value=(?=") | float"\ value="(?=[-0-9])
                   | boolean"\ value="(?=[ft]) )
                 ("[^"]++" | -?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][-+]?[0-9]++)?+ | false | true)
                 (?>(?<=")|")\ /
               | ((?:object|list)"(?:\ /)?+ | (?:string|null)"\ /)
             )
           | /ITEM
        )>(?![^<])""",
    re.VERBOSE,
)
_WITHOUT_VALUE = {
    'object"': "{",
    'list"': "[",
    'object" /': "{}",
    'list" /': "[]",
    'string" /': '""',
    'null" /': "null",
}
_ENDINGS = {"{": "}", "[": "]"}
_CHUNK = 1 << 15

_COMMENTS_AFTER_TAG = re.compile(r">(?:[ \t\n]*<!--[^-]*+(?:-[^-]++)*+-->)++")
_BETWEEN_TAGS = re.compile(r">[ \t\n]+<")
_END_OF_EMPTY_TAG = re.compile(r'"[ \t\n]*/>')
_TYPE_AND_KEY = re.compile(r'(<ITEM)( type="[^"]*+")( key="[^"]*+")')
# Expat refuses these wherever they are.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n"))
_JSON_FOR_ENTITIES = {
    b"&quot;": rb"\"",
    b"&lt;": b"<",
    b"&gt;": b">",
    b"&#09;": rb"\t",
    b"&#10;": rb"\n",
    b"&#13;": rb"\r",
    b"&amp;": b"&",
}
_ENTITY = re.compile(b"(%b)" % b"|".join(_JSON_FOR_ENTITIES))


def _read_canonical(xml: bytes) -> bytes | None:
    """The compact JSON, in UTF-8, of a document in our own form, or nearly; None for any other, be it sound or not."""
    if len(xml.translate(None, _CONTROLS)) < len(xml) or _holds_noncharacter(xml):
        return None
    source = _normalize(xml.replace(b"\\", rb"\\").decode("latin-1"))  # a byte for a character, as when writing
    if "\n" in source or "\t" in source:  # in an attribute it means a space
        return None
    return _read_tags(source)


def _normalize(text: str) -> str:
    """The document without most of what makes it another form than ours.

    That is a declaration, comments, white space, single quotes, and `type` before `key`.
    This is exact where every `<` and `>` belongs to a tag, as `_read_tags` checks.
    """
    declaration = DECLARATION.match(text)
    text = (text[declaration.end() :] if declaration else text).strip(" \t\n")
    # One character is found many times faster than several.
    if "!" in text and "<!--" in text:
        text = _COMMENTS_AFTER_TAG.sub(">", text)
    if "\n" in text:
        text = _BETWEEN_TAGS.sub("><", text)
    if '"' not in text:
        text = text.replace("'", '"')
    elif "'" in text and "='" in text[:_CHUNK]:
        text = "".join(map(_unify_quotes, _split_before_tags(text)))
    # Of these two, the first one tells of all.
    if not text.endswith('" ', 0, text.find("/>")):
        text = _END_OF_EMPTY_TAG.sub('" />', text)
    beginning = text[:_CHUNK]
    if "key" in beginning and '<ITEM key="' not in beginning and _TYPE_AND_KEY.search(beginning):
        parts = _TYPE_AND_KEY.split(text)
        parts[2::4], parts[3::4] = parts[3::4], parts[2::4]
        text = "".join(parts)
    return text


_PAIRED_QUOTES = re.compile(r"""(?:[^"']++|"[^"]*+"|'[^']*+')*+""")
# What stands before a value in single quotes, and the value.
_SINGLE_QUOTED = re.compile(r"""((?:[^"']++|"[^"]*+")*+)'([^']*+)'""")


def _unify_quotes(tags: str) -> str:
    """Tags with all their values in double quotes; where a quote is not closed, as they are."""
    if not _PAIRED_QUOTES.fullmatch(tags):
        return tags
    # With an empty value at the end, each match begins where the last one ended, and nothing stands between.
    parts = _SINGLE_QUOTED.split(tags + "''")
    del parts[::3]
    parts[1::2] = [value.replace('"', "&quot;") for value in parts[1::2]]
    return '"'.join(parts[:-1])


def _replace_entities(json: bytes) -> bytes | None:
    """The JSON with characters or escapes for XML's entities; None where there are any but our own."""
    ampersands = json.count(b"&")
    if not ampersands:
        return json
    if ampersands * 20 < len(json):  # where there are more, a replacement for each kind is faster
        parts = _ENTITY.split(json)
        parts[1::2] = map(_JSON_FOR_ENTITIES.__getitem__, parts[1::2])
        return b"".join(parts) if len(parts) == 2 * ampersands + 1 else None
    for entity, replacement in _JSON_FOR_ENTITIES.items():
        if entity == b"&amp;" and json.count(b"&") > json.count(entity):
            return None
        json = json.replace(entity, replacement)
    return json


def _read_tags(text: str) -> bytes | None:
    """The JSON, in UTF-8, for the tags, each of whose bytes is a character; None where they are not our own form."""
    written: list[bytes] = []
    outer: list[str] = []
    # What ends the JSON of the innermost open element: a bracket. A root stands between "before" and "after".
    ending, comma = "before", ""
    if not text.startswith("<"):
        return None
    for chunk in _split_before_tags(text):
        tags = _TAG.findall(chunk)
        if not len(tags) == chunk.count("<") == chunk.count(">"):  # one is in an attribute, or is no tag of ours
            return None
        pieces: list[str] = []
        for key, value, without_value in tags:
            if value:
                json = value
            elif without_value:
                json = _WITHOUT_VALUE[without_value]
            elif outer:
                pieces.append(ending)
                ending, comma = outer.pop(), ","
                continue
            else:
                return None
            if key:
                if ending != "}":
                    return None
                pieces.append(f"{comma}{key}:{json}")
            elif ending == "]":
                pieces.append(comma + json)
            elif ending == "before":
                pieces.append(json)
                ending = "after"
            else:
                return None
            comma = ","
            if without_value:
                if len(outer) == MAX_DEPTH:
                    return None
                if json in _ENDINGS:
                    outer.append(ending)
                    ending, comma = _ENDINGS[json], ""
        utf_8 = _replace_entities("".join(pieces).encode("latin-1"))
        if utf_8 is None:
            return None
        written.append(utf_8)
    return b"".join(written) if ending == "after" else None


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

_SCALARS = {
    "integer": re.compile(r"-?(?:0|[1-9][0-9]*)").fullmatch,
    "float": re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?").fullmatch,
    "boolean": re.compile("true|false").fullmatch,
}
_WITHOUT_ANY_VALUE = {"object": "{", "list": "[", "null": "null"}
_ESCAPED = re.compile(r"(?:[^\\]|\\\\|\\u[0-9a-fA-F]{4})*+")
_ESCAPE = re.compile(r"\\(?:\\|u([0-9a-fA-F]{4}))")


class _ItemReader:
    """One reading of one ITEM document of any form, which writes compact JSON as it goes."""

    def __init__(self, xml: bytes) -> None:
        self._document = XmlReader(BytesIO(xml))
        self._written: list[str] = []
        self._comma = ""
        # What ends the JSON of each open element: a bracket, or nothing. A root has no key, as in a list.
        self._endings = ["]"]
        self._texts: set[str] = set()

    def read(self) -> str:
        self._document.read(self._start, self._end, self._texts.add)
        if any(map(_is_text, self._texts)):
            raise InexpressibleDocument(_TEXT)
        return "".join(self._written)

    def _start(self, name: str, attributes: list[str]) -> None:
        self._document.check_names(len(self._endings), name, attributes)
        pairs = iter(attributes)
        given = dict(zip(pairs, pairs, strict=True))
        key, kind, value = given.pop("key", None), given.pop("type", None), given.pop("value", None)
        if name != ELEMENT or kind not in TYPES:
            self._refuse(f"Only elements {ELEMENT} with a type of {', '.join(sorted(TYPES))} belong here.")
        if given:
            key, value = self._unescape(key, kind, value, given)
        if self._endings[-1] != ("]" if key is None else "}"):
            self._refuse_key(key)
        if kind == "string":
            json = quote(value) if value else '""'
        elif value is None and kind in _WITHOUT_ANY_VALUE:
            json = _WITHOUT_ANY_VALUE[kind]
        elif value is not None and kind in _SCALARS and _SCALARS[kind](value):
            json = value
        else:
            self._refuse(f"Type {kind} has no such value.")
        self._written.append(f"{self._comma}{json}" if key is None else f"{self._comma}{quote(key)}:{json}")
        self._comma = ""
        self._endings.append(_ENDINGS.get(json, ""))
        if len(self._endings) > MAX_DEPTH + 1 and self._endings[-1]:
            raise UnsafeDocument(f"Objects and lists stand deeper than {MAX_DEPTH} levels.", place=self._document.place)

    def _end(self, name: str) -> None:
        self._written.append(self._endings.pop())
        self._comma = ","

    def _refuse_key(self, key: str | None) -> NoReturn:
        if not self._endings[-1]:
            self._refuse("Only objects and lists hold elements.")
        self._refuse(
            "A member of an object must have a key." if key is None else "Only a member of an object has a key."
        )

    def _unescape(
        self, key: str | None, kind: str, value: str | None, given: dict[str, str]
    ) -> tuple[str | None, str | None]:
        """Key and value, with the escapes resolved that the other attributes speak of."""
        for name, flag in given.items():
            if name == "escaped-key" and key is not None:
                key = self._resolve_escapes(key)
            elif name == "escaped" and kind == "string":
                value = self._resolve_escapes(value or "")
            else:
                self._refuse("There is an attribute that does not belong here.")
            if flag != "true":
                self._refuse(f"The attribute {name} can only be true.")
        return key, value

    def _resolve_escapes(self, string: str) -> str:
        if not _ESCAPED.fullmatch(string):
            self._refuse(r"An escape is \\ or \u with four hexadecimal digits.")
        string = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else "\\", string)
        # Two escapes may be the halves of one character.
        return string.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

    def _refuse(self, detail: str) -> NoReturn:
        raise InexpressibleDocument(detail, place=self._document.place)


_TEXT = f"An {ELEMENT} holds no text."


def _is_text(text: str) -> bool:
    return bool(text.strip(" \t\n\r"))


def _refuse_with_path(xml: bytes, error: InexpressibleDocument) -> NoReturn:
    """Raise the refusal with its path, or that of a text which stands before. A second reading finds it."""
    document = XmlReader(BytesIO(xml))
    path = ElementPath()
    places: list[Place] = []

    def start(name: str, attributes: list[str]) -> None:
        path.enter(name)
        places.append(document.place)
        if places[-1] == error.place:
            refuse(error.detail)

    def end(name: str) -> None:
        path.leave()
        places.pop()

    def check_text(text: str) -> None:
        if _is_text(text):
            refuse(_TEXT)

    def refuse(detail: str) -> NoReturn:
        raise InexpressibleDocument(detail, path=str(path), place=places[-1]) from error

    document.read(start, end, check_text)
    raise error
