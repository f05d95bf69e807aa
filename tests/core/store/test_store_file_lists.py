"""Files that came in, of whatever kind, in one list; on both databases."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.backfill import BackfillCounts, BackfillOptions, BackfillState
from exempt.model.imports import ImportCounts, ImportState, Layout, Remark, Tally, Template
from exempt.rules.import_rows import StagedRow
from exempt.services.file_ports import FileFilter, FileOf, Stands
from exempt.services.rows import ConnectionRow
from support.records import NOW
from support.stores import connected

LAYOUT = Layout(template=Template.BASIC, columns=())


def at(day: int) -> dt.datetime:
    return NOW + dt.timedelta(days=day)


@pytest.fixture
def filled(store: SqlStore, erp: ConnectionRow) -> SqlStore:
    """One of each kind for Northwind, and an import of Acme."""
    acme = connected(store, "acme-erp", company="acme")
    with store.writing() as tx:
        ours = tx.imports.begin(erp.company_id, LAYOUT, "Ours_100%.csv", "a", at(0), by="anna")
        bad = ImportCounts(rows=30, bad=2)
        tx.imports.save(ours.model_copy(update={"state": ImportState.CHECKED, "counts": bad}))
        theirs = tx.imports.begin(acme.company_id, LAYOUT, "theirs.csv", "b", at(1), by="eve")
        done = {"state": ImportState.UNDONE, "applied_at": at(2), "applied_by": "eve"}
        done |= {"undone_at": at(3), "undone_by": "kim", "counts": ImportCounts(rows=4)}
        tx.imports.save(theirs.model_copy(update=done))
        sales = tx.backfills.begin(erp.id, "sales.csv", "c", BackfillOptions(), at(4), by="anna")
        counts = BackfillCounts(rows=60, first_new={"SKU": "it's"})
        moved = {"state": BackfillState.IMPORTED, "counts": counts, "imported_at": at(5)}
        tx.backfills.save(sales.model_copy(update=moved))
        counts_of_people = ImportCounts(rows=7, planned=Tally(new=7))
        tx.people_files.begin(erp.company_id, "people.csv", "d", counts_of_people, at(6), by="dana")
    return store


def names(store: SqlStore, **wanted: object) -> list[str]:
    with store.reading() as tx:
        page = tx.file_lists.page(FileFilter(**wanted))  # type: ignore[arg-type]
    return [row.name for row in page.rows]


def test_all_kinds_stand_in_one_list_the_newest_first(filled: SqlStore) -> None:
    with filled.reading() as tx:
        page = tx.file_lists.page(FileFilter())
    found = [(row.of, row.name, row.stands, row.rows) for row in page.rows]
    assert found == [
        (FileOf.EMPLOYEES, "people.csv", Stands.READY, 7),
        (FileOf.SALES, "sales.csv", Stands.READY, 60),
        (FileOf.CUSTOMERS, "theirs.csv", Stands.UNDONE, 4),
        (FileOf.CUSTOMERS, "Ours_100%.csv", Stands.MEND, 30),
    ]
    assert page.counts == {FileOf.EMPLOYEES: 1, FileOf.SALES: 1, FileOf.CUSTOMERS: 2}
    theirs = page.rows[2]
    assert (theirs.company, theirs.ended_at, theirs.ended_by) == ("Acme", at(3), "kim")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({"of": FileOf.SALES}, ["sales.csv"], id="of a kind"),
        pytest.param({"stands": Stands.MEND}, ["Ours_100%.csv"], id="with problems"),
        pytest.param({"words": "OURS_100%"}, ["Ours_100%.csv"], id="by name, its signs too"),
        pytest.param({"words": "o_r"}, [], id="a sign is no joker"),
        pytest.param({"words": "dana"}, ["people.csv"], id="by who brought it"),
        pytest.param({"limit": 1, "offset": 1}, ["sales.csv"], id="the second page"),
        pytest.param(
            {"sort": "rows", "descending": False, "limit": 2},
            ["theirs.csv", "people.csv"],
            id="the smallest first",
        ),
        pytest.param({"company_ids": frozenset()}, [], id="of no company"),
    ],
)
def test_files_are_found(filled: SqlStore, wanted: dict[str, object], expected: list[str]) -> None:
    assert names(filled, **wanted) == expected


def test_files_of_other_companies_are_left_out(filled: SqlStore, erp: ConnectionRow) -> None:
    found = names(filled, company_ids=frozenset({erp.company_id}))
    assert found == ["people.csv", "sales.csv", "Ours_100%.csv"]


def test_files_of_employees_are_no_imports_of_customers(filled: SqlStore) -> None:
    with filled.reading() as tx:
        (people,) = (row for row in tx.file_lists.page(FileFilter()).rows if row.of == "employees")
        assert tx.imports.get(people.id) is None
        kept = tx.people_files.get(people.id)
        assert [run.file_name for run in tx.imports.all(None, 9)] == ["theirs.csv", "Ours_100%.csv"]
    assert kept is not None
    assert (kept.created_by, kept.counts.planned.new) == ("dana", 7)


def test_rows_with_problems_are_told_apart_from_those_with_notes(
    store: SqlStore, erp: ConnectionRow
) -> None:
    remark = (Remark("Name", "B", "is blank: fill it in"),)
    rows = [
        StagedRow(2, "a", None, "[]", (), ()),
        StagedRow(3, "b", None, "[]", remark, ()),
        StagedRow(4, "c", None, "[]", (), remark),
        StagedRow(5, "d", None, "[]", remark, remark),
    ]
    with store.writing() as tx:
        run = tx.imports.begin(erp.company_id, LAYOUT, "a.csv", "a", NOW, by="anna")
        tx.imports.add_rows(run.id, rows)

    def found(bad: bool | None) -> list[int]:
        with store.reading() as tx:
            return [row.row for row in tx.imports.remarked(run.id, 0, 10, bad=bad)]

    assert (found(None), found(bad=True), found(bad=False)) == ([3, 4, 5], [3, 5], [4, 5])
