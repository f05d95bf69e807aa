"""What people do with what is owed: look at it, have it tried again, give it up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.messages import Purpose
from exempt.model.pushing import Outcome
from exempt.rules.history import FieldChange
from exempt.services.certificates import Act
from exempt.services.delivery_ports import DeliveryView
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store, Transaction
from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget, Subject

AT_ONCE = 500
"""In one transaction, at most."""

LONGEST_REASON = 500

_LONGEST = 2000


class Retried(NamedTuple):
    """How many deliveries are owed again, and the mails that are left: they may have gone out."""

    again: int
    left: list[DeliveryView]


def get(tx: Transaction, delivery_id: int) -> DeliveryView:
    """The delivery with this id.

    Raises:
        NotFoundError: There is none.
    """
    view = tx.handling.get(delivery_id)
    if view is None:
        msg = f"delivery {delivery_id}: there is none: see exempt deliveries list"
        raise NotFoundError(msg)
    return view


def retry(
    store: Store, delivery_ids: Collection[int], act: Act, *, even_if_sent: bool = False
) -> list[DeliveryView]:
    """Let deliveries be due now, as if they were never tried: all of them, or none.

    Args:
        store: Where they are kept.
        delivery_ids: Such that wait for a person or for a later try, or were dropped.
        act: Who wants it.
        even_if_sent: Mails that may have gone out, too.

    Raises:
        NotFoundError: There is none with such an id.
        RefusedError: One was done already, a newer one took its place, or it may
            have gone out and *even_if_sent* is not set.
    """
    with store.writing() as tx:
        views = _alone(tx, delivery_ids)
        for view in views:
            if why := _against_retry(tx, view, even_if_sent=even_if_sent):
                msg = f"delivery {view.delivery.id}: {why}"
                raise RefusedError(msg)
        if _let_try_again(tx, views, act) != views:
            raise _changed()
    return views


def retry_dead(
    store: Store, act: Act, *, connection: str | None = None, even_if_sent: bool = False
) -> Retried:
    """Let all that waits for a person be due now, of one connection or of all.

    Mails that may have gone out are left, unless *even_if_sent* is set.
    """
    again, after = 0, 0
    left: list[DeliveryView] = []
    while True:
        with store.writing() as tx:
            views = tx.handling.dead_after(after, AT_ONCE, connection)
            if not views:
                return Retried(again, left)
            after = views[-1].delivery.id
            tx.alone({view.company_id for view in views})
            kept = [v for v in views if maybe_sent(v.delivery) and not even_if_sent]
            again += len(_let_try_again(tx, [v for v in views if v not in kept], act))
        left += kept


def retry_each(
    store: Store, delivery_ids: Sequence[int], act: Act, *, even_if_sent: bool = False
) -> Retried:
    """Let those of these be due now that can be tried again; the others are left as they are."""
    again = 0
    left: list[DeliveryView] = []
    for at in range(0, len(delivery_ids), AT_ONCE):
        with store.writing() as tx:
            views = _alone(tx, delivery_ids[at : at + AT_ONCE])
            kept = [v for v in views if _against_retry(tx, v, even_if_sent=even_if_sent)]
            again += len(_let_try_again(tx, [v for v in views if v not in kept], act))
        left += kept
    return Retried(again, left)


def drop(store: Store, delivery_ids: Collection[int], reason: str, act: Act) -> list[DeliveryView]:
    """Give deliveries up: all of them, or none; they are as they were before.

    None of them is owed again until something else is wanted, or the source
    changes its record. A request of which no mail went out counts as not made.

    Raises:
        NotFoundError: There is none with such an id.
        RefusedError: No reason is given, or one is not owed any more.
    """
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        msg = f"a delivery is dropped for a reason: say why, in {LONGEST_REASON} characters at most"
        raise RefusedError(msg)
    with store.writing() as tx:
        views = _alone(tx, delivery_ids)
        for view in views:
            if why := _against_drop(view.delivery):
                msg = f"delivery {view.delivery.id}: {why}"
                raise RefusedError(msg)
            said = f"dropped by {act.by}: {reason}"
            if not tx.handling.give_up(view.delivery, _with_before(said, view), act.at):
                raise _changed()
            _withdraw_request(tx, view.delivery)
        _remember(tx, views, f"dropped: {reason}", act)
    return views


def _alone(tx: Transaction, delivery_ids: Collection[int]) -> list[DeliveryView]:
    """Deliveries, while nobody else decides or owes in their companies."""
    ids = list(dict.fromkeys(delivery_ids))
    tx.alone({get(tx, each).company_id for each in ids})
    return [get(tx, each) for each in ids]


def _against_retry(tx: Transaction, view: DeliveryView, *, even_if_sent: bool) -> str | None:
    """Why a delivery cannot be tried again."""
    delivery = view.delivery
    if delivery.state is DeliveryState.SENT:
        return "was done already: there is nothing to try again"
    newest = tx.handling.versions(delivery)[-1].delivery
    if newest.id != delivery.id:
        return f"delivery {newest.id} took its place: see exempt deliveries show {newest.id}"
    if delivery.state is DeliveryState.SUPERSEDED:
        return f"is not wanted any more{_because(delivery)}"
    if delivery.target.mailed:
        return _against_mailing(tx, delivery, even_if_sent=even_if_sent)
    return None


def _against_mailing(tx: Transaction, delivery: Delivery, *, even_if_sent: bool) -> str | None:
    """Why a mail cannot be sent again."""
    if delivery.target is DeliveryTarget.MAIL:
        request = tx.requests.get(int(delivery.external_id))
        if request is None or request.state == "withdrawn":
            return "its request counts as withdrawn: ask anew with exempt requests send"
    if _under_way(delivery):
        return _UNDER_WAY
    if maybe_sent(delivery) and not even_if_sent:
        who = _MAILED_TO[delivery.target]
        return f"may have gone out: --even-if-sent sends it again, though {who} may get it twice"
    return None


_MAILED_TO = {
    DeliveryTarget.MAIL: "the customer",
    DeliveryTarget.NOTICE: "whoever reviews",
    DeliveryTarget.WARNING: "whoever is warned",
}


def _against_drop(delivery: Delivery) -> str | None:
    """Why a delivery cannot be dropped."""
    if delivery.state not in {DeliveryState.PENDING, DeliveryState.DEAD}:
        return f"is {delivery.state.value}, and owed no more: there is nothing to drop"
    return _UNDER_WAY if _under_way(delivery) else None


_UNDER_WAY = (
    "is being sent at this moment, or was when its process ended: the next run finds out which"
)


def _because(delivery: Delivery) -> str:
    return f": {delivery.message}" if delivery.message else ""


def maybe_sent(delivery: Delivery) -> bool:
    """Whether it is a mail that may have gone out."""
    return delivery.target.mailed and delivery.outcome == Outcome.UNKNOWN


def _under_way(delivery: Delivery) -> bool:
    """Whether it is a mail that somebody began to send, and nobody knows what became of it."""
    return maybe_sent(delivery) and delivery.state is DeliveryState.PENDING


def _let_try_again(tx: Transaction, views: Sequence[DeliveryView], act: Act) -> list[DeliveryView]:
    """Let these be due now, and ask for their jobs; those that it was still possible for."""
    done = []
    for view in views:
        delivery = view.delivery
        # A mail keeps its key, by which whoever got it already may know it.
        anew = delivery.state is not DeliveryState.PENDING and not delivery.target.mailed
        said = _with_before(f"to be tried again, says {act.by}", view)
        if tx.handling.again(delivery, said, act.at, anew=anew):
            done.append(view)
    for connection_id, mail in {(v.delivery.connection_id, v.delivery.target.mailed) for v in done}:
        tx.jobs.ask(JobKind.MAIL if mail else JobKind.PUSH, connection_id, at_once=True)
    _remember(tx, done, "to be tried again", act)
    return done


def _with_before(said: str, view: DeliveryView) -> str:
    """What was said of it last stays to be read."""
    before = view.delivery.message
    return f"{said}; before: {before}"[:_LONGEST] if before else said


def _withdraw_request(tx: Transaction, delivery: Delivery) -> None:
    """Let a request count as not made of which no mail went out; a notice stays told."""
    if delivery.target is DeliveryTarget.MAIL:
        request = tx.requests.get(int(delivery.external_id))
        if request is not None and request.purpose == Purpose.REQUEST:
            tx.requests.withdraw(request.id)


def _changed() -> ConflictError:
    return ConflictError("somebody changed one of these deliveries at this moment: look again")


# --- histories ---------------------------------------------------------------------------


def _remember(tx: Transaction, views: Sequence[DeliveryView], now: str, act: Act) -> None:
    """Add to the histories of what deliveries are for; what is gone has none."""
    by_place: dict[tuple[int, DeliveryTarget], list[DeliveryView]] = defaultdict(list)
    for view in views:
        by_place[view.delivery.connection_id, view.delivery.target].append(view)
    for (connection_id, target), mine in by_place.items():
        ids = subjects(tx, connection_id, target, [v.delivery.external_id for v in mine])
        subject = SUBJECTS[target]
        for view in mine:
            delivery = view.delivery
            if (subject_id := ids.get(delivery.external_id)) is not None:
                field = f"delivery {delivery.id} to {view.connection}"
                change = FieldChange(field, delivery.state.value, now)
                tx.history.add(subject, subject_id, [change], act.at, act.by)


SUBJECTS: Mapping[DeliveryTarget, Subject] = {
    DeliveryTarget.ORDER: Subject.ORDER,
    DeliveryTarget.CUSTOMER: Subject.CUSTOMER,
    DeliveryTarget.MAIL: Subject.CUSTOMER,
    DeliveryTarget.NOTICE: Subject.CERTIFICATE,
    DeliveryTarget.WARNING: Subject.WARNING,
}
"""Whose history tells what people did with deliveries of a target."""


def subjects(
    tx: Transaction, connection_id: int, target: DeliveryTarget, external_ids: Sequence[str]
) -> dict[str, int]:
    """By external id: our id of the order, card, certificate or warning that it is about."""
    if target is DeliveryTarget.ORDER:
        orders = tx.sources.orders_by_id(connection_id, external_ids)
        return {order.record.external_id: order.id for order in orders}
    if target is DeliveryTarget.CUSTOMER:
        cards = tx.sources.cards(connection_id, external_ids)
        return {each: card.customer_id for each, card in cards.items()}
    if target in {DeliveryTarget.NOTICE, DeliveryTarget.WARNING}:
        return {each: int(each) for each in external_ids}
    requests = tx.requests.find([int(each) for each in external_ids])
    return {str(request.id): request.customer_id for request in requests}
