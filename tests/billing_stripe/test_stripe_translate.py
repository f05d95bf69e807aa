"""Stripe's shapes, as documented for the pinned version, and the records they become."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from exempt import Address, Order
from exempt_billing_stripe import StripeSettings
from exempt_billing_stripe.money import from_minor
from exempt_billing_stripe.orders import order_from_stripe
from exempt_billing_stripe.translate import (
    address_from_stripe,
    product_from_stripe,
)

AUSTIN = {"line1": "1 Main St", "city": "Austin", "state": "TX", "postal_code": "78701"}
OAKLAND = {"line1": "2 Bay St", "city": "Oakland", "state": "CA", "country": "US"}
SIX_UTC = int(dt.datetime(2026, 3, 1, 6, tzinfo=dt.UTC).timestamp())


def settings(**given: Any) -> StripeSettings:
    return StripeSettings(api_key=SecretStr("sk_test_x"), **given)


def line(**given: Any) -> dict[str, Any]:
    return {
        "id": "il_1",
        "object": "line_item",
        "amount": 1000,
        "currency": "usd",
        "discount_amounts": [],
        "pricing": {
            "type": "price_details",
            "price_details": {"price": "price_1", "product": "prod_1"},
        },
        "taxes": [
            {"amount": 80, "tax_behavior": "exclusive", "taxability_reason": "standard_rated"}
        ],
        **given,
    }


def invoice(**given: Any) -> dict[str, Any]:
    return {
        "id": "in_1",
        "object": "invoice",
        "created": SIX_UTC,
        "currency": "usd",
        "custom_fields": None,
        "customer": "cus_1",
        "customer_address": {**AUSTIN, "country": "US"},
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "effective_at": SIX_UTC,
        "lines": {"object": "list", "data": [line()], "has_more": False},
        "number": "A-0001",
        "shipping_details": None,
        "status": "open",
        "status_transitions": {"finalized_at": SIX_UTC},
        "total": 1080,
        "total_excluding_tax": 1000,
        "total_taxes": [{"amount": 80, "tax_behavior": "exclusive"}],
        **given,
    }


def order(**given: Any) -> Order:
    found = order_from_stripe(invoice(**given), settings())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("address", "default", "jurisdiction"),
    [
        pytest.param(OAKLAND, None, "US-CA", id="in full"),
        pytest.param({**OAKLAND, "state": "California"}, None, "US-CA", id="state spelt out"),
        pytest.param({**OAKLAND, "country": "PR", "state": None}, None, "US-PR", id="Puerto Rico"),
        pytest.param({**OAKLAND, "country": "CA", "state": "ON"}, None, "CA-ON", id="Canada"),
        pytest.param({**OAKLAND, "state": None}, None, None, id="no state"),
        pytest.param({**AUSTIN, "country": None}, "US", "US-TX", id="the usual country"),
    ],
)
def test_jurisdiction_of_an_address(
    address: dict[str, Any], default: str | None, jurisdiction: str | None
) -> None:
    read = address_from_stripe(address, settings(default_country=default))
    assert read is not None
    assert read.jurisdiction == jurisdiction


@pytest.mark.parametrize(
    ("address", "default"),
    [
        pytest.param(None, "US", id="none at all"),
        pytest.param({"line1": None, "state": None, "country": None}, "US", id="all empty"),
        pytest.param(AUSTIN, None, id="no country, and no usual one"),
    ],
)
def test_no_address(address: dict[str, Any] | None, default: str | None) -> None:
    assert address_from_stripe(address, settings(default_country=default)) is None


@pytest.mark.parametrize(
    ("changed", "city"),
    [
        pytest.param({}, "Austin", id="the billing address"),
        pytest.param(
            {"customer_shipping": {"address": OAKLAND}}, "Oakland", id="before it: shipping"
        ),
        pytest.param(
            {
                "shipping_details": {"address": {**OAKLAND, "city": "Fresno"}},
                "customer_shipping": {"address": OAKLAND},
            },
            "Fresno",
            id="before all: the invoice's own shipping",
        ),
        pytest.param(
            {"customer_shipping": {"address": None}}, "Austin", id="shipping without address"
        ),
    ],
)
def test_ship_to(changed: dict[str, Any], city: str) -> None:
    ship_to = order(**changed).ship_to
    assert ship_to is not None
    assert ship_to.city == city


def test_ship_to_is_unknown_without_addresses() -> None:
    assert order(customer_address=None).ship_to is None


@pytest.mark.parametrize(
    ("changed", "zone", "day"),
    [
        pytest.param({}, "UTC", dt.date(2026, 3, 1), id="in UTC"),
        pytest.param({}, "America/Los_Angeles", dt.date(2026, 2, 28), id="the evening before"),
        pytest.param({"effective_at": None}, "UTC", dt.date(2026, 3, 1), id="when finalized"),
        pytest.param(
            {"effective_at": SIX_UTC + 86400}, "UTC", dt.date(2026, 3, 2), id="when effective"
        ),
    ],
)
def test_day_of_an_invoice(changed: dict[str, Any], zone: str, day: dt.date) -> None:
    read = order_from_stripe(invoice(**changed), settings(time_zone=zone))
    assert read is not None
    assert read.order_date == day


@pytest.mark.parametrize(
    ("status", "closed", "voided"),
    [
        ("open", False, False),
        ("paid", True, False),
        ("uncollectible", True, False),
        ("void", True, True),
    ],
)
def test_status_of_an_invoice(status: str, closed: bool, voided: bool) -> None:
    read = order(status=status)
    assert (read.closed, read.voided) == (closed, voided)


def test_drafts_are_read_only_where_wanted() -> None:
    draft = invoice(status="draft", number=None, effective_at=None, status_transitions={})
    assert order_from_stripe(draft, settings()) is None
    read = order_from_stripe(draft, settings(include_drafts=True))
    assert read is not None
    assert (read.closed, read.number, read.order_date) == (False, None, dt.date(2026, 3, 1))


@pytest.mark.parametrize(
    ("changed", "total", "tax"),
    [
        pytest.param({}, "10.00", "0.80", id="tax on top"),
        pytest.param({"total_taxes": []}, "10.00", "0.00", id="no tax"),
        pytest.param({"total_taxes": None}, "10.00", None, id="tax not said"),
        pytest.param({"total_excluding_tax": None}, "10.00", "0.80", id="total with tax only"),
        pytest.param(
            {"total": -1080, "total_excluding_tax": -1000, "total_taxes": [{"amount": -80}]},
            "-10.00",
            "-0.80",
            id="a credit",
        ),
    ],
)
def test_total_and_tax(changed: dict[str, Any], total: str, tax: str | None) -> None:
    read = order(**changed)
    assert (read.total, read.tax) == (Decimal(total), None if tax is None else Decimal(tax))


@pytest.mark.parametrize(
    ("changed", "amount", "tax"),
    [
        pytest.param({}, "10.00", "0.80", id="tax on top"),
        pytest.param({"discount_amounts": [{"amount": 100}]}, "9.00", "0.80", id="discount"),
        pytest.param(
            {"taxes": [{"amount": 74, "tax_behavior": "inclusive"}]},
            "9.26",
            "0.74",
            id="tax inside",
        ),
        pytest.param({"taxes": None}, "10.00", None, id="tax not said"),
    ],
)
def test_line(changed: dict[str, Any], amount: str, tax: str | None) -> None:
    (read,) = order(lines={"data": [line(**changed)]}).lines
    assert (read.amount, read.tax) == (Decimal(amount), None if tax is None else Decimal(tax))


def test_product_of_a_line() -> None:
    lines = {"data": [line(), line(id="il_2", pricing=None)]}
    assert [each.product_external_id for each in order(lines=lines).lines] == ["prod_1", None]


@pytest.mark.parametrize(
    ("flag", "applies"), [("none", True), ("exempt", False), ("reverse", False), (None, None)]
)
def test_whether_stripe_taxes_the_invoice(flag: str | None, applies: bool | None) -> None:
    assert order(customer_tax_exempt=flag).tax_applicable is applies


def test_purchase_order_number_stands_in_a_custom_field() -> None:
    fields = [{"name": "Project", "value": "X"}, {"name": "po number", "value": "4711"}]
    assert order(custom_fields=fields).purchase_order_number == "4711"


@pytest.mark.parametrize(
    ("units", "currency", "amount"),
    [
        pytest.param(1999, "USD", "19.99", id="cents"),
        pytest.param(500, "JPY", "500", id="no decimals"),
        pytest.param(5120, "KWD", "5.120", id="three decimals"),
        pytest.param(500, "ISK", "5.00", id="no decimals, yet counted in hundredths"),
        pytest.param(500, "UGX", "5.00", id="the same in Uganda"),
        pytest.param(-1, "EUR", "-0.01", id="negative"),
    ],
)
def test_amount(units: int, currency: str, amount: str) -> None:
    assert from_minor(units, currency) == Decimal(amount)


@pytest.mark.parametrize("units", [None, "5", Decimal("1.5"), True])
def test_amounts_are_whole_numbers(units: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        from_minor(units, "USD")


@given(st.integers(-(10**12), 10**12), st.sampled_from(["USD", "JPY", "KWD"]))
def test_no_amount_is_rounded(units: int, currency: str) -> None:
    digits = {"USD": 2, "JPY": 0, "KWD": 3}[currency]
    assert from_minor(units, currency).scaleb(digits) == units


def test_product() -> None:
    row = {"id": "prod_1", "name": "Plan", "active": False, "updated": SIX_UTC, "tax_code": None}
    read = product_from_stripe({**row, "tax_details": {"tax_code": "txcd_1"}})
    assert (read.name, read.tax_code, read.active) == ("Plan", "txcd_1", False)
    assert read.updated_at == dt.datetime(2026, 3, 1, 6, tzinfo=dt.UTC)


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValidationError, match="unknown state"):
        address_from_stripe({**OAKLAND, "state": "Xanadu"}, settings())


def test_addresses_are_frozen_records() -> None:
    assert address_from_stripe({**AUSTIN, "country": "US"}, settings()) == Address(
        country="US", state="TX", line1="1 Main St", city="Austin", postal_code="78701"
    )
