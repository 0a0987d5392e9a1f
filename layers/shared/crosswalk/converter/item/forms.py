r"""Brings what other writers write into the form of our own ITEM documents, all over a chunk.

<ITEM type='string' key='a' value='"&#xE9;"'/>  <!-- b -->     other writers' form
<ITEM key="a" type="string" value="&quot;&#xE9;&quot;" />      what the pattern of `tags` takes
"a":"\"é\""                                                    its JSON, references replaced
"""

import re
import sys

from crosswalk.converter.item.elements import resolve_escapes
from crosswalk.converter.item.marks import holds_noncharacter
from crosswalk.converter.json_text import quote
from crosswalk.converter.xml.chunks import Chunk
from crosswalk.converter.xml.encoding import DECLARATION
from crosswalk.converter.xml.escaping import UNCARRIABLE

# Expat refuses these wherever they are.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n"))


_SPACE_BETWEEN_TAGS = re.compile(r">[ \t\n]+<")
# A literal beginning is looked for many times faster than anything else.
_COMMENT = r"<!--[^-]*+(?:-[^-]++)*+-->"
_COMMENTS_BEHIND_TAG = re.compile(rf">{_COMMENT}(?:{_COMMENT})*+")
_SPACE_BEFORE_END = re.compile(r'"(?:[ \t\n]{2,}|[\t\n])/>')
_VALUE_LIKE_END = re.compile(r' (?:key|value)="(?:[ \t\n]*/>|></ITEM>)')
_TYPE_AND_KEY = re.compile(r'(<ITEM)( type="[^"]*+")( key="[^"]*+")')
_FLAGS_FIRST = re.compile(
    r'<ITEM( escaped="true")?+( escaped-key="true")?+((?: key="[^"]*+")?+ type="[^"]*+"(?: value="[^"]*+")?+)'
)


def normalize(chunk: Chunk) -> str | None:
    """The tags of a chunk in our own form, as far as that can be done all at once; None where another form is likely.

    Its bytes are characters, and its backslashes JSON's escapes. This is exact where every `<` begins a tag, as
    `read_tags` checks.
    """
    if len(chunk.text.translate(None, _CONTROLS)) < len(chunk.text) or holds_noncharacter(chunk.text):
        return None
    text = chunk.text.replace(b"\\", rb"\\").decode("latin-1")
    if chunk.is_first and (declaration := DECLARATION.match(text)):
        text = text[declaration.end() :]
    text = text.strip(" \t\n")
    # One character is found many times faster than several.
    if "!" in text and "<!--" in text:
        text = _COMMENTS_BEHIND_TAG.sub(">", _SPACE_BETWEEN_TAGS.sub("><", ">" + text))[1:]
        if text.count("<") != text.count(">"):  # a `>` in a value, behind which might have stood what is no comment
            return None
    # In most of these, the first tags of a chunk tell of all.
    if "'" in text and (text.find("<ITEM key='", 0, _FIRST) >= 0 or text.find("<ITEM type='", 0, _FIRST) >= 0):
        text = _unify_quotes(text)
    end = text.find("/>")
    space = text[max(end - 2, 0) : max(end, 0)]
    if (space.isspace() or space.endswith(("\n", "\t"))) and not _VALUE_LIKE_END.search(text):
        text = _SPACE_BEFORE_END.sub('" />', text)
    if "\n" in text or "\t" in text:
        text = _SPACE_BETWEEN_TAGS.sub("><", text)
        if "\n" in text or "\t" in text:  # in an attribute it means a space
            return None
    if text.find('"></ITEM>', 0, max(end, _FIRST) if end >= 0 else len(text)) >= 0:
        text = _replace_end(text, '"></ITEM>')
    if text.endswith('"', 0, text.find("/>")):
        text = _replace_end(text, '"/>')
    if text.find('" key="', 0, _FIRST) >= 0:
        text = _put_key_first(text)
    if " escaped" in text:
        if "<ITEM escaped" in text:
            text = _FLAGS_FIRST.sub(r"<ITEM\3\2\1", text)
        text = _FLAGGED.sub(_resolve_flagged, text)
    return text


_FIRST = 1024


