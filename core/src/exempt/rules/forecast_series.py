"""What weekly sales may come to, by the weeks before: a trend, seasons, and past ups and downs.

All of it is worked out of the series itself, with nothing drawn at random, so
that the same sales give the same answer:

- **level and trend**: a straight line through the weeks, of which recent ones
  weigh more. The trend counts as far as it stands out of the ups and downs, and
  fades out.
- **seasons**: where there are two years, how each month of the year stood to the
  trend, as far as the years agree on it.
- **one-offs**: a week far above all others, or one in which far more was given
  back, that did not come again a year later is held to the range of the others; it
  is not expected once more.
- **paths**: how each week stood to what the line says is written down; a path
  into the future has the ups and downs of the past, in their order, from another
  week on. With each path the line is drawn anew through a past that had its ups
  and downs elsewhere: so paths differ by what is not known of level and trend, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import mul
from statistics import fmean, median

PATHS = 50
"""How many there are at most."""

YEAR = 52
LEAST_WEEKS = 8
"""With sales; with fewer nothing is expected."""

_HALF_LIFE = 26
_DAMPED = 0.99
_ONE_OFF = 5
_ROUNDS = 3
_LOWEST = 0.2
_UNSURE, _UNSURE_OF_SEASONS = 1.5, 2.0
_SHORTEST, _LONGEST = 4, 13
_GOLDEN = (1 + 5**0.5) / 2


_BY_CHANCE = 1.2
"""So far what a line with seasons adds up to may be from what was sold."""


@dataclass(frozen=True)
class Trend:
    """A series of weeks, the oldest first, as a line with seasons and ups and downs.

    Attributes:
        mean: What a week comes to, recent ones weighing more; seasons aside.
        slope: By how much more each week, as far as it is believed.
        centre: How many weeks before the last one the mean stands for.
        ups: How each week stood to the line, 1 on average.
        pulls: How much each week's up or down moves the mean, and the slope.
        seasons: What each month of the year is multiplied by, by its number;
            nothing where none are known.
        one_offs: Which of the weeks were held down.
    """

    mean: float
    slope: float
    centre: float
    ups: tuple[float, ...]
    pulls: tuple[tuple[float, ...], tuple[float, ...]]
    seasons: dict[int, float]
    one_offs: tuple[int, ...]

    @classmethod
    def of(cls, weeks: Sequence[float], months: Sequence[int]) -> Trend:
        """That of *weeks*, the oldest first, each in the month of the year that *months* says."""
        held, one_offs = held_down(weeks)
        seasons = seasons_of(held, months)
        even = [each / seasons.get(month, 1.0) for each, month in zip(held, months, strict=True)]
        weights = _weights(len(even))
        ages = range(len(even) - 1, -1, -1)
        centre = sum(map(mul, weights, ages))
        mean = sum(map(mul, weights, even))
        tilts = _tilts(weights, ages, centre)
        slope = sum(map(mul, tilts, even))
        line = _line(mean, slope, centre, len(even))
        believed = _believed(slope, even, line, tilts)
        if believed < 1:
            line = _line(mean, slope * believed, centre, len(even))
        ups = (
            [each / fitted for each, fitted in zip(even, line, strict=True)] if mean > 0 else [0.0]
        )
        usual = fmean(ups)
        by = _scale(weights, held, line, [seasons.get(month, 1.0) for month in months])
        unsure = _UNSURE if seasons else _UNSURE_OF_SEASONS
        lean = unsure * (0.5 + believed / 2)
        return cls(
            mean=mean * by,
            slope=slope * believed * by,
            centre=centre,
            ups=tuple(up / usual for up in ups) if usual > 0 else (0.0,) * len(even),
            pulls=(
                tuple(by * unsure * each for each in map(mul, weights, line)),
                tuple(by * lean * each for each in map(mul, tilts, line)),
            ),
            seasons=seasons,
            one_offs=one_offs,
        )

    def expected(self, factors: Sequence[float]) -> list[float]:
        """What each week to come is expected to be; *factors* are its seasons."""
        return _ahead(self.mean, self.slope, self.centre, factors)

    def paths(self, factors: Sequence[float]) -> Iterator[list[float]]:
        """What they may be, one way after the other; nothing where nothing is sold on balance."""
        means, slopes = self.pulls
        mean_by, slope_by = sum(means), sum(slopes)
        drawn = _draws()
        for _ in range(PATHS):
            before = _blocks(self.ups, len(self.ups), drawn)
            mean = self.mean + sum(map(mul, means, before)) - mean_by
            slope = self.slope + sum(map(mul, slopes, before)) - slope_by
            line = _ahead(mean, slope, self.centre, factors)
            yield list(map(mul, line, _blocks(self.ups, len(line), drawn)))


def _scale(
    weights: Sequence[float], held: Sequence[float], line: Sequence[float], factors: Sequence[float]
) -> float:
    """What makes line times seasons add up to what was sold.

    Where all is sold in a few months of the year, the mean of weeks without
    their seasons is far too low by itself. A difference that may be chance is left.
    """
    fitted = sum(map(mul, weights, map(mul, line, factors)))
    sold = sum(map(mul, weights, held))
    by = sold / fitted if fitted > 0 and sold > 0 else 1.0
    return 1.0 if 1 / _BY_CHANCE < by < _BY_CHANCE else by


def factors_of(seasons: dict[int, float], months: Sequence[int]) -> list[float]:
    """The seasons of weeks, by the month of the year in which each lies."""
    return [seasons.get(month, 1.0) for month in months]


def _ahead(mean: float, slope: float, centre: float, factors: Sequence[float]) -> list[float]:
    """The line, on from the last week, fading out; never below nothing."""
    level, step = mean + slope * centre, slope
    found = []
    for factor in factors:
        step *= _DAMPED
        level += step
        found.append(level * factor if level > 0 else 0.0)
    return found


def _blocks(ups: tuple[float, ...], many: int, drawn: Iterator[float]) -> list[float]:
    """So many of them: stretches of weeks, one after the other, from where *drawn* says."""
    long = max(_SHORTEST, min(_LONGEST, len(ups) // 6))
    circle = ups + ups[:long]
    found: list[float] = []
    while len(found) < many:
        start = int(next(drawn) * len(ups))
        found += circle[start : start + long]
    return found[:many]


def _draws() -> Iterator[float]:
    """Numbers from 0 to 1 that fall as if by chance, and are always the same."""
    at = 0
    while True:
        at += 1
        yield at * at * _GOLDEN % 1


# --- the line ----------------------------------------------------------------------------


def _weights(many: int) -> list[float]:
    """How much each week weighs, together 1: half of it after half a year."""
    raw = [0.5 ** (age / _HALF_LIFE) for age in range(many - 1, -1, -1)]
    whole = sum(raw)
    return [each / whole for each in raw]


def _tilts(weights: Sequence[float], ages: Sequence[int], centre: float) -> list[float]:
    """How much of each week goes into the slope of the line (weighted least squares)."""
    spread = sum(weight * (centre - age) ** 2 for weight, age in zip(weights, ages, strict=True))
    return [weight * (centre - age) / spread for weight, age in zip(weights, ages, strict=True)]


def _line(mean: float, slope: float, centre: float, many: int) -> list[float]:
    """The line over the weeks of the past; never far below the mean."""
    lowest = mean * _LOWEST
    return [max(lowest, mean + slope * (centre - age)) for age in range(many - 1, -1, -1)]


def _believed(
    slope: float, weeks: Sequence[float], line: Sequence[float], tilts: Sequence[float]
) -> float:
    """How much of the slope to believe, from 0 to 1: all, if it is far from chance."""
    off = [(week - fitted) ** 2 for week, fitted in zip(weeks, line, strict=True)]
    error = fmean(off) * sum(each * each for each in tilts)
    return max(0.0, 1 - error / slope**2) if slope else 0.0


# --- seasons, one-offs -------------------------------------------------------------------


def seasons_of(weeks: Sequence[float], months: Sequence[int]) -> dict[int, float]:
    """What each month of the year is beside the trend, as far as its years agree.

    Nothing where there are less than two years.
    """
    if len(weeks) < 2 * YEAR or sum(weeks) <= 0:
        return {}
    stretches = list(_by_month(weeks, months))
    found = dict.fromkeys(range(1, 13), 1.0)
    ratios: dict[int, list[float]] = {}
    for _ in range(_ROUNDS):  # the line is better without the seasons, and they by the line
        line = _straight([mean / found[month] for month, mean in stretches])
        ratios = {month: [] for month in found}
        for (month, mean), fitted in zip(stretches, line, strict=True):
            ratios[month].append(mean / fitted)
        middle = fmean(map(fmean, ratios.values()))
        found = {month: max(_LOWEST, fmean(each) / middle) for month, each in ratios.items()}
    alike = _alike(ratios)
    return {month: 1 + (each - 1) * alike for month, each in found.items()}


def _by_month(weeks: Sequence[float], months: Sequence[int]) -> Iterator[tuple[int, float]]:
    """The months in which the weeks lie, one after the other, and the mean of their weeks."""
    run: list[float] = []
    for number, (week, month) in enumerate(zip(weeks, months, strict=True)):
        run.append(week)
        if number + 1 == len(weeks) or months[number + 1] != month:
            yield month, fmean(run)
            run = []


def _straight(values: Sequence[float]) -> list[float]:
    """The straight line through them; never far below their mean."""
    mean, middle = fmean(values), (len(values) - 1) / 2
    spread = sum((at - middle) ** 2 for at in range(len(values)))
    slope = sum((at - middle) * value for at, value in enumerate(values)) / spread
    return [max(abs(mean) * _LOWEST, mean + slope * (at - middle)) for at in range(len(values))]


def _alike(ratios: dict[int, list[float]]) -> float:
    """How far the years agree, from 0 to 1: how little of what sets months apart is chance."""
    means = {month: fmean(each) for month, each in ratios.items()}
    middle = fmean(means.values())
    between = fmean((each - middle) ** 2 for each in means.values())
    within = fmean(
        sum((one - means[month]) ** 2 for one in each) / max(1, len(each) - 1) / len(each)
        for month, each in ratios.items()
    )
    return max(0.0, 1 - within / between) if between else 0.0


def held_down(weeks: Sequence[float]) -> tuple[list[float], tuple[int, ...]]:
    """The weeks, but for one-offs, which are held to the range of the others; and which they are.

    A week is one if it is five times the usual week with sales, sold or given
    back, such weeks are rare, and a year before or after there was none.
    """
    usual = median([week for week in weeks if week > 0] or [0.0])
    large = {at for at, week in enumerate(weeks) if abs(week) > _ONE_OFF * usual > 0}
    alone = {
        at for at in large if not any(abs(abs(at - other) - YEAR) <= 2 for other in large - {at})
    }
    if not alone or len(alone) > max(1, len(weeks) // YEAR):
        return list(weeks), ()
    others = [week for at, week in enumerate(weeks) if at not in alone]
    least, most = min(others), max(others)
    return [min(most, max(least, week)) for week in weeks], tuple(sorted(alone))
