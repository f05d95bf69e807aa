"""What is answered to whoever enters an order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from exempt.model.asking import Answer, Buyer, Holder, Lack, OnFile, Question, QuestionLine
from exempt.model.certificate import CertificateKind, Coverage, ReviewStatus
from exempt.model.decision import Ground
from exempt.model.sources import NotTaxedReason
from exempt.rules.asking import answer, on_file
from exempt.rules.decision import decide, facts_of
from support.records import DAY, TODAY, YEAR, address, card, coverage, order


def question(**changes: Any) -> Question:
    """An order of C-1 to Texas."""
    fields: dict[str, Any] = {"customer": Buyer(number="C-1"), "ship_to": address()}
    return Question(**{**fields, **changes})


def holder(*held: Coverage, **changes: Any) -> Holder:
    """A customer that nothing is known against."""
    known = Holder(card(), 1, "C-1", "ap@lone.example", excluded_from_mailings=False, held=held)
    return known._replace(**changes)


def asked(who: Holder | None, on: dt.date = TODAY, **changes: Any) -> Answer:
    """The answer to an ordinary question."""
    return answer(question(**changes), who, on=on)


def test_a_certificate_on_file_is_named_with_its_status() -> None:
    found = asked(holder(coverage(7)))
    assert found.exempt
    assert not found.tax_applicable
    assert found.customer_id == 1
    assert found.certificate is not None
    assert found.certificate == OnFile(
        id=7, number="N-7", status="active", expiration_date=TODAY + YEAR
    )
    assert found.verdict.startswith("Exempt. Certificate N-7 covers Texas")
    assert [step.sentence for step in found.steps] == ["N-7 (TX) is the one used."]
    assert found.prompt is None


@pytest.mark.parametrize(
    ("days", "status"),
    [
        pytest.param(30, "expiring_soon", id="30 days before its end"),
        pytest.param(31, "active", id="31 days before its end"),
        pytest.param(0, "expiring_soon", id="on its last day"),
    ],
)
def test_status_on_the_day_of_the_order(days: int, status: str) -> None:
    held = coverage(expiration_date=TODAY + days * DAY)
    found = asked(holder(held), on=TODAY - 10 * DAY, order_date=TODAY)
    assert found.certificate is not None
    assert found.certificate.status == status


def test_a_certificate_without_an_end_is_active() -> None:
    found = asked(holder(coverage(expiration_date=None)))
    assert found.certificate is not None
    assert (found.certificate.status, found.certificate.expiration_date) == ("active", None)


CLAIMS = card(flagged_exempt=True)
EXPIRED = coverage(expiration_date=TODAY - DAY)
LAPSED = coverage(2, expiration_date=None, held_through=TODAY - DAY)
PENDING = coverage(3, review_status=ReviewStatus.PENDING)
REJECTED = coverage(4, review_status=ReviewStatus.REJECTED)
ELSEWHERE = coverage(5, jurisdiction="US-CA", expiration_date=TODAY - DAY)


@pytest.mark.parametrize(
    ("held", "lack"),
    [
        pytest.param([], Lack.MISSING, id="nothing on file"),
        pytest.param([ELSEWHERE], Lack.MISSING, id="expired in another state"),
        pytest.param([EXPIRED], Lack.EXPIRED, id="expired"),
        pytest.param([LAPSED], Lack.EXPIRED, id="lapsed"),
        pytest.param([REJECTED], Lack.REJECTED, id="rejected"),
        pytest.param([PENDING], Lack.PENDING_REVIEW, id="waits for review"),
        pytest.param(
            [EXPIRED, REJECTED, PENDING], Lack.PENDING_REVIEW, id="what waits comes first"
        ),
        pytest.param([EXPIRED, REJECTED], Lack.EXPIRED, id="what was good once comes next"),
    ],
)
def test_whoever_claims_an_exemption_is_asked_for_what_lacks(
    held: Sequence[Coverage], lack: Lack
) -> None:
    prompt = asked(holder(*held, card=CLAIMS)).prompt
    assert prompt is not None
    assert prompt.lack is lack
    assert "Texas" in prompt.text


def test_yes_sends_the_request_and_no_goes_on_without() -> None:
    found = asked(holder(), tax_applicable=False)
    assert found.ground is Ground.NO_CERTIFICATE
    assert found.tax_applicable  # which is what "no" leaves it at
    assert found.prompt is not None
    assert found.prompt.yes is not None
    assert found.prompt.yes.model_dump() == {
        "method": "POST",
        "href": "/api/v1/requests",
        "body": {"customer_id": 1, "jurisdictions": ["US-TX"]},
    }


@pytest.mark.parametrize(
    ("changes", "why_not"),
    [
        pytest.param({"mailbox": None}, "no usable e-mail", id="no e-mail"),
        pytest.param({"excluded_from_mailings": True}, "excluded", id="excluded from mailings"),
    ],
)
def test_who_cannot_be_written_to_is_not_offered_to(changes: dict[str, Any], why_not: str) -> None:
    prompt = asked(holder(card=CLAIMS, **changes)).prompt
    assert prompt is not None
    assert prompt.yes is None
    assert why_not in (prompt.why_not or "")


def test_one_that_waits_for_review_is_not_asked_for_again() -> None:
    prompt = asked(holder(PENDING, card=CLAIMS)).prompt
    assert prompt is not None
    assert prompt.yes is None


def test_a_new_customer_is_asked_about_too() -> None:
    found = asked(None)
    assert found.ground is Ground.UNKNOWN_CUSTOMER
    assert found.customer_id is None
    assert found.prompt is not None
    assert (found.prompt.lack, found.prompt.yes) == (Lack.NEW_CUSTOMER, None)


@pytest.mark.parametrize(
    ("who", "changes"),
    [
        pytest.param(holder(), {}, id="an ordinary customer"),
        pytest.param(holder(ELSEWHERE), {}, id="one with an old certificate elsewhere"),
        pytest.param(holder(coverage()), {}, id="covered"),
        pytest.param(holder(card=CLAIMS), {"ship_to": address("OR")}, id="no sales tax there"),
        pytest.param(holder(card=CLAIMS), {"ship_to": None}, id="nobody knows where to"),
        pytest.param(holder(card=CLAIMS), {"ship_to": address("BC", "CA")}, id="abroad"),
    ],
)
def test_nobody_is_asked_where_nothing_would_change(who: Holder, changes: dict[str, Any]) -> None:
    assert asked(who, **changes).prompt is None


def test_an_ordinary_customer_whose_certificate_expired_is_asked() -> None:
    prompt = asked(holder(EXPIRED)).prompt
    assert prompt is not None
    assert prompt.lack is Lack.EXPIRED


def test_nobody_is_asked_where_requests_are_off() -> None:
    found = answer(question(), holder(card=CLAIMS), on=TODAY, requests=False)
    assert found.tax_applicable
    assert found.prompt is None


def test_a_certificate_bound_to_orders_covers_those() -> None:
    held = coverage(kind=CertificateKind.SINGLE_USE, order_numbers=("PO 77",))
    mine = asked(holder(held), purchase_order_number="po 77", lines=(QuestionLine(line_id="1"),))
    assert mine.exempt
    assert [line.not_taxed_reason for line in mine.lines] == [NotTaxedReason.TRANSACTION_EXEMPT]
    assert not asked(holder(held), number="O-1").exempt


@pytest.mark.parametrize(
    ("who", "state", "known", "reason"),
    [
        pytest.param(holder(coverage()), "TX", None, "customer_exempt", id="by a certificate"),
        pytest.param(holder(), "OR", None, "no_tax", id="the state levies none"),
        pytest.param(holder(), "TX", "not_collecting", "not_collecting", id="as the shop says"),
        pytest.param(holder(), "TX", "product_not_taxed", "product_not_taxed", id="the product"),
        pytest.param(holder(), "TX", "customer_exempt", None, id="not as the shop thinks"),
    ],
)
def test_why_no_tax_is_on_a_line(
    who: Holder, state: str, known: NotTaxedReason | None, reason: str | None
) -> None:
    line = QuestionLine(line_id="1", amount=Decimal(5), not_taxed_reason=known)
    (said,) = asked(who, ship_to=address(state), lines=(line,)).lines
    assert said.not_taxed_reason == reason


def test_it_is_the_decision_that_a_stored_order_would_get() -> None:
    held = [coverage(), EXPIRED, PENDING, ELSEWHERE]
    stored = decide(facts_of(order(), card(), held), held)
    found = asked(holder(*held), order_date=TODAY, number="O-1")
    assert (found.ground, found.rule, found.exempt) == (stored.ground, stored.rule, stored.exempt)
    assert [(s.certificate_id, s.finding) for s in found.steps] == [
        (s.certificate_id, s.finding) for s in stored.steps
    ]


@pytest.mark.parametrize(
    "held",
    [
        pytest.param([coverage()], id="active"),
        pytest.param([coverage(expiration_date=TODAY + 30 * DAY)], id="expiring soon"),
        pytest.param([coverage(held_through=TODAY + DAY)], id="its sales end before it"),
        pytest.param([coverage(expiration_date=None)], id="without an end"),
        pytest.param([EXPIRED], id="none"),
    ],
)
def test_a_decision_that_was_kept_names_the_certificate_alike(held: list[Coverage]) -> None:
    stored = decide(facts_of(order(), card(), held), held)
    found = asked(holder(*held), order_date=TODAY, number="O-1")
    assert on_file(stored, 30) == found.certificate
