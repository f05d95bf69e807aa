"""Exposures follow sales at once, and what is kept of them is what would be worked out now."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from exempt import Stream
from exempt.adapters.store.store import SqlStore
from exempt.data.pack import shipped_thresholds_text
from exempt.model.certificate import ReviewStatus
from exempt.model.nexus import ExposureStatus, Totals
from exempt.model.presence import PresenceKind
from exempt.rules.registrations import RegistrationDetails
from exempt.rules.thresholds import read_thresholds
from exempt.services import certificates, exposures, recounting, reviewing
from exempt.services.exposures import ExposureView
from exempt.services.presence_ports import NewPresence
from exempt.services.rates import import_rates
from exempt.services.registrations import add
from support.nexus import company_id, nexus, refreshed, said, sale, sell, views
from support.records import DAY, NOW, TODAY, customer, details
from support.world import Source, World

ALL = 52
"""The states, the District of Columbia, Puerto Rico."""


def as_kept(found: dict[str, ExposureView]) -> dict[str, ExposureView]:
    """Exposures, but for the moment at which they were worked out."""
    return {state: view._replace(refreshed_at=None) for state, view in found.items()}


def both_ways(world: World, on: dt.date = TODAY) -> dict[str, ExposureView]:
    """The exposures, seen to be the same worked out now and read as kept."""
    now = views(world.store, on)
    refreshed(world.store, now=dt.datetime.combine(on, NOW.timetz()))
    kept = views(world.store, on)
    assert as_kept(now) == as_kept(kept)
    return kept


# --- one company -----------------------------------------------------------------------


def test_a_seller_without_sales_is_near_nothing(world: World, erp: Source) -> None:
    found = both_ways(world)
    assert len(found) == ALL
    assert {view.status for view in found.values()} == {ExposureStatus.NONE}
    assert not any(view.matters for view in found.values())


@pytest.mark.parametrize(
    ("sold", "what"),
    [
        # Kansas: more than 100,000 of all sales, this or last calendar year.
        pytest.param(
            [("KS", "2026-03-10", 60_000), ("KS", "2026-04-10", 40_000)],
            "approaching 100.0 % with 100,000.00 in 2 sales in 2026",
            id="at the line",
        ),
        pytest.param(
            [("KS", "2026-03-10", 60_000), ("KS", "2026-04-10", 40_000), ("KS", "2026-04-10", 1)],
            "met 100.0 % with 100,001.00 in 3 sales in 2026, crossed 2026-04-10 by O-3",
            id="over it by the third order",
        ),
        pytest.param(
            [("KS", "2025-03-10", 150_000), ("KS", "2026-04-10", 10)],
            "met 150.0 % with 150,000.00 in 1 sales in 2025, crossed 2025-03-10 by O-1",
            id="last year",
        ),
        pytest.param(
            [("KS", "2024-03-10", 150_000)],
            "none 0.0 % with 0.00 in 0 sales in 2026",
            id="two years ago: no more",
        ),
        # 120,000 less a credit of 30,000 on its own day are 90,000: below again.
        pytest.param(
            [("KS", "2026-03-10", 120_000), ("KS", "2026-05-01", -30_000)],
            "approaching 90.0 % with 90,000.00 in 1 sales in 2026",
            id="met, and below again by a credit",
        ),
        # Florida counts the year before: it is met on 1 January if it stays so.
        pytest.param(
            [("FL", "2026-03-10", 150_000)],
            "approaching 150.0 % with 150,000.00 in 1 sales in 2026, crossed 2026-03-10 by O-1",
            id="over the line in a year that counts later",
        ),
        # Georgia: 200 sales are enough; marketplaces stay out.
        pytest.param(
            [("GA", "2026-03-10", 1, {"marketplace": "amazon"})] * 3
            + [("GA", "2026-03-10", 5)] * 2,
            "none 1.0 % with 10.00 in 2 sales in 2026",
            id="a marketplace's are not counted in Georgia",
        ),
        pytest.param(
            [("GA", "2026-03-10", 5)] * 200,
            "met 100.0 % with 1,000.00 in 200 sales in 2026, crossed 2026-03-10 by O-200",
            id="200 sales",
        ),
    ],
)
def test_what_was_sold_is_held_against_the_line(
    sold: list[tuple[Any, ...]], what: str, world: World, erp: Source
) -> None:
    rows = [
        sale(f"O-{number}", state, day, dollars, **(more[0] if more else {}))
        for number, (state, day, dollars, *more) in enumerate(sold, 1)
    ]
    sell(erp, *rows)
    assert said(both_ways(world)[sold[0][0]]) == what


def test_the_nearest_come_first_and_what_is_met_before_them(world: World, erp: Source) -> None:
    sell(
        erp,
        sale("O-1", "KS", "2026-03-10", 101_000),  # met: 101 %
        sale("O-2", "FL", "2026-03-10", 300_000),  # 300 %, but only from January on
        sale("O-3", "OK", "2026-03-10", 85_000),
        sale("O-4", "CA", "2026-03-10", 100_000),  # 20 % of 500,000
    )
    assert list(views(world.store))[:4] == ["KS", "FL", "OK", "CA"]


def test_a_page_that_arrives_changes_what_is_read_next(world: World, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 90_000))
    refreshed(world.store)
    assert said(views(world.store)["KS"]) == "approaching 90.0 % with 90,000.00 in 1 sales in 2026"
    sell(erp, sale("O-2", "KS", "2026-06-01", 20_000))
    met = "met 110.0 % with 110,000.00 in 2 sales in 2026, crossed 2026-06-01 by O-2"
    assert said(views(world.store)["KS"]) == met
    sell(erp, sale("O-3", "KS", "2026-01-05", 30_000))  # came late, and crosses no earlier
    assert views(world.store)["KS"].spell is not None
    sell(erp, sale("O-1", "KS", "2026-03-10", 20_000))  # was corrected
    assert views(world.store)["KS"].status is ExposureStatus.NONE


def test_on_an_earlier_day_later_sales_are_not_known(world: World, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 90_000), sale("O-2", "KS", "2026-06-15", 20_000))
    refreshed(world.store)
    before = views(world.store, dt.date(2026, 6, 14))["KS"]
    assert said(before) == "approaching 90.0 % with 90,000.00 in 1 sales in 2026"
    on = views(world.store, dt.date(2026, 6, 15))["KS"]
    assert said(on) == "met 110.0 % with 110,000.00 in 2 sales in 2026, crossed 2026-06-15 by O-2"
    assert on.spell is not None
    assert on.spell.collect_from == dt.date(2026, 6, 16)  # with the next sale


def test_what_is_dated_ahead_does_not_count_yet(world: World, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-11-30", 150_000))
    assert both_ways(world)["KS"].status is ExposureStatus.NONE
    ahead = views(world.store, dt.date(2026, 11, 30))["KS"]
    assert (
        said(ahead) == "met 150.0 % with 150,000.00 in 1 sales in 2026, crossed 2026-11-30 by O-1"
    )


@pytest.mark.parametrize(
    ("state", "sold", "days"),
    [
        pytest.param("KS", "2025-03-10", {"2026-12-31": "met", "2027-01-01": "none"},
                     id="this or last year ends with this one"),
        pytest.param("FL", "2026-03-10", {"2026-12-31": "approaching", "2027-01-01": "met",
                                          "2028-01-01": "none"},
                     id="the year before begins to count, and ends"),
        pytest.param("TN", "2026-03-10", {"2027-03-09": "met", "2027-03-10": "none"},
                     id="it leaves the twelve months"),
    ],
)  # fmt: skip
def test_a_new_day_is_read_rightly_before_the_background_has_looked(
    state: str, sold: str, days: dict[str, str], world: World, erp: Source
) -> None:
    sell(erp, sale("O-1", state, sold, 150_000))
    refreshed(world.store)
    for day, status in days.items():
        on = dt.date.fromisoformat(day)
        assert views(world.store, on)[state].status == status
        assert both_ways(world, on)[state].status == status


def test_what_is_known_beside_sales_stands_there_too(world: World, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 150_000), sale("O-2", "GA", "2026-03-10", 150_000))
    rows = [
        RegistrationDetails(jurisdiction="KS", registered_from=dt.date(2026, 4, 1)),
        RegistrationDetails(jurisdiction="OH", registered_from=dt.date(2027, 1, 1)),
    ]
    with world.store.writing() as tx:
        northwind = company_id(tx, "northwind")
        stock = NewPresence("US-NV", PresenceKind.INVENTORY, dt.date(2024, 5, 1))
        tx.presence.add(northwind, [stock], NOW, "anna")
    add(world.store, northwind, rows, world.act())
    found = views(world.store)
    assert [state for state, view in found.items() if view.unregistered] == ["GA", "NV"]
    assert found["NV"].physical_since == dt.date(2024, 5, 1)
    assert found["KS"].registration is not None
    assert found["KS"].registered_late  # collect from 2026-03-11, the day after
    assert {state for state, view in found.items() if view.matters} == {"KS", "GA", "NV", "OH"}


def test_a_state_without_sales_tax_has_sales_and_no_line(world: World, erp: Source) -> None:
    sell(erp, sale("O-1", "OR", "2026-03-10", 900_000))
    found = both_ways(world)["OR"]
    assert (found.levies, found.status, found.exposure.measures) == (False, "none", ())
    assert found.sold.totals == Totals(900_000_00, taxable_count=1)


def test_sales_without_a_rate_are_set_aside_and_count_once_there_is_one(
    world: World, erp: Source
) -> None:
    sell(
        erp,
        sale("O-1", "KS", "2026-03-10", 80_000),
        sale("O-2", "KS", "2026-03-11", 50_000, currency="EUR"),
    )
    found = both_ways(world)["KS"]
    assert said(found) == "approaching 80.0 % with 80,000.00 in 1 sales in 2026"
    assert [(each.currency, each.totals.taxable) for each in found.set_aside] == [
        ("EUR", 50_000_00)
    ]
    # 50,000 EUR at 1.10 are 55,000 USD; 135,000 in all.
    import_rates(world.store, "currency,day,rate\nEUR,2026-01-01,1.10\n", world.act())
    assert recounting.recount(world.store, world.act().policy, lambda: world.now, lambda: False)
    found = both_ways(world)["KS"]
    assert (
        said(found) == "met 135.0 % with 135,000.00 in 2 sales in 2026, crossed 2026-03-11 by O-2"
    )
    assert found.set_aside == ()


def test_the_settings_say_from_which_share_on_it_is_near(world: World, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 60_000))
    assert views(world.store)["KS"].status == "none"
    assert views(world.store, policy=nexus(approaching_percent=60))["KS"].status == "approaching"


def test_it_says_where_the_data_begins_later_than_the_state_looks_back(
    world: World, erp: Source
) -> None:
    sell(erp, sale("O-1", "KS", "2025-03-10", 10), sale("O-2", "GA", "2026-03-10", 10))
    found = views(world.store, policy=nexus(lookback_years=1, lookback={"US-GA": 3}))
    assert {state for state, view in found.items() if view.lacks} == set(found)
    early = sale("O-3", "OH", "2024-12-30", 10), sale("O-4", "OH", "2025-01-02", 10)
    sell(erp, *early)
    found = views(world.store, policy=nexus(lookback_years=1, lookback={"US-GA": 3}))
    assert [lack.wanted.first_day for lack in found["GA"].lacks] == [dt.date(2023, 1, 1)]


# --- certificates ----------------------------------------------------------------------


def test_a_certificate_accepted_later_lowers_the_base_of_ohio(world: World, erp: Source) -> None:
    # Ohio counts retail sales: what is sold for resale is out, with a certificate on file.
    erp.remote.put(customer("C-1", name="Buckeye", exempt=True), customer("C-2"))
    world.use_register()
    erp.pull(Stream.CUSTOMERS)
    sell(
        erp,
        sale("O-1", "OH", "2026-03-10", 70_000),
        sale("O-2", "OH", "2026-04-10", 50_000, customer_external_id="C-2"),
    )
    refreshed(world.store)
    before = views(world.store)["OH"]
    assert (
        said(before) == "met 120.0 % with 120,000.00 in 2 sales in 2026, crossed 2026-04-10 by O-2"
    )
    new = details(
        "OH", customer_ids=(world.customer_id("Buckeye"),), signed_date=dt.date(2026, 1, 2)
    )
    made = certificates.add(
        world.store, new, world.act(), review_status=ReviewStatus.PENDING, anyway=True
    )
    assert said(views(world.store)["OH"]) == said(before)  # pending: nothing covers it yet
    reviewing.review(world.store, made.certificate.id, world.act(), anyway=True)
    after = both_ways(world)["OH"]
    assert said(after) == "none 50.0 % with 50,000.00 in 1 sales in 2026"
    assert after.sold.totals == Totals(50_000_00, 0, 0, 70_000_00, 1, 0, 0, 1)
    certificates.archive(world.store, made.certificate.id, world.act(), archived=True)


# --- several companies -----------------------------------------------------------------


def test_each_company_is_by_itself_but_where_related_ones_are_added(world: World) -> None:
    top, west = world.connect("top"), world.connect("west", company="west")
    other = world.connect("other", company="other")
    with world.store.writing() as tx:
        tx.connections.company("west", "Northwind West", "northwind")
        tx.connections.company("idle", "Northwind Holding", "northwind")
    for source, amount in ((top, 300_000), (west, 250_000), (other, 90_000)):
        name = source.row.name
        sell(
            source,
            sale(f"{name}-CA", "CA", "2026-03-10", amount),
            sale(f"{name}-KS", "KS", "2026-03-11", 60_000),
        )
    found = {key: views(world.store, company=key) for key in ("northwind", "west", "idle", "other")}
    # California adds related companies: 300,000 + 250,000 are over 500,000.
    together = "met 110.0 % with 550,000.00 in 2 sales in 2026, crossed 2026-03-10 by west-CA"
    assert said(found["northwind"]["CA"]) == said(found["west"]["CA"]) == together
    assert said(found["other"]["CA"]) == "none 18.0 % with 90,000.00 in 1 sales in 2026"
    assert [each.key for each in found["west"]["CA"].with_companies] == ["northwind", "idle"]
    assert found["west"]["CA"].own.totals == Totals(250_000_00, taxable_count=1)
    # Who sells nothing there has nothing to collect, whatever the others sell.
    assert (found["idle"]["CA"].status, found["idle"]["CA"].matters) == ("none", False)
    # Kansas does not: 60,000 each.
    assert said(found["west"]["KS"]) == "none 60.0 % with 60,000.00 in 1 sales in 2026"

    refreshed(world.store)
    assert {key: as_kept(views(world.store, company=key)) for key in found} == {
        key: as_kept(each) for key, each in found.items()
    }
    # What a daughter sells is known at the top at once, kept or not.
    sell(west, sale("west-CA", "CA", "2026-03-10", 50_000))
    assert views(world.store)["CA"].status == "none"
    refreshed(world.store)
    assert views(world.store)["CA"].spell is None


# --- kept ------------------------------------------------------------------------------


def kept_at(store: SqlStore) -> dict[str, dt.datetime | None]:
    """When what is kept of each state was worked out; None = not since it was touched."""
    with store.reading() as tx:
        kept = tx.exposures.kept([company_id(tx, "northwind")])
    return {code: None if each.touched else each.refreshed_at for (_, code), each in kept.items()}


def test_only_what_was_touched_is_worked_out_again(world: World, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 10), sale("O-2", "GA", "2026-03-10", 10))
    refreshed(world.store)
    assert kept_at(world.store) == {"US-KS": NOW, "US-GA": NOW}
    sell(erp, sale("O-3", "KS", "2026-03-11", 10))
    assert kept_at(world.store) == {"US-KS": None, "US-GA": NOW}
    later = NOW + dt.timedelta(hours=1)
    refreshed(world.store, now=later)
    assert kept_at(world.store) == {"US-KS": later, "US-GA": NOW}


def test_another_day_leaves_it_until_something_can_have_changed(world: World, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 10), sale("O-2", "TN", "2026-03-10", 10))
    refreshed(world.store)
    refreshed(world.store, now=NOW + 10 * DAY)
    assert kept_at(world.store) == {"US-KS": NOW, "US-TN": NOW}
    new_year = dt.datetime(2027, 1, 1, 3, tzinfo=dt.UTC)
    refreshed(world.store, now=new_year)
    assert kept_at(world.store) == {"US-KS": new_year, "US-TN": NOW}


def test_other_thresholds_have_it_worked_out_again(world: World, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 60_000))
    refreshed(world.store)
    assert views(world.store)["KS"].refreshed_at == NOW
    lower = shipped_thresholds_text().replace("US-KS,2021-07-01,,100000", "US-KS,2021-07-01,,50000")
    policy = nexus(thresholds=read_thresholds(lower, "a test"))
    lowered = views(world.store, policy=policy)["KS"]
    assert (
        said(lowered) == "met 120.0 % with 60,000.00 in 1 sales in 2026, crossed 2026-03-10 by O-1"
    )
    assert lowered.refreshed_at is None
    refreshed(world.store, policy)
    assert views(world.store, policy=policy)["KS"].refreshed_at == NOW


def test_a_stop_keeps_what_was_done_and_the_next_run_goes_on(world: World, erp: Source) -> None:
    sell(erp, *(sale(f"O-{each}", each, "2026-03-10", 10) for each in ("GA", "KS", "OH")))
    asked = iter([False, True])
    policy = world.act().policy
    assert not exposures.refresh(world.store, policy, lambda: NOW, lambda: next(asked))
    assert sorted(kept_at(world.store).values(), key=str) == [NOW, None, None]
    refreshed(world.store)
    assert set(kept_at(world.store).values()) == {NOW}


def test_both_databases_agree(any_world: World) -> None:
    erp = any_world.connect("erp")
    sell(
        erp,
        sale("O-1", "KS", "2026-03-10", 90_000),
        sale("O-2", "KS", "2026-06-15", 20_000),
        sale("O-3", "TN", "2025-12-15", 99_999.99),
        sale("O-4", "TN", "2026-01-15", 0.02),
    )
    found = both_ways(any_world)
    assert said(found["KS"]) == (
        "met 110.0 % with 110,000.00 in 2 sales in 2026, crossed 2026-06-15 by O-2"
    )
    assert said(found["TN"]) == (
        "met 100.0 % with 100,000.01 in 2 sales in the 12 months to 2026-11-20,"
        " crossed 2026-01-15 by O-4"
    )
    assert found["KS"].crossed_by is not None
    assert found["KS"].crossed_by.total == Decimal(20_000)
