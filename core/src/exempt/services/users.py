"""People who sign in: added, invited, changed, disabled; each change stands in their history.

There is always an administrator, once there was one. An administrator sees all
companies: whoever manages people could give themselves the others anyway.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Role
from exempt.model.certificate import Change
from exempt.model.customer import usable_email
from exempt.rules.history import FieldChange
from exempt.services.access_ports import LinkPurpose, User
from exempt.services.ports import Store, Transaction
from exempt.services.rows import Subject
from exempt.services.secret_ports import hashed, new_token

LONGEST_NAME = 100
"""Characters."""

WORKS_FOR = {
    LinkPurpose.FIRST: dt.timedelta(hours=1),
    LinkPurpose.INVITATION: dt.timedelta(days=3),
    LinkPurpose.PASSWORD: dt.timedelta(hours=1),
}
"""How long a link can be used (ASVS 6.4.1)."""


class Details(NamedTuple):
    """What administrators say of a user; see `exempt.services.access_ports.User`."""

    email: str
    name: str
    role: Role
    company_ids: frozenset[int] | None = None


@dataclass(frozen=True)
class Linked:
    """A user, and the token of a link for them: shown once, and kept nowhere."""

    user: User
    token: str = field(repr=False)


def add(store: Store, details: Details, *, by: str, at: dt.datetime) -> Linked:
    """Add somebody, with an invitation to choose a password.

    Raises:
        RefusedError: Somebody has this e-mail, or a detail cannot be.
    """
    details = checked(details)
    new = User(0, *details[:3], made_at=at, made_by=by, company_ids=details.company_ids)
    with store.writing() as tx:
        tx.users.alone()
        nobody_else_has(tx, details.email, None)
        user = replace(new, id=tx.users.add(new))
        note(tx, user.id, "added", None, _in_words(details), at=at, by=by)
        return Linked(user, make_link(tx, user, at=at, by=by))


def change(store: Store, user_id: int, details: Details, *, by: str, at: dt.datetime) -> User:
    """Change what is said of somebody.

    With another role, other companies or another e-mail they sign in anew.

    Raises:
        NotFoundError: There is nobody with this id.
        RefusedError: Nobody would be administrator, somebody else has this
            e-mail, or a detail cannot be.
    """
    details = checked(details)
    with store.writing() as tx:
        before = get(tx, user_id, to_change=True)
        nobody_else_has(tx, details.email, user_id)
        after = replace(
            before,
            email=details.email,
            name=details.name,
            role=details.role,
            company_ids=details.company_ids,
        )
        if before.role is Role.ADMINISTRATOR and after.role is not Role.ADMINISTRATOR:
            _another_administrator(tx, before)
        tx.users.save(after)
        old, new = Details(*_told(before)), details
        for name, was, now in zip(Details._fields, old, new, strict=True):
            if was != now:
                note(tx, user_id, name, _text(was), _text(now), at=at, by=by)
        if old._replace(name=new.name) != new:
            tx.sessions.end_of(user_id)
        return after


def disable(store: Store, user_id: int, *, by: str, at: dt.datetime) -> User:
    """Let somebody sign in no more; where they are signed in, they are out at once.

    Raises:
        NotFoundError: There is nobody with this id.
        RefusedError: Nobody would be administrator.
    """
    with store.writing() as tx:
        user = get(tx, user_id, to_change=True)
        if user.may_sign_in:
            if user.role is Role.ADMINISTRATOR:
                _another_administrator(tx, user)
            user = replace(user, disabled_at=at)
            tx.users.save(user)
            note(tx, user_id, "disabled", None, "yes", at=at, by=by)
        tx.sessions.end_of(user_id)
        tx.users.end_links(user_id, at)
    return user


def enable(store: Store, user_id: int, *, by: str, at: dt.datetime) -> User:
    """Let somebody who was disabled sign in again.

    Raises:
        NotFoundError: There is nobody with this id.
    """
    with store.writing() as tx:
        user = get(tx, user_id, to_change=True)
        if not user.may_sign_in:
            user = replace(user, disabled_at=None)
            tx.users.save(user)
            note(tx, user_id, "disabled", "yes", None, at=at, by=by)
    return user


def drop_second_factor(store: Store, user_id: int, *, by: str, at: dt.datetime) -> User:
    """Forget the second factor of somebody who lost it; they sign in anew, and set up another.

    Raises:
        NotFoundError: There is nobody with this id.
    """
    with store.writing() as tx:
        user = get(tx, user_id, to_change=True)
        if user.has_second_factor:
            user = replace(user, totp_sealed=None, totp_step=None, recovery=())
            tx.users.save(user)
            note(tx, user_id, "second factor", "on", None, at=at, by=by)
        tx.sessions.end_of(user_id)
    return user


def end_sessions(store: Store, user_id: int, *, by: str, at: dt.datetime) -> int:
    """Sign somebody out everywhere; returns of how many places.

    Raises:
        NotFoundError: There is nobody with this id.
    """
    with store.writing() as tx:
        get(tx, user_id)
        ended = tx.sessions.end_of(user_id)
        if ended:
            note(tx, user_id, "signed out", None, f"everywhere ({ended})", at=at, by=by)
    return ended


# --- links -------------------------------------------------------------------------------


def link(store: Store, user_id: int, *, by: str, at: dt.datetime) -> Linked:
    """A new link by which somebody chooses a password; the one before works no more.

    Raises:
        NotFoundError: There is nobody with this id.
        RefusedError: They are disabled.
    """
    with store.writing() as tx:
        user = get(tx, user_id, to_change=True)
        if not user.may_sign_in:
            msg = f"{user.email}: is disabled: let them sign in first, with exempt users enable"
            raise RefusedError(msg)
        return Linked(user, make_link(tx, user, at=at, by=by))


def first_link(store: Store, at: dt.datetime) -> str | None:
    """The token of a link that makes the first administrator; None where there is one."""
    token = new_token()
    with store.writing() as tx:
        tx.users.alone()
        if administrators(tx):
            return None
        until = at + WORKS_FOR[LinkPurpose.FIRST]
        tx.users.make_link(hashed(token), LinkPurpose.FIRST, None, at, until)
    return token


def make_link(tx: Transaction, user: User, *, at: dt.datetime, by: str) -> str:
    """A new link for *user*; its token."""
    token = new_token()
    purpose = LinkPurpose.PASSWORD if user.password_hash else LinkPurpose.INVITATION
    tx.users.make_link(hashed(token), purpose, user.id, at, at + WORKS_FOR[purpose])
    said = "for an invitation" if purpose is LinkPurpose.INVITATION else "for a new password"
    note(tx, user.id, "link made", None, said, at=at, by=by)
    return token


# --- what the others need ----------------------------------------------------------------


def every(tx: Transaction) -> list[User]:
    """All of them, by name."""
    return tx.users.all()


def events(tx: Transaction, user_id: int, limit: int) -> list[Change]:
    """What happened to a user, the newest first."""
    return tx.history.of(Subject.USER, user_id)[-limit:][::-1]


def note_denied(store: Store, user_id: int, name: str, what: str, at: dt.datetime) -> None:
    """Remember that a page was denied to a user (ASVS 16.3.2)."""
    with store.writing() as tx:
        tx.history.add(Subject.USER, user_id, [FieldChange("denied", None, what)], at, name)


def get(tx: Transaction, user_id: int, *, to_change: bool = False) -> User:
    """The user with this id.

    Raises:
        NotFoundError: There is nobody.
    """
    if to_change:
        tx.users.alone()
    user = tx.users.get(user_id, to_change=to_change)
    if user is None:
        msg = f"user {user_id}: there is none: see exempt users list"
        raise NotFoundError(msg)
    return user


def named(tx: Transaction, email: str) -> User:
    """The user with this e-mail.

    Raises:
        NotFoundError: There is nobody.
    """
    user = tx.users.by_email(email.strip().lower())
    if user is None:
        msg = f"{email.strip()}: no user has this e-mail: see exempt users list"
        raise NotFoundError(msg)
    return user


def administrators(tx: Transaction) -> list[User]:
    """Those who may sign in."""
    return [user for user in tx.users.all() if user.role is Role.ADMINISTRATOR and user.may_sign_in]


def checked(details: Details) -> Details:
    """*details* as they are kept.

    Raises:
        RefusedError: One of them cannot be.
    """
    email, name = details.email.strip().lower(), " ".join(details.name.split())
    if not usable_email(email) or not email.isprintable():
        msg = "e-mail: is no address: write it as dana@acme.example"
        raise RefusedError(msg)
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        msg = f"name: write one of 1 to {LONGEST_NAME} characters"
        raise RefusedError(msg)
    if details.company_ids is not None and not details.company_ids:
        msg = "companies: name at least one, or let them see all"
        raise RefusedError(msg)
    if details.role is Role.ADMINISTRATOR and details.company_ids is not None:
        msg = "companies: an administrator sees all: name none, or choose another role"
        raise RefusedError(msg)
    return details._replace(email=email, name=name)


def note(
    tx: Transaction,
    user_id: int,
    what: str,
    old: str | None,
    new: str | None,
    *,
    at: dt.datetime,
    by: str,
) -> None:
    """Remember in somebody's history what changed, or happened."""
    tx.history.add(Subject.USER, user_id, [FieldChange(what, old, new)], at, by)


def _another_administrator(tx: Transaction, user: User) -> None:
    if not any(other.id != user.id for other in administrators(tx)):
        msg = f"{user.email}: is the only administrator: make somebody else one first"
        raise RefusedError(msg)


def nobody_else_has(tx: Transaction, email: str, user_id: int | None) -> None:
    """Refuse an e-mail that somebody else has.

    Raises:
        RefusedError: Somebody has.
    """
    other = tx.users.by_email(email)
    if other is not None and other.id != user_id:
        msg = f"{email}: somebody has this e-mail already: see exempt users list"
        raise RefusedError(msg)


def _told(user: User) -> tuple[str, str, Role, frozenset[int] | None]:
    return user.email, user.name, user.role, user.company_ids


def _in_words(details: Details) -> str:
    return f"{details.email}, {details.role}, companies: {_text(details.company_ids)}"


def _text(value: str | Collection[int] | None) -> str:
    if value is None:
        return "all"
    return str(value) if isinstance(value, str) else ", ".join(map(str, sorted(value)))
