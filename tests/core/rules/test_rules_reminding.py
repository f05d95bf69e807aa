"""Which mail of a series is due, and what comes to an end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import CertificateKind, Coverage, ReviewStatus
from exempt.rules.reminding import LATE, Series, after_request, before_end, endings
from support.records import DAY, TODAY, YEAR, coverage

END = TODAY + 100 * DAY
DAYS = (30, 7, 0)


def before(days: int) -> dt.date:
    """So many days before the end."""
    return END - days * DAY


# --- the days of a series ------------------------------------------------------------------


@pytest.mark.parametrize("days", [(30, 7, 0), (0, 7, 30), (7, 30, 0, 7)])
def test_notices_go_out_before_the_end_in_whatever_order_the_days_are_named(
    days: tuple[int, ...],
) -> None:
    assert before_end(END, days) == Series((before(30), before(7), END), END + LATE)


def test_reminders_go_out_after_the_first_mail() -> None:
    assert after_request(TODAY, (21, 7)) == Series(
        (TODAY + 7 * DAY, TODAY + 21 * DAY), TODAY + 21 * DAY + LATE
    )


@pytest.mark.parametrize("series", [before_end(TODAY, ()), after_request(TODAY, ())])
def test_without_days_nothing_is_ever_due(series: Series) -> None:
    assert series == Series((), TODAY + LATE)
    assert series.due((), TODAY) is None


@pytest.mark.parametrize(
    ("on", "went_out", "due"),
    [
        pytest.param(before(31), (), None, id="the day before the first is too early"),
        pytest.param(before(30), (), 1, id="on its day the first is due"),
        pytest.param(before(29), (), 1, id="and a day late, if nothing ran"),
        pytest.param(before(8), (), 1, id="until the day before the next"),
        pytest.param(before(7), (), 2, id="of two that were missed just the later one"),
        pytest.param(END, (), 3, id="of three the last"),
        pytest.param(END + LATE, (), 3, id="which is two weeks late at most"),
        pytest.param(END + LATE + DAY, (), None, id="after that nothing is"),
        pytest.param(before(30), [before(30)], None, id="the same day twice sends one"),
        pytest.param(before(20), [before(30)], None, id="what went out is not due again"),
        pytest.param(before(20), [before(25)], None, id="nor if it was late"),
        pytest.param(before(7), [before(30)], 2, id="the next one is due on its own day"),
        pytest.param(before(7), [before(8)], 2, id="even if the one before was that late"),
        pytest.param(END, [before(30), before(7)], 3, id="and so is the last"),
        pytest.param(END, [before(7), before(30), END], None, id="once, in whatever order"),
        pytest.param(before(7), [END], None, id="a clock that was put back sends nothing anew"),
    ],
)
def test_which_is_due(on: dt.date, went_out: Any, due: int | None) -> None:
    assert before_end(END, DAYS).due(went_out, on) == due


@given(
    planned=st.lists(st.integers(0, 60), min_size=1, max_size=5),
    running=st.sets(st.integers(-40, 90)),
)
def test_whenever_it_runs_each_mail_goes_out_at_most_once_and_none_that_another_one_overtook(
    planned: list[int], running: set[int]
) -> None:
    series = before_end(END, planned)
    went_out: list[dt.date] = []
    numbers: list[int] = []
    for day in sorted(running):
        on = before(60) + day * DAY
        if number := series.due(went_out, on):
            went_out.append(on)
            numbers.append(number)
            assert series.days[number - 1] <= on
            assert all(on < later for later in series.days[number:])
    assert numbers == sorted(set(numbers))
    stages = zip(series.days, (*series.days[1:], series.until + DAY), strict=True)
    ran = [before(60) + day * DAY for day in running]
    missed = [n for n, (a, b) in enumerate(stages, 1) if not any(a <= day < b for day in ran)]
    assert numbers == [n for n in range(1, len(series.days) + 1) if n not in missed]


# --- what ends -----------------------------------------------------------------------------


def of(number: int, **changes: Any) -> Coverage:
    """An accepted certificate that ends, unless it is said otherwise."""
    return coverage(number, **{"expiration_date": END, **changes})


@pytest.mark.parametrize(
    ("held", "found"),
    [
        pytest.param([], [], id="nothing is held"),
        pytest.param([of(1)], [1], id="what has an end, ends"),
        pytest.param([of(1, expiration_date=None)], [], id="what has none does not"),
        pytest.param([of(1, expiration_date=TODAY)], [1], id="today is still in force"),
        pytest.param([of(1, expiration_date=TODAY - DAY)], [1], id="what is over ended"),
        pytest.param([of(1), of(2, expiration_date=END + DAY)], [2],
                     id="of two the one that outlives the other"),
        pytest.param([of(2, expiration_date=END + DAY), of(1)], [2], id="in whatever order"),
        pytest.param([of(1), of(2, expiration_date=None)], [], id="one without end outlives all"),
        pytest.param([of(2), of(1)], [1], id="of two that end together the lower id"),
        pytest.param([of(1, jurisdiction="US-WA"), of(2, jurisdiction="US-CA")], [2, 1],
                     id="each state by itself, in order"),
        pytest.param([of(1), of(2, effective_date=END, expiration_date=END + YEAR)], [],
                     id="one that begins later outlives it, and does not end yet"),
        pytest.param([of(1, effective_date=TODAY)], [1], id="one that began today"),
        pytest.param([of(1, effective_date=TODAY + DAY)], [], id="one that begins tomorrow"),
    ],
)  # fmt: skip
def test_what_ends(held: list[Coverage], found: list[int]) -> None:
    assert [each.certificate_id for each in endings(held, TODAY)] == found


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"review_status": ReviewStatus.PENDING}, id="nobody looked at"),
        pytest.param({"review_status": ReviewStatus.REJECTED}, id="was rejected"),
        pytest.param({"archived_date": TODAY}, id="is in the archive since today"),
        pytest.param({"kind": CertificateKind.SINGLE_USE}, id="serves for one sale"),
        pytest.param({"order_numbers": ("PO-7",)}, id="is bound to orders"),
        pytest.param({"apply_tax": True}, id="taxes the order all the same"),
        pytest.param({"jurisdiction": "US-OR"}, id="is of a state without sales tax"),
        pytest.param({"held_through": TODAY - DAY}, id="lapsed for want of sales"),
    ],
)
def test_nobody_is_told_of_the_end_of_what(changes: dict[str, Any]) -> None:
    place = {"jurisdiction": changes.get("jurisdiction", "US-TX")}
    assert endings([of(1, **changes)], TODAY) == []
    longer = of(2, **{**changes, "expiration_date": None})
    assert endings([of(1, **place), longer], TODAY) == (
        [] if place["jurisdiction"] == "US-OR" else [of(1)]
    ), "nor does it outlive anything"


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        pytest.param({"archived_date": TODAY + DAY}, True, id="goes to the archive tomorrow"),
        pytest.param({"held_through": TODAY}, True, id="holds by its sales until today"),
        pytest.param({"held_through": TODAY - 2 * DAY, "expiration_date": TODAY - 2 * DAY}, True,
                     id="held by its sales until its end"),
        pytest.param({"held_through": TODAY - 3 * DAY, "expiration_date": TODAY - 2 * DAY}, False,
                     id="lapsed before its end"),
        pytest.param({"held_through": TODAY, "expiration_date": None}, False,
                     id="ends for want of sales alone"),
    ],
)  # fmt: skip
def test_what_ends_of_one_that(changes: dict[str, Any], ends: bool) -> None:
    assert bool(endings([of(1, **changes)], TODAY)) is ends
