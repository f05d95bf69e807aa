"""Sales of a seller, and how near they come to the states' thresholds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from exempt.adapters.store.store import SqlStore
from exempt.model.sources import OrderKind
from exempt.services import exposures
from exempt.services.exposures import ExposureView
from exempt.services.policy import NexusPolicy, Policy
from exempt.services.ports import Transaction
from support.records import NOW, TODAY, address, order
from support.world import Source


def sale(number: str, state: str, day: str, dollars: float, **changes: Any) -> Any:
    """An order by its number: to a state, on a day, over so many dollars; less than 0 a credit."""
    kind = OrderKind.CREDIT if dollars < 0 else OrderKind.ORDER
    fields: dict[str, Any] = {
        "ship_to": address(state),
        "order_date": dt.date.fromisoformat(day),
        "total": Decimal(str(dollars)),
        "kind": kind,
    }
    return order(number, **{**fields, **changes})


def sell(source: Source, *sold: Any) -> None:
    """Let orders come in from a connection."""
    source.remote.put(*sold)
    source.pull()


def nexus(**changes: Any) -> Policy:
    """A policy that watches in another way."""
    return Policy(nexus=NexusPolicy(**changes))


def views(
    store: SqlStore,
    on: dt.date = TODAY,
    policy: Policy | None = None,
    company: str = "northwind",
) -> dict[str, ExposureView]:
    """The exposures of a company, by state: ``TX``."""
    with store.reading() as tx:
        found = exposures.exposures(tx, [company_id(tx, company)], on, policy or Policy())
    return {view.jurisdiction.removeprefix("US-"): view for view in found}


def company_id(tx: Transaction, key: str) -> int:
    """The id of a company."""
    return next(company.id for company in tx.cards.companies() if company.key == key)


def refreshed(store: SqlStore, policy: Policy | None = None, now: dt.datetime = NOW) -> None:
    """What the background does: work out what was touched, and keep it."""
    assert exposures.refresh(store, policy or Policy(), lambda: now, lambda: False)


def said(view: ExposureView) -> str:
    """``met 110.0 % with 110,000.00 in 2 sales in 2026, crossed 2026-03-10 by O-2``."""
    text = f"{view.status} {view.exposure.percent} %"
    if view.exposure.measures:
        nearest = view.exposure.measures[0]
        amount = Decimal(nearest.amount).scaleb(-2)
        text += f" with {amount:,.2f} in {nearest.transactions} sales in {nearest.name}"
    if view.spell:
        by = view.crossed_by.label if view.crossed_by else "nothing"
        text += f", crossed {view.spell.crossed_on} by {by}"
    return text
