"""Pages of orders: what is new, what changed, what did not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from exempt.adapters.store.store import SqlStore
from exempt.model.address import Address
from exempt.model.fetching import Stream
from exempt.model.sources import NotTaxedReason, Order, OrderKind, OrderLine
from exempt.services.rows import ConnectionRow
from support.records import NOW, address, line, order
from support.stores import MINUTE, connected, rows, save_orders


def stored(store: SqlStore, row: ConnectionRow, *external_ids: str) -> list[Order]:
    with store.reading() as tx:
        found = tx.sources.orders_by_id(row.id, external_ids or ("O-1",))
    return [each.record for each in found]


TIMED = order(updated_at=NOW)


@pytest.mark.parametrize(
    ("page", "touched", "new", "unchanged", "kept"),
    [
        pytest.param([order("O-2")], ["O-2"], 1, 0, TIMED, id="another one is new"),
        pytest.param([TIMED], [], 0, 1, TIMED, id="the same again changes nothing"),
        pytest.param(
            [order(updated_at=NOW + MINUTE, total=Decimal(7))], ["O-1"], 0, 0,
            order(updated_at=NOW + MINUTE, total=Decimal(7)),
            id="a later state takes its place",
        ),
        pytest.param(
            [order(updated_at=NOW - MINUTE, total=Decimal(7))], [], 0, 1, TIMED,
            id="an earlier state that arrives late is left aside",
        ),
        pytest.param(
            [order(updated_at=NOW, total=Decimal(7))], ["O-1"], 0, 0,
            order(updated_at=NOW, total=Decimal(7)),
            id="of the same moment the one that arrived last counts",
        ),
        pytest.param(
            [order(total=Decimal(7))], ["O-1"], 0, 0, order(total=Decimal(7)),
            id="without a moment the one that arrived last counts",
        ),
        pytest.param(
            [order(updated_at=NOW + 2 * MINUTE, total=Decimal(8)),
             order(updated_at=NOW + MINUTE, total=Decimal(7))],
            ["O-1"], 0, 0, order(updated_at=NOW + 2 * MINUTE, total=Decimal(8)),
            id="of two on a page the later counts, wherever it stands",
        ),
        pytest.param(
            [order(total=Decimal(7)), order(total=Decimal(8))], ["O-1"], 0, 0,
            order(total=Decimal(8)),
            id="of two without a moment the last on the page counts",
        ),
        pytest.param([], [], 0, 0, TIMED, id="an empty page is a page"),
    ],
)  # fmt: skip
def test_a_page_after_another(
    store: SqlStore, erp: ConnectionRow, page: list[Order], touched: list[str],
    new: int, unchanged: int, kept: Order,
) -> None:  # fmt: skip
    save_orders(store, erp, TIMED)
    saved = save_orders(store, erp, *page)
    assert [each.record.external_id for each in saved.touched] == touched
    assert (saved.new, saved.unchanged) == (new, unchanged)
    assert stored(store, erp) == [kept]


_RESETS = {
    "ship_to": "ship_to_state",
    "order_date": "order_date",
    "customer_external_id": "customer",
    "event_start_date": "event_dates",
    "event_end_date": "event_dates",
}
"""What of an order has its certificate chosen anew, as R2 lists it (D14–D17)."""


@pytest.mark.parametrize(
    "field",
    [name for name in Order.model_fields if name not in ("external_id", "updated_at")],
)
def test_a_change_of_any_field_is_seen(store: SqlStore, erp: ConnectionRow, field: str) -> None:
    other: dict[str, Any] = {
        "customer_external_id": "C-2",
        "kind": OrderKind.CREDIT,
        "number": "N-2",
        "order_date": TIMED.order_date.replace(day=1),
        "ship_to": address("CA"),
        "currency": "EUR",
        "total": Decimal("100.01"),
        "tax": Decimal(0),
        "lines": (line(),),
        "purchase_order_number": "PO-1",
        "tax_applicable": False,
        "certificate_number": "N-1",
        "closed": True,
        "voided": True,
        "event_start_date": TIMED.order_date.replace(day=1),
        "event_end_date": TIMED.order_date.replace(day=2),
        "marketplace": "Bazaar",
    }
    save_orders(store, erp, TIMED)
    changed = TIMED.model_copy(update={field: other[field]})
    saved = save_orders(store, erp, changed)
    assert [each.record for each in saved.touched] == [changed]
    corrected = {c.field for changes in saved.corrected.values() for c in changes}
    assert corrected == ({_RESETS[field]} if field in _RESETS else set())
    assert stored(store, erp) == [changed]


LINES = (line("1", "60.00", product_external_id="P-1", tax=Decimal("4.95")), line("2", "40.00"))


@pytest.mark.parametrize(
    ("lines", "changed"),
    [
        pytest.param(LINES, False, id="the same lines"),
        pytest.param(LINES[::-1], True, id="lines in another order"),
        pytest.param(LINES[:1], True, id="a line fewer"),
        pytest.param((*LINES, line("3", "0.00")), True, id="a line more"),
        pytest.param((line("1", "60.01"), LINES[1]), True, id="another amount"),
        pytest.param((), True, id="no lines any more"),
    ],
)
def test_lines_that_change_alone_change_the_order(
    store: SqlStore, erp: ConnectionRow, lines: tuple[OrderLine, ...], changed: bool
) -> None:
    save_orders(store, erp, order(lines=LINES))
    saved = save_orders(store, erp, order(lines=lines))
    assert (len(saved.touched), saved.unchanged) == ((1, 0) if changed else (0, 1))
    assert stored(store, erp)[0].lines == lines


def test_lines_of_a_late_arrival_do_not_replace_those_of_the_later_state(
    store: SqlStore, erp: ConnectionRow
) -> None:
    save_orders(store, erp, order(updated_at=NOW, lines=LINES))
    saved = save_orders(store, erp, order(updated_at=NOW - MINUTE, lines=LINES[:1]))
    assert (saved.touched, saved.unchanged) == ([], 1)
    assert stored(store, erp)[0].lines == LINES


def test_one_id_in_two_connections_is_two_orders(store: SqlStore, erp: ConnectionRow) -> None:
    shop = connected(store, "shop")
    save_orders(store, erp, order())
    assert save_orders(store, shop, order(total=Decimal(7))).new == 1
    assert stored(store, erp) == [order()]
    assert stored(store, shop) == [order(total=Decimal(7))]


def deleted(store: SqlStore) -> list[str]:
    sql = "SELECT external_id FROM sales_order WHERE deleted_at IS NOT NULL ORDER BY 1"
    return [external_id for (external_id,) in rows(store, sql)]


def test_an_order_that_is_gone_and_comes_back(store: SqlStore, erp: ConnectionRow) -> None:
    save_orders(store, erp, TIMED, order("O-2"))
    with store.writing() as tx:
        tx.sources.mark_deleted(erp, Stream.ORDERS, ["O-1", "never seen"], NOW)
    assert deleted(store) == ["O-1"]
    with store.reading() as tx:
        (status,) = tx.reports.connections()
    assert status.records == {"orders": 1}, "what is gone is not counted"
    saved = save_orders(store, erp, TIMED)
    assert [each.record for each in saved.touched] == [TIMED], "it is decided anew"
    assert deleted(store) == []


def test_deleting_again_keeps_the_first_moment(store: SqlStore, erp: ConnectionRow) -> None:
    save_orders(store, erp, order())
    for at in (NOW, NOW + MINUTE):
        with store.writing() as tx:
            tx.sources.mark_deleted(erp, Stream.ORDERS, ["O-1"], at)
    (found,) = rows(store, "SELECT deleted_at FROM sales_order")
    assert found[0] == int(NOW.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("currency", "amount", "minor", "read_back"),
    [
        pytest.param("USD", "10.00", 1000, "10.00", id="dollars have cents"),
        pytest.param("USD", "10.005", 1000, "10.00", id="half a cent goes to the even one below"),
        pytest.param("USD", "10.015", 1002, "10.02", id="half a cent goes to the even one above"),
        pytest.param("USD", "10.0051", 1001, "10.01", id="more than half a cent goes up"),
        pytest.param("USD", "-0.005", 0, "0.00", id="half a cent of credit is nothing"),
        pytest.param("USD", "-10.01", -1001, "-10.01", id="a credit is negative"),
        pytest.param("JPY", "1200", 1200, "1200", id="yen have no parts"),
        pytest.param("JPY", "1200.5", 1200, "1200", id="half a yen goes to the even one"),
        pytest.param("KWD", "1.234", 1234, "1.234", id="dinars have a thousand parts"),
        pytest.param("KWD", "1.2345", 1234, "1.234", id="half a fils goes to the even one"),
        pytest.param("USD", "9999999999999.99", 999999999999999, "9999999999999.99",
                     id="ten trillion dollars fit"),
        pytest.param("XYZ", "1.5", 150, "1.50", id="a currency not known here has cents"),
    ],
)  # fmt: skip
def test_amounts_are_kept_in_minor_units(
    store: SqlStore, erp: ConnectionRow, currency: str, amount: str, minor: int, read_back: str
) -> None:
    sold = order(currency=currency, total=Decimal(amount), lines=(line(amount=amount),))
    save_orders(store, erp, sold)
    assert rows(store, "SELECT total FROM sales_order") == [(minor,)]
    assert rows(store, "SELECT amount FROM order_line") == [(minor,)]
    (back,) = stored(store, erp)
    assert (back.total, back.lines[0].amount) == (Decimal(read_back), Decimal(read_back))
    assert save_orders(store, erp, sold).touched == [], "what is finer makes no change"


words = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
ids = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=20)
cents = st.decimals(-(10**13), 10**13, places=2)
addresses = st.builds(
    Address,
    country=st.just("US"),
    state=st.none() | st.sampled_from(["TX", "CA"]),
    line1=st.none() | words,
    city=st.none() | words,
) | st.builds(Address, country=st.just("DE"), state=words.map(lambda s: s or None))
zones = st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30))])
moments = st.none() | st.datetimes(timezones=zones)
orders = st.builds(
    order,
    ids,
    updated_at=moments,
    customer_external_id=ids,
    kind=st.sampled_from(OrderKind),
    number=st.none() | ids,
    order_date=st.dates(TIMED.order_date.replace(year=1950), TIMED.order_date.replace(year=2099)),
    event_start_date=st.none() | st.dates(TIMED.order_date, TIMED.order_date.replace(year=2099)),
    event_end_date=st.none() | st.just(TIMED.order_date),
    ship_to=st.none() | addresses,
    total=cents,
    tax=st.none() | cents,
    lines=st.lists(
        st.builds(
            OrderLine,
            line_id=ids,
            product_external_id=st.none() | ids,
            amount=cents,
            not_taxed_reason=st.none() | st.sampled_from(NotTaxedReason),
        ),
        max_size=3,
    ).map(tuple),
    purchase_order_number=st.none() | words,
    tax_applicable=st.none() | st.booleans(),
    certificate_number=st.none() | words,
    closed=st.booleans(),
    voided=st.booleans(),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(page=st.lists(orders, max_size=4, unique_by=lambda o: o.external_id))
def test_whatever_an_order_says_is_read_back_and_found_unchanged(
    store: SqlStore, erp: ConnectionRow, page: Sequence[Order]
) -> None:
    with store.rehearsing():
        save_orders(store, erp, *page)
        back = stored(store, erp, *(o.external_id for o in page), "none such")
        assert sorted(back, key=lambda o: o.external_id) == sorted(
            page, key=lambda o: o.external_id
        )
        assert save_orders(store, erp, *page).touched == []


@pytest.mark.parametrize("amount", ["999999999999999999", "-1E+16"])
def test_an_amount_too_large_for_the_tables_is_refused_before(amount: str) -> None:
    with pytest.raises(ValidationError):
        order(total=Decimal(amount))
