"""What the console's lists are measured beside: the same rows by SQL alone, and in Datasette."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from asgi import Answer, call

ROUNDS = 7


class Measured(Protocol):
    """A page of the console that was measured."""

    address: str
    answer: Answer


class Peer(NamedTuple):
    """A page of the console, its rows in SQL alone, and Datasette's page of the same table."""

    address: str
    sql: str
    table: str


PEERS = (
    Peer(
        "/certificates",
        "SELECT * FROM certificate ORDER BY id DESC LIMIT 51",
        "certificate?_sort_desc=id",
    ),
    Peer(
        "/customers",
        "SELECT * FROM customer WHERE gone_at IS NULL ORDER BY name_key, id LIMIT 51",
        "customer?_sort=name",
    ),
    Peer(
        "/customers?words=4999+supply",
        "SELECT * FROM customer WHERE name_key LIKE '%4999 supply%' LIMIT 51",
        "customer?name_key__contains=4999+supply&_sort=name",
    ),
    Peer(
        "/orders",
        "SELECT * FROM sales_order WHERE deleted_at IS NULL"
        " ORDER BY order_date DESC, id DESC LIMIT 51",
        "sales_order?_sort_desc=order_date",
    ),
    Peer(
        "/orders?status=cancelled",
        "SELECT * FROM sales_order WHERE voided AND deleted_at IS NULL"
        " ORDER BY order_date DESC, id DESC LIMIT 51",
        "sales_order?voided=1&_sort_desc=order_date",
    ),
    Peer(
        "/audit?words=nothing+like+it",
        "SELECT * FROM history WHERE new LIKE '%nothing like it%' ORDER BY id DESC LIMIT 51",
        "history?new__contains=nothing+like+it&_sort_desc=id",
    ),
)


def beside(database: Path, measured: Sequence[Measured]) -> None:
    """Print how pages of the console stand beside their peers, over the same file."""
    pages = {each.address: each.answer for each in measured}
    chosen = [peer for peer in PEERS if peer.address in pages]
    if not chosen:
        return
    datasette = asyncio.run(_datasette(database, chosen))
    heads = ("ms", "SQL ms", "x SQL", "Datasette", "x")
    print(f"\n{'whole page':62}" + "".join(f"{head:>11}" for head in heads))
    for peer, theirs in zip(chosen, datasette, strict=True):
        ours, floor = pages[peer.address].whole, _by_sql(database, peer.sql)
        ratios = (f"{floor:.2f}", f"{ours / floor:.1f}", f"{theirs:.1f}", f"{ours / theirs:.2f}")
        print(f"{peer.address:62}" + "".join(f"{cell:>11}" for cell in (f"{ours:.1f}", *ratios)))


def _by_sql(database: Path, sql: str) -> float:
    """Milliseconds that the driver alone takes."""
    with sqlite3.connect(database) as connection:

        def took() -> float:
            began = time.perf_counter()
            connection.execute(sql).fetchall()
            return (time.perf_counter() - began) * 1000

        took()
        return statistics.median(took() for _ in range(ROUNDS))


async def _datasette(database: Path, peers: Sequence[Peer]) -> list[float]:
    """Milliseconds of Datasette's pages, with 50 rows; it suggests no facets."""
    from datasette.app import Datasette  # noqa: PLC0415 - only this part wants it

    site: Any = Datasette([str(database)], settings={"suggest_facets": False})
    await site.invoke_startup()
    app = site.app()
    return [await _middling(app, f"/{database.stem}/{peer.table}&_size=50") for peer in peers]


async def _middling(app: Any, address: str) -> float:
    answers = [await call(app, address) for _ in range(ROUNDS + 1)]
    if answers[-1].status != 200:
        msg = f"Datasette: {address} answers {answers[-1].status}"
        raise SystemExit(msg)
    return statistics.median(each.whole for each in answers[1:])
