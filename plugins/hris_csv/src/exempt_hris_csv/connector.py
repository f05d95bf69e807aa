"""Reads employees from HR exports, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from exempt import (
    CheckRequest,
    CheckResult,
    Connector,
    Context,
    Employee,
    FetchRequest,
    Page,
    Rejected,
    hookimpl,
)
from exempt_hris_csv.cursor import Run, parse_cursor
from exempt_hris_csv.employees import EmployeeReader, Gone
from exempt_hris_csv.files import Export, find_exports
from exempt_hris_csv.opening import explained, open_export, reader_of
from exempt_hris_csv.places import Places
from exempt_hris_csv.report import report
from exempt_hris_csv.rows import Opened, Row
from exempt_hris_csv.run import Part, begin, go_on, parts
from exempt_hris_csv.settings import HrisCsvSettings


class HrisCsv(Connector):
    """HR exports in files.

    Files that did not change since their checkpoint give an empty page; if one
    did, all are read anew, as exports do not say what changed.
    """

    def __init__(self, settings: HrisCsvSettings, context: Context) -> None:
        self._settings = settings
        self._paths = tuple(context.folder / path for path in settings.paths)
        self._now = context.now
        self._places = Places(settings.default_country, settings.locations)

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:  # noqa: ARG002 - it asks nothing
        """Read all files, and say which columns are understood and which rows are not."""
        return report(self._exports, self._settings, self._places, self._now().date())

    @hookimpl
    def fetch_employees(self, request: FetchRequest) -> Page[Employee]:
        """Employees in the files' order, past ones too; ``since`` leaves nobody out."""
        exports = self._exports()
        if request.ids is not None:
            return self._named(exports, frozenset(request.ids))
        rejected: tuple[Rejected, ...] = ()
        run = parse_cursor(request.cursor)
        if isinstance(run, Run):
            go_on(exports, self._settings, run)
        else:
            begun = begin(exports, self._settings, self._places, run)
            if begun is None:
                return Page(checkpoint=request.cursor)
            run, rejected = begun.run, begun.rejected
        page = self._page(exports, run, request.page_size)
        return page.model_copy(update={"rejected": rejected + page.rejected})

    def _exports(self) -> list[Export]:
        return find_exports(
            self._paths,
            newest=self._settings.files == "newest",
            now=self._now(),
            quiet=dt.timedelta(seconds=self._settings.quiet_seconds),
        )

    def _page(self, exports: list[Export], run: Run, page_size: int) -> Page[Employee]:
        """The page at which *run* has arrived; a page ends with its file."""
        there = parts(exports, run, numbers_are_shared=self._settings.numbers == "shared")
        part = there[run.part]
        with explained(part.export, self._settings.encoding):
            opened, reader = self._open(part)
            rows, after = opened.rows(run.position or opened.start, page_size)
        at_end = after is None and run.part + 1 == len(there)
        ahead = replace(run, part=run.part + (after is None), position=after)
        page = page_of(rows, reader, part, unit=self._unit(opened, part.export, exports))
        return page.model_copy(
            update={
                "next_cursor": None if at_end else str(ahead),
                "checkpoint": str(run.done) if at_end else None,
                "snapshot": run.snapshot,
            }
        )

    def _open(self, part: Part) -> tuple[Opened, EmployeeReader]:
        settings = self._settings
        opened = open_export(part.export, settings)
        form = settings.date_formats[part.form]
        return opened, reader_of(opened, part.export, settings, self._places, form)

    def _unit(self, opened: Opened, export: Export, exports: list[Export]) -> str:
        return opened.unit if len(exports) == 1 else f"{export.label} {opened.unit}"

    def _named(self, exports: list[Export], ids: frozenset[str]) -> Page[Employee]:
        """The rows of *ids*; of those that no file has, that they are gone, if all were read."""
        begun = begin(exports, self._settings, self._places, None)
        assert begun is not None  # noqa: S101 - only a checkpoint makes it None
        found: dict[str, Employee] = {}
        rejected = begun.rejected
        for part in parts(exports, begun.run, numbers_are_shared=False):
            with explained(part.export, self._settings.encoding):
                opened, reader = self._open(part)
                rows = [row for row in opened.each() if reader.row_id(row) in ids]
            page = page_of(rows, reader, part, unit=self._unit(opened, part.export, exports))
            rejected += page.rejected
            for employee in page.records:
                before = found.get(employee.external_id)
                if before is None or before.end_date or not employee.end_date:
                    found[employee.external_id] = employee
        known = found.keys() | {row.external_id for row in rejected}
        gone = sorted(ids - known) if begun.whole else ()
        return Page(records=tuple(found.values()), rejected=rejected, deleted=tuple(gone))


def page_of(
    rows: Iterable[Row], reader: EmployeeReader, part: Part, *, unit: str
) -> Page[Employee]:
    """The employees of *rows*; of one in several rows the last one counts."""
    last: dict[str, Employee | Gone] = {}

    def translate(row: Row) -> None:
        found = reader.read(row)
        if found is None:
            return
        departed = isinstance(found, Gone) or found.end_date is not None
        if part.departed in {None, departed}:
            last[found.external_id] = found

    read: Page[Employee] = Page.read(
        rows,
        translate,
        row_name=lambda _number, row: f"{unit} {row.line}",
        row_id=reader.row_id,
    )
    return Page(
        records=tuple(found for found in last.values() if isinstance(found, Employee)),
        deleted=tuple(found.external_id for found in last.values() if isinstance(found, Gone)),
        rejected=() if part.departed else read.rejected,
    )
