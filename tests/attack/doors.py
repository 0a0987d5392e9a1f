"""Knocks at the running service with requests that no client would send: paths, methods, headers, bodies.

Whatever it answers must be an answer of the contract: a status below 500, or 503 while the database is away; a problem
document where it refuses; the request's id; and nothing of what it looks like inside.
"""

import re
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from tests.attack.report import Part

INSIDE = re.compile(rb"Traceback|File \"/|/opt/|site-packages|psycopg|POSTGRES_|root:x:0", re.IGNORECASE)
SECONDS = 5
AT_ONCE = 8

PATHS = [
    "/../template.yaml",
    "/..%2ftemplate.yaml",
    "/%2e%2e/template.yaml",
    "/....//template.yaml",
    "/..\\template.yaml",
    "/.git/config",
    "/.env",
    "//etc/passwd",
    "/etc/passwd",
    "/%00",
    "/index.html%00",
    "/index.html/",
    "/index.html/..",
    "/index.html/%2e%2e",
    "//evil.example/..",
    "/.",
    "/~root",
    "//json2xml",
    "/json2xml/",
    "/json2xml//",
    "/JSON2XML",
    "/json2xml%20",
    "/json2xml;a=b",
    "/json2xml.",
    "/%6ason2xml",
    "/json2xml/../user",
    "/user/",
    "/users/1",
    "/user%2f",
    "/user?",
    "/user?email",
    "/user?email=",
    "/user?email=%",
    "/user?email=%ff",
    "/user?email=a%00@b.org",
    "/user?email=a@b.org&email=c@d.org",
    "/user?EMAIL=a@b.org",
    "/user?email[]=a@b.org",
    "/users?limit=1e2",
    "/users?limit=-1",
    "/users?limit=99999999999999999999",
    "/users?offset=1&after=x",
    "/users?after=",
    "/users?limit=%D9%A3",
    "/users?" + "&".join(f"a{n}=" for n in range(300)),
    "/users?a=" + "x" * 7000,
    "/" + "x" * 7000,
    "/conversions/../users",
    "/conversions/%2e%2e",
    "/conversions/" + "x" * 3000,
    "/conversions/%00",
    "/health?database=2",
    "/health?database=1%27--",
    "/health?database=0&database=1",
    "*",
    "http://[/health",
    "http://evil.example/health",
    "/\xff",
]
METHODS = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "get",
    "FOO",
    "G\tET",
    "X" * 300,
]
ROUTES = ["/json2xml", "/xml2json", "/user?email=a%40example.org", "/users", "/health", "/conversions", "/nowhere", "/"]
HEADERS = [
    "X-Forwarded-Port: 1, 443",
    "X-Forwarded-Proto: gopher",
    "X-Forwarded-For: " + "1.2.3.4, " * 500,
    "X-Forwarded-Host: evil.example",
    "X-HTTP-Method-Override: DELETE",
    "Content-Length: 5\r\nContent-Length: 6",
    "Transfer-Encoding: chunked",
    "Content-Length: -1",
    "Content-Length: 99999999999999",
    "Expect: 100-continue",
    "Content-Encoding: gzip",
    "Content-Encoding: br",
    "Accept-Encoding: gzip;q=x",
    "Accept: application/x-nothing",
    "Content-Type: text/plain; charset=utf-7",
    "Content-Type: multipart/form-data",
    "Range: bytes=0-1",
    "If-None-Match: " + '"x",' * 1000,
    "If-None-Match: *",
    "Cookie: a=b",
    "Authorization: Basic x",
    "X-Request-Id: evil",
    "Origin: null",
    "Origin: https://evil.example",
    "Host: evil.example",
    "Host: [::1]:1",
    "Host: a\r\nHost: b",
    "X: " + "y" * 9000,
    "\r\nGET /health HTTP/1.1",
    "X-Viewer-Address: 1.1.1.1",
    "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + "A" * 22 + "==",
    "X: \x00",
    "X : y",
    "X: é",
]


def list_requests() -> Iterator[tuple[str, bytes]]:
    """A name for each request, and its bytes."""
    for path in PATHS:
        yield f"GET {path}", write_request("GET", path)
        yield f"POST {path}", write_request("POST", path, body=b"[1]")
    for method in METHODS:
        for route in ROUTES:
            yield f"{method} {route}", write_request(method, route)
    for header in HEADERS:
        for method, route in (("POST", "/json2xml"), ("GET", "/users"), ("POST", "/user?email=a%40example.org")):
            yield f"{method} {route} with {header}", write_request(method, route, header, b'{"text":""}')


def write_request(method: str, path: str, header: str = "", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    if header.lower().startswith("host:"):
        lines.pop(1)
    if body and not header.lower().startswith(("content-length", "transfer-encoding")):
        lines.append(f"Content-Length: {len(body)}")
    lines += [header] if header else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def send(address: str, request: bytes) -> bytes:
    """All that comes back before the connection ends, or nothing more for some seconds."""
    parts = urlsplit(address)
    answer = b""
    with socket.create_connection((parts.hostname, parts.port), SECONDS) as connection:
        connection.settimeout(SECONDS)
        try:
            connection.sendall(request)
            while block := connection.recv(65536):
                answer += block
        except (TimeoutError, ConnectionError):
            pass
    return answer


def knock(address: str) -> Part:
    """Every request, and whether its answer is one of the contract."""
    part = Part("paths, methods, headers")
    statuses: Counter[str] = Counter()
    requests = list(list_requests())
    with ThreadPoolExecutor(AT_ONCE) as executor:
        answers = list(executor.map(lambda request: send(address, request[1]), requests))
    for (name, _), answer in zip(requests, answers, strict=True):
        fault = find_fault(answer)
        part.expect(not fault, f"{name[:120]!r}: {fault}")
        statuses[answer[9:12].decode("latin-1") or "nothing"] += 1
    part.figures = ", ".join(f"{count} times {status}" for status, count in statuses.most_common())
    return part


def find_fault(answer: bytes) -> str:
    """What is wrong with an answer; the empty string if nothing is."""
    head, _, body = answer.partition(b"\r\n\r\n")
    line = re.match(rb"HTTP/1\.1 (\d{3}) ", head)
    if not line:
        return "" if not answer else f"no HTTP: {answer[:60]!r}"  # to hang up is an answer, too
    status = int(line[1])
    if INSIDE.search(answer):
        return f"{status} that shows the inside: {body[:100]!r}"
    if status >= 500 and status not in (501, 503):
        return f"{status}: {body[:100]!r}"
    if 300 <= status < 400 and status != 304:
        return f"{status}: nothing here redirects"
    if status >= 400 and b"x-request-id" in head.lower() and b"application/problem+json" not in head.lower():
        return f"{status} without a problem document: {body[:60]!r}"
    return ""
