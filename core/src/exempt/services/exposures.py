"""How near each company is to each state's threshold, as it is known at this moment.

What an exposure says of now is worked out of running totals: those of months,
and of single days in the months at whose days a window begins or ends. So it
follows every page of orders at once. When a line was crossed: see `crossings`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from exempt.model.nexus import Bucket, Exposure, ExposureStatus, Spell, Threshold
from exempt.rules.exposure import exposure
from exempt.rules.lookback import Lack
from exempt.services import histories
from exempt.services.crossings import Crossed, Place, added, refresh
from exempt.services.exposure_ports import Crossing, CrossingOrder, RegistrationRow
from exempt.services.exposure_sales import Look, Sold, sold_in
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow
from exempt.services.sale_ports import SetAside

__all__ = ["ExposureView", "Sold", "exposures", "refresh", "views"]


class ExposureView(NamedTuple):
    """How near a company is to a jurisdiction's threshold, and what else is known of it there.

    Attributes:
        with_companies: The others whose sales are added to its own, as the
            jurisdiction's law wants.
        sold: What was sold in the nearest window, or this year where there is none.
        own: The same of the company alone.
        sells: Whether the company itself sold anything in a window that counts.
        crossings: When the line was crossed, with the orders, the latest last.
        crossed_by: The order that crossed it, where the threshold is met or comes to be.
        registration: The one in force, else the next one to come.
        physical_since: The first day of physical nexus that goes on; None = there is none.
        set_aside: Sales that count nowhere, for want of a rate of exchange.
        lacks: What may not be known of the sales that the jurisdiction wants.
        refreshed_at: When the days of crossing were worked out; None = just now.
    """

    company: CompanyRow
    exposure: Exposure
    with_companies: tuple[CompanyRow, ...]
    sold: Sold
    own: Sold
    sells: bool
    crossings: tuple[Crossing, ...]
    crossed_by: CrossingOrder | None
    registration: RegistrationRow | None
    physical_since: dt.date | None
    set_aside: tuple[SetAside, ...]
    lacks: tuple[Lack, ...]
    refreshed_at: dt.datetime | None

    @property
    def jurisdiction(self) -> str:
        """Where."""
        return self.exposure.jurisdiction

    @property
    def threshold(self) -> Threshold | None:
        """The version in force; None = none is known."""
        return self.exposure.threshold

    @property
    def status(self) -> ExposureStatus:
        """How near it is; a company that sells nothing there is not near, whatever others do."""
        if self.with_companies and not self.sells:
            return ExposureStatus.NONE
        return self.exposure.status

    @property
    def spell(self) -> Spell | None:
        """The time in which the threshold is met, or comes to be met."""
        return self.exposure.spell

    @property
    def levies(self) -> bool:
        """Whether there is a tax to be registered for."""
        return self.threshold is not None and self.threshold.amount is not None

    @property
    def unregistered(self) -> bool:
        """Whether the threshold is met, or there is physical nexus, and no registration."""
        nexus = self.status is ExposureStatus.MET or self.physical_since is not None
        return nexus and self.levies and self.registration is None

    @property
    def registered_late(self) -> bool:
        """Whether tax was to be collected before the registration begins."""
        met, mine = self.spell, self.registration
        return met is not None and mine is not None and mine.registered_from > met.collect_from

    @property
    def matters(self) -> bool:
        """Whether there is anything to say: sales, a presence, a registration."""
        return bool(
            self.sells
            or self.own.anything
            or self.set_aside
            or self.registration
            or self.physical_since
        )


def exposures(
    tx: Transaction,
    company_ids: Collection[int] | None,
    on: dt.date,
    policy: Policy,
    *,
    jurisdictions: Collection[str] | None = None,
) -> list[ExposureView]:
    """The exposures of companies on the day *on*, the nearest to a line first.

    There is one for each company and each jurisdiction with a threshold, sales,
    a presence or a registration.

    Args:
        tx: Where everything is.
        company_ids: Whose; None = of all companies.
        on: The day; later sales do not count.
        policy: The thresholds, and what else it goes by.
        jurisdictions: Just these, whether there is anything to say of them or not.
    """
    look = Look.at(tx, company_ids, on, policy.nexus, jurisdictions)
    return sorted(views(tx, look, policy), key=_nearest_first)


def views(tx: Transaction, look: Look, policy: Policy) -> list[ExposureView]:
    """The exposures in what was sold, company by company."""
    starts = histories.starts(tx, look.company_ids, policy, look.on)
    around = _Around.of(tx, look.company_ids, look.on, starts)
    found = [
        _view(look, around, company, code)
        for company in look.whose
        for code in sorted(_codes(look, around, company))
    ]
    orders = tx.exposures.orders({each for view in found if (each := _crossed_by(view))})
    return [view._replace(crossed_by=orders.get(_crossed_by(view) or 0)) for view in found]


def _crossed_by(view: ExposureView) -> int | None:
    return view.crossings[-1].order_id if view.spell else None


def _nearest_first(view: ExposureView) -> tuple[object, ...]:
    counted = max((each.amount for each in view.exposure.measures), default=0)
    met = view.status is ExposureStatus.MET
    return not met, -view.exposure.percent, -counted, view.jurisdiction, view.company.key


# --- what stands around ----------------------------------------------------------------


class _Around(NamedTuple):
    """What is known beside sales, by company and jurisdiction."""

    registrations: Mapping[tuple[int, str], RegistrationRow]
    presences: Mapping[tuple[int, str], dt.date]
    set_aside: Mapping[tuple[int, str], list[SetAside]]
    starts: Mapping[int, histories.HistoryStart]

    @classmethod
    def of(
        cls,
        tx: Transaction,
        company_ids: Collection[int],
        on: dt.date,
        starts: Iterable[histories.HistoryStart],
    ) -> _Around:
        """Read it for these companies, as it is on the day *on*."""
        registrations: dict[tuple[int, str], RegistrationRow] = {}
        for row in tx.exposures.registrations(company_ids):  # the earliest first
            if (row.registered_through or on) >= on:
                registrations.setdefault((row.company_id, row.jurisdiction), row)
        aside: dict[tuple[int, str], list[SetAside]] = {}
        for each in tx.sales.set_aside(company_ids):
            aside.setdefault((each.company_id, each.jurisdiction), []).append(each)
        presences = tx.presence.since(company_ids, on)
        return cls(registrations, presences, aside, {each.company_id: each for each in starts})


def _codes(look: Look, around: _Around, company: CompanyRow) -> set[str]:
    """The jurisdictions in the United States of which there is something to say, or those asked."""
    if look.jurisdictions is not None:
        return set(look.jurisdictions)
    known = (look.places, look.sold, around.registrations, around.presences, around.set_aside)
    found = {code for each in known for company_id, code in each if company_id == company.id}
    return {code for code in found if code.startswith("US-")}


def _view(look: Look, around: _Around, company: CompanyRow, code: str) -> ExposureView:
    key = (company.id, code)
    place = look.places.get(key)
    ids = place.company_ids if place else (company.id,)
    buckets = added(look.sold, ids, code)
    crossed = look.crossed[place.key] if place else Crossed()
    found = _exposure(look, place, code, buckets, crossed)
    window = _window(found, look.on)
    others = tuple(
        each for each in look.trees[company.id].members if each.id in ids and each.id != company.id
    )
    lacks = [each for one in ids if one in around.starts for each in around.starts[one].lacks(code)]
    return ExposureView(
        company=company,
        exposure=found,
        with_companies=others,
        sold=sold_in(buckets, window),
        own=sold_in(look.sold.get(key, ()), window),
        sells=any(_within(each, found) for each in look.sold.get(key, ())),
        crossings=crossed.crossings,
        crossed_by=None,
        registration=around.registrations.get(key),
        physical_since=around.presences.get(key),
        set_aside=tuple(each for one in ids for each in around.set_aside.get((one, code), ())),
        lacks=tuple(lacks),
        refreshed_at=crossed.refreshed_at,
    )


def _within(bucket: Bucket, found: Exposure) -> bool:
    return any(each.first <= bucket.first <= min(each.last, found.on) for each in found.measures)


def _exposure(
    look: Look, place: Place | None, code: str, buckets: Sequence[Bucket], crossed: Crossed
) -> Exposure:
    if place is None:  # a place of which no threshold is known
        return Exposure(
            jurisdiction=code,
            on=look.on,
            threshold=None,
            status=ExposureStatus.NONE,
            percent=Decimal(0),
            measures=(),
            spells=(),
        )
    return exposure(
        place.versions,
        buckets,
        [each.spell for each in crossed.crossings],
        look.on,
        approaching_percent=look.nexus.approaching_percent,
        fiscal_year_begins=place.fiscal_year_begins,
    )


def _window(found: Exposure, on: dt.date) -> Sold:
    """The nearest window through the day *on*; this year where there is none."""
    if not found.measures:
        return Sold(str(on.year), dt.date(on.year, 1, 1), on)
    nearest = found.measures[0]
    return Sold(nearest.name, nearest.first, min(nearest.last, on))
