"""A comment or file of a customer or certificate, as a table shows it."""

from __future__ import annotations

from exempt.model.entry import Entry
from support.records import NOW, TODAY


def entry(**changes: object) -> Entry:
    usual = {"id": 12, "kind": "comment", "text": "Call Ann.", "subject": "customer"}
    return Entry.model_validate(
        {**usual, "subject_id": 1, "added_at": NOW, "added_by": "anna", **changes}
    )


def test_it_shows_who_added_it_and_when() -> None:
    assert (entry().timestamp, entry().user, entry().name) == (NOW, "anna", "comment 12")


def test_or_who_edited_it_last() -> None:
    later = NOW.replace(year=TODAY.year + 1)
    edited = entry(edited_at=later, edited_by="bo")
    assert (edited.timestamp, edited.user) == (later, "bo")
