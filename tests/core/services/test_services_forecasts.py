"""Forecasts out of what is counted: whose sales, which law, and what certificates would change."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from exempt import Stream
from exempt.errors import NotFoundError, RefusedError
from exempt.model.nexus import ExposureStatus
from exempt.rules.forecast import Outlook
from exempt.services import companies, forecasts
from exempt.services.forecasts import Collectable, ForecastView, WhatIf
from exempt.services.policy import Policy
from support.nexus import nexus, sale, sell
from support.records import TODAY, customer
from support.world import Source, World

POLICY = Policy()
WEEK = dt.timedelta(days=7)


def weekly(state: str, dollars: float, weeks: int = 46, **more: Any) -> list[Any]:
    """A sale a week, today the last; with 46 since the first days of this year."""
    return [
        sale(f"{state}-{back}", state, str(TODAY - back * WEEK), dollars, **more)
        for back in range(weeks)
    ]


def forecast(
    world: World, state: str, policy: Policy = POLICY, on: dt.date = TODAY
) -> ForecastView:
    """Northwind's."""
    with world.store.reading() as tx:
        company = companies.find(tx.cards.companies(), "northwind")
        return forecasts.forecast(tx, company, f"US-{state}", on, policy)


def what_if(world: World, state: str, *texts: str) -> WhatIf:
    """Northwind's, and as it would be."""
    with world.store.reading() as tx:
        company = companies.find(tx.cards.companies(), "northwind")
        return forecasts.what_if(tx, company, f"US-{state}", TODAY, POLICY, texts)


def collectable(world: World, state: str) -> Collectable | None:
    """Northwind's."""
    with world.store.reading() as tx:
        company = companies.find(tx.cards.companies(), "northwind")
        return forecasts.collectable(tx, company, f"US-{state}", TODAY, POLICY)


def test_a_line_that_sales_will_reach_is_foreseen(world: World, erp: Source) -> None:
    sell(erp, *weekly("KS", 2_100))  # 96,600 since New Year: 100,000 by the second week from now
    found = forecast(world, "KS")
    assert (found.forecast.outlook, found.status) == (
        Outlook.EXPECTED, ExposureStatus.APPROACHING,
    )  # fmt: skip
    assert found.forecast.percent == Decimal("96.6")
    assert found.forecast.day is not None
    assert TODAY < found.forecast.day <= TODAY + 2 * WEEK
    assert forecast(world, "KS", nexus(approaching_percent=97)).status is ExposureStatus.NONE


def test_on_an_earlier_day_later_sales_are_not_known(world: World, erp: Source) -> None:
    sell(erp, *weekly("KS", 2_100))
    then = TODAY - 10 * WEEK
    found = forecast(world, "KS", on=then).forecast
    assert (found.on, found.percent) == (then, Decimal("75.6"))


def test_states_are_listed_the_first_to_be_met_first(world: World, erp: Source) -> None:
    sell(erp, *weekly("OK", 500), *weekly("KS", 2_100), *weekly("IA", 3_000), *weekly("WA", 2_000))
    with world.store.reading() as tx:
        found = forecasts.forecasts(tx, None, TODAY, POLICY)
        none = forecasts.forecasts(tx, [], TODAY, POLICY)
    northwind = [view for view in found if view.company.key == "northwind" and view.matters]
    assert [view.jurisdiction for view in northwind] == ["US-IA", "US-KS", "US-WA", "US-OK"]
    assert (northwind[0].status, northwind[0].forecast.outlook) == (
        ExposureStatus.MET, Outlook.MET,
    )  # fmt: skip
    assert none == []
    assert len(found) == len(POLICY.nexus.thresholds.jurisdictions) * len(
        {view.company.id for view in found}
    )


def test_where_nothing_is_sold_or_levied_nothing_matters(world: World, erp: Source) -> None:
    sell(erp, *weekly("OR", 2_100))
    assert not forecast(world, "OR").matters
    assert forecast(world, "OR").forecast.outlook is Outlook.NO_LINE
    assert not forecast(world, "TX").matters


def test_a_place_that_is_not_known_is_refused(world: World, erp: Source) -> None:
    with pytest.raises(NotFoundError, match="US-XX: is no state"):
        forecast(world, "XX")


def test_what_is_supposed_stands_beside_what_is(world: World, erp: Source) -> None:
    sell(erp, *weekly("KS", 1_500))
    found = what_if(world, "KS", "sale 40000 on 2026-11-01")
    assert (found.now.status, found.then.status) == (ExposureStatus.NONE, ExposureStatus.MET)
    assert found.then.forecast.percent == found.now.forecast.percent + 40
    assert what_if(world, "KS").then == found.now
    with pytest.raises(RefusedError, match="banana"):
        what_if(world, "KS", "banana")


def test_sales_without_a_rate_are_told(world: World, erp: Source) -> None:
    sell(erp, *weekly("KS", 2_100), sale("O-EUR", "KS", "2026-11-01", 5, currency="EUR"))
    assert forecast(world, "KS").set_aside == ("EUR",)
    assert forecast(world, "IA").set_aside == ()


# --- certificates that could be collected ------------------------------------------------


def test_claims_without_a_certificate_could_leave_what_counts(world: World, erp: Source) -> None:
    erp.remote.put(customer())
    erp.pull(Stream.CUSTOMERS)
    sell(
        erp,
        sale("O-1", "GA", "2026-03-10", 700, tax_applicable=False),
        sale("O-2", "GA", "2026-04-10", 300, tax_applicable=False),
        sale("O-3", "GA", "2026-04-10", 50),
        sale("O-4", "GA", "2025-04-10", 900, tax_applicable=False),
    )
    first = dt.date(2026, 1, 1)
    assert collectable(world, "GA") == Collectable((first, TODAY), 100_000, 2, all=True)


@pytest.mark.parametrize("state", ["KS", "OR"], ids=["all sales count", "no tax"])
def test_where_certificates_change_nothing_none_are_looked_for(
    state: str, world: World, erp: Source
) -> None:
    assert collectable(world, state) is None


def test_many_orders_are_looked_at_a_page_at_a_time(
    world: World, erp: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp.remote.put(customer())
    erp.pull(Stream.CUSTOMERS)
    sell(erp, *weekly("GA", 10, 10, tax_applicable=False))
    monkeypatch.setattr(forecasts, "_ORDERS_AT_ONCE", 3)
    found = collectable(world, "GA")
    assert found is not None
    assert (found.amount, found.orders, found.all) == (10_000, 10, True)
    monkeypatch.setattr(forecasts, "_MOST_ORDERS", 6)
    most = collectable(world, "GA")
    assert most is not None
    assert (most.amount, most.orders, most.all) == (6_000, 6, False)
