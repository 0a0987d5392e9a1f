"""Fills the users table fast: python -m local.seed_users COUNT. Runs again add as many again."""

import sys

import psycopg
from tqdm import tqdm

from crosswalk.login import get_login
from crosswalk.migrations import CONNECT_TIMEOUT
from crosswalk.settings import DatabaseSettings
from local.postgres import SharedServer

STEP = 1000


def seed_users(settings: DatabaseSettings, count: int, *, quiet: bool = False) -> None:
    """Add so many users by COPY, in one transaction, as the table's owner; then vacuum, as deep offsets need it."""
    login = get_login(settings, settings.owner)
    with psycopg.connect(autocommit=True, connect_timeout=CONNECT_TIMEOUT, **login) as connection:
        connection.execute("SET statement_timeout = 0")  # the login may be the application's too
        with connection.transaction():
            row = connection.execute("SELECT coalesce(max(id), 0) FROM users").fetchone()
            assert row
            first = row[0] + 1  # no row has a number above its id, so these are new
            progress = tqdm(total=count, unit=" users", unit_scale=True, disable=quiet)
            with progress, connection.cursor().copy("COPY users (email, text) FROM STDIN") as copy:
                for start in range(first, first + count, STEP):
                    numbers = range(start, min(start + STEP, first + count))
                    copy.write("".join(f"user-{number:08}@example.org\tUser {number}\n" for number in numbers))
                    progress.update(len(numbers))
        connection.execute("VACUUM ANALYZE users")


def main() -> int:
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        print(__doc__, file=sys.stderr)
        return 2
    server = SharedServer()
    try:
        seed_users(DatabaseSettings.model_validate(server.start()), int(sys.argv[1]))
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
