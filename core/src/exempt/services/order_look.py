"""One order with all about it: why it is taxed or not, what was decided before, what was told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.access import Caller
from exempt.model.decision import Decision, Finding, ManualChoice, Step
from exempt.model.sources import Order, OrderLine
from exempt.rules import wanted
from exempt.rules.decision import decide, facts_of
from exempt.rules.explain import found, verdict
from exempt.rules.lines import not_taxed_reason
from exempt.rules.replay import replay
from exempt.rules.wanted_words import in_words
from exempt.services import orders, scoped
from exempt.services.certificates import Act
from exempt.services.decide import held_for
from exempt.services.delivery_ports import DeliveryView
from exempt.services.order_ports import Former, OrderRow, OrderState
from exempt.services.order_words import NOT_TAXED, happened
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.recheck import outcome
from exempt.services.rows import ConnectionRow, DeliveryTarget, Subject

_USED = {Finding.CHOSEN, Finding.CHOSEN_BY_HAND}
_WOULD_DO = {
    Finding.LATER_EXPIRATION,
    Finding.EARLIER_EFFECTIVE,
    Finding.HIGHER_ID,
    Finding.OVERRULED,
    Finding.OVERRULED_BY_HAND,
}


class LookedAt(NamedTuple):
    """A certificate that was looked at, as it stood then.

    Attributes:
        said: What was found, as the rest of a sentence that begins with it.
        used: It is the one; ``would_do``: it would have done, and was not needed.
    """

    step: Step
    said: str
    used: bool
    would_do: bool


class Line(NamedTuple):
    """A line of an order.

    Attributes:
        product: Its name, where the source has shown the product, else its id there.
        why: Why no tax is on it; "" where there may be some.
    """

    record: OrderLine
    product: str
    why: str


class Told(NamedTuple):
    """Something that the source was, or is to be, told of the order, in words."""

    view: DeliveryView
    said: str


class Earlier(NamedTuple):
    """A decision that another took the place of, in words."""

    decided_at: dt.datetime
    superseded_at: dt.datetime
    decision: Decision
    said: str


class Happened(NamedTuple):
    """Something that happened to the order, as a sentence."""

    changed_at: dt.datetime
    changed_by: str
    said: str


class Look(NamedTuple):
    """An order with all about it.

    Attributes:
        changed_at: When its source was last seen to change it.
        deleted: Its source has it no more.
        decision: The one in force; None = it is cancelled, or not decided.
        earlier: Those that others took the place of, the newest first.
        choice: What somebody decided by hand, while it counts.
        told: The newest first.
        replayed: What comes of what the decision kept; None = the rule that made it is gone.
    """

    row: OrderRow
    record: Order
    company: str
    changed_at: dt.datetime | None
    deleted: bool
    decision: Decision | None
    verdict: str
    looked_at: Sequence[LookedAt]
    lines: Sequence[Line]
    earlier: Sequence[Earlier]
    choice: ManualChoice | None
    history: Sequence[Happened]
    told: Sequence[Told]
    replayed: Decision | None

    @property
    def replays(self) -> bool:
        """Whether the decision comes out the same once more."""
        return self.replayed == self.decision

    @property
    def replayed_verdict(self) -> str:
        """What comes of it once more, in sentences."""
        return verdict(self.replayed) if self.replayed else ""

    @property
    def may_decide(self) -> bool:
        """Whether somebody can decide it by hand."""
        return self.decision is not None and not self.deleted


class WhatIf(NamedTuple):
    """The order decided by what is on file now; nothing of it is kept.

    Attributes:
        day: As if it were of that day; ``place``: as if its goods went there.
        differs: Its outcome is another than that of the decision in force.
    """

    decision: Decision
    verdict: str
    looked_at: Sequence[LookedAt]
    day: dt.date
    place: str | None
    differs: bool


def look(tx: Transaction, order_id: int, caller: Caller) -> Look:
    """The order with this id of ours.

    Raises:
        NotFoundError: There is none that the caller sees.
    """
    view = scoped.order(tx, f"id:{order_id}", None, caller)
    row = tx.orders.one(order_id)
    (connection,) = (each for each in tx.connections.all() if each.name == view.connection)
    if row is None:
        raise scoped.none_such(f"order {order_id}")
    kept = tx.sources.order(order_id)
    decision = None if row.state is OrderState.CANCELLED else view.decision
    choices = tx.choices.all_of(order_id)
    company = next(each for each in tx.cards.companies() if each.id == connection.company_id)
    return Look(
        row=row,
        record=view.record,
        company=company.name,
        changed_at=kept.changed_at if kept else None,
        deleted=kept is None,
        decision=decision,
        verdict=verdict(decision) if decision else "",
        looked_at=_looked_at(decision) if decision else (),
        lines=_lines(tx, connection, view.record, decision),
        earlier=_earlier(tx.orders.decisions(order_id)),
        choice=next((each for each in choices if each.ended_at is None), None),
        history=[
            Happened(each.changed_at, each.changed_by, happened(each))
            for each in tx.history.of(Subject.ORDER, order_id)[::-1]
        ],
        told=_told(tx, connection, view.record),
        replayed=_replayed(decision) if decision else None,
    )


def what_if(
    tx: Transaction,
    seen: Look,
    policy: Policy,
    *,
    day: dt.date | None = None,
    place: str | None = None,
) -> WhatIf | None:
    """What would be decided now, also as if it were of another day or went to another state.

    None for an order that is not decided.
    """
    if not seen.may_decide or seen.decision is None:
        return None
    connection, order = orders.stored(tx, seen.row.id)
    card, held = held_for(tx, connection, [order]).of(order)
    by_hand = seen.choice.by_hand if seen.choice else None
    facts = facts_of(order.record, card, held, by_hand)
    if day is not None:
        facts = facts._replace(order_date=day)
    if place is not None:
        facts = facts._replace(jurisdiction=place, country=place[:2])
    decided = decide(facts, held, policy.profile)
    return WhatIf(
        decision=decided,
        verdict=verdict(decided),
        looked_at=_looked_at(decided),
        day=facts.order_date,
        place=facts.jurisdiction,
        differs=outcome(decided) != outcome(seen.decision),
    )


def choices_of(tx: Transaction, order_id: int, act: Act) -> list[orders.Candidate]:
    """The certificates to choose from, each once: as it fits best."""
    best: dict[int, orders.Candidate] = {}
    for each in orders.candidates(tx, order_id, act):
        best.setdefault(each.coverage.certificate_id, each)
    return list(best.values())


def against(one: orders.Candidate) -> str:
    """Why a certificate does not fit, as the rest of a sentence; "" where it does."""
    return found(one.coverage, one.against) if one.against else ""


def _looked_at(decision: Decision) -> list[LookedAt]:
    """The one that is used, those that would do, then all others."""
    looked = [
        LookedAt(each, _said(each), each.finding in _USED, each.finding in _WOULD_DO)
        for each in decision.steps
    ]
    return sorted(looked, key=lambda one: (not one.used, not one.would_do))


def _said(step: Step) -> str:
    said = found(step, step.finding)
    return f"{said}, although it {found(step, step.against)}" if step.against else said


def _lines(
    tx: Transaction, connection: ConnectionRow, record: Order, decision: Decision | None
) -> list[Line]:
    ids = {each.product_external_id for each in record.lines if each.product_external_id}
    known = tx.products.named(connection.id, ids) if ids else {}
    lines = []
    for each in record.lines:
        reason = not_taxed_reason(each, decision) if decision else None
        product = each.product_external_id or ""
        name = (known[product].name or product) if product in known else product
        lines.append(Line(each, name, NOT_TAXED[reason] if reason else ""))
    return lines


def _earlier(former: Sequence[Former]) -> list[Earlier]:
    return [
        Earlier(each.decided_at, each.superseded_at, each.decision, verdict(each.decision))
        for each in former
        if each.superseded_at is not None
    ]


def _told(tx: Transaction, connection: ConnectionRow, record: Order) -> list[Told]:
    name = record.external_id
    last = tx.deliveries.last(connection.id, DeliveryTarget.ORDER, [name]).get(name)
    views = tx.handling.versions(last) if last else []
    return [Told(view, in_words(wanted.load(view.delivery.wanted))) for view in views[::-1]]


def _replayed(decision: Decision) -> Decision | None:
    try:
        return replay(decision)
    except RefusedError:
        return None
