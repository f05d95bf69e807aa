"""Calls of the API that came with an idempotency key: each is carried out once.

A call claims its key first. What it asks for is done in a transaction that notes
so on the claim (see `Marking`): whatever crashes in between, a repeated call
either begins anew or learns that the first was carried out, never doubles it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import NamedTuple

from exempt.errors import ConflictError
from exempt.services.call_ports import CallRow
from exempt.services.ports import Store, Transaction
from exempt.services.secret_ports import Keys

KEPT_FOR = dt.timedelta(hours=24)
"""How long the answer to a call is kept."""

GIVEN_UP_AFTER = dt.timedelta(minutes=2)
"""A call without an answer for so long is taken for lost; one that changed nothing begins anew."""


class Claim(NamedTuple):
    """A call that may be carried out now."""

    api_key_id: int
    key: str
    began_at: dt.datetime


class Kept(NamedTuple):
    """The answer to a call that was made before."""

    status: int
    headers: Mapping[str, str]
    body: str


class Standing(StrEnum):
    """Why a call is not carried out.

    ===========  ================================================================
    in_progress  it is being carried out, or was until a moment ago
    other_call   its key came with another call before
    lost         it was carried out, and its answer was lost
    ===========  ================================================================
    """

    IN_PROGRESS = "in_progress"
    OTHER_CALL = "other_call"
    LOST = "lost"


def begin(store: Store, keys: Keys, claim: Claim, fingerprint: str) -> Claim | Kept | Standing:
    """Claim the key of a call, unless a call came with it before."""
    with store.writing() as tx:
        if tx.calls.begin(*claim[:2], fingerprint, claim.began_at, claim.began_at - KEPT_FOR):
            return claim
        before = tx.calls.get(*claim[:2])
        assert before is not None  # noqa: S101 - it is in the way
        if before.fingerprint != fingerprint:
            return Standing.OTHER_CALL
        if not before.status:
            return _unanswered(tx, claim, before)
        return Kept(before.status, before.headers, keys.unseal(before.body))


def _unanswered(tx: Transaction, claim: Claim, before: CallRow) -> Claim | Standing:
    """What becomes of a call while the one that is in the way has no answer."""
    if claim.began_at - before.made_at <= GIVEN_UP_AFTER:
        return Standing.IN_PROGRESS
    if before.status == 0:
        return Standing.LOST
    taken = tx.calls.take_over(*claim[:2], before.made_at, claim.began_at)
    return claim if taken else Standing.IN_PROGRESS


def keep(store: Store, keys: Keys, claim: Claim, answer: Kept) -> None:
    """Keep the answer to a call; its body is sealed, since it may hold a link."""
    with store.writing() as tx:
        sealed = keys.seal(answer.body)
        tx.calls.answered(*claim[:2], answer.status, dict(answer.headers), sealed)


def drop(store: Store, claim: Claim) -> None:
    """Let a call that changed nothing be made again; one that changed something stays."""
    with store.writing() as tx:
        tx.calls.drop(*claim[:2])


class Marking(Store):
    """A store on which the first transaction that writes notes that a call was carried out.

    Attributes:
        marked: Whether one did.
    """

    def __init__(self, store: Store, claim: Claim) -> None:
        self._store = store
        self._claim = claim
        self.marked = False

    @contextlib.contextmanager
    def writing(self) -> Iterator[Transaction]:
        """A transaction that may write.

        Raises:
            ConflictError: Somebody repeated the call meanwhile, and took it over.
        """
        with self._store.writing() as tx:
            yield tx
            if not self.marked and not tx.calls.carried_out(*self._claim):
                msg = "the call took so long that it was begun anew: this one changed nothing"
                raise ConflictError(msg)
        self.marked = True

    def reading(self) -> AbstractContextManager[Transaction]:
        """A transaction that only reads."""
        return self._store.reading()

    def alone(self, name: str) -> AbstractContextManager[bool]:
        """See `Store`."""
        return self._store.alone(name)

    def rehearsing(self) -> AbstractContextManager[None]:
        """See `Store`."""
        return self._store.rehearsing()
