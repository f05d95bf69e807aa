"""Where employees were, as their source tells only where they are."""

from __future__ import annotations

import datetime as dt
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.people import Left, Place, PlaceKind
from exempt.model.sources import Employee
from exempt.rules.staff_moves import deleted, follow, named_places, restate
from support.records import address

HIRED = dt.date(2024, 3, 1)
SEEN = dt.date(2026, 1, 5)
LATER = dt.date(2026, 6, 15)
DAY = dt.timedelta(days=1)
WORK, HOME = PlaceKind.WORK, PlaceKind.HOME


def person(work: str | None = "TX", home: str | None = None, **changes: object) -> Employee:
    fields: dict[str, object] = {
        "external_id": "E-1",
        "work_location": address(work) if work else None,
        "home_location": address(home) if home else None,
        "start_date": HIRED,
    }
    return Employee.model_validate({**fields, **changes})


def told(*records: tuple[Employee | None, dt.date]) -> list[Place]:
    """The places after a source has given these records, one after another; None = deleted."""
    places: dict[int, Place] = {}
    keys = count(1)
    for record, on in records:
        if record is None:
            places.update(deleted(places, on))
            continue
        after = follow(places, record, on)
        places.update(after.changed)
        places.update(zip(keys, after.new, strict=False))
    return list(places.values())


def days(*records: tuple[Employee | None, dt.date]) -> list[str]:
    """The same in short: ``TX work 2024-03-01 …``; what never was is left out."""
    return [
        f"{p.jurisdiction[3:]} {p.kind} {p.from_day or '?'} {p.through_day or '…'}"
        for p in told(*records)
        if p.real
    ]


