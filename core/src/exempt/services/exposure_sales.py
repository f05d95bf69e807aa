"""What companies sold where, as exposures want it: months, and days where a window wants days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from exempt.model.nexus import Bucket, Totals
from exempt.rules.exposure import day_months, oldest_needed
from exempt.services import crossings
from exempt.services.crossings import Crossed, Place, Tree
from exempt.services.policy import NexusPolicy
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow

_DAY = dt.timedelta(days=1)


class Sold(NamedTuple):
    """What was sold from a day through another, in all: direct, and through marketplaces."""

    name: str
    first: dt.date
    last: dt.date
    direct: Totals = Totals()
    marketplace: Totals = Totals()

    @property
    def totals(self) -> Totals:
        """Both together."""
        return self.direct.plus(self.marketplace)

    @property
    def anything(self) -> bool:
        """Whether there was any sale, or credit."""
        return any(self.direct) or any(self.marketplace)


def sold_in(buckets: Iterable[Bucket], window: Sold) -> Sold:
    """What was sold in *window*; a bucket lies within it or without."""
    direct, marketplace = Totals(), Totals()
    for each in buckets:
        if window.first <= each.first and each.last <= window.last:
            if each.marketplace:
                marketplace = marketplace.plus(each.totals)
            else:
                direct = direct.plus(each.totals)
    return window._replace(direct=direct, marketplace=marketplace)


class Look(NamedTuple):
    """What was sold where, of some companies and those that are added to them, on a day.

    Attributes:
        whose: The companies that it is about.
        jurisdictions: Just these are looked at; None = all.
        places: Where thresholds are known, by company and jurisdiction.
        sold: Months, and days in the months at whose days a window ends.
        crossed: When lines were crossed, by `Place.key`.
    """

    on: dt.date
    nexus: NexusPolicy
    whose: tuple[CompanyRow, ...]
    jurisdictions: frozenset[str] | None
    trees: Mapping[int, Tree]
    company_ids: frozenset[int]
    places: Mapping[tuple[int, str], Place]
    sold: Mapping[tuple[int, str], list[Bucket]]
    crossed: Mapping[tuple[int, str], Crossed]

    @classmethod
    def at(
        cls,
        tx: Transaction,
        company_ids: Collection[int] | None,
        on: dt.date,
        nexus: NexusPolicy,
        jurisdictions: Collection[str] | None = None,
    ) -> Look:
        """Read it for these companies; None = all."""
        companies = tx.cards.companies()
        whose = [each for each in companies if company_ids is None or each.id in company_ids]
        just = None if jurisdictions is None else frozenset(jurisdictions)
        tree_of = crossings.trees(companies)
        places = {
            (company.id, code): crossings.place(company, tree_of[company.id], code, nexus)
            for company in whose
            for code in nexus.thresholds.jurisdictions
            if just is None or code in just
        }
        ids = {each for place in places.values() for each in place.company_ids}
        ids |= {each.id for each in whose}
        return cls(
            on=on,
            nexus=nexus,
            whose=tuple(whose),
            jurisdictions=just,
            trees=tree_of,
            company_ids=frozenset(ids),
            places=places,
            sold=_sold(tx, ids, list(places.values()), on, just),
            crossed=crossings.crossings(tx, places.values(), on),
        )


def _sold(
    tx: Transaction,
    company_ids: Collection[int],
    places: Sequence[Place],
    on: dt.date,
    jurisdictions: Collection[str] | None,
) -> dict[tuple[int, str], list[Bucket]]:
    """Sales as `exposure` wants them: by company and jurisdiction."""
    since = dt.date(on.year, 1, 1)
    by_day: dict[dt.date, set[str]] = {month_of(on): set()}  # all of them in this month
    for place in places:
        begins = place.fiscal_year_begins
        oldest = oldest_needed(place.versions, on, fiscal_year_begins=begins)
        since = min(since, month_of(oldest or since))
        for month in day_months(place.versions, on):
            by_day.setdefault(month, set()).add(place.jurisdiction)
    months = tx.sales.months(company_ids, jurisdictions, since=since)
    found: dict[tuple[int, str], list[Bucket]] = {}
    this_month = month_of(on)
    for key, buckets in months.items():
        found[key] = [
            each
            for each in buckets
            if each.first < this_month and key[1] not in by_day.get(each.first, ())
        ]
    for month, codes in by_day.items():
        just = jurisdictions if month == this_month else codes
        last = min(on, last_of(month))
        for key, days in tx.sales.days(company_ids, month, last, just).items():
            found.setdefault(key, []).extend(days)
    return found


def month_of(day: dt.date) -> dt.date:
    """The first day of its month."""
    return day.replace(day=1)


def last_of(month: dt.date) -> dt.date:
    """The last day of the month that begins so."""
    return (month + 31 * _DAY).replace(day=1) - _DAY


class Unplaced(NamedTuple):
    """Sales that count towards no state, in the months of this year and the last.

    Attributes:
        jurisdiction: The country of sales abroad, ``DE``; empty where no ship-to is known.
        totals: In cents of USD.
    """

    company_id: int
    jurisdiction: str
    totals: Totals


def unplaced(tx: Transaction, company_ids: Collection[int], on: dt.date) -> list[Unplaced]:
    """What companies sold in the year of *on* and the one before that no state counts."""
    months = tx.sales.months(company_ids, since=dt.date(on.year - 1, 1, 1))
    return [
        Unplaced(company_id, code, Totals(*map(sum, zip(*sums, strict=True))))
        for (company_id, code), buckets in sorted(months.items())
        if not code.startswith("US-") and (sums := [each.totals for each in buckets])
    ]
