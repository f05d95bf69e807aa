"""Signing in, by the rows of OWASP ASVS 5.0 that the names of the tests tell."""

from __future__ import annotations

import datetime as dt
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from exempt.adapters.passwords import Argon2Passwords
from exempt.adapters.store.store import SqlStore
from exempt.errors import RefusedError, TooOftenError
from exempt.model.access import Role
from exempt.services import limiting, own_account, sessions, signing_in, users
from exempt.services.access_ports import NoPasswords
from exempt.services.sessions import Lasting
from exempt.services.signing_in import sign_in
from support.access import (
    PASSWORD,
    PASSWORDS,
    desk,
    events,
    member,
)
from support.records import NOW
from support.world import World

SECOND, MINUTE, HOUR = (dt.timedelta(seconds=n) for n in (1, 60, 3600))
LASTING = Lasting(30 * MINUTE, 12 * HOUR)
EMAIL = "dana@acme.example"


@pytest.fixture
def store(world: World) -> SqlStore:
    return world.store


def wrong(store: SqlStore, at: dt.datetime = NOW, email: str = EMAIL, **where: Any) -> str:
    """What somebody is told who types a wrong password."""
    with pytest.raises(RefusedError) as refused:
        sign_in(desk(store, at, **where), email, "not the password")
    return str(refused.value)


def wait_of(store: SqlStore, at: dt.datetime = NOW, email: str = EMAIL, **where: Any) -> int:
    """How many seconds somebody must wait; 0 = not at all."""
    try:
        sign_in(desk(store, at, **where), email, "not the password")
    except TooOftenError as error:
        return int(error.retry_after.total_seconds())
    except RefusedError:
        return 0
    raise AssertionError


# --- the password ------------------------------------------------------------------------


def test_whoever_has_the_password_is_in(store: SqlStore) -> None:
    member(store)
    entered = sign_in(desk(store), f" {EMAIL.upper()} ", PASSWORD)
    assert entered.complete
    found = sessions.current(store, entered.token, LASTING, NOW)
    assert found is not None
    assert (found.caller.name, found.caller.title) == (EMAIL, "Dana Lee")
    assert events(store, found.user.id)[-1].new == "with a password, from 203.0.113.9"


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(PASSWORD.upper(), id="in capitals"),
        pytest.param(PASSWORD[:-1], id="cut off"),
        pytest.param(f"{PASSWORD} ", id="with a blank behind it"),
        pytest.param("", id="not at all"),
        pytest.param("x" * 100_000, id="without an end"),
    ],
)
def test_asvs_6_2_8_the_password_counts_exactly_as_it_was_chosen(
    store: SqlStore, typed: str
) -> None:
    member(store)
    with pytest.raises(RefusedError, match=signing_in.WRONG):
        sign_in(desk(store), EMAIL, typed)


def test_asvs_6_3_8_who_is_unknown_or_disabled_is_told_the_same(store: SqlStore) -> None:
    """And as many passwords are hashed, so that it takes as long."""
    counted: list[str | None] = []

    class Counting(Argon2Passwords):
        def verify(self, password: str, known: str | None) -> tuple[bool, str | None]:
            counted.append(known)
            return PASSWORDS.verify(password, known)

    member(store)
    off = member(store, Role.VIEWER, email="off@acme.example")
    users.disable(store, off.user.id, by="anna", at=NOW)
    said = set()
    for email, typed in (
        (EMAIL, "wrong"),
        ("nobody@acme.example", "x"),
        (off.user.email, PASSWORD),
    ):
        with pytest.raises(RefusedError) as refused:
            sign_in(desk(store, passwords=Counting()), email, typed)
        said.add(str(refused.value))
    assert said == {signing_in.WRONG}
    assert len(counted) == 3


def test_asvs_11_4_2_passwords_are_kept_by_argon2id_at_what_owasp_asks_for() -> None:
    kept = Argon2Passwords().hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert Argon2Passwords().verify(PASSWORD, kept) == (True, None)


def test_asvs_11_4_2_an_older_hash_is_made_anew_when_its_password_is_known(store: SqlStore) -> None:
    entered = member(store)
    stronger = Argon2Passwords(passes=2, kibibytes=16, lanes=1)
    sign_in(desk(store, passwords=stronger), EMAIL, PASSWORD)
    with store.reading() as tx:
        kept = users.get(tx, entered.user.id).password_hash
    assert kept is not None
    assert "m=16,t=2" in kept
    assert sign_in(desk(store, passwords=stronger), EMAIL, PASSWORD).complete


def test_what_is_no_hash_of_ours_is_no_password() -> None:
    assert PASSWORDS.verify("x", "$2b$12$something") == (False, None)


