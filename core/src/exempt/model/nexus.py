"""Where a seller comes under a state's sales tax: sales as they count, thresholds, exposures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field, ValidationInfo, field_validator

from exempt.model.address import Jurisdiction
from exempt.model.record import Day, Record, Text
from exempt.model.rulesdata import Sourced


class Treatment(StrEnum):
    """What a part of a sale is for a threshold; each state counts the first so and so many.

    =========  ==========================================================================
    taxable    taxed, or would be if the seller collected there
    not_taxed  of a product that the state does not tax
    exempt     covered by a certificate for another reason than resale
    resale     covered by a certificate for resale, or by the customer's resale number
    =========  ==========================================================================
    """

    TAXABLE = "taxable"
    NOT_TAXED = "not_taxed"
    EXEMPT = "exempt"
    RESALE = "resale"


class Base(StrEnum):
    """Which sales a threshold counts.

    =======  =====================
    gross    all of them
    retail   all but resale
    taxable  just the taxable ones
    =======  =====================
    """

    GROSS = "gross"
    RETAIL = "retail"
    TAXABLE = "taxable"

    @property
    def treatments(self) -> tuple[Treatment, ...]:
        """What of a sale is counted."""
        return _COUNTED[self]


_COUNTED = {
    Base.GROSS: tuple(Treatment),
    Base.RETAIL: (Treatment.TAXABLE, Treatment.NOT_TAXED, Treatment.EXEMPT),
    Base.TAXABLE: (Treatment.TAXABLE,),
}

USD = "USD"


class Counts(StrEnum):
    """Which documents of a connection are sales; credits count with either.

    ========  ================================================
    all       orders and invoices
    orders    orders
    invoices  invoices
    none      none: another connection shows the same sales
    ========  ================================================
    """

    ALL = "all"
    ORDERS = "orders"
    INVOICES = "invoices"
    NONE = "none"


class Sale(NamedTuple):
    """An order as it counts: where, when, and how much of it is what.

    The four amounts are minor units (cents) of ``currency`` and add up to the
    order's total; they are negative for a credit, which counts on its own day.

    Attributes:
        jurisdiction: ``US-TX``; for a sale abroad the country, ``DE``; empty
            where no ship-to is known.
        day: The order's date.
        currency: USD, or another one for which no rate is known: set aside.
        marketplace: Whether a marketplace sold it and collects the tax.
        counts_as: As which of them it is one transaction: the first that it has
            any of; None = it is none, as a credit is.
    """

    jurisdiction: str
    day: dt.date
    currency: str
    marketplace: bool
    taxable: int
    not_taxed: int
    exempt: int
    resale: int
    counts_as: Treatment | None


class Totals(NamedTuple):
    """Sums of sales: amounts in minor units of one currency, and how many transactions."""

    taxable: int = 0
    not_taxed: int = 0
    exempt: int = 0
    resale: int = 0
    taxable_count: int = 0
    not_taxed_count: int = 0
    exempt_count: int = 0
    resale_count: int = 0

    def plus(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(*map(int.__add__, self, other))

    def amount(self, treatments: Collection[Treatment] = tuple(Treatment)) -> int:
        """What these treatments come to, in minor units."""
        return sum(getattr(self, each.value) for each in treatments)

    def count(self, treatments: Collection[Treatment] = tuple(Treatment)) -> int:
        """How many transactions these treatments are."""
        return sum(getattr(self, f"{each.value}_count") for each in treatments)


class Bucket(NamedTuple):
    """The sales of one jurisdiction in USD on the days *first* to *last*, both included.

    It is one day or one month long.
    """

    first: dt.date
    last: dt.date
    marketplace: bool
    totals: Totals


# --- the law ---------------------------------------------------------------------------


class Over(StrEnum):
    """When a line is reached: by more than it, or by as much already."""

    MORE_THAN = "more_than"
    AT_LEAST = "at_least"


class Test(StrEnum):
    """How amount and number of transactions go together: just the amount, either, or both."""

    AMOUNT = "amount"
    EITHER = "either"
    BOTH = "both"


class WindowKind(StrEnum):
    """Over which days sales are added up.

    =================================  ==================================================
    previous_or_current_calendar_year  either of the two
    previous_calendar_year             the one before; so it counts from 1 January on
    rolling_12_months                  the twelve months up to the day, or up to the end
                                       of the last quarter where it is tested then
    rolling_12_calendar_months         twelve whole months: the running one and the eleven
                                       before it, or the twelve that are over
    rolling_four_quarters              the last four quarters that are over
    twelve_months_to_sep_30            those that ended last
    seller_fiscal_year                 the seller's own year, or the one before
    =================================  ==================================================
    """

    PREVIOUS_OR_CURRENT_YEAR = "previous_or_current_calendar_year"
    PREVIOUS_YEAR = "previous_calendar_year"
    ROLLING_12_MONTHS = "rolling_12_months"
    ROLLING_12_CALENDAR_MONTHS = "rolling_12_calendar_months"
    ROLLING_FOUR_QUARTERS = "rolling_four_quarters"
    TWELVE_MONTHS_TO_SEP_30 = "twelve_months_to_sep_30"
    SELLER_FISCAL_YEAR = "seller_fiscal_year"


class Tested(StrEnum):
    """When sales are held against the line: every day, or at the end of quarters."""

    CONTINUOUSLY = "continuously"
    QUARTER_ENDS = "quarter_ends"


class CollectFrom(StrEnum):
    """When collection begins, once a threshold is met; see `exempt.rules.collecting`."""

    NEXT_TRANSACTION = "next_transaction"
    SAME_DAY = "same_day"
    JAN_1 = "jan_1_of_next_year"
    APR_1 = "apr_1_of_next_year"
    OCT_1 = "oct_1_after_sep_30"
    FIRST_OF_MONTH_AFTER_30_DAYS = "first_of_month_after_30_days"
    FIRST_OF_MONTH_AT_LEAST_30_DAYS_LATER = "first_of_month_at_least_30_days_later"
    FIRST_OF_MONTH_AFTER_90_DAYS = "first_of_month_after_90_days"
    FIRST_OF_FOURTH_MONTH = "first_of_fourth_month"
    AFTER_50_DAYS = "after_50_days"
    AFTER_60_DAYS = "after_60_days"


class Threshold(Sourced):
    """One version of a jurisdiction's economic nexus threshold.

    Attributes:
        in_force_from: The first day of this version.
        in_force_through: Its last day; None = it is in force.
        amount: US dollars, a thousand at least; None = there is none, as there is no
            sales tax.
        transactions: How many sales, where they count.
        quarter_first_month: Where quarters are not those of the calendar: the
            month in which one of them begins, 3 for New York.
        marketplace_sales: Whether sales through a collecting marketplace count.
        affiliates: Whether the sales of related companies are added.
        collect_from_confirmed: Whether the source says so; else it is the usual rule.
        note: What no column says, in our own words.
    """

    key_column: ClassVar[str] = "in_force_from"

    jurisdiction: Jurisdiction
    in_force_from: Day
    in_force_through: Day | None = None
    amount: Annotated[Decimal, Field(ge=1000, le=10**9, decimal_places=2)] | None = None
    amount_over: Over = Over.MORE_THAN
    transactions: Annotated[int, Field(gt=0)] | None = None
    transactions_over: Over = Over.AT_LEAST
    test: Annotated[Test, Field(validate_default=True)] = Test.AMOUNT
    window: Annotated[WindowKind | None, Field(validate_default=True)] = None
    quarter_first_month: Annotated[int, Field(ge=1, le=12)] = 1
    tested: Tested = Tested.CONTINUOUSLY
    base: Annotated[Base | None, Field(validate_default=True)] = None
    marketplace_sales: bool = True
    affiliates: bool = False
    collect_from: CollectFrom = CollectFrom.NEXT_TRANSACTION
    collect_from_confirmed: bool = False
    note: Text = ""

    @field_validator("in_force_through")
    @classmethod
    def _not_before_its_first_day(cls, value: Day | None, info: ValidationInfo) -> Day | None:
        first = info.data.get("in_force_from")
        if value is not None and first is not None and value < first:
            msg = f"lies before in_force_from, {first}: one of the two is wrong"
            raise ValueError(msg)
        return value

    @field_validator("test")
    @classmethod
    def _counts_what_it_tests(cls, value: Test, info: ValidationInfo) -> Test:
        if "transactions" in info.data:
            counts = info.data["transactions"] is not None
            if counts != (value is not Test.AMOUNT):
                msg = "is amount where no transactions are given, else either or both"
                raise ValueError(msg)
        return value

    @field_validator("window", "base")
    @classmethod
    def _goes_with_an_amount(cls, value: StrEnum | None, info: ValidationInfo) -> StrEnum | None:
        if "amount" in info.data and (info.data["amount"] is None) != (value is None):
            msg = "stands where there is an amount, and only there"
            raise ValueError(msg)
        return value

    @field_validator("tested")
    @classmethod
    def _where_quarters_roll(cls, value: Tested, info: ValidationInfo) -> Tested:
        rolling = {None, WindowKind.ROLLING_12_MONTHS, WindowKind.ROLLING_FOUR_QUARTERS}
        if value is Tested.QUARTER_ENDS and info.data.get("window") not in rolling:
            msg = "quarter_ends goes with rolling_12_months and rolling_four_quarters"
            raise ValueError(msg)
        return value

    @property
    def key(self) -> str:
        """The same as `version`."""
        return self.version

    @property
    def version(self) -> str:
        """``US-TX from 2019-10-01``."""
        return f"{self.jurisdiction} from {self.in_force_from}"

    def in_force(self, on: dt.date) -> bool:
        """Whether *on* lies in its period, first and last day included."""
        through = self.in_force_through or dt.date.max
        return self.in_force_from <= on <= through


# --- what comes of it ------------------------------------------------------------------


class ExposureStatus(StrEnum):
    """How near a threshold is.

    ===========  =========================================================================
    none         below the share at which it is near; or there is no threshold
    approaching  near it, or over it in a window that counts only later
    met          the threshold is met
    ===========  =========================================================================
    """

    NONE = "none"
    APPROACHING = "approaching"
    MET = "met"


class Measure(NamedTuple):
    """Sales in one window, held against the line.

    Attributes:
        name: ``2026``, ``2025``, ``the 12 months to 2026-09-30``.
        first: The first day of the window.
        last: Its last day, which may lie ahead.
        amount: What counts, in cents of USD.
        transactions: How many of them count.
        percent: How much of the line is reached; where amount and count must
            both be met the lower of the two, where either will do the higher.
            100 or more need not be met: the line may have to be passed.
        reached: Whether the line is reached.
        counts_from: From which day on it makes nexus if it is reached: the first
            day of the window for one that is tested every day.
    """

    name: str
    first: dt.date
    last: dt.date
    amount: int
    transactions: int
    percent: Decimal
    reached: bool
    counts_from: dt.date


class Spell(NamedTuple):
    """A time in which a threshold was met without a break.

    Attributes:
        crossed_on: The day whose sales crossed the line.
        met_on: The first day on which the threshold counts as met; later than
            ``crossed_on`` where a window must have ended.
        ended_on: The first day on which it is met no more; None = it is met.
        collect_from: From when on tax is to be collected, by the usual rule of
            the state; to be checked with it.
        version: The `Threshold.version` by which it was met.
        window: The name of the `Measure`.
        first: The first day of that window: what was sold from it through
            ``crossed_on`` reaches the line.
    """

    crossed_on: dt.date
    met_on: dt.date
    ended_on: dt.date | None
    collect_from: dt.date
    version: str
    window: str
    first: dt.date


class Exposure(Record):
    """How near a company is to a jurisdiction's threshold on a day.

    Attributes:
        on: The day.
        threshold: The version in force; None = none is known for that day.
        measures: Every window that counts or will count, the nearest to the line first.
        percent: The highest of theirs.
        spells: When it was met, the latest last.
    """

    jurisdiction: str
    on: dt.date
    threshold: Threshold | None
    status: ExposureStatus
    percent: Decimal
    measures: tuple[Measure, ...]
    spells: tuple[Spell, ...]

    @property
    def spell(self) -> Spell | None:
        """The time in which it is met, or comes to be met."""
        last = self.spells[-1] if self.spells else None
        return last if last and last.ended_on is None else None
