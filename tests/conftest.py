"""What every part of the tests may use."""

import io
import logging

import pytest

from crosswalk.api import logger


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the service's logger writes during the test: its handler holds on to the stdout of its own first day."""
    written = io.StringIO()
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    monkeypatch.setattr(handler, "stream", written)
    return written
