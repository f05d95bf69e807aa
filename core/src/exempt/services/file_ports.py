"""What the services need to list files that came in, of whatever kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple, Protocol


class FileOf(StrEnum):
    """What the rows of a file are."""

    CUSTOMERS = "customers"
    SALES = "sales"
    EMPLOYEES = "employees"


class Stands(StrEnum):
    """How a file stands, whatever it is of.

    ========  ==================================================================
    working   the daemon is at it, or will be
    mend      something in it is wrong
    ready     a person has to look at it, and to go on
    done      what it brought is there
    undone    what it brought was put back
    given-up  it came to nothing
    ========  ==================================================================
    """

    WORKING = "working"
    MEND = "mend"
    READY = "ready"
    DONE = "done"
    UNDONE = "undone"
    GIVEN_UP = "given-up"


class FileRow(NamedTuple):
    """A file that came in.

    Attributes:
        id: Of its import, which counts by itself for each kind; employees share
            that of customers.
        state: As the import itself has it.
        ended_at: When it was imported, or undone.
    """

    of: FileOf
    id: int
    company: str
    name: str
    state: str
    stands: Stands
    rows: int
    made_at: dt.datetime
    made_by: str
    ended_at: dt.datetime | None
    ended_by: str | None


class FileFilter(NamedTuple):
    """Which files.

    Attributes:
        company_ids: None = of all.
        words: In the name of the file, or of who brought it.
        sort: ``made``, ``name``, ``rows`` or ``by``.
        limit: None = all.
    """

    company_ids: Collection[int] | None = None
    of: FileOf | None = None
    stands: Stands | None = None
    words: str = ""
    sort: str = "made"
    descending: bool = True
    limit: int | None = 50
    offset: int = 0


class FilePage(NamedTuple):
    """Some of the files, and how many there are of each kind that are so."""

    rows: list[FileRow]
    counts: dict[FileOf, int]


class FileLists(Protocol):
    """Files that came in, listed."""

    def page(self, wanted: FileFilter) -> FilePage:
        """Those that fit; they are counted as if no kind were asked for."""
        ...
