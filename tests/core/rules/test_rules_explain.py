"""Decisions in sentences: one for every ground and every finding."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.certificate import Coverage, ReviewStatus
from exempt.model.decision import ByHand, Decision, Finding, Ground, Step
from exempt.rules.explain import found, step, verdict
from support.records import DAY, TODAY, YEAR, address, card, coverage, order
from support.rules_records import ORDINARY, decided

EXPIRED = coverage(1, expiration_date=TODAY - DAY)
FREE_FORM = card(resale_certificate_number="FF-1")


def chose(certificate_id: int = 1, reason: str = "") -> ByHand:
    return ByHand(certificate_id=certificate_id, reason=reason)


def sent_to(*place: Any) -> Any:
    return order(ship_to=address(*place))


VERDICTS = [
    pytest.param(
        decided([coverage()]),
        "Exempt. Certificate N-1 covers Texas on 2026-11-20.",
        id="a certificate covers it",
    ),
    pytest.param(
        decided([coverage(apply_tax=True)]),
        "Tax applies. Certificate N-1 covers Texas on 2026-11-20."
        " It says that tax applies all the same.",
        id="a certificate that taxes",
    ),
    pytest.param(
        decided([coverage(exempt_percentage="37.50")]),
        "37.5 % of it is exempt, and tax applies to the rest."
        " Certificate N-1 covers Texas on 2026-11-20.",
        id="a certificate that exempts a part",
    ),
    pytest.param(
        decided([coverage(exempt_percentage=50)]),
        "50 % of it is exempt, and tax applies to the rest."
        " Certificate N-1 covers Texas on 2026-11-20.",
        id="a certificate that exempts a half",
    ),
    pytest.param(
        decided([coverage(jurisdiction="CA-ON")], sent_to("ON", "CA")),
        "Exempt. Certificate N-1 covers CA-ON on 2026-11-20.",
        id="a certificate for a province",
    ),
    pytest.param(
        decided([coverage()], by_hand=chose()),
        "Exempt. Certificate N-1 was chosen by hand.",
        id="a certificate chosen by hand",
    ),
    pytest.param(
        decided([EXPIRED], by_hand=chose(reason="the buyer sent the new one.")),
        "Exempt. Certificate N-1 was chosen by hand: the buyer sent the new one."
        " It expired on 2026-11-19.",
        id="one chosen by hand that does not fit, with a reason",
    ),
    pytest.param(
        decided([coverage(jurisdiction="US-CA", apply_tax=True)], by_hand=chose()),
        "Tax applies. Certificate N-1 was chosen by hand. It is for California."
        " It says that tax applies all the same.",
        id="one chosen by hand that taxes",
    ),
    pytest.param(
        decided([coverage(1, review_status=ReviewStatus.REJECTED), coverage(2)], by_hand=chose()),
        "Exempt. Certificate N-2 covers Texas on 2026-11-20."
        " Certificate N-1, which was chosen by hand, is no longer accepted.",
        id="one chosen by hand that was rejected meanwhile",
    ),
    pytest.param(
        decided([coverage(2)], by_hand=chose(7)),
        "Exempt. Certificate N-2 covers Texas on 2026-11-20."
        " Certificate 7, which was chosen by hand, is no longer the customer's.",
        id="one chosen by hand that is the customer's no more",
    ),
    pytest.param(
        decided(by_hand=ByHand(tax_applicable=False, reason="a donation to a school")),
        "Exempt. Somebody decided so by hand: a donation to a school.",
        id="exempt by hand",
    ),
    pytest.param(
        decided([coverage()], by_hand=ByHand(1, tax_applicable=True, reason=" For own use X. ")),
        "Tax applies. Somebody decided so by hand: For own use X.",
        id="taxable by hand",
    ),
    pytest.param(
        decided(by_hand=ByHand(tax_applicable=True)),
        "Tax applies. Somebody decided so by hand.",
        id="taxable by hand, and nobody said why",
    ),
    pytest.param(
        decided([coverage()], who=FREE_FORM),
        "Exempt. The free-form number FF-1 prevails over every certificate.",
        id="a free-form number",
    ),
    pytest.param(
        decided(),
        "Tax applies. Exemption is claimed, but nothing on file covers Texas on 2026-11-20.",
        id="nothing on file",
    ),
    pytest.param(
        decided(who=ORDINARY),
        "Tax applies. Nobody claims an exemption, and no certificate covers Texas.",
        id="an ordinary customer",
    ),
    pytest.param(
        decided(sale=sent_to("OR")),
        "Tax applies. Oregon levies no sales tax, so no certificate is needed.",
        id="a state without sales tax",
    ),
    pytest.param(
        decided(sale=sent_to("ON", "CA")),
        "Tax applies. The goods go to CA-ON, outside the jurisdictions that are known here.",
        id="a province",
    ),
    pytest.param(
        decided(sale=sent_to(None, "DE")),
        "Tax applies. The goods go to DE, outside the jurisdictions that are known here.",
        id="a country without regions",
    ),
    pytest.param(
        decided(sale=order(ship_to=None)),
        "Tax applies. The order does not say which state the goods go to.",
        id="no ship-to",
    ),
    pytest.param(
        decided(who=None),
        "Tax applies. The order names a customer that its source has not shown yet.",
        id="an unknown customer",
    ),
]


@pytest.mark.parametrize(("decision", "sentence"), VERDICTS)
def test_a_verdict(decision: Decision, sentence: str) -> None:
    assert verdict(decision) == sentence


def test_every_ground_has_a_verdict() -> None:
    assert {parameters.values[0].ground for parameters in VERDICTS} == set(Ground)  # type: ignore[union-attr]


STEPS = {
    Finding.CHOSEN: "is the one used",
    Finding.CHOSEN_BY_HAND: "was chosen by hand",
    Finding.LATER_EXPIRATION: "would do, but the one used expires sooner",
    Finding.EARLIER_EFFECTIVE: "would do, but the one used took effect later",
    Finding.HIGHER_ID: "would do, but is equal to the one used, which was entered earlier",
    Finding.OTHER_JURISDICTION: "is for Texas",
    Finding.OTHER_ORDERS: "is for other orders: PO-1, PO-2",
    Finding.EXPIRED: "expired on 2026-11-20",
    Finding.LAPSED: "lapsed after 2026-11-19, as no sale followed in time",
    Finding.NOT_YET_EFFECTIVE: "does not take effect until 2025-11-20",
    Finding.ARCHIVED: "was archived on 2026-11-18",
    Finding.PENDING_REVIEW: "waits for review",
    Finding.REJECTED: "was rejected in review",
    Finding.OVERRULED: "would do, but the free-form number prevails",
    Finding.OVERRULED_BY_HAND: "would do, but what was decided by hand prevails",
}
DATED: dict[str, Any] = {
    "jurisdiction": "US-TX",
    "order_numbers": ("PO-1", "PO-2"),
    "effective_date": TODAY - YEAR,
    "expiration_date": TODAY,
    "held_through": TODAY - DAY,
    "archived_date": TODAY - 2 * DAY,
}


def looked_at(finding: Finding, **changes: Any) -> Step:
    fields = {"certificate_id": 7, "certificate_number": "N-7", **DATED, **changes}
    return Step(finding=finding, **fields)


@pytest.mark.parametrize("finding", Finding)
def test_what_was_found(finding: Finding) -> None:
    assert step(looked_at(finding)) == f"N-7 (TX) {STEPS[finding]}."


@pytest.mark.parametrize("finding", Finding)
def test_what_speaks_against_a_candidate_is_said_in_the_same_words(finding: Finding) -> None:
    candidate: Coverage = coverage(7, **DATED)
    assert found(candidate, finding) == STEPS[finding]


def test_a_place_abroad_keeps_its_country() -> None:
    abroad = looked_at(Finding.OTHER_JURISDICTION, jurisdiction="CA-ON")
    assert step(abroad) == "N-7 (CA-ON) is for CA-ON."


def test_a_step_says_what_speaks_against_a_choice_by_hand() -> None:
    chosen = looked_at(Finding.CHOSEN_BY_HAND, against=Finding.ARCHIVED)
    assert step(chosen) == "N-7 (TX) was chosen by hand, although it was archived on 2026-11-18."
