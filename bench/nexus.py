"""Sales counted towards thresholds: exposures, a page with and without, all totals anew.

``uv run --group bench python bench/nexus.py``; README.md beside this file says
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
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from databases import Databases, opened
from measure import Clock, Time
from nexus_fill import COMPANY, DUCK_TOTALS, day_totals, fill, write_csv
from nexus_ingest import Spread, ingest

from exempt.adapters.store.database import Database
from exempt.adapters.store.store import SqlStore
from exempt.services.exposures import exposures, refresh
from exempt.services.policy import Policy

NOW = dt.datetime(2026, 10, 20, 12, tzinfo=dt.UTC)
LOOKED = 0.05
"""Seconds that the exposures of all states shall take at most."""
PAGE = 1.15
"""How many times a page without counting one with it shall take at most."""
SPREADS = (
    Spread("orders in the order of their days, 300 a day", 300),
    Spread("orders of 600 days on every page", None),
)
_LOOKS = 30


def main() -> None:
    """Measure, and print."""
    options = _options()
    wanted = set(options.only or ("exposures", "pages", "anew"))
    with tempfile.TemporaryDirectory(prefix="exempt-bench-") as name, contextlib.ExitStack() as end:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL has a user of its own
        kinds = [end.enter_context(opened(kind, folder)) for kind in options.databases]
        _print_machine([each.version for each in kinds])
        for databases in kinds:
            if "pages" in wanted:
                _pages(databases, options.rows)
            if wanted & {"exposures", "anew"}:
                _totals(databases, options.sales, folder, anew="anew" in wanted)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds, parts = ["sqlite", "postgresql"], ["exposures", "pages", "anew"]
    parser.add_argument("--sales", type=int, default=10_000_000, help="in tables (%(default)s)")
    parser.add_argument("--rows", type=int, default=100_000, help="orders read (%(default)s)")
    parser.add_argument("--only", nargs="+", choices=parts, help="just these parts")
    parser.add_argument("--databases", nargs="+", choices=kinds, default=kinds)
    return parser.parse_args()


# --- a page of orders --------------------------------------------------------------------


def _pages(databases: Databases, rows: int) -> None:
    _print_head(f"a page of 1,000 orders, {databases.kind}", "ms", "x wall", "x CPU", "target")
    for spread in SPREADS:
        _say(f"{databases.kind}: {spread.title}")
        found = ingest(databases, rows, spread)
        ratio = found["with"].ratio(found["without"])
        verdict = f"≤{PAGE} {'met' if ratio.wall <= PAGE else 'NO'}"
        _print_row(f"{spread.title}, not counted", f"{found['without'].median.wall * 1000:.1f}")
        cells = [f"{found['with'].median.wall * 1000:.1f}", f"{ratio.wall:.2f}", f"{ratio.cpu:.2f}"]
        _print_row("the same, counted", *cells, verdict)


# --- millions of sales -------------------------------------------------------------------


def _totals(databases: Databases, sales: int, folder: Path, *, anew: bool) -> None:
    database = Database(databases.empty("sales"))
    _say(f"{databases.kind}: writing {sales:,} sales")
    store = fill(database, sales)
    _exposures(store, databases.kind, sales)
    if anew:
        _anew(database, store, databases.kind, folder)
    database.close()


def _exposures(store: SqlStore, kind: str, sales: int) -> None:
    policy = Policy()
    began = time.perf_counter()
    refresh(store, policy, lambda: NOW, lambda: False)
    refreshed = time.perf_counter() - began

    def look() -> int:
        with store.reading() as tx:
            return len(exposures(tx, [COMPANY], NOW.date(), policy))

    def timed() -> Time:
        clock = Clock()
        look()
        return clock.took()

    states = look()
    times = [timed() for _ in range(_LOOKS)]
    median, cpu = (statistics.median(each) for each in zip(*times, strict=True))
    columns = ("states", "median ms", "CPU ms", "target")
    _print_head(f"exposures, {sales:,} sales, {kind}", *columns)
    verdict = f"≤{LOOKED * 1000:.0f} {'met' if median <= LOOKED else 'NO'}"
    cells = (f"{states}", f"{median * 1000:.1f}", f"{cpu * 1000:.1f}", verdict)
    _print_row("of all states, from running totals", *cells)
    _print_row("days of crossing worked out, once", f"{states}", f"{refreshed * 1000:.0f}")


def _anew(database: Database, store: SqlStore, kind: str, folder: Path) -> None:
    """All totals out of all sales, here and in DuckDB; both must agree."""
    import duckdb  # noqa: PLC0415 - only this part wants it

    path = folder / "sales.csv"
    _say(f"{kind}: the same sales for DuckDB")
    write_csv(database, path)
    duck = duckdb.connect(str(folder / "sales.duckdb"))
    duck.execute("CREATE OR REPLACE TABLE sale AS SELECT * FROM read_csv(?)", [str(path)])
    path.unlink()

    def rebuild() -> None:
        with store.writing() as tx:
            tx.sales_checks.rebuild(COMPANY)

    kept = day_totals(database)
    ours = statistics.median(_seconds(rebuild) for _ in range(3))
    theirs = statistics.median(
        _seconds(lambda: duck.execute(DUCK_TOTALS).fetchall()) for _ in range(3)
    )
    answer = duck.execute(DUCK_TOTALS).fetchall()
    if not kept == day_totals(database) == answer:
        msg = f"{kind}: the totals are not those that DuckDB finds"
        raise SystemExit(msg)
    duck.close()
    _print_head(f"all totals anew, {kind}", "totals", "s", "x DuckDB")
    _print_row("DuckDB: of days, read", f"{len(answer):,}", f"{theirs:.2f}", "1.0")
    ratio = f"{ours / theirs:.1f}"
    _print_row("Exempt: of days and months, kept", f"{len(kept):,}", f"{ours:.2f}", ratio)


def _seconds(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


# --- print -------------------------------------------------------------------------------


def _print_head(job: str, *columns: str) -> None:
    head = f"{job:60}" + "".join(f"{column:>11}" for column in columns)
    print(f"\n{head}\n{'-' * len(head)}")


def _print_row(title: str, *cells: str) -> None:
    print(f"{title:60}" + "".join(f"{cell:>11}" for cell in cells), flush=True)


def _print_machine(databases: Sequence[str]) -> None:
    load = " ".join(f"{n:.1f}" for n in os.getloadavg())
    print(
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {platform.system()} {platform.machine()},"
        f" {os.cpu_count()} cores, load {load}"
    )
    libraries = [f"{name} {version(name)}" for name in ("exempt", "sqlalchemy", "duckdb")]
    print(", ".join([f"Python {platform.python_version()}", *libraries, *databases]))


def _say(words: str) -> None:
    print(words, file=sys.stderr)


if __name__ == "__main__":
    main()
