"""Imports of customers: how far each is, the rows of its file, and what it changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal

import sqlalchemy as sa

from exempt.adapters.store.columns import micros
from exempt.adapters.store.customer_tables import import_run as table
from exempt.adapters.store.database import insert, is_sqlite, many, new_ids, one_of, run, run_many
from exempt.model.imports import ChangeKind, ImportCounts, ImportRun, ImportState, Layout
from exempt.rules.history import FieldChange
from exempt.rules.import_rows import StagedRow, dumped_remarks, loaded_remarks
from exempt.services import import_ports as ports
from exempt.services.import_ports import ImportChange, KeptChange

_R = table.c
_KIND = "customers"
_UNFINISHED = [
    state.value
    for state in (
        ImportState.STAGING,
        ImportState.STAGED,
        ImportState.CHECKED,
        ImportState.APPLYING,
    )
]
_MOVING = {"state", "position", "applied_at", "applied_by", "undone_at", "undone_by"}

_ROW = ("row", "number_key", "ship_to_key", "cells", "problems", "notes")
_ROWS = f"SELECT {', '.join(_ROW)} FROM import_row WHERE import_id = ?"  # noqa: S608
_AT_ONCE = 500

_PUT_BACK = (
    *(ChangeKind.NEW, ChangeKind.CHANGE, ChangeKind.ERASE),
    *(ChangeKind.ZONE, ChangeKind.LINK),
)
_CHANGES = (
    "SELECT i.id, c.number, c.name, i.row, i.customer_id, i.kind, i.field, i.old, i.new, i.note"
    " FROM import_change i JOIN customer c ON c.id = i.customer_id WHERE i.import_id = ?"
)


class Imports(ports.Imports):
    """Imports."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def begin(
        self,
        company_id: int,
        layout: Layout,
        file_name: str,
        sha256: str,
        at: dt.datetime,
        *,
        by: str,
    ) -> ImportRun:
        made = self._c.execute(
            sa.insert(table)
            .values(
                company_id=company_id,
                kind=_KIND,
                template=layout.template.value,
                file_name=file_name,
                sha256=sha256,
                options=layout.model_dump_json(),
                counts=ImportCounts().model_dump_json(exclude_defaults=True),
                state=ImportState.STAGING.value,
                created_at=at,
                created_by=by,
            )
            .returning(table)
        )
        return _run(made.mappings().one())

    def unfinished(self, company_id: int, layout: Layout, sha256: str) -> ImportRun | None:
        query = (
            sa.select(table)
            .where(_R.company_id == company_id, _R.sha256 == sha256, _R.kind == _KIND)
            .where(_R.options == layout.model_dump_json(), _R.state.in_(_UNFINISHED))
            .order_by(_R.id.desc())
            .limit(1)
        )
        row = self._c.execute(query).mappings().one_or_none()
        return _run(row) if row else None

    def get(self, import_id: int) -> ImportRun | None:
        query = sa.select(table).where(_R.id == import_id, _R.kind == _KIND)
        row = self._c.execute(query).mappings().one_or_none()
        return _run(row) if row else None

    def all(self, company_ids: Collection[int] | None, limit: int) -> list[ImportRun]:
        query = sa.select(table).where(_R.kind == _KIND).order_by(_R.id.desc()).limit(limit)
        if company_ids is not None:
            query = query.where(_R.company_id.in_(company_ids))
        return [_run(row) for row in self._c.execute(query).mappings()]

    def save(self, run: ImportRun) -> None:
        values = run.model_dump(include=_MOVING)
        values["counts"] = run.counts.model_dump_json(exclude_defaults=True)
        self._c.execute(sa.update(table).where(_R.id == run.id).values(**values))

    # --- rows --------------------------------------------------------------------------------

    def add_rows(self, import_id: int, rows: Sequence[StagedRow]) -> None:
        columns = ("import_id", *_ROW)
        insert(
            self._c,
            "import_row",
            columns,
            [
                (import_id, *row[:4], dumped_remarks(row.problems), dumped_remarks(row.notes))
                for row in rows
            ],
        )

    def all_added(self) -> None:
        # Until then PostgreSQL takes the table for nearly empty, and sorts it for every look-up.
        if not is_sqlite(self._c):
            run(self._c, "ANALYZE import_row")

    def by_number(self, import_id: int, after: str) -> Iterator[StagedRow]:
        return self._by(import_id, "number_key", after)

    def by_ship_to(self, import_id: int, after: str) -> Iterator[StagedRow]:
        return self._by(import_id, "ship_to_key", after)

    def _by(
        self, import_id: int, key: Literal["number_key", "ship_to_key"], after: str
    ) -> Iterator[StagedRow]:
        good = f"{_ROWS} AND problems IS NULL AND {key} IS NOT NULL"
        ordered = f"ORDER BY {key}, row LIMIT {_AT_ONCE}"
        rows = run(self._c, f"{good} AND {key} > ? {ordered}", import_id, after)
        while rows:
            yield from map(_staged, rows)
            if len(rows) < _AT_ONCE:
                return
            last = rows[-1]
            place = (last[_ROW.index(key)], last[0])
            rows = run(self._c, f"{good} AND ({key}, row) > (?, ?) {ordered}", import_id, *place)

    def ship_to_keys(self, import_id: int, after: str, limit: int) -> list[str]:
        sql = (
            "SELECT DISTINCT ship_to_key FROM import_row WHERE import_id = ?"  # noqa: S608
            " AND problems IS NULL AND ship_to_key IS NOT NULL AND ship_to_key > ?"
            f" ORDER BY ship_to_key LIMIT {limit:d}"
        )
        return [row[0] for row in run(self._c, sql, import_id, after)]

    def billed(self, import_id: int, number_keys: Collection[str]) -> dict[str, int]:
        sql = (
            "SELECT number_key, min(row) FROM import_row WHERE import_id = ?"  # noqa: S608
            f" AND problems IS NULL AND {one_of(self._c, 'number_key')} GROUP BY number_key"
        )
        rows = run(self._c, sql, import_id, many(self._c, sorted(number_keys)))
        return {row[0]: row[1] for row in rows}

    def mark(self, import_id: int, rows: Sequence[StagedRow]) -> None:
        run_many(
            self._c,
            "UPDATE import_row SET problems = ?, notes = ? WHERE import_id = ? AND row = ?",
            [
                (dumped_remarks(row.problems), dumped_remarks(row.notes), import_id, row.row)
                for row in rows
            ],
        )

    def rows(self, import_id: int, rows: Collection[int]) -> list[StagedRow]:
        sql = f"{_ROWS} AND {one_of(self._c, 'row')}"
        return [_staged(row) for row in run(self._c, sql, import_id, many(self._c, sorted(rows)))]

    def remarked(
        self, import_id: int, after: int, limit: int, *, bad: bool | None = None
    ) -> list[StagedRow]:
        said = {
            None: "(problems IS NOT NULL OR notes IS NOT NULL)",
            True: "problems IS NOT NULL",
            False: "notes IS NOT NULL",
        }[bad]
        sql = f"{_ROWS} AND row > ? AND {said} ORDER BY row LIMIT {limit:d}"
        return [_staged(row) for row in run(self._c, sql, import_id, after)]

    def drop_rows(self, import_id: int, after: int, limit: int, *, bad: bool) -> int | None:
        sql = (
            "SELECT max(row) FROM (SELECT row FROM import_row WHERE import_id = ? AND row > ?"  # noqa: S608
            f" ORDER BY row LIMIT {limit:d}) x"
        )
        last: int | None = run(self._c, sql, import_id, after)[0][0]
        if last is not None:
            sql = "DELETE FROM import_row WHERE import_id = ? AND row > ? AND row <= ?"
            good = "" if bad else " AND problems IS NULL"
            run(self._c, sql + good, import_id, after, last)
        return last

    # --- changes -----------------------------------------------------------------------------

    def keep(
        self,
        import_id: int,
        changes: Sequence[ImportChange],
        history: Sequence[tuple[int, FieldChange]],
        at: dt.datetime,
        *,
        by: str,
    ) -> None:
        ids = new_ids(self._c, "import_change", len(changes))
        insert(
            self._c,
            "import_change",
            ("id", "import_id", *ImportChange._fields),
            [(each, import_id, *change) for each, change in zip(ids, changes, strict=True)],
        )
        ids = new_ids(self._c, "history", len(history))
        columns = ("subject", "subject_id", "field", "old", "new", "changed_at", "changed_by")
        insert(
            self._c,
            "history",
            ("id", *columns),
            [
                (each, "customer", customer_id, *change, micros(at), by)
                for each, (customer_id, change) in zip(ids, history, strict=True)
            ],
        )

    def changes(
        self, import_id: int, after: int, limit: int, kind: ChangeKind | None = None
    ) -> list[KeptChange]:
        of_kind = "" if kind is None else f" AND i.kind = '{kind.value}'"
        sql = f"{_CHANGES} AND i.id > ?{of_kind} ORDER BY i.id LIMIT {limit:d}"
        return [_kept(row) for row in run(self._c, sql, import_id, after)]

    def changes_back(self, import_id: int, before: int, limit: int) -> list[KeptChange]:
        sql = (
            f"{_CHANGES} AND i.id < ? AND i.kind IN ({_quoted(_PUT_BACK)})"
            f" ORDER BY i.id DESC LIMIT {limit:d}"
        )
        return [_kept(row) for row in run(self._c, sql, import_id, before)]

    def customers(
        self, import_id: int, kinds: Collection[ChangeKind], after: int, limit: int
    ) -> list[int]:
        sql = (
            "SELECT DISTINCT customer_id FROM import_change WHERE import_id = ?"  # noqa: S608
            f" AND customer_id > ? AND kind IN ({_quoted(kinds)})"
            f" ORDER BY customer_id LIMIT {limit:d}"
        )
        return [row[0] for row in run(self._c, sql, import_id, after)]


def _run(row: Any) -> ImportRun:
    values = {name: row[name] for name in ImportRun.model_fields if name in row}
    return ImportRun(
        **{
            **values,
            "layout": Layout.model_validate_json(row["options"]),
            "counts": ImportCounts.model_validate_json(row["counts"]),
        }
    )


def _staged(row: Any) -> StagedRow:
    number, number_key, ship_to_key, cells, problems, notes = row
    said = (loaded_remarks(problems), loaded_remarks(notes))
    return StagedRow(number, number_key, ship_to_key, cells, *said)


def _kept(row: Any) -> KeptChange:
    number_row, customer_id, kind, *rest = row[3:]
    change = ImportChange(number_row, customer_id, ChangeKind(kind), *rest)
    return KeptChange(row[0], row[1], row[2], change)


def _quoted(kinds: Collection[ChangeKind]) -> str:
    return ", ".join(f"'{kind.value}'" for kind in kinds)
