"""Files of employees that came in: what they have, and what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from exempt.adapters.store.customer_tables import import_run as table
from exempt.adapters.store.database import many, one_of, run
from exempt.model.imports import ImportCounts, ImportState, PeopleRun
from exempt.services import import_ports as ports

_R = table.c
_KIND = "employees"
_MOVING = {"state", "position", "applied_at", "applied_by", "undone_at", "undone_by"}


class PeopleFiles(ports.PeopleFiles):
    """Files of employees; they stand among the imports of customers."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def begin(
        self,
        company_id: int,
        file_name: str,
        sha256: str,
        counts: ImportCounts,
        at: dt.datetime,
        *,
        by: str,
    ) -> PeopleRun:
        made = self._c.execute(
            sa.insert(table)
            .values(
                company_id=company_id,
                kind=_KIND,
                template=_KIND,
                file_name=file_name,
                sha256=sha256,
                options="{}",
                counts=counts.model_dump_json(exclude_defaults=True),
                state=ImportState.CHECKED.value,
                created_at=at,
                created_by=by,
            )
            .returning(table)
        )
        return _run(made.mappings().one())

    def unfinished(self) -> list[PeopleRun]:
        going_on = [ImportState.APPLYING.value, ImportState.UNDOING.value]
        query = sa.select(table).where(_R.kind == _KIND, _R.state.in_(going_on)).order_by(_R.id)
        return [_run(row) for row in self._c.execute(query).mappings()]

    def get(self, run_id: int) -> PeopleRun | None:
        query = sa.select(table).where(_R.id == run_id, _R.kind == _KIND)
        row = self._c.execute(query).mappings().one_or_none()
        return _run(row) if row else None

    def save(self, run: PeopleRun) -> None:
        values = run.model_dump(include=_MOVING)
        values["counts"] = run.counts.model_dump_json(exclude_defaults=True)
        self._c.execute(sa.update(table).where(_R.id == run.id).values(**values))

    def known(self, connection_id: int, external_ids: Collection[str]) -> int:
        sql = (
            "SELECT count(*) FROM employee WHERE connection_id = ?"  # noqa: S608
            f" AND {one_of(self._c, 'external_id')}"
        )
        return int(run(self._c, sql, connection_id, many(self._c, list(external_ids)))[0][0])


def _run(row: sa.RowMapping) -> PeopleRun:
    values = {name: row[name] for name in PeopleRun.model_fields}
    return PeopleRun(**{**values, "counts": ImportCounts.model_validate_json(row["counts"])})
