r"""Reads a chunk of an ITEM document in our own form, or nearly, by one pattern over its tags.

    <ITEM key="a" type="string" value="x &lt; 1" /><ITEM key="b" type="list">       tags of the chunk
    ('"a"', '"x &lt; 1"', '')                      ('"b"', '', 'list"')             what the pattern finds in each
    ,"a":"x &lt; 1"                                ,"b":[                           their JSON, but for references
    ,"a":"x < 1","b":[                                                              references replaced, all at once

A string keeps its quotes, which tell it from a scalar and make it nearly JSON. What has no value is told by its type
and what follows, an end tag by nothing at all. Each byte is taken for a character. What other writers write is brought
into our form first, all over the chunk. A chunk that the pattern does not take as a whole is not refused here: expat
reads it, in `elements`.
"""

import re
import sys
from itertools import accumulate

from crosswalk.converter.item.elements import ENDINGS, ROOT, Open, resolve_escapes
from crosswalk.converter.item.writer import holds_noncharacter
from crosswalk.converter.json_text import quote
from crosswalk.converter.limits import MAX_DEPTH, Place
from crosswalk.converter.xml.chunks import OPAQUE, Chunk
from crosswalk.converter.xml.encoding import DECLARATION
from crosswalk.converter.xml.escaping import UNCARRIABLE

TAG = re.compile(
    r"""<(?: ITEM (?:\ key=("[^"]*+"))?+ \ type="
             (?: (?: integer"\ value="(?=-?[0-9]++") | string"\ value=(?=") | float"\ value="(?=[-0-9])
                   | boolean"\ value="(?=[ft]) )
                 ("[^"]*+" | -?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][-+]?[0-9]++)?+ | false | true)
                 (?>(?<=")|")\ /
               | ((?:object|list)"(?:\ /)?+ | (?:string|null)"\ /)
             )
           | /ITEM
        )>(?![^<])""",
    re.VERBOSE,
)
WITHOUT_VALUE = {
    'object"': "{",
    'list"': "[",
    'object" /': "{}",
    'list" /': "[]",
    'string" /': '""',
    'null" /': "null",
}
# Expat refuses these wherever they are.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n"))


def read_tags(chunk: Chunk, opened: Open) -> bytes | None:
    """The JSON, in UTF-8, of a chunk; `opened` is what is open behind it afterwards.

    None, and `opened` as it was, for a chunk of another form, be it sound or not.
    """
    text = _normalize(chunk)
    if text is None:
        return None
    tags = TAG.findall(text)
    if len(tags) != text.count("<") or text[:1] not in ("<", ""):
        return None
    endings, counts, comma = opened.endings[:], opened.counts[:], opened.comma
    places: list[Place | int] = [*opened.places]  # of what is opened here, the number of its tag in the chunk
    # Of the innermost open element: what ends it, and how many tags were written before its first child, if all that
    # is written since were its children.
    ending, base = endings.pop(), -counts.pop()
    written: list[str] = []
    for key, value, without_value in tags:
        if not value:
            if not without_value:
                if not endings:
                    return None
                written.append(ending)
                ending, base, comma = endings.pop(), len(written) - counts.pop(), ","
                places.pop()
                continue
            if len(endings) == MAX_DEPTH:
                return None
            value = WITHOUT_VALUE[without_value]
        if key:
            if ending != "}":
                return None
            written.append(f"{comma}{key}:{value}")
        elif ending == "]":
            written.append(comma + value)
        elif ending == ROOT:
            written.append(value)
            ending = ""
        else:
            return None
        comma = ","
        if without_value and value in ENDINGS:
            endings.append(ending)
            counts.append(len(written) - base)
            places.append(len(written) - 1)
            ending, base, comma = ENDINGS[value], len(written), ""
    utf_8 = _replace_references("".join(written).encode("latin-1"))
    if utf_8 is None or (chunk.is_last and (endings or ending == ROOT)):
        return None
    opened.endings, opened.counts, opened.comma = [*endings, ending], [*counts, len(written) - base], comma
    opened.places = _locate_tags(chunk, places, len(tags))
    return utf_8


# ---- What other writers write

