"""Imports that are left to the daemon: what waits, how far it is, and what cannot be read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.errors import RefusedError
from exempt.model.imports import ChangeKind, ImportState
from exempt.services.importing import applying, checking, leaving, runs, showing, undoing
from exempt.services.importing.leaving import FileKept
from exempt.wiring.backfills import Parts
from support.imports import Office, Row, billing, write
from support.records import act
from support.stores import everything
from support.world import World


class Left:
    """Files that are left to the daemon."""

    def __init__(self, office: Office) -> None:
        self.office, self.store = office, office.store
        self.documents = LocalDocuments(office.folder / "documents")
        self.parts = Parts(self.documents, office.folder / "documents")

    def keep(self, content: bytes, name: str = "c.csv") -> FileKept:
        return leaving.keep(self.parts, name, io.BytesIO(content))

    def begin(self, *rows: Row) -> int:
        content = write(self.office.folder / "c.csv", *rows).read_bytes()
        return self.begin_with(content)

    def begin_with(self, content: bytes) -> int:
        file = self.keep(content)
        return leaving.begin(self.store, self.parts, file, self.office.company_id, act()).id

    def state(self, import_id: int) -> ImportState:
        with self.store.reading() as tx:
            return runs.get(tx, import_id).state

    def asked(self) -> bool:
        with self.store.reading() as tx:
            job = tx.jobs.get("import")
        return job is not None and job.waiting


@pytest.fixture
def left(world: World, tmp_path: Path) -> Left:
    return Left(Office(world.store, tmp_path))


def test_a_file_is_read_and_checked_by_the_daemon_and_nothing_is_changed(left: Left) -> None:
    number = left.begin(billing("C-1"), billing("C-2"))
    assert (left.state(number), left.asked()) == (ImportState.STAGING, True)
    parts: list[float] = []
    run = leaving.go_on(left.store, left.parts, number, told=lambda _rows, part: parts.append(part))
    assert (run.state, run.counts.rows, run.counts.planned.new) == (ImportState.CHECKED, 2, 2)
    assert parts[-1] == 1.0
    assert not leaving.waits(run)
    assert left.office.cards("C-1") == []


def test_what_stopped_in_the_middle_is_gone_on_with_after_a_restart(left: Left) -> None:
    number = left.begin(*(billing(f"C-{n}") for n in range(2_100)))

    def die(_rows: int, _part: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leaving.go_on(left.store, left.parts, number, told=die)
    with left.store.reading() as tx:
        run = runs.get(tx, number)
    assert leaving.waits(run)
    assert run.counts.rows == 2_000
    assert 0 < showing.part_of(run) <= 1, "a page can tell how far it is"
    run = leaving.go_on(left.store, left.parts, number)
    assert (run.counts.rows, run.counts.planned.new) == (2_100, 2_100)


def test_the_same_file_is_checked_anew_and_an_import_of_a_terminal_is_not_touched(
    left: Left,
) -> None:
    number = left.begin(billing("C-1"))
    leaving.go_on(left.store, left.parts, number)
    assert left.begin(billing("C-1")) == number
    assert left.state(number) is ImportState.STAGED
    by_hand = left.office.stage(billing("C-9"))
    assert not leaving.waits(by_hand)


def test_a_file_that_breaks_off_is_given_up_and_says_why(left: Left) -> None:
    titles = b"Billing Customer Number,Billing Customer Name 1\n"
    number = left.begin_with(titles + b'C-1,"Ac\nme')
    run = leaving.go_on(left.store, left.parts, number)
    assert run.state is ImportState.DROPPED
    assert "begins a quoted cell that does not end" in run.counts.why


def test_a_file_that_is_gone_is_given_up_and_says_so(left: Left) -> None:
    number = left.begin(billing("C-1"))
    with left.store.reading() as tx:
        sha256 = runs.get(tx, number).sha256
    (left.office.folder / "documents" / sha256[:2] / sha256).unlink()
    run = leaving.go_on(left.store, left.parts, number)
    assert (run.state, run.counts.why) == (
        ImportState.DROPPED,
        "the file is not there any more: import it again",
    )


def test_while_another_import_runs_it_waits(left: Left) -> None:
    number = left.begin(billing("C-1"))
    with (
        runs.alone(left.store, left.office.company_id),
        pytest.raises(RefusedError, match="another import"),
    ):
        leaving.go_on(left.store, left.parts, number)
    assert left.state(number) is ImportState.STAGING


def test_a_name_has_neither_folders_nor_what_cannot_be_shown(left: Left) -> None:
    assert left.keep(b"x", "C:\\files\\..\\c\u202ev.csv").name == "cv.csv"
    assert left.keep(b"x", "../\x00").name == "file"


def test_a_check_remembers_where_the_first_of_each_kind_are(left: Left) -> None:
    left.office.run(*(billing(f"C-{n:04}", phone="1") for n in range(1_200)))
    rows = [billing(f"C-{n:04}", phone="" if n == 1_100 else "1") for n in range(1_200)]
    checked = left.office.check(*rows)
    starts = checked.run.counts.starts
    assert starts["erase"].startswith("billing:c-0999"), starts
    seen = showing.glimpse(left.store, checked.run, ChangeKind.ERASE)
    assert [each.number for each in seen.changes] == ["C-1100"]
    with left.store.reading() as tx:
        whole = checking.preview(tx, checked.run.id, kind=ChangeKind.ERASE)
    assert seen.changes == whole.changes


def test_a_glimpse_looks_at_so_many_pieces_and_says_where_to_go_on(
    left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "PIECES", 1)
    checked = left.office.check(*(billing(f"C-{n:04}") for n in range(1_100)))
    first = showing.glimpse(left.store, checked.run, limit=1_000)
    assert len(first.changes) == 250
    second = showing.glimpse(left.store, checked.run, None, first.then)
    assert second.changes[0].number == "C-0250"


def test_a_glimpse_of_customers_that_all_have_changes_is_short(left: Left) -> None:
    checked = left.office.check(*(billing(f"C-{n:04}") for n in range(40)))
    numbers: list[str] = []
    then = ""
    while not numbers or then:
        found = showing.glimpse(left.store, checked.run, after=then, limit=8)
        assert len(found.changes) <= 2 * 8
        numbers += [each.number for each in found.changes]
        then = found.then
    assert numbers == [f"C-{n:04}" for n in range(40)]


def test_an_undoing_is_looked_at_before_it_is_done(left: Left) -> None:
    left.office.run(billing("C-1", phone="1"), billing("C-2", phone="2"))
    run = left.office.run(billing("C-1", phone="111"), billing("C-2", phone="222"), billing("C-3"))
    left.office.run(billing("C-2", phone="333"))
    before = everything(left.store)
    seen = undoing.preview(left.store, run.id, act())
    assert everything(left.store) == before, "nothing of it is kept"
    assert (seen.tally.new, seen.tally.changes, seen.tally.left) == (1, 1, 1)
    assert [(each.change.old, each.change.note) for each in seen.left] == [
        ("333", "changed since by anna")
    ]
    assert seen.whole
    done = undoing.undo(left.store, run.id, act())
    assert done.counts.undone == seen.tally, "and that is what is done"


def test_a_large_undoing_is_looked_at_in_part(left: Left) -> None:
    run = left.office.run(*(billing(f"C-{n}") for n in range(700)))
    seen = undoing.preview(left.store, run.id, act(), most=100)
    assert (seen.whole, seen.looked) == (False, 500)


def test_an_undoing_is_left_to_the_daemon(left: Left) -> None:
    run = left.office.run(billing("C-1"))
    now = undoing.leave_to_daemon(left.store, run.id, act(by="eve"))
    assert (now.state, now.undone_by, left.asked()) == (ImportState.UNDOING, "eve", True)
    with pytest.raises(RefusedError, match="is undoing"):
        applying.leave_to_daemon(left.store, run.id, act())
