"""Let cards follow the records of sources: what they take over, and its history."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.claims import recount
from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import Row, many, one_of, run, run_many
from exempt.adapters.store.history import note
from exempt.adapters.store.pages import ADDRESS, CUSTOMERS, Saved, address_row
from exempt.model.sources import Customer
from exempt.rules import ownership
from exempt.rules.matching import email_key, number_key, tax_id_key
from exempt.rules.ownership import Shared
from exempt.services.rows import ConnectionRow

SHARED = ("name", "number", "code", "tax_id", "email", *(f"address_{p}" for p in ADDRESS))

RECORD = (
    *("name", "number", "code", "tax_id", "email"),
    *(f"billing_{part}" for part in ADDRESS),
    "bill_to",
)
"""What a card and a source's record have in common, as columns of the record."""


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
    several = _of_several(connection, source, ids) if owned else {}
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
        if card in several:
            now = ownership.of_several(shared, now, several[card], owned)
        after[card] = (maker, now)
    differ = {
        card: (before[card][1], after[card][1]) for card in ids if after[card] != before[card]
    }
    save_shared(connection, differ, micros(at), source.name)
    return recount(connection, ids, micros(at), source.name)


def _of_several(
    connection: sa.Connection, source: ConnectionRow, cards: Sequence[int]
) -> dict[int, list[Shared]]:
    """The records of a source on cards that have more than one of it."""
    sql = (
        f"SELECT customer_id, {', '.join(f's.{column}' for column in RECORD)}"  # noqa: S608
        f" FROM source_customer s WHERE s.connection_id = ? AND {one_of(connection, 'customer_id')}"
        " AND s.deleted_at IS NULL ORDER BY s.id"
    )
    found: dict[int, list[Shared]] = {}
    for card, *values in run(connection, sql, source.id, many(connection, list(cards))):
        found.setdefault(card, []).append(shared_of_columns(values))
    return {card: records for card, records in found.items() if len(records) > 1}


def cards_of(
    connection: sa.Connection, ids: Collection[int]
) -> dict[int, tuple[int | None, Shared]]:
    """The source that made each card, and what it shares with sources."""
    sql = (
        f"SELECT id, owner_connection_id, {', '.join(SHARED)}, bill_to FROM customer"  # noqa: S608
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
    owned = ((field, row_id) for row_id, owns in rows for field in json.loads(owns))
    return {field: row_id for field, row_id in owned if field in ownership.OWNABLE}


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
        for column in (*SHARED, "bill_to", "name_key", "number_key", "tax_id_key", "email_key")
    )
    run_many(
        connection,
        f"UPDATE customer SET {assignments}, version = version + 1 WHERE id = ?",  # noqa: S608
        [(*flat(new), *keys_of(new), card) for card, (_old, new) in differ.items()],
    )
    names = (*(column.removeprefix("address_") for column in SHARED), "bill_to")
    history = [
        ("customer", card, name, text_of(old), text_of(new), at, by)
        for card, states in differ.items()
        for name, old, new in zip(names, flat(states[0]), flat(states[1]), strict=True)
        if old != new
    ]
    note(connection, history)


def flat(card: Shared) -> Row:
    """As columns."""
    return (*card[:5], *card.address, card.bill_to)


def text_of(value: Any) -> str | None:
    """As a history keeps it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or None
