"""Exposures as the API tells them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from exempt.data import currency_exponent
from exempt.model.nexus import ExposureStatus, Measure, Threshold, Treatment
from exempt.services.exposure_details import Detail, WindowSold, counted
from exempt.services.exposure_ports import Crossing, CrossingOrder
from exempt.services.exposure_sales import Sold
from exempt.services.exposures import ExposureView
from exempt.services.sale_ports import CountedOrder
from exempt.web.api.nexus_bodies import (
    CrossedBy,
    NexusExposure,
    NexusExposureInFull,
    NexusMonth,
    NexusOrder,
    NexusSpell,
    NexusThreshold,
    NexusWindow,
    NexusWindowInFull,
    SalesSetAside,
    SalesUnknown,
    TreatedSales,
)


def usd(cents: int) -> Decimal:
    """An amount in dollars."""
    return Decimal(cents).scaleb(-2)


def threshold(row: Threshold) -> NexusThreshold:
    """One version of the law."""
    return NexusThreshold(**{name: getattr(row, name) for name in NexusThreshold.model_fields})


class Seen(NamedTuple):
    """What a caller sees: where related companies are added up, not every one of these.

    Attributes:
        company: Whether it sees the company with an id.
        connections: The names of the connections that it sees.
        at: The moment, at which what is not kept was worked out.
    """

    company: Callable[[int], bool]
    connections: frozenset[str]
    at: dt.datetime


def exposure(view: ExposureView, seen: Seen) -> NexusExposure:
    """One exposure: of related companies the sums, and details just of those that are seen."""
    last = view.crossings[-1] if view.spell else None
    return NexusExposure(
        company=view.company.key,
        with_companies=tuple(each.key for each in view.with_companies if seen.company(each.id)),
        jurisdiction=view.jurisdiction,
        on=view.exposure.on,
        status=view.status,
        met=view.status is ExposureStatus.MET,
        percent=view.exposure.percent,
        levies_sales_tax=view.levies,
        threshold=threshold(view.threshold) if view.threshold else None,
        windows=tuple(map(_window, view.exposure.measures)),
        sales=_sales(view, view.sold),
        spell=_spell(last, view.crossed_by, seen) if last else None,
        registered_from=view.registration and view.registration.registered_from,
        physical_since=view.physical_since,
        needs_registration=view.unregistered,
        set_aside=tuple(
            SalesSetAside(
                currency=each.currency,
                since=each.first,
                amount=Decimal(each.totals.amount()).scaleb(-currency_exponent(each.currency)),
                transactions=each.totals.count(),
            )
            for each in view.set_aside
            if seen.company(each.company_id)
        ),
        unknown=tuple(
            SalesUnknown(
                why=each.why,
                wanted_from=each.wanted.first_day,
                known_from=each.known_from,
                connection=each.connection if each.connection in seen.connections else None,
            )
            for each in view.lacks
        ),
        refreshed_at=view.refreshed_at or seen.at,
    )


def in_full(found: Detail, seen: Seen) -> NexusExposureInFull:
    """One exposure, and all that it is made of."""
    view = found.view
    return NexusExposureInFull(
        **dict(exposure(view, seen)),
        windows_in_full=tuple(_window_in_full(view, each) for each in found.windows),
        spells=tuple(_spell(each.crossing, each.order, seen) for each in found.crossed),
        versions=tuple(map(threshold, found.versions)),
    )


def _window(measure: Measure) -> NexusWindow:
    return NexusWindow(
        name=measure.name,
        first_day=measure.first,
        last_day=measure.last,
        amount=usd(measure.amount),
        transactions=measure.transactions,
        percent=measure.percent,
        reached=measure.reached,
        counts_from=measure.counts_from,
    )


def _window_in_full(view: ExposureView, window: WindowSold) -> NexusWindowInFull:
    months = (
        NexusMonth(
            first_day=each.sold.first,
            last_day=each.sold.last,
            sales=_sales(view, each.sold),
            amount=usd(each.amount),
            transactions=each.transactions,
        )
        for each in window.months
    )
    return NexusWindowInFull(**dict(_window(window.measure)), months=tuple(months))


def _sales(view: ExposureView, sold: Sold) -> tuple[TreatedSales, ...]:
    counts = counted(view)
    return tuple(
        TreatedSales(
            treatment=each,
            counts=each in counts if view.levies else None,
            direct=usd(sold.direct.amount([each])),
            marketplace=usd(sold.marketplace.amount([each])),
            transactions=sold.totals.count([each]),
        )
        for each in Treatment
    )


def _spell(crossing: Crossing, order: CrossingOrder | None, seen: Seen) -> NexusSpell:
    spell = crossing.spell
    shown = order is not None and seen.company(order.company_id)
    return NexusSpell(
        crossed_on=spell.crossed_on,
        crossed_by=_crossed_by(order) if order and shown else None,
        met_on=spell.met_on,
        ended_on=spell.ended_on,
        collect_from=spell.collect_from,
        window=spell.window,
    )


def _crossed_by(order: CrossingOrder) -> CrossedBy:
    return CrossedBy(**{name: getattr(order, name) for name in CrossedBy.model_fields})


def order(row: CountedOrder) -> NexusOrder:
    """An order behind a figure."""

    def amount(minor: int) -> Decimal:
        return Decimal(minor).scaleb(-currency_exponent(row.currency))

    in_usd = row.currency == "USD"
    return NexusOrder(
        order_id=row.order_id,
        connection=row.connection,
        external_id=row.external_id,
        number=row.number,
        day=row.day,
        counts=amount(row.counts) if in_usd else Decimal(0),
        transaction=row.transaction and in_usd,
        total=amount(row.total),
        currency=row.currency,
        marketplace=row.marketplace,
        treatments={each: amount(minor) for each, minor in row.treatments.items()},
    )
