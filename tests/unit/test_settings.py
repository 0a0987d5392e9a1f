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


def start(function: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Import a function as Lambda does, with nothing in its environment but what is given."""
    given = {"PYTHONPATH": PYTHONPATH, "AWS_LAMBDA_FUNCTION_NAME": function, **variables}
    program = f"import functions.{function}.app"
    return subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("function", "name", "value"),
    [
        ("get_user", "POSTGRES_DB_PORT", "none"),
        ("migrate_database", "POSTGRES_DB_PORT", "none"),
        ("purge_users", "USERS_RETENTION_DAYS", "-1"),
        ("create_conversion", "CONVERSIONS_LIMIT", "abc"),
        ("create_conversion", "AWS_REGION", ""),
        ("get_conversion", "CONVERSIONS_BUCKET", ""),
        ("convert_upload", "AWS_REGION", ""),
        ("convert_object", "AWS_REGION", ""),
    ],
)
def test_a_function_with_a_wrong_variable_does_not_start(function: str, name: str, value: str) -> None:
    sound = {"AWS_REGION": "eu-central-1", "CONVERSIONS_BUCKET": "documents"}
    done = start(function, **{**sound, name: value})
    assert done.returncode != 0
    assert name in done.stderr


@pytest.mark.parametrize("function", ["create_conversion", "get_conversion", "convert_upload"])
def test_a_function_of_conversions_does_not_start_without_its_bucket(function: str) -> None:
    done = start(function, AWS_REGION="eu-central-1")
    assert done.returncode != 0
    assert "CONVERSIONS_BUCKET" in done.stderr


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
