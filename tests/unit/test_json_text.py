"""Strict JSON: what is accepted, what comes out, and where each error is."""

import json
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.converter.json_depth import check_depth
from crosswalk.converter.json_text import (
    Number,
    Object,
    Value,
    decode_json,
    parse_json,
    quote,
)
from crosswalk.converter.limits import MAX_DEPTH
from crosswalk.converter.places import locate
from crosswalk.errors import DocumentError, MalformedDocument, UnsafeDocument
from tests.conversions import to_json
from tests.strategies import as_compared, json_strings, json_texts

SOUND = [
    "null", "true", "false", "0", "-0", "0.0", "-0.0e-0", "1E+2", "1e400", "-1e-400", "123456789012345678901234567890",
    '""', '"a"', "[]", "{}", " [ ] ", "\t\n\r {\t\n\r } \t\n\r", "[[],{}]", '{"":""}', '{"a":1,"a":2}', '[""]',
    '"\\""', '"\\\\"', '"\\/"', '"/"', '"\\b\\f\\n\\r\\t"', '"\\u0000"', '"\\uD834\\uDd1e"', '"\\ud800"', '"\\udc00"',
    '"\\udc00\\ud800"', '"\\ud800\\u0041"', '"\\ud800\\n"', '"\\uffff\\ufffe"', '"\x7f\x80\xa0\u2028\u2029\ufeff"',
    '"\uffff"', '"\U0010ffff"', '"NaN"', '"// no comment"', '"\\u005C\\u0022"', '[1, 2 ,3\n,4]', '{"a" : {"b":[{}]}}',
    '"' + "[" * 1000 + '"', '["\\\\", "' + "{" * 600 + '"]', "1" * 5000, "-0." + "0" * 5000 + "1",
]  # fmt: skip

BROKEN = [
    # text, line, column
    ("", 1, 1), ("  ", 1, 3), ("\n\n", 3, 1), ("nul", 1, 1), ("NULL", 1, 1), ("True", 1, 1), ("nulll", 1, 5),
    ("NaN", 1, 1), ("Infinity", 1, 1), ("-Infinity", 1, 1), ("-NaN", 1, 1), ('["NaN\\"", NaN]', 1, 11),
    ("01", 1, 2), ("-01", 1, 3), ("+1", 1, 1), (".5", 1, 1), ("1.", 1, 2), ("1.e5", 1, 2), ("1e", 1, 2), ("1e+", 1, 2),
    ("-", 1, 1), ("--1", 1, 1), ("0x1F", 1, 2), ("1_000", 1, 2), ("[1 000]", 1, 4), ("１", 1, 1), ("1\u0662", 1, 2),
    ("[", 1, 2), ("]", 1, 1), ("[1", 1, 3), ("[1,", 1, 4), ("[1,]", 1, 4), ("[1,\n]", 2, 1), ("[,1]", 1, 2),
    ("[1,,2]", 1, 4), ("[1 2]", 1, 4), ("[1;2]", 1, 3), ("[1}", 1, 3), ("[1]]", 1, 4), ("[1] [2]", 1, 5), ("1 2", 1, 3),
    ("{", 1, 2), ("{]", 1, 2), ("{1:2}", 1, 2), ("{a:1}", 1, 2), ("{'a':1}", 1, 2), ('{"a"}', 1, 5), ('{"a":}', 1, 6),
    ('{"a" 1}', 1, 6), ('{"a":1,}', 1, 8), ('{"a":1,\r\n}', 2, 1), ('{"a":1 "b":2}', 1, 8), ('{"a":1', 1, 7),
    ('{"a":1,"b"', 1, 11), ('{,"a":1}', 1, 2), ('{"a"::1}', 1, 6), ('{"a":1}}', 1, 8), ('{null:1}', 1, 2),
    ('"', 1, 1), ('"a', 1, 1), ('["a', 1, 2), ('"\\', 1, 1), ('"\\"', 1, 1), ("'a'", 1, 1), ('"a\nb"', 1, 3),
    ('"a\r\nb"', 1, 3), ('"\t"', 1, 2), ('"\0"', 1, 2), ('"\x1f"', 1, 2), ('"\\x41"', 1, 2), ('"\\U0041"', 1, 2),
    ('"\\\n"', 1, 2), ('"\\u"', 1, 2), ('"\\u12"', 1, 2), ('"\\u12G4"', 1, 2), ('"\\u 123"', 1, 2), ('"\\u+123"', 1, 2),
    ('"\\ud800\\u12"', 1, 8), ('"\\ud800\\u12G4"', 1, 8), ('"\\ud800\\x"', 1, 8), ('"\\é"', 1, 2), ('"\\\ufffe"', 1, 2),
    ("// x\n1", 1, 1), ("/* x */ 1", 1, 1), ("1 // x", 1, 3), ("# x\n1", 1, 1), ("\ufeff1", 1, 1), ("\xa01", 1, 1),
    ("\x0c1", 1, 1), ("[1\x0b]", 1, 3), ("\u2028[]", 1, 1), ("<a/>", 1, 1), ("&", 1, 1), ("[\\n]", 1, 2), ("\\", 1, 1),
    ('["é😀", x]', 1, 8), ('["é",\r"😀",\n\r\n x]', 4, 2), ('{"\\n": 1,\r\n "😀": "\\q"}', 2, 8), ("[1]\x00", 1, 4),
    ('[\\"a"]', 1, 2), ('{"a":1}\\', 1, 8), ('"a"b', 1, 4), ('""""', 1, 3), ('[">"&"<"]', 1, 5),
]  # fmt: skip


