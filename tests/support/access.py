"""People who are signed in, and programs with keys, for tests of what they may do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import pyotp

from exempt.adapters.passwords import Argon2Passwords
from exempt.adapters.sealing import SecretKeys
from exempt.adapters.store.store import SqlStore
from exempt.model.access import Right, Role
from exempt.model.certificate import Change
from exempt.services import api_keys, own_account, sessions, users
from exempt.services.access_ports import Access, Session, User
from exempt.services.rows import Subject
from exempt.services.secret_ports import hashed
from exempt.services.sessions import Visit
from exempt.services.signing_in import Desk, Entered
from exempt.services.users import Details
from support.records import NOW

VISIT = Visit("203.0.113.9", "a browser")
KEYS = SecretKeys("a key of a test, long enough for anybody")
PASSWORDS = Argon2Passwords(passes=1, kibibytes=8, lanes=1)
"""As weak as can be, and so as quick."""

PASSWORD = "tickle orchard 7"


def user(
    store: SqlStore,
    role: Role = Role.ADMINISTRATOR,
    *,
    email: str = "",
    company_ids: Collection[int] | None = None,
) -> User:
    """Somebody of that role, added without ceremony."""
    new = User(
        id=0,
        email=email or f"{role}@acme.example",
        name=f"Dana {role.title()}",
        role=role,
        made_at=NOW,
        made_by="anna",
        company_ids=None if company_ids is None else frozenset(company_ids),
    )
    with store.writing() as tx:
        added = tx.users.get(tx.users.add(new))
    assert added is not None
    return added


def signed_in(
    store: SqlStore,
    role: Role = Role.ADMINISTRATOR,
    *,
    company_ids: Collection[int] | None = None,
    at: dt.datetime = NOW,
    secure: bool = False,
) -> dict[str, str]:
    """The cookies of somebody of that role; the same person each time.

    With *secure* they are named as for a site at https://.
    """
    with store.reading() as tx:
        known = tx.users.by_email(f"{role}@acme.example")
    whose = known or user(store, role, company_ids=company_ids)
    with store.writing() as tx:
        token = sessions.begin(tx, whose, VISIT, at)
    return {"__Host-sid" if secure else "exempt-sid": token}


def api_key(
    store: SqlStore,
    *rights: Right,
    company_ids: Collection[int] | None = None,
    at: dt.datetime = NOW,
) -> str:
    """A key with these rights, or with all."""
    made = api_keys.make(
        store, "erp", rights=rights or tuple(Right), company_ids=company_ids, by="anna", at=at
    )
    return made.text


# --- signing in --------------------------------------------------------------------------


def desk(
    store: SqlStore,
    at: dt.datetime = NOW,
    *,
    address: str = VISIT.address,
    keys: SecretKeys = KEYS,
    **access: Any,
) -> Desk:
    """Where somebody signs in; a second factor is needed only if *access* says so."""
    how = {"passwords": PASSWORDS, "second_factor": False, "words": ("Northwind",), **access}
    return Desk(store, Access(**how), keys, VISIT._replace(address=address), at)


def member(
    store: SqlStore,
    role: Role = Role.ADMINISTRATOR,
    *,
    email: str = "dana@acme.example",
    password: str = PASSWORD,
    at: dt.datetime = NOW,
) -> Entered:
    """Somebody who was invited, and chose a password; signed in."""
    linked = users.add(store, Details(email, "Dana Lee", role), by="anna", at=at)
    return own_account.choose_password(desk(store, at), linked.token, password, "", "")


def session_of(store: SqlStore, entered: Entered) -> Session:
    """The session that began."""
    with store.reading() as tx:
        found = tx.sessions.find(hashed(entered.token))
    assert found is not None, "it has ended"
    return found


def goes_on(store: SqlStore, entered: Entered) -> bool:
    """Whether nobody ended that session."""
    with store.reading() as tx:
        return tx.sessions.find(hashed(entered.token)) is not None


def with_factor(
    store: SqlStore, entered: Entered, at: dt.datetime = NOW, **access: Any
) -> tuple[Entered, pyotp.TOTP, list[str]]:
    """The same user with a second factor: the new session, the phone, the recovery codes."""
    here = desk(store, at, **access)
    session = session_of(store, entered)
    proposal = own_account.propose_second_factor(here, session, PASSWORD, "")
    phone = pyotp.TOTP(proposal.secret)
    done = own_account.set_up_second_factor(here, session, proposal.sealed, phone.at(at))
    return done.entered, phone, done.codes


def events(store: SqlStore, user_id: int) -> list[Change]:
    """What stands in the history of a user."""
    with store.reading() as tx:
        return tx.history.of(Subject.USER, user_id)
