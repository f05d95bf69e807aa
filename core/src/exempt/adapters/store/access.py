"""People, their sessions and links, keys of programs, and what was tried, as rows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import web_tables as t
from exempt.adapters.store.database import lock
from exempt.model.access import Right, Role
from exempt.services import access_ports as ports
from exempt.services.access_ports import ApiKey, LinkPurpose, Session, User, UserLink

_U, _L, _S = t.user_account.c, t.user_link.c, t.user_session.c
_K, _A = t.api_key.c, t.attempt.c


class Users(ports.Users):
    """People who sign in; none is ever deleted."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def alone(self) -> None:
        lock(self._c, "users")

    def add(self, user: User) -> int:
        new = sa.insert(t.user_account).values(_columns_of(user))
        return int(self._c.execute(new.returning(_U.id)).scalar_one())

    def get(self, user_id: int, *, to_change: bool = False) -> User | None:
        query = sa.select(t.user_account).where(_U.id == user_id)
        if to_change:  # SQLite has one writer at a time anyway
            query = query.with_for_update()
        return self._one(query)

    def by_email(self, email: str) -> User | None:
        return self._one(sa.select(t.user_account).where(_U.email == email))

    def by_subject(self, subject: str) -> User | None:
        return self._one(sa.select(t.user_account).where(_U.oidc_subject == subject))

    def all(self) -> list[User]:
        rows = self._c.execute(sa.select(t.user_account).order_by(_U.email))
        return [_user(row) for row in rows.mappings()]

    def save(self, user: User) -> None:
        changed = sa.update(t.user_account).where(_U.id == user.id)
        self._c.execute(changed.values(_columns_of(user)))

    def _one(self, query: sa.Select[Any]) -> User | None:
        row = self._c.execute(query).mappings().one_or_none()
        return _user(row) if row else None

    def make_link(
        self,
        token_hash: str,
        purpose: LinkPurpose,
        user_id: int | None,
        at: dt.datetime,
        until: dt.datetime,
    ) -> None:
        self.end_links(user_id, at)
        self._c.execute(
            sa.insert(t.user_link).values(
                token_hash=token_hash,
                user_id=user_id,
                purpose=purpose.value,
                made_at=at,
                expires_at=until,
            )
        )

    def link(self, token_hash: str) -> UserLink | None:
        query = sa.select(t.user_link).where(_L.token_hash == token_hash)
        row = self._c.execute(query).mappings().one_or_none()
        if row is None:
            return None
        purpose = LinkPurpose(row["purpose"])
        return UserLink(purpose, row["user_id"], row["expires_at"], row["used_at"])

    def use_link(self, token_hash: str, at: dt.datetime) -> bool:
        used = sa.update(t.user_link).where(
            _L.token_hash == token_hash, _L.used_at.is_(None), _L.expires_at > at
        )
        return self._c.execute(used.values(used_at=at)).rowcount == 1

    def end_links(self, user_id: int | None, at: dt.datetime) -> None:
        theirs = _L.user_id.is_(None) if user_id is None else _L.user_id == user_id
        over = sa.update(t.user_link).where(theirs, _L.used_at.is_(None))
        self._c.execute(over.values(used_at=at))


