"""What must hold of the converter for any bytes whatever; `check_json` and `check_xml` assert all of it.

Every error is one of ours, and every result is well-formed. A stream becomes what the whole document becomes, however
it is cut. What carries no loss comes back. And the fast reader of ITEM documents reads what the slow one reads.
"""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import canonicalize
from xml.parsers import expat

from crosswalk.converter import Conversion, convert_json_to_xml, convert_stream, convert_xml_to_json, item
from crosswalk.converter.item.elements import Open, read_elements
from crosswalk.converter.item.tags import read_tags
from crosswalk.converter.limits import BoundedWrite
from crosswalk.converter.xml.chunks import cut_xml
from crosswalk.converter.xml.encoding import XmlText
from crosswalk.errors import CrosswalkError
from crosswalk.http.problems import describe_error

MAPPINGS = ("item", "natural", "xpath", "jsonml")
PIECES = (1, 7, 100, 1500)
"""Bytes about which a document is cut, far smaller than in use."""


def attempt(convert: Callable[[], Any]) -> Any:
    """What is returned, or the type and place of one of our errors; any other error is a finding.

    Not its detail: a stream is not read again, so it cannot say as much of what stands before a fault.
    """
    try:
        return convert()
    except CrosswalkError as error:
        json.dumps(describe_error(error), ensure_ascii=False).encode()  # as a client is told of it
        return type(error).__name__, getattr(error, "place", None)


def agree(document: bytes, one: Any, other: Any) -> bool:
    """Whether two ways to convert a document come to the same, be it an error.

    Where bytes are not UTF-8, or hold NUL as UTF-16 does, only that both refuse it: this is told before any other fault
    of the same piece, and pieces differ.
    """
    if isinstance(one, tuple) and isinstance(other, tuple):
        return one == other or not is_text(document)
    return bool(one == other)


def is_text(document: bytes) -> bool:
    try:
        return "\0" not in document.decode()
    except UnicodeDecodeError:
        return False


def check_json(document: bytes) -> None:
    """All that must hold when these bytes are sent to be XML."""
    value = read_strictly(document)
    for mapping in MAPPINGS:
        result = attempt(lambda: convert_json_to_xml(document, mapping))  # noqa: B023
        if isinstance(result, Conversion):
            assert value is not None, "what is not JSON was converted"
            expat.ParserCreate().Parse(result.document, True)
            check_return(mapping, document, result)
        elif mapping == "item":
            assert value is None or result[0] == "UnsafeDocument", "a JSON text was refused"
        assert agree(document, stream(document, "xml", mapping), result), f"{mapping}: a stream becomes something else"
    whole = attempt(lambda: convert_json_to_xml(document).document)
    for size in PIECES:
        pieces = attempt(lambda: collect(item.json_to_xml, BytesIO(document), size))  # noqa: B023
        assert agree(document, pieces, whole), f"cut at {size} it becomes something else"


def check_return(mapping: str, document: bytes, xml: Conversion) -> None:
    """A JSON text that lost nothing comes back; but JsonML has several ways to write one text."""
    back = convert_xml_to_json(xml.document, mapping).document
    if mapping != "jsonml" and not xml.losses:
        assert read_strictly(back) == read_strictly(document), f"{mapping} lost something and named nothing"


def check_xml(document: bytes) -> None:
    """All that must hold when these bytes are sent to be JSON."""
    for mapping in (*MAPPINGS, "auto"):
        result = attempt(lambda: convert_xml_to_json(document, mapping))  # noqa: B023
        if isinstance(result, Conversion):
            assert read_strictly(result.document) is not None, f"{mapping}: the result is not JSON"
            check_way_back(document, result)
        assert agree(document, stream(document, "json", mapping), result), f"{mapping}: a stream becomes something else"
    whole = attempt(lambda: convert_xml_to_json(document, "item").document)
    for size in PIECES:
        pieces = attempt(lambda: collect(item.xml_to_json, XmlText(BytesIO(document)), size))  # noqa: B023
        assert agree(document, pieces, whole), f"cut at {size} it becomes something else"
    check_readers(document)


def check_way_back(document: bytes, result: Conversion) -> None:
    """An XML document that lost nothing comes back, under Canonical XML."""
    if result.mapping in ("natural", "jsonml") and not result.losses:
        back = attempt(lambda: convert_json_to_xml(result.document, result.mapping).document)
        assert isinstance(back, bytes), f"{result.mapping} cannot read what it wrote: {back}"
        if b"}" not in document:  # which ElementTree cannot read in a namespace
            text = XmlText(BytesIO(document)).read(-1).decode()  # whatever it declares itself to be
            assert canonicalize(back) == canonicalize(text), result.mapping
    elif result.mapping == "item":
        again = convert_xml_to_json(convert_json_to_xml(result.document).document, "item")
        assert again.document == result.document


def check_readers(document: bytes) -> None:
    """What the fast reader of ITEM documents takes, chunk by chunk, the slow one reads alike."""
    fast, slow = Open(), Open()
    try:
        for chunk in cut_xml(XmlText(BytesIO(document)), 7):
            json = read_tags(chunk, fast)
            if json is None:
                json = read_elements(chunk, fast)
            assert json == read_elements(chunk, slow), "the fast reader reads something else"
            assert fast == slow, "the fast reader leaves something else open"
    except CrosswalkError:
        pass


def stream(document: bytes, to: str, mapping: str) -> Any:
    """The document as a stream, compared with a whole one: a Conversion, or an error."""
    if document[:2] == b"\x1f\x8b":  # gzip, which only files are read as
        return attempt(lambda: convert(document, to, mapping))
    written = BytesIO()
    summary = attempt(lambda: convert_stream(BytesIO(document), written, to=to, mapping=mapping))
    return summary if isinstance(summary, tuple) else Conversion(written.getvalue(), summary.mapping, summary.losses)


def convert(document: bytes, to: str, mapping: str) -> Conversion:
    return (convert_json_to_xml if to == "xml" else convert_xml_to_json)(document, mapping)


def collect(write_pieces: Callable[..., Any], source: Any, size: int) -> bytes:
    written: list[bytes] = []
    write_pieces(source, BoundedWrite(written.append), size)
    return b"".join(written)


def read_strictly(document: bytes) -> Any:
    """A JSON text as Python reads it, with its members and number texts, in a tuple; None if it is not JSON."""
    try:
        text = document.decode("utf-8").removeprefix("\ufeff")
        value = json.loads(
            text,
            object_pairs_hook=lambda members: ("object", *members),
            parse_int=lambda number: ("number", number),
            parse_float=lambda number: ("number", number),
            parse_constant=lambda name: refuse(name),
        )
    except (ValueError, RecursionError):
        return None
    return (value,)


def refuse(name: str) -> None:
    raise ValueError(name)
