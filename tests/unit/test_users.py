"""What users.py decides without a database: which text is an email, and what a cursor is."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.errors import InvalidParameter
from crosswalk.users import parse_email, read_cursor, write_cursor


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("ada@example.org", "ada@example.org"),
        (" \tAda@Example.ORG\n", "Ada@example.org"),
        ("first.last+tag@sub.example.co.uk", "first.last+tag@sub.example.co.uk"),
        ("жена@пример.рф", "жена@пример.рф"),
        ("Ada@XN--MNCHEN-3YA.de", "Ada@münchen.de"),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
        ("victim@\u0130nstagram.com", "victim@i\u0307nstagram.com"),
        ("ΛΟΓΟΣ@ΛΟΓΟΣ.gr", "ΛΟΓΟΣ@λογοσ.gr"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_the_local_part_is_kept_as_written_and_the_domain_is_idnas(text: str, stored: str) -> None:
    assert parse_email(text) == stored
    assert parse_email(stored) == stored


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "ada", "@example.org", "ada@", "ada@example", "ada@@example.org", "ada@exa mple.org"),
        *("a@b.org,c@d.org", "Ada <ada@example.org>", "ada@.org", ".ada@example.org", "ada@example..org"),
        *("a\0@example.org", "a\nb@example.org", "a\ud800@example.org", "ada@[127.0.0.1]", "ada@-a.org"),
        *("a" * 65 + "@example.org", "a@" + "b." * 130 + "org", "a@" + "ä" * 64 + ".org"),
    ],
)
def test_what_is_not_an_email_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_email(text)
    assert caught.value.parameter == "email"
    assert caught.value.detail == "The email must be one email address, such as first.last@example.org."


@pytest.mark.parametrize("text", ["\u0130lk@example.org", "I\u0307lk@example.org"])
def test_a_letter_with_two_lower_cases_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"U\+0130"):
        parse_email(text)


def test_bytes_that_are_not_utf_8_are_no_letter_that_two_users_share() -> None:
    with pytest.raises(InvalidParameter, match="UTF-8"):
        parse_email("\ufffd@example.org")


# Some letters are one code point in lower case, and two in upper case, that no other code point stands for.
@pytest.mark.parametrize(
    ("upper", "lower"),
    [("J\u030cola", "\u01f0ola"), ("MUH\u0331", "mu\u1e96"), ("\u03aa\u0301", "\u0390"), ("\u0391\u0342", "\u1fb6")],
)
def test_an_email_whose_lower_case_has_fewer_letters_is_stored_in_it(upper: str, lower: str) -> None:
    assert parse_email(f"{upper}@example.org") == f"{lower}@example.org"
    assert parse_email(f"{lower}@example.org") == f"{lower}@example.org"


def test_an_email_that_is_too_long_in_the_lower_case_it_needs_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="must be one email address"):
        parse_email("J\u030c" + "\u023a" * 62 + "@" + "a" * 63 + ".org")  # two bytes in upper case, three in lower case


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_a_cursor_leads_back_to_its_email_and_needs_no_escaping(email: str) -> None:
    cursor = write_cursor(email)
    assert read_cursor(cursor) == email
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()


@given(st.text())
def test_a_cursor_is_either_read_or_an_invalid_parameter(text: str) -> None:
    with suppress(InvalidParameter):
        assert write_cursor(read_cursor(text)) == text
