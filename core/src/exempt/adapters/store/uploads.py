"""Files that are arriving in parts, as rows."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from exempt.adapters.store.web_tables import upload as table
from exempt.services import submission_ports as ports

_U = table.c
_ROW = (_U.id_hash, _U.submission_id, _U.name, _U.size)


class Uploads(ports.Uploads):
    """Uploads by the hash of their tokens."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def begin(
        self, token_hash: str, submission_id: int, name: str, size: int, at: dt.datetime
    ) -> None:
        self._c.execute(
            sa.insert(table).values(
                id_hash=token_hash,
                submission_id=submission_id,
                name=name,
                size=size,
                made_at=at,
                moved_at=at,
            )
        )

    def get(self, token_hash: str) -> ports.UploadRow | None:
        row = self._c.execute(sa.select(*_ROW).where(_U.id_hash == token_hash)).one_or_none()
        return None if row is None else ports.UploadRow(*row)

    def of(self, submission_id: int) -> list[ports.UploadRow]:
        query = (
            sa.select(*_ROW)
            .where(_U.submission_id == submission_id)
            .order_by(_U.moved_at, _U.id_hash)
        )
        return [ports.UploadRow(*row) for row in self._c.execute(query)]

    def moved(self, token_hash: str, received: int, at: dt.datetime) -> None:
        self._c.execute(
            sa.update(table).where(_U.id_hash == token_hash).values(received=received, moved_at=at)
        )

    def drop(self, token_hash: str) -> bool:
        return self._c.execute(sa.delete(table).where(_U.id_hash == token_hash)).rowcount == 1

    def forget(self, before: dt.datetime) -> list[str]:
        query = sa.delete(table).where(_U.moved_at < before).returning(_U.id_hash)
        return list(self._c.scalars(query))

    def known(self) -> set[str]:
        return set(self._c.scalars(sa.select(_U.id_hash)))
