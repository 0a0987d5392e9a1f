"""A client that closes its connection early: mostly before it has sent all, sometimes before it has its answer."""

import socket
from urllib.parse import urlsplit

from tests.soak.traffic import Client

DOCUMENT = b"[" + b'{"a":"b"},' * 30_000 + b"0]"
REQUESTS = [
    b"GET /users?limit=100 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /user?email=nobody%40example.org HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /json2xml HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(DOCUMENT), DOCUMENT),
    b"POST /xml2json HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n",
]
WHOLE = 0.1
"""The share of requests that are sent whole: for each of these a process is ended in the middle of its work."""


class ImpatientClient(Client):
    def step(self) -> None:
        address = urlsplit(self.address)
        request = self.random.choice(REQUESTS)
        whole = self.random.random() < WHOLE
        with socket.create_connection((address.hostname, address.port), 10) as connection:
            connection.sendall(request if whole else request[: self.random.randrange(len(request))])
            self.end.wait(self.random.choice([0, 0.01, 0.1]))
        self.statuses["closed before the answer" if whole else "closed before the request's end"] += 1
        self.end.wait(1)
