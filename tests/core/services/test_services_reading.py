"""Documents are read once; what was read is remembered, and nothing is accepted for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.errors import ExemptError, NotFoundError
from exempt.model.certificate import ReviewStatus
from exempt.model.extract import Extract
from exempt.model.paper import FieldName
from exempt.rules.form_definitions import shipped_book
from exempt.rules.pack import shipped_pack
from exempt.services.reading import Reader, read_paper, read_waiting
from support.reviews import Office
from support.words import extract
from support.world import World

PAPER = "To whom it may concern\n\nPurchaser     Acme\n\nWe buy in Texas and in Utah"


@dataclass
class FakeExtractor:
    """Sees the same on every document; how often it was asked."""

    saw: list[bytes] = field(default_factory=list)

    def __call__(self, content: IO[bytes], media_type: str) -> Extract:
        self.saw.append(content.read())
        return extract(PAPER)


@pytest.fixture
def eyes() -> FakeExtractor:
    return FakeExtractor()


@pytest.fixture
def reader(eyes: FakeExtractor) -> Reader:
    return Reader(eyes, shipped_book(), shipped_pack())


@pytest.fixture
def desk(world: World, documents: LocalDocuments) -> Office:
    return Office(world, documents)


def test_a_document_is_read_once(desk: Office, reader: Reader, eyes: FakeExtractor) -> None:
    kept = desk.keep(content=b"%PDF one")
    for _ in range(2):
        found = read_paper(desk.world.store, desk.documents, reader, kept.sha256)
        name = found.best(FieldName.BUYER_NAME)
        assert name is not None
        assert name.value == "Acme"
    assert eyes.saw == [b"%PDF one"]


def test_the_states_that_it_was_asked_for_are_a_hint(desk: Office, reader: Reader) -> None:
    kept = desk.keep()
    found = read_paper(desk.world.store, desk.documents, reader, kept.sha256, ["US-TX", "US-OH"])
    assert [one.value for one in found.found if one.field is FieldName.JURISDICTION] == ["US-TX"]


def test_what_nobody_looked_at_is_not_read(desk: Office, reader: Reader) -> None:
    with pytest.raises(NotFoundError, match="take it in first"):
        read_paper(desk.world.store, desk.documents, reader, "0" * 64)


def test_what_waits_for_review_is_read(desk: Office, reader: Reader, eyes: FakeExtractor) -> None:
    sent = desk.send_in(kept=desk.keep(content=b"%PDF waits"))
    desk.keep(content=b"%PDF of nobody")
    store = desk.world.store
    assert read_waiting(store, desk.documents, reader) == 1
    assert read_waiting(store, desk.documents, reader) == 0
    assert eyes.saw == [b"%PDF waits"]
    assert desk.certificate(sent.certificate_id).review_status is ReviewStatus.PENDING


def test_sending_in_asks_for_it_to_be_read(desk: Office) -> None:
    desk.send_in()
    with desk.world.store.reading() as tx:
        job = tx.jobs.get("reading")
    assert job is not None
    assert job.waiting


def test_a_document_that_is_gone_does_not_hold_up_the_others(desk: Office, reader: Reader) -> None:
    gone = desk.send_in(kept=desk.keep(content=b"%PDF gone")).files[0].sha256
    desk.customer("C-2", "Beta")
    desk.send_in(name="Beta", kept=desk.keep(content=b"%PDF here"))
    desk.documents._path(gone).unlink()
    told: list[ExemptError] = []
    assert read_waiting(desk.world.store, desk.documents, reader, told=told.append) == 1
    assert "restore it" in str(told[0])


def test_it_stops_when_it_is_told_to(desk: Office, reader: Reader) -> None:
    desk.send_in()
    assert read_waiting(desk.world.store, desk.documents, reader, stop=lambda: True) == 0
