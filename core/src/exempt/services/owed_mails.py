"""Mails of requests: worded by what they are about, owed without a link, and finished when sent."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from pydantic import Field

from exempt.data import jurisdiction_name
from exempt.model.customer import CustomerCard, usable_email
from exempt.model.messages import Purpose, SendRequest
from exempt.model.record import Record
from exempt.rules.day_words import long_date
from exempt.rules.wanted import idempotency_key
from exempt.services import companies
from exempt.services.links import address_of, new_link
from exempt.services.mail_html import as_html
from exempt.services.mail_templates import Rendered, render
from exempt.services.mail_texts import BUILT_IN, BUTTONS, Words
from exempt.services.ports import Transaction
from exempt.services.post import Post, mailer_of
from exempt.services.request_ports import RequestRow
from exempt.services.rows import ConnectionRow, DeliveryTarget
from exempt.services.wording import Ending, ending_line, one_line

PLACEHOLDER = "…"
"""Stands for the token in what is kept of a mail: each gets a link of its own when it goes out."""


class About(Record):
    """What a mail is about, so that it can be worded anew when it has waited.

    Attributes:
        places: The states that are asked for, or came.
        ends: What ends; ``because``: what of it the mail is written for, the rest
            is told along with it; empty = all of it.
        asked: The day of the request that it reminds of.
        rejections: A sentence each, why something cannot be accepted.
    """

    places: tuple[str, ...] = ()
    ends: tuple[Ending, ...] = ()
    because: tuple[tuple[str, dt.date], ...] = ()
    asked: dt.date | None = None
    rejections: tuple[str, ...] = ()


class OwedMail(SendRequest):
    """A mail as it is kept until it goes out: with its facts, and without a token."""

    about: About | None = Field(default=None, repr=False)

    def plain(self) -> SendRequest:
        """The message itself."""
        return SendRequest.model_construct(
            **{name: getattr(self, name) for name in SendRequest.model_fields}
        )


class Needless(NamedTuple):
    """A mail that is not to go out, and why, for people."""

    why: str


class Letter(NamedTuple):
    """What a mail is made of; ``on``: the day on which it is worded."""

    request: RequestRow
    card: CustomerCard
    purpose: Purpose
    about: About
    on: dt.date


def owe_mail(
    tx: Transaction,
    request: RequestRow,
    purpose: Purpose,
    about: About,
    at: dt.datetime,
    *,
    through: ConnectionRow | None = None,
    version: int | None = None,
    post: Post = Post(),  # noqa: B008 - immutable
) -> bool:
    """Owe a mail of a request; older ones of it that have not gone out are dropped.

    Returns:
        False when it cannot be written: nobody can or may be reached, or no
        connection sends mail of its company.
    """
    (card,) = tx.cards.find([request.customer_id])
    through = through or mailer_of(tx, request)
    if through is None or unreachable(card, request):
        return False
    if version is None:
        before = tx.requests.mails([request.id]).get(request.id, ())
        version = max((mail.version for mail in before), default=0) + 1
    key = idempotency_key(tx.installation, "request", request.id, version)
    letter = Letter(request, card, purpose, about, at.date())
    mail = worded(tx, letter, key, post)
    tx.deliveries.owe(
        through.id, DeliveryTarget.MAIL, [(str(request.id), version, mail.model_dump_json())], at
    )
    return True


def withdraw_mails(tx: Transaction, request: RequestRow, at: dt.datetime, *, why: str) -> None:
    """Let no mail of a request go out that has not yet."""
    mails = tx.requests.mails([request.id]).get(request.id, ())
    for connection_id in sorted({mail.connection_id for mail in mails}):
        tx.deliveries.withdraw(connection_id, DeliveryTarget.MAIL, [str(request.id)], at, why=why)


def worded(tx: Transaction, letter: Letter, key: str, post: Post) -> OwedMail:
    """A mail as it is kept, by the words of today."""
    link = address_of(post.url, PLACEHOLDER) if post.url else ""
    said = _say(tx, letter, link, post)
    return OwedMail(
        key=key,
        purpose=letter.purpose,
        to=(recipient_of(letter.card, letter.request),),
        subject=said.subject,
        text=said.text,
        about=letter.about,
    )


class Finished(NamedTuple):
    """A mail that may go out, and which link stands in it."""

    message: SendRequest
    link_id: int | None = None


def finished(
    tx: Transaction, letter: Letter, mail: OwedMail, post: Post, at: dt.datetime
) -> Finished:
    """The mail with a link of its own, where there are links, and as HTML."""
    link, link_id = "", None
    if post.url:
        made = new_link(tx, letter.request.id, at, post.link_days)
        link, link_id = address_of(post.url, made.token), made.id
    said = _say(tx, letter, link, post)
    html = as_html(said.subject, said.text, link=link, button=BUTTONS[letter.purpose])
    message = mail.plain().model_copy(
        update={"subject": said.subject, "text": said.text, "html": html}
    )
    return Finished(message, link_id)


def recipient_of(card: CustomerCard, request: RequestRow) -> str:
    """Where a mail of a request goes today."""
    return request.recipient if request.own_recipient else card.email or ""


def unreachable(card: CustomerCard, request: RequestRow | None = None) -> Needless | None:
    """Why no mail goes to a customer that was to get one."""
    if card.excluded_from_mailings:
        return Needless("excluded from mailings meanwhile")
    if request is not None and request.own_recipient:
        reached = usable_email(request.recipient)
    else:
        reached = bool(card.mailbox)
    return None if reached else Needless("no usable e-mail address any more")


# --- the words -----------------------------------------------------------------------------


def words_for(tx: Transaction, purpose: Purpose, company_id: int | None) -> Words:
    """The templates that count for a company's mails."""
    own = tx.templates.newest(purpose, company_id)
    return Words(own.subject, own.text) if own else BUILT_IN[purpose]


