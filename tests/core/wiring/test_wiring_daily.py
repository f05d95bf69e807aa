"""The daemon's job of a new day: statuses, and mails where the settings say so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from exempt.services.running import Ended
from exempt.wiring import Exempt
from exempt.wiring.upkeep import Upkeep
from support.cards import make_cards, on_card, pull
from support.fake_connector import MAILS, WRITES
from support.post import PostRoom, a_post_room
from support.records import DAY, NOW, TODAY, customer
from support.stores import everything


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostRoom]:
    """Acme's certificate ends in a month."""
    with a_post_room(tmp_path, monkeypatch) as found:
        found.world.connect("mail", MAILS)
        make_cards(found.world.store, on_card("Acme", email="ap@acme.example"))
        found.world.certify("Acme", "TX", expiration_date=TODAY + 30 * DAY)
        yield found


def a_new_day(room: PostRoom, at: dt.datetime = NOW, **settings: Any) -> Ended:
    exempt = Exempt(room.settings(**settings), clock=lambda: at, environ=room._environ)
    try:
        return Upkeep(exempt, cast("Any", None)).daily(cast("Any", None))
    finally:
        exempt.close()


def asked(room: PostRoom, job: str = "mail:mail") -> bool:
    """Whether a job is to run."""
    with room.world.store.reading() as tx:
        found = tx.jobs.get(job)
    return found is not None and found.waiting


def mails(room: PostRoom) -> int:
    """How many mails there are, sent or not."""
    with room.world.store.reading() as tx:
        return sum(len(found) for found in tx.requests.mails([1, 2, 3]).values())


def test_nobody_is_written_to_because_a_daemon_was_started(room: PostRoom) -> None:
    assert a_new_day(room) == Ended()
    assert (asked(room), mails(room)) == (False, 0)


def test_where_the_settings_say_so_mails_are_owed_and_their_job_asked_for(room: PostRoom) -> None:
    assert a_new_day(room, send_notices="true") == Ended()
    assert (asked(room), mails(room)) == (True, 1)
    assert room.remote.closed == 0, "no connection was opened"
    before = everything(room.world.store)
    a_new_day(room, send_notices="true")
    assert everything(room.world.store) == before, "once, however often it runs"


def test_the_days_are_those_of_the_settings(room: PostRoom) -> None:
    a_new_day(room, send_notices="true", expiry_notices="[20]")
    assert mails(room) == 0
    a_new_day(room, NOW + 10 * DAY, send_notices="true", expiry_notices="[20]")
    assert mails(room) == 1


@pytest.mark.parametrize(
    ("names", "through"),
    [
        pytest.param(["mail", "a-mail"], "mail", id="the first of the settings"),
        pytest.param(["a-mail", "mail"], "a-mail", id="whatever it is called"),
        pytest.param(["erp", "mail"], "mail", id="that sends mail"),
        pytest.param(["a-mail"], "a-mail", id="not one that the settings have no more"),
    ],
)
def test_mail_goes_through_the_connection(room: PostRoom, names: list[str], through: str) -> None:
    room.world.connect("a-mail", MAILS)
    room.world.connect("erp", WRITES)
    room.connections = dict.fromkeys(names, room.connections["mail"])
    a_new_day(room, send_notices="true")
    jobs = ("mail:mail", "mail:a-mail", "mail:erp")
    assert [job for job in jobs if asked(room, job)] == [f"mail:{through}"]


def test_statuses_are_carried_on_with_or_without_mails(room: PostRoom) -> None:
    erp = room.world.connect("erp", WRITES)
    pull(erp, customer("C-1", name="Bolt", exempt=True))
    room.world.certify("Bolt", "TX", effective_date=TODAY + DAY)
    a_new_day(room)
    assert erp.push() == {"applied": 1}
    a_new_day(room, NOW + DAY)
    assert asked(room, "push:erp")
    assert erp.owed() == ["C-1"]
