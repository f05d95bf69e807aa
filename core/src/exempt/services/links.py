"""The links of requests: made for one mail each, followed by whoever got it, kept only hashed."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from exempt.model.requesting import RequestState
from exempt.rules.request_states import Step, may, state_of
from exempt.services.ports import Store, Transaction
from exempt.services.secret_ports import hashed, new_token
from exempt.services.submission_ports import LinkRow

PATH = "/r/"
"""Where the portal is, on the site: behind it stands the token."""


class MadeLink(NamedTuple):
    """A link that was just made; its token is known here, and nowhere else."""

    id: int
    token: str

    def __repr__(self) -> str:
        """Without the token."""
        return f"MadeLink(id={self.id})"


def make_link(tx: Transaction, request_id: int, at: dt.datetime, days: int) -> str:
    """A new link to a request that works for so many *days*; returns its token."""
    return new_link(tx, request_id, at, days).token


def new_link(tx: Transaction, request_id: int, at: dt.datetime, days: int) -> MadeLink:
    """The same, with the id by which it can be revoked."""
    token, until = new_token(), at + dt.timedelta(days=days)
    link_id = tx.links.make(request_id, hashed(token), at, until)
    tx.requests.works_until(request_id, until)
    return MadeLink(link_id, token)


def address_of(site_url: str, token: str) -> str:
    """What stands in a mail."""
    return f"{site_url}{PATH}{token}"


def find(store: Store, token: str, at: dt.datetime) -> LinkRow | None:
    """The link with this token, if it may be followed; nothing is changed.

    None where it is unknown, revoked or too old, or its request was taken back:
    a stranger learns no more. Whether something can still be sent in is told by
    `exempt.rules.request_states.answerable`.
    """
    with store.reading() as tx:
        return _working(tx, token, at)


def follow(store: Store, token: str, at: dt.datetime) -> LinkRow | None:
    """The same, and remember that somebody opened it."""
    with store.writing() as tx:
        link = _working(tx, token, at)
        if link is None:
            return None
        tx.links.opened(link.id, at)
        opened(tx, link.request_id, at)
        return link if link.opened_at else link._replace(opened_at=at)


def opened(tx: Transaction, request_id: int, at: dt.datetime) -> None:
    """Remember that somebody followed a link of a request; later ones change nothing."""
    request = tx.requests.get(request_id)
    if request and RequestState(request.state) is RequestState.NOT_OPENED:
        tx.requests.move(request, RequestState.OPENED, at)


def _working(tx: Transaction, token: str, at: dt.datetime) -> LinkRow | None:
    link = tx.links.find(hashed(token))
    if link is None or not link.works(at):
        return None
    request = tx.requests.get(link.request_id)
    return link if request and may(state_of(request, at), Step.OPEN) else None
