"""Looks through a whole file once, before its first row is believed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from exempt import TransientError
from exempt_hris_csv.dates import DateForm, DateVote
from exempt_hris_csv.files import Export
from exempt_hris_csv.opening import open_export, reader_of
from exempt_hris_csv.places import Places
from exempt_hris_csv.settings import HrisCsvSettings

_BEING_WRITTEN = "it is being written: it will be read when it has been left alone for a while"
_CUT_OFF = "its last row is cut off, as if it were being written: it will be read when it is whole"


@dataclass(frozen=True)
class Survey:
    """What all rows of a file say together.

    Attributes:
        form: The form of all its dates.
        employees: How many rows say whose they are.
        anonymous: How many do not, so that nobody can be missed.
    """

    form: DateForm
    employees: int
    anonymous: int


def survey(export: Export, settings: HrisCsvSettings, places: Places) -> Survey:
    """Read *export* to its end; memory does not grow with it.

    Raises:
        ConfigError: The file, its columns or its dates cannot be understood.
        TransientError: It is being written.
        OSError: It cannot be read.
    """
    later = dt.timedelta(seconds=settings.quiet_seconds)
    if not export.quiet:
        raise TransientError(_BEING_WRITTEN, retry_after=later)
    before = stamp(export)
    opened = open_export(export, settings)
    reader = reader_of(opened, export, settings, places, settings.date_formats[0])
    vote = DateVote(settings.date_formats)
    employees = anonymous = 0
    row = None
    for row in opened.each():
        for text in reader.dates(row):
            vote.see(text, row.line)
        if reader.row_id(row) is not None:
            employees += 1
        elif row.problem or any(map(str.strip, row.cells)):
            anonymous += 1
    if opened.cut_off(row):
        if export.found:
            raise TransientError(_CUT_OFF, retry_after=later)
        anonymous += 1  # whoever follows
    if stamp(export) != before:
        raise TransientError(_BEING_WRITTEN, retry_after=later)
    return Survey(vote.decided(), employees, anonymous)


def stamp(export: Export) -> str:
    """The same as long as the file looks untouched."""
    stat = export.path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ino}"
