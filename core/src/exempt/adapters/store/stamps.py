"""When the register changed, by company: what was counted before counts until then."""

from __future__ import annotations

import secrets
from collections.abc import Collection

import sqlalchemy as sa

from exempt.adapters.store.database import many, one_of, run

_KEY = "register:"


def changed(connection: sa.Connection, customer_ids: Collection[int]) -> None:
    """Note that certificates of these customers changed; as the last thing of a transaction.

    What is noted is drawn by lot: a number would come again after a change that
    was undone.
    """
    sql = f"SELECT DISTINCT company_id FROM customer WHERE {one_of(connection, 'id')} ORDER BY 1"  # noqa: S608
    for (company_id,) in run(connection, sql, many(connection, sorted(customer_ids))):
        run(
            connection,
            "INSERT INTO meta (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            f"{_KEY}{company_id}",
            secrets.token_hex(8),
        )


def standing(connection: sa.Connection, company_ids: Collection[int] | None) -> tuple[str, ...]:
    """What is noted of these companies, or of all; another one after each change."""
    sql = "SELECT key, value FROM meta WHERE substr(key, 1, ?) = ? ORDER BY key"
    wanted = None if company_ids is None else {f"{_KEY}{each}" for each in company_ids}
    rows = run(connection, sql, len(_KEY), _KEY)
    return tuple(f"{key}={value}" for key, value in rows if wanted is None or key in wanted)
