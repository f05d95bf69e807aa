"""All whose certificates are missing, have expired or soon will are asked: in one go, once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from exempt.errors import RefusedError
from exempt.services import bulk_requests, request_steps
from exempt.services.bulk_requests import Kind, LeftOut, Planned, Scope
from support.asked import SITE, request_of, sent_by, token_in
from support.cards import make_cards, on_card
from support.fake_connector import MAILS
from support.records import DAY, TODAY
from support.reminding import NOTICES, lines, on
from support.stores import everything
from support.world import Source, World


def card(name: str, **changes: Any) -> Any:
    usual = {"email": f"ap@{name.lower()}.example", "exempt": True, "ship_to_zones": ["TX"]}
    return on_card(name, **{**usual, **changes})


@pytest.fixture
def mail(world: World) -> Source:
    """Each of five customers has its own reason to be asked, or not."""
    mail = world.connect("mail", MAILS)
    make_cards(
        world.store,
        card("Missing"),
        card("Expired"),
        card("Expiring"),
        card("Valid"),
        card("Excluded", excluded_from_mailings=True),
        card("Mute", email=None),
    )
    world.certify("Expired", "TX", expiration_date=TODAY - 20 * DAY)
    world.certify("Expiring", "TX", expiration_date=TODAY + 20 * DAY)
    world.certify("Valid", "TX")
    return mail


def told(found: list[Planned]) -> dict[str, tuple[list[str], str | None]]:
    return {
        each.card.name: ([kind.value for kind in each.kinds], each.left_out and each.left_out.value)
        for each in found
    }


ALL = {
    "Excluded": (["missing"], LeftOut.EXCLUDED.value),
    "Expired": (["expired"], None),
    "Expiring": (["expiring"], None),
    "Missing": (["missing"], None),
    "Mute": (["missing"], LeftOut.NO_EMAIL.value),
}


def ask(world: World, *kinds: Kind) -> list[Planned]:
    scope = Scope(kinds or tuple(Kind))
    return bulk_requests.ask_all(world.store, scope, world.act(), SITE)


def test_first_look_then_ask(world: World, mail: Source) -> None:
    """A35, C12 and F14."""
    before = everything(world.store)
    planned = bulk_requests.plan(world.store, Scope(), world.now, SITE)
    assert told(planned) == ALL
    assert everything(world.store) == before
    assert told(ask(world)) == ALL
    messages = {message.to[0]: message for message in sent_by(mail)}
    assert sorted(messages) == ["ap@expired.example", "ap@expiring.example", "ap@missing.example"]
    assert lines(messages["ap@expiring.example"]) == [
        "Texas: until December 10, 2026 (certificate N-1)"
    ]
    assert lines(messages["ap@expired.example"]) == ["Texas"]
    assert len({token_in(message) for message in messages.values()}) == 3
    assert request_of(world).made_by == "anna"


def test_once_more_nobody_is_asked_again(world: World, mail: Source) -> None:
    ask(world)
    sent_by(mail)
    again = ask(world)
    asked = [each.card.name for each in again if each.left_out is LeftOut.ASKED]
    assert asked == ["Expired", "Expiring", "Missing"]
    assert sent_by(mail) == []


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Kind.MISSING, ["Excluded", "Missing", "Mute"]),
        (Kind.EXPIRED, ["Expired"]),
        (Kind.EXPIRING, ["Expiring"]),
    ],
)
def test_just_some(world: World, mail: Source, kind: Kind, names: list[str]) -> None:
    assert [each.card.name for each in ask(world, kind)] == names


def test_just_those_of_a_company(world: World, mail: Source) -> None:
    make_cards(world.store, card("Abroad"), company="southwind")
    with world.store.reading() as tx:
        ids = {company.key: company.id for company in tx.cards.companies()}
    scope = Scope(company_ids={ids["southwind"]})
    found = bulk_requests.plan(world.store, scope, world.now, SITE)
    assert told(found) == {"Abroad": (["missing"], LeftOut.NO_MAIL.value)}


def test_of_several_states_only_what_was_not_asked_for(world: World, mail: Source) -> None:
    ask(world, Kind.MISSING)
    sent_by(mail)
    world.certify("Missing", "CA", expiration_date=TODAY + DAY)
    done = {each.card.name: each for each in ask(world)}
    assert done["Missing"].jurisdictions == ("US-CA",)


def test_whose_request_has_expired_is_asked_anew(world: World, mail: Source) -> None:
    ask(world, Kind.MISSING)
    sent_by(mail)
    world.now += 29 * DAY
    assert [each.left_out for each in ask(world, Kind.MISSING)][1] is LeftOut.ASKED
    world.now += 2 * DAY
    assert [each.left_out for each in ask(world, Kind.MISSING)][1] is None


def test_what_was_taken_back_may_be_asked_for_again(world: World, mail: Source) -> None:
    ask(world, Kind.MISSING)
    request_steps.cancelled(world.store, 1, world.act())
    assert [each.left_out for each in ask(world, Kind.MISSING)][1] is None


def test_whom_a_notice_told_today_is_not_asked_as_well(world: World, mail: Source) -> None:
    day = TODAY + 13 * DAY
    assert on(mail, day, NOTICES._replace(post=SITE))
    assert [each.left_out for each in ask(world, Kind.EXPIRING)] == [LeftOut.ASKED]


def test_a_request_to_renew_is_followed_by_the_next_notice_and_not_by_one_at_once(
    world: World, mail: Source
) -> None:
    ask(world, Kind.EXPIRING)
    sent_by(mail)
    notices = NOTICES._replace(post=SITE, after_request=())
    days = [on(mail, TODAY + number * DAY, notices) for number in range(22)]
    assert [number for number, sent in enumerate(days) if sent] == [13, 20]


def test_it_goes_in_portions(world: World, mail: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_requests, "AT_ONCE", 2)
    transactions = Counter[str]()
    writing = world.store.writing

    def counted() -> Any:
        transactions["writing"] += 1
        return writing()

    monkeypatch.setattr(world.store, "writing", counted)
    assert told(ask(world)) == ALL
    assert transactions == {"writing": 2}


def test_two_who_ask_at_once_ask_nobody_twice(world: World, mail: Source) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _number: ask(world), range(2)))
    assert len(sent_by(mail)) == 3
    with world.store.reading() as tx:
        assert len(tx.requests.all()) == 3


def test_switched_off_nobody_is_asked(world: World, mail: Source) -> None:
    """A04."""
    with pytest.raises(RefusedError, match="requests are switched off"):
        bulk_requests.ask_all(world.store, Scope(), world.act(), SITE._replace(enabled=False))
