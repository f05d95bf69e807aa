"""Expired certificates whose customers have open orders that nothing else covers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import NamedTuple

from exempt.services.overview_ports import StillOrdering
from exempt.services.ports import Store

AT_ONCE = 1_000


class Found(NamedTuple):
    """A part of the list, and how many lines it has in all."""

    rows: list[StillOrdering]
    total: int


def page(
    store: Store, company_ids: Collection[int] | None, on: dt.date, limit: int, offset: int = 0
) -> Found:
    """A part of the list: a line a certificate and state, the latest end first."""
    with store.reading() as tx:
        return Found(*tx.overview.still_ordering(company_ids, on, limit, offset))


def every(
    store: Store, company_ids: Collection[int] | None, on: dt.date
) -> Iterator[StillOrdering]:
    """All of it, at one moment."""
    with store.reading() as tx:
        offset, total = 0, 1
        while offset < total:
            rows, total = tx.overview.still_ordering(company_ids, on, AT_ONCE, offset)
            yield from rows
            offset += AT_ONCE
