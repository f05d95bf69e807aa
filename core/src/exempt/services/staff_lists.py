"""People one by one, for lists: where each is, where they were before, who says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from exempt.model.people import Left, Person, PlaceKind, StaffPlace, When
from exempt.rules.people import persons
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow


class Stay(NamedTuple):
    """A time that somebody works or lives in a state.

    Attributes:
        since_known: Whether it may not have begun earlier.
    """

    jurisdiction: str
    work: bool
    home: bool
    since: dt.date
    since_known: bool
    until: dt.date | None
    when: When


class StaffRow(NamedTuple):
    """Somebody, with the times that they are, were or will be in states.

    Attributes:
        number: At the first of the ``sources`` that know them.
        label: What a source calls them, where it may.
        stays: Those that go on first, then those to come, then the latest past one.
        when: How they stand to the company today.
    """

    company: CompanyRow
    number: str
    label: str | None
    sources: tuple[str, ...]
    contractor: bool
    start_date: dt.date | None
    stays: tuple[Stay, ...]
    when: When

    @property
    def here(self) -> tuple[Stay, ...]:
        """Where they are now, or will be; where they were last, of who has left."""
        return tuple(each for each in self.stays if each.when is self.when)

    @property
    def moved_from(self) -> Stay | None:
        """Where they were before, of who moved."""
        if self.when is When.PAST:
            return None
        now = {each.jurisdiction for each in self.here}
        before = (s for s in self.stays if s.when is When.PAST and s.jurisdiction not in now)
        return next(before, None)


def staff_rows(tx: Transaction, company_ids: Collection[int] | None, on: dt.date) -> list[StaffRow]:
    """The people of companies, by number; None = of all."""
    found = []
    for company in tx.cards.companies():
        if company_ids is None or company.id in company_ids:
            everybody = persons(tx.presence.places([company.id]))
            rows = (_row(company, each, on) for each in everybody)
            found += [row for row in rows if row is not None]
    return sorted(found, key=lambda row: (row.company.name, row.number))


def _row(company: CompanyRow, person: Person, on: dt.date) -> StaffRow | None:
    real = [each for each in person.places if each.place.real]
    if not real:
        return None
    stays = sorted((_stay(each, real, on) for each in _first_each(real)), key=_order)
    first = person.places[0]
    return StaffRow(
        company=company,
        number=person.records[0][1],
        label=person.label,
        sources=tuple(dict.fromkeys(each.connection for each in person.places)),
        contractor=person.contractor,
        start_date=first.start_date,
        stays=tuple(stays),
        when=stays[0].when,
    )


def _span(each: StaffPlace) -> tuple[str, dt.date, dt.date | None]:
    return each.place.jurisdiction, each.place.since, each.place.through_day


def _first_each(places: Collection[StaffPlace]) -> list[StaffPlace]:
    """Of places that are the same state and time, as work and home, one."""
    return list({_span(each): each for each in reversed(list(places))}.values())


def _stay(mine: StaffPlace, places: Collection[StaffPlace], on: dt.date) -> Stay:
    same = [each for each in places if _span(each) == _span(mine)]
    kinds = {each.place.kind for each in same}
    place = mine.place
    when = When.NOW if place.on(on) else When.COMING if place.since > on else When.PAST
    return Stay(
        jurisdiction=place.jurisdiction,
        work=PlaceKind.WORK in kinds,
        home=PlaceKind.HOME in kinds,
        since=place.since,
        since_known=place.from_day is not None,
        until=place.through_day if place.left is not Left.NO or place.through_day else None,
        when=when,
    )


_ORDER = {When.NOW: 0, When.COMING: 1, When.PAST: 2}


def _order(stay: Stay) -> tuple[int, int, str]:
    latest = (stay.until or dt.date.max).toordinal()
    return _ORDER[stay.when], -latest, stay.jurisdiction
