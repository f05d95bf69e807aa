"""A connector as a plugin has it: a page of JSON in, records out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from measure import Clock, Time

from exempt import (
    Address,
    Capability,
    CheckRequest,
    CheckResult,
    CloseRequest,
    Connector,
    ConnectorInfo,
    Context,
    Customer,
    FetchRequest,
    Order,
    OrderKind,
    OrderLine,
    Page,
    Settings,
    hookimpl,
)

Json = dict[str, Any]


PARSED: list[Time] = []
"""What reading and parsing JSON took, page by page: a source's part, not ours."""


class PagesSettings(Settings):
    """A folder with a file of pages for each stream; `source.write_pages` makes them."""

    folder: Path
    stream: Capability


class PagesConnector(Connector):
    """Reads one line of a file a call; the cursor is the offset of the next."""

    def __init__(self, settings: PagesSettings, _context: Context) -> None:
        self._file = (settings.folder / f"{settings.stream}.jsonl").open("rb")

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:  # noqa: ARG002
        """All is well."""
        return CheckResult(account="bench")

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        """A page of customers."""
        rows, following = self._page(request.cursor)
        return Page.read(rows, customer_of, next_cursor=following)

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        """A page of orders."""
        rows, following = self._page(request.cursor)
        return Page.read(rows, order_of, next_cursor=following)

    @hookimpl
    def close(self, request: CloseRequest) -> None:  # noqa: ARG002
        """Close the file."""
        self._file.close()

    def _page(self, cursor: str | None) -> tuple[list[Json], str | None]:
        clock = Clock()
        self._file.seek(int(cursor or 0))
        rows = json.loads(self._file.readline() or "[]")
        here = self._file.tell()
        following = str(here) if self._file.read(1) else None
        PARSED.append(clock.took())
        return rows, following


def customer_of(row: Json) -> Customer:
    """A customer of its JSON."""
    return Customer(
        external_id=row["id"],
        name=row["name"],
        number=row["number"],
        email=row["email"],
        billing_address=_address_of(row["address"]),
        exempt=row["exempt"],
    )


def order_of(row: Json) -> Order:
    """An order of its JSON."""
    return Order(
        external_id=row["id"],
        updated_at=row["updated"],
        customer_external_id=row["customer"],
        kind=OrderKind.INVOICE,
        number=row["number"],
        order_date=row["date"],
        ship_to=_address_of(row["ship_to"]),
        currency=row["currency"],
        total=row["total"],
        tax=row["tax"],
        lines=tuple(_line_of(line) for line in row["lines"]),
        purchase_order_number=row["purchase_order"],
    )


def _line_of(line: Json) -> OrderLine:
    return OrderLine(
        line_id=line["id"],
        product_external_id=line["product"],
        amount=line["amount"],
        tax=line["tax"],
    )


def _address_of(address: Json) -> Address:
    return Address(
        country=address["country"],
        state=address["state"],
        line1=address["line1"],
        city=address["city"],
        postal_code=address["postal_code"],
    )


INFO = ConnectorInfo(
    name="pages",
    title="Pages in a file",
    settings=PagesSettings,
    open=PagesConnector,
    capabilities=lambda settings: [settings.stream],
)
