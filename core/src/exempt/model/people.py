"""Where people of a seller work and live, and since when: what physical nexus is made of."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import NamedTuple


class PlaceKind(StrEnum):
    """Why somebody is in a state: they work there, or live there; either makes nexus."""

    WORK = "work"
    HOME = "home"


class Left(StrEnum):
    """Why a place is not a record's place any more.

    =========  ==========================================================================
    no         it still is, as far as the source says
    moved      the source names another one
    gone       the source has the record no more
    again      they were hired again; the time before stands by itself
    corrected  it was put right on the day on which we first saw it: they never were there
    =========  ==========================================================================
    """

    NO = "no"
    MOVED = "moved"
    GONE = "gone"
    AGAIN = "again"
    CORRECTED = "corrected"


class Place(NamedTuple):
    """A time in which somebody works or lives in a jurisdiction.

    A source tells only where people are now. From when on is known where nothing
    else was said before: since they were hired. A later change is known by the
    day on which the source showed it.

    Attributes:
        from_day: The first day; None = before ``seen_day``, nobody knows when.
        through_day: The last day, which may lie ahead; None = it goes on. One
            before ``from_day`` says that they never were there.
        by_start: Whether the first day is the day of the hire, and follows it
            when the source corrects that.
        seen_day: The first day on which the source is known to have said so.
    """

    jurisdiction: str
    kind: PlaceKind
    from_day: dt.date | None
    through_day: dt.date | None
    by_start: bool
    seen_day: dt.date
    left: Left = Left.NO

    @property
    def since(self) -> dt.date:
        """The first day, or the first of which we know."""
        return self.from_day or min(self.seen_day, self.through_day or self.seen_day)

    @property
    def real(self) -> bool:
        """Whether they were, are, or will be there at all."""
        through = self.through_day or dt.date.max
        return self.left is not Left.CORRECTED and self.since <= through

    def on(self, day: dt.date) -> bool:
        """Whether they are there on *day*, as far as it is known."""
        through = self.through_day or dt.date.max
        return self.real and self.since <= day <= through


class StaffPlace(NamedTuple):
    """A place, and whose it is.

    Attributes:
        id: The key of the place.
        connection_id: Which HR system says so.
        external_id: The number of the employee there.
        label: What the source calls them, where it may.
        start_date: When they were hired, by the source.
        contractor: Whether they work for the seller without being employed.
        warning_id: The warning that told of it, if one did.
    """

    id: int
    company_id: int
    connection_id: int
    connection: str
    external_id: str
    label: str | None
    start_date: dt.date | None
    contractor: bool
    warning_id: int | None
    place: Place

    @property
    def record(self) -> tuple[int, str]:
        """Which record it belongs to."""
        return self.connection_id, self.external_id


class Person(NamedTuple):
    """Somebody, as one or several HR systems know them."""

    records: tuple[tuple[int, str], ...]
    places: tuple[StaffPlace, ...]

    @property
    def contractor(self) -> bool:
        """Whether no system has them as an employee."""
        return all(each.contractor for each in self.places)

    @property
    def label(self) -> str | None:
        """What they are called, where a source may say so."""
        return next((each.label for each in self.places if each.label), None)


class When(StrEnum):
    """How somebody's time in a state lies to a day."""

    NOW = "now"
    COMING = "coming"
    PAST = "past"


class PersonThere(NamedTuple):
    """Somebody in one state.

    Attributes:
        since: The first day there, of which we know.
        since_known: Whether it may not have been earlier.
        until: The last day; None = they are there, and no end is known.
        at_work: Whether they work there now, or did at last; ``at_home`` so, too.
    """

    person: Person
    when: When
    since: dt.date
    since_known: bool
    until: dt.date | None
    at_work: bool
    at_home: bool


class StateStaff(NamedTuple):
    """Who of a company is or was in one state.

    Attributes:
        current: How many employees are there on the day; those hired for a later
            day are ``coming``, those who left are ``past``.
        contractors: How many that are not employed are there, or coming;
            ``past_contractors``: were there.
        since: The first day of any of them.
        since_known: Whether it may not have been earlier.
        until: The last day of the last of them; None = somebody is there, or
            coming, without an end.
        at_work: How many of the current work there; ``at_home``: live there.
            Who does both counts in both.
        people: One each, the first to come first.
    """

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
    people: tuple[PersonThere, ...]


class Arrival(NamedTuple):
    """People of whom nobody was warned, in a state without confirmed physical nexus.

    Attributes:
        staff: What is to be told of them.
        place_ids: Their places there.
    """

    staff: StateStaff
    place_ids: tuple[int, ...]

    @property
    def jurisdiction(self) -> str:
        """Where."""
        return self.staff.jurisdiction
