"""The mapping `jsonml`: any XML element tree as JSON arrays, in JsonML's array form (www.jsonml.org).

    <p class="x">one <b>two</b> three</p>        ["p",{"class":"x"},"one ",["b","two"]," three"]

1. An element is `[name, {attributes}, children...]`. The object is left out when there are no attributes.
2. A child is an element or a text, in document order. Adjacent texts, CDATA among them, are one; white space is text.
3. Names are written as they stand, prefix included, and namespace declarations are attributes like any other.
4. Comments and processing instructions are dropped, and named as losses. So is what lies outside the root element.
5. On the way back, what would not come back is named: `types` (a number or boolean is a text in XML),
   `empty-attributes`, `empty-text`, `adjacent-texts` (they are one in XML).
6. Refused, with a pointer: null; an array without a name at its head; an object anywhere but after a name; a name that
   is no XML name, a prefix that is not declared, an illegal declaration, an attribute that stands twice; a character
   that XML cannot carry.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import NoReturn

from crosswalk.converter.json_text import Number, Object, Value, decode_json, parse_json, quote, write_json
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.output import PIECES, TextOutput
from crosswalk.converter.places import point_at
from crosswalk.converter.sources import MAX_GAP, Source
from crosswalk.converter.xml.escaping import UNCARRIABLE, escape_attribute, escape_text
from crosswalk.converter.xml.names import NamespaceFault, Scope, is_qname
from crosswalk.converter.xml.reader import XmlReader
from crosswalk.errors import InexpressibleDocument, UnsafeDocument

Attributes = list[tuple[str, str]]


def xml_to_json(source: Source, write: Callable[[bytes], object], *, indent: int = 0) -> tuple[str, ...]:
    """Write the JSON text of an XML document, as `XmlReader` takes it.

    Returns what it lost: `comments`, `processing-instructions`. Raises MalformedDocument and UnsafeDocument.
    """
    compact = BytesIO()
    reader = _Reader(source, compact.write if indent else write)
    reader.read()
    if indent:
        write_json(parse_json(compact.getvalue().decode()), write, indent)
    return tuple(sorted(reader.losses))


def json_to_xml(source: Source, write: Callable[[bytes], object]) -> tuple[str, ...]:
    """Write the XML of a JSON document; returns what it lost, as rule 5 says.

    White space would be text, so there is no `indent`.
    """
    writer = _Writer(write)
    writer.write(parse_json(decode_json(source.read())))
    return tuple(sorted(writer.losses))


class _Reader:
    """Writes the JSON while it reads. An element brings the comma before it; only the root has none."""

    def __init__(self, source: Source, write: Callable[[bytes], object]) -> None:
        self.losses: set[str] = set()
        self._xml = XmlReader(source)
        self._output = TextOutput(write)
        self._text: list[str] = []
        self._names: list[str] = []  # of the elements that are open
        self._floor = 0  # the depth of the last declaration of a namespace

    def read(self) -> None:
        self._xml.read(
            self._start_root, self._end, self._text.append, self.losses, self._end_block, lambda: self._names
        )
        self._output.finish()

    def _start_root(self, name: str, attributes: list[str]) -> None:
        self._start(name, attributes)
        self._output[0] = self._output[0].removeprefix(",")
        self._xml.listen(self._start)

    def _start(self, name: str, attributes: list[str]) -> None:
        if self._text:
            self._write_text()
        names = self._names
        names.append(name)
        depth = len(names)
        if attributes or ":" in name or depth <= self._floor:
            self._xml.check_names(depth, name, attributes)
            self._floor = self._xml.scope.depth
        if depth >= MAX_DEPTH and depth + bool(attributes) > MAX_DEPTH:
            detail = f"Arrays and objects would stand deeper than {MAX_DEPTH} levels."
            raise UnsafeDocument(detail, place=self._xml.place)
        if attributes:
            pairs = iter(attributes)
            members = ",".join([f'"{key}":{quote(value)}' for key, value in zip(pairs, pairs)])  # noqa: B905
            self._output.append(f',["{name}",{{{members}}}')
        else:
            self._output.append(f',["{name}"')

    def _end(self, name: str) -> None:
        if self._text:
            self._write_text()
        self._names.pop()
        output = self._output
        output.append("]")
        if len(output) > PIECES:
            output.finish()

    def _write_text(self) -> None:
        texts = self._text
        self._output.append("," + quote(texts[0] if len(texts) == 1 else "".join(texts)))
        texts.clear()

    def _end_block(self, fed: int) -> None:
        """Keep no more than one block holds, and refuse a text that would not fit into memory in the end."""
        self._output.finish()
        if sum(map(len, self._text)) > MAX_GAP:
            raise UnsafeDocument(f"A text has more than {MAX_GAP // 1024**2} Mi characters.", place=self._xml.place)


class _Writer:
    def __init__(self, write: Callable[[bytes], object]) -> None:
        self.losses: set[str] = set()
        self._output = TextOutput(write)
        self._path: list[int] = []  # the places, from the root, of the value that is being written
        self._qnames: set[str] = set()  # names that have been checked; most come again and again
        self._scope = Scope()

    def write(self, root: Value) -> None:
        """Write a tree. What is open is kept in a list, so that depth costs no stack."""
        open_elements = [self._open(root, 0)]
        while open_elements:
            children, end_tag = open_elements[-1]
            beside_text = False
            for index, child in children:
                self._path.append(index)
                if isinstance(child, list):
                    open_elements.append(self._open(child, len(open_elements)))
                    break
                self._write_text(self._write_scalar(child), beside_text)
                beside_text = True
                self._path.pop()
            else:
                self._output.append(end_tag)
                if len(self._output) > PIECES:
                    self._output.finish()
                open_elements.pop()
                if open_elements:
                    self._path.pop()
        self._output.finish()

    def _open(self, element: Value, depth: int) -> tuple[Iterator[tuple[int, Value]], str]:
        """Write a start tag. Returns the children with their places in the array, and the end tag."""
        if not isinstance(element, list) or not element:
            self._refuse("An element is an array with its name at the head.")
        name = element[0]
        if not isinstance(name, str) or isinstance(name, Number) or not self._is_qname(name):
            self._refuse("An element's name must be an XML name.", 0)
        head = 1
        attributes: Attributes = []
        if len(element) > 1 and isinstance(element[1], Object):
            head = 2
            attributes = [(key, self._write_scalar(value, 1, key)) for key, value in element[1]]
            if not attributes:
                self.losses.add("empty-attributes")
        if attributes or ":" in name or depth <= self._scope.depth:
            self._check_names(depth, name, attributes)
        self._output.append("<" + name)
        for key, value in attributes:
            self._output.append(f' {key}="{escape_attribute(value)}"')
        self._output.append(">" if len(element) > head else " />")
        return enumerate(element[head:], head), f"</{name}>" if len(element) > head else ""

    def _write_text(self, text: str, beside_text: bool) -> None:
        if beside_text:
            self.losses.add("adjacent-texts")
        if not text:
            self.losses.add("empty-text")
        self._output.append(escape_text(text))

    def _write_scalar(self, value: Value, *place: int | str) -> str:
        """A child or an attribute's value as text; `place` is where it stands within the element, for an attribute."""
        if value is None or isinstance(value, (list, Object)):
            self._refuse("This must be a string, a number or a boolean; the mapping item carries any value.", *place)
        if isinstance(value, (bool, Number)):
            self.losses.add("types")
            return str(value).lower() if isinstance(value, bool) else value
        if unfit := UNCARRIABLE.search(value):
            self._refuse(f"XML cannot carry U+{ord(unfit[0]):04X}; the mapping item can.", *place)
        return value

    def _check_names(self, depth: int, name: str, attributes: Attributes) -> None:
        seen = set()
        for key, _ in attributes:
            if not self._is_qname(key):
                self._refuse("An attribute's name must be an XML name.", 1, key)
            if key in seen:
                self._refuse("This attribute stands twice.", 1, key)
            seen.add(key)
        try:
            self._scope.enter(depth, name, [part for pair in attributes for part in pair])
        except NamespaceFault as fault:
            place = (0,) if fault.attribute is None else (1, fault.attribute)
            self._refuse(fault.detail, *place)

    def _is_qname(self, string: str) -> bool:
        if string in self._qnames:
            return True
        if is_qname(string):
            self._qnames.add(string)
        return string in self._qnames

    def _refuse(self, detail: str, *place: int | str) -> NoReturn:
        raise InexpressibleDocument(detail, pointer=point_at([*self._path, *place]))
