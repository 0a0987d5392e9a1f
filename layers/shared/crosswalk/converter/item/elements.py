"""Reads a chunk of an ITEM document of any form, by expat, and alone refuses what breaks the rules.

    <ITEM><ITEM>                                    opens what is open before the chunk
    <ITEM type="null" /></ITEM><ITEM type='list'>   the chunk
    </ITEM></ITEM>                                  closes what is open behind it

A chunk has a parser of its own: one that was fed for long would keep every name that it has met.
"""

import re
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from defusedxml import DTDForbidden

from crosswalk.converter.json_text import INTEGER, is_number, quote
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.places import Place, join_steps
from crosswalk.converter.xml.chunks import Chunk
from crosswalk.converter.xml.escaping import XML_SPACE
from crosswalk.converter.xml.names import shorten
from crosswalk.converter.xml.parser import (
    create_parser,
    describe,
    drop_handlers,
    find_second_doctype,
    find_wrong_beginning,
)
from crosswalk.errors import InexpressibleDocument, MalformedDocument, UnsafeDocument

ELEMENT = "ITEM"
TYPES = frozenset({"object", "list", "string", "integer", "float", "boolean", "null"})

SCALARS = {
    "integer": re.compile(INTEGER).fullmatch,
    "float": is_number,
    "boolean": re.compile("true|false").fullmatch,
}
WITHOUT_VALUE = {"object": "{", "list": "[", "null": "null"}
ENDINGS = {"{": "}", "[": "]"}
"""What ends the JSON that begins so."""
ROOT = "root"
"""What ends the JSON of a document that has no root yet, for want of anything better."""


@dataclass
class Open:
    """The elements that are open where a chunk begins, the document itself first."""

    endings: list[str] = field(default_factory=lambda: [ROOT])
    """What ends the JSON of each: a bracket, or nothing; of the document ROOT until there is a root."""
    counts: list[int] = field(default_factory=lambda: [0])
    """How many elements each holds so far."""
    places: list[Place] = field(default_factory=list)
    """Where the start tag of each stands; the document has none."""
    comma: str = ""
    """What stands before the JSON of the next element."""

    @property
    def is_complete(self) -> bool:
        """Whether the root has ended."""
        return self.endings == [""]

    def write_path(self, name: str) -> str:
        """The path of the innermost element, which alone may have another name than ITEM, as it is refused then."""
        steps = [ELEMENT, *(f"{ELEMENT}[{count}]" for count in self.counts[1:-1])]
        if name != ELEMENT:
            steps[-1] = f"{shorten(name)}[1]" if len(steps) > 1 else shorten(name)
        return join_steps(steps)


def read_elements(chunk: Chunk, opened: Open) -> bytes:
    """The JSON, in UTF-8, of a chunk; `opened` is what is open behind it afterwards.

    Raises MalformedDocument, UnsafeDocument and InexpressibleDocument, with their places in the document.
    """
    return _ChunkReader(chunk, opened).read()


