"""Users, sessions, keys and tries as rows, on both databases: what goes in comes out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from exempt.adapters.store.store import SqlStore
from exempt.model.access import Right, Role
from exempt.services.access_ports import ApiKey, LinkPurpose, Session, User
from support.records import NOW

SECOND = dt.timedelta(seconds=1)

BO = User(
    id=0,
    email="bo@acme.example",
    name="Bo Chen",
    role=Role.REVIEWER,
    made_at=NOW,
    made_by="anna",
    company_ids=frozenset({3, 1}),
    password_hash="$argon2id$…",
    totp_sealed="sealed",
    totp_step=58_000_000,
    recovery=("a" * 64, "b" * 64),
    subject="https://idp.example 7",
    disabled_at=NOW + SECOND,
    signed_in_at=NOW - SECOND,
)
KEY = ApiKey(
    0, "abcd1234", "f" * 64, "erp", None, frozenset(Right), NOW, "anna", NOW + SECOND, None, None
)


def test_a_user_comes_out_as_they_went_in(store: SqlStore) -> None:
    with store.writing() as tx:
        first = replace(BO, id=tx.users.add(BO))
        plain = User(0, "al@acme.example", "Al", Role.VIEWER, NOW, "anna")
        second = replace(plain, id=tx.users.add(plain))
    with store.writing() as tx:
        assert tx.users.all() == [second, first]
        assert tx.users.get(first.id, to_change=True) == first
        assert tx.users.by_email(BO.email) == first
        assert tx.users.by_subject("https://idp.example 7") == first
        assert tx.users.by_subject("") is None
        assert tx.users.get(99) is None
        changed = replace(plain, id=first.id, email="cy@acme.example")
        tx.users.save(changed)
    with store.reading() as tx:
        assert tx.users.all() == [second, changed]


def test_what_is_secret_of_a_user_is_not_shown() -> None:
    shown = repr(BO)
    assert not any(each in shown for each in ("argon2", "sealed='", "58000000", "aaaa", "idp"))


@pytest.mark.parametrize("field", ["email", "subject"])
def test_two_users_do_not_share(store: SqlStore, field: str) -> None:
    other = replace(BO, **{"email": "x@acme.example", "subject": None, field: getattr(BO, field)})
    with pytest.raises(sa.exc.IntegrityError), store.writing() as tx:
        tx.users.add(BO)
        tx.users.add(other)


def test_a_link_works_until_it_is_used_ended_or_over(store: SqlStore) -> None:
    until = NOW + SECOND
    with store.writing() as tx:
        user_id = tx.users.add(BO)
        tx.users.make_link("h1", LinkPurpose.FIRST, None, NOW, until)
        tx.users.make_link("h2", LinkPurpose.INVITATION, user_id, NOW, until)
        assert not tx.users.use_link("h1", until)
        assert tx.users.use_link("h1", NOW)
        assert not tx.users.use_link("h1", NOW)
        tx.users.make_link("h3", LinkPurpose.PASSWORD, user_id, NOW, until)
        links = [tx.users.link(each) for each in ("h1", "h2", "h3")]
        assert tx.users.link("h4") is None
    assert [link and link.works(NOW) for link in links] == [False, False, True]
    assert [link and link.user_id for link in links] == [None, user_id, user_id]
    assert [link and link.works(until) for link in links] == [False, False, False]


def test_sessions_come_out_as_they_went_in(store: SqlStore) -> None:
    with store.writing() as tx:
        user_id = tx.users.add(BO)
        old = Session("s1", user_id, NOW, NOW, "::1", "a browser", complete=True)
        new = Session("s2", user_id, NOW, NOW + SECOND, "", "", complete=False)
        tx.sessions.begin(old)
        tx.sessions.begin(new)
        assert tx.sessions.of(user_id) == [new, old]
        tx.sessions.seen("s1", NOW + 2 * SECOND)
        assert tx.sessions.find("s1") == old._replace(seen_at=NOW + 2 * SECOND)
        assert tx.sessions.end_of(user_id, but="s1") == 1
        assert tx.sessions.find("s2") is None
        tx.sessions.end("s1")
        assert tx.sessions.of(user_id) == []


def test_sessions_that_nobody_uses_or_that_last_too_long_are_old(store: SqlStore) -> None:
    with store.writing() as tx:
        user_id = tx.users.add(BO)
        for number, (made, seen) in enumerate([(0, 0), (0, 9), (9, 9)]):
            moments = (NOW + made * SECOND, NOW + seen * SECOND)
            tx.sessions.begin(Session(f"s{number}", user_id, *moments, "", "", complete=True))
        assert tx.sessions.end_old(NOW + SECOND, NOW) == 1
        assert tx.sessions.end_old(NOW, NOW + SECOND) == 1
        assert [each.id_hash for each in tx.sessions.of(user_id)] == ["s2"]


def test_keys_come_out_as_they_went_in(store: SqlStore) -> None:
    with store.writing() as tx:
        first = KEY._replace(id=tx.api_keys.add(KEY))
        scoped = KEY._replace(prefix="x", company_ids=frozenset({2}), rights=frozenset())
        second = scoped._replace(id=tx.api_keys.add(scoped))
        assert tx.api_keys.all() == [second, first]
        assert (tx.api_keys.find("abcd1234"), tx.api_keys.find("")) == (first, None)
        tx.api_keys.used(first.id, NOW)
        assert tx.api_keys.revoke(first.id, NOW)
        assert not tx.api_keys.revoke(first.id, NOW + SECOND)
        assert tx.api_keys.get(first.id) == first._replace(used_at=NOW, revoked_at=NOW)


def test_tries_are_counted_by_name(store: SqlStore) -> None:
    with store.writing() as tx:
        tx.attempts.alone("a")
        for seconds in (2, 1, 3):
            tx.attempts.add("a", NOW + seconds * SECOND)
        tx.attempts.add("b", NOW)
        assert tx.attempts.since("a", NOW + SECOND) == [NOW + 2 * SECOND, NOW + 3 * SECOND]
        tx.attempts.forget("a", NOW + 2 * SECOND)
        assert tx.attempts.since("a", NOW) == [NOW + SECOND, NOW + 3 * SECOND]
        assert tx.attempts.end_old(NOW + SECOND) == 1
        tx.attempts.forget("a")
        assert tx.attempts.end_old(NOW + 9 * SECOND) == 0
