"""What the user functions answer when the database misbehaves: in time, truthfully, and well again by themselves."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

import psycopg
import pytest

from crosswalk import database as crosswalk_database
from functions.delete_user.app import handler as delete_handler
from functions.get_user.app import handler as get_handler
from functions.list_users.app import handler as list_handler
from functions.save_user.app import handler as save_handler
from local.postgres import APPLICATION, Server
from tests.databases import Database, Servers, clone_database, connect, use_variables, wait_until
from tests.events import Answer, create_event, invoke

LIMIT = 3.0
"""Seconds within which a client must know."""

EMAIL = "email=ada%40example.org"


def ask(handler: Any, method: str, target: str, body: bytes = b"") -> Answer:
    """The answer, which must be a good one or a 503 with Retry-After, and come in time."""
    started = time.monotonic()
    answer = invoke(handler, create_event(method, target, body))
    assert time.monotonic() - started < LIMIT
    assert answer.status in (200, 201, 204, 503)
    if answer.status == 503:
        assert int(answer.headers["Retry-After"]) > 0
    return answer


def get() -> Answer:
    return ask(get_handler, "GET", f"/user?{EMAIL}")


def save(text: str) -> Answer:
    return ask(save_handler, "POST", f"/user?{EMAIL}", f'{{"text": "{text}"}}'.encode())


def read_texts(database: Database) -> list[str]:
    return [text for (text,) in database.query("SELECT text FROM users")]


@pytest.fixture(scope="module")
def doomed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers that these tests may stop, freeze and fill up."""
    servers = Servers(tmp_path_factory.mktemp("doomed"))
    yield servers
    servers.stop()


