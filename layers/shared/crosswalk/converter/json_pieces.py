"""Cuts a JSON text into pieces that can be read one by one, each of them completed to a JSON text of its own.

    piece                   open before it    open behind it    completed
    [{"a": 1, "b": [2,                        [{[               [{"a": 1, "b": [2,null]}]
    3, 4]}, {"c": 5,        [{[               [{                [{"":[null,3, 4]}, {"c": 5,"":null}]
    "d": 6}]                [{                                  [{"":null,"d": 6}]

A piece ends behind a comma outside strings, the last one where the text ends. What is open around it is opened before
it and closed behind it, with a null at each side. So the json module judges every comma in its true place, and a text
is sound if all its completed pieces are. Only the levels that a piece closes, and one more, are put around it: in a
document 500 levels deep, all of them would be most of the work.
"""

from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from crosswalk.converter.json_depth import blank_escapes, keep_brackets, keep_structure
from crosswalk.converter.json_text import drop_mark, parse_json
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.places import START, Place
from crosswalk.converter.sources import Source, cut_source
from crosswalk.errors import DocumentError, MalformedDocument

PIECE_SIZE = 1 << 17
"""Bytes of a piece, about: twice those of another part. To cut costs most where texts hold many escapes."""

_CLOSING = bytes.maketrans(b"[{", b"]}")


class Piece(NamedTuple):
    """One piece of a JSON text; what is open is told by its brackets, the outermost first."""

    text: bytes
    place: Place
    before: bytes
    behind: bytes
    """Nothing is open behind the last piece."""
    around: bytes
    """The levels that are put around it, the innermost of `before`."""
    fits: bool
    """Whether it is UTF-8 and its brackets can stand here; if not, it is refused."""
    height: int
    """At most so many levels are open within it."""

    def complete(self) -> bytes:
        """A JSON text that is sound if the piece is."""
        return open_levels(self.around) + self.text + close_levels(self.left_open)

    @property
    def left_open(self) -> bytes:
        """The levels that have to be closed to complete it."""
        return self.behind[len(self.before) - len(self.around) :]


def open_levels(brackets: bytes) -> bytes:
    """JSON that opens these levels and holds a null in the innermost one."""
    return brackets.replace(b"{", b'{"":') + b"null," if brackets else b""


def close_levels(brackets: bytes) -> bytes:
    """JSON that holds a last null, or a member that is null, in the innermost of these levels and closes them."""
    if not brackets:
        return b""
    return (b"null" if brackets.endswith(b"[") else b'"":null') + brackets[::-1].translate(_CLOSING)


def cut_json(source: Source, size: int = PIECE_SIZE) -> Iterator[Piece]:
    """The pieces of a JSON text (UTF-8, a BOM is ignored), each of about `size` bytes.

    Each piece relies on those before it being sound; whoever meets one that is not calls `refuse`.
    Raises MalformedDocument for what looks like UTF-16 or UTF-32, UnsafeDocument for a value that is too large.
    """
    place: Place | None = START
    before = b""
    cutter = _Cutter()
    for number, part in enumerate(cut_source(source, size, cutter.find_end)):
        assert place, "a piece that is refused is the last one to be asked for"
        text = part.text if number else drop_mark(part.text)
        piece = _measure_last(text, place, before) if part.is_last else _measure(text, cutter.structure, place, before)
        before = piece.behind
        try:
            decoded = text.decode()
            place = None if part.is_last else place.after(decoded)
        except UnicodeDecodeError:
            place, piece = None, piece._replace(fits=False)
        yield piece


class _Cutter:
    """Finds where pieces end, and keeps the brackets and quotes of the last one that it has found."""

    structure = b""

    def find_end(self, window: bytes) -> int:
        """The offset behind the last comma outside strings, 0 where there is none."""
        plain = blank_escapes(window)
        structure = keep_structure(plain)
        end = _find_last_comma(plain, inside=structure.count(b'"') % 2 == 1)
        self.structure = structure[: len(structure) - len(keep_structure(plain[end:]))]
        return end


