"""Choosing certificates for a million orders: Exempt in SQL, beside a dict and polars in memory.

``uv run --group bench python bench/decide.py``; README.md beside this file says
what is measured, and how.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import decide_books
from databases import opened
from decide_ours import SEARCHES, Ours
from decide_peers import Answer, Polars, by_dict
from measure import Clock, Series, Time

BASE = "dict and bisect"
RATE = 300_000
"""Orders a second that Exempt shall decide at least."""
SEARCHED = 0.2
"""Seconds that a search shall take at most."""

Choose = Callable[[], tuple[Time, Answer]]


def main() -> None:
    """Measure, and print."""
    options = _options()
    books = decide_books.make(options.orders, options.certificates)
    fits = books.fits()
    answer = by_dict(fits, books.sold)
    with tempfile.TemporaryDirectory(prefix="exempt-bench-") as name, contextlib.ExitStack() as end:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL has a user of its own
        versions, ours = [], []
        for kind in options.databases:
            databases = end.enter_context(opened(kind, folder))
            _say(f"{databases.kind}: filling its tables")
            ours.append(Ours(databases, books, answer))
            end.callback(ours[-1].close)
            versions.append(databases.version)
        _print_machine(versions)
        frames = Polars(fits, books.sold)
        contenders: dict[str, Choose] = {
            BASE: lambda: _timed(lambda: by_dict(fits, books.sold)),
            "polars": lambda: _timed(frames.choose),
            **{each.title: each.choose for each in ours},
        }
        _print_choices(_take_turns(contenders, answer, options.rounds), len(books.sold))
        for each in ours:
            _print_doubtful(each, options.rounds)
            _print_milliseconds(
                f"one certificate edited, {each.kind}",
                {"orders decided anew, commit": list(each.edits(books, options.edits))},
            )
            _print_searches(each, options.rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["sqlite", "postgresql"]
    parser.add_argument("--orders", type=int, default=1_000_000, help="(%(default)s)")
    parser.add_argument("--certificates", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="medians are of (%(default)s)")
    parser.add_argument("--edits", type=int, default=300, help="certificates (%(default)s)")
    parser.add_argument("--databases", nargs="+", choices=kinds, default=kinds)
    return parser.parse_args()


def _timed(step: Callable[[], Sequence[int | None]]) -> tuple[Time, Answer]:
    clock = Clock()
    found = step()
    took = clock.took()
    return took, list(found)


def _take_turns(
    contenders: Mapping[str, Choose], answer: Answer, rounds: int
) -> Mapping[str, Series]:
    """Every contender once a round, in the other direction every other round."""
    results = {title: Series(len(answer), len(answer)) for title in contenders}
    for number in range(rounds):
        for title in contenders if number % 2 == 0 else reversed(list(contenders)):
            _say(f"round {number + 1}: {title}")
            took, found = contenders[title]()
            if found != answer:
                differ = sum(a != b for a, b in zip(found, answer, strict=True))
                msg = f"{title}: {differ} orders have another certificate than with {BASE}"
                raise SystemExit(msg)
            results[title].times.append(took)
    return results


# --- what was found ----------------------------------------------------------------------


def _print_choices(results: Mapping[str, Series], orders: int) -> None:
    _print_head(f"choose, {orders:,} orders", "wall s", "CPU s", "orders/s", "x wall", "target")
    for title, series in results.items():
        rate = orders / series.median.wall
        cells = [f"{series.median.wall:.3f}", f"{series.median.cpu:.3f}", f"{rate:,.0f}"]
        cells.append(f"{series.ratio(results[BASE]).wall:.2f}")
        if title.startswith("Exempt"):
            cells.append(f"≥{RATE // 1000}k {'met' if rate >= RATE else 'NO'}")
        _print_row(title, *cells)


def _print_doubtful(ours: Ours, rounds: int) -> None:
    whole = [ours.doubtful() for _ in range(rounds)]
    single = [ours.doubtful([number]) for number in range(1, 10 * rounds)]
    if any(count for _, count in (*whole, *single)):
        msg = f"{ours.title}: finds orders doubtful that were decided by what is on file"
        raise SystemExit(msg)
    _print_milliseconds(
        f"closed orders rechecked, {ours.kind}",
        {
            "all of them": [took.wall for took, _ in whole],
            "those of one customer": [took.wall for took, _ in single],
        },
    )


def _print_searches(ours: Ours, rounds: int) -> None:
    _print_head(f"search, {ours.kind}", "found", "median ms", "target")
    for title, filters in SEARCHES.items():
        times, (total, *_) = zip(*(ours.search(filters) for _ in range(rounds)), strict=True)
        median = statistics.median(times)
        verdict = f"≤{SEARCHED * 1000:.0f} {'met' if median <= SEARCHED else 'NO'}"
        _print_row(title, f"{total:,}", f"{median * 1000:.1f}", verdict)


def _print_milliseconds(job: str, times: Mapping[str, Sequence[float]]) -> None:
    _print_head(job, "times", "median ms", "p95 ms")
    for title, each in times.items():
        p95 = sorted(each)[min(len(each) - 1, len(each) * 95 // 100)]
        median = statistics.median(each)
        _print_row(title, f"{len(each)}", f"{median * 1000:.1f}", f"{p95 * 1000:.1f}")


def _print_head(job: str, *columns: str) -> None:
    head = f"{job:34}" + "".join(f"{column:>11}" for column in columns)
    print(f"\n{head}\n{'-' * len(head)}")


def _print_row(title: str, *cells: str) -> None:
    print(f"{title:34}" + "".join(f"{cell:>11}" for cell in cells), flush=True)


def _print_machine(databases: Sequence[str]) -> None:
    load = " ".join(f"{n:.1f}" for n in os.getloadavg())
    libraries = [f"{name} {version(name)}" for name in ("exempt", "sqlalchemy", "polars")]
    print(
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {platform.system()} {platform.machine()},"
        f" {os.cpu_count()} cores, load {load}"
    )
    print(", ".join([f"Python {platform.python_version()}", *libraries, *databases]))


def _say(words: str) -> None:
    print(words, file=sys.stderr)


if __name__ == "__main__":
    main()
