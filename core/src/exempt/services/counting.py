"""Sales counted, in the transaction that stores or decides their orders; and counted anew.

What counting goes by, beside orders and decisions, are the settings of the
connection, rates of exchange and what products are. Whoever changes one of
these asks for a recount in the same transaction; it is done in the background,
in portions, and goes on where it was after a crash.
"""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from exempt.model.decision import Decision
from exempt.model.nexus import Counts
from exempt.rules.sales import Counting, sale_of
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.rows import ConnectionRow, StoredOrder

Decided = tuple[StoredOrder, Decision | None]

VERSION = "1"
"""Of the rule; another one has all orders counted anew."""


def count_orders(
    tx: Transaction, connection: ConnectionRow, decided: Sequence[Decided], policy: Policy
) -> int:
    """Count orders of one connection, each by the decision in force; a cancelled one no more.

    Of an order that comes twice the last word counts.

    Returns:
        How many count otherwise than before.
    """
    if not decided:
        return 0
    counting = counting_of(tx, connection, [order for order, _ in decided], policy)
    sales = {order.id: sale_of(order.record, made, counting) for order, made in decided}
    return tx.sales.save(connection.company_id, sales)


def uncount(tx: Transaction, order_ids: Collection[int]) -> int:
    """Have orders count no more, as their source deleted them; returns how many did."""
    return tx.sales.drop(order_ids)


def counting_of(
    tx: Transaction, connection: ConnectionRow, orders: Sequence[StoredOrder], policy: Policy
) -> Counting:
    """What the counting of *orders* goes by."""
    counts, marketplace = settings_of(connection, policy)
    if counts is Counts.NONE:
        return Counting(counts)
    names = {
        name
        for order in orders
        for line in order.record.lines
        if (name := line.product_external_id)
    }
    return Counting(
        counts=counts,
        marketplace=marketplace,
        rate=_Rates(tx, orders),
        categories=tx.products.categories(connection.id, names) if names else {},
        taxability=policy.nexus.taxability,
    )


def settings_of(connection: ConnectionRow, policy: Policy) -> tuple[Counts, bool]:
    """Which documents of a connection count, and whether all of them are a marketplace's."""
    nexus = policy.nexus
    return nexus.counts.get(connection.name, Counts.ALL), connection.name in nexus.marketplaces


class _Rates:
    """The latest rate on or before a day; looked up where an order is not in USD."""

    def __init__(self, tx: Transaction, orders: Sequence[StoredOrder]) -> None:
        self._tx = tx
        self._orders = orders
        self._known: dict[str, Sequence[tuple[dt.date, Decimal]]] = {}

    def __call__(self, currency: str, day: dt.date) -> Decimal | None:
        if currency not in self._known:
            self._known |= {currency: (), **self._of(currency)}
        rates = self._known[currency]
        found = bisect.bisect_right(rates, day, key=lambda each: each[0])
        return rates[found - 1][1] if found else None

    def _of(self, currency: str) -> Mapping[str, Sequence[tuple[dt.date, Decimal]]]:
        days = [order.record.order_date for order in self._orders]
        return self._tx.rates.of([currency], min(days), max(days))


# --- counted anew ----------------------------------------------------------------------


def ask_recount(
    tx: Transaction, connection_ids: Collection[int], reason: str, at: dt.datetime
) -> None:
    """Have all orders of connections counted anew, as what counting goes by has changed.

    To be asked in the transaction that changes it.
    """
    tx.recounts.ask(connection_ids, reason, at)


def follow_counting(store: Store, policy: Policy, clock: Clock) -> list[str]:
    """Ask for a recount where orders were counted by other settings; nothing otherwise.

    Returns:
        The names of the connections whose orders are to be counted anew.
    """
    with store.reading() as tx:
        if not _by_other_settings(tx, policy):
            return []
    with store.writing() as tx:
        others = _by_other_settings(tx, policy)
        connections = {row.id: row for row in tx.connections.all()}
        ids = tx.recounts.with_orders(list(others))
        tx.recounts.ask(ids, "what counts as a sale has changed", clock())
        tx.recounts.remember(others)
        return sorted(connections[each].name for each in ids)


def _by_other_settings(tx: Transaction, policy: Policy) -> dict[int, str]:
    """What orders are counted by now, of connections where they were by something else."""
    went_by = tx.recounts.went_by()
    now = {row.id: _went_by(row, policy) for row in tx.connections.all()}
    return {each: words for each, words in now.items() if went_by.get(each) != words}


def _went_by(connection: ConnectionRow, policy: Policy) -> str:
    counts, marketplace = settings_of(connection, policy)
    return f"{VERSION}, {counts}, marketplace {marketplace}, {policy.nexus.taxability.digest}"
