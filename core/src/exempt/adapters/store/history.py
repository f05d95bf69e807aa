"""Who changed what, and when; and what somebody decided for an order by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import tables as t
from exempt.adapters.store.columns import moment
from exempt.adapters.store.database import Row, insert, many, new_ids, one_of, run
from exempt.model.certificate import Change
from exempt.model.decision import ManualChoice
from exempt.rules.history import FieldChange
from exempt.services import register_ports as ports
from exempt.services.rows import Subject


def note(connection: sa.Connection, changes: Sequence[Row]) -> None:
    """Add to histories, many at once: ``subject, id, field, old, new, at, by``.

    The moment is in microseconds.
    """
    ids = new_ids(connection, "history", len(changes))
    columns = ("id", "subject", "subject_id", "field", "old", "new", "changed_at", "changed_by")
    rows = [(new_id, *row) for new_id, row in zip(ids, changes, strict=True)]
    insert(connection, "history", columns, rows)


class History(ports.History):
    """Changes, only ever added to."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def add(
        self,
        subject: Subject,
        subject_id: int,
        changes: Sequence[FieldChange],
        at: dt.datetime,
        by: str,
    ) -> None:
        if changes:
            self._c.execute(
                sa.insert(t.history),
                [
                    {
                        "subject": subject.value,
                        "subject_id": subject_id,
                        **change._asdict(),
                        "changed_at": at,
                        "changed_by": by,
                    }
                    for change in changes
                ],
            )

    def of(self, subject: Subject, subject_id: int) -> list[Change]:
        h = t.history.c
        rows = self._c.execute(
            sa.select(h.field, h.old, h.new, h.changed_at, h.changed_by)
            .where(h.subject == subject.value, h.subject_id == subject_id)
            .order_by(h.id)
        )
        return [Change(**row) for row in rows.mappings()]


class Choices(ports.Choices):
    """What somebody decided for orders by hand."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def of(self, order_ids: Collection[int]) -> dict[int, ManualChoice]:
        sql = f"{_CHOICES} WHERE ended_at IS NULL AND {one_of(self._c, 'order_id')}"
        rows = run(self._c, sql, many(self._c, list(order_ids))) if order_ids else ()
        return {row[0]: _choice(row) for row in rows}

    def orders(self, certificate_id: int) -> list[int]:
        sql = (
            "SELECT order_id FROM manual_choice WHERE ended_at IS NULL AND certificate_id = ?"
            " ORDER BY order_id"
        )
        return [row[0] for row in run(self._c, sql, certificate_id)]

    def make(self, choice: ManualChoice) -> None:
        self._c.execute(sa.insert(t.manual_choice).values(**choice.model_dump()))

    def end(self, order_id: int, reason: str, at: dt.datetime) -> bool:
        c = t.manual_choice.c
        ended = self._c.execute(
            sa.update(t.manual_choice)
            .where(c.order_id == order_id, c.ended_at.is_(None))
            .values(ended_at=at, ended_reason=reason)
        )
        return ended.rowcount > 0

    def all_of(self, order_id: int) -> list[ManualChoice]:
        rows = run(self._c, f"{_CHOICES} WHERE order_id = ? ORDER BY id", order_id)
        return [_choice(row) for row in rows]


_FIELDS = tuple(ManualChoice.model_fields)
_CHOICES = f"SELECT {', '.join(_FIELDS)} FROM manual_choice"  # noqa: S608


def _choice(row: Sequence[Any]) -> ManualChoice:
    values = dict(zip(_FIELDS, row, strict=True))
    moments = {name: moment(values[name]) for name in ("made_at", "ended_at") if values[name]}
    return ManualChoice(**{**values, **moments})
