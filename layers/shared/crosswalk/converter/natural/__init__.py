"""The mapping `natural`: XML and JSON as people expect to read them, by the conventions of the xmltodict library.

    <book id="7"><author>Ada</author><author>Bob</author><out/></book>
    {"book":{"@id":"7","author":["Ada","Bob"],"out":null}}

XML to JSON
1. An element is a member named as it is written, prefix included; an element that repeats among its siblings is one
   member with a list, and so is every element named in `force_list`.
2. Without attributes and children an element is its text, or null when it has none. Otherwise it is an object: its
   attributes (`@name`, namespace declarations too), its children, at the end its text, joined, as `#text`.
3. Everything is a string. With types=infer true, false and what JSON's grammar takes for a number are that, verbatim.
4. XML white space at both ends of a text is dropped unless strip_whitespace is false.
5. With namespaces=expanded a name in a namespace is `uri:name`, and `@xmlns` holds the declarations by prefix. That is
   one-way: JSON to XML refuses such names.
6. The XML declaration, the DOCTYPE, CDATA marks and how a character was written are no part of what a document says.
   Everything else that the JSON does not hold is named:
   order                    text stands beside elements, or elements of one name not next to each other
   whitespace               white space was dropped, even if only between elements
   comments, processing-instructions
   prefixes                 names were expanded
   So a document that was converted without a loss comes back equal, under Canonical XML.

JSON to XML
1. An object whose only member is an element name, with a value that is no list or a list of one, is the root element.
   Anything else is wrapped in an element `root`.
2. Members are written as rules 1 and 2 above read them; a list as one element for each of its values. A list that is no
   member (the document itself, or one within a list) is an element, and its values are its children `item`.
3. Scalars are written as their JSON text, a string as itself, null as nothing. An empty list as a member vanishes.
4. Refused, with a pointer: a name that is no XML name; a prefix without a declaration, and a declaration that is
   illegal; a character that XML cannot carry; a list or object as an attribute or text; two members, or two attributes,
   of one name. The mapping `item` carries them all.
5. What these options would not bring back equal, read with the others at their defaults, is named:
   types                    a number or boolean (comes back as a string), null in an attribute (as the empty string),
                            the empty string or object (as null), an object of nothing but text (as that text)
   root                     the document was wrapped
   lists                    a list of one (comes back as its value), a list within a list (as an object with `item`)
   empty-lists, empty-text  an empty list, a text that is empty or null beside other members (come back as nothing)
   order                    an attribute behind other members, or text before them
   whitespace               white space at an end of a text would be dropped

The keys of attributes and text begin with a character that begins no XML name, so no element can be taken for one.

With `lines`, a line of JSON for each record
1. Records are the root's children, or with record=NAME the outermost elements of that name.
2. A line is what a record would be as a document. The root's declarations are not in it, but they expand its names.
3. The loss `root`: the root is not called `root`, or is itself a record, or something else outside the records was
   dropped: attributes, elements, text. White space there is `whitespace`.
4. Back, a line that is no element is wrapped in an element `item` (the loss `root`); root=NAME names the root. Blank
   lines are skipped. A prefix must be declared within its line.
"""

import re
from collections.abc import Callable, Collection
from functools import lru_cache

from crosswalk.converter.json_text import decode_json, quote
from crosswalk.converter.natural.json_writer import LineWriter, write_tree
from crosswalk.converter.natural.lines import RecordReader, write_records
from crosswalk.converter.natural.reader import ExpandedTreeReader, TreeReader
from crosswalk.converter.natural.writer import TreeWriter
from crosswalk.converter.sources import Source
from crosswalk.converter.xml.names import is_name, is_ncname, is_qname
from crosswalk.errors import InvalidParameter

# The names of losses, in the order in which they are reported.
LOSSES_TO_JSON = ("root", "order", "whitespace", "comments", "processing-instructions", "prefixes")
LOSSES_TO_XML = ("types", "root", "lists", "empty-lists", "empty-text", "order", "whitespace")

# They are written again and again: a name as often as there are lists, a mark for each attribute or text, of which a
# document has many more. JSON may have six characters for one of a mark.
MAX_NAME_LENGTH = 64
MAX_MARK_LENGTH = 16


