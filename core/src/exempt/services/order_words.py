"""Words of orders that the command line and the console share."""

from __future__ import annotations

from exempt.model.address import Address
from exempt.model.certificate import Change
from exempt.model.decision import Ground, ManualChoice
from exempt.model.sources import NotTaxedReason
from exempt.services.wording import one_line

GROUNDS = {
    Ground.CERTIFICATE: "Certificate",
    Ground.NO_CERTIFICATE: "Claimed, nothing on file",
    Ground.NOT_CLAIMED: "Not claimed",
    Ground.FREE_FORM_NUMBER: "Free-form number",
    Ground.OVERRIDE: "Decided by hand",
    Ground.NO_SALES_TAX: "No sales tax there",
    Ground.OUTSIDE: "Outside the known states",
    Ground.NO_SHIP_TO: "Ship-to not known",
    Ground.UNKNOWN_CUSTOMER: "Customer not known",
}
"""The grounds of decisions, as the head of a list says them."""

NOT_TAXED = {
    NotTaxedReason.CUSTOMER_EXEMPT: "the customer is exempt",
    NotTaxedReason.TRANSACTION_EXEMPT: "this sale is exempt",
    NotTaxedReason.NOT_COLLECTING: "the seller does not collect there",
    NotTaxedReason.PRODUCT_NOT_TAXED: "the product is not taxed there",
    NotTaxedReason.NO_TAX: "the state levies no sales tax",
}
"""Why no tax is on a line."""


def written(address: Address) -> str:
    """An address on one line."""
    region = " ".join(filter(None, (address.state, address.postal_code)))
    country = None if address.country == "US" else address.country
    parts = (address.line1, address.line2, address.city, region, country)
    return one_line(", ".join(filter(None, parts)))


def chosen(choice: ManualChoice) -> str:
    """What somebody decided by hand: ``certificate 12``, ``taxable`` or ``exempt``."""
    if choice.tax_applicable is None:
        return f"certificate {choice.certificate_id}"
    return "taxable" if choice.tax_applicable else "exempt"


def happened(change: Change) -> str:
    """An entry of an order's history, as a sentence."""
    if change.field == "decided_by_hand":
        if change.new == "dropped":
            return "What was decided by hand was dropped."
        return f"Decided by hand: {one_line(change.new or 'none')}"
    moved = one_line(f"{change.old or 'none'} → {change.new or 'none'}")
    if change.field == "decision":
        return f"Decided anew, on request: {moved}"
    return f"{change.field.replace('_', ' ').capitalize()}: {moved}"
