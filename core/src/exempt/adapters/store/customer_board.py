"""Customers listed for people: an index gives their order, and reading ends when there are enough.

Whether mail can be sent to an address no database can tell: it tells which
addresses are plain beyond doubt, and all others are looked at.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store.columns import moment
from exempt.adapters.store.customer_lists import CustomerLists as Conditions
from exempt.adapters.store.customer_tables import DOUBTFUL_POSTGRESQL, DOUBTFUL_SQLITE
from exempt.adapters.store.database import is_sqlite, many, one_of, run
from exempt.model.customer import mailbox
from exempt.services import customer_ports as ports
from exempt.services.customer_ports import (
    COUNTED,
    MOST,
    CustomerList,
    CustomerSort,
    ListedCustomer,
    ListFilter,
    Standing,
)
from exempt.services.rows import CustomerFilter, CustomerLack

_ID = re.compile(r"[iI][dD]:([0-9]{1,9})")
_ORDER = {
    CustomerSort.NAME: ("c.name_key {0}", "c.id {0}"),
    CustomerSort.NUMBER: ("c.number_key {0} NULLS LAST", "c.id {0}"),
    CustomerSort.ADDED: ("c.id {0}",),
}
"""An index has these orders. Where few fit, it is quicker to read the table and sort those few:
an order by ``name_key || ''`` no index has.
"""
_HELD = (
    "SELECT k.customer_id, f.id, min(v.expiration_date), count(v.expiration_date)"
    " FROM certificate_customer k JOIN certificate f ON f.id = k.certificate_id"
    " JOIN coverage v ON v.certificate_id = f.id"
    " WHERE {} AND f.review_status = 'accepted'"
    " AND (f.archived_date IS NULL OR f.archived_date > ?) AND v.effective_date <= ?"
    " AND (v.expiration_date IS NULL OR v.expiration_date >= ?)"
    " AND (v.held_through IS NULL OR v.held_through >= ?) GROUP BY 1, 2"
)
_ROWS = (
    "SELECT c.id, c.number, c.name, c.email, c.bounced_email, c.code, c.tax_id, c.address_city,"
    " c.address_country, c.address_state, m.name, c.flagged_exempt, c.resale_certificate_number,"
    " c.excluded_from_mailings, c.created_at,"
    " (SELECT count(*) FROM source_customer s WHERE s.customer_id = c.id AND s.deleted_at IS NULL)"
    " FROM customer c JOIN company m ON m.id = c.company_id WHERE {}"
)
_FEW = 20_000
"""So many decisions are looked through, and their orders looked up."""

_EXEMPT = "d.superseded_at IS NULL AND NOT d.tax_applicable"
_BUYERS = (
    "c.id IN (SELECT s.customer_id FROM decision d JOIN sales_order o ON o.id = d.order_id"  # noqa: S608
    " JOIN source_customer s ON s.connection_id = o.connection_id"
    " AND s.external_id = o.customer_external_id"
    f" WHERE {_EXEMPT} AND NOT o.voided AND o.deleted_at IS NULL)"
)
"""Whoever bought something exempt, where few orders are: else each customer is asked for one."""


class CustomerBoard(ports.CustomerLists):
    """Customers listed."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection
        self._conditions = _Conditions(connection)

    def page(self, filters: ListFilter, on: dt.date) -> CustomerList:
        most = _counted(filters)
        ids = self._ids(filters, on, _order(filters), most + 1)  # in one go, counted and sorted
        shown = ids[:most][filters.offset :][: filters.limit]
        return CustomerList(self._rows(shown, on), min(len(ids), most), len(ids) > most)

    def after(
        self, filters: ListFilter, after: int, limit: int, on: dt.date
    ) -> list[ListedCustomer]:
        return self._rows(self._ids(filters, on, "c.id", limit, after), on)

    def _where(self, filters: ListFilter, on: dt.date) -> tuple[str, list[Any]]:
        tests, parameters = self._conditions.conditions(_as_filter(filters), on)
        if known := _ID.fullmatch(filters.words.strip()):
            tests.append(f"c.id = {int(known[1]):d}")
        if filters.ids is not None:
            tests.append(one_of(self._c, "c.id"))
            parameters.append(many(self._c, sorted(filters.ids)))
        if filters.standing in {Standing.COVERED, Standing.UNCOVERED}:
            held = Standing.COVERED is filters.standing
            lacks, values = self._conditions.conditions(_WITHOUT, on)
            tests.append(f"c.flagged_exempt AND {'NOT ' if held else ''}({' AND '.join(lacks)})")
            parameters += values
        return " AND ".join(("c.gone_at IS NULL", *tests)), parameters

    def _ids(
        self, filters: ListFilter, on: dt.date, order: str, limit: int, after: int = 0
    ) -> list[int]:
        where, parameters = self._where(filters, on)
        if filters.standing is Standing.BOUGHT and self._few_exempt():
            where, order = f"{where} AND {_BUYERS}", order.replace("_key ", "_key || '' ")
        if after:
            where, parameters = f"{where} AND c.id > ?", [*parameters, after]
        if filters.lacking is CustomerLack.EMAIL:
            return self._unreached(where, parameters, order, limit)
        sql = f"SELECT c.id FROM customer c WHERE {where} ORDER BY {order} LIMIT {limit:d}"  # noqa: S608
        return [row[0] for row in run(self._c, sql, *parameters)]

    def _unreached(
        self, where: str, parameters: Sequence[Any], order: str, limit: int
    ) -> list[int]:
        doubtful = DOUBTFUL_SQLITE if is_sqlite(self._c) else DOUBTFUL_POSTGRESQL
        sql = (
            "SELECT c.id, c.email, c.bounced_email FROM customer c"  # noqa: S608
            f" WHERE {where} AND {doubtful} ORDER BY {order}"
        )
        rows = run(self._c, sql, *parameters)
        return list(islice((row[0] for row in rows if not mailbox(row[1], row[2])), limit))

    def _few_exempt(self) -> bool:
        """Whether few orders are decided exempt."""
        sql = f"SELECT count(*) FROM (SELECT 1 FROM decision d WHERE {_EXEMPT} LIMIT {_FEW + 1}) q"  # noqa: S608
        return int(run(self._c, sql)[0][0]) <= _FEW

    def _rows(self, ids: Sequence[int], on: dt.date) -> list[ListedCustomer]:
        these = many(self._c, list(ids))
        held: dict[int, list[str | None]] = {}
        today = [on.isoformat()] * 4
        sql = _HELD.format(one_of(self._c, "k.customer_id"))
        for customer, _certificate, first, _ended in run(self._c, sql, these, *today):
            held.setdefault(customer, []).append(first)
        found = run(self._c, _ROWS.format(one_of(self._c, "c.id")), these)
        rows = {row[0]: _listed(row, held.get(row[0], [])) for row in found}
        return [rows[each] for each in ids if each in rows]


