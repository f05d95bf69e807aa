"""Physical nexus as stated, and the places of the people who may make it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from exempt.adapters.store import nexus_tables as n
from exempt.adapters.store import pages
from exempt.adapters.store.columns import micros
from exempt.adapters.store.database import Row, lock, many, new_ids, one_of, run, run_many
from exempt.adapters.store.pages import latest
from exempt.model.people import Left, Place, PlaceKind, StaffPlace
from exempt.model.presence import PresenceKind
from exempt.model.sources import Employee
from exempt.rules import staff_moves
from exempt.services import presence_ports as ports
from exempt.services.brought_ports import Before
from exempt.services.presence_ports import NewPresence, PresenceRow
from exempt.services.rows import ConnectionRow, SavedRecords

_PLACE = ("jurisdiction", "kind", "from_day", "through_day", "by_start", "seen_day", "left_how")
_PLACES = ", ".join(f"p.{column}" for column in _PLACE)
_STAFF = (
    "SELECT p.id, c.company_id, p.connection_id, c.name, p.external_id, e.label, e.start_date,"  # noqa: S608
    f" e.contractor, p.warning_id, {_PLACES} FROM employee_place p"
    " JOIN connection c ON c.id = p.connection_id"
    " JOIN employee e ON e.connection_id = p.connection_id AND e.external_id = p.external_id"
)


class Presences(ports.Presences):
    """Presences, and places of employees."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    # --- presences -------------------------------------------------------------------

    def add(
        self, company_id: int, new: Sequence[NewPresence], at: dt.datetime, by: str
    ) -> list[PresenceRow]:
        ids = list(new_ids(self._c, "presence", len(new)))
        rows = [
            {"id": key, "company_id": company_id, **each._asdict(), "made_at": at, "made_by": by}
            for key, each in zip(ids, new, strict=True)
        ]
        if rows:
            self._c.execute(sa.insert(n.presence), rows)
        found = {row.id: row for row in self._presences(n.presence.c.id.in_(ids))}
        return [found[key] for key in ids]

    def get(self, presence_id: int) -> PresenceRow | None:
        return next(iter(self._presences(n.presence.c.id == presence_id)), None)

    def all(
        self, company_ids: Collection[int] | None = None, *, removed: bool = False
    ) -> list[PresenceRow]:
        p = n.presence.c
        tests = [] if company_ids is None else [p.company_id.in_(sorted(company_ids))]
        return self._presences(*tests, *([] if removed else [p.removed_at.is_(None)]))

    def _presences(self, *tests: sa.ColumnElement[bool]) -> list[PresenceRow]:
        p = n.presence.c
        query = sa.select(*(p[name] for name in PresenceRow._fields)).where(*tests)
        order = (p.jurisdiction, p.effective_date, p.id)
        return [
            PresenceRow(*row)._replace(kind=PresenceKind(row.kind))
            for row in self._c.execute(query.order_by(*order))
        ]

    def change(
        self, presence_id: int, effective_date: dt.date, end_date: dt.date | None, notes: str
    ) -> None:
        says = {"effective_date": effective_date, "end_date": end_date, "notes": notes}
        self._c.execute(sa.update(n.presence).where(n.presence.c.id == presence_id).values(**says))

    def remove(self, presence_id: int, at: dt.datetime, by: str) -> None:
        p = n.presence.c
        taken_back = {"removed_at": at, "removed_by": by}
        self._c.execute(
            sa.update(n.presence)
            .where(p.id == presence_id, p.removed_at.is_(None))
            .values(**taken_back)
        )

    def since(
        self, company_ids: Collection[int], on: dt.date | None = None
    ) -> dict[tuple[int, str], dt.date]:
        found: dict[tuple[int, str], dt.date] = {}
        for row in self.all(company_ids):
            if on is None or row.in_force(on):
                key = (row.company_id, row.jurisdiction)
                found[key] = min(row.effective_date, found.get(key, row.effective_date))
        return found

    # --- people ----------------------------------------------------------------------

    def places(
        self, company_ids: Collection[int], jurisdiction: str | None = None
    ) -> list[StaffPlace]:
        just = "" if jurisdiction is None else " AND p.jurisdiction = ?"
        sql = f"{_STAFF} WHERE {one_of(self._c, 'c.company_id')}{just} ORDER BY p.id"
        words = () if jurisdiction is None else (jurisdiction,)
        rows = run(self._c, sql, many(self._c, sorted(company_ids)), *words)
        return [_staff_place(row) for row in rows]

    def unplaced(self, company_ids: Collection[int]) -> int:
        sql = (
            "SELECT count(*) FROM employee e JOIN connection c ON c.id = e.connection_id"  # noqa: S608
            f" WHERE e.deleted_at IS NULL AND {one_of(self._c, 'c.company_id')}"
            " AND NOT EXISTS (SELECT 1 FROM employee_place p"
            " WHERE p.connection_id = e.connection_id AND p.external_id = e.external_id)"
        )
        return int(run(self._c, sql, many(self._c, sorted(company_ids)))[0][0])

    def state(
        self,
        connection: ConnectionRow,
        stated: Sequence[tuple[Employee, Sequence[Place]]],
        at: dt.datetime,
    ) -> SavedRecords:
        places = {record.external_id: list(mine) for record, mine in stated}

        def restate(record: Employee, known: Mapping[int, Place]) -> staff_moves.Followed:
            return staff_moves.restate(known, places[record.external_id])

        return save_employees(self._c, connection, [r for r, _ in stated], at, restate)

    def told(self, place_ids: Collection[int], warning_id: int) -> None:
        sql = f"UPDATE employee_place SET warning_id = ? WHERE {one_of(self._c, 'id')}"  # noqa: S608
        run(self._c, sql, warning_id, many(self._c, sorted(place_ids)))


