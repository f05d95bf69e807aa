"""Sign in: with a password and a second factor, or through a provider of OpenID Connect.

Whoever tries in vain waits longer each time. The wait is that of an account
from one network; that of the account from all unknown networks, which is
short, so that nobody can lock somebody else out; and that of the network.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field, replace

from exempt.errors import RefusedError
from exempt.rules.limiting import Limit
from exempt.rules.passwords import LONGEST
from exempt.services import limiting, second_factor, sessions, users
from exempt.services.access_ports import Access, Identity, Session, User
from exempt.services.ports import Store, Transaction
from exempt.services.secret_ports import Keys
from exempt.services.sessions import Visit
from exempt.services.users import Details, note

_log = logging.getLogger("exempt.access")

_SECOND, _MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)

OF_ACCOUNT_HERE = Limit(free=5, first=5 * _SECOND, most=15 * _MINUTE)
OF_ACCOUNT = Limit(free=20, first=2 * _SECOND, most=_MINUTE)
OF_NETWORK = Limit(free=50, first=5 * _SECOND, most=15 * _MINUTE)
OF_CODE = Limit(free=5, first=5 * _SECOND, most=15 * _MINUTE)

WRONG = "The e-mail or the password is wrong."
NO_ACCOUNT = "You have no account here: ask an administrator for one with your work e-mail."
WRONG_CODE = "The code is wrong, or was used before: wait for the next one."


@dataclass(frozen=True)
class Entered:
    """A session that has begun.

    Attributes:
        token: Its id, for the browser alone.
        complete: Whether nothing is missing; else the second factor is, to be
            given or, if the user has none yet, to be set up.
    """

    user: User
    token: str = field(repr=False)
    complete: bool


@dataclass(frozen=True)
class Desk:
    """Where somebody signs in: what is needed for it, from where it is, and when."""

    store: Store
    access: Access
    keys: Keys
    visit: Visit
    at: dt.datetime


def sign_in(desk: Desk, email: str, password: str) -> Entered:
    """Begin a session with a password.

    Raises:
        RefusedError: It is wrong, there is no such user, or they are disabled:
            whatever it is, in the same words and after the same time.
        TooOftenError: It was tried too often.
    """
    email = email.strip().lower()[:254]
    user = prove_password(desk, email, password)
    with desk.store.writing() as tx:
        return enter(tx, desk, user.id, "with a password")


def prove_password(desk: Desk, email: str, password: str) -> User:
    """Who has this e-mail and password.

    Raises:
        RefusedError: Nobody.
        TooOftenError: It was tried too often.
    """
    here = limiting.network(desk.visit.address)
    names = {
        limiting.named("account-here", email, here): OF_ACCOUNT_HERE,
        limiting.named("network", here): OF_NETWORK,
    }
    familiar = limiting.named("familiar", email, here)
    with desk.store.reading() as tx:
        if not tx.attempts.since(familiar, desk.at - limiting.KEPT):
            names[limiting.named("account", email)] = OF_ACCOUNT
        user = tx.users.by_email(email)
    limiting.attempt(desk.store, names, desk.at)
    known = user.password_hash if user and user.may_sign_in else None
    typed = password if len(password) <= LONGEST else ""
    right, better = desk.access.passwords.verify(typed, known)  # as slow for who is unknown
    if user is None or not right or not password:
        raise refused(desk, user, WRONG)
    with desk.store.writing() as tx:
        for name in names:
            tx.attempts.forget(name, None if name.startswith("account-here:") else desk.at)
        tx.attempts.forget(familiar)
        tx.attempts.add(familiar, desk.at)
        if better is not None:
            now = users.get(tx, user.id, to_change=True)
            if now.password_hash == known:
                tx.users.save(replace(now, password_hash=better))
    return user


def give_code(desk: Desk, session: Session, code: str) -> Entered:
    """Complete a session with a code of the phone, or a recovery code; it gets a new id.

    Raises:
        RefusedError: The code is wrong or was used.
        TooOftenError: It was tried too often.
    """
    user = prove_code(desk, session.user_id, code)
    with desk.store.writing() as tx:
        tx.sessions.end(session.id_hash)
        return enter(tx, desk, user.id, "with a second factor", complete=True)


def prove_code(desk: Desk, user_id: int, code: str) -> User:
    """The user, whose code this is; it is used up.

    Raises:
        RefusedError: It is wrong or was used.
        TooOftenError: It was tried too often.
    """
    name = limiting.named("code", str(user_id))
    limiting.attempt(desk.store, {name: OF_CODE}, desk.at)
    with desk.store.writing() as tx:
        user = users.get(tx, user_id, to_change=True)
        after = second_factor.used(desk.keys, user, code, desk.at) if user.may_sign_in else None
        if after is not None:
            tx.attempts.forget(name)
            tx.users.save(after)
            if after.recovery != user.recovery:
                left = f"{len(after.recovery)} left"
                note(tx, user_id, "recovery code", None, left, at=desk.at, by=user.email)
            return after
    raise refused(desk, user, WRONG_CODE)


def sign_in_from(desk: Desk, identity: Identity) -> Entered:
    """Begin a session of whom a provider of OpenID Connect says that they are.

    Who was here before is known by their subject; else by their e-mail, if the
    provider made sure of it. The second factor is the provider's business.

    Raises:
        RefusedError: There is no such user, and none is to be made.
    """
    with desk.store.writing() as tx:
        tx.users.alone()
        user = tx.users.by_subject(identity.subject) or _by_verified_email(tx, desk, identity)
        if user is not None and user.may_sign_in:
            return enter(tx, desk, user.id, "through OpenID Connect", complete=True)
    raise refused(desk, user, NO_ACCOUNT)


def _by_verified_email(tx: Transaction, desk: Desk, identity: Identity) -> User | None:
    if not identity.email or not identity.email_verified:
        return None
    user = tx.users.by_email(identity.email)
    if user is None:
        user = _from_domain(tx, desk, identity)
    elif user.subject is not None:  # somebody else's by now: an e-mail may be given away
        return None
    if user is None or not user.may_sign_in:
        return user
    user = replace(user, subject=identity.subject)
    tx.users.save(user)
    note(tx, user.id, "OpenID Connect", None, "linked", at=desk.at, by=user.email)
    return user


def _from_domain(tx: Transaction, desk: Desk, identity: Identity) -> User | None:
    """A new user, where everybody of this e-mail's domain is to have an account."""
    role = desk.access.default_role
    if role is None or identity.email.rpartition("@")[2] not in desk.access.domains:
        return None
    name = "".join(c for c in identity.name if c.isprintable())[: users.LONGEST_NAME]
    details = users.checked(Details(identity.email, name or identity.email, role))
    new = User(0, *details[:3], made_at=desk.at, made_by="OpenID Connect")
    added = replace(new, id=tx.users.add(new))
    note(tx, added.id, "added", None, f"{details.email}, {role}", at=desk.at, by=new.made_by)
    return added


