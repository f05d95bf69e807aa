"""Which customers are ship-to customers of which: as sources say, and as staff say."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.history import note
from exempt.services.rows import ConnectionRow


def follow_parents(
    connection: sa.Connection,
    source: ConnectionRow,
    external_ids: Collection[str],
    at: int,
    *,
    new: Collection[str] = (),
) -> None:
    """Let links follow these customers of a source: the parents they name, their cards.

    *at* is the moment, in microseconds. What changes stands in the histories of
    both cards, but for *new* customers.
    """
    if not external_ids:
        return
    theirs = (
        f"s.connection_id = ? AND ({one_of(connection, 's.external_id')}"
        f" OR {one_of(connection, 's.parent_external_id')})"
    )
    names = many(connection, list(external_ids))
    which = (source.id, names, names)
    links = (
        "SELECT l.bill_to_id, l.ship_to_id, s.external_id FROM ship_to_link l"  # noqa: S608
        f" JOIN source_customer s ON s.id = l.source_customer_id WHERE {theirs}"
    )
    before = {tuple(row) for row in run(connection, links, *which)}
    of_these = f"SELECT s.id FROM source_customer s WHERE {theirs}"  # noqa: S608
    sql = f"DELETE FROM ship_to_link WHERE source_customer_id IN ({of_these})"  # noqa: S608
    run(connection, sql, *which)
    sql = (
        "INSERT INTO ship_to_link (bill_to_id, ship_to_id, source_customer_id, made_by, made_at)"  # noqa: S608
        " SELECT p.customer_id, s.customer_id, s.id, ?, ? FROM source_customer s"
        " JOIN source_customer p ON p.connection_id = s.connection_id"
        " AND p.external_id = s.parent_external_id AND p.deleted_at IS NULL"
        f" WHERE {theirs} AND s.deleted_at IS NULL AND p.customer_id <> s.customer_id"
    )
    run(connection, sql, source.name, at, *which)
    after = {tuple(row) for row in run(connection, links, *which)}
    _note(connection, {(b, s) for b, s, _ in before - after}, linked=False, tail=(at, source.name))
    came = {(b, s) for b, s, name in after - before if name not in new}
    _note(connection, came, linked=True, tail=(at, source.name))


def _note(
    connection: sa.Connection,
    pairs: Collection[tuple[int, int]],
    *,
    linked: bool,
    tail: tuple[int, str],
) -> None:
    if not pairs:
        return
    mine = one_of(connection, "id")
    sql = f"SELECT id, number, name FROM customer WHERE {mine}"  # noqa: S608
    rows = run(connection, sql, many(connection, sorted({each for pair in pairs for each in pair})))
    named = {row[0]: " ".join(filter(None, (row[1], row[2], f"(id:{row[0]})"))) for row in rows}
    notes = []
    for bill_to, ship_to in sorted(pairs):
        for card, field, other in (
            (bill_to, "ship_to_customers", ship_to),
            (ship_to, "bill_to_customers", bill_to),
        ):
            said = (None, named[other]) if linked else (named[other], None)
            notes.append(("customer", card, field, *said, *tail))
    note(connection, notes)
