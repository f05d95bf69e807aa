"""Standing jobs: asked for, queued, begun, ended; and the workers that do them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.services.job_ports import OF_ALL, OF_CONNECTION, JobKind, JobRow, WorkerRow
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow, DeliveryTarget
from support.engines import ByHand
from support.records import DAY, NOW
from support.stores import MINUTE, connected, everything, rows, side_by_side

PULL = "pull:erp"


@pytest.fixture
def engine(store: SqlStore) -> ByHand:
    """What carries the store's runs."""
    return ByHand(store)


def ask(store: SqlStore, *kinds: JobKind, of: ConnectionRow | None = None) -> None:
    """Ask for jobs, all in one transaction."""
    with store.writing() as tx:
        for kind in kinds:
            tx.jobs.ask(kind, of.id if of else None)


def begin(store: SqlStore, name: str, at: dt.datetime = NOW, worker: str = "w1") -> JobRow:
    """Begin a run; how its job was left before."""
    with store.writing() as tx:
        before = tx.jobs.begin(name, worker, at)
    assert before is not None
    return before


def end(store: SqlStore, name: str, at: dt.datetime = NOW, problem: str | None = None) -> None:
    with store.writing() as tx:
        tx.jobs.end(name, at, problem=problem)


def job(store: SqlStore, name: str = PULL) -> JobRow:
    with store.reading() as tx:
        found = tx.jobs.get(name)
    assert found is not None
    return found


# --- asking ----------------------------------------------------------------------------------


