"""Forecasts of nexus made on days of a made-up past, held against what came after.

``uv run python bench/forecast.py [NUMBER]``: so many series of each shape, 6 unless told
otherwise. Each is forecast on a dozen days, for lines that are a matter of chance, where the
threshold is not met already. At the end: how long a seller's states take.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from exempt.model.nexus import Threshold
from exempt.rules.forecast import forecast
from exempt.rules.thresholds import shipped_thresholds
from support.back_testing import Case, cases, lines, score
from support.synthetic_sales import SHAPES, flat, sales
from support.threshold_records import threshold

YOUNG = (120, 200, 280, 420, 600)
OLD = (750, 840, 930, 1020, 1110, 1200, 1330, 1455)
SHARES = (0.7, 0.85, 1.0, 1.15)


def table(laws: dict[str, Threshold], numbers: range) -> None:
    """Print how good forecasts were, by law, shape and length of the history."""
    print(
        f"{'window':<20}{'sales':<16}{'history':<12}{'cases':>6}{'in range':>10}"
        f"{'days off':>10}{'straight line':>15}"
    )
    every: list[Case] = []
    for name, law in laws.items():
        for shape in SHAPES:
            for history, days in (("< 2 years", YOUNG), ("2-4 years", OLD)):
                found = [
                    case
                    for each in lines(shape, law, SHARES)
                    for case in cases(shape, each, numbers, days, beside=True)
                ]
                every += found
                if found:
                    _row(name, shape.__name__, history, found)
    _row("all", "", "", every)


def _row(name: str, shape: str, history: str, found: list[Case]) -> None:
    of = score(found)
    print(
        f"{name:<20}{shape:<16}{history:<12}{of.cases:>6}{of.covered:>10.0%}"
        f"{_days(of.off):>10}{_days(of.straight_off):>15}"
    )


def _days(off: float) -> str:
    return "wrong" if off >= 730 else f"{off:.0f}"


def speed() -> None:
    """Print how long all states take, each with three years of sales on every day."""
    sold = sales(flat, 1)[: 3 * 365]
    on, laws = sold[-1].first, shipped_thresholds()
    quiet = [each._replace(totals=each.totals._replace(taxable_count=0)) for each in sold]
    began = time.perf_counter()
    for code in laws.jurisdictions:
        versions = tuple(
            each.model_copy(update={"in_force_from": dt.date(2018, 1, 1)})
            for each in laws.versions(code)[-1:]
        )
        forecast(versions, quiet, on)
    took = time.perf_counter() - began
    print(f"\n{len(laws.jurisdictions)} jurisdictions, three years of days each: {took:.2f} s")


def main() -> None:
    numbers = range(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
    laws = {
        "calendar year": threshold(),
        "12 months": threshold(window="rolling_12_months"),
        "quarter ends": threshold(window="rolling_12_months", tested="quarter_ends"),
        "last year": threshold(window="previous_calendar_year"),
    }
    table(laws, numbers)
    speed()


if __name__ == "__main__":
    main()
