"""One ITEM document as other writers would write it: the same elements and values, other characters."""

import re
from io import StringIO
from xml.etree import ElementTree

from crosswalk.converter import json_to_xml, xml_to_json

DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<!DOCTYPE ITEM SYSTEM "item.dtd">\n'
FIRST_STRING = re.compile(rb'(type="string" value="[^"\\]*)(" />)')


def respell(xml: bytes) -> dict[str, bytes]:
    """The forms by name, each of a document in our own form."""
    text = xml.decode()
    canonical = StringIO()
    ElementTree.canonicalize(text, out=canonical)
    return {
        "leading comment": b"<!-- made by hand -->\n" + xml,
        "declaration and DOCTYPE": DECLARATION + xml,
        "one escape": FIRST_STRING.sub(rb'\1\\u0000" escaped="true" />', xml, count=1),
        "&apos;": xml.replace(b"'", b"&apos;"),
        "ElementTree": ElementTree.tostring(ElementTree.fromstring(text), xml_declaration=True),
        "Canonical XML": canonical.getvalue().encode(),
        "no space": xml.replace(b" />", b"/>"),
        "raw >": xml.replace(b"&gt;", b">"),
        "indented": json_to_xml(xml_to_json(xml), indent=4),
        "type before key": re.sub(rb'(<ITEM)( key="[^"]*")( type="[^"]*")', rb"\1\3\2", xml),
        "single quotes": re.sub(rb'="([^"\']*)"', rb"='\1'", xml),
        "comments": xml.replace(b"</ITEM>", b"<!-- end --></ITEM>"),
        "line ends in tags": xml.replace(b" />", b"\n/>"),
    }
