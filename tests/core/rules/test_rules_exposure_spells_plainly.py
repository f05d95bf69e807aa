"""The times in which a threshold was met, against a reference that looks at every single day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from exempt.model.nexus import Base, Bucket, Spell, Threshold
from exempt.rules.collecting import collect_from
from exempt.rules.exposure import sums
from exempt.rules.reaching import Line, counted
from exempt.rules.spells import spells
from exempt.rules.thresholds import shipped_thresholds, version_on
from exempt.rules.windows import Window, windows
from support.threshold_records import sold, threshold

SHIPPED = shipped_thresholds()
DAY = dt.timedelta(days=1)


def plainly(
    versions: Sequence[Threshold], buckets: Iterable[Bucket], through: dt.date, begins: int
) -> tuple[Spell, ...]:
    """The same, day by day."""
    known = [each for each in buckets if each.first <= through]
    found: list[Spell] = []
    on = max(versions[0].in_force_from, min((b.first for b in known), default=through))
    until = None
    while on <= through:
        here = _on(versions, known, on, begins)
        if here and until != on - DAY:
            found.append(min(here))
        if here:
            until = on
        elif until == on - DAY and found:
            found[-1] = found[-1]._replace(ended_on=on)
        on += DAY
    if until == through:
        return tuple(found)
    today = version_on(versions, through)
    ahead = windows(today, through, fiscal_year_begins=begins) if today else ()
    days = sorted({each.counts_from for each in ahead if each.counts_from > through})
    coming = [min(here) for later in days if (here := _on(versions, known, later, begins))]
    return tuple(found + coming[:1])


def _on(
    versions: Sequence[Threshold], buckets: Sequence[Bucket], on: dt.date, begins: int
) -> list[Spell]:
    version = version_on(versions, on)
    if version is None:
        return []
    return [
        Spell(crossed, on, None, collect_from(version.collect_from, crossed, on),
              version.version, window.name, window.first)
        for window in windows(version, on, fiscal_year_begins=begins)
        if window.counts_from <= on and (crossed := _crossed(version, buckets, window, on))
    ]  # fmt: skip


def _crossed(
    version: Threshold, buckets: Sequence[Bucket], window: Window, on: dt.date
) -> dt.date | None:
    """The day since which the line is reached, if it is on the day *on*."""
    line, last, found = Line.of(version), min(on, window.last), None
    for last_day in sorted({b.first for b in buckets if window.first <= b.first <= last}):
        totals = sums(version, buckets, window.first, last_day)
        reached = line.reached(*counted(version.base or Base.GROSS, totals))
        found = (found or last_day) if reached else None
    return found


LAWS = {
    "this or last year": threshold(),
    "last year": threshold(window="previous_calendar_year"),
    "any 12 months": threshold(window="rolling_12_months"),
    "at quarter ends": threshold(window="rolling_12_months", tested="quarter_ends"),
    "whole months": threshold(window="rolling_12_calendar_months"),
    "New York": threshold(
        window="rolling_four_quarters", tested="quarter_ends", quarter_first_month=3,
        transactions=4, test="both",
    ),
    "to 30 September": threshold(window="twelve_months_to_sep_30", transactions=4, test="either"),
    "the seller's year": threshold(window="seller_fiscal_year", marketplace_sales=False),
}  # fmt: skip
CHANGED = dt.date(2020, 8, 17)


@st.composite
def laws(draw: st.DrawFn) -> list[Threshold]:
    """One version, or two that follow on one another."""
    old, new = draw(st.sampled_from([*LAWS.values()])), draw(st.sampled_from([*LAWS.values()]))
    if draw(st.booleans()):
        return [old]
    lower = {"amount": draw(st.sampled_from([old.amount, 60_000]))}
    return [
        old.model_copy(update={"in_force_through": CHANGED - DAY}),
        new.model_copy(update={"in_force_from": CHANGED, **lower}),
    ]


some_sales = st.lists(
    st.tuples(
        st.integers(-500, 1000),
        st.sampled_from([20_000, 50_000, 50_001, 100_000, 100_001, -30_000, -60_000]),
        st.booleans(),
    ),
    max_size=12,
)


@given(laws(), some_sales, st.integers(0, 1100), st.integers(1, 12))
def test_the_quick_way_finds_what_the_plain_way_finds(
    versions: list[Threshold], sales: list[tuple[int, int, bool]], through: int, begins: int
) -> None:
    start = dt.date(2019, 1, 1)
    buckets = [sold(start + at * DAY, dollars, marketplace=market) for at, dollars, market in sales]
    last = start + through * DAY
    found = spells(versions, buckets, last, fiscal_year_begins=begins)
    assert found == plainly(versions, buckets, last, begins)
    assert found == spells(versions, buckets[::-1], last, fiscal_year_begins=begins)


@given(st.sampled_from(SHIPPED.jurisdictions), some_sales, st.integers(0, 2000))
def test_times_never_overlap_and_only_the_last_is_open(
    code: str, sales: list[tuple[int, int, bool]], through: int
) -> None:
    start = dt.date(2021, 1, 1)
    buckets = [sold(start + at * DAY, dollars * 5, 90, marketplace=m) for at, dollars, m in sales]
    found = spells(SHIPPED.versions(code), buckets, start + through * DAY)
    for spell in found:
        assert spell.first <= spell.crossed_on <= spell.met_on <= spell.collect_from
        assert spell.ended_on is None or spell.met_on < spell.ended_on
    for before, spell in pairwise(found):
        assert before.ended_on is not None
        assert before.ended_on < spell.met_on
