"""Stripe's customers and products as records of Exempt."""

from __future__ import annotations

import datetime as dt

from exempt import Address, Customer, Product
from exempt_billing_stripe.api import Json
from exempt_billing_stripe.settings import StripeSettings

_TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "UM", "VI"})
"""Countries of their own in ISO 3166-1, but jurisdictions of the United States."""


def customer_from_stripe(row: Json, settings: StripeSettings) -> Customer | None:
    """A customer; one without a name goes by its e-mail address, or else its id.

    None for one of a test clock, unless it is wanted.
    """
    clock = row.get("test_clock")
    if clock and not settings.include_test_clocks:
        return None
    name = row.get("name") or _first(row, "business_name", "individual_name", "email", "id")
    shipping = row.get("shipping")
    ship_to = address_from_stripe(shipping.get("address"), settings) if shipping else None
    metadata = row.get("metadata") or {}
    fallback = row["id"] if settings.number_falls_back_to_id else None
    return Customer(
        external_id=row["id"],
        name=f"{name} (test clock)" if clock else name,
        number=metadata.get(settings.number_metadata_key) or fallback,
        code=metadata.get(settings.code_metadata_key or "") or None,
        parent_external_id=metadata.get(settings.parent_metadata_key or "") or None,
        email=row.get("email"),
        tax_id=_tax_id(row, settings.tax_id_types),
        billing_address=address_from_stripe(row.get("address"), settings),
        ship_to=(ship_to,) if ship_to else (),
        exempt=row["tax_exempt"] == "exempt" if row.get("tax_exempt") else None,
    )


def tax_location(row: Json, settings: StripeSettings) -> str | None:
    """The state by whose address Stripe would tax a customer; None where it cannot be told.

    It is that of the shipping address, and of the billing address only where
    there is no shipping address at all.
    Source: https://docs.stripe.com/tax/customer-locations
    """
    shipping = (row.get("shipping") or {}).get("address") or {}
    used = shipping if any(shipping.values()) else row.get("address")
    try:
        address = address_from_stripe(used, settings)
    except ValueError:
        return None
    return address.jurisdiction if address else None


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


def address_from_stripe(address: Json | None, settings: StripeSettings) -> Address | None:
    """An address, or None where not even the country is known."""
    if not address or not any(address.values()):
        return None
    country = address.get("country") or settings.default_country
    if not country:
        return None
    state = address.get("state")
    if country in _TERRITORIES:
        country, state = "US", country
    return Address(
        country=country,
        state=state or None,
        line1=address.get("line1") or None,
        line2=address.get("line2") or None,
        city=address.get("city") or None,
        postal_code=address.get("postal_code") or None,
    )


def _tax_id(row: Json, types: tuple[str, ...]) -> str | None:
    """The tax id of the type that stands first in *types*; else the first of all.

    Stripe sends ten at most along with a customer.
    """
    known = (row.get("tax_ids") or {}).get("data")
    if not known:
        return None
    ranks = {name: rank for rank, name in enumerate(types)}
    best: Json = min(known, key=lambda each: ranks.get(each["type"], len(types)))
    return str(best["value"])


def _first(row: Json, *names: str) -> str:
    return next(str(row[name]) for name in names if row.get(name))
