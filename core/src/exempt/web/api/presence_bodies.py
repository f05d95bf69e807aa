"""What goes in and out of the API of physical nexus."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from exempt.model.address import Jurisdiction
from exempt.model.people import PlaceKind, When
from exempt.model.presence import PresenceKind, WarningKind, WarningState
from exempt.model.record import Day, ExternalId, Text
from exempt.services.presences import AT_ONCE
from exempt.web.api.bodies import Body
from exempt.web.api.paging import Listed, Part

EXAMPLE = {
    "company": "northwind",
    "presences": [
        {"jurisdiction": "US-TX", "kind": "employee", "effective_date": "2024-03-01",
         "notes": "A sales engineer in Austin."},
        {"jurisdiction": "US-CA", "kind": "inventory", "effective_date": "2025-01-01"},
    ],
}  # fmt: skip


class EmployeePlace(Body):
    """A time in which somebody works, or lives, in the state.

    Attributes:
        from_day: The first day; null = before `seen_day`, nobody knows when.
        through_day: The last day; null = it goes on.
        seen_day: When the HR system first said so.
    """

    kind: PlaceKind
    from_day: dt.date | None
    through_day: dt.date | None
    seen_day: dt.date
    connection: str


class EmployeeThere(Body):
    """Somebody in the state; one person, however many HR systems know them.

    Attributes:
        employee_ids: Their numbers in these systems.
        label: What a system calls them, where it may say so.
        contractor: Whether they work for the seller without being employed.
        since_known: Whether they may not have been there before `since`.
        until: The last day; null = no end is known.
        at_work: Whether they work there; `at_home`: live there.
    """

    employee_ids: tuple[str, ...]
    label: str | None
    contractor: bool
    when: When
    since: dt.date
    since_known: bool
    until: dt.date | None
    at_work: bool
    at_home: bool
    places: tuple[EmployeePlace, ...]


class StateEmployees(Body):
    """Who of a company works or lives in a state, or did.

    Attributes:
        current: How many employees are there; `coming`: are hired for a later day;
            `past`: have left.
        contractors: How many who are not employed are there, or coming.
        past_contractors: How many of them were there.
        since: The first day of any of them, as far as it is known.
        since_known: Whether it may not have been earlier.
        until: The last day of the last of them; null = somebody is there, or coming.
        at_work: How many of the current work there; `at_home`: live there.
        levies_sales_tax: Whether there is a tax to be registered for.
        nexus_since: Since when physical nexus is confirmed there; null = it is not.
        warning_id: The open warning of people there.
        people: Each of them; null = no single jurisdiction was asked for.
    """

    company: str
    jurisdiction: str
    current: int
    coming: int
    past: int
    contractors: int
    past_contractors: int
    since: dt.date
    since_known: bool
    until: dt.date | None
    at_work: int
    at_home: int
    levies_sales_tax: bool
    nexus_since: dt.date | None
    warning_id: int | None
    people: tuple[EmployeeThere, ...] | None


class StateEmployeesList(Body):
    """The states with people, company by company.

    Attributes:
        unplaced: How many employees are known of whom no state is.
    """

    data: tuple[StateEmployees, ...]
    unplaced: int


class StateEmployeesQuery(Body):
    """Whose people are wanted, and where."""

    company: ExternalId | None = Field(None, description="Those of the company with this key.")
    jurisdiction: Jurisdiction | None = Field(None, description="Each person in this one.")
    past: bool = Field(default=False, description="States that everybody has left, too.")


class NewPresence(Body):
    """Physical nexus in a state.

    Attributes:
        effective_date: The earliest day of the presence.
        notes: Why: a name or role, a relocation, the name of a building.
    """

    jurisdiction: Jurisdiction
    kind: PresenceKind
    effective_date: Day
    notes: Text = ""


class NewPresences(Body):
    """What is added in one save: all of it, or nothing.

    Attributes:
        company: The key of the company; null = the only one that the key is for.
    """

    company: ExternalId | None = None
    presences: Annotated[tuple[NewPresence, ...], Field(min_length=1, max_length=AT_ONCE)]


class ChangedPresence(Body):
    """What a presence says from now on.

    Attributes:
        end_date: Its last day; null = it goes on.
    """

    effective_date: Day
    end_date: Day | None
    notes: Text


class Presence(Body):
    """Physical nexus in a state, as somebody stated it.

    Attributes:
        effective_date: The earliest day.
        end_date: The last day; null = it goes on.
        in_force: Whether it counts today.
        warning_id: The warning that was confirmed with it.
        removed_at: When it was taken back as a mistake, by `removed_by`.
    """

    id: int
    company: str
    jurisdiction: str
    kind: PresenceKind
    effective_date: dt.date
    end_date: dt.date | None
    notes: str
    in_force: bool
    warning_id: int | None
    made_at: dt.datetime
    made_by: str
    removed_at: dt.datetime | None
    removed_by: str | None


class PresenceList(Listed[Presence]):
    """A part of a list of presences, in the order of their ids."""


class PresencesAdded(Body):
    """What was added, in the order in which it was sent."""

    data: tuple[Presence, ...]


class PresenceQuery(Part):
    """Which presences are wanted."""

    company: ExternalId | None = Field(None, description="Those of the company with this key.")
    jurisdiction: Jurisdiction | None = Field(None, description="Those in this one.")
    removed: bool = Field(default=False, description="Those that were taken back, too.")


class NexusWarning(Body):
    """Something that a person should look at.

    Attributes:
        kind: `employee`: somebody works or lives where nobody did before;
            `approaching`, `met`: a threshold is near, or met.
        said: What it says, in a sentence.
        since: The first day of it.
        read_at: When somebody acknowledged it; null = it is unread.
        reason: Why it was dismissed; of a confirmed one the notes.
        mailed_at: When staff were told by mail; null = not yet.
    """

    id: int
    company: str
    jurisdiction: str
    kind: WarningKind
    state: WarningState
    said: str
    since: dt.date
    raised_at: dt.datetime
    read_at: dt.datetime | None
    read_by: str | None
    reason: str
    closed_at: dt.datetime | None
    closed_by: str | None
    mailed_at: dt.datetime | None


class NexusWarningList(Listed[NexusWarning]):
    """A part of a list of warnings, in the order of their ids."""


class NexusWarningQuery(Part):
    """Which warnings are wanted."""

    company: ExternalId | None = Field(None, description="Those of the company with this key.")
    kind: WarningKind | None = Field(None, description="Those of this kind.")
    state: WarningState | None = Field(None, description="Those that stand so.")


class Confirmation(Body):
    """How a warning is confirmed.

    Attributes:
        effective_date: The first day of the physical nexus, if another than the
            warning's; for warnings of people only.
        notes: What else is to be known.
    """

    effective_date: Day | None = None
    notes: Text = ""


class Dismissal(Body):
    """Why a warning is dismissed."""

    reason: Annotated[Text, Field(min_length=1)]


class ConfirmedWarning(Body):
    """A confirmed warning, and the physical nexus that it made; null = it is one of sales."""

    warning: NexusWarning
    presence: Presence | None
