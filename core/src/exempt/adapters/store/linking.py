"""Source customers to customer cards: which belongs to which, and what the card takes over."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import (
    Row,
    insert,
    many,
    new_ids,
    one_of,
    run,
    run_many,
)
from exempt.adapters.store.pages import ADDRESS, CUSTOMERS, Saved, address_row
from exempt.model.sources import Customer
from exempt.rules import ownership
from exempt.rules.matching import Candidate, email_key, match, number_key, tax_id_key
from exempt.rules.ownership import Shared
from exempt.services.rows import ConnectionRow

_SHARED = ("name", "number", "code", "tax_id", "email", *(f"address_{p}" for p in ADDRESS))
_CARD = (
    *("id", "company_id", "owner_connection_id", "origin", "made_by", "created_at"),
    *_SHARED,
    *("bill_to", "name_key", "number_key", "tax_id_key", "email_key"),
    *("flagged_exempt", "resale_certificate_number"),
)


TOLD = (
    "EXISTS (SELECT 1 FROM delivery d WHERE d.connection_id = s.connection_id"
    " AND d.target = 'customer' AND d.external_id = s.external_id AND d.state <> 'pending')"
)
"""That we told the source of ``source_customer s`` its status, which it may show since."""


def shared_of(customer: Customer) -> Shared:
    """What a card may take over of *customer*."""
    return Shared(
        customer.name,
        customer.number,
        customer.code,
        customer.tax_id,
        customer.email,
        address_row(customer.billing_address),
        customer.bill_to,
    )


def _shared_of_row(row: Row) -> Shared:
    """The same of a row of ``source_customer``."""
    was = dict(zip(CUSTOMERS.all_columns, row, strict=True))
    return Shared(
        was["name"],
        was["number"],
        was["code"],
        was["tax_id"],
        was["email"],
        tuple(was[f"billing_{part}"] for part in ADDRESS),
        bool(was["bill_to"]),
    )


def keys_of(card: Shared) -> Row:
    """By what a card is found: ``name_key, number_key, tax_id_key, email_key``."""
    return (
        card.name.casefold(),
        number_key(card.number),
        tax_id_key(card.tax_id),
        email_key(card.email),
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

    One that got another number, and not that of a card which another source
    made, was taken for the wrong customer: it is matched anew, unless somebody
    put it there by hand. Where the card's number changed, it stays.
    """
    sql = (
        "SELECT s.external_id, c.id, c.owner_connection_id, c.number_key, s.number, s.linked_by"  # noqa: S608
        " FROM source_customer s JOIN customer c ON c.id = s.customer_id"
        f" WHERE s.connection_id = ? AND {one_of(connection, 's.external_id')}"
    )
    found = {}
    for row in run(connection, sql, source.id, many(connection, list(customers))):
        external_id, card, owner, number, before, by_hand = row
        own = number_key(customers[external_id].number)
        another = own and number and own not in {number, number_key(before)}
        if by_hand or owner == source.id or not another:
            found[external_id] = card
    return found


class _Candidates:
    """Cards of the company that share a number, a tax ID or an e-mail with the page."""

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
            ("tax_id_key", {tax_id_key(c.tax_id) for c in loose} - {None}),
            ("email_key", {email_key(c.email) for c in loose} - {None}),
        ):
            sql = (
                "SELECT id, number, email, tax_id FROM customer WHERE company_id = ?"  # noqa: S608
                f" AND gone_at IS NULL AND {one_of(connection, column)} ORDER BY id"
            )
            for row in run(connection, sql, company_id, many(connection, sorted(map(str, keys)))):
                self._keep(Candidate(*row))

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
            )
        )


def _keys(one: Candidate | Customer) -> list[str]:
    """By what it may be found; the same text may be of different kinds, which does no harm."""
    found = (number_key(one.number), tax_id_key(one.tax_id), email_key(one.email))
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


def follow(  # noqa: PLR0917 - what it goes by
    connection: sa.Connection,
    source: ConnectionRow,
    saved: Saved,
    customers: Mapping[str, Customer],
    links: Mapping[str, int],
    at: dt.datetime,
) -> set[int]:
    """Let the cards of customers just saved follow; returns those whose exemption facts changed.

    What a card takes over is settled by `exempt.rules.ownership`.
    """
    ids = sorted({links[external_id] for external_id in saved.touched})
    before = cards_of(connection, ids)
    owners = owners_of(connection, source.company_id)
    owned = {field for field, owner in owners.items() if owner == source.id}
    elsewhere = _owned_elsewhere(connection, source, owners, ids)
    after = dict(before)
    for external_id in saved.touched:
        card = links[external_id]
        maker, shared = after[card]
        was = saved.before.get(external_id)
        now = ownership.follow(
            shared,
            _shared_of_row(was) if was else None,
            shared_of(customers[external_id]),
            owned=owned,
            elsewhere=elsewhere.get(card, ()),
            leads=maker == source.id,
        )
        after[card] = (maker, now)
    differ = {
        card: (before[card][1], after[card][1]) for card in ids if after[card] != before[card]
    }
    save_shared(connection, differ, micros(at), source.name)
    return recount(connection, ids)


