"""Comments and files edited, renamed, removed and opened; and what stays of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt.adapters.documents import LocalDocuments
from exempt.errors import NotFoundError, RefusedError
from exempt.model.entry import EntryKind
from exempt.services import entries
from exempt.services.entries import EntrySubject
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
from support.records import DAY, NOW
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


# --- edit --------------------------------------------------------------------------------


@SUBJECTS
def test_whoever_edits_is_shown_with_the_time(desk: World, subject: EntrySubject) -> None:
    written = comment(desk, subject=subject)
    edited = entries.edit(desk.store, written.id, "They called twice.", **BEA)
    (row,) = listed(desk, subject)
    assert row[:4] == (NOW + DAY, "bea", EntryKind.COMMENT, "They called twice.")
    assert row.record == edited
    assert (edited.added_at, edited.added_by) == (NOW, "anna")
    assert history(desk, subject)[1:] == [
        (written.name, "They called.", "They called twice.", "bea")
    ]


def test_the_same_again_is_no_edit(desk: World) -> None:
    written = comment(desk)
    before = everything(desk.store)
    assert entries.edit(desk.store, written.id, " They called. ", **BEA) == written
    assert everything(desk.store) == before


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        pytest.param("form.pdf", "texas.pdf", "texas.pdf", id="another name"),
        pytest.param("form.pdf", "../texas.PDF", "texas.PDF", id="the same ending in capitals"),
        pytest.param("form", "texas", "texas", id="none has an ending"),
    ],
)
def test_a_file_is_renamed(
    here: World, documents: LocalDocuments, old: str, new: str, kept: str
) -> None:
    added = entries.add_file(here.store, documents, CUSTOMER, 1, upload(old), **ANNA)
    entries.edit(here.store, added.id, new, **BEA)
    assert listed(here)[0][:4] == (NOW + DAY, "bea", EntryKind.FILE, kept)
    assert history(here)[-1] == (added.name, old, kept, "bea")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        pytest.param("form.pdf", "form.exe", "keeps its ending .pdf: rename", id="to be run"),
        pytest.param("form.pdf", "form", "keeps its ending .pdf: rename", id="without one"),
        pytest.param("form", "form.pdf", "has no ending, and keeps it so", id="with one"),
        pytest.param("form.pdf", "a:.pdf", "has a :, which not every", id="no name everywhere"),
    ],
)
def test_the_ending_of_a_file_stays(
    here: World, documents: LocalDocuments, old: str, new: str, complaint: str
) -> None:
    added = entries.add_file(here.store, documents, CUSTOMER, 1, upload(old), **ANNA)
    with pytest.raises(RefusedError, match=complaint):
        entries.edit(here.store, added.id, new, **BEA)
    assert [row.entry for row in listed(here)] == [old]


def test_of_two_who_edit_at_once_the_later_prevails_and_the_history_has_both(desk: World) -> None:
    written = comment(desk)

    def by(who: str) -> Any:
        said = f"{who} was here"
        return lambda tx: entries.edit(within(tx), written.id, said, by=who, at=NOW)

    side_by_side(desk.store, by("bea"), by("carl"))
    assert [(row.user, row.entry) for row in listed(desk)] == [("carl", "carl was here")]
    assert history(desk)[1:] == [
        (written.name, "They called.", "bea was here", "bea"),
        (written.name, "bea was here", "carl was here", "carl"),
    ]


# --- remove ------------------------------------------------------------------------------


@SUBJECTS
def test_what_is_removed_is_shown_no_more_but_stays(
    desk: World, documents: LocalDocuments, tmp_path: Path, subject: EntrySubject
) -> None:
    first, second = entries.add(
        desk.store, documents, subject, 1, text="A slip.", file=upload(), **ANNA
    )
    for entry in (first, second):
        entries.remove(desk.store, entry.id, **BEA)
    assert listed(desk, subject) == []
    rows = listed(desk, subject, with_removed=True)
    assert [(row.entry, row.actions) for row in rows] == [("A slip.", ()), ("form.pdf", ())]
    assert {(row.record.removed_at, row.record.removed_by) for row in rows} == {(NOW + DAY, "bea")}
    assert history(desk, subject)[2:] == [
        (first.name, "A slip.", None, "bea"),
        (second.name, f"form.pdf, sha256 {second.sha256}", None, "bea"),
    ]
    assert len([path for path in (tmp_path / "documents").rglob("*") if path.is_file()]) == 1


def test_what_was_removed_is_left_alone(desk: World, documents: LocalDocuments) -> None:
    added = entries.add_file(desk.store, documents, CUSTOMER, 1, upload(), **ANNA)
    entries.remove(desk.store, added.id, **BEA)
    before = everything(desk.store)
    for act in (
        lambda: entries.edit(desk.store, added.id, "a.pdf", **BEA),
        lambda: entries.remove(desk.store, added.id, **BEA),
        lambda: entries.open_file(desk.store, documents, added.id),
    ):
        with pytest.raises(RefusedError, match="file 1: was removed on 2026-11-21 by bea: add it"):
            act()
    assert everything(desk.store) == before


def test_there_is_none_with_this_id(here: World, documents: LocalDocuments) -> None:
    for act in (
        lambda: entries.edit(here.store, 7, "x", **BEA),
        lambda: entries.remove(here.store, 7, **BEA),
        lambda: entries.open_file(here.store, documents, 7),
    ):
        with pytest.raises(NotFoundError, match="entry 7: there is none: see exempt comments list"):
            act()


# --- open --------------------------------------------------------------------------------


def test_a_comment_is_no_file(here: World, documents: LocalDocuments) -> None:
    with pytest.raises(NotFoundError, match="comment 1: is no file: see exempt files list"):
        entries.open_file(here.store, documents, comment(here).id)


@pytest.mark.parametrize("harm", ["changed", "lost"])
def test_bytes_that_are_not_those_that_were_kept_are_not_given(
    here: World, documents: LocalDocuments, tmp_path: Path, harm: str
) -> None:
    added = entries.add_file(here.store, documents, CUSTOMER, 1, upload(), **ANNA)
    (kept,) = (path for path in (tmp_path / "documents").rglob("*") if path.is_file())
    kept.write_bytes(b"forged") if harm == "changed" else kept.unlink()
    with pytest.raises((RefusedError, NotFoundError), match="restore it from a backup"):
        entries.open_file(here.store, documents, added.id)
