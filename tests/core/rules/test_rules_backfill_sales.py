"""The rows of a file of sales put together."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.backfill import MistakeKind
from exempt.model.sources import OrderKind
from exempt.rules import backfill_sales
from exempt.rules.backfill_sales import customer_of, order_of, product_of, telling, wrong_in
from support.sale_files import TITLES, Row, layout, line, reader, rows_of, sale, seen

Kind = MistakeKind


def wrong(*rows: Row) -> list[tuple[int, str, MistakeKind]]:
    return [seen(each) for each in wrong_in(rows_of(*rows), layout())]


def test_rows_of_one_number_are_the_lines_of_a_sale() -> None:
    rows = rows_of(
        sale(tax_amount="8.25", purchase_order="PO-1"),
        sale(product_id="SETUP", amount="-20.50", line_id="b", purchase_order="PO-1",
             address_line1="1 Main St", city="Austin"),
    )  # fmt: skip
    assert [*wrong_in(rows, layout())] == []
    found = order_of(rows)
    assert (found.external_id, found.number, found.customer_external_id) == (
        "INV-1",
        "INV-1",
        "C-1",
    )
    assert (found.kind, found.order_date) == (OrderKind.INVOICE, dt.date(2026, 3, 4))
    assert (found.total, found.tax, found.currency) == (Decimal("79.50"), Decimal("8.25"), "USD")
    assert [
        (line.line_id, line.product_external_id, line.amount, line.tax) for line in found.lines
    ] == [
        ("1", "SAAS", Decimal("100.00"), Decimal("8.25")),
        ("b", "SETUP", Decimal("-20.50"), None),
    ]
    assert found.ship_to is not None
    assert (found.ship_to.jurisdiction, found.ship_to.line1) == ("US-TX", "1 Main St")
    assert found.closed, "nothing is written back to a file"
    assert (found.purchase_order_number, found.tax_applicable, found.marketplace) == (
        "PO-1",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        pytest.param({}, OrderKind.INVOICE, id="a sale"),
        pytest.param({"amount": "-5.00"}, OrderKind.CREDIT, id="below zero"),
        pytest.param({"amount": "-5.00", "kind": "refund"}, OrderKind.CREDIT, id="said to be one"),
        pytest.param({"amount": "0", "kind": "credit"}, OrderKind.CREDIT, id="of nothing"),
        pytest.param({"amount": "0"}, OrderKind.INVOICE, id="a sale of nothing"),
    ],
)
def test_what_a_sale_is(changes: dict[str, str], kind: OrderKind) -> None:
    rows = rows_of(sale(**changes))
    assert [*wrong_in(rows, layout())] == []
    assert order_of(rows).kind is kind
    assert order_of(rows).tax is None


@pytest.mark.parametrize(("said", "applies"), [("yes", False), ("no", True), (None, None)])
def test_whether_tax_applied(said: str | None, applies: bool | None) -> None:
    assert order_of(rows_of(sale(exempt=said))).tax_applicable is applies


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("date", "2026-03-05"),
        ("customer_id", "C-2"),
        ("currency", "CAD"),
        ("state", "CA"),
        ("country", "CA"),
        ("kind", "credit"),
        ("exempt", "yes"),
        ("marketplace", "Etsy"),
        ("purchase_order", "PO-2"),
    ],
)
def test_lines_of_a_sale_have_in_common_what_is_of_the_sale(title: str, value: str) -> None:
    first = {"kind": "sale", "exempt": "no", "marketplace": "Amazon", "purchase_order": "PO-1"}
    other = {**first, "product_id": "OTHER", title: value}
    if title == "country":
        other["zip"] = "K1A 0B1"
    assert wrong(sale(**first), sale(**other)) == [(3, title, Kind.DIFFERS)]


def test_what_only_some_lines_say_is_of_the_sale() -> None:
    rows = rows_of(sale(), sale(product_id="OTHER", marketplace="Amazon", exempt="yes"))
    assert [*wrong_in(rows, layout())] == []
    assert order_of(rows).marketplace == "Amazon"
    assert order_of(rows).tax_applicable is False


def test_a_line_that_is_there_twice() -> None:
    assert wrong(sale(), sale()) == [(3, "transaction_id", Kind.SAME_LINE)]
    assert wrong(sale(), sale(amount="101.00")) == []
    assert wrong(sale(line_id="1"), sale(line_id="2")) == []
    assert wrong(sale(line_id="1"), sale(line_id="1", amount="2")) == [
        (3, "line_id", Kind.SAME_LINE)
    ]


def test_kinds_against_amounts() -> None:
    assert wrong(sale(kind="credit")) == [(2, "kind", Kind.BAD_SIGN)]
    assert wrong(sale(kind="sale", amount="-5")) == [(2, "kind", Kind.BAD_SIGN)]
    row = rows_of(sale(kind="credit"))[0]._replace(amount="")
    assert [*wrong_in([row], layout())] == [], "the amount itself is wrong, and said to be"


def test_a_sale_of_far_too_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill_sales, "MOST_LINES", 2)
    assert wrong(*(sale(line_id=str(n)) for n in range(3))) == [
        (4, "transaction_id", Kind.TOO_MANY_LINES)
    ]


def test_a_customer_is_as_its_latest_row_says_that_says_anything() -> None:
    rows = rows_of(
        sale(date="2026-05-01", customer_name=None, state="CA", zip="94025"),
        sale(date="2026-03-04", customer_name="Acme", customer_email="ap@example.com"),
    )
    found = customer_of(rows, numbered=True)
    assert (found.external_id, found.number, found.name) == ("C-1", "C-1", "Acme")
    assert found.email == "ap@example.com"
    assert found.billing_address is not None
    assert found.billing_address.state == "CA"
    assert found.updated_at == dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    assert customer_of(rows, numbered=False).number is None


def test_a_customer_or_product_without_a_name_has_its_id() -> None:
    rows = rows_of(sale(customer_name=None))
    assert customer_of(rows, numbered=True).name == "C-1"
    assert product_of(rows).name == "SAAS"
    assert product_of(rows_of(sale(product_name="Plan"))).name == "Plan"


def test_rows_that_say_what_none_before_says() -> None:
    """However many a customer has, a few are enough."""
    rows = rows_of(
        sale(customer_name=None),
        sale(customer_name=None),
        sale(customer_name="Acme"),
        sale(customer_name="Old"),
        sale(customer_email="ap@example.com"),
        sale(product_name="Plan"),
        sale(product_name="Old"),
    )
    assert [row.row for row in telling(rows)] == [2, 4, 6, 7]
    assert [row.row for row in telling(rows[:2])] == [2]
    assert telling([]) == []


def test_lines_that_come_to_too_much_together() -> None:
    much = {"amount": "9000000000000.00", "tax_amount": "1"}
    assert wrong(sale(**much)) == []
    assert wrong(sale(**much), sale(**much, line_id="2")) == [(2, "amount", Kind.BAD_AMOUNT)]
    tax = {"amount": "1", "tax_amount": "-9000000000000.00"}
    assert wrong(sale(**tax), sale(**tax, line_id="2")) == [(2, "tax_amount", Kind.BAD_AMOUNT)]


_CELLS = st.one_of(
    st.none(),
    st.text(max_size=20).map(lambda text: text or None),
    st.sampled_from(
        ["TX", "PR", "US", "DE", "yes", "credit", "sale", "KWD", "JPY", "2134", "-$5.00", "(1,000)",
         "9999999999999.99", "0.00000000000000000000001", "2026-01-02", "2026-01-02T23:59Z",
         "Asia/Tokyo"]
    ),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(TITLES), _CELLS, max_size=4), st.booleans())
def test_whatever_stands_in_a_row_it_is_told_or_can_be_stored(
    changes: dict[str, str | None],
    any_signs: bool,
) -> None:
    """No cell stops the reading of a file, and none gets past it that no record takes."""
    row, mistakes = reader(any_signs=any_signs).read(line({**sale(), **changes}))
    assert all(each.what and each.mend for each in mistakes)
    together = [*wrong_in([row], layout())]
    if not mistakes and not together:
        found = order_of([row])
        assert found.total == sum(each.amount for each in found.lines)
        assert customer_of([row], numbered=True).external_id == found.customer_external_id
        assert product_of([row]).external_id == found.lines[0].product_external_id
