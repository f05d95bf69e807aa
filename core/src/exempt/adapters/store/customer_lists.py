"""Lists of customer cards, by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.ship_to_states import GOODS_GO_TO
from exempt.model.customer import ENGINE_NEEDS, mailbox
from exempt.services.rows import (
    CustomerFilter,
    CustomerLack,
    CustomerPage,
    CustomerRow,
    Exposure,
)

_IN_FORCE = (
    "SELECT {} FROM certificate_customer k JOIN certificate f ON f.id = k.certificate_id"
    " WHERE k.customer_id = c.id AND f.review_status = 'accepted'"
    " AND (f.archived_date IS NULL OR f.archived_date > ?)"
    " AND EXISTS (SELECT 1 FROM coverage v WHERE v.certificate_id = f.id AND v.effective_date <= ?"
    " AND (v.expiration_date IS NULL OR v.expiration_date >= ?)"
    " AND (v.held_through IS NULL OR v.held_through >= ?))"
)
_DAYS = _IN_FORCE.count("?")
_COLUMN = {"line1": "address_line1", "city": "address_city", "state": "address_state"} | {
    "country": "address_country",
    "postal_code": "address_postal_code",
}
_BOUGHT_EXEMPT = (
    "EXISTS (SELECT 1 FROM source_customer s JOIN sales_order o"
    " ON o.connection_id = s.connection_id AND o.customer_external_id = s.external_id"
    " JOIN decision d ON d.order_id = o.id AND d.superseded_at IS NULL"
    " WHERE s.customer_id = c.id AND NOT d.tax_applicable AND NOT o.voided"
    " AND o.deleted_at IS NULL)"
)
_SHIPS_TO = " OR ".join(
    f"c.id IN (SELECT c.id FROM customer c {join} WHERE {place} = ? AND {test})"  # noqa: S608
    for join, place, test in GOODS_GO_TO
)
_NO_SOURCE = (
    "NOT EXISTS (SELECT 1 FROM source_customer s WHERE s.customer_id = c.id"
    " AND s.deleted_at IS NULL)"
)


class CustomerLists:
    """The part of `ports.Cards` that lists."""

    _c: sa.Connection

    def page(self, filters: CustomerFilter, on: dt.date) -> CustomerPage:
        tests, parameters = self.conditions(filters, on)
        where = " AND ".join(("c.gone_at IS NULL", *tests))
        if filters.lacking is CustomerLack.EMAIL:
            return self._without_email(where, parameters, filters, on)
        total = run(self._c, f"SELECT count(*) FROM customer c WHERE {where}", *parameters)[0][0]  # noqa: S608
        limit = f" LIMIT {filters.limit:d} OFFSET {filters.offset:d}" if filters.limit else ""
        return CustomerPage(self._rows(where, parameters, on, limit), total)

    def places(self, customer_ids: Collection[int]) -> dict[int, set[str]]:
        these = one_of(self._c, "c.id")
        sql = " UNION ".join(
            f"SELECT c.id, {place} FROM customer c {join} WHERE {these} AND {test}"  # noqa: S608
            for join, place, test in GOODS_GO_TO
        )
        found: dict[int, set[str]] = {}
        ids = many(self._c, list(customer_ids))
        for card, place in run(self._c, sql, *(ids,) * len(GOODS_GO_TO)):
            found.setdefault(card, set()).add(place)
        return found

    def exposure(self, customer_ids: Collection[int]) -> list[Exposure]:
        sql = (
            "SELECT d.jurisdiction, d.tax_applicable, d.ground = 'no_certificate', o.currency,"  # noqa: S608
            " count(*), sum(o.total) FROM source_customer s JOIN sales_order o"
            " ON o.connection_id = s.connection_id AND o.customer_external_id = s.external_id"
            " JOIN decision d ON d.order_id = o.id AND d.superseded_at IS NULL"
            f" WHERE {one_of(self._c, 's.customer_id')} AND NOT o.voided AND o.deleted_at IS NULL"
            " GROUP BY 1, 2, 3, 4 ORDER BY 1, 4, 2, 3"
        )
        return [
            Exposure(place, bool(taxed), bool(claimed), currency, orders, int(total))
            for place, taxed, claimed, currency, orders, total in run(
                self._c, sql, many(self._c, list(customer_ids))
            )
        ]

    def certificates_of(self, customer_id: int) -> list[int]:
        sql = (
            "SELECT certificate_id FROM certificate_customer WHERE customer_id = ?"
            " ORDER BY certificate_id"
        )
        return [row[0] for row in run(self._c, sql, customer_id)]

    def _rows(
        self, where: str, parameters: Iterable[Any], on: dt.date, limit: str = ""
    ) -> list[CustomerRow]:
        today = [on.isoformat()] * _DAYS
        sql = (
            "SELECT c.id, c.number, c.name, c.email, c.flagged_exempt,"  # noqa: S608
            " (SELECT count(*) FROM source_customer s WHERE s.customer_id = c.id"
            f" AND s.deleted_at IS NULL), ({_IN_FORCE.format('count(*)')}), m.key, c.code,"
            " c.address_country, c.address_state"
            f" FROM customer c JOIN company m ON m.id = c.company_id WHERE {where}"
            f" ORDER BY c.name, c.id{limit}"
        )
        return [_customer(row) for row in run(self._c, sql, *today, *parameters)]

    def _without_email(
        self, where: str, parameters: list[Any], filters: CustomerFilter, on: dt.date
    ) -> CustomerPage:
        """What is an address that mail could be sent to, no database can tell."""
        sql = (
            "SELECT c.id, c.email, c.bounced_email FROM customer c"  # noqa: S608
            f" WHERE {where} ORDER BY c.name, c.id"
        )
        ids = [row[0] for row in run(self._c, sql, *parameters) if not mailbox(row[1], row[2])]
        shown = ids[filters.offset :][: filters.limit or None]
        these = one_of(self._c, "c.id")
        return CustomerPage(self._rows(these, [many(self._c, shown)], on), len(ids))

    def active_certificates(self, customer_ids: Collection[int], on: dt.date) -> dict[int, int]:
        """How many certificates in force each of these holds itself; who holds none is absent."""
        today = [on.isoformat()] * _DAYS
        sql = (
            f"SELECT c.id, ({_IN_FORCE.format('count(*)')}) FROM customer c"  # noqa: S608
            f" WHERE {one_of(self._c, 'c.id')}"
        )
        rows = run(self._c, sql, *today, many(self._c, list(customer_ids)))
        return {row[0]: row[1] for row in rows if row[1]}

    def conditions(self, filters: CustomerFilter, on: dt.date) -> tuple[list[str], list[Any]]:
        """What a customer ``c`` is chosen by, and the parameters of that."""
        tests: list[str] = []
        parameters: list[Any] = []

        def add(test: str, *values: Any) -> None:
            tests.append(test)
            parameters.extend(values)

        if filters.words and (words := filters.words.strip()):
            add(*self._has_words(words))
        if filters.company_ids is not None:
            add(one_of(self._c, "c.company_id"), many(self._c, sorted(filters.company_ids)))
        for column, wanted in (
            ("c.flagged_exempt", filters.flagged),
            ("c.excluded_from_mailings", filters.excluded_from_mailings),
            (_BOUGHT_EXEMPT, filters.bought_exempt),
        ):
            if wanted is not None:
                add(column if wanted else f"NOT {column}")
        if filters.jurisdiction is not None:
            add(f"({_SHIPS_TO})", *(filters.jurisdiction,) * len(GOODS_GO_TO))
        if filters.lacking is not None:
            add(*_lacking(filters.lacking, on))
        return tests, parameters

    def _has_words(self, words: str) -> tuple[str, ...]:
        like = f"%{_escaped(words.casefold())}%"
        letters = "".join(filter(str.isalnum, words)).casefold()
        tests = [f"c.{key} LIKE ? ESCAPE '!'" for key in ("name_key", "number_key", "email_key")]
        values = [like, like, like]
        if letters:
            tests.append("c.tax_id_key LIKE ? ESCAPE '!'")
            values.append(f"%{letters}%")
        tests.append("lower(c.code) LIKE ? ESCAPE '!'")
        values.append(f"%{_escaped(words.lower())}%")
        number = words.casefold().removeprefix("id:")
        if words.casefold().startswith("id:") and number.isdecimal() and len(number) < 11:
            tests.append(f"c.id = {int(number):d}")
        return (f"({' OR '.join(tests)})", *values)


def _escaped(words: str) -> str:
    return words.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _lacking(lack: CustomerLack, on: dt.date) -> tuple[str, ...]:
    """A condition, and its parameters."""
    if lack is CustomerLack.ENGINE:
        blank = (f"coalesce(c.{_COLUMN.get(name, name)}, '') = ''" for name in ENGINE_NEEDS)
        return (f"({' OR '.join(blank)})",)
    if lack is CustomerLack.SOURCE:
        return (_NO_SOURCE,)
    if lack is CustomerLack.CERTIFICATE:
        held = _IN_FORCE.format("1")
        return (f"c.flagged_exempt AND NOT EXISTS ({held})", *[on.isoformat()] * _DAYS)
    return ("TRUE",)


def _customer(row: Any) -> CustomerRow:
    number, name, email, flagged, sources, certificates, company, code, country, state = row[1:]
    return CustomerRow(
        row[0],
        number,
        name,
        email,
        bool(flagged),
        sources,
        certificates,
        company,
        code,
        f"{country}-{state}" if country and state else None,
    )
