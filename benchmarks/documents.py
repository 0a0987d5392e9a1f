"""The documents that the converters are measured on: five kinds, of about any size, always the same."""

import json
import random
from collections.abc import Callable, Iterator
from itertools import count

WORDS = ["lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "do", "eiusmod"]
SPECIAL = ['"quoted"', "<b>bold</b>", "R&D", "line\nbreak", "tab\tstop", "back\\slash", "café", "日本語", "😀", "it's"]


def records(random: random.Random) -> Iterator[object]:
    for number in count():
        yield {
            "id": number,
            "name": " ".join(random.choices(WORDS, k=3)),
            "email": f"user{number}@example.org",
            "active": number % 2 == 0,
            "score": round(random.random() * 100, 3),
            "tags": random.choices(WORDS, k=3),
            "address": {"city": random.choice(WORDS), "zip": f"{number:05}"},
            "note": None,
        }


def numbers(random: random.Random) -> Iterator[object]:
    while True:
        yield [random.choice([random.randrange(100_000), round(random.uniform(-1000, 1000), 6)]) for _ in range(20)]


def texts(random: random.Random) -> Iterator[object]:
    """Long ones: every fourth word, a twentieth of the characters, is special to JSON, to XML, or to an encoding."""
    while True:
        yield {"text": " ".join(random.choice(WORDS if random.random() < 0.75 else SPECIAL) for _ in range(120))}


def deep(random: random.Random) -> Iterator[object]:
    while True:
        value: object = random.choice(WORDS)
        for level in range(200):
            value = {"level": level, "inner": value} if level % 2 else [value]
        yield value


def wide(random: random.Random) -> Iterator[object]:
    """The short members of one object."""
    for number in count():
        yield [f"k{number}", random.choice([number % 10, "v", True, ""])]


KINDS: dict[str, Callable[[random.Random], Iterator[object]]] = {
    kind.__name__: kind for kind in (records, numbers, texts, deep, wide)
}


def make_document(kind: str, size: int) -> bytes:
    """A JSON text of this kind and of about this many bytes (deep ones come in steps)."""
    parts: list[str] = []
    length = 0
    for part in KINDS[kind](random.Random(kind)):
        text = json.dumps(part, ensure_ascii=False, separators=(",", ":"))
        if kind == "wide":
            text = text[1:-1].replace(",", ":", 1)
        parts.append(text)
        length += len(text.encode()) + 1
        if length >= size:
            break
    opening, closing = "{}" if kind == "wide" else "[]"
    return f"{opening}{','.join(parts)}{closing}".encode()
