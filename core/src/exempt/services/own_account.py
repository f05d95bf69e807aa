"""What people change of their own account: name, password, second factor, sessions.

Whoever changes how they sign in proves first that it is they (ASVS 7.5.1), and
goes on in a new session, the only one left (7.2.4, 7.4.3).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from exempt.errors import RefusedError
from exempt.model.access import Role
from exempt.rules import passwords
from exempt.services import limiting, second_factor, users
from exempt.services.access_ports import Access, LinkPurpose, Session, User, UserLink
from exempt.services.ports import Store, Transaction
from exempt.services.second_factor import Proposal
from exempt.services.secret_ports import hashed
from exempt.services.sessions import SignedIn
from exempt.services.signing_in import OF_CODE, Desk, Entered, enter, prove_code, prove_password
from exempt.services.users import Details, note

FRESH = dt.timedelta(minutes=10)
"""So long after signing in elsewhere nobody is asked to do it again."""


@dataclass(frozen=True)
class Welcome:
    """Whom a link is for; ``user`` is None for the first administrator's."""

    purpose: LinkPurpose
    user: User | None


@dataclass(frozen=True)
class SetUp:
    """A session after a second factor was set up, and recovery codes, shown once."""

    entered: Entered
    codes: list[str] = field(repr=False)


def prove(desk: Desk, session: Session, password: str, code: str) -> User:
    """That whoever is signed in is still the one who did.

    With their password and, if they have one, a code of their second factor;
    who signs in elsewhere only has done so a few minutes ago.

    Raises:
        RefusedError: They are not.
        TooOftenError: It was tried too often.
    """
    with desk.store.reading() as tx:
        user = users.get(tx, session.user_id)
    if user.password_hash is None:
        if desk.at - session.made_at >= FRESH:
            msg = "Sign out and in again first: that was too long ago for this."
            raise RefusedError(msg)
        return user
    prove_password(desk, user.email, password)
    return prove_code(desk, user.id, code) if user.has_second_factor else user


# --- with a link -------------------------------------------------------------------------


def welcome(store: Store, token: str, at: dt.datetime) -> Welcome | None:
    """Whom a link is for; None = it does not work, or not any more. It is not used up."""
    with store.reading() as tx:
        link = tx.users.link(hashed(token))
        user = tx.users.get(link.user_id) if link and link.user_id else None
        return Welcome(link.purpose, user) if _counts(tx, link, user, at) and link else None


def choose_password(desk: Desk, token: str, password: str, email: str, name: str) -> Entered:
    """Use a link up: keep the password and begin a session.

    Args:
        desk: See there.
        token: The link's.
        password: As it was typed.
        email: Of the first administrator; for others it is known.
        name: The same.

    Raises:
        RefusedError: The link does not work any more, or something is against
            the password; then the link still works.
    """
    found = welcome(desk.store, token, desk.at)
    if found is None:
        raise RefusedError(GONE)
    user = found.user
    if user is None:
        details = users.checked(Details(email, name, Role.ADMINISTRATOR))
        user = User(0, *details[:3], made_at=desk.at, made_by=details.email)
    kept = _hashed(desk, user, password)
    with desk.store.writing() as tx:
        tx.users.alone()
        link = tx.users.link(hashed(token))
        again = users.get(tx, user.id, to_change=True) if user.id else None
        if not _counts(tx, link, again, desk.at) or not tx.users.use_link(hashed(token), desk.at):
            raise RefusedError(GONE)
        if again is None:
            users.nobody_else_has(tx, user.email, None)
            user = replace(user, id=tx.users.add(user))
            said = "the first administrator"
            note(tx, user.id, "added", None, said, at=desk.at, by=user.email)
        else:
            user = again
        return _with_password(tx, desk, user, kept, "with a link")


def _counts(tx: Transaction, link: UserLink | None, user: User | None, at: dt.datetime) -> bool:
    if link is None or not link.works(at):
        return False
    if link.purpose is LinkPurpose.FIRST:
        return not users.administrators(tx)
    return user is not None and user.may_sign_in


GONE = "The link does not work any more: ask for a new one."


# --- signed in ---------------------------------------------------------------------------


def change_password(desk: Desk, session: Session, current: str, code: str, new: str) -> Entered:
    """Keep another password.

    Raises:
        RefusedError: The current one is wrong, or something is against the new one.
        TooOftenError: It was tried too often.
    """
    with desk.store.reading() as tx:
        kept = _hashed(desk, users.get(tx, session.user_id), new)
    user = prove(desk, session, current, code)
    with desk.store.writing() as tx:
        user = users.get(tx, user.id, to_change=True)
        return _with_password(tx, desk, user, kept, "with a new password", proven=True)


def rename(store: Store, found: SignedIn, name: str, at: dt.datetime) -> None:
    """Keep another name.

    Raises:
        RefusedError: It cannot be one.
    """
    user = found.user
    details = Details(user.email, name, user.role, user.company_ids)
    users.change(store, user.id, details, by=user.email, at=at)


