"""What one exposure is made of: each window with its months, and the orders behind each figure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from exempt.data import jurisdictions
from exempt.errors import NotFoundError
from exempt.model.nexus import Base, Bucket, Measure, Threshold, Totals, Treatment
from exempt.rules.exposure import sums
from exempt.services.crossings import added
from exempt.services.exposure_ports import Crossing, CrossingOrder
from exempt.services.exposure_sales import Look, Sold, last_of, month_of, sold_in
from exempt.services.exposures import ExposureView, views
from exempt.services.policy import Policy
from exempt.services.ports import Transaction
from exempt.services.sale_ports import CountedOrder

ORDERS_AT_ONCE = 500


class MonthSold(NamedTuple):
    """What was sold in a month, and what of it counts, in cents of USD and in transactions."""

    sold: Sold
    amount: int
    transactions: int


class WindowSold(NamedTuple):
    """A window held against the line, and what was sold in it up to the day, month by month."""

    measure: Measure
    sold: Sold
    months: tuple[MonthSold, ...]


class Crossed(NamedTuple):
    """A time in which the threshold was met, with its order as people know it."""

    crossing: Crossing
    order: CrossingOrder | None


class Detail(NamedTuple):
    """Everything about one exposure.

    Attributes:
        windows: The nearest to the line first.
        versions: Every version of the threshold, the latest first.
        crossed: Every time it was met, the latest first.
    """

    view: ExposureView
    windows: tuple[WindowSold, ...]
    versions: tuple[Threshold, ...]
    crossed: tuple[Crossed, ...]

    @property
    def company_ids(self) -> tuple[int, ...]:
        """Whose sales are added up."""
        return (self.view.company.id, *(each.id for each in self.view.with_companies))

    def window(self, name: str | None) -> Sold:
        """The window called so; without a name the nearest, or this year where there is none.

        Raises:
            NotFoundError: None is called so.
        """
        if name is None:
            return self.view.sold
        for each in self.windows:
            if each.measure.name == name:
                return each.sold
        known = ", ".join(each.measure.name for each in self.windows) or "there is none"
        msg = f"window {name!r}: no such window: one of {known}"
        raise NotFoundError(msg)


def detail(
    tx: Transaction, company_id: int, jurisdiction: str, on: dt.date, policy: Policy
) -> Detail:
    """What a company's exposure in *jurisdiction* is made of, as it is on the day *on*.

    Raises:
        NotFoundError: It is nowhere in the United States that is known.
    """
    if jurisdiction not in jurisdictions():
        msg = f"{jurisdiction}: is no state that is known: write its two letters"
        raise NotFoundError(msg)
    versions = policy.nexus.thresholds.versions(jurisdiction)
    look = Look.at(tx, [company_id], on, policy.nexus, [jurisdiction])
    (view,) = views(tx, look, policy)
    ids = (company_id, *(each.id for each in view.with_companies))
    buckets = added(look.sold, ids, jurisdiction)
    orders = tx.exposures.orders({each.order_id for each in view.crossings if each.order_id})
    return Detail(
        view=view,
        windows=tuple(_window(view, each, buckets, on) for each in view.exposure.measures),
        versions=versions[::-1],
        crossed=tuple(
            Crossed(each, orders.get(each.order_id or 0)) for each in reversed(view.crossings)
        ),
    )


def _window(
    view: ExposureView, measure: Measure, buckets: Sequence[Bucket], on: dt.date
) -> WindowSold:
    last = min(measure.last, on)
    sold = sold_in(buckets, Sold(measure.name, measure.first, last))
    return WindowSold(measure, sold, tuple(_months(view, sold, buckets)))


def _months(view: ExposureView, window: Sold, buckets: Sequence[Bucket]) -> Iterator[MonthSold]:
    threshold = view.threshold
    first = window.first
    while first <= window.last:
        last = min(last_of(month_of(first)), window.last)
        sold = sold_in(buckets, Sold(f"{first:%Y-%m}", first, last))
        counts = sums(threshold, buckets, first, last) if threshold else Totals()
        yield MonthSold(sold, counts.amount(counted(view)), counts.count(counted(view)))
        first = last + dt.timedelta(days=1)


def counted(view: ExposureView) -> tuple[Treatment, ...]:
    """What of a sale counts there; all of it where there is no line."""
    return ((view.threshold and view.threshold.base) or Base.GROSS).treatments


# --- orders ----------------------------------------------------------------------------


class Behind(NamedTuple):
    """Which orders are asked for: of whom, where, when, and just what counts or all of it."""

    company_ids: tuple[int, ...]
    jurisdiction: str
    first: dt.date
    last: dt.date
    treatments: tuple[Treatment, ...]
    marketplace: bool | None


def behind(found: Detail, window: Sold, *, everything: bool = False) -> Behind:
    """The orders that the figure of *window* is made of: what of them counts adds up to it.

    With *everything* the others are among them. Orders that are not in USD are
    set aside, and add nothing.
    """
    threshold = found.view.threshold
    direct = threshold is not None and not threshold.marketplace_sales
    return Behind(
        found.company_ids,
        found.view.jurisdiction,
        window.first,
        window.last,
        tuple(Treatment) if everything else counted(found.view),
        False if direct and not everything else None,
    )


def orders(
    tx: Transaction,
    asked: Behind,
    *,
    after: tuple[dt.date, int] | None = None,
    limit: int = ORDERS_AT_ONCE,
) -> list[CountedOrder]:
    """A page of them, by day; *after* is the `CountedOrder.place` of the one to go on after."""
    return tx.sales.orders(
        asked.company_ids,
        asked.jurisdiction,
        asked.first,
        asked.last,
        treatments=asked.treatments,
        marketplace=asked.marketplace,
        after=after,
        limit=limit,
    )


def every_order(tx: Transaction, asked: Behind) -> Iterable[CountedOrder]:
    """All of them, a page at a time."""
    after = None
    while page := orders(tx, asked, after=after):
        yield from page
        after = page[-1].place
