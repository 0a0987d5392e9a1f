"""What every part of the tests may use."""

import io
import logging
from collections.abc import Iterator

import pytest

from crosswalk.api import logger
from tests.running import ROOT, RunningService


@pytest.fixture(scope="session")
def running_service() -> Iterator[RunningService]:
    """`python -m local` with the project itself."""
    running = RunningService(ROOT)
    yield running
    running.stop()


@pytest.fixture
def service(running_service: RunningService) -> str:
    """The address, without a slash at the end, of the service as `make start` runs it."""
    return running_service.address


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the service's logger writes during the test: its handler holds on to the stdout of its own first day."""
    written = io.StringIO()
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    monkeypatch.setattr(handler, "stream", written)
    return written
