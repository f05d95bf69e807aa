"""An HR export of the sample company, with the personal columns that real ones have."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exempt import Sandbox
from exempt.testing.sample import WORKERS, Worker

PERSONAL = {
    "Work Email": "{number}@northwind.example",
    "Birth Date": "02/29/1988",
    "SSN": "900-55-0{copy:03}",
    "Annual Salary": "98765.43",
    "Home Phone": "555-0100",
}
"""Columns that the connector must drop, and what the sandbox writes there."""

HEADER = (
    "Employee #", "First Name", "Last Name", "Job Title", *PERSONAL,
    "Location", "Address Line 1", "City", "State", "Zip Code", "Country",
    "Hire Date", "Termination Date",
)  # fmt: skip


@contextmanager
def serve(folder: Path, *, copies: int = 1) -> Iterator[Sandbox]:
    """Write ``employees.csv`` into *folder*, as BambooHR names the columns.

    Args:
        folder: An existing folder.
        copies: How often the sample's employees stand there, each time with other numbers.
    """
    path = folder / "employees.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        table.writerows(_row(worker, copy) for copy in range(copies) for worker in WORKERS)
    yield Sandbox(settings={"path": str(path.absolute())})


def _row(worker: Worker, copy: int) -> list[str]:
    number = f"{worker.number}-{copy}" if copy else worker.number
    first_name, last_name = worker.name.split(" ", 1)
    personal = [text.format(number=number, copy=copy % 1000) for text in PERSONAL.values()]
    home = worker.home
    return [
        number, first_name, last_name, worker.title, *personal,
        f"{worker.work.city}, {worker.work.state}",
        home.line1, home.city, home.state, home.postal_code, home.country,
        _us_date(worker.hired), _us_date(worker.left),
    ]  # fmt: skip


def _us_date(day: dt.date | None) -> str:
    return f"{day:%m/%d/%Y}" if day else ""
