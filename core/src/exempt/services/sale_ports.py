"""What the services need of the store to count sales, and to read their running totals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import NamedTuple, Protocol

from exempt.model.nexus import Bucket, Sale, Totals, Treatment
from exempt.model.sources import OrderKind
from exempt.rules.twice import Seen


class CountedOrder(NamedTuple):
    """An order that counts towards a state, for whoever asks what a figure is made of.

    Attributes:
        day: The day on which it counts.
        counts: How much of it counts, in minor units of ``currency``.
        transaction: Whether it counts as a transaction.
        total: All of it, in minor units of ``currency``.
        treatments: What of it there is of each; what is nothing is left out.
        currency: USD, or another one for which no rate is known.
    """

    order_id: int
    connection: str
    external_id: str
    number: str | None
    customer_name: str | None
    day: dt.date
    counts: int
    transaction: bool
    total: int
    treatments: Mapping[Treatment, int]
    currency: str
    marketplace: bool

    @property
    def place(self) -> tuple[dt.date, int]:
        """Where to go on after it."""
        return self.day, self.order_id


class SetAside(NamedTuple):
    """Sales that count nowhere, as no rate is known for their currency on their days.

    Attributes:
        first: The first day of the first month that has some.
        totals: In minor units of ``currency``.
    """

    company_id: int
    jurisdiction: str
    currency: str
    first: dt.date
    totals: Totals


class Sales(Protocol):
    """How each order counts, and the running totals of that.

    Totals of a day and of a month are moved in the transaction that stores what
    they are the sums of, by what differs.
    """

    def save(self, company_id: int, sales: Mapping[int, Sale | None]) -> int:
        """Keep how these orders of a company's connections count, by order id.

        None = it does not count. Totals are moved, and states of the United
        States whose totals moved are touched. It holds the company alone; returns
        how many differ from what was kept.
        """
        ...

    def drop(self, order_ids: Collection[int]) -> int:
        """Let these orders count no more; returns how many did."""
        ...

    def of(self, order_ids: Collection[int]) -> dict[int, Sale]:
        """How these orders count; those that do not are absent."""
        ...

    def months(
        self,
        company_ids: Collection[int],
        jurisdictions: Collection[str] | None = None,
        *,
        since: dt.date | None = None,
    ) -> dict[tuple[int, str], list[Bucket]]:
        """The months of companies' sales in USD, in order, by company and jurisdiction.

        With *since* just the months that begin then or later.
        """
        ...

    def days(
        self,
        company_ids: Collection[int],
        first: dt.date,
        last: dt.date,
        jurisdictions: Collection[str] | None = None,
    ) -> dict[tuple[int, str], list[Bucket]]:
        """The same of the days from *first* to *last*; one without sales has no bucket."""
        ...

    def set_aside(self, company_ids: Collection[int]) -> list[SetAside]:
        """What counts nowhere for want of a rate."""
        ...

    def orders(
        self,
        company_ids: Collection[int],
        jurisdiction: str,
        first: dt.date,
        last: dt.date,
        *,
        treatments: Collection[Treatment] = tuple(Treatment),
        marketplace: bool | None = None,
        after: tuple[dt.date, int] | None = None,
        limit: int = 100,
    ) -> list[CountedOrder]:
        """The orders that figures of these days are made of, by day and id, a page at a time.

        Args:
            company_ids: Whose.
            jurisdiction: Where.
            first: The first day.
            last: The last day, included.
            treatments: Just what these are of it; see `Base.treatments`.
            marketplace: Just those sold through one, or just the others.
            after: The `CountedOrder.place` to go on after.
            limit: How many to give at most.
        """
        ...

    def first_day(self, company_ids: Collection[int]) -> dt.date | None:
        """The day of the first sale that is counted."""
        ...

    def touched(self, company_ids: Collection[int]) -> list[tuple[int, str]]:
        """The companies and states whose sales moved since their exposures were worked out."""
        ...

    def counted_between(self, connection_id: int, after: int, through: int | None) -> list[int]:
        """The orders of a connection that count, with ids above *after* and up to *through*."""
        ...


class RecountAsked(NamedTuple):
    """Orders of a connection that are to be counted anew: those with ids above ``after_id``."""

    connection_id: int
    after_id: int
    asked: int
    reason: str
    asked_at: dt.datetime


class CustomerAsked(NamedTuple):
    """A customer whose closed orders are to be counted anew, from the next one after that id."""

    customer_id: int
    after_id: int
    asked: int


class Recounts(Protocol):
    """Which orders are still to be counted anew, and what they were counted by."""

    def ask(
        self, connection_ids: Collection[int], reason: str, at: dt.datetime, *, after: int = 0
    ) -> None:
        """Have the orders of connections counted anew, but for those with ids up to *after*."""
        ...

    def all(self) -> list[RecountAsked]:
        """What is still to be done, by connection."""
        ...

    def move(self, asked: RecountAsked, after_id: int) -> bool:
        """Go on there; False when somebody asked again meanwhile."""
        ...

    def done(self, asked: RecountAsked) -> bool:
        """It is done; False when somebody asked again meanwhile."""
        ...

    def went_by(self) -> dict[int, str]:
        """What each connection's orders were counted by, as `remember` was told."""
        ...

    def remember(self, went_by: Mapping[int, str]) -> None:
        """Remember what connections' orders are counted by from now on."""
        ...

    def with_orders(self, connection_ids: Collection[int]) -> set[int]:
        """Those of the connections that have any orders."""
        ...

    # --- customers ---------------------------------------------------------------------------

    def ask_customers(self, customer_ids: Collection[int]) -> None:
        """Have the closed orders of customers counted anew."""
        ...

    def next_customer(self) -> CustomerAsked | None:
        """One whose closed orders are still to be counted anew."""
        ...

    def move_customer(self, asked: CustomerAsked, after_id: int) -> None:
        """Go on there, unless somebody asked again meanwhile."""
        ...

    def customer_done(self, asked: CustomerAsked) -> None:
        """It is done, unless somebody asked again meanwhile."""
        ...


