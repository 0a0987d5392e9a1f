"""How to reach PostgreSQL: by a password, or by a token that is signed here.

RDS's token is a presigned request (Signature Version 4), valid for 15 minutes, to connect only. Signing it with the
standard library costs a cold start a tenth of what boto3's client does, and a test compares the two. The algorithm:
"Create a signed AWS API request" in the AWS IAM User Guide, signature in the query string.
"""

import hmac
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from crosswalk.settings import DatabaseSettings

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "rds-db"
LIFETIME = 900
"""Seconds; RDS takes no longer one."""


@dataclass(frozen=True)
class AwsCredentials:
    """What signs a token; temporary ones have a session token."""

    access_key: str
    secret_key: str
    session_token: str | None


def get_login(settings: DatabaseSettings, user: str) -> dict[str, Any]:
    """What libpq needs to connect as one of the two roles."""
    login: dict[str, Any] = {
        "host": settings.postgres_db_host,
        "port": settings.postgres_db_port,
        "dbname": settings.postgres_db_name,
        "user": user,
        "password": settings.get_password(user),
        "gssencmode": "disable",  # one round trip less, and nobody here has Kerberos
    }
    if settings.postgres_iam and login["password"] is None:
        assert settings.aws_region, "the settings have checked it"
        host, port = settings.postgres_db_host, settings.postgres_db_port
        login["password"] = sign_token(host, port, user, settings.aws_region)
    if settings.postgres_tls_root:
        login |= {"sslmode": "verify-full", "sslrootcert": str(settings.postgres_tls_root)}
    return login


def sign_token(
    host: str,
    port: int,
    user: str,
    region: str,
    credentials: AwsCredentials | None = None,
    now: datetime | None = None,
) -> str:
    """The password for `user` at `host`; by default with the function's own credentials and of this moment."""
    credentials = credentials or read_credentials()
    time = f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    scope = f"{time[:8]}/{region}/{SERVICE}/aws4_request"
    query = {
        "Action": "connect",
        "DBUser": user,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": time,
        "X-Amz-Expires": str(LIFETIME),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.session_token:
        query["X-Amz-Security-Token"] = credentials.session_token
    encoded = urlencode(sorted(query.items()), quote_via=quote, safe="-_.~")
    request = f"GET\n/\n{encoded}\nhost:{host}:{port}\n\nhost\n{sha256().hexdigest()}"
    to_sign = f"{ALGORITHM}\n{time}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return f"{host}:{port}/?{encoded}&X-Amz-Signature={hmac.digest(key, to_sign.encode(), 'sha256').hex()}"


def read_credentials() -> AwsCredentials:
    """The function's credentials: from the environment, or under SnapStart from the container's endpoint."""
    if "AWS_ACCESS_KEY_ID" in os.environ:
        return AwsCredentials(
            os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ.get("AWS_SESSION_TOKEN")
        )
    # Loaded only where it is needed: it costs a cold start more than all the rest of this module.
    from http.client import HTTPConnection

    endpoint = urlsplit(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
    connection = HTTPConnection(endpoint.netloc, timeout=1)
    try:
        headers = {"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
        connection.request("GET", endpoint.path or "/", headers=headers)
        given = json.load(connection.getresponse())
    finally:
        connection.close()
    return AwsCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["Token"])
