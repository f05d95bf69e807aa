"""What a file of sales brought is put back, as far as nobody has it from elsewhere by now."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exempt import Capability, Stream
from exempt.errors import RefusedError
from exempt.model.backfill import BackfillRun, BackfillState, BackfillUndone
from exempt.services.backfills import importing, new_products, runs, undoing
from exempt.services.rows import Subject
from support.backfilling import Files
from support.records import order
from support.sale_files import sale
from support.stores import customers_in, rows
from support.world import World

READS = (Capability.CUSTOMERS, Capability.ORDERS)


@pytest.fixture
def files(any_world: World, tmp_path: Path) -> Files:
    """On each database."""
    return Files(any_world, tmp_path / "documents")


def undo(files: Files, run: BackfillRun) -> BackfillUndone:
    """What was put back of a file."""
    files.world.now += dt.timedelta(hours=1)
    run = undoing.undo(files.world.store, run.id, files.world.act())
    assert run.state is BackfillState.UNDONE
    return run.counts.undone


def left(files: Files, run: BackfillRun) -> list[tuple[str, str]]:
    """What stays, and why."""
    with files.world.store.reading() as tx:
        return [(each.external_id, each.note) for each in tx.brought.left(run.id, undoing.STREAMS)]


def stands(files: Files) -> dict[str, list[Any]]:
    """All that somebody sees of sales, customers and products."""
    seen = {
        "sales": "SELECT external_id, total FROM sales_order WHERE deleted_at IS NULL",
        "lines": (
            "SELECT o.external_id, l.product_external_id, l.amount FROM order_line l JOIN"
            " sales_order o ON o.id = l.order_id WHERE o.deleted_at IS NULL"
        ),
        "cards": "SELECT number, name FROM customer WHERE gone_at IS NULL",
        "customers": "SELECT external_id, name FROM source_customer WHERE deleted_at IS NULL",
        "products": "SELECT external_id, name FROM product WHERE deleted_at IS NULL",
        "codes": "SELECT external_id FROM product_code",
        "counts": "SELECT jurisdiction, taxable FROM sales_total WHERE grain = 'month'"
        " AND taxable <> 0",
    }
    return {name: sorted(rows(files.world.store, sql)) for name, sql in seen.items()}


FIRST = (
    sale("A", product_name="Plan"),
    sale("B", customer_id="C-2", customer_name="Bolt", amount="7"),
)
SECOND = (
    sale("A", amount="80.00", state="CA", zip="94025", product_id="BOX", date="2026-04-01"),
    sale("B", customer_id="C-2", customer_name="Bolt Inc.", amount="7", date="2026-04-01"),
    sale("C", customer_id="C-3", customer_name="New one", product_name="Plan 2"),
)


def test_all_is_as_it_was(files: Files) -> None:
    nothing = stands(files)
    first = files.bring(*FIRST)
    before = stands(files)
    second = files.bring(*SECOND)
    changed = stands(files)
    assert (second.counts.new, second.counts.changed) == (1, 2)
    store, act = files.world.store, files.world.act()

    foreseen = undoing.preview(store, second.id, act)
    assert stands(files) == changed, "nothing is put back so far"
    done = undo(files, second)
    assert (foreseen.undone, foreseen.whole, foreseen.left) == (done, True, [])
    assert (done.removed, done.restored, done.customers, done.products) == (1, 2, 1, 1)
    assert stands(files) == before
    assert left(files, second) == []
    with store.reading() as tx:
        said = tx.history.of(Subject.CONNECTION, second.connection_id)
    assert [(each.field, each.new) for each in said] == [("backfill", "undone")]

    undo(files, first)
    assert stands(files) == nothing
    assert files.bring(*FIRST).state is BackfillState.IMPORTED
    assert stands(files) == before, "and it can be had again"


def test_the_first_of_two_files_leaves_what_the_second_has_too(files: Files) -> None:
    first = files.bring(*FIRST)
    second = files.bring(SECOND[0], sale("C"))
    now = stands(files)
    done = undo(files, first)
    why = f"backfill {second.id} has it too, and came later"
    assert left(files, first) == [("A", why), ("SAAS", why), ("C-1", why)]
    assert (done.removed, done.left) == (1, 3)
    assert ("A", 8000) in now["sales"]
    assert [each for each in now["sales"] if each[0] != "B"] == stands(files)["sales"]
    undo(files, second)
    assert stands(files)["sales"] == [], "the second is undone to what was before the first"
    assert stands(files)["cards"] == []


def test_what_a_connection_has_shown_since_stays(any_world: World, tmp_path: Path) -> None:
    files, erp = Files(any_world, tmp_path / "documents"), any_world.connect("erp", READS)
    run = files.bring(*(sale(each) for each in "ABC"), source="erp")
    erp.remote.put(order("A", total=Decimal("100.00"), closed=True))
    any_world.now += dt.timedelta(hours=1)
    erp.pull()
    with any_world.store.writing() as tx:
        tx.sources.mark_deleted(erp.row, Stream.ORDERS, ["C"], any_world.now)
    done = undo(files, run)
    assert left(files, run)[:2] == [
        ("A", "erp has shown it itself since"),
        ("C", "was deleted since"),
    ]
    assert done.removed == 1
    again = files.bring(*(sale(each) for each in "ABC"), source="erp")
    assert (again.counts.changed, again.counts.already_there) == (1, 2), "B is its own again"
    assert [each[0] for each in stands(files)["sales"]] == ["A", "B"]


def test_what_somebody_made_something_of_stays(files: Files) -> None:
    checked = files.check(*FIRST)
    new_products.assign(files.world.store, checked.id, {"SAAS": "goods_general"}, files.world.act())
    run = files.store(checked)
    files.world.certify("C-1", "TX")
    done = undo(files, run)
    assert [each for each, _ in left(files, run)] == ["SAAS", "C-1"]
    assert (done.removed, done.customers, done.left) == (2, 2, 2)
    with files.world.store.reading() as tx:
        assert [card.number for card in customers_in(tx, "C")] == ["C-1"]


def test_it_goes_on_where_it_was_killed(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "_AT_ONCE", 2)
    run = files.bring(*(sale(f"I-{n}") for n in range(5)))
    store, act = files.world.store, files.world.act()

    def killed(done: int, part: float) -> None:
        assert part == pytest.approx(0.4)
        raise KeyboardInterrupt(done)

    with pytest.raises(KeyboardInterrupt):
        undoing.undo(store, run.id, act, told=killed)
    assert len(stands(files)["sales"]) == 3
    assert undo(files, run).removed == 5
    assert stands(files)["sales"] == []


def test_it_is_refused_where_it_is_not_known_what_stood_there(files: Files) -> None:
    store, act = files.world.store, files.world.act()
    checked = files.check(*FIRST)
    with pytest.raises(RefusedError, match="is checked: import it first"):
        undoing.undo(store, checked.id, act)
    importing.begin(store, checked.id, act)
    with store.writing() as tx:  # as the version before did
        begun = runs.get(tx, checked.id)
        counts = begun.counts.model_copy(update={"remembers": False})
        tx.backfills.save(begun.model_copy(update={"counts": counts}))
    importing.go_on(files.importing(), checked.id)
    with pytest.raises(RefusedError, match="was imported before it was kept what stood there"):
        undoing.leave_to_daemon(store, checked.id, act)
