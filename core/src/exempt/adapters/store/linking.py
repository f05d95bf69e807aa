"""Source customers to customer cards: which belongs to which, and what the card takes over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import Row, insert, many, new_ids, one_of, run, run_many
from exempt.model.sources import Customer
from exempt.rules.matching import Candidate, email_key, match, number_key
from exempt.services.rows import ConnectionRow

_CARD = (
    "id",
    "company_id",
    "owner_connection_id",
    "name",
    "number",
    "email",
    "name_key",
    "number_key",
    "email_key",
    "flagged_exempt",
    "resale_certificate_number",
    "created_at",
)


def link(
    connection: sa.Connection,
    source: ConnectionRow,
    customers: Mapping[str, Customer],
    at: dt.datetime,
) -> dict[str, int]:
    """Give each customer its card, making cards that are missing; card ids by external id."""
    linked = _linked(connection, source, customers)
    candidates = _Candidates(connection, source.company_id, customers, linked)
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
    return {**linked, **fresh}


def _linked(
    connection: sa.Connection, source: ConnectionRow, customers: Mapping[str, Customer]
) -> dict[str, int]:
    """Cards by external id, of those that have one and may stay on it.

    One that has a number by now, and not that of a card which another source
    made, was taken for the wrong customer: it is matched anew.
    """
    sql = (
        "SELECT s.external_id, c.id, c.owner_connection_id, c.number_key FROM source_customer s"  # noqa: S608
        " JOIN customer c ON c.id = s.customer_id"
        f" WHERE s.connection_id = ? AND {one_of(connection, 's.external_id')}"
    )
    found = {}
    for row in run(connection, sql, source.id, many(connection, list(customers))):
        external_id, card, owner, number = row
        own = number_key(customers[external_id].number)
        if owner == source.id or not (own and number and own != number):
            found[external_id] = card
    return found


class _Candidates:
    """Cards of the company that share a number or an e-mail with the page."""

    def __init__(
        self,
        connection: sa.Connection,
        company_id: int,
        customers: Mapping[str, Customer],
        linked: Mapping[str, int],
    ) -> None:
        self._cards: dict[int, Candidate] = {}
        self._by_key: dict[str, set[int]] = {}
        loose = [c for external_id, c in customers.items() if external_id not in linked]
        for column, keys in (
            ("number_key", {number_key(c.number) for c in loose} - {None}),
            ("email_key", {email_key(c.email) for c in loose} - {None}),
        ):
            sql = (
                "SELECT id, number, email FROM customer"  # noqa: S608
                f" WHERE company_id = ? AND {one_of(connection, column)} ORDER BY id"
            )
            for row in run(connection, sql, company_id, many(connection, sorted(map(str, keys)))):
                self._keep(Candidate(*row))

    def _keep(self, card: Candidate) -> None:
        self._cards[card.customer_id] = card
        for key in (number_key(card.number), email_key(card.email)):
            if key:
                self._by_key.setdefault(key, set()).add(card.customer_id)

    def of(self, customer: Customer) -> list[Candidate]:
        keys = {number_key(customer.number), email_key(customer.email)} - {None}
        return [self._cards[card] for key in keys for card in self._by_key.get(str(key), ())]

    def add(self, card: int, customer: Customer) -> None:
        """A customer joined *card*, and filled what was blank."""
        before = self._cards.get(card, Candidate(card, None, None))
        number, email = before.number or customer.number, before.email or customer.email
        self._keep(Candidate(card, number, email))


def _make(
    connection: sa.Connection,
    card: int,
    source: ConnectionRow,
    customer: Customer,
    at: dt.datetime,
) -> None:
    row = (
        card,
        source.company_id,
        source.id,
        customer.name,
        customer.number,
        customer.email,
        customer.name.casefold(),
        number_key(customer.number),
        email_key(customer.email),
        customer.flagged_exempt,
        customer.resale_certificate_number or None,
        micros(at),
    )
    insert(connection, "customer", _CARD, [row])


def follow(
    connection: sa.Connection,
    source: ConnectionRow,
    customers: Mapping[str, Customer],
    links: Mapping[str, int],
) -> set[int]:
    """Let the cards of customers just saved follow; returns those whose exemption facts changed.

    The source that made a card owns its name, number and e-mail; another one
    only fills what is blank.
    """
    sql = (
        "SELECT id, owner_connection_id, name, number, email FROM customer"  # noqa: S608
        f" WHERE {one_of(connection, 'id')}"
    )
    ids = sorted({links[external_id] for external_id in customers})
    before = {row[0]: tuple(row) for row in run(connection, sql, many(connection, ids))}
    after: dict[int, Row] = dict(before)
    for external_id, customer in customers.items():
        card, owner, name, number, email = after[links[external_id]]
        if owner == source.id:
            name, number, email = customer.name, customer.number or number, customer.email or email
        else:
            number, email = number or customer.number, email or customer.email
        after[card] = (card, owner, name, number, email)
    run_many(
        connection,
        "UPDATE customer SET name = ?, number = ?, email = ?, name_key = ?, number_key = ?,"
        " email_key = ? WHERE id = ?",
        [
            (name, number, email, name.casefold(), number_key(number), email_key(email), card)
            for card, _owner, name, number, email in after.values()
            if after[card] != before[card]
        ],
    )
    return recount(connection, ids)


def recount(connection: sa.Connection, cards: Sequence[int]) -> set[int]:
    """Work out anew what the sources of these cards claim; returns the cards where it changed.

    A card is flagged while any source claims exemption, and the claim stays
    when a source shows "not exempt" after we told it so: that is our own word
    coming back. Of several free-form numbers the owner's counts, else the first.
    """
    sql = (
        "SELECT id, owner_connection_id, flagged_exempt, resale_certificate_number"  # noqa: S608
        f" FROM customer WHERE {one_of(connection, 'id')}"
    )
    members = _members(connection, cards)
    updates = []
    for card, owner, flagged, free_form in run(connection, sql, many(connection, list(cards))):
        mine = members.get(card, [])
        claimed = any(m.claims for m in mine) or (bool(flagged) and any(m.told for m in mine))
        numbers = [m.free_form for m in sorted(mine, key=lambda m: m.connection_id != owner)]
        facts = (claimed, next(filter(None, numbers), None))
        if facts != (bool(flagged), free_form):
            updates.append((*facts, card))
    run_many(
        connection,
        "UPDATE customer SET flagged_exempt = ?, resale_certificate_number = ? WHERE id = ?",
        updates,
    )
    return {card for _claimed, _free_form, card in updates}


class _Member(NamedTuple):
    """A source customer of a card: what it claims, and whether we wrote its status there."""

    connection_id: int
    claims: bool
    free_form: str | None
    told: bool


def _members(connection: sa.Connection, cards: Sequence[int]) -> dict[int, list[_Member]]:
    sql = (
        "SELECT s.customer_id, s.connection_id, s.exempt, s.exemption_number, s.exemption_code,"  # noqa: S608
        " s.resale_certificate_number, EXISTS (SELECT 1 FROM delivery d"
        " WHERE d.connection_id = s.connection_id AND d.target = 'customer'"
        " AND d.external_id = s.external_id AND d.state <> 'pending')"
        f" FROM source_customer s WHERE {one_of(connection, 's.customer_id')}"
        " AND s.deleted_at IS NULL ORDER BY s.id"
    )
    found: dict[int, list[_Member]] = {}
    for row in run(connection, sql, many(connection, cards)):
        card, connection_id, exempt, number, code, free_form, told = row
        member = _Member(connection_id, bool(exempt or number or code), free_form, bool(told))
        found.setdefault(card, []).append(member)
    return found
