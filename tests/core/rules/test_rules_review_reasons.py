"""What a reviewer is told of reason, dates, signature and duplicates; and why to reject it."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.certificate import (
    CertificateKind,
    ExemptionReason,
    RejectionCode,
    ReviewStatus,
)
from exempt.model.paper import FieldName
from exempt.model.requesting import Signature
from exempt.rules.objections import Objection, ObjectionCode
from exempt.rules.review_case import Case, CheckCode, Verdict
from exempt.rules.review_checks import review_checks, suggested
from support.records import DAY, NOW, TODAY
from support.review_cases import (
    FAIL,
    PAPER,
    PASS,
    REFUSE,
    UNKNOWN,
    WARN,
    certificate,
    checked,
    read,
)

# --- reasons, dates, kinds ---------------------------------------------------------------


def test_a_reason_that_was_not_asked_for() -> None:
    check = checked(CheckCode.REASON, asked=[ExemptionReason.TRIBAL])
    assert (check.verdict, check.sentences) == (WARN, ("It was asked for as tribal.",))
    assert checked(CheckCode.REASON, asked=[ExemptionReason.RESALE]).verdict is PASS


@pytest.mark.parametrize(
    ("state", "reason", "status", "verdict"),
    [
        pytest.param("TX", "charitable", ReviewStatus.ACCEPTED, WARN, id="another reason before"),
        pytest.param("TX", "resale", ReviewStatus.ACCEPTED, PASS, id="the same reason before"),
        pytest.param("CA", "charitable", ReviewStatus.ACCEPTED, PASS, id="in another state"),
        pytest.param("TX", "charitable", ReviewStatus.REJECTED, PASS, id="and was rejected"),
    ],
)
def test_a_reason_beside_those_accepted_before(
    state: str, reason: str, status: ReviewStatus, verdict: Verdict
) -> None:
    before = certificate(state, number=2, exemption_reason=reason, review_status=status)
    check = checked(CheckCode.REASON, others=[before])
    assert check.verdict is verdict
    if verdict is WARN:
        assert check.sentences == ("Texas: accepted before as charitable.",)


def test_it_cannot_be_signed_on_a_day_to_come() -> None:
    check = checked(CheckCode.DATES, certificate(signed_date=TODAY + DAY))
    assert check.verdict is FAIL
    assert "still to come" in check.sentences[0]


def test_one_that_begins_later_says_from_when_it_is_applied() -> None:
    check = checked(CheckCode.DATES, certificate(effective_date=TODAY + DAY))
    assert check.sentences == (f"It is applied from {TODAY + DAY} on.",)


def test_for_a_single_sale_it_must_name_the_order() -> None:
    single = certificate(kind=CertificateKind.SINGLE_USE)
    assert checked(CheckCode.KIND, single).sentences == (
        "It is for a single sale, but names no order.",
    )
    named = certificate(kind=CertificateKind.SINGLE_USE, order_numbers=("PO-1",))
    assert checked(CheckCode.KIND, named).sentences == ("For one sale: PO-1.",)


# --- signature ---------------------------------------------------------------------------

SIGNED = Signature(name="Ana Ruiz", title="Buyer", consent="1", data_sha256="0" * 64, signed_at=NOW)


@pytest.mark.parametrize(
    ("case", "verdict", "sentence"),
    [
        pytest.param(
            {"signature": SIGNED},
            PASS,
            "Signed on-line by Ana Ruiz, Buyer on 2026-11-20.",
            id="on-line",
        ),
        pytest.param(
            {"signature": SIGNED.model_copy(update={"title": ""})},
            PASS,
            "Signed on-line by Ana Ruiz on 2026-11-20.",
            id="on-line, without a title",
        ),
        pytest.param(
            {"reading": read((FieldName.SIGNED_BY, "A. Ruiz"))}, PASS, "Found: A. Ruiz.", id="found"
        ),
        pytest.param(
            {"reading": read(form="f0003")},
            WARN,
            "None was found where the form has it: look at the document.",
            id="not found on a form that is known",
        ),
        pytest.param({"reading": read()}, UNKNOWN, "Look at the document.", id="form not known"),
    ],
)
def test_the_signature(case: dict[str, Any], verdict: Verdict, sentence: str) -> None:
    check = checked(CheckCode.SIGNATURE, **case)
    assert (check.verdict, check.sentences) == (verdict, (sentence,))


# --- duplicates --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        pytest.param({}, "Certificate 2 has the same file.", id="the same file"),
        pytest.param(
            {"files": (), "review_status": ReviewStatus.ACCEPTED},
            "Certificate 2 says the same.",
            id="the same state, number and dates",
        ),
        pytest.param(
            {"files": ()},
            "Certificate 2 waits for review, too, and says the same.",
            id="one that waits as well",
        ),
        pytest.param(
            {"files": (), "exemption_number": "9"}, "None on file says the same.", id="other number"
        ),
        pytest.param(
            {"review_status": ReviewStatus.REJECTED},
            "None on file says the same.",
            id="a rejected one does not count",
        ),
        pytest.param(
            {"archived_date": TODAY},
            "None on file says the same.",
            id="nor does an archived one",
        ),
    ],
)
def test_duplicates(other: dict[str, Any], sentence: str) -> None:
    check = checked(CheckCode.DUPLICATE, others=[certificate(number=2, **other)])
    assert check.sentences == (sentence,)


# --- what to reject it for ---------------------------------------------------------------


def test_failed_checks_suggest_reasons_for_a_rejection() -> None:
    it = certificate(files=(), signed_date=TODAY + DAY, kind=CertificateKind.SINGLE_USE)
    assert suggested(review_checks(Case(it, TODAY))) == (
        RejectionCode.INCOMPLETE,
        RejectionCode.WRONG_FORM,
    )


def test_one_that_expired_is_to_be_rejected_for_that() -> None:
    expired = Objection(
        code=ObjectionCode.EXPIRED, severity=REFUSE, sentence="It expired on 2026-01-01."
    )
    check = checked(CheckCode.DATES, objections={"US-TX": (expired,)})
    assert suggested([check]) == (RejectionCode.EXPIRED,)


def test_warnings_suggest_nothing() -> None:
    found = review_checks(
        Case(certificate(), TODAY, papers=[PAPER], others=[certificate(number=2)])
    )
    assert suggested(found) == ()
