"""A source is not written to for the first time while the register of its company is empty."""

from __future__ import annotations

import datetime as dt

from exempt.rules import wanted
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow, Delivery, DeliveryState, DeliveryTarget

LOOK_AGAIN = dt.timedelta(hours=1)
"""When to look anew whether something may be written."""

_MOST = 1_000_000


def held_back(store: Store, row: ConnectionRow) -> str:
    """Why nothing may be written to a connection yet; empty where something may.

    With no certificate in the register nobody is exempt by it, and the first
    write would take away every exemption that the source shows.
    """
    with store.reading() as tx:
        if tx.certificates.any_of(row.company_id) or _was_written_to(tx, row):
            return ""
        lost = _lost(tx, row)
    if not lost:
        return ""
    return (
        f"{row.name}: nothing is written while the register of its company holds no certificate:"
        f" {lost:,} exemptions that the source shows would be taken away: enter or import the"
        " certificates first, then sync again"
    )


def _was_written_to(tx: Transaction, row: ConnectionRow) -> bool:
    """Whether something was written there before: then somebody has seen what is written."""
    states = next((c.deliveries for c in tx.reports.connections() if c.name == row.name), {})
    return bool(states.get(DeliveryState.SENT.value))


def _lost(tx: Transaction, row: ConnectionRow) -> int:
    """How many customers and orders, exempt in the source, are owed the contrary."""
    forever = dt.datetime.max.replace(tzinfo=dt.UTC)
    owed = tx.deliveries.due(
        row.id, (DeliveryTarget.ORDER, DeliveryTarget.CUSTOMER), forever, _MOST
    )
    taxed = [delivery for delivery in owed if not _exempt(delivery)]
    orders = [each.external_id for each in taxed if each.target is DeliveryTarget.ORDER]
    customers = {each.external_id for each in taxed if each.target is DeliveryTarget.CUSTOMER}
    untaxed = [
        order
        for order in tx.sources.orders_by_id(row.id, orders)
        if order.record.tax_applicable is False
    ]
    flagged = [
        standing
        for standing in (tx.sources.standings(row.id, dt.date.max) if customers else ())
        if standing.exempt_in_source and standing.external_id in customers
    ]
    return len(untaxed) + len(flagged)


def _exempt(delivery: Delivery) -> bool:
    """Whether some exemption is to be shown."""
    shall = wanted.load(delivery.wanted)
    if shall.tax_applicable is not None:
        return not shall.tax_applicable
    return any(status.exempt for status in shall.jurisdictions)
