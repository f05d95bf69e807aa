"""What the settings file says about an HR export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from exempt import Address, Country, Settings
from exempt_hris_csv.columns import Column
from exempt_hris_csv.dates import FORMATS, FORMATS_MAX

DateFormat = Annotated[str, Field(pattern="%")]


class HrisCsvSettings(Settings):
    """An HR export: files that are replaced or added to from time to time."""

    path: Annotated[
        Path | Annotated[tuple[Path, ...], Field(min_length=1)],
        Field(
            description="The file, a folder, or a pattern such as 'exports/*.csv'; or a list of"
            " these. Absolute, or from the settings file's folder. '.json' and '.jsonl' are"
            " Finch's answers, everything else is CSV."
        ),
    ]
    files: Annotated[
        Literal["all", "newest"],
        Field(
            description="Which files of a folder or pattern count. all: one file a company or a"
            " country. newest: each file replaces the ones before; the date in the name decides,"
            " else the time of change."
        ),
    ] = "all"
    numbers: Annotated[
        Literal["shared", "per file"],
        Field(
            description="Whether one number in two files is one employee. per file: the file's"
            " name, without its date, is put before the number."
        ),
    ] = "shared"
    complete_exports: Annotated[
        bool,
        Field(
            description="Each export names every employee, so that whoever is in none of the files"
            " any more is taken for gone."
        ),
    ] = False
    gone_share_max: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="With complete_exports: the largest share of employees that may vanish at"
            " once. If more do, or a file does, nobody is taken for gone. 1 believes every export.",
        ),
    ] = 0.5
    quiet_seconds: Annotated[
        int,
        Field(
            ge=0,
            description="A file found in a folder or by a pattern is left for the next run while"
            " it is being written: as long as it was changed less than so many seconds ago.",
        ),
    ] = 60
    contractors: Annotated[
        Literal["include", "leave out"],
        Field(description="Whether independent contractors count, where a column tells them."),
    ] = "include"
    encoding: Annotated[
        Literal["auto", "utf-8", "utf-16-le", "utf-16-be", "cp1252", "mac-roman"],
        Field(
            description="How characters are written. auto: by the byte order mark; without one"
            " UTF-8, and Windows-1252 for a line that is not."
        ),
    ] = "auto"
    delimiter: Annotated[
        Literal["auto", ",", ";", "\t", "|"],
        Field(description="What separates cells. auto: what makes most of the header known."),
    ] = "auto"
    date_formats: Annotated[
        tuple[DateFormat, ...],
        Field(
            min_length=1,
            max_length=FORMATS_MAX,
            description="Formats of dates, in strptime's letters. All dates of a file have one"
            " form: the first of these that fits every date.",
        ),
    ] = FORMATS
    columns: dict[Column, str] = Field(
        default_factory=dict,
        description="The file's header for a field, before all known aliases;"
        " an empty text leaves the field out.",
    )
    locations: dict[str, Address] = Field(
        default_factory=dict,
        description="The address of a place of work that the file only names, as 'HQ'.",
    )
    default_country: Annotated[
        Country, Field(description="The country of an address that names none.")
    ] = "US"
    keep_labels: Annotated[
        bool,
        Field(description="Keep the employee's name, to show beside a location."),
    ] = False

    @property
    def paths(self) -> tuple[Path, ...]:
        """What ``path`` lists, if it is a list; else it alone."""
        return self.path if isinstance(self.path, tuple) else (self.path,)
