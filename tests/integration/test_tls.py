"""The connection to a server with a certificate: only the right authority and the right name will do."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crosswalk.errors import DatabaseUnavailable
from crosswalk.users import list_users
from local import postgres
from local.postgres import Server, find_unprivileged_user
from tests.databases import FAST, connect, use_variables, wait
from tests.programs import find_program

NOW = datetime.now(UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def issue(name: str, *, authority: bool) -> bytes:
    """A certificate for this name, signed by our one key, which is the authority's too."""
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    subject = issuer if authority else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(issuer, subject, KEY.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(KEY, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for `localhost`; the wheel's PostgreSQL is built without TLS."""
    folder = tmp_path_factory.mktemp("tls")
    server = Server(folder, find_program("postgresql-15").parent, FAST)
    server.start()
    postgres.prepare(server)
    key = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for name, content in {"server.crt": issue("localhost", authority=False), "server.key": key}.items():
        (server.data / name).write_bytes(content)
        (server.data / name).chmod(0o600)
        if os.geteuid() == 0:
            os.chown(server.data / name, *find_unprivileged_user())
    with connect(server, "postgres") as connection:
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("SELECT pg_reload_conf()")
    yield server
    server.stop("immediate")


@pytest.fixture
def authority(tmp_path: Path) -> str:
    path = tmp_path / "authority.pem"
    path.write_bytes(issue("authority", authority=True))
    return str(path)


def test_the_right_authority_and_name_connect(
    tls_server: Server, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = {"POSTGRES_DB_HOST": "localhost", "POSTGRES_TLS_ROOT": authority}
    with use_variables({**postgres.describe(tls_server), **where}, monkeypatch):
        assert wait(list_users(1)).users == []


def test_another_name_or_another_authority_does_not(
    tls_server: Server, authority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    amazon = str(Path(__file__).parents[2] / "layers/shared/crosswalk/amazon_roots.pem")
    for host, root in (("127.0.0.1", authority), ("localhost", amazon)):
        where = {"POSTGRES_DB_HOST": host, "POSTGRES_TLS_ROOT": root}
        with (
            use_variables({**postgres.describe(tls_server), **where}, monkeypatch),
            pytest.raises(DatabaseUnavailable),
        ):
            wait(list_users(1))
