"""Economic nexus: how near each state's threshold is, and what that is made of."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator

from exempt.data import jurisdictions
from exempt.model.access import Right
from exempt.model.address import Jurisdiction
from exempt.services import exposure_details, exposures, scoped
from exempt.services.exposure_details import Detail
from exempt.services.ports import Transaction
from exempt.services.sale_ports import CountedOrder
from exempt.web.api import nexus_shown as show
from exempt.web.api.calls import Call, Called
from exempt.web.api.nexus_bodies import (
    NexusExposureInFull,
    NexusExposureList,
    NexusExposureQuery,
    NexusOrderList,
    NexusOrderQuery,
    NexusThresholdList,
    NexusThresholdQuery,
    OfCompany,
)
from exempt.web.api.operations import Operations
from exempt.web.api.paging import listed

operations = Operations("Economic nexus", "How near each state's threshold is.")


def _state(code: str) -> str:
    if code not in jurisdictions():
        msg = "is no state that is known: write it as US-TX"
        raise ValueError(msg)
    return code


State = Annotated[Jurisdiction, AfterValidator(_state), Path(description="A state, as `US-TX`.")]


@operations.get("/nexus/exposures", Right.READ, 404)
def list_nexus_exposures(
    call: Called, query: Annotated[NexusExposureQuery, Query()]
) -> NexusExposureList:
    """List how near each company is to each state's threshold: window, line, totals, percent.

    Amounts follow every page of orders at once.
    """
    with call.store.reading() as tx:
        keys = [query.company] if query.company else []
        ids = scoped.company_ids(tx, keys, call.caller)
        found = exposures.exposures(tx, ids, query.on or _today(call), call.site.policy)
        seen = _seen(tx, call)
    return NexusExposureList(
        data=tuple(
            show.exposure(view, seen)
            for view in found
            if (view.matters or query.everything) and query.status in {None, view.status}
        )
    )


@operations.get("/nexus/exposures/{jurisdiction}", Right.READ, 404, 409)
def get_nexus_exposure(
    call: Called, jurisdiction: State, query: Annotated[OfCompany, Query()]
) -> NexusExposureInFull:
    """One exposure with all that it is made of: months, spells, versions of the law."""
    with call.store.reading() as tx:
        found = _detail(tx, call, jurisdiction, query.company, query.on)
        return show.in_full(found, _seen(tx, call))


def _seen(tx: Transaction, call: Call) -> show.Seen:
    names = frozenset(row.name for row in scoped.connections(tx, call.caller))
    return show.Seen(call.caller.sees, names, call.act.at)


@operations.get("/nexus/exposures/{jurisdiction}/orders", Right.READ, 404, 409)
def list_nexus_orders(
    call: Called, jurisdiction: State, query: Annotated[NexusOrderQuery, Query()]
) -> NexusOrderList:
    """List the orders behind a figure: what counts of those in USD adds up to it.

    Where the sales of related companies are added, those of companies that the
    key is not for are left out.
    """
    with call.store.reading() as tx:
        found = _detail(tx, call, jurisdiction, query.company, query.on)
        window = found.window(query.window)
        asked = exposure_details.behind(found, window, everything=query.everything)
        mine = tuple(filter(call.caller.sees, asked.company_ids))
        after, limit = query.wanted
        rows = exposure_details.orders(
            tx, asked._replace(company_ids=mine), after=_place(after), limit=limit
        )
    return NexusOrderList(
        **listed(
            call,
            query,
            rows,
            _end,
            lambda rows: [show.order(row) for row in rows],
        )
    )


# A part of a list ends with an order; where that is, is its day and its id, told as one number.
_IDS = 10**10
_DAY_ZERO = dt.date(1900, 1, 1).toordinal()


def _end(row: CountedOrder) -> int:
    return (row.day.toordinal() - _DAY_ZERO) * _IDS + row.order_id


def _place(end: int) -> tuple[dt.date, int] | None:
    days, order_id = divmod(end, _IDS)
    return (dt.date.fromordinal(_DAY_ZERO + days), order_id) if end else None


def _detail(
    tx: Transaction, call: Call, jurisdiction: str, company: str | None, on: dt.date | None
) -> Detail:
    mine = scoped.company(tx, company, call.caller)
    policy = call.site.policy
    return exposure_details.detail(tx, mine.id, jurisdiction, on or _today(call), policy)


def _today(call: Call) -> dt.date:
    return call.act.at.date()


# --- thresholds ------------------------------------------------------------------------


@operations.get("/nexus/thresholds", Right.READ)
def list_nexus_thresholds(
    call: Called, query: Annotated[NexusThresholdQuery, Query()]
) -> NexusThresholdList:
    """List the states' thresholds, every version of them, each with its source."""
    known = call.site.policy.nexus.thresholds
    rows = known.versions(query.jurisdiction) if query.jurisdiction else known.rows
    return NexusThresholdList(
        version=known.version,
        data=tuple(
            show.threshold(row) for row in rows if query.on is None or row.in_force(query.on)
        ),
    )