@pytest.mark.parametrize("text", SOUND)
def test_sound_texts_come_back_with_their_number_texts_order_and_duplicates(text: str) -> None:
    assert as_compared(to_json(parse_json(text))) == as_compared(text)


@pytest.mark.parametrize(("text", "line", "column"), BROKEN)
def test_broken_texts_are_malformed_where_they_break(text: str, line: int, column: int) -> None:
    with pytest.raises(MalformedDocument) as caught:
        parse_json(text)
    assert caught.value.place == (line, column)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "The document is empty."),
        ("[1,]", "Unexpected character: expected a value."),
        ('{"a":1,}', "Unexpected character: expected a member name in double quotes."),
        ("[1", "Unexpected end of the document: expected a comma or a closing bracket."),
        ("NaN", "NaN is not a JSON value."),
        ('"\t"', "A control character in a string must be written as an escape."),
        ('"' + "x" * 1000, "The string that begins here does not end."),
    ],
)
def test_errors_are_short_and_say_what_is_wrong(text: str, detail: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        parse_json(text)
    assert caught.value.detail == detail


@given(json_texts())
def test_every_text_of_the_grammar_is_accepted_and_kept(text: str) -> None:
    value = parse_json(text)
    assert as_compared(to_json(value)) == as_compared(text)
    assert parse_json(to_json(value, indent=3)) == value


@given(json_texts(5), st.data())
def test_a_changed_text_is_accepted_exactly_when_the_json_module_accepts_it(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    changed = text[:place] + data.draw(st.sampled_from([*'[]{}:,"\\0e.-+ \n\tunE<&\0', ""])) + text[place + 1 :]
    try:
        as_compared(changed)
    except ValueError:
        with pytest.raises(MalformedDocument):
            parse_json(changed)
    else:
        assert as_compared(to_json(parse_json(changed))) == as_compared(changed)


@given(json_texts())
def test_indented_json_is_what_the_json_module_writes(text: str) -> None:
    plain = json.dumps(json.loads(text, parse_int=str, parse_float=str), ensure_ascii=False, indent=2)
    escaped = plain.encode("utf-8", "backslashreplace").decode()
    assert to_json(_without_numbers_and_duplicates(parse_json(text)), indent=2) == escaped


def _without_numbers_and_duplicates(value: Value) -> Value:
    """What the json module would make of it, were numbers strings."""
    if isinstance(value, Object):
        return Object({key: _without_numbers_and_duplicates(member) for key, member in value}.items())
    if isinstance(value, list):
        return [_without_numbers_and_duplicates(item) for item in value]
    return str(value) if isinstance(value, Number) else value


@given(json_strings())
def test_strings_are_escaped_no_more_than_they_must_be(literal: str) -> None:
    string = json.loads(literal)
    escaped = quote(string).encode("utf-8", "backslashreplace").decode()
    assert json.loads(escaped) == string
    assert all(character >= " " and not "\ud800" <= character <= "\udfff" for character in escaped)
    assert quote(string).count("\\") == sum(1 + (c == "\\") for c in string if c < " " or c in '"\\')


def test_values_say_what_they_are() -> None:
    value = parse_json('{"a": [1.50, "1.50", true, false, null], "a": {}}')
    assert value == Object([("a", [Number("1.50"), "1.50", True, False, None]), ("a", Object())])
    assert isinstance(value, Object)
    numbers = value[0][1]
    assert isinstance(numbers, list)
    assert [type(item) for item in numbers[:2]] == [Number, str]


@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ('{"":', "}"), ('[{"[":', "}]"), ('["]",{"":0,"":', "}]")]
)
def test_512_levels_are_read_and_one_more_is_unsafe(opening: str, closing: str) -> None:
    repeated = MAX_DEPTH // len(closing)
    deepest = opening * (repeated - 1) + "[" * len(closing) + "]" * len(closing) + closing * (repeated - 1)
    assert to_json(parse_json(deepest)) == deepest
    too_deep = deepest.replace("[]", "[\n[]]")
    with pytest.raises(UnsafeDocument) as caught:
        parse_json(too_deep)
    assert caught.value.place == (2, 1)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000, "[" * 513, "[{}," * 600 + "x"]
)
def test_what_goes_too_deep_is_unsafe_at_once_be_it_sound_or_not(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(UnsafeDocument):
        parse_json(text)
    assert time.perf_counter() - started < 0.5


def test_brackets_in_strings_are_no_depth() -> None:
    text = json.dumps(["[{" * 1000, 'a"' + "[" * 1000, "\\" + "{" * 1000])
    assert to_json(parse_json(text)) == text.replace(", ", ",")


@pytest.mark.parametrize("pair", ["[]", "{}"])
@given(
    st.lists(st.sampled_from(['""', r'"\\"', r'"\""', r'"\\\""', '"[{"', r'"]\\"', r'"\"}"', "[]", '{"a":[{}]}', "1"]))
)
def test_the_depth_is_that_of_brackets_outside_strings(pair: str, values: list[str]) -> None:
    opening, closing = ("[", "]") if pair == "[]" else ('{"[":', "}")
    for depth in (MAX_DEPTH - 1, MAX_DEPTH):
        text = "[" + ",".join([*values, opening * depth + '"x"' + closing * depth, *values, "[[]]"] * 2) + "]"
        if depth < MAX_DEPTH:
            check_depth(text)
        else:
            with pytest.raises(UnsafeDocument):
                check_depth(text)


def test_the_depth_that_is_allowed_does_not_hang_on_the_callers_stack() -> None:
    def read_at(depth: int) -> Value:
        return read_at(depth - 1) if depth else parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)

    frames_in_use = 0
    frame = sys._getframe()
    while frame.f_back:
        frame = frame.f_back
        frames_in_use += 1
    assert read_at(sys.getrecursionlimit() - frames_in_use - 60)


