"""What a source shall show on its orders and customers, owed to it where it does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from exempt.model.certificate import Coverage
from exempt.model.checking import Capability
from exempt.model.decision import Decision, Ground
from exempt.rules import wanted
from exempt.services.ports import Transaction
from exempt.services.rows import (
    ConnectionRow,
    CustomerStanding,
    Delivery,
    DeliveryState,
    DeliveryTarget,
    StoredOrder,
)

_GIVEN_UP = (DeliveryState.DEAD, DeliveryState.DROPPED)
"""Owed again only when something else is wanted, or the source changes the record."""

SHIPPED_LATELY = dt.timedelta(days=365)
"""How far back a state that goods went to counts as one of the customer's ship-tos."""

_NOTHING_TO_SAY = frozenset(
    {Ground.NO_SALES_TAX, Ground.OUTSIDE, Ground.NO_SHIP_TO, Ground.UNKNOWN_CUSTOMER}
)
"""Orders decided so are left as their source has them, unless we wrote to them before."""


def owe_orders(
    tx: Transaction,
    connection: ConnectionRow,
    decided: Sequence[tuple[StoredOrder, Decision, list[Coverage]]],
    at: dt.datetime,
) -> None:
    """Owe a source what its orders that still take changes shall show, where it does not."""
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
    tells = order.record.tax_applicable is not None or before.state in _GIVEN_UP
    return tells and _later(order.record.updated_at or order.changed_at, before.done_at)


def owe_overtaken(
    tx: Transaction,
    connection: ConnectionRow,
    written: Sequence[Delivery],
    sent_at: dt.datetime,
    at: dt.datetime,
) -> None:
    """Owe again the orders that somebody changed while they were written to, since *sent_at*.

    Who read the change saw that something was owed, not that it had gone out before.
    """
    ids = [each.external_id for each in written if each.target is DeliveryTarget.ORDER]
    changed = tx.sources.orders_by_id(connection.id, ids, changed_after=sent_at)
    told = [
        o.record for o in changed if not o.record.closed and o.record.tax_applicable is not None
    ]
    last = tx.deliveries.last(connection.id, DeliveryTarget.ORDER, [o.external_id for o in told])
    overtaken = [
        (order.external_id, delivery.version + 1, delivery.wanted)
        for order in told
        if (delivery := last[order.external_id]).state is DeliveryState.SENT
        and not wanted.order_shows(order, wanted.load(delivery.wanted))
    ]
    tx.deliveries.owe(connection.id, DeliveryTarget.ORDER, overtaken, at)


def owe_customers(
    tx: Transaction,
    connection: ConnectionRow,
    on: dt.date,
    at: dt.datetime,
    only: Collection[int] | None = None,
) -> None:
    """Owe a source the status of its customers on the day *on*, where it changed.

    With *only*, just of these and their ship-to customers. Only customers that
    hold or claim an exemption, or once did, are looked at; an ordinary
    customer is never written to.
    """
    if Capability.PUSH_CUSTOMERS not in connection.capabilities:
        return
    standings = tx.sources.standings(connection.id, on - SHIPPED_LATELY, only)
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
    return before.state in _GIVEN_UP or (
        standing.exempt_in_source is not None and standing.exempt_in_source != exempt_somewhere
    )


def _later(changed_at: dt.datetime, done_at: dt.datetime | None) -> bool:
    return done_at is not None and changed_at > done_at
