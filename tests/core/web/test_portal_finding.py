"""Whoever has lost our mail gets another link by mail, and a stranger learns nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt.model.messages import Purpose
from exempt.services import request_steps
from exempt.services.post import Post
from support.portal import URL, Guest, PortalHouse, portal_house

KNOWN = "ap@lonestar.example"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[PortalHouse]:
    with portal_house(tmp_path, post=Post(url=URL)) as made:
        with made.store.writing() as tx:
            (card,) = tx.cards.find([made.customer_id])
            tx.cards.save([card.model_copy(update={"email": KNOWN})], made.now, by="anna")
        yield made


@pytest.fixture
def guest(house: PortalHouse) -> Guest:
    guest = house.guest()
    guest.get("/portal/find")
    return guest


def mails(house: PortalHouse, request_id: int) -> int:
    with house.store.reading() as tx:
        return len(tx.requests.mails([request_id]).get(request_id, ()))


@pytest.mark.parametrize("typed", [KNOWN, " AP@LoneStar.example "])
def test_a_link_goes_to_the_address_that_we_know(
    house: PortalHouse, guest: Guest, typed: str
) -> None:
    old, _ = house.ask("TX")
    request_id, _ = house.ask("CA")

    answer = guest.send("/portal/find", email=typed)

    assert "Look into your mail" in answer.text
    assert (mails(house, old), mails(house, request_id)) == (0, 1)
    with house.store.reading() as tx:
        assert request_steps.get(tx, request_id).recipient == KNOWN
        assert request_steps.get(tx, request_id).purpose == Purpose.REQUEST


def test_a_stranger_is_answered_the_same(house: PortalHouse, guest: Guest) -> None:
    house.ask("TX")
    page = guest.page
    known = guest.send("/portal/find", email=KNOWN)
    guest.page = page
    unknown = guest.send("/portal/find", email="nobody@example.com")

    assert (known.status_code, unknown.status_code) == (200, 200)
    assert known.text == unknown.text
    assert KNOWN not in known.text


def test_who_waits_for_nothing_is_not_written_to(house: PortalHouse, guest: Guest) -> None:
    request_id, _ = house.ask("TX")
    request_steps.cancelled(house.store, request_id, house.act())

    guest.send("/portal/find", email=KNOWN)

    assert mails(house, request_id) == 0


@pytest.mark.parametrize("typed", ["", "nobody", "a@b", f"{KNOWN}, eve@example.com"])
def test_what_is_no_address_is_said(guest: Guest, typed: str) -> None:
    answer = guest.send("/portal/find", email=typed)

    assert answer.status_code == 422
    assert "Type an e-mail address" in answer.text


def test_one_address_gets_few_mails(house: PortalHouse, guest: Guest) -> None:
    request_id, _ = house.ask("TX")
    page, statuses = guest.page, []
    for _ in range(4):
        guest.page = page
        statuses.append(guest.send("/portal/find", email=KNOWN).status_code)

    assert statuses == [200, 200, 200, 429]
    assert mails(house, request_id) <= 3


def test_one_network_asks_seldom(house: PortalHouse, guest: Guest) -> None:
    page, statuses = guest.page, []
    for number in range(11):
        guest.page = page
        statuses.append(guest.send("/portal/find", email=f"a{number}@example.com").status_code)

    assert statuses == [200] * 10 + [429]


def test_where_nobody_is_asked_nobody_is_written_to(tmp_path: Path) -> None:
    with portal_house(tmp_path, post=Post(url=URL, enabled=False)) as house:
        request_id, _ = house.ask("TX")
        guest = house.guest()
        guest.get("/portal/find")

        assert guest.send("/portal/find", email=KNOWN).status_code == 200
        assert mails(house, request_id) == 0
