"""Which records files brought, what stood there before, and how that is put back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from exempt.adapters.store import presence
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import insert, many, one_of, run, run_many
from exempt.adapters.store.stored_records import TABLES, stored_records
from exempt.model.fetching import Stream
from exempt.model.people import Place
from exempt.model.record import SourceRecord
from exempt.model.sources import Customer, Employee, Order, Product
from exempt.services import brought_ports as ports
from exempt.services.brought_ports import Before, Brought, How, LeftRecord
from exempt.services.rows import ConnectionRow

_COLUMNS = ("stream", "record_id", "run_id", "how", "before", "at")
_TO_DO = f"('{How.NEW.value}', '{How.CHANGED.value}', '{How.SAME.value}')"
_SHOWN = {
    True: "FALSE",  # nobody but files brings anything there
    False: (
        "NOT EXISTS (SELECT 1 FROM backfill_record b WHERE b.stream = f.stream"
        " AND b.record_id = f.record_id)"
    ),
}
_NEXT_LEADS = (
    "UPDATE customer SET owner_connection_id = (SELECT x.connection_id FROM source_customer x"
    " WHERE x.customer_id = customer.id AND x.deleted_at IS NULL ORDER BY x.id LIMIT 1)"
    " WHERE id = ? AND owner_connection_id = ? AND NOT EXISTS (SELECT 1 FROM source_customer x"
    " WHERE x.customer_id = customer.id AND x.connection_id = ? AND x.deleted_at IS NULL)"
)


class _Kept(BaseModel):
    """What stood there before, as JSON."""

    record: dict[str, Any]
    places: dict[int, Place] = {}


_RECORDS: Mapping[Stream, type[SourceRecord]] = {
    Stream.CUSTOMERS: Customer,
    Stream.ORDERS: Order,
    Stream.PRODUCTS: Product,
    Stream.EMPLOYEES: Employee,
}


class BroughtRecords(ports.BroughtRecords):
    """Records that files brought."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def standing(
        self, connection_id: int, stream: Stream, external_ids: Collection[str]
    ) -> dict[str, Before]:
        found = stored_records(self._c, stream, connection_id, external_ids)
        places: Mapping[str, Mapping[int, Place]] = {}
        if stream is Stream.EMPLOYEES and found:
            places = presence.known_places(self._c, connection_id, list(found))
        return {name: Before(each.record, places.get(name, {})) for name, each in found.items()}

    def keep(
        self,
        run_id: int,
        connection_id: int,
        stream: Stream,
        external_ids: Collection[str],
        before: Mapping[str, Before],
        *,
        at: dt.datetime,
    ) -> None:
        after = self.standing(connection_id, stream, before) if before else {}
        sql = (
            f"SELECT id, external_id FROM {TABLES[stream].name} WHERE connection_id = ?"  # noqa: S608
            f" AND {one_of(self._c, 'external_id')}"
        )
        rows = []
        for record_id, name in run(self._c, sql, connection_id, many(self._c, list(external_ids))):
            was = before.get(name)
            how = How.NEW if was is None else How.SAME if was == after.get(name) else How.CHANGED
            kept = _dumped(was) if was and how is How.CHANGED else None
            rows.append((stream.value, record_id, run_id, how.value, kept, micros(at)))
        insert(self._c, "file_record", _COLUMNS, rows)

    def next(
        self, run_id: int, connection: ConnectionRow, stream: Stream, limit: int, *, files: bool
    ) -> list[Brought]:
        sql = (
            "SELECT f.record_id, r.external_id, f.how, f.before, f.at, (SELECT min(g.run_id)"  # noqa: S608
            " FROM file_record g WHERE g.stream = f.stream AND g.record_id = f.record_id"
            f" AND g.run_id > f.run_id AND g.how IN {_TO_DO}), {_SHOWN[files]},"
            " r.deleted_at IS NOT NULL"
            f" FROM file_record f JOIN {TABLES[stream].name} r ON r.id = f.record_id"
            " WHERE f.run_id = ? AND f.stream = ? AND f.how = ? AND r.connection_id = ?"
            f" ORDER BY f.record_id LIMIT {limit:d}"
        )
        # One after the other, so that an index has them in order, however many there are.
        found = (
            run(self._c, sql, run_id, stream.value, how.value, connection.id)
            for how in (How.NEW, How.CHANGED, How.SAME)
        )
        return [
            Brought(
                record_id=row[0],
                external_id=row[1],
                how=How(row[2]),
                before=_loaded(stream, row[3]) if row[3] else None,
                at=moment(row[4]),
                later=row[5],
                shown=bool(row[6]),
                gone=bool(row[7]),
            )
            for row in next(filter(None, found), ())
        ]

    def forget(self, run_id: int, stream: Stream, record_ids: Collection[int]) -> None:
        sql = (
            "DELETE FROM file_record WHERE run_id = ? AND stream = ?"  # noqa: S608
            f" AND {one_of(self._c, 'record_id')}"
        )
        run(self._c, sql, run_id, stream.value, many(self._c, list(record_ids)))

    def pass_on(self, run_id: int, stream: Stream, later: Mapping[int, int]) -> None:
        mine = " FROM file_record f WHERE f.stream = ? AND f.record_id = ? AND f.run_id = ?"
        sql = (
            f"UPDATE file_record SET how = (SELECT f.how{mine}), before = (SELECT f.before{mine})"  # noqa: S608
            " WHERE stream = ? AND record_id = ? AND run_id = ?"
        )
        run_many(
            self._c,
            sql,
            [
                (*(stream.value, record_id, run_id) * 2, stream.value, record_id, then)
                for record_id, then in later.items()
            ],
        )

    def leave(self, run_id: int, stream: Stream, notes: Mapping[int, str]) -> None:
        run_many(
            self._c,
            "UPDATE file_record SET how = ?, before = NULL, note = ?"
            " WHERE stream = ? AND record_id = ? AND run_id = ?",
            [
                (How.LEFT.value, note, stream.value, record_id, run_id)
                for record_id, note in notes.items()
            ],
        )

    def left(
        self, run_id: int, streams: Collection[Stream], limit: int | None = 100
    ) -> list[LeftRecord]:
        found: list[LeftRecord] = []
        for stream in streams:
            most = "" if limit is None else f" LIMIT {limit - len(found):d}"
            sql = (
                f"SELECT f.record_id, r.external_id, f.note FROM file_record f"  # noqa: S608
                f" JOIN {TABLES[stream].name} r ON r.id = f.record_id"
                " WHERE f.run_id = ? AND f.stream = ? AND f.how = ? ORDER BY f.record_id"
            )
            rows = run(self._c, sql + most, run_id, stream.value, How.LEFT.value)
            found += [LeftRecord(stream, *row) for row in rows]
        return found

    def shown(self, connection_id: int, stream: Stream, external_ids: Collection[str]) -> None:
        # Where no file was ever brought, there is nothing to look for.
        if stream not in TABLES or not run(self._c, "SELECT 1 FROM backfill_record LIMIT 1"):
            return
        sql = (
            "DELETE FROM backfill_record WHERE stream = ? AND record_id IN ("  # noqa: S608
            f"SELECT id FROM {TABLES[stream].name} WHERE connection_id = ?"
            f" AND {one_of(self._c, 'external_id')})"
        )
        run(self._c, sql, stream.value, connection_id, many(self._c, list(external_ids)))

    # --- what is put back ---------------------------------------------------------------------

    def any_age(self, stream: Stream, record_ids: Collection[int]) -> None:
        sql = f"UPDATE {TABLES[stream].name} SET updated_at = NULL WHERE {one_of(self._c, 'id')}"  # noqa: S608
        run(self._c, sql, many(self._c, list(record_ids)))

    def with_sales(self, connection_id: int, customers: Collection[str]) -> set[str]:
        sql = (
            "SELECT DISTINCT customer_external_id FROM sales_order WHERE connection_id = ?"  # noqa: S608
            f" AND {one_of(self._c, 'customer_external_id')} AND deleted_at IS NULL"
        )
        rows = run(self._c, sql, connection_id, many(self._c, list(customers)))
        return {row[0] for row in rows}

    def cards_made(
        self, connection: ConnectionRow, records: Mapping[int, dt.datetime]
    ) -> dict[int, int]:
        sql = (
            "SELECT s.id, c.id, c.origin, c.made_by, c.created_at FROM source_customer s"  # noqa: S608
            f" JOIN customer c ON c.id = s.customer_id WHERE {one_of(self._c, 's.id')}"
        )
        made: dict[int, int] = {}
        others = []
        for record, card, *how in run(self._c, sql, many(self._c, list(records))):
            if tuple(how) == ("source", connection.name, micros(records[record])):
                made[record] = card
            else:
                others.append((card, connection.id, connection.id))
        run_many(self._c, _NEXT_LEADS, others)
        return made

    def drop_codes(self, connection_id: int, products: Collection[str]) -> None:
        sql = (
            "DELETE FROM product_code WHERE connection_id = ? AND tax_category IS NULL"  # noqa: S608
            f" AND {one_of(self._c, 'external_id')} AND external_id NOT IN ("
            "SELECT l.product_external_id FROM sales_order o JOIN order_line l ON l.order_id = o.id"
            " WHERE o.connection_id = ? AND o.deleted_at IS NULL"
            f" AND {one_of(self._c, 'l.product_external_id')})"
        )
        names = many(self._c, list(products))
        run(self._c, sql, connection_id, names, connection_id, names)

    def put_back_people(
        self, connection: ConnectionRow, people: Mapping[str, Before | None], at: dt.datetime
    ) -> None:
        presence.put_back(self._c, connection, people, at)


def _dumped(was: Before) -> str:
    record = was.record.model_dump(mode="json", exclude_defaults=True)
    kept = _Kept(record=record, places=dict(was.places))
    return kept.model_dump_json(exclude_defaults=True)


def _loaded(stream: Stream, text: str) -> Before:
    kept = _Kept.model_validate_json(text)
    return Before(_RECORDS[stream].model_validate(kept.record), kept.places)
