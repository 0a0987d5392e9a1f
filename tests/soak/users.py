"""Clients that save, read, list and delete users, and know at any time what the table may hold.

Of each of its own emails a client knows one state after an acknowledged write, and two after an answer that leaves open
whether the write took effect. Whatever it reads must be one of them.
"""

import json
from collections import Counter
from typing import Any
from urllib.parse import quote

from tests.soak.traffic import Client

EMAILS = 4
"""That each client owns."""
ABSENT = None
UNKNOWN = (502, 503)
"""Answers to a write that may have taken effect or not."""
REST = 3.0
"""Seconds for which an email is left alone after such an answer: twice as long as the server lets a statement run."""

Write = tuple[str, str | None]
"""An email and its text from then on; ABSENT for a delete. No two saves write the same text."""


class UserClient(Client):
    """acknowledged: how often each write took effect; unknown: how often more it may have."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        emails = [f"client-{self.number}-{index}@example.org" for index in range(EMAILS)]
        self.known: dict[str, set[str | None]] = {email: {ABSENT} for email in emails}
        self.rested = dict.fromkeys(emails, 0.0)
        self.acknowledged: Counter[Write] = Counter()
        self.unknown: Counter[Write] = Counter()
        self.writes = 0

    def step(self) -> None:
        rested = [email for email, until in self.rested.items() if until <= self.faults.now()]
        choice = self.random.random()
        if choice < 0.15 or not rested:
            self.list_users()
        else:
            email = self.random.choice(rested)
            if self.known[email] == {ABSENT} or choice < 0.55:
                self.save(email)
            elif choice < 0.9:
                self.get(email)
            else:
                self.delete(email)
        self.end.wait(0.02)

    def save(self, email: str) -> None:
        self.writes += 1
        text = f"{self.number}/{self.writes}"
        answer = self.ask("POST /user", f"/user?email={quote(email)}", json.dumps({"text": text}).encode())
        if self.settle(email, text, answer.status):
            expected = {201 if state is ABSENT else 200 for state in self.known[email]}
            self.check(answer.status in expected, f"a save answers {answer.status}, expected {expected}")
            self.check(json.loads(answer.body)["text"] == text, "a save answers another text")
            self.known[email] = {text}

    def delete(self, email: str) -> None:
        answer = self.ask("DELETE /user", f"/user?email={quote(email)}")
        if answer.status == 404:
            self.check(ABSENT in self.known[email], "a delete finds no user")
        elif not self.settle(email, ABSENT, answer.status):
            return
        self.known[email] = {ABSENT}

    def settle(self, email: str, text: str | None, status: int) -> bool:
        """Count a write; returns whether it is certain that it took effect."""
        if status in UNKNOWN:
            self.unknown[email, text] += 1
            self.known[email] = self.known[email] | {text}
            self.rested[email] = self.faults.now() + REST
            return False
        self.acknowledged[email, text] += 1
        return True

    def get(self, email: str) -> None:
        answer = self.ask("GET /user", f"/user?email={quote(email)}")
        if answer.status in UNKNOWN:
            return
        state = json.loads(answer.body)["text"] if answer.status == 200 else ABSENT
        self.check(state in self.known[email], f"a read finds {state}, expected {self.known[email]}")
        self.known[email] = {state}

    def list_users(self) -> None:
        answer = self.ask("GET /users", "/users?limit=20")
        if answer.status == 200:
            emails = [user["email"] for user in json.loads(answer.body)["users"]]
            self.check(emails == sorted(set(emails)), "a list is out of order")
