"""Standing jobs are asked for when they are due, whatever the clock and the settings do."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.errors import RateLimited, TransientError
from exempt.rules.schedules import next_after
from exempt.services.job_ports import JobKind
from exempt.services.running import Ended, mend_schedules, run_job, tick
from support.records import DAY, NOW
from support.shift import HOUR, PROBE, PULL, PUSH, SECOND, Shift
from support.stores import MINUTE, _waits, connected, everything

# --- ticks ---------------------------------------------------------------------------------------


def test_nothing_is_due_and_nothing_is_written(shift: Shift) -> None:
    shift.plan(NOW + SECOND)
    before = everything(shift.world.store)
    assert tick(shift.duty) == 0
    assert everything(shift.world.store) == before


def test_a_job_runs_at_its_time_and_then_by_its_schedule(any_shift: Shift) -> None:
    shift = any_shift
    shift.plan(NOW)
    assert tick(shift.duty) == 1
    assert tick(shift.duty) == 0, "a run is on its way"
    assert shift.engine.waiting() == [PULL]
    assert shift.in_minutes() == 15
    assert shift.work() == [PULL]
    assert shift.move(15 * MINUTE - SECOND) == []
    assert shift.move(SECOND) == [PULL]
    assert shift.in_minutes() == 15


def test_what_was_missed_while_nobody_worked_is_made_up_for_once(shift: Shift) -> None:
    shift.plan(NOW)
    assert shift.move(3 * DAY) == [PULL]
    assert shift.in_minutes() == 15


def test_a_job_without_a_schedule_comes_once_at_its_time(shift: Shift) -> None:
    shift.plan(NOW, JobKind.PUSH)
    assert shift.move(SECOND) == [PUSH]
    assert shift.job(PUSH).next_at is None
    assert shift.move(DAY) == []


def test_what_was_asked_for_where_there_is_no_engine_is_found(shift: Shift) -> None:
    enqueue, shift.world.store.enqueue = shift.world.store.enqueue, None
    shift.ask()
    shift.world.store.enqueue = enqueue
    assert shift.engine.waiting() == []
    assert tick(shift.duty) == 1
    assert shift.work() == [PULL]
    assert tick(shift.duty) == 0


def test_a_job_that_is_due_while_it_runs_comes_once_more(shift: Shift) -> None:
    shift.plan(NOW)
    tick(shift.duty)
    run_job(shift.duty, PULL)
    shift.engine.lose()
    with shift.world.store.writing() as tx:
        tx.jobs.begin(PULL, "w1", NOW)
    shift.world.now += 5 * HOUR
    for _ in range(3):
        tick(shift.duty)
    assert shift.engine.waiting() == [PULL]


def test_two_workers_that_tick_at_once_ask_once(any_shift: Shift) -> None:
    shift = any_shift
    shift.plan(NOW)
    with ThreadPoolExecutor(1) as pool:
        with shift.world.store.writing() as tx:
            tx.jobs.alone()
            other = pool.submit(tick, shift.duty)
            wait_until_it_waits(shift.world.store, other)
            tx.jobs.plan(JobKind.PULL, shift.row.id, NOW + HOUR)
            tx.jobs.ask(JobKind.PULL, shift.row.id)
        assert other.result(30) == 0
    assert shift.engine.waiting() == [PULL]
    assert shift.in_minutes() == 60


def test_whoever_asks_for_several_jobs_never_waits_in_a_ring_with_a_tick(
    any_shift: Shift,
) -> None:
    """A page may owe something to two connections while the jobs of both are due."""
    shift = any_shift
    shop = connected(shift.world.store, "shop")
    shift.plan(NOW, JobKind.PUSH)
    with shift.world.store.writing() as tx:
        tx.jobs.plan(JobKind.PUSH, shop.id, NOW)
    with ThreadPoolExecutor(1) as pool:
        with shift.world.store.writing() as tx:
            tx.jobs.ask(JobKind.PUSH, shop.id)
            other = pool.submit(tick, shift.duty)
            wait_until_it_waits(shift.world.store, other)
            tx.jobs.ask(JobKind.PUSH, shift.row.id)
        assert other.result(30) == 2
    assert sorted(shift.engine.waiting()) == [PUSH, "push:shop"]


def wait_until_it_waits(store: SqlStore, other: Future[int]) -> None:
    """Until *other*'s transaction waits for ours; on SQLite it does so where it begins."""
    while not (other.done() or _waits(store)):
        wait([other], timeout=0.001)


# --- the clock, and the settings -----------------------------------------------------------------