def test_where_passwords_are_not_used_nobody_has_one(store: SqlStore) -> None:
    member(store)
    with pytest.raises(RefusedError, match=signing_in.WRONG):
        sign_in(desk(store, passwords=NoPasswords()), EMAIL, PASSWORD)
    linked = users.add(store, users.Details("b@acme.example", "B", Role.VIEWER), by="a", at=NOW)
    with pytest.raises(RefusedError, match="passwords are not used here"):
        own_account.choose_password(
            desk(store, passwords=NoPasswords()), linked.token, PASSWORD, "", ""
        )


# --- how often ---------------------------------------------------------------------------


def test_asvs_6_3_1_and_2_4_1_guessing_takes_longer_each_time(store: SqlStore) -> None:
    member(store)
    waits, at = [], NOW
    for _ in range(12):
        waits.append(wait_of(store, at))
        at += waits[-1] * SECOND
        if waits[-1]:
            assert wait_of(store, at) == 0, "whoever waited may try"
    assert waits[:5] == [0] * 5
    assert waits[5:] == [5, 10, 20, 40, 80, 160, 320]


def test_asvs_6_3_1_while_one_waits_the_right_password_does_not_count_either(
    store: SqlStore,
) -> None:
    member(store)
    for _ in range(5):
        wrong(store)
    with pytest.raises(TooOftenError, match=r"tried too often: try again in 5 seconds"):
        sign_in(desk(store), EMAIL, PASSWORD)
    assert sign_in(desk(store, NOW + 5 * SECOND), EMAIL, PASSWORD).complete


def test_asvs_6_3_1_nobody_is_locked_out_by_others(store: SqlStore) -> None:
    """Whoever was here before waits for nobody; whoever was not waits a minute at most."""
    member(store)
    sign_in(desk(store, address="198.51.100.1"), EMAIL, PASSWORD)
    for number in range(300):
        wait_of(store, address=f"192.0.2.{number % 250}")
    assert 0 < wait_of(store, address="192.0.2.251") <= 60
    assert sign_in(desk(store, address="198.51.100.1"), EMAIL, PASSWORD).complete
    assert sign_in(desk(store, NOW + MINUTE, address="192.0.2.251"), EMAIL, PASSWORD).complete


def test_asvs_6_3_1_one_network_cannot_go_through_many_accounts(store: SqlStore) -> None:
    """Of IPv6 the half that one household has is one network."""
    waits = [
        wait_of(store, email=f"{n}@acme.example", address=f"2001:db8::{n:x}") for n in range(51)
    ]
    assert waits == [0] * 50 + [5]
    assert wait_of(store, address="2001:db8:0:1::1") == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("testclient", "testclient"),
    ],
)
def test_what_counts_as_one_network(address: str, network: str) -> None:
    assert limiting.network(address) == network


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 second"), (89, "89 seconds"), (90, "2 minutes")]
)
def test_a_wait_is_told_in_words(seconds: float, words: str) -> None:
    assert limiting.in_words(seconds * SECOND) == words


def test_what_was_typed_as_an_e_mail_does_not_stand_among_the_tries(store: SqlStore) -> None:
    """People type their password there."""
    wrong(store, email="hunter2-canary")
    with store.database.reading() as connection:
        names = [row[0] for row in connection.exec_driver_sql("SELECT name FROM attempt")]
    assert len(names) == 3
    assert not any("canary" in name for name in names)


def test_asvs_16_3_1_who_could_not_sign_in_stands_in_history_and_log(
    store: SqlStore, caplog: pytest.LogCaptureFixture
) -> None:
    entered = member(store)
    with caplog.at_level(logging.INFO, logger="exempt.access"):
        wrong(store)
        wrong(store, email="nobody-canary@acme.example")
        sign_in(desk(store), EMAIL, PASSWORD)
    assert [record.getMessage() for record in caplog.records] == [
        "could not sign in",
        "could not sign in",
        "signed in with a password",
    ]
    assert [vars(record)["user"] for record in caplog.records] == [1, None, 1]
    assert {vars(record)["address"] for record in caplog.records} == {"203.0.113.9"}
    assert "canary" not in str([vars(record) for record in caplog.records])
    failed = events(store, entered.user.id)[-2]
    assert (failed.field, failed.changed_by) == ("could not sign in", "unknown")
    assert failed.new == "the e-mail or the password is wrong (from 203.0.113.9)"


def test_asvs_6_3_1_many_tries_at_the_same_time_are_as_few_as_one_by_one(
    any_world: World,
) -> None:
    store = any_world.store
    member(store)
    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(lambda _: wait_of(store), range(16)))
    assert waits == [0] * 5 + [5] * 11
