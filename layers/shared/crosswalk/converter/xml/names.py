"""Names in XML: what is one, which namespace its prefix stands for, and how it is told to people.

Prefixes are looked up here, for reading and for writing, and never by expat, which hands out each name with its
namespace in full, so that a long one takes gigabytes.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from xml.parsers import expat

from crosswalk.converter.xml.escaping import UNCARRIABLE

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/"

# Most names come again and again, and what was found out about them is kept; but not so many that memory grows with
# the document.
MAX_KEPT_NAMES = 4096
MAX_KEPT_LENGTH = 256

_ASCII_NAME = re.compile("[A-Za-z_:][A-Za-z0-9._:-]*")


def is_qname(string: str) -> bool:
    """Whether it is a name with at most one colon, and names on both its sides."""
    prefix, colon, local = string.partition(":")
    return is_ncname(prefix) and (not colon or is_ncname(local))


def is_ncname(string: str) -> bool:
    """Whether expat reads it as a name without colon: XML 1.0 as of its fourth edition."""
    return ":" not in string and is_name(string)


def is_name(string: str) -> bool:
    """Whether expat reads it as a name: asked of expat itself where it is not plain."""
    return _ASCII_NAME.fullmatch(string) is not None or (not string.isascii() and _is_read_as_name(string))


def _is_read_as_name(string: str) -> bool:
    if UNCARRIABLE.search(string):
        return False
    names: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: names.append(name)
    with suppress(expat.ExpatError):
        parser.Parse(f"<{string}/>", True)
    return names == [string]


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
    """The namespaces in force, by prefix; the default one has the prefix "".

    An element's declarations are forgotten when the next one enters at its depth or above, so that the end of an
    element needs no call.
    """

    def __init__(self) -> None:
        self._uris = {"xml": XML_NAMESPACE}
        self._replaced: list[tuple[int, str, str | None]] = []  # by declarations: depth, prefix, what it meant before
        self._local_names: dict[str, tuple[str, str]] = {}  # prefix and local name of names that have been checked

    def enter(self, depth: int, name: str, attributes: Iterable[tuple[str, str]]) -> None:
        """Begin an element: declare what its attributes declare, and check its names.

        depth: of the element; all that stand around it have smaller ones.
        attributes: names and values. That no name stands twice is for the caller to check.
        Raises NamespaceFault.
        """
        self.leave(depth)
        prefixed = []
        for attribute, value in attributes:
            if ":" not in attribute and attribute != "xmlns":
                continue
            if is_declaration(attribute):
                self._declare(depth, attribute, value)
            else:
                prefixed.append(attribute)
        if ":" in name:
            self.resolve(name)
        if prefixed:
            self._check_attributes(prefixed)

    def leave(self, depth: int) -> None:
        """Forget the declarations of elements at this depth or below."""
        while self._replaced and self._replaced[-1][0] >= depth:
            _, prefix, uri = self._replaced.pop()
            if uri is None:
                del self._uris[prefix]
            else:
                self._uris[prefix] = uri

    def find(self, prefix: str) -> str:
        """The namespace that a prefix stands for, or the empty string."""
        return self._uris.get(prefix, "")

    def resolve(self, name: str) -> tuple[str, str]:
        """The namespace of an element, or of an attribute with a prefix, and its local name."""
        prefix, local = self._split(name)
        uri = self._uris.get(prefix, "")
        if prefix and not uri:
            raise NamespaceFault("The prefix of this name is not declared.")
        return uri, local

    def _split(self, name: str) -> tuple[str, str]:
        if ":" not in name:
            return "", name
        split = self._local_names.get(name)
        if not split:
            if not is_qname(name):
                raise NamespaceFault("A name has at most one colon, between two names.")
            prefix, _, local = name.partition(":")
            split = prefix, local
            if len(self._local_names) < MAX_KEPT_NAMES and len(name) < MAX_KEPT_LENGTH:
                self._local_names[name] = split
        return split

    def _declare(self, depth: int, attribute: str, uri: str) -> None:
        """As sections 2.2 and 3 of the specification ask."""
        prefix = "" if attribute == "xmlns" else self._split_attribute(attribute)[1]
        if prefix == "xmlns" or (prefix == "xml") != (uri == XML_NAMESPACE) or uri == XMLNS_NAMESPACE:
            raise NamespaceFault("The prefixes xml and xmlns and their namespaces are reserved.", attribute)
        if prefix and not uri:
            raise NamespaceFault("A prefix cannot be declared for no namespace.", attribute)
        self._replaced.append((depth, prefix, self._uris.get(prefix)))
        self._uris[prefix] = uri

    def _check_attributes(self, attributes: list[str]) -> None:
        """Every prefix is declared, and no two attributes are one once prefixes are looked up."""
        prefixes = {}
        for attribute in attributes:
            prefix, _ = self._split_attribute(attribute)
            if prefix not in prefixes:
                prefixes[prefix] = self.find(prefix)
                if not prefixes[prefix]:
                    raise NamespaceFault("The prefix of this name is not declared.", attribute)
        if len(prefixes) == len(set(prefixes.values())):
            return
        seen = set()
        for attribute in attributes:
            prefix, local = self._split_attribute(attribute)
            if (prefixes[prefix], local) in seen:
                raise NamespaceFault("Two attributes have one name in one namespace.", attribute)
            seen.add((prefixes[prefix], local))

    def _split_attribute(self, attribute: str) -> tuple[str, str]:
        try:
            return self._split(attribute)
        except NamespaceFault as fault:
            raise NamespaceFault(fault.detail, attribute) from fault
