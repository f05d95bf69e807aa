"""Orders counted anew, where what counting goes by has changed."""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.nexus import Counts, Totals
from exempt.rules.taxability import shipped_taxability
from exempt.services import counting, recounting
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.product_ports import Assignment, ProductFilter
from exempt.services.rates import import_rates
from support.counted import count_anew, policy, totals
from support.records import DAY, TODAY, customer, line, order
from support.stores import everything
from support.world import Source, World

EURO = {"currency": "EUR"}


@pytest.fixture
def any_erp(any_world: World) -> Source:
    """A connection on each database."""
    return any_world.connect("erp")


# --- counted anew ----------------------------------------------------------------------


class KilledError(Exception):
    """The process is no more."""


def killing(store: SqlStore, after: int) -> SqlStore:
    """*store*, whose transactions fail before their end from one on."""
    dying = SqlStore(store.database, lambda _sha256: pytest.fail("no file is wanted"))
    left = iter([None] * after)
    writing = dying.writing

    @contextlib.contextmanager
    def fail() -> Iterator[Transaction]:
        with writing() as tx:
            yield tx
            if next(left, KilledError) is KilledError:
                raise KilledError

    dying.writing = fail  # type: ignore[method-assign, assignment]
    return dying


def uncounted(world: World, erp: Source, number: int = 7) -> None:
    """Orders that were read by settings that count none, and are to be counted."""
    erp.remote.put(*(order(f"O-{n}") for n in range(number)))
    erp.pull(policy=policy(counts={"erp": Counts.NONE}))
    with world.store.writing() as tx:
        counting.ask_recount(tx, [erp.row.id], "a test", world.now)


@pytest.mark.parametrize("killed_after", range(5))
def test_a_recount_goes_on_where_it_was_killed(
    world: World, erp: Source, killed_after: int
) -> None:
    uncounted(world, erp)
    dying = killing(world.store, killed_after)
    clock: Callable[[], dt.datetime] = lambda: world.now  # noqa: E731
    with contextlib.suppress(KilledError):
        recounting.recount(dying, Policy(), clock, lambda: False, at_once=2)
    assert totals(world).taxable_count == min(7, killed_after * 2)
    assert count_anew(world, at_once=2)
    assert totals(world) == Totals(700_00, taxable_count=7)
    with world.store.reading() as tx:
        assert tx.recounts.all() == []


def test_a_recount_stops_between_portions(world: World, erp: Source) -> None:
    uncounted(world, erp)
    answers = iter([False, True])
    done = recounting.recount(
        world.store, Policy(), lambda: world.now, lambda: next(answers), at_once=2
    )
    assert not done
    assert totals(world).taxable_count == 2


def test_a_recount_goes_by_what_is_on_file_today(world: World, erp: Source) -> None:
    erp.remote.put(customer(), order("O-1"), order("O-2", closed=True))
    erp.sync()
    world.certify("C-1", "TX")
    before = totals(world)
    assert before == Totals(100_00, resale=100_00, taxable_count=1, resale_count=1)
    with world.store.writing() as tx:
        tx.sales.drop([1, 2])
        counting.ask_recount(tx, [erp.row.id], "a test", world.now)
    count_anew(world)
    assert totals(world) == Totals(resale=200_00, resale_count=2)


def test_a_recount_takes_away_what_should_not_count(any_world: World, any_erp: Source) -> None:
    any_erp.remote.put(order("O-1"), order("O-2"), order("O-3"))
    any_erp.pull()
    with any_world.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE sales_order SET deleted_at = 1 WHERE id = 2")
        connection.exec_driver_sql("UPDATE sales_order SET voided = TRUE WHERE id = 3")
    with any_world.store.writing() as tx:
        counting.ask_recount(tx, [any_erp.row.id], "a test", any_world.now)
    count_anew(any_world, at_once=1)
    assert totals(any_world) == Totals(100_00, taxable_count=1)


def test_asked_again_while_it_runs_a_recount_begins_again(world: World, erp: Source) -> None:
    uncounted(world, erp, 3)
    asks = iter([True])

    def ask_again_once() -> bool:
        with world.store.writing() as tx:
            if next(asks, False):
                return False
            if tx.recounts.all()[0].after_id == 2 and tx.recounts.all()[0].asked == 1:
                counting.ask_recount(tx, [erp.row.id], "again", world.now)
        return False

    assert recounting.recount(world.store, Policy(), lambda: world.now, ask_again_once, at_once=2)
    assert totals(world) == Totals(300_00, taxable_count=3)


# --- products and rates ----------------------------------------------------------------


