"""An import that is interrupted goes on where it stopped: nothing is lost, nothing done twice."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exempt.adapters.spreadsheets import open_table
from exempt.errors import RefusedError
from exempt.model.customer import CustomerDetails
from exempt.model.imports import ImportRun, ImportState, ReadingOptions
from exempt.model.tabular import Line, TableFile
from exempt.services.importing import applying, checking, runs, staging, undoing
from support.imports import Office, billing, shipping
from support.records import DAY, NOW, act
from support.stores import rows
from support.world import World

ANNA, BEA = act(), act(NOW + DAY, "bea")


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


@pytest.fixture
def office(world: World, tmp_path: Path) -> Office:
    return Office(world.store, tmp_path)


class PowerCut(Exception):
    """The process ends."""


class Cut:
    """Ends the process when it is told of progress for the *nth* time."""

    def __init__(self, nth: int) -> None:
        self.left = nth
        self.parts: list[float] = []

    def __call__(self, _rows: int, part: float) -> None:
        self.parts.append(part)
        self.left -= 1
        if self.left == 0:
            raise PowerCut


def many(count: int, **more: Any) -> Iterator[dict[str, str | None]]:
    """Rows of so many customers, two for each."""
    for number in range(count):
        for state in ("TX", "CA"):
            yield billing(f"C-{number:05}", f"Customer {number}", ship_to=state, **more)


class Broken:
    """A table whose file cannot be read beyond some row."""

    def __init__(self, table: TableFile, rows: int, error: Exception) -> None:
        self._table, self._rows, self._error = table, rows, error
        self.name, self.titles, self.title_row = table.name, table.titles, table.title_row
        self.size, self.encoding = table.size, table.encoding

    def lines(self) -> Iterator[Line]:
        for line in self._table.lines():
            if line.row > self._rows:
                raise self._error
            yield line

    def progress(self) -> float:
        return self._table.progress()


def stage(office: Office, path: Path, *, until: int, error: Exception) -> ImportRun:
    """Read a file that breaks off."""
    with open_table(path) as table:
        upload = staging.Upload(Broken(table, until, error), path.name)
        return staging.stage(office.store, upload, office.company_id, ANNA)


# --- reading -----------------------------------------------------------------------------


def test_reading_goes_on_where_it_stopped(office: Office) -> None:
    path = office.write(*many(2500))
    with pytest.raises(PowerCut):
        stage(office, path, until=4500, error=PowerCut())
    (begun,) = rows(office.store, "SELECT state, position FROM import_run")
    assert begun == ("staging", "4001")
    run = office.stage_file(path)
    assert (run.id, run.state, run.counts.rows) == (1, ImportState.STAGED, 5000)
    assert rows(office.store, "SELECT count(*), count(DISTINCT row) FROM import_row") == [
        (5000, 5000)
    ]


def test_rows_that_are_left_out_are_counted_once(office: Office) -> None:
    path = office.write(*(row | {"Buys": str(n % 2)} for n, row in enumerate(many(2500))))
    only: dict[str, Any] = {"only": (("Buys", "1"),)}
    with open_table(path) as table, pytest.raises(PowerCut):
        upload = staging.Upload(Broken(table, 4500, PowerCut()), path.name)
        staging.stage(office.store, upload, office.company_id, ANNA, options=ReadingOptions(**only))
    run = office.stage_file(path, **only)
    assert (run.counts.rows, run.counts.left_out) == (2500, 2500)


def test_the_same_file_is_read_once(office: Office) -> None:
    path = office.write(billing())
    first = office.stage_file(path)
    checking.check(office.store, first.id)
    assert office.stage_file(path).id == first.id
    assert office.stage_file(path, aliases=True).id == first.id, "it is read the same"
    assert office.stage_file(path, template="basic").id == first.id
    other = office.stage_file(
        path,
        mapping={
            "Billing Customer Name 1": "Billing Customer Number",
            "Billing Customer Number": "Billing Customer Name 1",
        },
    )
    assert other.id != first.id
    applying.apply(office.store, first.id, ANNA)
    assert office.stage_file(path).id not in {first.id, other.id}


def test_a_file_that_is_damaged_leaves_nothing(office: Office) -> None:
    path = office.write(*many(2500))
    with pytest.raises(RefusedError, match="row 4501 is damaged"):
        stage(office, path, until=4500, error=RefusedError("row 4501 is damaged"))
    assert rows(office.store, "SELECT count(*) FROM import_row") == [(0,)]
    with office.store.reading() as tx:
        assert runs.get(tx, 1).state is ImportState.DROPPED


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "1.csv: has titles, and no rows: there is nothing to import"),
        (
            {"only": (("Billing Customer Number", "C-2"),)},
            "1.csv: all its rows are left out: there is nothing to import",
        ),
    ],
)
def test_a_file_without_rows_is_refused(office: Office, options: Any, why: str) -> None:
    path = office.write(billing())
    if not options:
        path.write_text(path.read_text().splitlines()[0] + "\n")
    with pytest.raises(RefusedError, match=why):
        office.stage_file(path, **options)


def test_a_wrong_title_is_refused_before_anything_is_kept(office: Office) -> None:
    with pytest.raises(RefusedError, match="column C: 'Colour' is no title of the template"):
        office.stage(billing() | {"Colour": "red"})
    assert rows(office.store, "SELECT count(*) FROM import_run") == [(0,)]


# --- applying, undoing -------------------------------------------------------------------


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_applying_goes_on_where_it_stopped(office: Office, nth: int) -> None:
    checked = office.check(*many(1200))
    cut = Cut(nth)
    with pytest.raises(PowerCut):
        applying.apply(office.store, checked.run.id, ANNA, told=cut)
    assert rows(office.store, "SELECT count(*) FROM customer") == [(min(500 * nth, 1200),)]
    with pytest.raises(RefusedError, match="is applying: go on with exempt imports resume 1"):
        applying.apply(office.store, checked.run.id, ANNA)
    run = applying.resume(office.store, checked.run.id, BEA)
    assert (run.state, run.counts.done) == (ImportState.APPLIED, checked.run.counts.planned)
    assert (run.applied_by, run.applied_at) == ("anna", NOW)
    assert rows(office.store, "SELECT count(*), count(DISTINCT number_key) FROM customer") == [
        (1200, 1200)
    ]
    assert rows(office.store, "SELECT count(*) FROM ship_to_zone") == [(2400,)]
    assert rows(office.store, "SELECT count(*) FROM import_change") == [(1200,)]
    assert rows(office.store, "SELECT count(*) FROM history") == [(1200,)]
    assert rows(office.store, "SELECT count(*) FROM import_row") == [(0,)]


def test_what_was_confirmed_counts_when_it_goes_on(office: Office) -> None:
    office.run(*many(600, city="Austin"))
    checked = office.check(*many(600, city=None))
    with pytest.raises(PowerCut):
        applying.apply(office.store, checked.run.id, ANNA, erase=True, told=Cut(1))
    run = applying.resume(office.store, checked.run.id, BEA)
    assert run.counts.done.erasures == 600
    assert rows(office.store, "SELECT count(*) FROM customer WHERE address_city <> ''") == [(0,)]


def test_only_what_was_interrupted_goes_on(office: Office) -> None:
    run = office.run(billing())
    with pytest.raises(RefusedError, match="import 1: is applied: there is nothing to go on with"):
        applying.resume(office.store, run.id, ANNA)


@pytest.mark.parametrize("nth", [1, 2])
def test_undoing_goes_on_where_it_stopped(office: Office, nth: int) -> None:
    office.run(*many(1500, city="Austin"))
    run = office.run(*many(1500, city="Dallas", phone="1"))
    with pytest.raises(PowerCut):
        undoing.undo(office.store, run.id, ANNA, told=Cut(nth))
    undone = undoing.undo(office.store, run.id, BEA)
    assert (undone.state, undone.undone_by) == (ImportState.UNDONE, "anna")
    assert (undone.counts.undone.changes, undone.counts.undone.left) == (3000, 0)
    wrong = "SELECT count(*) FROM customer WHERE address_city <> 'Austin' OR phone IS NOT NULL"
    assert rows(office.store, wrong) == [(0,)]


def test_progress_goes_from_nothing_to_all(office: Office) -> None:
    told = Cut(-1)
    path = office.write(
        *(row | shipping(None, None) for row in many(1100) if row.pop("Shipping Customer State"))
    )
    with open_table(path) as table:
        run = staging.stage(
            office.store, staging.Upload(table, "x"), office.company_id, ANNA, told=told
        )
    for step in (
        lambda: checking.check(office.store, run.id, told=told),
        lambda: applying.apply(office.store, run.id, ANNA, told=told),
        lambda: undoing.undo(office.store, run.id, ANNA, told=told),
    ):
        assert told.parts == sorted(told.parts)
        assert told.parts[-1] == 1.0
        assert len(told.parts) > 1
        told.parts.clear()
        step()
    assert told.parts[-1] == 1.0


# --- size --------------------------------------------------------------------------------


def test_a_number_with_ten_thousand_rows(office: Office) -> None:
    """One customer that does not fit into a piece is read piece by piece."""
    file = [billing("C-1", ship_to=("TX", "CA", None)[n % 3]) for n in range(10_000)]
    file += [billing("C-1", "Other", ship_to="NY")] * 3_000
    file += [billing("C-0", "Bolt", ship_to="NY"), billing("C-2", "Cog", ship_to="WA")]
    checked = office.check(*file)
    assert checked.run.counts.noted == 9_997
    assert checked.run.counts.bad == 3_000
    assert (checked.run.counts.planned.new, checked.run.counts.planned.zones) == (3, 4)
    applying.apply(office.store, checked.run.id, ANNA, skip_bad_rows=True)
    assert office.card("C-1").ship_to_zones == ("US-CA", "US-TX")


@pytest.mark.lengthy
def test_memory_does_not_grow_with_the_file(office: Office) -> None:
    def peak(count: int) -> int:
        """Bytes at most, for an import of so many customers and its undoing."""
        path = office.write(*many(count))
        tracemalloc.start()
        run = office.stage_file(path)
        checking.check(office.store, run.id)
        applying.apply(office.store, run.id, ANNA)
        undoing.undo(office.store, run.id, ANNA)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # what is loaded once
    assert peak(6_000) < peak(2_000) + 1_000_000  # the rows alone have 1.2 million more


def test_details_are_those_of_the_first_of_equal_numbers(office: Office) -> None:
    office.run(billing(" c-1 "), billing("C-1"))
    assert office.card().details == CustomerDetails(number="c-1", name="Acme")