def test_a_new_job_gets_its_place_in_the_schedule(shift: Shift) -> None:
    shift.ask()
    shift.ask(JobKind.PUSH)
    assert mend_schedules(shift.duty) == [PULL]
    assert shift.in_minutes() == 15
    assert shift.in_minutes(PUSH) is None
    assert mend_schedules(shift.duty) == []


@pytest.mark.parametrize(
    ("before", "after", "minutes"),
    [
        pytest.param("4h", "15m", 15, id="shorter: from now on"),
        pytest.param("15m", "4h", 15, id="longer: once more as it was"),
        pytest.param("0 6 * * 1", "15m", 15, id="another kind"),
        pytest.param("4h", "never", None, id="never: not at all"),
        pytest.param("0 6 1 * *", "never", None, id="never: not at all, however far off it was"),
        pytest.param("never", "15m", 15, id="no longer never"),
    ],
)
def test_a_schedule_that_was_changed_counts_at_once(
    shift: Shift, before: str, after: str, minutes: float | None
) -> None:
    shift.schedule = before
    shift.plan(next_after(before, NOW))
    assert mend_schedules(shift.duty) == []
    shift.schedule = after
    mend_schedules(shift.duty)
    assert shift.in_minutes() == minutes
    assert mend_schedules(shift.duty) == []


@pytest.mark.parametrize("back", [HOUR, 12 * HOUR, 365 * DAY], ids=str)
def test_after_the_clock_was_put_back_schedules_go_on(shift: Shift, back: dt.timedelta) -> None:
    shift.plan(NOW)
    shift.plan(NOW, JobKind.DAILY)
    shift.move(MINUTE)
    shift.world.now -= back
    mend_schedules(shift.duty)
    assert shift.in_minutes() == 15
    days_off = (shift.job("daily").next_at or NOW) - shift.world.now
    assert dt.timedelta() < days_off <= DAY
    assert mend_schedules(shift.duty) == []
    assert PULL in shift.move(15 * MINUTE)


@pytest.mark.parametrize("back", [HOUR, 12 * HOUR, 365 * DAY], ids=str)
@pytest.mark.parametrize("failures", [1, 2, 5, 9])
def test_after_the_clock_was_put_back_a_pause_is_not_longer(
    shift: Shift, back: dt.timedelta, failures: int
) -> None:
    for _ in range(failures):
        shift.run(JobKind.PUSH, TransientError("nobody at home"))
    shift.world.now -= back
    assert mend_schedules(shift.duty) == [PUSH] * (back > dt.timedelta())
    assert shift.in_minutes(PUSH) == [1, 5, 30, 120, 360][min(failures, 5) - 1]
    shift.world.now += 5 * SECOND
    assert mend_schedules(shift.duty) == [], "nor does it begin again and again"


def test_after_the_clock_was_put_back_nothing_waits_for_what_is_due_then(shift: Shift) -> None:
    shift.run(JobKind.PUSH, Ended(next_at=NOW + 2 * HOUR))
    shift.world.now -= HOUR
    assert mend_schedules(shift.duty) == [PUSH], "it looks what is due, once"
    shift.outcomes[PUSH] = [Ended(next_at=NOW + 2 * HOUR)]
    assert shift.move(SECOND) == [PUSH]
    assert mend_schedules(shift.duty) == []
    shift.plan(NOW + 365 * DAY, JobKind.PROBE)
    assert mend_schedules(shift.duty) == [PROBE], "a year is nobody's pause"


def test_what_waits_as_long_as_it_was_told_is_not_brought_forward(shift: Shift) -> None:
    """A remote that asks for half a day of rest gets it."""
    shift.run(JobKind.PULL, RateLimited("enough for today", retry_after=12 * HOUR))
    shift.run(JobKind.PUSH, Ended(next_at=NOW + 20 * HOUR))
    for _ in range(23):
        assert mend_schedules(shift.duty) == []
        assert PULL not in shift.move(MINUTE * 30)
    assert shift.move(HOUR)[0] == PULL


def test_a_retry_does_not_bring_a_weekly_job_forward(shift: Shift) -> None:
    shift.schedule = "0 6 * * 1"
    shift.run(JobKind.PULL, TransientError("nobody at home"))
    shift.world.now += MINUTE
    tick(shift.duty)
    assert shift.job().failures
    assert mend_schedules(shift.duty) == [], "its run is on its way"
    shift.work()
    assert mend_schedules(shift.duty) == []
    assert shift.job().next_at == next_after(shift.schedule, NOW)
