"""Users: who may be one, what ends with what, and that there is always an administrator."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Right, Role
from exempt.services import own_account, sessions, users
from exempt.services.access_ports import LinkPurpose
from exempt.services.secret_ports import hashed
from exempt.services.users import Details
from support.access import PASSWORD, desk, events, goes_on, member, user, with_factor
from support.records import NOW
from support.stores import side_by_side
from support.world import World

HOUR = dt.timedelta(hours=1)
BO = Details("bo@acme.example", "Bo Chen", Role.REVIEWER)


@pytest.fixture
def store(world: World) -> SqlStore:
    return world.store


def add(store: SqlStore, **changes: Any) -> users.Linked:
    """Add Bo."""
    return users.add(store, BO._replace(**changes), by="anna", at=NOW)


def test_whoever_is_added_stands_in_the_list_and_in_a_history(store: SqlStore) -> None:
    linked = add(store, email=" Bo@Acme.Example ", name=" Bo\n Chen ")
    assert (linked.user.email, linked.user.name) == ("bo@acme.example", "Bo Chen")
    assert linked.token not in repr(linked)
    told = [(each.field, each.new, each.changed_by) for each in events(store, linked.user.id)]
    assert told == [
        ("added", "bo@acme.example, reviewer, companies: all", "anna"),
        ("link made", "for an invitation", "anna"),
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"email": "bo"}, "e-mail: is no address"),
        ({"email": "bo@acme.example\u202e"}, "e-mail: is no address"),
        ({"email": "a@b.example, c@d.example"}, "e-mail: is no address"),
        ({"name": " "}, "name: write one of 1 to 100 characters"),
        ({"name": "x" * 101}, "name: write one of 1 to 100 characters"),
        ({"name": "\x1b[2J"}, "name: write one of 1 to 100 characters"),
        ({"company_ids": frozenset()}, "companies: name at least one"),
        (
            {"role": Role.ADMINISTRATOR, "company_ids": frozenset({1})},
            "an administrator sees all",
        ),
    ],
)
def test_who_cannot_be_added(store: SqlStore, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        add(store, **changes)


def test_an_e_mail_belongs_to_one_user(store: SqlStore) -> None:
    add(store)
    other = add(store, email="cy@acme.example").user
    with pytest.raises(RefusedError, match="somebody has this e-mail already"):
        add(store, email="BO@acme.example")
    with pytest.raises(RefusedError, match="somebody has this e-mail already"):
        users.change(store, other.id, BO, by="anna", at=NOW)


@pytest.mark.parametrize(
    ("changes", "goes_on_after"),
    [
        pytest.param({"name": "Bo C."}, True, id="another name"),
        pytest.param({"role": Role.VIEWER}, False, id="7.2.4: another role"),
        pytest.param({"email": "b@acme.example"}, False, id="another e-mail"),
        pytest.param({"company_ids": frozenset({1})}, False, id="other companies"),
    ],
)
def test_what_ends_the_sessions_of_who_is_changed(
    world: World, changes: dict[str, Any], goes_on_after: bool
) -> None:
    store = world.store
    entered = member(store, Role.REVIEWER, email=BO.email)
    before = BO._replace(name="Dana Lee")
    users.change(store, entered.user.id, before._replace(**changes), by="anna", at=NOW)
    assert goes_on(store, entered) is goes_on_after
    assert events(store, entered.user.id)[-1].field == next(iter(changes))


def test_a_change_tells_what_stood_there_before(store: SqlStore) -> None:
    linked = add(store)
    after = BO._replace(role=Role.VIEWER, company_ids=frozenset({2, 1}))
    users.change(store, linked.user.id, after, by="anna", at=NOW)
    told = [(each.field, each.old, each.new) for each in events(store, linked.user.id)[2:]]
    assert told == [("role", "reviewer", "viewer"), ("company_ids", "all", "1, 2")]


def test_a_viewer_of_a_company_sees_those_below_it_too(store: SqlStore) -> None:
    with store.writing() as tx:
        top = tx.connections.company("top", "Top", None)
        below = tx.connections.company("below", "Below", "top")
        tx.connections.company("other", "Other", None)
    who = user(store, Role.VIEWER, company_ids={top})
    with store.reading() as tx:
        caller = sessions.caller(tx, who)
    assert caller.company_ids == frozenset({top, below})
    assert caller.rights == {Right.READ, Right.DECIDE}


# --- there is always an administrator ----------------------------------------------------


def test_the_only_administrator_stays_one(store: SqlStore) -> None:
    dana = member(store).user
    less = Details(dana.email, dana.name, Role.REVIEWER)
    off = member(store, email="off@acme.example").user
    users.disable(store, off.id, by="anna", at=NOW)
    with pytest.raises(RefusedError, match=r"dana@acme\.example: is the only administrator"):
        users.change(store, dana.id, less, by="anna", at=NOW)
    with pytest.raises(RefusedError, match=r"dana@acme\.example: is the only administrator"):
        users.disable(store, dana.id, by="anna", at=NOW)
    users.enable(store, off.id, by="anna", at=NOW)
    assert users.disable(store, dana.id, by="anna", at=NOW).disabled_at == NOW


def test_two_administrators_who_disable_each_other_at_once_leave_one(any_world: World) -> None:
    store = any_world.store
    one, two = (user(store, email=f"{name}@acme.example") for name in ("one", "two"))

    def disabling(whom: int) -> Any:
        def run(tx: Any) -> None:
            users.get(tx, whom, to_change=True)
            if len(users.administrators(tx)) == 1:
                raise RefusedError(str(whom))
            tx.users.save(replace(users.get(tx, whom), disabled_at=NOW))

        return run

    with pytest.raises(RefusedError, match=str(two.id)):
        side_by_side(store, disabling(one.id), disabling(two.id))
    with store.reading() as tx:
        assert [each.id for each in users.administrators(tx)] == [two.id]


# --- disabled ----------------------------------------------------------------------------


def test_who_is_disabled_has_no_link_that_works_and_gets_none(store: SqlStore) -> None:
    linked = add(store)
    users.disable(store, linked.user.id, by="anna", at=NOW)
    users.disable(store, linked.user.id, by="anna", at=NOW)
    assert own_account.welcome(store, linked.token, NOW) is None
    with pytest.raises(RefusedError, match="is disabled"):
        users.link(store, linked.user.id, by="anna", at=NOW)
    assert users.enable(store, linked.user.id, by="anna", at=NOW).may_sign_in
    assert users.enable(store, linked.user.id, by="anna", at=NOW).may_sign_in
    fields = [each.field for each in events(store, linked.user.id)]
    assert fields.count("disabled") == 2, "off and on again, each told once"


def test_asvs_7_4_5_an_administrator_signs_somebody_out_everywhere(store: SqlStore) -> None:
    entered = member(store)
    assert users.end_sessions(store, entered.user.id, by="anna", at=NOW) == 1
    assert users.end_sessions(store, entered.user.id, by="anna", at=NOW) == 0
    assert not goes_on(store, entered)
    assert events(store, entered.user.id)[-1].new == "everywhere (1)"


def test_asvs_6_4_4_a_lost_second_factor_is_dropped_and_sessions_with_it(store: SqlStore) -> None:
    entered, _, _ = with_factor(store, member(store))
    dropped = users.drop_second_factor(store, entered.user.id, by="anna", at=NOW)
    assert (dropped.has_second_factor, dropped.recovery) == (False, ())
    assert not goes_on(store, entered)
    users.drop_second_factor(store, entered.user.id, by="anna", at=NOW)
    assert events(store, entered.user.id)[-1].field == "second factor"


@pytest.mark.parametrize(
    "act",
    [users.disable, users.enable, users.link, users.drop_second_factor, users.end_sessions],
)
def test_nobody_is_not_found(store: SqlStore, act: Any) -> None:
    with pytest.raises(NotFoundError, match="user 99: there is none: see exempt users list"):
        act(store, 99, by="anna", at=NOW)
    with store.reading() as tx, pytest.raises(NotFoundError, match="no user has this e-mail"):
        users.named(tx, "nobody@acme.example")


# --- links -------------------------------------------------------------------------------


def choose(store: SqlStore, token: str, at: dt.datetime = NOW, password: str = PASSWORD) -> Any:
    """Choose a password with a link."""
    return own_account.choose_password(desk(store, at), token, password, "ann@acme.example", "Ann")


def test_asvs_6_3_2_the_first_administrator_makes_herself_by_a_link(store: SqlStore) -> None:
    """There is no account before, with a password that everybody knows."""
    with store.reading() as tx:
        assert tx.users.all() == []
    token = users.first_link(store, NOW)
    assert token is not None
    entered = choose(store, token)
    assert (entered.user.role, entered.user.email) == (Role.ADMINISTRATOR, "ann@acme.example")
    assert users.first_link(store, NOW) is None
    assert choose(store, add(store).token).user.email == BO.email, "of others it is known"


def test_a_first_link_is_worth_nothing_once_there_is_an_administrator(store: SqlStore) -> None:
    token = users.first_link(store, NOW)
    assert token is not None
    member(store)
    assert own_account.welcome(store, token, NOW) is None
    with pytest.raises(RefusedError, match="does not work any more"):
        choose(store, token)


def test_the_first_administrator_cannot_have_the_e_mail_of_somebody_else(store: SqlStore) -> None:
    add(store, email="ann@acme.example")
    token = users.first_link(store, NOW)
    assert token is not None
    with pytest.raises(RefusedError, match="somebody has this e-mail already"):
        choose(store, token)


def test_asvs_6_4_1_looking_at_a_link_does_not_use_it_up_and_using_it_does(
    store: SqlStore,
) -> None:
    linked = add(store)
    for _ in range(3):
        found = own_account.welcome(store, linked.token, NOW)
        assert found is not None
        assert (found.purpose, found.user) == (LinkPurpose.INVITATION, linked.user)
    with pytest.raises(RefusedError, match="tried first"):
        choose(store, linked.token, password="sunshine 1234567")
    assert choose(store, linked.token).complete
    assert own_account.welcome(store, linked.token, NOW) is None
    with pytest.raises(RefusedError, match="does not work any more"):
        choose(store, linked.token)


@pytest.mark.parametrize(
    ("purpose", "hours"),
    [(LinkPurpose.INVITATION, 72), (LinkPurpose.PASSWORD, 1), (LinkPurpose.FIRST, 1)],
)
def test_asvs_6_4_1_a_link_works_for_a_short_time(
    store: SqlStore, purpose: LinkPurpose, hours: int
) -> None:
    token: str | None
    if purpose is LinkPurpose.FIRST:
        token = users.first_link(store, NOW)
    elif purpose is LinkPurpose.INVITATION:
        token = add(store).token
    else:
        token = users.link(store, member(store).user.id, by="anna", at=NOW).token
    assert token is not None
    assert own_account.welcome(store, token, NOW + hours * HOUR - dt.timedelta.resolution)
    assert own_account.welcome(store, token, NOW + hours * HOUR) is None
    with pytest.raises(RefusedError, match="does not work any more"):
        choose(store, token, NOW + hours * HOUR)


def test_a_new_link_takes_the_place_of_the_one_before(store: SqlStore) -> None:
    first = add(store)
    second = users.link(store, first.user.id, by="anna", at=NOW)
    assert own_account.welcome(store, first.token, NOW) is None
    assert own_account.welcome(store, second.token, NOW) is not None


def test_a_link_used_twice_at_the_same_time_counts_once(any_world: World) -> None:
    store = any_world.store
    linked = add(store)
    used = []

    def use(tx: Any) -> None:
        tx.users.alone()
        used.append(tx.users.use_link(hashed(linked.token), NOW))

    side_by_side(store, use, use)
    assert used == [True, False]


def test_asvs_6_4_3_a_link_for_a_new_password_does_not_pass_by_the_second_factor(
    store: SqlStore,
) -> None:
    entered, _, _ = with_factor(store, member(store))
    linked = users.link(store, entered.user.id, by="anna", at=NOW)
    half = choose(store, linked.token, password="another orchard 8")
    assert not half.complete
    assert not goes_on(store, entered), "what went on with the old password is over"
