"""Find the customer that somebody means."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from exempt.errors import NotFoundError
from exempt.services import cards
from exempt.services.ports import Transaction
from exempt.services.rows import CustomerRow


def is_no_id(words: str) -> bool:
    """Whether *words* look like an id of ours, ``id:12``, but larger than databases count."""
    number = words.strip().casefold().removeprefix("id:")
    return len(number) < len(words.strip()) and len(number) > 10


def find_one(customers: Sequence[CustomerRow], words: str) -> CustomerRow:
    """The one of *customers*, found by *words*; one with that number comes first.

    Raises:
        NotFoundError: There is none, or several fit.
    """
    same = words.strip().casefold()
    by_number = [c for c in customers if (c.number or "").strip().casefold() == same]
    found = by_number or customers
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"id:{c.id}" for c in found)
        msg = f"customer {words!r}: {len(found)} fit: name one of {ids}"
        raise NotFoundError(msg)
    msg = (
        f"customer {words!r}: there is none with this number, e-mail or name:"
        " see exempt customers list"
    )
    raise NotFoundError(msg)


def named(tx: Transaction, words: str, company_keys: Collection[str] | None = None) -> CustomerRow:
    """The customer that *words* name: its number, e-mail or name, or ``id:12``.

    Those of a card that was merged lead to the card that stands for it, unless
    they are another's by now. With *company_keys* customers of all other
    companies are not there.

    Raises:
        NotFoundError: There is none, or several fit.
    """
    found = [] if is_no_id(words) else _of(tx.search.customers(words), company_keys)
    number = words.strip().casefold().removeprefix("id:")
    by_id = number != words.strip().casefold() and number.isdecimal()
    if by_id and not found and not is_no_id(words):
        try:
            found = _of(tx.search.customers(f"id:{cards.get(tx, int(number)).id}"), company_keys)
        except NotFoundError:
            if company_keys is None:
                raise
    return find_one(found, words)


def _of(
    customers: Sequence[CustomerRow], company_keys: Collection[str] | None
) -> Sequence[CustomerRow]:
    return [c for c in customers if company_keys is None or c.company in company_keys]
