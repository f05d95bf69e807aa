"""Stripe's invoices and credit notes as orders of Exempt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from exempt import Address, NotTaxedReason, Order, OrderKind, OrderLine
from exempt_billing_stripe.api import Json
from exempt_billing_stripe.money import from_minor
from exempt_billing_stripe.settings import StripeSettings
from exempt_billing_stripe.streams import is_credit_note
from exempt_billing_stripe.translate import address_from_stripe

SHIPPING_LINE = "shipping"
"""The id of the line that holds what shipping costs; Stripe gives it none."""

_CLOSED = frozenset({"paid", "void", "uncollectible"})

_NOT_TAXED: Mapping[str, NotTaxedReason] = {
    "customer_exempt": NotTaxedReason.CUSTOMER_EXEMPT,
    "not_collecting": NotTaxedReason.NOT_COLLECTING,
    "not_subject_to_tax": NotTaxedReason.PRODUCT_NOT_TAXED,
    "product_exempt": NotTaxedReason.PRODUCT_NOT_TAXED,
    "product_exempt_holiday": NotTaxedReason.PRODUCT_NOT_TAXED,
}
"""Stripe's ``taxability_reason`` in our words; the others say that tax applies, or nothing.

Source: https://docs.stripe.com/tax/zero-tax
"""

_UNSAID = "not_available"


def order_from_stripe(row: Json, settings: StripeSettings) -> Order | None:
    """An invoice, or a credit note, with all of its lines.

    None for what is not wanted: a draft, or an invoice of a test clock.
    """
    if is_credit_note(row["id"]):
        return _credit_note(row, settings)
    return _invoice(row, settings)


def _invoice(row: Json, settings: StripeSettings) -> Order | None:
    """An invoice.

    The ship-to is the invoice's own shipping address, else the customer's
    shipping address, else the billing address, each as frozen on the invoice.
    """
    status = row["status"]
    if (status == "draft" and not settings.include_drafts) or _left_out(row, settings):
        return None
    currency = str(row["currency"]).upper()
    tax = _sum(row.get("total_taxes"), currency)
    exemption = row.get("customer_tax_exempt")
    lines = [_line(line, currency, exemption) for line in row["lines"]["data"]]
    return Order(
        external_id=row["id"],
        customer_external_id=row["customer"],
        kind=OrderKind.INVOICE,
        number=row.get("number"),
        order_date=_invoice_day(row, settings),
        ship_to=_ship_to(row, settings),
        currency=currency,
        total=_total(row, currency, tax),
        tax=tax,
        lines=(*lines, *_shipping(row, currency, exemption)),
        purchase_order_number=_custom_field(row, settings.purchase_order_field),
        tax_applicable=exemption == "none" if exemption else None,
        closed=status in _CLOSED,
        voided=status == "void",
    )


def _credit_note(row: Json, settings: StripeSettings) -> Order | None:
    """A credit note, its amounts negative; what it does not say itself, its invoice does.

    It takes no more changes from the day it is issued.
    Source: https://docs.stripe.com/api/credit_notes/object
    """
    invoice = row["invoice"] if isinstance(row.get("invoice"), dict) else {}
    if _left_out(invoice, settings):
        return None
    currency = str(row["currency"]).upper()
    tax = _sum(row.get("total_taxes"), currency)
    exemption = invoice.get("customer_tax_exempt")
    products = {line["id"]: _product(line) for line in (invoice.get("lines") or {}).get("data", ())}
    lines = [
        _line(line, currency, exemption, product=products.get(line.get("invoice_line_item")))
        for line in row["lines"]["data"]
    ]
    return Order(
        external_id=row["id"],
        customer_external_id=row["customer"],
        kind=OrderKind.CREDIT,
        number=row.get("number"),
        order_date=_day(row.get("effective_at") or row["created"], settings),
        ship_to=_ship_to(invoice, settings),
        currency=currency,
        total=-_total(row, currency, tax),
        tax=None if tax is None else -tax,
        lines=tuple(map(_negative, (*lines, *_shipping(row, currency, exemption)))),
        purchase_order_number=_custom_field(invoice, settings.purchase_order_field),
        tax_applicable=exemption == "none" if exemption else None,
        closed=True,
        voided=row["status"] == "void",
    )


def _left_out(invoice: Json, settings: StripeSettings) -> bool:
    return bool(invoice.get("test_clock")) and not settings.include_test_clocks


def _ship_to(row: Json, settings: StripeSettings) -> Address | None:
    candidates = (
        (row.get("shipping_details") or {}).get("address"),
        (row.get("customer_shipping") or {}).get("address"),
        row.get("customer_address"),
    )
    found = (address_from_stripe(candidate, settings) for candidate in candidates)
    return next((address for address in found if address), None)


def _invoice_day(row: Json, settings: StripeSettings) -> dt.date:
    """The date of issue that the invoice shows, in the seller's time zone."""
    finalized = (row.get("status_transitions") or {}).get("finalized_at")
    return _day(row.get("effective_at") or finalized or row["created"], settings)


