"""What of an order and its customer a decision goes by; certificates that are bound to orders."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.certificate import CertificateKind, Coverage
from exempt.model.decision import ByHand, Facts, Finding
from exempt.rules.decision import facts_of, order_numbers
from support.records import DAY, TODAY, address, card, coverage, order
from support.rules_records import FLAGGED, ORDINARY, decided

BOUND = coverage(order_numbers=("PO-1",), kind=CertificateKind.SINGLE_USE)
FREE_FORM = card(resale_certificate_number="FF-1")


@pytest.mark.parametrize(
    ("changes", "who", "expected"),
    [
        pytest.param({}, ORDINARY, {}, id="an ordinary order claims nothing"),
        pytest.param({}, FLAGGED, {"claimed": True}, id="the customer is flagged exempt"),
        pytest.param({"tax_applicable": False}, ORDINARY, {"claimed": True},
                     id="the source does not tax the order"),
        pytest.param({"tax_applicable": False}, None, {"claimed": True, "customer_known": False},
                     id="the source does not tax the order of a customer it has not shown"),
        pytest.param({}, None, {"customer_known": False}, id="the customer is not known"),
        pytest.param({"tax_applicable": True}, ORDINARY, {}, id="the source taxes the order"),
        pytest.param({}, FREE_FORM, {"free_form_number": "FF-1"}, id="a free-form number"),
        pytest.param({}, card(resale_certificate_number=""), {}, id="a blank one is none"),
        pytest.param({"order_date": TODAY - DAY}, ORDINARY, {"order_date": TODAY - DAY},
                     id="the day of the order"),
        pytest.param({"ship_to": None}, ORDINARY, {"jurisdiction": None, "country": None},
                     id="no ship-to"),
        pytest.param({"ship_to": address("ON", "CA")}, ORDINARY,
                     {"jurisdiction": "CA-ON", "country": "CA"}, id="a province"),
        pytest.param({"ship_to": address(None, "DE")}, ORDINARY,
                     {"jurisdiction": None, "country": "DE"}, id="a country alone"),
        pytest.param({"customer_external_id": "C-2", "number": "O-2", "total": 7}, ORDINARY, {},
                     id="numbers and amounts are no facts, so that many orders share them"),
    ],
)  # fmt: skip
def test_facts(changes: dict[str, Any], who: Any, expected: dict[str, Any]) -> None:
    ordinary: dict[str, Any] = {"order_date": TODAY, "jurisdiction": "US-TX"}
    assert facts_of(order(**changes), who) == Facts(**{**ordinary, **expected})


def test_what_was_decided_by_hand_is_a_fact() -> None:
    by_hand = ByHand(certificate_id=7, reason="the buyer named it")
    assert facts_of(order(), ORDINARY, by_hand=by_hand).by_hand == by_hand


@pytest.mark.parametrize(
    ("held", "numbers"),
    [
        pytest.param([], (), id="nothing on file"),
        pytest.param([coverage()], (), id="no certificate is bound to any"),
        pytest.param([coverage(), BOUND], ("o-1",), id="one is"),
    ],
)
def test_an_orders_numbers_are_facts_where_a_certificate_is_bound_to_some(
    held: list[Coverage], numbers: tuple[str, ...]
) -> None:
    assert facts_of(order(), ORDINARY, held).order_numbers == numbers


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        pytest.param({}, ("o-1",), id="the same number twice is one"),
        pytest.param({"number": "INV-7"}, ("inv-7", "o-1"), id="the source's id and the number"),
        pytest.param(
            {"purchase_order_number": " PO-1 "}, ("o-1", "po-1"), id="the customer's own number"
        ),
        pytest.param({"number": None, "purchase_order_number": ""}, ("o-1",), id="no others"),
        pytest.param({"number": " "}, ("o-1",), id="a blank is none"),
    ],
)
def test_the_numbers_of_an_order(changes: dict[str, Any], numbers: tuple[str, ...]) -> None:
    assert order_numbers(order(**changes)) == numbers


@pytest.mark.parametrize(
    ("bound_to", "changes", "covered"),
    [
        pytest.param((), {"purchase_order_number": "PO-1"}, True, id="an empty list means all"),
        pytest.param(("PO-1",), {"purchase_order_number": "PO-1"}, True,
                     id="the purchase order it is for"),
        pytest.param(("PO-1",), {"purchase_order_number": "PO-2"}, False,
                     id="a second purchase order is refused"),
        pytest.param(("PO-1",), {}, False, id="an order without a purchase order"),
        pytest.param(("PO-1", "PO-2"), {"purchase_order_number": "PO-2"}, True,
                     id="one of two purchase orders"),
        pytest.param(("O-1",), {}, True, id="the order by its number"),
        pytest.param(("in_1",), {"external_id": "in_1", "number": None}, True,
                     id="the invoice by the source's id"),
        pytest.param((" po-1 ",), {"purchase_order_number": "PO-1"}, True,
                     id="spaces and capitals make no difference"),
        pytest.param(("PO-1",), {"purchase_order_number": "PO-11"}, False,
                     id="a number that begins alike is another"),
        pytest.param((" ",), {"purchase_order_number": ""}, False, id="a blank binds to nothing"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", CertificateKind)
def test_a_certificate_that_is_bound_to_numbers(
    bound_to: tuple[str, ...], changes: dict[str, Any], covered: bool, kind: CertificateKind
) -> None:
    sale = order(**{"external_id": "O-1", **changes})
    decision = decided([coverage(order_numbers=bound_to, kind=kind)], sale)
    assert decision.exempt is covered
    assert decision.steps[0].finding is (Finding.CHOSEN if covered else Finding.OTHER_ORDERS)
    assert decision.steps[0].order_numbers == bound_to


def test_where_the_bound_one_does_not_fit_another_is_used() -> None:
    decision = decided([BOUND, coverage(2)], order(purchase_order_number="PO-9"))
    assert decision.certificate_id == 2
