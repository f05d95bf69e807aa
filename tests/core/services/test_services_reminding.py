"""Customers are told in time that certificates end: once a stage, and not after a renewal."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from exempt import TransientError
from exempt.model.messages import Purpose
from exempt.services import cards, joining
from exempt.services.mailing import mail_due
from exempt.services.post import Post
from exempt.services.reminding import Letter, Notices, Reminded
from exempt.services.rows import DeliveryTarget
from support.cards import card_of, make_cards, on_card
from support.fake_connector import MAILS
from support.records import DAY, NOW, TODAY
from support.reminding import a_mailbox, all_requests, lines, on, reminding
from support.stores import enter, everything, side_by_side
from support.world import Source, World

END = TODAY + 40 * DAY


def before(days: int) -> dt.date:
    return END - days * DAY


@pytest.fixture
def world(any_world: World) -> World:
    """Each test runs on both databases."""
    return any_world


@pytest.fixture
def mail(world: World) -> Source:
    """A connection that sends mail for the company of Acme."""
    mail = a_mailbox(world)
    make_cards(world.store, on_card("Acme", number="A-1", email="ap@acme.example"))
    return mail


def certify(world: World, *states: str, name: str = "Acme", **changes: Any) -> int:
    """A certificate that ends, unless it is said otherwise; its id."""
    return world.certify(name, *states, **{"expiration_date": END, **changes})[0]


def edit(world: World, card: int, **changes: Any) -> None:
    details = card_of(world.store, card).details.model_copy(update=changes)
    cards.edit(world.store, card, details, world.act())


def names(letters: list[Letter]) -> list[str]:
    return [letter.name for letter in letters]


# --- in time -------------------------------------------------------------------------------


def test_a_customer_is_told_thirty_and_seven_days_before_the_end_and_on_the_last_day(
    world: World, mail: Source
) -> None:
    """C14."""
    certify(world, "TX", number="N-7")
    days = [on(mail, TODAY + number * DAY) for number in range(60)]
    assert [number for number, sent in enumerate(days) if sent] == [10, 33, 40]
    first, second, third = [message for sent in days for message in sent]
    assert (first.purpose, first.to) == (Purpose.EXPIRY, ("ap@acme.example",))
    assert first.subject.endswith(": please renew your exemption certificate by December 30, 2026")
    assert "Hello Acme,\n" in first.text
    assert lines(first) == ["Texas: until December 30, 2026 (certificate N-7)"]
    assert len({first.key, second.key, third.key}) == 3
    (request,) = all_requests(world)
    assert (request.purpose, request.mails, request.expiration_date) == ("expiry", 3, END)
    assert (request.jurisdictions, request.ends) == (("US-TX",), (("US-TX", END),))
    assert request.recipient == "ap@acme.example"
    assert mail.last(str(request.id), DeliveryTarget.MAIL).version == 3


def test_other_days_are_a_setting(world: World, mail: Source) -> None:
    certify(world, "TX")
    twice = Notices(before_end=(60, 20), post=Post(portal_url="https://x.example/p"))
    days = [on(mail, TODAY + number * DAY, twice) for number in range(60)]
    assert [number for number, sent in enumerate(days) if sent] == [0, 20]
    assert "You can also upload it at https://x.example/p." in days[0][0].text
    assert on(mail, TODAY, Notices()) == [], "and without days nothing is sent"


def test_what_was_missed_is_one_mail(world: World, mail: Source) -> None:
    certify(world, "TX")
    assert len(on(mail, before(16))) == 1, "the one of 30 days, two weeks late"
    assert on(mail, before(8)) == []
    (late,) = on(mail, END + 5 * DAY)
    assert late.subject == "Northwind: please renew your exemption certificate"
    assert lines(late) == ["Texas: until December 30, 2026 (certificate N-1)"]
    assert on(mail, END + 6 * DAY) == []
    (request,) = all_requests(world)
    assert mail.last(str(request.id), DeliveryTarget.MAIL).version == 3


def test_long_after_the_end_nobody_is_told(world: World, mail: Source) -> None:
    certify(world, "TX")
    assert on(mail, END + 15 * DAY) == []


def test_many_runs_a_day_are_one(world: World, mail: Source) -> None:
    certify(world, "TX")
    assert len(on(mail, before(30))) == 1
    world.now += DAY / 4
    after = everything(world.store)
    assert reminding(mail) == Reminded([], [], [], [])
    assert everything(world.store) == after


def test_two_workers_at_once_tell_once(
    world: World, mail: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    certify(world, "TX")
    world.now += 10 * DAY
    done = []

    def now(tx: Any) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(world.store, "writing", lambda: _Given(tx))
            done.append(len(reminding(mail).sent))

    side_by_side(world.store, now, now)
    assert sorted(done) == [0, 1]
    assert len(all_requests(world)) == 1


class _Given:
    """A transaction that has begun, and that others end."""

    def __init__(self, tx: Any) -> None:
        self._tx = tx

    def __enter__(self) -> Any:
        return self._tx

    def __exit__(self, *_error: object) -> None:
        pass


# --- of what -------------------------------------------------------------------------------


def test_all_that_ends_soon_is_in_one_mail_with_its_days(world: World, mail: Source) -> None:
    certify(world, "WA", expiration_date=before(20), number=None, exemption_number="W-1")
    certify(world, "CA", number=None)
    certify(world, "NV", number=None, expiration_date=END + DAY)
    certify(world, "TX", expiration_date=None)
    (message,) = on(mail, before(30))
    assert lines(message) == [
        "Washington: until December 10, 2026 (certificate W-1)",
        "California: until December 30, 2026",
    ]
    (request,) = all_requests(world)
    assert (request.jurisdictions, request.expiration_date) == (("US-CA", "US-WA"), before(20))
    (message,) = on(mail, before(29))
    assert len(lines(message)) == 3, "Nevada is near by now"
    (message,) = on(mail, before(20))
    assert len(lines(message)) == 3, "Washington's last day is one, too"
    (message,) = on(mail, before(7))
    assert lines(message) == [
        "California: until December 30, 2026",
        "Nevada: until December 31, 2026",
    ], "Washington is over"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({}, True, id="one that is in force"),
        pytest.param({"expiration_date": END + DAY}, False, id="one that ends later"),
        pytest.param({"expiration_date": None}, False, id="one without end"),
        pytest.param({"effective_date": before(29)}, False, id="one that does not count yet"),
        pytest.param({"order_numbers": ("PO-7",)}, False, id="one for an order"),
    ],
)
def test_who_is_told_of(world: World, mail: Source, changes: Any, told: bool) -> None:
    certify(world, "TX", **changes)
    assert len(on(mail, before(30))) == told


def test_what_is_in_the_archive_is_not_told_of(world: World, mail: Source) -> None:
    world.archive(certify(world, "TX"))
    assert on(mail, before(30)) == []


def test_one_that_another_outlives_is_not_told_of(world: World, mail: Source) -> None:
    certify(world, "TX", "CA")
    certify(world, "TX", expiration_date=END + DAY, number="N-2")
    (message,) = on(mail, before(30))
    assert lines(message) == ["California: until December 30, 2026 (certificate N-1)"]


def test_after_a_renewal_nobody_is_told(world: World, mail: Source) -> None:
    certify(world, "TX")
    assert len(on(mail, before(30))) == 1
    renewed = certify(world, "TX", expiration_date=None, number="N-2")
    assert on(mail, before(7)) == on(mail, END) == []
    world.archive(renewed)
    assert len(on(mail, END)) == 1, "unless it is taken back"


# --- who -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "group"),
    [
        pytest.param({}, "sent", id="who has a mailbox"),
        pytest.param({"excluded_from_mailings": True}, "excluded", id="not who is excluded (F14)"),
        pytest.param({"email": None}, "without_email", id="nor who has no mailbox"),
    ],
)
def test_who_is_written_to(world: World, mail: Source, changes: Any, group: str) -> None:
    certify(world, "TX")
    edit(world, 1, **changes)
    world.now += 10 * DAY
    reminded = reminding(mail)
    assert {name: names(getattr(reminded, name)) for name in Reminded._fields} == {
        **{name: [] for name in Reminded._fields},
        group: ["Acme"],
    }
    assert len(all_requests(world)) == (group == "sent")
    edit(world, 1, excluded_from_mailings=False, email="new@acme.example")
    assert len(on(mail, before(29))) == 1, "when that is mended, it is told a day late"


def test_each_company_writes_through_its_own_connection(world: World, mail: Source) -> None:
    make_cards(world.store, on_card("Bolt", email="ap@bolt.example"), company="southwind")
    certify(world, "TX")
    certify(world, "TX", name="Bolt")
    world.now += 10 * DAY
    reminded = reminding(mail)
    assert (names(reminded.sent), names(reminded.without_mail)) == (["Acme"], ["Bolt"])
    south = world.connect("mail-south", MAILS, company="southwind")
    assert names(reminding(south).sent) == ["Bolt"]
    mail_due(south.reading())
    assert [message.subject[:10] for message in south.remote.sent] == ["Southwind:"]


def test_a_merged_customer_is_told_once(world: World, mail: Source) -> None:
    make_cards(world.store, on_card("Twin", email="twin@t.example"))
    certify(world, "TX", name="Twin")
    joining.merge(world.store, 1, 2, world.act())
    assert [message.to for message in on(mail, before(30))] == [("ap@acme.example",)]


@pytest.mark.parametrize(
    ("annex", "acme", "told", "line"),
    [
        pytest.param("annex@b.example", "ap@acme.example", "ap@acme.example",
                     "Texas: until December 30, 2026 (certificate N-1, for Annex)",
                     id="its billing customer"),
        pytest.param("annex@b.example", None, "annex@b.example",
                     "Texas: until December 30, 2026 (certificate N-1)",
                     id="the location itself, where its billing customer has no mailbox"),
    ],
)  # fmt: skip
def test_of_what_a_location_holds_is_told(
    world: World, mail: Source, annex: Any, acme: Any, told: str, line: str
) -> None:
    make_cards(world.store, on_card("Annex", email=annex))
    cards.link_ship_to(world.store, 1, 2, world.act())
    edit(world, 1, email=acme)
    certify(world, "TX", name="Annex")
    (message,) = on(mail, before(30))
    assert (message.to, lines(message)) == ((told,), [line])


def test_what_a_location_and_its_billing_customer_hold_is_one_mail(
    world: World, mail: Source
) -> None:
    make_cards(world.store, on_card("Annex", email="annex@b.example"))
    cards.link_ship_to(world.store, 1, 2, world.act())
    certify(world, "TX", number="N-1")
    certify(world, "TX", name="Annex", number="N-2", expiration_date=END - DAY)
    certify(world, "CA", name="Annex", number="N-3")
    certify(world, "CA", number="N-4", expiration_date=None)
    (message,) = on(mail, before(30))
    assert message.to == ("ap@acme.example",)
    assert lines(message) == ["Texas: until December 30, 2026 (certificate N-1)"], (
        "what the location may use beside its own lasts longer"
    )


@pytest.mark.parametrize("bill_to", [1, 2])
def test_a_certificate_of_both_is_told_of_once(world: World, mail: Source, bill_to: int) -> None:
    make_cards(world.store, on_card("Annex", email="annex@b.example"))
    cards.link_ship_to(world.store, bill_to, 3 - bill_to, world.act())
    with world.store.writing() as tx:
        enter(tx, 1, "TX", customer_ids=(1, 2), expiration_date=END)
    (message,) = on(mail, before(30))
    assert lines(message) == ["Texas: until December 30, 2026 (certificate N-1)"]


def test_a_location_is_not_told_of_what_its_billing_customer_holds(
    world: World, mail: Source
) -> None:
    make_cards(world.store, on_card("Annex", email="annex@b.example"))
    cards.link_ship_to(world.store, 1, 2, world.act())
    edit(world, 1, email=None)
    certify(world, "TX")
    certify(world, "CA", name="Annex")
    (message,) = on(mail, before(30))
    assert message.to == ("annex@b.example",)
    assert lines(message) == ["California: until December 30, 2026 (certificate N-1)"]


def test_many_customers_are_written_to_some_at_a_time(
    world: World, mail: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exempt.services.reminding.AT_ONCE", 2)
    names = [f"C{number}" for number in range(5)]
    for name in names:
        make_cards(world.store, on_card(name, email=f"ap@{name}.example"))
        certify(world, "TX", name=name)
    world.now += 10 * DAY
    transactions = Counter[str]()
    writing = world.store.writing

    def counted() -> Any:
        transactions["writing"] += 1
        return writing()

    monkeypatch.setattr(world.store, "writing", counted)
    assert [letter.name for letter in reminding(mail).sent] == names
    assert transactions == {"writing": 1 + 3}, "one closes what was answered"
    assert reminding(mail).sent == []


# --- whatever happens ----------------------------------------------------------------------


@example(off={30}, broken={0, 31, 55, 59}, ends=[30, 0, 47], renewed=32, runs=1)
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    off=st.sets(st.integers(0, 59), max_size=40),
    broken=st.sets(st.integers(0, 59), max_size=4),
    ends=st.lists(st.integers(0, 59), min_size=1, max_size=3),
    renewed=st.integers(0, 80),
    runs=st.integers(1, 2),
)
def test_over_two_months_each_stage_has_one_mail_at_most_and_none_after_the_renewal(
    world: World,
    mail: Source,
    off: set[int],
    broken: set[int],
    ends: list[int],
    renewed: int,
    runs: int,
) -> None:
    """Of several ends in one mail each is told of; a day has one mail."""
    last = dict(zip(STATES, ends, strict=False))
    told: list[tuple[int, set[str]]] = []
    with world.store.rehearsing():
        mail.remote.sent.clear()
        world.now = NOW
        for state, end in last.items():
            certify(world, STATES[state], expiration_date=TODAY + end * DAY)
        for day in range(60):
            if day == renewed:
                certify(world, "TX", expiration_date=None, number="N-2")
            if day not in off:
                busy: list[BaseException | None] = [TransientError("busy")]
                mail.remote.faults["send_request"] = busy * 10 if day in broken else []
                sent = [message for _ in range(runs) for message in on(mail, TODAY + day * DAY)]
                if day not in broken:
                    told += [(day, {line.partition(":")[0] for line in lines(m)}) for m in sent]
    assert len({day for day, _ in told}) == len(told)
    new = {(state, stage) for state, end in last.items() for stage in stages(end)}
    for day, states in told:
        for_it = {(s, stage) for s, stage in new if s in states and day in stage}
        assert for_it, "somebody was told of nothing new"
        new -= for_it
    assert not [day for day, states in told if "Texas" in states and renewed <= day]
    for state, stage in new:
        until = renewed if state == "Texas" else 60
        assert not [d for d in stage if d < min(until, 60) and d not in off | broken]


STATES = {"Texas": "TX", "California": "CA", "Nevada": "NV"}


def stages(end: int) -> list[range]:
    """The days of the three stages of an end: from each one's day until the next one's."""
    days = [end - 30, end - 7, end, end + 15]
    return [range(max(first, 0), until) for first, until in pairwise(days)]
