"""Source customers to customer cards: which belongs to which."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import insert, many, new_ids, one_of, run, run_many
from exempt.adapters.store.following import SHARED, keys_of, shared_of
from exempt.adapters.store.standing import standing_for
from exempt.model.sources import Customer
from exempt.rules.matching import (
    Candidate,
    match,
    number_key,
    telling_email,
    telling_number,
    telling_tax_id,
)
from exempt.services.rows import ConnectionRow

_CARD = (
    *("id", "company_id", "owner_connection_id", "origin", "made_by", "created_at"),
    *SHARED,
    *("bill_to", "name_key", "number_key", "tax_id_key", "email_key"),
    *("flagged_exempt", "resale_certificate_number"),
)


def link(
    connection: sa.Connection,
    source: ConnectionRow,
    customers: Mapping[str, Customer],
    at: dt.datetime,
) -> dict[str, int]:
    """Give each customer its card, making cards that are missing; card ids by external id."""
    linked = _linked(connection, source, customers)
    candidates = _Candidates(connection, source, customers, linked)
    fresh: dict[str, int] = {}
    for external_id, customer in customers.items():
        if external_id in linked:
            continue
        card = match(customer, candidates.of(customer))
        if card is None:
            card = next(iter(new_ids(connection, "customer", 1)))
            _make(connection, card, source, customer, at)
        candidates.add(card, customer)
        fresh[external_id] = card
    # What people made by hand, or an import, follows the first source that has it.
    sql = (
        "UPDATE customer SET owner_connection_id = ? WHERE id = ? AND owner_connection_id IS NULL"
        " AND (number_key IS NULL OR number_key = ?)"
    )
    joined = [(source.id, card, number_key(customers[each].number)) for each, card in fresh.items()]
    run_many(connection, sql, joined)
    return {**linked, **fresh}


def _linked(
    connection: sa.Connection, source: ConnectionRow, customers: Mapping[str, Customer]
) -> dict[str, int]:
    """Cards by external id, of those that have one and may stay on it.

    One whose card was taken away, as the file was undone that made it, has none.
    One that comes in an older state than is stored stays where it is.
    One that got another number, and not that of a card which another source
    made, was taken for the wrong customer: it is matched anew, unless somebody
    put it there by hand. Where the card's number changed, it stays.
    """
    sql = (
        "SELECT s.external_id, c.id, c.owner_connection_id, c.number_key, s.number, s.linked_by,"  # noqa: S608
        " s.updated_at"
        " FROM source_customer s JOIN customer c ON c.id = s.customer_id"
        f" WHERE s.connection_id = ? AND {one_of(connection, 's.external_id')}"
        " AND c.gone_at IS NULL"
    )
    found = {}
    for row in run(connection, sql, source.id, many(connection, list(customers))):
        external_id, card, owner, number, before, by_hand, stored_at = row
        customer = customers[external_id]
        own = number_key(customer.number)
        another = own and number and own not in {number, number_key(before)}
        moment = customer.updated_at
        stale = stored_at is not None and moment is not None and micros(moment) < stored_at
        if by_hand or owner == source.id or not another or stale:
            found[external_id] = card
    return found


class _Candidates:
    """Cards of the company that share a number, a tax ID or an e-mail with the page."""

    def __init__(
        self,
        connection: sa.Connection,
        source: ConnectionRow,
        customers: Mapping[str, Customer],
        linked: Mapping[str, int],
    ) -> None:
        self._cards: dict[int, Candidate] = {}
        self._by_key: dict[str, set[int]] = {}
        loose = [c for external_id, c in customers.items() if external_id not in linked]
        mine = (
            "EXISTS (SELECT 1 FROM source_customer s WHERE s.customer_id = customer.id"
            " AND s.connection_id = ? AND s.deleted_at IS NULL)"
        )
        for column, keys in (
            ("number_key", {telling_number(c.number) for c in loose} - {None}),
            ("tax_id_key", {telling_tax_id(c.tax_id) for c in loose} - {None}),
            ("email_key", {telling_email(c.email) for c in loose} - {None}),
        ):
            sql = (
                f"SELECT id, number, email, tax_id, name, {mine} FROM customer"  # noqa: S608
                " WHERE company_id = ? AND gone_at IS NULL"
                f" AND {one_of(connection, column)} ORDER BY id"
            )
            of_page = many(connection, sorted(map(str, keys)))
            for row in run(connection, sql, source.id, source.company_id, of_page):
                card, number, email, tax_id, name, of_this = row
                self._keep(Candidate(card, number, email, tax_id, name, bool(of_this)))
        self._lead(connection, source.company_id, loose)

    def _lead(self, connection: sa.Connection, company_id: int, loose: Sequence[Customer]) -> None:
        """The number of a merged card leads to the one that stands for it, if no card has it."""
        free = {telling_number(c.number) for c in loose} - {None} - self._by_key.keys()
        sql = (
            "SELECT id, number, tax_id, name FROM customer WHERE company_id = ?"  # noqa: S608
            f" AND merged_into_id IS NOT NULL AND {one_of(connection, 'number_key')} ORDER BY id"
        )
        rows = run(connection, sql, company_id, many(connection, sorted(map(str, free))))
        stands = standing_for(connection, [row[0] for row in rows])
        for merged, number, tax_id, name in rows:
            if merged in stands:
                self._cards[merged] = Candidate(stands[merged], number, None, tax_id, name)
                self._by_key.setdefault(str(number_key(number)), set()).add(merged)

    def _keep(self, card: Candidate) -> None:
        self._cards[card.customer_id] = card
        for key in _keys(card):
            self._by_key.setdefault(key, set()).add(card.customer_id)

    def of(self, customer: Customer) -> list[Candidate]:
        found = {card for key in _keys(customer) for card in self._by_key.get(key, ())}
        return [self._cards[card] for card in found]

    def add(self, card: int, customer: Customer) -> None:
        """A customer joined *card*, and filled what was blank."""
        before = self._cards.get(card, Candidate(card, None, None))
        self._keep(
            Candidate(
                card,
                before.number or customer.number,
                before.email or customer.email,
                before.tax_id or customer.tax_id,
                before.name or customer.name,
                of_this_source=True,
            )
        )


def _keys(one: Candidate | Customer) -> list[str]:
    """By what it may be found; the same text may be of different kinds, which does no harm."""
    found = (telling_number(one.number), telling_tax_id(one.tax_id), telling_email(one.email))
    return [key for key in found if key]


def _make(
    connection: sa.Connection,
    card: int,
    source: ConnectionRow,
    customer: Customer,
    at: dt.datetime,
) -> None:
    shared = shared_of(customer)
    row = (
        *(card, source.company_id, source.id, "source", source.name, micros(at)),
        *(*shared[:5], *shared.address, shared.bill_to),
        *keys_of(shared),
        *(customer.flagged_exempt, customer.resale_certificate_number or None),
    )
    insert(connection, "customer", _CARD, [row])
