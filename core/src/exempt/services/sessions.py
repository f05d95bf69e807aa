"""Who is signed in, and where: sessions begin, go on, and end on the server."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from exempt.model.access import RIGHTS, Caller
from exempt.services.access_ports import Session, User
from exempt.services.companies import with_those_below
from exempt.services.ports import Store, Transaction
from exempt.services.secret_ports import hashed, new_token

NOTED_EVERY = dt.timedelta(minutes=1)
"""When somebody was seen last is not remembered more exactly."""

LONGEST_AGENT = 200
"""Characters of what a browser says of itself that are kept."""


class Visit(NamedTuple):
    """From where somebody comes, and with what."""

    address: str
    agent: str


class Lasting(NamedTuple):
    """How long sessions last: unused, and at all."""

    idle: dt.timedelta
    length: dt.timedelta


class SignedIn(NamedTuple):
    """A session that goes on, and whose it is."""

    session: Session
    user: User
    caller: Caller


def begin(
    tx: Transaction, user: User, visit: Visit, at: dt.datetime, *, complete: bool = True
) -> str:
    """Begin a session; returns its id, for the browser alone."""
    token = new_token()
    agent = "".join(c for c in visit.agent if c.isprintable())[:LONGEST_AGENT]
    tx.sessions.begin(Session(hashed(token), user.id, at, at, visit.address, agent, complete))
    return token


def current(store: Store, token: str, lasting: Lasting, at: dt.datetime) -> SignedIn | None:
    """Whose session this is; None = nobody's, or no more. It counts as used by now."""
    found = known(store, token, lasting, at)
    if found is not None and at - found.session.seen_at >= NOTED_EVERY:
        with store.writing() as tx:
            tx.sessions.seen(found.session.id_hash, at)
    return found


def known(store: Store, token: str, lasting: Lasting, at: dt.datetime) -> SignedIn | None:
    """As `current`, for what goes on by itself: that is no sign of life of anybody."""
    with store.reading() as tx:
        session = tx.sessions.find(hashed(token))
        if session is None or not goes_on(session, lasting, at):
            return None
        user = tx.users.get(session.user_id)
        if user is None or not user.may_sign_in:
            return None
        return SignedIn(session, user, caller(tx, user))


def of(tx: Transaction, user_id: int) -> list[Session]:
    """All of a user that are kept."""
    return tx.sessions.of(user_id)


def going(tx: Transaction, user_id: int, lasting: Lasting, at: dt.datetime) -> list[Session]:
    """Those of a user that go on."""
    return [each for each in tx.sessions.of(user_id) if goes_on(each, lasting, at)]


def goes_on(session: Session, lasting: Lasting, at: dt.datetime) -> bool:
    """Whether it was used lately, and does not last for too long."""
    return at < session.seen_at + lasting.idle and at < session.made_at + lasting.length


def caller(tx: Transaction, user: User) -> Caller:
    """What a user may do, by their role and companies."""
    return Caller(
        name=user.email,
        rights=RIGHTS[user.role],
        company_ids=with_those_below(tx, user.company_ids),
        user_id=user.id,
        role=user.role,
        title=user.name,
    )


def end(store: Store, token: str) -> None:
    """Sign out: the session's id is worth nothing from now on."""
    with store.writing() as tx:
        tx.sessions.end(hashed(token))
