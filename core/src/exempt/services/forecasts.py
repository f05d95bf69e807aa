"""When companies are likely to meet states' thresholds, and what would change that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from exempt.data import jurisdictions
from exempt.errors import NotFoundError
from exempt.model.decision import Ground
from exempt.model.nexus import USD, Base, Bucket, ExposureStatus, Threshold
from exempt.rules.forecast import Forecast, Outlook
from exempt.rules.forecast import forecast as forecast_of
from exempt.rules.thresholds import version_on
from exempt.rules.what_if import Changes, read_what_if
from exempt.rules.windows import windows
from exempt.services import crossings
from exempt.services.crossings import Place, added
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.rows import CompanyRow
from exempt.services.sale_ports import CountedOrder

_YEARS = 5
"""Of sales that a forecast is given; it goes by four, and windows look back one."""

_ORDERS_AT_ONCE = 1000
_MOST_ORDERS = 20_000


class ForecastView(NamedTuple):
    """When a company is likely to meet a jurisdiction's threshold.

    Attributes:
        threshold: The version in force; None = none is known.
        with_companies: The others whose sales are added to its own.
        status: How near it is, as the forecast sees it.
        set_aside: The currencies of sales that count nowhere, for want of a rate.
    """

    company: CompanyRow
    jurisdiction: str
    threshold: Threshold | None
    with_companies: tuple[CompanyRow, ...]
    status: ExposureStatus
    forecast: Forecast
    set_aside: tuple[str, ...]

    @property
    def matters(self) -> bool:
        """Whether anything counts there, or may."""
        return self.forecast.days > 0 and self.forecast.outlook is not Outlook.NO_LINE


class WhatIf(NamedTuple):
    """A forecast as things are, and beside it as they are supposed to be."""

    now: ForecastView
    then: ForecastView


class Collectable(NamedTuple):
    """Sales that count, for which exemption is claimed without a certificate.

    Attributes:
        window: The first and the last day of the window that is looked at.
        amount: In cents of USD: so much would count no more, if certificates
            of resale were collected for it.
        orders: How many orders.
        all: Whether all orders were looked at; else it is at least so much.
    """

    window: tuple[dt.date, dt.date]
    amount: int
    orders: int
    all: bool


def forecast(
    tx: Transaction,
    company: CompanyRow,
    jurisdiction: str,
    on: dt.date,
    policy: Policy,
    *,
    changes: Changes = Changes(),  # noqa: B008 - it is frozen
) -> ForecastView:
    """When *company* is likely to meet the threshold of *jurisdiction*, as seen on the day *on*.

    Raises:
        NotFoundError: It is nowhere in the United States that is known.
        RefusedError: What is supposed does not fit what was sold.
    """
    if jurisdiction not in jurisdictions() and not policy.nexus.thresholds.versions(jurisdiction):
        msg = f"{jurisdiction}: is no state that is known: write its two letters"
        raise NotFoundError(msg)
    (found,) = _views(tx, [company], [jurisdiction], _Asked(on, policy, changes))
    return found


def forecasts(
    tx: Transaction, company_ids: Collection[int] | None, on: dt.date, policy: Policy
) -> list[ForecastView]:
    """Those of companies in every jurisdiction with a threshold, the first to be met first.

    What is met already comes before all of them.
    """
    whose = [each for each in tx.cards.companies() if company_ids is None or each.id in company_ids]
    codes = policy.nexus.thresholds.jurisdictions
    return sorted(_views(tx, whose, codes, _Asked(on, policy)), key=_first_met_first)


def what_if(  # noqa: PLR0917 - as `forecast`, and what is asked
    tx: Transaction,
    company: CompanyRow,
    jurisdiction: str,
    on: dt.date,
    policy: Policy,
    texts: Sequence[str],
) -> WhatIf:
    """The forecast as things are, and as they were if all of *texts* were so.

    Raises:
        NotFoundError: It is nowhere in the United States that is known.
        RefusedError: One of the texts cannot be read, or does not fit what was sold.
    """
    changes = read_what_if(texts, on)
    return WhatIf(
        forecast(tx, company, jurisdiction, on, policy),
        forecast(tx, company, jurisdiction, on, policy, changes=changes),
    )


def _first_met_first(view: ForecastView) -> tuple[object, ...]:
    found = view.forecast
    met = found.outlook is Outlook.MET
    day = found.day or dt.date.max
    chance = found.chance or 0
    return not met, day, -chance, -found.percent, view.jurisdiction, view.company.key


class _Asked(NamedTuple):
    """What forecasts go by."""

    on: dt.date
    policy: Policy
    changes: Changes = Changes()


def _views(
    tx: Transaction, whose: Sequence[CompanyRow], codes: Sequence[str], asked: _Asked
) -> Iterator[ForecastView]:
    companies = tx.cards.companies()
    tree_of = crossings.trees(companies)
    by_id = {each.id: each for each in companies}
    nexus, on = asked.policy.nexus, asked.on
    places = [
        (company, crossings.place(company, tree_of[company.id], code, nexus))
        for company in whose
        for code in codes
    ]
    ids = {each for _, place in places for each in place.company_ids}
    sold = tx.sales.days(ids, dt.date(on.year - _YEARS, 1, 1), on, set(codes))
    aside = {
        (each.company_id, each.jurisdiction, each.currency) for each in tx.sales.set_aside(ids)
    }
    for company, place in places:
        found = _forecast(place, sold, asked)
        yield ForecastView(
            company=company,
            jurisdiction=place.jurisdiction,
            threshold=version_on(place.versions, on),
            with_companies=tuple(by_id[one] for one in place.company_ids if one != company.id),
            status=_status(found, nexus.approaching_percent),
            forecast=found,
            set_aside=tuple(
                sorted(
                    {
                        currency
                        for one, code, currency in aside
                        if one in place.company_ids and code == place.jurisdiction
                    }
                )
            ),
        )


def _forecast(
    place: Place, sold: Mapping[tuple[int, str], list[Bucket]], asked: _Asked
) -> Forecast:
    return forecast_of(
        place.versions,
        added(sold, place.company_ids, place.jurisdiction),
        asked.on,
        fiscal_year_begins=place.fiscal_year_begins,
        changes=asked.changes,
    )


def _status(found: Forecast, approaching_percent: int) -> ExposureStatus:
    if found.outlook is Outlook.MET:
        return ExposureStatus.MET
    near = found.percent >= approaching_percent
    return ExposureStatus.APPROACHING if near else ExposureStatus.NONE


# --- certificates that could be collected ------------------------------------------------


def collectable(
    tx: Transaction, company: CompanyRow, jurisdiction: str, on: dt.date, policy: Policy
) -> Collectable | None:
    """How much of what counts could leave it, if certificates were collected for what is claimed.

    None where certificates change nothing, as all sales count or there is no line.
    """
    tree = crossings.trees(tx.cards.companies())[company.id]
    place = crossings.place(company, tree, jurisdiction, policy.nexus)
    law = version_on(place.versions, on)
    if law is None or law.base in {None, Base.GROSS}:
        return None
    window = windows(law, on, fiscal_year_begins=place.fiscal_year_begins)[0]
    last = min(window.last, on)
    amount = orders = seen = 0
    for page in _pages(tx, place, law, window.first, last):
        seen += len(page)
        decided = tx.decisions.decided([each.order_id for each in page])
        for each in page:
            decision = decided.get(each.order_id)
            if decision and decision.ground is Ground.NO_CERTIFICATE and each.currency == USD:
                amount, orders = amount + each.counts, orders + 1
    return Collectable((window.first, last), amount, orders, seen < _MOST_ORDERS)


def _pages(
    tx: Transaction, place: Place, law: Threshold, first: dt.date, last: dt.date
) -> Iterator[list[CountedOrder]]:
    """The orders that count, some at a time; not more than can be looked at in a moment."""
    after = None
    treatments = (law.base or Base.GROSS).treatments
    for _ in range(_MOST_ORDERS // _ORDERS_AT_ONCE):
        page = tx.sales.orders(
            place.company_ids,
            place.jurisdiction,
            first,
            last,
            treatments=treatments,
            marketplace=None if law.marketplace_sales else False,
            after=after,
            limit=_ORDERS_AT_ONCE,
        )
        yield page
        if len(page) < _ORDERS_AT_ONCE:
            return
        after = page[-1].place
