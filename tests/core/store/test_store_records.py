"""Products and employees; and what never reaches a table."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from exempt import Address, Page, Stream
from exempt.adapters.store.store import SqlStore
from exempt.model.sources import Employee, Product
from exempt.services.rows import ConnectionRow, SavedRecords
from support.records import NOW, TODAY, address, customer, employee, line, order, product
from support.stores import MINUTE, rows


def save_products(store: SqlStore, row: ConnectionRow, *products: Product) -> SavedRecords:
    with store.writing() as tx:
        return tx.sources.save_products(row, products, NOW)


def save_employees(store: SqlStore, row: ConnectionRow, *employees: Employee) -> SavedRecords:
    with store.writing() as tx:
        return tx.sources.save_employees(row, employees, NOW)


def test_products_are_listed_with_the_moment_they_were_first_seen(
    store: SqlStore, erp: ConnectionRow
) -> None:
    assert save_products(store, erp, product()) == (1, 0, 0, frozenset())
    with store.writing() as tx:
        renamed = [product(name="Hex bolt M8", tax_code="P000", active=False)]
        assert tx.sources.save_products(erp, renamed, NOW + MINUTE) == (0, 1, 0, frozenset())
    (found,) = rows(store, "SELECT external_id, name, tax_code, active, first_seen_at FROM product")
    assert (*found[:3], bool(found[3])) == ("P-1", "Hex bolt M8", "P000", False)
    assert found[4] == int(NOW.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("then", "saved"),
    [
        pytest.param(employee(), (0, 0, 1), id="the same employee"),
        pytest.param(employee(end_date=TODAY), (0, 1, 0), id="an employee who left"),
        pytest.param(employee(home_location=address("CO")), (0, 1, 0), id="one who moved"),
        pytest.param(employee("E-2"), (1, 0, 0), id="another one"),
        pytest.param(employee(updated_at=NOW), (0, 1, 0), id="the same, at a moment now known"),
    ],
)
def test_employees(
    store: SqlStore, erp: ConnectionRow, then: Employee, saved: tuple[int, int, int]
) -> None:
    save_employees(store, erp, employee())
    assert save_employees(store, erp, then)[:3] == saved


def test_an_employee_is_kept_as_places_and_days(store: SqlStore, erp: ConnectionRow) -> None:
    hired = dt.date(2024, 8, 19)
    who = employee(label="Remote", home_location=address("CO"), start_date=hired, contractor=True)
    save_employees(store, erp, who)
    sql = "SELECT label, work_state, home_state, start_date, end_date, contractor FROM employee"
    assert rows(store, sql) == [("Remote", "TX", "CO", "2024-08-19", None, True)]


KEPT = [stream for stream in Stream if stream is not Stream.BOUNCES]


@pytest.mark.parametrize("stream", KEPT)
def test_every_kind_of_record_can_go(store: SqlStore, erp: ConnectionRow, stream: Stream) -> None:
    with store.writing() as tx:
        tx.sources.save_customers(erp, [customer("X")], NOW)
        tx.sources.save_orders(erp, [order("X")], NOW)
        tx.sources.save_products(erp, [product("X")], NOW)
        tx.sources.save_employees(erp, [employee("X")], NOW)
        tx.sources.mark_deleted(erp, stream, ["X"], NOW)
    with store.reading() as tx:
        (status,) = tx.reports.connections()
    assert set(status.records) == {other.value for other in KEPT} - {stream.value}


WRONG = [
    pytest.param(order, {"number": "A\0B"}, id="a NUL in a number"),
    pytest.param(order, {"external_id": "A\0B"}, id="a NUL in an id"),
    pytest.param(order, {"external_id": ""}, id="no id"),
    pytest.param(order, {"external_id": "x" * 256}, id="an id of 256 characters"),
    pytest.param(order, {"purchase_order_number": "\ud800"}, id="half a character"),
    pytest.param(order, {"total": Decimal("NaN")}, id="an amount that is none"),
    pytest.param(order, {"total": Decimal("Infinity")}, id="an endless amount"),
    pytest.param(order, {"currency": None}, id="no currency"),
    pytest.param(order, {"currency": "usd"}, id="a currency in small letters"),
    pytest.param(order, {"order_date": dt.date(1900, 1, 1)}, id="a day of 1900"),
    pytest.param(order, {"order_date": dt.date(2999, 12, 31)}, id="a day of 2999"),
    pytest.param(order, {"updated_at": dt.datetime(2026, 1, 1)}, id="a moment of no time zone"),
    pytest.param(order, {"colour": "red"}, id="a field that is not known"),
    pytest.param(customer, {"name": ""}, id="no name"),
    pytest.param(customer, {"name": "x" * 501}, id="a name of 501 characters"),
    pytest.param(line, {"line_id": ""}, id="a line without an id"),
    pytest.param(Address, {"country": "US", "state": "ZZ"}, id="an unknown state"),
    pytest.param(Address, {"country": 7}, id="a country that is a number"),
    pytest.param(Address, {"country": "Germany"}, id="a country in full"),
]


@pytest.mark.parametrize(("kind", "fields"), WRONG)
def test_what_no_table_could_keep_is_refused_before(kind: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        kind(**fields)
    assert "input_value" not in str(refused.value), "and the error does not quote it"


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        pytest.param(int, "a whole number that cannot be read", id="a whole number"),
        pytest.param(float, "a number that cannot be read", id="a number"),
        pytest.param(dt.date.fromisoformat, "a date that cannot be read: write it as YYYY-MM-DD",
                     id="a day"),
        pytest.param(Decimal, "an amount that cannot be read: write 1234.50", id="an amount"),
    ],
)  # fmt: skip
def test_what_python_says_of_a_value_quotes_it_and_is_said_otherwise(
    read: Any, reason: str
) -> None:
    page: Page[Any] = Page.read(["canary"], read)
    assert [rejected.reason for rejected in page.rejected] == [reason]


def test_a_page_with_such_a_row_keeps_the_others() -> None:
    numbers = ["O-1", "A\0B", "O-3"]
    page = Page.read(numbers, order, row_name=lambda n, _row: f"line {n}")
    assert [record.external_id for record in page.records] == ["O-1", "O-3"]
    (rejected,) = page.rejected
    assert (rejected.row, rejected.reason.split(":")[0]) == ("line 2", "external_id")
