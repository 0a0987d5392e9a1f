"""The clients of `make load-test`, for Locust: each class is one kind of traffic, and waits for nothing.

Whatever is not an answer of 200 (or 201 for a write) counts as a failure, named by its status.
"""

import os
import random
from typing import ClassVar

from locust import FastHttpUser

COUNT = int(os.environ.get("USERS_COUNT", "500000"))
LIMIT = 10


class Client(FastHttpUser):  # type: ignore[misc]  # has no types here
    abstract = True
    next: object = None

    def ask(self, method: str, target: str, name: str, body: object = None) -> dict[str, object] | None:
        """The answer's JSON; None for a failure."""
        with self.client.request(method, target, name=name, json=body, catch_response=True) as response:
            if response.status_code not in (200, 201):
                response.failure(f"status {response.status_code}")
                return None
            answer: dict[str, object] = response.json()
            return answer


def choose_email() -> str:
    return f"user-{random.randint(1, COUNT):08}%40example.org"


def get_user(client: Client) -> None:
    client.ask("GET", f"/user?email={choose_email()}", "GET /user")


def save_user(client: Client) -> None:
    client.ask("POST", f"/user?email={choose_email()}", "POST /user", {"text": f"{random.random()}"})


def list_at_offset(client: Client) -> None:
    client.ask("GET", f"/users?limit={LIMIT}&offset={random.randrange(COUNT - LIMIT)}", "/users?offset")


def list_after_cursor(client: Client) -> None:
    """The next page of this client's own walk, which began at a random place."""
    place = f"after={client.next}" if client.next else f"offset={random.randrange(COUNT - LIMIT)}"
    page = client.ask("GET", f"/users?{place}&limit={LIMIT}", "/users?after" if client.next else "/users?offset")
    client.next = page["next"] if page else None


def check_health(client: Client) -> None:
    client.ask("GET", "/health", "/health")


class Offsets(Client):
    """Pages at random offsets: the classic load test of such a service."""

    tasks: ClassVar = [list_at_offset]


class Cursors(Client):
    """Walks from page to page, each client by itself."""

    tasks: ClassVar = [list_after_cursor]


class Singles(Client):
    tasks: ClassVar = [get_user]


class Mixed(Client):
    """Mostly reads of single users; some pages, some writes, some that touch no user."""

    tasks: ClassVar = {get_user: 60, list_at_offset: 15, save_user: 15, check_health: 10}
