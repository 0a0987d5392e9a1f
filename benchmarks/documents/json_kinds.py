"""JSON documents: five kinds that try a converter, and six in the likeness of what people have.

records          rows of a table            tweets           short texts with emoji, users, links, mostly nested
numbers          lists of numbers           escaped_tweets   the same in ASCII, as many services send them
texts            every fourth word special  coordinates      GeoJSON: little but numbers
deep             200 levels                 books            long texts, quotes, line ends; two U+0000 in 4 MB
wide             one object                 catalogue        many small strings: accents, HTML, base 64
                                            events           what happened, ten levels deep
"""

import json
import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import count

WORDS = ["lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "do", "eiusmod"]
SPECIAL = ['"quoted"', "<b>bold</b>", "R&D", "line\nbreak", "tab\tstop", "back\\slash", "café", "日本語", "😀", "it's"]
EMOJI = ["😀", "🎉", "❤️", "👩‍💻", "🇪🇺", "🚀"]
TITLES = ["Così fan tutte", "L'Élixir d'amour", "Götterdämmerung", "Пиковая дама", "夕鶴", "Король Рогер & Co"]
HTML = ["<p>Réservé aux <b>abonnés</b></p>", "<i>ab 14 Jahren</i>", "<a href='/salle?n=1&m=2'>Grande salle</a>", ""]


def records(random: random.Random) -> Iterator[object]:
    for number in count():
        yield {
            "id": number,
            "name": _words(random, 3),
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


def tweets(random: random.Random) -> Iterator[object]:
    for number in count(505_874_924_095_815_680, 1_000_003):
        text = f"@{random.choice(WORDS)} {_words(random, 9)} {random.choice(EMOJI)} https://t.example/{number:x}"
        yield {
            "created_at": f"Sun Aug 31 00:29:{number % 60:02} +0000 2025",
            "id": number,
            "id_str": str(number),
            "text": text,
            "source": '<a href="https://example.org/app" rel="nofollow">An App</a>',
            "truncated": False,
            "in_reply_to_user_id": None,
            "user": {
                "id": number % 10_000_019,
                "name": f"{random.choice(WORDS).title()} {random.choice(EMOJI)}",
                "description": f"{_words(random, 8)}\n{random.choice(['日本語の紹介です', 'à bientôt'])}",
                "followers_count": random.randrange(5000),
                "verified": False,
                "lang": random.choice(["en", "ja", "fr"]),
                "profile_image_url": f"https://images.example/{number}_normal.jpeg",
            },
            "geo": None,
            "entities": {
                "hashtags": [],
                "urls": [{"url": f"https://t.example/{number:x}", "indices": [len(text) - 24, len(text)]}],
                "user_mentions": [{"screen_name": random.choice(WORDS), "id": number % 9973, "indices": [0, 6]}],
            },
            "retweet_count": random.randrange(100),
            "favorited": False,
        }


def coordinates(random: random.Random) -> Iterator[object]:
    while True:
        east, north = random.uniform(-180, 180), random.uniform(-90, 90)
        ring = [[round(east + random.random(), 6), round(north + random.random(), 6)] for _ in range(60)]
        yield {
            "type": "Feature",
            "properties": {"name": _words(random, 2)},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }


def books(random: random.Random) -> Iterator[object]:
    """Pages of prose. A program of old left two U+0000 behind: one in the first 100 KB, one in the middle of 4 MB."""
    for page in count(1):
        lines = [f'{_words(random, 11).capitalize()}, "{_words(random, 3)}!"' for _ in range(40)]
        nothing = "\0" if page in (9, 600) else ""
        yield {"page": page, "text": "\r\n".join(lines) + nothing}


def catalogue(random: random.Random) -> Iterator[object]:
    for number in count(138_586_341):
        yield {
            "id": number,
            "name": random.choice(TITLES),
            "subTitle": random.choice([None, "Opéra en deux actes", "für Kinder"]),
            "description": random.choice(HTML),
            "logo": f"/images/UE0AAAAACEKo6QAAA{number}",
            "topicIds": [number % 97, number % 89],
            "prices": [{"amount": 90250, "seat": f"n° {number % 30}"}, {"amount": 66500, "seat": "côté cour"}],
            "seal": b64encode(random.randbytes(20)).decode(),
            "venue": random.choice(["Salle Pleyel", "Théâtre du Châtelet", "Großer Saal"]),
        }


def events(random: random.Random) -> Iterator[object]:
    for number in count():
        cause: object = {"code": random.randrange(500), "text": _words(random, 4)}
        for service in ("disk", "volume", "database", "pool", "api", "gateway", "client"):
            cause = {
                "service": service,
                "retry": number % 3,
                "at": f"2025-08-31T00:29:{number % 60:02}Z",
                "cause": cause,
            }
        yield {"id": f"{number:032x}", "type": "Failed", "payload": {"ref": "refs/heads/main", "causes": [cause]}}


def _words(random: random.Random, number: int) -> str:
    return " ".join(random.choices(WORDS, k=number))


Kind = Callable[[random.Random], Iterator[object]]
OURS: tuple[Kind, ...] = (records, numbers, texts, deep, wide)
KINDS: dict[str, Kind] = {kind.__name__: kind for kind in (*OURS, tweets, coordinates, books, catalogue, events)}
KINDS["escaped_tweets"] = tweets
PEOPLES = ("tweets", "escaped_tweets", "coordinates", "books", "catalogue", "events")


def make_json(kind: str, size: int, indent: int | None = None) -> bytes:
    """A JSON text of this kind and of about this many bytes (deep ones come in steps)."""
    parts: list[str] = []
    length = 0
    for part in KINDS[kind](random.Random(kind)):
        text = json.dumps(part, ensure_ascii=False, separators=(",", ":"))
        if kind == "wide":
            text = text[1:-1].replace(",", ":", 1)
        if kind == "escaped_tweets":
            text = json.dumps(part, separators=(",", ":")).replace("/", r"\/")
        parts.append(text)
        length += len(text.encode()) + 1
        if length >= size:
            break
    opening, closing = "{}" if kind == "wide" else "[]"
    text = f"{opening}{','.join(parts)}{closing}"
    if indent is not None:
        text = json.dumps(json.loads(text), ensure_ascii=kind == "escaped_tweets", indent=indent)
    return text.encode()
