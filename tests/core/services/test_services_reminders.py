"""Who was asked for certificates and has not sent them is reminded, twice and no more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt import Outcome, PermanentError, TransientError
from exempt.model.messages import Purpose
from exempt.services import cards, joining
from exempt.services.mailing import mail_due
from exempt.services.post import Post
from exempt.services.reminding import Notices
from exempt.services.requests import Asked, ask
from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget
from support.cards import card_of, make_cards, on_card
from support.records import DAY, TODAY
from support.reminding import a_mailbox, all_requests, lines, on, reminding
from support.world import Source, World


def after(days: int) -> dt.date:
    """So many days after the request."""
    return TODAY + days * DAY


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


@pytest.fixture
def asked(mail: Source) -> Source:
    """Acme was asked for both today."""
    asking(mail)
    assert mail_due(mail.reading()) == {"applied": 1}
    return mail


def asking(mail: Source) -> Asked:
    return ask(mail.world.store, {mail.row.company_id: mail.row}, mail.world.now)


def edit(world: World, **changes: Any) -> None:
    details = card_of(world.store, 1).details.model_copy(update=changes)
    cards.edit(world.store, 1, details, world.act())


def owe(mail: Source, day: dt.date) -> None:
    """A day on which nothing could be sent."""
    mail.world.now = dt.datetime.combine(day, dt.time(12), dt.UTC)
    reminding(mail)


def last(mail: Source, request: int = 1) -> Delivery:
    """The newest mail of a request."""
    return mail.last(str(request), DeliveryTarget.MAIL)


def test_who_does_not_answer_is_reminded_after_one_week_and_after_three(
    world: World, asked: Source
) -> None:
    days = [on(asked, after(number)) for number in range(60)]
    assert [number for number, sent in enumerate(days) if sent] == [7, 21]
    first, second = [message for sent in days for message in sent]
    assert (first.purpose, first.to) == (Purpose.REMINDER, ("ap@acme.example",))
    assert first.subject == "Northwind: reminder: we need your exemption certificate"
    assert "on November 20, 2026 we asked you for exemption certificates" in first.text
    assert lines(first) == lines(second) == ["California", "Texas"]
    assert len({message.key for message in asked.remote.sent}) == 3
    (request,) = all_requests(world)
    assert (request.purpose, request.mails, last(asked).version) == ("request", 3, 3)
    assert [one.name for one in asking(asked).already_asked] == ["Acme"]


def test_other_days_are_a_setting(asked: Source) -> None:
    once = Notices(after_request=(3,), post=Post(portal_url="https://x.example/p"))
    days = [on(asked, after(number), once) for number in range(30)]
    assert [number for number, sent in enumerate(days) if sent] == [3]
    assert "You can also upload it at https://x.example/p." in days[3][0].text
    assert on(asked, after(7), Notices()) == [], "and without days nothing is sent"


@pytest.mark.parametrize(
    ("days", "number"),
    [
        pytest.param([7, 7], 1, id="twice on a day"),
        pytest.param([20], 1, id="late"),
        pytest.param([20, 21], 2, id="late, and then in time"),
        pytest.param([21], 1, id="of two that were missed, the later one"),
        pytest.param([35], 1, id="two weeks late"),
        pytest.param([36], 0, id="not later than that"),
    ],
)
def test_a_daemon_that_was_off(asked: Source, days: list[int], number: int) -> None:
    assert sum(len(on(asked, after(day))) for day in days) == number


def test_only_what_is_still_missing_is_asked_for_again(world: World, asked: Source) -> None:
    certificate, _ = world.certify("Acme", "TX")
    assert [lines(message) for message in on(asked, after(7))] == [["California"]]
    world.certify("Acme", "CA")
    assert on(asked, after(21)) == [], "and who has sent all is reminded of nothing"
    world.archive(certificate)
    assert on(asked, after(22)) == [], "even if one of it counts no more"
    assert [one.jurisdictions for one in asking(asked).sent] == [("US-TX",)], "it is asked for anew"


@pytest.mark.parametrize(
    ("changes", "group"),
    [
        pytest.param({"excluded_from_mailings": True}, "excluded", id="excluded (F14)"),
        pytest.param({"email": None}, "without_email", id="without a mailbox"),
    ],
)
def test_who_is_not_reminded(world: World, asked: Source, changes: Any, group: str) -> None:
    edit(world, **changes)
    world.now += 7 * DAY
    reminded = reminding(asked)
    assert [one.name for one in getattr(reminded, group)] == ["Acme"]
    assert reminded.sent == []


def test_a_company_without_mail_reminds_nobody(world: World, asked: Source) -> None:
    south = world.connect("south", asked.row.capabilities, company="southwind")
    world.now += 7 * DAY
    assert [one.name for one in reminding(south).without_mail] == ["Acme"]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(PermanentError("no such mailbox"), id="was refused"),
        pytest.param(TransientError("cut off", maybe_applied=True), id="may not have gone out"),
        pytest.param(TransientError("busy"), id="still waits"),
    ],
)
def test_nobody_is_reminded_of_a_request_that(
    world: World, mail: Source, fault: BaseException
) -> None:
    asking(mail)
    mail.remote.faults["send_request"] = [fault]
    mail_due(mail.reading())
    owe(mail, after(7))
    assert last(mail).version == 1


def test_a_request_counts_from_the_day_it_went_out(world: World, mail: Source) -> None:
    asking(mail)
    world.now += 5 * DAY
    mail_due(mail.reading())
    assert on(mail, after(7)) == []
    assert len(on(mail, after(12))) == 1


def test_a_reminder_that_was_refused_leaves_the_request_as_it_is(
    world: World, asked: Source
) -> None:
    asked.remote.faults["send_request"] = [PermanentError("mailbox full")]
    on(asked, after(7))
    assert last(asked).state is DeliveryState.DEAD
    assert [one.name for one in asking(asked).already_asked] == ["Acme"], "nobody is asked twice"
    assert on(asked, after(8)) == []
    assert len(on(asked, after(21))) == 1


def test_a_withdrawn_request_is_none(world: World, mail: Source) -> None:
    asking(mail)
    edit(world, excluded_from_mailings=True)
    assert mail_due(mail.reading()) == {}
    edit(world, excluded_from_mailings=False)
    assert on(mail, after(7)) == []


def test_of_two_requests_each_is_reminded_of_in_its_time(world: World, mail: Source) -> None:
    edit(world, ship_to_zones=("US-TX",))
    asking(mail)
    mail_due(mail.reading())
    edit(world, ship_to_zones=("US-CA", "US-TX"))
    world.now += 2 * DAY
    asking(mail)
    mail_due(mail.reading())
    days = [(number, on(mail, after(number))) for number in range(3, 40)]
    assert [(number, lines(m)) for number, sent in days for m in sent] == [
        (7, ["Texas"]),
        (9, ["California"]),
        (21, ["Texas"]),
        (23, ["California"]),
    ]


# --- two that are one by then --------------------------------------------------------------


@pytest.fixture
def twins(world: World, asked: Source) -> Source:
    """Acme and its twin, which was asked for the same three days later."""
    make_cards(
        world.store, on_card("Twin", email="twin@t.example", exempt=True, ship_to_zones=["TX"])
    )
    world.now += 3 * DAY
    asking(asked)
    assert mail_due(asked.reading()) == {"applied": 1}
    return asked


def test_the_newer_of_two_requests_counts(world: World, twins: Source) -> None:
    joining.merge(world.store, 1, 2, world.act())
    days = [(number, on(twins, after(number))) for number in range(4, 40)]
    assert [(number, lines(m)) for number, sent in days for m in sent] == [
        (7, ["California"]),
        (10, ["Texas"]),
        (21, ["California"]),
        (24, ["Texas"]),
    ]


def test_but_not_one_that_was_refused(world: World, asked: Source) -> None:
    twin = on_card("Twin", email="twin@t.example", exempt=True, ship_to_zones=["TX"])
    make_cards(world.store, twin)
    asked.remote.answers["twin@t.example"] = [Outcome.REJECTED]
    asking(asked)
    assert mail_due(asked.reading()) == {"rejected": 1}
    joining.merge(world.store, 1, 2, world.act())
    assert [lines(m) for m in on(asked, after(7))] == [["California", "Texas"]]


def test_two_reminders_that_wait_are_one(world: World, twins: Source) -> None:
    owe(twins, after(10))
    joining.merge(world.store, 1, 2, world.act())
    mail_due(twins.reading())
    assert [lines(m) for m in twins.remote.sent[2:]] == [["California", "Texas"]]
    assert last(twins, 2).message == "another mail said so already"
    assert [one.state for one in all_requests(world)] == ["not_opened", "not_opened"]


# --- a reminder that waits -----------------------------------------------------------------


def test_when_all_came_meanwhile_nothing_goes_out(world: World, asked: Source) -> None:
    owe(asked, after(7))
    certificate, _ = world.certify("Acme", "TX", "CA")
    assert mail_due(asked.reading()) == {}
    assert last(asked).message == "its certificate came"
    assert [(one.state, one.mails) for one in all_requests(world)] == [("accepted", 1)]
    world.archive(certificate)
    assert on(asked, after(8)) == []
    assert len(asking(asked).sent) == 1, "and when that was a mistake, it is asked for anew"


def test_when_a_part_came_meanwhile_only_the_rest_is_asked_for(world: World, asked: Source) -> None:
    owe(asked, after(7))
    world.certify("Acme", "TX")
    mail_due(asked.reading())
    assert lines(asked.remote.sent[-1]) == ["California"]


def test_who_is_excluded_meanwhile_is_not_reminded(world: World, asked: Source) -> None:
    owe(asked, after(7))
    edit(world, excluded_from_mailings=True)
    assert mail_due(asked.reading()) == {}
    assert last(asked).message == "excluded from mailings meanwhile"


def test_what_its_billing_customer_is_asked_for_since_is_not_its_own(
    world: World, asked: Source
) -> None:
    owe(asked, after(7))
    make_cards(world.store, on_card("Owner", email="ap@owner.example", exempt=True))
    cards.link_ship_to(world.store, 2, 1, world.act())
    assert mail_due(asked.reading()) == {}