# --- where the records of a page lead --------------------------------------------------

Follow = Callable[[Employee, Mapping[int, Place]], staff_moves.Followed]


def save_employees(
    connection: sa.Connection,
    source: ConnectionRow,
    records: Iterable[Employee],
    at: dt.datetime,
    follow: Follow | None = None,
) -> SavedRecords:
    """Save employees, and where they are from now on; *follow* says how, else the rules do.

    What a place was before stays, as one of the past.
    """
    lock(connection, f"employees of connection {source.id}")
    employees = latest(records)
    rows = [pages.employee_row(employee) for employee in employees.values()]
    saved = pages.save(connection, pages.EMPLOYEES, source.id, rows, at)
    stale = saved.stale.keys()
    known = known_places(connection, source.id, employees)
    changed: dict[int, Place] = {}
    new: list[tuple[str, Place]] = []
    for external_id, employee in employees.items():
        mine = known.get(external_id, {})
        if external_id in stale or (follow is None and mine and external_id in saved.same):
            continue
        after = follow(employee, mine) if follow else staff_moves.follow(mine, employee, at.date())
        changed.update(after.changed)
        new += [(external_id, place) for place in after.new]
    _write(connection, source.id, changed, new)
    return SavedRecords(len(saved.new), len(saved.changed), len(saved.same) + len(stale))


def employees_gone(
    connection: sa.Connection, connection_id: int, external_ids: Sequence[str], at: dt.datetime
) -> None:
    """End the places of employees whom their source has no more."""
    lock(connection, f"employees of connection {connection_id}")
    known = known_places(connection, connection_id, external_ids)
    changed: dict[int, Place] = {}
    for mine in known.values():
        changed.update(staff_moves.deleted(mine, at.date()))
    _write(connection, connection_id, changed, [])


def put_back(
    connection: sa.Connection,
    source: ConnectionRow,
    people: Mapping[str, Before | None],
    at: dt.datetime,
) -> None:
    """Let employees be as they were; a place that came since never was, nor who is None."""
    lock(connection, f"employees of connection {source.id}")
    records = [cast("Employee", was.record) for was in people.values() if was]
    rows = [pages.employee_row(record) for record in records]
    pages.save(connection, pages.EMPLOYEES, source.id, rows, at)
    gone = [external_id for external_id, was in people.items() if was is None]
    pages.mark_deleted(connection, pages.EMPLOYEES.name, source.id, gone, micros(at))
    changed: dict[int, Place] = {}
    for external_id, mine in known_places(connection, source.id, people).items():
        was = people[external_id]
        before = was.places if was else {}
        for key, place in mine.items():
            changed[key] = before.get(key, place._replace(left=Left.CORRECTED))
    _write(connection, source.id, changed, [])


def known_places(
    connection: sa.Connection, connection_id: int, external_ids: Collection[str]
) -> dict[str, dict[int, Place]]:
    """The places that are known of these employees, by their keys, oldest first."""
    sql = (
        f"SELECT p.external_id, p.id, {_PLACES} FROM employee_place p"  # noqa: S608
        f" WHERE p.connection_id = ? AND {one_of(connection, 'p.external_id')} ORDER BY p.id"
    )
    found: dict[str, dict[int, Place]] = defaultdict(dict)
    for row in run(connection, sql, connection_id, many(connection, list(external_ids))):
        found[row[0]][row[1]] = _place(row[2:])
    return found


def _write(
    connection: sa.Connection,
    connection_id: int,
    changed: Mapping[int, Place],
    new: Sequence[tuple[str, Place]],
) -> None:
    says = ", ".join(f"{column} = ?" for column in _PLACE)
    run_many(
        connection,
        f"UPDATE employee_place SET {says} WHERE id = ?",  # noqa: S608
        [(*_row(place), key) for key, place in changed.items()],
    )
    ids = new_ids(connection, "employee_place", len(new))
    names = ", ".join(_PLACE)
    marks = ", ".join("?" * len(_PLACE))
    run_many(
        connection,
        f"INSERT INTO employee_place (id, connection_id, external_id, {names})"  # noqa: S608
        f" VALUES (?, ?, ?, {marks})",
        [
            (key, connection_id, external_id, *_row(place))
            for key, (external_id, place) in zip(ids, new, strict=True)
        ],
    )


def _row(place: Place) -> Row:
    return (
        place.jurisdiction,
        place.kind.value,
        place.from_day and place.from_day.isoformat(),
        place.through_day and place.through_day.isoformat(),
        place.by_start,
        place.seen_day.isoformat(),
        place.left.value,
    )


def _place(row: Any) -> Place:
    return Place(
        jurisdiction=row[0],
        kind=PlaceKind(row[1]),
        from_day=_day(row[2]),
        through_day=_day(row[3]),
        by_start=bool(row[4]),
        seen_day=dt.date.fromisoformat(row[5]),
        left=Left(row[6]),
    )


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _staff_place(row: Any) -> StaffPlace:
    return StaffPlace(
        id=row[0],
        company_id=row[1],
        connection_id=row[2],
        connection=row[3],
        external_id=row[4],
        label=row[5],
        start_date=_day(row[6]),
        contractor=bool(row[7]),
        warning_id=row[8],
        place=_place(row[9:]),
    )
