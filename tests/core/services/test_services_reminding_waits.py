"""A notice that waits goes by what is so when it goes; and beside notices people ask."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt import ConfigError, Outcome, PermanentError, TransientError
from exempt.services import cards, deliveries, joining
from exempt.services.mailing import mail_due
from exempt.services.requests import Asked, ask, lacking
from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget
from support.cards import card_of, make_cards, on_card
from support.records import DAY, TODAY
from support.reminding import a_mailbox, all_requests, lines, on, reminding
from support.world import Source, World

END = TODAY + 40 * DAY
OVER = "nothing ends any more that it speaks of"


def before(days: int) -> dt.date:
    return END - days * DAY


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


@pytest.fixture
def mail(world: World) -> Source:
    """A connection that sends mail, and Acme, which claims to be exempt in two states."""
    mail = a_mailbox(world)
    acme = on_card("Acme", email="ap@acme.example", exempt=True, ship_to_zones=["TX", "CA"])
    make_cards(world.store, acme)
    return mail


def certify(world: World, *states: str, name: str = "Acme", **changes: Any) -> int:
    """A certificate that ends, unless it is said otherwise; its id."""
    return world.certify(name, *states, **{"expiration_date": END, **changes})[0]


def edit(world: World, **changes: Any) -> None:
    details = card_of(world.store, 1).details.model_copy(update=changes)
    cards.edit(world.store, 1, details, world.act())


def owe(mail: Source, day: dt.date) -> None:
    """A day on which nothing could be sent."""
    mail.world.now = dt.datetime.combine(day, dt.time(12), dt.UTC)
    reminding(mail)


def asking(mail: Source) -> Asked:
    return ask(mail.world.store, {mail.row.company_id: mail.row}, mail.world.now)


def newest(mail: Source) -> Delivery:
    """The newest mail of the newest request."""
    return mail.last(str(all_requests(mail.world)[-1].id), DeliveryTarget.MAIL)


# --- a notice that waits -------------------------------------------------------------------


def test_when_all_is_renewed_meanwhile_nothing_goes_out(world: World, mail: Source) -> None:
    certify(world, "TX")
    owe(mail, before(30))
    certify(world, "TX", expiration_date=END + DAY, number="N-2")
    assert mail_due(mail.reading()) == {}
    (request,) = all_requests(world)
    assert (request.state, request.withdrawn_because, request.mails) == ("withdrawn", OVER, 0)
    assert mail.remote.sent == []


def test_what_was_told_before_stays_told_when_the_next_mail_is_needless(
    world: World, mail: Source
) -> None:
    certify(world, "TX")
    assert len(on(mail, before(30))) == 1
    owe(mail, before(7))
    renewed = certify(world, "TX", expiration_date=None, number="N-2")
    assert mail_due(mail.reading()) == {}
    (request,) = all_requests(world)
    assert (request.state, request.mails) == ("accepted", 1)
    assert (newest(mail).state, newest(mail).message) == (
        DeliveryState.SUPERSEDED,
        "its certificate came",
    )
    world.archive(renewed)
    assert len(on(mail, before(5))) == 1, "and when that was a mistake, another one goes out"
    states = [(one.state, one.mails) for one in all_requests(world)]
    assert states == [("accepted", 1), ("not_opened", 1)]


def test_when_a_part_is_renewed_meanwhile_only_the_rest_is_told(world: World, mail: Source) -> None:
    certify(world, "TX", "CA")
    owe(mail, before(30))
    certify(world, "TX", expiration_date=None, number="N-2")
    mail_due(mail.reading())
    (message,) = mail.remote.sent
    assert lines(message) == ["California: until December 30, 2026 (certificate N-1)"]
    assert "Thank you,\nNorthwind\n" in message.text


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"excluded_from_mailings": True}, "excluded from mailings meanwhile",
                     id="excluded (F14)"),
        pytest.param({"email": None}, "no usable e-mail address any more", id="no mailbox"),
    ],
)  # fmt: skip
def test_who_is_not_to_be_written_to_by_then_is_not(
    world: World, mail: Source, changes: Any, why: str
) -> None:
    certify(world, "TX")
    owe(mail, before(30))
    edit(world, **changes)
    assert mail_due(mail.reading()) == {}
    assert [one.withdrawn_because for one in all_requests(world)] == [why]
    edit(world, excluded_from_mailings=False, email="new@acme.example")
    assert [message.to for message in on(mail, before(29))] == [("new@acme.example",)]
    assert [one.state for one in all_requests(world)] == ["withdrawn", "not_opened"]


def test_it_goes_to_the_mailbox_of_then(world: World, mail: Source) -> None:
    certify(world, "TX")
    owe(mail, before(30))
    edit(world, email="new@acme.example")
    mail_due(mail.reading())
    assert [message.to for message in mail.remote.sent] == [("new@acme.example",)]
    assert [one.recipient for one in all_requests(world)] == ["new@acme.example"]


def test_a_later_notice_takes_the_place_of_one_that_has_not_gone_out(
    world: World, mail: Source
) -> None:
    certify(world, "TX")
    owe(mail, before(30))
    owe(mail, before(7))
    assert mail_due(mail.reading()) == {"applied": 1}
    assert newest(mail).version == 2
    assert [(one.state, one.mails) for one in all_requests(world)] == [("not_opened", 1)]


def test_so_does_one_that_tells_of_more(world: World, mail: Source) -> None:
    certify(world, "TX")
    certify(world, "CA", expiration_date=END + 3 * DAY)
    owe(mail, before(30))
    owe(mail, before(27))
    assert mail_due(mail.reading()) == {"applied": 1}
    assert [lines(message) for message in mail.remote.sent] == [
        [
            "Texas: until December 30, 2026 (certificate N-1)",
            "California: until January 2, 2027 (certificate N-1)",
        ]
    ]
    assert [one.withdrawn_because for one in all_requests(world)] == [
        "a later mail says the same",
        None,
    ]


def test_what_is_over_by_then_and_was_not_told_is_in_the_next_one(
    world: World, mail: Source
) -> None:
    certify(world, "TX")
    certify(world, "CA", expiration_date=END + DAY)
    owe(mail, END)
    assert [len(lines(message)) for message in on(mail, END + DAY)] == [2]


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        pytest.param(PermanentError("no such mailbox"), DeliveryState.SUPERSEDED,
                     id="one that was refused is done with"),
        pytest.param(TransientError("cut off", maybe_applied=True), DeliveryState.DEAD,
                     id="one that may have gone out is left for a person"),
    ],
)  # fmt: skip
def test_when_a_later_one_tells_of_more(
    world: World, mail: Source, fault: BaseException, state: DeliveryState
) -> None:
    certify(world, "TX")
    certify(world, "CA", expiration_date=END + 3 * DAY)
    mail.remote.faults["send_request"] = [fault]
    on(mail, before(30))
    assert [len(lines(message)) for message in on(mail, before(27))] == [2]
    assert mail.last("1", DeliveryTarget.MAIL).state is state


def test_also_through_another_connection(world: World, mail: Source) -> None:
    certify(world, "TX")
    owe(mail, before(30))
    world.now += 23 * DAY
    other = world.connect("mail-2", mail.row.capabilities)
    reminding(other)
    assert (mail_due(mail.reading()), mail_due(other.reading())) == ({}, {"applied": 1})
    first = mail.last("1", DeliveryTarget.MAIL)
    (message,) = other.remote.sent
    assert (first.version, first.state) == (1, DeliveryState.SUPERSEDED)
    assert message.key not in first.wanted


def test_two_that_are_one_by_then_are_told_once(world: World, mail: Source) -> None:
    make_cards(world.store, on_card("Twin", email="twin@t.example"))
    certify(world, "TX")
    certify(world, "TX", name="Twin", number="N-2")
    owe(mail, before(30))
    joining.merge(world.store, 1, 2, world.act())
    assert mail_due(mail.reading()) == {"applied": 1}
    assert [one.withdrawn_because for one in all_requests(world)] == [
        None,
        "another mail said so already",
    ]


def test_what_has_waited_long_past_the_end_does_not_go(world: World, mail: Source) -> None:
    certify(world, "TX")
    owe(mail, END)
    world.now += 15 * DAY
    assert mail_due(mail.reading()) == {}
    assert [one.withdrawn_because for one in all_requests(world)] == [OVER]


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        pytest.param(PermanentError("no such mailbox"), DeliveryState.DEAD, id="refused"),
        pytest.param(TransientError("cut off", maybe_applied=True), DeliveryState.DEAD,
                     id="cut off: it may have gone out"),
        pytest.param(TransientError("busy"), DeliveryState.PENDING, id="to be tried again"),
    ],
)  # fmt: skip
def test_one_that_failed_is_not_written_anew_before_the_next_stage(
    world: World, mail: Source, fault: BaseException, state: DeliveryState
) -> None:
    certify(world, "TX")
    mail.remote.faults["send_request"] = [fault]
    on(mail, before(30))
    assert newest(mail).state is state
    reminding(mail)
    owe(mail, before(10))
    assert (newest(mail).version, newest(mail).state) == (1, state)
    mail.remote.sent.clear()
    on(mail, before(7))
    assert [message.key in newest(mail).wanted for message in mail.remote.sent] == [True]
    assert (newest(mail).version, newest(mail).state) == (2, DeliveryState.SENT)


def test_one_that_a_person_dropped_is_not_written_anew(world: World, mail: Source) -> None:
    certify(world, "TX")
    mail.remote.faults["send_request"] = [PermanentError("no such mailbox")]
    on(mail, before(30))
    deliveries.drop(world.store, [newest(mail).id], "we called them", world.act())
    assert on(mail, before(20)) == []
    assert len(on(mail, before(7))) == 1


def test_a_mailbox_that_is_to_be_mended_loses_nothing(world: World, mail: Source) -> None:
    certify(world, "TX")
    mail.remote.faults["send_request"] = [ConfigError("the password was refused")]
    with pytest.raises(ConfigError):
        on(mail, before(30))
    assert mail_due(mail.reading()) == {"applied": 1}


# --- requests by hand ----------------------------------------------------------------------


def test_a_notice_is_no_request(world: World, mail: Source) -> None:
    certify(world, "TX", "CA")
    assert len(on(mail, END)) == 1
    world.now += DAY
    with world.store.reading() as tx:
        (one,) = lacking(tx, world.now.date())
        assert (one.jurisdictions, one.asked) == (("US-CA", "US-TX"), ())
        assert tx.requests.places([1], world.now) == {}
        assert tx.requests.mailed(1, world.now, but=0) == set()
    assert on(mail, END + 10 * DAY) == [], "so nobody is reminded of it"
    assert [one.asked for one in asking(mail).sent] == [()], "and the next day it may be asked for"


def test_on_the_day_of_a_notice_the_same_state_is_not_asked_for(world: World, mail: Source) -> None:
    certify(world, "TX")
    world.now += 45 * DAY
    assert [lines(m) for m in on(mail, world.now.date())] == [
        ["Texas: until December 30, 2026 (certificate N-1)"]
    ], "a late one: it is over by now"
    assert [one.jurisdictions for one in asking(mail).sent] == [("US-CA", "US-TX")]
    mail_due(mail.reading())
    assert lines(mail.remote.sent[-1]) == ["California"]
    assert [one.name for one in asking(mail).already_asked] == ["Acme"]
    world.now += DAY
    assert len(asking(mail).sent) == 1
    mail_due(mail.reading())
    assert lines(mail.remote.sent[-1]) == ["Texas"]


def test_of_what_was_asked_for_since_the_end_no_late_notice_tells(
    world: World, mail: Source
) -> None:
    certify(world, "TX", "CA")
    assert len(on(mail, before(7))) == 1
    world.now += 10 * DAY
    assert len(asking(mail).sent) == 1
    assert reminding(mail).sent == []
    edit(world, excluded_from_mailings=True)
    assert mail_due(mail.reading()) == {}
    edit(world, excluded_from_mailings=False)
    assert len(reminding(mail).sent) == 1, "unless that request was withdrawn"


def test_a_request_for_another_state_or_of_earlier_keeps_from_no_notice(
    world: World, mail: Source
) -> None:
    edit(world, ship_to_zones=("US-TX",))
    assert [one.jurisdictions for one in asking(mail).sent] == [("US-TX",)]
    mail_due(mail.reading())
    certify(world, "TX")
    assert len(on(mail, before(7))) == 1
    edit(world, ship_to_zones=("US-CA",))
    world.now += 10 * DAY
    assert [one.jurisdictions for one in asking(mail).sent] == [("US-CA",)]
    assert [one.jurisdictions for one in reminding(mail).sent] == [("US-TX",)]


def test_nor_one_that_has_waited_since(world: World, mail: Source) -> None:
    certify(world, "TX", "CA")
    owe(mail, END)
    world.now += DAY
    assert len(asking(mail).sent) == 1
    assert mail_due(mail.reading()) == {"applied": 1}
    assert [m.purpose for m in mail.remote.sent] == ["request"]


def test_a_notice_that_was_refused_keeps_nobody_from_asking(world: World, mail: Source) -> None:
    certify(world, "TX", "CA")
    world.now += 42 * DAY
    mail.remote.answers["ap@acme.example"] = [Outcome.REJECTED]
    on(mail, world.now.date())
    assert newest(mail).state is DeliveryState.DEAD
    assert len(asking(mail).sent) == 1
