"""The list of orders, each with its decision."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TypeVar

from starlette.responses import Response

from exempt.data import jurisdictions
from exempt.errors import NotFoundError
from exempt.model.access import Right
from exempt.model.decision import Ground
from exempt.services import order_lists, scoped
from exempt.services.order_ports import (
    Decided,
    OrderFilter,
    OrderRow,
    OrderSort,
    OrderState,
)
from exempt.services.order_words import GROUNDS
from exempt.services.ports import Transaction
from exempt.services.rows import ConnectionRow
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.console.order_view import known, places
from exempt.web.pages import Call, Pages
from exempt.web.typed import day_of, number_of

pages = Pages()
E = TypeVar("E", bound=StrEnum)

FILTERS = ("decided", "ground", "state", "status", "source", "from", "to")
LIST = Lister(
    "/orders",
    columns=(
        Column("number", "Order", sort=True, fixed=True),
        Column("date", "Date", sort=True),
        Column("customer", "Customer"),
        Column("state", "State"),
        Column("total", "Total", sort=True, end=True),
        Column("decision", "Decision", fixed=True),
        Column("certificate", "Certificate"),
        Column("status", "Status"),
        Column("source", "Source"),
        Column("kind", "Kind", hidden=True),
        Column("decided", "Decided", hidden=True),
    ),
    filters=(*FILTERS, "certificate", "customer"),
    sort="-date",
)

TABS = (
    ("", "All"),
    (Decided.EXEMPT.value, "Exempt"),
    (Decided.TAXABLE.value, "Taxable"),
    (Decided.WITHOUT.value, "Exempt without certificate"),
)
HEADS = (
    *("Order", "Kind", "Date", "Customer", "State", "Currency", "Total", "Decision", "Exempt part"),
    *("Ground", "Certificate", "Status", "Source", "Decided"),
)


@pages.get("/orders", may=Right.READ)
def list_(call: Call) -> Response:
    """Orders, the newest first."""
    asked = LIST.read(call)
    with call.site.store.reading() as tx:
        found = order_lists.page(tx, _filter(call, asked))
        sources = [row.name for row in scoped.connections(tx, call.by) if _in_scope(call, row)]
        of_whom = _customer(call, tx, asked)
    return call.page(
        "orders/list.html",
        listing=LIST.shown(call, asked, total=found.total, capped=found.capped),
        rows=found.orders,
        tabs=[(asked.address(decided=key or None), title, None) for key, title in TABS],
        here=[key for key, _ in TABS].index(asked.filter("decided"))
        if asked.filter("decided") in dict(TABS)
        else 0,
        grounds=[(ground.value, title) for ground, title in GROUNDS.items()],
        places=places(),
        sources=[(name, name) for name in sources],
        of_whom=of_whom,
        of_certificate=number_of(asked.filter("certificate")),
        ground_words=GROUNDS,
        **known(),
    )


@pages.get("/orders/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """All that fit, by their dates."""
    wanted = _filter(call, LIST.read(call))
    rows: Iterator[Row] = map(_cells, order_lists.every(call.site.store, wanted))
    return exports.send(call, Sheet("Orders", HEADS, rows), "orders")


def _cells(row: OrderRow) -> Row:
    alive = row.state is not OrderState.CANCELLED and row.ground is not None
    return (
        row.number,
        row.kind.value,
        row.order_date,
        row.customer,
        row.jurisdiction,
        row.currency,
        row.total,
        ("taxable" if row.tax_applicable else "exempt") if alive else None,
        row.exempt_percentage if alive else None,
        GROUNDS[row.ground] if alive and row.ground else None,
        row.certificate_number,
        row.state.value,
        row.connection,
        row.decided_at,
    )


def _filter(call: Call, asked: Asked) -> OrderFilter:
    """What the address asks; what makes no sense is as if it were not there."""
    place = asked.filter("state")
    return OrderFilter(
        words=asked.words,
        company_ids=call.scope,
        decided=_one_of(Decided, asked.filter("decided")),
        ground=_one_of(Ground, asked.filter("ground")),
        customer_id=number_of(asked.filter("customer")),
        certificate_id=number_of(asked.filter("certificate")),
        jurisdiction=place if place in jurisdictions() else None,
        state=_one_of(OrderState, asked.filter("status")),
        connection=asked.filter("source") or None,
        first=day_of(asked.filter("from")),
        last=day_of(asked.filter("to")),
        sort=OrderSort(asked.sort),
        descending=asked.descending,
        limit=asked.limit,
        offset=asked.offset,
    )


def _in_scope(call: Call, row: ConnectionRow) -> bool:
    return call.scope is None or row.company_id in call.scope


def _customer(call: Call, tx: Transaction, asked: Asked) -> str | None:
    """The name of the customer whose orders are asked for, if the caller may know it."""
    customer_id = number_of(asked.filter("customer"))
    if customer_id is None:
        return None
    try:
        return scoped.customer(tx, customer_id, call.by).name
    except NotFoundError:
        return None


def _one_of(kind: type[E], text: str) -> E | None:
    return kind(text) if text in set(kind) else None
