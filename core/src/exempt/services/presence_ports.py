"""What the watch over physical nexus needs of the store: presences, people, and warnings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from exempt.model.people import Place, StaffPlace
from exempt.model.presence import PresenceKind, WarningKind, WarningState
from exempt.model.sources import Employee
from exempt.services.rows import ConnectionRow, SavedRecords


class PresenceRow(NamedTuple):
    """Physical nexus, as a person stated it.

    Attributes:
        effective_date: The earliest day of the presence.
        end_date: The last day; None = it goes on.
        warning_id: The warning that was confirmed with it.
        removed_at: When it was taken back as a mistake, by ``removed_by``.
    """

    id: int
    company_id: int
    jurisdiction: str
    kind: PresenceKind
    effective_date: dt.date
    end_date: dt.date | None
    notes: str
    warning_id: int | None
    made_at: dt.datetime
    made_by: str
    removed_at: dt.datetime | None
    removed_by: str | None

    def in_force(self, on: dt.date) -> bool:
        """Whether it counts on *on*, first and last day included."""
        end = self.end_date or dt.date.max
        return self.removed_at is None and self.effective_date <= on <= end


class NewPresence(NamedTuple):
    """A presence to be kept."""

    jurisdiction: str
    kind: PresenceKind
    effective_date: dt.date
    notes: str = ""
    warning_id: int | None = None
    end_date: dt.date | None = None


class Presences(Protocol):
    """Physical nexus as stated, and the people who may make it."""

    def add(
        self, company_id: int, new: Sequence[NewPresence], at: dt.datetime, by: str
    ) -> list[PresenceRow]:
        """Keep these, in their order."""
        ...

    def get(self, presence_id: int) -> PresenceRow | None:
        """One, removed or not."""
        ...

    def all(
        self, company_ids: Collection[int] | None = None, *, removed: bool = False
    ) -> list[PresenceRow]:
        """Those of these companies, or of all, by state and date; *removed* ones, too."""
        ...

    def change(
        self, presence_id: int, effective_date: dt.date, end_date: dt.date | None, notes: str
    ) -> None:
        """Let it say this."""
        ...

    def remove(self, presence_id: int, at: dt.datetime, by: str) -> None:
        """Take it back; it is kept, with who did so."""
        ...

    def since(
        self, company_ids: Collection[int], on: dt.date | None = None
    ) -> dict[tuple[int, str], dt.date]:
        """By company and jurisdiction: the earliest day of confirmed physical nexus.

        With *on* just of presences that are in force on that day; without, ended
        ones count, too, as presence in the past makes nexus in the past.
        """
        ...

    def places(
        self, company_ids: Collection[int], jurisdiction: str | None = None
    ) -> list[StaffPlace]:
        """Where people of these companies are, or were; of the deleted ones, too."""
        ...

    def unplaced(self, company_ids: Collection[int]) -> int:
        """How many employees are known of whom no state is known."""
        ...

    def state(
        self,
        connection: ConnectionRow,
        stated: Sequence[tuple[Employee, Sequence[Place]]],
        at: dt.datetime,
    ) -> SavedRecords:
        """Keep employees with all their places, as a person stated them.

        A place that was known and is not among them ends where the stated ones begin.
        """
        ...

    def told(self, place_ids: Collection[int], warning_id: int) -> None:
        """Remember which warning told of these places."""
        ...


class WarningRow(NamedTuple):
    """Something that a person should look at.

    Attributes:
        occasion: What tells it from others of its kind in that state.
        since: The first day of it.
        facts: What it is about, as JSON; see `exempt.services.nexus_warnings`.
        read_at: When somebody acknowledged it; None = it is unread.
        reason: Why it was dismissed; of a confirmed one the notes.
        mailed_at: When it went out by mail.
    """

    id: int
    company_id: int
    company: str
    jurisdiction: str
    kind: WarningKind
    occasion: str
    since: dt.date
    facts: str
    raised_at: dt.datetime
    read_at: dt.datetime | None
    read_by: str | None
    state: WarningState
    reason: str
    closed_at: dt.datetime | None
    closed_by: str | None
    mailed_at: dt.datetime | None


class NewWarning(NamedTuple):
    """A warning to be raised."""

    company_id: int
    jurisdiction: str
    kind: WarningKind
    occasion: str
    since: dt.date
    facts: str


class Warnings(Protocol):
    """What was raised, and what became of it."""

    def open_one(self, new: NewWarning, at: dt.datetime) -> int | None:
        """Raise it; None when one of this occasion was raised before."""
        ...

    def get(self, warning_id: int) -> WarningRow | None:
        """One."""
        ...

    def all(
        self,
        company_ids: Collection[int] | None = None,
        *,
        states: Collection[WarningState] = (),
        kind: WarningKind | None = None,
    ) -> list[WarningRow]:
        """Those of these companies, or of all: the open first, then the newest first."""
        ...

    def update(self, warning_id: int, since: dt.date, facts: str) -> None:
        """Let an open one tell what is so now."""
        ...

    def read(self, warning_ids: Collection[int], at: dt.datetime, by: str) -> int:
        """Acknowledge those that nobody has; how many."""
        ...

    def close(
        self, warning_id: int, state: WarningState, reason: str, at: dt.datetime, by: str
    ) -> bool:
        """Close an open one, which counts as read; False when it is closed."""
        ...

    def unmailed(self, company_ids: Collection[int]) -> list[WarningRow]:
        """The open ones that no mail was ever owed for."""
        ...

    def mailed(self, warning_ids: Collection[int], at: dt.datetime) -> None:
        """Remember that they went out."""
        ...

    def counts(self, company_ids: Collection[int] | None = None) -> Mapping[WarningKind, int]:
        """How many are open, by kind."""
        ...