def propose_second_factor(desk: Desk, session: Session, password: str, code: str) -> Proposal:
    """Begin to set up a second factor, in place of the one there is.

    Whoever has just given the password, and has no second factor, need not prove it again.

    Raises:
        RefusedError: They do not prove that it is they.
        TooOftenError: It was tried too often.
    """
    user = _may_set_up(desk, session)
    if session.complete:
        user = prove(desk, session, password, code)
    return second_factor.propose(desk.keys, user, session, desk.at)


def proposed_again(desk: Desk, found: SignedIn, sealed: str) -> Proposal | None:
    """The proposal that was *sealed* so, for whoever mistyped its code; None = it is too old.

    Raises:
        RefusedError: It was not proposed by us.
    """
    return second_factor.reopened(desk.keys, found.user, found.session, sealed, desk.at)


def set_up_second_factor(desk: Desk, session: Session, sealed: str, code: str) -> SetUp:
    """Keep the second factor that was proposed, once its first code is right.

    Raises:
        RefusedError: The code is wrong, or the proposal too old.
        TooOftenError: It was tried too often.
    """
    user = _may_set_up(desk, session)
    name = limiting.named("set-up", session.id_hash)
    limiting.attempt(desk.store, {name: OF_CODE}, desk.at)
    secret = second_factor.proposed(desk.keys, session, sealed, desk.at)
    step = second_factor.right_step(secret, code, desk.at, None) if secret else None
    if secret is None or step is None:
        msg = "The code does not fit: scan the picture again, and type the code that it shows now."
        raise RefusedError(msg)
    with desk.store.writing() as tx:
        user = users.get(tx, user.id, to_change=True)
        user, codes = second_factor.set_up(desk.keys, user, secret, step)
        tx.users.save(user)
        note(tx, user.id, "second factor", None, "on", at=desk.at, by=user.email)
        tx.sessions.end_of(user.id)
        how = "with a new second factor"
        return SetUp(enter(tx, desk, user.id, how, complete=True), codes)


def new_recovery_codes(desk: Desk, session: Session, password: str, code: str) -> list[str]:
    """Recovery codes in place of those before.

    Raises:
        RefusedError: They do not prove that it is they, or have no second factor.
        TooOftenError: It was tried too often.
    """
    user = prove(desk, session, password, code)
    with desk.store.writing() as tx:
        user = users.get(tx, user.id, to_change=True)
        if not user.has_second_factor:
            msg = "Set up a second factor first."
            raise RefusedError(msg)
        user, codes = second_factor.recover(user)
        tx.users.save(user)
        note(tx, user.id, "recovery code", None, "all new", at=desk.at, by=user.email)
    return codes


def drop_second_factor(desk: Desk, session: Session, password: str, code: str) -> Entered:
    """Have no second factor any more, where none is required.

    Raises:
        RefusedError: One is, or they do not prove that it is they.
        TooOftenError: It was tried too often.
    """
    if desk.access.second_factor:
        msg = "Everybody here has a second factor: set up another in its place."
        raise RefusedError(msg)
    user = prove(desk, session, password, code)
    users.drop_second_factor(desk.store, user.id, by=user.email, at=desk.at)
    with desk.store.writing() as tx:
        return enter(tx, desk, user.id, "without a second factor", complete=True)


def _may_set_up(desk: Desk, session: Session) -> User:
    """Who is signed in; whoever still owes a code of their second factor gives that first."""
    with desk.store.reading() as tx:
        user = users.get(tx, session.user_id)
    if user.has_second_factor and not session.complete:
        msg = "Give a code of your second factor first."
        raise RefusedError(msg)
    return user


def end_session(store: Store, found: SignedIn, id_hash: str, at: dt.datetime) -> None:
    """Sign oneself out in another browser."""
    with store.writing() as tx:
        if any(each.id_hash == id_hash for each in tx.sessions.of(found.user.id)):
            tx.sessions.end(id_hash)
            note(tx, found.user.id, "signed out", None, "one browser", at=at, by=found.user.email)


def shortest(access: Access) -> int:
    """How many characters a password has at least."""
    return passwords.SHORTEST if access.second_factor else passwords.SHORTEST_ALONE


def _hashed(desk: Desk, user: User, password: str) -> str:
    """What is kept of a password.

    Raises:
        RefusedError: Something is against it.
    """
    words = (*desk.access.words, user.email, user.name)
    found = passwords.objections(password, words, shortest=shortest(desk.access))
    against = " ".join(found)
    if against:
        raise RefusedError(against)
    return desk.access.passwords.hash(password)


def _with_password(
    tx: Transaction, desk: Desk, user: User, kept: str, how: str, *, proven: bool = False
) -> Entered:
    """Keep a password, end what went on with the one before, and begin a session."""
    user = replace(user, password_hash=kept)
    tx.users.save(user)
    note(tx, user.id, "password", None, "chosen", at=desk.at, by=user.email)
    tx.sessions.end_of(user.id)
    tx.users.end_links(user.id, desk.at)
    return enter(tx, desk, user.id, how, complete=True if proven else None)
