"""Environment variables: typed, and a wrong one is named without telling its value."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from crosswalk.settings import DatabaseSettings, PurgeSettings
from tests.running import PYTHONPATH


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTGRES_DB_PORT", "none"),
        ("POSTGRES_DB_PORT", "65536"),
        ("POSTGRES_DB_PORT", "0"),
        ("POSTGRES_IAM", "perhaps"),
        ("POSTGRES_TLS_ROOT", "/there/is/no/such/file.pem"),
    ],
)
def test_a_wrong_variable_is_named_but_not_its_value(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name) as caught:
        DatabaseSettings()
    assert len(value) < 2 or value not in str(caught.value)


def test_a_user_function_with_a_wrong_variable_does_not_start() -> None:
    variables = {"PYTHONPATH": PYTHONPATH, "POSTGRES_DB_PORT": "none"}
    done = subprocess.run([sys.executable, "-c", "import functions.get_user.app"], env=variables, capture_output=True)
    assert done.returncode != 0
    assert b"POSTGRES_DB_PORT" in done.stderr


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POSTGRES_DB_HOST", "POSTGRES_DB_PASSWORD", "POSTGRES_TLS_ROOT"):
        monkeypatch.setenv(name, "")
    settings = DatabaseSettings()
    assert settings.postgres_db_host == "127.0.0.1"
    assert settings.postgres_db_password is None
    assert settings.postgres_tls_root is None


def test_a_negative_retention_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERS_RETENTION_DAYS", "-1")
    with pytest.raises(ValidationError, match="USERS_RETENTION_DAYS"):
        PurgeSettings()


def test_a_token_is_never_sent_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_IAM", "true")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    with pytest.raises(ValidationError, match="POSTGRES_TLS_ROOT"):
        DatabaseSettings()


def test_a_password_is_not_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_DB_PASSWORD", "geheim")
    assert "geheim" not in repr(DatabaseSettings())
