"""Sales out of files: as a connector's, once however often they come, and step by step."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from exempt import Capability, Order, Stream
from exempt.errors import NotFoundError, RefusedError
from exempt.model.backfill import BackfillState
from exempt.rules.tax_categories import shipped_categories
from exempt.services.backfills import importing, new_products, runs
from exempt.services.job_ports import JobKind
from support.backfilling import Files
from support.records import customer, order
from support.sale_files import as_csv, sale
from support.stores import customers_in
from support.world import Source, World

READS = (Capability.CUSTOMERS, Capability.ORDERS)


@pytest.fixture
def files(any_world: World, tmp_path: Path) -> Files:
    """On each database."""
    return Files(any_world, tmp_path / "documents")


@pytest.fixture
def sqlite_files(world: World, tmp_path: Path) -> Files:
    return Files(world, tmp_path / "documents")


def stored(files: Files, *ids: str, source: str = "files") -> list[Order]:
    """The orders of a source with these ids."""
    with files.world.store.reading() as tx:
        row = next(row for row in tx.connections.all() if row.name == source)
        found = {o.record.external_id: o.record for o in tx.sources.orders_by_id(row.id, ids)}
    return [found[each] for each in ids if each in found]


def totals(files: Files) -> dict[str, tuple[int, int]]:
    """What counts in each state: cents, and transactions."""
    with files.world.store.reading() as tx:
        (company,) = tx.cards.companies()
        months = tx.sales.months([company.id])
    return {
        place: (
            sum(bucket.totals.amount() for bucket in buckets),
            sum(bucket.totals.count() for bucket in buckets),
        )
        for (_, place), buckets in months.items()
    }


# --- once ----------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing(files: Files) -> None:
    rows = [sale(f"INV-{n}") for n in range(5)]
    first = files.bring(*rows)
    before = totals(files)
    again = files.bring(*rows)
    assert (first.counts.new, again.counts.new) == (5, 0)
    assert (again.counts.changed, again.counts.unchanged) == (0, 5)
    assert totals(files) == before == {"US-TX": (50_000, 5)}


def test_an_overlapping_file_brings_what_is_new(files: Files) -> None:
    files.bring(*(sale(f"INV-{n}") for n in range(3)))
    run = files.bring(*(sale(f"INV-{n}") for n in range(1, 5)))
    assert (run.counts.new, run.counts.unchanged) == (2, 2)
    assert totals(files) == {"US-TX": (50_000, 5)}


def test_a_corrected_row_changes_the_sale(files: Files) -> None:
    files.bring(sale("INV-1"), sale("INV-2"))
    run = files.bring(sale("INV-1", amount="80.00", state="CA", zip="94025"), sale("INV-2"))
    assert (run.counts.new, run.counts.changed, run.counts.unchanged) == (0, 1, 1)
    assert totals(files)["US-CA"] == (8_000, 1)
    assert totals(files)["US-TX"] == (10_000, 1)


def test_two_sources_are_two_ledgers(files: Files) -> None:
    files.bring(sale("INV-1"), source="shop")
    files.bring(sale("INV-1", amount="5"), source="old-erp")
    assert totals(files) == {"US-TX": (10_500, 2)}


def test_lines_of_a_sale_need_not_stand_together(files: Files) -> None:
    rows = [sale("B", product_id="1"), sale("A"), sale("B", product_id="2", amount="-30")]
    run = files.bring(*rows)
    assert (run.counts.rows, run.counts.transactions) == (3, 2)
    (found,) = stored(files, "B")
    assert found.total == Decimal("70.00")
    assert [each.product_external_id for each in found.lines] == ["1", "2"]


def test_an_older_file_takes_nothing_back_from_a_customer(sqlite_files: Files) -> None:
    files = sqlite_files
    files.bring(sale("INV-2", date="2026-06-01", customer_name="New name"))
    files.bring(sale("INV-1", date="2025-06-01", customer_name="Old name"))
    with files.world.store.reading() as tx:
        (card,) = customers_in(tx, "C-1")
    assert (card.number, card.name) == ("C-1", "New name")


def test_a_customer_of_a_file_is_the_one_of_a_connection(world: World, tmp_path: Path) -> None:
    erp = world.connect("erp", READS)
    erp.remote.put(customer("4711", number="C-1", name="Lone Star Tools"))
    erp.pull(Stream.CUSTOMERS)
    Files(world, tmp_path / "documents").bring(sale())
    with world.store.reading() as tx:
        assert [card.number for card in customers_in(tx, "C-1")] == ["C-1"]


# --- a connection that lacks sales ---------------------------------------------------------


@pytest.fixture
def erp(any_world: World) -> Source:
    """A connection that has shown the sale ``INV-1`` to ``C-1``."""
    erp = any_world.connect("erp", READS)
    erp.remote.put(customer("C-1"), order("INV-1", total=Decimal("7.00"), closed=True))
    erp.pull(Stream.CUSTOMERS)
    erp.pull()
    return erp


@pytest.mark.usefixtures("erp")
def test_what_a_connection_has_shown_stays_as_it_shows_it(files: Files) -> None:
    rows = [sale("INV-1"), sale("INV-0")]
    checked = files.check(*rows, source="erp")
    assert checked.counts.already_there == 1
    run = files.store(checked)
    assert (run.counts.new, run.counts.changed, run.counts.already_there) == (1, 0, 1)
    assert [each.total for each in stored(files, "INV-0", "INV-1", source="erp")] == [100, 7]
    again = files.bring(sale("INV-0", amount="90"), source="erp")
    assert (again.counts.changed, again.counts.already_there) == (1, 0), "the file's own"


def test_a_connection_takes_over_what_it_comes_to_show(files: Files, erp: Source) -> None:
    files.bring(sale("INV-0"), source="erp")
    files.world.now += dt.timedelta(hours=1)
    erp.remote.put(order("INV-0", total=Decimal("8.00"), closed=True))
    erp.pull()
    run = files.bring(sale("INV-0", amount="90"), source="erp")
    assert (run.counts.changed, run.counts.already_there) == (0, 1)
    assert [each.total for each in stored(files, "INV-0", source="erp")] == [8]


def test_a_connection_that_lists_all_it_has_does_not_take_a_files_sales_away(
    files: Files, erp: Source
) -> None:
    files.bring(sale("INV-0", customer_id="C-0"), source="erp")
    erp.remote.whole = True
    with files.world.store.writing() as tx:
        for stream in (Stream.ORDERS, Stream.CUSTOMERS):
            tx.cursors.forget(erp.row.id, stream)
    erp.pull(Stream.CUSTOMERS)
    erp.pull()
    assert erp.pages[-1].deleted == 0
    assert len(stored(files, "INV-0", "INV-1", source="erp")) == 2
    assert totals(files)["US-TX"] == (10_700, 2)


# --- sources -------------------------------------------------------------------------------


def test_sources_have_names(sqlite_files: Files) -> None:
    files = sqlite_files
    assert files.source().name == "files"
    assert files.source("old-shop").connector == "file"
    assert files.source("old-shop") == files.source("old-shop", None)
    with pytest.raises(RefusedError, match="small letters"):
        files.source("Old Shop")
    files.world.connect("crm", [Capability.CUSTOMERS])
    with pytest.raises(RefusedError, match="shows no orders"):
        files.source("crm")
    with pytest.raises(RefusedError, match="was never read: run exempt sync stripe first"):
        files.source("stripe", stripe=object())


def test_a_source_belongs_to_one_company(sqlite_files: Files) -> None:
    files = sqlite_files
    files.source("shop")
    with files.world.store.writing() as tx:
        tx.connections.company("other", "Other", None)
    with pytest.raises(RefusedError, match="is of another company than other"):
        files.source("shop", "other")
    with pytest.raises(RefusedError, match="which company"):
        files.source("new", None)
    with pytest.raises(NotFoundError):
        files.source("shop", "nobody")
    assert files.source(None, "other").name == "files-other"


# --- step by step --------------------------------------------------------------------------


def test_a_file_goes_from_draft_to_complete(sqlite_files: Files) -> None:
    files = sqlite_files
    store, act = files.world.store, files.world.act()
    run = files.take_in(as_csv(sale()))
    assert run.state is BackfillState.DRAFT
    with pytest.raises(RefusedError, match="is draft: check it first"):
        importing.begin(store, run.id, act)
    run = files.check_run(run)
    assert run.state is BackfillState.CHECKED
    with pytest.raises(RefusedError, match="is checked: import it first"):
        runs.complete(store, run.id, act)
    with pytest.raises(RefusedError, match="is checked"):
        importing.go_on(files.importing(), run.id)
    run = importing.begin(store, run.id, act)
    assert run.state is BackfillState.IMPORTING
    assert importing.begin(store, run.id, act) == run, "once more does no harm"
    with store.reading() as tx:
        assert JobKind.IMPORT in {job.kind for job in tx.jobs.all() if job.waiting}
    with pytest.raises(RefusedError, match="is importing: wait for it"):
        runs.drop(store, run.id)
    run = importing.go_on(files.importing(), run.id)
    assert (run.state, run.imported_at) == (BackfillState.IMPORTED, files.world.now)
    assert run.imported_by == act.by
    with store.reading() as tx:
        assert JobKind.NEXUS in {job.kind for job in tx.jobs.all() if job.waiting}
    with pytest.raises(RefusedError, match="is imported: its sales are stored"):
        files.check_run(run)
    run = runs.complete(store, run.id, act)
    assert (run.state, run.completed_by) == (BackfillState.COMPLETE, act.by)
    assert runs.complete(store, run.id, files.world.act()) == run, "and is so for good"
    with pytest.raises(RefusedError, match="is complete"):
        runs.drop(store, run.id)
    assert files.told[-1] == (1, 1.0)


def test_a_file_is_given_up(sqlite_files: Files) -> None:
    files = sqlite_files
    run = files.check(sale(amount="many"))
    assert runs.drop(files.world.store, run.id).state is BackfillState.DROPPED
    assert runs.drop(files.world.store, run.id).state is BackfillState.DROPPED
    with pytest.raises(RefusedError, match="is dropped: check the file again"):
        files.check_run(run)
    assert files.check(sale(amount="many")).id != run.id


def test_the_same_file_goes_on_with_the_run_that_it_has(sqlite_files: Files) -> None:
    files = sqlite_files
    run = files.check(sale(amount="many"))
    assert files.check(sale(amount="many")).id == run.id
    assert files.check(sale(amount="many"), any_signs=True).id != run.id, "read otherwise"
    with files.world.store.reading() as tx:
        assert [each.id for each, _ in runs.listed(tx)] == [2, 1]
        assert runs.listed(tx, []) == []
        with pytest.raises(NotFoundError, match="see exempt backfill list"):
            runs.get(tx, 99)


def test_what_is_wrong_by_the_time_of_the_import_makes_it_a_draft_again(
    sqlite_files: Files,
) -> None:
    """As when the clock was put back, and a sale lies in the future by then."""
    files = sqlite_files
    run = files.check(sale(date="2026-11-20"))
    importing.begin(files.world.store, run.id, files.world.act())
    files.world.now -= dt.timedelta(days=2)
    run = importing.go_on(files.importing(), run.id)
    assert run.state is BackfillState.DRAFT
    assert run.counts.wrong == 1
    with pytest.raises(RefusedError, match="mend its mistakes"):
        importing.begin(files.world.store, run.id, files.world.act())


def test_a_kept_file_that_is_gone_is_told(sqlite_files: Files) -> None:
    files = sqlite_files
    run = files.check(sale())
    next(files.folder.glob("*/*")).unlink()
    with pytest.raises(NotFoundError, match="restore it from a backup"):
        files.check_run(run)


def test_a_time_zone_of_the_seller_that_is_none(sqlite_files: Files) -> None:
    with pytest.raises(RefusedError, match="time zone EST: is no time zone"):
        sqlite_files.check(sale(), time_zone="EST")


def test_two_at_once_do_not_import_one_source(sqlite_files: Files) -> None:
    files = sqlite_files
    run = files.check(sale())
    with runs.alone(files.world.store, run), pytest.raises(RefusedError, match="another process"):
        files.check_run(run)


def test_an_import_that_is_stopped_goes_on_where_it_was(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_AT_ONCE", 4)
    run = files.check(*(sale(f"INV-{n:02}", customer_id=f"C-{n:02}") for n in range(10)))
    importing.begin(files.world.store, run.id, files.world.act())

    class StoppedError(Exception):
        pass

    def stop(rows: int, _part: float) -> None:
        if rows >= 4:
            raise StoppedError

    stopping = files.importing()
    object.__setattr__(stopping, "told", stop)
    with pytest.raises(StoppedError):
        importing.go_on(stopping, run.id)
    with files.world.store.reading() as tx:
        half = runs.get(tx, run.id)
    assert (half.state, half.counts.stored, half.position) == (
        BackfillState.IMPORTING, 4, "orders:INV-03",
    )  # fmt: skip
    run = importing.go_on(files.importing(), run.id)
    assert (run.counts.stored, run.counts.new, run.position) == (10, 10, "")
    assert totals(files) == {"US-TX": (100_000, 10)}


def test_a_sale_that_comes_with_fewer_lines_is_told(sqlite_files: Files) -> None:
    files = sqlite_files
    files.bring(sale(), sale(product_id="SETUP"))
    assert files.check(sale()).counts.shrinking == 1
    assert files.check(sale(), sale(product_id="OTHER")).counts.shrinking == 0


def test_sums_and_days_are_told_to_be_held_against_the_books(sqlite_files: Files) -> None:
    counts = sqlite_files.check(
        sale("A", amount="0.10"), sale("B", amount="0.20", date="2025-12-31"),
        sale("C", amount="-5", currency="CAD", customer_id="C-2"),
    ).counts  # fmt: skip
    assert counts.sums == {"USD": Decimal("0.30"), "CAD": Decimal(-5)}
    assert (str(counts.first_day), str(counts.last_day)) == ("2025-12-31", "2026-03-04")
    assert (counts.customers, counts.products) == (2, 1)


# --- new products --------------------------------------------------------------------------


def test_new_products_are_told_and_assigned_before_the_import(sqlite_files: Files) -> None:
    files = sqlite_files
    files.bring(sale("OLD"))
    rows = [sale("A"), sale("B", product_id="BOOK", product_name="A book"),
            sale("C", product_id="PEN"), sale("D", product_id="INK")]  # fmt: skip
    run = files.check(*rows)
    assert (run.counts.products, run.counts.new_products) == (4, 3)
    store, act = files.world.store, files.world.act()
    category, other = some_categories()
    new_products.assign(store, run.id, {"BOOK": category}, act, rest=other)
    with store.reading() as tx:
        found = new_products.of(tx, run)
    assert found == [("BOOK", "A book", category), ("INK", "INK", other), ("PEN", "PEN", other)]
    files.store(run)
    assert files.check(*rows).counts.new_products == 0


def test_products_that_nobody_assigned_hold_up_nothing(sqlite_files: Files) -> None:
    run = sqlite_files.bring(sale())
    assert run.state is BackfillState.IMPORTED
    with sqlite_files.world.store.reading() as tx:
        assert new_products.of(tx, run) == [("SAAS", "SAAS", None)]


def test_categories_that_are_wrong_are_refused(sqlite_files: Files) -> None:
    files = sqlite_files
    run = files.check(sale())
    category, _ = some_categories()
    with pytest.raises(RefusedError, match="has no new product 'NONE'"):
        new_products.assign(files.world.store, run.id, {"NONE": category}, files.world.act())
    with pytest.raises(NotFoundError):
        new_products.assign(files.world.store, run.id, {"SAAS": "nonsense"}, files.world.act())
    draft = files.check(sale(amount="many"))
    with pytest.raises(RefusedError, match="is draft"):
        new_products.assign(files.world.store, draft.id, {"SAAS": category}, files.world.act())


def some_categories() -> tuple[str, str]:
    keys = shipped_categories().keys
    return keys[0], keys[1]
