"""What a remote shall show, of an order and of a customer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import ExemptionReason, ReviewStatus
from exempt.model.decision import ByHand, Ground
from exempt.model.pushing import JurisdictionStatus
from exempt.rules.wanted import (
    Wanted,
    dump,
    for_customer,
    for_order,
    idempotency_key,
    load,
    order_shows,
)
from support.records import DAY, TODAY, YEAR, address, card, coverage, order
from support.rules_records import decided

texts = st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
days = st.none() | st.dates(TODAY - YEAR, TODAY + YEAR)
statuses = st.builds(
    JurisdictionStatus,
    jurisdiction=st.sampled_from(["US-TX", "US-CA", "CA-ON"]),
    exempt=st.booleans(),
    exempt_percentage=st.none() | st.decimals("0.01", 100, places=2),
    certificate_number=texts,
    exemption_reason=st.none() | st.sampled_from(ExemptionReason),
    exemption_number=texts,
    signed_date=days,
    effective_date=days,
    expiration_date=days,
)
wanteds = st.builds(
    Wanted,
    jurisdictions=st.lists(statuses, max_size=3).map(tuple),
    tax_applicable=st.none() | st.booleans(),
    certificate_number=texts,
    certificates=st.lists(st.integers(1, 2**40), max_size=3).map(tuple),
)


@given(wanteds)
def test_what_is_kept_is_read_back_the_same(wanted: Wanted) -> None:
    assert load(dump(wanted)) == wanted


@given(wanteds, wanteds)
def test_equal_states_and_only_those_have_equal_texts(one: Wanted, other: Wanted) -> None:
    assert (dump(one) == dump(other)) == (one == other)
    assert dump(one) == dump(one.model_copy(deep=True))


def test_what_is_kept_says_no_more_than_it_must() -> None:
    """Other texts for the same states would write every customer anew."""
    assert dump(Wanted()) == "{}"
    shall = for_order(decided(who=card(resale_certificate_number="FF-1")), [])
    assert dump(shall) == (
        '{"jurisdictions":[{"jurisdiction":"US-TX","exempt":true,"certificate_number":"FF-1"}],'
        '"tax_applicable":false,"certificate_number":"FF-1"}'
    )


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_a_key_is_the_same_for_the_same_parts_and_no_others(
    one: list[str], other: list[str]
) -> None:
    assert (idempotency_key(*one) == idempotency_key(*other)) == (one == other)


def test_parts_of_a_key_do_not_run_into_each_other() -> None:
    assert idempotency_key("a\x1fb", "c") != idempotency_key("a", "b\x1fc")


def test_a_key_is_fit_for_a_header_and_never_changes() -> None:
    key = idempotency_key("installation", "stripe", "order", "in_1", 1, "{}")
    assert key.startswith("exempt-")
    assert key.isascii()
    assert len(key) == 47


@pytest.mark.parametrize(
    ("shown", "shall", "same"),
    [
        pytest.param({}, (True, None), True, id="what says nothing counts as taxed"),
        pytest.param({"tax_applicable": True}, (True, None), True, id="taxed and taxed"),
        pytest.param({"tax_applicable": False}, (True, None), False, id="untaxed there"),
        pytest.param({"tax_applicable": True}, (False, "N-1"), False, id="taxed there"),
        pytest.param({"tax_applicable": False, "certificate_number": "N-1"}, (False, "N-1"), True,
                     id="untaxed by the same certificate"),
        pytest.param({"tax_applicable": False, "certificate_number": "N-2"}, (False, "N-1"), False,
                     id="untaxed by another certificate"),
        pytest.param({"tax_applicable": False}, (False, "N-1"), False,
                     id="untaxed without a number"),
        pytest.param({"certificate_number": ""}, (True, None), True, id="a blank number is none"),
        pytest.param({"certificate_number": "N-1"}, (True, None), False,
                     id="a number that is to be blanked"),
    ],
)  # fmt: skip
def test_whether_the_source_shows_it_already(
    shown: dict[str, Any], shall: tuple[bool, str | None], same: bool
) -> None:
    wanted = Wanted(tax_applicable=shall[0], certificate_number=shall[1])
    assert order_shows(order(**shown), wanted) is same


def test_a_part_is_never_taken_for_shown() -> None:
    part = JurisdictionStatus(jurisdiction="US-TX", exempt=False, exempt_percentage=Decimal(40))
    wanted = Wanted(jurisdictions=(part,), tax_applicable=True, certificate_number="N-1")
    shown = order(tax_applicable=True, certificate_number="N-1")
    assert not order_shows(shown, wanted)
    assert order_shows(shown, wanted.model_copy(update={"jurisdictions": ()}))


def test_an_exempt_order_shows_its_certificate() -> None:
    held = [coverage(1, exemption_number="E-1"), coverage(2, jurisdiction="US-CA")]
    shall = for_order(decided(held), held)
    assert (shall.tax_applicable, shall.certificate_number, shall.certificates) == (
        False, "N-1", (1,),
    )  # fmt: skip
    assert shall.jurisdictions == (
        JurisdictionStatus(
            jurisdiction="US-TX",
            exempt=True,
            certificate_number="N-1",
            exemption_reason=ExemptionReason.RESALE,
            exemption_number="E-1",
            signed_date=TODAY - YEAR,
            effective_date=TODAY - YEAR,
            expiration_date=TODAY + YEAR,
        ),
    )


def test_a_certificate_for_several_states_tells_of_the_one_the_goods_go_to() -> None:
    held = [coverage(1, jurisdiction=f"US-{s}", exemption_number=s) for s in ("CA", "NY", "TX")]
    (status,) = for_order(decided(held), held).jurisdictions
    assert (status.jurisdiction, status.exemption_number) == ("US-TX", "TX")


def test_a_certificate_of_another_state_that_was_chosen_by_hand_is_told_of_where_the_goods_go() -> (
    None
):
    held = [coverage(1, jurisdiction=f"US-{s}", exemption_number=s) for s in ("NY", "CA")]
    decision = decided(held, by_hand=ByHand(certificate_id=1))
    (status,) = for_order(decision, held).jurisdictions
    assert (status.jurisdiction, status.exempt, status.exemption_number) == ("US-TX", True, "CA")


PARTS = [
    pytest.param({}, True, None, id="all of it"),
    pytest.param({"exempt_percentage": 40}, False, 40, id="a part of it"),
    pytest.param({"exempt_percentage": "99.99"}, False, "99.99", id="nearly all of it"),
    pytest.param({"exempt_percentage": "0.01"}, False, "0.01", id="hardly any of it"),
    pytest.param({"apply_tax": True}, False, None, id="nothing of it"),
    pytest.param({"apply_tax": True, "exempt_percentage": 40}, False, None, id="no part either"),
]


@pytest.mark.parametrize(("changes", "exempt", "part"), PARTS)
def test_how_much_is_exempt_is_told_of_order_and_customer_alike(
    changes: dict[str, Any], exempt: bool, part: Any
) -> None:
    held = [coverage(1, **changes)]
    of_order = for_order(decided(held), held)
    of_customer = for_customer(held, [], TODAY)
    assert of_order.jurisdictions == of_customer.jurisdictions
    (status,) = of_order.jurisdictions
    assert (status.exempt, status.exempt_percentage) == (exempt, part and Decimal(part))
    assert of_order.tax_applicable is not exempt


def test_an_order_exempted_by_hand_names_no_certificate() -> None:
    held = [coverage(1)]
    shall = for_order(decided(held, by_hand=ByHand(tax_applicable=False)), held)
    assert (shall.tax_applicable, shall.certificate_number, shall.certificates) == (False, None, ())
    assert shall.jurisdictions == (JurisdictionStatus(jurisdiction="US-TX", exempt=True),)


def test_a_taxed_order_shows_no_certificate() -> None:
    shall = for_order(decided(), [])
    assert (shall.tax_applicable, shall.certificate_number, shall.certificates) == (True, None, ())
    assert shall.jurisdictions == (JurisdictionStatus(jurisdiction="US-TX", exempt=False),)


def test_an_order_of_a_free_form_number_shows_it() -> None:
    shall = for_order(decided(who=card(resale_certificate_number="FF-1")), [])
    assert (shall.tax_applicable, shall.certificate_number) == (False, "FF-1")
    (status,) = shall.jurisdictions
    assert (status.exempt, status.certificate_number) == (True, "FF-1")


@pytest.mark.parametrize(
    ("ship_to", "ground"),
    [
        pytest.param(None, Ground.NO_SHIP_TO, id="no ship-to"),
        pytest.param(address("Ontario", "CA"), Ground.OUTSIDE, id="a province in full"),
        pytest.param(address("Île-de-France", "FR"), Ground.OUTSIDE, id="a region with accents"),
        pytest.param(address("ON", "CA"), Ground.OUTSIDE, id="a province by its code"),
    ],
)
def test_an_order_to_nowhere_we_know_is_told_of_without_a_jurisdiction(
    ship_to: Any, ground: Ground
) -> None:
    decision = decided(sale=order(ship_to=ship_to))
    assert decision.ground is ground
    assert for_order(decision, []) == Wanted(tax_applicable=True)


CUSTOMERS = [
    pytest.param([], [], [], id="nothing on file and nowhere sent: nothing to say"),
    pytest.param([], ["US-TX"], [("US-TX", False, None)], id="taxed where goods go"),
    pytest.param([coverage()], ["US-TX"], [("US-TX", True, "N-1")], id="exempt where goods go"),
    pytest.param([coverage()], ["US-CA"], [("US-CA", False, None), ("US-TX", True, "N-1")],
                 id="exempt where a certificate is held, goods or not"),
    pytest.param([coverage(apply_tax=True)], [], [("US-TX", False, "N-1")],
                 id="taxed by a certificate that says so"),
    pytest.param([coverage(expiration_date=TODAY)], [], [("US-TX", True, "N-1")],
                 id="exempt on the last day"),
    pytest.param([coverage(expiration_date=TODAY - DAY)], ["US-TX"], [("US-TX", False, None)],
                 id="taxed on the day after"),
    pytest.param([coverage(expiration_date=TODAY - DAY)], [], [],
                 id="what has expired where no goods go is not spoken of"),
    pytest.param([coverage(effective_date=TODAY + DAY)], ["US-TX"], [("US-TX", False, None)],
                 id="taxed until it takes effect"),
    pytest.param([coverage(held_through=TODAY)], ["US-TX"], [("US-TX", True, "N-1")],
                 id="exempt while sales keep it going"),
    pytest.param([coverage(held_through=TODAY - DAY)], ["US-TX"], [("US-TX", False, None)],
                 id="taxed once they ceased"),
    pytest.param([coverage(kind="single_use")], ["US-TX"], [("US-TX", False, None)],
                 id="taxed where the certificate is for one sale"),
    pytest.param([coverage(order_numbers=("PO-1",))], ["US-TX"], [("US-TX", False, None)],
                 id="taxed where it is for some orders only"),
    pytest.param([coverage(archived_date=TODAY)], ["US-TX"], [("US-TX", False, None)],
                 id="taxed from the day it was archived"),
    pytest.param([coverage(archived_date=TODAY + DAY)], ["US-TX"], [("US-TX", True, "N-1")],
                 id="exempt until then"),
    pytest.param([coverage(review_status=ReviewStatus.PENDING)], ["US-TX"],
                 [("US-TX", False, None)], id="taxed while it waits for review"),
    pytest.param([coverage(review_status=ReviewStatus.REJECTED)], ["US-TX"],
                 [("US-TX", False, None)], id="taxed where it was rejected"),
    pytest.param([coverage(1), coverage(2, expiration_date=TODAY + DAY)], [],
                 [("US-TX", True, "N-2")], id="by the certificate an order of the day would use"),
    pytest.param([coverage(1, jurisdiction="CA-ON")], ["CA-ON"], [("CA-ON", True, "N-1")],
                 id="abroad by a certificate"),
    pytest.param([], ["US-OR"], [], id="a state without sales tax is not spoken of"),
    pytest.param([coverage(jurisdiction="US-OR")], ["US-OR"], [("US-OR", True, "N-1")],
                 id="unless a certificate is held there"),
    pytest.param([], ["CA-Ontario", "DE-Bavaria", "US-TX"], [("US-TX", False, None)],
                 id="a place abroad without a certificate is not spoken of"),
]  # fmt: skip


@pytest.mark.parametrize(("held", "ship_to", "told"), CUSTOMERS)
def test_what_a_customer_shows_on_a_day(
    held: list[Any], ship_to: list[str], told: list[tuple[str, bool, str | None]]
) -> None:
    shall = for_customer(held, ship_to, TODAY)
    assert [(s.jurisdiction, s.exempt, s.certificate_number) for s in shall.jurisdictions] == told
    assert (shall.tax_applicable, shall.certificate_number) == (None, None)


@pytest.mark.parametrize(
    ("held", "ship_to", "places"),
    [
        pytest.param([], ["US-TX", "US-CA"], ["US-CA", "US-TX"], id="wherever goods go"),
        pytest.param([coverage()], [], ["US-TX"], id="wherever a certificate is held"),
        pytest.param([], ["US-OR", "CA-Ontario"], [], id="but not where nothing is levied"),
    ],
)
def test_a_free_form_number_exempts_a_customer(
    held: list[Any], ship_to: list[str], places: list[str]
) -> None:
    shall = for_customer(held, ship_to, TODAY, "FF-1")
    told = [(s.jurisdiction, s.exempt, s.certificate_number) for s in shall.jurisdictions]
    assert told == [(place, True, "FF-1") for place in places]
    assert shall.certificates == (), "no certificate was used"


def test_the_files_of_all_certificates_used_go_along_once() -> None:
    held = [coverage(9), coverage(9, jurisdiction="US-CA"), coverage(3, jurisdiction="US-NY")]
    assert for_customer(held, [], TODAY).certificates == (3, 9)


@given(st.permutations([coverage(i, jurisdiction=f"US-{s}") for i, s in enumerate(("TX", "CA"))]))
def test_a_customer_shows_the_same_in_whatever_order_things_come(held: list[Any]) -> None:
    one = for_customer(held, ["US-TX", "US-NY"], TODAY)
    assert one == for_customer(held[::-1], ["US-NY", "US-TX"], TODAY)
