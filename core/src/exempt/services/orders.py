"""What staff decide for one order by hand, and decisions replayed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import NamedTuple

from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.access import Caller
from exempt.model.asking import Answer, Question
from exempt.model.certificate import Coverage, ReviewStatus
from exempt.model.decision import Decision, Finding, ManualChoice
from exempt.rules.decision import facts_of, refusal
from exempt.rules.explain import found
from exempt.rules.history import FieldChange
from exempt.rules.replay import replay
from exempt.services.certificates import Act
from exempt.services.customers import is_no_id
from exempt.services.decide import decide_orders, held_for
from exempt.services.deciding import Terms, ask
from exempt.services.ports import Store, Transaction
from exempt.services.rows import ConnectionRow, OrderView, StoredOrder, Subject


class Candidate(NamedTuple):
    """A certificate that could be chosen for an order; *against* says why it does not fit."""

    coverage: Coverage
    against: Finding | None


class Replayed(NamedTuple):
    """A decision made once more from what it went by.

    Attributes:
        anew: None where the version of the rule is gone that made it.
    """

    order_id: int
    kept: Decision
    anew: Decision | None

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.kept == self.anew


def answer_for(tx: Transaction, question: Question, terms: Terms, caller: Caller) -> Answer:
    """What is decided of an order that is not kept; see `exempt.services.deciding.ask`."""
    return ask(tx.asking, question, terms, caller)


def id_of(tx: Transaction, connection: ConnectionRow, external_id: str) -> int | None:
    """Our id of an order that a source has shown; None = it has shown no such order."""
    return next((row.id for row in tx.sources.orders_by_id(connection.id, [external_id])), None)


def find_all(tx: Transaction, words: str, connection: str | None = None) -> list[OrderView]:
    """The orders with this number or id, or with our id, as ``id:12``.

    Raises:
        NotFoundError: There is none.
    """
    found = [] if is_no_id(words) else tx.decisions.find_orders(words)
    fits = [view for view in found if connection in {None, view.connection}]
    if not fits:
        where = f" in {connection}" if connection else ""
        msg = f"order {words!r}: there is none with this number or id{where}: run exempt sync first"
        raise NotFoundError(msg)
    return fits


def find_one(tx: Transaction, words: str, connection: str | None = None) -> OrderView:
    """The one order that `find_all` finds.

    Raises:
        NotFoundError: There is none, or several.
    """
    fits = find_all(tx, words, connection)
    if len(fits) == 1:
        return fits[0]
    ids = ", ".join(f"id:{view.id} ({view.connection})" for view in fits)
    msg = f"order {words!r}: {len(fits)} fit: name one of {ids}"
    raise NotFoundError(msg)


def candidates(tx: Transaction, order_id: int, act: Act) -> list[Candidate]:
    """The certificates of an order's billing customer, those that fit first (D11)."""
    connection, order = stored(tx, order_id)
    card, held = held_for(tx, connection, [order]).of(order)
    facts = facts_of(order.record, card, held)
    listed = [Candidate(c, refusal(c, facts, act.policy.profile)) for c in held]
    return sorted(
        listed,
        key=lambda one: (
            one.against is not None,
            one.coverage.jurisdiction != facts.jurisdiction,
            one.coverage.certificate_id,
            one.coverage.jurisdiction,
        ),
    )


def choose(
    store: Store,
    order_id: int,
    certificate_id: int,
    act: Act,
    *,
    reason: str = "",
    anyway: bool = False,
    seen: dt.datetime | None = None,
) -> Decision:
    """Let an order show a certificate that somebody chose, until its facts change.

    Args:
        seen: When the decision was made that somebody looked at; None = whichever.

    Raises:
        ConflictError: Another decision is in force by now.
        RefusedError: The certificate is not one of the customer's, is not
            accepted, or does not fit and *anyway* was not said; or the order
            was cancelled.
    """
    with store.writing() as tx:
        sold = _alone(tx, order_id, seen)
        fits = [
            c for c in candidates(tx, order_id, act) if c.coverage.certificate_id == certificate_id
        ]
        if not fits:
            msg = (
                f"certificate {certificate_id}: is none of the order's billing customer: see"
                " exempt orders choose without a certificate for the list"
            )
            raise RefusedError(msg)
        best = fits[0]
        if best.coverage.review_status is not ReviewStatus.ACCEPTED:
            msg = f"certificate {certificate_id}: is {best.coverage.review_status}: accept it first"
            raise RefusedError(msg)
        if best.against and not anyway:
            msg = (
                f"certificate {certificate_id}: {found(best.coverage, best.against)}:"
                " choose another one, or say --anyway"
            )
            raise RefusedError(msg)
        choice = ManualChoice(
            order_id=order_id,
            certificate_id=certificate_id,
            reason=reason,
            made_at=act.at,
            made_by=act.by,
        )
        said = f"certificate {certificate_id}"
        return _make(tx, sold, choice, said, act)


