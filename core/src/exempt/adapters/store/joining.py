"""What belongs together: records of sources, ship-to customers, and cards merged into others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import claims, following
from exempt.adapters.store.columns import micros
from exempt.adapters.store.customer_lists import CustomerLists
from exempt.adapters.store.database import insert, many, new_ids, one_of, run, run_many
from exempt.adapters.store.ship_tos import follow_parents
from exempt.errors import NotFoundError
from exempt.model.customer import CustomerDetails
from exempt.rules import leaving, ownership
from exempt.services import card_ports as ports
from exempt.services.rows import ConnectionRow, CustomerRecord, ShipToLink

_RECORD = (
    "SELECT s.id, n.name, s.external_id, s.customer_id, s.name, s.number, s.email, s.tax_id,"
    " s.linked_by, s.deleted_at IS NOT NULL FROM source_customer s"
    " JOIN connection n ON n.id = s.connection_id"
)
_NOT_SAME = (
    "INSERT INTO not_same (low_id, high_id, said_by, said_at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (low_id, high_id) DO NOTHING"
)
_LEADS = "UPDATE customer SET owner_connection_id = ? WHERE id = ? AND owner_connection_id IS NULL"
_NEXT_LEADS = (
    "UPDATE customer SET owner_connection_id = (SELECT x.connection_id FROM source_customer x"
    " WHERE x.customer_id = customer.id ORDER BY x.deleted_at IS NOT NULL, x.id LIMIT 1)"
    " WHERE id = ? AND NOT EXISTS (SELECT 1 FROM source_customer x"
    " WHERE x.customer_id = customer.id AND x.connection_id = customer.owner_connection_id)"
)
_HANGS_ON_C = (
    "EXISTS (SELECT 1 FROM source_customer x WHERE x.customer_id = c.id{records})"
    " OR EXISTS (SELECT 1 FROM certificate_customer x WHERE x.customer_id = c.id)"
    " OR EXISTS (SELECT 1 FROM request x WHERE x.customer_id = c.id)"
    " OR EXISTS (SELECT 1 FROM ship_to_link x WHERE c.id IN (x.bill_to_id, x.ship_to_id))"
    " OR EXISTS (SELECT 1 FROM entry x WHERE x.subject = 'customer' AND x.subject_id = c.id"
    " AND x.removed_at IS NULL)"
)


class Joining(CustomerLists, ports.Cards):
    """The part of `ports.Cards` about what belongs together."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    # --- ship-to customers ---------------------------------------------------------------

    def ship_tos(self, customer_ids: Collection[int]) -> list[ShipToLink]:
        sql = (
            "SELECT l.id, l.bill_to_id, l.ship_to_id, n.name, l.made_by FROM ship_to_link l"
            " LEFT JOIN source_customer s ON s.id = l.source_customer_id"
            " LEFT JOIN connection n ON n.id = s.connection_id WHERE "
        )
        mine = many(self._c, list(customer_ids))
        sides = [sql + one_of(self._c, f"l.{side}") for side in ("bill_to_id", "ship_to_id")]
        rows = run(self._c, f"{sides[0]} UNION {sides[1]} ORDER BY 2, 3, 1", mine, mine)
        return [ShipToLink(*row[1:]) for row in rows]

    def link_ship_tos(
        self, pairs: Collection[tuple[int, int]], at: dt.datetime, *, by: str
    ) -> list[tuple[int, int]]:
        wanted = dict.fromkeys(pair for pair in pairs if pair[0] != pair[1])
        sql = (
            "SELECT bill_to_id, ship_to_id FROM ship_to_link WHERE source_customer_id IS NULL"  # noqa: S608
            f" AND {one_of(self._c, 'bill_to_id')}"
        )
        bill_tos = many(self._c, sorted({bill_to for bill_to, _ in wanted}))
        known = {(row[0], row[1]) for row in run(self._c, sql, bill_tos)}
        new = [pair for pair in wanted if pair not in known]
        ids = new_ids(self._c, "ship_to_link", len(new)) if new else []
        columns = ("id", "bill_to_id", "ship_to_id", "made_by", "made_at")
        rows = [(i, *pair, by, micros(at)) for i, pair in zip(ids, new, strict=True)]
        insert(self._c, "ship_to_link", columns, rows)
        return new

    def unlink_ship_tos(self, pairs: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
        by_hand = {
            (link.bill_to_id, link.ship_to_id)
            for link in self.ship_tos({bill_to for bill_to, _ in pairs})
            if link.connection is None
        }
        undone = [pair for pair in dict.fromkeys(pairs) if pair in by_hand]
        sql = (
            "DELETE FROM ship_to_link WHERE source_customer_id IS NULL"
            " AND bill_to_id = ? AND ship_to_id = ?"
        )
        run_many(self._c, sql, undone)
        return undone

    # --- records of sources --------------------------------------------------------------

    def records(self, customer_ids: Collection[int]) -> list[CustomerRecord]:
        sql = f"{_RECORD} WHERE {one_of(self._c, 's.customer_id')} ORDER BY n.name, s.id"
        rows = run(self._c, sql, many(self._c, list(customer_ids)))
        return [_record(row) for row in rows]

    def record(self, connection: str, external_id: str) -> CustomerRecord | None:
        sql = f"{_RECORD} WHERE n.name = ? AND s.external_id = ?"
        rows = run(self._c, sql, connection, external_id)
        return _record(rows[0]) if rows else None

    def move_records(
        self, record_ids: Collection[int], to: int, at: dt.datetime, *, by: str
    ) -> None:
        mine = one_of(self._c, "s.id")
        ids = many(self._c, list(record_ids))
        sql = (
            "SELECT n.id, n.name, n.connector, n.company_id, s.external_id FROM source_customer s"  # noqa: S608
            f" JOIN connection n ON n.id = s.connection_id WHERE {mine}"
        )
        theirs: dict[ConnectionRow, list[str]] = {}
        for row_id, name, connector, company_id, external_id in run(self._c, sql, ids):
            row = ConnectionRow(row_id, name, connector, company_id, frozenset())
            theirs.setdefault(row, []).append(external_id)
        claim = (
            "UPDATE customer SET flagged_exempt = TRUE WHERE id = ? AND EXISTS (SELECT 1"  # noqa: S608
            " FROM source_customer s JOIN customer b ON b.id = s.customer_id"
            f" WHERE {mine} AND s.deleted_at IS NULL AND b.flagged_exempt AND {claims.TOLD})"
        )
        run(self._c, claim, to, ids)
        run_many(
            self._c,
            "UPDATE source_customer SET customer_id = ?, linked_by = ? WHERE id = ?",
            [(to, by, record_id) for record_id in record_ids],
        )
        for source, external_ids in theirs.items():
            follow_parents(self._c, source, external_ids, micros(at))
            run(self._c, _LEADS, source.id, to)

    def as_details(self, record_id: int) -> CustomerDetails:
        sql = f"SELECT {', '.join(following.RECORD)} FROM source_customer WHERE id = ?"  # noqa: S608
        rows = run(self._c, sql, record_id)
        if not rows:
            msg = f"record {record_id}: there is none"
            raise NotFoundError(msg)
        values = dict(zip(following.RECORD, rows[0], strict=True))
        return CustomerDetails(
            **{name.removeprefix("billing_"): value for name, value in values.items()}
        )

    def refill(self, customer_ids: Collection[int], at: dt.datetime, *, by: str) -> None:
        ids = sorted(set(customer_ids))
        before = following.cards_of(self._c, ids)
        owners = self.owners(ids)
        sql = (
            f"SELECT s.customer_id, n.name, {', '.join(f's.{c}' for c in following.RECORD)}"  # noqa: S608
            " FROM source_customer s JOIN connection n ON n.id = s.connection_id"
            f" WHERE {one_of(self._c, 's.customer_id')} AND s.deleted_at IS NULL ORDER BY s.id"
        )
        after = {card: shared for card, (_maker, shared) in before.items()}
        said: dict[tuple[int, str], list[ownership.Shared]] = {}
        for card, source, *values in run(self._c, sql, many(self._c, ids)):
            said.setdefault((card, source), []).append(following.shared_of_columns(values))
        for (card, source), records in said.items():
            theirs = owners.get(card, {})
            owned = {field for field, name in theirs.items() if name == source}
            after[card] = ownership.refill(
                after[card], records, owned=owned, elsewhere=set(theirs) - owned
            )
        differ = {
            card: (shared, after[card])
            for card, (_maker, shared) in before.items()
            if shared != after[card]
        }
        following.save_shared(self._c, differ, micros(at), by)

    def give_up(
        self,
        customer_id: int,
        record_id: int,
        by_hand: Collection[str],
        at: dt.datetime,
        *,
        by: str,
    ) -> None:
        sql = (
            f"SELECT id, {', '.join(following.RECORD)} FROM source_customer"  # noqa: S608
            " WHERE customer_id = ? OR id = ? ORDER BY deleted_at IS NOT NULL, id"
        )
        said = {
            row_id: following.shared_of_columns(values)
            for row_id, *values in run(self._c, sql, customer_id, record_id)
        }
        left = said.pop(record_id)
        _maker, before = following.cards_of(self._c, [customer_id])[customer_id]
        after = leaving.give_up(before, left, list(said.values()), by_hand)
        if after != before:
            following.save_shared(self._c, {customer_id: (before, after)}, micros(at), by)
        run(self._c, _NEXT_LEADS, customer_id)
        self.refill([customer_id], at, by=by)

    # --- cards that stand for others -----------------------------------------------------

    def merge(self, keep_id: int, other_id: int, at: dt.datetime, *, by: str) -> None:
        self.move_records([row.id for row in self.records([other_id])], keep_id, at, by=by)
        self._move_held(keep_id, other_id)
        self._move_links(keep_id, other_id, at, by)
        self._move_not_same(keep_id, other_id)
        run(
            self._c,
            "UPDATE customer SET merged_into_id = ?, gone_at = ?, flagged_exempt = FALSE,"
            " version = version + 1 WHERE id = ?",
            keep_id,
            micros(at),
            other_id,
        )

    def _move_held(self, keep_id: int, other_id: int) -> None:
        """Certificates, ship-to zones, requests, what was sent in, comments and files."""
        pair = (keep_id, other_id)
        # Whoever edits one of the certificates now has seen it with its old customer.
        run(
            self._c,
            "UPDATE certificate SET version = version + 1 WHERE id IN"
            " (SELECT certificate_id FROM certificate_customer WHERE customer_id = ?)",
            other_id,
        )
        for table, other_key in (
            ("certificate_customer", "certificate_id"),
            ("ship_to_zone", "jurisdiction"),
        ):
            run(
                self._c,
                f"DELETE FROM {table} WHERE customer_id = ? AND {other_key} IN"  # noqa: S608
                f" (SELECT {other_key} FROM {table} WHERE customer_id = ?)",
                *pair[::-1],
            )
            run(self._c, f"UPDATE {table} SET customer_id = ? WHERE customer_id = ?", *pair)  # noqa: S608
        run(self._c, "DELETE FROM coverage_hold WHERE customer_id = ?", other_id)
        for table in ("request", "submission"):
            run(self._c, f"UPDATE {table} SET customer_id = ? WHERE customer_id = ?", *pair)  # noqa: S608
        run(
            self._c,
            "UPDATE entry SET subject_id = ? WHERE subject = 'customer' AND subject_id = ?",
            *pair,
        )

    def _move_links(self, keep_id: int, other_id: int, at: dt.datetime, by: str) -> None:
        """The ship-to links that were made by hand; the others followed their records."""
        links = [link for link in self.ship_tos([other_id]) if link.connection is None]
        old = [(link.bill_to_id, link.ship_to_id) for link in links]
        self.unlink_ship_tos(old)
        new = [tuple(keep_id if each == other_id else each for each in pair) for pair in old]
        self.link_ship_tos([(bill_to, ship_to) for bill_to, ship_to in new], at, by=by)

    def _move_not_same(self, keep_id: int, other_id: int) -> None:
        """What somebody said of the one is true of the other, too."""
        sql = "SELECT low_id, high_id, said_by, said_at FROM not_same WHERE ? IN (low_id, high_id)"
        for low, high, said_by, said_at in run(self._c, sql, other_id):
            third = low + high - other_id
            if third != keep_id:
                run(self._c, _NOT_SAME, *sorted((keep_id, third)), said_by, said_at)
        run(self._c, "DELETE FROM not_same WHERE ? IN (low_id, high_id)", other_id)

    def retire(
        self,
        customer_ids: Collection[int],
        at: dt.datetime,
        *,
        into: int | None = None,
        with_deleted: bool = False,
    ) -> list[int]:
        mine = one_of(self._c, "c.id")
        ids = many(self._c, list(customer_ids))
        hangs = _HANGS_ON_C.format(records=" AND x.deleted_at IS NULL" if with_deleted else "")
        sql = f"SELECT c.id FROM customer c WHERE {mine} AND ({hangs})"  # noqa: S608
        kept = [row[0] for row in run(self._c, sql, ids)]
        gone = sorted(set(customer_ids) - set(kept))
        sql = (
            "UPDATE customer SET gone_at = ?, merged_into_id = ?, version = version + 1"
            " WHERE id = ?"
        )
        run_many(self._c, sql, [(micros(at), into, card) for card in gone])
        return sorted(kept)

    def revive(self, customer_ids: Collection[int]) -> None:
        sql = "UPDATE customer SET gone_at = NULL, version = version + 1 WHERE id = ?"
        run_many(self._c, sql, [(card,) for card in customer_ids])

    def set_not_same(self, pair: tuple[int, int], at: dt.datetime, *, by: str) -> None:
        run(self._c, _NOT_SAME, *sorted(pair), by, micros(at))

    def merged_into(self, customer_id: int) -> list[int]:
        sql = (
            "WITH RECURSIVE into_it (id) AS (SELECT id FROM customer WHERE merged_into_id = ?"
            " UNION SELECT c.id FROM customer c JOIN into_it i ON c.merged_into_id = i.id)"
            " SELECT id FROM into_it ORDER BY id"
        )
        return [row[0] for row in run(self._c, sql, customer_id)]


def _record(row: Any) -> CustomerRecord:
    return CustomerRecord(*row)._replace(deleted=bool(row[-1]))
