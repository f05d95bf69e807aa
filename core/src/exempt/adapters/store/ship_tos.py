"""Which customers are ship-to customers of which: as sources say, and as staff say."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from exempt.adapters.store.database import many, one_of, run
from exempt.services.rows import ConnectionRow


def follow_parents(
    connection: sa.Connection, source: ConnectionRow, external_ids: Collection[str], at: int
) -> None:
    """Let links follow these customers of a source: the parents they name, their cards.

    *at* is the moment, in microseconds.
    """
    theirs = (
        f"s.connection_id = ? AND ({one_of(connection, 's.external_id')}"
        f" OR {one_of(connection, 's.parent_external_id')})"
    )
    names = many(connection, list(external_ids))
    which = (source.id, names, names)
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
