"""Physical nexus as staff state it: added several at once, changed, ended, taken back."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.certificate import Change
from exempt.model.presence import PresenceKind, WarningKind, WarningState
from exempt.rules.history import FieldChange
from exempt.rules.presences import PresenceDetails, WrongRow, repeated
from exempt.services.certificates import Act
from exempt.services.job_ports import JobKind
from exempt.services.ports import Store, Transaction
from exempt.services.presence_ports import NewPresence, PresenceRow
from exempt.services.rows import Subject

AT_ONCE = 200
"""In one save, at most."""

LONGEST = 500


class UnfitRowsError(RefusedError):
    """None of the rows is kept, as some of them cannot be; ``wrong`` says which, and why."""

    def __init__(self, wrong: Sequence[WrongRow]) -> None:
        super().__init__("nothing was saved: " + "; ".join(map(str, wrong)))
        self.wrong = tuple(wrong)


class PresenceChange(NamedTuple):
    """What becomes of a presence; None leaves a field as it is.

    Attributes:
        goes_on: Take its end away.
    """

    effective_date: dt.date | None = None
    end_date: dt.date | None = None
    notes: str | None = None
    goes_on: bool = False


def add(
    store: Store, company_id: int, rows: Sequence[PresenceDetails], act: Act
) -> list[PresenceRow]:
    """Keep several presences in one save: all of them, or none (B42).

    A warning of people in one of these states is confirmed by it.

    Raises:
        UnfitRowsError: Two rows say the same, or one says what is kept already.
        RefusedError: There is none, or there are too many.
    """
    if not 0 < len(rows) <= AT_ONCE:
        msg = f"presence: add 1 to {AT_ONCE} states at once"
        raise RefusedError(msg)
    with store.writing() as tx:
        tx.alone([company_id])
        if wrong := [*repeated(rows), *_kept_already(tx, company_id, rows)]:
            raise UnfitRowsError(sorted(wrong, key=lambda each: each.row))
        kept = enter(tx, company_id, [NewPresence(**dict(row)) for row in rows], act)
        _confirm_by_hand(tx, kept, act)
    return kept


def enter(
    tx: Transaction, company_id: int, new: Sequence[NewPresence], act: Act
) -> list[PresenceRow]:
    """Keep presences, in a transaction of the caller's."""
    kept = tx.presence.add(company_id, new, act.at, act.by)
    for row in kept:
        said = f"{row.kind} since {row.effective_date}"
        said += f" until {row.end_date}" if row.end_date else ""
        _remember(tx, row.id, [FieldChange("presence", None, said)], act)
    return kept


def _kept_already(
    tx: Transaction, company_id: int, rows: Sequence[PresenceDetails]
) -> list[WrongRow]:
    """The rows that say what is on file."""
    kept = {
        (each.jurisdiction, each.kind, each.effective_date, each.notes): each.id
        for each in tx.presence.all([company_id])
    }
    same = [kept.get((row.jurisdiction, row.kind, row.effective_date, row.notes)) for row in rows]
    return [
        WrongRow(row=number, field="", said=f"is kept already, as presence {presence_id}")
        for number, presence_id in enumerate(same, 1)
        if presence_id is not None
    ]


def _confirm_by_hand(tx: Transaction, kept: Sequence[PresenceRow], act: Act) -> None:
    """Close the warnings of people that these presences answer."""
    by_state = {row.jurisdiction: row for row in reversed(kept)}
    companies = {row.company_id for row in kept}
    open_ones = tx.warnings.all(companies, states=[WarningState.OPEN], kind=WarningKind.EMPLOYEE)
    for warning in open_ones:
        if (row := by_state.get(warning.jurisdiction)) is not None:
            said = f"presence {row.id} was added by hand"
            tx.warnings.close(warning.id, WarningState.CONFIRMED, said, act.at, act.by)
            change = FieldChange("state", WarningState.OPEN, f"confirmed: {said}")
            tx.history.add(Subject.WARNING, warning.id, [change], act.at, act.by)


def listed(
    tx: Transaction, company_ids: Collection[int] | None = None, *, removed: bool = False
) -> list[PresenceRow]:
    """Those of these companies, or of all, by state and date; *removed* ones, too."""
    return tx.presence.all(company_ids, removed=removed)


