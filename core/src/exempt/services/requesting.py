"""Ask one customer for certificates by hand: by mail, by a link to pass on, or by a letter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.errors import RefusedError
from exempt.model.certificate import ExemptionReason
from exempt.model.customer import CustomerCard, CustomerDetails, invisible, usable_email
from exempt.model.messages import Purpose
from exempt.model.requesting import RequestState, Way
from exempt.rules.history import FieldChange
from exempt.rules.request_states import STANDING, state_of
from exempt.rules.requestable import Offer, offers
from exempt.services import cards, companies
from exempt.services.certificates import Act
from exempt.services.links import address_of, new_link
from exempt.services.owed_mails import About, Letter, OwedMail, owe_mail, worded
from exempt.services.ports import Store, Transaction
from exempt.services.post import Post, mailers
from exempt.services.request_ports import Asking, RequestRow
from exempt.services.request_steps import get
from exempt.services.rows import ConnectionRow, Subject
from exempt.services.wording import Ending

MESSAGE_MAX = 2000
"""Characters that staff may add to a mail."""


class UnfitError(RefusedError):
    """It cannot be asked for like this; ``problems`` are sentences by field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {what}" for field, what in problems.items()))
        self.problems = dict(problems)


class Wish(NamedTuple):
    """What somebody wants to ask for, and how.

    Attributes:
        jurisdictions: The states.
        reasons: Those that the portal proposes.
        recipient: Another address than the card's, for this request alone, or
            with ``save_recipient`` for the card as well (A30).
        message: What staff add to the mail.
    """

    customer_id: int
    jurisdictions: Sequence[str]
    reasons: Sequence[ExemptionReason] = ()
    recipient: str = ""
    save_recipient: bool = False
    message: str = ""
    way: Way = Way.MAIL


class Made(NamedTuple):
    """A request that was made; its link is told here, and never again."""

    request: RequestRow
    link: str | None = None

    def __repr__(self) -> str:
        """Without the link."""
        return f"Made(request={self.request.id})"


class Look(NamedTuple):
    """A customer that may be asked.

    Attributes:
        offers: By state, those first for which asking is offered.
        warnings: What to know before: no usable address, excluded from mailings.
    """

    card: CustomerCard
    company: str
    offers: list[Offer]
    warnings: list[str]


def look(store: Store, customer_id: int, on: dt.date, soon_days: int, post: Post) -> Look:
    """What a customer can be asked for on the day *on*.

    The states that its goods go to, and those that it has or had certificates for.

    Raises:
        NotFoundError: There is no such customer.
    """
    with store.reading() as tx:
        card = cards.get(tx, customer_id)
        places = _places(tx, card)
        found = _offers(tx, card, sorted(places), on, soon_days)
        names = companies.names(tx)
        warnings = _warnings(card, card.company_id in mailers(tx, post), post)
    found.sort(key=lambda each: (not each.offered, jurisdiction_name(each.jurisdiction)))
    return Look(card, names[card.company_id], found, warnings)


def make(store: Store, wish: Wish, act: Act, post: Post, *, soon_days: int = 30) -> Made:
    """Make a request; by mail its mail is owed, else its link is told at once (F12).

    Of two who ask for the same at once, one is refused.

    Raises:
        UnfitError: A field is wrong, or a state is not to be asked for now.
        RefusedError: Nobody may be asked at all, or the card cannot be changed.
        NotFoundError: There is no such customer.
    """
    post.refuse_unless_enabled()
    with store.reading() as tx:
        card = cards.get(tx, wish.customer_id)
        _refuse_unfit(tx, card, wish, post, act.at.date(), soon_days)
    if wish.save_recipient and wish.recipient:
        details = card.details.model_copy(update={"email": wish.recipient})
        cards.edit(store, card.id, CustomerDetails.model_validate(details.model_dump()), act)
    with store.writing() as tx:
        card = cards.get(tx, wish.customer_id)
        tx.alone([card.company_id])
        if wish.way is Way.MAIL and _same(wish.recipient, card.email):
            tx.cards.try_again([card.id])
            card = cards.get(tx, card.id)
        found = _refuse_unfit(tx, card, wish, post, act.at.date(), soon_days)
        through = mailers(tx, post).get(card.company_id)
        request = _add(tx, card, wish, found, act)
        return _send(tx, request, wish.way, _about(found), through, act, post)


