"""How orders count, and the running totals that are moved with them, on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.nexus import Sale, Totals, Treatment
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow
from support.records import DAY, NOW, TODAY, customer, order
from support.stores import connected, rows, save_customers, save_orders

FIRST = TODAY.replace(day=1)


def sale(taxable: int = 100_00, **changes: Any) -> Sale:
    """A sale of today to Texas, all of it taxable."""
    ordinary = Sale("US-TX", TODAY, "USD", False, taxable, 0, 0, 0, Treatment.TAXABLE)
    return ordinary._replace(**changes)


CREDIT = sale(-100_00, counts_as=None)
RESALE = sale(0, resale=100_00, counts_as=Treatment.RESALE)


class Books:
    """A store with some orders, and what is asked of its sales."""

    def __init__(self, store: SqlStore, row: ConnectionRow, orders: int = 4) -> None:
        self.store = store
        self.row = row
        self.company = row.company_id
        save_customers(store, row, customer("C-1", name="Lone Star"))
        sold = [order(f"O-{n}", number=f"SO-{n}") for n in range(orders)]
        self.ids = [each.id for each in save_orders(store, row, *sold).touched]

    def save(self, *sales: Sale | None) -> int:
        """Keep how the first orders count."""
        with self.store.writing() as tx:
            return tx.sales.save(self.company, dict(zip(self.ids, sales, strict=False)))

    def ask(self, question: Callable[[Transaction], Any]) -> Any:
        """What the store says."""
        with self.store.reading() as tx:
            return question(tx)

    def totals(self) -> list[tuple[Any, ...]]:
        """The rows of running totals, without the company."""
        sql = "SELECT * FROM sales_total ORDER BY 1, 2, 3, 4, 5, 6"
        return [(*row[1:5], bool(row[5]), *map(int, row[6:])) for row in rows(self.store, sql)]


@pytest.fixture
def books(store: SqlStore, erp: ConnectionRow) -> Books:
    """Four orders that do not count yet."""
    return Books(store, erp)


def test_what_was_kept_is_given_back(books: Books) -> None:
    assert books.save(sale(), CREDIT, RESALE) == 3
    kept = books.ask(lambda tx: tx.sales.of(books.ids))
    assert kept == dict(zip(books.ids, [sale(), CREDIT, RESALE], strict=False))


def test_the_same_again_changes_nothing(books: Books) -> None:
    books.save(sale(), CREDIT, RESALE)
    before = books.totals()
    assert books.save(sale(), CREDIT, RESALE) == 0
    assert books.totals() == before


def test_days_and_months_are_summed(books: Books) -> None:
    books.save(sale(), sale(50_00, day=FIRST), CREDIT, RESALE)
    months = books.ask(lambda tx: tx.sales.months([books.company]))
    assert list(months) == [(books.company, "US-TX")]
    (month,) = months[books.company, "US-TX"]
    assert (month.first, month.last) == (FIRST, dt.date(2026, 11, 30))
    assert month.totals == Totals(50_00, 0, 0, 100_00, taxable_count=2, resale_count=1)
    days = books.ask(lambda tx: tx.sales.days([books.company], FIRST, TODAY))
    assert [(day.first, day.last, day.totals.amount()) for day in days[books.company, "US-TX"]] == [
        (FIRST, FIRST, 50_00),
        (TODAY, TODAY, 100_00),
    ]


@pytest.mark.parametrize(
    ("after", "left"),
    [
        pytest.param(sale(70_00), 70_00, id="another amount"),
        pytest.param(None, 0, id="it counts no more"),
        pytest.param(sale(jurisdiction="US-CA"), 0, id="it went elsewhere"),
        pytest.param(RESALE, 0, id="it is covered now"),
        pytest.param(sale(day=TODAY - DAY), 100_00, id="it was sold the day before"),
    ],
)
def test_totals_follow_by_the_difference(books: Books, after: Sale | None, left: int) -> None:
    books.save(sale())
    assert books.save(after) == 1
    totals = books.ask(lambda tx: tx.sales.months([books.company])).get(
        (books.company, "US-TX"), []
    )
    assert sum(each.totals.taxable for each in totals) == left


def test_totals_of_nothing_are_taken_away(books: Books) -> None:
    books.save(sale(), sale(jurisdiction="US-CA"))
    books.save(None, None)
    assert books.totals() == []
    assert books.ask(lambda tx: tx.sales.first_day([books.company])) is None


def test_dropped_orders_count_no_more(books: Books) -> None:
    books.save(sale(), sale())
    with books.store.writing() as tx:
        assert tx.sales.drop(books.ids[1:3]) == 1
    (month,) = books.ask(lambda tx: tx.sales.months([books.company]))[books.company, "US-TX"]
    assert month.totals == Totals(100_00, taxable_count=1)


def test_marketplace_sales_have_totals_of_their_own(books: Books) -> None:
    books.save(sale(), sale(70_00, marketplace=True))
    direct, through = books.ask(lambda tx: tx.sales.months([books.company]))[books.company, "US-TX"]
    assert (direct.marketplace, direct.totals.taxable) == (False, 100_00)
    assert (through.marketplace, through.totals.taxable) == (True, 70_00)


def test_without_a_rate_a_sale_is_set_aside(books: Books) -> None:
    books.save(sale(currency="EUR"), sale(7, currency="EUR", jurisdiction="DE"))
    assert books.ask(lambda tx: tx.sales.months([books.company])) == {}
    aside = books.ask(lambda tx: tx.sales.set_aside([books.company]))
    assert [(each.jurisdiction, each.currency, each.totals.taxable) for each in aside] == [
        ("DE", "EUR", 7),
        ("US-TX", "EUR", 100_00),
    ]
    assert books.ask(lambda tx: tx.sales.touched([books.company])) == []


def test_states_whose_totals_moved_are_touched(books: Books) -> None:
    books.save(sale(), sale(jurisdiction="DE"), sale(jurisdiction=""))
    assert books.ask(lambda tx: tx.sales.touched([books.company])) == [(books.company, "US-TX")]
    with books.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE exposure_state SET touched = FALSE")
    books.save(sale(), sale(jurisdiction="DE"))
    assert books.ask(lambda tx: tx.sales.touched([books.company])) == []
    books.save(sale(1))
    assert books.ask(lambda tx: tx.sales.touched([books.company])) == [(books.company, "US-TX")]


def test_only_wanted_states_and_months_are_read(books: Books) -> None:
    books.save(sale(), sale(jurisdiction="US-CA"), sale(day=FIRST - DAY))
    ask = books.ask
    assert len(ask(lambda tx: tx.sales.months([books.company], ["US-CA"]))) == 1
    assert len(ask(lambda tx: tx.sales.months([books.company]))[books.company, "US-TX"]) == 2
    since = ask(lambda tx: tx.sales.months([books.company], since=FIRST))
    assert [bucket.first for bucket in since[books.company, "US-TX"]] == [FIRST]
    days = ask(lambda tx: tx.sales.days([books.company], FIRST, TODAY, ["US-TX"]))
    assert [(key, len(each)) for key, each in days.items()] == [((books.company, "US-TX"), 1)]
    assert ask(lambda tx: tx.sales.months([books.company + 1])) == {}
    assert ask(lambda tx: tx.sales.first_day([books.company])) == FIRST - DAY


def test_two_companies_are_kept_apart(books: Books) -> None:
    other = Books(books.store, connected(books.store, "shop", company="southwind"))
    books.save(sale())
    other.save(sale(7))
    both = books.ask(lambda tx: tx.sales.months([books.company, other.company]))
    assert {key: each[0].totals.taxable for key, each in both.items()} == {
        (books.company, "US-TX"): 100_00,
        (other.company, "US-TX"): 7,
    }
    assert books.ask(lambda tx: tx.sales.counted_between(other.row.id, 0, None)) == other.ids[:1]


# --- the orders that figures are made of -----------------------------------------------


def pages(books: Books, **wanted: Any) -> Iterator[Any]:
    """All orders of the month, two at a time."""
    after = None
    while True:
        with books.store.reading() as tx:
            month = ([books.company], "US-TX", FIRST, TODAY)
            found = tx.sales.orders(*month, after=after, limit=2, **wanted)
        yield from found
        if len(found) < 2:
            return
        after = found[-1].place


def test_figures_drill_down_to_their_orders(books: Books) -> None:
    books.save(sale(), sale(60_00, resale=40_00), CREDIT, sale(jurisdiction="US-CA"))
    found = list(pages(books))
    assert [each.order_id for each in found] == books.ids[:3]
    first, second, third = found
    assert (first.connection, first.number, first.customer_name) == ("erp", "SO-0", "Lone Star")
    assert (first.external_id, first.day, first.currency) == ("O-0", TODAY, "USD")
    assert second.treatments == {Treatment.TAXABLE: 60_00, Treatment.RESALE: 40_00}
    assert (third.counts, third.transaction) == (-100_00, False)


def test_orders_come_by_day_and_their_parts_by_what_counts(books: Books) -> None:
    mixed = sale(60_00, resale=40_00)
    books.save(mixed, RESALE, sale(0, day=FIRST), sale(1, marketplace=True))
    taxable = list(pages(books, treatments=[Treatment.TAXABLE]))
    assert [(each.order_id, each.counts, each.total) for each in taxable] == [
        (books.ids[2], 0, 0),  # over nothing, and yet a transaction
        (books.ids[0], 60_00, 100_00),
        (books.ids[3], 1, 1),
    ]
    direct = list(pages(books, treatments=[Treatment.TAXABLE], marketplace=False))
    assert [each.order_id for each in direct] == [books.ids[2], books.ids[0]]
    through = list(pages(books, marketplace=True))
    assert [each.order_id for each in through] == [books.ids[3]]


# --- recounts --------------------------------------------------------------------------


def test_a_recount_that_is_asked_for_again_begins_again(books: Books) -> None:
    def asked() -> Any:
        (one,) = books.ask(lambda tx: tx.recounts.all())
        return one

    with books.store.writing() as tx:
        tx.recounts.ask([books.row.id], "rates", NOW)
    first = asked()
    with books.store.writing() as tx:
        assert tx.recounts.move(first, 3)
        tx.recounts.ask([books.row.id], "settings", NOW, after=2)
    second = asked()
    assert (second.after_id, second.asked, second.reason) == (2, 2, "settings")
    with books.store.writing() as tx:
        assert not tx.recounts.move(first, 4), "somebody asked meanwhile"
        assert not tx.recounts.done(first), "somebody asked meanwhile"
        assert tx.recounts.done(second)
    assert books.ask(lambda tx: tx.recounts.all()) == []


def test_asking_for_less_does_not_skip_what_is_still_to_do(books: Books) -> None:
    with books.store.writing() as tx:
        tx.recounts.ask([books.row.id], "rates", NOW)
        tx.recounts.ask([books.row.id], "a product", NOW, after=1000)
    (one,) = books.ask(lambda tx: tx.recounts.all())
    assert one.after_id == 0


def test_what_was_counted_by_is_remembered(books: Books) -> None:
    for words in ("all", "invoices"):
        with books.store.writing() as tx:
            tx.recounts.remember({books.row.id: words})
    assert books.ask(lambda tx: tx.recounts.went_by()) == {books.row.id: "invoices"}
    new = connected(books.store, "shop")
    both = [books.row.id, new.id]
    assert books.ask(lambda tx: tx.recounts.with_orders(both)) == {books.row.id}


def test_rare_sales_of_many_days_are_found_among_many(store: SqlStore, erp: ConnectionRow) -> None:
    books = Books(store, erp, 60)
    days = [TODAY - (59 - n) // 2 * DAY for n in range(60)]
    books.save(
        *(
            sale(jurisdiction="US-TX" if n % 4 else "US-CA", day=day)
            if n % 7
            else sale(0, day=day, exempt=5, counts_as=Treatment.EXEMPT)
            for n, day in enumerate(days)
        )
    )
    found: list[Any] = []
    while not found or len(found) % 3 == 0:
        after = found[-1].place if found else None
        with store.reading() as tx:
            found += tx.sales.orders(
                [books.company],
                "US-TX",
                days[0],
                TODAY,
                treatments=[Treatment.EXEMPT],
                after=after,
                limit=3,
            )
        if after and found[-1].place == after:
            break
    assert [each.order_id for each in found] == books.ids[::7]
    assert {each.counts for each in found} == {5}
