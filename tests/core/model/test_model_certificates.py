"""Certificates as they are entered and kept, and the days on which they are in force."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from exempt.model.certificate import (
    Certificate,
    CertificateDetails,
    Change,
    ExemptionReason,
    Rejection,
    ReviewStatus,
)
from exempt.model.decision import ByHand, ManualChoice
from support.records import NOW, coverage, details, in_state

SIGNED = dt.date(2026, 1, 10)
JUNE = dt.date(2026, 6, 15)
ONE_DAY = dt.timedelta(days=1)

days = st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31))


def entered(*states: str, **changes: Any) -> CertificateDetails:
    return details(*states, **{"signed_date": SIGNED, **changes})


@pytest.mark.parametrize(
    ("on", "in_force"),
    [
        pytest.param(SIGNED - ONE_DAY, False, id="the day before the first"),
        pytest.param(SIGNED, True, id="the first day"),
        pytest.param(JUNE, True, id="the last day"),
        pytest.param(JUNE + ONE_DAY, False, id="the day after the last"),
    ],
)
@pytest.mark.parametrize("end", ["expiration_date", "held_through"])
def test_both_ends_of_the_period_are_in_it(on: dt.date, in_force: bool, end: str) -> None:
    period: dict[str, Any] = {"effective_date": SIGNED, "expiration_date": None, end: JUNE}
    assert coverage(**period).in_force(on) is in_force


@given(days, days)
def test_without_expiration_it_never_ends(start: dt.date, on: dt.date) -> None:
    held = coverage(effective_date=start, expiration_date=None)
    assert held.in_force(on) is (start <= on)


@given(days, days, days, days)
def test_in_force_is_the_period_and_nothing_else(
    start: dt.date, end: dt.date, by_sales: dt.date, on: dt.date
) -> None:
    held = coverage(effective_date=start, expiration_date=end, held_through=by_sales)
    assert held.in_force(on) is (start <= on <= min(end, by_sales))


@pytest.mark.parametrize(
    ("expires", "by_sales", "last"),
    [
        pytest.param(None, None, None, id="without an end"),
        pytest.param(JUNE, None, JUNE, id="its date"),
        pytest.param(None, JUNE, JUNE, id="its sales"),
        pytest.param(JUNE, JUNE - ONE_DAY, JUNE - ONE_DAY, id="its sales, where they end sooner"),
        pytest.param(JUNE, JUNE + ONE_DAY, JUNE, id="its date, where it is sooner"),
    ],
)
def test_the_last_day(
    expires: dt.date | None, by_sales: dt.date | None, last: dt.date | None
) -> None:
    ends: dict[str, Any] = {"expiration_date": expires, "held_through": by_sales}
    assert coverage(**ends).last_date == last
    assert in_state(**ends).last_date == last


@pytest.mark.parametrize(
    ("own", "effective"),
    [
        pytest.param({}, SIGNED, id="in effect from the day it was signed"),
        pytest.param({"effective_date": JUNE}, JUNE, id="or from its own first day"),
        pytest.param({"effective_date": SIGNED - ONE_DAY}, SIGNED - ONE_DAY,
                     id="which may come before it was signed"),
    ],
)  # fmt: skip
def test_the_first_day_in_a_state(own: dict[str, Any], effective: dt.date) -> None:
    held = entered("TX", **own)
    assert held.effective_on(held.jurisdictions[0]) == effective


def test_the_reason_that_staff_found_to_be_right_counts() -> None:
    claimed = in_state(exemption_reason=ExemptionReason.RESALE)
    validated = in_state(validated_reason=ExemptionReason.CHARITABLE)
    assert (claimed.reason, validated.reason) == (
        ExemptionReason.RESALE,
        ExemptionReason.CHARITABLE,
    )
    assert validated.exemption_reason is ExemptionReason.RESALE, "what it claims is kept"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        pytest.param({"expiration_date": SIGNED - ONE_DAY},
                     "US-TX: expires on 2026-01-09, before it takes effect on 2026-01-10:"
                     " check both dates, or leave the expiration date empty",
                     id="it ends before it begins"),
        pytest.param({"jurisdictions": (in_state("TX"), in_state("CA", effective_date=JUNE,
                                                                 expiration_date=SIGNED))},
                     "US-CA: expires on 2026-01-10, before it takes effect on 2026-06-15",
                     id="in one of its states it does"),
        pytest.param({"jurisdictions": (in_state("TX"), in_state("Texas"))},
                     "a jurisdiction is named twice: name each once",
                     id="one state in two spellings"),
        pytest.param({"customer_ids": (1, 2, 1)}, "a customer is named twice: name each once",
                     id="one customer twice"),
        pytest.param({"order_numbers": ("PO-1", "PO-1")},
                     "an order number is named twice: name each once", id="one order twice"),
        pytest.param({"signed_date": "1900-01-01"}, "1950-01-01", id="a slip of the keyboard"),
        pytest.param({"kind": "forever"}, "'blanket' or 'single_use'", id="an unknown kind"),
        pytest.param({"customer_ids": ()}, "at least 1 item", id="for no customer"),
        pytest.param({"jurisdictions": ()}, "at least 1 item", id="for no state"),
        pytest.param({"order_numbers": ("",)}, "at least 1 character", id="an empty order number"),
        pytest.param({"notes": "a\x00"}, "match pattern", id="a NUL, which PostgreSQL cannot keep"),
    ],
)  # fmt: skip
def test_a_wrong_certificate_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        entered(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"expiration_date": SIGNED}, id="one day is a period"),
        pytest.param({"customer_ids": (1, 2)}, id="for several customers"),
        pytest.param({"order_numbers": ("PO-1", "PO-2")}, id="for several orders"),
        pytest.param({"notes": "x" * 10_000}, id="notes of 10,000 characters"),
    ],
)
def test_a_right_certificate_is_taken(changes: dict[str, Any]) -> None:
    held = entered("TX", "CA", **changes)
    assert CertificateDetails.model_validate_json(held.model_dump_json()) == held


def test_notes_of_more_than_10_000_characters_are_refused() -> None:
    with pytest.raises(ValidationError, match="at most 10000"):
        entered(notes="x" * 10_001)


@pytest.mark.parametrize(
    ("percentage", "fits"),
    [
        pytest.param("100", True, id="all of it"),
        pytest.param("100.01", False, id="more than all"),
        pytest.param("0.01", True, id="hardly any"),
        pytest.param("0", False, id="nothing: that is no exemption"),
        pytest.param("-1", False, id="less than nothing"),
        pytest.param("33.33", True, id="a third"),
        pytest.param("33.333", False, id="finer than a hundredth"),
    ],
)
def test_how_much_may_be_exempt(percentage: str, fits: bool) -> None:
    with nullcontext() if fits else pytest.raises(ValidationError):
        assert entered(exempt_percentage=percentage).exempt_percentage == Decimal(percentage)


def on_file(held: CertificateDetails, **changes: Any) -> Certificate:
    return Certificate(**{**dict(held), "id": 1, "review_status": ReviewStatus.ACCEPTED, **changes})


def test_the_details_of_a_certificate_are_what_was_entered() -> None:
    held = entered("TX", "CA", number="N-9", notes="seen", customer_ids=(1, 2))
    assert on_file(held, version=7, source="portal").details == held


@pytest.mark.parametrize(
    ("ends", "first"),
    [
        pytest.param([None], None, id="none runs out"),
        pytest.param([None, JUNE], JUNE, id="one does"),
        pytest.param([JUNE, JUNE - ONE_DAY], JUNE - ONE_DAY, id="the earliest shows"),
    ],
)
def test_the_first_expiration(ends: list[dt.date | None], first: dt.date | None) -> None:
    states = [in_state(s, expiration_date=end) for s, end in zip(("TX", "CA"), ends, strict=False)]
    assert on_file(entered(jurisdictions=tuple(states))).first_expiration == first


def test_a_rejection_has_a_code_and_may_have_a_text() -> None:
    held = on_file(entered(), rejections=({"code": "not_signed"}, {"code": "other", "text": "?"}))
    assert held.rejections == (Rejection(code="not_signed"), Rejection(code="other", text="?"))
    with pytest.raises(ValidationError, match="'not_signed'"):
        Rejection(code="ugly")


def test_a_change_is_of_a_moment_with_its_time_zone() -> None:
    Change(field="number", old=None, new="N-1", changed_at=NOW, changed_by="anna")
    with pytest.raises(ValidationError, match="timezone"):
        Change(field="number", changed_at=NOW.replace(tzinfo=None), changed_by="anna")


def test_a_choice_by_hand_as_a_decision_goes_by_it() -> None:
    choice = ManualChoice(
        order_id=1, certificate_id=7, reason="as agreed", made_at=NOW, made_by="anna"
    )
    assert choice.by_hand == ByHand(certificate_id=7, tax_applicable=None, reason="as agreed")
    override = ManualChoice(order_id=1, tax_applicable=False, made_at=NOW, made_by="anna")
    assert override.by_hand == ByHand(certificate_id=None, tax_applicable=False, reason="")