def draft(store: Store, wish: Wish, on: dt.date, post: Post, *, soon_days: int = 30) -> OwedMail:
    """The mail that a wish would send; nothing is done, and states that do not fit are left out.

    Raises:
        NotFoundError: There is no such customer.
    """
    with store.reading() as tx:
        card = cards.get(tx, wish.customer_id)
        offered = _offers(tx, card, list(dict.fromkeys(wish.jurisdictions)), on, soon_days)
        names = companies.names(tx)
        wished = wish.recipient if usable_email(wish.recipient) else ""
        request = RequestRow(
            id=0,
            customer_id=card.id,
            customer_name=card.name,
            recipient=wished or card.email or "",
            jurisdictions=tuple(wish.jurisdictions),
            state=RequestState.NOT_OPENED.value,
            created_at=dt.datetime.combine(on, dt.time(), dt.UTC),
            company_id=card.company_id,
            company=names[card.company_id],
            message=wish.message.strip(),
            own_recipient=bool(wished),
        )
        about = _about([each for each in offered if each.offered])
        letter = Letter(request, card, Purpose.REQUEST, about, on)
        return worded(tx, letter, "draft", post)


# --- what is fit -----------------------------------------------------------------------------


def _offers(
    tx: Transaction, card: CustomerCard, places: Sequence[str], on: dt.date, soon_days: int
) -> list[Offer]:
    ids = {
        each for owner in (card.id, *card.bill_to_ids) for each in tx.cards.certificates_of(owner)
    }
    at = dt.datetime.combine(on, dt.time(), dt.UTC)
    asked: dict[str, dt.date] = {}
    for row in tx.requests.of([card.id]):
        if row.asks and state_of(row, at) in STANDING and row.bounced_at is None:
            asked.update(dict.fromkeys(row.jurisdictions, row.created_at.date()))
    return offers(tx.certificates.find(sorted(ids)), places, on, soon_days, asked)


def _places(tx: Transaction, card: CustomerCard) -> set[str]:
    ids = [
        each for owner in (card.id, *card.bill_to_ids) for each in tx.cards.certificates_of(owner)
    ]
    held = {d.jurisdiction for c in tx.certificates.find(ids) for d in c.jurisdictions}
    goods = tx.cards.places({card.id, *card.ship_to_ids})
    return held.union(*goods.values())


def _warnings(card: CustomerCard, mailed: bool, post: Post) -> list[str]:  # noqa: FBT001 - private
    found = []
    if not post.enabled:
        found.append("Requests are switched off: set requests.enabled = true to ask customers.")
    if card.excluded_from_mailings:
        found.append("The customer is excluded from mailings: make a link and call it.")
    elif not usable_email(card.email):
        found.append("The customer has no usable e-mail address: enter one, or make a link.")
    elif not card.mailbox:
        found.append(f"Mail to {card.email} came back: mend the address, or make a link.")
    if not mailed:
        found.append("Its company has no connection that sends mail: make a link, or add one.")
    if post.url is None:
        found.append("The setting web.url is missing: mails have no link, and none can be made.")
    return found


def _refuse_unfit(  # noqa: PLR0917 - what it goes by
    tx: Transaction, card: CustomerCard, wish: Wish, post: Post, on: dt.date, soon_days: int
) -> list[Offer]:
    """The offers of the states that are asked for.

    Raises:
        UnfitError: Something does not fit.
    """
    places = list(dict.fromkeys(wish.jurisdictions))
    found = _offers(tx, card, places, on, soon_days)
    problems = dict(
        filter(
            None,
            (
                _against_states(found),
                _against_message(wish.message),
                against_way(tx, card, wish.way, wish.recipient, post),
            ),
        )
    )
    if problems:
        raise UnfitError(problems)
    return found


