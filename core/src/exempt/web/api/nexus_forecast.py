"""When thresholds are likely to be met: an estimate, and what would change it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from fastapi import Query
from pydantic import Field

from exempt.errors import RefusedError
from exempt.model.access import Right
from exempt.model.nexus import ExposureStatus
from exempt.model.rulesdata import Confidence
from exempt.rules.forecast import Month, Outlook
from exempt.rules.what_if import read_what_if
from exempt.services import forecasts, scoped
from exempt.services.forecasts import Collectable, ForecastView
from exempt.web.api.bodies import Body
from exempt.web.api.calls import Called
from exempt.web.api.nexus import State
from exempt.web.api.nexus_bodies import OfCompany
from exempt.web.api.operations import Operations
from exempt.web.problems import Wrong, invalid

operations = Operations("Nexus forecast", "When thresholds are likely to be met: an estimate.")


class NexusForecastMonth(Body):
    """A month of sales that count, sold or expected.

    Attributes:
        month: Its first day.
        known: What was sold in it.
        amount: The same, with what is expected of its days to come.
        low: In eight of ten ways it comes to this at least.
        high: And to this at most.
        window: What it comes to, at its end, in the window that runs then.
        percent: How much of the line that is.
    """

    month: dt.date
    known: Decimal
    amount: Decimal
    low: Decimal
    high: Decimal
    window: Decimal
    percent: Decimal


class NexusForecast(Body):
    """When a threshold is likely to be met.

    Attributes:
        percent: How much of the line is reached.
        day: On which it is likely to be met; null = on none through the last day looked at.
        earliest: Eight of ten ways meet it from this day on.
        latest: To this one; null = not through the last day looked at.
        crossed_on: When sales are likely to pass the line, where it counts as met
            only later; the day of the forecast, if they have.
        chance: How many of a hundred ways meet it through the last day looked at.
        chance_this_year: How many by the end of the year.
        through: The last day looked at.
        threshold: The version by which it would be met, or the one in force.
        method: How it was made, in words.
        days: How many days of history it goes by.
        confidence: How much to rely on it; null = sales so far do not tell.
        caveats: What to keep in mind.
        months: Those of the last two years, and of the next.
    """

    status: ExposureStatus
    outlook: Outlook
    percent: Decimal
    day: dt.date | None
    earliest: dt.date | None
    latest: dt.date | None
    crossed_on: dt.date | None
    chance: int | None
    chance_this_year: int | None
    through: dt.date
    threshold: str | None
    method: str
    days: int
    confidence: Confidence | None
    caveats: tuple[str, ...]
    months: tuple[NexusForecastMonth, ...]


class NexusCollectable(Body):
    """Sales that count, for which exemption is claimed without a certificate.

    Attributes:
        since: The first day of the window that is looked at.
        amount: So much would count no more with certificates of resale for it.
        all_orders_seen: Whether all were looked at; else it is at least so much.
    """

    since: dt.date
    through: dt.date
    amount: Decimal
    orders: int
    all_orders_seen: bool


class NexusForecastInFull(Body):
    """A forecast; an estimate, made of past sales.

    Attributes:
        on: The day on which it is made.
        set_aside: Currencies of sales that count nowhere, as no rate is known.
        what_if: What was supposed.
        then: The forecast as if that were so; null = nothing was supposed.
        collectable: null = certificates change nothing there.
    """

    company: str
    jurisdiction: str
    on: dt.date
    set_aside: tuple[str, ...]
    forecast: NexusForecast
    what_if: tuple[str, ...]
    then: NexusForecast | None
    collectable: NexusCollectable | None


class NexusForecastQuery(OfCompany):
    """Of which company, on which day, and what is supposed."""

    what_if: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(
        (),
        max_length=20,
        description="What is supposed, all at once: `+20% from 2027-01-01`, `customer 5000 a"
        " month from 2027-02-01`, `sale 40000 on 2026-12-15`, `resale 30000`, `line 250000`.",
    )


@operations.get("/nexus/exposures/{jurisdiction}/forecast", Right.READ, 404, 409)
def get_nexus_forecast(
    call: Called, jurisdiction: State, query: Annotated[NexusForecastQuery, Query()]
) -> NexusForecastInFull:
    """Estimate when a threshold is likely to be met, and what would change that.

    Sales so far are carried on in fifty ways, with their trend, seasons and ups
    and downs, and held against the state's own window.
    """
    on = query.on or call.act.at.date()
    for place in range(len(query.what_if)):
        try:
            read_what_if(query.what_if[: place + 1], on)
        except RefusedError as error:
            raise invalid([Wrong("parameter", f"what_if.{place}", str(error))]) from None
    policy = call.site.policy
    with call.store.reading() as tx:
        company = scoped.company(tx, query.company, call.caller)
        found = forecasts.what_if(tx, company, jurisdiction, on, policy, query.what_if)
        collect = forecasts.collectable(tx, company, jurisdiction, on, policy)
    return NexusForecastInFull(
        company=company.key,
        jurisdiction=jurisdiction,
        on=on,
        set_aside=found.now.set_aside,
        forecast=_shown(found.now),
        what_if=query.what_if,
        then=_shown(found.then) if query.what_if else None,
        collectable=collect and _collectable(collect),
    )


def _shown(view: ForecastView) -> NexusForecast:
    found = view.forecast
    same = set(NexusForecast.model_fields) - {"status", "threshold", "months"}
    return NexusForecast(
        status=view.status,
        threshold=found.version,
        months=tuple(map(_month, found.months)),
        **{name: getattr(found, name) for name in same},
    )


def _month(month: Month) -> NexusForecastMonth:
    return NexusForecastMonth(
        month=month.first,
        known=_dollars(month.known),
        amount=_dollars(month.amount),
        low=_dollars(month.low),
        high=_dollars(month.high),
        window=_dollars(month.window),
        percent=month.percent,
    )


def _collectable(found: Collectable) -> NexusCollectable:
    return NexusCollectable(
        since=found.window[0],
        through=found.window[1],
        amount=_dollars(found.amount),
        orders=found.orders,
        all_orders_seen=found.all,
    )


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
