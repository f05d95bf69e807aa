"""What was measured, as a table of ratios or as JSON."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

from measure import Series

Results = Mapping[tuple[str, str], Series]


class Target(NamedTuple):
    """What a ratio shall be: so many times the base at most, or at least."""

    sign: str
    bound: float

    def verdict(self, ratio: float) -> str:
        """Words for the table."""
        met = ratio <= self.bound if self.sign == "≤" else ratio >= self.bound
        return f"{self.sign}{self.bound:.2g} {'met' if met else 'NO'}"


class Section(NamedTuple):
    """One part of the table: who is compared with whom."""

    job: str
    base: str
    targets: Mapping[str, Target]


def _sections() -> list[Section]:
    sections = []
    for kind in ("SQLite", "PostgreSQL"):
        sections += [
            Section(f"ingest, {kind}, in process", "raw driver", {"Exempt": Target("≤", 4)}),
            Section(
                f"ingest, {kind}, whole process",
                "Exempt",
                {"dlt 1.31.0": Target("≥", 5), "Singer SDK 0.54.9": Target("≥", 8)},
            ),
            Section(f"re-sync, {kind}, in process", "raw driver", {}),
            Section(f"re-sync, {kind}, whole process", "Exempt", {}),
        ]
    return [
        *sections,
        Section("help", "datasette --help", {"exempt --help": Target("≤", 1 / 3)}),
    ]


def as_text(results: Results, versions: Sequence[str], rounds: int) -> str:
    """The table, below the words that tell what it was measured on."""
    lines = [*_machine(versions), f"Medians of {rounds} rounds; ratios are medians of the rounds'."]
    for section in _sections():
        found = {title: s for (job, title), s in results.items() if job == section.job}
        if found:
            lines += ["", *_table(section, found)]
    return "\n".join(lines)


def _table(section: Section, found: Mapping[str, Series]) -> list[str]:
    base = found.get(section.base)
    columns = ("orders", "wall s", "CPU s", "orders/s", "x wall", "x CPU", "target")
    head = f"{section.job:34}" + "".join(f"{column:>11}" for column in columns)
    lines = [head, "-" * len(head)]
    for title, series in found.items():
        median = series.median
        rate = f"{series.rows / median.wall:,.0f}" if series.rows > 1 else ""
        cells = [f"{series.measured:,}" if series.rows > 1 else ""]
        cells += [f"{median.wall:.3f}", f"{median.cpu:.3f}", rate]
        if base is not None:
            ratio = series.ratio(base)
            target = section.targets.get(title)
            cells += [f"{ratio.wall:.2f}", f"{ratio.cpu:.2f}"]
            cells += [target.verdict(ratio.wall) if target else ""]
        lines.append(f"{title:34}" + "".join(f"{cell:>11}" for cell in cells).rstrip())
    if any(series.measured < series.rows for series in found.values()):
        rows = max(series.rows for series in found.values())
        lines.append(f"  fewer than {rows:,} orders: extrapolated, the start counted once")
    return lines


def as_json(results: Results, versions: Sequence[str]) -> dict[str, Any]:
    """Everything, every round."""
    return {
        "machine": _machine(versions),
        "results": [
            {
                "job": job,
                "contender": title,
                "orders": series.rows,
                "orders_read": series.measured,
                "median": series.median._asdict(),
                "rounds": [time._asdict() for time in series.times],
            }
            for (job, title), series in results.items()
        ],
    }


def _machine(databases: Sequence[str]) -> list[str]:
    load: Callable[[], tuple[float, ...]] = getattr(os, "getloadavg", tuple)
    libraries = [f"{name} {version(name)}" for name in ("exempt", "pydantic", "sqlalchemy")]
    now, cores = dt.datetime.now(dt.UTC), os.cpu_count()
    busy = " ".join(f"{n:.1f}" for n in load())
    return [
        f"{now:%Y-%m-%d}, {platform.system()} {platform.machine()}, {cores} cores, load {busy}",
        ", ".join([f"Python {platform.python_version()}", *libraries, *databases]),
    ]