def _against_states(found: Sequence[Offer]) -> tuple[str, str] | None:
    if not found:
        return "jurisdictions", "choose at least one state"
    refused = [each for each in found if not each.offered]
    if refused:
        said = (f"{jurisdiction_name(each.jurisdiction)}: {each.why}" for each in refused)
        return "jurisdictions", " ".join(said)
    return None


def _against_message(message: str) -> tuple[str, str] | None:
    if len(message) > MESSAGE_MAX:
        return "message", f"is longer than {MESSAGE_MAX:,} characters: shorten it"
    if any(invisible(line) for line in message.splitlines()):
        return "message", "has a character that cannot be seen: type it anew, without that"
    return None


def against_way(
    tx: Transaction, card: CustomerCard, way: Way, recipient: str, post: Post
) -> tuple[str, str] | None:
    """Why a customer cannot be reached this way: the field, and what to do."""
    if way is not Way.MAIL and post.url is None:
        return "way", "there are no links: set web.url to the address of the site"
    if way is not Way.LINK and card.excluded_from_mailings:
        return "way", "the customer is excluded from mailings: make a link, and call it"
    if way is not Way.MAIL:
        return None
    if card.company_id not in mailers(tx, post):
        return "way", "its company has no connection that sends mail: make a link, or add one"
    return _against_recipient(card, recipient)


def _against_recipient(card: CustomerCard, recipient: str) -> tuple[str, str] | None:
    if recipient and not usable_email(recipient):
        return "recipient", "is no e-mail address: write one, as ap@acme.example"
    if not recipient and not card.mailbox:
        said = f"mail to {card.email} came back" if usable_email(card.email) else "there is none"
        return "recipient", f"{said}: enter an address, or make a link"
    return None


def _same(one: str, other: str | None) -> bool:
    return bool(one) and one.casefold() == (other or "").casefold()


# --- making it -------------------------------------------------------------------------------


def _add(
    tx: Transaction, card: CustomerCard, wish: Wish, found: Sequence[Offer], act: Act
) -> RequestRow:
    own = bool(wish.recipient) and not _same(wish.recipient, card.email)
    places = [each.jurisdiction for each in found]
    request_id = tx.requests.add(
        card.id,
        wish.recipient or card.email or "",
        places,
        act.at,
        ends=[(each.jurisdiction, each.end) for each in found if each.renews and each.end],
        asking=Asking(
            reasons=[reason.value for reason in wish.reasons],
            message=wish.message.strip(),
            made_by=act.by,
            way=wish.way,
            own_recipient=own,
            purpose=Purpose.REQUEST,
        ),
    )
    change = FieldChange(f"request {request_id}", None, ", ".join(places))
    tx.history.add(Subject.CUSTOMER, card.id, [change], act.at, act.by)
    return get(tx, request_id)


def _about(found: Sequence[Offer]) -> About:
    return About(
        places=tuple(each.jurisdiction for each in found if not each.renews),
        ends=tuple(
            Ending(each.jurisdiction, each.end, each.number)
            for each in found
            if each.renews and each.end
        ),
    )


def _send(  # noqa: PLR0917 - what it goes by
    tx: Transaction,
    request: RequestRow,
    way: Way,
    about: About,
    through: ConnectionRow | None,
    act: Act,
    post: Post,
) -> Made:
    if way is Way.MAIL:
        owe_mail(tx, request, Purpose.REQUEST, about, act.at, through=through, post=post)
        return Made(request)
    made = new_link(tx, request.id, act.at, post.link_days)
    return Made(get(tx, request.id), address_of(post.url or "", made.token))
