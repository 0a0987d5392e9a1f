"""The mapping `jsonml`: any XML element tree as JSON arrays, in JsonML's array form (www.jsonml.org).

    <p class="x">one <b>two</b> three</p>        ["p",{"class":"x"},"one ",["b","two"]," three"]

1. An element is `[name, {attributes}, children...]`. The object is left out when there are no attributes.
2. A child is an element or a text, in document order. Adjacent texts, CDATA among them, are one; white space is text.
3. Names are written as they stand, prefix included, and namespace declarations are attributes like any other.
4. Comments and processing instructions are dropped, and named as losses. So is what lies outside the root element.
5. On the way back, numbers and booleans are written as text, and the loss `types` says so.
6. Refused, with a pointer: null; an array without a name at its head; an object anywhere but after a name; a name that
   is no XML name, a prefix that is not declared, an illegal declaration, an attribute that stands twice; a character
   that XML cannot carry.
"""

from collections.abc import Iterator
from typing import NoReturn

from crosswalk.converter.json_text import MAX_DEPTH, Number, Object, Value, parse_json, point_at, quote, write_json
from crosswalk.converter.xml_text import UNCARRIABLE, XmlReader, escape_attribute, escape_text, is_qname
from crosswalk.errors import InexpressibleDocument, UnsafeDocument

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/"

Attributes = list[tuple[str, str]]


def xml_to_json(xml: bytes, *, indent: int = 0) -> tuple[str, tuple[str, ...]]:
    """The JSON text of an XML document as `recode_xml` returns it; and losses: `comments`, `processing-instructions`.

    Raises MalformedDocument and UnsafeDocument.
    """
    reader = _Reader(xml)
    json = reader.read()
    return write_json(parse_json(json), indent) if indent else json, tuple(sorted(reader.losses))


def json_to_xml(text: str) -> tuple[str, tuple[str, ...]]:
    """The XML of a JSON text, and what it lost: `types`. White space would be text, so there is no `indent`."""
    writer = _Writer()
    writer.write(parse_json(text))
    return "".join(writer.written), tuple(sorted(writer.losses))


class _Reader:
    """Writes the JSON while it reads; each element and text brings the comma before it, the root's is cut off."""

    def __init__(self, xml: bytes) -> None:
        self.losses: set[str] = set()
        self._xml = XmlReader(xml)
        self._written: list[str] = []
        self._text: list[str] = []
        self._depth = 0

    def read(self) -> str:
        self._xml.read(
            self._start,
            self._end,
            self._text.append,
            lambda comment: self.losses.add("comments"),
            lambda target, data: self.losses.add("processing-instructions"),
        )
        return "".join(self._written)[1:]

    def _start(self, name: str, attributes: list[str]) -> None:
        if self._text:
            self._write_text()
        self._depth += 1
        if self._depth + bool(attributes) > MAX_DEPTH:
            line, column = self._xml.position
            detail = f"arrays and objects would stand deeper than {MAX_DEPTH} levels"
            raise UnsafeDocument(detail, line=line, column=column)
        self._written.append(f',["{name}"')
        if attributes:
            pairs = zip(attributes[::2], attributes[1::2], strict=True)
            self._written.append(",{" + ",".join([f'"{key}":{quote(value)}' for key, value in pairs]) + "}")

    def _end(self, name: str) -> None:
        if self._text:
            self._write_text()
        self._depth -= 1
        self._written.append("]")

    def _write_text(self) -> None:
        self._written.append("," + quote("".join(self._text)))
        self._text.clear()


