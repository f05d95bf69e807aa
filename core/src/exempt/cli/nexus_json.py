"""Exposures for scripts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from exempt.model.nexus import Measure, Totals, Treatment
from exempt.services.exposure_details import Detail, WindowSold
from exempt.services.exposure_overview import Beside, needing
from exempt.services.exposure_sales import Sold
from exempt.services.exposures import ExposureView
from exempt.services.sale_ports import CountedOrder


def table(views: Sequence[ExposureView], beside: Beside, on: dt.date) -> dict[str, Any]:
    """``exempt nexus --json``."""
    return {
        "on": on,
        "exposures": [exposure(view) for view in views],
        "no_state": [
            {"country": each.jurisdiction or None, "company_id": each.company_id}
            | _totals(each.totals)
            for each in beside.unplaced
        ],
        "being_counted": list(beside.waiting),
        "known_late": list(beside.late),
        "seem_to_count_twice": [
            {"one": str(each.one), "other": str(each.other), "pairs": each.pairs}
            for each in beside.twice
        ],
    }


def status(views: Sequence[ExposureView]) -> dict[str, Any]:
    """What ``exempt status --json`` says of nexus: who is met and near, of which company."""
    return {
        what: [{"company": view.company.key, "jurisdiction": view.jurisdiction} for view in found]
        for what, found in needing(views)._asdict().items()
    }


def exposure(view: ExposureView) -> dict[str, Any]:
    """One exposure; amounts are in cents of USD."""
    spell, threshold = view.spell, view.threshold
    return {
        "company": view.company.key,
        "jurisdiction": view.jurisdiction,
        "status": view.status,
        "percent": view.exposure.percent,
        "levies": view.levies,
        "threshold": threshold and threshold.version,
        "measures": [_measure(each) for each in view.exposure.measures],
        "sold": _sold(view.sold),
        "own": _sold(view.own),
        "with_companies": [each.key for each in view.with_companies],
        "spell": spell and spell._asdict(),
        "crossed_by": view.crossed_by and view.crossed_by._asdict(),
        "registered_from": view.registration and view.registration.registered_from,
        "physical_since": view.physical_since,
        "needs_registration": view.unregistered,
        "set_aside": [
            {"currency": each.currency, "since": each.first, **_totals(each.totals)}
            for each in view.set_aside
        ],
        "lacks": [
            {
                "why": each.why,
                "wanted_from": each.wanted.first_day,
                "connection": each.connection,
                "known_from": each.known_from,
            }
            for each in view.lacks
        ],
        "refreshed_at": view.refreshed_at,
    }


def detail(found: Detail) -> dict[str, Any]:
    """``exempt nexus TX --json``, of one company."""
    return {
        **exposure(found.view),
        "windows": [_window(each) for each in found.windows],
        "spells": [
            {**each.crossing.spell._asdict(), "crossed_by": each.order and each.order._asdict()}
            for each in found.crossed
        ],
        "versions": list(found.versions),
    }


def orders(found: Detail, window: Sold, counted: Iterable[CountedOrder]) -> dict[str, Any]:
    """``exempt nexus TX --orders --json``."""
    return {
        "company": found.view.company.key,
        "jurisdiction": found.view.jurisdiction,
        "from": window.first,
        "to": window.last,
        "orders": [each._asdict() for each in counted],
    }


def _measure(measure: Measure) -> dict[str, Any]:
    return measure._asdict()


def _window(window: WindowSold) -> dict[str, Any]:
    return {
        **_measure(window.measure),
        "sold": _sold(window.sold),
        "months": [
            {**_sold(each.sold), "amount": each.amount, "transactions": each.transactions}
            for each in window.months
        ],
    }


def _sold(sold: Sold) -> dict[str, Any]:
    return {
        "name": sold.name,
        "from": sold.first,
        "to": sold.last,
        "direct": _totals(sold.direct),
        "marketplace": _totals(sold.marketplace),
    }


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "amounts": {each: totals.amount([each]) for each in Treatment},
        "transactions": {each: totals.count([each]) for each in Treatment},
    }
