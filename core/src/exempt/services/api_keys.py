"""API keys: made, listed, revoked, and who calls with one.

A key looks like ``exk_live_<8 letters>_<43 letters>``: the first letters find
it, the others are 256 random bits, so that their plain SHA-256 may be kept.
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass, field

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Caller, Right
from exempt.rules.history import FieldChange
from exempt.services.access_ports import ApiKey
from exempt.services.companies import with_those_below
from exempt.services.ports import Store, Transaction
from exempt.services.rows import Subject
from exempt.services.secret_ports import hashed, new_token

_KEY = re.compile(r"^exk_live_([0-9a-z]{8})_[\w-]{43}\Z", re.ASCII)
_LETTERS = string.ascii_lowercase + string.digits

LONGEST_NAME = 100
"""Characters."""

NOTED_EVERY = dt.timedelta(minutes=1)
"""The last use of a key is not remembered more exactly."""


@dataclass(frozen=True)
class Made:
    """A new key, and its text: shown once, and kept nowhere."""

    key: ApiKey
    text: str = field(repr=False)


def make(
    store: Store,
    name: str,
    *,
    rights: Collection[Right],
    company_ids: Collection[int] | None = None,
    days: int | None = None,
    by: str,
    at: dt.datetime,
) -> Made:
    """Make a key that works for so many *days*; None = until it is revoked.

    Raises:
        RefusedError: It has no name or no right, or is for no company or day.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        msg = f"name: give the key a name of 1 to {LONGEST_NAME} characters, such as the program's"
        raise RefusedError(msg)
    if not rights:
        msg = f"rights: name at least one of {', '.join(Right)}"
        raise RefusedError(msg)
    if company_ids is not None and not company_ids:
        msg = "companies: name at least one, or let the key be for all"
        raise RefusedError(msg)
    if days is not None and days < 1:
        msg = "days: a key works for at least one"
        raise RefusedError(msg)
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(8))
    text = f"exk_live_{prefix}_{new_token()}"
    key = ApiKey(
        id=0,
        prefix=prefix,
        secret_hash=hashed(text),
        name=name,
        company_ids=None if company_ids is None else frozenset(company_ids),
        rights=frozenset(rights),
        made_at=at,
        made_by=by,
        expires_at=None if days is None else at + dt.timedelta(days=days),
        used_at=None,
        revoked_at=None,
    )
    with store.writing() as tx:
        key = key._replace(id=tx.api_keys.add(key))
        said = ", ".join(sorted(rights))
        tx.history.add(Subject.API_KEY, key.id, [FieldChange("made", None, said)], at, by)
    return Made(key, text)


def revoke(store: Store, key_id: int, *, by: str, at: dt.datetime) -> ApiKey:
    """Let a key work no more, from its next call on.

    Raises:
        NotFoundError: There is none with this id.
        RefusedError: It was revoked before.
    """
    with store.writing() as tx:
        key = tx.api_keys.get(key_id)
        if key is None:
            msg = f"key {key_id}: there is none: see exempt keys list"
            raise NotFoundError(msg)
        if not tx.api_keys.revoke(key_id, at):
            msg = f"key {key_id}: it was revoked before"
            raise RefusedError(msg)
        tx.history.add(Subject.API_KEY, key_id, [FieldChange("revoked", None, "yes")], at, by)
    return key._replace(revoked_at=at)


def every(tx: Transaction) -> list[ApiKey]:
    """All of them, the revoked ones, too."""
    return tx.api_keys.all()


def caller_of(tx: Transaction, key_text: str, at: dt.datetime) -> Caller | None:
    """Who calls with this text; None = nobody, or with a key that does not work any more."""
    found = _KEY.match(key_text)
    key = tx.api_keys.find(found[1]) if found else None
    given = hashed(key_text)  # in any case, so that it takes as long
    if key is None or not hmac.compare_digest(key.secret_hash, given) or not key.works(at):
        return None
    return Caller(
        name=f"api:{key.name}",
        rights=key.rights,
        company_ids=with_those_below(tx, key.company_ids),
        key_id=key.id,
        title=key.name,
    )


def remember_use(store: Store, key_id: int, at: dt.datetime) -> None:
    """Remember that somebody called with a key, at most once a minute."""
    with store.reading() as tx:
        key = tx.api_keys.get(key_id)
    if key is None or (key.used_at is not None and at - key.used_at < NOTED_EVERY):
        return
    with store.writing() as tx:
        tx.api_keys.used(key_id, at)
