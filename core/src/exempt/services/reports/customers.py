"""The report of customers without certificates: flagged exempt, and nothing of theirs in force."""

from __future__ import annotations

from collections.abc import Iterator

from exempt.services.ports import Store, Transaction
from exempt.services.reports.shapes import About, Ask, Field, Found, Kind, Line, Report
from exempt.services.rows import CustomerFilter, CustomerLack, CustomerRow

_AT_ONCE = 5_000
_TITLE = "Customers without certificates"


def _filters(ask: Ask) -> CustomerFilter:
    return CustomerFilter(
        company_ids=ask.company_ids,
        lacking=CustomerLack.CERTIFICATE,
        jurisdiction=ask.jurisdiction,
        limit=ask.limit,
        offset=ask.offset,
    )


def _part(tx: Transaction, ask: Ask) -> Found:
    page = tx.cards.page(_filters(ask), ask.on)
    return Found([_line(each) for each in page.customers], page.total)


def _lines(store: Store, ask: Ask) -> Iterator[Line]:
    with store.reading() as tx:
        while found := tx.cards.page(_filters(ask._replace(limit=_AT_ONCE)), ask.on).customers:
            yield from map(_line, found)
            ask = ask._replace(offset=ask.offset + _AT_ONCE)


def _line(row: CustomerRow) -> Line:
    cells = (row.name, row.number, row.jurisdiction, row.email, row.company)
    return Line(cells, About.CUSTOMER, row.id)


WITHOUT_CERTIFICATES = Report(
    "customers-without-certificates",
    _TITLE,
    "Customers flagged as exempt that hold no certificate in force of their own.",
    "Every customer that is flagged as exempt holds a certificate in force.",
    (
        Field("customer", "Customer"),
        Field("number", "Number"),
        Field("state", "State", Kind.PLACE),
        Field("email", "E-mail"),
        Field("company", "Company", hidden=True),
    ),
    _part,
    _lines,
)
