"""Why Stripe put no tax on the line of an invoice, in our words."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest
from pydantic import SecretStr

from exempt import NotTaxedReason
from exempt_billing_stripe import StripeSettings
from exempt_billing_stripe.orders import order_from_stripe


def reason_for(taxes: list[dict[str, Any]] | None, flag: str = "none") -> NotTaxedReason | None:
    """The reason on the only line of an invoice to a customer with this flag."""
    invoice = {
        "id": "in_1",
        "created": 1_772_344_800,
        "currency": "usd",
        "customer": "cus_1",
        "customer_tax_exempt": flag,
        "lines": {"data": [{"id": "il_1", "amount": 1000, "taxes": taxes}]},
        "status": "open",
        "total": 1000,
        "total_excluding_tax": 1000,
    }
    read = order_from_stripe(invoice, StripeSettings(api_key=SecretStr("sk_test_x")))
    assert read is not None
    return read.lines[0].not_taxed_reason


def untaxed(*reasons: str | None, amount: int = 0) -> list[dict[str, Any]]:
    """The taxes of a line: one for each reason, without tax but for the first."""
    return [
        {"amount": 0 if n else amount, "tax_behavior": "exclusive", "taxability_reason": reason}
        for n, reason in enumerate(reasons)
    ]


WORDS: dict[str, NotTaxedReason | None] = {
    "customer_exempt": NotTaxedReason.CUSTOMER_EXEMPT,
    "not_available": None,
    "not_collecting": NotTaxedReason.NOT_COLLECTING,
    "not_subject_to_tax": NotTaxedReason.PRODUCT_NOT_TAXED,
    "not_supported": None,
    "portion_product_exempt": None,
    "portion_reduced_rated": None,
    "portion_standard_rated": None,
    "product_exempt": NotTaxedReason.PRODUCT_NOT_TAXED,
    "product_exempt_holiday": NotTaxedReason.PRODUCT_NOT_TAXED,
    "proportionally_rated": None,
    "reduced_rated": None,
    "reverse_charge": None,
    "standard_rated": None,
    "taxable_basis_reduced": None,
    "zero_rated": None,
}


@pytest.mark.parametrize(("word", "reason"), [*WORDS.items(), ("a_word_of_tomorrow", None)])
def test_why_a_line_is_not_taxed(word: str, reason: NotTaxedReason | None) -> None:
    assert reason_for(untaxed(word)) is reason


def test_these_are_the_words_that_stripes_own_client_knows() -> None:
    stripe = pytest.importorskip("stripe", reason="needs the package stripe, the judge")
    hints = get_type_hints(stripe.InvoiceLineItem.Tax)
    literal, anything_else = get_args(hints["taxability_reason"])
    assert anything_else is str
    assert set(get_args(literal)) == set(WORDS)


@pytest.mark.parametrize(
    ("taxes", "flag", "reason"),
    [
        pytest.param(untaxed("customer_exempt", amount=80), "exempt", None, id="tax is on it"),
        pytest.param(
            untaxed("product_exempt", "product_exempt_holiday"),
            "none",
            NotTaxedReason.PRODUCT_NOT_TAXED,
            id="state and city give the same reason",
        ),
        pytest.param(
            untaxed("product_exempt", "not_collecting"),
            "none",
            None,
            id="state and city give two reasons",
        ),
        pytest.param(
            untaxed("customer_exempt", "not_subject_to_tax"),
            "exempt",
            NotTaxedReason.CUSTOMER_EXEMPT,
            id="a county that levies none says nothing of the state",
        ),
        pytest.param(
            untaxed("standard_rated", "not_subject_to_tax"),
            "none",
            None,
            id="nor where the state taxes a line of nothing",
        ),
        pytest.param([], "exempt", NotTaxedReason.CUSTOMER_EXEMPT, id="the invoice's own flag"),
        pytest.param(None, "exempt", NotTaxedReason.CUSTOMER_EXEMPT, id="the same, no tax said"),
        pytest.param(
            untaxed("not_available", None),
            "exempt",
            NotTaxedReason.CUSTOMER_EXEMPT,
            id="the same with tax rates of the seller's own",
        ),
        pytest.param([], "none", None, id="no tax, and nobody says why"),
        pytest.param([], "reverse", None, id="reverse charge is none of ours"),
        pytest.param(
            untaxed("not_collecting"),
            "exempt",
            NotTaxedReason.NOT_COLLECTING,
            id="Stripe Tax before the flag",
        ),
    ],
)
def test_a_reason_for_no_tax_that_is_sure(
    taxes: list[dict[str, Any]] | None, flag: str, reason: NotTaxedReason | None
) -> None:
    assert reason_for(taxes, flag) is reason
