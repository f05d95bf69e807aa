"""Files that came in, of whatever kind, in one list."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import moment
from exempt.adapters.store.database import is_sqlite, many, one_of, run
from exempt.services import file_ports as ports
from exempt.services.file_ports import FileFilter, FileOf, FilePage, FileRow, Stands

_MENDED = "CASE WHEN {bad} THEN 'mend' ELSE 'ready' END"
_SORTS = {
    "made": "f.created_at {0}, f.kind, f.id {0}",
    "name": "lower(f.file_name) {0}, f.created_at DESC, f.id DESC",
    "rows": "f.rows {0}, f.created_at DESC, f.id DESC",
    "by": "f.created_by {0}, f.created_at DESC, f.id DESC",
}
_LISTED = (
    "f.kind, f.id, f.company, f.file_name, f.state, f.stands, f.rows, f.created_at,"
    " f.created_by, f.ended_at, f.ended_by"
)


class FileLists(ports.FileLists):
    """Files that came in."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def page(self, wanted: FileFilter) -> FilePage:
        files = self._files()
        tests, values = self._tests(wanted)
        where = " AND ".join(tests) or "1 = 1"
        sql = f"SELECT f.kind, count(*) FROM ({files}) f WHERE {where} GROUP BY f.kind"  # noqa: S608
        counts = {FileOf(kind): count for kind, count in run(self._c, sql, *values)}
        if wanted.of:
            where, values = f"{where} AND f.kind = ?", [*values, wanted.of.value]
        order = _SORTS.get(wanted.sort, _SORTS["made"])
        order = order.format("DESC" if wanted.descending else "ASC")
        limit = "" if wanted.limit is None else f" LIMIT {wanted.limit:d} OFFSET {wanted.offset:d}"
        sql = f"SELECT {_LISTED} FROM ({files}) f WHERE {where} ORDER BY {order}{limit}"  # noqa: S608
        return FilePage([_row(row) for row in run(self._c, sql, *values)], counts)

    def _tests(self, wanted: FileFilter) -> tuple[list[str], list[Any]]:
        tests: list[str] = []
        values: list[Any] = []
        if wanted.company_ids is not None:
            tests.append(one_of(self._c, "f.company_id"))
            values.append(many(self._c, sorted(wanted.company_ids)))
        if wanted.stands:
            tests.append("f.stands = ?")
            values.append(wanted.stands.value)
        if wanted.words:
            like = wanted.words.casefold()
            for sign in "\\%_":
                like = like.replace(sign, f"\\{sign}")
            like = f"%{like}%"
            tests.append(
                "(lower(f.file_name) LIKE ? ESCAPE ? OR lower(f.created_by) LIKE ? ESCAPE ?)"
            )
            values += [like, "\\", like, "\\"]
        return tests, values

    def _files(self) -> str:
        """All of them, told alike."""
        number = self._number
        bad = f"{number('r.counts', 'bad')} + {number('r.counts', 'planned', 'left')} > 0"
        imports = (
            "SELECT CASE r.kind WHEN 'customers' THEN 'customers' ELSE 'employees' END AS kind,"  # noqa: S608
            " r.id AS id, r.company_id AS company_id, m.name AS company,"
            " r.file_name AS file_name, r.state AS state,"
            f" CASE r.state WHEN 'checked' THEN {_MENDED.format(bad=bad)}"
            " WHEN 'applied' THEN 'done' WHEN 'undone' THEN 'undone'"
            " WHEN 'dropped' THEN 'given-up' ELSE 'working' END AS stands,"
            f" {number('r.counts', 'rows')} AS rows, r.created_at AS created_at,"
            " r.created_by AS created_by, COALESCE(r.undone_at, r.applied_at) AS ended_at,"
            " COALESCE(r.undone_by, r.applied_by) AS ended_by"
            " FROM import_run r JOIN company m ON m.id = r.company_id"
        )
        draft = _MENDED.format(bad="b.mistakes <> '[]'")
        sales = (
            "SELECT 'sales', b.id, c.company_id, m.name, b.file_name, b.state,"  # noqa: S608
            f" CASE b.state WHEN 'draft' THEN {draft} WHEN 'checked' THEN 'ready'"
            " WHEN 'imported' THEN 'ready' WHEN 'complete' THEN 'done' WHEN 'undone' THEN 'undone'"
            " WHEN 'dropped' THEN 'given-up' ELSE 'working' END,"
            f" {number('b.counts', 'rows')}, b.created_at, b.created_by,"
            " COALESCE(b.undone_at, b.imported_at), COALESCE(b.undone_by, b.imported_by)"
            " FROM backfill_run b JOIN connection c ON c.id = b.connection_id"
            " JOIN company m ON m.id = c.company_id"
        )
        return f"{imports} UNION ALL {sales}"

    def _number(self, column: str, *path: str) -> str:
        """A number in a column of JSON; 0 where it is not there."""
        if is_sqlite(self._c):
            found = f"json_extract({column}, '$.{'.'.join(path)}')"
        else:
            found = f"CAST({column} AS json) #>> '{{{','.join(path)}}}'"
        return f"COALESCE(CAST({found} AS INTEGER), 0)"


def _row(row: Any) -> FileRow:
    kind, file_id, company, name, state, stands, rows, made_at, made_by, ended_at, ended_by = row
    return FileRow(
        of=FileOf(kind),
        id=file_id,
        company=company,
        name=name,
        state=state,
        stands=Stands(stands),
        rows=int(rows),
        made_at=moment(made_at),
        made_by=made_by,
        ended_at=None if ended_at is None else moment(ended_at),
        ended_by=ended_by,
    )
