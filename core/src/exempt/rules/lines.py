"""Why no tax is on the lines of an order.

Source: the reasons that Anrok's API gives for a line (``customerExempt``,
``transactionExempt``, ``notCollecting``, ``productNotTaxed``); "no tax" is ours,
for a state that levies none.
"""

from __future__ import annotations

from exempt.model.asking import QuestionLine
from exempt.model.certificate import CertificateKind
from exempt.model.decision import Decision, Finding, Ground
from exempt.model.sources import NotTaxedReason, OrderLine

_USED = {Finding.CHOSEN, Finding.CHOSEN_BY_HAND}
_OF_THE_SOURCE = {NotTaxedReason.NOT_COLLECTING, NotTaxedReason.PRODUCT_NOT_TAXED}


def not_taxed_reason(line: OrderLine, decision: Decision) -> NotTaxedReason | None:
    """Why *line* is not taxed; None when tax applies to it, or to a part of it.

    What the decision says comes first. Whether the seller collects, and
    whether the product is taxed, is taken from the source.
    """
    used = next((step for step in decision.steps if step.finding in _USED), None)
    single = used is not None and used.kind is CertificateKind.SINGLE_USE
    return reason_of(line, decision.ground, exempt=decision.exempt, just_this_sale=single)


def reason_of(
    line: OrderLine | QuestionLine, ground: Ground, *, exempt: bool, just_this_sale: bool
) -> NotTaxedReason | None:
    """The same, of what a decision says; *just_this_sale*: a certificate for a single use."""
    if ground is Ground.NO_SALES_TAX:
        return NotTaxedReason.NO_TAX
    if exempt:
        just_this_one = just_this_sale or ground is Ground.OVERRIDE
        one, all_ = NotTaxedReason.TRANSACTION_EXEMPT, NotTaxedReason.CUSTOMER_EXEMPT
        return one if just_this_one else all_
    return line.not_taxed_reason if line.not_taxed_reason in _OF_THE_SOURCE else None