_COMMENTS_BETWEEN_TAGS = re.compile(r"(?<![^>])(?:[ \t\n]*<!--[^-]*+(?:-[^-]++)*+-->)++[ \t\n]*+")
_SPACE_BETWEEN_TAGS = re.compile(r">[ \t\n]+<")
_SPACE_BEFORE_END = re.compile(r'(?<!=)"(?:[ \t\n]{2,}|[\t\n])/>')
_TYPE_AND_KEY = re.compile(r'(<ITEM)( type="[^"]*+")( key="[^"]*+")')


def _normalize(chunk: Chunk) -> str | None:
    """The tags of a chunk in our own form, as far as that can be done all at once; None where another form is likely.

    Its bytes are characters, and its backslashes JSON's escapes. This is exact where every `<` begins a tag, as
    `read_tags` checks.
    """
    if len(chunk.text.translate(None, _CONTROLS)) < len(chunk.text) or holds_noncharacter(chunk.text):
        return None
    text = chunk.text.replace(b"\\", rb"\\").decode("latin-1").strip(" \t\n")
    if chunk.is_first and (declaration := DECLARATION.match(text)):
        text = text[declaration.end() :].lstrip(" \t\n")
    # One character is found many times faster than several.
    if "!" in text and "<!--" in text:
        text = _COMMENTS_BETWEEN_TAGS.sub("", text)
        if text.count("<") != text.count(">"):  # a `>` in a value, behind which might have stood what is no comment
            return None
    if "\n" in text or "\t" in text:
        text = _SPACE_BETWEEN_TAGS.sub("><", text)
        if "\n" in text or "\t" in text:  # in an attribute it means a space
            return None
    # In these, the first tags of a chunk tell of all.
    if "'" in text and (text.find("<ITEM key='", 0, _FIRST) >= 0 or text.find("<ITEM type='", 0, _FIRST) >= 0):
        text = _unify_quotes(text)
    if text.find('"></ITEM>', 0, _FIRST) >= 0:
        text = _replace_end(text, '"></ITEM>')
    if text.endswith('"', 0, text.find("/>")):
        text = _replace_end(text, '"/>')
    elif not text.endswith('" ', 0, text.find("/>")):
        text = _SPACE_BEFORE_END.sub('" />', text)
    if text.find('" key="', 0, _FIRST) >= 0:
        text = _TYPE_AND_KEY.sub(r"\1\3\2", text)
    if " escaped" in text:
        text = _FLAGGED.sub(_resolve_flagged, text)
    return text


_FIRST = 4096


def _replace_end(text: str, end: str) -> str:
    """The text with ` />` for another end of an empty element; as it is where one may be the beginning of a value."""
    return text if f"={end}" in text else text.replace(end, '" />')


_PAIRED_QUOTES = re.compile(r"""(?:[^"']++|"[^"]*+"|'[^']*+')*+""")
# What stands before a value in single quotes, and the value.
_SINGLE_QUOTED = re.compile(r"""((?:[^"']++|"[^"]*+")*+)'([^']*+)'""")


def _unify_quotes(tags: str) -> str:
    """Tags with all their values in double quotes; where a quote is not closed, as they are."""
    if '"' not in tags:
        return tags.replace("'", '"')
    if not _PAIRED_QUOTES.fullmatch(tags):
        return tags
    # With an empty value at the end, each match begins where the last one ended, and nothing stands between.
    parts = _SINGLE_QUOTED.split(tags + "''")
    del parts[::3]
    parts[1::2] = [value.replace('"', "&quot;") for value in parts[1::2]]
    return '"'.join(parts[:-1])


# The beginning of an element whose key or value is escaped.
_FLAGGED = re.compile(
    r"""<ITEM (?:\ key="([^"]*+)")?+ \ type="([a-z]++)" (?:\ value="([^"]*+)")?+
        ( (?:\ escaped-key="true")?+ (?:\ escaped="true")?+ (?<=e") ) (?=>|\ />)""",
    re.VERBOSE,
)


def _resolve_flagged(element: re.Match[str]) -> str:
    """The same without its flags, the escapes in key and value resolved; as it is where it breaks a rule."""
    key, kind, value, flags = element.groups()
    if "-key" in flags:
        key = _resolve(key) if key is not None else None
        if key is None:
            return element[0]
    if ' escaped="' in flags:
        value = _resolve(value or "") if kind == "string" else None
        if value is None:
            return element[0]
    key = "" if key is None else f' key="{key}"'
    value = "" if value is None else f' value="{value}"'
    return f'<ITEM{key} type="{kind}"{value}'