def _put_key_first(tags: str) -> str:
    """Tags with each key before its type."""
    parts = _TYPE_AND_KEY.split(tags)
    parts[2::4], parts[3::4] = parts[3::4], parts[2::4]
    return "".join(parts)


def _replace_end(text: str, end: str) -> str:
    """The text with ` />` for another end of an empty element; as it is where one may be the beginning of a value."""
    # What is encoded in base 64 often ends in `=`, so that only a whole look tells.
    return text if f"={end}" in text and _VALUE_LIKE_END.search(text) else text.replace(end, '" />')


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


# A reference that stands for no backslash, and of which no escape is a part.
_PLAIN_REFERENCE = re.compile("&(?:[a-z]+|#(?:09|10|13|x9|xA|xD));")


def _resolve(escaped: str) -> str | None:
    """The inside of a JSON string, quotes as references, for an escaped string whose backslashes are doubled."""
    text = escaped.replace("\\\\", "\\").encode("latin-1").decode()
    resolved = resolve_escapes(text)
    if resolved is None or not len(_PLAIN_REFERENCE.findall(text)) == text.count("&") == resolved.count("&"):
        return None
    string = quote(resolved)[1:-1].replace('\\"', "&quot;")
    return string.encode("utf-8", "backslashreplace").decode("latin-1")


_AMPERSAND = b"\0"  # stands for `&` until all references are replaced; JSON has no such byte
# Those that we write, and those that Canonical XML does.
_USUAL = {
    b"&quot;": rb"\"",
    b"&lt;": b"<",
    b"&gt;": b">",
    b"&#09;": rb"\t",
    b"&#10;": rb"\n",
    b"&#13;": rb"\r",
    b"&#x9;": rb"\t",
    b"&#xA;": rb"\n",
    b"&#xD;": rb"\r",
    b"&amp;": _AMPERSAND,
    b"&apos;": b"'",
}
_REFERENCE = re.compile(rb"(&[#\w]+;)", re.ASCII)
_PART_OF_REFERENCE = re.compile(rb"[#;\w]", re.ASCII)
_LONGEST = len("&#x10FFFF;")
_NUMERIC = re.compile(rb"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));")


_KEPT = 4096


class _References(dict[bytes, bytes]):
    """The inside of a JSON string for each reference; KeyError for what is no reference to a character.

    The first ones are made once. There are millions of them, so that not all can be kept.
    """

    def __missing__(self, reference: bytes) -> bytes:
        numeric = _NUMERIC.fullmatch(reference)
        if not numeric:
            raise KeyError(reference)
        code_point = int(numeric[1], 16) if numeric[1] else int(numeric[2])
        if code_point > sys.maxunicode or UNCARRIABLE.match(chr(code_point)):
            raise KeyError(reference)
        character = quote(chr(code_point))[1:-1].encode().replace(b"&", _AMPERSAND)
        if len(self) < _KEPT:
            self[reference] = character
        return character


_REFERENCES = _References(_USUAL)
# Where a reference stands in so few bytes, or fewer, all of one kind at once are replaced faster than one by one; but a
# text may have many kinds, and each takes a pass.
_MANY = 30
_KINDS = 8


def replace_references(json: bytes) -> bytes | None:
    """The JSON with characters or escapes for XML's references; None where one does not stand for a character."""
    ampersands = json.count(b"&")
    if not ampersands:
        return json
    try:
        if ampersands * _MANY > len(json):
            json = _replace_some_kinds(json)
            ampersands = json.count(b"&")
        parts = _REFERENCE.split(json)
        parts[1::2] = map(_REFERENCES.__getitem__, parts[1::2])
    except KeyError:
        return None
    return b"".join(parts).replace(_AMPERSAND, b"&") if len(parts) == 2 * ampersands + 1 else None


def _replace_some_kinds(json: bytes) -> bytes:
    """The JSON without the kinds of references that come first. KeyError for what is no reference to a character."""
    for _ in range(_KINDS):
        start = json.find(b"&")
        if start < 0:
            break
        reference = json[start : json.find(b";", start, start + _LONGEST) + 1]
        character = _REFERENCES[reference]
        if _PART_OF_REFERENCE.match(character):  # in `&am&#112;;` it would complete what is no reference
            break
        json = json.replace(reference, character)
    return json
