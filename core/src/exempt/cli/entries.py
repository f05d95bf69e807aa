"""Comments and files of customers and certificates on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from exempt.cli.output import one_line, print_json, print_table, say
from exempt.errors import RefusedError
from exempt.model.entry import Entry, EntryKind
from exempt.services import entries
from exempt.services.certificates import Act
from exempt.services.entries import EntryRow, EntrySubject
from exempt.services.rows import Subject
from exempt.wiring import Exempt

HEADS = ("Timestamp", "User", "Type", "Entry", "Action")


def show(
    exempt: Exempt,
    customer: str | None,
    certificate: int | None,
    *,
    removed: bool,
    as_json: bool,
) -> None:
    """``exempt comments list``, and ``exempt files list``."""
    subject, subject_id = _subject(exempt, customer, certificate)
    with exempt.store.reading() as tx:
        rows = entries.listed(tx, subject, subject_id, with_removed=removed)
    if as_json:
        print_json({"entries": [_told(row.record) for row in rows]})
        return
    if not rows:
        say("There are no comments and files yet: add one with exempt comments add.")
        return
    cells = [_cells(row) for row in rows]
    print_table("", HEADS, cells, whole=("Timestamp", "Action"))
    shown = {row.kind for row in rows if row.actions}
    for kind, command in (
        (EntryKind.COMMENT, "exempt comments edit ID TEXT"),
        (EntryKind.FILE, "exempt files get ID TARGET"),
    ):
        if kind in shown:
            say(f"  {command}", wrap=False)


def _subject(
    exempt: Exempt, customer: str | None, certificate: int | None
) -> tuple[EntrySubject, int]:
    if (customer is None) == (certificate is None):
        msg = "say whose: either --customer WORDS or --certificate ID"
        raise RefusedError(msg)
    if certificate is not None:
        return Subject.CERTIFICATE, certificate
    return Subject.CUSTOMER, exempt.customer(customer or "").id


def _cells(row: EntryRow) -> tuple[str, ...]:
    entry = row.record
    action = " · ".join(f"{action} {entry.id}" for action in row.actions)
    if entry.removed_at:
        action = f"removed by {entry.removed_by}, {entry.removed_at:%Y-%m-%d}"
    return (f"{row.timestamp:%Y-%m-%d %H:%M}", row.user, row.kind.title(), row.entry, action)


def _told(entry: Entry) -> dict[str, Any]:
    return {**entry.model_dump(mode="json"), "timestamp": entry.timestamp, "user": entry.user}


def add(
    exempt: Exempt,
    act: Act,
    customer: str | None,
    certificate: int | None,
    *,
    text: str | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """``exempt comments add``, and ``exempt files add``."""
    subject, subject_id = _subject(exempt, customer, certificate)
    added = entries.add(
        exempt.store,
        exempt.documents,
        subject,
        subject_id,
        text=text,
        file=file,
        by=act.by,
        at=act.at,
    )
    if as_json:
        print_json({"entries": [_told(each) for each in added]})
        return
    for each in added:
        of_it = f": {one_line(each.text)}, sha256 {each.sha256}" if each.sha256 else ""
        say(f"{each.name.capitalize()} added{of_it}", "green")


def edit(exempt: Exempt, act: Act, entry_id: int, text: str, *, as_json: bool) -> None:
    """``exempt comments edit``, and ``exempt files edit``."""
    entry = entries.edit(exempt.store, entry_id, text, by=act.by, at=act.at)
    if as_json:
        print_json(_told(entry))
        return
    said = f"is called {one_line(entry.text)} now" if entry.sha256 else "changed"
    say(f"{entry.name.capitalize()} {said}", "green")


def remove(exempt: Exempt, act: Act, entry_id: int, *, as_json: bool) -> None:
    """``exempt comments remove``, and ``exempt files remove``."""
    entry = entries.remove(exempt.store, entry_id, by=act.by, at=act.at)
    if as_json:
        print_json(_told(entry))
        return
    say(f"{entry.name.capitalize()} removed; the history keeps it", "green")


def get(exempt: Exempt, entry_id: int, target: Path, *, as_json: bool) -> None:
    """``exempt files get``."""
    entry, content = entries.open_file(exempt.store, exempt.documents, entry_id)
    path = target / entry.text if target.is_dir() else target
    with content:
        try:
            copy = path.open("xb")
        except FileExistsError:
            msg = f"{path}: is there already: name another file"
            raise RefusedError(msg) from None
        try:
            with copy:
                shutil.copyfileobj(content, copy)
        except BaseException:
            path.unlink()  # half a copy would pass for a whole one
            raise
    if as_json:
        print_json({**_told(entry), "path": str(path)})
        return
    say(f"{entry.name.capitalize()} written to {path}: {entry.size:,} bytes", "green")
