"""Lists of certificates: the status they show is the rule's, and the counts are the lists'."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import (
    ExemptionReason,
    JurisdictionDetails,
    Rejection,
    RejectionCode,
    ReviewStatus,
)
from exempt.rules.status import CertificateStatus, certificate_status
from exempt.services.rows import CertificateFilter, CertificatePage, CertificateSort, ConnectionRow
from support.records import DAY, TODAY, customer, in_state
from support.stores import customers_in, enter, save_customers

SOON = 30


@pytest.fixture
def customers(store: SqlStore, erp: ConnectionRow) -> list[int]:
    """The ids of three cards, by name."""
    save_customers(
        store,
        erp,
        customer("A", number="A-100", name="Ärzte & Söhne", email="ap@aerzte.example"),
        customer("B", number="B_200", name="Bolt 100% Ltd"),
        customer("C", number="C-300", name="Côté"),
    )
    with store.reading() as tx:
        found = {c.number: c.id for c in customers_in(tx)}
    return [found[number] for number in ("A-100", "B_200", "C-300")]


def listed(store: SqlStore, on: dt.date = TODAY, **filters: Any) -> CertificatePage:
    with store.reading() as tx:
        return tx.search.certificates(CertificateFilter(**filters), on, SOON)


def ids(page: CertificatePage) -> list[int]:
    return [certificate.id for certificate in page.certificates]


def change(store: SqlStore, number: int, **changes: Any) -> None:
    with store.writing() as tx:
        found = tx.certificates.get(number)
        assert found is not None
        assert tx.certificates.save(found.model_copy(update=changes))


# --- statuses --------------------------------------------------------------------------


_DAYS = [TODAY + days * DAY for days in (-31, -1, 0, 1, 29, 30, 31)]


def at_random(chance: random.Random) -> tuple[JurisdictionDetails, ...]:
    """A few states, with dates around today."""
    found = []
    for state in chance.sample(("TX", "CA", "NY", "NJ"), chance.randint(1, 3)):
        start = chance.choice(_DAYS)
        end = chance.choice([None, *(day for day in _DAYS if day >= start)])
        found.append(in_state(state, effective_date=start, expiration_date=end))
    return tuple(found)


def test_statuses_are_those_of_the_rule_and_counts_are_those_of_the_lists(
    store: SqlStore, customers: list[int]
) -> None:
    chance = random.Random(7)  # noqa: S311 - the same every time
    with store.writing() as tx:
        for _ in range(80):
            number = enter(tx, chance.choice(customers), jurisdictions=at_random(chance))
            held = {(number, customers[0], "US-NJ"): TODAY + chance.randint(-2, 32) * DAY}
            tx.certificates.set_holds(held if chance.random() < 0.3 else {})
    for number in range(1, 81):
        if chance.random() < 0.2:
            review = chance.choice((ReviewStatus.PENDING, ReviewStatus.REJECTED))
            change(store, number, review_status=review)
    with store.writing() as tx:
        for number in chance.sample(range(1, 81), 12):
            found = tx.certificates.get(number)
            assert found is not None
            archived = TODAY + chance.randint(-1, 1) * DAY
            holds = tx.certificates.holds([number])
            tx.certificates.save(found.model_copy(update={"archived_date": archived}))
            tx.certificates.set_holds(holds)
    for on in (TODAY, TODAY + DAY, TODAY - DAY):
        whole = listed(store, on, limit=1000)
        right = {c.id: certificate_status(c, on, SOON) for c in whole.certificates}
        assert len(right) == whole.total == 80
        assert whole.counts == {s: Counter(right.values())[s] for s in CertificateStatus}
        assert len(set(right.values())) == len(CertificateStatus), "every status comes up"
        for status in CertificateStatus:
            page = listed(store, on, statuses=[status], limit=1000)
            assert ids(page) == [each for each, found in right.items() if found is status]
            assert page.total == page.counts[status] == whole.counts[status]


@pytest.mark.parametrize(
    ("days", "status"),
    [
        pytest.param(-1, CertificateStatus.EXPIRED, id="the day after its last"),
        pytest.param(0, CertificateStatus.EXPIRING_SOON, id="its last day"),
        pytest.param(30, CertificateStatus.EXPIRING_SOON, id="day 30 is in"),
        pytest.param(31, CertificateStatus.ACTIVE, id="day 31 is out"),
    ],
)
def test_the_edges_of_expiring_soon(
    store: SqlStore, customers: list[int], days: int, status: CertificateStatus
) -> None:
    with store.writing() as tx:
        enter(tx, customers[0], expiration_date=TODAY + days * DAY)
    assert {s for s, n in listed(store).counts.items() if n} == {status}


# --- filters ---------------------------------------------------------------------------


@pytest.fixture
def register(store: SqlStore, customers: list[int]) -> SqlStore:
    """Four certificates."""
    with store.writing() as tx:
        enter(tx, customers[0], "TX", number="FIRST", exemption_number="3-20011-2233-4")
        enter(tx, customers[1], "CA", number="2ND", expiration_date=TODAY + DAY)
        enter(
            tx,
            customers[2],
            number=None,
            customer_ids=(customers[2], customers[0]),
            jurisdictions=(
                in_state("TX", expiration_date=TODAY + 9 * DAY, effective_date=TODAY),
                in_state("NY", expiration_date=TODAY + 5 * DAY, effective_date=TODAY),
            ),
        )
        enter(tx, customers[1], number="GOV", jurisdictions=(
            in_state("TX", effective_date=TODAY - DAY, expiration_date=TODAY - DAY,
                     exemption_reason=ExemptionReason.OTHER,
                     validated_reason=ExemptionReason.STATE_GOVERNMENT),))  # fmt: skip
    change(store, 2, review_status=ReviewStatus.REJECTED,
           rejections=(Rejection(code=RejectionCode.OTHER),))  # fmt: skip
    return store


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param({}, [1, 2, 3, 4], id="all, by id"),
        pytest.param({"words": "ärzte"}, [1, 3], id="part of a customer's name"),
        pytest.param({"words": "ÄRZTE & s"}, [1, 3], id="capitals or not, accents too"),
        pytest.param({"words": "CÔT"}, [3], id="of any of its customers"),
        pytest.param({"words": "aerzte.ex"}, [1, 3], id="part of an e-mail"),
        pytest.param({"words": "b_2"}, [2, 4], id="part of a number; _ stands for itself"),
        pytest.param({"words": "100%"}, [2, 4], id="% stands for itself"),
        pytest.param({"words": "%"}, [2, 4], id="even alone"),
        pytest.param({"words": "gov"}, [4], id="part of the certificate's number"),
        pytest.param({"words": "20011-22"}, [1], id="part of a state's number"),
        pytest.param({"words": "!"}, [], id="! stands for itself"),
        pytest.param({"words": "' OR 1=1 --"}, [], id="words are no SQL"),
        pytest.param({"words": "  "}, [1, 2, 3, 4], id="blanks are no words"),
        pytest.param({"jurisdiction": "US-TX"}, [1, 3, 4], id="by state"),
        pytest.param({"reason": ExemptionReason.STATE_GOVERNMENT}, [4], id="by validated reason"),
        pytest.param({"reason": ExemptionReason.OTHER}, [], id="not by the claim it replaced"),
        pytest.param({"statuses": [CertificateStatus.EXPIRED]}, [4], id="by status"),
        pytest.param({"statuses": [CertificateStatus.ACTIVE, CertificateStatus.INVALID]}, [1, 2],
                     id="by several statuses"),
        pytest.param({"expires_from": TODAY, "expires_to": TODAY + 5 * DAY}, [2, 3],
                     id="by its earliest end"),
        pytest.param({"expires_from": TODAY + 6 * DAY}, [], id="not by a later one"),
        pytest.param({"words": "ärzte", "jurisdiction": "US-NY"}, [3], id="by both"),
        pytest.param({"sort": CertificateSort.EXPIRES}, [4, 2, 3, 1], id="no end comes last"),
        pytest.param({"sort": CertificateSort.EXPIRES, "descending": True}, [3, 2, 4, 1],
                     id="also when the latest come first"),
        pytest.param({"sort": CertificateSort.NUMBER}, [2, 1, 4, 3], id="sorted by number"),
        pytest.param({"sort": CertificateSort.CUSTOMER}, [2, 4, 3, 1], id="sorted by customer"),
        pytest.param({"limit": 2}, [1, 2], id="the first page"),
        pytest.param({"limit": 2, "offset": 2}, [3, 4], id="the second"),
        pytest.param({"limit": 2, "offset": 4}, [], id="beyond the last"),
    ],
)  # fmt: skip
def test_filters(register: SqlStore, filters: dict[str, Any], found: list[int]) -> None:
    assert ids(listed(register, **filters)) == found


def test_of_one_customer_with_the_names_of_all(register: SqlStore, customers: list[int]) -> None:
    page = listed(register, customer_id=customers[2])
    assert ids(page) == [3]
    assert page.customers == {customers[0]: "Ärzte & Söhne", customers[2]: "Côté"}


def test_counts_keep_the_other_filters(register: SqlStore) -> None:
    page = listed(register, words="b_2", statuses=[CertificateStatus.EXPIRED], limit=1)
    assert page.total == 1
    assert {s: n for s, n in page.counts.items() if n} == {
        CertificateStatus.INVALID: 1,
        CertificateStatus.EXPIRED: 1,
    }


def test_an_empty_register(store: SqlStore) -> None:
    page = listed(store)
    assert (page.certificates, page.total, set(page.counts.values())) == ([], 0, {0})
