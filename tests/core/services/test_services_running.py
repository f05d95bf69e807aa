"""Standing jobs run when they are due, and each run is followed to its end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.errors import (
    AuthError,
    ConfigError,
    ExemptError,
    PermanentError,
    RateLimited,
    RefusedError,
    SettingsError,
    TransientError,
)
from exempt.services.job_ports import JobKind
from exempt.services.push import LONGEST_WAIT, WAITS
from exempt.services.running import HOPELESS_AFTER, OCCUPIED, Ended, run_job
from support.records import DAY, NOW
from support.shift import HOUR, PROBE, PULL, PUSH, SECOND, Shift
from support.stores import MINUTE, connected

# --- a run, and what becomes of it ---------------------------------------------------------------


def test_a_run_that_ends_well(any_shift: Shift) -> None:
    shift = any_shift
    over = shift.run()
    assert (over.waiting, over.running, over.failures, over.problem) == (False, False, 0, None)
    assert (over.worker, over.started_at, over.ended_at, over.succeeded_at) == ("w1", NOW, NOW, NOW)
    assert shift.did == [PULL]


def test_what_there_is_no_more_is_not_done(shift: Shift) -> None:
    run_job(shift.duty, "pull:gone")
    assert shift.did == []


def test_a_run_says_when_it_is_to_come_again(shift: Shift) -> None:
    shift.plan(NOW + HOUR)
    shift.run(JobKind.PULL, Ended(next_at=NOW + MINUTE))
    assert shift.in_minutes() == 1
    shift.run(JobKind.PULL, Ended())
    assert shift.in_minutes() == 1, "else it is left as it was"
    shift.run(JobKind.PULL, Ended(next_at=NOW + 400 * DAY))
    assert shift.in_minutes() == LONGEST_WAIT / MINUTE, "it looks each day whether that is so"


def test_a_run_that_has_more_to_do_is_asked_for_again(shift: Shift) -> None:
    shift.run(JobKind.PULL, Ended(again=True), Ended(again=True), Ended())
    assert shift.did == [PULL] * 3
    shift.run(JobKind.PULL, Ended(again=True, next_at=NOW + OCCUPIED))
    assert shift.did == [PULL] * 4, "not before its time"


def test_a_run_that_found_nothing_to_do_neither_failed_nor_succeeded(shift: Shift) -> None:
    shift.run(JobKind.PUSH, TransientError("nobody at home"))
    idle = shift.run(JobKind.PUSH, Ended(next_at=NOW + OCCUPIED, idle=True))
    assert (idle.failures, idle.problem, idle.succeeded_at) == (1, "nobody at home", None)
    assert idle.next_at == NOW + OCCUPIED
    again = shift.run(JobKind.PUSH, TransientError("nobody at home"))
    assert (again.failures, shift.in_minutes(PUSH)) == (2, 5), "it goes on where it was"


def test_what_fails_in_passing_comes_again_later_each_time(any_shift: Shift) -> None:
    shift = any_shift
    shift.plan(NOW)
    shift.outcomes[PULL] = [TransientError("erp: nobody at home") for _ in range(7)]
    assert shift.move(SECOND) == [PULL]
    for failures, minutes in enumerate([1, 5, 30, 120, 360, 360], start=1):
        failing = shift.job()
        assert (failing.failures, failing.problem) == (failures, "erp: nobody at home")
        assert shift.in_minutes() == minutes
        assert shift.move(minutes * MINUTE - SECOND) == [], "not before its time"
        assert shift.move(SECOND) == [PULL]
    assert shift.connection().paused_reason is None, "nobody needs to mend anything"
    assert shift.move(6 * HOUR) == [PULL]
    over = shift.job()
    assert (over.failures, over.problem, over.succeeded_at) == (0, None, shift.world.now)
    assert shift.in_minutes() == 15


def test_one_that_fails_holds_up_no_other(shift: Shift) -> None:
    shop = connected(shift.world.store, "shop")
    shift.outcomes[PULL] = [TransientError("nobody at home")]
    with shift.world.store.writing() as tx:
        for row in (shift.row, shop):
            tx.jobs.ask(JobKind.PULL, row.id)
            tx.jobs.ask(JobKind.PUSH, row.id)
    assert sorted(shift.work()) == [PULL, "pull:shop", PUSH, "push:shop"]
    assert shift.job("pull:shop").failures == shift.job(PUSH).failures == 0


@pytest.mark.parametrize(
    ("retry_after", "minutes"),
    [
        pytest.param(dt.timedelta(seconds=30), 1, id="shorter than ours: ours"),
        pytest.param(7 * MINUTE, 7, id="longer than ours"),
        pytest.param(20 * HOUR, 1200, id="longer than our longest"),
        pytest.param(dt.timedelta(days=999_999_999), 1440, id="for ever: a day"),
        pytest.param(None, 1, id="none"),
    ],
)
def test_a_pause_that_the_remote_asks_for_counts(
    shift: Shift, retry_after: dt.timedelta | None, minutes: float
) -> None:
    shift.run(JobKind.PULL, RateLimited("erp: slow down", retry_after=retry_after))
    assert shift.in_minutes() == minutes


@pytest.mark.parametrize("error", [ConfigError, AuthError, SettingsError])
def test_what_a_person_must_mend_pauses_the_connection(
    shift: Shift, error: type[ExemptError]
) -> None:
    failing = shift.run(JobKind.PULL, error("erp: the key was refused"))
    assert (failing.failures, failing.problem) == (1, "erp: the key was refused")
    row = shift.connection()
    assert (row.paused_reason, row.paused_by) == ("erp: the key was refused", None)
    assert shift.in_minutes(PROBE) == 1, "and it is looked at again"
    assert not shift.job(PROBE).waiting


def test_a_probe_that_fails_is_looked_at_again_ever_more_seldom(shift: Shift) -> None:
    shift.run(JobKind.PULL, ConfigError("erp: the key was refused"))
    shift.outcomes[PROBE] = [ConfigError("erp: the key was refused") for _ in range(3)]
    assert PROBE in shift.move(MINUTE)
    assert shift.in_minutes(PROBE) == 1
    assert PROBE in shift.move(MINUTE)
    assert shift.in_minutes(PROBE) == 5
    assert shift.job(PROBE).failures == 2


def test_what_is_wrong_with_a_job_of_all_pauses_no_connection(shift: Shift) -> None:
    shift.outcomes["daily"] = [SettingsError("exempt.rules_pack: no such pack")]
    shift.ask(JobKind.DAILY)
    assert shift.work() == ["daily"]
    assert shift.job("daily").problem == "exempt.rules_pack: no such pack"
    assert shift.connection().paused_reason is None


@pytest.mark.parametrize("error", [PermanentError("no such API"), RefusedError("not that")])
def test_what_fails_for_good_comes_again_too(shift: Shift, error: ExemptError) -> None:
    shift.run(JobKind.PULL, error)
    assert shift.in_minutes() == 1
    assert shift.connection().paused_reason is None


def test_what_nobody_foresaw_says_its_kind_and_no_more(
    shift: Shift, caplog: pytest.LogCaptureFixture
) -> None:
    failing = shift.run(JobKind.PULL, ValueError("the customer's secret"))
    assert failing.problem == "stopped by an unforeseen ValueError"
    assert (failing.failures, shift.in_minutes()) == (1, 1)
    assert "stopped by something unforeseen" in caplog.text


def test_a_signal_is_nobodys_failure(shift: Shift) -> None:
    """It ends the process; the run counts as one whose worker died."""
    shift.ask()
    shift.outcomes[PULL] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        run_job(shift.duty, PULL)
    assert shift.job().running


# --- workers that die ----------------------------------------------------------------------------


def test_a_run_whose_worker_died_is_done_again(any_shift: Shift) -> None:
    shift = any_shift
    shift.ask()
    shift.die(HOPELESS_AFTER - 1)
    assert shift.work() == [PULL]
    assert shift.did == [PULL]
    assert (shift.job().deaths, shift.job().failures) == (0, 0)


def test_what_killed_five_workers_in_a_row_waits(any_shift: Shift) -> None:
    shift = any_shift
    assert HOPELESS_AFTER == 5
    shift.ask()
    shift.die(HOPELESS_AFTER)
    shift.work()
    assert shift.did == [], "it is not done a sixth time at once"
    failing = shift.job()
    assert failing.problem == "5 workers in a row died while they were at it: see their logs"
    assert (failing.failures, failing.deaths, failing.running) == (1, 0, False)
    assert shift.in_minutes() == 1
    assert shift.move(MINUTE) == [PULL]
    assert shift.did == [PULL], "and then it is tried again"
    assert shift.job().failures == 0


# --- a store that is away for a moment -----------------------------------------------------------


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long somebody would have waited each time."""
    waited: list[float] = []
    monkeypatch.setattr("exempt.services.running.time.sleep", waited.append)
    return waited


