"""The three commands for a file that the page may not send: what they ask for, and that AWS takes their signature."""

import gzip
import os
import re
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from playwright.sync_api import Locator, expect

from tests.browser.person import Person

KEYS = {"AWS_ACCESS_KEY_ID": "AKEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
REGION = "eu-central-1"
FEED = gzip.compress(b"<feed/>")


def show_commands(person: Person) -> Locator:
    """Convert a file where the service lets no page do so."""
    person.page.route("**/conversions?*", lambda route: route.fulfill(status=403))
    person.drop("#xml", "feed.xml.gz", FEED)
    person.press("Convert to JSON")
    commands = person.pane("XML").get_by_label("Commands")
    expect(commands).to_be_visible()
    return commands


def fill_in(person: Person, **options: str) -> None:
    person.choose("Readable")
    person.press("Options")
    for label, value in options.items():
        person.options.get_by_label(label.replace("_", " ")).fill(value)


class Gateway(BaseHTTPRequestHandler):
    """Keeps what it is asked."""

    def do_POST(self) -> None:
        self.server.asked = self  # type: ignore[attr-defined]
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def receive(command: str, keys: dict[str, str]) -> BaseHTTPRequestHandler:
    """What a command sends to the API."""
    with HTTPServer(("127.0.0.1", 0), Gateway) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        variables = {"API": f"http://127.0.0.1:{server.server_port}", "AWS_REGION": REGION, **keys}
        subprocess.run(["sh", "-c", command], env={**os.environ, **variables}, check=True, timeout=60)
        thread.join()
        asked: BaseHTTPRequestHandler = server.asked  # type: ignore[attr-defined]
        return asked


def sign(asked: BaseHTTPRequestHandler) -> str:
    """The signature that AWS computes of a request, from the names and values of its parameters."""
    path, query = urlsplit(asked.path)[2:4]
    signed = ("Host", "X-Amz-Date", "X-Amz-Security-Token")
    headers = {name: asked.headers[name] for name in signed if name in asked.headers}
    address = f"http://{headers['Host']}{path}"
    request = AWSRequest("POST", address, params=dict(parse_qsl(query, strict_parsing=True)), headers=headers)
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials("AKEXAMPLE", "secret"), "execute-api", REGION)
    signature: str = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return signature


def test_a_query_is_written_as_aws_signs_it(person: Person) -> None:
    fill_in(person, Always_lists="author, título", Attribute_prefix="~", Text_key="*!'()$")
    query = re.search(r"conversions\?([^\"]*)", show_commands(person).inner_text())
    assert query
    assert query[1] == (
        f"attribute_prefix=~&bytes={len(FEED)}&force_list=author%2C%20t%C3%ADtulo&mapping=natural"
        "&text_key=%2A%21%27%28%29%24&to=json"
    )


@pytest.mark.parametrize("token", ["token", ""])  # the keys of a user have none
def test_aws_takes_the_signature_of_the_first_command(person: Person, token: str) -> None:
    fill_in(person, Always_lists="author, título", Attribute_prefix="~", Text_key="*!'()$")
    command, _, _ = show_commands(person).inner_text().partition("curl --globoff")
    asked = receive(command, {**KEYS, "AWS_SESSION_TOKEN": token})
    assert (asked.headers["X-Amz-Security-Token"] or "") == token
    assert dict(parse_qsl(urlsplit(asked.path).query))["force_list"] == "author, título"
    assert asked.headers["Authorization"].endswith(f"Signature={sign(asked)}")


def test_the_commands_write_no_file_but_the_result(person: Person) -> None:
    written = re.findall(r"(?:>|--output|-o) *(\S+)", show_commands(person).inner_text())
    assert written == ["feed.json"]


def test_commands_of_another_mapping_make_way_for_the_offer(person: Person) -> None:
    commands = show_commands(person)
    person.choose("Lossless")
    expect(commands).to_be_hidden()
    expect(person.status).to_contain_text("It goes to the service as a file")
    person.press("Convert to JSON")
    expect(commands).to_contain_text("mapping=item")


def test_commands_of_other_options_make_way_for_the_offer(person: Person) -> None:
    person.choose("Readable")
    commands = show_commands(person)
    fill_in(person, Always_lists="a")
    expect(commands).to_be_hidden()
    person.press("Convert to JSON")
    expect(commands).to_contain_text("force_list=a&")


def test_options_of_the_other_direction_leave_the_commands(person: Person) -> None:
    person.choose("Readable")
    commands = show_commands(person)
    fill_in(person, Root_element="walks")
    expect(person.page).to_have_url(re.compile("root=walks$"))
    expect(commands).to_be_visible()
