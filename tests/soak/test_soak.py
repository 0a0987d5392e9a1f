"""A short soak, and that what watches a long one sees; `make soak` does the long one."""

import os
import subprocess
import threading
from collections import Counter
from pathlib import Path
from threading import Event
from unittest.mock import Mock

import pytest

from tests.soak.audit import Stored, audit
from tests.soak.faults import Faults
from tests.soak.logs import judge_lines
from tests.soak.soak import soak, work
from tests.soak.traffic import Client
from tests.soak.users import UserClient, Write
from tests.soak.watch import Watch, measure_growth

EMAIL = "client-7-0@example.org"


def test_a_short_soak_with_every_fault_finds_nothing(tmp_path: Path) -> None:
    parts = {part.name: part for part in soak(20, tmp_path, pause=0.3)}
    assert [finding for part in parts.values() for finding in part.findings] == []
    assert parts["faults"].tried >= 4
    assert parts["writes"].tried > 100


@pytest.fixture
def client() -> UserClient:
    client = UserClient("http://localhost", 7, Event(), Mock(spec=Faults, now=lambda: 0.0))
    client.settle(EMAIL, "kept", 200)
    client.known[EMAIL] = {"kept"}
    return client


def test_an_acknowledged_write_that_is_gone_is_a_finding(client: UserClient) -> None:
    assert audit(Stored([(EMAIL, "kept")], Counter({(EMAIL, "kept"): 1})), [client]).findings == []
    assert len(audit(Stored([], Counter()), [client]).findings) == 2


def test_a_write_that_happened_twice_or_for_nobody_is_a_finding(client: UserClient) -> None:
    twice = Stored([(EMAIL, "kept")], Counter({(EMAIL, "kept"): 2, (EMAIL, "nobody's"): 1}))
    assert len(audit(twice, [client]).findings) == 2


@pytest.mark.parametrize("happened", [0, 1])
def test_a_write_that_was_not_acknowledged_may_have_happened_once(client: UserClient, happened: int) -> None:
    client.settle(EMAIL, "open", 503)
    history: Counter[Write] = Counter({(EMAIL, "kept"): 1, (EMAIL, "open"): happened})
    assert audit(Stored([(EMAIL, "open" if happened else "kept")], history), [client]).findings == []


@pytest.mark.parametrize(
    "line",
    [
        '{"level":"ERROR","message":"unexpected error","traceback":["builtins.KeyError"]}',
        '{"level":"INFO","message":"something else"}',
        "12:00:00 save_user      Traceback (most recent call last):",
        f'{{"level":"INFO","message":"request","route":"/user?email={EMAIL}"}}',
    ],
)
def test_a_line_that_nobody_expects_or_with_an_email_is_a_finding(line: str) -> None:
    assert len(judge_lines([line])[1]) == 1


def test_an_answer_of_s3_that_was_cut_short_is_expected() -> None:
    line = '{"level":"ERROR","message":"unexpected error","traceback":["builtins.KeyError","smart_open/s3.py:1 _do"]}'
    assert judge_lines([line])[1] == []


def test_a_worker_that_keeps_growing_is_told_from_one_that_warmed_up() -> None:
    assert measure_growth([10, 50, *[100] * 14]) == 0
    assert measure_growth(list(range(0, 1600, 100))) > 500


class Dying(Client):
    def run(self) -> None:
        self.begun.set()
        raise KeyError("gone")


@pytest.fixture
def dying() -> Client:
    return Dying("http://localhost", 7, Event(), Mock(spec=Faults))


def test_a_client_that_dies_is_a_finding(dying: Client) -> None:
    assert len(work([dying], [], Event(), Event(), 0)) == 1


def test_who_dies_after_the_work_is_none_of_its_findings(dying: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    findings = work([], [], Event(), Event(), 0)
    dying.start()
    dying.join()
    assert (len(told), findings) == (1, [])


def test_a_worker_that_has_just_ended_is_watched_no_more() -> None:
    worker = subprocess.Popen(["sleep", "60"])
    watch = Watch(Mock(workers=lambda: [worker.pid]), Mock(), Event())
    watch.look_at_memory()
    worker.kill()
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)  # it is still listed, without any memory
    watch.look_at_memory()
    worker.wait()
    assert [len(held) for held in watch.memory.values()] == [1]