class _Conditions(Conditions):
    """What customers are chosen by."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection


_WITHOUT = CustomerFilter(lacking=CustomerLack.CERTIFICATE)


def _as_filter(filters: ListFilter) -> CustomerFilter:
    standing = filters.standing
    flagged = {Standing.EXEMPT: True, Standing.TAXABLE: False}
    return CustomerFilter(
        words=None if _ID.fullmatch(filters.words.strip()) else filters.words or None,
        company_ids=filters.company_ids,
        flagged=flagged.get(standing) if standing else None,
        lacking=filters.lacking,
        bought_exempt=True if standing is Standing.BOUGHT else None,
        excluded_from_mailings=True if standing is Standing.NO_MAILINGS else None,
        jurisdiction=filters.jurisdiction,
    )


def _counted(filters: ListFilter) -> int:
    """How many are counted: where orders are looked through, some pages further than is shown."""
    if filters.standing is not Standing.BOUGHT:
        return MOST
    return min(MOST, max(COUNTED, filters.offset + 10 * filters.limit))


def _order(filters: ListFilter) -> str:
    way = "DESC" if filters.descending else "ASC"
    rare = (
        filters.words
        or filters.jurisdiction
        or filters.lacking in {CustomerLack.EMAIL, CustomerLack.ENGINE}
        or filters.standing is Standing.NO_MAILINGS
    )
    order = ", ".join(part.format(way) for part in _ORDER[filters.sort])
    return order.replace("_key ", "_key || '' ") if rare else order


def _listed(row: Any, ends: Sequence[str | None]) -> ListedCustomer:
    known, number, name, email, bounced, code, tax_id, city, country, state, company, *rest = row
    exempt, free_form, no_mailings, made_at, sources = rest
    days = [day for day in ends if day]
    return ListedCustomer(
        id=known,
        number=number,
        name=name,
        email=email,
        code=code,
        tax_id=tax_id,
        city=city,
        jurisdiction=f"{country}-{state}" if country and state else None,
        company=company,
        exempt=bool(exempt),
        free_form=bool(free_form),
        reached=mailbox(email, bounced) is not None,
        no_mailings=bool(no_mailings),
        certificates=len(ends),
        ends_on=dt.date.fromisoformat(min(days)) if days else None,
        sources=sources,
        made_at=moment(made_at),
    )
