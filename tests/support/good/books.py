"""What the good remote keeps: rows by stream, each with the moment of its last change."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from typing import Any

from exempt import Bounce, Customer, Employee, Order, OrderKind, Product, SourceRecord, Stream
from exempt.testing.sample import TODAY

Row = dict[str, Any]

KINDS: dict[type[SourceRecord], Stream] = {
    Customer: Stream.CUSTOMERS,
    Order: Stream.ORDERS,
    Product: Stream.PRODUCTS,
    Employee: Stream.EMPLOYEES,
    Bounce: Stream.BOUNCES,
}
CREDIT = 5
NOON = dt.datetime.combine(TODAY, dt.time(12), dt.UTC)


class Books:
    """Rows, messages and statuses; the clock stands still until it is moved.

    A row is a record as JSON, beside ``changed``, ``deleted`` and ``spoilt``.
    """

    def __init__(self) -> None:
        self.now = NOON
        self.lock = threading.RLock()
        self.rows: dict[Stream, dict[str, Row]] = {stream: {} for stream in Stream}
        self.statuses: dict[str, Row] = {}
        self.messages: dict[str, Row] = {}
        self.writes: dict[str, str] = {}
        for record in _sample():
            self.put(record)

    def put(self, record: SourceRecord) -> None:
        """Make or change a row."""
        row = record.model_dump(mode="json", exclude={"updated_at"})
        self._keep(KINDS[type(record)], record.external_id, row)

    def mark(self, stream: Stream, external_id: str, mark: str) -> None:
        """Say of a row that it is deleted or spoilt."""
        row = self.rows[stream].get(external_id, {"external_id": external_id})
        self._keep(stream, external_id, row | {mark: True})

    def clear(self) -> None:
        """Forget all rows, with no trace of them."""
        for rows in self.rows.values():
            rows.clear()

    def page(self, stream: Stream, after: tuple[str, str], until: str, limit: int) -> list[Row]:
        """At most *limit* rows after a moment and an identifier, by both."""
        with self.lock:
            rows = sorted(self.rows[stream].values(), key=_place)
            return [row for row in rows if after < _place(row) < (until, "")][:limit]

    def set_status(self, stream: Stream, external_id: str, status: Row) -> bool:
        """Keep what a row shall show; whether that is new."""
        with self.lock:
            if self.statuses.get(external_id) == status:
                return False
            self.statuses[external_id] = status
            words = ", ".join(f"{name} {value}" for name, value in sorted(status.items()))
            self.writes[external_id] = words
            return True

    def _keep(self, stream: Stream, external_id: str, row: Row) -> None:
        with self.lock:
            self.rows[stream][external_id] = row | {"changed": self.now.isoformat()}


def _place(row: Row) -> tuple[str, str]:
    return row["changed"], row["external_id"]


def _sample() -> list[SourceRecord]:
    """Five of each."""
    numbers = range(1, 6)
    return [
        *(Customer(external_id=f"C-{n}", name=f"Customer number {n}") for n in numbers),
        *(Product(external_id=f"P-{n}", name=f"Product {n}") for n in numbers),
        *(
            Order(
                external_id=f"O-{n}",
                customer_external_id="C-1",
                order_date=TODAY,
                currency="USD",
                total=Decimal(n),
            )
            for n in numbers
            if n != CREDIT
        ),
        Order(
            external_id=f"O-{CREDIT}",
            customer_external_id="C-1",
            order_date=TODAY,
            currency="USD",
            kind=OrderKind.CREDIT,
            total=Decimal("-0.5"),
        ),
        *(Employee(external_id=f"E-{n}", start_date=TODAY) for n in numbers),
    ]
