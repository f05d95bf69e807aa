"""Where the seller is registered to collect: stated several at once, ended, taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from exempt.data import jurisdiction_name
from exempt.errors import NotFoundError, RefusedError
from exempt.rules.registrations import RegistrationDetails, Stated, clashes
from exempt.services.certificates import Act
from exempt.services.exposure_ports import NewRegistration, RegistrationRow
from exempt.services.people import levies
from exempt.services.ports import Store, Transaction

AT_ONCE = 60
"""In one save, at most."""


def add(
    store: Store, company_id: int, rows: Sequence[RegistrationDetails], act: Act
) -> list[RegistrationRow]:
    """Keep registrations of a company: all of them, or none.

    Raises:
        RefusedError: The company is registered there on one of these days, or
            the state has no sales tax; every reason is named.
    """
    if not 0 < len(rows) <= AT_ONCE:
        msg = f"registrations: add 1 to {AT_ONCE} states at once"
        raise RefusedError(msg)
    wrong = [
        f"{jurisdiction_name(row.jurisdiction)}: has no sales tax to register for"
        for row in rows
        if not levies(row.jurisdiction)
    ]
    with store.writing() as tx:
        tx.alone([company_id])
        wrong += clashes(rows, _on_file(tx, company_id))
        if wrong:
            raise RefusedError("nothing was saved: " + "; ".join(wrong))
        new = [NewRegistration(**dict(row)) for row in rows]
        return tx.exposures.register(company_id, new, act.at, act.by)


def _on_file(tx: Transaction, company_id: int) -> list[Stated]:
    return [
        Stated(row.id, row.jurisdiction, row.registered_from, row.registered_through)
        for row in tx.exposures.registrations([company_id])
    ]


def end(
    store: Store,
    registration_id: int,
    on: dt.date,
    act: Act,
    company_ids: Collection[int] | None = None,
) -> RegistrationRow:
    """Let *on* be the last day of a registration: one that says so takes its place.

    What it said before stays on file, with who ended it.

    Raises:
        NotFoundError: There is none in these companies.
        RefusedError: It was taken back, or would end before it begins.
    """
    with store.writing() as tx:
        row = _standing(tx, registration_id, company_ids)
        if on < row.registered_from:
            msg = (
                f"registration {row.id}: would end before its first day, {row.registered_from}:"
                " remove it if it never was"
            )
            raise RefusedError(msg)
        tx.exposures.unregister(row.id, act.at, act.by)
        new = NewRegistration(row.jurisdiction, row.registered_from, on, row.number, row.notes)
        return tx.exposures.register(row.company_id, [new], act.at, act.by)[0]


def remove(
    store: Store, registration_id: int, act: Act, company_ids: Collection[int] | None = None
) -> RegistrationRow:
    """Take a registration back, as it was a mistake; it stays on file, with who did so.

    Raises:
        NotFoundError: There is none in these companies.
        RefusedError: It was taken back before.
    """
    with store.writing() as tx:
        row = _standing(tx, registration_id, company_ids)
        tx.exposures.unregister(row.id, act.at, act.by)
        return get(tx, row.id)


def listed(
    tx: Transaction, company_ids: Collection[int] | None = None, *, removed: bool = False
) -> list[RegistrationRow]:
    """Those of these companies, or of all, by state and date; *removed* ones, too."""
    return tx.exposures.registrations(company_ids, removed=removed)


def get(
    tx: Transaction, registration_id: int, company_ids: Collection[int] | None = None
) -> RegistrationRow:
    """The registration with this id, removed or not; of these companies, or of any.

    Raises:
        NotFoundError: There is none.
    """
    row = tx.exposures.registration(registration_id)
    if row is None or (company_ids is not None and row.company_id not in company_ids):
        msg = f"registration {registration_id}: there is none"
        raise NotFoundError(msg)
    return row


def _standing(
    tx: Transaction, registration_id: int, company_ids: Collection[int] | None
) -> RegistrationRow:
    """One that was not taken back, with nobody else at those of its company."""
    row = get(tx, registration_id, company_ids)
    tx.alone([row.company_id])
    row = get(tx, registration_id)
    if row.removed_at is not None:
        msg = f"registration {row.id}: {row.removed_by} removed it on {row.removed_at:%Y-%m-%d}"
        raise RefusedError(msg)
    return row
