"""Source customers to customer cards: which belongs to which, and what the card takes over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

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
) -> tuple[dict[str, int], set[int]]:
    """Give each customer its card, making cards that are missing.

    Returns:
        Card ids by external id, and the ids of cards that changed in what
        decisions go by.
    """
    linked = _linked(connection, source.id, customers)
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
    links = {**linked, **fresh}
    return links, _follow(connection, source, customers, links)


def _linked(
    connection: sa.Connection, connection_id: int, customers: Mapping[str, Customer]
) -> dict[str, int]:
    sql = (
        "SELECT external_id, customer_id FROM source_customer"  # noqa: S608
        f" WHERE connection_id = ? AND {one_of(connection, 'external_id')}"
    )
    rows = run(connection, sql, connection_id, many(connection, list(customers)))
    return {row[0]: row[1] for row in rows}


class _Candidates:
    """Cards of the company that share a number or an e-mail with the page."""

    def __init__(
        self,
        connection: sa.Connection,
        company_id: int,
        customers: Mapping[str, Customer],
        linked: Mapping[str, int],
    ) -> None:
        self._by_key: dict[str, list[Candidate]] = {}
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

    def _keep(self, candidate: Candidate) -> None:
        for key in (number_key(candidate.number), email_key(candidate.email)):
            if key:
                self._by_key.setdefault(key, []).append(candidate)

    def of(self, customer: Customer) -> list[Candidate]:
        keys = {number_key(customer.number), email_key(customer.email)} - {None}
        found = {c.customer_id: c for key in keys for c in self._by_key.get(str(key), [])}
        return list(found.values())

    def add(self, card: int, customer: Customer) -> None:
        self._keep(Candidate(card, customer.number, customer.email))


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
        number_key(customer.number),
        email_key(customer.email),
        customer.flagged_exempt,
        customer.resale_certificate_number,
        micros(at),
    )
    insert(connection, "customer", _CARD, [row])


def _follow(
    connection: sa.Connection,
    source: ConnectionRow,
    customers: Mapping[str, Customer],
    links: Mapping[str, int],
) -> set[int]:
    """Let the cards follow their sources; returns those whose exemption facts changed.

    The source that made a card owns its name, number and e-mail; another one
    only fills what is blank. A claim of exemption stays when the source shows
    "not exempt" after we told it so: that is our own word coming back.
    """
    sql = (
        "SELECT id, owner_connection_id, name, number, email, flagged_exempt,"  # noqa: S608
        f" resale_certificate_number FROM customer WHERE {one_of(connection, 'id')}"
    )
    cards: dict[int, Row] = {
        row[0]: tuple(row) for row in run(connection, sql, many(connection, list(links.values())))
    }
    claimed_elsewhere = _claimed_elsewhere(connection, source.id, list(cards))
    told = _told(connection, source.id, list(customers))
    changed: set[int] = set()
    updates = []
    for external_id, customer in customers.items():
        card_id, owner, name, number, email, flagged, free_form = cards[links[external_id]]
        if owner == source.id:
            name, number, email = customer.name, customer.number or number, customer.email or email
        else:
            number, email = number or customer.number, email or customer.email
        echo = bool(flagged) and external_id in told
        claims = customer.flagged_exempt or card_id in claimed_elsewhere or echo
        free = customer.resale_certificate_number or (None if owner == source.id else free_form)
        if (claims, free) != (bool(flagged), free_form):
            changed.add(card_id)
        updates.append(
            (name, number, email, number_key(number), email_key(email), claims, free, card_id)
        )
        cards[card_id] = (card_id, owner, name, number, email, claims, free)
    run_many(
        connection,
        "UPDATE customer SET name = ?, number = ?, email = ?, number_key = ?, email_key = ?,"
        " flagged_exempt = ?, resale_certificate_number = ? WHERE id = ?",
        updates,
    )
    return changed


def _claimed_elsewhere(connection: sa.Connection, connection_id: int, cards: list[int]) -> set[int]:
    sql = (
        "SELECT DISTINCT customer_id FROM source_customer"  # noqa: S608
        f" WHERE connection_id <> ? AND {one_of(connection, 'customer_id')}"
        " AND (exempt OR exemption_number IS NOT NULL OR exemption_code IS NOT NULL)"
    )
    return {row[0] for row in run(connection, sql, connection_id, many(connection, cards))}


def _told(connection: sa.Connection, connection_id: int, external_ids: list[str]) -> set[str]:
    """Customers whose status we have written to this source."""
    sql = (
        "SELECT DISTINCT external_id FROM delivery"  # noqa: S608
        " WHERE connection_id = ? AND target = 'customer' AND state <> 'pending'"
        f" AND {one_of(connection, 'external_id')}"
    )
    return {row[0] for row in run(connection, sql, connection_id, many(connection, external_ids))}
