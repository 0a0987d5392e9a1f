"""What the pages of the list cost, by PostgreSQL's own account (EXPLAIN ANALYZE)."""

from collections.abc import Iterator
from typing import Any

import pytest

from crosswalk.users import LIST_AFTER, LIST_FROM
from tests.databases import Database, Servers, clone_database

USERS = 5_000
PAGE = 10


@pytest.fixture(params=["postgresql-18", "postgresql-15"])
def filled(request: pytest.FixtureRequest, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    with clone_database(servers, request.param, monkeypatch) as database:
        database.add_users(USERS)
        yield database


def explain(database: Database, statement: str, **parameters: object) -> dict[str, Any]:
    """The root of the plan as it ran."""
    with database.connect() as connection:
        command = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
        row = connection.execute(command.encode(), parameters).fetchone()
        assert row
        plan: dict[str, Any] = row[0][0]["Plan"]
        return plan


def walk(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from walk(inner)


def count_buffers(plan: dict[str, Any]) -> int:
    buffers: int = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return buffers


@pytest.mark.parametrize("offset", [0, USERS // 2, USERS - PAGE])
def test_an_offset_passes_over_the_index_alone_and_fetches_only_the_pages_rows(filled: Database, offset: int) -> None:
    nodes = list(walk(explain(filled, LIST_FROM, limit=PAGE, offset=offset)))
    [passing] = [node for node in nodes if node["Node Type"] == "Index Only Scan"]
    assert passing["Index Name"] == "users_listed"
    assert passing["Actual Rows"] == offset + PAGE
    assert passing["Heap Fetches"] == 0
    [fetching] = [node for node in nodes if node.get("Index Name") == "users_pkey"]
    assert fetching["Actual Loops"] == PAGE
    assert not any(node["Node Type"] == "Seq Scan" for node in nodes)


def test_an_offset_reads_no_more_of_the_index_than_it_passes_over(filled: Database) -> None:
    near, far = (count_buffers(explain(filled, LIST_FROM, limit=PAGE, offset=offset)) for offset in (0, USERS - PAGE))
    [(index_pages,)] = filled.query("SELECT pg_relation_size('users_listed') / 8192")
    assert near <= 4 * PAGE + 10
    assert far <= index_pages + 4 * PAGE + 10


def test_a_page_by_cursor_costs_the_same_at_the_end_as_at_the_start(filled: Database) -> None:
    costs = []
    for number in (0, USERS // 2, USERS - PAGE):
        plan = explain(filled, LIST_AFTER, limit=PAGE, after=f"user-{number:06}@example.org")
        [scan] = [node for node in walk(plan) if "Index Name" in node]
        assert scan["Actual Rows"] == PAGE
        assert scan["Node Type"] == "Index Scan"
        costs.append(count_buffers(plan))
    assert max(costs) <= PAGE + 5