def _find_last_comma(plain: bytes, *, inside: bool) -> int:
    """The same in a text without escaped quotes; inside: whether a string is open at its end.

    From there back, each quote is looked at once.
    """
    end = len(plain)
    while end >= 0:
        quote = plain.rfind(b'"', 0, end)
        comma = -1 if inside else plain.rfind(b",", quote + 1, end)
        if comma >= 0:
            return comma + 1
        end, inside = quote, not inside
    return 0


def _measure(text: bytes, structure: bytes, place: Place, before: bytes) -> Piece:
    """The piece with its levels; structure: its brackets and quotes."""
    nesting = _nest(keep_brackets(structure))
    if nesting is None or nesting.closed > len(before):
        return Piece(text, place, before, b"", before, False, 0)
    kept = len(before) - nesting.closed
    behind = before[:kept] + nesting.opened
    height = len(before) + nesting.height
    around = before if height > MAX_DEPTH else before[max(0, kept - 1) :]
    return Piece(text, place, before, behind, around, behind != b"", height)


def _measure_last(text: bytes, place: Place, before: bytes) -> Piece:
    """The last piece, behind which nothing may be open: the json module tells whether that is so."""
    height = text.count(b"[") + text.count(b"{")
    if len(text) > PIECE_SIZE and (nesting := _nest(keep_brackets(keep_structure(blank_escapes(text))))):
        height = nesting.height
    return Piece(text, place, before, b"", before, True, len(before) + height)


class _Nesting(NamedTuple):
    """What a piece does to the levels around it."""

    closed: int
    """So many of the levels that are open before it are closed."""
    opened: bytes
    """The brackets that it leaves open."""
    height: int
    """At most so many more levels than before it are open within it."""


_PASSES = 8


def _nest(brackets: bytes) -> _Nesting | None:
    """None where a bracket closes one of the other kind."""
    rest, levels = brackets, 0
    while levels < 2 * _PASSES:  # each pass takes a level or two away: of most pieces, little is left
        shorter = rest.replace(b"[]", b"").replace(b"{}", b"")
        if len(shorter) == len(rest):
            break
        rest, levels = shorter, levels + 2
    closed, opened, deepest = 0, bytearray(), 0
    for bracket in rest:
        if bracket in b"[{":
            opened.append(bracket)
            deepest = max(deepest, len(opened))
        elif not opened:
            closed += 1
        elif opened.pop() + 2 != bracket:  # ASCII has `[` two before `]`, and `{` two before `}`
            return None
    return _Nesting(closed, bytes(opened), deepest + levels)


def refuse(piece: Piece) -> NoReturn:
    """Raise the first fault of a piece that is not sound, with its place in the whole text."""
    opening = open_levels(piece.before)
    invalid = _find_invalid_byte(piece)
    try:
        parse_json((opening + piece.text).decode(errors="replace"))
    except DocumentError as error:
        error.place = _place_in_text(piece, error.place, len(opening))
        if invalid is None or error.place < invalid:
            raise
    assert invalid, "the piece is sound"
    raise MalformedDocument("The bytes here are not UTF-8.", place=invalid)


def _find_invalid_byte(piece: Piece) -> Place | None:
    """The first place where the bytes are not UTF-8."""
    try:
        piece.text.decode()
    except UnicodeDecodeError as error:
        return piece.place.after(piece.text[: error.start].decode())
    return None


def _place_in_text(piece: Piece, place: Place | None, opening: int) -> Place:
    """A place in an opened piece as one in the whole text; `opening` is the length of what opens it, in line 1."""
    assert place, "a fault of JSON has a place"
    if place.line > 1:
        return Place(piece.place.line + place.line - 1, place.column)
    return Place(piece.place.line, piece.place.column + place.column - 1 - opening)
