"""The mappings by name: which function converts which way, with which options, and which of them stream."""

import gc
import inspect
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from crosswalk.converter import item, jsonml, natural, xpath
from crosswalk.converter.sources import MAX_READ, Source
from crosswalk.converter.xml.encoding import XmlText
from crosswalk.converter.xml.reader import find_root_name, read_root
from crosswalk.converter.xpath import vocabulary
from crosswalk.errors import InvalidParameter

# A mapping's two directions. Each reads a JSON document as it came, or XML as `XmlText` makes it; writes; and returns
# its losses.
Converter = Callable[..., tuple[str, ...]]
Bound = Callable[[Source, Callable[[bytes], object]], tuple[str, ...]]

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

# glibc gives the memory that a conversion has freed back to the system, and asks for it again, page by page, for the
# next one, unless the process has once freed a larger block that the system mapped: this one, of which no page is used.
bytes(16 * 1024 * 1024)


def choose_converter(
    converters: Mapping[str, Converter], mapping: str, indent: int | None, options: Mapping[str, Any]
) -> Bound:
    """The mapping's converter with its options, once they are known to be its own. Raises InvalidParameter."""
    if mapping not in converters:
        raise InvalidParameter(f"The mapping must be one of {', '.join(converters)}.", parameter="mapping")
    if indent is not None and not 0 <= indent <= MAX_INDENT:
        raise InvalidParameter(
            f"The parameter indent must be a whole number from 0 to {MAX_INDENT}.", parameter="indent"
        )
    chosen = {**options, "indent": indent} if indent else options
    known = list_options(converters[mapping])
    for name in chosen:
        if name not in known:
            raise InvalidParameter(f"The parameter {name} does not apply to the mapping {mapping}.", parameter=name)
    return partial(converters[mapping], **chosen)


def run(convert: Bound, document: Source, write: Callable[[bytes], object]) -> tuple[str, ...]:
    """Write what the converter makes of a document, without pauses for a garbage collection; returns the losses.

    A conversion makes large trees, but no cycles: to look for some in them could take longer than all the rest.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        return convert(document, write)
    finally:
        if enabled:
            gc.enable()


@cache  # to look takes longer than to convert a small document
def list_options(converter: Converter) -> dict[str, inspect.Parameter]:
    """The options of a mapping in one direction, by name."""
    parameters = inspect.signature(converter).parameters
    return {name: option for name, option in parameters.items() if option.kind is inspect.Parameter.KEYWORD_ONLY}


def recognize_mapping(xml: XmlText) -> str:
    """The mapping whose vocabulary the root element belongs to: `item`, `xpath`, or else `natural`."""
    xml.keep()
    beginning = xml.read(MAX_READ)
    xml.put_back()
    if beginning.startswith(_OWN_ROOTS):
        return "item"
    found = find_root_name(beginning)
    if found and found not in _KNOWN_ROOTS:  # as most are; parsing would tell the same
        return "natural"
    xml.keep()
    namespace, name, attributes = read_root(xml)
    xml.put_back()
    if not namespace and name == item.ELEMENT and attributes.get("type") in item.TYPES:
        return "item"
    if namespace == vocabulary.NAMESPACE and name in vocabulary.KINDS:
        return "xpath"
    return "natural"


# Most documents of `item`: a start tag in our own form, which declares no namespace.
_OWN_ROOTS = (b'<ITEM type="object">', b'<ITEM type="list">')
_KNOWN_ROOTS = frozenset(name.encode() for name in (item.ELEMENT, *vocabulary.KINDS))


def streams(converters: Mapping[str, Converter], mapping: str, options: Mapping[str, Any]) -> bool:
    """Whether a mapping with these options converts in memory that does not grow with the document."""
    if mapping == "natural":
        return bool(options.get("lines"))
    return mapping == "item" or (mapping == "jsonml" and converters is TO_JSON)
