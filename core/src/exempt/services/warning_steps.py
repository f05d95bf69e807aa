"""What staff do with warnings: acknowledge them, confirm or dismiss them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import Change
from exempt.model.presence import PresenceKind, WarningKind, WarningState
from exempt.rules.history import FieldChange
from exempt.rules.warning_words import StaffFacts, ThresholdFacts, sentence
from exempt.services.certificates import Act
from exempt.services.ports import Store, Transaction
from exempt.services.presence_ports import NewPresence, PresenceRow, WarningRow
from exempt.services.presences import enter
from exempt.services.rows import Subject

LONGEST_REASON = 500


class Confirmed(NamedTuple):
    """A confirmed warning, and the presence that it made; None = it is one of sales."""

    warning: WarningRow
    presence: PresenceRow | None


def facts_in(row: WarningRow) -> StaffFacts | ThresholdFacts:
    """What a warning tells, as a record."""
    if row.kind is WarningKind.EMPLOYEE:
        return StaffFacts.model_validate_json(row.facts)
    return ThresholdFacts.model_validate_json(row.facts)


def said(row: WarningRow) -> str:
    """What a warning says, in a sentence."""
    return sentence(row.kind, row.jurisdiction, row.since, facts_in(row))


def listed(
    tx: Transaction,
    company_ids: Collection[int] | None = None,
    *,
    states: Collection[WarningState] = (),
    kind: WarningKind | None = None,
) -> list[WarningRow]:
    """Those of these companies, or of all: the open first, then the newest first."""
    return tx.warnings.all(company_ids, states=states, kind=kind)


def open_count(tx: Transaction, company_ids: Collection[int] | None = None) -> int:
    """How many are open."""
    return sum(tx.warnings.counts(company_ids).values())


def presences_of(tx: Transaction, row: WarningRow) -> list[PresenceRow]:
    """The presences that were stated by confirming it."""
    return [each for each in tx.presence.all([row.company_id]) if each.warning_id == row.id]


def get(tx: Transaction, warning_id: int, company_ids: Collection[int] | None = None) -> WarningRow:
    """The warning with this id; of these companies, or of any.

    Raises:
        NotFoundError: There is none.
    """
    found = tx.warnings.get(warning_id)
    if found is None or (company_ids is not None and found.company_id not in company_ids):
        msg = f"warning {warning_id}: there is none: see exempt warnings list --all"
        raise NotFoundError(msg)
    return found


def read(
    store: Store,
    warning_ids: Collection[int],
    act: Act,
    company_ids: Collection[int] | None = None,
) -> list[WarningRow]:
    """Acknowledge warnings (B20): all of them, or none; they stay open.

    Raises:
        NotFoundError: One of them is none of these companies.
    """
    with store.writing() as tx:
        for each in warning_ids:
            get(tx, each, company_ids)
        tx.warnings.read(warning_ids, act.at, act.by)
        return [get(tx, each) for each in warning_ids]


def confirm(
    store: Store,
    warning_id: int,
    act: Act,
    company_ids: Collection[int] | None = None,
    *,
    effective_date: dt.date | None = None,
    notes: str = "",
) -> Confirmed:
    """Confirm a warning (B22); one of people makes physical nexus, in the same transaction.

    Where nobody is any more it has ended on their last day, and who comes later
    raises another warning.

    Args:
        store: Where it is kept.
        warning_id: Which.
        act: Who confirms it.
        company_ids: Of these companies only; None = of any.
        effective_date: The first day of the presence, if another than the warning's.
        notes: What else is to be known.

    Raises:
        NotFoundError: There is none.
        RefusedError: It was confirmed or dismissed already, the notes are too
            long, or a day is given for one of sales.
    """
    with store.writing() as tx:
        return _confirm(tx, warning_id, act, company_ids, effective_date, _words(notes))


def confirm_all(
    store: Store,
    warning_ids: Collection[int],
    act: Act,
    company_ids: Collection[int] | None = None,
    *,
    notes: str = "",
) -> list[Confirmed]:
    """Confirm several warnings, each from its own first day: all of them, or none.

    Raises:
        NotFoundError: One of them is none of these companies.
        RefusedError: As with `confirm`.
    """
    notes = _words(notes)
    with store.writing() as tx:
        return [_confirm(tx, each, act, company_ids, None, notes) for each in warning_ids]


def _confirm(  # noqa: PLR0917 - of `confirm`
    tx: Transaction,
    warning_id: int,
    act: Act,
    company_ids: Collection[int] | None,
    effective_date: dt.date | None,
    notes: str,
) -> Confirmed:
    row = _open(tx, warning_id, company_ids)
    made = None
    if row.kind is WarningKind.EMPLOYEE:
        new = NewPresence(
            jurisdiction=row.jurisdiction,
            kind=PresenceKind.EMPLOYEE,
            effective_date=effective_date or row.since,
            notes=notes or said(row)[:LONGEST_REASON],
            warning_id=row.id,
            end_date=_last_day(row),
        )
        (made,) = enter(tx, row.company_id, [new], act)
    elif effective_date is not None:
        msg = f"warning {warning_id} is of sales: no presence is made of it, so leave the day"
        raise RefusedError(msg)
    _close(tx, row, WarningState.CONFIRMED, notes, act)
    return Confirmed(get(tx, warning_id), made)


def dismiss(
    store: Store,
    warning_id: int,
    reason: str,
    act: Act,
    company_ids: Collection[int] | None = None,
) -> WarningRow:
    """Dismiss a warning, for a reason (B22).

    Raises:
        NotFoundError: There is none.
        RefusedError: It was confirmed or dismissed already, or no reason is given.
    """
    return dismiss_all(store, [warning_id], reason, act, company_ids)[0]


def dismiss_all(
    store: Store,
    warning_ids: Collection[int],
    reason: str,
    act: Act,
    company_ids: Collection[int] | None = None,
) -> list[WarningRow]:
    """Dismiss several warnings for one reason: all of them, or none.

    Raises:
        NotFoundError: One of them is none of these companies.
        RefusedError: As with `dismiss`.
    """
    reason = _words(reason)
    if not reason:
        numbers = ", ".join(map(str, warning_ids))
        msg = f"warning {numbers}: a warning is dismissed for a reason: say why"
        raise RefusedError(msg)
    with store.writing() as tx:
        for each in warning_ids:
            _close(tx, _open(tx, each, company_ids), WarningState.DISMISSED, reason, act)
        return [get(tx, each) for each in warning_ids]


def history(tx: Transaction, warning_id: int) -> list[Change]:
    """Who did what with a warning, oldest first."""
    return tx.history.of(Subject.WARNING, warning_id)


def _last_day(row: WarningRow) -> dt.date | None:
    facts = facts_in(row)
    return facts.until if isinstance(facts, StaffFacts) and facts.over else None


def _words(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > LONGEST_REASON:
        msg = f"write at most {LONGEST_REASON} characters"
        raise RefusedError(msg)
    return text


def _open(tx: Transaction, warning_id: int, company_ids: Collection[int] | None) -> WarningRow:
    """An open warning, while nobody else does anything with it."""
    tx.alone([get(tx, warning_id, company_ids).company_id])
    row = get(tx, warning_id)
    if row.state is not WarningState.OPEN:
        msg = (
            f"warning {warning_id}: {row.closed_by} {row.state} it on {row.closed_at:%Y-%m-%d}"
            f"{row.reason and f': {row.reason}'}"
        )
        raise RefusedError(msg)
    return row


def _close(tx: Transaction, row: WarningRow, state: WarningState, reason: str, act: Act) -> None:
    tx.warnings.close(row.id, state, reason, act.at, act.by)
    told = f"{state}: {reason}" if reason else state.value
    change = FieldChange("state", row.state.value, told)
    tx.history.add(Subject.WARNING, row.id, [change], act.at, act.by)