def test_a_product_that_is_not_taxed_counts_so_from_the_recount_on(
    world: World, erp: Source
) -> None:
    erp.remote.put(order("O-1", lines=(line(product_external_id="BREAD"),)))
    erp.pull()
    with world.store.writing() as tx:
        (product,) = tx.products.find(ProductFilter())
        taxability = shipped_taxability()
        categories = {row.tax_category for row in taxability.rows}
        untaxed = min(c for c in categories if not taxability.taxed(c, "US-TX", TODAY))
        tx.products.assign([Assignment(product.id, untaxed)], world.now, "anna")
        counting.ask_recount(tx, [erp.row.id], "a product", world.now)
    count_anew(world)
    assert totals(world) == Totals(not_taxed=100_00, not_taxed_count=1)


def test_rates_have_what_was_set_aside_counted(any_world: World, any_erp: Source) -> None:
    any_erp.remote.put(order("O-1", **EURO), order("O-2", order_date=TODAY - DAY, **EURO))
    any_erp.remote.put(order("O-3"))
    any_erp.pull()
    assert totals(any_world) == Totals(100_00, taxable_count=1)
    rates = f"currency,day,rate\nEUR,{TODAY},1.5\nGBP,{TODAY},1.3"
    done = import_rates(any_world.store, rates, any_world.act(), source="the bank")
    assert (done.changed, done.unchanged, done.recounted) == (2, 0, ("erp",))
    count_anew(any_world)
    assert totals(any_world) == Totals(250_00, taxable_count=2)
    with any_world.store.reading() as tx:
        (aside,) = tx.sales.set_aside([any_erp.row.company_id])
        kept = tx.rates.kept("EUR")
    assert aside.totals == Totals(100_00, taxable_count=1), "there is no rate for that day"
    assert [(each.rate.rate, each.rate.source, each.added_by) for each in kept] == [
        (Decimal("1.5"), "the bank", "anna")
    ]


def test_the_latest_rate_up_to_the_day_counts(any_world: World, any_erp: Source) -> None:
    days = {TODAY - 3 * DAY: "1.1", TODAY - DAY: "1.2", TODAY + DAY: "1.3"}
    table = "\n".join(f"EUR,{day},{rate}" for day, rate in days.items())
    import_rates(any_world.store, f"currency,day,rate\n{table}", any_world.act())
    any_erp.remote.put(*(order(f"O-{n}", order_date=TODAY - n * DAY, **EURO) for n in range(5)))
    any_erp.pull()
    company = any_erp.row.company_id
    with any_world.store.reading() as tx:
        found = tx.sales.days([company], TODAY - 9 * DAY, TODAY)[company, "US-TX"]
    assert [day.totals.taxable for day in found] == [110_00, 110_00, 120_00, 120_00]


def test_the_same_rates_again_ask_for_nothing(any_world: World, any_erp: Source) -> None:
    any_erp.remote.put(order("O-1", **EURO))
    any_erp.pull()
    rates = f"currency,day,rate\nEUR,{TODAY},1.50"
    import_rates(any_world.store, rates, any_world.act())
    count_anew(any_world)
    before = everything(any_world.store)
    done = import_rates(any_world.store, rates, any_world.act())
    assert (done.changed, done.unchanged, done.recounted) == (0, 1, ())
    assert everything(any_world.store) == before


def test_a_table_with_a_mistake_is_not_taken_at_all(world: World) -> None:
    done = import_rates(world.store, f"currency,day,rate\nEUR,{TODAY},1\nX,Y,Z", world.act())
    assert len(done.mistakes) == 3
    with world.store.reading() as tx:
        assert tx.rates.kept() == []


_KILLED = """
import datetime as dt, os, sys
from exempt.adapters.store.database import Database
from exempt.adapters.store.recounts import Recounts
from exempt.adapters.store.store import SqlStore
from exempt.services import recounting
from exempt.services.policy import Policy

move, left = Recounts.move, iter([True, True])

def move_or_die(recounts, asked, after_id):
    if not next(left, False):
        os.kill(os.getpid(), 9)  # the portion is written, and not yet kept
    return move(recounts, asked, after_id)

Recounts.move = move_or_die
store = SqlStore(Database(sys.argv[1]), None)
clock = lambda: dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
recounting.recount(store, Policy(), clock, lambda: False, at_once=2)
"""


def test_a_process_that_is_killed_counts_nothing_twice_and_leaves_nothing_out(
    world: World, erp: Source
) -> None:
    uncounted(world, erp)
    killed = subprocess.run([sys.executable, "-c", _KILLED, world.store.database.url], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert totals(world) == Totals(400_00, taxable_count=4)
    assert count_anew(world, at_once=2)
    assert totals(world) == Totals(700_00, taxable_count=7)
