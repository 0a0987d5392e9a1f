"""How PostgreSQL is reached: by password or token, and the token against the one that boto3 signs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from unittest.mock import Mock
from urllib.parse import parse_qs

import boto3
import pytest

from crosswalk import login
from crosswalk.login import AwsCredentials, get_login, read_credentials, sign_token
from crosswalk.settings import DatabaseSettings

HOST = "crosswalk.proxy-abcdefghijkl.eu-central-1.rds.amazonaws.com"
TOKEN = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_REGION": "eu-central-1"}
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize("user", ["crosswalk", "cross walk+/=~é"])
@pytest.mark.parametrize("session_token", [None, "IQoJb3JpZ2luX2VjE/+=="])
def test_the_token_is_the_one_that_boto3_signs(user: str, session_token: str | None) -> None:
    session = boto3.Session("AKIDEXAMPLE", SECRET, session_token, "eu-central-1")
    expected = session.client("rds").generate_db_auth_token(HOST, 5432, user)
    theirs = parse_qs(expected.partition("?")[2])
    now = datetime.strptime(theirs["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    token = sign_token(HOST, 5432, user, "eu-central-1", AwsCredentials("AKIDEXAMPLE", SECRET, session_token), now)
    assert token.partition("?")[0] == expected.partition("?")[0] == f"{HOST}:5432/"
    assert parse_qs(token.partition("?")[2]) == theirs


def test_without_a_password_a_token_logs_in_over_verified_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root.pem"
    root.touch()
    for name, value in {**TOKEN, "POSTGRES_IAM": "true", "POSTGRES_TLS_ROOT": str(root)}.items():
        monkeypatch.setenv(name, value)
    login_by_token = get_login(DatabaseSettings(), "crosswalk")
    assert login_by_token["password"].startswith("127.0.0.1:5432/?Action=connect&DBUser=crosswalk&")
    assert (login_by_token["sslmode"], login_by_token["sslrootcert"]) == ("verify-full", str(root))
    monkeypatch.setenv("POSTGRES_DB_PASSWORD", "given")
    assert get_login(DatabaseSettings(), "crosswalk")["password"] == "given"


def test_a_login_after_a_tokens_expiry_has_a_token_of_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "root.pem").touch()
    for name, value in {**TOKEN, "POSTGRES_IAM": "true", "POSTGRES_TLS_ROOT": str(tmp_path / "root.pem")}.items():
        monkeypatch.setenv(name, value)
    clock = Mock()
    monkeypatch.setattr(login, "datetime", clock)
    times = []
    for clock.now.return_value in (START, START + timedelta(seconds=login.LIFETIME + 1)):
        token = get_login(DatabaseSettings(), "crosswalk")["password"]
        times += parse_qs(token)["X-Amz-Date"]
    assert times == ["20261124T120000Z", "20261124T121501Z"]


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    assert read_credentials() == AwsCredentials("id", "key", "token")


class Endpoint(BaseHTTPRequestHandler):
    """What Lambda has instead of the variables under SnapStart."""

    def do_GET(self) -> None:
        body = {"AccessKeyId": "id", "SecretAccessKey": "key", "Token": self.headers["Authorization"] + self.path}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/2021-08-23/credentials"
        server.shutdown()


def test_under_snapstart_credentials_come_from_the_containers_endpoint(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "proof")
    assert read_credentials() == AwsCredentials("id", "key", "proof/2021-08-23/credentials")
