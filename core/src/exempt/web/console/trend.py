"""Figures over months as a drawing of columns; the server works out where each stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 600, 170
_TOP, _BOTTOM = 22, 24
_GAP = 0.3


class Bar(NamedTuple):
    """A column; lengths are of the drawing's units."""

    x: float
    y: float
    width: float
    height: float
    day: dt.date
    number: int

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return round(self.x + self.width / 2, 1)


class Chart(NamedTuple):
    """All columns.

    Attributes:
        change: By how much the last is more than the first; negative where it is less.
    """

    bars: Sequence[Bar]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def change(self) -> int:
        """By how many the last is more than the first."""
        return self.bars[-1].number - self.bars[0].number if self.bars else 0


def chart_of(numbers: Sequence[tuple[dt.date, int]]) -> Chart:
    """The columns of figures by day, the earliest at the left; the highest fills the drawing."""
    most = max((number for _, number in numbers), default=0)
    step = WIDTH / max(1, len(numbers))
    room = HEIGHT - _TOP - _BOTTOM
    bars = []
    for at, (day, number) in enumerate(numbers):
        high = round(room * number / most, 1) if most else 0
        left = round(at * step + step * _GAP / 2, 1)
        width = round(step * (1 - _GAP), 1)
        bars.append(Bar(left, round(_TOP + room - high, 1), width, high, day, number))
    return Chart(bars)
