"""The links of requests, and who is in the portal through one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import web_tables as w
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import run
from exempt.services import submission_ports as ports
from exempt.services.submission_ports import LinkRow

_COLUMNS = "l.id, l.request_id, l.expires_at, l.revoked_at, l.opened_at"


class Links(ports.Links):
    """Links by the hash of their token."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def make(self, request_id: int, token_hash: str, at: dt.datetime, until: dt.datetime) -> int:
        made = sa.insert(w.request_link).values(
            request_id=request_id, token_hash=token_hash, made_at=at, expires_at=until
        )
        return int(self._c.execute(made.returning(w.request_link.c.id)).scalar_one())

    def find(self, token_hash: str) -> LinkRow | None:
        sql = f"SELECT {_COLUMNS} FROM request_link l WHERE l.token_hash = ?"  # noqa: S608
        return next(map(_link, run(self._c, sql, token_hash)), None)

    def opened(self, link_id: int, at: dt.datetime) -> None:
        sql = "UPDATE request_link SET opened_at = ? WHERE id = ? AND opened_at IS NULL"
        run(self._c, sql, micros(at), link_id)

    def revoke(self, request_id: int, at: dt.datetime) -> None:
        sql = "UPDATE request_link SET revoked_at = ? WHERE request_id = ? AND revoked_at IS NULL"
        run(self._c, sql, micros(at), request_id)
        sql = (
            "DELETE FROM portal_session WHERE link_id IN"
            " (SELECT id FROM request_link WHERE request_id = ?)"
        )
        run(self._c, sql, request_id)

    def revoke_one(self, link_id: int, at: dt.datetime) -> None:
        sql = "UPDATE request_link SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
        run(self._c, sql, micros(at), link_id)
        run(self._c, "DELETE FROM portal_session WHERE link_id = ?", link_id)

    def enter(self, id_hash: str, link_id: int, at: dt.datetime) -> None:
        sql = "INSERT INTO portal_session (id_hash, link_id, made_at, seen_at) VALUES (?, ?, ?, ?)"
        run(self._c, sql, id_hash, link_id, micros(at), micros(at))

    def entered(self, id_hash: str, since: dt.datetime) -> LinkRow | None:
        sql = (
            f"SELECT {_COLUMNS} FROM portal_session s JOIN request_link l ON l.id = s.link_id"  # noqa: S608
            " WHERE s.id_hash = ? AND s.seen_at > ?"
        )
        return next(map(_link, run(self._c, sql, id_hash, micros(since))), None)

    def seen(self, id_hash: str, at: dt.datetime) -> None:
        run(self._c, "UPDATE portal_session SET seen_at = ? WHERE id_hash = ?", micros(at), id_hash)

    def leave(self, id_hash: str) -> None:
        run(self._c, "DELETE FROM portal_session WHERE id_hash = ?", id_hash)


def _link(row: Any) -> LinkRow:
    link_id, request_id, expires_at, revoked_at, opened_at = row
    return LinkRow(
        link_id,
        request_id,
        moment(expires_at),
        None if revoked_at is None else moment(revoked_at),
        None if opened_at is None else moment(opened_at),
    )
