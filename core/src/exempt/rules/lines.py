"""Why no tax is on the lines of an order.

Source: the reasons that Anrok's API gives for a line (``customerExempt``,
``transactionExempt``, ``notCollecting``, ``productNotTaxed``); "no tax" is ours,
for a state that levies none.
"""

from __future__ import annotations

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
    if decision.ground is Ground.NO_SALES_TAX:
        return NotTaxedReason.NO_TAX
    if decision.exempt:
        return _of_the_exemption(decision)
    return line.not_taxed_reason if line.not_taxed_reason in _OF_THE_SOURCE else None


def _of_the_exemption(decision: Decision) -> NotTaxedReason:
    used = next((step for step in decision.steps if step.finding in _USED), None)
    single = used is not None and used.kind is CertificateKind.SINGLE_USE
    just_this_one = single or decision.ground is Ground.OVERRIDE
    return NotTaxedReason.TRANSACTION_EXEMPT if just_this_one else NotTaxedReason.CUSTOMER_EXEMPT
