"""Credit notes are orders of their own, negative; what shipping costs is a line."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from exempt import (
    CursorExpired,
    FetchRequest,
    NotTaxedReason,
    Order,
    OrderKind,
    RangesRequest,
    Stream,
)
from exempt.testing import StillContext, read_all, records, sample
from exempt_billing_stripe import StripeSettings
from exempt_billing_stripe.connector import StripeConnector
from exempt_billing_stripe.orders import order_from_stripe
from exempt_billing_stripe.sandbox import API_KEY, Running, serve
from exempt_billing_stripe.sandbox.sample import credit_note

Connect = Callable[..., StripeConnector]

SETTINGS = StripeSettings(api_key=SecretStr("sk_test_x"))
AUSTIN = {"country": "US", "state": "TX"}
NOON = int(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC).timestamp())
SALES = len(sample.BILLING_SALES)


def invoice(**given: Any) -> dict[str, Any]:
    line = {"id": "il_1", "amount": 3000, "pricing": {"price_details": {"product": "prod_1"}}}
    return {
        "id": "in_1",
        "created": NOON,
        "currency": "usd",
        "custom_fields": [{"name": "PO Number", "value": "PO-7"}],
        "customer": "cus_1",
        "customer_shipping": {"address": AUSTIN},
        "customer_tax_exempt": "none",
        "lines": {"data": [line], "has_more": False},
        "status": "paid",
        "total_excluding_tax": 3000,
        **given,
    }


def note(**given: Any) -> dict[str, Any]:
    """Half of the invoice is given back."""
    line = {
        "id": "cnli_1",
        "amount": 1600,
        "discount_amounts": [{"amount": 100}],
        "invoice_line_item": "il_1",
        "taxes": [{"amount": 120, "tax_behavior": "exclusive"}],
    }
    return {
        "id": "cn_1",
        "created": NOON + 86400,
        "currency": "usd",
        "customer": "cus_1",
        "effective_at": None,
        "invoice": invoice(),
        "lines": {"data": [line], "has_more": False},
        "number": "A-1-CN-01",
        "status": "issued",
        "total": 1620,
        "total_excluding_tax": 1500,
        "total_taxes": [{"amount": 120, "tax_behavior": "exclusive"}],
        **given,
    }


def read(row: dict[str, Any]) -> Order:
    order = order_from_stripe(row, SETTINGS)
    assert order is not None
    return order


def test_a_credit_note_is_negative_in_all_its_amounts() -> None:
    order = read(note())
    assert (order.kind, order.number) == (OrderKind.CREDIT, "A-1-CN-01")
    assert (order.total, order.tax) == (Decimal("-15.00"), Decimal("-1.20"))
    (line,) = order.lines
    assert (line.line_id, line.amount, line.tax) == ("cnli_1", Decimal("-15.00"), Decimal("-1.20"))


def test_what_it_does_not_say_its_invoice_does() -> None:
    order = read(note())
    assert order.ship_to is not None
    assert order.ship_to.jurisdiction == "US-TX"
    assert order.lines[0].product_external_id == "prod_1"
    assert (order.purchase_order_number, order.tax_applicable) == ("PO-7", True)


def test_without_its_invoice_it_has_no_ship_to() -> None:
    order = read(note(invoice="in_1"))
    assert (order.ship_to, order.tax_applicable) == (None, None)
    assert order.lines[0].product_external_id is None


@pytest.mark.parametrize(
    ("given", "day"),
    [
        pytest.param({}, dt.date(2026, 3, 2), id="when it was made"),
        pytest.param({"effective_at": NOON}, dt.date(2026, 3, 1), id="from when it counts"),
    ],
)
def test_day_of_a_credit_note(given: dict[str, Any], day: dt.date) -> None:
    assert read(note(**given)).order_date == day


@pytest.mark.parametrize(("status", "voided"), [("issued", False), ("void", True)])
def test_a_credit_note_takes_no_change_and_may_be_void(status: str, voided: bool) -> None:
    order = read(note(status=status))
    assert (order.closed, order.voided) == (True, voided)


def test_why_no_tax_is_given_back() -> None:
    free = note()["lines"]["data"][0] | {"taxes": [{"amount": 0}]}
    exempt = invoice(customer_tax_exempt="exempt")
    order = read(note(lines={"data": [free]}, total_taxes=[], invoice=exempt))
    assert order.lines[0].not_taxed_reason is NotTaxedReason.CUSTOMER_EXEMPT


@pytest.mark.parametrize(
    "row", [invoice(test_clock="clock_1"), note(invoice=invoice(test_clock="c"))]
)
def test_what_belongs_to_a_test_clock_is_left_out(row: dict[str, Any]) -> None:
    assert order_from_stripe(row, SETTINGS) is None
    included = SETTINGS.model_copy(update={"include_test_clocks": True})
    assert order_from_stripe(row, included) is not None


SHIPPING = {"amount_subtotal": 500, "amount_tax": 40, "amount_total": 540}


def test_what_shipping_costs_is_a_line() -> None:
    order = read(invoice(shipping_cost=SHIPPING, total_excluding_tax=3500))
    assert [(line.line_id, line.amount) for line in order.lines] == [
        ("il_1", Decimal("30.00")),
        ("shipping", Decimal("5.00")),
    ]
    assert sum(line.amount for line in order.lines) == order.total
    assert order.lines[1].tax == Decimal("0.40")


def test_what_shipping_cost_is_given_back_as_a_line() -> None:
    order = read(note(shipping_cost=SHIPPING, total_excluding_tax=2000))
    assert (order.lines[1].amount, order.lines[1].tax) == (Decimal("-5.00"), Decimal("-0.40"))
    assert sum(line.amount for line in order.lines) == order.total


@pytest.mark.parametrize("cost", [None, {"amount_subtotal": 0, "amount_tax": 0}])
def test_free_shipping_is_no_line(cost: dict[str, int] | None) -> None:
    assert len(read(invoice(shipping_cost=cost)).lines) == 1


def test_an_exempt_customer_pays_no_tax_on_shipping() -> None:
    free = {**SHIPPING, "amount_tax": 0}
    order = read(invoice(shipping_cost=free, customer_tax_exempt="exempt"))
    assert order.lines[1].not_taxed_reason is NotTaxedReason.CUSTOMER_EXEMPT


@pytest.fixture
def credited() -> Iterator[Running]:
    """An account each of whose invoices was credited in part."""
    with serve(credit_notes=True) as running:
        yield running


@pytest.fixture
def reader(credited: Running, connect: Connect) -> StripeConnector:
    """A connector to it."""
    return connect(api_key=SecretStr(API_KEY), base_url=credited.base_url)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_invoices_and_credit_notes_are_read_one_after_the_other(
    size: int, reader: StripeConnector
) -> None:
    found = records(read_all(reader.fetch_orders, page_size=size))
    assert len(found) == len({each.external_id for each in found}) == 2 * SALES
    assert [each.kind for each in found] == [OrderKind.INVOICE] * SALES + [OrderKind.CREDIT] * SALES


def test_reading_goes_on_from_every_cursor(credited: Running, connect: Connect) -> None:
    def fresh() -> StripeConnector:
        return connect(api_key=SecretStr(API_KEY), base_url=credited.base_url)

    pages = read_all(fresh().fetch_orders, page_size=2)
    for number, page in enumerate(pages[:-1], start=1):
        rest = read_all(fresh().fetch_orders, page.next_cursor, page_size=2)
        assert records(rest) == records(pages[number:])


def test_each_is_a_range_of_its_own(reader: StripeConnector) -> None:
    ranges = reader.ranges(RangesRequest(stream=Stream.ORDERS)).cursors
    parts = [records(read_all(reader.fetch_orders, cursor)) for cursor in ranges]
    assert [{each.kind for each in part} for part in parts] == [
        {OrderKind.INVOICE},
        {OrderKind.CREDIT},
    ]


def test_changes_of_both_come_in_one_run(credited: Running, reader: StripeConnector) -> None:
    checkpoint = read_all(reader.fetch_orders)[-1].checkpoint
    (first, second, *_) = credited.books.all("invoice")
    credited.books.change("invoice", first["id"], {"status": "void"})
    made = credit_note(copy.deepcopy(second)) | {"id": "cn_new"}
    del made["created"]
    credited.books.create("credit_note", made)
    old = credited.books.all("credit_note")[0]["id"]
    credited.books.change("credit_note", old, {"status": "void"})
    for size in (1, 2, 100):
        changed = records(read_all(reader.fetch_orders, checkpoint, page_size=size))
        assert {(each.external_id, each.voided) for each in changed} == {
            (first["id"], True),
            ("cn_new", False),
            (old, True),
        }


def test_just_these_of_both(credited: Running, reader: StripeConnector) -> None:
    wanted = credited.books.all("invoice")[0]["id"], credited.books.all("credit_note")[0]["id"]
    page = reader.fetch_orders(FetchRequest(ids=(*wanted, "cn_gone", "in_gone")))
    assert tuple(each.external_id for each in page.records) == wanted
    assert page.deleted == ("cn_gone", "in_gone")


def test_lines_beyond_the_first_ten_are_fetched(credited: Running, reader: StripeConnector) -> None:
    row = credited.books.all("credit_note")[0]
    lines = row["lines"]["data"]
    lines += [{**lines[0], "id": f"cnli_more{n}"} for n in range(150)]
    (order,) = reader.fetch_orders(FetchRequest(ids=(row["id"],))).records
    assert len(order.lines) == 151


def test_a_bad_credit_note_is_set_aside_by_name(credited: Running, reader: StripeConnector) -> None:
    row = credited.books.all("credit_note")[0]
    row["currency"] = None
    rejected = [each for page in read_all(reader.fetch_orders) for each in page.rejected]
    assert [(each.row, each.external_id) for each in rejected] == [
        (f"credit note {row['id']}", row["id"])
    ]


def test_without_credit_notes_none_is_asked_for(credited: Running, connect: Connect) -> None:
    key = {"api_key": SecretStr(API_KEY), "base_url": credited.base_url}
    plain = connect(**key, include_credit_notes=False)
    found = records(read_all(plain.fetch_orders))
    assert {each.kind for each in found} == {OrderKind.INVOICE}
    note_id = credited.books.all("credit_note")[0]["id"]
    assert plain.fetch_orders(FetchRequest(ids=(note_id,))).records == ()
    assert len(plain.ranges(RangesRequest(stream=Stream.ORDERS)).cursors) == 1


def test_a_cursor_of_what_is_read_no_longer_expires(
    credited: Running, connect: Connect, context: StillContext
) -> None:
    key = {"api_key": SecretStr(API_KEY), "base_url": credited.base_url}
    cursor = json.dumps(["history", 1, None, None, None, None, "credit_notes"])
    assert connect(**key).fetch_orders(FetchRequest(cursor=cursor)).records
    with pytest.raises(CursorExpired, match="read anew"):
        connect(**key, include_credit_notes=False).fetch_orders(FetchRequest(cursor=cursor))