@pytest.fixture(params=["postgresql-18", "pgbouncer"])
def database(request: pytest.FixtureRequest, doomed: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(crosswalk_database.breaker, "reset_timeout", 0.2)
    with clone_database(doomed, request.param, monkeypatch) as database:
        save("first")
        yield database


@pytest.fixture
def direct(doomed: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(crosswalk_database.breaker, "reset_timeout", 0.2)
    with clone_database(doomed, "postgresql-18", monkeypatch) as database:
        save("first")
        yield database


def kill_backends(database: Database) -> None:
    statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND datname = %s"
    database.query(statement, [APPLICATION, database.name])


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    port = server.port
    server.stop("immediate")
    yield
    server.start(port)


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """Every process of the server is there, and none of them does anything."""
    with connect(server, "postgres") as connection:
        processes = [server.pid, *(pid for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity"))]
    for process in processes:
        with suppress(ProcessLookupError):  # the connection's own
            os.kill(process, signal.SIGSTOP)
    yield
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)


def test_a_connection_killed_while_idle_is_replaced_within_the_same_request(database: Database) -> None:
    kill_backends(database)
    assert get().status == 200
    kill_backends(database)
    assert save("second").status == 200
    kill_backends(database)
    assert ask(delete_handler, "DELETE", f"/user?{EMAIL}").status == 204


def test_a_restart_between_requests_is_not_seen_by_the_client(database: Database) -> None:
    with stopped(database.server):
        pass
    if database.way == "pgbouncer":
        assert get().status in (200, 503)  # it notices only now, and may pass on what it finds
    assert save("second").status == 200
    assert read_texts(database) == ["second"]


def test_a_read_whose_connection_is_killed_halfway_runs_again(direct: Database) -> None:
    get()
    with direct.connect() as other, other.transaction():
        other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        timers = [Timer(0.2, kill_backends, [direct]), Timer(0.4, other.close)]
        for timer in timers:
            timer.start()
        assert get().status == 200
        for timer in timers:
            timer.join()


def test_a_write_whose_connection_is_killed_halfway_is_a_503_and_never_runs_twice(database: Database) -> None:
    with database.connect() as other, other.transaction():
        other.execute("SELECT FROM users FOR UPDATE")
        timer = Timer(0.2, kill_backends, [database])
        timer.start()
        assert save("second").status == 503
        timer.join()
    assert read_texts(database) == ["first"]
    assert save("third").status == 200


def test_a_stopped_server_is_a_503_every_time_and_service_resumes_by_itself(database: Database) -> None:
    with stopped(database.server):
        for answer in (get(), save("second"), ask(list_handler, "GET", "/users"), get(), get()):
            assert answer.status == 503
    wait_until(lambda: get().status == 200)
    assert save("third").status == 200
    assert read_texts(database) == ["third"]


def test_a_frozen_server_is_a_503_in_time_and_service_resumes_by_itself(database: Database) -> None:
    with frozen(database.server):
        assert save("second").status == 503
        assert get().status == 503
    wait_until(lambda: get().status == 200)
    assert save("third").status == 200


def test_a_pool_that_is_used_up_is_a_503_in_time(doomed: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PgBouncer's server connections are taken, so the function queues, accepted and unanswered."""
    with clone_database(doomed, "pgbouncer", monkeypatch) as pooled:
        assert save("first").status == 201
        with occupied(pooled, 2):
            assert get().status == 503
        assert get().status == 200


@contextmanager
def occupied(database: Database, count: int) -> Iterator[None]:
    """So many open transactions of the application through what stands before the server."""
    connections = [psycopg.connect(**database.application_login) for _ in range(count)]
    for connection in connections:
        connection.execute("SELECT 1")
    yield
    for connection in connections:
        connection.close()


def test_an_open_breaker_answers_at_once_and_lets_one_request_try_after_its_pause(
    direct: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crosswalk_database.breaker, "reset_timeout", 1.0)
    attempts = count_calls(monkeypatch, crosswalk_database, "get_login")
    with stopped(direct.server):
        for _ in range(crosswalk_database.FAILURES):
            get()
        tried = len(attempts)
        started = time.monotonic()
        for _ in range(5):
            assert get().status == 503
        assert time.monotonic() - started < 0.5
        assert len(attempts) == tried
        time.sleep(1.0)
        get(), get()
        assert len(attempts) == tried + 1
    time.sleep(1.0)
    assert get().status == 200
    assert save("second").status == 200


def count_calls(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[float]:
    """A list that grows by one with each call of the module's function."""
    function: Callable[..., Any] = getattr(module, name)
    calls: list[float] = []

    def counted(*arguments: Any) -> Any:
        calls.append(time.monotonic())
        return function(*arguments)

    monkeypatch.setattr(module, name, counted)
    return calls


def test_what_the_client_did_wrong_does_not_open_the_breaker(direct: Database) -> None:
    for _ in range(2 * crosswalk_database.FAILURES):
        assert invoke(get_handler, create_event("GET", "/user?email=nobody%40example.org")).status == 404
    assert get().status == 200


def test_a_row_locked_by_somebody_else_is_a_503_soon_and_does_not_open_the_breaker(database: Database) -> None:
    with database.connect() as other, other.transaction():
        other.execute("SELECT FROM users FOR UPDATE")
        for _ in range(crosswalk_database.FAILURES):
            answer = save("second")
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert get().status == 200
    assert save("third").status == 200
    assert read_texts(database) == ["third"]


def test_a_full_disk_is_a_503_for_writes_and_reads_go_on(database: Database) -> None:
    database.query(
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
    )
    database.query("CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fill()")
    assert save("second").status == 503
    assert get().status == 200
    database.query("DROP TRIGGER fill ON users")
    assert save("third").status == 200


def test_a_full_server_is_a_503_and_service_resumes_when_there_is_room(
    direct: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct.query(f"ALTER DATABASE {direct.name} CONNECTION LIMIT 0")
    kill_backends(direct)
    assert (get().status, save("second").status) == (503, 503)
    direct.query(f"ALTER DATABASE {direct.name} CONNECTION LIMIT -1")
    assert (get().status, save("third").status) == (200, 200)


def test_after_a_failover_to_a_server_still_read_only_a_new_connection_is_made(direct: Database) -> None:
    direct.query(f"ALTER DATABASE {direct.name} SET default_transaction_read_only = on")
    kill_backends(direct)
    assert get().status == 200
    assert save("second").status == 503
    with connect(direct.server, "postgres") as connection:
        connection.execute(f"ALTER DATABASE {direct.name} RESET default_transaction_read_only")
    assert save("third").status == 200


def test_a_connection_gone_silent_while_the_environment_was_frozen_is_replaced(direct: Database) -> None:
    get()
    kept = crosswalk_database.kept
    assert kept is not None
    backend = kept.info.backend_pid
    kept.used -= 3600
    os.kill(backend, signal.SIGSTOP)
    try:
        assert get().status == 200
        assert crosswalk_database.kept is not kept
    finally:
        os.kill(backend, signal.SIGCONT)


def test_a_server_that_accepts_and_says_nothing_is_a_503_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        where = {"POSTGRES_DB_HOST": "localhost", "POSTGRES_DB_PORT": str(mute.getsockname()[1])}
        with use_variables(where, monkeypatch):
            assert get().status == 503


def test_a_server_without_an_address_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    with use_variables({"POSTGRES_DB_HOST": "database.invalid"}, monkeypatch):
        assert get().status == 503


def test_a_wrong_password_is_a_503_and_not_in_the_answer(direct: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with use_variables({**direct.variables, "POSTGRES_DB_PASSWORD": "geheim"}, monkeypatch):
        answer = get()
    assert answer.status == 503
    assert b"geheim" not in answer.body
    assert APPLICATION.encode() not in answer.body.replace(b"urn:problem-type:crosswalk", b"")
