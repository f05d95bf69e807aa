"""Who is in which state, as all HR systems tell it together, and who is the first there."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

import pytest

from exempt.model.people import Left, Place, PlaceKind, StaffPlace, When
from exempt.rules.people import Period, new_states, people_by_state, persons

TODAY = dt.date(2026, 11, 20)
HIRED = dt.date(2024, 3, 1)
WORK, HOME = PlaceKind.WORK, PlaceKind.HOME
TAXING = ("US-TX", "US-CA", "US-OK")

ids = count(1)


def there(
    number: str = "E-1",
    state: str = "TX",
    kind: PlaceKind = WORK,
    *,
    first: dt.date | None = HIRED,
    last: dt.date | None = None,
    hired: dt.date | None = HIRED,
    left: Left = Left.NO,
    seen: dt.date = TODAY,
    **changes: Any,
) -> StaffPlace:
    """An employee who works in Texas since they were hired."""
    place = Place(f"US-{state}", kind, first, last, by_start=True, seen_day=seen, left=left)
    row = StaffPlace(next(ids), 1, 1, "gusto", number, None, hired, False, None, place)
    return row._replace(**changes)


# --- one person, however many systems ----------------------------------------------------


def in_rippling(number: str = "E-1", state: str = "TX", **changes: Any) -> StaffPlace:
    return there(number, state, **{"connection_id": 2, "connection": "rippling", **changes})


@pytest.mark.parametrize(
    ("rows", "people"),
    [
        pytest.param([there(), in_rippling()], 1, id="same number, hire and state"),
        pytest.param(
            [there(label="Ana Ruiz"), in_rippling("77", label=" ana  RUIZ")],
            1,
            id="same name, hire and state",
        ),
        pytest.param(
            [there(), in_rippling(hired=dt.date(2024, 3, 2))], 2, id="hired on another day"
        ),
        pytest.param([there(), in_rippling(state="CA")], 2, id="in another state"),
        pytest.param(
            [there(hired=None), in_rippling(hired=None)], 2, id="no day of the hire is known"
        ),
        pytest.param([there(), in_rippling("77")], 2, id="another number, and no name"),
        pytest.param(
            [there(label="Ana Ruiz"), there("E-2", label="Ana Ruiz")],
            2,
            id="two of a name in one system are two people",
        ),
        pytest.param(
            [there(label="Ana Ruiz"), there("E-2", label="Ana Ruiz"), in_rippling("E-2")],
            2,
            id="of two of a name the one with the number",
        ),
        pytest.param(
            [
                there(label="Ana Ruiz"),
                there("E-2", label="Ana Ruiz"),
                in_rippling("E-1", label="Ana Ruiz"),
                in_rippling("E-2", label="Ana Ruiz"),
            ],
            2,
            id="two of a name in both systems are two people",
        ),
        pytest.param(
            [there(), there(state="OK", kind=HOME), in_rippling(state="OK", kind=HOME)],
            1,
            id="by any state that they share",
        ),
    ],
)
def test_persons(rows: list[StaffPlace], people: int) -> None:
    """B23."""
    assert len(persons(rows)) == people


def test_the_first_state_of_a_person_does_not_depend_on_the_order_of_rows() -> None:
    rows = [there(), in_rippling(), there("E-2", "CA"), in_rippling("9", "CA")]
    assert persons(rows) == persons(rows[::-1])


# --- by state ----------------------------------------------------------------------------


def test_who_is_where() -> None:
    """B14, B18, G10."""
    rows = [
        there("E-1"),
        there("E-1", kind=HOME, first=dt.date(2025, 1, 1)),
        there("E-2", first=dt.date(2022, 5, 1), last=dt.date(2023, 12, 31)),
        there("E-3", first=dt.date(2027, 1, 4)),
        there("E-4", contractor=True),
        there("E-5", last=dt.date(2025, 1, 1), contractor=True),
        there("E-6", "OK", HOME, first=None),
        there("E-7", "CA", left=Left.CORRECTED),
    ]
    oklahoma, texas = people_by_state(rows, TODAY)
    assert texas._replace(people=()) == (
        "US-TX", 1, 1, 1, 1, 1, dt.date(2022, 5, 1), True, None, 1, 1, (),
    )  # fmt: skip
    whens = [each.when for each in texas.people]
    assert whens == [When.PAST, When.NOW, When.NOW, When.PAST, When.COMING]
    assert (oklahoma.at_work, oklahoma.at_home) == (0, 1)
    assert (oklahoma.since, oklahoma.since_known) == (TODAY, False)


def test_where_everybody_has_left_the_last_day_is_told() -> None:
    rows = [
        there("E-1", last=dt.date(2025, 6, 30)),
        there("E-2", kind=HOME, last=dt.date(2026, 1, 31)),
    ]
    (texas,) = people_by_state(rows, TODAY)
    assert (texas.current, texas.past, texas.until) == (0, 2, dt.date(2026, 1, 31))
    ana, ben = texas.people
    assert (ana.at_work, ana.at_home, ana.until) == (True, False, dt.date(2025, 6, 30))
    assert (ben.at_work, ben.at_home) == (False, True)


def test_who_left_before_we_saw_them_was_there_once() -> None:
    (texas,) = people_by_state([there(first=None, last=dt.date(2025, 6, 30))], TODAY)
    assert (texas.past, texas.since_known, texas.until) == (1, False, dt.date(2025, 6, 30))
    assert texas.since == dt.date(2025, 6, 30)


def test_a_person_who_came_back_counts_once_and_from_the_first_time_on() -> None:
    rows = [there(last=dt.date(2025, 1, 1)), there(first=dt.date(2026, 2, 1))]
    (texas,) = people_by_state(rows, TODAY)
    assert (texas.current, texas.past, texas.since, texas.until) == (1, 0, HIRED, None)


def test_a_person_is_called_what_a_system_calls_them() -> None:
    rows = [there(), in_rippling(label="Ana Ruiz", contractor=True)]
    ((ana,),) = [state.people for state in people_by_state(rows, TODAY)]
    assert ana.person.label == "Ana Ruiz"
    assert not ana.person.contractor
    assert persons([there()])[0].label is None


# --- the first in a state ----------------------------------------------------------------


def news(rows: list[StaffPlace], *confirmed: Period) -> list[tuple[str, int]]:
    """The states that are new, and of how many places each."""
    found = new_states(rows, confirmed, TAXING, TODAY)
    return [(each.jurisdiction, len(each.place_ids)) for each in found.arrivals]


@pytest.mark.parametrize(
    ("rows", "confirmed", "new"),
    [
        pytest.param([there()], [], [("US-TX", 1)], id="the first in a state (B16)"),
        pytest.param(
            [there(), there("E-2"), there("E-3", "OK", HOME)],
            [],
            [("US-OK", 1), ("US-TX", 2)],
            id="one warning a state, and one for a remote worker's home",
        ),
        pytest.param([there(state="OR")], [], [], id="a state without sales tax"),
        pytest.param(
            [there(last=dt.date(2025, 1, 1))],
            [],
            [("US-TX", 1)],
            id="a presence in the past made nexus, too",
        ),
        pytest.param([there(left=Left.CORRECTED)], [], [], id="who never was there"),
        pytest.param([there(warning_id=5)], [], [], id="whom a warning told of"),
        pytest.param(
            [there(warning_id=5), there("E-2")],
            [],
            [("US-TX", 1)],
            id="who comes after a warning",
        ),
        pytest.param([there()], [Period("US-TX", TODAY, None)], [], id="where nexus is confirmed"),
        pytest.param(
            [there()], [Period("US-CA", HIRED, None)], [("US-TX", 1)], id="confirmed elsewhere"
        ),
        pytest.param(
            [there()],
            [Period("US-TX", HIRED, dt.date(2026, 1, 31))],
            [],
            id="somebody ended it who knew of them",
        ),
        pytest.param(
            [there(first=dt.date(2026, 5, 1))],
            [Period("US-TX", HIRED, dt.date(2026, 1, 31))],
            [("US-TX", 1)],
            id="who came after it had ended",
        ),
    ],
)
def test_new_states(
    rows: list[StaffPlace], confirmed: list[Period], new: list[tuple[str, int]]
) -> None:
    assert news(rows, *confirmed) == new


@pytest.mark.parametrize(
    ("later", "joins"),
    [
        pytest.param(there(kind=HOME), True, id="who works there and moves there"),
        pytest.param(in_rippling(), True, id="another system tells of the same person"),
        pytest.param(there(first=dt.date(2026, 5, 1)), False, id="who left and came back"),
        pytest.param(there("E-2"), False, id="somebody else"),
        pytest.param(there(state="CA"), False, id="the same person in another state"),
    ],
)
def test_whom_a_warning_told_of_stays_told(later: StaffPlace, *, joins: bool) -> None:
    told = there(last=dt.date(2025, 12, 31), warning_id=5)
    found = new_states([told, later], (), TAXING, TODAY)
    assert dict(found.joining) == ({5: (later.id,)} if joins else {})
    assert bool(found.arrivals) is not joins


def test_the_next_day_after_an_end_is_no_break() -> None:
    told = there(last=dt.date(2025, 12, 31), warning_id=5)
    goes_on = there(first=dt.date(2026, 1, 1))
    assert new_states([told, goes_on], (), TAXING, TODAY).joining == {5: (goes_on.id,)}
    open_end = there(warning_id=5)
    assert new_states([open_end, goes_on], (), TAXING, TODAY).joining == {5: (goes_on.id,)}
