"""The users table in every way of reaching it: directly, on the oldest PostgreSQL, and behind PgBouncer."""

import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, timedelta

import psycopg
import pytest

from crosswalk.errors import InvalidParameter, UserNotFound
from crosswalk.users import SAVE, delete_user, get_user, list_users, parse_email, purge_users, save_user
from tests.databases import Database, wait

MONTH = timedelta(days=30)


def list_emails(limit: int = 100, offset: int = 0, after: str | None = None) -> list[str]:
    return [user.email for user in wait(list_users(limit, offset, after)).users]


@pytest.mark.usefixtures("database")
def test_a_saved_user_is_read_back_with_its_times_in_utc() -> None:
    saved, created = wait(save_user("ada@example.org", "Hello, Ada"))
    assert created
    assert wait(get_user("ada@example.org")) == saved
    assert (saved.email, saved.text) == ("ada@example.org", "Hello, Ada")
    assert saved.created_at == saved.updated_at
    assert saved.created_at.tzinfo is UTC


@pytest.mark.usefixtures("database")
def test_saving_again_replaces_the_text_and_keeps_when_the_user_was_created() -> None:
    first, _ = wait(save_user("ada@example.org", "one"))
    second, created = wait(save_user("ada@example.org", "two"))
    assert not created
    assert wait(get_user("ada@example.org")) == second
    assert second.text == "two"
    assert second.created_at == first.created_at
    assert second.updated_at > first.updated_at


def test_replacing_is_told_from_creating_also_when_the_clock_goes_backwards(database: Database) -> None:
    wait(save_user("ada@example.org", "one"))
    database.query("UPDATE users SET created_at = now() + interval '1 hour', updated_at = now() + interval '1 hour'")
    before = wait(get_user("ada@example.org"))
    after, created = wait(save_user("ada@example.org", "two"))
    assert not created
    assert after.updated_at - before.updated_at == timedelta(microseconds=1)


def test_of_many_who_save_one_new_email_at_once_one_creates_it(database: Database) -> None:
    def save(number: int) -> bool:
        with psycopg.connect(autocommit=True, prepare_threshold=None, **database.application_login) as connection:
            row = connection.execute(SAVE.encode(), {"email": "ada@example.org", "text": f"{number}"}).fetchone()
            assert row
            return bool(row[2] == row[3])

    with ThreadPoolExecutor(8) as executor:
        created = list(executor.map(save, range(40)))
    assert sum(created) == 1
    assert database.query("SELECT count(*) FROM users") == [(1,)]


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Ada.Lovelace@Example.ORG", "ada.lovelace@example.org"),
        ("  ada@example.org\t", "ADA@EXAMPLE.ORG"),
        ("first.last+tag@sub.example.co.uk", "First.Last+Tag@Sub.Example.Co.Uk"),
        ("ÄNNE@MÜNCHEN.de", "änne@münchen.de"),
        ("ada@münchen.de", "ada@xn--mnchen-3ya.de"),
        ("жена@пример.рф", "ЖЕНА@ПРИМЕР.РФ"),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
        ("MUH\u0331@example.org", "mu\u1e96@example.org"),
        ("\u0390@example.org", "\u03aa\u0301@example.org"),
    ],
)
@pytest.mark.usefixtures("database")
def test_an_email_is_found_in_any_spelling(stored: str, asked: str) -> None:
    wait(save_user(stored, "first"))
    assert wait(get_user(asked)).text == "first"
    assert wait(save_user(asked, "second"))[1] is False
    assert len(list_emails()) == 1


@pytest.mark.usefixtures("database")
def test_an_email_is_stored_trimmed_with_its_local_part_as_written() -> None:
    assert wait(save_user(" Ada.Lovelace@Example.ORG ", "x"))[0].email == "Ada.Lovelace@example.org"


@pytest.mark.usefixtures("database")
def test_a_domain_that_merely_looks_alike_is_another_user() -> None:
    wait(save_user("victim@instagram.com", "the victim's"))
    _, created = wait(save_user("victim@\u0130nstagram.com", "the attacker's"))
    assert created
    assert wait(get_user("victim@instagram.com")).text == "the victim's"


