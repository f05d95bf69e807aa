"""A mail that has waited, by what is so now: to whom it goes, what is left of it, or why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from exempt.model.customer import CustomerCard
from exempt.model.messages import Purpose
from exempt.model.requesting import RequestState
from exempt.rules.request_states import Step, may, state_of
from exempt.services.answered import still_wanted
from exempt.services.expiring import still_ending
from exempt.services.owed_mails import (
    About,
    Letter,
    Needless,
    OwedMail,
    recipient_of,
    unreachable,
    worded,
)
from exempt.services.ports import Transaction
from exempt.services.post import Post
from exempt.services.request_ports import RequestRow
from exempt.services.rows import Delivery

_ASKS = frozenset({Purpose.REQUEST, Purpose.REMINDER, Purpose.EXPIRY})
_OVER = {
    RequestState.SUBMITTED: "something was sent in",
    RequestState.ACCEPTED: "its certificate came",
    RequestState.CANCELLED: "the request was cancelled",
    RequestState.WITHDRAWN: "the request was withdrawn",
}


class Now(NamedTuple):
    """A mail worded anew; one from before mails kept their facts has no letter."""

    mail: OwedMail
    letter: Letter | None


def mail_now(
    tx: Transaction, delivery: Delivery, mail: OwedMail, post: Post, at: dt.datetime
) -> Now | Needless:
    """What is to go out at the moment *at*."""
    request = tx.requests.get(int(delivery.external_id))
    if request is None:
        return Needless("its request is gone")
    (card,) = tx.cards.find([request.customer_id])
    why = _settled(request, mail.purpose, post, at) or unreachable(card, request)
    if why:
        return why
    if mail.about is None:
        to = (recipient_of(card, request),)
        return Now(mail.model_copy(update={"to": to}), None)
    about = _about_now(tx, request, card, mail, delivery.version, at)
    if isinstance(about, Needless):
        return about
    letter = Letter(request, card, mail.purpose, about, at.date())
    return Now(worded(tx, letter, mail.key, post), letter)


def _settled(request: RequestRow, purpose: Purpose, post: Post, at: dt.datetime) -> Needless | None:
    """Why nobody need be written to, by where the request stands."""
    state = state_of(request, at)
    if purpose in _ASKS:
        if not post.enabled:
            return Needless("requests are switched off")
        return None if may(state, Step.RESEND) else Needless(_OVER[state])
    if purpose is Purpose.REJECTION and RequestState(request.state) is not RequestState.REJECTED:
        return Needless(_OVER.get(state, "something was sent in"))
    return None


def _about_now(  # noqa: PLR0917 - what it goes by
    tx: Transaction,
    request: RequestRow,
    card: CustomerCard,
    mail: OwedMail,
    version: int,
    at: dt.datetime,
) -> About | Needless:
    """What is left of what a mail is about."""
    about = mail.about or About()
    if mail.purpose is Purpose.EXPIRY:
        told = {pair for other in _since(tx, request, version) for pair in other.ends}
        ends = still_ending(tx, request, card, at.date())
        left = tuple(each for each in about.ends if each.pair in ends - told)
        why = {*about.because} or ends
        return _needless("ends", ends & why, told) or about.model_copy(update={"ends": left})
    if mail.purpose not in _ASKS:
        return about
    wanted = still_wanted(tx, [request], at.date())[request.id]
    if not wanted:
        return Needless("nothing lacks any more that it asks for")
    if mail.purpose is Purpose.REQUEST:
        asked = tx.requests.mailed(card.id, at, but=request.id)
        if not wanted - asked:
            return Needless("asked by another request already")
    else:
        asked = {p for other in _since(tx, request, version) for p in other.jurisdictions}
        if not wanted - asked:
            return Needless("another mail said so already")
    places = tuple(each for each in about.places if each in wanted - asked)
    ends_left = tuple(each for each in about.ends if each.place in wanted - asked)
    return about.model_copy(update={"places": places, "ends": ends_left})


def _needless(what: str, still: Collection[object], told: Collection[object]) -> Needless | None:
    if not still:
        return Needless(f"nothing {what} any more that it speaks of")
    if set(still) <= set(told):
        return Needless("another mail said so already")
    return None


def _since(tx: Transaction, request: RequestRow, version: int) -> list[RequestRow]:
    """Other requests of the kind to the same customer whose mails went out since this was owed.

    So it is after two customers were found to be one.
    """
    alike = [r for r in tx.requests.of([request.customer_id]) if r.purpose == request.purpose]
    mails = tx.requests.mails([each.id for each in alike])
    since = min(mail.owed_at for mail in mails[request.id] if mail.version == version)
    return [
        other
        for other in alike
        if other.id != request.id
        and any(m.went_out and since <= m.at for m in mails.get(other.id, ()))
    ]
