"""A million rows of customers imported: Exempt, beside the driver alone and polars.

``uv run --group bench python bench/imports.py``. Every contender is a process
of its own and reads the same CSV file: the basic template with its 16 columns,
500,000 customers in no order, two rows for each. The driver alone is the
limit: it puts the cells into one flat table as they are, checks nothing and
finds nothing. Exempt reads and checks every cell, keeps the rows (read), holds
them against each other and the register (check), makes the cards with their
states, histories and what is needed to undo it (apply); then the same file
once more, when nothing changes; then all of it back. Ratios are of the wall's
time; the memory is a process's most.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import datetime as dt
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from databases import opened
from measure import Clock, Series, Time

BASE = "csv and sqlite3"
STATES = ("TX", "CA", "NY", "FL", "WA")
CLONES = 2
"""Rows of each customer, one for each state that its goods go to."""
PARTS = (
    *("Number", "Alternate ID", "FEIN", "Name 1", "Name 2", "Attn Name", "Address 1", "Address 2"),
    *("City", "State", "Country", "Zip", "Phone", "Fax", "Email"),
)
TITLES = (*(f"Billing Customer {part}" for part in PARTS), "Shipping Customer State")
AT_ONCE = 2000


def main() -> None:
    """Measure, and print; or be one of those that are measured."""
    if sys.argv[1:2] == ["--be"]:
        print(json.dumps(CONTENDERS[sys.argv[2]](Path(sys.argv[3]), sys.argv[4])))
        return
    options = _options()
    results: dict[str, Series] = {}
    peaks: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="exempt-bench-") as name, contextlib.ExitStack() as end:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL has a user of its own
        write(folder / "customers.csv", options.rows)
        kinds = [end.enter_context(opened(kind, folder)) for kind in options.databases]
        for number in range(options.rounds):
            for title in CONTENDERS if number % 2 == 0 else reversed(CONTENDERS):
                for databases in kinds if title == "Exempt" else kinds[:1]:
                    shown = f"{title}, {databases.kind}" if title == "Exempt" else title
                    _say(f"round {number + 1}: {shown}")
                    ran = _run(title, folder, databases.empty("bench"))
                    peaks[shown] = max(peaks.get(shown, 0), ran["peak"])
                    for step, took in ran["steps"].items():
                        key = f"{shown}: {step}" if title == "Exempt" else shown
                        series = results.setdefault(key, Series(options.rows, options.rows))
                        series.times.append(Time(*took))
        _print_machine([databases.version for databases in kinds])
    _print(results, peaks, options.rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["sqlite", "postgresql"]
    parser.add_argument("--rows", type=int, default=1_000_000, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="medians are of (%(default)s)")
    parser.add_argument("--databases", nargs="+", choices=kinds, default=["sqlite"])
    return parser.parse_args()


def write(path: Path, rows: int) -> None:
    """Write the file: the basic template, customers in no order, two rows for each."""
    customers = max(1, rows // CLONES)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TITLES)
        for number in range(rows):
            customer = (number // CLONES) * 7919 % customers
            writer.writerow(_row(customer, STATES[number % CLONES]))


def _row(n: int, ship_to: str) -> tuple[str, ...]:
    return (
        *(f"C-{n:07}", f"A{n}", f"{n % 90 + 10}-{n:07}", f"Customer {n}", "Inc.", "Ann Lee"),
        *(f"{n} Main St", "" if n % 3 else "Suite 4", "Springfield", STATES[n % 5], "US"),
        *(f"{n % 100000:05}", "555-0100", "", f"ap{n}@example.com", ship_to),
    )


# --- contenders --------------------------------------------------------------------------


class _Steps:
    """The time that each step took, and the memory that the process had at most."""

    def __init__(self) -> None:
        self._steps: dict[str, Time] = {}

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        clock = Clock()
        yield
        self._steps[name] = clock.took()

    def told(self) -> Mapping[str, Any]:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"steps": self._steps, "peak": peak}


def by_driver(folder: Path, _address: str) -> Mapping[str, Any]:
    """**The limit**: every row into one flat table, as it is, 2,000 in a transaction."""
    steps = _Steps()
    with steps.step("all"), (folder / "customers.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        with contextlib.closing(_flat(folder / "driver.db")) as connection:
            batch: list[list[str]] = []
            for row in rows:
                batch.append(row)
                if len(batch) == AT_ONCE:
                    _insert(connection, batch)
                    batch = []
            _insert(connection, batch)
    return steps.told()


def by_polars(folder: Path, _address: str) -> Mapping[str, Any]:
    """The file into a frame, and the frame into one flat table, in one transaction."""
    import polars as pl  # noqa: PLC0415 - only where it is measured

    steps = _Steps()
    with steps.step("all"):
        frame = pl.read_csv(folder / "customers.csv", infer_schema=False)
        with contextlib.closing(_flat(folder / "polars.db")) as connection:
            _insert(connection, frame.iter_rows())
    return steps.told()


def _flat(path: Path) -> sqlite3.Connection:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    columns = ", ".join(f'"{title}" TEXT' for title in TITLES)
    connection.execute(f"CREATE TABLE customer ({columns})")
    return connection


def _insert(connection: sqlite3.Connection, rows: Any) -> None:
    connection.execute("BEGIN IMMEDIATE")
    marks = ", ".join("?" * len(TITLES))
    connection.executemany(f"INSERT INTO customer VALUES ({marks})", rows)  # noqa: S608
    connection.execute("COMMIT")


def by_exempt(folder: Path, address: str) -> Mapping[str, Any]:
    """All of it: read, check, apply; the same file once more; undo."""
    from exempt.adapters.store import migrate  # noqa: PLC0415
    from exempt.adapters.store.database import Database  # noqa: PLC0415
    from exempt.adapters.store.store import SqlStore  # noqa: PLC0415
    from exempt.services.certificates import Act  # noqa: PLC0415
    from exempt.services.importing.applying import apply  # noqa: PLC0415
    from exempt.services.importing.checking import check  # noqa: PLC0415
    from exempt.services.importing.undoing import undo  # noqa: PLC0415
    from exempt.services.policy import Policy  # noqa: PLC0415
    from exempt.wiring.imports import read_customers  # noqa: PLC0415

    steps, act = _Steps(), Act("bench", dt.datetime(2026, 11, 20, tzinfo=dt.UTC), Policy())
    database = Database(address)
    migrate.upgrade(database)
    store = SqlStore(database, lambda _sha256: None)  # type: ignore[arg-type,return-value]
    with store.writing() as tx:
        company_id = tx.connections.company("seller", "The seller", None)
    runs = []
    for again in ("", " again"):
        with steps.step(f"read{again}"):
            run = read_customers(store, folder / "customers.csv", company_id, act).run
        with steps.step(f"check{again}"):
            check(store, run.id)
        with steps.step(f"apply{again}"):
            runs.append(apply(store, run.id, act))
    first, second = (run.counts for run in runs)
    expected = -(-first.rows // CLONES)
    if (first.done.new, second.done.unchanged) != (expected, expected):
        msg = f"Exempt: {first.done.new} customers made, {second.done.unchanged} found unchanged"
        raise SystemExit(msg)
    with steps.step("undo"):
        undo(store, runs[0].id, act)
    database.close()
    return steps.told()


CONTENDERS: Mapping[str, Callable[[Path, str], Mapping[str, Any]]] = {
    BASE: by_driver,
    "polars": by_polars,
    "Exempt": by_exempt,
}


def _run(title: str, folder: Path, address: str) -> Any:
    """A process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--be", title, str(folder), address]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


# --- what was found ----------------------------------------------------------------------


def _print(results: Mapping[str, Series], peaks: Mapping[str, float], rows: int) -> None:
    head = f"{f'import, {rows:,} rows':38}" + "".join(
        f"{column:>11}" for column in ("wall s", "CPU s", "rows/s", "x wall", "peak MB")
    )
    print(f"\n{head}\n{'-' * len(head)}")
    base = results[BASE]
    for title, series in results.items():
        rate = rows / series.median.wall
        cells = [f"{series.median.wall:.1f}", f"{series.median.cpu:.1f}", f"{rate:,.0f}"]
        cells.append(f"{series.ratio(base).wall:.1f}")
        peak = peaks.get(title) or (peaks[title.split(":")[0]] if title.endswith("undo") else None)
        cells.append(f"{peak:.0f}" if peak else "")
        print(f"{title:38}" + "".join(f"{cell:>11}" for cell in cells), flush=True)


def _print_machine(databases: list[str]) -> None:
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
