"""A Stripe of many customers that answers each call after a while, in a process of its own.

``backfill_server.py CUSTOMERS SECONDS`` prints its address. It lists customers as
Stripe does (newest first, ``created[gte]``, ``created[lt]``, ``starting_after``,
``limit``), has no events, and takes hardly any time of the processor, so that
the clients are what is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
from urllib.parse import parse_qs, unquote, urlsplit

BEGAN, SPAN = 1_700_000_000, 90_000_000
"""When the first customer was made, and over how many seconds all of them were."""


def customer(number: int, created: int) -> bytes:
    """A customer as Stripe shows it."""
    place = {"city": "Austin", "country": "US", "line2": None, "postal_code": "78701"}
    return json.dumps(
        {
            "id": f"cus_{number:014}",
            "object": "customer",
            "address": {**place, "line1": f"{number} Main St", "state": "TX"},
            "balance": 0,
            "created": created,
            "currency": "usd",
            "default_source": None,
            "delinquent": False,
            "description": None,
            "discount": None,
            "email": f"ap{number}@customer.example",
            "invoice_prefix": f"A{number:07}",
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": {"customer_number": f"C-{number}"},
            "name": f"Customer {number} Inc.",
            "next_invoice_sequence": 1,
            "phone": None,
            "preferred_locales": [],
            "shipping": {
                "address": {**place, "line1": f"{number} Elm St", "state": "TX"},
                "name": f"Customer {number} Inc.",
                "phone": None,
            },
            "tax_exempt": "none",
            "tax_ids": {"object": "list", "data": [], "has_more": False, "url": "/v1/tax_ids"},
            "test_clock": None,
        }
    ).encode()


class Books:
    """All customers, oldest first, as ready text."""

    def __init__(self, count: int) -> None:
        self.created = [BEGAN + SPAN * number // count for number in range(count)]
        self.rows = [customer(number, created) for number, created in enumerate(self.created)]

    def page(self, asked: dict[str, list[str]]) -> bytes:
        """One page of the list."""
        limit = min(int(asked.get("limit", ["10"])[0]), 100)
        first, last = self._bounds(asked)
        if "starting_after" in asked:
            last = min(last, int(asked["starting_after"][0].removeprefix("cus_")))
        start = max(first, last - limit)
        rows = b",".join(reversed(self.rows[start:last]))
        more = b"true" if start > first else b"false"
        return b'{"object":"list","url":"/v1/customers","data":[%s],"has_more":%s}' % (rows, more)

    def _bounds(self, asked: dict[str, list[str]]) -> tuple[int, int]:
        """From which row to before which, by when they were created."""
        bounds = {}
        for name in ("gt", "gte", "lt", "lte"):
            if values := asked.get(f"created[{name}]"):
                value = int(values[0]) + (name in {"gt", "lte"})
                bounds["first" if name.startswith("g") else "last"] = self._row_at(value)
        return bounds.get("first", 0), bounds.get("last", len(self.rows))

    def _row_at(self, moment: int) -> int:
        """The first row that was created at *moment* or later."""
        low, high = 0, len(self.created)
        while low < high:
            middle = (low + high) // 2
            if self.created[middle] < moment:
                low = middle + 1
            else:
                high = middle
        return low


class Conversation(asyncio.Protocol):
    """One connection: each request is answered in its turn, after the latency."""

    def __init__(self, books: Books, latency: float) -> None:
        self._books, self._latency = books, latency
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request (none has a body)."""
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode()
            loop = asyncio.get_running_loop()
            loop.call_later(self._latency, self._answer, target)

    def _answer(self, target: str) -> None:
        parts = urlsplit(target)
        if parts.path == "/v1/customers":
            body = self._books.page(parse_qs(unquote(parts.query)))
        else:
            body = b'{"object":"list","url":"/v1/events","data":[],"has_more":false}'
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        self._transport.write(head.encode() + b"\r\n\r\n" + body)


async def serve(count: int, latency: float) -> None:
    """Serve until the end of the process."""
    books = Books(count)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(books, latency), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
