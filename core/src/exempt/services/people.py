"""Who of the seller works and lives where, as all HR systems together tell it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from exempt.data import jurisdictions
from exempt.model.people import StateStaff
from exempt.model.presence import WarningKind, WarningState
from exempt.rules.people import people_by_state
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow


class StateView(NamedTuple):
    """The people of a company in one state, and what came of it.

    Attributes:
        taxes: Whether the state, or municipalities there, levy sales tax.
        nexus_since: Since when physical nexus is confirmed there; None = it is not.
        warning_id: The open warning of people there.
    """

    staff: StateStaff
    taxes: bool
    nexus_since: dt.date | None
    warning_id: int | None


class CompanyStaff(NamedTuple):
    """The people of one company, by state.

    Attributes:
        unplaced: How many employees are on file of whom no state is known.
    """

    company: CompanyRow
    states: tuple[StateView, ...]
    unplaced: int


def levies(jurisdiction: str) -> bool:
    """Whether sales tax is levied there, by the state or below it; not so abroad."""
    fact = jurisdictions().get(jurisdiction)
    return fact is not None and fact.sales_tax != "none"


def is_known(jurisdiction: str) -> bool:
    """Whether it is a jurisdiction of the United States that there are facts of."""
    return jurisdiction in jurisdictions()


def staff(
    tx: Transaction,
    company_ids: Collection[int] | None,
    on: dt.date,
    *,
    jurisdiction: str | None = None,
    past: bool = True,
) -> list[CompanyStaff]:
    """Who is where on the day *on*, company by company; just those that have people.

    Args:
        tx: Where it is read.
        company_ids: Of these; None = of all.
        on: The day.
        jurisdiction: Just there.
        past: Whether states that everybody has left are told, too.
    """
    found = []
    for company in tx.cards.companies():
        if company_ids is not None and company.id not in company_ids:
            continue
        states = _states(tx, company.id, on, jurisdiction)
        kept = tuple(view for view in states if past or _anybody(view.staff))
        unplaced = tx.presence.unplaced([company.id])
        if kept or unplaced:
            found.append(CompanyStaff(company, kept, unplaced))
    return found


def _anybody(staff: StateStaff) -> bool:
    return bool(staff.current or staff.coming or staff.contractors)


def _states(
    tx: Transaction, company_id: int, on: dt.date, jurisdiction: str | None
) -> list[StateView]:
    since = tx.presence.since([company_id], on)
    open_ones = tx.warnings.all([company_id], states=[WarningState.OPEN], kind=WarningKind.EMPLOYEE)
    warned = {warning.jurisdiction: warning.id for warning in open_ones}
    return [
        StateView(
            staff=each,
            taxes=levies(each.jurisdiction),
            nexus_since=since.get((company_id, each.jurisdiction)),
            warning_id=warned.get(each.jurisdiction),
        )
        for each in people_by_state(tx.presence.places([company_id], jurisdiction), on)
    ]
