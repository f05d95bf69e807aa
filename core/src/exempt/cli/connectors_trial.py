"""A trial of settings: the remote is asked, and what came is kept beside what was made of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from exempt.errors import ConnectorError, SettingsError
from exempt.model.checking import Capability, Problem, Severity
from exempt.model.fetching import FetchRequest, Page, Rejected, Stream
from exempt.model.record import SourceRecord
from exempt.model.watching import Watched, watching
from exempt.services.ports import Connection

PRIVATE = frozenset({Stream.EMPLOYEES})
"""Streams whose rows as they came are not shown: lists of staff hold pay and social-security
numbers, which the records leave out."""

_PAGES = 3
"""How many pages are read at most: some remotes begin with an empty one."""


@dataclass(frozen=True)
class Row:
    """One row: as the remote gave it, and the record made of it or why there is none."""

    raw: object = field(repr=False)
    record: SourceRecord | None = field(repr=False)
    rejected: Rejected | None = None


@dataclass(frozen=True)
class Tried:
    """What came of one stream.

    Attributes:
        has_raw: Whether the connector showed the rows as they came.
        deleted: Identifiers that the remote no longer has.
        error: What went wrong, in words.
    """

    stream: Stream
    rows: tuple[Row, ...] = ()
    has_raw: bool = True
    deleted: tuple[str, ...] = ()
    error: str | None = None

    @property
    def empty(self) -> list[str]:
        """Fields that none of the records has anything in."""
        records = [row.record for row in self.rows if row.record]
        names = list(type(records[0]).model_fields) if records else []
        return [name for name in names if all(_nothing(getattr(r, name)) for r in records)]

    @property
    def useless(self) -> bool:
        """Whether nothing could be read although something is there."""
        return bool(self.error or (self.rows and not any(row.record for row in self.rows)))


@dataclass(frozen=True)
class Trial:
    """What came of the settings as a whole."""

    connector: str
    account: str | None
    problems: tuple[Problem, ...]
    streams: tuple[Tried, ...]
    error: str | None = None

    @property
    def failed(self) -> bool:
        """Whether something must be mended before the connection is used."""
        broken = any(problem.severity is Severity.ERROR for problem in self.problems)
        return bool(self.error or broken or any(tried.useless for tried in self.streams))


def trial_of(
    connection: Connection, connector: str, streams: Collection[Stream], request: FetchRequest
) -> Trial:
    """Check *connection*, and read the first rows of *streams*, or of all it has."""
    try:
        result = connection.check()
    except ConnectorError as error:
        return Trial(connector, None, (), (), str(error))
    stopped = any(p.code == "credentials" for p in result.problems)
    wanted = [] if stopped else [*_wanted(connection, streams)]
    tried = tuple(_tried(connection, stream, request) for stream in wanted)
    return Trial(connector, result.account, result.problems, tried)


def _wanted(connection: Connection, streams: Collection[Stream]) -> Iterator[Stream]:
    for stream in Stream:
        if Capability(stream.value) in connection.capabilities:
            if not streams or stream in streams:
                yield stream
        elif stream in streams:
            msg = f"--stream {stream}: the settings describe no {stream}: add them, or leave it out"
            raise SettingsError(msg)


def _tried(connection: Connection, stream: Stream, request: FetchRequest) -> Tried:
    try:
        with watching() as watched:
            page = _first_page(connection, stream, request)
    except ConnectorError as error:
        return Tried(stream, error=str(error))
    rows = tuple(_rows(page, [] if stream in PRIVATE else watched))
    has_raw = not rows or any(row.raw is not None for row in rows)
    return Tried(stream, rows[: request.page_size], has_raw, page.deleted)


def _first_page(
    connection: Connection, stream: Stream, request: FetchRequest
) -> Page[SourceRecord]:
    """The first page with something on it, or the last one that was looked at."""
    page = connection.fetch(stream, request)
    for _ in range(_PAGES - 1):
        if page.records or page.rejected or page.next_cursor is None:
            break
        page = connection.fetch(stream, request.model_copy(update={"cursor": page.next_cursor}))
    return page


def _rows(page: Page[SourceRecord], watched: Sequence[Watched]) -> Iterator[Row]:
    """Records and rejected rows, each with the row it came from, in the order of the rows."""
    records = {record.external_id: record for record in page.records}
    rejected = iter(page.rejected)
    shown = [one.record.external_id for one in watched if one.record]
    apart = [each for each in records if each not in shown]
    # A connector may gather its records itself, from rows that gave none: one from each, in order.
    silent = [one for one in watched if one.record is None and not one.rejected]
    of_silent = dict(zip(map(id, silent), apart, strict=False)) if len(silent) == len(apart) else {}
    for one in watched:
        external_id = one.record.external_id if one.record else of_silent.get(id(one), "")
        if one.rejected:
            yield Row(one.row, None, next(rejected, None))
        elif record := records.pop(external_id, None):
            yield Row(one.row, record)
    for record in records.values():
        yield Row(None, record)
    for left in rejected:
        yield Row(None, None, left)


def _nothing(value: Any) -> bool:
    return value is None or value in ("", (), {}, [])
