"""Who works or lives in which state, since when and until when, out of employee records.

A home counts as a place of work does: who works from home makes nexus there
(G10). A presence that is over made nexus while it lasted.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from exempt.model.people import (
    Arrival,
    Person,
    PersonThere,
    StaffPlace,
    StateStaff,
    When,
)

DAY = dt.timedelta(days=1)


class Period(NamedTuple):
    """Days on which physical nexus in a state is confirmed; ``end_date`` None = it goes on."""

    jurisdiction: str
    effective_date: dt.date
    end_date: dt.date | None


def persons(places: Iterable[StaffPlace]) -> list[Person]:
    """People, each once, however many HR systems know them (B23).

    Records of two systems are one person's when they share the day of the hire,
    a state, and the employee number or the name. Records of one system never
    are: it would have one itself.
    """
    by_record: dict[tuple[int, str], list[StaffPlace]] = defaultdict(list)
    for each in sorted(places, key=lambda p: (p.record, p.id)):
        by_record[each.record].append(each)
    found: list[list[tuple[int, str]]] = []
    whose: dict[tuple[object, ...], list[list[tuple[int, str]]]] = defaultdict(list)
    for record, mine in by_record.items():
        marks = _marks(mine)
        candidates = (person for mark in marks for person in whose[mark])
        person = next((p for p in candidates if _new_there(record, p)), None)
        if person is None:
            person = []
            found.append(person)
        person.append(record)
        for mark in marks:
            if person not in whose[mark]:
                whose[mark].append(person)
    return [
        Person(tuple(records), tuple(p for record in records for p in by_record[record]))
        for records in found
    ]


def _marks(places: Sequence[StaffPlace]) -> list[tuple[object, ...]]:
    """What a record shares with another of the same person; none without a day of the hire."""
    first = places[0]
    if first.start_date is None:
        return []
    states = sorted({each.place.jurisdiction for each in places})
    names: list[tuple[str, str]] = [("number", first.external_id)]
    if first.label and (label := " ".join(first.label.casefold().split())):
        names.append(("label", label))
    return [(*name, first.start_date, state) for name in names for state in states]


def _new_there(record: tuple[int, str], person: Sequence[tuple[int, str]]) -> bool:
    """Whether no other record of the same system is that person's already."""
    return all(connection_id != record[0] for connection_id, _ in person)


def people_by_state(places: Iterable[StaffPlace], on: dt.date) -> tuple[StateStaff, ...]:
    """Who is in each state on the day *on*, or was before, or is to come (B14, B18).

    Args:
        places: Those of one company, or of several whose people count together.
        on: The day.
    """
    there: dict[str, list[PersonThere]] = defaultdict(list)
    for person in persons(places):
        by_state = sorted(person.places, key=_state)
        for state, mine in groupby((p for p in by_state if p.place.real), key=_state):
            there[state].append(_there(person, list(mine), on))
    return tuple(_staff(state, there[state]) for state in sorted(there))


def _state(each: StaffPlace) -> str:
    return each.place.jurisdiction


def _there(person: Person, places: Sequence[StaffPlace], on: dt.date) -> PersonThere:
    """A person in one state, by all their times there."""
    now = [p for p in places if p.place.on(on)]
    coming = [p for p in places if p.place.since > on]
    when = When.NOW if now else When.COMING if coming else When.PAST
    last = max(_through(p) for p in places)
    seen = now or coming or [p for p in places if _through(p) == last]
    first = min(places, key=lambda p: p.place.since)
    return PersonThere(
        person=Person(person.records, tuple(places)),
        when=when,
        since=first.place.since,
        since_known=all(p.place.from_day is not None for p in places),
        until=None if last == dt.date.max else last,
        at_work=any(p.place.kind == "work" for p in seen),
        at_home=any(p.place.kind == "home" for p in seen),
    )


def _through(each: StaffPlace) -> dt.date:
    return each.place.through_day or dt.date.max


def _staff(state: str, people: Iterable[PersonThere]) -> StateStaff:
    """What is said of a state."""
    first_to_come = sorted(people, key=lambda p: (p.since, p.person.records))
    employed = [p for p in first_to_come if not p.person.contractor]
    others = [p for p in first_to_come if p.person.contractor]
    now = [p for p in employed if p.when is When.NOW]
    past_others = _count(others, lambda p: p.when is When.PAST)
    return StateStaff(
        jurisdiction=state,
        current=len(now),
        coming=_count(employed, lambda p: p.when is When.COMING),
        past=_count(employed, lambda p: p.when is When.PAST),
        contractors=len(others) - past_others,
        past_contractors=past_others,
        since=first_to_come[0].since,
        since_known=all(p.since_known for p in first_to_come),
        until=_last(p.until for p in first_to_come),
        at_work=_count(now, lambda p: p.at_work),
        at_home=_count(now, lambda p: p.at_home),
        people=tuple(first_to_come),
    )


def _count(people: Iterable[PersonThere], test: Callable[[PersonThere], bool]) -> int:
    return sum(map(test, people))


def _last(days: Iterable[dt.date | None]) -> dt.date | None:
    """The last of these days; None, which is no end, comes after all."""
    last = max(day or dt.date.max for day in days)
    return None if last == dt.date.max else last


# --- who is the first in a state -------------------------------------------------------


class NewStates(NamedTuple):
    """What is new: where, and which places belong to warnings that were raised before."""

    arrivals: tuple[Arrival, ...]
    joining: Mapping[int, tuple[int, ...]]


def new_states(
    places: Sequence[StaffPlace],
    confirmed: Collection[Period],
    taxing: Collection[str],
    on: dt.date,
) -> NewStates:
    """The people of whom nobody was warned yet, state by state (B15, B16).

    Nobody is warned of who comes where physical nexus is confirmed, or was on the
    day they came: who ended it knew of them. Somebody of whom a warning told
    stays that one's, also when they move to the state that they worked in.

    Args:
        places: All that are known of one company.
        confirmed: Where it has confirmed physical nexus.
        taxing: The states that levy sales tax, or whose municipalities do.
        on: The day.
    """
    fresh: dict[str, list[StaffPlace]] = defaultdict(list)
    joining: dict[int, list[int]] = defaultdict(list)
    for person in persons(places):
        for each in person.places:
            if each.warning_id is not None or not each.place.real or _state(each) not in taxing:
                continue
            if any(_covers(period, each) for period in confirmed):
                continue
            told = (p.warning_id for p in person.places if p.warning_id and _goes_on(p, each))
            if warning_id := next(told, None):
                joining[warning_id].append(each.id)
            else:
                fresh[_state(each)].append(each)
    arrivals = []
    for state in sorted(fresh):
        (staff,) = people_by_state(fresh[state], on)
        arrivals.append(Arrival(staff, tuple(sorted(each.id for each in fresh[state]))))
    return NewStates(tuple(arrivals), {key: tuple(ids) for key, ids in joining.items()})


def _covers(period: Period, each: StaffPlace) -> bool:
    """Whether nobody need be warned of a place, by what is confirmed."""
    ended = period.end_date is not None and period.end_date < each.place.since
    return period.jurisdiction == _state(each) and not ended


def _goes_on(known: StaffPlace, each: StaffPlace) -> bool:
    """Whether *each* goes on with a time of the same person that somebody was warned of."""
    through = known.place.through_day
    return (
        known.place.real
        and _state(known) == _state(each)
        and (through is None or each.place.since <= through + DAY)
    )
