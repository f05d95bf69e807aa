"""Views that people keep of lists, as rows."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from exempt.adapters.store.console_tables import saved_view as table
from exempt.services import view_ports as ports
from exempt.services.view_ports import SavedView

_C = table.c


class SavedViews(ports.SavedViews):
    """See the port."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def of(self, user_id: int, path: str) -> list[SavedView]:
        query = (
            sa.select(_C.id, _C.path, _C.name, _C.query)
            .where(_C.user_id == user_id, _C.path == path)
            .order_by(_C.name)
        )
        return [SavedView(*row) for row in self._c.execute(query)]

    def save(self, user_id: int, path: str, name: str, query: str, at: dt.datetime) -> None:
        same = (_C.user_id == user_id, _C.path == path, _C.name == name)
        changed = self._c.execute(sa.update(table).where(*same).values(query=query, made_at=at))
        if not changed.rowcount:
            self._c.execute(
                sa.insert(table).values(
                    user_id=user_id, path=path, name=name, query=query, made_at=at
                )
            )

    def rename(self, view_id: int, name: str) -> None:
        self._c.execute(sa.update(table).where(_C.id == view_id).values(name=name))

    def remove(self, user_id: int, view_id: int) -> bool:
        done = self._c.execute(sa.delete(table).where(_C.id == view_id, _C.user_id == user_id))
        return done.rowcount == 1
