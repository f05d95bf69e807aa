"""Decide orders, and owe their source what it shall show."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from exempt.model.certificate import Coverage
from exempt.model.checking import Capability
from exempt.model.decision import Decision, Ground, Profile
from exempt.rules import wanted
from exempt.rules.decision import decide, rule_name
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.rows import (
    ConnectionRow,
    CustomerStanding,
    Delivery,
    DeliveryState,
    DeliveryTarget,
    StoredOrder,
)

SHIPPED_LATELY = dt.timedelta(days=365)
"""How far back a state that goods went to counts as one of the customer's ship-tos."""

_NOTHING_TO_SAY = frozenset(
    {Ground.NO_SALES_TAX, Ground.OUTSIDE, Ground.NO_SHIP_TO, Ground.UNKNOWN_CUSTOMER}
)
"""Orders decided so are left as their source has them, unless we wrote to them before."""


def decide_orders(
    tx: Transaction,
    connection: ConnectionRow,
    orders: Sequence[StoredOrder],
    profile: Profile,
    at: dt.datetime,
) -> int:
    """Decide *orders* of one connection; returns how many decisions are new or differ.

    Cancelled orders are left out. Where a decision is not what the source
    shows, and the order still takes changes, a delivery is owed; to one that
    takes none any more nothing is.
    """
    alive = [order for order in orders if not order.record.voided]
    cards = tx.sources.cards(connection.id, {o.record.customer_external_id for o in alive})
    coverages = tx.certificates.coverages({card.customer_id for card in cards.values()})
    decided: list[tuple[StoredOrder, Decision, list[Coverage]]] = []
    for order in alive:
        card = cards.get(order.record.customer_external_id)
        held = coverages.get(card.customer_id, []) if card else []
        decided.append((order, decide(order.record, card, held, profile), held))
    differ = tx.decisions.save([(order.id, decision) for order, decision, _ in decided], at)
    if Capability.PUSH_ORDERS in connection.capabilities:
        over = [o.record.external_id for o in orders if o.record.voided or o.record.closed]
        tx.deliveries.withdraw(connection.id, DeliveryTarget.ORDER, over, at)
        _owe_orders(tx, connection, decided, at)
    return differ


def decide_by_this_rule(
    store: Store, connection: ConnectionRow, profile: Profile, clock: Clock, *, at_once: int = 1000
) -> int:
    """Decide the orders of a connection anew that another rule or profile decided.

    Returns:
        How many they were.
    """
    anew = 0
    while True:
        with store.writing() as tx:
            orders = tx.sources.orders_by_other_rules(connection.id, rule_name(profile), at_once)
            if not orders:
                return anew
            decide_orders(tx, connection, orders, profile, clock())
            anew += len(orders)


def decide_all(
    store: Store, connection: ConnectionRow, profile: Profile, clock: Clock, *, at_once: int = 1000
) -> int:
    """Decide every order of a connection, and owe what it does not show.

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
            differ += decide_orders(tx, connection, orders, profile, clock())
            after = orders[-1].id


def redecide(
    tx: Transaction, customer_ids: Collection[int], profile: Profile, at: dt.datetime
) -> int:
    """Decide all orders of customers anew; returns how many decisions differ.

    Closed ones too: whether an order is covered goes by its own date, so a
    certificate that is entered late covers what was sold before it was. What
    was decided before is kept, and a closed order is never written to.
    """
    by_connection: Mapping[int, list[StoredOrder]] = defaultdict(list)
    for order in tx.sources.orders_of(customer_ids):
        by_connection[order.connection_id].append(order)
    connections = {row.id: row for row in tx.connections.all()} if by_connection else {}
    return sum(
        decide_orders(tx, connections[connection_id], orders, profile, at)
        for connection_id, orders in by_connection.items()
    )


def _owe_orders(
    tx: Transaction,
    connection: ConnectionRow,
    decided: Sequence[tuple[StoredOrder, Decision, list[Coverage]]],
    at: dt.datetime,
) -> None:
    open_ones = [entry for entry in decided if not entry[0].record.closed]
    last = tx.deliveries.last(
        connection.id, DeliveryTarget.ORDER, [o.record.external_id for o, _, _ in open_ones]
    )
    owed = []
    for order, decision, held in open_ones:
        shall = wanted.for_order(decision, held)
        before = last.get(order.record.external_id)
        if before is None and decision.ground in _NOTHING_TO_SAY:
            continue
        if _order_needs(order, shall, before):
            version = before.version + 1 if before else 1
            owed.append((order.record.external_id, version, wanted.dump(shall)))
    tx.deliveries.owe(connection.id, DeliveryTarget.ORDER, owed, at)


def _order_needs(order: StoredOrder, shall: wanted.Wanted, before: Delivery | None) -> bool:
    """Whether the source must be written to so that it shows *shall*."""
    shows = wanted.order_shows(order.record, shall)
    if before is None or before.state is DeliveryState.SUPERSEDED:
        return not shows
    if before.wanted != wanted.dump(shall):
        return True
    if before.state is DeliveryState.PENDING or shows:
        return False
    # The same was sent, or given up, already: only a change made there since then counts.
    tells = order.record.tax_applicable is not None or before.state is DeliveryState.DEAD
    return tells and _later(order.record.updated_at or order.changed_at, before.done_at)


def owe_customers(tx: Transaction, connection: ConnectionRow, on: dt.date, at: dt.datetime) -> None:
    """Owe a source the status of its customers on the day *on*, where it changed.

    Only customers that hold or claim an exemption, or once did, are looked at;
    an ordinary customer is never written to.
    """
    if Capability.PUSH_CUSTOMERS not in connection.capabilities:
        return
    standings = tx.sources.standings(connection.id, on - SHIPPED_LATELY)
    coverages = tx.certificates.coverages({s.customer_id for s in standings})
    last = tx.deliveries.last(
        connection.id, DeliveryTarget.CUSTOMER, [s.external_id for s in standings]
    )
    owed = []
    for standing in standings:
        held = coverages.get(standing.customer_id, [])
        shall = wanted.for_customer(held, standing.ship_to, on, standing.free_form)
        before = last.get(standing.external_id)
        if _customer_needs(standing, shall, before):
            version = before.version + 1 if before else 1
            owed.append((standing.external_id, version, wanted.dump(shall)))
    tx.deliveries.owe(connection.id, DeliveryTarget.CUSTOMER, owed, at)


def _customer_needs(
    standing: CustomerStanding, shall: wanted.Wanted, before: Delivery | None
) -> bool:
    """Whether the source must be written to so that it shows *shall*."""
    exempt_somewhere = any(status.exempt for status in shall.jurisdictions)
    if standing.free_form and not exempt_somewhere:
        return False  # exempt, but nobody knows where
    if before is None or before.state is DeliveryState.SUPERSEDED:
        return bool(standing.exempt_in_source) or exempt_somewhere
    if before.wanted != wanted.dump(shall):
        return True
    if before.state is DeliveryState.PENDING or not _later(standing.changed_at, before.done_at):
        return False
    # The same was sent already: only a flag that was turned over there since then counts.
    return before.state is DeliveryState.DEAD or (
        standing.exempt_in_source is not None and standing.exempt_in_source != exempt_somewhere
    )


def _later(changed_at: dt.datetime, done_at: dt.datetime | None) -> bool:
    return done_at is not None and changed_at > done_at
