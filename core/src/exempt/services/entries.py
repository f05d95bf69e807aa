"""Comments and files of customers and certificates: added, edited, removed, and each of it logged.

Whoever edits last is shown, with the time; what stood there before, and what
was removed, stays in the history of the customer or certificate.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import IO, Literal, NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.model.entry import Entry, EntryDetails, EntryKind
from exempt.rules.filekinds import KEPT
from exempt.rules.filenames import ending, file_name
from exempt.rules.history import FieldChange
from exempt.services import cards, certificates
from exempt.services.files import Documents, Upload, keep, open_whole
from exempt.services.ports import Store, Transaction
from exempt.services.rows import Subject

EntrySubject = Literal[Subject.CUSTOMER, Subject.CERTIFICATE]
"""What has comments and files."""

MAX_COMMENT = 10_000
"""Characters."""


class EntryRow(NamedTuple):
    """A comment or file in five columns, as people see it.

    Attributes:
        timestamp: When it was added, or edited last.
        user: Who added it, or edited it last.
        kind: What it is.
        entry: The comment, or the file's name.
        actions: What can be done with it: ``edit`` and ``remove``; nothing
            with what was removed.
        record: All that is known of it.
    """

    timestamp: dt.datetime
    user: str
    kind: EntryKind
    entry: str
    actions: tuple[str, ...]
    record: Entry


# --- add ---------------------------------------------------------------------------------


def add_comment(
    store: Store, subject: EntrySubject, subject_id: int, text: str, *, by: str, at: dt.datetime
) -> Entry:
    """Add a comment of 1 to 10,000 characters.

    Raises:
        RefusedError: It is empty or too long.
        NotFoundError: There is no such customer or certificate.
    """
    details = EntryDetails(text=_comment(text))
    with store.writing() as tx:
        return _enter(tx, subject, subject_id, details, by=by, at=at)


def add_file(
    store: Store,
    documents: Documents,
    subject: EntrySubject,
    subject_id: int,
    file: Path | Upload,
    *,
    by: str,
    at: dt.datetime,
) -> Entry:
    """Add a file of at most 50 MB; see `filekinds.KEPT` for what it may be.

    Raises:
        RefusedError: It cannot be read, or is not to be kept.
        NotFoundError: There is no such customer or certificate.
    """
    (added,) = add(store, documents, subject, subject_id, file=file, by=by, at=at)
    return added


def add(
    store: Store,
    documents: Documents,
    subject: EntrySubject,
    subject_id: int,
    *,
    text: str | None = None,
    file: Path | Upload | None = None,
    by: str,
    at: dt.datetime,
) -> list[Entry]:
    """Add a comment, a file, or both as two entries; a comment of blanks is none.

    Raises:
        RefusedError: There is neither, or one of them is not to be kept; then
            neither is.
        NotFoundError: There is no such customer or certificate.
    """
    new: list[EntryDetails] = []
    if text and text.strip():
        new.append(EntryDetails(text=_comment(text)))
    if file:
        with store.reading() as tx:
            _whose(tx, subject, subject_id)
        # Before the transaction: nobody has to wait while a file comes in.
        kept = keep(documents, file_name(file.name), file, KEPT)
        of_it = kept._asdict()
        new.append(EntryDetails(kind=EntryKind.FILE, text=of_it.pop("name"), **of_it))
    if not new:
        msg = "there is nothing to add: write a comment, choose a file, or both"
        raise RefusedError(msg)
    with store.writing() as tx:
        return [_enter(tx, subject, subject_id, details, by=by, at=at) for details in new]


def _enter(
    tx: Transaction,
    subject: EntrySubject,
    subject_id: int,
    details: EntryDetails,
    *,
    by: str,
    at: dt.datetime,
) -> Entry:
    if subject is Subject.CUSTOMER:  # whose card may be merged at this moment
        tx.alone({cards.get(tx, subject_id).company_id})
    owner_id = _whose(tx, subject, subject_id)
    entry = tx.entries.add(subject, owner_id, details, at, by=by)
    _log(tx, entry, None, _told(entry), by=by, at=at)
    return entry


def _whose(tx: Transaction, subject: EntrySubject, subject_id: int) -> int:
    """The id of what is meant: of a card that was merged, that of the one that stands for it."""
    if subject is Subject.CERTIFICATE:
        return certificates.get(tx, subject_id).id
    return cards.get(tx, subject_id).id


def _comment(text: str) -> str:
    text = text.strip().replace("\r\n", "\n")  # of forms in browsers
    if not text:
        msg = "the comment is empty: write something"
        raise RefusedError(msg)
    if len(text) > MAX_COMMENT:
        msg = (
            f"the comment has {len(text):,} characters, and {MAX_COMMENT:,} are the most:"
            " shorten it, or add it as a file"
        )
        raise RefusedError(msg)
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        msg = "the comment has a NUL, or something that is no UTF-8: write it without"
        raise RefusedError(msg)
    return text


# --- edit, remove ------------------------------------------------------------------------


def edit(store: Store, entry_id: int, text: str, *, by: str, at: dt.datetime) -> Entry:
    """Give a comment another text, or a file another name with the same ending.

    Of two who edit at once the later one prevails; the history has both.

    Raises:
        RefusedError: The text is not to be kept, or it was removed.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        before = _get(tx, entry_id, to_change=True)
        new = _comment(text) if before.kind is EntryKind.COMMENT else _renamed(before, text)
        if new == before.text:
            return before
        after = before.model_copy(update={"text": new, "edited_at": at, "edited_by": by})
        tx.entries.save(after)
        _log(tx, after, before.text, new, by=by, at=at)
        return after


