"""What ``exempt check`` says of the files: how they are understood, and what is to be mended."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from exempt import CheckResult, ConfigError, Employee, Problem, Severity, TransientError, reason_of
from exempt_hris_csv.columns import Column, find_columns
from exempt_hris_csv.employees import EmployeeReader, Gone
from exempt_hris_csv.files import Export
from exempt_hris_csv.opening import explained, open_export, reader_of
from exempt_hris_csv.places import Places
from exempt_hris_csv.rows import Row
from exempt_hris_csv.settings import HrisCsvSettings
from exempt_hris_csv.survey import survey

_COMPARED = 100_000
"""So many numbers are remembered, to be held against those of later files."""

_SHOWN = 3
"""So many files are described one by one."""


@dataclass
class _Tally:
    """What was counted so far."""

    settings: HrisCsvSettings
    today: dt.date
    counts: Counter[str] = field(default_factory=Counter)
    understood: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    first_rejected: str = ""
    numbers: dict[int, int] = field(default_factory=dict)


def report(
    find: Callable[[], Sequence[Export]], settings: HrisCsvSettings, places: Places, today: dt.date
) -> CheckResult:
    """Read all files; memory does not grow with them."""
    tally = _Tally(settings, today)
    try:
        exports = find()
    except ConfigError as error:
        exports = ()
        tally.unreadable.append(str(error))
    for number, export in enumerate(exports):
        try:
            with explained(export, settings.encoding):
                _look_through(export, number, tally, places, alone=len(exports) == 1)
        except (ConfigError, TransientError) as error:
            tally.unreadable.append(str(error))
    problems = (
        *_unreadable(tally, all_of_them=len(tally.unreadable) >= len(exports)),
        *tally.problems,
        *_problems(tally),
        *_series(exports, settings),
    )
    return CheckResult(account=_account(exports, tally), problems=problems)


def _account(exports: Sequence[Export], tally: _Tally) -> str:
    if not tally.understood:
        return ", ".join(path.name for path in tally.settings.paths[:_SHOWN])
    employees = f"{tally.counts['employees']} employees"
    if len(exports) == 1:
        return f"{exports[0].label}: {employees}; {tally.understood[0]}"
    files = zip((e.label for e in exports), tally.understood, strict=False)
    shown = [f"{label}: {understood}" for label, understood in itertools.islice(files, _SHOWN)]
    more = ["…"] if len(exports) > _SHOWN else []
    return "; ".join([f"{len(exports)} files, {employees}", *shown, *more])


def _look_through(
    export: Export, number: int, tally: _Tally, places: Places, *, alone: bool
) -> None:
    settings = tally.settings
    found = survey(export, settings, places)
    opened = open_export(export, settings)
    form = settings.date_formats[found.form.number]
    reader = reader_of(opened, export, settings, places, form)
    dates = f"; dates as {form}" if found.form.dates else ""
    tally.understood.append(reader.understood() + dates)
    if found.form.others:
        tally.problems.append(_ambiguous(export, form, found.form.others))
    if settings.contractors == "leave out" and not _tells_contractors(opened.header, settings):
        tally.problems.append(_no_type(export))
    unit = opened.unit if alone else f"{export.label} {opened.unit}"
    for row in opened.each():
        _count(row, reader, tally, unit)
        if not alone:
            _compare(row, reader, number, tally)


def _count(row: Row, reader: EmployeeReader, tally: _Tally, unit: str) -> None:
    try:
        found = reader.read(row)
    except ValueError as error:
        tally.counts["rejected"] += 1
        tally.first_rejected = tally.first_rejected or f"{unit} {row.line}: {reason_of(error)}"
        return
    match found:
        case Gone():
            tally.counts["gone"] += not found.contractor
        case Employee():
            tally.counts["employees"] += 1
            tally.counts["nowhere"] += not (found.work_location or found.home_location)
            tally.counts["stays"] += reader.stays_after_the_end(row, tally.today)


def _compare(row: Row, reader: EmployeeReader, number: int, tally: _Tally) -> None:
    """Count the number of *row* if an earlier file has it, too."""
    if (external_id := reader.row_id(row)) is None:
        return
    key = hash(external_id)
    if len(tally.numbers) < _COMPARED:
        tally.numbers.setdefault(key, number)
    tally.counts["shared"] += tally.numbers.get(key, number) != number


def _tells_contractors(header: Sequence[str], settings: HrisCsvSettings) -> bool:
    columns = find_columns(header, settings.columns)
    return not columns.keys().isdisjoint({Column.EMPLOYMENT_TYPE, Column.EMPLOYMENT_SUBTYPE})


def _unreadable(tally: _Tally, *, all_of_them: bool) -> Iterator[Problem]:
    for message in tally.unreadable:
        yield Problem(
            severity=Severity.ERROR if all_of_them else Severity.WARNING,
            code="unreadable",
            message=message,
            help="Export the file again, or mend `path` and `columns` in the settings.",
        )


def _ambiguous(export: Export, form: str, others: Sequence[str]) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        code="ambiguous_dates",
        message=f"{export.label}: dates were read as {form}; {', '.join(others)} would fit, too",
        help="If the day comes first in your exports, set date_formats, as ['%d/%m/%Y'].",
    )


def _no_type(export: Export) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        code="no_employment_type",
        message=f"{export.label}: no column says who is a contractor, so that all count",
        help="Export the employment type, or name its column as columns.employment_type.",
    )


def _series(exports: Sequence[Export], settings: HrisCsvSettings) -> Iterator[Problem]:
    """Files that differ in nothing but their date, all of them read."""
    dated = Counter(e.series for e in exports if e.found and e.series != e.path.stem)
    if settings.files == "all" and (series := [s for s, count in dated.items() if count > 1]):
        yield Problem(
            severity=Severity.WARNING,
            code="dated_series",
            message=f"several exports of {series[0]!r} are read that differ by the date",
            help="If each replaces the one before, set files = 'newest'.",
        )


_WORDS = {
    "rejected": (
        "rejected_rows",
        "rows set aside: {count}; {first}",
        "Mend them in the HR system or the file, and put the file in place again.",
    ),
    "nowhere": (
        "no_place",
        "employees with neither a place of work nor a home: {count}",
        "Export the home address, too: work from home counts there.",
    ),
    "gone": (
        "no_last_day",
        "employees who are gone since a day that the export does not tell: {count}",
        "Export the termination date: until when somebody was there counts, too.",
    ),
    "stays": (
        "active_after_last_day",
        "employees that are active although their last day has passed: {count}",
        "The last day counts. If they came back, export the date of rehire.",
    ),
    "shared": (
        "shared_numbers",
        "numbers that stand in several files: {count}; each is taken for one employee",
        "If each file numbers its own, set numbers = 'per file'.",
    ),
}


def _problems(tally: _Tally) -> Iterator[Problem]:
    for what, (code, message, mend) in _WORDS.items():
        if count := tally.counts[what]:
            yield Problem(
                severity=Severity.WARNING,
                code=code,
                message=message.format(count=count, first=tally.first_rejected),
                help=mend,
            )
