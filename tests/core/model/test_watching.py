"""Rows are shown to whoever watches, and to nobody else."""

from __future__ import annotations

import threading
from contextvars import copy_context

from exempt import Customer, Page
from exempt.model.watching import MOST, Watched, watching


def customer(row: dict[str, str]) -> Customer | None:
    if row["id"] == "left out":
        return None
    return Customer(external_id=row["id"], name=row["name"])


def read(*ids: str) -> Page[Customer]:
    rows = [{"id": each} if each == "bad" else {"id": each, "name": each} for each in ids]
    return Page.read(rows, customer)


def test_each_row_comes_with_what_was_made_of_it() -> None:
    with watching() as rows:
        page = read("a", "bad", "left out")
    assert [(w.row, w.rejected) for w in rows] == [
        ({"id": "a", "name": "a"}, False),
        ({"id": "bad"}, True),
        ({"id": "left out", "name": "left out"}, False),
    ]
    assert [w.record for w in rows] == [page.records[0], None, None]


def test_nothing_is_kept_when_nobody_watches() -> None:
    with watching() as rows:
        pass
    read("a")
    assert rows == []


def test_one_watcher_does_not_see_what_another_thread_reads() -> None:
    with watching() as rows:
        thread = threading.Thread(target=read, args=("a",))
        thread.start()
        thread.join()
    assert rows == []


def test_a_thread_that_takes_over_the_context_is_seen() -> None:
    with watching() as rows:
        thread = threading.Thread(target=copy_context().run, args=(read, "a"))
        thread.start()
        thread.join()
    assert len(rows) == 1


def test_no_more_rows_are_kept_than_somebody_can_look_at() -> None:
    with watching() as rows:
        page = read(*(str(number) for number in range(MOST + 5)))
    assert (len(rows), len(page.records)) == (MOST, MOST + 5)


def test_a_row_does_not_show_in_a_repr() -> None:
    assert "canary" not in repr(Watched({"name": "canary"}, None))
