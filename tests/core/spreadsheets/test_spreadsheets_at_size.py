"""A large table takes no more memory than a small one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.workbooks import number, row, shared, text, workbook

STATM = Path("/proc/self/statm")
pytestmark = pytest.mark.skipif(not STATM.exists(), reason="asks Linux how much memory it takes")

# Reads the small table, then the large one; prints its rows, and by how many KiB memory grew.
READER = f"""
import resource, sys
from pathlib import Path
from exempt.adapters.spreadsheets import open_table

def read(path):
    with open_table(Path(path)) as table:
        rows = sum(1 for _ in table.lines())
        pages = int(Path("{STATM}").read_text().split()[1])
    return rows, pages * resource.getpagesize() // 1024

_, before = read(sys.argv[1])
rows, after = read(sys.argv[2])
print(rows, after - before)
"""


def read(small: Path, large: Path) -> tuple[int, int]:
    command = [sys.executable, "-c", READER, str(small), str(large)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, grown = done.stdout.split()
    return int(rows), int(grown)


def test_csv(tmp_path: Path) -> None:
    def table(name: str, rows: int) -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8") as file:
            file.write("Customer,Name,Street,State,Number\n")
            for n in range(rows):
                file.write(f'{n},"Customer {n}",{n} Main St,TX,{n:09}\n')
        return path

    rows, grown = read(table("small.csv", 10_000), table("large.csv", 300_000))
    assert rows == 300_000
    assert grown < 4_000


def test_xlsx(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="needs the extra exempt[spreadsheets]")

    def table(name: str, rows: int) -> Path:
        return workbook(
            tmp_path / name,
            row(text("Customer"), text("Name"), text("Number")),
            *(row(shared(2 * n), shared(2 * n + 1), number(n)) for n in range(rows)),
            strings=[f"{kind} {n}" for n in range(rows) for kind in ("C", "Customer")],
        )

    rows, grown = read(table("small.xlsx", 10_000), table("large.xlsx", 100_000))
    assert rows == 100_000
    assert grown < 4_000