class Sessions(ports.Sessions):
    """Who is signed in."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def begin(self, session: Session) -> None:
        self._c.execute(sa.insert(t.user_session).values(**session._asdict()))

    def find(self, id_hash: str) -> Session | None:
        query = sa.select(t.user_session).where(_S.id_hash == id_hash)
        row = self._c.execute(query).mappings().one_or_none()
        return Session(**row) if row else None

    def of(self, user_id: int) -> list[Session]:
        query = sa.select(t.user_session).where(_S.user_id == user_id)
        rows = self._c.execute(query.order_by(_S.seen_at.desc(), _S.id_hash))
        return [Session(**row) for row in rows.mappings()]

    def seen(self, id_hash: str, at: dt.datetime) -> None:
        self._c.execute(sa.update(t.user_session).where(_S.id_hash == id_hash).values(seen_at=at))

    def end(self, id_hash: str) -> None:
        self._c.execute(sa.delete(t.user_session).where(_S.id_hash == id_hash))

    def end_of(self, user_id: int, *, but: str | None = None) -> int:
        over = sa.delete(t.user_session).where(_S.user_id == user_id)
        if but is not None:
            over = over.where(_S.id_hash != but)
        return int(self._c.execute(over).rowcount)

    def end_old(self, seen_before: dt.datetime, made_before: dt.datetime) -> int:
        old = sa.or_(_S.seen_at < seen_before, _S.made_at < made_before)
        return int(self._c.execute(sa.delete(t.user_session).where(old)).rowcount)


class ApiKeys(ports.ApiKeys):
    """Keys of programs; none is ever deleted."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def add(self, key: ApiKey) -> int:
        values = key._asdict()
        del values["id"]
        values["company_ids"] = _ids_to_text(key.company_ids)
        values["rights"] = json.dumps(sorted(right.value for right in key.rights))
        new = sa.insert(t.api_key).values(values)
        return int(self._c.execute(new.returning(_K.id)).scalar_one())

    def get(self, key_id: int) -> ApiKey | None:
        return self._one(_K.id == key_id)

    def find(self, prefix: str) -> ApiKey | None:
        return self._one(_K.prefix == prefix)

    def all(self) -> list[ApiKey]:
        rows = self._c.execute(sa.select(t.api_key).order_by(_K.id.desc()))
        return [_key(row) for row in rows.mappings()]

    def used(self, key_id: int, at: dt.datetime) -> None:
        self._c.execute(sa.update(t.api_key).where(_K.id == key_id).values(used_at=at))

    def revoke(self, key_id: int, at: dt.datetime) -> bool:
        over = sa.update(t.api_key).where(_K.id == key_id, _K.revoked_at.is_(None))
        return self._c.execute(over.values(revoked_at=at)).rowcount == 1

    def _one(self, which: sa.ColumnElement[bool]) -> ApiKey | None:
        row = self._c.execute(sa.select(t.api_key).where(which)).mappings().one_or_none()
        return _key(row) if row else None


class Attempts(ports.Attempts):
    """What was tried."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def alone(self, name: str) -> None:
        lock(self._c, f"attempt {name}")

    def add(self, name: str, at: dt.datetime) -> None:
        self._c.execute(sa.insert(t.attempt).values(name=name, made_at=at))

    def since(self, name: str, since: dt.datetime) -> Sequence[dt.datetime]:
        tried = sa.select(_A.made_at).where(_A.name == name, _A.made_at > since)
        return self._c.scalars(tried.order_by(_A.made_at)).all()

    def forget(self, name: str, at: dt.datetime | None = None) -> None:
        which = sa.delete(t.attempt).where(_A.name == name)
        self._c.execute(which if at is None else which.where(_A.made_at == at))

    def end_old(self, before: dt.datetime) -> int:
        return int(self._c.execute(sa.delete(t.attempt).where(_A.made_at < before)).rowcount)


def _ids_to_text(ids: Collection[int] | None) -> str | None:
    return None if ids is None else json.dumps(sorted(ids))


def _ids(text: str | None) -> frozenset[int] | None:
    return None if text is None else frozenset(json.loads(text))


def _columns_of(user: User) -> dict[str, Any]:
    values = {each.name: getattr(user, each.name) for each in dataclasses.fields(user)}
    del values["id"]
    values["role"] = user.role.value
    values["company_ids"] = _ids_to_text(user.company_ids)
    values["recovery"] = json.dumps(user.recovery)
    values["oidc_subject"] = values.pop("subject")
    return values


def _user(row: sa.RowMapping) -> User:
    values = dict(row)
    values["role"] = Role(values["role"])
    values["company_ids"] = _ids(values["company_ids"])
    values["recovery"] = tuple(json.loads(values["recovery"]))
    values["subject"] = values.pop("oidc_subject")
    return User(**values)


def _key(row: sa.RowMapping) -> ApiKey:
    rights = frozenset(map(Right, json.loads(row["rights"])))
    return ApiKey(**{**row, "company_ids": _ids(row["company_ids"]), "rights": rights})
