"""Holds what the clients were told against the table and its history, write for write.

A trigger keeps the history: a row for each change of the users table, within the same transaction.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from local import postgres
from local.postgres import Server
from tests.attack.report import Part
from tests.databases import connect
from tests.soak.users import UserClient, Write

KEEP_HISTORY = """
CREATE TABLE history (email text NOT NULL, text text);
CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.history VALUES (NEW.email, CASE WHEN NEW.deleted_at IS NULL THEN NEW.text END);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_history AFTER INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep_history()
"""


def keep_history(server: Server) -> None:
    with connect(server, postgres.DATABASE) as connection:
        connection.execute(KEEP_HISTORY)


@dataclass(frozen=True)
class Stored:
    """What the database holds in the end: each user's email and text, and how often each write happened."""

    users: Sequence[tuple[str, str | None]]
    history: Counter[Write]


def read_stored(server: Server) -> Stored:
    with connect(server, postgres.DATABASE) as connection:
        users = connection.execute("SELECT email::text, CASE WHEN deleted_at IS NULL THEN text END FROM users")
        history = connection.execute("SELECT email, text, count(*) FROM history GROUP BY email, text")
        return Stored(users.fetchall(), Counter({(email, text): count for email, text, count in history}))


def audit(database: Stored, clients: Sequence[UserClient]) -> Part:
    """Every acknowledged write stands in the history as often as acknowledged, and each email holds what is known."""
    part = Part("writes")
    stored, kept = dict(database.users), database.history
    part.expect(len(stored) == len(database.users), "an email stands in two rows")
    acknowledged: Counter[Write] = Counter()
    unknown: Counter[Write] = Counter()
    for client in clients:
        acknowledged += client.acknowledged
        unknown += client.unknown
        for email, possible in client.known.items():
            part.expect(stored.get(email) in possible, f"{email} holds {stored.get(email)}, not one of {possible}")
    for write in acknowledged.keys() | unknown.keys() | kept.keys():
        least, most = acknowledged[write], acknowledged[write] + unknown[write]
        part.expect(least <= kept[write] <= most, f"{write} happened {kept[write]} times, not {least} to {most}")
    part.figures = f"{acknowledged.total()} acknowledged, {unknown.total()} open, {kept.total()} happened"
    return part