@pytest.mark.parametrize(
    ("records", "there"),
    [
        pytest.param([(person(), SEEN)], ["TX work 2024-03-01 …"], id="there since the hire"),
        pytest.param(
            [(person("TX", "OK"), SEEN)],
            ["TX work 2024-03-01 …", "OK home 2024-03-01 …"],
            id="working in one state and living in another is being in both (G10)",
        ),
        pytest.param(
            [(person(start_date=None), SEEN)],
            ["TX work ? …"],
            id="without a day of the hire nobody knows since when",
        ),
        pytest.param(
            [(person(end_date=dt.date(2025, 5, 31)), SEEN)],
            ["TX work 2024-03-01 2025-05-31"],
            id="who has left was there until the last day (B18)",
        ),
        pytest.param(
            [(person(end_date=dt.date(2023, 12, 31)), SEEN)],
            ["TX work 2024-03-01 …"],
            id="an end before the hire is of an earlier hire",
        ),
        pytest.param(
            [(person(), SEEN), (person("CA"), LATER)],
            ["TX work 2024-03-01 2026-06-14", "CA work 2026-06-15 …"],
            id="after a move the old state ended the day before the new one was seen",
        ),
        pytest.param(
            [
                (person(), SEEN),
                (person("CA", updated_at=dt.datetime(2026, 6, 2, tzinfo=dt.UTC)), LATER),
            ],
            ["TX work 2024-03-01 2026-06-01", "CA work 2026-06-02 …"],
            id="nobody moves later than the source changed the record",
        ),
        pytest.param(
            [
                (person(), SEEN),
                (person("CA", updated_at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC)), LATER),
            ],
            ["TX work 2024-03-01 2026-06-14", "CA work 2026-06-15 …"],
            id="nor later than we saw it, by a clock that is wrong",
        ),
        pytest.param(
            [(person(), SEEN), (person("CA"), SEEN)],
            ["CA work 2024-03-01 …"],
            id="what is put right on the day it was first seen never was",
        ),
        pytest.param(
            [(person(), SEEN), (person("TX", "OK"), LATER)],
            ["TX work 2024-03-01 …", "OK home 2024-03-01 …"],
            id="a home that was not told before is theirs since the hire",
        ),
        pytest.param(
            [(person("TX", "OK"), SEEN), (person("TX"), LATER)],
            ["TX work 2024-03-01 …", "OK home 2024-03-01 2026-06-14"],
            id="a home that is told no more has ended, by all that is known",
        ),
        pytest.param(
            [(person(), SEEN), (person(start_date=dt.date(2024, 2, 1)), LATER)],
            ["TX work 2024-02-01 …"],
            id="the day of the hire is corrected",
        ),
        pytest.param(
            [(person(), SEEN), (person(start_date=None), LATER)],
            ["TX work 2024-03-01 …"],
            id="a day that the source has lost stays known",
        ),
        pytest.param(
            [
                (person(), SEEN),
                (person("CA"), LATER),
                (person("CA", start_date=dt.date(2024, 4, 1)), LATER),
            ],
            ["TX work 2024-03-01 2026-06-14", "CA work 2026-06-15 …"],
            id="a corrected hire changes no place that a move began",
        ),
        pytest.param(
            [
                (person(end_date=dt.date(2025, 5, 31)), SEEN),
                (person(start_date=dt.date(2026, 6, 1)), LATER),
            ],
            ["TX work 2024-03-01 2025-05-31", "TX work 2026-06-01 …"],
            id="hired again: a second time in the same state",
        ),
        pytest.param(
            [
                (person(end_date=dt.date(2025, 5, 31)), SEEN),
                (person("CA", start_date=dt.date(2026, 6, 1)), LATER),
            ],
            ["TX work 2024-03-01 2025-05-31", "CA work 2026-06-01 …"],
            id="hired again elsewhere: there since the second hire",
        ),
        pytest.param(
            [(person(), SEEN), (person(start_date=dt.date(2026, 6, 1)), LATER)],
            ["TX work 2024-03-01 2026-05-31", "TX work 2026-06-01 …"],
            id="hired again without an end ever told: it ended before",
        ),
        pytest.param(
            [(person(), SEEN), (person(start_date=dt.date(2026, 9, 1)), LATER)],
            ["TX work 2024-03-01 2026-06-14", "TX work 2026-09-01 …"],
            id="to be hired again: it ended before we saw that",
        ),
        pytest.param(
            [
                (person(start_date=dt.date(2026, 7, 1)), SEEN),
                (person(start_date=dt.date(2026, 8, 1)), LATER),
            ],
            ["TX work 2026-08-01 …"],
            id="a hire that is put off was no hire before",
        ),
        pytest.param(
            [
                (person(start_date=dt.date(2026, 7, 1)), SEEN),
                (person("CA", start_date=dt.date(2026, 7, 1)), LATER),
            ],
            ["CA work 2026-07-01 …"],
            id="a place that changes before the first day never was",
        ),
        pytest.param(
            [
                (person(end_date=dt.date(2026, 5, 31)), SEEN),
                (person("CA", end_date=dt.date(2026, 5, 31)), LATER),
            ],
            ["TX work 2024-03-01 2026-05-31"],
            id="where somebody goes after they left is nothing to us",
        ),
        pytest.param(
            [(person(), SEEN), (person("CA", end_date=dt.date(2026, 5, 31)), LATER)],
            ["TX work 2024-03-01 2026-05-31"],
            id="left, and moved after that",
        ),
        pytest.param(
            [(person(end_date=dt.date(2026, 12, 31)), SEEN), (person("CA"), LATER)],
            ["TX work 2024-03-01 2026-06-14", "CA work 2026-06-15 …"],
            id="moved before an end that was planned",
        ),
        pytest.param(
            [(person(), SEEN), (None, LATER)],
            ["TX work 2024-03-01 2026-06-14"],
            id="deleted in the source: there until the day before that was seen",
        ),
        pytest.param(
            [(person(end_date=dt.date(2025, 5, 31)), SEEN), (None, LATER)],
            ["TX work 2024-03-01 2025-05-31"],
            id="deleted after they had left",
        ),
        pytest.param(
            [(person(), SEEN), (None, LATER), (person(), LATER + DAY)],
            ["TX work 2024-03-01 …"],
            id="back in the source as before: they never were away",
        ),
        pytest.param(
            [(person(), SEEN), (None, LATER), (person("CA"), LATER + 5 * DAY)],
            ["TX work 2024-03-01 2026-06-14", "CA work 2026-06-20 …"],
            id="back in the source elsewhere",
        ),
        pytest.param(
            [
                (person(), SEEN),
                (None, LATER),
                (person(start_date=LATER + 5 * DAY), LATER + 5 * DAY),
                (person(start_date=LATER + 5 * DAY), LATER + 9 * DAY),
            ],
            ["TX work 2024-03-01 2026-06-14", "TX work 2026-06-20 …"],
            id="back in the source by another hire: what was before stays as it was",
        ),
        pytest.param(
            [(person(), SEEN), (person("CA"), LATER), (person("TX"), LATER + 30 * DAY)],
            [
                "TX work 2024-03-01 2026-06-14",
                "CA work 2026-06-15 2026-07-14",
                "TX work 2026-07-15 …",
            ],
            id="moved, and back again",
        ),
        pytest.param(
            [(person(start_date=None), SEEN), (person("CA", start_date=None), LATER)],
            ["TX work ? 2026-06-14", "CA work 2026-06-15 …"],
            id="a move of somebody whose hire is not known",
        ),
    ],
)
def test_places(records: list[tuple[Employee | None, dt.date]], there: list[str]) -> None:
    assert days(*records) == there


