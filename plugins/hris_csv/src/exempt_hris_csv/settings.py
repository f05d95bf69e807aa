"""What the settings file says about an HR export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from exempt import Address, Country, Settings
from exempt_hris_csv.columns import Column

DateFormat = Annotated[str, Field(pattern="%")]


class HrisCsvSettings(Settings):
    """An HR export: a CSV file that is replaced or added to from time to time."""

    path: Annotated[
        Path, Field(description="The CSV file, absolute or from the settings file's folder.")
    ]
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
            description="Formats of dates, in strptime's letters; the first that fits counts.",
        ),
    ] = ("%Y-%m-%d", "%m/%d/%Y")
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
