"""Reads an HR export of a million rows page by page: how fast, and in how much memory.

``uv run python bench/employees.py [ROWS]``. The connector alone, without a
database. Each number of rows is read by a process of its own; memory is flat
where the larger file needs no more than the smaller one.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from exempt import FetchRequest
from exempt.testing import StillContext
from exempt_hris_csv.connector import HrisCsv
from exempt_hris_csv.sandbox import serve
from exempt_hris_csv.settings import HrisCsvSettings

PAGE = 1000
WORKERS = 6


def read(folder: Path, rows: int) -> None:
    """Write *rows* rows, read them, and say what it took."""
    with serve(folder, copies=rows // WORKERS) as sandbox:
        settings = HrisCsvSettings.model_validate(sandbox.settings)
    size = (folder / "employees.csv").stat().st_size
    before = peak()
    began = time.perf_counter()
    cursor, employees, first, slowest = None, 0, 0.0, 0.0
    while True:
        # Opened anew for each page: nothing is kept between two of them.
        hris = HrisCsv(settings, StillContext(folder))
        page_began = time.perf_counter()
        page = hris.fetch_employees(FetchRequest(cursor=cursor, page_size=PAGE))
        took = time.perf_counter() - page_began
        first, slowest = (first, max(slowest, took)) if cursor else (took, 0.0)
        employees += len(page.records)
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    took = time.perf_counter() - began
    print(
        f"{employees:>9,} employees, {size / 2**20:6.1f} MiB: {took:6.1f} s,"
        f" {employees / took:7,.0f} a second; first page {first:.2f} s, slowest of the others"
        f" {slowest * 1000:.0f} ms; peak {before:.0f} MiB before, {peak():.0f} MiB after"
    )


def peak() -> float:
    """The most memory that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    if len(sys.argv) > 2:
        read(Path(sys.argv[2]), int(sys.argv[1]))
        return
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    for rows in (largest // 100, largest // 10, largest):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, __file__, str(rows), folder], check=True)


if __name__ == "__main__":
    main()
