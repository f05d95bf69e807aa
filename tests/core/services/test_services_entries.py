"""Comments and files added to customers and certificates, and shown."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.errors import NotFoundError, RefusedError
from exempt.model.entry import EntryKind
from exempt.services import entries, joining
from exempt.services.entries import EntrySubject
from support import files
from support.entries import (
    ANNA,
    BEA,
    CERTIFICATE,
    CUSTOMER,
    begun,
    comment,
    history,
    listed,
    upload,
    within,
)
from support.records import NOW
from support.stores import everything, side_by_side
from support.world import World


@pytest.fixture
def desk(any_world: World) -> World:
    """On each database."""
    return begun(any_world)


@pytest.fixture
def here(world: World) -> World:
    """Where the database does not matter."""
    return begun(world)


SUBJECTS = pytest.mark.parametrize("subject", [CUSTOMER, CERTIFICATE], ids=str)


# --- add, and what is shown --------------------------------------------------------------


@SUBJECTS
def test_a_comment_and_a_file_are_two_rows_of_five_columns(
    desk: World, documents: LocalDocuments, subject: EntrySubject
) -> None:
    first, second = entries.add(
        desk.store, documents, subject, 1, text=" They called.\r\n ", file=upload(), **ANNA
    )
    sha256 = hashlib.sha256(files.PDF).hexdigest()
    assert [row[:5] for row in listed(desk, subject)] == [
        (NOW, "anna", EntryKind.COMMENT, "They called.", ("edit", "remove")),
        (NOW, "anna", EntryKind.FILE, "form.pdf", ("edit", "remove")),
    ]
    assert (second.media_type, second.sha256, second.size) == ("application/pdf", sha256, 15)
    assert [row.record for row in listed(desk, subject)] == [first, second]
    assert history(desk, subject) == [
        (f"comment {first.id}", None, "They called.", "anna"),
        (f"file {second.id}", None, f"form.pdf, sha256 {sha256}", "anna"),
    ]


def test_each_customer_and_each_certificate_has_its_own(desk: World) -> None:
    comment(desk, "of the customer")
    comment(desk, "of the certificate", CERTIFICATE)
    assert [row.entry for row in listed(desk)] == ["of the customer"]
    assert [row.entry for row in listed(desk, CERTIFICATE)] == ["of the certificate"]
    assert listed(desk, subject_id=2) == []


def test_what_is_said_of_a_merged_card_is_said_of_the_one_that_stands_for_it(desk: World) -> None:
    comment(desk, "before")
    joining.merge(desk.store, 2, 1, desk.act())
    assert comment(desk, "after").subject_id == 2
    assert [row.entry for row in listed(desk, subject_id=2)] == ["before", "after"]
    assert listed(desk, subject_id=1) == listed(desk, subject_id=2)


def test_a_comment_that_comes_in_while_its_card_is_merged_is_not_lost(desk: World) -> None:
    side_by_side(
        desk.store,
        lambda tx: joining.merge(within(tx), 2, 1, desk.act()),
        lambda tx: entries.add_comment(within(tx), CUSTOMER, 1, "They called.", **ANNA),
    )
    assert [row.entry for row in listed(desk, subject_id=2)] == ["They called."]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("x", "x", id="one letter"),
        pytest.param("x" * 10_000, "x" * 10_000, id="as long as may be"),
        pytest.param("a\r\nb\n\nc", "a\nb\n\nc", id="lines"),
        pytest.param("\t Señor 株式会社 😀 \n", "Señor 株式会社 😀", id="any letters"),
        pytest.param("\x1b[2J <script>", "\x1b[2J <script>", id="what faces must make harmless"),
    ],
)
def test_a_comment_that_is_kept(desk: World, text: str, kept: str) -> None:
    assert comment(desk, text).text == kept
    assert listed(desk)[0].entry == kept


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("", "the comment is empty: write something", id="nothing"),
        pytest.param(" \n", "the comment is empty: write something", id="blanks"),
        pytest.param("x" * 10_001, "has 10,001 characters, and 10,000 are the most: shorten it",
                     id="one letter too many"),
        pytest.param("a\x00b", "has a NUL", id="a NUL"),
        pytest.param("a\udcff", "no UTF-8", id="what is no text"),
    ],
)  # fmt: skip
def test_a_comment_that_is_not_kept(here: World, text: str, complaint: str) -> None:
    written = comment(here)
    before = everything(here.store)
    with pytest.raises(RefusedError, match=complaint):
        comment(here, text)
    with pytest.raises(RefusedError, match=complaint):
        entries.edit(here.store, written.id, text, **BEA)
    assert everything(here.store) == before


def test_a_blank_comment_beside_a_file_is_none(here: World, documents: LocalDocuments) -> None:
    (added,) = entries.add(here.store, documents, CUSTOMER, 1, text=" ", file=upload(), **ANNA)
    assert added.kind is EntryKind.FILE
    with pytest.raises(RefusedError, match="nothing to add: write a comment, choose a file"):
        entries.add(here.store, documents, CUSTOMER, 1, text=" ", **ANNA)


def test_a_file_comes_from_a_folder_too(
    here: World, documents: LocalDocuments, tmp_path: Path
) -> None:
    path = tmp_path / "Form (2).pdf"
    path.write_bytes(files.PDF)
    added = entries.add_file(here.store, documents, CERTIFICATE, 1, path, **ANNA)
    assert (added.text, added.subject, added.size) == ("Form (2).pdf", "certificate", 15)


@pytest.mark.parametrize(
    ("name", "content", "kept", "media_type"),
    [
        pytest.param("form.pdf", files.PDF, "form.pdf", "application/pdf", id="a PDF"),
        pytest.param("form.png", files.PDF, "form.png", "application/pdf",
                     id="a PDF called PNG is served as a PDF"),
        pytest.param("letter.docx", files.office("word"), "letter.docx",
                     "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                     id="a letter"),
        pytest.param("list.csv", b"a;b\n", "list.csv", "text/csv", id="a list"),
        pytest.param("../../etc/passwd", b"root", "passwd", "text/plain",
                     id="a name that leads elsewhere"),
        pytest.param("C:\\temp\\form\x00\u202e.pdf", files.PDF, "form.pdf", "application/pdf",
                     id="a name with what is not seen"),
    ],
)  # fmt: skip
def test_a_file_that_is_kept(
    here: World, documents: LocalDocuments, name: str, content: bytes, kept: str, media_type: str
) -> None:
    added = entries.add_file(here.store, documents, CUSTOMER, 1, upload(name, content), **ANNA)
    assert (added.text, added.media_type) == (kept, media_type)
    found, opened = entries.open_file(here.store, documents, added.id)
    with opened:
        assert (found, opened.read()) == (added, content)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        pytest.param("form.pdf", files.PROGRAM, "^form.pdf: is a program", id="a program"),
        pytest.param("form.pdf", b"<html>", "^form.pdf: is a web page", id="a page"),
        pytest.param("a.docx", files.office("word", "word/vbaProject.bin"), "^a.docx: has macros",
                     id="macros"),
        pytest.param("a.docx", files.office("word")[:-9], "^a.docx: is damaged", id="half a file"),
        pytest.param("a.bat", b"echo", "^a.bat: has a name in .bat", id="a name that is run"),
        pytest.param("a.pdf", b"", "^a.pdf: the file is empty", id="nothing"),
        pytest.param("x" * 300, files.PDF, "300 bytes, and 255 are the most", id="a long name"),
        pytest.param("\x00", files.PDF, "its name is empty: rename it", id="no name"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_kept_leaves_nothing(
    here: World, documents: LocalDocuments, tmp_path: Path,
    name: str, content: bytes, complaint: str,
) -> None:  # fmt: skip
    before = everything(here.store)
    with pytest.raises(RefusedError, match=complaint):
        entries.add(
            here.store, documents, CUSTOMER, 1, text="Look!", file=upload(name, content), **ANNA
        )
    assert everything(here.store) == before, "nor is the comment beside it"
    assert not [path for path in (tmp_path / "documents").rglob("*") if path.is_file()]


def test_a_file_that_cannot_be_read_is_named(
    here: World, documents: LocalDocuments, tmp_path: Path
) -> None:
    for path, why in ((tmp_path / "gone.pdf", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(RefusedError, match=f"{path}: cannot be read: {why}"):
            entries.add_file(here.store, documents, CUSTOMER, 1, path, **ANNA)


@pytest.mark.parametrize(
    ("subject", "complaint"),
    [
        (CUSTOMER, "customer id:99: there is none: see exempt customers list"),
        (CERTIFICATE, "certificate 99: there is none: see exempt certificates list"),
    ],
    ids=str,
)
def test_of_nobody_there_is_nothing(
    desk: World, documents: LocalDocuments, tmp_path: Path, subject: EntrySubject, complaint: str
) -> None:
    before = everything(desk.store)
    with pytest.raises(NotFoundError, match=complaint):
        entries.add_comment(desk.store, subject, 99, "x", **ANNA)
    with pytest.raises(NotFoundError, match=complaint):
        entries.add_file(desk.store, documents, subject, 99, upload(), **ANNA)
    with pytest.raises(NotFoundError, match=complaint):
        listed(desk, subject, 99)
    assert everything(desk.store) == before
    assert not (tmp_path / "documents").exists(), "the file was not even read"
