"""The rows of the imaginary source: the same for every contender, without a library.

A file holds a page of JSON a line, as an API would answer.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE_SIZE = 1000
LINES = 2
CERTIFIED_EVERY = 10
"""One customer of so many holds certificates."""

STATES = ("AZ", "CA", "FL", "GA", "IL", "NY", "OH", "PA", "TX", "WA")
COVERED = ("CA", "FL", "IL", "NY", "TX")
"""The states of a certificate: half of the orders of its customers are covered."""

_FIRST_DAY = dt.date(2025, 1, 1)
_DAYS = 600


def customer_count(orders: int) -> int:
    """Ten orders a customer."""
    return max(orders // 10, CERTIFIED_EVERY)


def customers(count: int) -> Iterator[dict[str, Any]]:
    """Customers; those who hold certificates are flagged exempt."""
    for number in range(count):
        yield {
            "id": f"cus_{number:08}",
            "name": f"Customer {number} Incorporated",
            "number": f"C-{number:08}",
            "email": f"accounts.payable@customer{number}.example",
            "address": _address(number),
            "exempt": number % CERTIFIED_EVERY == 0,
        }


def orders(count: int, *, random_ids: bool = False) -> Iterator[dict[str, Any]]:
    """Orders of *LINES* lines, in the order of their ids unless these are random."""
    buyers = customer_count(count)
    for number in range(count):
        buyer = number * 7919 % buyers
        amounts = [1000 + number * 31 % 90_000 + position * 517 for position in range(LINES)]
        day = _FIRST_DAY + dt.timedelta(days=number % _DAYS)
        yield {
            "id": _random_id(number) if random_ids else f"ord_{number:010}",
            "updated": f"{day}T12:{number % 60:02}:30Z",
            "customer": f"cus_{buyer:08}",
            "number": f"INV-{number:010}",
            "date": day.isoformat(),
            "ship_to": _address(number),
            "currency": "USD",
            "total": _dollars(sum(amounts)),
            "tax": _dollars(sum(amounts) * 8 // 100),
            "purchase_order": f"PO-{number % 5000:05}",
            "lines": [
                {
                    "id": f"{number}-{position}",
                    "product": f"SKU-{(number + position) % 400:04}",
                    "amount": _dollars(amount),
                    "tax": _dollars(amount * 8 // 100),
                }
                for position, amount in enumerate(amounts)
            ],
        }


def write_pages(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    """Write *rows* as a page a line."""
    page: list[dict[str, Any]] = []
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            page.append(row)
            if len(page) == PAGE_SIZE:
                file.write(json.dumps(page) + "\n")
                page = []
        if page:
            file.write(json.dumps(page) + "\n")


def read_pages(path: Path) -> Iterator[list[dict[str, Any]]]:
    """The pages of a file."""
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)


def _address(number: int) -> dict[str, str]:
    return {
        "line1": f"{number % 9000 + 1} Market Street",
        "city": "Springfield",
        "state": STATES[number // 10 % len(STATES)],
        "postal_code": f"{10000 + number % 80_000}",
        "country": "US",
    }


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _random_id(number: int) -> str:
    return f"ord_{hashlib.blake2b(str(number).encode(), digest_size=10).hexdigest()}"
