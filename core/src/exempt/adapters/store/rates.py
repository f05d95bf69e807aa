"""Rates of exchange."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal

import sqlalchemy as sa

from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import many, one_of, run, run_many
from exempt.services import sale_ports as ports
from exempt.services.sale_ports import KeptRate, Rate


class Rates(ports.Rates):
    """US dollars for one unit of a currency."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def save(self, rates: Collection[Rate], at: dt.datetime, by: str) -> list[Rate]:
        currencies = many(self._c, sorted({each.currency for each in rates}))
        sql = f"SELECT currency, day, rate, source FROM exchange_rate WHERE {one_of(self._c, 'currency')}"  # noqa: S608, E501
        kept = {row[:2]: row[2:] for row in map(tuple, run(self._c, sql, currencies))}
        rows = {(each.currency, each.day.isoformat()): each for each in rates}
        differ = {key: each for key, each in rows.items() if kept.get(key) != _values(each)}
        run_many(
            self._c,
            "INSERT INTO exchange_rate (currency, day, rate, source, added_at, added_by)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (currency, day) DO UPDATE SET"
            " rate = excluded.rate, source = excluded.source, added_at = excluded.added_at,"
            " added_by = excluded.added_by",
            [(*key, *_values(each), micros(at), by) for key, each in differ.items()],
        )
        return [*differ.values()]

    def of(
        self, currencies: Collection[str], first: dt.date, last: dt.date
    ) -> dict[str, list[tuple[dt.date, Decimal]]]:
        sql = (
            f"SELECT currency, day, rate FROM exchange_rate r WHERE {one_of(self._c, 'currency')}"  # noqa: S608
            " AND day <= ? AND day >= coalesce((SELECT max(b.day) FROM exchange_rate b"
            " WHERE b.currency = r.currency AND b.day <= ?), ?) ORDER BY 1, 2"
        )
        ends = (last.isoformat(), first.isoformat(), first.isoformat())
        found: dict[str, list[tuple[dt.date, Decimal]]] = {}
        rows = run(self._c, sql, many(self._c, sorted(currencies)), *ends)
        for currency, day, rate in rows:
            found.setdefault(currency, []).append((dt.date.fromisoformat(day), Decimal(rate)))
        return found

    def kept(self, currency: str | None = None) -> list[KeptRate]:
        just = "" if currency is None else " WHERE currency = ?"
        sql = (
            "SELECT currency, day, rate, source, added_at, added_by FROM exchange_rate"  # noqa: S608
            f"{just} ORDER BY 1, 2"
        )
        return [
            KeptRate(
                Rate(row[0], dt.date.fromisoformat(row[1]), Decimal(row[2]), row[3]),
                moment(row[4]),
                row[5],
            )
            for row in run(self._c, sql, *([] if currency is None else [currency]))
        ]

    def sold_in(self, first_days: Mapping[str, dt.date]) -> dict[int, int]:
        found: dict[int, int] = {}
        sql = (
            "SELECT connection_id, min(id) FROM sales_order WHERE currency = ?"
            " AND order_date >= ? GROUP BY 1"
        )
        for currency, day in sorted(first_days.items()):
            for connection_id, first in run(self._c, sql, currency, day.isoformat()):
                found[connection_id] = min(first, found.get(connection_id, first))
        return found


def _values(rate: Rate) -> tuple[str, str]:
    return f"{rate.rate.normalize():f}", rate.source
