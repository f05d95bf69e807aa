"""What follows from what a source reports: of orders that came or went, and of customers.

How long certificates hold by their sales moves with the sales. An order that
is closed follows only so far: it is decided by the certificates that it was
decided by, of which the source now says that they held longer, or less long.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

from exempt.errors import RefusedError
from exempt.model.checking import Capability
from exempt.model.decision import Decision
from exempt.rules.decision import facts_of
from exempt.rules.replay import replay
from exempt.services.counting import uncount
from exempt.services.decide import (
    Held,
    decide_stored,
    decide_with,
    drop_choice,
    held_by,
    held_for,
    redecide,
)
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.recounting import count_today
from exempt.services.recurrence import Moved, by_sales, recount
from exempt.services.rows import ConnectionRow, DeliveryTarget, SavedOrders, StoredOrder


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
    held = held_for(tx, connection, saved.touched)
    moved = _recount(tx, held, _sales(saved.touched), policy)
    if saved.left:
        before = held_by(tx, connection, {customer for customer, _ in saved.left})
        moved += _recount(tx, before, saved.left, policy)
    if moved:
        held = held_for(tx, connection, orders)
    orders += _corrected_while_cancelled(tx, saved)
    differ = decide_with(tx, connection, orders, held, policy, at)
    kept = [order for order in saved.touched if order.id in settled]
    count_today(tx, kept, policy)
    if settled and Capability.PUSH_ORDERS in connection.capabilities:
        over = [order.record.external_id for order in kept]
        tx.deliveries.withdraw(connection.id, DeliveryTarget.ORDER, over, at)
    return differ + _follow(tx, moved, policy, at)


def orders_gone(
    tx: Transaction,
    connection: ConnectionRow,
    external_ids: Sequence[str],
    policy: Policy,
    at: dt.datetime,
) -> int:
    """Follow up that a source deleted orders; returns how many decisions of others differ."""
    if not external_ids:
        return 0
    orders = tx.sources.orders_by_id(connection.id, external_ids)
    uncount(tx, [order.id for order in orders])
    held = held_for(tx, connection, orders)
    moved = _recount(tx, held, _sales(orders), policy)
    return _follow(tx, moved, policy, at)


def customers_changed(
    tx: Transaction, customer_ids: Collection[int], policy: Policy, at: dt.datetime
) -> int:
    """Follow up that customers came, changed or went; returns how many decisions differ."""
    if not customer_ids:
        return 0
    held = tx.certificates.held_by_each(customer_ids)
    moved = recount(tx, [each for coverages in held.values() for each in coverages], policy)
    return redecide(tx, customer_ids, policy, at) + _follow(tx, moved, policy, at)


def _corrected_while_cancelled(tx: Transaction, saved: SavedOrders) -> list[StoredOrder]:
    """Those that were decided once, as if they were closed: they may come back so."""
    cancelled = [o for o in saved.touched if o.record.voided and o.id in saved.corrected]
    known = tx.decisions.decided([order.id for order in cancelled]) if cancelled else {}
    closed = {"voided": False, "closed": True}
    return [
        o._replace(record=o.record.model_copy(update=closed)) for o in cancelled if o.id in known
    ]


# --- sales ---------------------------------------------------------------------------------


def _sales(orders: Iterable[StoredOrder]) -> set[tuple[str, str]]:
    """The customers and the states that orders go to."""
    return {
        (order.record.customer_external_id, place)
        for order in orders
        if order.record.ship_to and (place := order.record.ship_to.jurisdiction)
    }


def _recount(
    tx: Transaction, held: Held, sales: Collection[tuple[str, str]], policy: Policy
) -> list[Moved]:
    """Work out anew how long the coverages hold for which *sales* count."""
    if not by_sales([each for coverages in held.coverages.values() for each in coverages], policy):
        return []
    cards = {(card.customer_id, place) for name, place in sales if (card := held.cards.get(name))}
    found = tx.certificates.held_by_each({customer_id for customer_id, _ in cards})
    touched = [
        each
        for customer_id, coverages in found.items()
        for each in coverages
        if (customer_id, each.jurisdiction) in cards
    ]
    return recount(tx, touched, policy)


def _follow(tx: Transaction, moved: Sequence[Moved], policy: Policy, at: dt.datetime) -> int:
    """Decide the orders anew between how long coverages held and how long they hold."""
    if not moved:
        return 0
    orders = tx.sources.orders_between([each.span for each in moved])
    still_open = [order for order in orders if not order.record.closed]
    closed = [order for order in orders if order.record.closed]
    return decide_stored(tx, still_open, policy, at) + _follow_closed(tx, closed, moved, policy, at)


def _follow_closed(
    tx: Transaction,
    orders: Sequence[StoredOrder],
    moved: Sequence[Moved],
    policy: Policy,
    at: dt.datetime,
) -> int:
    until = {each.key: each.until for each in moved}
    kept = tx.decisions.decided([order.id for order in orders])
    differ = 0
    for connection_id in sorted({order.connection_id for order in orders}):
        mine = [o for o in orders if o.connection_id == connection_id and o.id in kept]
        cards = tx.sources.cards(connection_id, {o.record.customer_external_id for o in mine})
        anew = []
        for order in mine:
            card = cards.get(order.record.customer_external_id)
            claimed = facts_of(order.record, card).claimed
            anew.append((order.id, _had_they_held(kept[order.id], until, claimed=claimed)))
        differ += tx.decisions.save(anew, at)
    count_today(tx, [order for order in orders if order.id in kept], policy)
    return differ


def _had_they_held(
    kept: Decision, until: Mapping[tuple[int, int, str], dt.date | None], *, claimed: bool
) -> Decision:
    """What *kept* would be, had the certificates that it looked at held so long."""
    keys = [(step.certificate_id, step.customer_id, step.jurisdiction) for step in kept.steps]
    steps = tuple(
        step.model_copy(update={"held_through": until[key]}) if key in until else step
        for key, step in zip(keys, kept.steps, strict=True)
    )
    if steps == kept.steps:
        return kept
    facts = kept.facts._replace(claimed=claimed)
    try:
        return replay(kept.model_copy(update={"steps": steps, "facts": facts}))
    except RefusedError:  # the version of the rule is gone that made it
        return kept
