"""The users table: get, save, delete, list, purge. One statement each, so each happens whole or not at all.

Emails compare without case, letter by letter: the column is citext, ordered by its lower-case bytes (collation "C"),
the same on every server. A deleted user's row is only marked, and nothing but the purge sees it any more.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email

from crosswalk import database
from crosswalk.errors import InvalidParameter, UserNotFound

MAX_TEXT = 100
"""Characters, that is code points."""

PURGE_BATCH = 1000

AMBIGUOUS = "\u0130"
"""The letter İ, whose lower case is `i` to PostgreSQL, and `i` with a second dot to Unicode, IDNA and Python.

It would make two addresses one user. No other letter that an email may have is lower-cased in two ways.
"""


@dataclass(frozen=True)
class User:
    """`created_at` and `updated_at` are in UTC."""

    email: str
    text: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_row(cls, row: database.Row) -> "User":
        email, text, created_at, updated_at = row
        return cls(email, text, created_at.astimezone(UTC), updated_at.astimezone(UTC))


@dataclass(frozen=True)
class Page:
    """Some users in a row; `next` is the cursor of the page after, None on the last."""

    users: list[User]
    next: str | None


GET = """
SELECT email, text, created_at, updated_at
FROM users
WHERE email = %(email)s AND deleted_at IS NULL
"""


async def get_user(email: str) -> User:
    """The user with this email; raises UserNotFound, or InvalidParameter if it is not an email address."""
    rows = await database.execute(GET, {"email": parse_email(email)}, repeatable=True)
    if not rows:
        raise UserNotFound("No user has this email.")
    return User.from_row(rows[0])


# `updated_at` always grows, whatever the server's clock does. So it equals `created_at` only in a user just created.
SAVE = """
INSERT INTO users (email, text)
VALUES (%(email)s, %(text)s)
ON CONFLICT (email) DO UPDATE SET
    email = excluded.email,
    text = excluded.text,
    created_at = CASE
        WHEN users.deleted_at IS NULL THEN users.created_at
        ELSE greatest(excluded.updated_at, users.updated_at + interval '1 microsecond')
    END,
    updated_at = greatest(excluded.updated_at, users.updated_at + interval '1 microsecond'),
    deleted_at = NULL
RETURNING email, text, created_at, updated_at
"""


async def save_user(email: str, text: str) -> tuple[User, bool]:
    """Create or replace a user; a deleted one is created anew. Returns the user, and whether it was created.

    `text` has at most MAX_TEXT characters, none of them U+0000. Raises InvalidParameter if `email` is not an email
    address.
    """
    rows = await database.execute(SAVE, {"email": parse_email(email), "text": text}, repeatable=False)
    user = User.from_row(rows[0])
    return user, user.created_at == user.updated_at


DELETE = """
UPDATE users
SET deleted_at = now()
WHERE email = %(email)s AND deleted_at IS NULL
RETURNING id
"""


async def delete_user(email: str) -> None:
    """Mark a user as deleted; raises UserNotFound, or InvalidParameter if `email` is not an email address."""
    if not await database.execute(DELETE, {"email": parse_email(email)}, repeatable=False):
        raise UserNotFound("No user has this email.")


# Costs the same at the end of the table as at its start.
LIST_AFTER = """
SELECT email, text, created_at, updated_at
FROM users
WHERE email > %(after)s AND deleted_at IS NULL
ORDER BY email
LIMIT %(limit)s
"""

# The inner query passes over the offset's users in the index alone; only the page's own rows are fetched. It stays that
# way as long as the table is vacuumed: an index entry whose page is not known to be all-visible costs a look at it.
LIST_FROM = """
SELECT email, text, created_at, updated_at
FROM (
    SELECT id
    FROM users
    WHERE deleted_at IS NULL
    ORDER BY email
    LIMIT %(limit)s OFFSET %(offset)s
) AS page
JOIN users USING (id)
ORDER BY email
"""


async def list_users(limit: int, offset: int = 0, after: str | None = None) -> Page:
    """At most `limit` users by email: from `offset` on, or after the cursor `after`, the `next` of an earlier page.

    Walking by the cursor meets each user once, also while others come and go. Raises InvalidParameter.
    """
    # One user more than asked for tells whether there is a next page.
    if offset:
        rows = await database.execute(LIST_FROM, {"limit": limit + 1, "offset": offset}, repeatable=True)
    else:
        position = read_cursor(after) if after is not None else ""
        rows = await database.execute(LIST_AFTER, {"limit": limit + 1, "after": position}, repeatable=True)
    users = [User.from_row(row) for row in rows[:limit]]
    return Page(users, write_cursor(users[-1].email) if len(rows) > limit else None)


# ARRAY(...) runs once; under IN (...) the planner may run a LIMIT again for each row. FOR UPDATE looks at each row once
# more when it has its lock, so a user revived in between stays.
PURGE = """
WITH purged AS (
    DELETE FROM users
    WHERE id = ANY (ARRAY(
        SELECT id
        FROM users
        WHERE deleted_at < now() - %(retention)s
        ORDER BY deleted_at
        LIMIT %(batch)s
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING id
)
SELECT count(*) FROM purged
"""


async def purge_users(retention: timedelta, seconds: float, batch: int = PURGE_BATCH) -> tuple[int, bool]:
    """Remove for good, in batches, users deleted longer ago than `retention`.

    Stops when none are left or after `seconds`. Returns how many, and whether it came to the end.
    """
    deadline = monotonic() + seconds
    total = 0
    while True:
        [(count,)] = await database.execute(PURGE, {"retention": retention, "batch": batch}, repeatable=False)
        total += count
        if count < batch:
            return total, True
        if monotonic() >= deadline:
            return total, False


def parse_email(text: str) -> str:
    """The email as it is stored: the local part trimmed and composed (NFC), the domain as IDNA spells it.

    So `JOSÉ@XN--MNCHEN-3YA.de`, with a combining accent, is `JOSÉ@münchen.de`. Where a letter and its accent are one
    character in lower case only, as in `ǰ`, all is lower case: PostgreSQL would find two users in the two spellings.
    Whether the domain exists is not asked. Raises InvalidParameter.
    """
    try:
        email = validate_email(text.strip(), check_deliverability=False, strict=True).normalized
    except EmailNotValidError as error:
        detail = "The email must be one email address, such as first.last@example.org."
        raise InvalidParameter(detail, parameter="email") from error
    if "\ufffd" in email:  # what bytes that are not UTF-8 become on the way, whichever they were
        raise InvalidParameter("The email is not UTF-8, or holds the letter U+FFFD.", parameter="email")
    if AMBIGUOUS in email:
        raise InvalidParameter("The email holds the letter U+0130, which has two lower cases.", parameter="email")
    lower = "".join(map(str.lower, email))  # letter by letter, as PostgreSQL does
    composed = normalize("NFC", lower)
    return email if composed == lower else parse_email(composed)


def write_cursor(email: str) -> str:
    """A place in the list, in characters that need no escaping in a query."""
    return urlsafe_b64encode(email.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """The email after which the page begins; raises InvalidParameter for what `write_cursor` did not write."""
    try:
        email = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        if email and "\0" not in email and write_cursor(email) == cursor:
            return email
    except (binascii.Error, ValueError):
        pass
    raise InvalidParameter("The parameter after must be the `next` of an earlier page.", parameter="after")