# A reference that might stand for a backslash.
_STRANGE_REFERENCE = re.compile("&#(?!09;|10;|13;)")


def _resolve(escaped: str) -> str | None:
    """The inside of a JSON string, quotes as references, for an escaped string whose backslashes are doubled."""
    text = escaped.replace("\\\\", "\\").encode("latin-1").decode()
    resolved = resolve_escapes(text)
    if resolved is None or _STRANGE_REFERENCE.search(text) or resolved.count("&") != text.count("&"):
        return None
    string = quote(resolved)[1:-1].replace('\\"', "&quot;")
    return string.encode("utf-8", "backslashreplace").decode("latin-1")


# ---- References

# Those that we write ourselves; `&amp;` last, since what it makes may look like another one.
_OWN = {
    b"&quot;": rb"\"",
    b"&lt;": b"<",
    b"&gt;": b">",
    b"&#09;": rb"\t",
    b"&#10;": rb"\n",
    b"&#13;": rb"\r",
    b"&amp;": b"&",
}
_REFERENCE = re.compile(rb"(&[#\w]+;)", re.ASCII)
_NUMERIC = re.compile(rb"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));")


class _References(dict[bytes, bytes]):
    """The inside of a JSON string for each reference, made once; KeyError for what is no reference to a character."""

    def __missing__(self, reference: bytes) -> bytes:
        numeric = _NUMERIC.fullmatch(reference)
        if not numeric:
            raise KeyError(reference)
        code_point = int(numeric[1], 16) if numeric[1] else int(numeric[2])
        if code_point > sys.maxunicode or UNCARRIABLE.match(chr(code_point)):
            raise KeyError(reference)
        self[reference] = quote(chr(code_point))[1:-1].encode()
        return self[reference]


_REFERENCES = _References({**_OWN, b"&apos;": b"'"})


def _replace_references(json: bytes) -> bytes | None:
    """The JSON with characters or escapes for XML's references; None where one does not stand for a character."""
    ampersands = json.count(b"&")
    if ampersands * 30 > len(json):  # where there are so many, a replacement for each kind is faster
        json, ampersands = _replace_own(json)
    if not ampersands:
        return json
    parts = _REFERENCE.split(json)
    try:
        parts[1::2] = map(_REFERENCES.__getitem__, parts[1::2])
    except KeyError:
        return None
    return b"".join(parts) if len(parts) == 2 * ampersands + 1 else None


def _replace_own(json: bytes) -> tuple[bytes, int]:
    """The JSON without the references that we write, but for `&amp;` if there are others; and how many are left."""
    for reference, replacement in _OWN.items():
        if reference == b"&amp;" and json.count(b"&") > json.count(reference):
            return json, json.count(b"&")
        json = json.replace(reference, replacement)
    return json, 0


# ---- Places


def _locate_tags(chunk: Chunk, places: list[Place | int], tags: int) -> list[Place]:
    """The places, where those in the chunk are told by their number among its tags.

    Counted from the end of the chunk: what is still open there mostly begins near it.
    """
    numbers = [place for place in places if isinstance(place, int)]
    if not numbers:
        return [place for place in places if isinstance(place, Place)]
    text = chunk.text if chunk.text.count(b"<") == tags else _keep_tags(chunk.text, tags)
    before, *after = text.rsplit(b"<", tags - numbers[0])
    offsets = [*accumulate(after, lambda offset, tag: offset + 1 + len(tag), initial=len(before))]
    located = {}
    place, start = chunk.place, 0
    for number in numbers:
        end = offsets[number - numbers[0]]
        located[number] = place = place.after(text[start:end].decode())
        start = end
    return [located[place] if isinstance(place, int) else place for place in places]


_EMPTY_WITH_SPACE = re.compile(rb"""(?<=["'])>[ \t\n]+</ITEM>""")
_NOT_A_LINE_END = re.compile(rb"[^\n]")


def _keep_tags(text: bytes, tags: int) -> bytes:
    """A chunk of the same shape, but with those tags only that `_normalize` keeps; there are so many of these."""
    text = text.replace(b'"></ITEM>', b'"' + b" " * 8).replace(b"'></ITEM>", b"'" + b" " * 8)
    if text.count(b"<") == tags:
        return text
    for no_tag in (OPAQUE, _EMPTY_WITH_SPACE):
        text = no_tag.sub(lambda match: _NOT_A_LINE_END.sub(b" ", match[0]), text)
    return text
