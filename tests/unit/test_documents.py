"""Documents in the likeness of real ones (tests/documents): feeds, drawings, pages, builds, tracks, office parts."""

import json
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import canonicalize

import pytest
import xmltodict

from crosswalk.converter import convert_stream, convert_xml_to_json, json_to_xml, xml_to_json

DOCUMENTS = sorted((Path(__file__).parent.parent / "documents").iterdir())
EACH = pytest.mark.parametrize(
    "document", [path.read_bytes() for path in DOCUMENTS], ids=[one.name for one in DOCUMENTS]
)


@EACH
def test_natural_reads_a_real_document_as_xmltodict_does(document: bytes) -> None:
    assert json.loads(xml_to_json(document)) == xmltodict.parse(document)


@EACH
def test_natural_brings_back_every_element_that_it_has_read(document: bytes) -> None:
    read = xml_to_json(document)
    assert json.loads(xml_to_json(json_to_xml(read, "natural"))) == json.loads(read)


@EACH
def test_jsonml_brings_a_real_document_back_equal_but_for_comments(document: bytes) -> None:
    conversion = convert_xml_to_json(document, "jsonml")
    back = json_to_xml(conversion.document, "jsonml")
    if "processing-instructions" not in conversion.losses:
        assert canonicalize(back) == canonicalize(document)
    assert xml_to_json(back, "jsonml") == conversion.document


@EACH
def test_what_a_document_became_is_carried_by_item_and_xpath_exactly(document: bytes) -> None:
    read = xml_to_json(document)
    for mapping in ("item", "xpath"):
        assert xml_to_json(json_to_xml(read, mapping)) == read


@EACH
def test_a_real_document_as_a_stream_becomes_what_it_becomes_as_a_whole(document: bytes) -> None:
    for mapping in ("natural", "jsonml"):
        target = BytesIO()
        summary = convert_stream(BytesIO(document), target, to="json", mapping=mapping)
        whole = convert_xml_to_json(document, mapping)
        assert (target.getvalue(), summary.losses) == (whole.document, whole.losses)
