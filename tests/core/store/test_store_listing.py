"""Lists by id: the same things as the lists for people, a part at a time."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import ExemptionReason, ReviewStatus
from exempt.model.customer import CustomerDetails, CustomerOrigin
from exempt.model.requesting import RequestState, SubmissionState, SubmissionWay
from exempt.rules.status import CertificateStatus
from exempt.services.listing_ports import Next, RequestFilter, SubmissionFilter
from exempt.services.rows import (
    CertificateFilter,
    ConnectionRow,
    CustomerFilter,
    CustomerLack,
)
from support.records import DAY, NOW, TODAY, YEAR, details
from support.stores import enter

ALL = Next(limit=1000)


@pytest.fixture
def customers(store: SqlStore, erp: ConnectionRow) -> list[int]:
    """Three of Northwind; the last has no mailbox."""
    new = [
        CustomerDetails(name="Acme", email="ap@acme.example", exempt=True),
        CustomerDetails(name="Bolts", email="ap@bolts.example", country="US", state="TX"),
        CustomerDetails(name="Cogs", email="nobody"),
    ]
    with store.writing() as tx:
        return tx.cards.make(erp.company_id, new, NOW, by="anna", origin=CustomerOrigin.STAFF)


FILTERS = [
    pytest.param({}, id="all"),
    pytest.param({"customer_id": 1}, id="of a customer"),
    pytest.param({"jurisdiction": "US-CA"}, id="for a state"),
    pytest.param({"reason": ExemptionReason.CHARITABLE}, id="for a reason"),
    pytest.param({"words": "acme"}, id="by words"),
    pytest.param({"expires_from": TODAY, "expires_to": TODAY + YEAR}, id="by their ends"),
    *(pytest.param({"statuses": [status]}, id=status) for status in CertificateStatus),
    pytest.param({"company_ids": []}, id="of no company"),
]


@pytest.mark.parametrize("fields", FILTERS)
def test_certificates_are_those_of_the_list_for_people(
    fields: dict[str, Any], store: SqlStore, customers: list[int]
) -> None:
    first, second, _ = customers
    with store.writing() as tx:
        enter(tx, first, "TX")
        enter(tx, first, "TX", "CA", expiration_date=TODAY + DAY)
        enter(tx, second, "CA", expiration_date=TODAY - DAY)
        enter(tx, second, "TX", effective_date=TODAY + DAY, expiration_date=TODAY + YEAR)
        enter(tx, second, "TX", exemption_reason=ExemptionReason.CHARITABLE)
        for status in (ReviewStatus.PENDING, ReviewStatus.REJECTED):
            new = details("TX", customer_ids=(first,))
            tx.certificates.add(new, status, NOW, by="anna", source="staff")
        archived = tx.certificates.get(enter(tx, first, "TX"))
        assert archived is not None
        tx.certificates.save(archived.model_copy(update={"archived_date": TODAY}))
        filters = CertificateFilter(**{"limit": 1000, **fields})
        page = tx.search.certificates(filters, TODAY, 30)
        found = tx.listing.certificates(filters, ALL, TODAY, 30)
        assert found == [one.id for one in page.certificates]
        parts, after = [], 0
        while ids := tx.listing.certificates(filters, Next(after, 2), TODAY, 30):
            parts += ids
            after = ids[-1]
        assert parts == found


def test_certificates_by_their_review(store: SqlStore, customers: list[int]) -> None:
    with store.writing() as tx:
        enter(tx, customers[0])
        new = details("TX", customer_ids=(customers[0],))
        waits = tx.certificates.add(new, ReviewStatus.PENDING, NOW, by="anna", source="portal")
        pending = ReviewStatus.PENDING
        filters = CertificateFilter()
        assert tx.listing.certificates(filters, ALL, TODAY, 30, pending) == [waits]


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        pytest.param({}, [0, 1, 2], id="all"),
        pytest.param({"flagged": True}, [0], id="flagged"),
        pytest.param({"words": "bolts"}, [1], id="by words"),
        pytest.param({"jurisdiction": "US-TX"}, [1], id="in a state"),
        pytest.param({"lacking": CustomerLack.EMAIL}, [2], id="without a mailbox"),
        pytest.param({"company_ids": [77]}, [], id="of another company"),
    ],
)
def test_customers_by_id(
    fields: dict[str, Any], places: list[int], store: SqlStore, customers: list[int]
) -> None:
    with store.reading() as tx:
        found = tx.listing.customers(CustomerFilter(**fields), ALL, TODAY)
    assert found == [customers[place] for place in places]


def test_who_is_without_a_mailbox_is_found_behind_many_that_have_one(
    store: SqlStore, erp: ConnectionRow
) -> None:
    new = [CustomerDetails(name=f"C{n}", email=f"c{n}@example.com") for n in range(1001)]
    with store.writing() as tx:
        tx.cards.make(erp.company_id, new, NOW, by="anna", origin=CustomerOrigin.STAFF)
        none = [CustomerDetails(name="X"), CustomerDetails(name="Y")]
        ids = tx.cards.make(erp.company_id, none, NOW, by="anna", origin=CustomerOrigin.STAFF)
        filters = CustomerFilter(lacking=CustomerLack.EMAIL)
        assert tx.listing.customers(filters, ALL, TODAY) == ids
        assert tx.listing.customers(filters, Next(limit=1), TODAY) == ids[:1]


def test_certificates_in_force_are_counted(store: SqlStore, customers: list[int]) -> None:
    first, second, third = customers
    with store.writing() as tx:
        enter(tx, first)
        enter(tx, first)
        enter(tx, second, expiration_date=TODAY - DAY)
        assert tx.listing.active_certificates([first, second, third], TODAY) == {first: 2}


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        pytest.param({}, [0, 1, 2], id="all"),
        pytest.param({"state": RequestState.NOT_OPENED}, [1], id="not opened"),
        pytest.param({"state": RequestState.EXPIRED}, [0], id="expired"),
        pytest.param({"state": RequestState.CANCELLED}, [2], id="cancelled"),
        pytest.param({"company_ids": []}, [], id="of no company"),
    ],
)
def test_requests_by_where_they_stand(
    fields: dict[str, Any], places: list[int], store: SqlStore, customers: list[int]
) -> None:
    ids = []
    with store.writing() as tx:
        for until in (NOW, NOW + DAY, NOW):
            made = tx.requests.add(customers[0], "ap@acme.example", ["US-TX"], NOW - YEAR)
            tx.requests.works_until(made, until)
            ids.append(made)
        last = tx.requests.get(ids[-1])
        assert last is not None
        tx.requests.move(last, RequestState.CANCELLED, NOW - DAY)
        found = tx.listing.requests(RequestFilter(**fields), ALL, NOW)
    assert found == [ids[place] for place in places]


def test_submissions_but_for_drafts(store: SqlStore, customers: list[int]) -> None:
    with store.writing() as tx:
        request_id = tx.requests.add(customers[0], "ap@acme.example", ["US-TX"], NOW)
        ids = []
        for _ in range(2):
            made = tx.submissions.start(request_id, customers[0], SubmissionWay.UPLOAD, NOW)
            tx.submissions.submit(made, enter(tx, customers[0]), None, NOW, seen=1)
            ids.append(made)
        tx.submissions.start(request_id, customers[0], SubmissionWay.UPLOAD, NOW)
        tx.submissions.reviewed(ids[1], SubmissionState.ACCEPTED, NOW, "anna")

        def found(**fields: Any) -> list[int]:
            return tx.listing.submissions(SubmissionFilter(**fields), ALL)

        assert found() == found(request_id=request_id, customer_id=customers[0]) == ids
        assert found(state=SubmissionState.WAITING) == ids[:1]
        assert found(request_id=99) == found(company_ids=[99]) == []


def test_a_list_begins_behind_what_was_listed_before(store: SqlStore, customers: list[int]) -> None:
    with store.reading() as tx:
        part = Next(customers[0], 1)
        assert tx.listing.customers(CustomerFilter(), part, TODAY) == [customers[1]]