def override(
    store: Store,
    order_id: int,
    act: Act,
    *,
    tax_applicable: bool,
    reason: str,
    seen: dt.datetime | None = None,
) -> Decision:
    """Decide an order by hand: exempt, or taxed, until its facts change (F25); *seen*: `choose`.

    Raises:
        ConflictError: Another decision is in force by now.
        RefusedError: No reason is given, or the order was cancelled.
    """
    if not reason.strip():
        msg = "an override needs a reason: an auditor will ask for it"
        raise RefusedError(msg)
    with store.writing() as tx:
        sold = _alone(tx, order_id, seen)
        choice = ManualChoice(
            order_id=order_id,
            tax_applicable=tax_applicable,
            reason=reason,
            made_at=act.at,
            made_by=act.by,
        )
        return _make(tx, sold, choice, "taxed" if tax_applicable else "exempt", act)


def reset(store: Store, order_id: int, act: Act, *, seen: dt.datetime | None = None) -> Decision:
    """Drop what was decided by hand for an order; the rule decides again; *seen*: `choose`.

    Raises:
        ConflictError: Another decision is in force by now.
        RefusedError: Nothing was, or the order was cancelled.
    """
    with store.writing() as tx:
        sold = _alone(tx, order_id, seen)
        if not tx.choices.end(order_id, f"dropped by {act.by}", act.at):
            msg = "nothing was decided by hand for this order"
            raise RefusedError(msg)
        change = FieldChange("decided_by_hand", "yes", "dropped")
        tx.history.add(Subject.ORDER, order_id, [change], act.at, act.by)
        return _decide(tx, sold, act)


def replayed(store: Store, order_ids: Collection[int]) -> list[Replayed]:
    """The decisions in force of orders, each made once more (G01)."""
    with store.reading() as tx:
        decided = tx.decisions.decided(order_ids)
    return [Replayed(order_id, kept, _anew(kept)) for order_id, kept in sorted(decided.items())]


def _anew(kept: Decision) -> Decision | None:
    try:
        return replay(kept)
    except RefusedError:
        return None


def portions(store: Store, *, at_once: int = 1000) -> Iterator[list[int]]:
    """The ids of all orders that are decided, some at a time."""
    with store.reading() as tx:
        connections = tx.connections.all()
    for connection in connections:
        after = 0
        while True:
            with store.reading() as tx:
                ids = [o.id for o in tx.sources.orders_after(connection.id, after, at_once)]
            if not ids:
                break
            yield ids
            after = ids[-1]


def _make(tx: Transaction, sold: Found, choice: ManualChoice, said: str, act: Act) -> Decision:
    tx.choices.end(choice.order_id, "decided by hand anew", act.at)
    tx.choices.make(choice)
    why = ": ".join(filter(None, (said, choice.reason)))
    change = FieldChange("decided_by_hand", None, why)
    tx.history.add(Subject.ORDER, choice.order_id, [change], act.at, act.by)
    return _decide(tx, sold, act)


class Found(NamedTuple):
    """An order, and the connection that it is of."""

    connection: ConnectionRow
    order: StoredOrder


def _alone(tx: Transaction, order_id: int, seen: dt.datetime | None) -> Found:
    """The order as it stands once no page of its source can change it any more."""
    tx.alone([stored(tx, order_id).connection.company_id])
    found = stored(tx, order_id)
    row = tx.orders.one(order_id)
    if seen is not None and row is not None and row.decided_at != seen:
        msg = "the order was decided anew since you opened it: look at what it says now"
        raise ConflictError(msg)
    if found.order.record.voided:
        msg = "the order was cancelled: there is nothing to decide"
        raise RefusedError(msg)
    return found


def stored(tx: Transaction, order_id: int) -> Found:
    """The order with this id, and its connection.

    Raises:
        NotFoundError: There is none, or its source deleted it.
    """
    order = tx.sources.order(order_id)
    if order is None:
        msg = f"order id:{order_id}: there is none, or its source deleted it: run exempt sync first"
        raise NotFoundError(msg)
    (connection,) = (row for row in tx.connections.all() if row.id == order.connection_id)
    return Found(connection, order)


def _decide(tx: Transaction, found: Found, act: Act) -> Decision:
    connection, order = found
    decide_orders(tx, connection, [order], act.policy, act.at)
    return tx.decisions.decided([order.id])[order.id]
