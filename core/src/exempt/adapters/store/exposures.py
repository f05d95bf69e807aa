"""When thresholds were crossed, as it was worked out last, and where companies are registered."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import major, micros, moment
from exempt.adapters.store.database import insert, many, new_ids, one_of, run
from exempt.model.nexus import Spell
from exempt.services import exposure_ports as ports
from exempt.services.exposure_ports import (
    Crossing,
    CrossingOrder,
    KeptCrossings,
    NewRegistration,
    RegistrationRow,
)

_KEPT = "went_by, through, holds_through, spells, refreshed_at"
_REGISTRATION = (
    "id, company_id, jurisdiction, registered_from, registered_through, number, notes,"
    " made_at, made_by, removed_at, removed_by"
)


class Exposures(ports.Exposures):
    """Crossings and registrations."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def kept(
        self, company_ids: Collection[int], jurisdictions: Collection[str] | None = None
    ) -> dict[tuple[int, str], KeptCrossings]:
        where, values = one_of(self._c, "company_id"), [many(self._c, sorted(company_ids))]
        if jurisdictions is not None:
            where += f" AND {one_of(self._c, 'jurisdiction')}"
            values.append(many(self._c, sorted(jurisdictions)))
        sql = (
            f"SELECT company_id, jurisdiction, touched, {_KEPT} FROM exposure_state"  # noqa: S608
            f" WHERE {where}"
        )
        return {(row[0], row[1]): _kept(row[2:]) for row in run(self._c, sql, *values)}

    def keep(self, company_id: int, jurisdiction: str, kept: KeptCrossings) -> None:
        names = [name.strip() for name in _KEPT.split(",")]
        changes = ", ".join(f"{name} = excluded.{name}" for name in ("touched", *names))
        sql = (
            f"INSERT INTO exposure_state (company_id, jurisdiction, touched, {_KEPT})"  # noqa: S608
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            f" ON CONFLICT (company_id, jurisdiction) DO UPDATE SET {changes}"
        )
        run(self._c, sql, company_id, jurisdiction, *_columns(kept))

    def looked_at(self, company_ids: Collection[int], jurisdiction: str) -> None:
        sql = (
            "UPDATE exposure_state SET touched = FALSE WHERE touched AND jurisdiction = ?"  # noqa: S608
            f" AND {one_of(self._c, 'company_id')}"
        )
        run(self._c, sql, jurisdiction, many(self._c, sorted(company_ids)))

    def orders(self, order_ids: Collection[int]) -> dict[int, CrossingOrder]:
        if not order_ids:
            return {}
        sql = (
            "SELECT o.id, n.company_id, n.name, o.external_id, o.number, c.name, o.order_date,"  # noqa: S608
            " o.total, o.currency FROM sales_order o JOIN connection n ON n.id = o.connection_id"
            " LEFT JOIN source_customer s ON s.connection_id = o.connection_id"
            " AND s.external_id = o.customer_external_id"
            " LEFT JOIN customer c ON c.id = s.customer_id"
            f" WHERE {one_of(self._c, 'o.id')}"
        )
        rows = run(self._c, sql, many(self._c, sorted(order_ids)))
        return {row[0]: _order(row) for row in rows}

    # --- registrations -----------------------------------------------------------------------

    def register(
        self, company_id: int, new: Sequence[NewRegistration], at: dt.datetime, by: str
    ) -> list[RegistrationRow]:
        ids = list(new_ids(self._c, "registration", len(new)))
        names = [name.strip() for name in _REGISTRATION.split(",")]
        rows = [
            (
                each_id,
                company_id,
                each.jurisdiction,
                each.registered_from.isoformat(),
                _text(each.registered_through),
                each.number,
                each.notes,
                micros(at),
                by,
                None,
                None,
            )
            for each_id, each in zip(ids, new, strict=True)
        ]
        insert(self._c, "registration", names, rows)
        return [_registration(row) for row in rows]

    def registration(self, registration_id: int) -> RegistrationRow | None:
        sql = f"SELECT {_REGISTRATION} FROM registration WHERE id = ?"  # noqa: S608
        return next(map(_registration, run(self._c, sql, registration_id)), None)

    def registrations(
        self, company_ids: Collection[int] | None = None, *, removed: bool = False
    ) -> list[RegistrationRow]:
        tests = [] if removed else ["removed_at IS NULL"]
        values: list[Any] = []
        if company_ids is not None:
            tests.append(one_of(self._c, "company_id"))
            values.append(many(self._c, sorted(company_ids)))
        sql = (
            f"SELECT {_REGISTRATION} FROM registration WHERE {' AND '.join(tests or ['TRUE'])}"  # noqa: S608
            " ORDER BY jurisdiction, registered_from, id"
        )
        return [_registration(row) for row in run(self._c, sql, *values)]

    def unregister(self, registration_id: int, at: dt.datetime, by: str) -> None:
        sql = (
            "UPDATE registration SET removed_at = ?, removed_by = ?"
            " WHERE id = ? AND removed_at IS NULL"
        )
        run(self._c, sql, micros(at), by, registration_id)


# --- rows ----------------------------------------------------------------------------------


def _kept(row: Sequence[Any]) -> KeptCrossings:
    touched, went_by, through, holds_through, spells, refreshed_at = row
    return KeptCrossings(
        touched=bool(touched),
        went_by=went_by,
        through=_day(through),
        holds_through=_day(holds_through),
        crossings=tuple(map(_crossing, json.loads(spells))),
        refreshed_at=None if refreshed_at is None else moment(refreshed_at),
    )


def _columns(kept: KeptCrossings) -> tuple[Any, ...]:
    return (
        kept.touched,
        kept.went_by,
        _text(kept.through),
        _text(kept.holds_through),
        json.dumps([[*map(_plain, each.spell), each.order_id] for each in kept.crossings]),
        None if kept.refreshed_at is None else micros(kept.refreshed_at),
    )


def _crossing(values: Sequence[Any]) -> Crossing:
    """A list of the fields of a `Spell`, and the order's id."""
    crossed_on, met_on, ended_on, collect_from, version, window, first, order_id = values
    day = dt.date.fromisoformat
    spell = Spell(
        crossed_on=day(crossed_on),
        met_on=day(met_on),
        ended_on=_day(ended_on),
        collect_from=day(collect_from),
        version=version,
        window=window,
        first=day(first),
    )
    return Crossing(spell, order_id)


def _order(row: Sequence[Any]) -> CrossingOrder:
    order_id, company_id, connection, external_id, number, customer_name, *rest = row
    day, total, currency = rest
    return CrossingOrder(
        order_id=order_id,
        company_id=company_id,
        connection=connection,
        external_id=external_id,
        number=number,
        customer_name=customer_name,
        day=dt.date.fromisoformat(day),
        total=major(total, currency),
        currency=currency,
    )


def _registration(row: Sequence[Any]) -> RegistrationRow:
    id_, company_id, jurisdiction, first, last, number, notes, made_at, made_by, *removed = row
    removed_at, removed_by = removed
    return RegistrationRow(
        id=id_,
        company_id=company_id,
        jurisdiction=jurisdiction,
        registered_from=dt.date.fromisoformat(first),
        registered_through=_day(last),
        number=number,
        notes=notes,
        made_at=moment(made_at),
        made_by=made_by,
        removed_at=None if removed_at is None else moment(removed_at),
        removed_by=removed_by,
    )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value


def _text(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
