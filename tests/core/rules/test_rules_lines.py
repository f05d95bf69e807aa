"""Why no tax is on a line of an order."""

from __future__ import annotations

import pytest

from exempt.model.decision import ByHand, Decision
from exempt.model.sources import NotTaxedReason
from exempt.rules.lines import not_taxed_reason
from support.records import address, card, coverage, line, order
from support.rules_records import ORDINARY, decided

EXEMPT_BY_HAND = ByHand(tax_applicable=False, reason="a donation")
TAXED_BY_HAND = ByHand(tax_applicable=True, reason="for own use")
SINGLE_USE = coverage(kind="single_use")
OREGON = order(ship_to=address("OR"))


@pytest.mark.parametrize(
    ("decision", "said_by_source", "reason"),
    [
        pytest.param(decided([coverage()]), None, "customer_exempt",
                     id="customerExempt: a certificate for all sales covers it"),
        pytest.param(decided(who=card(resale_certificate_number="FF-1")), None, "customer_exempt",
                     id="customerExempt: the customer has a free-form number"),
        pytest.param(decided([coverage()], by_hand=ByHand(certificate_id=1)), None,
                     "customer_exempt", id="customerExempt: somebody chose such a certificate"),
        pytest.param(decided([SINGLE_USE]), None, "transaction_exempt",
                     id="transactionExempt: a certificate for this sale covers it"),
        pytest.param(decided([SINGLE_USE], by_hand=ByHand(certificate_id=1)), None,
                     "transaction_exempt", id="transactionExempt: somebody chose such a one"),
        pytest.param(decided(by_hand=EXEMPT_BY_HAND), None, "transaction_exempt",
                     id="transactionExempt: it was exempted by hand"),
        pytest.param(decided([coverage(), coverage(2, kind="single_use")]), None,
                     "customer_exempt",
                     id="customerExempt: the certificate for this sale was passed over"),
        pytest.param(decided(who=ORDINARY), "not_collecting", "not_collecting",
                     id="notCollecting: the source says so"),
        pytest.param(decided(who=ORDINARY), "product_not_taxed", "product_not_taxed",
                     id="productNotTaxed: the source says so"),
        pytest.param(decided(sale=OREGON), None, "no_tax", id="no tax: the state levies none"),
        pytest.param(decided(sale=OREGON), "product_not_taxed", "no_tax",
                     id="no tax: whatever the source says"),
        pytest.param(decided([coverage()]), "product_not_taxed", "customer_exempt",
                     id="what the decision says comes before the source"),
        pytest.param(decided([coverage(exempt_percentage=50)]), "product_not_taxed",
                     "product_not_taxed", id="a part is exempt, and the product is not taxed"),
        pytest.param(decided([coverage(exempt_percentage=50)]), None, None,
                     id="taxed: a part is exempt"),
        pytest.param(decided(), None, None, id="taxed: nothing covers it"),
        pytest.param(decided(by_hand=TAXED_BY_HAND), None, None, id="taxed: by hand"),
        pytest.param(decided(), "customer_exempt", None,
                     id="taxed: the source took the customer for exempt, and we do not"),
        pytest.param(decided(), "transaction_exempt", None,
                     id="taxed: the source took the sale for exempt, and we do not"),
        pytest.param(decided(), "no_tax", None,
                     id="taxed: the source takes the state for one without sales tax"),
    ],
)  # fmt: skip
def test_why_a_line_is_not_taxed(
    decision: Decision, said_by_source: NotTaxedReason | None, reason: str | None
) -> None:
    assert not_taxed_reason(line(not_taxed_reason=said_by_source), decision) == reason
