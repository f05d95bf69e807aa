"""Rows of orders back into records, and what differs between two of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import major, moment
from exempt.adapters.store.database import Row, many, one_of, run
from exempt.adapters.store.pages import ADDRESS, LINES, ORDERS
from exempt.model.address import Address
from exempt.model.sources import Order, OrderLine
from exempt.rules.history import FieldChange


def stored_lines(
    connection: sa.Connection, order_ids: Collection[int]
) -> Mapping[int, Sequence[Row]]:
    """The rows of ``order_line`` of orders, by order."""
    found: dict[int, list[Row]] = defaultdict(list)
    if order_ids:
        sql = (
            f"SELECT {', '.join(LINES)} FROM order_line"  # noqa: S608
            f" WHERE {one_of(connection, 'order_id')} ORDER BY order_id, position"
        )
        for row in run(connection, sql, many(connection, list(order_ids))):
            found[row[0]].append(tuple(row))
    return found


def address_of(row: Row, start: int) -> Address | None:
    """The address in the six columns from *start* on."""
    if row[start] is None:
        return None
    return Address(**dict(zip(ADDRESS, row[start : start + len(ADDRESS)], strict=True)))


def order_of(row: Row, lines: Sequence[Row]) -> Order:
    """The order of a row of ``ORDERS.all_columns`` and its lines' rows."""
    head, rest = row[:7], row[13:]
    external_id, updated_at, _deleted_at, customer_external_id, kind, number, order_date = head
    currency, total, tax, purchase_order, tax_applicable, certificate, closed, voided = rest[:8]
    return Order(
        external_id=external_id,
        updated_at=None if updated_at is None else moment(updated_at),
        customer_external_id=customer_external_id,
        kind=kind,
        number=number,
        order_date=order_date,
        event_start_date=rest[8],
        event_end_date=rest[9],
        ship_to=address_of(row, 7),
        currency=currency,
        total=major(total, currency),
        tax=None if tax is None else major(tax, currency),
        lines=tuple(
            OrderLine(
                line_id=line_id,
                product_external_id=product,
                amount=major(amount, currency),
                tax=None if line_tax is None else major(line_tax, currency),
                not_taxed_reason=reason,
            )
            for _order_id, _position, line_id, product, amount, line_tax, reason in lines
        ),
        purchase_order_number=purchase_order,
        tax_applicable=None if tax_applicable is None else bool(tax_applicable),
        certificate_number=certificate,
        closed=bool(closed),
        voided=bool(voided),
        marketplace=rest[10],
    )


def corrections(before: Row, after: Row) -> tuple[FieldChange, ...]:
    """What of two states of an order has its certificate chosen anew (R2's list of resets).

    Event dates that are applied to an order that takes no more changes do not:
    no decision goes by them.
    """
    old, new = (dict(zip(ORDERS.all_columns, row, strict=True)) for row in (before, after))
    return tuple(
        FieldChange(name, _shown(old, columns), _shown(new, columns))
        for name, columns in _DECISIVE.items()
        if not (name == "event_dates" and new["closed"])
        and any(_folded(column, old[column]) != _folded(column, new[column]) for column in columns)
    )


_DECISIVE = {
    "ship_to_state": ("ship_to_country", "ship_to_state"),
    "order_date": ("order_date",),
    "customer": ("customer_external_id",),
    "event_dates": ("event_start_date", "event_end_date"),
}


def _folded(column: str, value: Any) -> Any:
    """*value* as it is compared: a state abroad is the same in other capitals."""
    return value.upper() if column == "ship_to_state" and value else value


def _shown(row: Mapping[str, Any], columns: Sequence[str]) -> str | None:
    return " ".join(str(row[column]) for column in columns if row[column]) or None
