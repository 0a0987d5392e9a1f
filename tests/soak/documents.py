"""Clients that convert documents, at once and through S3, and hold each result against the converter's own."""

import json
from collections.abc import Callable
from http.client import IncompleteRead
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from crosswalk.converter import json_to_xml, xml_to_json
from tests.soak.traffic import Client

RECORDS = (0, 1, 10, 100, 3000)
"""How many a document has; the largest one has a fifth of a megabyte."""
WRONG: dict[str, bytes] = {"/json2xml": b'{"a": 1,', "/xml2json": b"<a><b></a>"}
TAKES = 20.0
"""Seconds after which a conversion that has not ended is lost."""
OUTAGES = {"S3 away", "worker killed", "worker stopped"}
"""What may be to blame for that."""


class DocumentClient(Client):
    """Both converters, there and back."""

    def step(self) -> None:
        if self.random.random() < 0.1:
            for route, document in WRONG.items():
                answer = self.ask(f"POST {route}", route, document)
                self.check(answer.status in (400, 502), f"a malformed document is a {answer.status}")
            return
        document = self.make_document()
        xml = self.convert("/json2xml", document, json_to_xml)
        if xml is not None:
            back = self.convert("/xml2json", xml, xml_to_json)
            self.check(back in (None, document), "a document comes back different")
        self.end.wait(0.05)

    def make_document(self) -> bytes:
        count = self.random.choice(RECORDS)
        records = [{"id": self.random.random(), "name": "Zoë & <co>", "tags": [True, None, ""]} for _ in range(count)]
        return json.dumps(records, ensure_ascii=False, separators=(",", ":")).encode()

    def convert(self, route: str, document: bytes, expected: Callable[[bytes], bytes]) -> bytes | None:
        """The converted document; None if the function was killed meanwhile."""
        answer = self.ask(f"POST {route}", route, document)
        if answer.status == 502:
            return None
        self.check(answer.status == 200 and answer.body == expected(document), f"{route} makes something else")
        return answer.body


class ConversionClient(DocumentClient):
    """A conversion through S3: it begins, uploads, asks until it has ended, and downloads."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.done = self.lost = 0

    def step(self) -> None:
        started = self.faults.now()
        document = self.make_document() if self.random.random() < 0.1 else b'{"price":1.0,"tags":[]}'
        try:
            result = self.convert_through_s3(document, started)
        except (URLError, ConnectionError, IncompleteRead):  # S3 has gone away
            result = None
        if result is None:
            self.lost += 1
            self.check(self.faults.hit(OUTAGES, started), "a conversion is lost, and nothing was broken")
        else:
            self.done += 1
            self.check(result == json_to_xml(document), "a conversion through S3 makes something else")
        self.end.wait(0.5)

    def convert_through_s3(self, document: bytes, started: float) -> bytes | None:
        """The result; None if there was none in time. Raises what urllib does when S3 goes away."""
        begun = self.ask("POST /conversions", f"/conversions?to=xml&bytes={len(document)}")
        if begun.status != 201:
            return None
        conversion = json.loads(begun.body)
        urlopen(Request(conversion["upload"], document, method="PUT"), timeout=10).close()
        while self.faults.now() < started + TAKES:
            answer = self.ask("GET /conversions/{id}", f"/conversions/{conversion['id']}")
            state = json.loads(answer.body) if answer.status == 200 else {"status": "unknown"}
            if state["status"] == "done":
                with urlopen(state["result"], timeout=10) as response:
                    return bytes(response.read())
            if state["status"] == "failed":
                return None
            self.end.wait(0.2)
        return None
