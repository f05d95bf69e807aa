"""The second factor, by the rows of OWASP ASVS 5.0 that the names of the tests tell."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from exempt.adapters.sealing import SecretKeys
from exempt.adapters.store.store import SqlStore
from exempt.errors import RefusedError, TooOftenError
from exempt.services import own_account, signing_in, users
from exempt.services.sessions import Lasting
from exempt.services.signing_in import give_code, sign_in
from support.access import PASSWORD, desk, events, goes_on, member, session_of, with_factor
from support.records import NOW
from support.world import World

SECOND, MINUTE, HOUR = (dt.timedelta(seconds=n) for n in (1, 60, 3600))
LASTING = Lasting(30 * MINUTE, 12 * HOUR)
EMAIL = "dana@acme.example"


@pytest.fixture
def store(world: World) -> SqlStore:
    return world.store


def test_asvs_6_3_3_with_a_second_factor_the_password_alone_is_not_enough(store: SqlStore) -> None:
    _, phone, _ = with_factor(store, member(store))
    half = sign_in(desk(store, NOW + MINUTE), EMAIL, PASSWORD)
    assert not half.complete
    whole = give_code(desk(store, NOW + MINUTE), session_of(store, half), phone.at(NOW + MINUTE))
    assert whole.complete


def test_asvs_6_3_3_where_one_is_required_who_has_none_sets_it_up_first(store: SqlStore) -> None:
    member(store)
    half = sign_in(desk(store, second_factor=True), EMAIL, PASSWORD)
    assert not half.complete
    whole, _, _ = with_factor(store, half, second_factor=True)
    assert whole.complete
    assert not goes_on(store, half)


def test_asvs_6_3_4_who_owes_a_code_cannot_set_up_another_factor_instead(store: SqlStore) -> None:
    with_factor(store, member(store))
    half = session_of(store, sign_in(desk(store, NOW + MINUTE), EMAIL, PASSWORD))
    with pytest.raises(RefusedError, match="Give a code of your second factor first"):
        own_account.propose_second_factor(desk(store, NOW + MINUTE), half, PASSWORD, "")


def test_asvs_6_5_1_a_code_counts_once(store: SqlStore) -> None:
    _, phone, _ = with_factor(store, member(store))
    at = NOW + MINUTE
    half = sign_in(desk(store, at), EMAIL, PASSWORD)
    give_code(desk(store, at), session_of(store, half), phone.at(at))
    again = session_of(store, sign_in(desk(store, at), EMAIL, PASSWORD))
    with pytest.raises(RefusedError, match="was used before"):
        give_code(desk(store, at), again, phone.at(at))
    with pytest.raises(RefusedError, match="was used before"):
        give_code(desk(store, at), again, phone.at(at - 30 * SECOND))
    assert give_code(desk(store, at), again, phone.at(at + 30 * SECOND)).complete


def test_asvs_6_5_1_the_code_that_set_it_up_is_used_up(store: SqlStore) -> None:
    _, phone, _ = with_factor(store, member(store))
    half = session_of(store, sign_in(desk(store), EMAIL, PASSWORD))
    with pytest.raises(RefusedError, match="was used before"):
        give_code(desk(store), half, phone.at(NOW))


@pytest.mark.parametrize("steps", [-3, -2, 2, 3, 2880])
def test_asvs_6_5_5_a_code_of_another_time_is_wrong(store: SqlStore, steps: int) -> None:
    _, phone, _ = with_factor(store, member(store))
    at = NOW + HOUR
    half = session_of(store, sign_in(desk(store, at), EMAIL, PASSWORD))
    with pytest.raises(RefusedError, match=signing_in.WRONG_CODE):
        give_code(desk(store, at), half, phone.at(at + steps * 30 * SECOND))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "null", "é" * 40])
def test_what_is_no_code_is_wrong(store: SqlStore, typed: str) -> None:
    with_factor(store, member(store))
    half = session_of(store, sign_in(desk(store), EMAIL, PASSWORD))
    with pytest.raises(RefusedError, match=signing_in.WRONG_CODE):
        give_code(desk(store), half, typed)


def test_asvs_6_5_1_a_recovery_code_counts_once(store: SqlStore) -> None:
    whole, _, codes = with_factor(store, member(store))
    half = session_of(store, sign_in(desk(store), EMAIL, PASSWORD))
    assert give_code(desk(store), half, f" {codes[3].upper()} ").complete
    assert events(store, whole.user.id)[-2].new == "9 left"
    half = session_of(store, sign_in(desk(store), EMAIL, PASSWORD))
    with pytest.raises(RefusedError, match="was used before"):
        give_code(desk(store), half, codes[3])
    assert give_code(desk(store), half, codes[4].replace("-", "")).complete


def test_asvs_6_5_2_recovery_codes_are_long_enough_for_a_plain_hash(store: SqlStore) -> None:
    """112 bits are; 24 letters of base 32 have 120."""
    whole, _, codes = with_factor(store, member(store))
    assert len(set(codes)) == 10
    assert {len(code.replace("-", "")) for code in codes} == {24}
    with store.reading() as tx:
        kept = users.get(tx, whole.user.id).recovery
    assert {len(each) for each in kept} == {64}


def test_asvs_6_3_1_codes_cannot_be_guessed_quickly(store: SqlStore) -> None:
    """Not by signing in with the password again, either."""
    with_factor(store, member(store))
    at, waits = NOW, []
    for _ in range(8):
        half = session_of(store, sign_in(desk(store, at), EMAIL, PASSWORD))
        try:
            give_code(desk(store, at), half, "000000")
        except TooOftenError as error:
            waits.append(int(error.retry_after.total_seconds()))
            at += error.retry_after
        except RefusedError:
            waits.append(0)
    assert waits == [0, 0, 0, 0, 0, 5, 0, 10]


def test_a_second_factor_sealed_with_a_lost_key_says_what_to_do(store: SqlStore) -> None:
    _, phone, codes = with_factor(store, member(store))
    other = SecretKeys("another key, with which nothing was sealed")
    at = NOW + MINUTE
    half = session_of(store, sign_in(desk(store, at), EMAIL, PASSWORD))
    with pytest.raises(RefusedError, match="put the key back"):
        give_code(desk(store, at, keys=other), half, phone.at(at))
    assert give_code(desk(store, at, keys=other), half, codes[0]).complete, "these are not sealed"


def test_asvs_6_5_1_a_code_given_twice_at_the_same_time_counts_once(any_world: World) -> None:
    store = any_world.store
    whole, phone, _ = with_factor(store, member(store))
    at = NOW + MINUTE

    def give(_number: int) -> bool:
        try:
            signing_in.prove_code(desk(store, at), whole.user.id, phone.at(at))
        except RefusedError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(give, range(4))) == [False, False, False, True]