def test_a_place_is_named_by_its_state_alone() -> None:
    assert named_places(person("TX", "CA")) == [("US-TX", WORK), ("US-CA", HOME)]
    assert named_places(person(None, None)) == []
    assert named_places(Employee(external_id="E-1", work_location=address(None))) == []


@pytest.mark.parametrize(
    ("end_date", "there"),
    [
        pytest.param(
            None, ["TX work 2024-03-01 2026-03-01", "TX work 2026-03-02 …"], id="hired again"
        ),
        pytest.param(
            dt.date(2026, 8, 31), ["TX work 2026-03-02 2026-08-31"], id="the same time, corrected"
        ),
    ],
)
def test_a_hire_before_the_end_that_was_told(end_date: dt.date | None, there: list[str]) -> None:
    ends = person(end_date=dt.date(2026, 6, 30)), SEEN
    anew = person(start_date=dt.date(2026, 3, 2), end_date=end_date)
    assert days(ends, (anew, LATER)) == there
    assert days(ends, (anew, LATER), (anew, LATER + DAY)) == there


records = st.builds(
    person,
    st.sampled_from(["TX", "CA", None]),
    st.sampled_from(["TX", "OK", None]),
    start_date=st.sampled_from([None, HIRED, SEEN, LATER, LATER + 40 * DAY]),
    end_date=st.sampled_from([None, None, dt.date(2025, 5, 31), LATER + 5 * DAY]),
)


@given(st.lists(st.one_of(st.none(), records), min_size=1, max_size=6))
def test_a_source_that_says_the_same_again_changes_nothing(told_: list[Employee | None]) -> None:
    history = [(record, SEEN + n * 20 * DAY) for n, record in enumerate(told_)]
    last, on = history[-1]
    assert told(*history, (last, on + DAY)) == told(*history)


@given(st.lists(records, min_size=2, max_size=5))
def test_a_state_of_the_past_never_vanishes(told_: list[Employee]) -> None:
    """Who was there on a day of ours was there, whatever the source says weeks later."""
    history = [(record, SEEN + n * 20 * DAY) for n, record in enumerate(told_)]
    on = history[-2][1]
    before = [p for p in told(*history[:-1]) if p.on(on) and p.left is Left.NO and p.seen_day < on]
    after = told(*history)
    for place in before:
        mine = [p for p in after if p[:2] == place[:2]]
        record = told_[-1]
        ended_before = record.end_date is not None and record.end_date < on
        put_off = record.start_date is not None and record.start_date > on
        assert ended_before or put_off or any(p.on(on) for p in mine)


# --- as a person states them -------------------------------------------------------------


def stated(
    state: str, first: dt.date, last: dt.date | None = None, kind: PlaceKind = WORK
) -> Place:
    return Place(f"US-{state}", kind, first, last, by_start=True, seen_day=LATER)


def restated(before: list[Place], now: list[Place]) -> list[str]:
    known = dict(enumerate(before))
    after = restate(known, now)
    places = [*{**known, **after.changed}.values(), *after.new]
    return [f"{p.jurisdiction[3:]} {p.from_day} {p.through_day or '…'}" for p in places if p.real]


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        pytest.param([], [stated("TX", HIRED)], ["TX 2024-03-01 …"], id="new"),
        pytest.param(
            [stated("TX", HIRED)], [stated("TX", HIRED)], ["TX 2024-03-01 …"], id="once more"
        ),
        pytest.param(
            [stated("TX", HIRED)],
            [stated("TX", HIRED, SEEN), stated("CA", SEEN + DAY)],
            ["TX 2024-03-01 2026-01-05", "CA 2026-01-06 …"],
            id="it has ended, and another began",
        ),
        pytest.param(
            [stated("TX", HIRED)],
            [stated("CA", SEEN)],
            ["TX 2024-03-01 2026-01-04", "CA 2026-01-05 …"],
            id="only the later one is stated: the earlier one ended before it",
        ),
        pytest.param(
            [stated("TX", HIRED, dt.date(2025, 1, 1))],
            [stated("CA", SEEN)],
            ["TX 2024-03-01 2025-01-01", "CA 2026-01-05 …"],
            id="it had ended long before",
        ),
        pytest.param(
            [stated("TX", HIRED)],
            [stated("CA", HIRED)],
            ["CA 2024-03-01 …"],
            id="another state since the same day: it was wrong",
        ),
    ],
)
def test_restating(before: list[Place], now: list[Place], after: list[str]) -> None:
    assert restated(before, now) == after


def test_what_was_corrected_once_is_left_alone() -> None:
    wrong = stated("TX", HIRED)._replace(left=Left.CORRECTED)
    assert restate({1: wrong}, [stated("CA", HIRED)]).changed == {}
