"""Converts random documents and compares with what other libraries make of them: xmltodict, lxml, ElementTree, json.

python -m tests.attack.differential SECONDS [SEED]    prints the seed, how many documents, and the first difference
"""

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import lxml.etree
import xmltodict

from crosswalk.converter import json_to_xml, xml_to_json

ITEM_TYPES: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": int,
    "float": float,
    "boolean": lambda text: text == "true",
    "null": lambda text: None,
}
CHARACTERS = "ab \t\n\r<>&\"'\\/é日\U0001f600\x7f\u0085\u2028"
NAMES = ["a", "b", "c", "item", "é", "a-b", "_x", "p:a", "p:b"]
DEPTH = 4


class Documents:
    """Random documents, always the same for one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        return "".join(self.random.choices(CHARACTERS, k=self.random.randrange(8)))

    def value(self, depth: int = DEPTH) -> Any:
        choice = self.random.randrange(8 if depth else 6)
        if choice == 6:
            return [self.value(depth - 1) for _ in range(self.random.randrange(5))]
        if choice == 7:
            return {self.text(): self.value(depth - 1) for _ in range(self.random.randrange(5))}
        number = self.random.uniform(-1e9, 1e9)
        return [self.text(), int(number), number, True, False, None][choice]

    def element(self, depth: int = DEPTH) -> str:
        """As XML; `p` is declared on the root."""
        name = self.random.choice(NAMES)
        chosen = self.random.sample(NAMES, self.random.randrange(3))
        attributes = "".join(f" {one}={quoteattr(self.text())}" for one in chosen)
        declared = ' xmlns:p="urn:u"' if depth == DEPTH else ""
        children = [self.content(depth) for _ in range(self.random.randrange(5))] if depth else [escape(self.text())]
        return f"<{name}{declared}{attributes}>{''.join(children)}</{name}>"

    def content(self, depth: int) -> str:
        choice = self.random.randrange(10)
        if choice < 5:
            return self.element(depth - 1)
        return ["<!-- c -->", "<![CDATA[<&]]>", "&#65;"][choice - 5] if choice < 8 else escape(self.text())


def compare_json(value: Any) -> None:
    """`item` and `xpath` hold what Python's json reads, as lxml and ElementTree see it, and bring it back."""
    text = json.dumps(value, ensure_ascii=False).encode()
    for mapping, read in (("item", read_item), ("xpath", None)):
        xml = json_to_xml(text, mapping)
        assert json.loads(xml_to_json(xml, mapping)) == value, f"{mapping} brings something else back"
        if read:
            assert read(ElementTree.fromstring(xml)) == value, "ElementTree reads something else"
            assert read(lxml.etree.fromstring(xml, HUGE)) == value, "lxml reads something else"


HUGE = lxml.etree.XMLParser(huge_tree=True, resolve_entities=False)


def read_item(element: Any) -> Any:
    """An ITEM element's value, by the rules and by no code of ours."""
    kind = element.get("type")
    if kind == "list":
        return [read_item(child) for child in element]
    if kind == "object":
        return {child.get("key"): read_item(child) for child in element}
    value = element.get("value", "")
    if element.get("escaped"):
        value = json.loads(f'"{value}"')
    return ITEM_TYPES[kind](value)


def compare_xml(xml: str) -> None:
    """`natural` is what xmltodict makes of it; `jsonml` comes back as what lxml and ElementTree hold to be the same.

    With all white space, since xmltodict takes what Unicode calls that for white space, and XML does not.
    """
    document = xml.encode()
    natural = json.loads(xml_to_json(document, "natural", strip_whitespace=False))
    assert natural == xmltodict.parse(document, strip_whitespace=False), "xmltodict reads something else"
    back = json_to_xml(xml_to_json(document, "jsonml"), "jsonml")
    assert ElementTree.canonicalize(back) == ElementTree.canonicalize(document), "ElementTree sees something else"
    assert canonicalize(back) == canonicalize(document), "lxml sees something else"


def canonicalize(document: bytes) -> bytes:
    root = lxml.etree.fromstring(document, lxml.etree.XMLParser(remove_comments=True, resolve_entities=False))
    return bytes(lxml.etree.tostring(root, method="c14n", with_comments=False))


def main(seconds: float, seed: int) -> int:
    documents, count, end = Documents(seed), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        value, xml = documents.value(), documents.element()
        for compare, document in ((compare_json, value), (compare_xml, xml)):
            try:
                compare(document)
            except Exception as error:
                print(f"seed {seed}, {count} documents, {type(error).__name__}: {error}, in {document!r}"[:2000])
                return 1
            count += 1
    print(f"seed {seed}, {count} documents")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**9)))
