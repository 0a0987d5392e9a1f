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

import gc
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from crosswalk.converter import item, jsonml, natural, xpath
from crosswalk.converter.limits import BoundedWrite, Source
from crosswalk.converter.xml.encoding import XmlText
from crosswalk.converter.xml.reader import read_root
from crosswalk.errors import InvalidParameter

__all__ = ["Conversion", "convert_json_to_xml", "convert_xml_to_json", "json_to_xml", "xml_to_json"]

# A mapping's two directions: `convert(source: Source, write: Callable[[bytes], object], **options)` reads a JSON
# document as it came, or XML in UTF-8 as `recode_xml` makes it; writes; and returns the losses.
Converter = Callable[..., tuple[str, ...]]

TO_XML: Mapping[str, Converter] = {
    "item": item.json_to_xml,
    "natural": natural.json_to_xml,
    "xpath": xpath.json_to_xml,
    "jsonml": jsonml.json_to_xml,
}
TO_JSON: Mapping[str, Converter] = {
    "item": item.xml_to_json,
    "natural": natural.xml_to_json,
    "xpath": xpath.xml_to_json,
    "jsonml": jsonml.xml_to_json,
}
MAX_INDENT = 8


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
    convert = _choose_converter(TO_XML, mapping, indent, options)
    xml, losses = _run(convert, BytesIO(document))
    return Conversion(xml, mapping, losses)


def convert_xml_to_json(
    document: bytes, mapping: str = "auto", *, indent: int | None = None, **options: Any
) -> Conversion:
    """Convert an XML 1.0 document to JSON; `auto` tells `item` and `xpath` by the root, and else takes `natural`.

    indent, options, errors: as for `convert_json_to_xml`.
    """
    xml = XmlText(BytesIO(document))
    if mapping == "auto":
        mapping = recognize_mapping(xml)
    convert = _choose_converter(TO_JSON, mapping, indent, options)
    json, losses = _run(convert, xml)
    return Conversion(json, mapping, losses)


def recognize_mapping(xml: XmlText) -> str:
    """The mapping whose vocabulary the root element belongs to: `item`, `xpath`, or else `natural`."""
    xml.keep()
    namespace, name, attributes = read_root(xml)
    xml.put_back()
    if not namespace and name == item.ELEMENT and attributes.get("type") in item.TYPES:
        return "item"
    if namespace == xpath.NAMESPACE and name in xpath.KINDS:
        return "xpath"
    return "natural"


def _choose_converter(
    converters: Mapping[str, Converter], mapping: str, indent: int | None, options: Mapping[str, Any]
) -> Converter:
    """The mapping's converter with its options, once they are known to be its own."""
    if mapping not in converters:
        raise InvalidParameter(f"The mapping must be one of {', '.join(converters)}.", parameter="mapping")
    if indent is not None and not 0 <= indent <= MAX_INDENT:
        raise InvalidParameter(
            f"The parameter indent must be a whole number from 0 to {MAX_INDENT}.", parameter="indent"
        )
    chosen = {**options, "indent": indent} if indent else options
    for name in chosen:
        if name not in inspect.signature(converters[mapping]).parameters:
            raise InvalidParameter(f"The parameter {name} does not apply to the mapping {mapping}.", parameter=name)
    return partial(converters[mapping], **chosen)


def _run(convert: Converter, document: Source) -> tuple[bytes, tuple[str, ...]]:
    """What the converter makes of the document, without pauses for a garbage collection.

    A conversion makes large trees, but no cycles: to look for some in them could take longer than all the rest.
    """
    result = BytesIO()
    enabled = gc.isenabled()
    gc.disable()
    try:
        losses = convert(document, BoundedWrite(result.write))
    finally:
        if enabled:
            gc.enable()
    return result.getvalue(), losses
