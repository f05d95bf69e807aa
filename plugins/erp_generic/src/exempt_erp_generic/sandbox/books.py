"""What the sandbox's ERP keeps, and how it takes changes."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exempt.testing import sample

Row = dict[str, Any]

_NOON = dt.datetime.combine(sample.TODAY, dt.time(12), dt.UTC)
_FOUNDED = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)
_TAX = Decimal("0.08")
_WEEK = dt.timedelta(days=6)
_CODES = {"resale": "G", "educational": "M"}
_NUMBERS = {
    "customers": [buyer.number for buyer in sample.BUYERS],
    "products": [item.sku for item in sample.ITEMS],
    "orders": [sale.number for sale in sample.SHOP_SALES],
}

KEYS = {"customers": "no", "products": "sku", "orders": "no"}
"""By stream, the field that holds a row's number."""

WRITABLE: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "orders": {
        "taxable": (bool,),
        "exempt_percent": (int, float),
        "certificate_no": (str, type(None)),
    },
    "customers": {
        "tax_exempt": (bool,),
        "exempt_percent": (int, float),
        "exemption_no": (str, type(None)),
        "exemption_code": (str, type(None)),
        "exemptions": (list,),
    },
}
"""By stream, the fields that may be written, and their types."""


@dataclass(frozen=True)
class Change:
    """One write that was carried out; the same key never has two."""

    stream: str
    no: str
    key: str | None
    old: Row
    new: Row

    @property
    def words(self) -> str:
        """What changed, for a person."""
        return "; ".join(
            f"{name}: {_shown(self.old[name])} → {_shown(value)}"
            for name, value in self.new.items()
            if self.old[name] != value
        )


class Books:
    """The ERP's records.

    Orders are made when they are asked for, so that many copies cost nothing.
    The clock starts at noon of the sample's day and moves by a second with each change.

    Attributes:
        journal: Every write that was carried out, oldest first.
        applied: How often a write with a key was carried out.
        files: By the customer's number, the documents that lie there, by their names.
        replies_to_lose: So many writes are carried out without an answer, as
            when a line breaks.
    """

    def __init__(self, *, copies: int = 1) -> None:
        self.lock = threading.Lock()
        self.journal: list[Change] = []
        self.applied: Counter[str] = Counter()
        self.files: dict[str, dict[str, bytes]] = {}
        self.replies_to_lose = 0
        self._now = _NOON
        self._changed: dict[tuple[str, int], Row] = {}
        self._added: dict[str, list[Row]] = {"customers": [], "products": [], "orders": []}
        self._deleted: set[tuple[str, int]] = set()
        self._makers: dict[str, tuple[int, Callable[[int], Row]]] = {
            "customers": (len(sample.BUYERS), lambda i: _customer(sample.BUYERS[i])),
            "products": (len(sample.ITEMS), lambda i: _product(sample.ITEMS[i])),
            "orders": (len(sample.SHOP_SALES) * copies, _order),
        }
        self._stamps: dict[str, list[str]] = {}

    @property
    def now(self) -> dt.datetime:
        """The ERP's clock."""
        return self._now

    def rows(self, stream: str, first: int, size: int, since: dt.datetime | None) -> list[Row]:
        """At most *size* rows from the *first* on, of those changed at or after *since*.

        Rows that were deleted are among the changes, with nothing but their number.
        """
        stamps = self._stamps_of(stream)
        fresh: Sequence[int] = range(len(stamps))
        if since is not None:
            start = _stamp(since)
            fresh = [index for index, stamp in enumerate(stamps) if stamp >= start]
        elif self._deleted:
            fresh = [index for index in fresh if (stream, index) not in self._deleted]
        return [self._shown(stream, index) for index in fresh[first : first + size]]

    def find(self, stream: str, no: str) -> Row | None:
        """The row with that number."""
        index = self._index(stream, no)
        if index is None or (stream, index) in self._deleted:
            return None
        return self._row(stream, index)

    def write(self, stream: str, no: str, new: Row, key: str | None = None) -> Row:
        """Change a row, as the API or a colleague does, and note it in the journal.

        Raises:
            LookupError: There is no such row.
        """
        index = self._index(stream, no)
        if index is None or (stream, index) in self._deleted:
            raise LookupError(no)
        self._now += dt.timedelta(seconds=1)
        self.journal.append(Change(stream, no, key, self._row(stream, index), dict(new)))
        if key:
            self.applied[key] += 1
        changed = self._changed.setdefault((stream, index), {})
        changed.update(new, updated_at=_stamp(self._now))
        self._stamps_of(stream)[index] = _stamp(self._now)
        return self._row(stream, index)

    def writes(self) -> dict[str, str]:
        """What was written last to each customer and order, in words, and all its documents."""
        words = {change.no: change.words for change in self.journal}
        for no, files in [*self.files.items()]:
            said = f"documents: {', '.join(sorted(files))}"
            words[no] = f"{words[no]}; {said}" if words.get(no) else said
        return words

    def attach(self, no: str, name: str, content: bytes) -> None:
        """Keep a document of a customer, in place of one of that name."""
        self.files.setdefault(no, {})[name] = content

    def put(self, stream: str, row: Row) -> None:
        """Make a row, or change the one with its number, as a colleague does: now, unjournalled."""
        index = self._index(stream, row[KEYS[stream]])
        stamps = self._stamps_of(stream)
        if index is None:
            index = len(stamps)
            self._added[stream].append(row)
            stamps.append("")
        stamps[index] = _stamp(self._now)
        self._deleted.discard((stream, index))
        changed = self._changed.setdefault((stream, index), {})
        changed.update(row, updated_at=stamps[index])

    def delete(self, stream: str, no: str) -> None:
        """Delete a row; changes go on naming it.

        Raises:
            LookupError: There is no such row.
        """
        index = self._index(stream, no)
        if index is None:
            raise LookupError(no)
        self._deleted.add((stream, index))
        self._stamps_of(stream)[index] = _stamp(self._now)

    def clear(self) -> None:
        """Delete every row."""
        for stream in self._makers:
            for index in range(len(self._stamps_of(stream))):
                self._deleted.add((stream, index))
                self._stamps_of(stream)[index] = _stamp(self._now)

    def advance(self, by: dt.timedelta) -> None:
        """Move the clock on."""
        self._now += by

    def _shown(self, stream: str, index: int) -> Row:
        row = self._row(stream, index)
        if (stream, index) not in self._deleted:
            return row
        key, stamp = KEYS[stream], self._stamps_of(stream)[index]
        return {key: row[key], "deleted": True, "updated_at": stamp}

    def _row(self, stream: str, index: int) -> Row:
        count, maker = self._makers[stream]
        made = maker(index) if index < count else self._added[stream][index - count]
        row = {**made, "deleted": False, **self._changed.get((stream, index), {})}
        if stream == "orders":
            part = row["exempt_percent"] if row["taxable"] else 100
            row["tax"] = float(_tax(row["subtotal"], part))
            for line in row["lines"]:
                line["tax"] = float(_tax(line["amount"], part))
                line["tax_reason"] = None if row["taxable"] else _why_untaxed(row)
        return row

    def _stamps_of(self, stream: str) -> list[str]:
        if stream not in self._stamps:
            count = self._makers[stream][0]
            founded = [_stamp(_FOUNDED)] * count
            made = [_stamp(_made(i)) for i in range(count)] if stream == "orders" else founded
            self._stamps[stream] = made
        return self._stamps[stream]

    def _index(self, stream: str, no: str) -> int | None:
        for added, row in enumerate(self._added[stream], start=self._makers[stream][0]):
            if row[KEYS[stream]] == no:
                return added
        numbers = _NUMBERS[stream]
        number, _, copy = no.rpartition("-") if no not in numbers else (no, "", "0")
        if number not in numbers or not copy.isdigit():
            return None
        index = numbers.index(number) + int(copy) * len(numbers)
        return index if index < self._makers[stream][0] else None


