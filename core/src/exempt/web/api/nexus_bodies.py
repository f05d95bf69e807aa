"""What goes in and out of the API of economic nexus; amounts are in US dollars, if nothing else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from exempt.model.address import Jurisdiction
from exempt.model.nexus import (
    Base,
    CollectFrom,
    ExposureStatus,
    Over,
    Test,
    Tested,
    Treatment,
    WindowKind,
)
from exempt.model.record import Day, ExternalId
from exempt.model.rulesdata import Confidence
from exempt.rules.lookback import Lacking
from exempt.web.api.bodies import Body
from exempt.web.api.paging import Listed, Part

WindowName = Annotated[str, Field(min_length=1, max_length=60)]


class NexusThreshold(Body):
    """One version of a jurisdiction's threshold of economic nexus, with its source.

    Attributes:
        in_force_through: Its last day; null = it is in force.
        amount: null = there is none, as there is no sales tax.
        transactions: How many sales, where they count.
        window: Over which days sales are added up; null = there is no amount.
        base: Which sales count.
        marketplace_sales: Whether sales through a collecting marketplace count.
        affiliates: Whether the sales of related companies are added.
        collect_from: When collection begins; check with the state.
        collect_from_confirmed: Whether the source says so; else it is the usual rule.
        as_of: When the row was last held against its source.
    """

    jurisdiction: str
    in_force_from: dt.date
    in_force_through: dt.date | None
    amount: Decimal | None
    amount_over: Over
    transactions: int | None
    transactions_over: Over
    test: Test
    window: WindowKind | None
    quarter_first_month: int
    tested: Tested
    base: Base | None
    marketplace_sales: bool
    affiliates: bool
    collect_from: CollectFrom
    collect_from_confirmed: bool
    note: str
    source: str
    as_of: dt.date
    review_by: dt.date
    confidence: Confidence


class NexusThresholdList(Body):
    """Thresholds by jurisdiction, the oldest version first.

    Attributes:
        version: Which table of thresholds is in force.
    """

    version: str
    data: tuple[NexusThreshold, ...]


class TreatedSales(Body):
    """Sales by what they are for a threshold.

    Attributes:
        treatment: `taxable`; `not_taxed`: of a product that the state does not tax;
            `exempt` and `resale`: covered by a certificate.
        counts: Whether the state counts them; null = it has no line.
        direct: Their amount, but for marketplaces.
        marketplace: What marketplaces sold that collect the tax.
        transactions: How many sales.
    """

    treatment: Treatment
    counts: bool | None
    direct: Decimal
    marketplace: Decimal
    transactions: int


class NexusWindow(Body):
    """Sales in one window, held against the line.

    Attributes:
        last_day: It may lie ahead.
        amount: What counts.
        transactions: How many sales count.
        percent: How much of the line is reached.
        reached: Whether the line is reached.
        counts_from: From which day on that makes nexus.
    """

    name: str
    first_day: dt.date
    last_day: dt.date
    amount: Decimal
    transactions: int
    percent: Decimal
    reached: bool
    counts_from: dt.date


class NexusMonth(Body):
    """A month of a window.

    Attributes:
        sales: By what they are.
        amount: What counts.
        transactions: How many sales count.
    """

    first_day: dt.date
    last_day: dt.date
    sales: tuple[TreatedSales, ...]
    amount: Decimal
    transactions: int


class NexusWindowInFull(NexusWindow):
    """A window, and the months of it up to the day."""

    months: tuple[NexusMonth, ...]


class CrossedBy(Body):
    """The order whose sale crossed the line.

    Attributes:
        total: In its own currency.
    """

    order_id: int
    connection: str
    external_id: str
    number: str | None
    day: dt.date
    total: Decimal
    currency: str


class NexusSpell(Body):
    """A time in which the threshold was met.

    Attributes:
        crossed_on: The day whose sales crossed the line.
        crossed_by: The order that did; null = it is not known any more, or not yours to see.
        met_on: The first day on which the threshold counts as met.
        ended_on: The first day on which it is met no more; null = it is met.
        collect_from: From when on tax is to be collected, by the usual rule of the
            state; check with the state.
        window: The name of the window.
    """

    crossed_on: dt.date
    crossed_by: CrossedBy | None
    met_on: dt.date
    ended_on: dt.date | None
    collect_from: dt.date
    window: str


class SalesSetAside(Body):
    """Sales that count nowhere, for want of a rate of exchange.

    Attributes:
        since: The first day of the first month that has some.
        amount: In `currency`.
    """

    currency: str
    since: dt.date
    amount: Decimal
    transactions: int


class SalesUnknown(Body):
    """Sales that the state looks back to, and that may not be known.

    Attributes:
        why: `being_read`: a source is not read to its end; `read_from`: it is read
            only from a later day on; `nothing_older`: the sources have nothing older.
        wanted_from: From which day on the state wants sales.
        known_from: From which day on they are known.
        connection: Of which source; null = of none in particular.
    """

    why: Lacking
    wanted_from: dt.date
    known_from: dt.date | None
    connection: str | None


class NexusExposure(Body):
    """How near a company is to a jurisdiction's threshold.

    Attributes:
        company: Its key.
        with_companies: The others whose sales are added, as the state's law wants;
            those that the key sees.
        status: `approaching`: near it, or over it in a window that counts only later.
        met: Whether the threshold is met.
        percent: The highest of the windows'.
        levies_sales_tax: Whether there is a line to reach; false = there is no tax.
        threshold: The version in force; null = none is known.
        windows: Those that count or will count, the nearest to the line first.
        sales: What was sold in the nearest window, by what it is.
        spell: Since when it is met, or comes to be met; null = it is not.
        registered_from: Since when the company is registered there, or will be.
        physical_since: Since when there is physical nexus.
        needs_registration: Whether there is nexus, and no registration.
        set_aside: Sales that count nowhere, for want of a rate of exchange.
        unknown: Sales that may not be known.
        refreshed_at: When the days of crossing were worked out. Amounts and percents
            are always those of the moment.
    """

    company: str
    with_companies: tuple[str, ...]
    jurisdiction: str
    on: dt.date
    status: ExposureStatus
    met: bool
    percent: Decimal
    levies_sales_tax: bool
    threshold: NexusThreshold | None
    windows: tuple[NexusWindow, ...]
    sales: tuple[TreatedSales, ...]
    spell: NexusSpell | None
    registered_from: dt.date | None
    physical_since: dt.date | None
    needs_registration: bool
    set_aside: tuple[SalesSetAside, ...]
    unknown: tuple[SalesUnknown, ...]
    refreshed_at: dt.datetime


class NexusExposureInFull(NexusExposure):
    """An exposure, and all that it is made of.

    Attributes:
        windows_in_full: The windows, month by month.
        spells: Every time it was met, the latest first.
        versions: Every version of the threshold, the latest first.
    """

    windows_in_full: tuple[NexusWindowInFull, ...]
    spells: tuple[NexusSpell, ...]
    versions: tuple[NexusThreshold, ...]


class NexusExposureList(Body):
    """Exposures, what is met first, then the nearest to a line."""

    data: tuple[NexusExposure, ...]


class OfCompany(Body):
    """Whose exposure is asked for, and of which day."""

    company: ExternalId | None = Field(
        None, description="Of this company, by its key; needed where the key sees several."
    )
    on: Day | None = Field(None, description="As it was on this day; else today.")


class NexusExposureQuery(Body):
    """Which exposures are wanted."""

    company: ExternalId | None = Field(None, description="Of this company, by its key.")
    on: Day | None = Field(None, description="As it was on this day; else today.")
    status: ExposureStatus | None = Field(None, description="Just those that stand so.")
    everything: bool = Field(
        default=False, description="Jurisdictions without sales, presence or registration, too."
    )


class NexusOrder(Body):
    """An order behind a figure.

    Attributes:
        order_id: Our own id.
        external_id: Its id in the source.
        day: The day on which it counts.
        counts: How much of it counts.
        transaction: Whether it counts as a sale; a credit does not.
        total: All of it.
        currency: Another one than USD: no rate is known, and nothing of it counts.
        marketplace: Whether a marketplace sold it and collects the tax.
        treatments: What of it there is of each.
    """

    order_id: int
    connection: str
    external_id: str
    number: str | None
    day: dt.date
    counts: Decimal
    transaction: bool
    total: Decimal
    currency: str
    marketplace: bool
    treatments: dict[Treatment, Decimal]


class NexusOrderList(Listed[NexusOrder]):
    """A part of the orders behind a figure, by day."""


class NexusOrderQuery(Part):
    """Which orders are wanted: those of a window, by its name."""

    company: ExternalId | None = Field(
        None, description="Of this company, by its key; needed where the key sees several."
    )
    on: Day | None = Field(None, description="As it was on this day; else today.")
    window: WindowName | None = Field(
        None, description="The `name` of a window; without it, the nearest to the line."
    )
    everything: bool = Field(default=False, description="What does not count, too.")


class NexusThresholdQuery(Body):
    """Which thresholds are wanted."""

    jurisdiction: Jurisdiction | None = Field(None, description="Of this one.")
    on: Day | None = Field(None, description="In force on this day; without it, every version.")
