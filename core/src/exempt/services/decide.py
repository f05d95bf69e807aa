"""Decide orders, and owe their sources what they do not show."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from exempt.model.certificate import Coverage
from exempt.model.checking import Capability
from exempt.model.decision import Card, Decision
from exempt.rules.decision import decide, facts_of, rule_name
from exempt.rules.history import FieldChange
from exempt.services.counting import Decided, count_orders
from exempt.services.job_ports import JobKind
from exempt.services.owing import owe_orders
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.rows import ConnectionRow, DeliveryTarget, StoredOrder, Subject


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
    return decide_with(tx, connection, orders, held_for(tx, connection, orders), policy, at)


class Held(NamedTuple):
    """The billing customers of orders, by external id, and what they may use, by card."""

    cards: Mapping[str, Card]
    coverages: Mapping[int, list[Coverage]]

    def of(self, order: StoredOrder) -> tuple[Card | None, list[Coverage]]:
        """The billing customer of an order, if it is known, and what it may use."""
        card = self.cards.get(order.record.customer_external_id)
        return card, self.coverages.get(card.customer_id, []) if card else []


def held_for(tx: Transaction, connection: ConnectionRow, orders: Sequence[StoredOrder]) -> Held:
    """What the billing customers of *orders* may use."""
    return held_by(tx, connection, {order.record.customer_external_id for order in orders})


def held_by(tx: Transaction, connection: ConnectionRow, external_ids: Collection[str]) -> Held:
    """What customers of a connection may use."""
    cards = tx.sources.cards(connection.id, external_ids)
    return Held(cards, tx.certificates.coverages({card.customer_id for card in cards.values()}))


def decide_with(  # noqa: PLR0917 - what it goes by
    tx: Transaction,
    connection: ConnectionRow,
    orders: Sequence[StoredOrder],
    held: Held,
    policy: Policy,
    at: dt.datetime,
) -> int:
    """`decide_orders`, by what was looked up before; what they count towards states follows."""
    alive = [order for order in orders if not order.record.voided]
    decided = decisions_of(tx, alive, held, policy)
    differ = tx.decisions.save([(order.id, decision) for order, decision, _ in decided], at)
    _count(tx, connection, orders, decided, policy)
    if Capability.PUSH_ORDERS in connection.capabilities:
        over = [o.record.external_id for o in orders if o.record.voided or o.record.closed]
        tx.deliveries.withdraw(connection.id, DeliveryTarget.ORDER, over, at)
        owe_orders(tx, connection, decided, at)
    return differ


def _count(
    tx: Transaction,
    connection: ConnectionRow,
    orders: Sequence[StoredOrder],
    decided: Sequence[tuple[StoredOrder, Decision, list[Coverage]]],
    policy: Policy,
) -> None:
    """Count *orders* by what was decided; those that are cancelled count no more."""
    counted: list[Decided] = [(order, decision) for order, decision, _ in decided]
    # The last word: some that are cancelled are decided all the same.
    counted += [(order, None) for order in orders if order.record.voided]
    count_orders(tx, connection, counted, policy)


def decisions_of(
    tx: Transaction, orders: Sequence[StoredOrder], held: Held, policy: Policy
) -> list[tuple[StoredOrder, Decision, list[Coverage]]]:
    """What the rule says of *orders* today, with what it went by; nothing is kept."""
    choices = tx.choices.of([order.id for order in orders])
    decided = []
    for order in orders:
        card, coverages = held.of(order)
        choice = choices.get(order.id)
        facts = facts_of(order.record, card, coverages, choice.by_hand if choice else None)
        decided.append((order, decide(facts, coverages, policy.profile), coverages))
    return decided


def decide_by_this_rule(
    store: Store, connection: ConnectionRow, policy: Policy, clock: Clock, *, at_once: int = 1000
) -> int:
    """Decide the open orders of a connection anew that another rule or profile decided.

    Returns:
        How many they were.
    """
    anew = after = 0
    while True:
        with store.writing() as tx:
            tx.alone([connection.company_id])
            rule = rule_name(policy.profile)
            orders = tx.sources.orders_by_other_rules(connection.id, rule, after, at_once)
            if not orders:
                return anew
            decide_orders(tx, connection, orders, policy, clock())
            anew += len(orders)
            after = orders[-1].id


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
    How it counts for nexus follows all the same: see `exempt.services.recounting`.
    """
    if sold_before := tx.sources.with_closed_orders(customer_ids):
        tx.recounts.ask_customers(sold_before)
        tx.jobs.ask(JobKind.NEXUS)
    return decide_stored(tx, tx.sources.orders_of(customer_ids, jurisdictions), policy, at)


def decide_stored(
    tx: Transaction, orders: Sequence[StoredOrder], policy: Policy, at: dt.datetime
) -> int:
    """`decide_orders`, of whatever connections."""
    by_connection: Mapping[int, list[StoredOrder]] = defaultdict(list)
    for order in orders:
        by_connection[order.connection_id].append(order)
    connections = {row.id: row for row in tx.connections.all()} if by_connection else {}
    return sum(
        decide_orders(tx, connections[connection_id], mine, policy, at)
        for connection_id, mine in by_connection.items()
    )


_REASON_MAX = 500  # the longest text of a record


def drop_choice(
    tx: Transaction, order_id: int, changes: Sequence[FieldChange], at: dt.datetime, *, by: str
) -> None:
    """Drop what was decided by hand for an order whose facts changed, and say why (D14–D18)."""
    why = "; ".join(
        f"{change.field.replace('_', ' ')} changed from {change.old or 'none'}"
        f" to {change.new or 'none'}"
        for change in changes
    )
    if tx.choices.end(order_id, textwrap.shorten(why, _REASON_MAX, placeholder=" …"), at):
        changes = [*changes, FieldChange("decided_by_hand", "yes", "dropped")]
    tx.history.add(Subject.ORDER, order_id, changes, at, by)