def cards_of(
    connection: sa.Connection, ids: Collection[int]
) -> dict[int, tuple[int | None, Shared]]:
    """The source that made each card, and what it shares with sources."""
    sql = (
        f"SELECT id, owner_connection_id, {', '.join(_SHARED)}, bill_to FROM customer"  # noqa: S608
        f" WHERE {one_of(connection, 'id')}"
    )
    return {
        row[0]: (row[1], shared_of_columns(row[2:]))
        for row in run(connection, sql, many(connection, list(ids)))
    }


def shared_of_columns(row: Sequence[Any]) -> Shared:
    """What stands in the columns of `flat`."""
    name, number, code, tax_id, email, *address, bill_to = row
    return Shared(name, number, code, tax_id, email, tuple(address), bool(bill_to))


def owners_of(connection: sa.Connection, company_id: int) -> dict[str, int]:
    """Which connection of a company has the last word on a field, for those that one has."""
    sql = "SELECT id, owns FROM connection WHERE company_id = ? AND owns <> '[]' ORDER BY id DESC"
    rows = run(connection, sql, company_id)
    return {field: row_id for row_id, owns in rows for field in json.loads(owns)}


def _owned_elsewhere(
    connection: sa.Connection,
    source: ConnectionRow,
    owners: Mapping[str, int],
    cards: Sequence[int],
) -> dict[int, set[str]]:
    """The fields of each card on which another of its sources has the last word."""
    others = {field: owner for field, owner in owners.items() if owner != source.id}
    if not others:
        return {}
    sql = (
        "SELECT DISTINCT customer_id, connection_id FROM source_customer WHERE deleted_at IS NULL"  # noqa: S608
        f" AND {one_of(connection, 'customer_id')} AND {one_of(connection, 'connection_id')}"
    )
    lists = (many(connection, list(cards)), many(connection, sorted(set(others.values()))))
    found: dict[int, set[str]] = {}
    for card, owner in run(connection, sql, *lists):
        mine = {field for field, its_owner in others.items() if its_owner == owner}
        found.setdefault(card, set()).update(mine)
    return found


def save_shared(
    connection: sa.Connection,
    differ: Mapping[int, tuple[Shared, Shared]],
    at: int,
    by: str,
) -> None:
    """Keep what cards share with sources, and in their histories what differs from before."""
    assignments = ", ".join(
        f"{column} = ?"
        for column in (*_SHARED, "bill_to", "name_key", "number_key", "tax_id_key", "email_key")
    )
    run_many(
        connection,
        f"UPDATE customer SET {assignments}, version = version + 1 WHERE id = ?",  # noqa: S608
        [(*flat(new), *keys_of(new), card) for card, (_old, new) in differ.items()],
    )
    names = (*(column.removeprefix("address_") for column in _SHARED), "bill_to")
    history = [
        ("customer", card, name, text_of(old), text_of(new), at, by)
        for card, states in differ.items()
        for name, old, new in zip(names, flat(states[0]), flat(states[1]), strict=True)
        if old != new
    ]
    columns = ("subject", "subject_id", "field", "old", "new", "changed_at", "changed_by")
    ids = new_ids(connection, "history", len(history))
    rows = [(new_id, *row) for new_id, row in zip(ids, history, strict=True)]
    insert(connection, "history", ("id", *columns), rows)


def flat(card: Shared) -> Row:
    """As columns."""
    return (*card[:5], *card.address, card.bill_to)


def text_of(value: Any) -> str | None:
    """As a history keeps it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or None


def recount(connection: sa.Connection, cards: Sequence[int]) -> set[int]:
    """Work out anew what is claimed for these cards; returns the cards where it changed.

    A card is flagged while it or any source claims exemption, and the claim stays
    when a source shows "not exempt" after we told it so: that is our own word
    coming back. Of several free-form numbers the owner's counts, else the first.
    """
    sql = (
        "SELECT id, owner_connection_id, flagged_exempt, resale_certificate_number,"  # noqa: S608
        " exempt OR coalesce(exemption_number, exemption_code, '') <> ''"
        f" FROM customer WHERE {one_of(connection, 'id')}"
    )
    members = _members(connection, cards)
    updates = []
    for row in run(connection, sql, many(connection, list(cards))):
        card, owner, flagged, free_form, by_hand = row
        mine = members.get(card, [])
        claimed = any(m.claims for m in mine) or (bool(flagged) and any(m.told for m in mine))
        claimed = claimed or bool(by_hand)
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
        f" s.resale_certificate_number, {TOLD}"
        f" FROM source_customer s WHERE {one_of(connection, 's.customer_id')}"
        " AND s.deleted_at IS NULL ORDER BY s.id"
    )
    found: dict[int, list[_Member]] = {}
    for row in run(connection, sql, many(connection, cards)):
        card, connection_id, exempt, number, code, free_form, told = row
        member = _Member(connection_id, bool(exempt or number or code), free_form, bool(told))
        found.setdefault(card, []).append(member)
    return found
