"""Uploads go on where they were cut, whatever cut them, and leave nothing behind."""

from __future__ import annotations

import datetime as dt
import errno
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.adapters.upload_parts import LocalParts
from exempt.errors import ConflictError, NotFoundError, RefusedError
from exempt.model.paper import Refusal
from exempt.model.requesting import SubmissionWay
from exempt.services import uploads
from exempt.services.files import Kept
from exempt.services.papers import PaperRefused
from exempt.services.uploads import Upload
from support.paper_desk import FakeInspector
from support.records import NOW, customer
from support.stores import MINUTE, connected, customers_in, save_customers
from support.world import World

PDF = b"%PDF-1.7 " + bytes(range(256)) * 8
MEBIBYTE = 1024 * 1024


class Quay(NamedTuple):
    """Where uploads come in, for a draft of a customer."""

    world: World
    documents: LocalDocuments
    parts: LocalParts
    inspector: FakeInspector
    draft: int

    def begin(self, size: int = len(PDF), at: dt.datetime = NOW) -> str:
        return uploads.begin(self.world.store, self.parts, self.draft, "form.pdf", size, at)

    def found(self, token: str) -> Upload:
        upload = uploads.found(self.world.store, self.parts, token)
        assert upload is not None
        return upload

    def finish(self, token: str) -> Kept:
        return uploads.finish(
            self.world.store,
            self.parts,
            self.found(token),
            documents=self.documents,
            inspector=self.inspector,
            at=NOW,
            add=lambda kept: kept,
        )

    def left(self) -> list[str]:
        folder = self.documents._folder / ".uploads"
        return sorted(path.name for path in folder.glob("*"))


@pytest.fixture
def quay(world: World, documents: LocalDocuments) -> Quay:
    """A quay with an inspector that takes everything."""
    row = connected(world.store)
    save_customers(world.store, row, customer())
    with world.store.writing() as tx:
        (card,) = customers_in(tx)
        request_id = tx.requests.add(card.id, "ap@lone.example", ["US-TX"], NOW)
        draft = tx.submissions.start(request_id, card.id, SubmissionWay.UPLOAD, NOW)
    return Quay(world, documents, LocalParts(documents._folder), FakeInspector(), draft)


def test_it_comes_in_by_parts_and_is_kept_whole(quay: Quay) -> None:
    token = quay.begin()
    upload = quay.found(token)
    assert (upload.name, upload.size, upload.received, upload.complete) == (
        "form.pdf", len(PDF), 0, False,
    )  # fmt: skip
    assert uploads.append(quay.parts, upload, 0, PDF[:1000]) == 1000
    assert quay.found(token).received == 1000
    uploads.append(quay.parts, upload, 1000, PDF[1000:])
    assert uploads.moved(quay.world.store, quay.parts, upload, NOW).complete
    kept = quay.finish(token)
    with quay.documents.open(kept.sha256) as file:
        assert file.read() == PDF
    assert quay.left() == []
    assert uploads.found(quay.world.store, quay.parts, token) is None


def test_the_token_is_kept_nowhere(quay: Quay) -> None:
    token = quay.begin()
    uploads.append(quay.parts, quay.found(token), 0, b"x")
    assert token not in quay.left()[0]
    assert quay.found(token).token_hash == quay.left()[0]


@pytest.mark.parametrize("offset", [0, 999, 1001])
def test_at_another_byte_nothing_is_written(quay: Quay, offset: int) -> None:
    token = quay.begin()
    uploads.append(quay.parts, quay.found(token), 0, PDF[:1000])
    with pytest.raises(ConflictError, match="has come to byte 1,000"):
        uploads.append(quay.parts, quay.found(token), offset, b"x")
    assert quay.found(token).received == 1000


def test_no_more_comes_in_than_was_announced(quay: Quay) -> None:
    upload = quay.found(quay.begin(size=1000))
    uploads.append(quay.parts, upload, 0, bytes(999))
    with pytest.raises(PaperRefused) as refused:
        uploads.append(quay.parts, upload, 999, b"xy")
    assert refused.value.refusal is Refusal.TOO_LARGE
    assert quay.parts.size(upload.token_hash) == 999


@pytest.mark.parametrize(
    ("size", "refusal"),
    [(0, Refusal.EMPTY), (-1, Refusal.EMPTY), (50 * MEBIBYTE + 1, Refusal.TOO_LARGE)],
)
def test_what_cannot_be_taken_does_not_begin(quay: Quay, size: int, refusal: Refusal) -> None:
    with pytest.raises(PaperRefused) as refused:
        quay.begin(size)
    assert refused.value.refusal is refusal


@pytest.mark.parametrize(
    ("free", "begins"), [(200 * MEBIBYTE + 3000, True), (200 * MEBIBYTE + 2999, False)]
)
def test_it_begins_only_where_there_is_room(
    quay: Quay, monkeypatch: pytest.MonkeyPatch, free: int, begins: bool
) -> None:
    monkeypatch.setattr(quay.parts, "free", lambda: free)
    if begins:
        assert quay.begin(1000)
        return
    with pytest.raises(PaperRefused) as refused:
        quay.begin(1000)
    assert refused.value.refusal is Refusal.NO_ROOM


def test_there_is_room_on_this_disk(quay: Quay) -> None:
    assert quay.parts.free() > 0


