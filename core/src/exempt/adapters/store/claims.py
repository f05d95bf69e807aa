"""What is claimed for cards: exemption, by sources and by the card; and free-form numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from exempt.adapters.store.database import Row, many, one_of, run, run_many
from exempt.adapters.store.history import note

TOLD = (
    "EXISTS (SELECT 1 FROM delivery d WHERE d.connection_id = s.connection_id"
    " AND d.target = 'customer' AND d.external_id = s.external_id AND d.state <> 'pending'"
    " AND d.done_at <= s.changed_at"
    " AND replace(d.wanted, '\"exempt\":true', '') = d.wanted"
    " AND NOT EXISTS (SELECT 1 FROM delivery n WHERE n.connection_id = d.connection_id"
    " AND n.target = 'customer' AND n.external_id = d.external_id"
    " AND n.state <> 'pending' AND n.done_at <= s.changed_at AND n.version > d.version))"
)
"""That ``source_customer s`` changed last after we told its source: exempt nowhere."""


def recount(
    connection: sa.Connection, cards: Sequence[int], at: int, by: str, *, anew: bool = False
) -> set[int]:
    """Work out anew what is claimed for these cards; returns the cards where it changed.

    A card is flagged while it or any source claims exemption, and the claim stays
    when a source shows "not exempt" after we told it so: that is our own word
    coming back. Of several free-form numbers the owner's counts, else the first.
    Their histories say so: *at*, in microseconds, *by* whom. With *anew* a claim
    ends that nobody makes any more.
    """
    sql = (
        "SELECT id, owner_connection_id, flagged_exempt, resale_certificate_number,"  # noqa: S608
        " exempt OR coalesce(exemption_number, exemption_code, '') <> ''"
        f" FROM customer WHERE {one_of(connection, 'id')}"
    )
    members = _members(connection, cards)
    updates: list[Row] = []
    notes: list[Row] = []
    for row in run(connection, sql, many(connection, list(cards))):
        card, owner, flagged, free_form, by_hand = row
        mine = members.get(card, [])
        claimed = any(m.claims for m in mine)
        claimed = claimed or (not anew and bool(flagged) and any(m.told for m in mine))
        claimed = claimed or bool(by_hand)
        numbers = [m.free_form for m in sorted(mine, key=lambda m: m.connection_id != owner)]
        facts = (claimed, next(filter(None, numbers), None))
        if facts != (bool(flagged), free_form):
            updates.append((*facts, card))
        if claimed != bool(flagged):
            said = ("no", "yes") if claimed else ("yes", "no")
            notes.append(("customer", card, "flagged_exempt", *said, at, by))
        if (facts[1] or None) != (free_form or None):
            change = (free_form or None, facts[1] or None)
            notes.append(("customer", card, "resale_certificate_number", *change, at, by))
    run_many(
        connection,
        "UPDATE customer SET flagged_exempt = ?, resale_certificate_number = ? WHERE id = ?",
        updates,
    )
    note(connection, notes)
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
