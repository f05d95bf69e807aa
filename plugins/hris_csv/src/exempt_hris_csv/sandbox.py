"""An HR export of the sample company, with the personal columns that real ones have."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from exempt import Address, Employee, Sandbox, SandboxControls, SourceRecord, Stream
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
_NUMBER, _LOCATION = HEADER.index("Employee #"), HEADER.index("Location")


@contextmanager
def serve(folder: Path, *, copies: int = 1) -> Iterator[Sandbox]:
    """Write ``employees.csv`` into *folder*, as BambooHR names the columns.

    Args:
        folder: An existing folder.
        copies: How often the sample's employees stand there, each time with other numbers.
    """
    path = folder / "employees.csv"
    _write(path, (_row(worker, copy) for copy in range(copies) for worker in WORKERS))
    yield Sandbox(
        settings={"path": str(path.absolute()), "complete_exports": True},
        controls=HrisCsvControls(path),
    )


class HrisCsvControls(SandboxControls):
    """What people of the HR department may do: each writes the export anew."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, record: SourceRecord) -> None:
        """Write the row of an employee, which keeps no moment of change."""
        if not isinstance(record, Employee):
            raise NotImplementedError(_ONLY)
        self._put(record.external_id, _row_of(record))

    def delete(self, stream: Stream, external_id: str) -> None:
        """Leave somebody out of the export."""
        _only_employees(stream)
        self._put(external_id, None)

    def spoil(self, stream: Stream, external_id: str) -> None:
        """Write a row whose place of work names no state."""
        _only_employees(stream)
        row = self._rows().get(external_id) or _row_of(Employee(external_id=external_id))
        self._put(external_id, [*row[:_LOCATION], "the usual place", *row[_LOCATION + 1 :]])

    def clear(self) -> None:
        """Leave nothing but the header."""
        _write(self._path, [])

    def advance(self, by: dt.timedelta) -> None:
        """Nothing: an export has no clock, and says of no row when it was changed."""

    def _rows(self) -> dict[str, list[str]]:
        with self._path.open(encoding="utf-8-sig", newline="") as file:
            return {row[_NUMBER]: row for row in list(csv.reader(file))[1:]}

    def _put(self, number: str, row: list[str] | None) -> None:
        rows = self._rows()
        if row is None:
            rows.pop(number, None)
        else:
            rows[number] = row
        _write(self._path, rows.values())


_ONLY = "an HR export has employees only"


def _only_employees(stream: Stream) -> None:
    if stream is not Stream.EMPLOYEES:
        raise NotImplementedError(_ONLY)


def _write(path: Path, rows: Iterable[list[str]]) -> None:
    """Write another file and put it in the place of *path*, so that nobody reads half of it."""
    written = path.with_suffix(".part")
    with written.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        table.writerows(rows)
    written.replace(path)


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


def _row_of(record: Employee) -> list[str]:
    first_name, _, last_name = (record.label or "").partition(" ")
    personal = [text.format(number=record.external_id, copy=0) for text in PERSONAL.values()]
    home = record.home_location
    return [
        record.external_id, first_name, last_name, "", *personal, _words(record.work_location),
        *((getattr(home, part) or "") if home else ""
          for part in ("line1", "city", "state", "postal_code", "country")),
        _us_date(record.start_date), _us_date(record.end_date),
    ]  # fmt: skip


def _words(place: Address | None) -> str:
    """``Austin, TX 78701``."""
    if place is None:
        return ""
    state = " ".join(filter(None, (place.state, place.postal_code)))
    abroad = "" if place.country == "US" else place.country
    return ", ".join(filter(None, (place.city, state, abroad)))


def _us_date(day: dt.date | None) -> str:
    return f"{day:%m/%d/%Y}" if day else ""
