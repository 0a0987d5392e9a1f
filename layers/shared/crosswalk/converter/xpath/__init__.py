"""The mapping `xpath`: the W3C's XML representation of JSON.

It is what fn:json-to-xml and fn:xml-to-json write and read (XPath and XQuery Functions and Operators 3.1, 17.5.3 and
17.5.4), and so any XSLT 3.0 or XQuery 3.1 processor.

    {"a": [1.0, true, null], "b\\n": ""}

    <map xmlns="http://www.w3.org/2005/xpath-functions">
      <array key="a"><number>1.0</number><boolean>true</boolean><null /></array>
      <string key="b\\n" escaped-key="true" />
    </map>

JSON to XML
1. A number's text is copied verbatim.
2. escape=true, the default here but not in the specification: a string with a backslash, a control character (U+0000 to
   001F, 007F to 009F) or what XML cannot carry is written with JSON's escapes for these, and marked `escaped="true"`; a
   key likewise, with `escaped-key="true"`. So nothing is lost.
   escape=false: what XML cannot carry becomes U+FFFD, and the loss `characters` says so.
3. duplicates=reject, the default here but not in the specification: two members with one key are FOJS0003.
   duplicates=use-first: a key's first member is kept. duplicates=retain: all are written, but XML to JSON refuses them,
   as the specification asks. The loss `duplicates` says of both that there were some.

XML to JSON
4. White space between elements, around numbers and booleans, comments, processing instructions and attributes in other
   namespaces mean nothing.
5. Members of a map have a `key`, the root may have one that means nothing. `escaped` means something on strings only.
   `escaped` and `escaped-key` are xs:boolean: true, false, 1 or 0.
6. A number in JSON's grammar is copied verbatim; another finite xs:double is written as the same number in that
   grammar: `+005` as `5`, `.10` as `0.1`.
7. The JSON is the value's, spelled as everywhere here: fn:xml-to-json would write `/` as `\\/` and U+007F to 009F as
   escapes, and keep the escapes of a text that is marked `escaped`.
8. Anything else is FOJS0006, and so are two keys of a map that are one when unescaped; an escape that JSON does not
   have is FOJS0007.
"""

from collections.abc import Callable
from io import BytesIO

from crosswalk.converter.json_text import decode_json, parse_json, write_json
from crosswalk.converter.sources import Source
from crosswalk.converter.xpath.reader import Reader
from crosswalk.converter.xpath.writer import Writer
from crosswalk.errors import InvalidParameter, MalformedDocument

DUPLICATES = ("reject", "use-first", "retain")


def json_to_xml(
    source: Source,
    write: Callable[[bytes], object],
    *,
    escape: bool = True,
    duplicates: str = "reject",
    indent: int = 0,
) -> tuple[str, ...]:
    """Write the XML of a JSON document; returns what it lost: `characters`, `duplicates`.

    Raises MalformedDocument (FOJS0001), InexpressibleDocument (FOJS0003), InvalidParameter (FOJS0005), UnsafeDocument.
    """
    if duplicates not in DUPLICATES:
        detail = f"The parameter duplicates must be one of {', '.join(DUPLICATES)}."
        raise InvalidParameter(detail, parameter="duplicates", code="FOJS0005")
    text = decode_json(source.read())
    try:
        root = parse_json(text)
    except MalformedDocument as error:
        error.code = "FOJS0001"
        raise
    writer = Writer(write, escape, duplicates, indent)
    writer.write(root)
    return tuple(sorted(writer.losses))


def xml_to_json(source: Source, write: Callable[[bytes], object], *, indent: int = 0) -> tuple[str, ...]:
    """Write the JSON text of a document in this vocabulary, as `XmlReader` takes it; it has no losses.

    Raises MalformedDocument, and InexpressibleDocument (FOJS0006, FOJS0007) where the document breaks the rules.
    """
    compact = BytesIO()
    Reader(source, compact.write if indent else write).read()
    if indent:
        write_json(parse_json(compact.getvalue().decode()), write, indent)
    return ()
