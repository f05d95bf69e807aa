"""The orders that figures are made of, by day and id, a page at a time.

Sales lie by company, day and jurisdiction. Which days a jurisdiction had any is
read from its totals, so that of millions of sales just those of a few days are
looked at, however rare they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from exempt.adapters.store.database import is_sqlite, many, one_of, run
from exempt.adapters.store.nexus_tables import COUNTS
from exempt.adapters.store.sales_rows import SALE, sale_of_row
from exempt.model.nexus import Treatment
from exempt.services.sale_ports import CountedOrder

_MORE = 4
"""How many times as many days are looked at where those before had too few orders."""


class Wanted(NamedTuple):
    """Which orders are wanted; see `exempt.services.sale_ports.Sales.orders`."""

    company_ids: Collection[int]
    jurisdiction: str
    first: dt.date
    last: dt.date
    treatments: Collection[Treatment]
    marketplace: bool | None
    after: tuple[dt.date, int] | None


def counted_orders(connection: sa.Connection, wanted: Wanted, limit: int) -> list[CountedOrder]:
    """The first of them, *limit* at most."""
    found: list[CountedOrder] = []
    for days in _portions(_days(connection, wanted), limit):
        found += _on(connection, wanted, days, limit - len(found))
        if len(found) == limit:
            break
    return found


def _days(connection: sa.Connection, wanted: Wanted) -> list[tuple[str, int]]:
    """The days on which the jurisdiction had sales, and how many transactions."""
    first = max(wanted.first, wanted.after[0]) if wanted.after else wanted.first
    sql = (
        f"SELECT first_day, sum({' + '.join(COUNTS)}) FROM sales_total"  # noqa: S608
        f" WHERE {one_of(connection, 'company_id')} AND grain = 'day' AND jurisdiction = ?"
        " AND first_day >= ? AND first_day <= ? GROUP BY first_day ORDER BY first_day"
    )
    companies = many(connection, list(wanted.company_ids))
    ends = (first.isoformat(), wanted.last.isoformat())
    rows = run(connection, sql, companies, wanted.jurisdiction, *ends)
    return [(day, int(number)) for day, number in rows]


def _portions(days: Sequence[tuple[str, int]], orders: int) -> Iterator[list[str]]:
    """Days that have so many orders together, then more and more of them."""
    portion: list[str] = []
    number = 0
    for day, transactions in days:
        portion.append(day)
        number += max(1, transactions)  # a day of nothing but credits has none
        if number >= orders:
            yield portion
            portion, number, orders = [], 0, orders * _MORE
    if portion:
        yield portion


def _on(
    connection: sa.Connection, wanted: Wanted, days: Sequence[str], limit: int
) -> list[CountedOrder]:
    """Those of some days."""
    amounts = [each.value for each in wanted.treatments]
    some = " OR ".join([f"l.{name} <> 0" for name in amounts] or ["FALSE"])
    just, parameters = "", []
    if wanted.marketplace is not None:
        just = " AND l.marketplace" if wanted.marketplace else " AND NOT l.marketplace"
    if wanted.after is not None:
        just += " AND (l.day, l.order_id) > (?, ?)"
        parameters = [wanted.after[0].isoformat(), wanted.after[1]]
    on = one_of(connection, "l.day") if is_sqlite(connection) else "l.day = ANY(?::date[])"
    # First the few, then what is known of them: else SQLite begins at all orders.
    page = (
        f"SELECT * FROM sale l WHERE {one_of(connection, 'l.company_id')}"  # noqa: S608
        f" AND l.jurisdiction = ? AND {on}{just}"
        f" AND ({some} OR {one_of(connection, 'l.counts_as')})"
        f" ORDER BY l.day, l.order_id LIMIT {limit:d}"
    )
    sql = (
        "SELECT o.id, n.name, o.external_id, o.number, c.name,"  # noqa: S608
        f" {', '.join(f'l.{column}' for column in SALE)} FROM ({page}) l"
        " JOIN sales_order o ON o.id = l.order_id JOIN connection n ON n.id = o.connection_id"
        " LEFT JOIN source_customer s ON s.connection_id = o.connection_id"
        " AND s.external_id = o.customer_external_id"
        " LEFT JOIN customer c ON c.id = s.customer_id ORDER BY l.day, l.order_id"
    )
    companies = many(connection, list(wanted.company_ids))
    listed = many(connection, days)
    kinds = many(connection, amounts)
    rows = run(connection, sql, companies, wanted.jurisdiction, listed, *parameters, kinds)
    return [_counted(row, frozenset(wanted.treatments)) for row in rows]


def _counted(row: Sequence[Any], treatments: frozenset[Treatment]) -> CountedOrder:
    order_id, connection, external_id, number, name, *columns = row
    sale = sale_of_row(columns)
    parts = {each: amount for each in Treatment if (amount := getattr(sale, each.value))}
    return CountedOrder(
        order_id=order_id,
        connection=connection,
        external_id=external_id,
        number=number,
        customer_name=name,
        day=sale.day,
        counts=sum(amount for each, amount in parts.items() if each in treatments),
        transaction=sale.counts_as in treatments,
        total=sum(parts.values()),
        treatments=parts,
        currency=sale.currency,
        marketplace=sale.marketplace,
    )
