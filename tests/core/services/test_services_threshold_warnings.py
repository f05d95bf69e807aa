"""Thresholds that come near or are met: warned of once, where nobody collects yet."""

from __future__ import annotations

import datetime as dt

import pytest

from exempt.model.nexus import ExposureStatus
from exempt.model.presence import WarningKind, WarningState
from exempt.rules.presences import PresenceDetails
from exempt.rules.registrations import RegistrationDetails
from exempt.services import presences, registrations, warning_steps
from exempt.services.nexus_warnings import raise_threshold_warnings
from support.nexus import company_id, refreshed, sale, sell, views
from support.staff import Firm
from support.world import Source, World

OPEN, CONFIRMED = WarningState.OPEN, WarningState.CONFIRMED
NEAR, MET = WarningKind.APPROACHING, WarningKind.MET


@pytest.fixture
def firm(world: World) -> Firm:
    return Firm(world)


def watch(firm: Firm) -> int:
    refreshed(firm.world.store, firm.policy, firm.world.now)
    return raise_threshold_warnings(firm.world.store, firm.policy, lambda: firm.world.now)


def kinds(firm: Firm, *states: WarningState) -> list[tuple[str, WarningKind]]:
    return [(row.jurisdiction, row.kind) for row in firm.warnings(*states)]


def test_a_threshold_that_comes_near_and_is_then_met(firm: Firm, erp: Source) -> None:
    """Kansas: more than 100,000 this or last calendar year."""
    sell(erp, sale("O-1", "KS", "2026-03-10", 79_000))
    assert watch(firm) == 0
    sell(erp, sale("O-2", "KS", "2026-04-10", 11_000))
    assert [watch(firm), watch(firm)] == [1, 0]
    assert firm.says() == ["Sales to Kansas in 2026 have come to 90% of its threshold."]
    sell(erp, sale("O-3", "KS", "2026-05-04", 20_000))
    assert [watch(firm), watch(firm)] == [1, 0]
    (said,) = firm.says()
    assert said.startswith("Sales to Kansas in 2026 met its threshold on 2026-05-04. Collect tax")
    assert kinds(firm) == [("US-KS", NEAR), ("US-KS", MET)]
    (near,) = firm.warnings(CONFIRMED)
    assert near.closed_by == "exempt"
    assert near.reason == "the threshold is met: another warning tells of that"
    with firm.world.store.reading() as tx:
        (change,) = warning_steps.history(tx, near.id)
    assert change.changed_by == "exempt"


def test_several_are_one_mail(firm: Firm, erp: Source) -> None:
    """B21."""
    sell(erp, sale("O-1", "KS", "2026-03-10", 90_000), sale("O-2", "GA", "2026-03-10", 120_000))
    assert watch(firm) == 2
    (mail,) = firm.told()
    assert mail.subject == "Northwind: 2 warnings of nexus"
    assert "Sales to Kansas in 2026 have come to 90%" in mail.text
    assert "Sales to Georgia in 2026 met its threshold" in mail.text
    watch(firm)
    assert firm.told() == []


def test_orders_that_come_late_raise_no_second_warning(firm: Firm, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-05-04", 120_000))
    assert watch(firm) == 1
    sell(erp, sale("O-2", "KS", "2026-02-04", 120_000))
    assert watch(firm) == 0
    sell(erp, sale("O-3", "KS", "2025-11-04", 120_000))
    assert watch(firm) == 0, "the same spell began earlier"


def test_near_is_told_once_a_year(firm: Firm, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 90_000))
    assert watch(firm) == 1
    warning_steps.dismiss(firm.world.store, 1, "we know", firm.world.act())
    assert watch(firm) == 0
    firm.pass_days(60)
    sell(erp, sale("O-2", "KS", "2027-01-10", 95_000))
    assert watch(firm) == 1


def test_met_is_told_once_a_spell(firm: Firm, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-05-04", 120_000))
    assert watch(firm) == 1
    firm.world.now += dt.timedelta(days=800)
    assert watch(firm) == 0, "met no more"
    sell(erp, sale("O-2", "KS", "2029-01-10", 120_000))
    assert watch(firm) == 1


def test_where_the_company_is_registered_nobody_is_warned(firm: Firm, erp: Source) -> None:
    mine = firm.hr.row.company_id
    sell(erp, sale("O-1", "KS", "2026-03-10", 90_000), sale("O-2", "GA", "2026-03-10", 120_000))
    kansas = RegistrationDetails(jurisdiction="KS", registered_from="2026-01-01")
    registrations.add(firm.world.store, mine, [kansas], firm.world.act())
    assert watch(firm) == 1
    georgia = RegistrationDetails(jurisdiction="GA", registered_from="2026-11-01")
    registrations.add(firm.world.store, mine, [georgia], firm.world.act())
    assert watch(firm) == 0
    assert firm.says() == []
    (row,) = firm.warnings(CONFIRMED)
    assert row.reason == "registered from 2026-11-01 on"


def test_where_physical_nexus_is_confirmed_nobody_is_warned(firm: Firm, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 120_000))
    depot = PresenceDetails(jurisdiction="KS", kind="property", effective_date="2023-01-01")
    presences.add(firm.world.store, firm.hr.row.company_id, [depot], firm.world.act())
    assert views(firm.world.store)["KS"].status is ExposureStatus.MET
    assert watch(firm) == 0


def test_a_line_that_counts_later_is_told_as_near(firm: Firm, erp: Source) -> None:
    """Florida: more than 100,000 in the calendar year before."""
    sell(erp, sale("O-1", "FL", "2026-03-10", 150_000))
    assert watch(firm) == 1
    (said,) = firm.says()
    assert "have come to 150% of its threshold. It counts as met from 2027-01-01 on." in said
    firm.world.now += dt.timedelta(days=60)
    assert watch(firm) == 1
    assert kinds(firm, OPEN) == [("US-FL", MET)]


def test_a_warning_of_sales_is_confirmed_without_a_presence(firm: Firm, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 120_000))
    watch(firm)
    store, act = firm.world.store, firm.world.act()
    with pytest.raises(Exception, match="is of sales: no presence is made of it"):
        warning_steps.confirm(store, 1, act, effective_date=dt.date(2026, 1, 1))
    done = warning_steps.confirm(store, 1, act, notes="registering with the state")
    assert (done.presence, done.warning.reason) == (None, "registering with the state")
    assert firm.presences() == []


def test_each_company_is_warned_for_itself(firm: Firm) -> None:
    shop = firm.world.connect("shop", company="contoso")
    sell(shop, sale("O-1", "KS", "2026-03-10", 120_000))
    assert watch(firm) == 1
    (row,) = firm.warnings()
    with firm.world.store.reading() as tx:
        assert row.company_id == company_id(tx, "contoso")
