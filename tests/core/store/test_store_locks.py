"""Names that one process holds at a time, by the life of its holder."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest
from sqlalchemy.exc import OperationalError

from exempt.adapters.store.store import SqlStore
from support.databases import KINDS, open_database
from support.stores import rows

HOLD_AND_WAIT = """
import sys
from exempt.adapters.store.database import Database
with Database(sys.argv[1]).locks.alone("read-1") as held:
    print(held, flush=True)
    sys.stdin.readline()
"""


# A lock on a file has no server that could be away.
ON_SERVER = pytest.mark.parametrize(
    "database_kind", [kind for kind in KINDS if kind == "postgresql"], indirect=True
)


def cut_off(store: SqlStore) -> None:
    """Let the server end every connection but the one that asks it to."""
    sql = (
        "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert rows(store, sql)[0][0] > 0


def held_for_life(store: SqlStore, name: str) -> ExitStack:
    """Hold a name until that is closed."""
    with ExitStack() as stack:
        assert stack.enter_context(store.alone(name))
        return stack.pop_all()


def test_a_name_is_held_once_and_free_afterwards(store: SqlStore) -> None:
    for _ in range(2):
        with store.alone("read-1") as first, store.alone("read-1") as second:
            assert (first, second) == (True, False)
            with store.alone("read-1") as third:
                assert not third, "whoever was refused gave nothing back"
    with store.alone("read-1") as again:
        assert again


def test_names_do_not_hinder_each_other(store: SqlStore) -> None:
    with store.alone("read-1") as read, store.alone("write-1") as write:
        assert (read, write) == (True, True)


def test_an_error_inside_frees_the_name(store: SqlStore) -> None:
    with pytest.raises(KeyError), store.alone("read-1") as held:
        assert held
        raise KeyError
    with store.alone("read-1") as again:
        assert again


def test_of_many_threads_at_once_one_gets_the_name(store: SqlStore) -> None:
    ready, over = Barrier(8), Barrier(8)

    def hold() -> bool:
        ready.wait(30)
        with store.alone("read-1") as held:
            over.wait(30)
            return held

    with ThreadPoolExecutor(8) as pool:
        held = [future.result() for future in [pool.submit(hold) for _ in range(8)]]
    assert sorted(held) == [False] * 7 + [True]


def test_who_opens_the_database_anew_is_somebody_else(store: SqlStore, database_url: str) -> None:
    with open_database(database_url) as other:
        with store.alone("read-1"), other.locks.alone("read-1") as held:
            assert not held
        with other.locks.alone("read-1") as held, store.alone("read-1") as back:
            assert (held, back) == (True, False)


def test_what_is_closed_holds_nothing(store: SqlStore, database_url: str) -> None:
    with open_database(database_url) as other:
        with other.locks.alone("worker-a"):
            if not store.database.is_sqlite:  # there it is the file that is held, until it ends
                other.close()
                with store.alone("worker-a") as held:
                    assert held
        assert not other.locks.lost()
    with store.alone("worker-a") as held:
        assert held


def test_a_process_that_dies_frees_what_it_held(store: SqlStore, database_url: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_AND_WAIT, database_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        with store.alone("read-1") as held:
            assert not held
        process.kill()
    with store.alone("read-1") as held:
        assert held


def test_nothing_is_lost_while_the_server_is_there(store: SqlStore) -> None:
    locks = store.database.locks
    assert not locks.lost(), "before anything was held"
    with store.alone("read-1"):
        assert not locks.lost()
    assert not locks.lost()


@ON_SERVER
def test_what_was_held_while_the_server_was_away_is_lost_for_good(
    store: SqlStore, database_url: str
) -> None:
    locks = store.database.locks
    with store.alone("worker-a"):
        cut_off(store)
        assert [locks.lost() for _ in range(3)] == [True] * 3, "and who asks again is told again"
        with open_database(database_url) as other, other.locks.alone("worker-a") as taken:
            assert taken
            with store.alone("worker-a") as back:
                assert not back, "it is somebody else's by now"
        with store.alone("read-1") as held:
            assert held, "others can be held through a new connection"
        assert locks.lost(), "but it is not the same any more"
    assert locks.lost()


@ON_SERVER
def test_the_end_of_what_was_lost_frees_nothing_that_was_taken_since(store: SqlStore) -> None:
    locks = store.database.locks
    with store.alone("read-1"):
        cut_off(store)
        assert locks.lost()
        later = held_for_life(store, "read-1")
    with store.alone("read-1") as held:
        assert not held
    later.close()
    with store.alone("read-1") as held:
        assert held


@ON_SERVER
def test_a_name_that_nobody_missed_meanwhile_ends_quietly(store: SqlStore) -> None:
    with store.alone("read-1"):
        cut_off(store)
    with store.alone("read-1") as held:
        assert held


@ON_SERVER
def test_who_asks_for_a_name_while_the_server_is_away_is_told_and_asks_again(
    store: SqlStore,
) -> None:
    with store.alone("read-1"):
        pass
    cut_off(store)
    with pytest.raises(OperationalError), store.alone("read-1"):
        pytest.fail("it cannot know that it holds it")
    with store.alone("read-1") as held:
        assert held
    assert not store.database.locks.lost(), "nothing was held then"