class Rate(NamedTuple):
    """US dollars for one unit of a currency, from a day on until the next rate."""

    currency: str
    day: dt.date
    rate: Decimal
    source: str = ""


class KeptRate(NamedTuple):
    """A rate, and who put it in when."""

    rate: Rate
    added_at: dt.datetime
    added_by: str


class Rates(Protocol):
    """Rates of exchange."""

    def save(self, rates: Collection[Rate], at: dt.datetime, by: str) -> list[Rate]:
        """Keep rates, one a currency and day; returns those that are new or differ."""
        ...

    def of(
        self, currencies: Collection[str], first: dt.date, last: dt.date
    ) -> dict[str, list[tuple[dt.date, Decimal]]]:
        """The rates that hold on days from *first* to *last*, by day.

        The first may be of before *first*, if it still held then.
        """
        ...

    def kept(self, currency: str | None = None) -> list[KeptRate]:
        """All rates, or those of one currency, by currency and day."""
        ...

    def sold_in(self, first_days: Mapping[str, dt.date]) -> dict[int, int]:
        """The connections with orders in currencies since days, each with the lowest order id."""
        ...


class SourceSum(NamedTuple):
    """Orders of a connection in one currency, alike in what follows, and what they count.

    Attributes:
        state: ``alive``, ``voided`` or ``deleted``.
        counted_in: The currency in which they count; None = they do not.
        place: Where they count: ``us``, ``abroad`` or ``unknown``; None = they do not.
        total: As their source has it, in minor units of ``currency``.
        counts: What they count, in minor units of ``counted_in``.
        astray: How many do not count their total to the cent, though no rate lies between.
    """

    connection_id: int
    currency: str
    kind: OrderKind
    state: str
    counted_in: str | None
    place: str | None
    orders: int
    total: int
    counts: int
    astray: int


class TotalAstray(NamedTuple):
    """A running total that is not the sum of its sales."""

    company_id: int
    grain: str
    jurisdiction: str
    first_day: dt.date
    currency: str
    marketplace: bool
    running: Totals
    summed: Totals


class SalesChecks(Protocol):
    """Sales held against what the sources have, and totals against the sales."""

    def sums(self, connection_ids: Collection[int]) -> list[SourceSum]:
        """What the sources have, and what is counted of it."""
        ...

    def astray(self, company_ids: Collection[int], limit: int = 100) -> list[TotalAstray]:
        """The running totals that are not the sums of their sales."""
        ...

    def newest(self, company_ids: Collection[int], limit: int) -> list[Seen]:
        """Sales of companies that count, credits aside, among so many orders that came last."""
        ...

    def rebuild(self, company_id: int) -> None:
        """Make a company's running totals anew out of its sales; it holds the company alone."""
        ...
