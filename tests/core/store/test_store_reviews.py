"""The queue of what waits for review."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import AttachedFile, ReviewStatus
from exempt.model.paper import FieldName, Found, Paper, Reading
from exempt.model.requesting import SubmissionWay
from exempt.services.review_ports import QueueFilter
from exempt.services.rows import ConnectionRow, DeliveryTarget
from support.records import DAY, NOW, TODAY, address, customer, details, order
from support.stores import connected, customers_in, save_customers, save_orders

EVERYTHING = QueueFilter()


@pytest.fixture
def bolt(store: SqlStore, erp: ConnectionRow) -> int:
    """Customers of two companies; the id of one."""
    other = connected(store, "other", company="contoso")
    save_customers(store, erp, customer("C-1", name="Acme"), customer("C-2", name="Bolt_1"))
    save_customers(store, other, customer("D-1", name="Dune"))
    return _customer(store, "Bolt")


def _customer(store: SqlStore, name: str) -> int:
    with store.reading() as tx:
        (found,) = customers_in(tx, name)
    return found.id


def wait(store: SqlStore, name: str, *states: str, **changes: Any) -> int:
    """Let a certificate of a customer wait, each a minute after the one before."""
    status = changes.pop("status", ReviewStatus.PENDING)
    source = changes.pop("source", "portal")
    new = details(*states, customer_ids=(_customer(store, name),), **changes)
    with store.writing() as tx:
        at = NOW + dt.timedelta(minutes=tx.reviews.count())
        return tx.certificates.add(new, status, at, by="anna", source=source)


def ids(store: SqlStore, filters: QueueFilter = EVERYTHING) -> list[int]:
    with store.reading() as tx:
        return [row.certificate_id for row in tx.reviews.page(filters).rows]


def test_what_waits_comes_oldest_first(store: SqlStore, bolt: int) -> None:
    first, second = wait(store, "Acme"), wait(store, "Bolt", "TX", "CA")
    wait(store, "Acme", status=ReviewStatus.ACCEPTED)
    with store.reading() as tx:
        page = tx.reviews.page(EVERYTHING)
        assert tx.reviews.count() == 2
    assert [row.certificate_id for row in page.rows] == [first, second]
    row = page.rows[1]
    assert (row.customer_id, row.customer_name, row.company) == (bolt, "Bolt_1", "Northwind")
    assert (row.jurisdictions, row.since, row.source) == (
        ("US-CA", "US-TX"),
        NOW + dt.timedelta(minutes=1),
        "portal",
    )


def test_an_archived_one_waits_no_more(store: SqlStore, bolt: int) -> None:
    waiting = wait(store, "Acme")
    with store.writing() as tx:
        certificate = tx.certificates.get(waiting)
        assert certificate is not None
        tx.certificates.save(certificate.model_copy(update={"archived_date": TODAY}))
        assert tx.reviews.count() == 0
        assert tx.reviews.rows([waiting]) == []
        row = tx.reviews.row(waiting)
    assert row is not None
    assert row.customer_name == "Acme"


def test_filters_and_counts(store: SqlStore, bolt: int) -> None:
    acme = wait(store, "Acme")
    both = wait(store, "Bolt", "TX", "CA")
    dune = wait(store, "Dune", "CA")
    with store.reading() as tx:
        northwind = tx.reviews.row(acme)
        contoso = tx.reviews.row(dune)
        page = tx.reviews.page(QueueFilter(jurisdiction="US-TX"))
        assert northwind is not None
        assert contoso is not None
        only = tx.reviews.page(QueueFilter({northwind.company_id}))
        count = tx.reviews.count({contoso.company_id})
    assert [row.certificate_id for row in page.rows] == [acme, both]
    assert (page.total, page.states) == (2, {"US-CA": 2, "US-TX": 2})
    assert page.companies == {(northwind.company_id, "Northwind"): 2}
    assert (only.total, only.states, count) == (2, {"US-CA": 1, "US-TX": 2}, 1)
    assert ids(store, QueueFilter(company_id=contoso.company_id)) == [dune]
    assert ids(store, QueueFilter(customer_id=bolt)) == [both]
    assert ids(store, QueueFilter(words=" bOLT_ ")) == [both]
    assert ids(store, QueueFilter(words="o%t")) == []
    assert ids(store, QueueFilter(limit=1, offset=1)) == [both]
    assert ids(store, QueueFilter(company_ids=())) == []


def test_the_next_one_is_the_one_behind_it_and_then_the_oldest(
    store: SqlStore,
    bolt: int,
) -> None:
    first, second, third = wait(store, "Acme"), wait(store, "Bolt"), wait(store, "Acme", "CA")
    texas = QueueFilter(jurisdiction="US-TX")
    with store.reading() as tx:
        after = [tx.reviews.next_after(each, EVERYTHING) for each in (first, second, third)]
        assert after == [second, third, first]
        assert tx.reviews.next_after(None, EVERYTHING) == first
        assert tx.reviews.next_after(second, texas) == first
        assert tx.reviews.next_after(first, QueueFilter(customer_id=0)) is None


def test_a_submission_and_its_files_stand_with_it(store: SqlStore, bolt: int) -> None:
    waiting = wait(store, "Bolt")
    file = AttachedFile(name="a.pdf", media_type="application/pdf", sha256="ab", size=1)
    with store.writing() as tx:
        tx.certificates.attach(waiting, file)
        request_id = tx.requests.add(bolt, "ap@bolt.example", ["US-TX"], NOW)
        submission = tx.submissions.start(request_id, bolt, SubmissionWay.UPLOAD, NOW)
        tx.submissions.submit(submission, waiting, None, NOW, seen=1)
        row = tx.reviews.row(waiting)
    assert row is not None
    assert (row.submission_id, row.sha256s) == (submission, ("ab",))


def test_readings_of_many_documents_at_once(store: SqlStore) -> None:
    reading = Reading(found=(Found(field=FieldName.NUMBER, value="7", confidence=1),))
    with store.writing() as tx:
        for sha256 in ("aa", "bb"):
            paper = {"media_type": "image/png", "pages": 1, "shown_sha256": sha256}
            shown = {"shown_media_type": "image/png", "checked_at": NOW}
            tx.papers.add(Paper(sha256=sha256, **paper, **shown))
        tx.papers.save_reading("aa", reading)
        assert tx.reviews.readings({"aa", "bb", "cc"}) == {"aa": reading}
        assert tx.reviews.readings(()) == {}


def test_the_open_orders_it_might_cover(store: SqlStore, erp: ConnectionRow, bolt: int) -> None:
    mine = {"customer_external_id": "C-2"}
    save_orders(
        store,
        erp,
        order("O-1", order_date=TODAY - DAY, **mine),
        order("O-2", **mine),
        order("CA", ship_to=address("CA"), **mine),
        order("SHUT", closed=True, **mine),
        order("VOID", voided=True, **mine),
        order("HERS", customer_external_id="C-1"),
    )
    with store.reading() as tx:
        found = tx.reviews.open_orders([bolt], ["US-TX"], 1)
        none = tx.reviews.open_orders([bolt], ["US-NY"], 1)
    (shown,) = found.orders
    assert (shown.number, shown.jurisdiction, str(shown.total)) == ("O-2", "US-TX", "100.00")
    assert (shown.tax_applicable, found.total) == (None, 2)
    assert (none.orders, none.total) == ([], 0)


def test_what_no_staff_was_told_of(store: SqlStore, erp: ConnectionRow, bolt: int) -> None:
    sent_in, by_shop = wait(store, "Acme"), wait(store, "Bolt", source="api")
    wait(store, "Acme", source="staff")
    wait(store, "Acme", source="import")
    wait(store, "Dune")
    with store.writing() as tx:
        rows = tx.reviews.without_notice(erp.company_id, 10)
        assert [row.certificate_id for row in rows] == [sent_in, by_shop]
        tx.deliveries.owe(erp.id, DeliveryTarget.NOTICE, [(str(sent_in), 1, "{}")], NOW)
        rows = tx.reviews.without_notice(erp.company_id, 10)
        (owed,) = tx.deliveries.due(erp.id, (DeliveryTarget.NOTICE,), NOW, 10)
        view = tx.handling.get(owed.id)
    assert [row.certificate_id for row in rows] == [by_shop]
    assert view is not None
    assert view.name == "Acme"