def test_a_disk_that_fills_up_meanwhile(quay: Quay, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = quay.found(quay.begin())

    def full(*_any: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("exempt.adapters.upload_parts.fcntl.flock", full)
    with pytest.raises(PaperRefused) as refused:
        uploads.append(quay.parts, upload, 0, PDF)
    assert refused.value.refusal is Refusal.NO_ROOM
    monkeypatch.undo()
    assert uploads.append(quay.parts, upload, quay.parts.size(upload.token_hash), PDF)


def test_of_too_many_unfinished_ones_the_oldest_give_way(quay: Quay) -> None:
    tokens = []
    for number in range(uploads.AT_ONCE + 2):
        token = quay.begin(at=NOW + number * MINUTE)
        uploads.append(quay.parts, quay.found(token), 0, b"x")
        tokens.append(token)
    store = quay.world.store
    assert [uploads.found(store, quay.parts, token) is None for token in tokens] == (
        [True] * 2 + [False] * uploads.AT_ONCE
    )
    assert len(quay.left()) == uploads.AT_ONCE


@pytest.mark.parametrize(
    ("refusal", "stays"), [(Refusal.CORRUPT, False), (Refusal.UNCHECKED, True)]
)
def test_what_is_refused_is_forgotten_unless_the_file_is_not_at_fault(
    quay: Quay, refusal: Refusal, stays: bool
) -> None:
    token = quay.begin()
    uploads.append(quay.parts, quay.found(token), 0, PDF)
    quay.inspector.refuses = refusal
    with pytest.raises(PaperRefused):
        quay.finish(token)
    assert (uploads.found(quay.world.store, quay.parts, token) is not None) is stays
    if stays:
        quay.inspector.refuses = None
        assert quay.finish(token).size == len(PDF)
    assert quay.left() == []


def test_what_cannot_be_added_can_be_finished_again(quay: Quay) -> None:
    token = quay.begin()
    uploads.append(quay.parts, quay.found(token), 0, PDF)

    def refuse(_kept: Kept) -> None:
        msg = "killed here"
        raise RefusedError(msg)

    desk = {"documents": quay.documents, "inspector": quay.inspector, "at": NOW}
    with pytest.raises(RefusedError):
        uploads.finish(quay.world.store, quay.parts, quay.found(token), **desk, add=refuse)  # type: ignore[arg-type]  # one by one they fit
    assert quay.finish(token).size == len(PDF)


def test_what_was_finished_is_not_finished_again(quay: Quay) -> None:
    token = quay.begin()
    upload = quay.found(token)
    uploads.append(quay.parts, upload, 0, PDF)
    quay.finish(token)
    with pytest.raises(NotFoundError, match="send the file again"):
        quay.parts.open(upload.token_hash)


def test_giving_up(quay: Quay) -> None:
    token = quay.begin()
    uploads.append(quay.parts, quay.found(token), 0, PDF)
    uploads.drop(quay.world.store, quay.parts, quay.found(token))
    assert quay.left() == []
    assert uploads.found(quay.world.store, quay.parts, token) is None


def test_upkeep_forgets_what_stands_still_and_what_a_killed_process_left(quay: Quay) -> None:
    still, moving = quay.begin(), quay.begin(at=NOW + 2 * MINUTE)
    for token in (still, moving):
        uploads.append(quay.parts, quay.found(token), 0, b"x")
    folder = quay.documents._folder
    old, young = folder / ".part-old", folder / ".part-young"
    orphan = folder / ".uploads" / ("e" * 64)
    for path in (old, young, orphan):
        path.write_bytes(b"half a file")
    for path in (old, orphan):
        os.utime(path, (0, 0))
    kept = quay.documents.put(io.BytesIO(PDF))[0]
    store = quay.world.store
    assert uploads.tidy(store, quay.parts, NOW + uploads.KEPT_FOR + MINUTE) == 1
    assert quay.left() == [quay.found(moving).token_hash]
    assert (old.exists(), young.exists(), quay.documents.has(kept)) == (False, True, True)


def test_a_killed_process_leaves_what_came_in(quay: Quay) -> None:
    """``kill -9`` in the middle: it goes on at the byte that came in last."""
    size = 40 * MEBIBYTE
    token = quay.begin(size)
    upload = quay.found(token)
    program = (
        "import sys; from pathlib import Path\n"
        "from exempt.adapters.upload_parts import LocalParts\n"
        "parts, at = LocalParts(Path(sys.argv[1])), 0\n"
        "while True:\n"
        "    at = parts.append(sys.argv[2], at, bytes([at // 65536 % 251]) * 65536)\n"
        "    print(at, flush=True)\n"
    )
    command = [sys.executable, "-c", program, str(quay.documents._folder), upload.token_hash]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        while int(child.stdout.readline()) < MEBIBYTE:
            pass
        os.kill(child.pid, signal.SIGKILL)
    come = quay.found(token).received
    assert come >= MEBIBYTE
    uploads.append(quay.parts, upload, come, b"the rest")
    with quay.parts.open(upload.token_hash) as file:
        content = file.read()
    assert content[come:] == b"the rest"
    assert all(content[at] == at // 65536 % 251 for at in range(0, come, 4096))


def test_only_hashes_name_parts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no hash"):
        LocalParts(tmp_path).append("../../etc/passwd", 0, b"x")
