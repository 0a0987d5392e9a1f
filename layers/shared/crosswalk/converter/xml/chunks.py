"""Cuts an XML document into chunks that begin and end between tags.

    <ITEM type="list"><!-- a < b -->            a chunk ends before a `<` that begins a tag, a comment, ...
    <ITEM type="integer" value="1" />           and so the next one begins with it
    </ITEM>

A `<` can stand neither within a tag nor in text, only in comments, processing instructions and CDATA sections. So a
chunk ends before any `<` outside these, the last one where the document ends.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from crosswalk.converter.places import START, Place
from crosswalk.converter.sources import PART_SIZE, Resumed, Source, cut_source
from crosswalk.converter.xml.parser import read_beginning

OPAQUE = re.compile(rb"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>", re.DOTALL)
"""What may hold a `<` that begins nothing."""
_BEGINNING_OF_OPAQUE = re.compile(rb"<(?:!--|\?|!\[CDATA\[)")


class Chunk(NamedTuple):
    """Some content of an XML document, its place, and whether it is the document's first or last chunk."""

    text: bytes
    place: Place
    is_first: bool
    is_last: bool


def cut_xml(source: Source, size: int = PART_SIZE) -> Iterator[Chunk]:
    """The chunks of an XML document as `XmlText` makes it, its DOCTYPE blanked, each of about `size` bytes.

    Raises as `read_beginning` does, and UnsafeDocument for a tag, text or comment that is too large.
    """
    place = START
    whole = Resumed(read_beginning(source), source)
    for number, part in enumerate(cut_source(whole, size, _find_last_tag)):
        yield Chunk(part.text, place, number == 0, part.is_last)
        if not part.is_last:
            place = place.after(part.text.decode())


def _find_last_tag(text: bytes) -> int:
    """The offset of the last `<` between tags, 0 where there is no other than the one that begins the text.

    Rather one that begins no end tag, so that an element that holds nothing is in one chunk as a whole.
    """
    if b"!" not in text and b"?" not in text:  # one byte is found many times faster than several
        return max(_find_last_start(text, 0, len(text)), 0)
    last = start = 0
    while True:
        opaque = _BEGINNING_OF_OPAQUE.search(text, start)
        end = opaque.start() if opaque else len(text)
        last = max(last, _find_last_start(text, start, end))
        if not opaque:
            return last
        last = max(last, end)
        whole = OPAQUE.match(text, end)
        if not whole:
            return last
        start = whole.end()


def _find_last_start(text: bytes, start: int, end: int) -> int:
    """The offset of the last `<` there, of an end tag only where there is no other; -1 where there is none."""
    last = found = text.rfind(b"<", start, end)
    while found > start and text[found + 1 : found + 2] in (b"/", b""):
        found = text.rfind(b"<", start, found)
    return found if found > start else last