def break_store(shift: Shift, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let the next transactions that write fail as a driver's do."""
    whole, left = shift.world.store.writing, [True] * times

    def writing() -> Any:
        if left:
            left.pop()
            raise OSError("the server closed the connection")
        return whole()

    monkeypatch.setattr(shift.world.store, "writing", writing)


@pytest.mark.parametrize("moment", ["as it begins", "as it ends"])
def test_a_run_waits_for_a_store_that_is_away_for_a_moment(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float], moment: str
) -> None:
    shift.ask()
    if moment == "as it begins":
        break_store(shift, monkeypatch, 3)
    else:
        shift.before = lambda: break_store(shift, monkeypatch, 3)
    run_job(shift.duty, PULL)
    assert no_waiting == [0.1, 0.5, 1]
    assert shift.did == [PULL]
    assert shift.job().succeeded_at == NOW


def test_a_run_that_cannot_be_written_down_counts_as_never_ended(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    shift.ask()
    shift.before = lambda: break_store(shift, monkeypatch, 6)
    with pytest.raises(OSError, match="the server closed the connection"):
        run_job(shift.duty, PULL)
    assert no_waiting == [0.1, 0.5, 1, 2, 5]
    assert shift.job().running


def test_the_waits_are_those_of_the_documentation() -> None:
    assert [wait / MINUTE for wait in WAITS] == [1, 5, 30, 120, 360]
    assert LONGEST_WAIT == DAY


def test_a_job_that_failed_lately_is_held_whoever_asks(any_shift: Shift) -> None:
    """A page that owes something more is no reason to call a remote that is away."""
    shift = any_shift
    shift.run(JobKind.PUSH, TransientError("nobody at home"))
    shift.did.clear()
    for _ in range(3):
        shift.ask(JobKind.PUSH)
        assert shift.work() == [PUSH], "a run is made, and does nothing"
    assert shift.did == []
    held = shift.job(PUSH)
    assert (held.failures, held.problem, shift.in_minutes(PUSH)) == (1, "nobody at home", 1)
    assert shift.move(MINUTE) == shift.did == [PUSH]


def test_a_person_who_asks_is_not_told_to_wait(any_shift: Shift) -> None:
    any_shift.run(JobKind.PUSH, TransientError("nobody at home"))
    any_shift.did.clear()
    any_shift.ask(JobKind.PUSH, at_once=True)
    assert any_shift.work() == any_shift.did == [PUSH]
