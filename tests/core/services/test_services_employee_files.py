"""Files of employees: read part by part, taken in piece by piece, and put back."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.errors import RefusedError
from exempt.model.imports import ImportState, PeopleRun, Tally
from exempt.services import employee_files, employee_undoing
from exempt.services.importing import leaving
from exempt.services.rows import Subject
from exempt.wiring.backfills import Parts
from support.stores import rows
from support.world import World


class Staff:
    """Files of employees that are handed to an installation."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.parts = world, Parts(LocalDocuments(folder), folder)
        with world.store.writing() as tx:
            tx.connections.company("northwind", "Northwind", None)
            (self.company,) = tx.cards.companies()

    def check(self, *lines: str) -> PeopleRun:
        """Check a file with these rows."""
        self.world.now += dt.timedelta(hours=1)
        content = "\n".join(("id,state,home,start,end,note", *lines)).encode()
        file = leaving.keep(self.parts, "p.csv", io.BytesIO(content))
        act = self.world.act()
        return employee_files.take_in(self.world.store, self.parts, file, self.company.id, act)

    def bring(self, *lines: str) -> PeopleRun:
        """Check a file, and take it in."""
        run = self.check(*lines)
        employee_files.begin(self.world.store, run.id, self.world.act())
        return employee_files.go_on(self.world.store, self.parts, run.id)

    def undo(self, run: PeopleRun) -> Tally:
        """What was put back."""
        self.world.now += dt.timedelta(hours=1)
        run = employee_undoing.undo(self.world.store, run.id, self.world.act())
        assert run.state is ImportState.UNDONE
        return run.counts.undone

    def stands(self) -> list[list[tuple[Any, ...]]]:
        """All that counts of employees."""
        people = (
            "SELECT external_id, label, work_state, home_state, start_date, end_date FROM employee"
            " WHERE deleted_at IS NULL ORDER BY external_id"
        )
        places = (
            "SELECT external_id, jurisdiction, kind, from_day, through_day, by_start, left_how"
            " FROM employee_place WHERE left_how <> 'corrected' ORDER BY external_id, id"
        )
        return [rows(self.world.store, sql) for sql in (people, places)]


@pytest.fixture
def staff(any_world: World, tmp_path: Path) -> Staff:
    """On each database."""
    return Staff(any_world, tmp_path / "documents")


FIRST = ("E-1,TX,OK,2024-03-01,,Ana", "E-2,CA,,2022-03-01,2024-12-31,", "E-2,NV,,2025-01-01,,")
SECOND = ("E-1,TX,,2023-03-01,,Ana R.", "E-2,NV,,2025-01-01,,", "E-3,OR,,2024-01-01,,")


def test_all_is_as_it_was(staff: Staff) -> None:
    """E-2 is the same in both files, but for a time that only the first knows."""
    store, nothing = staff.world.store, staff.stands()
    first = staff.bring(*FIRST)
    before = staff.stands()
    second = staff.bring(*SECOND)
    changed = staff.stands()
    assert changed != before
    foreseen = employee_undoing.preview(store, second.id, staff.world.act())
    assert staff.stands() == changed, "nothing is put back so far"
    done = staff.undo(second)
    assert (done.new, done.left) == (1, 0)
    assert (foreseen.undone, foreseen.whole) == (done, True)
    assert staff.stands() == before
    staff.undo(first)
    assert staff.stands() == nothing
    with store.reading() as tx:
        source = employee_files.source_of(tx, staff.company.id)
        said = tx.history.of(Subject.CONNECTION, source.id)
    assert [(each.field, each.new) for each in said] == [("employees", "undone")] * 2
    staff.bring(*FIRST)
    assert staff.stands() == before, "and it can be had again"


def test_what_a_later_file_has_too_stays_and_goes_with_that(staff: Staff) -> None:
    first, second = staff.bring(*FIRST), staff.bring(SECOND[0])
    done = staff.undo(first)
    assert done == Tally(new=1, left=1)
    with staff.world.store.reading() as tx:
        (left,) = tx.brought.left(first.id, employee_undoing.STREAMS)
    assert (left.external_id, left.note) == ("E-1", "import 2 has it too, and came later")
    assert staff.undo(second) == Tally(new=1)
    assert staff.stands() == [[], []]


def test_it_goes_on_where_it_was_killed(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(employee_files, "_PEOPLE", 2)
    monkeypatch.setattr(employee_undoing, "_AT_ONCE", 2)
    store, parts = staff.world.store, staff.parts
    run = staff.check(*(f"E-{n},TX,,2024-03-01,," for n in range(5)))
    assert run.counts.planned == Tally(new=5)
    employee_files.begin(store, run.id, staff.world.act())

    def killed(_done: int, part: float) -> None:
        assert part == pytest.approx(0.4)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        employee_files.go_on(store, parts, run.id, told=killed)
    assert len(staff.stands()[0]) == 2
    assert employee_files.go_on(store, parts, run.id).counts.done == Tally(new=5)
    with pytest.raises(KeyboardInterrupt):
        employee_undoing.undo(store, run.id, staff.world.act(), told=killed)
    assert len(staff.stands()[0]) == 3
    assert staff.undo(run).new == 5
    with pytest.raises(RefusedError, match="is undone: there is nothing to undo"):
        employee_undoing.undo(store, run.id, staff.world.act())
    with pytest.raises(RefusedError, match="is undone already"):
        employee_files.begin(store, run.id, staff.world.act())
