"""A forecast as a picture: how full the window is at each month's end, and when it meets the line.

Everything is measured in percent of the line, so that the line is at 100 whatever it is.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from exempt.rules.amounts import dollars
from exempt.rules.forecast import Forecast, Month

WIDTH, HEIGHT = 760, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 26, 32
PAST, AHEAD = 12, 13
_MOST = 400
_STEPS = (25, 50, 100, 200)


class Bar(NamedTuple):
    """A month: where it stands, how high what was sold is, and what is expected above it.

    Attributes:
        name: ``Mar``; ``title`` says all of it.
        year: Under the first month of a year; else empty.
    """

    x: float
    width: float
    sold_y: float
    sold_height: float
    expected_y: float
    expected_height: float
    name: str
    year: str
    title: str


class Chart(NamedTuple):
    """The picture.

    Attributes:
        grid: Heights of thin lines, with what they stand for.
        line_y: Where the line of the law is.
        today_x: Where the past ends.
        likely: Where the line is likely to be met; None = nowhere in the picture.
        span: From where to where eight of ten ways meet it.
        cut: Whether bars go on above the picture.
    """

    bars: tuple[Bar, ...]
    grid: tuple[tuple[float, str], ...]
    line_y: float
    today_x: float
    likely: float | None
    span: tuple[float, float] | None
    cut: bool

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def chart_of(found: Forecast) -> Chart | None:
    """The picture of a forecast; None where no sales are known."""
    months = shown(found)
    if not months:
        return None
    highest = max(float(each.percent) for each in months)
    most = min(max(highest, 115.0), _MOST)
    across = (WIDTH - LEFT - RIGHT) / len(months)
    step = next((each for each in _STEPS if most / each <= 5), _STEPS[-1])
    return Chart(
        bars=tuple(_bar(each, at, across, most) for at, each in enumerate(months)),
        grid=tuple((_y(at, most), f"{at}%") for at in range(0, int(most) + 1, step)),
        line_y=_y(100, most),
        today_x=_x(found.on, months, across),
        likely=_x(found.day, months, across) if _within(found.day, months) else None,
        span=_span(found, months, across),
        cut=highest > most,
    )


def shown(found: Forecast) -> list[Month]:
    """The months around the day of the forecast."""
    this_month = found.on.replace(day=1)
    past = [each for each in found.months if each.first < this_month][-PAST:]
    return past + [each for each in found.months if each.first >= this_month][:AHEAD]


def _y(percent: float, most: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(percent, most) / most, 1)


def _x(day: dt.date | None, months: Sequence[Month], across: float) -> float:
    if day is None:
        return 0
    first = months[0].first
    at = (day.year - first.year) * 12 + day.month - first.month
    part = (day.day - 1) / calendar.monthrange(day.year, day.month)[1]
    return round(min(LEFT + (at + part) * across, WIDTH - RIGHT), 1)


def _within(day: dt.date | None, months: Sequence[Month]) -> bool:
    last = months[-1].first
    return day is not None and (day.year, day.month) <= (last.year, last.month)


def _span(found: Forecast, months: Sequence[Month], across: float) -> tuple[float, float] | None:
    if found.earliest is None or not _within(found.earliest, months):
        return None
    end = _x(found.latest, months, across) if found.latest else float(WIDTH - RIGHT)
    return _x(found.earliest, months, across), end


def _bar(month: Month, at: int, across: float, most: float) -> Bar:
    percent = max(0.0, float(month.percent))
    part = min(1.0, max(0.0, month.window_known / month.window)) if month.window > 0 else 0.0
    top, middle, bottom = _y(percent, most), _y(percent * part, most), HEIGHT - BOTTOM
    first = month.first
    when = f"{calendar.month_name[first.month]} {first.year}"
    return Bar(
        x=round(LEFT + at * across + across * 0.12, 1),
        width=round(across * 0.76, 1),
        sold_y=middle,
        sold_height=round(bottom - middle, 1),
        expected_y=top,
        expected_height=round(middle - top, 1),
        name=calendar.month_abbr[first.month],
        year=str(first.year) if at == 0 or first.month == 1 else "",
        title=f"{when}: {dollars(month.window)}, {percent:.0f}% of the threshold",
    )
