"""Papers are looked into before they are kept, kept unaltered, and shown as pictures."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import threading
import tracemalloc
from pathlib import Path

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.errors import NotFoundError, RefusedError
from exempt.model.paper import Refusal
from exempt.services import papers
from exempt.services.files import Kept
from exempt.services.papers import PaperRefused
from support.hostile_papers import picture, scans
from support.paper_desk import FakeInspector
from support.records import NOW
from support.stores import MINUTE
from support.world import World

PDF = b"%PDF-1.7 a certificate\r\n\0\xff"
SHA = hashlib.sha256(PDF).hexdigest()
MEBIBYTE = 1024 * 1024


@pytest.fixture
def inspector() -> FakeInspector:
    """Takes everything."""
    return FakeInspector()


def files(documents: LocalDocuments) -> list[Path]:
    return [path for path in documents._folder.rglob("*") if path.is_file()]


def take(
    world: World,
    documents: LocalDocuments,
    inspector: FakeInspector,
    content: bytes = PDF,
    name: str = "form.pdf",
) -> Kept:
    stream = io.BytesIO(content)
    return papers.take_in(world.store, documents, inspector, name, stream, NOW)


def test_a_paper_is_kept_as_it_came_and_its_copy_apart(
    world: World, documents: LocalDocuments, inspector: FakeInspector
) -> None:
    kept = take(world, documents, inspector, name="../../form\r\n.pdf")
    assert kept == Kept("form.pdf", "application/pdf", SHA, len(PDF))
    with world.store.reading() as tx:
        paper = tx.papers.get(SHA)
    assert paper is not None
    assert (paper.pages, paper.removed, paper.checked_at) == (2, ("JavaScript",), NOW)
    assert paper.shown_sha256 != SHA
    with documents.open(SHA) as original, documents.open(paper.shown_sha256) as copy:
        assert original.read() == PDF
        assert copy.read().startswith(b"%PDF-copy of ")
    assert {path.name for path in files(documents)} == {SHA, paper.shown_sha256}


@pytest.mark.parametrize("refusal", [Refusal.INFECTED, Refusal.ENCRYPTED, Refusal.UNCHECKED])
def test_what_is_refused_leaves_nothing(
    world: World, documents: LocalDocuments, inspector: FakeInspector, refusal: Refusal
) -> None:
    inspector.refuses = refusal
    with pytest.raises(PaperRefused) as refused:
        take(world, documents, inspector)
    assert refused.value.refusal is refusal
    assert files(documents) == []
    with world.store.reading() as tx:
        assert tx.papers.get(SHA) is None


@pytest.mark.parametrize(
    ("content", "refusal", "words"),
    [
        pytest.param(b"", Refusal.EMPTY, "empty", id="nothing"),
        pytest.param(b"%PDF-" + bytes(50 * MEBIBYTE), Refusal.TOO_LARGE, "50 MB", id="too large"),
        pytest.param(b"<html>", Refusal.TYPE, "web page", id="a page"),
        pytest.param(scans((20, 20)), Refusal.TYPE, "TIFF", id="a TIFF"),
        pytest.param(picture("GIF"), Refusal.TYPE, "GIF", id="a GIF"),
    ],
)
def test_what_is_no_paper_is_not_even_looked_into(
    world: World,
    documents: LocalDocuments,
    inspector: FakeInspector,
    content: bytes,
    refusal: Refusal,
    words: str,
) -> None:
    with pytest.raises(PaperRefused, match=words) as refused:
        take(world, documents, inspector, content)
    assert refused.value.refusal is refusal
    assert inspector.looked == 0
    assert files(documents) == []


def test_the_same_paper_is_looked_into_once(
    world: World, documents: LocalDocuments, inspector: FakeInspector
) -> None:
    take(world, documents, inspector)
    assert take(world, documents, inspector, name="again.pdf").name == "again.pdf"
    assert inspector.looked == 1


def test_a_copy_that_is_lost_is_made_anew(
    world: World, documents: LocalDocuments, inspector: FakeInspector
) -> None:
    take(world, documents, inspector)
    for path in files(documents):
        if path.name != SHA:
            path.unlink()
    paper = papers.paper_of(world.store, documents, inspector, SHA, NOW + MINUTE)
    assert documents.has(paper.shown_sha256)
    assert inspector.looked == 2


def test_a_file_of_an_older_exempt_is_looked_into_when_it_is_first_shown(
    world: World, documents: LocalDocuments, inspector: FakeInspector
) -> None:
    documents.put(io.BytesIO(PDF))
    paper = papers.paper_of(world.store, documents, inspector, SHA, NOW)
    assert papers.paper_of(world.store, documents, inspector, SHA, NOW + MINUTE) == paper
    assert inspector.looked == 1


def test_a_file_that_was_changed_or_lost_is_not_shown(
    world: World, documents: LocalDocuments, inspector: FakeInspector
) -> None:
    documents.put(io.BytesIO(PDF))
    (path,) = files(documents)
    path.write_bytes(b"%PDF-forged")
    with pytest.raises(RefusedError, match="changed since it was kept"):
        papers.paper_of(world.store, documents, inspector, SHA, NOW)
    path.unlink()
    with pytest.raises(NotFoundError, match="restore it from a backup"):
        papers.paper_of(world.store, documents, inspector, SHA, NOW)


@pytest.mark.parametrize("failing", ["fsync", "write"])
def test_a_full_disk_is_told_and_leaves_nothing(
    world: World,
    documents: LocalDocuments,
    inspector: FakeInspector,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
) -> None:
    def full(*_any: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if failing == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr("exempt.adapters.documents._copy", full)
    with pytest.raises(PaperRefused) as refused:
        take(world, documents, inspector)
    assert refused.value.refusal is Refusal.NO_ROOM
    assert files(documents) == []
    monkeypatch.undo()
    assert take(world, documents, inspector).sha256 == SHA


class Slow(io.RawIOBase):
    """A PDF of *size* bytes that never stands in memory."""

    def __init__(self, number: int, size: int) -> None:
        self._left = size
        self._first = b"%PDF-" + bytes([number])

    def read(self, size: int = -1) -> bytes:
        given = min(self._left, size)
        self._left -= given
        first, self._first = self._first, b""
        return first + bytes(given - len(first)) if given else b""


def test_eight_large_ones_at_once_need_little_memory(
    world: World, documents: LocalDocuments, inspector: FakeInspector
) -> None:
    taken: list[int] = []

    def take_one(number: int) -> None:
        stream = Slow(number, 49 * MEBIBYTE)
        kept = papers.take_in(world.store, documents, inspector, "x", stream, NOW)  # type: ignore[arg-type]  # all that is asked of it
        taken.append(kept.size)

    threads = [threading.Thread(target=take_one, args=(number,)) for number in range(8)]
    tracemalloc.start()
    try:
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken == [49 * MEBIBYTE] * 8
    assert peak < 40 * MEBIBYTE


# --- pages -------------------------------------------------------------------------------


def test_a_page_is_drawn_once_in_both_sizes(
    world: World, documents: LocalDocuments, inspector: FakeInspector
) -> None:
    take(world, documents, inspector)
    held = (world.store, documents, inspector)
    large = papers.page_image(*held, SHA, 2)
    assert (large.page, large.width, large.height) == (2, 170, 220)
    small = papers.page_image(*held, SHA, 2, small=True)
    assert (small.page, small.width, small.height) == (2, 17, 22)
    assert papers.page_image(*held, SHA, 2) == large
    assert inspector.drawn == [2]


def test_a_picture_that_was_changed_is_drawn_anew(
    world: World, documents: LocalDocuments, inspector: FakeInspector
) -> None:
    take(world, documents, inspector)
    held = (world.store, documents, inspector)
    image = papers.page_image(*held, SHA, 1)
    documents._path(image.image_sha256).write_bytes(b"forged")
    assert papers.page_image(*held, SHA, 1) == image
    with documents.open(image.image_sha256) as picture:
        assert picture.read(4) == b"RIFF"


@pytest.mark.parametrize("page", [0, 3, -1])
def test_there_is_no_such_page(
    world: World, documents: LocalDocuments, inspector: FakeInspector, page: int
) -> None:
    take(world, documents, inspector)
    with pytest.raises(NotFoundError, match="has no such page"):
        papers.page_image(world.store, documents, inspector, SHA, page)


def test_nobody_looked_into_it_yet(
    world: World, documents: LocalDocuments, inspector: FakeInspector
) -> None:
    documents.put(io.BytesIO(PDF))
    with pytest.raises(NotFoundError):
        papers.page_image(world.store, documents, inspector, SHA, 1)


def test_a_page_that_cannot_be_drawn(
    world: World, documents: LocalDocuments, inspector: FakeInspector
) -> None:
    take(world, documents, inspector)
    inspector.refuses = Refusal.TOO_COMPLEX
    with pytest.raises(PaperRefused):
        papers.page_image(world.store, documents, inspector, SHA, 1)
    inspector.refuses = None
    assert papers.page_image(world.store, documents, inspector, SHA, 1).page == 1
