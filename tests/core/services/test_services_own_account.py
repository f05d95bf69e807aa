"""One's own account, by the rows of OWASP ASVS 5.0 that the names of the tests tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.errors import RefusedError, TooOftenError
from exempt.model.access import Role
from exempt.services import own_account, second_factor, sessions
from exempt.services.access_ports import Session
from exempt.services.sessions import Lasting
from exempt.services.signing_in import sign_in
from support.access import KEYS, PASSWORD, desk, events, goes_on, member, session_of, with_factor
from support.records import NOW, YEAR
from support.world import World

MINUTE = dt.timedelta(minutes=1)
EMAIL = "dana@acme.example"
NEW = "chimney parrot 3"


@pytest.fixture
def store(world: World) -> SqlStore:
    return world.store


# --- the password ------------------------------------------------------------------------


def test_asvs_6_2_2_and_6_2_3_whoever_knows_the_password_changes_it(store: SqlStore) -> None:
    entered = member(store)
    session = session_of(store, entered)
    with pytest.raises(RefusedError, match="wrong"):
        own_account.change_password(desk(store), session, NEW, "", NEW)
    after = own_account.change_password(desk(store), session, PASSWORD, "", NEW)
    assert after.complete
    assert sign_in(desk(store), EMAIL, NEW).complete
    with pytest.raises(RefusedError, match="wrong"):
        sign_in(desk(store), EMAIL, PASSWORD)


def test_asvs_7_4_3_another_password_ends_all_other_sessions(store: SqlStore) -> None:
    entered = member(store)
    elsewhere = sign_in(desk(store), EMAIL, PASSWORD)
    after = own_account.change_password(desk(store), session_of(store, entered), PASSWORD, "", NEW)
    assert not goes_on(store, entered)
    assert not goes_on(store, elsewhere)
    assert goes_on(store, after)


def test_asvs_6_2_10_a_password_does_not_grow_too_old(store: SqlStore) -> None:
    member(store)
    assert sign_in(desk(store, NOW + 10 * YEAR), EMAIL, PASSWORD).complete


@pytest.mark.parametrize(
    ("chosen", "against"),
    [
        pytest.param("2short 4 it", "at least 15", id="6.2.1: alone it is longer"),
        pytest.param("sunshine 1234567", "tried first", id="6.2.4: common"),
        pytest.param("dana@acme.example", "too little is left", id="6.2.11: her e-mail"),
        pytest.param("northwind 123456", "too little is left", id="6.2.11: the company's"),
    ],
)
def test_asvs_6_2_what_is_no_good_password_is_not_kept(
    store: SqlStore, chosen: str, against: str
) -> None:
    session = session_of(store, member(store))
    with pytest.raises(RefusedError, match=against):
        own_account.change_password(desk(store), session, PASSWORD, "", chosen)
    assert sign_in(desk(store), EMAIL, PASSWORD).complete


def test_asvs_6_2_1_beside_a_second_factor_eight_characters_are_enough(store: SqlStore) -> None:
    session = session_of(store, member(store))
    here = desk(store, second_factor=True)
    assert own_account.change_password(here, session, PASSWORD, "", "xk7 qv2m").complete


# --- proof -------------------------------------------------------------------------------


Change = Callable[[Any, Session, str, str], object]
SENSITIVE: dict[str, Change] = {
    "the password": lambda d, s, p, c: own_account.change_password(d, s, p, c, NEW),
    "the second factor": own_account.propose_second_factor,
    "no second factor": own_account.drop_second_factor,
    "recovery codes": own_account.new_recovery_codes,
    "other sessions": own_account.prove,
}


@pytest.mark.parametrize("change", SENSITIVE.values(), ids=SENSITIVE)
def test_asvs_7_5_1_what_matters_needs_password_and_code_again(
    store: SqlStore, change: Change
) -> None:
    whole, phone, _ = with_factor(store, member(store))
    session, at = session_of(store, whole), NOW + MINUTE
    for password, code in ((PASSWORD, ""), (PASSWORD, "000000"), ("wrong", phone.at(at))):
        with pytest.raises(RefusedError, match="wrong"):
            change(desk(store, at), session, password, code)
    change(desk(store, at), session, PASSWORD, phone.at(at))


def test_asvs_6_3_1_proof_cannot_be_guessed_quickly_either(store: SqlStore) -> None:
    session = session_of(store, member(store))
    for _ in range(5):
        with pytest.raises(RefusedError, match="wrong"):
            own_account.prove(desk(store), session, "guess", "")
    with pytest.raises(TooOftenError):
        own_account.prove(desk(store), session, PASSWORD, "")


@pytest.mark.parametrize(("minutes", "fresh"), [(9, True), (10, False)])
def test_asvs_7_5_1_who_signs_in_elsewhere_did_so_lately(
    store: SqlStore, minutes: int, fresh: bool
) -> None:
    entered = member(store)
    session = session_of(store, entered)
    with store.writing() as tx:
        tx.users.save(replace(entered.user, password_hash=None, subject="https://idp.example 7"))
    here = desk(store, NOW + minutes * MINUTE)
    if fresh:
        assert own_account.prove(here, session, "", "").id == entered.user.id
    else:
        with pytest.raises(RefusedError, match="Sign out and in again first"):
            own_account.prove(here, session, "", "")


# --- the second factor -------------------------------------------------------------------


def test_a_second_factor_counts_from_its_first_right_code_on(store: SqlStore) -> None:
    session = session_of(store, member(store))
    proposal = own_account.propose_second_factor(desk(store), session, PASSWORD, "")
    with pytest.raises(RefusedError, match="The code does not fit"):
        own_account.set_up_second_factor(desk(store), session, proposal.sealed, "000000")
    assert sign_in(desk(store), EMAIL, PASSWORD).complete, "nothing has changed yet"


def test_asvs_6_5_3_each_secret_is_new_and_long(store: SqlStore) -> None:
    entered = member(store)
    session = session_of(store, entered)
    secrets = {second_factor.propose(KEYS, entered.user, session, NOW).secret for _ in range(20)}
    assert len(secrets) == 20
    assert {len(secret) for secret in secrets} == {32}, "160 bits in base 32"


@pytest.mark.parametrize(
    ("minutes", "other"),
    [pytest.param(15, False, id="too long ago"), pytest.param(0, True, id="in another session")],
)
def test_a_proposal_counts_for_a_while_in_its_session(
    store: SqlStore, minutes: int, other: bool
) -> None:
    session = session_of(store, member(store))
    proposal = own_account.propose_second_factor(desk(store), session, PASSWORD, "")
    if other:
        session = session_of(store, sign_in(desk(store), EMAIL, PASSWORD))
    at = NOW + minutes * MINUTE
    code = second_factor_code(proposal.secret, at)
    with pytest.raises(RefusedError, match="The code does not fit"):
        own_account.set_up_second_factor(desk(store, at), session, proposal.sealed, code)
    with pytest.raises(RefusedError, match="sealed with another key"):
        own_account.set_up_second_factor(desk(store, at), session, "made up", code)


def second_factor_code(secret: str, at: dt.datetime) -> str:
    """The code that a phone with *secret* shows."""
    import pyotp

    return pyotp.TOTP(secret).at(at)


def test_whoever_mistypes_sees_the_same_picture_again(store: SqlStore) -> None:
    entered = member(store)
    session = session_of(store, entered)
    proposal = own_account.propose_second_factor(desk(store), session, PASSWORD, "")
    lasting = Lasting(MINUTE, MINUTE)
    found = sessions.current(store, entered.token, lasting, NOW)
    assert found is not None
    assert own_account.proposed_again(desk(store), found, proposal.sealed) == proposal
    assert "secret" not in repr(proposal)


def test_another_second_factor_takes_the_place_of_the_one_before(store: SqlStore) -> None:
    whole, phone, codes = with_factor(store, member(store))
    at = NOW + MINUTE
    session = session_of(store, whole)
    proposal = own_account.propose_second_factor(desk(store, at), session, PASSWORD, phone.at(at))
    code = second_factor_code(proposal.secret, at)
    done = own_account.set_up_second_factor(desk(store, at), session, proposal.sealed, code)
    assert not set(done.codes) & set(codes)
    assert not goes_on(store, whole)


def test_new_recovery_codes_take_the_place_of_those_before(store: SqlStore) -> None:
    whole, phone, codes = with_factor(store, member(store))
    session, at = session_of(store, whole), NOW + MINUTE
    new = own_account.new_recovery_codes(desk(store, at), session, PASSWORD, phone.at(at))
    assert len(new) == len(codes)
    for code, counts in ((codes[0], False), (new[0], True)):
        if counts:
            own_account.prove(desk(store, at), session, PASSWORD, code)
        else:
            with pytest.raises(RefusedError, match="wrong"):
                own_account.prove(desk(store, at), session, PASSWORD, code)


def test_there_are_no_recovery_codes_without_a_second_factor(store: SqlStore) -> None:
    session = session_of(store, member(store))
    with pytest.raises(RefusedError, match="Set up a second factor first"):
        own_account.new_recovery_codes(desk(store), session, PASSWORD, "")


def test_a_second_factor_is_taken_away_only_where_none_is_required(store: SqlStore) -> None:
    whole, phone, _ = with_factor(store, member(store))
    session, at = session_of(store, whole), NOW + MINUTE
    proof = (PASSWORD, phone.at(at))
    with pytest.raises(RefusedError, match="Everybody here has a second factor"):
        own_account.drop_second_factor(desk(store, at, second_factor=True), session, *proof)
    after = own_account.drop_second_factor(desk(store, at), session, *proof)
    assert after.complete
    assert sign_in(desk(store, at), EMAIL, PASSWORD).complete


# --- name and sessions -------------------------------------------------------------------


def test_a_name_changes_and_nothing_else(store: SqlStore) -> None:
    entered = member(store, Role.VIEWER)
    found = sessions.current(store, entered.token, Lasting(MINUTE, MINUTE), NOW)
    assert found is not None
    own_account.rename(store, found, " Dana  Lee-Ortiz ", NOW)
    assert goes_on(store, entered)
    last = events(store, entered.user.id)[-1]
    assert (last.field, last.old, last.new) == ("name", "Dana Lee", "Dana Lee-Ortiz")


def test_asvs_7_5_2_a_session_of_ones_own_is_ended_and_nobody_elses(store: SqlStore) -> None:
    mine, other = member(store), member(store, email="bo@acme.example")
    elsewhere = sign_in(desk(store), EMAIL, PASSWORD)
    found = sessions.current(store, mine.token, Lasting(MINUTE, MINUTE), NOW)
    assert found is not None
    for each in (elsewhere, other):
        own_account.end_session(store, found, session_of(store, each).id_hash, NOW)
    assert [goes_on(store, each) for each in (mine, elsewhere, other)] == [True, False, True]
