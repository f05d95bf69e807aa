"""Comments and files of customers and certificates, as rows."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from exempt.adapters.store.customer_tables import entry as table
from exempt.model.entry import Entry, EntryDetails
from exempt.services import entry_ports as ports
from exempt.services.rows import Subject

_E = table.c
_CHANGING = {"text", "edited_at", "edited_by", "removed_at", "removed_by"}


class Entries(ports.Entries):
    """Comments and files; none is ever deleted."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def add(
        self,
        subject: Subject,
        subject_id: int,
        details: EntryDetails,
        at: dt.datetime,
        *,
        by: str,
    ) -> Entry:
        added = self._c.execute(
            sa.insert(table)
            .values(
                **details.model_dump(),
                subject=subject.value,
                subject_id=subject_id,
                added_at=at,
                added_by=by,
            )
            .returning(table)
        )
        return Entry(**added.mappings().one())

    def get(self, entry_id: int, *, to_change: bool = False) -> Entry | None:
        query = sa.select(table).where(_E.id == entry_id)
        if to_change:  # SQLite has one writer at a time anyway
            query = query.with_for_update()
        row = self._c.execute(query).mappings().one_or_none()
        return Entry(**row) if row else None

    def save(self, entry: Entry) -> None:
        values = entry.model_dump(include=_CHANGING)
        self._c.execute(sa.update(table).where(_E.id == entry.id).values(**values))

    def of(self, subject: Subject, subject_id: int, *, with_removed: bool = False) -> list[Entry]:
        query = sa.select(table).where(_E.subject == subject.value, _E.subject_id == subject_id)
        if not with_removed:
            query = query.where(_E.removed_at.is_(None))
        rows = self._c.execute(query.order_by(_E.id))
        return [Entry(**row) for row in rows.mappings()]
