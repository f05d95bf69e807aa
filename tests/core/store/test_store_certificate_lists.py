"""Certificates listed: each page and count as the register has them, however they are asked for."""

from __future__ import annotations

import datetime as dt
from itertools import product

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import CertificateKind, ExemptionReason, ReviewStatus
from exempt.rules.status import CertificateStatus, certificate_status
from exempt.services import certificates
from exempt.services.certificate_lists import sheet
from exempt.services.certificate_ports import CertificateRows
from exempt.services.rows import CertificateFilter, CertificateSort
from support.records import DAY, TODAY
from support.registered import Register, registered

SOON = 30
NARROWED = (
    CertificateFilter(),
    CertificateFilter(jurisdiction="US-CA"),
    CertificateFilter(reason=ExemptionReason.RESALE),
    CertificateFilter(words="c-100"),
    CertificateFilter(words="id:3"),
    CertificateFilter(customer_id=1),
    CertificateFilter(expires_from=TODAY, expires_to=TODAY + 30 * DAY),
    CertificateFilter(review_status=ReviewStatus.ACCEPTED),
    CertificateFilter(kind=CertificateKind.SINGLE_USE),
    CertificateFilter(ids=(1, 2, 4)),
)


@pytest.fixture
def register(store: SqlStore) -> Register:
    return registered(store)


def page(store: SqlStore, filters: CertificateFilter, on: dt.date = TODAY) -> CertificateRows:
    with store.reading() as tx:
        return tx.certificate_lists.page(filters, on, SOON)


def test_every_list_is_as_one_that_looks_at_every_row(store: SqlStore, register: Register) -> None:
    """Each filter, status and order, against the plain statement that does all at once."""
    statuses: list[tuple[CertificateStatus, ...]] = [(), *((each,) for each in CertificateStatus)]
    with store.reading() as tx:
        for narrowed, chosen, sort, descending in product(
            NARROWED, statuses, CertificateSort, (False, True)
        ):
            filters = narrowed._replace(
                statuses=chosen, sort=sort, descending=descending, limit=2, offset=1
            )
            plain = tx.search.certificates(filters, TODAY, SOON)
            found = tx.certificate_lists.page(filters, TODAY, SOON)
            assert [each.id for each in found.certificates] == [
                each.id for each in plain.certificates
            ], filters
            assert (found.total, found.counts) == (plain.total, plain.counts), filters


def test_counts_and_orders_follow_each_change_of_the_register(
    store: SqlStore, register: Register
) -> None:
    filters = CertificateFilter(sort=CertificateSort.NUMBER, statuses=[CertificateStatus.ACTIVE])
    narrowed = filters._replace(jurisdiction="US-CA")
    before = [one.number for one in page(store, filters).certificates]
    assert before == ["LASTS", "MANY", "ONCE"]
    assert page(store, narrowed).total == 2
    certificates.archive(store, register.ids["ONCE"], register.world.act())
    assert [one.number for one in page(store, filters).certificates] == ["LASTS", "MANY"]
    assert page(store, narrowed).total == 1
    assert page(store, filters, TODAY + 500 * DAY).total == 3, "the future one takes effect"


def test_names_are_sorted_as_they_are_now(store: SqlStore, register: Register) -> None:
    filters = CertificateFilter(sort=CertificateSort.CUSTOMER, limit=1)
    assert page(store, filters).certificates[0].number == "OLD"
    with store.writing() as tx:
        tx._c.exec_driver_sql(
            "UPDATE customer SET name_key = 'aaa' WHERE substr(name_key, 1, 6) = 'cactus'"
        )
    assert page(store, filters).certificates[0].number == "WAITS"


def test_just_those_of_some_companies_are_listed_and_counted(
    store: SqlStore, register: Register
) -> None:
    with store.writing() as tx:
        other = tx.connections.company("other", "Other", None)
        mine = {row.id for row in tx.cards.companies()} - {other}
    for sort in CertificateSort:
        assert page(store, CertificateFilter(company_ids=[other], sort=sort)).total == 0
        ours = page(store, CertificateFilter(company_ids=mine, sort=sort))
        assert (ours.total, len(ours.certificates)) == (9, 9)


def test_holders_are_told_in_the_order_of_the_certificate(
    store: SqlStore, register: Register
) -> None:
    found = page(store, CertificateFilter(ids=[register.ids["LASTS"]]))
    (one,) = found.certificates
    assert [each.number for each in found.of(one)] == ["C-1001", "C-1004"]


def test_the_sheet_has_every_row_with_its_status(store: SqlStore, register: Register) -> None:
    rows = [
        dict(zip(("id", "number"), row[:2], strict=True)) | {"status": row[10]}
        for row in sheet(store, CertificateFilter(), TODAY, SOON).rows
    ]
    with store.reading() as tx:
        every = tx.certificates.find(sorted(register.ids.values()))
    assert rows == [
        {
            "id": one.id,
            "number": one.number,
            "status": certificate_status(one, TODAY, SOON).value.replace("_", " "),
        }
        for one in every
    ]
