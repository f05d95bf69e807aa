"""Files that arrive in parts: on a poor line an upload goes on where it was cut.

How far one has come is the size of what lies there, so that whatever cuts it
off, the line or a killed process, it goes on at the byte that came in last.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import IO, NamedTuple, Protocol, TypeVar

from exempt.model.paper import Refusal
from exempt.rules.papers import MAX_BYTES
from exempt.services.files import Documents, Kept, NoRoomError
from exempt.services.papers import Inspector, PaperRefused, take_in
from exempt.services.ports import Store
from exempt.services.secret_ports import hashed, new_token
from exempt.services.submission_ports import UploadRow

T = TypeVar("T")

AT_ONCE = 5
"""Unfinished uploads of one submission; the oldest give way."""

KEPT_FOR = dt.timedelta(days=1)
"""How long an upload that stands still may go on."""

RESERVE = 200 * 1024 * 1024
"""Bytes of the disk that uploads leave alone."""

NAME_MAX = 255


class Parts(Protocol):
    """Where the bytes lie that came in so far; never served, by the hash of the upload's token."""

    def size(self, token_hash: str) -> int:
        """How many bytes came in; 0 where there is nothing."""
        ...

    def append(self, token_hash: str, offset: int, data: bytes) -> int:
        """Write behind what came in; returns how many bytes there are now.

        Raises:
            ConflictError: There are not *offset* bytes; nothing was written.
            NoRoomError: The disk is full; what fitted may be there.
        """
        ...

    def open(self, token_hash: str) -> IO[bytes]:
        """What came in.

        Raises:
            NotFoundError: There is nothing.
        """
        ...

    def drop(self, token_hash: str) -> None:
        """Take it away, if it is there."""
        ...

    def free(self) -> int:
        """How many bytes the disk has room for."""
        ...

    def tidy(self, known: Collection[str]) -> int:
        """Take away what a killed process left a day ago, but those *known*; how many files."""
        ...


class Upload(NamedTuple):
    """An upload, and how far it has come."""

    token_hash: str
    submission_id: int
    name: str
    size: int
    received: int

    @property
    def complete(self) -> bool:
        """Whether all of it came in."""
        return self.received == self.size


def begin(  # noqa: PLR0917 - the ports, what comes in, and when
    store: Store, parts: Parts, submission_id: int, name: str, size: int, at: dt.datetime
) -> str:
    """Begin an upload of a file of *size* bytes to a draft; returns its token.

    Raises:
        PaperRefused: It is empty, too large, or there is no room for it.
    """
    if size <= 0:
        raise PaperRefused(Refusal.EMPTY)
    if size > MAX_BYTES:
        raise PaperRefused(Refusal.TOO_LARGE)
    # What comes in is copied twice: as it came, and made harmless.
    if parts.free() < 3 * size + RESERVE:
        raise PaperRefused(Refusal.NO_ROOM)
    token = new_token()
    with store.writing() as tx:
        given_up = tx.uploads.of(submission_id)[: -AT_ONCE + 1]
        for old in given_up:
            tx.uploads.drop(old.token_hash)
        tx.uploads.begin(hashed(token), submission_id, name[:NAME_MAX], size, at)
    for old in given_up:
        parts.drop(old.token_hash)
    return token


def found(store: Store, parts: Parts, token: str) -> Upload | None:
    """The upload with this token; None = there is none, or none any more."""
    with store.reading() as tx:
        row = tx.uploads.get(hashed(token))
    return None if row is None else _upload(row, parts)


def append(parts: Parts, upload: Upload, offset: int, data: bytes) -> int:
    """Write *data* at *offset*, which is where it has come to; returns where it is then.

    Raises:
        ConflictError: It has not come to *offset*; nothing was written.
        PaperRefused: There is more than was announced, or no room.
    """
    if offset + len(data) > upload.size:
        raise PaperRefused(Refusal.TOO_LARGE)
    try:
        return parts.append(upload.token_hash, offset, data)
    except NoRoomError:
        raise PaperRefused(Refusal.NO_ROOM) from None


def moved(store: Store, parts: Parts, upload: Upload, at: dt.datetime) -> Upload:
    """Remember that it has come further, and how far."""
    now = upload._replace(received=parts.size(upload.token_hash))
    with store.writing() as tx:
        tx.uploads.moved(upload.token_hash, now.received, at)
    return now


def finish(
    store: Store,
    parts: Parts,
    upload: Upload,
    *,
    documents: Documents,
    inspector: Inspector,
    at: dt.datetime,
    add: Callable[[Kept], T],
) -> T:
    """Take in a file that has come in whole, and *add* it to whatever it is for.

    Cut off in the middle, it is done again: so *add* takes the same file twice for one.

    Raises:
        PaperRefused: It is not to be taken; where that is the file's fault, nothing is left of it.
        NotFoundError: It was finished or given up meanwhile.
    """
    try:
        with parts.open(upload.token_hash) as content:
            kept = take_in(store, documents, inspector, upload.name, content, at)
    except PaperRefused as refused:
        if refused.refusal not in {Refusal.NO_ROOM, Refusal.UNCHECKED}:
            drop(store, parts, upload)
        raise
    added = add(kept)
    drop(store, parts, upload)
    return added


def drop(store: Store, parts: Parts, upload: Upload) -> None:
    """Give an upload up."""
    with store.writing() as tx:
        tx.uploads.drop(upload.token_hash)
    parts.drop(upload.token_hash)


def tidy(store: Store, parts: Parts, at: dt.datetime) -> int:
    """Forget uploads that stand still for a day; how many were forgotten."""
    with store.writing() as tx:
        forgotten = tx.uploads.forget(at - KEPT_FOR)
        known = tx.uploads.known()
    for token_hash in forgotten:
        parts.drop(token_hash)
    parts.tidy(known)
    return len(forgotten)


def _upload(row: UploadRow, parts: Parts) -> Upload:
    received = min(parts.size(row.token_hash), row.size)
    return Upload(row.token_hash, row.submission_id, row.name, row.size, received)
