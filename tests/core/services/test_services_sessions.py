"""Sessions, by the rows of OWASP ASVS 5.0 that the names of the tests tell."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.errors import RefusedError
from exempt.services import sessions, users
from exempt.services.sessions import Lasting
from exempt.services.signing_in import give_code, sign_in
from support.access import PASSWORD, desk, events, goes_on, member, session_of, with_factor
from support.records import DAY, NOW
from support.world import World

SECOND, MINUTE, HOUR = (dt.timedelta(seconds=n) for n in (1, 60, 3600))
LASTING = Lasting(30 * MINUTE, 12 * HOUR)
EMAIL = "dana@acme.example"


@pytest.fixture
def store(world: World) -> SqlStore:
    return world.store


def test_asvs_7_2_3_and_7_2_4_each_session_has_an_id_of_its_own(store: SqlStore) -> None:
    member(store)
    tokens = {sign_in(desk(store), EMAIL, PASSWORD).token for _ in range(20)}
    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {43}, "256 bits"


def test_asvs_7_2_4_the_second_factor_changes_the_id(store: SqlStore) -> None:
    _, phone, _ = with_factor(store, member(store))
    at = NOW + MINUTE
    half = sign_in(desk(store, at), EMAIL, PASSWORD)
    whole = give_code(desk(store, at), session_of(store, half), phone.at(at))
    assert whole.token != half.token
    assert not goes_on(store, half)


@pytest.mark.parametrize(
    ("minutes", "in_it"),
    [
        pytest.param([29, 29, 29], True, id="7.3.1: used every half hour it goes on"),
        pytest.param([30], False, id="7.3.1: unused for half an hour it ends"),
        pytest.param([29] * 24 + [23], True, id="7.3.2: for just under twelve hours"),
        pytest.param([29] * 24 + [24], False, id="7.3.2: never for longer, however it is used"),
    ],
)
def test_asvs_7_3_how_long_a_session_lasts(
    store: SqlStore, minutes: list[int], in_it: bool
) -> None:
    entered, at, found = member(store), NOW, None
    for passed in minutes:
        at += passed * MINUTE
        found = sessions.current(store, entered.token, LASTING, at)
    assert (found is not None) is in_it


def test_what_goes_on_is_told_apart_from_what_is_kept(store: SqlStore) -> None:
    """Some end before they are swept away; another user's are not told."""
    entered, later = member(store), NOW + 20 * MINUTE
    member(store, email="lee@acme.example")
    sign_in(desk(store, later), EMAIL, PASSWORD)
    with store.reading() as tx:
        kept = sessions.of(tx, entered.user.id)
        going = [
            [each.made_at for each in sessions.going(tx, entered.user.id, LASTING, NOW + passed)]
            for passed in (29 * MINUTE, 30 * MINUTE, 50 * MINUTE)
        ]
    assert len(kept) == 2
    assert going == [[later, NOW], [later], []]


def test_looking_in_a_minute_twice_writes_once(store: SqlStore) -> None:
    entered = member(store)
    seen = []
    for seconds in (59, 60, 119, 120):
        sessions.current(store, entered.token, LASTING, NOW + seconds * SECOND)
        seen.append((session_of(store, entered).seen_at - NOW).total_seconds())
    assert seen == [0, 60, 60, 120]


def test_asvs_7_4_1_signing_out_ends_the_session_on_the_server(store: SqlStore) -> None:
    entered = member(store)
    sessions.end(store, entered.token)
    assert sessions.current(store, entered.token, LASTING, NOW) is None
    sessions.end(store, entered.token)


def test_asvs_7_4_2_disabling_somebody_ends_their_sessions_at_once(store: SqlStore) -> None:
    member(store)
    entered = member(store, email="bo@acme.example")
    users.disable(store, entered.user.id, by="anna", at=NOW)
    assert not goes_on(store, entered)


def test_a_session_of_somebody_who_is_disabled_counts_for_nothing(store: SqlStore) -> None:
    """Whatever became of ending it."""
    entered = member(store)
    with store.writing() as tx:
        tx.users.save(replace(entered.user, disabled_at=NOW))
    assert sessions.current(store, entered.token, LASTING, NOW) is None


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "'; DROP TABLE user_session --", "é"])
def test_what_is_no_session_is_nobodys(store: SqlStore, token: str) -> None:
    member(store)
    assert sessions.current(store, token, LASTING, NOW) is None


def test_what_a_browser_says_of_itself_is_kept_short_and_plain(store: SqlStore) -> None:
    entered = member(store)
    odd = replace(desk(store), visit=sessions.Visit("::1", "\x1b[2J\r\nFire\u202efox" + "x" * 999))
    kept = session_of(store, sign_in(odd, EMAIL, PASSWORD)).agent
    assert kept.startswith("[2JFirefox")
    assert len(kept) == 200
    assert events(store, entered.user.id)[-1].new == "with a password, from ::1"


def test_old_sessions_and_tries_are_forgotten(store: SqlStore) -> None:
    entered = member(store)
    with pytest.raises(RefusedError):
        sign_in(desk(store), EMAIL, "not the password")
    with store.writing() as tx:
        assert tx.sessions.end_old(NOW, NOW) == 0
        assert tx.attempts.end_old(NOW) == 0
        assert tx.sessions.end_old(NOW + DAY, NOW) == 1
        assert tx.attempts.end_old(NOW + DAY) == 3
    assert not goes_on(store, entered)