class _ChunkReader:
    """One reading of one chunk."""

    def __init__(self, chunk: Chunk, opened: Open) -> None:
        self._chunk = chunk
        self._open = opened
        self._written: list[str] = []
        self._parser = create_parser()
        self._opening = self._open_elements()

    def read(self) -> bytes:
        parser = self._parser
        parser.ordered_attributes = True
        try:
            parser.Parse(self._opening, False)
            parser.StartElementHandler = self._start
            parser.EndElementHandler = self._end
            parser.CharacterDataHandler = self._check_text
            parser.ProcessingInstructionHandler = self._check_instruction
            parser.Parse(self._chunk.text, self._chunk.is_last)
            parser.StartElementHandler = parser.EndElementHandler = None
            if not self._chunk.is_last:  # a `]` that ends the chunk is told only now: `]>` might have followed
                parser.Parse(self._close_elements(), True)
        except expat.ExpatError as error:
            raise self._explain(error) from error
        except DTDForbidden as error:  # there has been one already, which is blank by now
            place = find_second_doctype(self._chunk.text, self._place, self._chunk.place)
            raise MalformedDocument("A DOCTYPE stands twice.", place=place) from error
        finally:
            drop_handlers(parser)
        return "".join(self._written).encode("utf-8", "backslashreplace")

    def _open_elements(self) -> bytes:
        """What stands before the chunk for expat: the open elements, a root that has ended, or nothing that counts."""
        if self._open.is_complete:
            return b"<ITEM/>"
        if self._open.endings == [ROOT]:
            return b"" if self._chunk.is_first else b" "  # behind a space `<?xml` is no declaration
        return b"<ITEM>" * (len(self._open.endings) - 1)

    def _close_elements(self) -> bytes:
        """What stands behind the chunk."""
        if self._open.endings == [ROOT]:
            return b"<ITEM/>"
        return b"</ITEM>" * (len(self._open.endings) - 1)

    @property
    def _place(self) -> Place:
        """The place in the document of the event that is being handled."""
        return self._locate(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber)

    def _locate(self, line: int, offset: int) -> Place:
        """The place in the document of what expat tells of the chunk; `offset` is from 0."""
        start = self._chunk.place
        if line > 1:
            return Place(start.line + line - 1, offset + 1)
        return Place(start.line, start.column + offset - len(self._opening))

    def _start(self, name: str, attributes: list[str]) -> None:
        opened = self._open
        opened.counts[-1] += 1
        opened.counts.append(0)
        opened.places.append(self._place)
        pairs = iter(attributes)
        given = dict(zip(pairs, pairs, strict=True))
        key, kind, value = given.pop("key", None), given.pop("type", None), given.pop("value", None)
        if name != ELEMENT or kind not in TYPES:
            self._refuse(f"Only elements {ELEMENT} with a type of {', '.join(sorted(TYPES))} belong here.", name)
        if given:
            key, value = self._unescape(key, kind, value, given)
        ending = opened.endings[-1]
        if ending not in (("]", ROOT) if key is None else ("}",)):
            self._refuse_key(key)
        if ending == ROOT:
            opened.endings[-1] = ""
        json = self._write_value(kind, value)
        self._written.append(f"{opened.comma}{json}" if key is None else f"{opened.comma}{quote(key)}:{json}")
        opened.comma = ""
        opened.endings.append(ENDINGS.get(json, ""))
        if len(opened.endings) > MAX_DEPTH + 1 and opened.endings[-1]:
            raise UnsafeDocument(f"Objects and lists stand deeper than {MAX_DEPTH} levels.", place=opened.places[-1])

    def _write_value(self, kind: str, value: str | None) -> str:
        """The JSON of a value, of an object or list its beginning."""
        if kind == "string":
            return quote(value) if value else '""'
        if value is None and kind in WITHOUT_VALUE:
            return WITHOUT_VALUE[kind]
        if value is None or kind not in SCALARS or not SCALARS[kind](value):
            self._refuse(f"Type {kind} has no such value.")
        return value

    def _end(self, name: str) -> None:
        opened = self._open
        self._written.append(opened.endings.pop())
        opened.counts.pop()
        opened.places.pop()
        opened.comma = ","

    def _check_text(self, text: str) -> None:
        if text.strip(XML_SPACE):
            self._refuse(f"An {ELEMENT} holds no text.")

    def _check_instruction(self, target: str, data: str) -> None:
        if ":" in target:  # Namespaces in XML 1.0, section 7
            raise MalformedDocument("The name of a processing instruction has no colon.", place=self._place)

    def _refuse_key(self, key: str | None) -> NoReturn:
        if not self._open.endings[-1]:
            self._refuse("Only objects and lists hold elements.")
        self._refuse(
            "A member of an object must have a key." if key is None else "Only a member of an object has a key."
        )

    def _unescape(
        self, key: str | None, kind: str, value: str | None, flags: dict[str, str]
    ) -> tuple[str | None, str | None]:
        """Key and value, with the escapes resolved that the other attributes speak of."""
        for name, flag in flags.items():
            if name == "escaped-key" and key is not None:
                key = self._resolve(key)
            elif name == "escaped" and kind == "string":
                value = self._resolve(value or "")
            else:
                self._refuse("There is an attribute that does not belong here.")
            if flag != "true":
                self._refuse(f"{name} can only be true.")
        return key, value

    def _resolve(self, string: str) -> str:
        resolved = resolve_escapes(string)
        if resolved is None:
            self._refuse(r"An escape is \\ or \u with four hexadecimal digits.")
        return resolved

    def _refuse(self, detail: str, name: str = ELEMENT) -> NoReturn:
        """Refuse the innermost element that is open, of this name."""
        raise InexpressibleDocument(detail, place=self._open.places[-1], path=self._open.write_path(name))

    def _explain(self, error: expat.ExpatError) -> MalformedDocument:
        """What is not well-formed, and where."""
        text, place = self._chunk.text, self._locate(error.lineno, error.offset)
        has_root = self._opening.strip()  # before this chunk
        if not has_root and (wrong := find_wrong_beginning(text, place, self._chunk.place)):
            return wrong
        message = expat.ErrorString(error.code)
        offset = max(self._parser.ErrorByteIndex - len(self._opening), 0)
        where = text[offset : offset + 4].decode("utf-8", "ignore")
        detail = describe(error, where)
        if message in _ABOUT_OPEN_ELEMENT and self._open.places:
            detail = _ABOUT_OPEN_ELEMENT[message].format(*self._open.places[-1])
        return MalformedDocument(detail, place=place)


_ABOUT_OPEN_ELEMENT = {
    expat.errors.XML_ERROR_TAG_MISMATCH: "This end tag does not match <ITEM> of line {}, column {}.",
    expat.errors.XML_ERROR_NO_ELEMENTS: "The document ends before <ITEM> of line {}, column {} does.",
}

_ESCAPED = re.compile(r"(?:[^\\]|\\\\|\\u[0-9a-fA-F]{4})*+")
_ESCAPE = re.compile(r"\\(?:\\|u([0-9a-fA-F]{4}))")


def resolve_escapes(string: str) -> str | None:
    """What an escaped string stands for (rule 5); None where there is another escape in it."""
    if not _ESCAPED.fullmatch(string):
        return None
    string = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else "\\", string)
    # Two escapes may be the halves of one character.
    return string.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
