"""The status of a certificate, computed from its dates and the day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import Certificate, JurisdictionDetails, ReviewStatus
from exempt.rules.status import (
    HINTS,
    REQUEST_OFFERED,
    CertificateStatus,
    certificate_status,
    coverage_status,
)
from support.records import DAY, TODAY, YEAR, coverage, details, in_state, order
from support.rules_records import decided

SOON = 30


def certificate(*jurisdictions: JurisdictionDetails, **changes: Any) -> Certificate:
    """An accepted certificate, signed a year ago."""
    entered = details(jurisdictions=jurisdictions or (in_state(),))
    fields = {"id": 1, "review_status": ReviewStatus.ACCEPTED, **changes}
    return Certificate(**{**dict(entered), **fields})


IN_ONE_STATE = [
    pytest.param({}, {}, "active", id="ACTIVE: applied to new transactions, without an end"),
    pytest.param({"expiration_date": TODAY + YEAR}, {}, "active", id="ACTIVE: within its dates"),
    pytest.param({"expiration_date": TODAY + 31 * DAY}, {}, "active",
                 id="ACTIVE: it expires in 31 days"),
    pytest.param({"expiration_date": TODAY + 30 * DAY}, {}, "expiring_soon",
                 id="EXPIRING SOON: it expires within 30 days"),
    pytest.param({"expiration_date": TODAY}, {}, "expiring_soon",
                 id="EXPIRING SOON: the last day itself is still valid"),
    pytest.param({"expiration_date": TODAY - DAY}, {}, "expired",
                 id="EXPIRED: the next day is not"),
    pytest.param({"held_through": TODAY + 31 * DAY}, {}, "active",
                 id="ACTIVE: sales keep it going for 31 days more"),
    pytest.param({"held_through": TODAY + 30 * DAY}, {}, "expiring_soon",
                 id="EXPIRING SOON: sales keep it going for 30 days more"),
    pytest.param({"held_through": TODAY}, {}, "expiring_soon",
                 id="EXPIRING SOON: sales keep it going until today"),
    pytest.param({"held_through": TODAY - DAY, "expiration_date": TODAY + YEAR}, {}, "expired",
                 id="EXPIRED: sales ceased, whatever its date"),
    pytest.param({"effective_date": TODAY}, {}, "active", id="ACTIVE: from its first day"),
    pytest.param({}, {"signed_date": TODAY}, "active",
                 id="ACTIVE: from the day on which it was signed"),
    pytest.param({"effective_date": TODAY + DAY}, {}, "future",
                 id="FUTURE: the day before its first"),
    pytest.param({}, {"signed_date": TODAY + DAY}, "future",
                 id="FUTURE: the day before it is signed"),
    pytest.param({"effective_date": TODAY}, {"signed_date": TODAY + DAY}, "active",
                 id="ACTIVE: its own first day counts before the day it was signed"),
    pytest.param({"effective_date": TODAY + DAY, "expiration_date": TODAY + 2 * DAY}, {},
                 "future", id="FUTURE: what has not begun does not expire soon"),
    pytest.param({}, {"archived_date": TODAY}, "archived", id="ARCHIVED: today"),
    pytest.param({}, {"archived_date": TODAY - DAY}, "archived", id="ARCHIVED: before"),
    pytest.param({}, {"archived_date": TODAY + DAY}, "active", id="ACTIVE: archived tomorrow"),
    pytest.param({"expiration_date": TODAY - DAY}, {"archived_date": TODAY}, "archived",
                 id="ARCHIVED: says more than expired"),
    pytest.param({"effective_date": TODAY + DAY}, {"archived_date": TODAY}, "archived",
                 id="ARCHIVED: says more than future"),
    pytest.param({}, {"review_status": ReviewStatus.PENDING}, "pending",
                 id="PENDING: waits for review"),
    pytest.param({"expiration_date": TODAY - DAY}, {"review_status": ReviewStatus.PENDING},
                 "pending", id="PENDING: whatever its dates"),
    pytest.param({}, {"review_status": ReviewStatus.PENDING, "archived_date": TODAY}, "archived",
                 id="ARCHIVED: before anybody reviewed it"),
    pytest.param({}, {"review_status": ReviewStatus.REJECTED}, "invalid", id="INVALID: rejected"),
    pytest.param({}, {"review_status": ReviewStatus.REJECTED, "archived_date": TODAY}, "invalid",
                 id="INVALID: says more than archived"),
]  # fmt: skip


@pytest.mark.parametrize(("of_it", "changes", "status"), IN_ONE_STATE)
def test_the_status_in_one_state(
    of_it: dict[str, Any], changes: dict[str, Any], status: str
) -> None:
    held = certificate(in_state(**of_it), **changes)
    assert coverage_status(held, held.jurisdictions[0], TODAY, SOON) == status
    assert certificate_status(held, TODAY, SOON) == status


def test_every_status_has_its_row_above() -> None:
    assert {parameters.values[2] for parameters in IN_ONE_STATE} == set(CertificateStatus)


def test_a_customers_own_sales_count_for_its_coverage() -> None:
    """The certificate shows the latest of its customers; each coverage has its own."""
    held = certificate(in_state(held_through=TODAY + YEAR))
    mine = coverage(held_through=TODAY - DAY)
    assert coverage_status(held, mine, TODAY, SOON) is CertificateStatus.EXPIRED
    assert certificate_status(held, TODAY, SOON) is CertificateStatus.ACTIVE


@pytest.mark.parametrize(
    ("soon_days", "status"),
    [
        pytest.param(0, "active", id="tomorrow is not soon when only today is"),
        pytest.param(1, "expiring_soon", id="tomorrow is soon when one day is"),
        pytest.param(60, "expiring_soon", id="60 days are as good as 30"),
    ],
)
def test_how_soon_is_soon_is_a_setting(soon_days: int, status: str) -> None:
    held = certificate(in_state(expiration_date=TODAY + DAY))
    assert certificate_status(held, TODAY, soon_days) == status


EXPIRED = in_state("CA", expiration_date=TODAY - DAY)
SOON_EXPIRED = in_state("NY", expiration_date=TODAY + DAY)
ACTIVE = in_state("TX")
FUTURE = in_state("WA", effective_date=TODAY + DAY, expiration_date=TODAY + YEAR)
EXPIRED_TOO = in_state("FL", expiration_date=TODAY - YEAR)


@pytest.mark.parametrize(
    ("jurisdictions", "status", "first_end"),
    [
        pytest.param([EXPIRED, EXPIRED_TOO], "expired", TODAY - YEAR,
                     id="EXPIRED only when all of them are"),
        pytest.param([EXPIRED, ACTIVE], "active", TODAY - DAY, id="ACTIVE while one of them is"),
        pytest.param([EXPIRED, FUTURE], "future", TODAY - DAY,
                     id="FUTURE when the rest has expired"),
        pytest.param([ACTIVE, FUTURE], "active", TODAY + YEAR, id="ACTIVE before FUTURE"),
        pytest.param([ACTIVE, SOON_EXPIRED, EXPIRED], "expiring_soon", TODAY - DAY,
                     id="EXPIRING SOON when the next of them is"),
        pytest.param([SOON_EXPIRED, FUTURE], "expiring_soon", TODAY + DAY,
                     id="EXPIRING SOON before FUTURE"),
        pytest.param([ACTIVE], "active", None, id="without an end there is no expiry to show"),
        pytest.param([in_state(held_through=TODAY + YEAR, expiration_date=TODAY + 2 * YEAR)],
                     "active", TODAY + YEAR, id="the end by its sales is an end"),
    ],
)  # fmt: skip
def test_the_status_and_the_earliest_expiry_of_a_certificate_for_several_states(
    jurisdictions: list[JurisdictionDetails], status: str, first_end: dt.date | None
) -> None:
    for these in (jurisdictions, jurisdictions[::-1]):
        held = certificate(*these)
        assert certificate_status(held, TODAY, SOON) == status
        assert held.first_expiration == first_end


def test_a_day_alone_changes_the_status() -> None:
    held = certificate(in_state(effective_date=TODAY, expiration_date=TODAY + 31 * DAY))
    seen = [certificate_status(held, TODAY + n * DAY, SOON).value for n in (-1, 0, 1, 31, 32)]
    assert seen == ["future", "active", "expiring_soon", "expiring_soon", "expired"]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        pytest.param("active", "see now and then whether its states, reasons and numbers are still"
                     " right", id="ACTIVE: review whether it needs to be adjusted"),
        pytest.param("expiring_soon", "ask the customer for a new one now",
                     id="EXPIRING SOON: follow up immediately"),
        pytest.param("expired", "ask the customer for a new one now",
                     id="EXPIRED: follow up immediately"),
        pytest.param("archived", "see whether a new one must be requested",
                     id="ARCHIVED: assess whether a new one is needed"),
        pytest.param("future", "nothing to do until its first day", id="FUTURE: wait"),
        pytest.param("pending", "accept it or reject it", id="PENDING: review it"),
        pytest.param("invalid", "ask the customer for one that mends what was wrong",
                     id="INVALID: ask for a better one"),
    ],
)  # fmt: skip
def test_a_status_says_what_to_do_next(status: str, says: str) -> None:
    applied, todo = HINTS[CertificateStatus(status)].split(": ")
    assert todo == f"{says}."
    assert ("is applied" in applied or "is still applied" in applied) is (
        status in {"active", "expiring_soon"}
    )


def test_every_status_has_a_hint() -> None:
    assert set(HINTS) == set(CertificateStatus)


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        pytest.param("active", False, id="not while ACTIVE"),
        pytest.param("expiring_soon", True, id="when EXPIRING SOON"),
        pytest.param("expired", True, id="when EXPIRED"),
        pytest.param("archived", True, id="when ARCHIVED"),
        pytest.param("invalid", True, id="when INVALID"),
        pytest.param("future", False, id="not while FUTURE: there is a new one"),
        pytest.param("pending", False, id="not while PENDING: one has come in"),
    ],
)
def test_a_new_certificate_may_be_requested(status: str, offered: bool) -> None:
    assert (CertificateStatus(status) in REQUEST_OFFERED) is offered


APPLIED = {CertificateStatus.ACTIVE, CertificateStatus.EXPIRING_SOON}
days = st.dates(TODAY - 40 * DAY, TODAY + 40 * DAY)
maybe = st.none() | days


def _makes_sense(of_it: dict[str, Any]) -> bool:
    return bool(of_it["effective_date"] <= (of_it["expiration_date"] or dt.date.max))


dated: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"effective_date": days, "expiration_date": maybe, "held_through": maybe}
).filter(_makes_sense)
reviewed = st.fixed_dictionaries(
    {"review_status": st.sampled_from(ReviewStatus), "archived_date": maybe}
)


@given(dated, reviewed, days, st.integers(0, 60))
def test_what_is_active_or_expiring_soon_is_applied_and_nothing_else(
    of_it: dict[str, Any], changes: dict[str, Any], on: dt.date, soon_days: int
) -> None:
    held = certificate(in_state(**of_it), **changes)
    applied = certificate_status(held, on, soon_days) in APPLIED
    decision = decided([coverage(**of_it, **changes)], order(order_date=on))
    assert decision.exempt is applied


@given(st.lists(dated, min_size=1, max_size=4), reviewed, days, st.integers(0, 60))
def test_the_status_of_a_certificate_is_that_of_one_of_its_states(
    each: list[dict[str, Any]], changes: dict[str, Any], on: dt.date, soon_days: int
) -> None:
    states = [in_state(s, **d) for s, d in zip(("TX", "CA", "NY", "WA"), each, strict=False)]
    held = certificate(*states, **changes)
    found = {coverage_status(held, of_it, on, soon_days) for of_it in states}
    status = certificate_status(held, on, soon_days)
    assert status in found
    assert (status is CertificateStatus.EXPIRED) is (found == {CertificateStatus.EXPIRED})


@given(dated, days, st.integers(0, 60), st.integers(0, 60))
def test_the_longer_soon_is_the_more_expires_soon(
    of_it: dict[str, Any], on: dt.date, some: int, more: int
) -> None:
    held = certificate(in_state(**of_it))
    status = certificate_status(held, on, min(some, more))
    if status is not CertificateStatus.ACTIVE:
        assert certificate_status(held, on, max(some, more)) is status


@given(days)
def test_archiving_leaves_earlier_orders_alone(on: dt.date) -> None:
    before = decided([coverage(effective_date=TODAY - YEAR)], order(order_date=on))
    after = decided([coverage(archived_date=TODAY)], order(order_date=on))
    assert before.exempt
    assert after.exempt is (on < TODAY)
