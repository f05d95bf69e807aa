"""Cards and the records of a connection, held against each other in portions."""

from __future__ import annotations

import sqlalchemy as sa

from exempt.adapters.store.columns import moment
from exempt.adapters.store.database import run
from exempt.adapters.store.following import shared_of_columns
from exempt.adapters.store.pages import ADDRESS
from exempt.rules.reconciling import COMPARED
from exempt.services import reconciling_ports as ports
from exempt.services.reconciling_ports import (
    ComparedRecord,
    MissingCard,
    RejectedCustomer,
    UnknownCustomer,
)
from exempt.services.rows import ConnectionRow

_THEIRS = tuple(f"billing_{name}" if name in ADDRESS else name for name in COMPARED)
_OURS = tuple(f"address_{name}" if name in ADDRESS else name for name in COMPARED)
_EXEMPT = (
    "(c.flagged_exempt OR EXISTS (SELECT 1 FROM certificate_customer k WHERE k.customer_id = c.id))"
)


class Reconciling(ports.Reconciling):
    """Cards and records of one connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def missing_there(
        self, connection: ConnectionRow, after: int, limit: int, *, everyone: bool
    ) -> list[MissingCard]:
        of_it = "FROM source_customer s WHERE s.customer_id = c.id AND s.connection_id = ?"
        # The plus keeps SQLite from sorting all cards of the company for each portion.
        sql = (
            f"SELECT c.id, c.number, c.name, (SELECT s.external_id {of_it}"  # noqa: S608
            f" ORDER BY s.deleted_at DESC, s.id LIMIT 1), (SELECT max(s.deleted_at) {of_it})"
            " FROM customer c WHERE +c.company_id = ? AND c.id > ? AND c.gone_at IS NULL"
            f"{'' if everyone else f' AND {_EXEMPT}'}"
            f" AND NOT EXISTS (SELECT 1 {of_it} AND s.deleted_at IS NULL)"
            f" ORDER BY c.id LIMIT {limit:d}"
        )
        there = connection.id
        rows = run(self._c, sql, there, there, connection.company_id, after, there)
        return [
            MissingCard(card, number, name, external_id, moment(at) if at is not None else None)
            for card, number, name, external_id, at in rows
        ]

    def rejected(self, connection_id: int, after: int, limit: int) -> list[RejectedCustomer]:
        sql = (
            "SELECT r.id, r.external_id, r.row_name, r.reason, c.id, c.number, c.name"  # noqa: S608
            " FROM rejected_row r LEFT JOIN source_customer s ON s.connection_id = r.connection_id"
            " AND s.external_id = r.external_id AND s.deleted_at IS NULL"
            " LEFT JOIN customer c ON c.id = s.customer_id WHERE r.connection_id = ?"
            f" AND r.stream = 'customers' AND r.id > ? ORDER BY r.id LIMIT {limit:d}"
        )
        return [RejectedCustomer(*row) for row in run(self._c, sql, connection_id, after)]

    def unknown(self, connection_id: int, after: str, limit: int) -> list[UnknownCustomer]:
        sql = (
            "SELECT o.customer_external_id, count(*) FROM sales_order o WHERE o.connection_id = ?"  # noqa: S608
            " AND o.customer_external_id > ? AND NOT o.voided AND o.deleted_at IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM source_customer s"
            " WHERE s.connection_id = o.connection_id AND s.external_id = o.customer_external_id)"
            f" GROUP BY o.customer_external_id ORDER BY o.customer_external_id LIMIT {limit:d}"
        )
        return [UnknownCustomer(*row) for row in run(self._c, sql, connection_id, after)]

    def given(self, connection_id: int) -> frozenset[str]:
        columns = ", ".join(
            "max(CASE WHEN bill_to THEN 0 ELSE 1 END)"
            if column == "bill_to"
            else f"max(CASE WHEN {column} <> '' THEN 1 ELSE 0 END)"
            for column in _THEIRS
        )
        sql = (
            f"SELECT {columns} FROM source_customer"  # noqa: S608
            " WHERE connection_id = ? AND deleted_at IS NULL"
        )
        (row,) = run(self._c, sql, connection_id)
        return frozenset(name for name, some in zip(COMPARED, row, strict=True) if some)

    def compared(self, connection_id: int, after: int, limit: int) -> list[ComparedRecord]:
        columns = (*(f"s.{name}" for name in _THEIRS), *(f"c.{name}" for name in _OURS))
        sql = (
            "SELECT s.id, s.external_id, c.id, s.exempt,"  # noqa: S608
            " coalesce(s.exemption_number, s.exemption_code),"
            " coalesce(c.resale_certificate_number, '') <> '', EXISTS (SELECT 1"
            " FROM source_customer x WHERE x.customer_id = c.id"
            " AND x.connection_id = s.connection_id AND x.id <> s.id AND x.deleted_at IS NULL),"
            f" {', '.join(columns)} FROM source_customer s JOIN customer c ON c.id = s.customer_id"
            " WHERE +s.connection_id = ? AND s.id > ? AND s.deleted_at IS NULL"
            f" ORDER BY s.id LIMIT {limit:d}"
        )
        width = len(COMPARED)
        found = []
        for row in run(self._c, sql, connection_id, after):
            record_id, external_id, card, exempt, number, free_form, several, *shared = row
            found.append(
                ComparedRecord(
                    record_id,
                    external_id,
                    card,
                    record=shared_of_columns(shared[:width]),
                    card=shared_of_columns(shared[width:]),
                    claims=number or ("flagged" if exempt else None),
                    free_form=bool(free_form),
                    several=bool(several),
                )
            )
        return found
