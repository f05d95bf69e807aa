"""What a rehearsed sync would write: record by record, what a source shows now."""

from __future__ import annotations

import datetime as dt

from exempt.services.ports import Store
from exempt.services.rows import Delivery
from exempt.services.sync import Synced


class Before:
    """What the sources show now, looked up while the rehearsal lasts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shows: dict[tuple[int, str, str], str] = {}

    def look(self, result: Synced) -> None:
        """Remember what the records of *result* show."""
        with self._store.reading() as tx:
            row = next(row for row in tx.connections.all() if row.name == result.connection)
            ids = [d.external_id for d, _, _ in result.would_write if d.target == "order"]
            for order in tx.sources.orders_by_id(row.id, ids):
                taxed = {None: "not said", True: "taxed", False: "untaxed"}[
                    order.record.tax_applicable
                ]
                number = order.record.certificate_number
                shows = f"{taxed}, {number}" if number else taxed
                self._shows[order.connection_id, "order", order.record.external_id] = shows
            for standing in tx.sources.standings(row.id, dt.date.max):
                flag = {None: "not said", True: "exempt", False: "taxed"}[standing.exempt_in_source]
                self._shows[row.id, "customer", standing.external_id] = flag

    def of(self, delivery: Delivery) -> str:
        """What the source shows of the thing that *delivery* is for."""
        key = (delivery.connection_id, delivery.target.value, delivery.external_id)
        return self._shows.get(key, "?")
