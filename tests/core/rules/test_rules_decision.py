"""Which certificate covers an order, sentence by sentence."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.certificate import Coverage, ReviewStatus
from exempt.model.decision import Finding, Ground, Profile
from exempt.model.sources import OrderKind
from exempt.rules.decision import VERSION, decide
from support.records import DAY, TODAY, YEAR, address, card, coverage, order

MONTH = 30 * DAY
FLAGGED = card(flagged_exempt=True)


def until(certificate_id: int, expiration_date: Any, **changes: Any) -> Coverage:
    return coverage(certificate_id, expiration_date=expiration_date, **changes)


@pytest.mark.parametrize(
    ("coverages", "chosen"),
    [
        pytest.param([coverage(1)], 1, id="a certificate for the state of the ship-to covers it"),
        pytest.param([], None, id="nothing on file covers nothing"),
        pytest.param(
            [coverage(1, jurisdiction="US-CA"), coverage(2)], 2,
            id="a certificate for another state is left aside",
        ),
        pytest.param([coverage(1, jurisdiction="US-CA")], None, id="another state's alone is none"),
        pytest.param([until(1, TODAY)], 1, id="it still counts on the day it expires"),
        pytest.param([until(1, TODAY - DAY)], None, id="on the next day it no longer does"),
        pytest.param(
            [until(1, TODAY + YEAR), until(2, TODAY + MONTH)], 2,
            id="of two the one that expires sooner is used",
        ),
        pytest.param(
            [until(1, TODAY + YEAR), until(2, TODAY + DAY), until(3, TODAY + MONTH)], 2,
            id="of three the one that expires soonest is used",
        ),
        pytest.param(
            [until(1, TODAY - DAY), until(2, TODAY + YEAR), until(3, TODAY + MONTH)], 3,
            id="what has expired is not the soonest to expire",
        ),
        pytest.param(
            [until(1, None), until(2, TODAY + YEAR)], 2,
            id="one that expires comes before one that does not",
        ),
        pytest.param([until(1, None)], 1, id="one without an end is used where it is alone"),
        pytest.param(
            [until(1, None), until(2, TODAY - DAY)], 1,
            id="one without an end is used where the other has expired",
        ),
        pytest.param(
            [coverage(1, effective_date=TODAY - YEAR), coverage(2, effective_date=TODAY - MONTH)],
            2,
            id="of those with the same end the one that took effect last is used",
        ),
        pytest.param(
            [until(1, None, effective_date=TODAY - YEAR), until(2, None, effective_date=TODAY)], 2,
            id="of those without an end the one that took effect last is used",
        ),
        pytest.param([coverage(2), coverage(1)], 1, id="of equals the one entered first is used"),
        pytest.param(
            [coverage(1, review_status=ReviewStatus.PENDING)], None,
            id="a certificate that waits for review is not used",
        ),
        pytest.param(
            [coverage(1, review_status=ReviewStatus.REJECTED), coverage(2)], 2,
            id="a rejected certificate is not used",
        ),
        pytest.param(
            [coverage(1, archived_date=TODAY)], None,
            id="a certificate archived that day is no longer used",
        ),
        pytest.param(
            [coverage(1, archived_date=TODAY + DAY)], 1,
            id="an order from before a certificate was archived stays covered",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("profile", Profile)
def test_the_certificate_that_is_used(
    coverages: list[Coverage], chosen: int | None, profile: Profile
) -> None:
    decision = decide(order(), FLAGGED, coverages, profile)
    assert decision.certificate_id == chosen
    if chosen is None:
        assert (decision.ground, decision.certificate_number) == (Ground.NO_CERTIFICATE, None)
        assert decision.tax_applicable, "no valid certificate: the number is blank, tax applies"
    else:
        assert (decision.ground, decision.certificate_number) == (Ground.CERTIFICATE, f"N-{chosen}")
        assert decision.exempt


@pytest.mark.parametrize(
    ("profile", "covered"),
    [
        pytest.param(Profile.DEFAULT, False, id="by default it must have taken effect"),
        pytest.param(Profile.R2, True, id="R2 looks at the expiration alone"),
    ],
)
def test_a_certificate_that_takes_effect_tomorrow(profile: Profile, covered: bool) -> None:
    decision = decide(order(), FLAGGED, [coverage(effective_date=TODAY + DAY)], profile)
    assert decision.exempt is covered
    assert decision.steps[0].finding is (Finding.CHOSEN if covered else Finding.NOT_YET_EFFECTIVE)


@pytest.mark.parametrize("profile", Profile)
def test_a_certificate_counts_from_the_day_it_takes_effect(profile: Profile) -> None:
    assert decide(order(), FLAGGED, [coverage(effective_date=TODAY)], profile).exempt


@pytest.mark.parametrize("profile", Profile)
def test_a_decision_names_its_rule_so_that_it_can_be_replayed(profile: Profile) -> None:
    assert decide(order(), None, [], profile).rule == f"{profile.value}-{VERSION}"


@pytest.mark.parametrize(
    ("apply_tax", "exempt"),
    [
        pytest.param(False, True, id="an ordinary certificate exempts"),
        pytest.param(True, False, id="one that says so taxes the order all the same"),
    ],
)
def test_tax_applies_as_the_certificate_says(apply_tax: bool, exempt: bool) -> None:
    decision = decide(order(), FLAGGED, [coverage(apply_tax=apply_tax)])
    assert (decision.ground, decision.exempt) == (Ground.CERTIFICATE, exempt)
    assert decision.certificate_number == "N-1", "the number shows either way"


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        pytest.param({}, "N-1", id="the certificate's own number comes first"),
        pytest.param({"certificate_number": None, "exemption_number": "E-9"}, "E-9",
                     id="then the exemption's"),
        pytest.param({"certificate_number": None}, "CERT-1", id="then ours"),
    ],
)  # fmt: skip
def test_the_number_an_order_shows(numbers: dict[str, Any], shown: str) -> None:
    assert decide(order(), FLAGGED, [coverage(1, **numbers)]).certificate_number == shown


@pytest.mark.parametrize(
    ("changes", "customer", "coverages", "ground", "exempt"),
    [
        pytest.param({}, card(), [coverage()], Ground.CERTIFICATE, True,
                     id="a certificate covers also those whom nobody flagged"),
        pytest.param({}, card(resale_certificate_number="FF-1"), [], Ground.FREE_FORM_NUMBER, True,
                     id="a free-form number alone exempts"),
        pytest.param({}, card(resale_certificate_number="FF-1"), [coverage()],
                     Ground.FREE_FORM_NUMBER, True,
                     id="a free-form number beats a certificate for the state"),
        pytest.param({"ship_to": None}, card(resale_certificate_number="FF-1"), [],
                     Ground.FREE_FORM_NUMBER, True,
                     id="a free-form number needs no ship-to"),
        pytest.param({}, card(resale_certificate_number=""), [coverage()], Ground.CERTIFICATE, True,
                     id="a blank free-form number is none"),
        pytest.param({}, FLAGGED, [], Ground.NO_CERTIFICATE, False,
                     id="exemption is claimed on the customer, and nothing is on file"),
        pytest.param({"tax_applicable": False}, card(), [], Ground.NO_CERTIFICATE, False,
                     id="exemption is claimed on the order, and nothing is on file"),
        pytest.param({"tax_applicable": True}, card(), [], Ground.NOT_CLAIMED, False,
                     id="an ordinary customer is taxed"),
        pytest.param({}, card(), [], Ground.NOT_CLAIMED, False,
                     id="an order that says nothing claims nothing"),
        pytest.param({}, card(), [coverage(jurisdiction="US-CA")], Ground.NOT_CLAIMED, False,
                     id="a certificate elsewhere claims nothing here"),
        pytest.param({"ship_to": address("OR")}, FLAGGED, [], Ground.NO_SALES_TAX, False,
                     id="a state without sales tax needs no certificate"),
        pytest.param({"ship_to": address("OR")}, FLAGGED, [coverage(jurisdiction="US-OR")],
                     Ground.CERTIFICATE, True,
                     id="a certificate for a state without sales tax still counts"),
        pytest.param({"ship_to": address("ON", "CA")}, FLAGGED, [], Ground.OUTSIDE, False,
                     id="a province abroad lies outside"),
        pytest.param({"ship_to": address("Bavaria", "DE")}, FLAGGED, [], Ground.OUTSIDE, False,
                     id="so does a region that has no code"),
        pytest.param({"ship_to": address("ON", "CA")}, FLAGGED, [coverage(jurisdiction="CA-ON")],
                     Ground.CERTIFICATE, True,
                     id="a certificate for it covers it all the same"),
        pytest.param({"ship_to": None}, FLAGGED, [coverage()], Ground.NO_SHIP_TO, False,
                     id="without a ship-to no certificate can be chosen"),
        pytest.param({"ship_to": address(None)}, FLAGGED, [coverage()], Ground.NO_SHIP_TO, False,
                     id="an address without a state is no ship-to"),
        pytest.param({}, None, [], Ground.UNKNOWN_CUSTOMER, False,
                     id="the source has not shown the customer"),
        pytest.param({"ship_to": None, "tax_applicable": False}, None, [],
                     Ground.UNKNOWN_CUSTOMER, False,
                     id="an unknown customer is the first thing to mend"),
    ],
)  # fmt: skip
def test_the_ground_of_a_decision(
    changes: dict[str, Any], customer: Any, coverages: list[Coverage], ground: Ground, exempt: bool
) -> None:
    decision = decide(order(**changes), customer, coverages)
    assert (decision.ground, decision.exempt) == (ground, exempt)
    assert (decision.certificate_id is not None) == (ground is Ground.CERTIFICATE)


def test_a_free_form_number_is_what_the_order_shows() -> None:
    decision = decide(order(), card(resale_certificate_number="FF-1"), [coverage()])
    assert (decision.certificate_number, decision.certificate_id) == ("FF-1", None)
    assert [step.finding for step in decision.steps] == [Finding.OVERRULED]


@pytest.mark.parametrize("kind", OrderKind)
def test_orders_and_invoices_and_credits_are_decided_alike(kind: OrderKind) -> None:
    held = [coverage(), coverage(2, jurisdiction="US-CA")]
    assert decide(order(kind=kind), FLAGGED, held) == decide(order(), FLAGGED, held)


def test_the_day_of_the_order_counts_and_not_today() -> None:
    old, new = order(order_date=TODAY - 2 * YEAR), order(order_date=TODAY + 2 * YEAR)
    held = [coverage(effective_date=TODAY - 3 * YEAR, expiration_date=TODAY)]
    assert decide(old, FLAGGED, held).exempt
    assert not decide(new, FLAGGED, held).exempt
    assert decide(old, FLAGGED, held).order_date == TODAY - 2 * YEAR


LOOKED_AT = [
    pytest.param(coverage(2), Finding.HIGHER_ID, id="an equal one, entered later"),
    pytest.param(until(2, TODAY + 2 * YEAR), Finding.LATER_EXPIRATION, id="one that ends later"),
    pytest.param(until(2, None), Finding.LATER_EXPIRATION, id="one without an end"),
    pytest.param(coverage(2, effective_date=TODAY - 2 * YEAR), Finding.EARLIER_EFFECTIVE,
                 id="one that took effect earlier"),
    pytest.param(coverage(2, jurisdiction="US-CA"), Finding.OTHER_JURISDICTION,
                 id="one for another state"),
    pytest.param(until(2, TODAY - DAY), Finding.EXPIRED, id="one that has expired"),
    pytest.param(coverage(2, effective_date=TODAY + DAY), Finding.NOT_YET_EFFECTIVE,
                 id="one that is not yet in effect"),
    pytest.param(coverage(2, archived_date=TODAY), Finding.ARCHIVED, id="one that was archived"),
    pytest.param(coverage(2, review_status=ReviewStatus.PENDING), Finding.PENDING_REVIEW,
                 id="one that waits for review"),
    pytest.param(coverage(2, review_status=ReviewStatus.REJECTED), Finding.REJECTED,
                 id="one that was rejected"),
]  # fmt: skip


@pytest.mark.parametrize(("passed_over", "finding"), LOOKED_AT)
def test_what_is_said_of_a_certificate_that_was_passed_over(
    passed_over: Coverage, finding: Finding
) -> None:
    decision = decide(order(), FLAGGED, [passed_over, coverage(1)])
    assert [(s.certificate_id, s.finding) for s in decision.steps] == [
        (1, Finding.CHOSEN),
        (2, finding),
    ]


def test_every_finding_has_its_row_above() -> None:
    found = {parameters.values[1] for parameters in LOOKED_AT}
    assert found | {Finding.CHOSEN, Finding.OVERRULED} == set(Finding)


def test_a_step_keeps_the_certificate_as_it_stood_then() -> None:
    numberless = coverage(1, expiration_date=None, certificate_number=None)
    (step,) = decide(order(), FLAGGED, [numberless]).steps
    assert (step.certificate_number, step.jurisdiction) == ("CERT-1", "US-TX")
    assert (step.effective_date, step.expiration_date) == (TODAY - YEAR, None)
