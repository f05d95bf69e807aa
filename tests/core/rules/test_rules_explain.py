"""Decisions in sentences: one for every ground and every finding."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.decision import Decision, Finding, Ground, Step
from exempt.rules.explain import step, verdict
from support.records import TODAY, YEAR


def decided(ground: Ground, **changes: Any) -> Decision:
    fields = {"jurisdiction": "US-TX", "tax_applicable": True, **changes}
    return Decision(ground=ground, order_date=TODAY, rule="default-1", **fields)


def looked_at(finding: Finding, **changes: Any) -> Step:
    fields: dict[str, Any] = {
        "certificate_id": 7,
        "certificate_number": "N-7",
        "jurisdiction": "US-TX",
        "effective_date": TODAY - YEAR,
        "expiration_date": TODAY,
    }
    return Step(finding=finding, **{**fields, **changes})


VERDICTS = [
    pytest.param(
        decided(
            Ground.CERTIFICATE, tax_applicable=False, certificate_id=7, certificate_number="N-7"
        ),
        "Exempt. Certificate N-7 covers Texas on 2026-11-20.",
        id="a certificate covers it",
    ),
    pytest.param(
        decided(Ground.CERTIFICATE, certificate_id=7, certificate_number="N-7"),
        "Tax applies. Certificate N-7 covers Texas on 2026-11-20, but it says that tax applies.",
        id="a certificate that taxes",
    ),
    pytest.param(
        decided(Ground.FREE_FORM_NUMBER, tax_applicable=False, certificate_number="FF-1"),
        "Exempt. The free-form number FF-1 prevails over every certificate.",
        id="a free-form number",
    ),
    pytest.param(
        decided(Ground.NO_CERTIFICATE),
        "Tax applies. Exemption is claimed, but nothing on file covers Texas on 2026-11-20.",
        id="nothing on file",
    ),
    pytest.param(
        decided(Ground.NOT_CLAIMED),
        "Tax applies. Nobody claims an exemption, and no certificate covers Texas.",
        id="an ordinary customer",
    ),
    pytest.param(
        decided(Ground.NO_SALES_TAX, jurisdiction="US-OR"),
        "Tax applies. Oregon levies no sales tax, so no certificate is needed.",
        id="a state without sales tax",
    ),
    pytest.param(
        decided(Ground.OUTSIDE, jurisdiction="CA-ON"),
        "Tax applies. CA-ON lies outside the jurisdictions that are known here.",
        id="abroad",
    ),
    pytest.param(
        decided(Ground.NO_SHIP_TO, jurisdiction=None),
        "Tax applies. The order does not say which state the goods go to.",
        id="no ship-to",
    ),
    pytest.param(
        decided(Ground.UNKNOWN_CUSTOMER, jurisdiction=None),
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
    Finding.LATER_EXPIRATION: "would do, but the one used expires sooner",
    Finding.EARLIER_EFFECTIVE: "would do, but the one used took effect later",
    Finding.HIGHER_ID: "would do, but is equal to the one used, which was entered earlier",
    Finding.OTHER_JURISDICTION: "is for Texas",
    Finding.EXPIRED: "expired on 2026-11-20",
    Finding.NOT_YET_EFFECTIVE: "takes effect on 2025-11-20 only",
    Finding.ARCHIVED: "was archived by then",
    Finding.PENDING_REVIEW: "waits for review",
    Finding.REJECTED: "was rejected in review",
    Finding.OVERRULED: "would do, but the free-form number prevails",
}


@pytest.mark.parametrize("finding", Finding)
def test_what_was_found(finding: Finding) -> None:
    assert step(looked_at(finding)) == f"N-7 (TX) {STEPS[finding]}."


def test_a_place_abroad_keeps_its_country() -> None:
    abroad = looked_at(Finding.OTHER_JURISDICTION, jurisdiction="CA-ON")
    assert step(abroad) == "N-7 (CA-ON) is for CA-ON."