def _customer(buyer: sample.Buyer) -> Row:
    reason, number = next(((c[1], c[2]) for c in buyer.certificates), (None, None))
    return {
        "no": buyer.number,
        "name": buyer.name,
        "email": buyer.email,
        "address": _place(buyer.place),
        "tax_exempt": buyer.exempt,
        "exempt_percent": 100 if buyer.exempt else 0,
        "exemption_no": number,
        "exemption_code": _CODES[reason] if reason else None,
        "exemptions": [],
        "updated_at": _stamp(_FOUNDED),
    }


def _product(item: sample.Item) -> Row:
    return {
        "sku": item.sku,
        "name": item.name,
        "price": float(item.price),
        "tax_category": None,
        "active": True,
        "updated_at": _stamp(_FOUNDED),
    }


def _made(index: int) -> dt.datetime:
    copy, which = divmod(index, len(sample.SHOP_SALES))
    noon = dt.datetime.combine(sample.SHOP_SALES[which].day, dt.time(12), dt.UTC)
    return noon + dt.timedelta(seconds=copy)


def _order(index: int) -> Row:
    copy, which = divmod(index, len(sample.SHOP_SALES))
    sale = sample.SHOP_SALES[which]
    rents = any(sku == "TOOL-RENT" for sku, _ in sale.quantities)
    return {
        "no": f"{sale.number}-{copy}" if copy else sale.number,
        "customer_no": sale.buyer,
        "date": sale.day.isoformat(),
        "rental_from": sale.day.isoformat() if rents else None,
        "rental_to": (sale.day + _WEEK).isoformat() if rents else None,
        "status": "open",
        "ship_to": _place(sale.ship_to),
        "currency": "USD",
        "subtotal": float(sale.total),
        "taxable": sale.taxed,
        "exempt_percent": 0 if sale.taxed else 100,
        "certificate_no": None,
        "po_number": f"PO-{sale.number[3:]}",
        "lines": [
            {"line": line, "item": sku, "quantity": n, "amount": float(sample.ITEM[sku].price * n)}
            for line, (sku, n) in enumerate(sale.quantities, start=1)
        ],
        "updated_at": _stamp(_made(index)),
    }


def _why_untaxed(order: Row) -> str:
    """The ERP's word: Oregon levies no sales tax."""
    return "NOTAX" if order["ship_to"]["region"] == "OR" else "EXEMPT"


def _place(place: sample.Place) -> Row:
    return {
        "street": place.line1,
        "city": place.city,
        "region": place.state,
        "zip": place.postal_code,
        "country": place.country,
    }


def _tax(subtotal: float, exempt_percent: float) -> Decimal:
    taxed = Decimal(str(subtotal)) * (100 - Decimal(str(exempt_percent))) / 100
    return (taxed * _TAX).quantize(Decimal("0.01"))


def _stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)
