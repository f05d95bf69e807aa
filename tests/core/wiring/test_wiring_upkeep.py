"""The daemon goes on with imports, finds runs that were lost, and forgets what is old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from exempt import Stream
from exempt.adapters.engine.engine import Engine
from exempt.model.imports import ImportRun, ImportState
from exempt.model.messages import WebhookEvent
from exempt.model.requesting import SubmissionWay
from exempt.services import uploads
from exempt.services.importing import applying, runs, undoing
from exempt.services.job_ports import JobKind, JobRow, WorkerRow
from exempt.services.running import OCCUPIED, Ended
from exempt.wiring import Exempt
from exempt.wiring.papers import parts_of
from exempt.wiring.upkeep import KEEP_WORKERS, Upkeep
from support.engines import ByHand
from support.imports import Office, billing
from support.records import DAY, NOW, act, customer
from support.stores import connected, customers_in, rows, save_customers

PULL = "pull:erp"


class Runs(ByHand):
    """An engine that says which of its runs live."""

    def __init__(self, exempt: Exempt) -> None:
        super().__init__(exempt.store)
        self.begun: set[str] = set()
        self.forgotten: list[float] = []

    def live(self) -> set[str]:
        return {*super().live(), *self.begun}

    def forget(self, before: float) -> int:
        self.forgotten.append(before)
        return 0


@pytest.fixture
def exempt(database_url: str, tmp_path: Path) -> Iterator[Exempt]:
    """An installation whose clock stands still."""
    file = tmp_path / "exempt.toml"
    file.write_text('[exempt]\ndatabase = "env:DB"\n[daemon]\nkeep_webhooks = 30\nkeep_runs = 7\n')
    exempt = Exempt(file, clock=lambda: NOW, environ={"DB": database_url})
    yield exempt
    exempt.close()


@pytest.fixture
def engine(exempt: Exempt) -> Runs:
    """What carries the runs."""
    return Runs(exempt)


@pytest.fixture
def upkeep(exempt: Exempt, engine: Runs) -> Upkeep:
    """What is done for all connections."""
    return Upkeep(exempt, cast("Engine", engine))


def do_imports(upkeep: Upkeep) -> Ended:
    return upkeep.imports(cast("JobRow", None))


def do_upkeep(exempt: Exempt, upkeep: Upkeep) -> Ended:
    with exempt.store.reading() as tx:
        job = tx.jobs.get("upkeep")
    assert job is not None
    return upkeep.upkeep(job)


# --- runs that were lost -------------------------------------------------------------------------


def begin(exempt: Exempt, engine: Runs, name: str = PULL) -> None:
    """Take a run from the queue, and begin it."""
    engine.begun |= set(engine.run_ids())
    ByHand.lose(engine)
    with exempt.store.writing() as tx:
        tx.jobs.begin(name, "w1", NOW)


def ask(exempt: Exempt, kind: JobKind = JobKind.PULL) -> None:
    of = connected(exempt.store, "erp").id if kind is JobKind.PULL else None
    with exempt.store.writing() as tx:
        tx.jobs.ask(kind, of)


def test_what_is_on_its_way_is_not_lost(exempt: Exempt, engine: Runs, upkeep: Upkeep) -> None:
    ask(exempt)
    assert upkeep.find_lost() == []
    begin(exempt, engine)
    assert upkeep.find_lost() == [], "it goes on"
    ask(exempt)
    assert upkeep.find_lost() == [], "it goes on, and another waits"
    assert engine.waiting() == [PULL]


@pytest.mark.parametrize("kind", [JobKind.PULL, JobKind.UPKEEP])
@pytest.mark.parametrize("begun", [False, True], ids=["that waits", "that began"])
def test_a_run_that_the_engine_knows_nothing_of_is_asked_for_again(
    exempt: Exempt, engine: Runs, upkeep: Upkeep, kind: JobKind, begun: bool
) -> None:
    name = PULL if kind is JobKind.PULL else kind.value
    ask(exempt, kind)
    if begun:
        begin(exempt, engine, name)
    engine.lose()
    engine.begun.clear()
    assert upkeep.find_lost() == [name]
    assert engine.waiting() == [name]
    assert upkeep.find_lost() == []


def test_what_ended_is_not_lost(exempt: Exempt, engine: Runs, upkeep: Upkeep) -> None:
    ask(exempt)
    begin(exempt, engine)
    with exempt.store.writing() as tx:
        tx.jobs.end(PULL, NOW)
    engine.begun.clear()
    assert upkeep.find_lost() == []


def test_what_ends_while_somebody_looks_is_not_lost(
    exempt: Exempt, engine: Runs, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(exempt)
    begin(exempt, engine)

    def live() -> set[str]:
        with exempt.store.writing() as tx:
            tx.jobs.end(PULL, NOW)
        return set()

    monkeypatch.setattr(engine, "live", live)
    assert upkeep.find_lost() == []


def test_what_was_asked_for_where_there_is_no_engine_is_not_lost(
    exempt: Exempt, engine: Runs, upkeep: Upkeep
) -> None:
    exempt.store.enqueue = None
    ask(exempt)
    assert upkeep.find_lost() == [], "the next tick finds it"


# --- what is old ---------------------------------------------------------------------------------


def test_what_is_old_is_forgotten(exempt: Exempt, engine: Runs, upkeep: Upkeep) -> None:
    erp = connected(exempt.store, "erp")
    moment = dt.timedelta(microseconds=1)
    with exempt.store.writing() as tx:
        for number, at in enumerate((NOW - 30 * DAY - moment, NOW - 30 * DAY)):
            event = WebhookEvent(
                event_id=str(number), stream=Stream.ORDERS, external_ids=(str(number),)
            )
            tx.webhooks.add(erp.id, b"{}", [event], at)
        kept = [each.id for each in tx.webhooks.pending(erp.id, 10)]
        tx.webhooks.done(kept, NOW)
        for name, at in (("old", NOW - KEEP_WORKERS - moment), ("w1", NOW - KEEP_WORKERS)):
            tx.workers.tick(WorkerRow(name, "host-1", 1, "0.1", 1, at, at))
    before = dt.datetime.now(dt.UTC) - 7 * DAY
    ask(exempt, JobKind.UPKEEP)
    assert do_upkeep(exempt, upkeep) == Ended()
    after = dt.datetime.now(dt.UTC) - 7 * DAY
    assert rows(exempt.store, "SELECT event_id FROM webhook_event") == [("1",)]
    with exempt.store.reading() as tx:
        assert [worker.name for worker in tx.workers.all()] == ["w1"]
    (moment_of_runs,) = engine.forgotten
    assert before.timestamp() <= moment_of_runs <= after.timestamp(), "its clock is the machine's"


def test_the_upkeep_finds_what_was_lost(exempt: Exempt, engine: Runs, upkeep: Upkeep) -> None:
    ask(exempt)
    ask(exempt, JobKind.UPKEEP)
    engine.lose()
    do_upkeep(exempt, upkeep)
    assert engine.waiting() == [PULL], "itself it cannot find: whoever begins to work does"


# --- imports -------------------------------------------------------------------------------------


class PowerCut(Exception):
    """The process ends."""


def cut(_rows: int, _part: float) -> None:
    raise PowerCut


@pytest.fixture
def office(exempt: Exempt, tmp_path: Path) -> Office:
    """Where files are imported, a few customers in each transaction."""
    return Office(exempt.store, tmp_path)


def file_of(office: Office, first: int, count: int = 20) -> ImportRun:
    """A checked import of so many customers."""
    numbers = range(first, first + count)
    new = (billing(f"C-{number:03}", f"Customer {number}") for number in numbers)
    return office.check(*new).run


def state(exempt: Exempt, run: ImportRun) -> tuple[ImportState, str | None]:
    with exempt.store.reading() as tx:
        found = runs.get(tx, run.id)
    return found.state, found.applied_by


def customers(exempt: Exempt) -> int:
    return int(rows(exempt.store, "SELECT count(*) FROM customer")[0][0])


def test_there_is_nothing_to_go_on_with(office: Office, exempt: Exempt, upkeep: Upkeep) -> None:
    run = file_of(office, 0)
    assert do_imports(upkeep) == Ended()
    assert state(exempt, run) == (ImportState.CHECKED, None), "nobody confirmed it"


def test_an_import_that_was_left_to_the_daemon_is_applied(
    office: Office, exempt: Exempt, engine: Runs, upkeep: Upkeep
) -> None:
    run = file_of(office, 0)
    applying.leave_to_daemon(exempt.store, run.id, act(by="bea"))
    assert engine.waiting() == ["import"]
    assert customers(exempt) == 0
    assert do_imports(upkeep) == Ended()
    assert state(exempt, run) == (ImportState.APPLIED, "bea")
    assert customers(exempt) == 20


def test_an_import_that_was_interrupted_is_finished(
    office: Office, exempt: Exempt, upkeep: Upkeep
) -> None:
    run = file_of(office, 0)
    with pytest.raises(PowerCut):
        applying.apply(exempt.store, run.id, act(), told=cut)
    assert state(exempt, run)[0] is ImportState.APPLYING
    assert do_imports(upkeep) == Ended()
    assert state(exempt, run) == (ImportState.APPLIED, "anna")
    assert customers(exempt) == 20


def test_an_import_whose_undoing_was_interrupted_is_undone(
    office: Office, exempt: Exempt, upkeep: Upkeep
) -> None:
    run = file_of(office, 0)
    applying.apply(exempt.store, run.id, act())
    with pytest.raises(PowerCut):
        undoing.undo(exempt.store, run.id, act(), told=cut)
    assert state(exempt, run)[0] is ImportState.UNDOING
    assert do_imports(upkeep) == Ended()
    assert state(exempt, run)[0] is ImportState.UNDONE


def test_an_import_that_somebody_is_at_is_left_to_them(
    office: Office, exempt: Exempt, upkeep: Upkeep
) -> None:
    run = file_of(office, 0)
    applying.leave_to_daemon(exempt.store, run.id, act())
    with runs.alone(exempt.store, run.company_id):
        assert do_imports(upkeep) == Ended(next_at=NOW + OCCUPIED)
    assert state(exempt, run)[0] is ImportState.APPLYING
    assert do_imports(upkeep) == Ended()
    assert state(exempt, run)[0] is ImportState.APPLIED


def test_a_worker_that_is_stopped_leaves_the_rest_of_an_import_for_later(
    office: Office, exempt: Exempt, upkeep: Upkeep
) -> None:
    first, second = file_of(office, 0), file_of(office, 100)
    for run in (first, second):
        applying.leave_to_daemon(exempt.store, run.id, act())
    exempt.stop()
    assert do_imports(upkeep) == Ended(again=True)
    assert state(exempt, second)[0] is ImportState.APPLYING
    exempt._stop.clear()
    assert do_imports(upkeep) == Ended()
    assert [state(exempt, run)[0] for run in (first, second)] == [ImportState.APPLIED] * 2
    assert customers(exempt) == 40


def test_one_import_that_fails_stops_no_other(
    office: Office, exempt: Exempt, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = file_of(office, 0), file_of(office, 100)
    for run in (bad, good):
        applying.leave_to_daemon(exempt.store, run.id, act())
    whole = applying._apply_some

    def apply_some(tx: object, run: ImportRun, *rest: object) -> object:
        if run.id == bad.id:
            raise ValueError("a slip")
        return whole(tx, run, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(applying, "_apply_some", apply_some)
    with pytest.raises(ValueError, match="a slip"):
        do_imports(upkeep)
    assert state(exempt, good)[0] is ImportState.APPLIED
    assert state(exempt, bad)[0] is ImportState.APPLYING


def test_uploads_that_stand_still_are_forgotten(exempt: Exempt, upkeep: Upkeep) -> None:
    row = connected(exempt.store)
    save_customers(exempt.store, row, customer())
    with exempt.store.writing() as tx:
        (card,) = customers_in(tx)
        request_id = tx.requests.add(card.id, "ap@lone.example", ["US-TX"], NOW)
        draft = tx.submissions.start(request_id, card.id, SubmissionWay.UPLOAD, NOW)
        tx.jobs.ask(JobKind.UPKEEP, None)
    parts = parts_of(exempt)
    begun = [
        uploads.begin(exempt.store, parts, draft, "form.pdf", 9, at)
        for at in (NOW - 2 * DAY, NOW - DAY / 2)
    ]
    do_upkeep(exempt, upkeep)
    assert [uploads.found(exempt.store, parts, each) is None for each in begun] == [True, False]
