"""Hypothesis strategies for JSON texts, every one that RFC 8259 allows."""

import json

from hypothesis import strategies as st

SPACE = st.text(" \t\n\r", max_size=3)
# Every code point, and more often those that mean something to JSON, to XML or to a decoder.
CHARACTER = st.one_of(
    st.characters(codec=None, categories=None),
    st.sampled_from(
        "\0\b\t\n\f\r\x1f \"&'/<>\\]\x7f\x85\xa0\ud7ff\ud800\udbff\udc00\udfff\ufdd0\ufffd\ufffe\uffff\U0001f600u"
    ),
)


@st.composite
def json_strings(draw: st.DrawFn) -> str:
    """A string literal: each character raw where that is allowed, or by any of its escapes."""
    return '"' + "".join(draw(st.lists(CHARACTER.flatmap(_spellings), max_size=12))) + '"'


def _spellings(character: str) -> st.SearchStrategy[str]:
    escape = "".join(f"\\u{unit:04x}" for unit in _utf_16_units(character))
    spellings = [escape, escape.upper().replace("\\U", "\\u")]
    if character >= " " and character not in '"\\' and not "\ud800" <= character <= "\udfff":
        spellings = [character, *spellings]
    if character in _SHORT_ESCAPES:
        spellings.append(_SHORT_ESCAPES[character])
    return st.sampled_from(spellings)


_SHORT_ESCAPES = {'"': r"\"", "\\": r"\\", "/": r"\/", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def _utf_16_units(character: str) -> list[int]:
    units = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]


INTEGERS = st.one_of(
    st.integers().map(str),
    st.sampled_from(["0", "-0", "9" * 40, "-" + "1" * 5000, "1" + "0" * 4999]),
)
NUMBERS = st.one_of(
    INTEGERS,
    st.sampled_from(
        ["1.0", "1e400", "-0.0", "1E400", "0e0", "1e+5", "1E-07", "0.10", "1" + "0" * 400 + ".5", "5e-324"]
    ),
    st.from_regex(r"-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,9})?([eE][-+]?[0-9]{1,3})?", fullmatch=True).map(str.strip),
)
SCALARS = st.one_of(json_strings(), NUMBERS, st.sampled_from(["true", "false", "null", '""']))


def json_texts(max_leaves: int = 25) -> st.SearchStrategy[str]:
    """A whole JSON text, with duplicate and empty keys, and white space wherever it may stand."""
    values = st.recursive(SCALARS, _containers, max_leaves=max_leaves)
    return st.tuples(SPACE, values, SPACE).map("".join)


def _containers(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    padded = st.tuples(SPACE, values, SPACE).map("".join)
    keys = st.one_of(json_strings(), st.sampled_from(['""', '"a"', '"a b"']))
    members = st.tuples(SPACE, keys, SPACE, st.just(":"), padded).map("".join)
    return st.one_of(
        st.lists(padded, max_size=5).map(lambda items: f"[{','.join(items)}]"),
        st.lists(members, max_size=5).map(lambda items: f"{{{','.join(items)}}}"),
        SPACE.map(lambda space: f"[{space}]"),
        SPACE.map(lambda space: f"{{{space}}}"),
    )


def as_compared(text: str) -> object:
    """A JSON text as two of them are compared: number texts, order and duplicates count, white space does not."""
    return json.loads(
        text,
        object_pairs_hook=lambda members: ("object", members),
        parse_int=lambda number: ("number", number),
        parse_float=lambda number: ("number", number),
    )
