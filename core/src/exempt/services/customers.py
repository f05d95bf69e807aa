"""Find the customer that somebody means."""

from __future__ import annotations

from collections.abc import Sequence

from exempt.errors import NotFoundError
from exempt.services.rows import CustomerRow


def find_one(customers: Sequence[CustomerRow], words: str) -> CustomerRow:
    """The one customer with this number, e-mail or name, or with our id, as ``id:12``.

    Raises:
        NotFoundError: There is none, or several fit.
    """
    same = words.strip().casefold()
    fits = [c for c in customers if same and same in _names(c)]
    by_number = [c for c in fits if (c.number or "").strip().casefold() == same]
    found = by_number or fits
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"id:{c.id}" for c in found)
        msg = f"customer {words!r}: {len(found)} fit: name one of {ids}"
        raise NotFoundError(msg)
    msg = (
        f"customer {words!r}: there is none with this number, e-mail or name: see exempt customers"
    )
    raise NotFoundError(msg)


def _names(customer: CustomerRow) -> set[str]:
    words = (customer.number, customer.email, customer.name)
    return {f"id:{customer.id}", *((word or "").strip().casefold() for word in words)}
