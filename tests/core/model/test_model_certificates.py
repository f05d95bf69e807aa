"""Certificates as they are entered, and the days on which a coverage is in force."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from exempt import ExemptionReason
from exempt.model.certificate import Coverage, NewCertificate, NewCoverage

SIGNED = dt.date(2026, 1, 10)
JUNE = dt.date(2026, 6, 15)
ONE_DAY = dt.timedelta(days=1)

days = st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31))


def coverage(effective_date: dt.date, expiration_date: dt.date | None) -> Coverage:
    return Coverage(
        certificate_id=1,
        customer_id=1,
        jurisdiction="US-TX",
        exemption_reason=ExemptionReason.RESALE,
        effective_date=effective_date,
        expiration_date=expiration_date,
    )


def certificate(*coverages: NewCoverage, **changes: Any) -> NewCertificate:
    fields = {"exemption_reason": "resale", "signed_date": SIGNED, **changes}
    return NewCertificate(coverages=coverages or (NewCoverage(jurisdiction="US-TX"),), **fields)


@pytest.mark.parametrize(
    ("on", "in_force"),
    [
        pytest.param(SIGNED - ONE_DAY, False, id="the day before the first"),
        pytest.param(SIGNED, True, id="the first day"),
        pytest.param(JUNE, True, id="the last day"),
        pytest.param(JUNE + ONE_DAY, False, id="the day after the last"),
    ],
)
def test_both_ends_of_the_period_are_in_it(on: dt.date, in_force: bool) -> None:
    assert coverage(SIGNED, JUNE).in_force(on) is in_force


@given(days, days)
def test_without_expiration_it_never_ends(start: dt.date, on: dt.date) -> None:
    assert coverage(start, None).in_force(on) is (start <= on)


@given(days, days, days)
def test_in_force_is_the_period_and_nothing_else(start: dt.date, end: dt.date, on: dt.date) -> None:
    assert coverage(start, end).in_force(on) is (start <= on <= end)


@pytest.mark.parametrize(
    ("changes", "own", "effective", "expires"),
    [
        pytest.param({}, {}, SIGNED, None, id="in effect from the day it was signed, without end"),
        pytest.param({"effective_date": JUNE}, {}, JUNE, None, id="the certificate's first day"),
        pytest.param({"expiration_date": JUNE}, {}, SIGNED, JUNE, id="the certificate's last day"),
        pytest.param(
            {"effective_date": SIGNED, "expiration_date": JUNE + ONE_DAY},
            {"effective_date": JUNE, "expiration_date": JUNE},
            JUNE,
            JUNE,
            id="a coverage's own days come first",
        ),
    ],
)
def test_days_of_a_coverage(
    changes: dict[str, Any], own: dict[str, Any], effective: dt.date, expires: dt.date | None
) -> None:
    covered = NewCoverage(jurisdiction="US-TX", **own)
    entered = certificate(covered, **changes)
    assert (entered.effective_on(covered), entered.expires_on(covered)) == (effective, expires)


@pytest.mark.parametrize(
    ("coverages", "changes", "complaint"),
    [
        pytest.param(
            (), {"expiration_date": SIGNED - ONE_DAY},
            r"US-TX: expires on 2026-01-09, before it takes effect on 2026-01-10: check both dates",
            id="it ends before it begins",
        ),
        pytest.param(
            (NewCoverage(jurisdiction="TX"), NewCoverage(jurisdiction="CA", effective_date=JUNE)),
            {"expiration_date": JUNE - ONE_DAY},
            "US-CA: expires on 2026-06-14, before it takes effect on 2026-06-15",
            id="one of its coverages does",
        ),
        pytest.param(
            (NewCoverage(jurisdiction="TX"), NewCoverage(jurisdiction="Texas")),
            {},
            "a jurisdiction is named twice: name each once",
            id="one state in two spellings",
        ),
        pytest.param((), {"signed_date": "1900-01-01"}, "1950-01-01", id="a slip of the keyboard"),
        pytest.param((), {"exemption_reason": "because"}, "resale", id="an unknown reason"),
    ],
)  # fmt: skip
def test_a_wrong_certificate_is_refused(
    coverages: tuple[NewCoverage, ...], changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        certificate(*coverages, **changes)


def test_a_certificate_covers_something() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        NewCertificate(exemption_reason=ExemptionReason.RESALE, signed_date=SIGNED, coverages=())


def test_one_day_is_a_period() -> None:
    entered = certificate(expiration_date=SIGNED)
    assert entered.expires_on(entered.coverages[0]) == SIGNED
