"""What is known of papers, where their files are used, and uploads, on both databases."""

from __future__ import annotations

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.model.certificate import AttachedFile
from exempt.model.entry import EntryDetails, EntryKind
from exempt.model.paper import PageImage, Paper, Reading
from exempt.model.requesting import SubmissionState, SubmissionWay, SubmittedFile
from exempt.services.rows import ConnectionRow, Subject
from exempt.services.submission_ports import FileUse, UploadRow
from support.records import NOW, customer
from support.stores import MINUTE, customers_in, enter, save_customers

SHA, OTHER = "a" * 64, "b" * 64
PAPER = Paper(
    sha256=SHA,
    media_type="application/pdf",
    pages=2,
    shown_sha256="c" * 64,
    shown_media_type="application/pdf",
    removed=("JavaScript", "embedded files"),
    checked_at=NOW,
)
PDF = {"name": "form.pdf", "media_type": "application/pdf", "sha256": SHA, "size": 7}
FILE = SubmittedFile(**PDF, added_at=NOW)


@pytest.fixture
def asked(store: SqlStore, erp: ConnectionRow) -> tuple[int, int]:
    """The ids of a customer of Northwind, and of a request to it."""
    save_customers(store, erp, customer("C-1", name="Lone Star", number="N1"))
    with store.writing() as tx:
        (card,) = customers_in(tx)
        return card.id, tx.requests.add(card.id, "ap@lone.example", ["US-TX"], NOW)


def test_a_paper_is_kept_and_can_be_made_anew(store: SqlStore) -> None:
    with store.writing() as tx:
        assert tx.papers.get(SHA) is None
        tx.papers.add(PAPER)
        tx.papers.save_reading(SHA, Reading(by="text", form_title="ST-120"))
        again = PAPER.model_copy(update={"removed": (), "checked_at": NOW + MINUTE})
        tx.papers.add(again)
        assert tx.papers.get(SHA) == again
        assert tx.papers.reading(SHA) == Reading(by="text", form_title="ST-120")


def test_what_nobody_read_has_no_reading(store: SqlStore) -> None:
    with store.writing() as tx:
        tx.papers.add(PAPER)
        assert tx.papers.reading(SHA) is None
        assert tx.papers.reading(OTHER) is None


def test_pages_are_kept_in_both_sizes(store: SqlStore) -> None:
    large = PageImage(page=2, image_sha256=OTHER, width=1275, height=1651)
    small = PageImage(page=2, image_sha256=SHA, width=247, height=320)
    with store.writing() as tx:
        tx.papers.add(PAPER)
        tx.papers.add_page(SHA, large)
        assert tx.papers.page(SHA, 2, small=True) is None
        tx.papers.add_page(SHA, small, small=True)
        assert tx.papers.page(SHA, 2) == large
        assert tx.papers.page(SHA, 2, small=True) == small
        assert tx.papers.page(SHA, 1) is None
        drawn_anew = large.model_copy(update={"width": 1276})
        tx.papers.add_page(SHA, drawn_anew)
        assert tx.papers.page(SHA, 2) == drawn_anew


def test_papers_of_what_waits_are_unread_until_they_are_read(
    store: SqlStore, asked: tuple[int, int]
) -> None:
    customer_id, request_id = asked
    with store.writing() as tx:
        tx.papers.add(PAPER)
        tx.papers.add(PAPER.model_copy(update={"sha256": OTHER}))
        draft = tx.submissions.start(request_id, customer_id, SubmissionWay.UPLOAD, NOW)
        tx.submissions.add_file(draft, FILE)
        assert tx.papers.unread(9) == []
        tx.submissions.submit(draft, enter(tx, customer_id), None, NOW, seen=1)
        assert tx.papers.unread(9) == [PAPER]
        assert tx.papers.unread(0) == []
        tx.papers.save_reading(SHA, Reading())
        assert tx.papers.unread(9) == []


def test_where_a_file_is_used(store: SqlStore, asked: tuple[int, int], erp: ConnectionRow) -> None:
    customer_id, request_id = asked
    with store.writing() as tx:
        assert tx.papers.uses(SHA) == []
        draft = tx.submissions.start(request_id, customer_id, SubmissionWay.UPLOAD, NOW)
        tx.submissions.add_file(draft, FILE)
        given = FileUse("form.pdf", "application/pdf", 7, erp.company_id, customer_id, True, True)
        assert tx.papers.uses(SHA) == [given]
        certificate_id = enter(tx, customer_id)
        tx.submissions.submit(draft, certificate_id, None, NOW, seen=1)
        assert tx.papers.uses(SHA) == [given._replace(draft=False)]
        tx.certificates.attach(certificate_id, AttachedFile(**PDF))
        entered = given._replace(draft=False, given=False)
        assert tx.papers.uses(SHA) == [entered, given._replace(draft=False)]
        assert tx.papers.uses(OTHER) == []


@pytest.mark.parametrize("subject", [Subject.CUSTOMER, Subject.CERTIFICATE])
def test_a_file_of_an_entry_is_used_until_it_is_removed(
    store: SqlStore, asked: tuple[int, int], subject: Subject
) -> None:
    details = EntryDetails(
        kind=EntryKind.FILE, text="note.pdf", media_type="text/plain", sha256=SHA, size=7
    )
    with store.writing() as tx:
        subject_id = asked[0] if subject is Subject.CUSTOMER else enter(tx, asked[0])
        entry = tx.entries.add(subject, subject_id, details, NOW, by="anna")
        assert [use.name for use in tx.papers.uses(SHA)] == ["note.pdf"]
        assert tx.papers.named() == {SHA: "note.pdf"}
        removed = {"removed_at": NOW, "removed_by": "anna"}
        tx.entries.save(entry.model_copy(update=removed))
        assert tx.papers.uses(SHA) == []
        assert tx.papers.named() == {SHA: "note.pdf"}


def test_uploads_are_known_until_they_are_dropped_or_stand_still(
    store: SqlStore, asked: tuple[int, int]
) -> None:
    with store.writing() as tx:
        draft = tx.submissions.start(asked[1], asked[0], SubmissionWay.UPLOAD, NOW)
        tx.uploads.begin(SHA, draft, "scan.pdf", 9_000_000_000, NOW)
        tx.uploads.begin(OTHER, draft, "x", 1, NOW + MINUTE)
        first, second = (
            UploadRow(SHA, draft, "scan.pdf", 9_000_000_000),
            UploadRow(OTHER, draft, "x", 1),
        )
        assert tx.uploads.get(SHA) == first
        assert tx.uploads.of(draft) == [first, second]
        tx.uploads.moved(SHA, 5, NOW + 2 * MINUTE)
        assert tx.uploads.of(draft) == [second, first]
        assert tx.uploads.known() == {SHA, OTHER}
        assert tx.uploads.forget(NOW + 2 * MINUTE) == [OTHER]
        assert tx.uploads.drop(SHA) is True
        assert tx.uploads.drop(SHA) is False
        assert tx.uploads.get(SHA) is None
        assert tx.submissions.get(draft).state is SubmissionState.DRAFT  # type: ignore[union-attr]
