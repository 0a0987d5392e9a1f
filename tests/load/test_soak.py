"""A small soak; `make soak-users` does the large one."""

from pathlib import Path

from tests.load.soak_users import soak


def test_a_restart_under_load_loses_no_acknowledged_write_and_invents_none(tmp_path: Path) -> None:
    result = soak(clients=6, seconds=8, folder=tmp_path)
    assert result.faults == []
    assert {status for _, status in result.statuses} <= {200, 201, 204, 404, 503}
    assert result.certain > 0
