"""The status of a certificate, computed from its dates and the day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import Certificate, Coverage, ExemptionReason, ReviewStatus
from exempt.rules.decision import decide
from exempt.rules.status import CertificateStatus, certificate_status, coverage_status
from support.records import DAY, TODAY, YEAR, card, coverage, order

SOON = 30


def certificate(*coverages: Coverage) -> Certificate:
    return Certificate(
        id=1,
        customer_ids=(1,),
        exemption_reason=ExemptionReason.RESALE,
        signed_date=TODAY,
        review_status=ReviewStatus.ACCEPTED,
        coverages=coverages,
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({}, "active", id="within its dates it is active"),
        pytest.param({"expiration_date": None}, "active", id="without an end it stays active"),
        pytest.param({"expiration_date": TODAY + 31 * DAY}, "active",
                     id="31 days before its end it is active"),
        pytest.param({"expiration_date": TODAY + 30 * DAY}, "expiring_soon",
                     id="30 days before its end it expires soon"),
        pytest.param({"expiration_date": TODAY}, "expiring_soon",
                     id="on its last day it still counts"),
        pytest.param({"expiration_date": TODAY - DAY}, "expired", id="the day after it is expired"),
        pytest.param({"effective_date": TODAY}, "active", id="it counts from its first day"),
        pytest.param({"effective_date": TODAY + DAY}, "future", id="the day before it is future"),
        pytest.param({"effective_date": TODAY + DAY, "expiration_date": TODAY + 2 * DAY}, "future",
                     id="what has not begun does not expire soon"),
        pytest.param({"archived_date": TODAY}, "archived", id="archived today"),
        pytest.param({"archived_date": TODAY + DAY}, "active", id="to be archived tomorrow"),
        pytest.param({"archived_date": TODAY, "expiration_date": TODAY - DAY}, "archived",
                     id="archived says more than expired"),
        pytest.param({"review_status": ReviewStatus.PENDING}, "pending", id="waits for review"),
        pytest.param({"review_status": ReviewStatus.PENDING, "expiration_date": TODAY - DAY},
                     "pending", id="waits for review, whatever its dates"),
        pytest.param({"review_status": ReviewStatus.PENDING, "archived_date": TODAY}, "archived",
                     id="archived before anybody reviewed it"),
        pytest.param({"review_status": ReviewStatus.REJECTED}, "invalid", id="rejected"),
        pytest.param({"review_status": ReviewStatus.REJECTED, "archived_date": TODAY}, "invalid",
                     id="rejected says more than archived"),
    ],
)  # fmt: skip
def test_the_status_in_one_state(changes: dict[str, Any], status: str) -> None:
    held = coverage(**changes)
    assert coverage_status(held, TODAY, SOON) == status
    assert certificate_status(certificate(held), TODAY, SOON) == status


@pytest.mark.parametrize(
    ("soon_days", "status"),
    [
        pytest.param(0, "active", id="tomorrow is not soon when only today is"),
        pytest.param(1, "expiring_soon", id="tomorrow is soon when one day is"),
        pytest.param(60, "expiring_soon", id="60 days are as good as 30"),
    ],
)
def test_how_soon_is_soon_is_a_setting(soon_days: int, status: str) -> None:
    assert coverage_status(coverage(expiration_date=TODAY + DAY), TODAY, soon_days) == status


EXPIRED = coverage(expiration_date=TODAY - DAY)
SOON_EXPIRED = coverage(expiration_date=TODAY + DAY)
ACTIVE = coverage()
FUTURE = coverage(effective_date=TODAY + DAY)


@pytest.mark.parametrize(
    ("coverages", "status"),
    [
        pytest.param([EXPIRED, EXPIRED], "expired", id="expired when all of them are"),
        pytest.param([EXPIRED, ACTIVE], "active", id="active while one of them is"),
        pytest.param([EXPIRED, FUTURE], "future", id="future when the rest has expired"),
        pytest.param([ACTIVE, FUTURE], "active", id="active before future"),
        pytest.param([ACTIVE, SOON_EXPIRED, EXPIRED], "expiring_soon",
                     id="the next to expire shows first"),
        pytest.param([], "expired", id="a certificate for no state is good for nothing"),
    ],
)  # fmt: skip
def test_the_status_of_a_certificate_for_several_states(
    coverages: list[Coverage], status: str
) -> None:
    assert certificate_status(certificate(*coverages), TODAY, SOON) == status
    assert certificate_status(certificate(*coverages[::-1]), TODAY, SOON) == status


def test_a_day_alone_changes_the_status() -> None:
    held = certificate(coverage(effective_date=TODAY, expiration_date=TODAY + 31 * DAY))
    seen = [certificate_status(held, TODAY + n * DAY, SOON).value for n in (-1, 0, 1, 31, 32)]
    assert seen == ["future", "active", "expiring_soon", "expiring_soon", "expired"]


APPLIED = {CertificateStatus.ACTIVE, CertificateStatus.EXPIRING_SOON}
days = st.dates(TODAY - 40 * DAY, TODAY + 40 * DAY)


@given(
    st.builds(
        coverage,
        effective_date=days,
        expiration_date=st.none() | days,
        archived_date=st.none() | days,
        review_status=st.sampled_from(ReviewStatus),
    ),
    days,
    st.integers(0, 60),
)
def test_what_is_active_or_expiring_soon_is_applied_and_nothing_else(
    held: Coverage, on: dt.date, soon_days: int
) -> None:
    applied = coverage_status(held, on, soon_days) in APPLIED
    assert decide(order(order_date=on), card(), [held]).exempt is applied


@given(days)
def test_archiving_leaves_earlier_orders_alone(on: dt.date) -> None:
    before = decide(order(order_date=on), card(), [coverage(effective_date=TODAY - YEAR)])
    after = decide(order(order_date=on), card(), [coverage(archived_date=TODAY)])
    assert before.exempt
    assert after.exempt is (on < TODAY)