def _renamed(before: Entry, text: str) -> str:
    name, old = file_name(text), ending(before.text)
    if ending(name) != old:
        kept = f"keeps its ending {old}" if old else "has no ending, and keeps it so"
        msg = f"{before.name}: {kept}: rename what stands before it"
        raise RefusedError(msg)
    return name


def remove(store: Store, entry_id: int, *, by: str, at: dt.datetime) -> Entry:
    """Show a comment or file no more; its text stays in the history, a file's bytes are kept.

    Raises:
        RefusedError: It was removed already.
        NotFoundError: There is none.
    """
    with store.writing() as tx:
        before = _get(tx, entry_id, to_change=True)
        after = before.model_copy(update={"removed_at": at, "removed_by": by})
        tx.entries.save(after)
        _log(tx, after, _told(before), None, by=by, at=at)
        return after


def _get(tx: Transaction, entry_id: int, *, to_change: bool = False) -> Entry:
    entry = tx.entries.get(entry_id, to_change=to_change)
    if entry is None:
        msg = f"entry {entry_id}: there is none: see exempt comments list"
        raise NotFoundError(msg)
    if entry.removed_at:
        msg = (
            f"{entry.name}: was removed on {entry.removed_at:%Y-%m-%d} by {entry.removed_by}:"
            " add it again"
        )
        raise RefusedError(msg)
    return entry


def _told(entry: Entry) -> str:
    return entry.text if entry.sha256 is None else f"{entry.text}, sha256 {entry.sha256}"


def _log(
    tx: Transaction, entry: Entry, old: str | None, new: str | None, *, by: str, at: dt.datetime
) -> None:
    change = FieldChange(entry.name, old, new)
    tx.history.add(Subject(entry.subject), entry.subject_id, [change], at, by)


# --- look --------------------------------------------------------------------------------


def listed(
    tx: Transaction, subject: EntrySubject, subject_id: int, *, with_removed: bool = False
) -> list[EntryRow]:
    """The comments and files of a customer or certificate, oldest first.

    Raises:
        NotFoundError: There is no such customer or certificate.
    """
    owner_id = _whose(tx, subject, subject_id)
    found = tx.entries.of(subject, owner_id, with_removed=with_removed)
    return [
        EntryRow(
            each.timestamp,
            each.user,
            each.kind,
            each.text,
            () if each.removed_at else ("edit", "remove"),
            each,
        )
        for each in found
    ]


def open_file(store: Store, documents: Documents, entry_id: int) -> tuple[Entry, IO[bytes]]:
    """A file, and its bytes, which are just those that were kept.

    Raises:
        NotFoundError: There is no such file, or its bytes are gone.
        RefusedError: It was removed, or its bytes were changed since.
    """
    with store.reading() as tx:
        entry = _get(tx, entry_id)
    if entry.sha256 is None:
        msg = f"{entry.name}: is no file: see exempt files list"
        raise NotFoundError(msg)
    return entry, open_whole(documents, entry.sha256, entry.name)