def test_a_byte_order_mark_is_dropped() -> None:
    assert decode_json(b"\xef\xbb\xbf[]") == "[]"


@pytest.mark.parametrize(
    ("document", "line", "column"),
    [
        (b"\xff", 1, 1),
        (b'"\xc3"', 1, 2),
        ('"é😀'.encode() + b'\xed\xa0\x80"', 1, 4),
        (b'["a",\r\n"\xf0\x9f\x98\x80\xc0\x80"]', 2, 3),
        (b"\xef\xbb\xbf\r\r\n \xfe", 3, 2),
        (b'"\xf4\x90\x80\x80"', 1, 2),
        (b'"\xe2\x82', 1, 2),
        ("😀\n".encode() * 40_000 + b"\x80", 40_001, 1),
        ("😀".encode() * 40_000 + b"\xf0\x9f\x98", 1, 40_001),
    ],
)
def test_invalid_utf_8_is_malformed_at_the_character(document: bytes, line: int, column: int) -> None:
    with pytest.raises(MalformedDocument) as caught:
        decode_json(document)
    assert caught.value.place == (line, column)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_other_unicode_encodings_are_named_in_the_error(codec: str) -> None:
    with pytest.raises(DocumentError, match="UTF-16 or UTF-32; JSON must be UTF-8"):
        decode_json('{"a": 1}'.encode(codec))


@pytest.mark.parametrize(
    ("before", "place"),
    [
        ("", (1, 1)),
        ("ab", (1, 3)),
        ("a\n", (2, 1)),
        ("a\r\nb", (2, 2)),
        ("a\rb\r\rc", (4, 2)),
        ("\n\r\n\r", (4, 1)),
        ("é😀", (1, 3)),
    ],
)
def test_every_line_ending_counts_once(before: str, place: tuple[int, int]) -> None:
    assert locate(before + "x", len(before)) == place
