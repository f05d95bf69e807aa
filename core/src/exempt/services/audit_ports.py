"""What the audit trail needs of the store: every change of every thing, listed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from exempt.services.rows import Subject

MOST = 10_000
"""So many changes are counted and can be leafed through; of more it is said that there are more."""

LOOKED_THROUGH = 100_000
"""In so many of the newest changes words are looked for, unless a first day is asked for."""

OF_ADMINISTRATION = (Subject.USER, Subject.API_KEY, Subject.ENDPOINT)
"""Changes that only those see who administer."""


class AuditFilter(NamedTuple):
    """Which changes to list, the newest first; what is empty does not matter.

    Attributes:
        by: Who made them, exactly.
        subjects: Of these kinds of things.
        subject_id: Of that one alone.
        words: Part of the field, of what stood there, or of what stands there now; a space
            stands for any character.
        called: The fields of each kind of thing whose titles have the words in them.
        outcome: What stands there now, exactly.
        first: The earliest day, in UTC; ``last``: the latest.
        company_ids: Of things of these companies, None = of all.
        limit: How many to give at most, after leaving out ``offset``.
    """

    by: str = ""
    subjects: Collection[Subject] = ()
    subject_id: int | None = None
    words: str = ""
    called: Mapping[Subject, Collection[str]] = {}
    field: str = ""
    outcome: str = ""
    first: dt.date | None = None
    last: dt.date | None = None
    company_ids: Collection[int] | None = None
    limit: int = 50
    offset: int = 0


class AuditRow(NamedTuple):
    """One change.

    Attributes:
        name: What the thing is called; "" where that is not known any more.
    """

    id: int
    subject: Subject
    subject_id: int
    field: str
    old: str | None
    new: str | None
    changed_at: dt.datetime
    changed_by: str
    name: str = ""


class AuditPage(NamedTuple):
    """A part of the trail.

    Attributes:
        total: How many there are in all; at most `MOST`.
        capped: There are more than that.
    """

    rows: list[AuditRow]
    total: int
    capped: bool = False


class Audit(Protocol):
    """The audit trail, listed."""

    def page(self, filters: AuditFilter) -> AuditPage:
        """A part of it."""
        ...

    def portion(self, filters: AuditFilter, before: int | None, limit: int) -> list[AuditRow]:
        """The next that are older than the change *before*; limit and offset do not count."""
        ...

    def count(self, filters: AuditFilter) -> int:
        """How many there are, at most one more than `MOST`."""
        ...

    def people(self) -> list[str]:
        """Everybody who ever changed something, by name."""
        ...