@pytest.mark.usefixtures("database")
def test_capital_sigma_is_the_middle_sigma_wherever_it_stands() -> None:
    wait(save_user("ΛΟΓΟΣ@example.org", "capital"))
    assert wait(get_user("λογοσ@example.org")).text == "capital"
    assert wait(save_user("λογος@example.org", "final"))[1]


EVERY_CHARACTER = [chr(code) for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]


def fold(database: Database, texts: Sequence[str]) -> list[str]:
    """What PostgreSQL compares texts by when it compares them without case."""
    statement = "SELECT lower(one::citext::text) FROM unnest(%s::text[]) WITH ORDINALITY AS of (one, n) ORDER BY n"
    return [folded for (folded,) in database.query(statement, [list(texts)])]


def list_letters(database: Database) -> list[str]:
    """Every character that Python or PostgreSQL folds, and what each folds it to."""
    pairs = zip(EVERY_CHARACTER, fold(database, EVERY_CHARACTER), strict=True)
    return sorted(
        {
            one
            for letter, folded in pairs
            for one in {letter, folded, letter.lower()}
            if {folded, letter.lower()} != {letter}
        }
    )


def accept(emails: Iterable[str]) -> list[str]:
    """How those emails that are taken are stored, each once."""
    stored = set()
    for email in emails:
        with suppress(InvalidParameter):
            stored.add(parse_email(email))
    return sorted(stored)


def test_python_and_postgresql_fold_every_letter_of_a_local_part_alike(database: Database) -> None:
    stored = accept(f"{letter}@example.org" for letter in list_letters(database))
    assert len(stored) > 2500
    assert fold(database, stored) == [email.lower() for email in stored]


def test_no_two_domains_as_stored_are_one_to_postgresql(database: Database) -> None:
    stored = accept(f"a@b{letter}c.org" for letter in list_letters(database))
    assert len(stored) > 1000
    assert len(set(fold(database, stored))) == len(stored)


@pytest.mark.parametrize(
    "text", ["", "x" * 100, "𝄞" * 100, "'; DROP TABLE users; --", '%s {0} \\ " \n\t', "\ufeff\u200b"]
)
@pytest.mark.usefixtures("database")
def test_a_text_comes_back_as_it_went_in(text: str) -> None:
    wait(save_user("ada@example.org", text))
    assert wait(get_user("ada@example.org")).text == text


def test_the_table_itself_refuses_what_the_functions_would_not_send(database: Database) -> None:
    for email, text in [("a@example.org", "x" * 101), ("a" * 250 + "@b.org", ""), ("", "")]:
        with pytest.raises(psycopg.errors.CheckViolation):
            database.query("INSERT INTO users (email, text) VALUES (%s, %s)", [email, text])


def test_a_deleted_user_is_seen_by_nothing_and_its_row_stays(database: Database) -> None:
    wait(save_user("ada@example.org", "x"))
    wait(delete_user("ADA@example.org"))
    with pytest.raises(UserNotFound):
        wait(get_user("ada@example.org"))
    with pytest.raises(UserNotFound):
        wait(delete_user("ada@example.org"))
    assert list_emails() == []
    assert database.query("SELECT count(*) FROM users WHERE deleted_at IS NOT NULL") == [(1,)]


@pytest.mark.usefixtures("database")
def test_saving_a_deleted_user_creates_it_anew() -> None:
    first, _ = wait(save_user("Ada@example.org", "old"))
    wait(delete_user("ada@example.org"))
    second, created = wait(save_user("ada@example.org", "new"))
    assert created
    assert second.created_at == second.updated_at > first.created_at
    assert second.email == "ada@example.org"
    assert list_emails() == ["ada@example.org"]