def enter(
    tx: Transaction, desk: Desk, user_id: int, how: str, *, complete: bool | None = None
) -> Entered:
    """Begin a session; when it is complete, it stands in the user's history.

    Without *complete* it is so where the user has no second factor, and needs none.

    Raises:
        RefusedError: They were disabled meanwhile.
    """
    user = users.get(tx, user_id, to_change=True)
    if not user.may_sign_in:
        raise RefusedError(WRONG)
    if complete is None:
        complete = not user.has_second_factor and not desk.access.second_factor
    token = sessions.begin(tx, user, desk.visit, desk.at, complete=complete)
    if complete:
        user = replace(user, signed_in_at=desk.at)
        tx.users.save(user)
        said = f"{how}, from {desk.visit.address or 'nowhere'}"
        note(tx, user.id, "signed in", None, said, at=desk.at, by=user.email)
        _log.info("signed in %s", how, extra={"user": user.id, "address": desk.visit.address})
    return Entered(user, token, complete)


def refused(desk: Desk, user: User | None, why: str) -> RefusedError:
    """Remember that somebody could not sign in (ASVS 16.3.1); the error to raise."""
    extra = {"user": user.id if user else None, "address": desk.visit.address}
    _log.warning("could not sign in", extra=extra)
    if user is not None:
        said = f"{why.rstrip('.').lower()} (from {desk.visit.address or 'nowhere'})"
        with desk.store.writing() as tx:
            note(tx, user.id, "could not sign in", None, said, at=desk.at, by="unknown")
    return RefusedError(why)
