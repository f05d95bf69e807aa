"""Which certificate covers an order, sentence by sentence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exempt.model.certificate import CertificateKind, Coverage, ExemptionReason, ReviewStatus
from exempt.model.decision import Finding, Ground, Profile
from exempt.model.sources import OrderKind
from exempt.rules import explain
from exempt.rules.decision import VERSION
from support.records import DAY, TODAY, YEAR, address, card, coverage, order
from support.rules_records import FLAGGED, ORDINARY, decided

MONTH = 30 * DAY
FREE_FORM = card(resale_certificate_number="FF-1")


def until(certificate_id: int, expiration_date: Any, **changes: Any) -> Coverage:
    return coverage(certificate_id, expiration_date=expiration_date, **changes)


@pytest.mark.parametrize(
    ("held", "chosen"),
    [
        pytest.param([coverage(1)], 1, id="a certificate for the ship-to state is set on it"),
        pytest.param([], None, id="nothing on file covers nothing"),
        pytest.param([coverage(1, jurisdiction="US-CA"), coverage(2)], 2,
                     id="a certificate for another state is left aside"),
        pytest.param([coverage(1, jurisdiction="US-CA")], None, id="another state's alone is none"),
        pytest.param([until(1, TODAY)], 1, id="an expiry on the order's day is late enough"),
        pytest.param([until(1, TODAY - DAY)], None, id="an expiry on the day before is too early"),
        pytest.param([until(1, TODAY + YEAR), until(2, TODAY + MONTH)], 2,
                     id="of two later expiries the closer is chosen"),
        pytest.param([until(1, TODAY + YEAR), until(2, TODAY + DAY), until(3, TODAY + MONTH)], 2,
                     id="of three later expiries the closest is chosen"),
        pytest.param([until(1, TODAY - DAY), until(2, TODAY + YEAR), until(3, TODAY + MONTH)], 3,
                     id="what has expired is not the closest"),
        pytest.param([until(1, None), until(2, TODAY + YEAR)], 2,
                     id="a specific expiry takes precedence over a blank one"),
        pytest.param([until(1, None)], 1, id="a blank expiry is used where it is alone"),
        pytest.param([until(1, None), until(2, TODAY - DAY)], 1,
                     id="a blank expiry is used where the other has expired"),
        pytest.param(
            [coverage(1, effective_date=TODAY - YEAR), coverage(2, effective_date=TODAY - MONTH)],
            2, id="of the same expiry the one that took effect last is used",
        ),
        pytest.param(
            [until(1, None, effective_date=TODAY - YEAR), until(2, None, effective_date=TODAY)], 2,
            id="of blank expiries the one that took effect last is used",
        ),
        pytest.param([coverage(2), coverage(1)], 1, id="of equals the one with the lowest id"),
        pytest.param([coverage(1, review_status=ReviewStatus.PENDING)], None,
                     id="a certificate that waits for review is not used"),
        pytest.param([coverage(1, review_status=ReviewStatus.REJECTED), coverage(2)], 2,
                     id="a rejected certificate is not used"),
        pytest.param([coverage(1, archived_date=TODAY)], None,
                     id="a certificate archived that day is no longer applied"),
        pytest.param([coverage(1, archived_date=TODAY + DAY)], 1,
                     id="an order from before it was archived stays covered"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("profile", Profile)
def test_the_certificate_that_is_used(
    held: list[Coverage], chosen: int | None, profile: Profile
) -> None:
    decision = decided(held, profile=profile)
    assert decision.certificate_id == chosen
    if chosen is None:
        assert (decision.ground, decision.certificate_number) == (Ground.NO_CERTIFICATE, None)
        assert decision.tax_applicable, "no valid certificate: the number is blank, tax applies"
    else:
        assert (decision.ground, decision.certificate_number) == (Ground.CERTIFICATE, f"N-{chosen}")
        assert decision.exempt


@pytest.mark.parametrize(
    ("held", "finding"),
    [
        pytest.param(coverage(effective_date=TODAY), None, id="it takes effect that day"),
        pytest.param(coverage(effective_date=TODAY + DAY), Finding.NOT_YET_EFFECTIVE,
                     id="it takes effect the day after"),
        pytest.param(coverage(held_through=TODAY), None, id="sales kept it going until that day"),
        pytest.param(coverage(held_through=TODAY - DAY), Finding.LAPSED,
                     id="sales kept it going until the day before"),
        pytest.param(until(1, None, held_through=TODAY - DAY), Finding.LAPSED,
                     id="it has no end but sales ceased"),
        pytest.param(until(1, TODAY, held_through=TODAY + DAY), None,
                     id="a later sale does not matter on its last day"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("profile", Profile)
def test_the_default_profile_also_wants_effect_and_sales_where_r2_looks_at_the_expiry_alone(
    held: Coverage, finding: Finding | None, profile: Profile
) -> None:
    decision = decided([held], profile=profile)
    refused = finding if profile is Profile.DEFAULT else None
    assert decision.steps[0].finding is (refused or Finding.CHOSEN)
    assert decision.exempt is (refused is None)


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("held", [[], [coverage()]], ids=["nothing on file", "one on file"])
def test_a_decision_names_its_rule_so_that_it_can_be_replayed(
    held: list[Coverage], profile: Profile
) -> None:
    assert decided(held, profile=profile).rule == f"{profile.value}-{VERSION}"


@pytest.mark.parametrize(
    ("changes", "exempt", "part"),
    [
        pytest.param({}, True, 100, id="apply tax is not ticked: tax applicable becomes false"),
        pytest.param({"apply_tax": True}, False, 0, id="apply tax is ticked: it becomes true"),
        pytest.param({"exempt_percentage": 50}, False, 50, id="a half of it is exempt"),
        pytest.param({"exempt_percentage": "99.99"}, False, "99.99", id="nearly all of it is"),
        pytest.param({"exempt_percentage": "0.01"}, False, "0.01", id="hardly any of it is"),
        pytest.param({"exempt_percentage": 50, "apply_tax": True}, False, 0,
                     id="apply tax leaves no part exempt"),
    ],
)  # fmt: skip
def test_tax_applies_as_the_certificate_says(
    changes: dict[str, Any], exempt: bool, part: Any
) -> None:
    decision = decided([coverage(**changes)])
    assert (decision.ground, decision.exempt) == (Ground.CERTIFICATE, exempt)
    assert decision.exempt_percentage == Decimal(part)
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
    assert decided([coverage(1, **numbers)]).certificate_number == shown


@pytest.mark.parametrize(
    ("changes", "who", "held", "ground", "exempt"),
    [
        pytest.param({}, ORDINARY, [coverage()], Ground.CERTIFICATE, True,
                     id="a certificate covers also those whom nobody flagged"),
        pytest.param({}, FREE_FORM, [], Ground.FREE_FORM_NUMBER, True,
                     id="a free-form number alone exempts"),
        pytest.param({}, FREE_FORM, [coverage()], Ground.FREE_FORM_NUMBER, True,
                     id="a free-form number beats a certificate for the state"),
        pytest.param({}, FREE_FORM, [coverage(apply_tax=True)], Ground.FREE_FORM_NUMBER, True,
                     id="a free-form number beats a certificate that taxes"),
        pytest.param({"ship_to": None}, FREE_FORM, [], Ground.FREE_FORM_NUMBER, True,
                     id="a free-form number needs no ship-to"),
        pytest.param({}, card(resale_certificate_number=""), [coverage()], Ground.CERTIFICATE, True,
                     id="a blank free-form number is none"),
        pytest.param({}, FLAGGED, [], Ground.NO_CERTIFICATE, False,
                     id="exemption is claimed on the customer, and nothing is on file"),
        pytest.param({"tax_applicable": False}, ORDINARY, [], Ground.NO_CERTIFICATE, False,
                     id="exemption is claimed on the order, and nothing is on file"),
        pytest.param({"tax_applicable": True}, ORDINARY, [], Ground.NOT_CLAIMED, False,
                     id="an ordinary customer is taxed"),
        pytest.param({}, ORDINARY, [], Ground.NOT_CLAIMED, False,
                     id="an order that says nothing claims nothing"),
        pytest.param({}, ORDINARY, [coverage(jurisdiction="US-CA")], Ground.NOT_CLAIMED, False,
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
        pytest.param({"ship_to": address(None, "DE")}, FLAGGED, [coverage()], Ground.OUTSIDE,
                     False, id="so does a country without regions"),
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
    changes: dict[str, Any], who: Any, held: list[Coverage], ground: Ground, exempt: bool
) -> None:
    decision = decided(held, order(**changes), who)
    assert (decision.ground, decision.exempt) == (ground, exempt)
    assert decision.exempt_percentage == (100 if exempt else 0)
    assert (decision.certificate_id is not None) == (ground is Ground.CERTIFICATE)


def test_a_free_form_number_is_what_the_order_shows() -> None:
    decision = decided([coverage()], who=FREE_FORM)
    assert (decision.certificate_number, decision.certificate_id) == ("FF-1", None)
    assert [step.finding for step in decision.steps] == [Finding.OVERRULED]


@pytest.mark.parametrize("kind", OrderKind)
def test_orders_and_invoices_and_credits_are_decided_alike(kind: OrderKind) -> None:
    held = [coverage(), coverage(2, jurisdiction="US-CA")]
    assert decided(held, order(kind=kind)) == decided(held)


def test_the_day_of_the_order_counts_and_not_today() -> None:
    old, new = order(order_date=TODAY - 2 * YEAR), order(order_date=TODAY + 2 * YEAR)
    held = [coverage(effective_date=TODAY - 3 * YEAR, expiration_date=TODAY)]
    assert decided(held, old).exempt
    assert not decided(held, new).exempt
    assert decided(held, old).order_date == TODAY - 2 * YEAR


LOOKED_AT = [
    pytest.param(coverage(2), Finding.HIGHER_ID, id="an equal one, entered later"),
    pytest.param(until(2, TODAY + 2 * YEAR), Finding.LATER_EXPIRATION, id="one that ends later"),
    pytest.param(until(2, None), Finding.LATER_EXPIRATION, id="one without an end"),
    pytest.param(until(2, TODAY + 2 * YEAR, effective_date=TODAY - 2 * YEAR),
                 Finding.LATER_EXPIRATION, id="one that ends later and took effect earlier"),
    pytest.param(coverage(2, effective_date=TODAY - 2 * YEAR), Finding.EARLIER_EFFECTIVE,
                 id="one that took effect earlier"),
    pytest.param(coverage(2, jurisdiction="US-CA"), Finding.OTHER_JURISDICTION,
                 id="one for another state"),
    pytest.param(coverage(2, order_numbers=("PO-2",)), Finding.OTHER_ORDERS,
                 id="one for other orders"),
    pytest.param(until(2, TODAY - DAY), Finding.EXPIRED, id="one that has expired"),
    pytest.param(coverage(2, held_through=TODAY - DAY), Finding.LAPSED, id="one that has lapsed"),
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
    decision = decided([passed_over, coverage(1)])
    assert [(s.certificate_id, s.finding, s.against) for s in decision.steps] == [
        (1, Finding.CHOSEN, None),
        (2, finding, None),
    ]


def test_every_finding_has_its_row_above() -> None:
    found = {parameters.values[1] for parameters in LOOKED_AT}
    chosen = {Finding.CHOSEN, Finding.CHOSEN_BY_HAND}
    assert found | chosen | {Finding.OVERRULED, Finding.OVERRULED_BY_HAND} == set(Finding)


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        pytest.param({"jurisdiction": "US-CA", "review_status": "rejected"},
                     Finding.OTHER_JURISDICTION, id="the state before the review"),
        pytest.param({"review_status": "pending", "archived_date": TODAY},
                     Finding.PENDING_REVIEW, id="the review before the archive"),
        pytest.param({"archived_date": TODAY, "order_numbers": ("PO-2",)},
                     Finding.ARCHIVED, id="the archive before the orders it is for"),
        pytest.param({"order_numbers": ("PO-2",), "expiration_date": TODAY - DAY},
                     Finding.OTHER_ORDERS, id="the orders it is for before its dates"),
        pytest.param({"expiration_date": TODAY - DAY, "held_through": TODAY - DAY},
                     Finding.EXPIRED, id="its end before its sales"),
    ],
)  # fmt: skip
def test_of_several_faults_the_first_is_told(changes: dict[str, Any], finding: Finding) -> None:
    assert decided([coverage(**changes)]).steps[0].finding is finding


def test_a_step_keeps_the_certificate_as_it_stood_then() -> None:
    held = coverage(
        7,
        customer_id=2,
        jurisdiction="US-CA",
        exemption_reason=ExemptionReason.CHARITABLE,
        kind=CertificateKind.SINGLE_USE,
        order_numbers=("PO-2",),
        held_through=TODAY - DAY,
        apply_tax=True,
        exempt_percentage=Decimal("12.5"),
        review_status=ReviewStatus.PENDING,
        archived_date=TODAY,
    )
    (step,) = decided([held]).steps
    kept = step.model_dump(exclude={"finding", "against"})
    assert kept == held.model_dump(include={*kept})
    assert {*Coverage.model_fields} - {*kept} == {"exemption_number", "form_kind", "signed_date"}


def test_a_step_calls_a_certificate_without_a_number_by_ours() -> None:
    (step,) = decided([coverage(1, expiration_date=None, certificate_number=None)]).steps
    assert (step.certificate_number, step.expiration_date) == ("CERT-1", None)


def test_steps_come_by_certificate_then_customer() -> None:
    """A certificate that is for the state of the order is looked at there alone."""
    held = [
        coverage(2, jurisdiction="US-CA"),
        coverage(1, jurisdiction="US-TX", customer_id=2),
        coverage(1, jurisdiction="US-TX", customer_id=1),
        coverage(1, jurisdiction="US-CA", customer_id=3),
    ]
    looked_at = [(s.certificate_id, s.jurisdiction, s.customer_id) for s in decided(held).steps]
    assert looked_at == [(1, "US-TX", 1), (1, "US-TX", 2), (2, "US-CA", 1)]


def test_a_certificate_for_other_states_has_one_step_for_all_of_them() -> None:
    states = ("NY", "CA", "NV")
    (step,) = decided([coverage(1, jurisdiction=f"US-{state}") for state in states]).steps
    assert (step.finding, step.jurisdiction, step.also_for) == ("other_jurisdiction", "US-CA", 2)
    assert explain.step(step) == "N-1 (CA) is for California and 2 other states."


def test_of_one_certificate_of_two_customers_that_of_the_lowest_id_is_used() -> None:
    held = [coverage(1, customer_id=2), coverage(1, customer_id=1)]
    assert [s.finding for s in decided(held).steps] == [Finding.CHOSEN, Finding.HIGHER_ID]
