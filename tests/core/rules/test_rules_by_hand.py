"""What somebody decided for an order by hand: a certificate to use, or the outcome itself."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.certificate import Coverage, ReviewStatus
from exempt.model.decision import ByHand, Finding, Ground, Profile
from support.records import DAY, TODAY, YEAR, address, card, coverage, order
from support.rules_records import ORDINARY, decided

CHOSE_1 = ByHand(certificate_id=1)
SOONER = coverage(2, expiration_date=TODAY + DAY)


@pytest.mark.parametrize(
    ("changes", "against"),
    [
        pytest.param({}, None, id="one that would do"),
        pytest.param({"jurisdiction": "US-CA"}, Finding.OTHER_JURISDICTION,
                     id="one for another state"),
        pytest.param({"expiration_date": TODAY - DAY}, Finding.EXPIRED, id="one that has expired"),
        pytest.param({"held_through": TODAY - DAY}, Finding.LAPSED, id="one that has lapsed"),
        pytest.param({"effective_date": TODAY + DAY}, Finding.NOT_YET_EFFECTIVE,
                     id="one that is not yet in effect"),
        pytest.param({"archived_date": TODAY}, Finding.ARCHIVED, id="one that was archived"),
        pytest.param({"order_numbers": ("PO-2",)}, Finding.OTHER_ORDERS,
                     id="one for other orders"),
    ],
)  # fmt: skip
def test_a_certificate_chosen_from_the_list_is_used_fit_or_not(
    changes: dict[str, Any], against: Finding | None
) -> None:
    decision = decided([coverage(1, **changes), SOONER], by_hand=CHOSE_1)
    assert (decision.ground, decision.certificate_id) == (Ground.CERTIFICATE, 1)
    assert (decision.exempt, decision.certificate_number) == (True, "N-1")
    assert [(s.finding, s.against) for s in decision.steps] == [
        (Finding.CHOSEN_BY_HAND, against),
        (Finding.OVERRULED_BY_HAND, None),
    ]


@pytest.mark.parametrize(
    ("held", "used", "findings"),
    [
        pytest.param([coverage(1, review_status=ReviewStatus.REJECTED), SOONER], 2,
                     [Finding.REJECTED, Finding.CHOSEN], id="it was rejected meanwhile"),
        pytest.param([coverage(1, review_status=ReviewStatus.PENDING), SOONER], 2,
                     [Finding.PENDING_REVIEW, Finding.CHOSEN], id="it waits for review again"),
        pytest.param([SOONER], 2, [Finding.CHOSEN], id="it is the customer's no more"),
        pytest.param([coverage(1, review_status=ReviewStatus.REJECTED)], None,
                     [Finding.REJECTED], id="it was rejected, and there is no other"),
        pytest.param([], None, [], id="there is nothing left on file"),
    ],
)  # fmt: skip
def test_a_choice_that_cannot_be_kept_to_leaves_it_to_the_rule(
    held: list[Coverage], used: int | None, findings: list[Finding]
) -> None:
    decision = decided(held, by_hand=CHOSE_1)
    assert decision.certificate_id == used
    assert decision.exempt is (used is not None)
    assert [step.finding for step in decision.steps] == findings


@pytest.mark.parametrize(
    ("changes", "exempt", "part"),
    [
        pytest.param({"apply_tax": True}, False, 0, id="one that taxes"),
        pytest.param({"exempt_percentage": 40}, False, 40, id="one that exempts a part"),
    ],
)
def test_tax_applies_as_the_chosen_certificate_says(
    changes: dict[str, Any], exempt: bool, part: int
) -> None:
    decision = decided([coverage(1, **changes), SOONER], by_hand=CHOSE_1)
    assert decision.exempt is exempt
    assert decision.exempt_percentage == part


@pytest.mark.parametrize(
    ("places", "ship_to", "used"),
    [
        pytest.param(["CA", "NY", "TX"], "TX", "US-TX", id="the state of the ship-to"),
        pytest.param(["NY", "CA"], "TX", "US-CA", id="else the first by its letters"),
        pytest.param(["NY", "CA"], None, "US-CA", id="also where the ship-to is not known"),
    ],
)
def test_of_a_chosen_certificate_for_several_states_one_is_used(
    places: list[str], ship_to: str | None, used: str
) -> None:
    held = [coverage(1, jurisdiction=f"US-{place}") for place in places]
    sale = order(ship_to=address(ship_to) if ship_to else None)
    steps = decided(held, sale, by_hand=CHOSE_1).steps
    assert [s.jurisdiction for s in steps if s.finding is Finding.CHOSEN_BY_HAND] == [used]


def test_of_a_chosen_certificate_of_two_customers_that_of_the_lowest_id_is_used() -> None:
    held = [coverage(1, customer_id=customer_id) for customer_id in (3, 2)]
    steps = decided(held, by_hand=CHOSE_1).steps
    assert [(s.customer_id, s.finding) for s in steps] == [
        (2, Finding.CHOSEN_BY_HAND),
        (3, Finding.OVERRULED_BY_HAND),
    ]


def test_a_choice_by_hand_beats_the_free_form_number() -> None:
    who = card(resale_certificate_number="FF-1")
    decision = decided([coverage(1), SOONER], who=who, by_hand=CHOSE_1)
    assert (decision.ground, decision.certificate_number) == (Ground.CERTIFICATE, "N-1")
    assert decision.steps[1].finding is Finding.OVERRULED_BY_HAND


def test_without_its_choice_the_free_form_number_prevails_again() -> None:
    decision = decided(who=card(resale_certificate_number="FF-1"), by_hand=CHOSE_1)
    assert (decision.ground, decision.certificate_number) == (Ground.FREE_FORM_NUMBER, "FF-1")


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(
    ("who", "held"),
    [
        pytest.param(ORDINARY, [], id="of an ordinary customer"),
        pytest.param(ORDINARY, [coverage()], id="where a certificate would do"),
        pytest.param(card(resale_certificate_number="FF-1"), [coverage()],
                     id="where a free-form number would do"),
        pytest.param(None, [], id="of a customer that is not known"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("tax_applicable", "part"),
    [pytest.param(False, 100, id="exempt"), pytest.param(True, 0, id="taxable")],
)
def test_an_order_is_forced_to_be(
    tax_applicable: bool, part: int, who: Any, held: list[Coverage], profile: Profile
) -> None:
    by_hand = ByHand(tax_applicable=tax_applicable, reason="as agreed")
    decision = decided(held, who=who, by_hand=by_hand, profile=profile)
    assert (decision.ground, decision.tax_applicable) == (Ground.OVERRIDE, tax_applicable)
    assert (decision.certificate_id, decision.certificate_number) == (None, None)
    assert decision.exempt_percentage == part
    assert {step.finding for step in decision.steps} <= {Finding.OVERRULED_BY_HAND}
    assert decision.facts.by_hand == by_hand


def test_an_override_leaves_what_was_refused_refused() -> None:
    held = [coverage(1, expiration_date=TODAY - YEAR), coverage(2)]
    steps = decided(held, by_hand=ByHand(tax_applicable=True)).steps
    assert [step.finding for step in steps] == [Finding.EXPIRED, Finding.OVERRULED_BY_HAND]


def test_an_override_prevails_over_a_choice_beside_it() -> None:
    decision = decided([coverage(1)], by_hand=ByHand(certificate_id=1, tax_applicable=True))
    assert (decision.ground, decision.certificate_id) == (Ground.OVERRIDE, None)
    assert decision.steps[0].finding is Finding.OVERRULED_BY_HAND


def test_a_choice_of_nothing_is_none() -> None:
    decision = decided([coverage(1)], by_hand=ByHand(reason="a slip"))
    assert (decision.ground, decision.steps[0].finding) == (Ground.CERTIFICATE, Finding.CHOSEN)
