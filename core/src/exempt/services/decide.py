"""Decide orders: those that a page brought, and those that something on file touches."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from exempt.model.certificate import Coverage
from exempt.model.checking import Capability
from exempt.model.decision import Card, Decision
from exempt.rules.decision import decide, facts_of, rule_name
from exempt.rules.history import FieldChange
from exempt.services.owing import owe_orders
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.recurrence import Moved, by_sales, recount
from exempt.services.rows import (
    ConnectionRow,
    DeliveryTarget,
    SavedOrders,
    StoredOrder,
    Subject,
)


def decide_page(
    tx: Transaction,
    connection: ConnectionRow,
    saved: SavedOrders,
    policy: Policy,
    at: dt.datetime,
) -> int:
    """Decide the orders that a page brought; returns how many decisions are new or differ.

    What was decided by hand is dropped where the source corrected what the
    choice was made for. A closed order keeps its decision while nothing that
    it was made by changes.
    """
    for order_id, changes in saved.corrected.items():
        drop_choice(tx, order_id, changes, at, by=connection.name)
    closed = [o.id for o in saved.touched if o.record.closed and o.id not in saved.corrected]
    settled = tx.decisions.decided(closed) if closed else {}
    orders = [order for order in saved.touched if order.id not in settled]
    held = _held(tx, connection, saved.touched)
    moved = _recount_sales(tx, saved.touched, held, policy)
    if moved:
        held = _held(tx, connection, orders)
    differ = _decide(tx, connection, orders, held, policy, at)
    if settled and Capability.PUSH_ORDERS in connection.capabilities:
        over = [o.record.external_id for o in saved.touched if o.id in settled]
        tx.deliveries.withdraw(connection.id, DeliveryTarget.ORDER, over, at)
    return differ + decide_moved(tx, moved, policy, at)


def decide_orders(
    tx: Transaction,
    connection: ConnectionRow,
    orders: Sequence[StoredOrder],
    policy: Policy,
    at: dt.datetime,
) -> int:
    """Decide *orders* of one connection; returns how many decisions are new or differ.

    Cancelled orders are left out. Where a decision is not what the source
    shows, and the order still takes changes, a delivery is owed; to one that
    takes none any more nothing is.
    """
    return _decide(tx, connection, orders, _held(tx, connection, orders), policy, at)


class _Held(NamedTuple):
    """The billing customers of orders, by external id, and what they may use, by card."""

    cards: Mapping[str, Card]
    coverages: Mapping[int, list[Coverage]]

    def of(self, order: StoredOrder) -> tuple[Card | None, list[Coverage]]:
        card = self.cards.get(order.record.customer_external_id)
        return card, self.coverages.get(card.customer_id, []) if card else []


def _held(tx: Transaction, connection: ConnectionRow, orders: Sequence[StoredOrder]) -> _Held:
    cards = tx.sources.cards(connection.id, {o.record.customer_external_id for o in orders})
    return _Held(cards, tx.certificates.coverages({card.customer_id for card in cards.values()}))


def _decide(  # noqa: PLR0917 - what it goes by
    tx: Transaction,
    connection: ConnectionRow,
    orders: Sequence[StoredOrder],
    held: _Held,
    policy: Policy,
    at: dt.datetime,
) -> int:
    alive = [order for order in orders if not order.record.voided]
    choices = tx.choices.of([order.id for order in alive])
    decided: list[tuple[StoredOrder, Decision, list[Coverage]]] = []
    for order in alive:
        card, coverages = held.of(order)
        choice = choices.get(order.id)
        facts = facts_of(order.record, card, coverages, choice.by_hand if choice else None)
        decided.append((order, decide(facts, coverages, policy.profile), coverages))
    differ = tx.decisions.save([(order.id, decision) for order, decision, _ in decided], at)
    if Capability.PUSH_ORDERS in connection.capabilities:
        over = [o.record.external_id for o in orders if o.record.voided or o.record.closed]
        tx.deliveries.withdraw(connection.id, DeliveryTarget.ORDER, over, at)
        owe_orders(tx, connection, decided, at)
    return differ


def _recount_sales(
    tx: Transaction, orders: Sequence[StoredOrder], held: _Held, policy: Policy
) -> list[Moved]:
    """How long coverages hold now that these sales came in, or were cancelled."""
    mine = by_sales([c for coverages in held.coverages.values() for c in coverages], policy)
    if not mine:
        return []
    places = {o.record.ship_to.jurisdiction for o in orders if o.record.ship_to}
    return recount(tx, [c for c in mine if c.jurisdiction in places], policy)


def decide_moved(tx: Transaction, moved: Sequence[Moved], policy: Policy, at: dt.datetime) -> int:
    """Decide anew the orders between how long coverages held and how long they hold.

    Closed ones too: it is the source that told of a sale.
    """
    return sum(
        _decide_by_connection(
            tx,
            tx.sources.orders_of([m.customer_id], [m.jurisdiction], (m.after, m.through)),
            policy,
            at,
        )
        for m in moved
    )


def decide_by_this_rule(
    store: Store, connection: ConnectionRow, policy: Policy, clock: Clock, *, at_once: int = 1000
) -> int:
    """Decide the open orders of a connection anew that another rule or profile decided.

    Returns:
        How many they were.
    """
    anew = 0
    while True:
        with store.writing() as tx:
            tx.alone([connection.company_id])
            rule = rule_name(policy.profile)
            orders = tx.sources.orders_by_other_rules(connection.id, rule, at_once)
            if not orders:
                return anew
            decide_orders(tx, connection, orders, policy, clock())
            anew += len(orders)


def decide_all(
    store: Store, connection: ConnectionRow, policy: Policy, clock: Clock, *, at_once: int = 1000
) -> int:
    """Decide every open order of a connection, and owe what it does not show.

    For a connection that could not be written to before; returns how many
    decisions differ.
    """
    differ, after = 0, 0
    while True:
        with store.writing() as tx:
            tx.alone([connection.company_id])
            orders = tx.sources.orders_after(connection.id, after, at_once)
            if not orders:
                return differ
            open_ones = [order for order in orders if not order.record.closed]
            differ += decide_orders(tx, connection, open_ones, policy, clock())
            after = orders[-1].id


def redecide(
    tx: Transaction,
    customer_ids: Collection[int],
    policy: Policy,
    at: dt.datetime,
    *,
    jurisdictions: Collection[str] | None = None,
) -> int:
    """Decide open orders of customers anew; returns how many decisions differ.

    With *jurisdictions* just those that go there. Whether an order is covered
    goes by its own date, so a certificate that is entered late may cover what
    was sold before; but an order that is closed was decided by what was on
    file then, and stays so until somebody asks: see `exempt.services.recheck`.
    """
    return _decide_by_connection(tx, tx.sources.orders_of(customer_ids, jurisdictions), policy, at)


def _decide_by_connection(
    tx: Transaction, orders: Sequence[StoredOrder], policy: Policy, at: dt.datetime
) -> int:
    by_connection: Mapping[int, list[StoredOrder]] = defaultdict(list)
    for order in orders:
        by_connection[order.connection_id].append(order)
    connections = {row.id: row for row in tx.connections.all()} if by_connection else {}
    return sum(
        decide_orders(tx, connections[connection_id], mine, policy, at)
        for connection_id, mine in by_connection.items()
    )


def drop_choice(
    tx: Transaction, order_id: int, changes: Sequence[FieldChange], at: dt.datetime, *, by: str
) -> None:
    """Drop what was decided by hand for an order whose facts changed, and say why (D14–D18)."""
    why = "; ".join(
        f"{change.field.replace('_', ' ')} changed from {change.old or 'none'}"
        f" to {change.new or 'none'}"
        for change in changes
    )
    if tx.choices.end(order_id, why, at):
        changes = [*changes, FieldChange("decided_by_hand", "yes", "dropped")]
    tx.history.add(Subject.ORDER, order_id, changes, at, by)
