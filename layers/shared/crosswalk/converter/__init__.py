"""The converter's front: JSON to XML and XML to JSON, in four mappings. Bytes in, bytes out, no side effects.

    >>> json_to_xml(b'{"foo": 7}')
    b'<ITEM type="object"><ITEM key="foo" type="integer" value="7" /></ITEM>'
    >>> xml_to_json(json_to_xml(b'{"foo": 7}'))
    b'{"foo":7}'

Glossary
    document    the bytes of one JSON text or one XML document
    mapping     the rules that pair a JSON value with an XML element: item, natural, xpath, jsonml
    option      a keyword of one mapping in one direction, such as natural's `attribute_prefix`
    loss        a word for what the result no longer holds, such as `comments`
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from crosswalk.converter.limits import BoundedWrite
from crosswalk.converter.mappings import TO_JSON, TO_XML, choose_converter, recognize_mapping, run
from crosswalk.converter.streams import Summary, convert_stream
from crosswalk.converter.xml.encoding import XmlText

__all__ = [
    "Conversion",
    "Summary",
    "convert_json_to_xml",
    "convert_stream",
    "convert_xml_to_json",
    "json_to_xml",
    "xml_to_json",
]


@dataclass(frozen=True)
class Conversion:
    """A converted document, the mapping that made it, and what it lost on the way (nothing, mostly)."""

    document: bytes
    mapping: str
    losses: tuple[str, ...] = ()


def json_to_xml(document: bytes, mapping: str = "item", *, indent: int | None = None, **options: Any) -> bytes:
    """The XML (UTF-8, without declaration) of a JSON text; as `convert_json_to_xml`, without its particulars."""
    return convert_json_to_xml(document, mapping, indent=indent, **options).document


def xml_to_json(document: bytes, mapping: str = "auto", *, indent: int | None = None, **options: Any) -> bytes:
    """The JSON (UTF-8) of an XML document; as `convert_xml_to_json`, without its particulars."""
    return convert_xml_to_json(document, mapping, indent=indent, **options).document


def convert_json_to_xml(
    document: bytes, mapping: str = "item", *, indent: int | None = None, **options: Any
) -> Conversion:
    """Convert a JSON text (RFC 8259, UTF-8, a BOM is ignored) to XML.

    indent: spaces for each level, 0 to 8; None or 0 writes no white space.
    options: the mapping's own; see its module.
    Raises MalformedDocument, UnsafeDocument, InexpressibleDocument, InvalidParameter, or DocumentTooLarge where
    indentation and repeated names alone would make an enormous document of it.
    """
    convert = choose_converter(TO_XML, mapping, indent, options)
    pieces: list[bytes] = []
    losses = run(convert, BytesIO(document), BoundedWrite(pieces.append))
    return Conversion(b"".join(pieces), mapping, losses)


def convert_xml_to_json(
    document: bytes, mapping: str = "auto", *, indent: int | None = None, **options: Any
) -> Conversion:
    """Convert an XML 1.0 document to JSON; `auto` tells `item` and `xpath` by the root, and else takes `natural`.

    indent, options, errors: as for `convert_json_to_xml`.
    """
    xml = XmlText(BytesIO(document))
    if mapping == "auto":
        mapping = recognize_mapping(xml)
    convert = choose_converter(TO_JSON, mapping, indent, options)
    pieces: list[bytes] = []
    losses = run(convert, xml, BoundedWrite(pieces.append))
    return Conversion(b"".join(pieces), mapping, losses)
