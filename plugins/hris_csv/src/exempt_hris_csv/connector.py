"""Reads employees from one CSV file, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from exempt import (
    CheckRequest,
    CheckResult,
    ConfigError,
    Connector,
    Context,
    Employee,
    FetchRequest,
    Page,
    Problem,
    Severity,
    TransientError,
    hookimpl,
)
from exempt_hris_csv.columns import count_known, find_columns, require_columns
from exempt_hris_csv.cursor import finished, going_on, start_of
from exempt_hris_csv.employees import EmployeeReader
from exempt_hris_csv.places import Places
from exempt_hris_csv.settings import HrisCsvSettings
from exempt_hris_csv.table import Row, Table, open_table


class HrisCsv(Connector):
    """An HR export in a CSV file.

    A file that did not change since its checkpoint gives an empty page; one
    that did is read anew, as exports do not say what changed.
    """

    def __init__(self, settings: HrisCsvSettings, context: Context) -> None:
        self._settings = settings
        self._path = context.folder / settings.path
        self._places = Places(settings.default_country, settings.locations)

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:  # noqa: ARG002 - it asks nothing
        """Read the whole file, and say which columns are understood and which rows are not."""
        try:
            with self._explained():
                table = self._open()
                return _report(table, self._reader(table))
        except (ConfigError, TransientError) as error:
            wrong = Problem(
                code="unreadable",
                message=str(error),
                help="Export the file again, or mend `path` and `columns` in the settings.",
            )
            return CheckResult(account=self._path.name, problems=(wrong,))

    @hookimpl
    def fetch_employees(self, request: FetchRequest) -> Page[Employee]:
        """Employees in the file's order, past ones too; ``since`` leaves nobody out."""
        with self._explained():
            table = self._open()
            if request.ids is not None:
                return _named_in(table, self._reader(table), frozenset(request.ids))
            start = start_of(request.cursor, table)
            if start is None:
                return Page(checkpoint=request.cursor)
            rows, end = table.rows(start, request.page_size)
            more = end.offset < table.size
            return _page(
                self._reader(table),
                rows,
                next_cursor=going_on(end, table) if more else None,
                checkpoint=None if more else finished(end),
            )

    def _open(self) -> Table:
        settings = self._settings
        return open_table(
            self._path,
            encoding=settings.encoding,
            delimiter=settings.delimiter,
            seed=settings.model_dump_json().encode(),
            known=lambda header: count_known(header, settings.columns),
        )

    def _reader(self, table: Table) -> EmployeeReader:
        columns = find_columns(table.header, self._settings.columns)
        require_columns(columns, table.header)
        return EmployeeReader(
            header=table.header,
            columns=columns,
            places=self._places,
            date_formats=self._settings.date_formats,
            keep_labels=self._settings.keep_labels,
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors of the file and its columns, in words that name the file."""
        name = self._path.name
        try:
            yield
        except ConfigError as error:
            msg = f"{name}: {error}"
        except (FileNotFoundError, NotADirectoryError):
            msg = f"{name}: no such file in {self._path.parent}: put it there, or mend `path`"
        except (PermissionError, IsADirectoryError):
            msg = f"{name}: not a file that may be read: mend `path`, or give the permission"
        except UnicodeError:
            msg = f"{name}: not {self._settings.encoding} throughout: save it as UTF-8"
        except OSError as error:
            msg = f"{name}: could not be read: {error.strerror}"
            raise TransientError(msg) from error
        else:
            return
        raise ConfigError(msg) from None


def _page(
    reader: EmployeeReader,
    rows: Iterable[Row],
    *,
    deleted: Iterable[str] = (),
    next_cursor: str | None = None,
    checkpoint: str | None = None,
) -> Page[Employee]:
    return Page.read(
        rows,
        reader.read,
        row_name=lambda _number, row: f"line {row.line}",
        row_id=reader.row_id,
        deleted=deleted,
        next_cursor=next_cursor,
        checkpoint=checkpoint,
    )


def _named_in(table: Table, reader: EmployeeReader, ids: frozenset[str]) -> Page[Employee]:
    """The rows of *ids*, and which of them the file does not have."""
    rows = {row: found for row in table.each() if (found := reader.row_id(row)) in ids}
    return _page(reader, rows, deleted=sorted(ids.difference(rows.values())))


def _report(table: Table, reader: EmployeeReader) -> CheckResult:
    page = _page(reader, table.each())
    return CheckResult(
        account=f"{table.path.name}: {len(page.records)} employees; {reader.understood()}",
        problems=tuple(_problems(page)),
    )


def _problems(page: Page[Employee]) -> Iterator[Problem]:
    if page.rejected:
        first = page.rejected[0]
        yield Problem(
            severity=Severity.WARNING,
            code="rejected_rows",
            message=f"rows set aside: {len(page.rejected)}; {first.row}: {first.reason}",
            help="Mend them in the HR system or the file, and put the file in place again.",
        )
    nowhere = sum(not (e.work_location or e.home_location) for e in page.records)
    if nowhere:
        yield Problem(
            severity=Severity.WARNING,
            code="no_place",
            message=f"employees with neither a place of work nor a home: {nowhere}",
            help="Export the home address, too: work from home counts there.",
        )