def _day(moment: int, settings: StripeSettings) -> dt.date:
    return dt.datetime.fromtimestamp(moment, ZoneInfo(settings.time_zone)).date()


def _total(row: Json, currency: str, tax: Decimal | None) -> Decimal:
    if row.get("total_excluding_tax") is not None:
        return from_minor(row["total_excluding_tax"], currency)
    return from_minor(row["total"], currency) - (tax or 0)


def _line(
    line: Json, currency: str, exemption: str | None, *, product: str | None = None
) -> OrderLine:
    """A line; Stripe's ``amount`` is before discounts, with any tax that is inside the price."""
    taxes = line.get("taxes")
    inside = _sum((t for t in taxes or () if t.get("tax_behavior") == "inclusive"), currency)
    discounts = _sum(line.get("discount_amounts") or (), currency)
    return OrderLine(
        line_id=line["id"],
        product_external_id=product or _product(line),
        amount=from_minor(line["amount"], currency) - (inside or 0) - (discounts or 0),
        tax=_sum(taxes, currency),
        not_taxed_reason=_not_taxed_reason(taxes or (), exemption),
    )


def _product(line: Json) -> str | None:
    details = (line.get("pricing") or {}).get("price_details") or {}
    found: str | None = details.get("product")
    return found


def _shipping(row: Json, currency: str, exemption: str | None) -> list[OrderLine]:
    """What shipping costs, as a line; none where it costs nothing.

    ``amount_subtotal`` is before taxes, those inside the price too.
    Source: https://docs.stripe.com/api/invoices/object, "shipping_cost"
    """
    cost = row.get("shipping_cost") or {}
    if not cost.get("amount_subtotal"):
        return []
    taxed = bool(cost.get("amount_tax"))
    return [
        OrderLine(
            line_id=SHIPPING_LINE,
            amount=from_minor(cost["amount_subtotal"], currency),
            tax=from_minor(cost.get("amount_tax", 0), currency),
            not_taxed_reason=None if taxed else _not_taxed_reason((), exemption),
        )
    ]


def _negative(line: OrderLine) -> OrderLine:
    tax = None if line.tax is None else -line.tax
    return line.model_copy(update={"amount": -line.amount, "tax": tax})


def _not_taxed_reason(taxes: Sequence[Json], exemption: str | None) -> NotTaxedReason | None:
    """Why no tax is on a line, where its taxes (state, county, city) agree.

    Where Stripe Tax gives no reason, the invoice's own ``customer_tax_exempt`` may.
    """
    if any(tax["amount"] for tax in taxes):
        return None
    said = {tax.get("taxability_reason") or _UNSAID for tax in taxes} - {_UNSAID}
    if not said:
        return NotTaxedReason.CUSTOMER_EXEMPT if exemption == "exempt" else None
    if len(said) > 1:
        said.discard("not_subject_to_tax")  # a county that levies none, in a state that does
    reasons = {_NOT_TAXED.get(word) for word in said}
    return reasons.pop() if len(reasons) == 1 else None


def _sum(parts: Iterable[Json] | None, currency: str) -> Decimal | None:
    """The sum of the amounts of *parts*; None where Stripe does not say."""
    if parts is None:
        return None
    return from_minor(sum(part["amount"] for part in parts), currency)


def _custom_field(row: Json, name: str) -> str | None:
    fields = row.get("custom_fields") or ()
    return next((f["value"] for f in fields if f["name"].casefold() == name.casefold()), None)
