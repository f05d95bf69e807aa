"""A request as a letter on paper: the link stands on it as a code that a phone reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.model.customer import CustomerCard
from exempt.services import cards, companies
from exempt.services.ports import Store
from exempt.services.post import Post
from exempt.services.requesting import Made
from exempt.services.wording import Ending, ending_line, one_line


class PaperLetter(NamedTuple):
    """What stands on the letter; whoever has its link can answer it.

    Attributes:
        to: The customer's name and address, a line each.
        places: The states that something is missing for; ``endings``: what ends, a line each.
        until: The last day on which the link works.
    """

    company: str
    contact: str
    to: tuple[str, ...]
    written: dt.date
    places: tuple[str, ...]
    endings: tuple[str, ...]
    message: str
    link: str
    until: dt.date

    def __repr__(self) -> str:
        """Without customer and link."""
        return "PaperLetter()"


LetterPrinter = Callable[[PaperLetter], bytes]
"""Makes a PDF of a letter; the same letter gives the same bytes."""


def paper_letter(store: Store, made: Made, post: Post, at: dt.datetime) -> PaperLetter:
    """The letter of a request that was just made, with its link."""
    request = made.request
    with store.reading() as tx:
        card = cards.get(tx, request.customer_id)
        keys = companies.keys(tx)
    ends = dict(request.ends)
    until = request.expires_at or at + dt.timedelta(days=post.link_days)
    return PaperLetter(
        company=request.company,
        contact=post.contacts.get(keys.get(request.company_id, ""), ""),
        to=_address(card),
        written=at.date(),
        places=tuple(jurisdiction_name(p) for p in request.jurisdictions if p not in ends),
        endings=tuple(ending_line(Ending(place, day)) for place, day in request.ends),
        message=request.message,
        link=made.link or "",
        until=until.date(),
    )


def _address(card: CustomerCard) -> tuple[str, ...]:
    place = " ".join(filter(None, (card.state, card.postal_code)))
    last = ", ".join(filter(None, (card.city, place)))
    lines = (card.name, card.attention, card.line1, card.line2, last)
    return tuple(one_line(line) for line in lines if line)
