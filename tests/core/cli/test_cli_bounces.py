"""Mail that came back is shown where a person looks, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt import Bounce
from support.cards import make_cards, on_card
from support.post import PostRoom, a_post_room
from support.records import NOW


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostRoom]:
    """Bolt was asked for Texas, and the mail came back."""
    with a_post_room(tmp_path, monkeypatch) as found:
        bolt = on_card("Bolt", number="C-2", email="ap@bolt.example", exempt=True,
                       ship_to_zones=["TX"])  # fmt: skip
        make_cards(found.world.store, bolt)
        found.run("requests", "send", "--all")
        (sent,) = found.remote.sent
        came = Bounce(external_id="7:1", key=sent.key, status="5.1.1", reason="no such mailbox")
        with found.world.store.writing() as tx:
            (mail,) = [row for row in tx.connections.all() if "requests" in row.capabilities]
            assert tx.requests.came_back(mail, [came], NOW) == 1
        yield found


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_list_says_that_it_came_back_and_why(room: PostRoom) -> None:
    assert "came back: 5.1.1: no such mailbox" in words(room.run("requests", "list"))
    assert "ap@bolt.example: mail came back" in words(room.run("requests", "list"))
    (request,) = room.json("requests", "list")["asked"]
    assert request["bounce"] == "5.1.1: no such mailbox"


def test_the_card_says_it_too(room: PostRoom) -> None:
    shown = words(room.run("customers", "show", "C-2"))
    assert "ap@bolt.example (mail came back)" in shown
    assert "call it" in shown
    assert "no mail goes to it" in shown


def test_whoever_asks_everybody_is_told_what_to_do(room: PostRoom) -> None:
    said = words(room.run("requests", "send", "--all", code=1))
    assert "Bolt: mail to ap@bolt.example came back: mend the address" in said
    assert "if it is right after all, exempt requests send C-2" in said
    assert "0 requests made" in said


def test_whoever_names_the_customer_sends_again(room: PostRoom) -> None:
    assert "1 request made; mails: 1 applied." in room.run("requests", "send", "C-2")
    assert "mail came back" not in words(room.run("customers", "show", "C-2"))


def test_who_has_no_address_at_all_is_listed_among_those_without_one(room: PostRoom) -> None:
    listed = words(room.run("customers", "list", "--lacking", "email"))
    assert "Bolt" in listed, "an address that mail does not reach is none"