def get(
    tx: Transaction, presence_id: int, company_ids: Collection[int] | None = None
) -> PresenceRow:
    """The presence with this id, removed or not; of these companies, or of any.

    Raises:
        NotFoundError: There is none.
    """
    found = tx.presence.get(presence_id)
    if found is None or (company_ids is not None and found.company_id not in company_ids):
        msg = f"presence {presence_id}: there is none: see exempt presence list"
        raise NotFoundError(msg)
    return found


def change(
    store: Store,
    presence_id: int,
    wanted: PresenceChange,
    act: Act,
    company_ids: Collection[int] | None = None,
    *,
    seen: str | None = None,
) -> PresenceRow:
    """Let a presence say something else: its first or last day, or its notes.

    Args:
        store: Where it is kept.
        presence_id: Which.
        wanted: What it is to say.
        act: Who changes it.
        company_ids: Of these companies only; None = of any.
        seen: Its `mark` when whoever changes it looked; None = it does not matter.

    Raises:
        NotFoundError: There is none in these companies.
        ConflictError: Somebody else changed it since.
        RefusedError: It was removed, or would end before it begins.
    """
    with store.writing() as tx:
        before = _alone(tx, presence_id, company_ids)
        if seen is not None and seen != mark(before):
            msg = f"presence {presence_id}: somebody else changed it meanwhile: look at it again"
            raise ConflictError(msg)
        first = wanted.effective_date or before.effective_date
        last = None if wanted.goes_on else wanted.end_date or before.end_date
        notes = before.notes if wanted.notes is None else wanted.notes.strip()
        if last is not None and last < first:
            msg = f"presence {presence_id}: it would end on {last}, before its first day, {first}"
            raise RefusedError(msg)
        if len(notes) > LONGEST:
            msg = f"presence {presence_id}: write notes of at most {LONGEST} characters"
            raise RefusedError(msg)
        tx.presence.change(presence_id, first, last, notes)
        after = get(tx, presence_id)
        changed = [
            FieldChange(name, _text(getattr(before, name)), _text(getattr(after, name)))
            for name in ("effective_date", "end_date", "notes")
            if getattr(before, name) != getattr(after, name)
        ]
        _remember(tx, presence_id, changed, act)
        tx.jobs.ask(JobKind.NEXUS)
    return after


def mark(row: PresenceRow) -> str:
    """Another one whenever a presence says something else."""
    said = (row.effective_date, row.end_date, row.notes, row.removed_at)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def end(
    store: Store,
    presence_id: int,
    last_day: dt.date,
    act: Act,
    company_ids: Collection[int] | None = None,
) -> PresenceRow:
    """Let *last_day* be the last day of a presence; what it was before stays nexus.

    Raises:
        NotFoundError: There is none in these companies.
        RefusedError: It was removed, or begins later.
    """
    return change(store, presence_id, PresenceChange(end_date=last_day), act, company_ids)


def remove(
    store: Store,
    presence_id: int,
    act: Act,
    company_ids: Collection[int] | None = None,
    *,
    reason: str = "",
) -> PresenceRow:
    """Take a presence back that was entered by mistake; it is kept, with who did so and when.

    Raises:
        NotFoundError: There is none in these companies.
        RefusedError: It was removed before.
    """
    with store.writing() as tx:
        _alone(tx, presence_id, company_ids)
        tx.presence.remove(presence_id, act.at, act.by)
        said = " ".join(reason.split())[:LONGEST]
        removed = FieldChange("presence", None, f"removed: {said}" if said else "removed")
        _remember(tx, presence_id, [removed], act)
        tx.jobs.ask(JobKind.NEXUS)
        return get(tx, presence_id)


def history(tx: Transaction, presence_id: int) -> list[Change]:
    """Who did what with a presence, oldest first."""
    return tx.history.of(Subject.PRESENCE, presence_id)


def _alone(tx: Transaction, presence_id: int, company_ids: Collection[int] | None) -> PresenceRow:
    """A presence that may be changed, while nobody else does so."""
    tx.alone([get(tx, presence_id, company_ids).company_id])
    found = get(tx, presence_id)
    if found.removed_at is not None:
        msg = (
            f"presence {presence_id}, {jurisdiction_name(found.jurisdiction)}: {found.removed_by}"
            f" removed it on {found.removed_at:%Y-%m-%d}: add it anew"
        )
        raise RefusedError(msg)
    return found


def _remember(tx: Transaction, presence_id: int, changes: Sequence[FieldChange], act: Act) -> None:
    tx.history.add(Subject.PRESENCE, presence_id, changes, act.at, act.by)


def _text(value: dt.date | str | PresenceKind | None) -> str | None:
    return str(value) if value else None
