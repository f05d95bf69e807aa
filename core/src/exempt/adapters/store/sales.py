"""How orders count, saved by differences together with the running totals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from exempt.adapters.store.database import (
    Row,
    insert,
    is_sqlite,
    lock_company,
    many,
    one_of,
    run,
    run_many,
)
from exempt.adapters.store.nexus_tables import AMOUNTS, COUNTS
from exempt.adapters.store.sales_read import SalesRead
from exempt.adapters.store.sales_rows import SALE, row_of_sale
from exempt.model.nexus import USD, Sale
from exempt.services import sale_ports as ports

_KEY = ("company_id", "grain", "jurisdiction", "first_day", "currency", "marketplace")
_SUMS = (*AMOUNTS, *COUNTS)
_COLUMNS = ("order_id", "company_id", *SALE)
_ADD = (
    f"INSERT INTO sales_total ({', '.join((*_KEY, *_SUMS))}) {{rows}}"
    f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET"
    f" {', '.join(f'{name} = sales_total.{name} + excluded.{name}' for name in _SUMS)}"
)
_NOTHING = " AND ".join(f"{name} = 0" for name in _SUMS)
_TYPES = ("bigint", "text", "text", "date", "text", "boolean", *("bigint",) * len(_SUMS))
_TOUCH = (
    "INSERT INTO exposure_state (company_id, jurisdiction, touched) {rows}"
    " ON CONFLICT (company_id, jurisdiction) DO UPDATE SET touched = TRUE"
    " WHERE NOT exposure_state.touched"
)
_NONE = [0] * len(_SUMS)
_COUNT = {name: number for number, name in enumerate(AMOUNTS, len(AMOUNTS))}


class Sales(SalesRead, ports.Sales):
    """Sales and their totals."""

    def save(self, company_id: int, sales: Mapping[int, Sale | None]) -> int:
        if not sales:
            return 0
        lock_company(self._c, company_id)
        before = self._kept(sales)
        rows = {order_id: row_of_sale(sale) for order_id, sale in sales.items() if sale is not None}
        differ = {i: row for i, row in rows.items() if before.get(i) != row}
        gone = [i for i in before if i in differ or i not in rows]
        self._forget(gone)
        new = [(order_id, company_id, *row) for order_id, row in differ.items()]
        insert(self._c, "sale", _COLUMNS, new)
        self._move(company_id, differ.values(), [before[order_id] for order_id in gone])
        return len(differ) + sum(order_id not in differ for order_id in gone)

    def drop(self, order_ids: Collection[int]) -> int:
        sql = f"SELECT order_id, company_id FROM sale WHERE {one_of(self._c, 'order_id')}"  # noqa: S608
        of: dict[int, dict[int, None]] = defaultdict(dict)
        for order_id, company_id in run(self._c, sql, many(self._c, list(order_ids))):
            of[company_id][order_id] = None
        return sum(self.save(company_id, of[company_id]) for company_id in sorted(of))

    def _kept(self, order_ids: Collection[int]) -> dict[int, Row]:
        """The rows of SALE of these orders that there are."""
        # Orders that are newer than all that count are most of a backfill.
        newest = run(self._c, "SELECT max(order_id) FROM sale")[0][0]
        if newest is None or newest < min(order_ids):
            return {}
        sql = f"SELECT order_id, {', '.join(SALE)} FROM sale WHERE {one_of(self._c, 'order_id')}"  # noqa: S608
        return {row[0]: tuple(row[1:]) for row in run(self._c, sql, many(self._c, list(order_ids)))}

    def _forget(self, order_ids: Sequence[int]) -> None:
        if order_ids:
            sql = f"DELETE FROM sale WHERE {one_of(self._c, 'order_id')}"  # noqa: S608
            run(self._c, sql, many(self._c, order_ids))

    def _move(self, company_id: int, new: Iterable[Row], old: Collection[Row]) -> None:
        """Add *new* to the totals of a company, and take *old* away."""
        days = _sums(new, old)
        if not days:
            return
        moved = [
            (company_id, grain, *key, *sums)
            for grain, totals in (("day", days), ("month", _months(days)))
            for key, sums in totals.items()
        ]
        self._add(moved)
        if old or any(min(row[len(_KEY) :]) < 0 for row in moved):
            self._drop_nothing(moved)
        touched = {place for place, _, currency, _ in days if currency == USD}
        self._touch(company_id, [place for place in sorted(touched) if place.startswith("US-")])

    def _add(self, rows: Sequence[Row]) -> None:
        if is_sqlite(self._c):
            marks = ", ".join("?" * len(_TYPES))
            run_many(self._c, _ADD.format(rows=f"VALUES ({marks})"), rows)
            return
        arrays = ", ".join(f"?::{kind}[]" for kind in _TYPES)
        added = f"SELECT * FROM unnest({arrays})"  # noqa: S608
        run(self._c, _ADD.format(rows=added), *map(list, zip(*rows, strict=True)))

    def _touch(self, company_id: int, states: Sequence[str]) -> None:
        # "WHERE TRUE": else SQLite takes ON CONFLICT for a part of the join.
        of_list = "json_each(?)" if is_sqlite(self._c) else "unnest(?::text[]) AS s (value)"
        rows = f"SELECT CAST(? AS bigint), value, TRUE FROM {of_list} WHERE TRUE"  # noqa: S608
        run(self._c, _TOUCH.format(rows=rows), company_id, many(self._c, states))

    def _drop_nothing(self, rows: Sequence[Row]) -> None:
        """Of these totals, take away those that are nothing now."""
        key = " AND ".join(f"{name} = ?" for name in _KEY)
        keys = [row[: len(_KEY)] for row in rows]
        run_many(self._c, f"DELETE FROM sales_total WHERE {key} AND {_NOTHING}", keys)  # noqa: S608


def _sums(new: Iterable[Row], old: Iterable[Row]) -> dict[Row, list[int]]:
    """What amounts and numbers of days move by, where they do."""
    sums: dict[Row, list[int]] = defaultdict(_NONE.copy)
    for sign, rows in ((1, new), (-1, old)):
        for place, day, currency, marketplace, taxable, *others, counts_as in rows:
            found = sums[place, day, currency, marketplace]
            found[0] += sign * taxable
            for number, amount in enumerate(others, 1):
                if amount:
                    found[number] += sign * amount
            if counts_as is not None:
                found[_COUNT[counts_as]] += sign
    return {key: found for key, found in sums.items() if any(found)}


def _months(days: Mapping[Row, list[int]]) -> dict[Row, list[int]]:
    """The same of months."""
    months: dict[Row, list[int]] = {}
    for (place, day, currency, marketplace), sums in days.items():
        key = (place, f"{day[:7]}-01", currency, marketplace)
        found = months.get(key)
        months[key] = sums if found is None else [*map(int.__add__, found, sums)]
    return months
