"""Records that a test puts into a remote: like those that are there, but new or changed."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Collection, Iterator
from typing import Any

from exempt.model.record import SourceRecord
from exempt.model.sources import Customer, Employee, Order, Product
from exempt.testing.sample import TODAY

_DAY = dt.timedelta(days=1)


def changed(record: SourceRecord, words: str = "changed") -> SourceRecord:
    """*record* as a colleague might have changed it, in more than one field."""
    new: dict[str, Any] = {}
    match record:
        case Customer() | Product():
            new = {"name": f"{record.name[:400]} {words}"}
        case Order():
            new = {"order_date": record.order_date + _DAY, "purchase_order_number": words}
        case Employee():
            new = {"start_date": (record.start_date or TODAY) + _DAY, "label": words}
    return record.model_copy(update=new)


def another(record: SourceRecord, external_id: str) -> SourceRecord:
    """A copy of *record* under an identifier of its own."""
    new: dict[str, Any] = {"external_id": external_id, "updated_at": None}
    number = getattr(record, "number", None)
    if number is not None:
        new["number"] = external_id if number == record.external_id else f"{number}-{external_id}"
    return record.model_copy(update=new)


def unused(taken: Collection[str], count: int = 1) -> list[str]:
    """Identifiers that look like those *taken*, and are not among them."""
    pattern = max(taken, key=lambda each: (len(each), each))
    longer = (f"{pattern}{number}" for number in itertools.count(1))
    new = (each for each in itertools.chain(_alike(pattern), longer) if each not in taken)
    return list(itertools.islice(new, count))


def _alike(pattern: str) -> Iterator[str]:
    """*pattern* with other digits in the places where it has some, the highest first."""
    parts = re.split(r"\d", pattern)
    digits = len(parts) - 1
    for number in range(10**digits - 1, -1, -1) if digits else ():
        shown = [*str(number).zfill(digits), ""]
        yield "".join(itertools.chain.from_iterable(zip(parts, shown, strict=True)))


def is_over(record: SourceRecord) -> bool:
    """Whether a record says of itself that it counts no longer."""
    match record:
        case Order():
            return record.voided
        case Product():
            return not record.active
        case Employee():
            return record.end_date is not None
    return False


def state(record: SourceRecord) -> dict[str, Any]:
    """What *record* says, apart from when it last changed."""
    return record.model_dump(exclude={"updated_at"})
