"""Calls of the API that came with an idempotency key."""

from __future__ import annotations

import datetime as dt
import json

import sqlalchemy as sa

from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import run
from exempt.services import call_ports as ports
from exempt.services.call_ports import CallRow

_THIS = "api_key_id = ? AND key = ?"


class Calls(ports.Calls):
    """Calls, by API key and by the key that came with them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def begin(
        self, api_key_id: int, key: str, fingerprint: str, at: dt.datetime, old: dt.datetime
    ) -> bool:
        sql = (
            "INSERT INTO idempotent_call (api_key_id, key, fingerprint, made_at)"
            " VALUES (?, ?, ?, ?) ON CONFLICT (api_key_id, key) DO UPDATE"
            " SET fingerprint = excluded.fingerprint, made_at = excluded.made_at, status = NULL,"
            " headers = '{}', body = '' WHERE idempotent_call.made_at < ? RETURNING made_at"
        )
        values = (api_key_id, key, fingerprint, micros(at), micros(old))
        return bool(run(self._c, sql, *values))

    def get(self, api_key_id: int, key: str) -> CallRow | None:
        sql = (
            "SELECT fingerprint, status, headers, body, made_at FROM idempotent_call"  # noqa: S608
            f" WHERE {_THIS}"
        )
        for fingerprint, status, headers, body, made_at in run(self._c, sql, api_key_id, key):
            return CallRow(fingerprint, status, json.loads(headers), body, moment(made_at))
        return None

    def take_over(self, api_key_id: int, key: str, began_at: dt.datetime, at: dt.datetime) -> bool:
        sql = (
            f"UPDATE idempotent_call SET made_at = ? WHERE {_THIS}"  # noqa: S608
            " AND made_at = ? AND status IS NULL RETURNING made_at"
        )
        return bool(run(self._c, sql, micros(at), api_key_id, key, micros(began_at)))

    def carried_out(self, api_key_id: int, key: str, began_at: dt.datetime) -> bool:
        sql = (
            f"UPDATE idempotent_call SET status = 0 WHERE {_THIS}"  # noqa: S608
            " AND made_at = ? RETURNING made_at"
        )
        return bool(run(self._c, sql, api_key_id, key, micros(began_at)))

    def answered(
        self, api_key_id: int, key: str, status: int, headers: dict[str, str], body: str
    ) -> None:
        sql = f"UPDATE idempotent_call SET status = ?, headers = ?, body = ? WHERE {_THIS}"  # noqa: S608
        run(self._c, sql, status, json.dumps(headers), body, api_key_id, key)

    def drop(self, api_key_id: int, key: str) -> None:
        sql = f"DELETE FROM idempotent_call WHERE {_THIS} AND status IS NULL"  # noqa: S608
        run(self._c, sql, api_key_id, key)

    def forget(self, before: dt.datetime) -> int:
        sql = "DELETE FROM idempotent_call WHERE made_at < ? RETURNING made_at"
        return len(run(self._c, sql, micros(before)))
