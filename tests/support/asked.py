"""Customers who are asked for certificates through links."""

from __future__ import annotations

import re
from typing import Any

from exempt.model.messages import SendRequest
from exempt.model.requesting import RequestState
from exempt.rules.request_states import state_of
from exempt.services import request_steps, requesting
from exempt.services.mailing import mail_due
from exempt.services.post import Post
from exempt.services.request_ports import RequestRow
from exempt.services.requesting import Made, Wish
from support.cards import make_cards, on_card
from support.fake_connector import MAILS
from support.world import Source, World

SITE = Post(url="https://exempt.example")

_LINK = re.compile(r"https://exempt\.example/r/([\w-]{43})\b")


def acme_to_ask(world: World, **changes: Any) -> Source:
    """Acme (card 1), whose goods go to Texas and California, and its seller's mailbox."""
    mail = world.connect("mail", MAILS)
    usual = {"number": "A-1", "email": "ap@acme.example", "ship_to_zones": ["TX", "CA"]}
    make_cards(world.store, on_card(**{"name": "Acme", **usual, **changes}))
    return mail


def make(world: World, *places: str, post: Post = SITE, customer_id: int = 1, **wish: Any) -> Made:
    """Ask Acme for these states, or for Texas."""
    wanted = [f"US-{place}" for place in places or ("TX",)]
    return requesting.make(world.store, Wish(customer_id, wanted, **wish), world.act(), post)


def sent_by(mail: Source, post: Post = SITE) -> list[SendRequest]:
    """What goes out now."""
    before = len(mail.remote.sent)
    mail_due(mail.reading(post=post))
    return mail.remote.sent[before:]


def token_in(message: SendRequest) -> str:
    """The token of the link that a mail has."""
    (token,) = _LINK.findall(message.text)
    return str(token)


def request_of(world: World, request_id: int = 1) -> RequestRow:
    """A request as it is kept."""
    with world.store.reading() as tx:
        return request_steps.get(tx, request_id)


def stands(world: World, request_id: int = 1) -> RequestState:
    """Where a request stands now."""
    return state_of(request_of(world, request_id), world.now)
