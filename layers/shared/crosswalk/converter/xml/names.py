"""Names in XML: what is one, which namespace its prefix stands for, and how it is told to people.

Prefixes are looked up here, for reading and for writing, and never by expat, which hands out each name with its
namespace in full, so that a long one takes gigabytes.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from xml.parsers import expat

from crosswalk.converter.xml.escaping import UNCARRIABLE

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/"

# Most names come again and again, and what was found out about them is kept; but not so many that memory grows with
# the document.
MAX_KEPT_NAMES = 1 << 15
MAX_KEPT_LENGTH = 256
MAX_KEPT_CHARACTERS = 1 << 18

_ASCII_NAME = re.compile("[A-Za-z_:][A-Za-z0-9._:-]*")
_ASCII_QNAME = re.compile("[A-Za-z_][A-Za-z0-9._-]*(?::[A-Za-z_][A-Za-z0-9._-]*)?")


def is_qname(string: str) -> bool:
    """Whether it is a name with at most one colon, and names on both its sides."""
    if _ASCII_QNAME.fullmatch(string):
        return True
    prefix, colon, local = string.partition(":")
    return is_ncname(prefix) and (not colon or is_ncname(local))


def is_ncname(string: str) -> bool:
    """Whether expat reads it as a name without colon: XML 1.0 as of its fourth edition."""
    return ":" not in string and is_name(string)


def is_name(string: str) -> bool:
    """Whether expat reads it as a name: asked of expat itself, about each character, where it is not plain."""
    if string.isascii():
        return _ASCII_NAME.fullmatch(string) is not None
    return _can_be("{}", string[0]) and all(_can_be("a{}", character) for character in set(string[1:]))


@lru_cache(maxsize=1 << 16)
def _can_begin(character: str) -> bool:
    """Whether a name may begin with it."""
    return is_name(character)


@lru_cache(maxsize=1 << 17)  # room for every character up to U+FFFF, in both places
def _can_be(name: str, character: str) -> bool:
    """Whether expat reads a name with a character in this place."""
    if character > "\uffff" or UNCARRIABLE.match(character):
        return False
    name = name.format(character)
    names: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: names.append(name)
    with suppress(expat.ExpatError):
        parser.Parse(f"<{name}/>", True)
    return names == [name]


def is_declaration(attribute: str) -> bool:
    """Whether an attribute of this name declares a namespace."""
    return attribute.startswith("xmlns") and (attribute == "xmlns" or attribute[5] == ":")


def shorten(name: str) -> str:
    """A name as an error tells it, which must not repeat the document at length."""
    return name if len(name) <= 40 else name[:40] + "..."


class NamespaceFault(Exception):
    """What Namespaces in XML 1.0 forbids, in an element or in the attribute of this name."""

    def __init__(self, detail: str, attribute: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.attribute = attribute


class Scope:
    """The namespaces in force, by prefix; the default one has the prefix "". Only what `is_name` takes is asked of it.

    The end of an element needs no call: its declarations are forgotten when the next one begins at its depth or above.
    So each element that begins at `depth` or above must either enter or leave.
    """

    def __init__(self) -> None:
        self.depth = -1  # of the last declaration
        # Names of elements that need no check now: of one without attributes alone, or else with its attributes'.
        self.sound: set[str | tuple[str, ...]] = set()
        self._uris = {"xml": XML_NAMESPACE}
        self._replaced: list[tuple[int, str, str | None]] = []  # by declarations: depth, prefix, what it meant before
        self._parts: dict[str, tuple[str, str]] = {"xmlns": ("xmlns", "")}  # prefix and local name, once checked

    def enter(self, depth: int, name: str, attributes: Sequence[str]) -> None:
        """Begin an element: declare what its attributes declare, and check its names.

        depth: of the element; all that stand around it have smaller ones.
        attributes: name, value, name, value ... That no name stands twice is for the caller to check.
        Raises NamespaceFault.
        """
        names = (name, *attributes[::2]) if attributes else name
        if depth > self.depth and names in self.sound:
            return
        self.leave(depth)
        prefixed = []
        pairs = iter(attributes)
        for attribute, value in zip(pairs, pairs, strict=True):
            if ":" in attribute or attribute == "xmlns":
                prefix, local = self._parts.get(attribute) or self._split(attribute, attribute)
                if prefix == "xmlns":
                    self._declare(depth, local, value, attribute)
                else:
                    prefixed.append(attribute)
        if ":" in name:
            self.resolve(name)
        if prefixed:
            self._check_attributes(prefixed)
        if depth > self.depth and len(self.sound) < MAX_KEPT_NAMES and sum(map(len, names)) < MAX_KEPT_LENGTH:
            self.sound.add(names)

    def leave(self, depth: int) -> None:
        """Forget the declarations of elements at this depth or below."""
        while self.depth >= depth:
            _, prefix, uri = self._replaced.pop()
            if uri is None:
                del self._uris[prefix]
            else:
                self._uris[prefix] = uri
            self.depth = self._replaced[-1][0] if self._replaced else -1
            self.sound.clear()

    def resolve(self, name: str) -> tuple[str, str]:
        """The namespace of an element, or of an attribute with a prefix, and its local name."""
        if ":" not in name:
            return self._uris.get("", ""), name
        prefix, local = self._parts.get(name) or self._split(name)
        uri = self._uris.get(prefix)
        if uri is None:
            raise NamespaceFault("The prefix of this name is not declared.")
        return uri, local

    def _split(self, name: str, attribute: str | None = None) -> tuple[str, str]:
        """Prefix and local name of a name with a colon; a fault tells the attribute, if it is one's."""
        prefix, _, local = name.partition(":")
        if not prefix or ":" in local or not _can_begin(local[:1]):  # all else was checked when `name` was
            raise NamespaceFault("A name has at most one colon, between two names.", attribute)
        if len(self._parts) < MAX_KEPT_NAMES and len(name) < MAX_KEPT_LENGTH:
            self._parts[name] = prefix, local
        return prefix, local

    def _declare(self, depth: int, prefix: str, uri: str, attribute: str) -> None:
        """As sections 2.2 and 3 of the specification ask."""
        if prefix == "xmlns" or (prefix == "xml") != (uri == XML_NAMESPACE) or uri == XMLNS_NAMESPACE:
            raise NamespaceFault("The prefixes xml and xmlns and their namespaces are reserved.", attribute)
        if prefix and not uri:
            raise NamespaceFault("A prefix cannot be declared for no namespace.", attribute)
        self._replaced.append((depth, prefix, self._uris.get(prefix)))
        self._uris[prefix] = uri
        self.depth = depth
        self.sound.clear()

    def _check_attributes(self, attributes: list[str]) -> None:
        """Every prefix is declared, and no two attributes are one once prefixes are looked up."""
        uris: dict[str, str] = {}
        for attribute in attributes:
            prefix = attribute[: attribute.index(":")]
            if prefix not in self._uris:
                raise NamespaceFault("The prefix of this name is not declared.", attribute)
            uris[prefix] = self._uris[prefix]
        if len(uris) == len(set(uris.values())):
            return
        seen = set()
        for attribute in attributes:
            prefix, _, local = attribute.partition(":")
            if (uris[prefix], local) in seen:
                raise NamespaceFault("Two attributes have one name in one namespace.", attribute)
            seen.add((uris[prefix], local))
