"""Find the customer that somebody means."""

from __future__ import annotations

from collections.abc import Sequence

from exempt.errors import NotFoundError
from exempt.services.rows import CustomerRow


def find_one(customers: Sequence[CustomerRow], words: str) -> CustomerRow:
    """The one customer with this number, id, e-mail or name, looked for in that order.

    Raises:
        NotFoundError: There is none, or several fit.
    """
    same = words.strip().casefold()
    for field in ("number", "id", "email", "name"):
        found = [c for c in customers if same and str(getattr(c, field) or "").casefold() == same]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(str(c.id) for c in found)
            msg = f"customer {words!r}: {len(found)} fit: use one of the ids {ids}"
            raise NotFoundError(msg)
    msg = (
        f"customer {words!r}: there is none with this number, id, e-mail or name:"
        " see exempt customers"
    )
    raise NotFoundError(msg)