def _say(tx: Transaction, letter: Letter, link: str, post: Post) -> Rendered:
    """The words of a mail; templates of ours where those of staff fail, so that it goes out."""
    from jinja2 import TemplateError  # noqa: PLC0415 - a moment, and most commands render nothing

    request, about = letter.request, letter.about
    keys = companies.keys(tx)
    contact = post.contacts.get(keys.get(request.company_id, ""), "")
    facts = {
        **facts_of(about, letter.on),
        "customer": one_line(letter.card.name),
        "company": one_line(request.company),
        "contact": contact,
        "message": request.message,
        "link": link,
        "portal_url": post.portal_url or "",
    }
    try:
        return render(words_for(tx, letter.purpose, request.company_id), facts)
    except (TemplateError, TypeError):  # it was checked with an example only
        return render(BUILT_IN[letter.purpose], facts)


def facts_of(about: About, on: dt.date) -> dict[str, Any]:
    """What templates know of what a mail is about."""
    first = min((each.day for each in about.ends), default=None)
    return {
        "states": [jurisdiction_name(place) for place in about.places],
        "endings": [ending_line(each) for each in about.ends],
        "first_end": long_date(first) if first and on <= first else "",
        "asked": long_date(about.asked) if about.asked else "",
        "reasons": [one_line(each) for each in about.rejections],
    }


EXAMPLE = {
    **facts_of(
        About(
            places=("US-TX", "US-CA"),
            ends=(Ending("US-NY", dt.date(2027, 3, 31), "NY-4711"),),
            asked=dt.date(2027, 1, 4),
            rejections=("It is not signed, or not dated.",),
        ),
        dt.date(2027, 1, 4),
    ),
    "customer": "Lone Star Industrial Supply LLC",
    "contact": "tax@northwind.example",
    "message": "Please send it before your next order.",
    "portal_url": "",
}
"""The facts of an example, for previews; its company and its link are added."""
