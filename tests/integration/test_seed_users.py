"""`make seed-users`, on a small number."""

import pytest

from crosswalk.settings import DatabaseSettings
from local.seed_users import seed_users
from tests.databases import Database


def test_each_seeding_adds_as_many_users_as_asked_for(direct_database: Database) -> None:
    settings = DatabaseSettings.model_validate(direct_database.variables)
    for total in (1500, 3000):
        seed_users(settings, 1500, quiet=True)
        assert direct_database.query("SELECT count(*), count(DISTINCT email) FROM users") == [(total, total)]


@pytest.mark.parametrize("count", [0, 1, 1000, 1001])
def test_a_number_of_users_need_not_fill_a_step(direct_database: Database, count: int) -> None:
    seed_users(DatabaseSettings.model_validate(direct_database.variables), count, quiet=True)
    assert direct_database.query("SELECT count(*) FROM users") == [(count,)]
