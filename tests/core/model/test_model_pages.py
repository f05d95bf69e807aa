"""A page: bad rows are set aside with their reasons, and never cost the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from exempt import Order, OrderKind, Page, PermanentError, Product, Rejected, reason_of

Row = dict[str, Any]
UNKNOWN = "a value, or a field, that the translation does not know: add it there"


def product(row: Row) -> Product | None:
    if row.get("template"):
        return None
    return Product(external_id=row["id"], name=row["name"])


def rows(count: int) -> list[Row]:
    return [{"id": f"p-{n}", "name": f"Bolt {n}"} for n in range(1, count + 1)]


def test_three_bad_rows_of_a_hundred_cost_three_rows() -> None:
    hundred = rows(100)
    hundred[16] = {"id": "p-17"}
    hundred[41] = {"id": "p-42", "name": "Smith\x00"}
    hundred[99] = {"id": "", "name": "Bolt 100"}
    page = Page.read(
        hundred, product, row_id=lambda row: row["id"] or None, next_cursor="2", checkpoint=None
    )
    assert len(page.records) == 97
    assert page.next_cursor == "2"
    assert page.rejected == (
        Rejected(row="row 17", reason="name: missing", external_id="p-17"),
        Rejected(
            row="row 42",
            reason="name: String should match pattern '^[^\\x00]*$'",
            external_id="p-42",
        ),
        Rejected(row="row 100", reason="external_id: String should have at least 1 character"),
    )


def test_a_row_may_be_left_out() -> None:
    page = Page.read([*rows(1), {"template": True}, *rows(1)], product)
    assert [record.external_id for record in page.records] == ["p-1", "p-1"]
    assert page.rejected == ()


def test_rows_are_named_in_the_remote_s_own_words() -> None:
    page = Page.read(
        [{"number": "INV-1"}], product, row_name=lambda _number, row: f"invoice {row['number']}"
    )
    assert page.rejected[0].row == "invoice INV-1"


@pytest.mark.parametrize(
    ("row_id", "external_id"),
    [
        pytest.param(lambda _row: None, None, id="no identifier"),
        pytest.param(lambda _row: "", None, id="an empty one"),
        pytest.param(lambda _row: 42, "42", id="a number"),
        pytest.param(lambda _row: "x" * 300, "x" * 255, id="one that is too long"),
        pytest.param(lambda row: row["nothing"], None, id="one that is not there"),
        pytest.param(lambda row: row.nothing, None, id="one that cannot be looked for"),
        pytest.param(lambda row: row["bad"]["id"], None, id="one that is deeper than the row"),
        pytest.param(lambda _row: int("x"), None, id="one that cannot be read"),
        pytest.param(lambda _row: "a\x00b", "ab", id="one with a NUL"),
    ],
)
def test_the_identifier_of_a_bad_row_where_it_is_legible(
    row_id: Callable[[Row], str | None], external_id: str | None
) -> None:
    page = Page.read([{"bad": None}], product, row_id=row_id)
    assert page.rejected[0].external_id == external_id


@pytest.mark.parametrize(
    ("row_name", "row"),
    [
        pytest.param(
            lambda _number, row: f"invoice {row['id']}", "row 1", id="no number to name it by"
        ),
        pytest.param(lambda _number, row: row.id, "row 1", id="nothing to look in"),
        pytest.param(lambda _number, _row: "", "row 1", id="an empty name"),
        pytest.param(lambda _number, _row: "x" * 600, "x" * 500, id="a name too long to keep"),
        pytest.param(lambda _number, _row: "in_1\x00", "in_1", id="a NUL in it"),
        pytest.param(lambda _number, _row: "in_\ud800", "in_?", id="half a character in it"),
    ],
)
def test_a_name_that_cannot_be_had_does_not_cost_the_page(
    row_name: Callable[[int, Row], str], row: str
) -> None:
    page = Page.read([{}], product, row_name=row_name)
    assert [rejected.row for rejected in page.rejected] == [row]


def test_a_reason_can_be_stored_whatever_the_row_held() -> None:
    page = Page.read([{}], raising(ValueError("a\x00\ud800")))
    assert page.rejected[0].reason == "a?"


def raising(error: Exception) -> Callable[[Row], Product]:
    def translate(_row: Row) -> Product:
        raise error

    return translate


@pytest.mark.parametrize(
    "error",
    [
        ValueError("odd"),
        AttributeError("odd"),
        KeyError("id"),
        IndexError("odd"),
        TypeError("odd"),
        ZeroDivisionError(),
    ],
)
def test_errors_of_a_row_are_its_own(error: Exception) -> None:
    page = Page.read(rows(2), raising(error))
    assert [rejected.row for rejected in page.rejected] == ["row 1", "row 2"]


@pytest.mark.parametrize("error", [PermanentError("the remote is gone"), RuntimeError("a bug")])
def test_errors_that_are_no_row_s_pass(error: Exception) -> None:
    with pytest.raises(type(error)):
        Page.read(rows(2), raising(error))


@given(st.lists(st.booleans()))
def test_every_row_is_a_record_or_a_reason(good: list[bool]) -> None:
    page = Page.read([{"id": "p", "name": "Bolt"} if fine else {} for fine in good], product)
    assert len(page.records) == sum(good)
    assert [r.row for r in page.rejected] == [
        f"row {number}" for number, fine in enumerate(good, start=1) if not fine
    ]


def validation_error(kind: Any, **values: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        kind(**values)
    return caught.value


ORDER = {
    "external_id": "o-1",
    "customer_external_id": "c-1",
    "order_date": dt.date(2026, 11, 20),
    "currency": "USD",
    "total": Decimal(1),
}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(KeyError("total"), "total: missing", id="a missing key"),
        pytest.param(KeyError(), "a field: missing", id="a key that is not named"),
        pytest.param(
            ValueError("total: no number"), "total: no number", id="the words of an error"
        ),
        pytest.param(ValueError(), "ValueError", id="an error without words"),
        pytest.param(
            InvalidOperation("<class>"),
            "an amount that cannot be read: write 1234.50",
            id="an amount that cannot be read",
        ),
        pytest.param(
            validation_error(Order, **{**ORDER, "total": "Smith", "currency": "dollars"}),
            "currency: String should match pattern '^[A-Z]{3}$';"
            " total: Input should be a valid decimal",
            id="every field by its name",
        ),
        pytest.param(
            validation_error(Order, **ORDER, ship_to={"country": "US", "state": "Texax"}),
            "ship_to.state: unknown state in country 'US': use a two-letter code such as 'TX'",
            id="a field inside a field",
        ),
        pytest.param(
            validation_error(Order, **ORDER, lines=[{"line_id": "1"}]),
            "lines.0.amount: Field required",
            id="a field of a line",
        ),
    ],
)
def test_reason(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        pytest.param(int, "a whole number that cannot be read", id="a whole number"),
        pytest.param(float, "a number that cannot be read", id="a number"),
        pytest.param(dt.date.fromisoformat,
                     "a date that cannot be read: write it as YYYY-MM-DD", id="a date"),
        pytest.param(lambda text: dt.datetime.strptime(text, "%m/%d/%Y").astimezone(dt.UTC),
                     "a date that does not have the format asked for", id="a date in a format"),
    ],
)  # fmt: skip
def test_a_reason_does_not_quote_what_python_could_not_read(
    read: Callable[[str], object], reason: str
) -> None:
    with pytest.raises(ValueError, match="Rumpelstiltskin") as caught:
        read("Rumpelstiltskin")
    assert reason_of(caught.value) == reason


KINDS = {"AB": OrderKind.ORDER}
NAMES = {"number": "docNo"}


def _text(row: Row, name: str) -> str:
    return str(row[name])


@pytest.mark.parametrize(
    ("translate", "reason"),
    [
        pytest.param(lambda row: row["docNo"], "docNo: missing", id="a field"),
        pytest.param(lambda row: _text(row, "docNo"), "docNo: missing", id="named by a caller"),
        pytest.param(lambda row: [row[name] for name in ("type", "docNo")],
                     "docNo: missing", id="one of some that are named"),
        pytest.param(lambda row: KINDS[row["type"]], UNKNOWN, id="a value"),
        pytest.param(lambda row: KINDS[row["type"].strip().lower()], UNKNOWN, id="made of a value"),
        pytest.param(lambda row: row[NAMES["number"]], UNKNOWN, id="a field named elsewhere"),
        pytest.param(lambda row: OrderKind(row["type"]),
                     "a value that OrderKind does not have: add it to the translation",
                     id="a value of an enumeration"),
    ],
)  # fmt: skip
def test_a_reason_names_a_missing_field_and_no_value(
    translate: Callable[[Row], Any], reason: str
) -> None:
    page = Page.read([{"type": "Rumpelstiltskin"}], translate)
    assert [rejected.reason for rejected in page.rejected] == [reason]


@pytest.mark.parametrize("kind", [ValueError, KeyError, TypeError])
def test_a_reason_is_never_too_long_to_keep(kind: type[Exception]) -> None:
    assert len(reason_of(kind("x" * 3000))) == 2000
