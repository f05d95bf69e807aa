"""What is kept of exposures, and registrations, on both databases."""

from __future__ import annotations

import datetime as dt

from exempt.adapters.store.store import SqlStore
from exempt.model.nexus import Sale, Spell, Treatment
from exempt.services.exposure_ports import Crossing, KeptCrossings, NewRegistration
from exempt.services.rows import ConnectionRow
from support.records import DAY, NOW, TODAY, customer, order
from support.stores import connected, save_customers, save_orders

SPELL = Spell(
    crossed_on=dt.date(2026, 3, 10),
    met_on=dt.date(2026, 3, 10),
    ended_on=None,
    collect_from=dt.date(2026, 3, 11),
    version="US-KS from 2021-07-01",
    window="2026",
    first=dt.date(2026, 1, 1),
)
ENDED = SPELL._replace(ended_on=dt.date(2026, 5, 1))
KEPT = KeptCrossings(
    touched=False,
    went_by="1 0a1b2c3d 1 own",
    through=TODAY,
    holds_through=dt.date.max,
    crossings=(Crossing(ENDED, 7), Crossing(SPELL, None)),
    refreshed_at=NOW,
)
KANSAS = "US-KS"


def test_what_is_kept_is_read_back_and_replaced(store: SqlStore, erp: ConnectionRow) -> None:
    company = erp.company_id
    with store.writing() as tx:
        tx.exposures.keep(company, KANSAS, KEPT)
        tx.exposures.keep(company, "US-GA", KEPT._replace(crossings=()))
        assert tx.exposures.kept([company], [KANSAS]) == {(company, KANSAS): KEPT}
        tx.exposures.keep(company, KANSAS, KEPT._replace(through=TODAY + DAY))
    with store.reading() as tx:
        found = tx.exposures.kept([company])
        assert {code: each.through for (_, code), each in found.items()} == {
            KANSAS: TODAY + DAY,
            "US-GA": TODAY,
        }
        assert tx.exposures.kept([company + 1]) == {}


def test_a_sale_touches_its_state_until_somebody_looked(
    store: SqlStore, erp: ConnectionRow
) -> None:
    company = erp.company_id
    saved = save_orders(store, erp, order())
    sold = Sale(KANSAS, TODAY, "USD", False, 100, 0, 0, 0, Treatment.TAXABLE)
    with store.writing() as tx:
        tx.exposures.keep(company, KANSAS, KEPT)
        tx.sales.save(company, {saved.touched[0].id: sold})
        touched = tx.exposures.kept([company])[company, KANSAS]
        assert touched == KEPT._replace(touched=True)  # and what is known stays
        tx.exposures.looked_at([company], "US-GA")
        assert tx.exposures.kept([company])[company, KANSAS].touched
        tx.exposures.looked_at([company], KANSAS)
        assert tx.exposures.kept([company])[company, KANSAS] == KEPT


def test_a_state_that_was_never_looked_at_holds_for_no_day(
    store: SqlStore, erp: ConnectionRow
) -> None:
    company = erp.company_id
    saved = save_orders(store, erp, order())
    sold = Sale(KANSAS, TODAY, "USD", False, 100, 0, 0, 0, Treatment.TAXABLE)
    with store.writing() as tx:
        tx.sales.save(company, {saved.touched[0].id: sold})
        kept = tx.exposures.kept([company])[company, KANSAS]
    assert (kept.touched, kept.through, kept.crossings, kept.refreshed_at) == (True, None, (), None)
    assert not kept._replace(touched=False).holds(TODAY, "")


def test_what_is_kept_holds_within_its_days_and_by_what_it_went_by() -> None:
    kept = KEPT._replace(holds_through=TODAY + DAY)
    days = [TODAY - DAY, TODAY, TODAY + DAY, TODAY + 2 * DAY]
    assert [kept.holds(day, kept.went_by) for day in days] == [False, True, True, False]
    assert not kept.holds(TODAY, "2 0a1b2c3d 1 own")
    assert not kept._replace(touched=True).holds(TODAY, kept.went_by)


def test_orders_as_people_know_them(store: SqlStore, erp: ConnectionRow) -> None:
    save_customers(store, erp, customer("C-1", name="Acme"))
    saved = save_orders(store, erp, order("O-1", number="SO-1"), order("O-2", number=None))
    ids = [each.id for each in saved.touched]
    with store.reading() as tx:
        found = tx.exposures.orders([*ids, 99])
        assert tx.exposures.orders([]) == {}
    assert [found[each].label for each in ids] == ["SO-1", "O-2"]
    assert (found[ids[0]].customer_name, str(found[ids[0]].total)) == ("Acme", "100.00")


def test_registrations_are_kept_with_who_stated_and_removed_them(
    store: SqlStore, erp: ConnectionRow
) -> None:
    acme = connected(store, "acme", company="acme").company_id
    new = [
        NewRegistration("US-TX", TODAY, None, "P-1", "notes"),
        NewRegistration("US-OH", TODAY, TODAY + DAY),
    ]
    with store.writing() as tx:
        texas, ohio = tx.exposures.register(erp.company_id, new, NOW, "anna")
        tx.exposures.register(acme, new[:1], NOW, "bert")
        assert tx.exposures.register(acme, [], NOW, "bert") == []
    with store.reading() as tx:
        assert tx.exposures.registration(texas.id) == texas
        assert tx.exposures.registrations([erp.company_id]) == [ohio, texas]  # by state
        assert len(tx.exposures.registrations()) == 3
    assert [ohio.in_force(TODAY + number * DAY) for number in (-1, 0, 1, 2)] == [
        False, True, True, False,
    ]  # fmt: skip
    with store.writing() as tx:
        tx.exposures.unregister(texas.id, NOW + DAY, "carla")
        tx.exposures.unregister(texas.id, NOW + 2 * DAY, "dora")  # comes too late
        removed = tx.exposures.registration(texas.id)
        assert tx.exposures.registrations([erp.company_id]) == [ohio]
        assert removed is not None
        assert removed in tx.exposures.registrations([erp.company_id], removed=True)
    assert (removed.removed_at, removed.removed_by) == (NOW + DAY, "carla")
    assert not removed.in_force(TODAY)
    with store.reading() as tx:
        assert tx.exposures.registration(99) is None
