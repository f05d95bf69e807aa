"""The choice of `exempt.rules.decision` in SQL, for a million orders at once.

It goes by what certificates say alone: an order's free-form number and what
was decided by hand are for whoever asks. Where a certificate that is bound to
orders would come first, only the whole rule can tell; such a one is chosen as
a negative id.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from exempt.adapters.store.database import is_sqlite, many, one_of, run
from exempt.adapters.store.lookups import JURISDICTION
from exempt.model.decision import Profile

CHOSEN = "CAST(substr(min(u.rank), 37) AS BIGINT)"
"""The id of the certificate to record on an order, of a group of rows by order; else NULL."""

_HOLDERS = (
    "SELECT customer_id, certificate_id, min(holder_id) AS holder_id FROM ("
    "SELECT k.customer_id, k.certificate_id, k.customer_id AS holder_id FROM certificate_customer k"
    "{own} UNION ALL SELECT l.ship_to_id, k.certificate_id, k.customer_id FROM ship_to_link l"
    " JOIN certificate_customer k ON k.customer_id = l.bill_to_id{inherited}) held"
    " GROUP BY customer_id, certificate_id"
)
# What would do of one order sorts by its rank as the rule ranks: the day of its end, then the
# days from its first day to the end of all days, then its id, in columns; then what is chosen.
_RANK = (
    "coalesce(v.expiration_date, '9999-12-31') || {days} || {id}"
    " || CASE WHEN c.order_numbers = '[]' THEN c.id ELSE -c.id END"
)
_SQLITE = {
    "days": "printf('%07d', julianday('9999-12-31') - julianday(v.effective_date))",
    "id": "printf('%019d', c.id)",
}
_POSTGRESQL = {
    "days": "lpad(CAST(DATE '9999-12-31' - v.effective_date AS TEXT), 7, '0')",
    "id": "lpad(CAST(c.id AS TEXT), 19, '0') COLLATE \"C\"",
}
_FITS = (
    "u.connection_id = o.connection_id AND u.external_id = o.customer_external_id"
    f" AND u.jurisdiction = {JURISDICTION}"
    " AND (u.expiration_date IS NULL OR o.order_date <= u.expiration_date)"
    " AND (u.archived_date IS NULL OR o.order_date < u.archived_date)"
)
FITS = {
    Profile.R2: _FITS,
    Profile.DEFAULT: (
        f"{_FITS} AND u.effective_date <= o.order_date"
        " AND (u.held_through IS NULL OR o.order_date <= u.held_through)"
    ),
}
"""Which ``usable u`` would do for ``sales_order o``; by it they are joined."""


class Clause(NamedTuple):
    """A part of a statement, and its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()


def usable(
    connection: sa.Connection,
    customer_ids: Collection[int] | None = None,
    *,
    bound: bool = True,
) -> Clause:
    """The table expression ``usable``: accepted coverages, by the customers of orders.

    Args:
        connection: Where they are kept.
        customer_ids: Just what these customers may use.
        bound: Certificates that are bound to orders too.
    """
    own = inherited = ""
    ids: tuple[Any, ...] = ()
    if customer_ids is not None:
        own = f" WHERE {one_of(connection, 'k.customer_id')}"
        inherited = f" WHERE {one_of(connection, 'l.ship_to_id')}"
        ids = (many(connection, list(customer_ids)),) * 2
    words = _SQLITE if is_sqlite(connection) else _POSTGRESQL
    just = "" if bound else " AND c.order_numbers = '[]'"
    sql = (
        "usable AS MATERIALIZED (SELECT s.connection_id, s.external_id, v.jurisdiction,"  # noqa: S608
        " v.effective_date, v.expiration_date, g.held_through, c.archived_date,"
        f" {_RANK.format(**words)} AS rank"
        f" FROM ({_HOLDERS.format(own=own, inherited=inherited)}) h"
        " JOIN source_customer s ON s.customer_id = h.customer_id"
        " JOIN certificate c ON c.id = h.certificate_id JOIN coverage v ON v.certificate_id = c.id"
        " LEFT JOIN coverage_hold g ON g.certificate_id = c.id AND g.customer_id = h.holder_id"
        " AND g.jurisdiction = v.jurisdiction WHERE c.review_status = 'accepted'"
        f"{just})"
    )
    return Clause(sql, ids)


def with_ship_tos(connection: sa.Connection, customer_ids: Collection[int]) -> set[int]:
    """These customers, and those that may use their certificates."""
    mine = one_of(connection, "bill_to_id")
    sql = f"SELECT ship_to_id FROM ship_to_link WHERE {mine}"  # noqa: S608
    rows = run(connection, sql, many(connection, list(customer_ids)))
    return {*customer_ids, *(row[0] for row in rows)}
