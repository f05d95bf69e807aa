"""Write to customers by ourselves: certificates end, or what was asked for has not come.

The days are those of the settings. However often this runs, and wherever, of
each mail there is one: what was written before is looked up in the same
transaction that owes the next one, alone in its companies.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from exempt.model.customer import CustomerCard
from exempt.model.messages import Purpose
from exempt.model.requesting import RequestState, Way
from exempt.rules.reminding import after_request
from exempt.rules.request_states import Step, state_of
from exempt.rules.request_states import may as may_step
from exempt.services import companies
from exempt.services.answered import close_answered, still_missing
from exempt.services.expiring import Expiring, Near, expiring, near_ends
from exempt.services.owed_mails import About, owe_mail, recipient_of, unreachable
from exempt.services.ports import Store, Transaction
from exempt.services.post import Post
from exempt.services.request_ports import MailRow, RequestRow
from exempt.services.requests import lacking
from exempt.services.rows import ConnectionRow, DeliveryState, DeliveryTarget

AT_ONCE = 200
"""How many customers are written to in one transaction, so that others need not wait long."""


class Notices(NamedTuple):
    """When customers are written to, and how.

    Attributes:
        before_end: So many days before a certificate ends.
        after_request: So many days after a request went out.
    """

    before_end: Collection[int] = ()
    after_request: Collection[int] = ()
    post: Post = Post()


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
    """Who may be written to, as it was a moment ago.

    Attributes:
        near: By customer: what ends soon.
        missing: By customer: the states that a certificate is missing for.
        by_staff: The same by request, of those that staff made.
    """

    near: Mapping[int, Near]
    missing: Mapping[int, Collection[str]]
    by_staff: Mapping[int, Collection[str]]

    def of(self, customer_ids: Collection[int]) -> _May:
        """Just these customers."""
        near = {each: self.near[each] for each in customer_ids if each in self.near}
        missing = {each: self.missing[each] for each in customer_ids if each in self.missing}
        return _May(near, missing, self.by_staff)

    def wanted(self, request: RequestRow) -> Collection[str]:
        """The states that a request still asks for."""
        if request.made_by:
            return self.by_staff.get(request.id, ())
        return self.missing.get(request.customer_id, ())


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

    Raises:
        RefusedError: Nobody may be asked at all.
    """
    notices.post.refuse_unless_enabled()
    done = Reminded([], [], [], [])
    with store.writing() as tx:
        close_answered(tx, at)
    with store.reading() as tx:
        names = companies.names(tx)
        may = _who_may(tx, at.date(), notices)
        due = _all_due(tx, may, at, notices)
    ids: list[int] = []
    for each in due:
        left_out = _left_out(each, through, done)
        if left_out is not None:
            left_out.append(_letter(each, names))
        elif each.card.id not in ids[-1:]:  # one customer's mails stand together
            ids.append(each.card.id)
    for start in range(0, len(ids), AT_ONCE):
        some = may.of(ids[start : start + AT_ONCE])
        with store.writing() as tx:
            tx.alone(sorted(through))
            for each in _all_due(tx, some, at, notices):
                _owe(tx, through[each.card.company_id], each, at, notices.post)
                done.sent.append(_letter(each, names))
    return done


def _left_out(
    due: _Due, through: Mapping[int, ConnectionRow], done: Reminded
) -> list[Letter] | None:
    """Where somebody is listed who is not written to."""
    if due.card.excluded_from_mailings:
        return done.excluded
    if unreachable(due.card, due.request):
        return done.without_email
    return done.without_mail if due.card.company_id not in through else None


def _who_may(tx: Transaction, on: dt.date, notices: Notices) -> _May:
    lack = lacking(tx, on) if notices.after_request else ()
    near = near_ends(tx, on, notices.before_end)
    rows = tx.requests.unfinished() if notices.after_request else ()
    by_staff = [row for row in rows if row.made_by and row.asks and not row.ends]
    missing: dict[int, set[str]] = {row.customer_id: set() for row in by_staff}
    missing |= {one.customer_id: {*one.jurisdictions} for one in lack}
    return _May(near, missing, still_missing(tx, by_staff, on))


def _all_due(tx: Transaction, may: _May, at: dt.datetime, notices: Notices) -> list[_Due]:
    due: list[_Due] = [
        *expiring(tx, may.near, at.date(), notices.before_end),
        *_waiting(tx, may, at, notices.after_request),
    ]
    return sorted(due, key=lambda each: (each.card.name, each.card.id))


def _waiting(
    tx: Transaction, may: _May, at: dt.datetime, days: Collection[int]
) -> Iterator[_Waiting]:
    """Whom to remind of what is still missing; of two requests for a state, of the newer one."""
    requests = [r for r in tx.requests.of(may.missing) if r.asks]
    mails = tx.requests.mails([request.id for request in requests])
    cards = {card.id: card for card in tx.cards.find({r.customer_id for r in requests})}
    spoken_for: set[tuple[int, str]] = set()
    for request in reversed(requests):
        written = mails.get(request.id, [])
        if not _was_made(request, written):
            continue
        wanted = [(request.customer_id, place) for place in request.jurisdictions]
        missing = may.wanted(request)
        left = tuple(p for who, p in wanted if p in missing and (who, p) not in spoken_for)
        spoken_for.update(wanted)
        sent = [mail.day for mail in written if mail.state is DeliveryState.SENT]
        if not left or not sent or not may_step(state_of(request, at), Step.RESEND):
            continue
        before = [mail.day for mail in written if mail.counts]
        if after_request(min(sent), days).due(before, at.date()):
            version = max(mail.version for mail in written) + 1
            yield _Waiting(cards[request.customer_id], left, request, version, min(sent))


def _was_made(request: RequestRow, written: Sequence[MailRow]) -> bool:
    """Whether it counts: its mail went out or still may, or staff passed its link on."""
    if RequestState(request.state) is RequestState.WITHDRAWN:
        return False
    mailed = any(mail.went_out or mail.state is DeliveryState.PENDING for mail in written)
    return mailed or request.way != Way.MAIL


def _letter(due: _Due, names: Mapping[int, str]) -> Letter:
    card = due.card
    notice = isinstance(due, Expiring)
    return Letter(
        Purpose.EXPIRY if notice else Purpose.REMINDER,
        card.id,
        names[card.company_id],
        card.number,
        card.name,
        recipient_of(card, due.request) if due.request else card.email,
        _places(due),
        min(each.day for each in due.endings) if isinstance(due, Expiring) else None,
        due.version,
    )


def _places(due: _Due) -> tuple[str, ...]:
    if isinstance(due, Expiring):
        return tuple(sorted({each.place for each in due.endings}))
    return due.jurisdictions


def _owe(tx: Transaction, through: ConnectionRow, due: _Due, at: dt.datetime, post: Post) -> None:
    request = tx.requests.get(_request(tx, due, at))
    assert request is not None  # noqa: S101 - there is one, or it was just made
    if isinstance(due, Expiring):
        why = tuple(sorted(due.because))
        purpose, about = Purpose.EXPIRY, About(ends=due.endings, because=why)
    else:
        purpose, about = Purpose.REMINDER, About(places=due.jurisdictions, asked=due.asked)
    owe_mail(tx, request, purpose, about, at, through=through, version=due.version, post=post)


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
