"""Connections that were made in the console, as rows."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.console_tables import configured_connection as table
from exempt.services import source_ports as ports
from exempt.services.source_ports import MadeConnection

_C = table.c


class MadeConnections(ports.MadeConnections):
    """See the port."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def all(self) -> list[MadeConnection]:
        query = sa.select(table).where(_C.removed_at.is_(None)).order_by(_C.name)
        return [_made(row) for row in self._c.execute(query)]

    def version(self) -> int:
        # A row is never deleted, so that the sum only grows.
        return int(self._c.scalar(sa.select(sa.func.sum(_C.version))) or 0)

    def save(self, made: MadeConnection, at: dt.datetime, by: str) -> bool:
        values: dict[str, Any] = {
            "connector": made.connector,
            "company": made.company,
            "schedule": made.schedule,
            "settings": json.dumps(dict(made.settings), sort_keys=True),
            "options": json.dumps(dict(made.options), sort_keys=True),
            "changed_at": at,
            "changed_by": by,
            "removed_at": None,
        }
        here = sa.update(table).where(_C.name == made.name)
        if made.version:
            here = here.where(_C.version == made.version, _C.removed_at.is_(None))
        else:
            here = here.where(_C.removed_at.is_not(None))  # made anew by that name
        changed = self._c.execute(here.values(version=_C.version + 1, **values))
        if changed.rowcount or made.version:
            return changed.rowcount == 1
        if self._c.scalar(sa.select(_C.version).where(_C.name == made.name)) is not None:
            return False
        self._c.execute(sa.insert(table).values(name=made.name, version=1, **values))
        return True

    def remove(self, name: str, version: int, at: dt.datetime, by: str) -> bool:
        here = sa.update(table).where(
            _C.name == name, _C.version == version, _C.removed_at.is_(None)
        )
        # What it had sealed goes with it.
        gone = {"removed_at": at, "changed_at": at, "changed_by": by, "settings": "{}"}
        return self._c.execute(here.values(version=_C.version + 1, **gone)).rowcount == 1


def _made(row: Any) -> MadeConnection:
    return MadeConnection(
        name=row.name,
        connector=row.connector,
        company=row.company,
        schedule=row.schedule,
        settings=json.loads(row.settings),
        options=json.loads(row.options),
        version=row.version,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )
