"""Makes an employee of a row: where and since when, and nothing else.

What a row says beside that (names, e-mail, birth date, pay, numbers of the
state) is dropped here, and no reason for a rejected row quotes a cell.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from exempt import Address, Employee
from exempt_hris_csv.columns import Column, named
from exempt_hris_csv.places import Places, country_code
from exempt_hris_csv.table import Row

YEARS = range(1950, 2100)
_EMPTY = frozenset({"", "-", "--", "n/a", "na", "none", "null", "0000-00-00", "00/00/0000"})
_NO_END = frozenset({"9999-12-31", "12/31/9999"})
_YES = frozenset({"yes", "y", "true", "1", "x", "remote"})
_SOCIAL_SECURITY_NUMBER = re.compile(r"\d{3}-\d{2}-\d{4}")


class EmployeeReader:
    """Translates the rows of one file.

    Args:
        header: The file's headers, for reasons.
        columns: Positions of the fields in a row.
        places: Reads locations.
        date_formats: As `datetime.datetime.strptime` takes them; the first that fits counts.
        keep_labels: Whether the employee's name is kept.
    """

    def __init__(
        self,
        *,
        header: Sequence[str],
        columns: Mapping[Column, int],
        places: Places,
        date_formats: tuple[str, ...],
        keep_labels: bool,
    ) -> None:
        self._header = header
        self._columns = columns
        self._places = places
        self._date_formats = date_formats
        self._keep_labels = keep_labels

    def read(self, row: Row) -> Employee | None:
        """The employee of *row*, None of a row without any text.

        Raises:
            ValueError: The row is not understood; says by which column, not by which text.
        """
        if row.problem:
            raise ValueError(row.problem)
        if not any(map(str.strip, row.cells)):
            return None
        start_date, end_date = self._period(row)
        return Employee(
            external_id=self._id(row),
            label=self._label(row) if self._keep_labels else None,
            work_location=None if self._is_remote(row) else self._place(row, "work"),
            home_location=self._place(row, "home"),
            start_date=start_date,
            end_date=end_date,
        )

    def row_id(self, row: Row) -> str | None:
        """The identifier of *row*; None where it cannot be read or may be another cell."""
        try:
            return None if row.problem else self._id(row)
        except ValueError:
            return None

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
        return found

    def _label(self, row: Row) -> str | None:
        parts = (self._cell(row, Column.FIRST_NAME), self._cell(row, Column.LAST_NAME))
        return self._cell(row, Column.NAME) or " ".join(filter(None, parts)) or None

    def _is_remote(self, row: Row) -> bool:
        return self._cell(row, Column.REMOTE).casefold() in _YES

    def _period(self, row: Row) -> tuple[dt.date | None, dt.date | None]:
        """First and last day; one hired again is there since then, and not gone."""
        start, end = self._day(row, Column.START_DATE), self._day(row, Column.END_DATE)
        rehired = self._day(row, Column.REHIRE_DATE)
        if end and rehired and rehired > end:
            return rehired, None
        if start and end and end < start:
            raise self._wrong(Column.END_DATE, "it is before the start date: mend one of the two")
        return start, end

    def _day(self, row: Row, column: Column) -> dt.date | None:
        text = self._cell(row, column)
        if not text or (column is Column.END_DATE and text in _NO_END):
            return None
        day = parse_day(text, self._date_formats)
        if day is None:
            shown = " or ".join(self._date_formats)
            raise self._wrong(column, f"no date as {shown}: mend it, or set date_formats")
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


@functools.lru_cache(maxsize=4096)
def parse_day(text: str, formats: tuple[str, ...]) -> dt.date | None:
    """The day that *text* names in the first of *formats* that fits, None in none."""
    for form in formats:
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None
