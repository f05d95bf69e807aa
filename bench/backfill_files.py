"""A million rows of sales out of a file: checked, imported, and the same file once more.

``uv run --group bench python bench/backfill_files.py``. The file has the
template's 21 columns; 400,000 sales of one to four lines, whose rows stand
anywhere, to 50,000 customers in ten states. Each contender is a process of its
own. The driver alone is the limit: csv and ``sqlite3.executemany`` into one
flat table; it checks, decides and counts nothing. Exempt checks every cell and
puts the rows in order (check); then stores customers, products and sales,
decides each and counts it (import). The memory is a process's most.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import datetime as dt
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from databases import opened
from measure import Clock, Time

STATES = ("TX", "CA", "NY", "FL", "WA", "OH", "GA", "IL", "NV", "OR")
FIRST = dt.date(2023, 1, 1)
DAYS = 1_300
AT_ONCE = 2_000
LIMIT = "csv and sqlite3"


def main() -> None:
    """Measure, and print; or be one of those that are measured."""
    if sys.argv[1:2] == ["--be"]:
        print(json.dumps(CONTENDERS[sys.argv[2]](Path(sys.argv[3]), sys.argv[4])))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["sqlite", "postgresql"]
    parser.add_argument("--rows", type=int, default=1_000_000, help="(%(default)s)")
    parser.add_argument("--databases", nargs="+", choices=kinds, default=["sqlite"])
    parser.add_argument("--xlsx", action="store_true", help="a workbook, in place of CSV")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exempt-bench-") as name, contextlib.ExitStack() as end:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL has a user of its own
        write(folder, options.rows, xlsx=options.xlsx)
        _head(options.rows)
        limit = None if options.xlsx else _run(LIMIT, folder, "")
        if limit:
            _print(LIMIT, limit, limit, options.rows)
        for kind in options.databases:
            databases = end.enter_context(opened(kind, folder))
            found = _run("Exempt", folder, databases.empty("bench"))
            _print(f"Exempt, {databases.kind}", found, limit, options.rows)


def write(folder: Path, rows: int, *, xlsx: bool) -> None:
    """Write the file; the seed stands, so that it is always the same."""
    from exempt.adapters.spreadsheets import write_table  # noqa: PLC0415
    from exempt.model.backfill import BackfillField  # noqa: PLC0415

    chance = random.Random(8)  # noqa: S311 - nothing secret
    sales = max(1, rows * 2 // 5)
    numbers = [*range(sales), *(chance.randrange(sales) for _ in range(rows - sales))]
    chance.shuffle(numbers)
    titles = [each.value for each in BackfillField]
    if xlsx:
        made = ([_row(n, at)[title] for title in titles] for at, n in enumerate(numbers))
        write_table(folder / "sales.xlsx", "Sales", titles, made)
        return
    with (folder / "sales.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, titles)
        writer.writeheader()
        writer.writerows(_row(n, at) for at, n in enumerate(numbers))


def _row(n: int, at: int) -> dict[str, str]:
    customer = n * 7919 % 50_000
    return {
        "transaction_id": f"INV-{n:07}",
        "line_id": str(at),
        "date": (FIRST + dt.timedelta(days=n % DAYS)).isoformat(),
        "time_zone": "",
        "customer_id": f"C-{customer:05}",
        "customer_name": f"Customer {customer} Inc.",
        "customer_email": f"ap{customer}@example.com",
        "address_line1": f"{customer} Main St",
        "city": "Springfield",
        "state": STATES[n % len(STATES)],
        "zip": f"{customer:05}",
        "country": "US",
        "product_id": f"P-{at % 200}",
        "product_name": f"Product {at % 200}",
        "amount": f"{at * 37 % 100_000 / 100:.2f}",
        "tax_amount": "",
        "currency": "USD",
        "kind": "",
        "exempt": "",
        "marketplace": "",
        "purchase_order": f"PO-{n}",
    }


# --- contenders --------------------------------------------------------------------------


def by_driver(folder: Path, _address: str) -> Mapping[str, Any]:
    """**The limit**: every row into one flat table, as it is, 2,000 in a transaction."""
    clock = Clock()
    connection = sqlite3.connect(folder / "driver.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    with (folder / "sales.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        titles = next(rows)
        connection.execute(f"CREATE TABLE sale ({', '.join(titles)})")
        marks = ", ".join("?" * len(titles))
        while batch := [row for row, _ in zip(rows, range(AT_ONCE), strict=False)]:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(f"INSERT INTO sale VALUES ({marks})", batch)  # noqa: S608
            connection.execute("COMMIT")
    connection.close()
    return {"steps": {"all": clock.took()}, "peak": _peak()}


def by_exempt(folder: Path, address: str) -> Mapping[str, Any]:
    """Check and import; the same file once more, when nothing changes."""
    from exempt.adapters.documents import LocalDocuments  # noqa: PLC0415
    from exempt.adapters.store import migrate  # noqa: PLC0415
    from exempt.adapters.store.database import Database  # noqa: PLC0415
    from exempt.adapters.store.store import SqlStore  # noqa: PLC0415
    from exempt.model.backfill import BackfillOptions  # noqa: PLC0415
    from exempt.services.backfills import importing, runs, sources  # noqa: PLC0415
    from exempt.services.backfills.checking import check  # noqa: PLC0415
    from exempt.services.certificates import Act  # noqa: PLC0415
    from exempt.services.policy import Policy  # noqa: PLC0415
    from exempt.wiring.backfills import Parts  # noqa: PLC0415

    act = Act("bench", dt.datetime(2026, 11, 20, tzinfo=dt.UTC), Policy())
    documents = LocalDocuments(folder / "documents")
    parts = Parts(documents, folder / "documents")
    database = Database(address)
    migrate.upgrade(database)
    store = SqlStore(database, documents.open)
    with store.writing() as tx:
        tx.connections.company("seller", "The seller", None)
        source = sources.find_or_make(tx, None, None, ())
    (path,) = folder.glob("sales.*")
    steps: dict[str, Time] = {}
    peaks: dict[str, float] = {}
    found = []
    for again in ("", " again"):
        with path.open("rb") as content:
            run = runs.take_in(store, parts, path.name, content, source, BackfillOptions(), act)
        clock = Clock()
        run = check(store, parts, run.id, lambda: act.at)
        steps[f"check{again}"], peaks[f"check{again}"] = clock.took(), _peak()
        importing.begin(store, run.id, act)
        clock = Clock()
        whole = importing.Importing(store, parts, act.policy, lambda: act.at)
        found.append(importing.go_on(whole, run.id).counts)
        steps[f"import{again}"], peaks[f"import{again}"] = clock.took(), _peak()
    first, second = found
    counted = sum(
        bucket.totals.amount() for buckets in _months(store).values() for bucket in buckets
    )
    if second.unchanged != first.new or Decimal(counted).scaleb(-2) != first.sums["USD"]:
        msg = f"Exempt: {first.new} sales, {second.unchanged} unchanged; {counted} of {first.sums}"
        raise SystemExit(msg)
    database.close()
    return {"steps": steps, "peak": _peak(), "peaks": peaks}


def _months(store: Any) -> Mapping[Any, Any]:
    with store.reading() as tx:
        months: Mapping[Any, Any] = tx.sales.months([row.id for row in tx.cards.companies()])
    return months


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


CONTENDERS: Mapping[str, Callable[[Path, str], Mapping[str, Any]]] = {
    LIMIT: by_driver,
    "Exempt": by_exempt,
}


def _run(title: str, folder: Path, address: str) -> Any:
    """A process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--be", title, str(folder), address]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


# --- what was found ----------------------------------------------------------------------


def _head(rows: int) -> None:
    columns = ("wall s", "CPU s", "rows/s", "x limit", "peak MB")
    head = f"{f'{rows:,} rows of sales':34}" + "".join(f"{column:>10}" for column in columns)
    print(f"{head}\n{'-' * len(head)}", flush=True)


def _print(title: str, found: Any, limit: Any, rows: int) -> None:
    for step, (wall, cpu) in found["steps"].items():
        shown = title if step == "all" else f"{title}: {step}"
        times = f"{wall / limit['steps']['all'][0]:.1f}" if limit else ""
        peak = found.get("peaks", {}).get(step, found["peak"])
        cells = (f"{wall:.1f}", f"{cpu:.1f}", f"{rows / wall:,.0f}", times, f"{peak:.0f}")
        print(f"{shown:34}" + "".join(f"{cell:>10}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
