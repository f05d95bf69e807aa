"""Stripe's customers, and the records they become."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import SecretStr

from exempt import Customer
from exempt_billing_stripe import StripeSettings
from exempt_billing_stripe.translate import customer_from_stripe, tax_location

AUSTIN = {"line1": "1 Main St", "city": "Austin", "state": "TX", "postal_code": "78701"}
OAKLAND = {"line1": "2 Bay St", "city": "Oakland", "state": "CA", "country": "US"}
SIX_UTC = int(dt.datetime(2026, 3, 1, 6, tzinfo=dt.UTC).timestamp())


def settings(**given: Any) -> StripeSettings:
    return StripeSettings(api_key=SecretStr("sk_test_x"), **given)


def customer(**given: Any) -> dict[str, Any]:
    return {
        "id": "cus_1",
        "object": "customer",
        "address": None,
        "created": SIX_UTC,
        "email": "ap@acme.example",
        "metadata": {},
        "name": "Acme",
        "shipping": None,
        "tax_exempt": "none",
        **given,
    }


def customer_of(row: dict[str, Any], chosen: StripeSettings) -> Customer:
    found = customer_from_stripe(row, chosen)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        pytest.param({}, "Acme", id="its name"),
        pytest.param({"name": None, "business_name": "Acme Inc."}, "Acme Inc.", id="business name"),
        pytest.param({"name": None}, "ap@acme.example", id="else its e-mail address"),
        pytest.param({"name": "", "email": None}, "cus_1", id="else its id"),
    ],
)
def test_name_of_a_customer(changed: dict[str, Any], name: str) -> None:
    assert customer_of(customer(**changed), settings()).name == name


@pytest.mark.parametrize(
    ("tax_exempt", "exempt"),
    [
        pytest.param("exempt", True, id="exempt"),
        pytest.param("none", False, id="taxed"),
        pytest.param("reverse", False, id="reverse charge is no exemption"),
        pytest.param(None, None, id="not said"),
    ],
)
def test_flag_of_a_customer(tax_exempt: str | None, exempt: bool | None) -> None:
    assert customer_of(customer(tax_exempt=tax_exempt), settings()).exempt is exempt


def test_number_of_a_customer_stands_in_the_metadata() -> None:
    row = customer(metadata={"erp_id": "C-7", "customer_number": "9"})
    assert customer_of(row, settings()).number == "9"
    assert customer_of(row, settings(number_metadata_key="erp_id")).number == "C-7"
    assert customer_of(row, settings(number_metadata_key="none")).number is None


@pytest.mark.parametrize(
    ("metadata", "chosen", "number", "code", "parent"),
    [
        pytest.param({}, {}, None, None, None, id="nothing"),
        pytest.param(
            {"customer_number": "9", "erp": "E-9", "bill_to": "cus_7"},
            {},
            "9",
            None,
            None,
            id="other keys are nobody's business",
        ),
        pytest.param(
            {"erp": "E-9", "bill_to": "cus_7"},
            {"code_metadata_key": "erp", "parent_metadata_key": "bill_to"},
            None,
            "E-9",
            "cus_7",
            id="a second number, and the billing customer of a ship-to location",
        ),
        pytest.param({}, {"number_falls_back_to_id": True}, "cus_1", None, None, id="else its id"),
        pytest.param(
            {"customer_number": "9"},
            {"number_falls_back_to_id": True},
            "9",
            None,
            None,
            id="its id only without a number",
        ),
    ],
)
def test_whose_customer_it_is_stands_in_the_metadata(
    metadata: dict[str, str],
    chosen: dict[str, Any],
    number: str | None,
    code: str | None,
    parent: str | None,
) -> None:
    read = customer_of(customer(metadata=metadata), settings(**chosen))
    assert (read.number, read.code, read.parent_external_id) == (number, code, parent)


EIN = {"id": "txi_1", "type": "us_ein", "value": "12-3456789"}
VAT = {"id": "txi_2", "type": "eu_vat", "value": "DE123456789"}
GST = {"id": "txi_3", "type": "ca_gst_hst", "value": "123456789RT0002"}


@pytest.mark.parametrize(
    ("tax_ids", "types", "value"),
    [
        pytest.param(None, ("us_ein",), None, id="not asked for"),
        pytest.param([], ("us_ein",), None, id="none"),
        pytest.param([VAT, EIN], ("us_ein",), "12-3456789", id="the type that is wanted"),
        pytest.param([VAT, GST], ("us_ein",), "DE123456789", id="else the first"),
        pytest.param(
            [VAT, GST, EIN], ("ca_gst_hst", "us_ein"), "123456789RT0002", id="wanted most"
        ),
        pytest.param([GST, EIN], (), "123456789RT0002", id="no type is wanted most"),
    ],
)
def test_tax_id_of_a_customer(
    tax_ids: list[dict[str, str]] | None, types: tuple[str, ...], value: str | None
) -> None:
    listed = None if tax_ids is None else {"object": "list", "data": tax_ids, "has_more": False}
    read = customer_of(customer(tax_ids=listed), settings(tax_id_types=types))
    assert read.tax_id == value


def test_a_customer_of_a_test_clock_is_left_out_or_marked() -> None:
    row = customer(test_clock="clock_1")
    assert customer_from_stripe(row, settings()) is None
    assert customer_of(row, settings(include_test_clocks=True)).name == "Acme (test clock)"


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        pytest.param({}, None, id="no address"),
        pytest.param({"address": OAKLAND}, "US-CA", id="the billing address"),
        pytest.param(
            {"address": OAKLAND, "shipping": {"address": {**AUSTIN, "country": "US"}}},
            "US-TX",
            id="the shipping address first",
        ),
        pytest.param(
            {"address": OAKLAND, "shipping": {"address": {"line1": None}}},
            "US-CA",
            id="an empty shipping address is none",
        ),
        pytest.param(
            {"address": OAKLAND, "shipping": {"address": {"country": "US", "state": "ZZ"}}},
            None,
            id="an unknown state is not passed over, as Stripe does not",
        ),
    ],
)
def test_where_stripe_would_tax(changed: dict[str, Any], state: str | None) -> None:
    assert tax_location(customer(**changed), settings()) == state


def test_what_we_wrote_is_not_read_as_the_customers_own() -> None:
    row = customer(metadata={"exempt_numbers": "TX=1", "exempt_states": "TX"})
    read = customer_of(row, settings())
    assert (read.exemption_number, read.exemption_code, read.flagged_exempt) == (None, None, False)
