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
from bisect import bisect
from itertools import accumulate

from crosswalk.converter.item.elements import ENDINGS, ROOT, Open
from crosswalk.converter.item.forms import normalize, replace_references
from crosswalk.converter.json_text import NUMBER
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.places import Place
from crosswalk.converter.xml.chunks import OPAQUE, Chunk

TAG = re.compile(
    rf"""<(?: ITEM (?:\ key=("[^"]*+"))?+ \ type="
             (?: (?: integer"\ value="(?=-?[0-9]++") | string"\ value=(?=") | float"\ value="(?=[-0-9])
                   | boolean"\ value="(?=[ft]) )
                 ("[^"]*+" | {NUMBER} | false | true)
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


def read_tags(chunk: Chunk, opened: Open) -> bytes | None:
    """The JSON, in UTF-8, of a chunk; `opened` is what is open behind it afterwards.

    None, and `opened` as it was, for a chunk of another form, be it sound or not.
    """
    text = normalize(chunk)
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
    utf_8 = replace_references("".join(written).encode("latin-1"))
    if utf_8 is None or (chunk.is_last and (endings or ending == ROOT)):
        return None
    located = _locate_tags(chunk, places, len(tags))
    if located is None:
        return None
    opened.endings, opened.counts, opened.comma = [*endings, ending], [*counts, len(written) - base], comma
    opened.places = located
    return utf_8


def _locate_tags(chunk: Chunk, places: list[Place | int], tags: int) -> list[Place] | None:
    """The places, where those in the chunk are told by their number among its tags; None if they cannot be told."""
    numbers = [place for place in places if isinstance(place, int)]
    if not numbers:
        return [place for place in places if isinstance(place, Place)]
    kept = chunk.text if chunk.text.count(b"<") == tags else _keep_tags(chunk.text, tags)
    if kept is None:
        return None
    located = {}
    place, start = chunk.place, 0
    for number, end in zip(numbers, _find_tags(kept, tags, numbers), strict=True):
        located[number] = place = place.after(chunk.text[start:end].decode())
        start = end
    return [located[place] if isinstance(place, int) else place for place in places]


def _find_tags(text: bytes, tags: int, numbers: list[int]) -> list[int]:
    """The offsets of some of the tags of a text. What a chunk leaves open mostly begins near its start or its end."""
    middle = bisect(numbers, tags // 2)
    early, late = numbers[:middle], numbers[middle:]
    offsets = []
    if early:
        before = text.split(b"<", early[-1] + 1)
        ends = [*accumulate(len(part) + 1 for part in before)]
        offsets += [ends[number] - 1 for number in early]
    if late:
        after = text.rsplit(b"<", tags - late[0])
        starts = [*accumulate((len(part) + 1 for part in after[1:]), initial=len(after[0]))]
        offsets += [starts[number - late[0]] for number in late]
    return offsets


_EMPTY_WITH_SPACE = re.compile(rb"""["']>[ \t\n]+</ITEM>""")


def _keep_tags(text: bytes, tags: int) -> bytes | None:
    """A chunk of the same length, but with those tags only that `normalize` keeps; there are so many of these.

    It keeps nothing opaque, and of the end tags of empty elements all or none. None if that is not so.
    """
    text = OPAQUE.sub(_blank, text)
    if text.count(b"<") > tags:
        text = text.replace(b'"></ITEM>', b'"' + b" " * 8).replace(b"'></ITEM>", b"'" + b" " * 8)
    if text.count(b"<") > tags:
        text = _EMPTY_WITH_SPACE.sub(_blank, text)
    return text if text.count(b"<") == tags else None


def _blank(match: re.Match[bytes]) -> bytes:
    return b" " * len(match[0])
