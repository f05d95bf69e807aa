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


def by_record(tx: Transaction, connection: str, external_id: str) -> list[int]:
    """The id of the customer of a source's record, where there is such a record."""
    record = tx.cards.record(connection, external_id)
    return [record.customer_id] if record and not record.deleted else []


def company_of_record(tx: Transaction, connection: str, external_id: str) -> int | None:
    """The company whose customer a source's record is of, deleted or not; None = no such record."""
    record = tx.cards.record(connection, external_id)
    found = tx.cards.find([record.customer_id]) if record else []
    return found[0].company_id if found else None


def by_number(tx: Transaction, company_ids: Collection[int], number: str) -> list[int]:
    """The ids of the customers with this number in these companies."""
    return [
        each
        for company_id in company_ids
        for ids in tx.cards.numbered(company_id, [number]).values()
        for each in ids
    ]


def _of(
    customers: Sequence[CustomerRow], company_keys: Collection[str] | None
) -> Sequence[CustomerRow]:
    return [c for c in customers if company_keys is None or c.company in company_keys]
