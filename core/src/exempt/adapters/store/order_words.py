"""Orders by what somebody typed, or by their customer: looked up where they are few."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from exempt.adapters.store.database import binary, is_sqlite, many, one_of, run

_BUYERS = "SELECT {} FROM customer u JOIN source_customer s ON s.customer_id = u.id WHERE {}"
_KEY = "s.connection_id, s.external_id"
_NAMED = "u.name_key LIKE ? ESCAPE '!' OR u.number_key LIKE ? ESCAPE '!'"
_NUMBERED = "(o.number{binary} >= ? AND o.number{binary} < ?)"
_CALLED = "connection_id IN (SELECT id FROM connection) AND external_id = ?"

FEW_BUYERS = 5_000
FEW_ORDERS = 50_000
_END = "\U0010ffff"
"""Comes after all that is written."""


class Named(NamedTuple):
    """Orders that fit: their ids where they are few, else a condition on ``o``, with its values."""

    ids: list[int] | None
    tests: list[tuple[Any, ...]]


class Words:
    """Looks orders up."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def orders(self, words: str) -> Named:
        """Those whose number begins with *words*, or whose customer has them in name or number."""
        like = f"%{_escaped(words.casefold())}%"
        begins = [(start, start + _END) for start in dict.fromkeys((words, words.upper()))]
        either = " OR ".join([_NUMBERED.format(binary=binary(self._c))] * len(begins))
        names: list[Any] = [each for pair in begins for each in pair]
        sql = (
            f"SELECT id FROM (SELECT id FROM sales_order o WHERE {either} LIMIT ?) n"  # noqa: S608
            f" UNION SELECT id FROM sales_order WHERE {_CALLED}"
            " UNION SELECT id FROM sales_order WHERE id = ?"
        )
        rows = run(self._c, sql, *names, FEW_ORDERS + 1, words, _id_of(words))
        ids = [row[0] for row in rows]
        bought = self._bought(_NAMED, like, like) if len(ids) <= FEW_ORDERS else None
        if bought is not None:
            return Named(sorted({*ids, *bought}), [])
        test = (
            f"({either} OR o.external_id = ? OR o.id = ?"
            f" OR (o.connection_id, o.customer_external_id) IN ({_BUYERS.format(_KEY, _NAMED)}))"
        )
        return Named(None, [(test, *names, words, _id_of(words), like, like)])

    def of_customer(self, customer_id: int) -> Named:
        """Those of a billing customer."""
        bought = self._bought("u.id = ?", customer_id)
        if bought is not None:
            return Named(bought, [])
        buyers = _BUYERS.format(_KEY, "u.id = ?")
        test = f"(o.connection_id, o.customer_external_id) IN ({buyers})"
        return Named(None, [(test, customer_id)])

    def _bought(self, of_whom: str, *values: Any) -> list[int] | None:
        """The ids of orders of customers; None where they are many."""
        buyers = f"{_BUYERS.format('s.id', of_whom)} LIMIT {FEW_BUYERS + 1}"
        found = [row[0] for row in run(self._c, buyers, *values)]
        if len(found) > FEW_BUYERS:
            return None
        join = "CROSS JOIN" if is_sqlite(self._c) else "JOIN"
        on = "WHERE" if is_sqlite(self._c) else "ON"
        these = f"SELECT {_KEY} FROM source_customer s WHERE {one_of(self._c, 's.id')}"  # noqa: S608
        sql = (
            f"SELECT o.id FROM ({these}) k {join} sales_order o"  # noqa: S608
            f" {on} o.connection_id = k.connection_id AND o.customer_external_id = k.external_id"
            f" LIMIT {FEW_ORDERS + 1}"
        )
        ids = [row[0] for row in run(self._c, sql, many(self._c, found))] if found else []
        return ids if len(ids) <= FEW_ORDERS else None


def _id_of(words: str) -> int:
    """Our own id, as ``id:12``; -1 where it is none."""
    number = words.casefold().removeprefix("id:")
    known = number != words.casefold() and number.isascii() and number.isdecimal()
    return int(number) if known and len(number) < 10 else -1


def _escaped(words: str) -> str:
    return words.replace("!", "!!").replace("%", "!%").replace("_", "!_")
