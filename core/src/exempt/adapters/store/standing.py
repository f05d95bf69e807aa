"""Which card stands for one that was merged into another."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from exempt.adapters.store.database import many, one_of, run


def standing_for(connection: sa.Connection, customer_ids: Collection[int]) -> dict[int, int]:
    """By merged card: the card in use that stands for it, over as many merges as there were.

    Cards that were not merged, and those for which none stands by now, are absent.
    """
    if not customer_ids:
        return {}
    sql = (
        "WITH RECURSIVE way (id, into_id) AS (SELECT id, merged_into_id FROM customer"  # noqa: S608
        f" WHERE merged_into_id IS NOT NULL AND {one_of(connection, 'id')}"
        " UNION SELECT w.id, c.merged_into_id FROM way w JOIN customer c ON c.id = w.into_id"
        " WHERE c.merged_into_id IS NOT NULL) SELECT w.id, c.id FROM way w"
        " JOIN customer c ON c.id = w.into_id WHERE c.gone_at IS NULL"
    )
    ids = many(connection, sorted(set(customer_ids)))
    return {row[0]: row[1] for row in run(connection, sql, ids)}
