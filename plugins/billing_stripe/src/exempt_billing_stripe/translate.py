"""Stripe's customers, products and invoices as records of Exempt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from exempt import Address, Customer, NotTaxedReason, Order, OrderKind, OrderLine, Product
from exempt_billing_stripe.api import Json
from exempt_billing_stripe.money import from_minor
from exempt_billing_stripe.settings import StripeSettings

_TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "UM", "VI"})
"""Countries of their own in ISO 3166-1, but jurisdictions of the United States."""

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


def customer_from_stripe(row: Json, settings: StripeSettings) -> Customer:
    """A customer; one without a name goes by its e-mail address, or else its id."""
    shipping = (row.get("shipping") or {}).get("address")
    ship_to = address_from_stripe(shipping, settings)
    return Customer(
        external_id=row["id"],
        name=_first(row, "name", "business_name", "individual_name", "email", "id"),
        number=(row.get("metadata") or {}).get(settings.number_metadata_key) or None,
        email=row.get("email"),
        billing_address=address_from_stripe(row.get("address"), settings),
        ship_to=(ship_to,) if ship_to else (),
        exempt=row["tax_exempt"] == "exempt" if row.get("tax_exempt") else None,
    )


def product_from_stripe(row: Json) -> Product:
    """A product with its Stripe tax code, such as ``txcd_10000000``."""
    details = row.get("tax_details") or {}
    return Product(
        external_id=row["id"],
        updated_at=dt.datetime.fromtimestamp(row["updated"], dt.UTC) if "updated" in row else None,
        name=row["name"],
        tax_code=row.get("tax_code") or details.get("tax_code"),
        active=row.get("active", True),
    )


def order_from_stripe(row: Json, settings: StripeSettings) -> Order | None:
    """An invoice with all of its lines; None for a draft that is not wanted.

    The ship-to is the invoice's own shipping address, else the customer's
    shipping address, else the billing address, each as frozen on the invoice.
    """
    status = row["status"]
    if status == "draft" and not settings.include_drafts:
        return None
    currency = str(row["currency"]).upper()
    tax = _sum(row.get("total_taxes"), currency)
    exemption = row.get("customer_tax_exempt")
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
        lines=tuple(_line(line, currency, exemption) for line in row["lines"]["data"]),
        purchase_order_number=_custom_field(row, settings.purchase_order_field),
        tax_applicable=exemption == "none" if exemption else None,
        closed=status in _CLOSED,
        voided=status == "void",
    )


def address_from_stripe(address: Json | None, settings: StripeSettings) -> Address | None:
    """An address, or None where not even the country is known."""
    address = address or {}
    country = address.get("country") or settings.default_country
    if not country or not any(address.values()):
        return None
    state = address.get("state")
    if country in _TERRITORIES:
        country, state = "US", country
    kept = ("line1", "line2", "city", "postal_code")
    return Address(
        country=country, state=state or None, **{name: address.get(name) or None for name in kept}
    )


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
    moment = row.get("effective_at") or finalized or row["created"]
    return dt.datetime.fromtimestamp(moment, ZoneInfo(settings.time_zone)).date()


def _total(row: Json, currency: str, tax: Decimal | None) -> Decimal:
    if row.get("total_excluding_tax") is not None:
        return from_minor(row["total_excluding_tax"], currency)
    return from_minor(row["total"], currency) - (tax or 0)


def _line(line: Json, currency: str, exemption: str | None) -> OrderLine:
    """A line; Stripe's ``amount`` is before discounts, with any tax that is inside the price."""
    taxes = line.get("taxes")
    inside = _sum((t for t in taxes or () if t.get("tax_behavior") == "inclusive"), currency)
    discounts = _sum(line.get("discount_amounts") or (), currency)
    details = (line.get("pricing") or {}).get("price_details") or {}
    return OrderLine(
        line_id=line["id"],
        product_external_id=details.get("product"),
        amount=from_minor(line["amount"], currency) - (inside or 0) - (discounts or 0),
        tax=_sum(taxes, currency),
        not_taxed_reason=_not_taxed_reason(taxes or (), exemption),
    )


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


def _first(row: Json, *names: str) -> str:
    return next(str(row[name]) for name in names if row.get(name))
