"""Comments and files that staff add to customers and certificates."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from exempt.model.record import Moment, Record, Text

EntryText = Annotated[
    str, StringConstraints(min_length=1, max_length=10_000, pattern=r"^[^\x00]*$")
]
"""A comment of at most 10,000 characters, or the name of a file."""


class EntryKind(StrEnum):
    """What an entry is."""

    COMMENT = "comment"
    FILE = "file"


class EntryDetails(Record):
    """What somebody adds: a comment, or a file with all that tells where its bytes are.

    Attributes:
        text: The comment, or the file's name.
        media_type: What the file's content was found to be; None for a comment.
        size: In bytes.
    """

    kind: EntryKind = EntryKind.COMMENT
    text: EntryText
    media_type: Text | None = None
    sha256: Text | None = None
    size: Annotated[int, Field(ge=1)] | None = None


class Entry(EntryDetails):
    """A comment or file, and who did what to it; one that was removed stays.

    Attributes:
        subject: What it is of: ``customer`` or ``certificate``.
    """

    id: int
    subject: Text
    subject_id: int
    added_at: Moment
    added_by: Text
    edited_at: Moment | None = None
    edited_by: Text | None = None
    removed_at: Moment | None = None
    removed_by: Text | None = None

    @property
    def timestamp(self) -> dt.datetime:
        """When it was added, or edited last."""
        return self.edited_at or self.added_at

    @property
    def user(self) -> str:
        """Who added it, or edited it last."""
        return self.edited_by or self.added_by

    @property
    def name(self) -> str:
        """What messages and histories call it: ``comment 12``."""
        return f"{self.kind} {self.id}"