def xml_to_json(
    source: Source,
    write: Callable[[bytes], object],
    *,
    indent: int = 0,
    attribute_prefix: str = "@",
    text_key: str = "#text",
    force_list: Collection[str] = (),
    strip_whitespace: bool = True,
    namespaces: str = "prefixed",
    types: str = "strings",
    lines: bool = False,
    record: str = "",
) -> tuple[str, ...]:
    """Write the JSON text of an XML document, as `XmlReader` takes it; returns the names of what it lost.

    force_list: names of elements, as the JSON would have them, that are lists even when they stand alone.
    namespaces: `prefixed` or `expanded`. types: `strings` or `infer`.
    lines: write a line for each record, which is a child of the root, or an outermost element of the name `record`.
    Raises InvalidParameter, MalformedDocument, UnsafeDocument, DocumentTooLarge; InexpressibleDocument only for an
    expanded name that would read as an attribute or as text.
    """
    _check_reading(attribute_prefix, text_key, namespaces, types, lines, record, indent)
    if force_list:
        _check_names("force_list", force_list, namespaces)
    create_reader = ExpandedTreeReader if namespaces == "expanded" else TreeReader
    reader = create_reader(
        source,
        attribute_prefix=attribute_prefix,
        text_key=text_key,
        force_list=frozenset(force_list),
        strip_whitespace=strip_whitespace,
        infer_types=types == "infer",
    )
    if lines:
        RecordReader(reader, record, LineWriter(reader, write)).read()
    else:
        write_tree(reader, write, indent)
    return _sort_losses(reader.lost, LOSSES_TO_JSON)


def json_to_xml(
    source: Source,
    write: Callable[[bytes], object],
    *,
    indent: int = 0,
    attribute_prefix: str = "@",
    text_key: str = "#text",
    root: str = "root",
    item: str = "item",
    lines: bool = False,
) -> tuple[str, ...]:
    """Write the XML of a JSON document; returns the names of what would not come back.

    indent: spaces for each level; never within an element that has text, or whose xml:space is `preserve`.
    root, item: names for the root of a document that has none, and for the values of a list that has no name.
    lines: the document is JSON Lines, and each line becomes a child of the element `root`.
    Raises InvalidParameter, MalformedDocument, UnsafeDocument, InexpressibleDocument or DocumentTooLarge.
    """
    _check_writing(attribute_prefix, text_key, root, item)
    writer = TreeWriter(write, indent=indent, attribute_prefix=attribute_prefix, text_key=text_key, item=item)
    if lines:
        write_records(source, writer, root)
    else:
        writer.write(decode_json(source.read()), root)
    return _sort_losses(writer.lost, LOSSES_TO_XML)


@lru_cache(maxsize=16)  # to check them takes as long as to convert a small document
def _check_reading(
    attribute_prefix: str, text_key: str, namespaces: str, types: str, lines: bool, record: str, indent: int
) -> None:
    _check_marks(attribute_prefix, text_key)
    _check_choice("namespaces", namespaces, ("prefixed", "expanded"))
    _check_choice("types", types, ("strings", "infer"))
    if record:
        _check_names("record", [record], namespaces)
    if record and not lines:
        raise InvalidParameter("The parameter record applies only with lines.", parameter="record")
    if lines and indent:
        raise InvalidParameter("The parameter indent does not apply with lines.", parameter="indent")


@lru_cache(maxsize=16)
def _check_writing(attribute_prefix: str, text_key: str, root: str, item: str) -> None:
    _check_marks(attribute_prefix, text_key)
    _check_element_name("root", root)
    _check_element_name("item", item)


def _check_marks(attribute_prefix: str, text_key: str) -> None:
    for parameter, mark in (("attribute_prefix", attribute_prefix), ("text_key", text_key)):
        if not mark or is_name(mark[0]):
            detail = f"The parameter {parameter} must begin with a character that begins no XML name."
            raise InvalidParameter(detail, parameter=parameter)
        if len(quote(mark)) - 2 > MAX_MARK_LENGTH:
            detail = f"The parameter {parameter} must have at most {MAX_MARK_LENGTH} characters, as JSON writes it."
            raise InvalidParameter(detail, parameter=parameter)
        if _SURROGATE.search(mark):
            detail = f"The parameter {parameter} must not hold an unpaired surrogate."
            raise InvalidParameter(detail, parameter=parameter)
    if text_key.startswith(attribute_prefix):
        detail = "The parameter text_key must not begin with attribute_prefix: it would read as an attribute."
        raise InvalidParameter(detail, parameter="text_key")


_SURROGATE = re.compile("[\ud800-\udfff]")


def _check_choice(parameter: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        detail = f"The parameter {parameter} must be one of {', '.join(choices)}."
        raise InvalidParameter(detail, parameter=parameter)


def _check_names(parameter: str, names: Collection[str], namespaces: str) -> None:
    """Whether each can be an element's member in the JSON."""
    if isinstance(names, str):
        raise InvalidParameter(f"The parameter {parameter} must be a list of names.", parameter=parameter)
    for name in names:
        if not (is_qname(name) or (namespaces == "expanded" and is_ncname(name.rpartition(":")[2]))):
            raise InvalidParameter(f"The parameter {parameter} must hold names of elements.", parameter=parameter)


def _check_element_name(parameter: str, name: str) -> None:
    if not is_ncname(name):
        raise InvalidParameter(f"The parameter {parameter} must be an XML name without a prefix.", parameter=parameter)
    if len(name) > MAX_NAME_LENGTH:
        detail = f"The parameter {parameter} must have at most {MAX_NAME_LENGTH} characters."
        raise InvalidParameter(detail, parameter=parameter)


def _sort_losses(lost: Collection[str], order: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(loss for loss in order if loss in lost) if lost else ()
