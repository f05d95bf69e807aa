"""Mapping: rows in the ERP's words become records; what cannot be understood is set aside."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import httpx
import pytest
import respx

from exempt import Customer, Employee, FetchRequest, Order, Page, Product, Stream
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.fields import (
    AddressesFields,
    CustomerFields,
    EmployeeFields,
    LineFields,
    OrderFields,
    ProductFields,
)
from peers.erp_build import CUSTOMERS, URL, as_json, connector, order_row

DECIMAL = {"__class__": "Decimal", "decimal": "200.00"}


def fetched(stream: str, rows: list[Any], **changes: Any) -> Page[Any]:
    """The page that *rows* give."""
    with respx.mock:
        respx.get(f"{URL}/{stream}").mock(return_value=as_json({"data": rows}))
        return getattr(connector(**changes), f"fetch_{stream}")(FetchRequest())  # type: ignore[no-any-return]


def order(row: dict[str, Any] | None = None, **fields: Any) -> Order:
    """The order of a row, with further fields mapped."""
    changes = {f"orders__fields__{name}": value for name, value in fields.items()}
    page = fetched("orders", [order_row(1) | (row or {})], **changes)
    assert page.rejected == ()
    (record,) = page.records
    assert isinstance(record, Order)
    return record


def reason(row: dict[str, Any], **fields: Any) -> str:
    """Why the order of a row was set aside."""
    changes = {f"orders__fields__{name}": value for name, value in fields.items()}
    page = fetched("orders", [order_row(1) | row], **changes)
    (rejected,) = page.rejected
    return rejected.reason


@pytest.mark.parametrize(
    ("row", "field", "mapping", "expected"),
    [
        pytest.param({"n": 17}, "number", "n", "17", id="a number as text"),
        pytest.param({"a": {"b": ["x", "y"]}}, "number", "a.b[1]", "y", id="a path into a list"),
        pytest.param({}, "number", "gone", None, id="a path that finds nothing"),
        pytest.param({"n": "  "}, "number", "n", None, id="blanks are nothing"),
        pytest.param({}, "number", {"path": "n", "default": "-"}, "-", id="a default"),
        pytest.param({"n": "N/A"}, "number", {"path": "n", "blank": ["N/A"]}, None, id="a blank"),
        pytest.param({}, "number", {"const": "all"}, "all", id="a constant"),
        pytest.param(
            {"s": "CM"}, "kind", {"path": "s", "map": {"CM": "credit"}}, "credit", id="map"
        ),
        pytest.param(
            {"s": "?"},
            "kind",
            {"path": "s", "map": {"CM": "credit", "*": "order"}},
            "order",
            id="any",
        ),
        pytest.param(
            {"s": "?"},
            "kind",
            {"path": "s", "map": {"CM": "credit", "*": ""}, "default": "invoice"},
            "invoice",
            id="any other means nothing",
        ),
        pytest.param(
            {"e": "2026-12-24"},
            "event_start_date",
            "e",
            dt.date(2026, 12, 24),
            id="an event's first day",
        ),
        pytest.param(
            {"e": "0001-01-01"},
            "event_end_date",
            {"path": "e", "blank": ["0001-01-01"]},
            None,
            id="no event",
        ),
        pytest.param({"s": "void"}, "voided", "s == 'void'", True, id="a comparison"),
        pytest.param({"f": "Y"}, "voided", "f", True, id="Y is true"),
        pytest.param({"f": 0}, "voided", "f", False, id="0 is false"),
        pytest.param(
            {"f": True}, "tax_applicable", {"path": "f", "map": {"true": False}}, False, id="turned"
        ),
        pytest.param({"t": "12.50"}, "total", "t", Decimal("12.50"), id="an amount as text"),
        pytest.param({"t": 0.1}, "total", "t", Decimal("0.1"), id="an exact amount"),
        pytest.param(
            {"t": DECIMAL}, "total", "t.decimal", Decimal("200.00"), id="a wrapped amount"
        ),
        pytest.param(
            {"l": [{"a": 0.1}, {"a": 0.2}]},
            "total",
            "sum(l[].a)",
            Decimal("0.3"),
            id="an exact sum",
        ),
        pytest.param({"c": "EUR"}, "currency", "c", "EUR", id="the row's own currency"),
        pytest.param({"c": ""}, "currency", "c", "USD", id="else the connection's currency"),
        pytest.param(
            {"d": "31.12.2025"},
            "order_date",
            {"path": "d", "formats": ["%m/%d/%Y", "%d.%m.%Y"]},
            dt.date(2025, 12, 31),
            id="the second of two formats",
        ),
        pytest.param(
            {"d": "2025-12-31T00:00:00"}, "order_date", "d", dt.date(2025, 12, 31), id="midnight"
        ),
        pytest.param(
            {"d": 1767139200},
            "order_date",
            {"path": "d", "formats": ["epoch"]},
            dt.date(2025, 12, 31),
        ),
        pytest.param(
            {"d": {"__class__": "date", "year": 2025, "month": 12, "day": 31}},
            "order_date",
            {"path": "d", "formats": ["parts"]},
            dt.date(2025, 12, 31),
            id="a day in parts",
        ),
    ],
)
def test_a_field_of_a_row(row: dict[str, Any], field: str, mapping: Any, expected: object) -> None:
    assert getattr(order(row, **{field: mapping}), field) == expected


@pytest.mark.parametrize(
    ("written", "formats", "zone", "moment"),
    [
        pytest.param("2026-01-02T03:04:05Z", ["iso"], "UTC", "2026-01-02T03:04:05Z", id="UTC"),
        pytest.param(
            "2026-01-02T03:04:05.1234567-06:00",
            ["iso"],
            "UTC",
            "2026-01-02T09:04:05.123456Z",
            id="offset",
        ),
        pytest.param(
            "2026-01-02T03:04:05", ["iso"], "America/Chicago", "2026-01-02T09:04:05Z", id="zone"
        ),
        pytest.param(
            1767323045123, ["epoch_ms"], "UTC", "2026-01-02T03:04:05.123Z", id="milliseconds"
        ),
        pytest.param("1767323045.5", ["epoch"], "UTC", "2026-01-02T03:04:05.5Z", id="seconds"),
        pytest.param(
            "02/01/2026 03:04", ["%d/%m/%Y %H:%M"], "UTC", "2026-01-02T03:04:00Z", id="pattern"
        ),
        pytest.param(None, ["iso"], "UTC", None, id="never changed"),
    ],
)
def test_a_moment(written: object, formats: list[str], zone: str, moment: str | None) -> None:
    field = {"path": "changed", "formats": formats}
    page = fetched(
        "orders", [order_row(1, changed=written)], orders__fields__updated_at=field, time_zone=zone
    )
    assert page.records[0].updated_at == (moment and dt.datetime.fromisoformat(moment))


def test_a_moment_falls_on_the_day_of_the_sellers_time_zone() -> None:
    row = order_row(1, date="2026-11-20T03:00:00Z")
    (record,) = fetched("orders", [row], time_zone="America/Chicago").records
    assert record.order_date == dt.date(2026, 11, 19)


@pytest.mark.parametrize(
    ("row", "fields", "words"),
    [
        pytest.param({"no": None}, {}, "external_id: there is nothing at no", id="no identifier"),
        pytest.param({"total": "1.234,50"}, {}, "total: is no number", id="a comma"),
        pytest.param({"total": DECIMAL}, {}, "total: is no number", id="a wrapper"),
        pytest.param({"total": True}, {}, "total: is no number", id="a flag as amount"),
        pytest.param({"no": ["x"]}, {}, "external_id: is a list, not a text", id="a list as text"),
        pytest.param({"date": "tomorrow"}, {}, "order_date: is not written as iso", id="no date"),
        pytest.param(
            {"date": "0001-01-01"}, {}, "order_date: Input should be greater", id="year one"
        ),
        pytest.param(
            {"s": "X"},
            {"kind": {"path": "s", "map": {"CM": "credit"}}},
            "kind: has a value that its map does not list: add it",
            id="not in the map",
        ),
        pytest.param(
            {"st": "Tejas"},
            {"ship_to": {"state": "st"}},
            "ship_to.state: unknown state in country 'US'",
            id="unknown state",
        ),
        pytest.param(
            {"l": [{"a": "x"}]},
            {"total": "sum(l[].a)"},
            "total: 'sum(l[].a)' cannot be applied here (JMESPathTypeError)",
            id="a sum of texts",
        ),
        pytest.param({"no": "a\x00b"}, {}, "external_id: String should match pattern", id="NUL"),
        pytest.param(
            {"no": "\ud800"}, {}, "external_id: Input should be a valid string", id="half"
        ),
        pytest.param(
            {"no": "x" * 256}, {}, "external_id: String should have at most 255", id="long"
        ),
    ],
)
def test_a_row_that_cannot_be_read_says_why(row: dict[str, Any], fields: Any, words: str) -> None:
    assert words in reason(row, **fields)


def test_three_bad_rows_of_a_hundred_cost_three_rows() -> None:
    rows: list[Any] = [order_row(n) for n in range(97)]
    rows[10:10] = [order_row(200, total="much"), "no object", order_row(201, no=None)]
    page = fetched("orders", rows)
    assert len(page.records) == 97
    assert [(r.row, r.external_id) for r in page.rejected] == [
        ("orders: SO-200", "SO-200"),
        ("orders: row 12 of the page", None),
        ("orders: row 13 of the page", None),
    ]
    assert "much" not in "".join(r.reason for r in page.rejected)


ADDRESS = {
    "line1": "street",
    "city": "town",
    "state": "st",
    "postal_code": "zip",
    "country": "land",
}


@pytest.mark.parametrize(
    ("row", "place"),
    [
        pytest.param({"st": "texas", "land": "USA"}, "US-TX", id="spelled out"),
        pytest.param({"st": "TX"}, "US-TX", id="the connection's country"),
        pytest.param({"st": "ON", "land": "CA"}, "CA-ON", id="the row's own country"),
        pytest.param({"land": "US"}, None, id="a country alone is no address"),
        pytest.param({"town": "Austin"}, None, id="no state, no jurisdiction"),
    ],
)
def test_an_address(row: dict[str, Any], place: str | None) -> None:
    ship_to = order(row, ship_to=ADDRESS).ship_to
    assert (ship_to.jurisdiction if ship_to else None) == place
    assert (ship_to is None) == (row == {"land": "US"})


def test_a_customer_has_many_places() -> None:
    row = {
        "no": 7,
        "name": "Lone Star Supply Co.",
        "st": "CA",
        "sites": [{"st": "TX"}, {"st": "FL"}, {"st": ""}],
    }
    page = fetched(
        "customers",
        [row],
        customers=CUSTOMERS,
        customers__fields__billing_address={"state": "st"},
        customers__fields__ship_to={"records": "sites", "state": "st"},
    )
    (customer,) = page.records
    assert customer.external_id == "7"
    assert customer.billing_address.jurisdiction == "US-CA"
    assert [place.state for place in customer.ship_to] == ["TX", "FL"]


LINES = {"records": "lines", "fields": {"product_external_id": "item", "amount": "net"}}


def test_lines_are_counted_and_added_up_where_the_row_does_not() -> None:
    row = order_row(1, lines=[{"item": "A", "net": 0.1}, {"item": "B", "net": "0.2"}])
    page = fetched("orders", [row], orders__lines=LINES, orders__fields__total=None)
    (record,) = page.records
    assert record.total == Decimal("0.3")
    assert [(line.line_id, line.product_external_id) for line in record.lines] == [
        ("1", "A"),
        ("2", "B"),
    ]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param({}, "lines: lines leads to no list; if the ERP may omit it, write", id="none"),
        pytest.param(
            {"lines": [{"net": 1}, {"net": None}]},
            "lines.2: amount: there is nothing at net",
            id="one",
        ),
    ],
)
def test_an_order_whose_lines_cannot_be_read_is_set_aside(lines: Any, words: str) -> None:
    (rejected,) = fetched("orders", [order_row(1) | lines], orders__lines=LINES).rejected
    assert words in rejected.reason


def test_lines_may_be_left_out_where_the_path_says_so() -> None:
    lines = LINES | {"records": "lines || `[]`"}
    assert fetched("orders", [order_row(1)], orders__lines=lines).records[0].lines == ()


def test_products_and_employees() -> None:
    plain = {"records": "data", "paging": {"kind": "none"}}
    products = plain | {"path": "products", "fields": {"external_id": "id", "name": "n"}}
    work = {"state": "work"}
    employees = plain | {
        "path": "employees",
        "fields": {"external_id": "id", "start_date": "from", "work_location": work},
    }
    (product,) = fetched("products", [{"id": 1, "n": "Bolt"}], products=products).records
    assert product == Product(external_id="1", name="Bolt")
    row = {"id": 2, "from": "2026-01-05", "work": "TX"}
    (employee,) = fetched("employees", [row], employees=employees).records
    assert isinstance(employee, Employee)
    assert employee.work_location
    assert (employee.work_location.state, employee.start_date) == ("TX", dt.date(2026, 1, 5))


@pytest.mark.parametrize(
    ("fields", "record"),
    [
        (CustomerFields, Customer),
        (OrderFields, Order),
        (ProductFields, Product),
        (EmployeeFields, Employee),
        (LineFields, Order.model_fields["lines"].annotation.__args__[0]),  # type: ignore[union-attr]
        (AddressesFields, Customer.model_fields["billing_address"].annotation.__args__[0]),  # type: ignore[union-attr]
    ],
)
def test_every_field_of_a_record_can_be_mapped(fields: Any, record: Any) -> None:
    assert set(fields.model_fields) - {"records"} == set(record.model_fields) - {"lines"}


def test_each_stream_has_a_hook() -> None:
    assert all(hasattr(connector(), f"fetch_{stream}") for stream in Stream)


@pytest.mark.parametrize(
    ("text", "data", "found"),
    [
        pytest.param("a.b", {"a": {"b": 1}}, 1, id="names"),
        pytest.param('"@odata.count"', {"@odata.count": 3}, 3, id="a quoted name"),
        pytest.param("a.b", {"a": [1]}, None, id="a name of a list"),
        pytest.param("a.b", "text", None, id="a name of a text"),
        pytest.param("a || b", {"b": 2}, 2, id="a choice"),
        pytest.param("max(a)", {"a": [Decimal("1.5"), 1]}, Decimal("1.5"), id="the largest"),
    ],
)
def test_expression(text: str, data: Any, found: object) -> None:
    assert Expression(text)(data) == found


@pytest.mark.parametrize(
    ("value", "true"),
    [(None, False), (False, False), ("", False), ([], False), ({}, False), (0, True), ("x", True)],
)
def test_what_counts_as_true(value: object, true: bool) -> None:
    assert Expression("a").holds({"a": value}) is true


def test_an_expression_that_does_not_apply_to_the_whole_answer_is_an_error() -> None:
    with respx.mock:
        respx.get(f"{URL}/orders").mock(return_value=httpx.Response(200, json={"data": 1}))
        remote = connector(orders__records="sort(data)")
        with pytest.raises(Exception, match=r"orders\.records: 'sort\(data\)' cannot be applied"):
            remote.fetch_orders(FetchRequest())
