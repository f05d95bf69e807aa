"""A large export needs no more memory than a small one.

``python bench/employees.py`` shows the same with a million rows.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from exempt import CheckRequest, FetchRequest
from exempt.testing import StillContext
from exempt_hris_csv.connector import HrisCsv
from exempt_hris_csv.sandbox import serve
from exempt_hris_csv.settings import HrisCsvSettings

SMALL, LARGE = 200, 2000
"""So often the sample's six employees stand in a file."""
SLACK = 300_000
"""Bytes; the rows of the large file alone would take ten megabytes."""


def read_through(hris: HrisCsv) -> int:
    cursor, employees = None, 0
    while True:
        page = hris.fetch_employees(FetchRequest(cursor=cursor, page_size=500))
        employees += len(page.records)
        cursor = page.next_cursor
        if cursor is None:
            return employees


def look_through(hris: HrisCsv) -> int:
    return int(hris.check(CheckRequest()).account.split(" ")[1])


@pytest.mark.parametrize("read", [read_through, look_through])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, read: Callable[[HrisCsv], int]) -> None:
    peaks = {}
    for copies in (SMALL, SMALL, LARGE):
        with serve(tmp_path, copies=copies) as sandbox:
            hris = HrisCsv(HrisCsvSettings.model_validate(sandbox.settings), StillContext())
        tracemalloc.start()
        assert read(hris) == copies * 6
        peaks[copies] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[LARGE] < peaks[SMALL] + SLACK
