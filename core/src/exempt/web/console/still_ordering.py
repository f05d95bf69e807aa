"""The page of expired certificates whose customers have open orders: whom to ask first."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import Response

from exempt.data import jurisdiction_name
from exempt.model.access import Right
from exempt.services import still_ordering
from exempt.services.tables_out import Row, Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Column, Lister
from exempt.web.pages import Call, Pages

pages = Pages()

LIST = Lister(
    "/still-ordering",
    columns=(
        Column("customer", "Customer", fixed=True),
        Column("state", "State"),
        Column("certificate", "Certificate"),
        Column("ended", "Ended"),
        Column("orders", "Open orders", end=True),
        Column("total", "Worth", end=True),
        Column("email", "E-mail"),
    ),
)


@pages.get(LIST.path, may=Right.READ)
def list_(call: Call) -> Response:
    """Expired certificates with open orders, the latest end first."""
    asked, on = LIST.read(call), call.site.clock().date()
    found = still_ordering.page(call.site.store, call.scope, on, asked.limit, asked.offset)
    return call.page(
        "home/still_ordering.html",
        rows=found.rows,
        listing=LIST.shown(call, asked, total=found.total),
        may_ask=call.site.requests_enabled and call.by.may(Right.REQUEST),
    )


@pages.get(f"{LIST.path}/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    """All of them as a file."""
    first = ("Customer", "State", "Certificate", "Number", "Ended", "Open orders")
    heads = (*first, "Currency", "Worth", "E-mail")
    return exports.send(
        call, Sheet("Expired, still ordering", heads, _rows(call)), "still-ordering"
    )


def _rows(call: Call) -> Iterator[Row]:
    on = call.site.clock().date()
    for row in still_ordering.every(call.site.store, call.scope, on):
        yield (
            row.customer,
            jurisdiction_name(row.jurisdiction),
            row.certificate_id,
            row.number,
            row.ended_on,
            row.orders,
            row.currency if row.total is not None else None,
            row.total,
            row.email,
        )
