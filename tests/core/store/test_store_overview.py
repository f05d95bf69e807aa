"""Figures of all certificates: equal to the lists behind them, counted anew after a change."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.adapters.store.overview import Overview
from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import ReviewStatus
from exempt.model.decision import Card
from exempt.rules.status import CertificateStatus
from exempt.services.overview_ports import BUCKETS, IN_FORCE, CertificateFigures
from exempt.services.rows import CertificateFilter, ConnectionRow
from support.records import DAY, NOW, TODAY, customer, decision_of, in_state, order
from support.stores import connected, customers_in, enter, save_customers

SOON = 30
LONG_AGO = dt.date(2020, 1, 1)


def card(store: SqlStore, row: ConnectionRow, name: str = "C-1") -> int:
    """The id of a customer that the connection has."""
    save_customers(store, row, customer(name))
    with store.reading() as tx:
        (found,) = customers_in(tx, f"Customer {name}")
    return found.id


def ending(store: SqlStore, customer_id: int, *days: int | None) -> list[int]:
    """Certificates for Texas that end in so many days; None = never."""
    with store.writing() as tx:
        return [
            enter(tx, customer_id, "TX", effective_date=LONG_AGO, signed_date=LONG_AGO,
                  expiration_date=None if day is None else TODAY + day * DAY)
            for day in days
        ]  # fmt: skip


def figures(store: SqlStore, *companies: int) -> CertificateFigures:
    with store.reading() as tx:
        return tx.overview.certificates(companies or None, TODAY, SOON)


def test_buckets_hold_their_first_and_last_days(store: SqlStore, erp: ConnectionRow) -> None:
    ending(store, card(store, erp), -1, 0, 30, 31, 60, 61, 90, 91, 400, None)
    found = figures(store)
    assert found.ending == (2, 2, 2, 2)
    assert found.undated == 1
    assert found.statuses[CertificateStatus.EXPIRED] == 1
    assert found.in_force == 9


def test_each_bucket_is_the_length_of_the_list_behind_it(
    store: SqlStore, erp: ConnectionRow
) -> None:
    mine = card(store, erp)
    ending(store, mine, 3, 29, 45, 70, 71, 100, 365, -30)
    with store.writing() as tx:  # ended in one of its states, in force in the other
        enter(tx, mine, effective_date=LONG_AGO, signed_date=LONG_AGO, jurisdictions=(
            in_state("TX", expiration_date=TODAY - DAY, effective_date=LONG_AGO),
            in_state("CA", expiration_date=TODAY + 10 * DAY, effective_date=LONG_AGO)))  # fmt: skip
    found = figures(store)
    with store.reading() as tx:
        for (first, last), number in zip(BUCKETS, found.ending, strict=True):
            wanted = CertificateFilter(
                statuses=IN_FORCE,
                expires_from=TODAY + first * DAY,
                expires_to=None if last is None else TODAY + last * DAY,
            )
            assert tx.search.certificates(wanted, TODAY, SOON).total == number
        wanted = CertificateFilter(statuses=IN_FORCE, expires_to=TODAY - DAY)
        assert tx.search.certificates(wanted, TODAY, SOON).total == found.ended == 1
        listed = tx.search.certificates(CertificateFilter(), TODAY, SOON).counts
    assert dict(found.statuses) == dict(listed)


def test_a_company_counts_its_own_alone(store: SqlStore, erp: ConnectionRow) -> None:
    other = connected(store, "shop", company="acme")
    ending(store, card(store, erp), 100)
    ending(store, card(store, other, "A-1"), 100, 200)
    assert figures(store).in_force == 3
    assert figures(store, erp.company_id).in_force == 1
    assert figures(store, other.company_id).in_force == 2
    with store.reading() as tx:
        assert tx.overview.in_force([erp.company_id], [TODAY]) == [1]


def test_what_was_counted_is_kept_until_a_certificate_changes(
    store: SqlStore, erp: ConnectionRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    count = Overview._counted

    def told(self: Overview, *args: object) -> object:
        counted.append(args)
        return count(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Overview, "_counted", told)
    mine = card(store, erp)
    (first,) = ending(store, mine, 100)
    assert [figures(store).in_force for _ in range(3)] == [1, 1, 1]
    assert len(counted) == 1
    with store.writing() as tx:
        before = tx.certificates.get(first)
        assert before is not None
        tx.certificates.save(before.model_copy(update={"review_status": ReviewStatus.REJECTED}))
    assert figures(store).in_force == 0
    with store.writing() as tx:
        tx.certificates.set_holds({(first, mine, "US-TX"): TODAY - DAY})
    assert figures(store).statuses[CertificateStatus.INVALID] == 1
    assert len(counted) == 3


def test_a_change_of_another_company_leaves_what_was_counted(
    store: SqlStore, erp: ConnectionRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = connected(store, "shop", company="acme")
    ending(store, card(store, erp), 100)
    theirs = card(store, other, "A-1")
    assert figures(store, erp.company_id).in_force == 1
    ending(store, theirs, 100)
    monkeypatch.setattr(Overview, "_counted", None)  # counting again would fail
    assert figures(store, erp.company_id).in_force == 1


def test_what_was_undone_counts_for_nothing(store: SqlStore, erp: ConnectionRow) -> None:
    mine = card(store, erp)
    assert figures(store).in_force == 0
    with store.rehearsing():
        ending(store, mine, 100)
        assert figures(store).in_force == 1
    assert figures(store).in_force == 0
    ending(store, mine, 100)
    assert figures(store).in_force == 1


def test_over_months_a_certificate_counts_once_on_each_day_that_it_was_in_force(
    store: SqlStore, erp: ConnectionRow
) -> None:
    mine = card(store, erp)
    with store.writing() as tx:
        enter(tx, mine, "TX", "CA", signed_date=LONG_AGO, effective_date=TODAY - 60 * DAY,
              expiration_date=TODAY - 10 * DAY)  # fmt: skip
        kept = enter(tx, mine, "TX", signed_date=LONG_AGO, effective_date=LONG_AGO,
                     expiration_date=None)  # fmt: skip
    days = [TODAY - n * DAY for n in (61, 60, 10, 9)]
    with store.reading() as tx:
        assert tx.overview.in_force(None, days) == [1, 2, 2, 1]
        assert tx.overview.in_force(None, []) == []
    with store.writing() as tx:
        found = tx.certificates.get(kept)
        assert found is not None
        tx.certificates.save(found.model_copy(update={"archived_date": TODAY - 9 * DAY}))
    with store.reading() as tx:
        assert tx.overview.in_force(None, days) == [1, 2, 2, 0]


# --- expired, still ordering -----------------------------------------------------------------


def claim(store: SqlStore, row: ConnectionRow, name: str, who: str = "C-1", **changes: Any) -> None:
    """An order to Texas for which exemption is claimed, and nothing is on file."""
    sold = order(name, customer_external_id=who, **changes)
    decided = decision_of(sold, Card(1, "Acme", flagged_exempt=True))
    with store.writing() as tx:
        saved = tx.sources.save_orders(row, [sold], NOW)
        tx.decisions.save([(each.id, decided) for each in saved.touched], NOW)


def still(store: SqlStore, *companies: int) -> list[tuple[int, str, int]]:
    with store.reading() as tx:
        found, total = tx.overview.still_ordering(companies or None, TODAY, 50)
        assert tx.overview.count_still_ordering(companies or None, TODAY) == total == len(found)
        assert tx.overview.still_ordering(companies or None, TODAY, 50, 50) == ([], total)
    return [(row.certificate_id, row.jurisdiction, row.orders) for row in found]


def test_an_expired_certificate_with_open_orders_to_its_state_is_told(
    store: SqlStore, erp: ConnectionRow
) -> None:
    mine = card(store, erp)
    (expired, _active) = ending(store, mine, -5, 300)
    claim(store, erp, "O-1")
    claim(store, erp, "O-2")
    claim(store, erp, "closed", closed=True)
    assert still(store) == [(expired, "US-TX", 2)]
    assert still(store, erp.company_id) == [(expired, "US-TX", 2)]
    assert still(store, erp.company_id + 99) == []


def test_what_ends_today_or_went_elsewhere_or_was_archived_is_not_told(
    store: SqlStore, erp: ConnectionRow
) -> None:
    mine = card(store, erp)
    (archived, _today) = ending(store, mine, -5, 0)
    with store.writing() as tx:
        enter(tx, mine, "CA", effective_date=LONG_AGO, signed_date=LONG_AGO,
              expiration_date=TODAY - DAY)  # fmt: skip
        found = tx.certificates.get(archived)
        assert found is not None
        tx.certificates.save(found.model_copy(update={"archived_date": TODAY}))
    claim(store, erp, "O-1")
    assert still(store) == []


def test_goods_of_a_ship_to_customer_count_for_its_billing_customer(
    store: SqlStore, erp: ConnectionRow
) -> None:
    billing, ship_to = card(store, erp), card(store, erp, "C-2")
    (expired,) = ending(store, billing, -5)
    with store.writing() as tx:
        tx.cards.link_ship_tos([(billing, ship_to)], NOW, by="anna")
    claim(store, erp, "O-1", who="C-2")
    assert still(store) == [(expired, "US-TX", 1)]


def test_a_newcomer_has_nothing_and_then_something(store: SqlStore) -> None:
    with store.reading() as tx:
        assert not any(tx.overview.anything().values())
    ending(store, card(store, connected(store, "erp")), 10)
    with store.reading() as tx:
        there = tx.overview.anything()
    known = {name for name, there_is in there.items() if there_is}
    assert known == {"sources", "customers", "certificates"}
