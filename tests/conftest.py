"""What every part of the tests may use."""

import asyncio
import io
import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from crosswalk.telemetry import logger
from tests.databases import LOOP, WAYS, Database, Servers, clone_database, connect, create_database, use_variables
from tests.programs import describe_skipped
from tests.running import ROOT, RunningService

# How long an example takes says more about what else the machine does than about the code. The gate tries the same
# examples every time, so that it fails for a change and not by chance; everybody else's runs try new ones.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("gate", settings.get_profile("tests"), derandomize=True)
settings.load_profile("gate" if os.environ.get("CI") == "true" else "tests")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    if reasons:
        terminalreporter.section("skipped")
        terminalreporter.write_line(describe_skipped(reasons))


@pytest.fixture(autouse=True)
def event_loop_stays() -> Iterator[None]:
    """`asyncio.run`, which an operation uses, leaves its thread without the event loop that Mangum looks for."""
    yield
    asyncio.set_event_loop(LOOP)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The PostgreSQL servers of this run."""
    servers = Servers(tmp_path_factory.mktemp("servers"))
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def running_service(servers: Servers) -> Iterator[RunningService]:
    """`python -m local` with the project itself, and with a database of its own."""
    with create_database(servers, "postgresql-18", "running_service") as database:
        running = RunningService(ROOT, **database.variables)
        yield running
        running.stop()


@pytest.fixture
def service(running_service: RunningService) -> str:
    """The address, without a slash at the end, of the service as `make start` runs it."""
    return running_service.address


@pytest.fixture(params=WAYS)
def database(request: pytest.FixtureRequest, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A migrated database of the test's own, in each way that the functions may reach one."""
    with clone_database(servers, request.param, monkeypatch) as database:
        yield database


@pytest.fixture
def direct_database(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A migrated database of the test's own, without anything before it."""
    with clone_database(servers, "postgresql-18", monkeypatch) as database:
        yield database


@pytest.fixture
def empty_database(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server as RDS makes it: a master who is no superuser, and owns an empty database; no application role."""
    server = servers.get_server("postgresql-18")
    variables = {
        "POSTGRES_DB_HOST": "127.0.0.1",
        "POSTGRES_DB_PORT": str(server.port),
        "POSTGRES_DB_NAME": "new_database",
        "POSTGRES_DB_USER": "new_application",
        "POSTGRES_DB_PASSWORD": "one",
        "POSTGRES_OWNER_USER": "new_master",
        "POSTGRES_OWNER_PASSWORD": "two",
    }
    with connect(server, "postgres") as connection:
        connection.execute("CREATE ROLE new_master LOGIN CREATEROLE PASSWORD 'two'")
        connection.execute("CREATE DATABASE new_database OWNER new_master")
    with use_variables(variables, monkeypatch):
        yield
    with connect(server, "postgres") as connection:
        connection.execute("DROP DATABASE new_database WITH (FORCE)")
        connection.execute("DROP ROLE IF EXISTS new_application")
        connection.execute("DROP ROLE new_master")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the service's logger writes during the test: its handler holds on to the stdout of its own first day."""
    written = io.StringIO()
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    monkeypatch.setattr(handler, "stream", written)
    return written
