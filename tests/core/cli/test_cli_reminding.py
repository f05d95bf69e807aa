"""Notices and reminders by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt.errors import RefusedError
from support.cards import make_cards, on_card
from support.post import PostRoom, a_post_room
from support.records import DAY, TODAY
from support.stores import everything

END = TODAY + 30 * DAY


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostRoom]:
    """Acme's certificates end in a month; Bolt is to be asked for Texas."""
    with a_post_room(tmp_path, monkeypatch) as found:
        acme = on_card("Acme", number="C-1", email="ap@acme.example")
        bolt = on_card("Bolt", number="C-2", email="ap@bolt.example", exempt=True,
                       ship_to_zones=["TX"])  # fmt: skip
        make_cards(found.world.store, acme, bolt)
        found.world.certify("Acme", "TX", "CA", expiration_date=END)
        yield found


def later(room: PostRoom, days: int) -> None:
    room.now = f"{TODAY + days * DAY}T12:00:00+00:00"


def cells(text: str) -> list[list[str]]:
    """The cells of each line."""
    return [
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.split("\n")
    ]


def test_first_look_then_write(room: PostRoom) -> None:
    room.run("requests", "send", "C-2")
    later(room, 7)
    before = everything(room.world.store)
    said = room.run("requests", "remind", "--dry-run")
    assert said.splitlines() == [
        "Would write to Acme (ap@acme.example): CA, TX end from 2026-12-20 on.",
        "Would write to Bolt (ap@bolt.example): a reminder that TX is missing.",
        "2 mails would be written; nothing was.",
    ]
    assert everything(room.world.store) == before
    assert len(room.remote.sent) == 1, "the request"
    said = room.run("requests", "remind")
    assert said.splitlines() == [
        "Wrote to Acme (ap@acme.example): CA, TX end from 2026-12-20 on.",
        "Wrote to Bolt (ap@bolt.example): a reminder that TX is missing.",
        "2 mails written; mails: 2 applied.",
    ]
    assert [message.purpose for message in room.remote.sent] == ["request", "expiry", "reminder"]
    assert "0 mails written; mails: none." in room.run("requests", "remind")


def test_one_state_ends_on_a_day(room: PostRoom) -> None:
    room.world.certify("Acme", "CA", expiration_date=None)
    said = room.run("requests", "remind")
    assert "Wrote to Acme (ap@acme.example): TX ends on 2026-12-20." in said


def test_the_list_shows_what_a_request_is_for_and_how_many_mails_went_out(room: PostRoom) -> None:
    room.run("requests", "send", "--all")
    room.run("requests", "remind")
    later(room, 7)
    room.run("requests", "remind")
    listed = cells(room.run("requests", "list"))
    assert ["1", "what is missing", "Bolt", "ap@bolt.example", "TX", "2", "not opened",
            "2026-11-20"] in listed  # fmt: skip
    assert ["2", "what ends", "Acme", "ap@acme.example", "CA, TX", "1", "not opened",
            "2026-11-20"] in listed  # fmt: skip
    notice = room.json("requests", "list")["asked"][1]
    assert (notice["purpose"], notice["mails"]) == ("expiry", 1)
    assert notice["expiration_date"] == "2026-12-20"


def test_for_scripts(room: PostRoom) -> None:
    done = room.json("requests", "remind")
    (letter,) = done["sent"]
    assert letter == {
        "purpose": "expiry",
        "customer_id": 1,
        "company": "Northwind Fasteners Inc.",
        "number": "C-1",
        "name": "Acme",
        "email": "ap@acme.example",
        "jurisdictions": ["US-CA", "US-TX"],
        "expiration_date": "2026-12-20",
        "version": 1,
    }
    assert (done["excluded"], done["mails"]) == ([], {"applied": 1})
    assert room.json("requests", "remind", "--dry-run")["sent"] == []


def test_who_cannot_be_written_to_is_named(room: PostRoom) -> None:
    room.run("customers", "edit", "C-1", "--email", "")
    for more in (), ("--dry-run",), ("--json",):
        assert "Acme" in room.run("requests", "remind", *more, code=1)
    said = room.run("requests", "remind", code=1)
    assert "Acme has no usable e-mail address" in said
    assert "customers edit C-1 --email" in said
    room.run("customers", "edit", "C-1", "--no-mailings")
    assert "Acme is excluded from mailings: call it." in room.run("requests", "remind")


def test_the_days_are_those_of_the_settings(room: PostRoom) -> None:
    room.settings(expiry_notices="[20]")
    before = everything(room.world.store)
    assert "0 mails" in room.run("requests", "remind", "--dry-run")
    later(room, 10)
    assert "1 mail would be written" in room.run("requests", "remind", "--dry-run")
    assert everything(room.world.store) == before, "not even the connection is known by now"


def test_a_look_needs_no_secrets_of_connections_that_are_known(room: PostRoom) -> None:
    room.run("check")
    room.environment = {}
    assert "1 mail would be written" in room.run("requests", "remind", "--dry-run")
    room.connections = {**room.connections, "other": {**room.connections["mail"]}}
    room.settings()
    assert "1 mail would be written" in room.run("requests", "remind", "--dry-run")


def test_without_a_connection_that_sends_mail(room: PostRoom) -> None:
    room.connections = {}
    room.settings()
    result = room.invoke("requests", "remind")
    assert isinstance(result.exception, RefusedError)
    assert "no connection sends mail" in str(result.exception)
    said = room.run("requests", "remind", "--dry-run")
    assert "Acme belongs to Northwind Fasteners Inc., which has no connection" in said
