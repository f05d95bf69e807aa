"""How the places of an employee go on when the source says something new of them.

A source tells where somebody is now, and never where they were: a place that it
names no more has ended, and stays as one of the past.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from exempt.model.people import Left, Place, PlaceKind
from exempt.model.sources import Employee

DAY = dt.timedelta(days=1)


class Followed(NamedTuple):
    """Places that say something else now, by their keys, and new ones."""

    changed: dict[int, Place]
    new: list[Place]


def named_places(employee: Employee) -> list[tuple[str, PlaceKind]]:
    """Where a record says that somebody is: states that are known by their codes."""
    addresses = (
        (employee.work_location, PlaceKind.WORK),
        (employee.home_location, PlaceKind.HOME),
    )
    return [(a.jurisdiction, kind) for a, kind in addresses if a and a.jurisdiction]


def follow(known: Mapping[int, Place], employee: Employee, on: dt.date) -> Followed:
    """The places of an employee, now that a source gives this record on the day *on*.

    - Where nothing was known before, they are there since they were hired.
    - A place that was named before and is no more ended the day before.
    - One that takes its place begins that day; or on the day of the hire, if
      that comes later or after all that was known.
    - Who was hired again after the end of a place has a second time there.
    - What is corrected on the day on which it was first seen never was.

    "That day" is the day on which the source changed the record, where it says
    so, as nobody can have moved later; else *on*.
    """
    seen = min(on, employee.updated_at.date()) if employee.updated_at else on
    named = named_places(employee)
    after: dict[int, Place] = {}
    for key, place in known.items():
        if place.left not in {Left.NO, Left.GONE}:
            after[key] = place
        elif (place.jurisdiction, place.kind) not in named:
            after[key] = _ended(place, employee, seen)
        elif _again(place, employee, seen):
            after[key] = _before(place, employee, seen)
        else:
            named.remove((place.jurisdiction, place.kind))
            after[key] = _staying(place, employee)
    new = [_begun(where, kind, after.values(), employee, seen) for where, kind in named]
    return Followed(
        {key: place for key, place in after.items() if place != known[key]},
        [place for place in new if place.real],
    )


def deleted(known: Mapping[int, Place], on: dt.date) -> dict[int, Place]:
    """The places that end as the source has the record no more, seen on the day *on*."""
    return {
        key: place._replace(through_day=_last(place, on), left=Left.GONE)
        for key, place in known.items()
        if place.left is Left.NO
    }


def _end(employee: Employee) -> dt.date | None:
    """The last day; one before the hire is of an earlier hire, and says nothing of this one."""
    end, start = employee.end_date, employee.start_date
    return None if end and start and end < start else end


def _staying(place: Place, employee: Employee) -> Place:
    """Still there, or there again after the record was lost for a while."""
    first = employee.start_date if place.by_start and employee.start_date else place.from_day
    return place._replace(from_day=first, through_day=_end(employee), left=Left.NO)


def _again(place: Place, employee: Employee, seen: dt.date) -> bool:
    """Whether the hire that the record speaks of is a later one than this place's."""
    if employee.start_date is None:
        return False
    if place.through_day is not None:
        if employee.start_date > place.through_day:
            return True
        if _end(employee) is not None:
            return False
    # No end is told: it is a later hire if they were there before, and else a correction.
    return place.since < seen and employee.start_date > max(place.since, place.seen_day)


def _before(place: Place, employee: Employee, seen: dt.date) -> Place:
    """The time before another hire; where no end was told, it ended before that, or by now."""
    through = place.through_day
    if employee.start_date and (through is None or employee.start_date <= through):
        through = max(place.since, min(employee.start_date, seen) - DAY)
    return place._replace(through_day=through, left=Left.AGAIN)


def _ended(place: Place, employee: Employee, seen: dt.date) -> Place:
    """No more there."""
    if place.left is Left.GONE:
        return place._replace(left=Left.MOVED)
    if seen <= place.seen_day:
        return place._replace(left=Left.CORRECTED)
    through = place.through_day or _end(employee)
    last = _last(place, seen)
    return place._replace(through_day=min(through or last, last), left=Left.MOVED)


def _last(place: Place, seen: dt.date) -> dt.date:
    """The last day of a place that was seen to be over; before its first if it never began."""
    last = seen - DAY
    if place.through_day is not None and place.through_day < last:
        return place.through_day
    return max(last, place.since) if place.since <= seen else last


def _begun(
    jurisdiction: str,
    kind: PlaceKind,
    others: Iterable[Place],
    employee: Employee,
    seen: dt.date,
) -> Place:
    """A place that was not named before."""
    start = employee.start_date
    earlier = [p for p in others if p.kind is kind and p.real]
    begins = all(start and p.through_day and p.through_day < start for p in earlier)
    by_start = begins or (start is not None and start > seen)
    return Place(
        jurisdiction=jurisdiction,
        kind=kind,
        from_day=start if by_start else seen,
        through_day=_end(employee),
        by_start=by_start,
        seen_day=seen,
    )


def restate(known: Mapping[int, Place], stated: Sequence[Place]) -> Followed:
    """The places of an employee as a person stated them, all at once.

    What was known and is stated again, by state and first day, takes the stated
    dates. What is not stated any more was wrong where a stated time begins with
    it; what began earlier stays, and ends before the first stated one that
    comes after it.
    """
    left = list(stated)
    changed: dict[int, Place] = {}
    for key, place in known.items():
        same = (p for p in left if _whose(p) == _whose(place) and p.since == place.since)
        if now := next(same, None):
            left.remove(now)
            changed[key] = now._replace(seen_day=min(now.seen_day, place.seen_day))
        elif place.left is not Left.CORRECTED:
            changed[key] = _not_stated(place, stated)
    return Followed({key: now for key, now in changed.items() if now != known[key]}, left)


def _whose(place: Place) -> tuple[str, PlaceKind]:
    return place.jurisdiction, place.kind


def _not_stated(place: Place, stated: Sequence[Place]) -> Place:
    """A place that was known, and that a person does not name any more."""
    later = [p.since for p in stated if p.kind is place.kind and p.since > place.since]
    if not later:
        return place._replace(left=Left.CORRECTED)
    through = min(place.through_day or dt.date.max, min(later) - DAY)
    return place._replace(through_day=through, left=Left.MOVED)
