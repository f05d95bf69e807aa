"""Makes an employee of a row: where and since when, and nothing else.

What a row says beside that (names, e-mail, birth date, pay, numbers of the
state) is dropped here, and no reason for a rejected row quotes a cell.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from exempt import Address, Employee
from exempt_hris_csv.columns import Column, named
from exempt_hris_csv.dates import parse_day
from exempt_hris_csv.places import Places, country_code
from exempt_hris_csv.rows import Row
from exempt_hris_csv.standing import says_contractor, says_gone, says_there

YEARS = range(1950, 2100)
DATES = (Column.START_DATE, Column.END_DATE, Column.REHIRE_DATE)
_EMPTY = frozenset({"", "-", "--", "n/a", "na", "none", "null", "0000-00-00", "00/00/0000"})
_NO_END = frozenset({"9999-12-31", "12/31/9999", "31/12/9999"})
_YES = frozenset({"yes", "y", "true", "1", "x", "remote"})
_SOCIAL_SECURITY_NUMBER = re.compile(r"\d{3}-\d{2}-\d{4}")


@dataclass(frozen=True)
class Gone:
    """Somebody whom a row takes out: gone without a last day, or a contractor not to be counted."""

    external_id: str
    contractor: bool = False


@dataclass(frozen=True)
class Reading:
    """How the rows of a file are to be read, beside its columns.

    Attributes:
        places: Reads locations.
        date_format: The form of the file's dates, as `datetime.datetime.strptime` takes it.
        keep_labels: Whether the employee's name is kept.
        contractors: Whether contractors count.
        prefix: Stands before every number.
    """

    places: Places
    date_format: str
    keep_labels: bool
    contractors: bool
    prefix: str = ""


class EmployeeReader:
    """Translates the rows of one file.

    Args:
        header: The file's headers, for reasons.
        columns: Positions of the fields in a row.
        reading: See there.
    """

    def __init__(
        self, header: Sequence[str], columns: Mapping[Column, int], reading: Reading
    ) -> None:
        self._header = header
        self._columns = columns
        self._reading = reading
        self._places = reading.places

    def read(self, row: Row) -> Employee | Gone | None:
        """The employee of *row*, None of a row without any text.

        Raises:
            ValueError: The row is not understood; says by which column, not by which text.
        """
        if row.problem:
            raise ValueError(row.problem)
        if not any(map(str.strip, row.cells)):
            return None
        external_id = self._id(row)
        start_date, end_date = self._period(row)
        contractor = self._is_contractor(row)
        if contractor and not self._reading.contractors:
            return Gone(external_id, contractor=True)
        if end_date is None and self._is_gone(row):
            return Gone(external_id)
        return Employee(
            external_id=external_id,
            label=self._label(row) if self._reading.keep_labels else None,
            work_location=None if self._is_remote(row) else self._place(row, "work"),
            home_location=self._place(row, "home"),
            start_date=start_date,
            end_date=end_date,
            contractor=contractor,
        )

    def row_id(self, row: Row) -> str | None:
        """The identifier of *row*; None where it cannot be read or may be another cell."""
        try:
            return self._prefixed(row.external_id) if row.problem else self._id(row)
        except ValueError:
            return None

    def dates(self, row: Row) -> Iterator[str]:
        """The texts of *row* that should be dates."""
        if not row.problem:
            for column in DATES:
                if (text := self._cell(row, column)) and text not in _NO_END:
                    yield text

    def stays_after_the_end(self, row: Row, today: dt.date) -> bool:
        """Whether *row* says that somebody is active whose last day has passed."""
        try:
            end_date = self._period(row)[1]
        except ValueError:
            return False
        return bool(end_date and end_date < today and says_there(self._cell(row, Column.STATUS)))

    def understood(self) -> str:
        """``id = 'Employee #', home_state = 'State'``: what is read of which column."""
        return ", ".join(named(self._columns, self._header))

    def _id(self, row: Row) -> str:
        found = self._cell(row, Column.ID)
        if not found:
            raise self._wrong(Column.ID, "it is empty: give every employee a number")
        if _SOCIAL_SECURITY_NUMBER.fullmatch(found):
            raise self._wrong(
                Column.ID, "it holds a Social Security number: export the employee number instead"
            )
        return self._reading.prefix + found

    def _prefixed(self, number: str | None) -> str | None:
        return None if number is None else self._reading.prefix + number

    def _label(self, row: Row) -> str | None:
        parts = (self._cell(row, Column.FIRST_NAME), self._cell(row, Column.LAST_NAME))
        return self._cell(row, Column.NAME) or " ".join(filter(None, parts)) or None

    def _is_remote(self, row: Row) -> bool:
        return self._cell(row, Column.REMOTE).casefold() in _YES

    def _is_gone(self, row: Row) -> bool:
        return says_gone(self._cell(row, Column.STATUS), self._cell(row, Column.ACTIVE))

    def _is_contractor(self, row: Row) -> bool:
        return says_contractor(
            self._cell(row, Column.EMPLOYMENT_TYPE),
            self._cell(row, Column.EMPLOYMENT_SUBTYPE),
            self._cell(row, Column.STATUS),
        )

    def _period(self, row: Row) -> tuple[dt.date | None, dt.date | None]:
        """First and last day; one hired again is there since then, and not gone."""
        start, end = self._day(row, Column.START_DATE), self._day(row, Column.END_DATE)
        rehired = self._day(row, Column.REHIRE_DATE)
        if end and rehired and rehired > end:
            return rehired, None
        if start and end and end < start:
            if says_there(self._cell(row, Column.STATUS)):
                return start, None  # the last hiring beside the last day of the one before it
            raise self._wrong(Column.END_DATE, "it is before the start date: mend one of the two")
        return start, end

    def _day(self, row: Row, column: Column) -> dt.date | None:
        text = self._cell(row, column)
        if not text or (column is Column.END_DATE and text in _NO_END):
            return None
        form = self._reading.date_format
        day = parse_day(text, form)
        if day is None:
            raise self._wrong(
                column,
                f"not in the form of this file's dates, {form}: mend it, or set date_formats",
            )
        if day.year not in YEARS:
            raise self._wrong(column, "not between 1950 and 2099: leave it empty if there is none")
        return day

    def _place(self, row: Row, side: str) -> Address | None:
        """The address of *side*, ``work`` or ``home``: of columns for its parts, or of one text."""
        if Column(f"{side}_state") in self._columns:
            return self._composed(row, side)
        column = Column(f"{side}_location")
        try:
            return self._places.locate(self._cell(row, column))
        except ValueError as error:
            raise self._wrong(column, _first_words(error)) from None

    def _composed(self, row: Row, side: str) -> Address | None:
        parts = {
            part: self._cell(row, Column(f"{side}_{part}")) or None
            for part in ("state", "city", "postal_code", "country")
        }
        if not any(parts.values()):
            return None
        country = country_code(parts.pop("country") or self._places.default_country)
        try:
            return Address(country=country, **parts)
        except ValidationError as error:
            part = str(error.errors(include_input=False, include_url=False)[0]["loc"][0])
            what = _PART_HELP.get(part, "it is not readable text of at most 500 characters")
            raise self._wrong(Column(f"{side}_{part}"), what) from None

    def _cell(self, row: Row, column: Column) -> str:
        """The text of *column*, empty where the row or the file has none."""
        position = self._columns.get(column)
        if position is None or position >= len(row.cells):
            return ""
        text = row.cells[position].strip()
        if text.startswith('="') and text.endswith('"'):  # keeps a spreadsheet from dropping zeros
            text = text[2:-1]
        return "" if text.casefold() in _EMPTY else text

    def _wrong(self, column: Column, what: str) -> ValueError:
        position = self._columns.get(column)
        shown = self._header[position] if position is not None else column
        return ValueError(f"column {shown!r}: {what}")


_PART_HELP = {
    "state": "not a state of the United States: use its two letters, such as 'TX'",
    "country": "not a known country: use its two letters, such as 'US'",
}


def _first_words(error: ValueError) -> str:
    """A reason without a cell's text, which pydantic's own may hold."""
    return "not readable text" if isinstance(error, ValidationError) else str(error)