def test_a_job_is_made_when_it_is_first_asked_for(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    ask(store, JobKind.PULL, of=erp)
    made = job(store)
    assert (made.name, made.kind, made.connection_id, made.connection) == (
        "pull:erp", JobKind.PULL, erp.id, "erp",
    )  # fmt: skip
    assert (made.waiting, made.running, made.next_at, made.failures, made.deaths) == (
        True, False, None, 0, 0,
    )  # fmt: skip
    assert engine.run_ids() == [made.run_id]


def test_every_kind_has_a_name_of_its_own(store: SqlStore, erp: ConnectionRow) -> None:
    ask(store, *OF_CONNECTION, of=erp)
    ask(store, *OF_ALL)
    with store.reading() as tx:
        names = {each.name: each.kind for each in tx.jobs.all()}
        assert tx.jobs.get("pull:shop") is None
    assert names == {
        **{f"{kind.value}:erp": kind for kind in OF_CONNECTION},
        **{kind.value: kind for kind in OF_ALL},
    }
    assert set(names.values()) == set(JobKind)
    assert list(names) == sorted(names)


def test_a_thousand_asks_are_one_run_while_it_waits(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    for _ in range(50):
        ask(store, *[JobKind.PULL] * 20, of=erp)
    assert engine.waiting() == [PULL]
    begin(store, PULL)
    assert not job(store).waiting, "it serves them all"


def test_an_ask_in_mid_run_is_one_more_run(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    ask(store, JobKind.PULL, of=erp)
    begin(store, PULL)
    for _ in range(3):
        ask(store, JobKind.PULL, of=erp)
    assert engine.waiting() == [PULL, PULL]
    assert len(set(engine.run_ids())) == 2
    assert job(store).waiting
    assert job(store).running
    assert job(store).run_id == engine.run_ids()[1]
    end(store, PULL)
    assert job(store).waiting, "the end of a run serves no later ask"


def test_what_is_rolled_back_was_not_asked_for(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    before = everything(store)
    with pytest.raises(KeyError), store.writing() as tx:
        tx.jobs.ask(JobKind.PULL, erp.id)
        raise KeyError
    assert everything(store) == before
    ask(store, JobKind.PULL, of=erp)
    assert engine.waiting() == [PULL]


def test_what_is_owed_is_asked_for_with_it(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    with store.writing() as tx:
        tx.deliveries.owe(erp.id, DeliveryTarget.ORDER, [("O-1", 1, "{}"), ("O-2", 1, "{}")], NOW)
        tx.deliveries.owe(erp.id, DeliveryTarget.CUSTOMER, [("C-1", 1, "{}")], NOW)
        tx.deliveries.owe(erp.id, DeliveryTarget.MAIL, [("1", 1, "{}")], NOW)
        tx.deliveries.owe(erp.id, DeliveryTarget.ORDER, [], NOW)
    assert engine.waiting() == ["push:erp", "mail:erp"]


def test_a_rehearsal_asks_for_nothing(store: SqlStore, erp: ConnectionRow, engine: ByHand) -> None:
    before = everything(store)
    with store.rehearsing():
        ask(store, JobKind.PULL, of=erp)
        assert engine.waiting() == [PULL]
    assert everything(store) == before


@pytest.mark.parametrize("known", [False, True], ids=["a new job", "a known job"])
def test_two_that_ask_at_once_are_one_run(
    store: SqlStore, erp: ConnectionRow, engine: ByHand, known: bool
) -> None:
    if known:
        ask(store, JobKind.PULL, of=erp)
        engine.lose()
        begin(store, PULL)
        end(store, PULL)

    def asks(tx: Transaction) -> None:
        tx.jobs.ask(JobKind.PULL, erp.id)

    side_by_side(store, asks, asks)
    assert engine.waiting() == [PULL]
    assert job(store).asked - job(store).begun == 2
    begin(store, PULL)
    assert not job(store).waiting


def test_an_ask_while_a_run_begins_is_one_more_run(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    ask(store, JobKind.PULL, of=erp)
    side_by_side(
        store,
        lambda tx: tx.jobs.begin(PULL, "w1", NOW),
        lambda tx: tx.jobs.ask(JobKind.PULL, erp.id),
    )
    assert engine.waiting() == [PULL, PULL]
    assert job(store).waiting


def test_a_run_that_begins_while_somebody_asks_serves_it(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    ask(store, JobKind.PULL, of=erp)
    side_by_side(
        store,
        lambda tx: tx.jobs.ask(JobKind.PULL, erp.id),
        lambda tx: tx.jobs.begin(PULL, "w1", NOW),
    )
    assert engine.waiting() == [PULL]
    assert not job(store).waiting


def test_a_job_made_anew_has_no_run_that_there_was_before(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    """The engine remembers the runs of a connection that was taken out and put back."""
    ids = []
    for _ in range(3):
        ask(store, JobKind.PULL, of=erp)
        ids += engine.run_ids()
        engine.lose()
        with store.writing() as tx:
            tx.jobs.remove([PULL])
            tx.jobs.remove([])
        with store.reading() as tx:
            assert tx.jobs.get(PULL) is None
    assert len(set(ids)) == 3


# --- where nobody carries runs -----------------------------------------------------------------


def test_without_an_engine_an_ask_is_found_by_who_has_one(
    store: SqlStore, erp: ConnectionRow
) -> None:
    ask(store, JobKind.PULL, of=erp)
    ask(store, JobKind.DAILY)
    with store.reading() as tx:
        assert [each.name for each in tx.jobs.overdue(NOW)] == ["daily", PULL]
    engine = ByHand(store)
    ask(store, JobKind.PULL, of=erp)
    with store.reading() as tx:
        assert [each.name for each in tx.jobs.overdue(NOW)] == ["daily"]
    assert engine.waiting() == [PULL]


def test_a_run_that_was_lost_can_be_asked_for_again(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    ask(store, JobKind.PULL, of=erp)
    engine.lose()
    ask(store, JobKind.PULL, of=erp)
    assert engine.waiting() == [], "a run seems to be on its way"
    with store.writing() as tx:
        tx.jobs.lost(PULL)
        assert [each.name for each in tx.jobs.overdue(NOW)] == [PULL]
        tx.jobs.ask(JobKind.PULL, erp.id)
    assert engine.waiting() == [PULL]
    with store.reading() as tx:
        assert tx.jobs.overdue(NOW) == []


# --- time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("next_at", "overdue"),
    [
        pytest.param(None, [], id="not planned"),
        pytest.param(NOW + dt.timedelta(microseconds=1), [], id="planned for later"),
        pytest.param(NOW, [PULL], id="planned for now"),
        pytest.param(NOW - DAY, [PULL], id="planned for yesterday"),
    ],
)
def test_a_planned_job_is_overdue_at_its_time(
    store: SqlStore,
    erp: ConnectionRow,
    engine: ByHand,
    next_at: dt.datetime | None,
    overdue: list[str],
) -> None:
    with store.writing() as tx:
        tx.jobs.plan(JobKind.PULL, erp.id, next_at)
    with store.reading() as tx:
        assert [each.name for each in tx.jobs.overdue(NOW)] == overdue
    assert job(store).next_at == next_at
    assert not job(store).waiting, "to plan is not to ask"
    assert engine.waiting() == []


def test_a_plan_changes_nothing_but_the_time(store: SqlStore, erp: ConnectionRow) -> None:
    ask(store, JobKind.PULL, of=erp)
    begin(store, PULL)
    end(store, PULL, problem="erp: nobody at home")
    before = job(store)
    for next_at in (NOW + MINUTE, NOW, None):
        with store.writing() as tx:
            tx.jobs.plan(JobKind.PULL, erp.id, next_at)
        assert job(store) == before._replace(next_at=next_at)


def test_one_transaction_at_a_time_asks_for_what_is_overdue(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    with store.writing() as tx:
        tx.jobs.plan(JobKind.PULL, erp.id, NOW)
    seen: list[list[str]] = []

    def look(tx: Transaction) -> None:
        tx.jobs.alone()
        due = tx.jobs.overdue(NOW)
        seen.append([each.name for each in due])
        for each in due:
            tx.jobs.plan(each.kind, each.connection_id, NOW + MINUTE)
            tx.jobs.ask(each.kind, each.connection_id)

    side_by_side(store, look, look)
    assert seen == [[PULL], []]
    assert engine.waiting() == [PULL]


# --- a run -------------------------------------------------------------------------------------


def test_a_run_begins_and_ends(store: SqlStore, erp: ConnectionRow) -> None:
    ask(store, JobKind.PULL, of=erp)
    before = begin(store, PULL, NOW)
    assert (before.waiting, before.running, before.worker) == (True, False, None)
    going = job(store)
    assert (going.running, going.worker, going.started_at) == (True, "w1", NOW)
    assert (going.ended_at, going.succeeded_at) == (None, None)
    end(store, PULL, NOW + MINUTE)
    over = job(store)
    assert (over.running, over.waiting) == (False, False)
    assert (over.ended_at, over.succeeded_at) == (NOW + MINUTE, NOW + MINUTE)


def test_what_there_is_no_more_does_not_begin(store: SqlStore) -> None:
    with store.writing() as tx:
        assert tx.jobs.begin("pull:gone", "w1", NOW) is None
        tx.jobs.end("pull:gone", NOW)
        assert tx.jobs.all() == []


def test_failures_in_a_row_are_counted_and_success_ends_them(
    store: SqlStore, erp: ConnectionRow
) -> None:
    ask(store, JobKind.PULL, of=erp)
    for failures in (1, 2, 3):
        begin(store, PULL)
        end(store, PULL, NOW, problem=f"try {failures}")
        assert (job(store).failures, job(store).problem) == (failures, f"try {failures}")
        assert job(store).succeeded_at is None
    begin(store, PULL)
    with store.writing() as tx:
        tx.jobs.end(PULL, NOW + MINUTE, idle=True, next_at=NOW + DAY)
    idle = job(store)
    assert (idle.failures, idle.problem, idle.succeeded_at) == (3, "try 3", None)
    assert (idle.ended_at, idle.next_at, idle.running) == (NOW + MINUTE, NOW + DAY, False)
    begin(store, PULL)
    end(store, PULL, NOW)
    assert (job(store).failures, job(store).problem, job(store).succeeded_at) == (0, None, NOW)
    assert job(store).next_at == NOW + DAY, "left as it was"


def test_workers_that_die_in_a_row_are_counted(store: SqlStore, erp: ConnectionRow) -> None:
    ask(store, JobKind.PULL, of=erp)
    before = [begin(store, PULL, worker=f"w{number}") for number in range(4)]
    assert [(each.running, each.deaths) for each in before] == [
        (False, 0), (True, 0), (True, 1), (True, 2),
    ]  # fmt: skip
    assert job(store).deaths == 3
    end(store, PULL)
    assert job(store).deaths == 0
    begin(store, PULL)
    assert job(store).deaths == 0


def test_the_asks_of_a_job_are_those_of_its_connection_alone(
    store: SqlStore, erp: ConnectionRow, engine: ByHand
) -> None:
    shop = connected(store, "shop")
    ask(store, JobKind.PULL, of=erp)
    ask(store, JobKind.PULL, of=shop)
    begin(store, PULL)
    assert not job(store).waiting
    assert job(store, "pull:shop").waiting
    assert not job(store, "pull:shop").running
    end(store, PULL, problem="gone")
    assert job(store, "pull:shop").failures == 0
    with store.writing() as tx:
        tx.jobs.remove([PULL, "pull:nobody"])
        assert [each.name for each in tx.jobs.all()] == ["pull:shop"]
    assert engine.waiting() == [PULL, "pull:shop"]


# --- workers -----------------------------------------------------------------------------------


def worker(name: str = "w1", at: dt.datetime = NOW, **changes: Any) -> WorkerRow:
    row = WorkerRow(name, "host-1", 4711, "0.1", 120_000_000, NOW, at)
    return row._replace(**changes)


def test_a_worker_is_seen_until_it_is_forgotten(store: SqlStore) -> None:
    later = worker(at=NOW + MINUTE, memory=2**33, process=4712)
    with store.writing() as tx:
        tx.workers.tick(worker("w2"))
        tx.workers.tick(worker())
        tx.workers.tick(later)
        assert tx.workers.all() == [later, worker("w2")]
    with store.writing() as tx:
        tx.workers.tick(worker("w2", stopped_at=NOW))
        tx.workers.forget(NOW)
        assert [each.stopped_at for each in tx.workers.all()] == [None, NOW]
    with store.writing() as tx:
        tx.workers.forget(NOW + MINUTE)
        assert tx.workers.all() == [later]
    with store.writing() as tx:
        tx.workers.tick(worker(at=NOW + DAY, stopped_at=None))
        assert rows(store, "SELECT count(*) FROM worker") == [(1,)]