class _Writer:
    def __init__(self) -> None:
        self.written: list[str] = []
        self.losses: set[str] = set()
        self._path: list[int] = []  # the places, from the root, of the value that is being written
        self._qnames: set[str] = set()  # names that have been checked; most come again and again
        self._namespaces = {"xml": XML_NAMESPACE}  # by prefix, as they stand for the element that is being written
        self._outer_namespaces: list[Attributes] = []  # for each open element, what its declarations have replaced

    def write(self, root: Value) -> None:
        """Write a tree. What is open is kept in a list, so that depth costs no stack."""
        open_elements = [self._open(root)]
        while open_elements:
            children, end_tag = open_elements[-1]
            for index, child in children:
                self._path.append(index)
                if isinstance(child, list):
                    open_elements.append(self._open(child))
                    break
                self.written.append(escape_text(self._write_scalar(child)))
                self._path.pop()
            else:
                self.written.append(end_tag)
                self._namespaces.update(self._outer_namespaces.pop())
                open_elements.pop()
                if open_elements:
                    self._path.pop()

    def _open(self, element: Value) -> tuple[Iterator[tuple[int, Value]], str]:
        """Write a start tag. Returns the children with their places in the array, and the end tag."""
        if not isinstance(element, list) or not element:
            self._refuse("an element is an array with its name at the head")
        name = element[0]
        if not isinstance(name, str) or isinstance(name, Number) or not self._is_qname(name):
            self._refuse("an element's name must be an XML name", 0)
        head = 1
        attributes: Attributes = []
        if len(element) > 1 and isinstance(element[1], Object):
            head = 2
            attributes = [(key, self._write_scalar(value, 1, key)) for key, value in element[1]]
        self._check_names(name, attributes)
        self.written.append("<" + name)
        self.written += [f' {key}="{escape_attribute(value)}"' for key, value in attributes]
        self.written.append(">" if len(element) > head else " />")
        return enumerate(element[head:], head), f"</{name}>" if len(element) > head else ""

    def _write_scalar(self, value: Value, *place: int | str) -> str:
        """A child or an attribute's value as text; `place` is where it stands within the element, for an attribute."""
        if value is None or isinstance(value, (list, Object)):
            self._refuse("this must be a string, a number or a boolean; the mapping item carries any value", *place)
        if isinstance(value, (bool, Number)):
            self.losses.add("types")
            return str(value).lower() if isinstance(value, bool) else value
        if unfit := UNCARRIABLE.search(value):
            self._refuse(f"XML cannot carry U+{ord(unfit[0]):04X}; the mapping item can", *place)
        return value

    def _check_names(self, name: str, attributes: Attributes) -> None:
        """As Namespaces in XML 1.0 asks: every prefix is declared, no two attributes have the same expanded name."""
        self._outer_namespaces.append([])
        if not attributes and ":" not in name:
            return
        for key, value in attributes:
            if _is_declaration(key):
                self._declare(key, value)
        self._find_namespace(name, 0)
        seen = set()
        for key, _ in attributes:
            if not self._is_qname(key):
                self._refuse("an attribute's name must be an XML name", 1, key)
            uri = XMLNS_NAMESPACE if _is_declaration(key) else self._find_namespace(key, 1, key)
            expanded = uri, key.rpartition(":")[2]
            if expanded in seen:
                self._refuse("this attribute stands twice", 1, key)
            seen.add(expanded)

    def _is_qname(self, string: str) -> bool:
        if string in self._qnames:
            return True
        if is_qname(string):
            self._qnames.add(string)
        return string in self._qnames

    def _declare(self, key: str, uri: str) -> None:
        prefix = key[len("xmlns:") :]
        if prefix == "xmlns" or (prefix == "xml") != (uri == XML_NAMESPACE) or uri == XMLNS_NAMESPACE:
            self._refuse("the prefixes xml and xmlns and their namespaces are reserved", 1, key)
        if prefix and not uri:
            self._refuse("a prefix cannot be declared for no namespace", 1, key)
        self._outer_namespaces[-1].append((prefix, self._namespaces.get(prefix, "")))
        self._namespaces[prefix] = uri

    def _find_namespace(self, name: str, *place: int | str) -> str:
        """The namespace that a name's prefix stands for; the empty string when it has none."""
        prefix, colon, _ = name.rpartition(":")
        uri = self._namespaces.get(prefix, "") if colon else ""
        if colon and not uri:
            self._refuse("the prefix is not declared", *place)
        return uri

    def _refuse(self, detail: str, *place: int | str) -> NoReturn:
        raise InexpressibleDocument(detail, pointer=point_at([*self._path, *place]))


def _is_declaration(key: str) -> bool:
    return key == "xmlns" or key.startswith("xmlns:")
