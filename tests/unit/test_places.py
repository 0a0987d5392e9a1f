"""Places in a document."""

import pytest

from crosswalk.converter.places import START, Place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", Place(1, 1)),
        ("ab", Place(1, 3)),
        ("a\nb", Place(2, 2)),
        ("a\rb", Place(2, 2)),
        ("a\r\nb", Place(2, 2)),
        ("a\r\n\r\rb\n", Place(5, 1)),
        ("é😀", Place(1, 3)),
        ("é\n😀😀", Place(2, 3)),
    ],
)
def test_each_line_end_counts_once_and_each_character_one_column(text: str, place: Place) -> None:
    assert START.after(text) == place


def test_text_without_line_ends_moves_the_column_on() -> None:
    assert Place(3, 5).after("abc") == Place(3, 8)


def test_after_two_texts_is_after_both_together() -> None:
    first, second = "a\nä,", "b\r\nc"
    assert START.after(first).after(second) == START.after(first + second)
