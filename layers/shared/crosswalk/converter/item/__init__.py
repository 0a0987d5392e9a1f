r"""The mapping `item`: carries every JSON text to XML and back, and loses nothing.

Rules
1.  One ITEM element per value; attributes in the order `key`, `type`, `value`, `escaped-key`, `escaped`. A member of an
    object has a `key`, be it empty; nothing else has.
2.  `type` is object, list, string, integer, float, boolean or null. A number's text is copied verbatim: `integer` if it
    is digits with at most a minus sign, else `float`.
3.  object, list, null and the empty string have no `value`. An element without children ends in ` />`.
4.  In attributes `&`, `<`, `>` and `"` become entities, TAB, LF and CR `&#09;`, `&#10;` and `&#13;`.
5.  A string that holds what XML cannot carry has `escaped="true"`; in its value `\` is written `\\` and each such
    character `\uxxxx`. A key likewise, with `escaped-key="true"`.
6.  Members keep their order and their duplicates, both ways.
7.  The reader takes attributes in any order, `value=""` for an empty string, escapes in either case, a float written
    like an integer (which comes back as an integer), and comments, processing instructions and white space between
    tags. Anything else is inexpressible, and refused with its place.

    {"foo": 7, "bar": ["", "\u0000"]}

    <ITEM type="object">
      <ITEM key="foo" type="integer" value="7" />
      <ITEM key="bar" type="list">
        <ITEM type="string" />
        <ITEM type="string" value="\u0000" escaped="true" />
      </ITEM>
    </ITEM>

Both ways the document is converted in pieces of some length, each on its own: in memory that does not grow with it.
"""

from collections.abc import Callable
from io import BytesIO

from crosswalk.converter.item.elements import ELEMENT, TYPES, Open, read_elements
from crosswalk.converter.item.tags import read_tags
from crosswalk.converter.item.writer import Indenter, write_piece
from crosswalk.converter.json_pieces import PIECE_SIZE, cut_json
from crosswalk.converter.json_text import parse_json, write_json
from crosswalk.converter.sources import PART_SIZE, Source
from crosswalk.converter.xml.chunks import cut_xml

__all__ = ["ELEMENT", "TYPES", "json_to_xml", "xml_to_json"]


def json_to_xml(
    source: Source, write: Callable[[bytes], object], size: int = PIECE_SIZE, *, indent: int = 0
) -> tuple[str, ...]:
    """Write the ITEM document of a JSON text, both in UTF-8, with `indent` spaces for each level. There are no losses.

    Raises MalformedDocument and UnsafeDocument, for the first fault; what stands before it may be written by then.
    """
    if indent:
        write = Indenter(indent, write).write
    for piece in cut_json(source, size):
        write(write_piece(piece))
    return ()


def xml_to_json(
    source: Source, write: Callable[[bytes], object], size: int = PART_SIZE, *, indent: int = 0
) -> tuple[str, ...]:
    """Write the JSON, in UTF-8, of an ITEM document. There are no losses.

    source: as `XmlText` makes it. indent: spaces for each level; such a document is made as a whole.
    Raises MalformedDocument, UnsafeDocument and, where the document breaks the rules, InexpressibleDocument, for the
    first fault; what stands before it may be written by then.
    """
    compact = BytesIO()
    opened = Open()
    for chunk in cut_xml(source, size):
        json = read_tags(chunk, opened)
        if json is None:
            json = read_elements(chunk, opened)
        (compact.write if indent else write)(json)
    if indent:
        write_json(parse_json(compact.getvalue().decode()), write, indent)
    return ()
