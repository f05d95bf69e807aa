"""A run that reads the whole stream tells what is gone by not naming it."""

from __future__ import annotations

import pytest

from exempt import Capability, Stream
from exempt.errors import CursorExpired, TransientError
from exempt.services.pull import read_ids
from support.records import customer, employee, order
from support.stores import rows
from support.world import Source, World

EVERYTHING = [Capability.CUSTOMERS, Capability.ORDERS, Capability.EMPLOYEES]


@pytest.fixture
def hris(any_world: World) -> Source:
    """An HR system that gives all employees each time, on each database."""
    source = any_world.connect("hris", EVERYTHING)
    source.remote.whole = True
    return source


def there(hris: Source) -> list[str]:
    sql = "SELECT external_id FROM employee WHERE deleted_at IS NULL ORDER BY external_id"
    return [external_id for (external_id,) in rows(hris.world.store, sql)]


def export(hris: Source, *external_ids: str) -> None:
    """Let the next run find just these."""
    hris.remote.log[Stream.EMPLOYEES] = [employee(external_id) for external_id in external_ids]


def pull(hris: Source, page_size: int = 2) -> None:
    hris.pull(Stream.EMPLOYEES, page_size=page_size)


def test_who_is_not_named_is_gone_at_the_end_of_the_run(hris: Source) -> None:
    export(hris, "E-1", "E-2", "E-3", "E-4", "E-5")
    pull(hris)
    assert there(hris) == ["E-1", "E-2", "E-3", "E-4", "E-5"]
    assert [page.deleted for page in hris.pages] == [0, 0, 0]
    export(hris, "E-5", "E-2", "E-6")
    pull(hris)
    assert there(hris) == ["E-2", "E-5", "E-6"]
    assert [page.deleted for page in hris.pages[3:]] == [0, 3], "at the end, and not before"
    assert rows(hris.world.store, "SELECT * FROM snapshot_record") == [], "nothing is left over"


def test_who_is_named_again_is_back(hris: Source) -> None:
    for names in (["E-1", "E-2"], ["E-1"], ["E-2", "E-1"]):
        export(hris, *names)
        pull(hris)
    assert there(hris) == ["E-1", "E-2"]


def test_a_run_that_was_broken_off_takes_nobody_away_and_its_rest_knows_its_beginning(
    hris: Source,
) -> None:
    export(hris, "E-1", "E-2", "E-3", "E-4")
    pull(hris)
    export(hris, "E-1", "E-2", "E-4")
    hris.remote.faults["fetch_employees"] = [None, TransientError("away")]
    with pytest.raises(TransientError):
        pull(hris)
    assert there(hris) == ["E-1", "E-2", "E-3", "E-4"]
    pull(hris)
    assert there(hris) == ["E-1", "E-2", "E-4"], "those of the first page were not forgotten"


def test_a_run_that_must_begin_anew_forgets_what_it_had_named(hris: Source) -> None:
    export(hris, "E-1", "E-2", "E-3")
    hris.remote.faults["fetch_employees"] = [None, CursorExpired("another file")]
    with pytest.raises(CursorExpired):
        pull(hris)
    export(hris, "E-3")
    pull(hris)
    assert there(hris) == ["E-3"]


def test_who_comes_by_a_webhook_while_the_list_is_read_stays(hris: Source) -> None:
    export(hris, "E-1", "E-2", "E-3")
    hris.remote.faults["fetch_employees"] = [None, TransientError("away")]
    with pytest.raises(TransientError):
        pull(hris)
    export(hris, "E-1", "E-2", "E-3", "E-0")
    read_ids(hris.reading(), Stream.EMPLOYEES, ("E-0",))
    export(hris, "E-1", "E-2", "E-3")  # its page was read before it was there
    pull(hris)
    assert there(hris) == ["E-0", "E-1", "E-2", "E-3"]
    pull(hris)
    assert there(hris) == ["E-1", "E-2", "E-3"], "the next whole list counts again"


@pytest.mark.parametrize(
    ("row_of", "left"),
    [
        pytest.param("E-2", ["E-1", "E-2"], id="whose row cannot be read stays, others go"),
        pytest.param(None, ["E-1", "E-2", "E-3"], id="nobody goes where a row is nobody's"),
    ],
)
def test_a_row_that_cannot_be_read_takes_nobody_away(
    hris: Source, row_of: str | None, left: list[str]
) -> None:
    export(hris, "E-1", "E-2", "E-3")
    pull(hris)
    export(hris)
    hris.remote.spoil(Stream.EMPLOYEES, "row 1", row_of)
    hris.remote.put(employee("E-1"))
    pull(hris)
    assert there(hris) == left


def test_what_is_read_in_parts_takes_nobody_away(hris: Source) -> None:
    export(hris, "E-1", "E-2", "E-3", "E-4")
    pull(hris)
    hris.remote.ranges = 2
    export(hris, "E-1", "E-2")
    with hris.world.store.writing() as tx:
        tx.cursors.forget(hris.row.id, Stream.EMPLOYEES)
    pull(hris)
    assert there(hris) == ["E-1", "E-2", "E-3", "E-4"]


def test_an_empty_list_is_not_believed_and_says_so(hris: Source) -> None:
    export(hris, "E-1", "E-2")
    pull(hris)
    export(hris)
    pull(hris)
    assert there(hris) == ["E-1", "E-2"]
    with hris.world.store.reading() as tx:
        ((stream, rejected),) = tx.sources.rejected(hris.row.id)
    assert (stream, rejected.row) == ("employees", "the whole list")
    assert "it is empty, though 2 were known before: they were kept" in rejected.reason
    export(hris, "E-1")
    pull(hris)
    assert there(hris) == ["E-1"]
    with hris.world.store.reading() as tx:
        assert tx.sources.rejected(hris.row.id) == [], "and it is forgotten"


def test_an_order_and_a_customer_that_no_snapshot_names_are_undone(any_world: World) -> None:
    erp = any_world.connect("erp")
    erp.remote.whole = True
    erp.remote.put(customer("C-1", exempt=True), order("O-1"))
    erp.sync(write_back=False)
    assert any_world.ground() == "no_certificate"
    erp.remote.log.clear()
    erp.remote.put(customer("C-2"), order("O-2", customer_external_id="C-2"))
    erp.sync(write_back=False)
    gone = "SELECT count(*) FROM sales_order WHERE deleted_at IS NOT NULL"
    assert rows(any_world.store, gone) == [(1,)]
    assert rows(any_world.store, "SELECT DISTINCT flagged_exempt FROM customer") == [(False,)]


def test_pages_that_are_no_snapshot_take_nobody_away(hris: Source) -> None:
    export(hris, "E-1", "E-2")
    pull(hris)
    hris.remote.whole = False
    export(hris, "E-3")
    pull(hris)
    assert there(hris) == ["E-1", "E-2", "E-3"]
