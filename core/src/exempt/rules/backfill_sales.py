"""The rows of a file of sales put together: sales of several lines, customers, products."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from exempt.model.address import Address
from exempt.model.backfill import BackfillField, Mistake, MistakeKind
from exempt.model.sources import Customer, Order, OrderKind, OrderLine, Product
from exempt.rules.backfill_cells import MOST
from exempt.rules.backfill_rows import SaleRow
from exempt.rules.backfill_titles import Layout

F = BackfillField

MOST_LINES = 10_000
"""Of one sale."""

_LONG = 12  # digits; of so few even so many lines do not come to too much

_OF_THE_SALE = (
    ("day", F.DATE),
    ("customer_id", F.CUSTOMER_ID),
    ("currency", F.CURRENCY),
    ("country", F.COUNTRY),
    ("state", F.STATE),
    ("kind", F.KIND),
    ("exempt", F.EXEMPT),
    ("marketplace", F.MARKETPLACE),
    ("purchase_order", F.PURCHASE_ORDER),
)
"""What the lines of a sale must have in common."""

_OWN_ID = {
    F.DATE: "a credit of a later day has a number of its own",
    F.STATE: "what goes to two states is two sales: give each a number",
    F.COUNTRY: "what goes to two countries is two sales: give each a number",
    F.KIND: "give the credit a number of its own",
}


def wrong_in(rows: Sequence[SaleRow], layout: Layout) -> Iterator[Mistake]:
    """What is wrong with the rows of one sale together, which may be wrong by themselves, too."""
    if len(rows) > MOST_LINES:
        yield layout.mistake(
            rows[MOST_LINES].row, F.TRANSACTION_ID, rows[0].transaction_id,
            MistakeKind.TOO_MANY_LINES, f"is the number of more than {MOST_LINES:,} rows",
            "write the number of each invoice",
        )  # fmt: skip
        return
    if len(rows) > 1:
        yield from _differing(rows, layout)
        yield from _twice(rows, layout)
    yield from _against_their_kind(rows, layout)
    if any(len(row.amount) > _LONG or len(row.tax) > _LONG for row in rows):
        yield from _too_much(rows, layout)


def _too_much(rows: Sequence[SaleRow], layout: Layout) -> Iterator[Mistake]:
    for name, field in (("amount", F.AMOUNT), ("tax", F.TAX_AMOUNT)):
        if abs(_sum(name, rows)) >= MOST:
            yield layout.mistake(
                rows[0].row, field, getattr(rows[0], name), MistakeKind.BAD_AMOUNT,
                "comes to more than ten trillion with the other lines of the sale",
                "mend the amounts",
            )  # fmt: skip


def _sum(name: str, rows: Sequence[SaleRow]) -> Decimal:
    return sum((Decimal(getattr(row, name) or 0) for row in rows), Decimal())


def _differing(rows: Sequence[SaleRow], layout: Layout) -> Iterator[Mistake]:
    first = rows[0]
    for name, field in _OF_THE_SALE:
        expected = getattr(first, name)
        for row in rows[1:]:
            value = getattr(row, name)
            # What is wrong or empty by itself was said before.
            if value != expected and value and expected:
                yield layout.mistake(
                    row.row, field, value, MistakeKind.DIFFERS,
                    f"is not as in row {first.row}, and both are {first.transaction_id}",
                    f"mend one of them; {_OWN_ID.get(field, 'another sale has another number')}",
                )  # fmt: skip
                break


def _twice(rows: Sequence[SaleRow], layout: Layout) -> Iterator[Mistake]:
    seen: dict[object, int] = {}
    for row in rows:
        key = row.line_id or (row.product_id, row.product_name, row.amount, row.tax)
        before = seen.setdefault(key, row.row)
        if before == row.row:
            continue
        field, value = (F.LINE_ID, row.line_id) if row.line_id else (F.TRANSACTION_ID, "")
        what = f"is the line of row {before} once more"
        mend = "delete one of them; two lines that are alike have numbers in the column line_id"
        yield layout.mistake(
            row.row, field, value or row.transaction_id, MistakeKind.SAME_LINE, what, mend
        )


def _against_their_kind(rows: Sequence[SaleRow], layout: Layout) -> Iterator[Mistake]:
    kind = rows[0].kind
    if not kind or not all(row.amount for row in rows):
        return
    total = _sum("amount", rows)
    if kind == "credit" and total > 0:
        what = "is a credit, and comes to more than nothing"
        mend = "write the amounts of credits below zero, as -5.00"
    elif kind == "sale" and total < 0:
        what = "is a sale, and comes to less than nothing"
        mend = "write credit; or mend the amounts"
    else:
        return
    yield layout.mistake(rows[0].row, F.KIND, kind, MistakeKind.BAD_SIGN, what, mend)


# --- records -----------------------------------------------------------------------------


def order_of(rows: Sequence[SaleRow]) -> Order:
    """The sale that these rows without mistakes are, closed: nothing is written back to a file."""
    first = rows[0]
    total = _sum("amount", rows)
    taxed = any(row.tax for row in rows)
    credit = first.kind == "credit" or (not first.kind and total < 0)
    return Order(
        external_id=first.transaction_id,
        number=first.transaction_id,
        customer_external_id=first.customer_id,
        kind=OrderKind.CREDIT if credit else OrderKind.INVOICE,
        order_date=dt.date.fromisoformat(first.day),
        ship_to=_place(rows),
        currency=first.currency,
        total=total,
        tax=_sum("tax", rows) if taxed else None,
        lines=tuple(_line(row, at) for at, row in enumerate(rows, 1)),
        purchase_order_number=_said("purchase_order", rows),
        tax_applicable=_TAXED[_said("exempt", rows)],
        marketplace=_said("marketplace", rows),
        closed=True,
    )


_TAXED = {"yes": False, "no": True, None: None}


def _line(row: SaleRow, at: int) -> OrderLine:
    return OrderLine(
        line_id=row.line_id or str(at),
        product_external_id=row.product_id,
        amount=Decimal(row.amount),
        tax=Decimal(row.tax) if row.tax else None,
    )


def _said(name: str, rows: Sequence[SaleRow]) -> str | None:
    """What the first row says that says anything."""
    return next((value for row in rows if (value := getattr(row, name))), None)


def _place(rows: Sequence[SaleRow]) -> Address:
    best = max(rows, key=lambda row: bool(row.line1) + bool(row.city) + bool(row.postal_code))
    return _address(best.country, best.state, best.line1, best.city, best.postal_code)


@functools.lru_cache(4096)
def _address(country: str, state: str, line1: str, city: str, postal_code: str) -> Address:
    return Address(
        country=country,
        state=state or None,
        line1=line1 or None,
        city=city or None,
        postal_code=postal_code or None,
    )


def telling(rows: Iterable[SaleRow]) -> list[SaleRow]:
    """The first of *rows*, and those that say a name or address for mail that none before says."""
    found: list[SaleRow] = []
    unsaid = {"customer_name", "customer_email", "product_name"}
    for row in rows:
        said = {name for name in unsaid if getattr(row, name)}
        if said or not found:
            found.append(row)
            unsaid -= said
        if not unsaid:
            break
    return found


def customer_of(rows: Sequence[SaleRow], *, numbered: bool) -> Customer:
    """The customer of these rows, the latest first: as the latest says that says anything.

    Args:
        rows: Of one customer.
        numbered: Its id is the number that people know it by; where a connector
            brings customers, it is that system's own.
    """
    first = rows[0]
    return Customer(
        external_id=first.customer_id,
        # So that an older file, imported later, takes nothing back.
        updated_at=_midnight(first.day),
        name=_said("customer_name", rows) or first.customer_id,
        number=first.customer_id if numbered else None,
        email=_said("customer_email", rows),
        billing_address=_place(rows[:1]),
    )


def product_of(rows: Sequence[SaleRow]) -> Product:
    """The product of these rows, the latest first."""
    first = rows[0]
    name = _said("product_name", rows) or first.product_id
    return Product(external_id=first.product_id, updated_at=_midnight(first.day), name=name)


def _midnight(day: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC)
