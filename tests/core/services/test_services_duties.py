"""What each kind of job does with a connection, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from exempt import (
    AuthError,
    CheckResult,
    FetchRequest,
    Outcome,
    PermanentError,
    Problem,
    Stream,
    TransientError,
    WebhookEvent,
)
from exempt.services import duties
from exempt.services.job_ports import JobKind, JobRow
from exempt.services.requests import ask
from exempt.services.rows import ConnectionRow, DeliveryState
from exempt.services.running import OCCUPIED, Ended
from exempt.services.sync import reading_name, writing_name
from support.engines import ByHand
from support.fake_connector import MAILS, READS, WRITES
from support.records import NOW, customer, order
from support.stores import MINUTE, everything, rows
from support.world import Source, World

LONE_STAR = customer("C-1", name="Lone Star", email="ap@lonestar.example", exempt=True)
FREE = customer("C-1", resale_certificate_number="FF-1")


@pytest.fixture
def owed(any_world: World) -> Source:
    """A connection that owes three orders their exemption; one is written at a time."""
    source = any_world.connect("erp", push_batch_max=1)
    source.remote.put(FREE, *(order(f"O-{number}") for number in (1, 2, 3)))
    source.sync(write_back=False)
    assert source.owed() == ["O-1", "O-2", "O-3"]
    return source


@pytest.fixture
def mail(any_world: World) -> Source:
    """A connection through which two customers are to be asked."""
    erp = any_world.connect("erp")
    other = customer("C-2", name="Pine Tree", email="ap@pinetree.example", exempt=True)
    erp.remote.put(LONE_STAR, other, order("O-1"), order("O-2", customer_external_id="C-2"))
    erp.sync(write_back=False)
    source = any_world.connect("mail", MAILS)
    ask(any_world.store, {source.row.company_id: source.row}, NOW)
    return source


def jobs(world: World) -> dict[str, JobRow]:
    with world.store.reading() as tx:
        return {job.name: job for job in tx.jobs.all()}


def connection(world: World, name: str = "erp") -> ConnectionRow:
    with world.store.reading() as tx:
        return next(row for row in tx.connections.all() if row.name == name)


def stopping_after(times: int) -> Callable[[], bool]:
    """Says no so many times, and then yes for ever."""
    answers = iter([False] * times)
    return lambda: next(answers, True)


# --- reading -------------------------------------------------------------------------------------


def test_a_pull_reads_all_streams_and_writes_nothing(any_world: World) -> None:
    erp = any_world.connect("erp")
    erp.remote.put(FREE, order())
    assert duties.pull(erp.job()) == Ended()
    assert erp.stored("O-1") == ["O-1"]
    assert erp.owed() == ["O-1"]
    assert erp.remote.pushed == []
    assert "push:erp" in jobs(any_world), "writing is another job, and asked for"


def test_a_pull_leaves_a_connection_to_whoever_reads_it(erp: Source) -> None:
    with erp.world.store.alone(reading_name(erp.row)):
        assert duties.pull(erp.job()) == Ended(next_at=NOW + OCCUPIED, idle=True)
    assert erp.remote.fetched == []
    with erp.world.store.alone(writing_name(erp.row)):
        assert duties.pull(erp.job()) == Ended()
    assert erp.remote.fetched


def test_a_pull_that_is_stopped_goes_on_later_where_it_was(erp: Source) -> None:
    erp.remote.put(*(order(f"O-{number}") for number in range(6)))
    stopped = erp.job(page_size=2, stop=stopping_after(3))
    assert duties.pull(stopped) == Ended(again=True)
    assert len(erp.stored(*(f"O-{number}" for number in range(6)))) == 4
    assert duties.pull(erp.job(page_size=2)) == Ended()
    stored = [page.records for page in erp.pages if page.stream is Stream.ORDERS]
    assert stored == [2, 2, 2], "no page is stored twice"


@pytest.mark.parametrize("error", [TransientError("away"), AuthError("refused")])
def test_what_stops_a_pull_is_told_to_who_does_the_job(erp: Source, error: Exception) -> None:
    erp.remote.faults["fetch_orders"] = [error]
    with pytest.raises(type(error)):
        duties.pull(erp.job())
    with erp.world.store.alone(reading_name(erp.row)) as held:
        assert held


def test_buyers_that_cannot_be_read_stop_no_pull(
    erp: Source, caplog: pytest.LogCaptureFixture
) -> None:
    erp.remote.put(order())
    erp.remote.faults["fetch_customers"] = [None, PermanentError("no such API")]
    assert duties.pull(erp.job()) == Ended()
    assert "1 customers that orders name could not be read" in caplog.text


# --- writing -------------------------------------------------------------------------------------


def test_a_push_writes_what_is_owed_and_reads_nothing(owed: Source) -> None:
    before = len(owed.remote.fetched)
    assert duties.push(owed.job()) == Ended()
    assert owed.owed() == []
    assert len(owed.remote.fetched) == before


def test_a_push_comes_again_when_the_next_is_due(owed: Source) -> None:
    owed.remote.answers = {"O-1": [Outcome.RETRY] * 2, "O-2": [Outcome.RETRY]}
    assert duties.push(owed.job()) == Ended(next_at=NOW + MINUTE)
    owed.world.now += MINUTE
    assert duties.push(owed.job()) == Ended(next_at=owed.world.now + 5 * MINUTE)
    owed.world.now += 5 * MINUTE
    assert duties.push(owed.job()) == Ended()
    assert {owed.last(f"O-{number}").state for number in (1, 2, 3)} == {DeliveryState.SENT}


def test_a_push_leaves_a_connection_to_whoever_writes_to_it(owed: Source) -> None:
    with owed.world.store.alone(writing_name(owed.row)):
        assert duties.push(owed.job()) == Ended(next_at=NOW + OCCUPIED, idle=True)
    assert owed.remote.pushed == []
    with owed.world.store.alone(reading_name(owed.row)):
        assert duties.push(owed.job()) == Ended()
    assert len(owed.remote.pushed) == 3


def test_a_push_that_is_stopped_leaves_the_rest_for_later(owed: Source) -> None:
    stopped = owed.job(stop=lambda: len(owed.remote.pushed) > 0)
    assert duties.push(stopped) == Ended(again=True)
    left = owed.owed()
    assert left
    assert len(left) + len(owed.remote.pushed) == 3
    assert duties.push(owed.job()) == Ended()
    assert sorted(owed.remote.written.values()) == [1, 1, 1]


def test_without_write_back_all_that_is_owed_waits(owed: Source) -> None:
    before = everything(owed.world.store)
    assert duties.push(owed.job(write_back=False)) == Ended()
    assert everything(owed.world.store) == before
    assert owed.remote.pushed == []


@pytest.mark.parametrize("error", [TransientError("away"), AuthError("refused")])
def test_what_stops_a_push_leaves_all_owed(owed: Source, error: Exception) -> None:
    owed.remote.faults["push_exemption_status"] = [error]
    with pytest.raises(type(error)):
        duties.push(owed.job())
    assert owed.owed() == ["O-1", "O-2", "O-3"]


# --- mail ----------------------------------------------------------------------------------------


def test_mails_go_out_once(mail: Source) -> None:
    assert duties.mail(mail.job()) == Ended()
    assert sorted(to for sent in mail.remote.sent for to in sent.to) == [
        "ap@lonestar.example",
        "ap@pinetree.example",
    ]
    assert duties.mail(mail.job()) == Ended()
    assert len(mail.remote.sent) == 2


def test_a_mail_that_is_to_be_sent_later_says_when(mail: Source) -> None:
    mail.remote.answers = {"ap@lonestar.example": [Outcome.RETRY]}
    assert duties.mail(mail.job()) == Ended(next_at=NOW + MINUTE)
    mail.world.now += MINUTE
    assert duties.mail(mail.job()) == Ended()
    assert len(mail.remote.sent) == 3


def test_mails_are_left_to_whoever_sends_them(mail: Source) -> None:
    with mail.world.store.alone(writing_name(mail.row)):
        assert duties.mail(mail.job()) == Ended(next_at=NOW + OCCUPIED, idle=True)
    assert mail.remote.sent == []


def test_mails_stop_between_two(mail: Source) -> None:
    stopped = mail.job(stop=lambda: len(mail.remote.sent) > 0)
    assert duties.mail(stopped) == Ended(again=True)
    assert len(mail.remote.sent) == 1
    assert duties.mail(mail.job()) == Ended()
    assert len({sent.key for sent in mail.remote.sent}) == len(mail.remote.sent) == 2


# --- webhooks ------------------------------------------------------------------------------------


def tell(source: Source, event_id: str, *ids: str, stream: Stream = Stream.ORDERS) -> None:
    """A webhook that speaks of these."""
    event = WebhookEvent(event_id=event_id, stream=stream, external_ids=ids)
    with source.world.store.writing() as tx:
        tx.webhooks.add(source.row.id, b"{}", [event], source.world.now)


def told(source: Source) -> dict[str, str]:
    """The state of each event."""
    sql = "SELECT event_id, state FROM webhook_event"
    return {row[0]: row[1] for row in rows(source.world.store, sql)}


def poison(source: Source, monkeypatch: pytest.MonkeyPatch, *ids: str) -> None:
    """Let the remote fail whenever one of these is asked for."""
    whole = source.remote.page

    def page(stream: Stream, request: FetchRequest) -> object:
        if bad := set(ids) & set(request.ids or ()):
            msg = f"cannot read {min(bad)}"
            raise PermanentError(msg)
        return whole(stream, request)

    monkeypatch.setattr(source.remote, "page", page)


def test_nothing_that_came_in_is_nothing_to_do(erp: Source) -> None:
    assert duties.webhook(erp.job()) == Ended()
    assert erp.remote.fetched == []


def test_a_record_that_many_events_speak_of_is_read_once(erp: Source) -> None:
    erp.remote.put(customer(), order())
    for number in range(5):
        tell(erp, f"evt_{number}", "O-1")
    assert duties.webhook(erp.job()) == Ended()
    assert [r.ids for s, r in erp.remote.fetched if s is Stream.ORDERS] == [("O-1",)]
    assert set(told(erp).values()) == {"done"}


def test_one_record_that_cannot_be_read_stops_no_other(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp = any_world.connect("erp")
    erp.remote.put(customer(), *(order(f"O-{number}") for number in range(1, 5)))
    poison(erp, monkeypatch, "O-2")
    tell(erp, "evt_1", "O-1")
    tell(erp, "evt_2", "O-2")
    tell(erp, "evt_3", "O-3", "O-2", "O-4")
    assert duties.webhook(erp.job()) == Ended()
    assert erp.stored("O-1", "O-2", "O-3", "O-4") == ["O-1", "O-3", "O-4"]
    assert told(erp) == {"evt_1": "done", "evt_2": "dead", "evt_3": "dead"}
    said = rows(any_world.store, "SELECT message FROM webhook_event WHERE state = 'dead'")
    assert said == [("erp: cannot read O-2",)] * 2


def test_records_that_cannot_be_read_together_are_read_one_by_one(erp: Source) -> None:
    erp.remote.put(customer(), order("O-1"), order("O-2"))
    tell(erp, "evt_1", "O-1", "O-2")
    erp.remote.faults["fetch_orders"] = [PermanentError("one at a time, please")]
    assert duties.webhook(erp.job()) == Ended()
    assert told(erp) == {"evt_1": "done"}
    assert erp.stored("O-1", "O-2") == ["O-1", "O-2"]


@pytest.mark.parametrize("error", [TransientError("away"), AuthError("refused")])
@pytest.mark.parametrize("at", range(5))
def test_while_nobody_is_at_home_every_event_waits(erp: Source, error: Exception, at: int) -> None:
    erp.remote.put(customer(), order("O-1"), order("O-2"))
    tell(erp, "evt_1", "O-1", "O-2")
    tell(erp, "evt_2", "O-2")
    slips = [PermanentError("a slip") for _ in range(at)]
    erp.remote.faults["fetch_orders"] = [*slips, error]
    with pytest.raises(type(error)):
        duties.webhook(erp.job())
    waits = {"evt_1", "evt_2"} if at < 4 else {"evt_2"}  # all, an event, two records of it
    assert {each for each, state in told(erp).items() if state == "pending"} == waits
    assert duties.webhook(erp.job()) == Ended()
    assert "pending" not in told(erp).values()


def test_what_a_connection_cannot_read_is_done_with(world: World) -> None:
    erp = world.connect("erp", READS)
    tell(erp, "evt_1", "P-1", stream=Stream.PRODUCTS)
    tell(erp, "evt_2")
    assert duties.webhook(erp.job()) == Ended()
    assert erp.remote.fetched == []
    assert told(erp) == {"evt_1": "done", "evt_2": "done"}


def test_more_than_go_at_once_are_all_followed(
    erp: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "EVENTS_AT_ONCE", 2)
    erp.remote.put(customer(), *(order(f"O-{number}") for number in range(5)))
    for number in range(5):
        tell(erp, f"evt_{number}", f"O-{number}")
    assert duties.webhook(erp.job(stop=stopping_after(1))) == Ended(again=True)
    assert list(told(erp).values()).count("done") == 2
    assert duties.webhook(erp.job()) == Ended()
    assert set(told(erp).values()) == {"done"}


# --- pauses --------------------------------------------------------------------------------------


def pause(source: Source, reason: str | None = "erp: refused", by: str | None = None) -> None:
    with source.world.store.writing() as tx:
        tx.connections.pause(source.row.id, reason, NOW, by)
        tx.jobs.plan(JobKind.PROBE, source.row.id, NOW + MINUTE)


def probe(source: Source) -> Ended:
    return duties.probe(source.world.store, source.row, source.open(), source.world.now)


def test_a_connection_that_works_again_goes_on_and_does_what_waited(any_world: World) -> None:
    engine = ByHand(any_world.store)
    erp = any_world.connect("erp", WRITES)
    pause(erp)
    assert probe(erp) == Ended()
    assert connection(any_world).paused_reason is None
    assert sorted(engine.waiting()) == ["pull:erp", "push:erp"]
    assert jobs(any_world)["probe:erp"].next_at is None


def test_a_connection_that_does_not_work_yet_stays_paused(
    erp: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause(erp)
    before = everything(erp.world.store)
    erp.remote.faults["check"] = [TransientError("away")]
    with pytest.raises(TransientError, match="erp: away"):
        probe(erp)
    wrong = Problem(code="scope", severity="error", message="may not write", help="allow it")
    minor = wrong.model_copy(update={"severity": "warning"})
    connector = erp.open()
    broken, fine = (CheckResult(account="Fake", problems=p) for p in ((minor, wrong), (minor,)))
    monkeypatch.setattr(connector, "check", lambda: broken)
    with pytest.raises(PermanentError, match="erp: may not write: allow it"):
        duties.probe(erp.world.store, erp.row, connector, NOW)
    assert everything(erp.world.store) == before
    monkeypatch.setattr(connector, "check", lambda: fine)
    assert duties.probe(erp.world.store, erp.row, connector, NOW) == Ended()
    assert connection(erp.world).paused_reason is None


def test_what_a_person_paused_meanwhile_stays_paused(erp: Source) -> None:
    pause(erp)
    pause(erp, "the books are closed", by="anna")
    probe(erp)
    assert connection(erp.world).paused_by == "anna"
    pause(erp, "erp: refused")
    row = connection(erp.world)
    assert (row.paused_by, row.paused_reason) == ("anna", "the books are closed")
    duties.resume(erp.world.store, erp.row, NOW, by="ben")
    assert connection(erp.world).paused_reason is None


def test_there_is_a_job_for_each_thing_that_a_connection_can_do() -> None:
    assert duties.kinds_of(WRITES) == [JobKind.PULL, JobKind.PUSH]
    assert duties.kinds_of(MAILS) == [JobKind.MAIL]
    assert duties.kinds_of([]) == []


def test_jobs_take_no_longer_than_they_must() -> None:
    assert dt.timedelta(seconds=10) == OCCUPIED
