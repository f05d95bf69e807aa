"""Write to customers by ourselves: certificates end, or what was asked for has not come.

The days are those of the settings. However often this runs, and wherever, of
each mail there is one: what was written before is looked up in the same
transaction that owes the next one, alone in its companies.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from exempt.model.customer import CustomerCard
from exempt.model.messages import Purpose, SendRequest
from exempt.rules.reminding import after_request
from exempt.rules.wanted import idempotency_key
from exempt.services import wording
from exempt.services.expiring import Expiring, Near, expiring, near_ends, still_ending
from exempt.services.ports import Store, Transaction
from exempt.services.requests import Needless, lacking, lacking_around, unreachable
from exempt.services.rows import ConnectionRow, DeliveryState, DeliveryTarget, RequestRow
from exempt.services.wording import Envelope

AT_ONCE = 200
"""How many customers are written to in one transaction, so that others need not wait long."""


class Notices(NamedTuple):
    """When customers are written to, and where they may answer beside by mail.

    Attributes:
        before_end: So many days before a certificate ends.
        after_request: So many days after a request went out.
    """

    before_end: Collection[int] = ()
    after_request: Collection[int] = ()
    portal_url: str | None = None


class Letter(NamedTuple):
    """A mail that is due.

    Attributes:
        purpose: A notice that certificates end, or a reminder.
        jurisdictions: What it is about; ``expiration_date``: the first of the ends.
        version: What number of mail of its request it is.
    """

    purpose: Purpose
    customer_id: int
    company: str
    number: str | None
    name: str
    email: str | None
    jurisdictions: tuple[str, ...]
    expiration_date: dt.date | None
    version: int


class Reminded(NamedTuple):
    """What is owed now, and what could not be written."""

    sent: list[Letter]
    without_email: list[Letter]
    without_mail: list[Letter]
    excluded: list[Letter]


class _Waiting(NamedTuple):
    """Somebody to be reminded of a request whose first mail went out on the day ``asked``."""

    card: CustomerCard
    jurisdictions: tuple[str, ...]
    request: RequestRow
    version: int
    asked: dt.date


_Due = Expiring | _Waiting


class _May(NamedTuple):
    """Who may be written to, as it was a moment ago: by id, what ends soon, and what is missing."""

    near: Mapping[int, Near]
    missing: Mapping[int, Collection[str]]

    def of(self, customer_ids: Collection[int]) -> _May:
        """Just these customers."""
        near = {each: self.near[each] for each in customer_ids if each in self.near}
        missing = {each: self.missing[each] for each in customer_ids if each in self.missing}
        return _May(near, missing)


def remind(
    store: Store, through: Mapping[int, ConnectionRow], at: dt.datetime, notices: Notices
) -> Reminded:
    """Owe the notices and reminders that are due at *at*, and were not written yet.

    Args:
        store: Where everything is.
        through: The connection that sends mail for each company, by the
            company's id; customers of other companies are not written to.
        at: The moment that it is.
        notices: When customers are written to.
    """
    done = Reminded([], [], [], [])
    with store.reading() as tx:
        companies = {company.id: company.name for company in tx.cards.companies()}
        may = _who_may(tx, at.date(), notices)
        due = _all_due(tx, may, at.date(), notices)
    ids: list[int] = []
    for each in due:
        left_out = _left_out(each.card, through, done)
        if left_out is not None:
            left_out.append(_letter(each, companies))
        elif each.card.id not in ids[-1:]:  # one customer's mails stand together
            ids.append(each.card.id)
    for start in range(0, len(ids), AT_ONCE):
        some = may.of(ids[start : start + AT_ONCE])
        with store.writing() as tx:
            tx.alone(sorted(through))
            for each in _all_due(tx, some, at.date(), notices):
                letter = _letter(each, companies)
                connection = through[each.card.company_id]
                _owe(tx, connection, each, letter.company, at, notices.portal_url)
                done.sent.append(letter)
    return done


def _left_out(
    card: CustomerCard, through: Mapping[int, ConnectionRow], done: Reminded
) -> list[Letter] | None:
    """Where somebody is listed who is not written to."""
    if card.excluded_from_mailings:
        return done.excluded
    if not card.mailbox:
        return done.without_email
    return done.without_mail if card.company_id not in through else None


def _who_may(tx: Transaction, on: dt.date, notices: Notices) -> _May:
    lack = lacking(tx, on) if notices.after_request else ()
    near = near_ends(tx, on, notices.before_end)
    return _May(near, {one.customer_id: {*one.jurisdictions} for one in lack})


def _all_due(tx: Transaction, may: _May, on: dt.date, notices: Notices) -> list[_Due]:
    due: list[_Due] = [
        *expiring(tx, may.near, on, notices.before_end),
        *_waiting(tx, may.missing, on, notices.after_request),
    ]
    return sorted(due, key=lambda each: (each.card.name, each.card.id))


def _waiting(
    tx: Transaction, missing: Mapping[int, Collection[str]], on: dt.date, days: Collection[int]
) -> Iterator[_Waiting]:
    """Whom to remind of what is still missing; of two requests for a state, of the newer one."""
    requests = [r for r in tx.requests.of(missing) if r.purpose == Purpose.REQUEST]
    mails = tx.requests.mails([request.id for request in requests])
    cards = {card.id: card for card in tx.cards.find({r.customer_id for r in requests})}
    spoken_for: set[tuple[int, str]] = set()
    for request in reversed(requests):
        written = mails.get(request.id, [])
        if not any(mail.went_out or mail.state is DeliveryState.PENDING for mail in written):
            continue  # it was not made, in the end
        wanted = [(request.customer_id, place) for place in request.jurisdictions]
        left = tuple(
            place
            for customer_id, place in wanted
            if place in missing[customer_id] and (customer_id, place) not in spoken_for
        )
        spoken_for.update(wanted)
        sent = [mail.day for mail in written if mail.state is DeliveryState.SENT]
        if not left or not sent:
            continue
        before = [mail.day for mail in written if mail.counts]
        if after_request(min(sent), days).due(before, on):
            version = max(mail.version for mail in written) + 1
            yield _Waiting(cards[request.customer_id], left, request, version, min(sent))


def _letter(due: _Due, companies: Mapping[int, str]) -> Letter:
    card = due.card
    notice = isinstance(due, Expiring)
    return Letter(
        Purpose.EXPIRY if notice else Purpose.REMINDER,
        card.id,
        companies[card.company_id],
        card.number,
        card.name,
        card.email,
        _places(due),
        min(each.day for each in due.endings) if isinstance(due, Expiring) else None,
        due.version,
    )


def _places(due: _Due) -> tuple[str, ...]:
    if isinstance(due, Expiring):
        return tuple(sorted({each.place for each in due.endings}))
    return due.jurisdictions


def _owe(  # noqa: PLR0917 - what it goes by
    tx: Transaction,
    through: ConnectionRow,
    due: _Due,
    company: str,
    at: dt.datetime,
    portal_url: str | None,
) -> None:
    request_id = _request(tx, due, at)
    key = idempotency_key(tx.installation, "request", request_id, due.version)
    envelope = Envelope(key, due.card, company, portal_url)
    if isinstance(due, Expiring):
        message = wording.notice(envelope, due.endings, at.date())
    else:
        message = wording.reminder(envelope, due.jurisdictions, due.asked)
    owed = (str(request_id), due.version, message.model_dump_json())
    tx.deliveries.owe(through.id, DeliveryTarget.MAIL, [owed], at)


def _request(tx: Transaction, due: _Due, at: dt.datetime) -> int:
    """The request that the mail is of; a notice of something else is made anew."""
    if isinstance(due, _Waiting):
        return due.request.id
    same = due.request.id if due.request else None
    for mail in due.instead_of:
        ids = [str(mail.request_id)]
        why = "a later mail says the same"
        tx.deliveries.withdraw(mail.connection_id, DeliveryTarget.MAIL, ids, at, why=why)
        if mail.request_id != same:
            tx.requests.withdraw(mail.request_id)
    if same is not None:
        return same
    ends = sorted({each.pair for each in due.endings})
    return tx.requests.add(due.card.id, due.card.email or "", _places(due), at, ends=ends)


# --- a mail that has waited --------------------------------------------------------------


def as_of_now(
    tx: Transaction, request: RequestRow, version: int, message: SendRequest, on: dt.date
) -> SendRequest | Needless:
    """A notice or a reminder that has not gone out, by what is so on the day *on*."""
    (card,) = tx.cards.find([request.customer_id])
    if why := unreachable(card):
        return why
    others = _written_since(tx, request, version)
    if message.purpose is Purpose.EXPIRY:
        ends = still_ending(tx, request, card, on)
        told = {pair for other in others for pair in other.ends}
        text = wording.only_endings(message.text, ends - told)
        why = _needless("ends", ends, told)
    else:
        missing = _still_missing(tx, request, card, on)
        asked = {place for other in others for place in other.jurisdictions}
        text = wording.only_places(message.text, missing - asked)
        why = _needless("lacks", missing, asked)
    return why or message.model_copy(update={"to": (card.email or "",), "text": text})


def _needless(what: str, still: Collection[object], told: Collection[object]) -> Needless | None:
    if not still:
        return Needless(f"nothing {what} any more that it speaks of")
    if set(still) <= set(told):
        return Needless("another mail said so already")
    return None


def _still_missing(
    tx: Transaction, request: RequestRow, card: CustomerCard, on: dt.date
) -> set[str]:
    mine = [one for one in lacking_around(tx, card, on) if one.customer_id == card.id]
    return {place for one in mine for place in one.jurisdictions} & {*request.jurisdictions}


def _written_since(tx: Transaction, request: RequestRow, version: int) -> list[RequestRow]:
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