@pytest.mark.usefixtures("database")
def test_users_are_listed_by_the_bytes_of_their_lower_case_email() -> None:
    emails = ["b@example.org", "A@example.org", "a.b@example.org", "a_b@example.org", "Z@example.org", "ä@example.org"]
    for email in emails:
        wait(save_user(email, ""))
    assert list_emails() == sorted(emails, key=lambda email: email.lower().encode())


def test_the_cursor_leads_through_all_users_each_once_also_while_others_come_and_go(database: Database) -> None:
    database.add_users(250)
    before = {email for (email,) in database.query("SELECT email::text FROM users")}
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = wait(list_users(7, after=cursor))
        seen += [user.email for user in page.users]
        if page.next is None:
            break
        cursor = page.next
        wait(save_user(f"a-{len(seen)}@example.org", "before all"))
        wait(save_user(f"{page.users[-1].email}.net", "right behind"))
        wait(delete_user(page.users[-1].email))
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


@pytest.mark.parametrize(("count", "limit"), [(0, 1), (3, 3), (3, 4), (3, 100)])
def test_the_last_page_has_no_next(database: Database, count: int, limit: int) -> None:
    database.add_users(count)
    page = wait(list_users(limit))
    assert len(page.users) == count
    assert page.next is None


def test_an_offset_passes_over_so_many_users_and_its_page_leads_on_by_cursor(database: Database) -> None:
    database.add_users(30)
    database.query("UPDATE users SET deleted_at = now() WHERE id %% 3 = 0", [])
    everyone = list_emails(100)
    page = wait(list_users(4, offset=5))
    assert len(everyone) == 20
    assert [user.email for user in page.users] == everyone[5:9]
    assert list_emails(100, after=page.next) == everyone[9:]


@pytest.mark.parametrize("offset", [3, 10**6, 2**63 - 1])
def test_an_offset_beyond_the_end_finds_nobody(database: Database, offset: int) -> None:
    database.add_users(3)
    page = wait(list_users(100, offset=offset))
    assert (page.users, page.next) == ([], None)


def test_the_purge_removes_for_good_only_what_was_deleted_long_enough_ago(database: Database) -> None:
    database.add_users(10)
    database.query("UPDATE users SET deleted_at = now() - interval '31 days' WHERE id <= 5")
    database.query("UPDATE users SET deleted_at = now() - interval '29 days' WHERE id IN (6, 7)")
    assert wait(purge_users(MONTH, seconds=10, batch=2)) == (5, True)
    assert wait(purge_users(MONTH, seconds=10, batch=2)) == (0, True)
    assert database.query("SELECT id FROM users ORDER BY id") == [(6,), (7,), (8,), (9,), (10,)]


def test_the_purge_stops_when_its_time_is_over_and_says_that_it_did_not_finish(database: Database) -> None:
    database.add_users(10)
    database.query("UPDATE users SET deleted_at = now() - interval '31 days'")
    assert wait(purge_users(MONTH, seconds=0, batch=4)) == (4, False)


def test_the_purge_passes_over_rows_that_another_one_is_removing(database: Database) -> None:
    database.add_users(10)
    database.query("UPDATE users SET deleted_at = now() - interval '31 days'")
    with database.connect() as other, other.transaction():
        other.execute("SELECT FROM users WHERE id <= 4 FOR UPDATE")
        assert wait(purge_users(MONTH, seconds=10)) == (6, True)
    assert wait(purge_users(MONTH, seconds=10)) == (4, True)


def test_the_application_role_may_do_nothing_but_its_statements(database: Database) -> None:
    wait(save_user("ada@example.org", "x"))
    with psycopg.connect(autocommit=True, **database.application_login) as application:
        for statement in (
            "TRUNCATE users",
            "UPDATE users SET id = DEFAULT",
            "INSERT INTO users (email, text, deleted_at) VALUES ('b@example.org', '', now())",
            "ALTER TABLE users ADD COLUMN x int",
            "DROP TABLE users",
            "CREATE TABLE other (x int)",
            "SELECT * FROM schema_migrations",
            "SELECT * FROM pg_authid",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(statement.encode())
