"""What the sources keep, looked up: cards, orders to decide, sales, and who is to be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from exempt.adapters.store import pages
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import many, one_of, run
from exempt.adapters.store.stored import order_of, stored_lines
from exempt.model.decision import Card
from exempt.services.rows import CustomerStanding, Span, StoredOrder

_ALIVE = "NOT o.voided AND o.deleted_at IS NULL"
JURISDICTION = "(o.ship_to_country || '-' || upper(o.ship_to_state))"
"""The state of an order's ship-to, as `Address.jurisdiction` writes it where it is a code."""

JOIN_CUSTOMER = (
    "JOIN source_customer s ON s.connection_id = o.connection_id"
    " AND s.external_id = o.customer_external_id"
)
_BILL_TO_OF_C = (
    "SELECT 1 FROM ship_to_link l JOIN customer b ON b.id = l.bill_to_id WHERE l.ship_to_id = c.id"
)
_FREE_FORM_OF_BILL_TO = (
    "SELECT b.resale_certificate_number FROM ship_to_link l JOIN customer b ON b.id = l.bill_to_id"
    " WHERE l.ship_to_id = c.id AND b.resale_certificate_number <> '' ORDER BY b.id LIMIT 1"
)
_ORDER_COLUMNS = ", ".join(f"o.{column}" for column in pages.ORDERS.all_columns)


class LookingUp:
    """The part of `ports.Sources` that only reads."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def cards(self, connection_id: int, external_ids: Collection[str]) -> dict[str, Card]:
        sql = (
            "SELECT s.external_id, c.id, c.name, c.flagged_exempt, c.resale_certificate_number"  # noqa: S608
            " FROM source_customer s JOIN customer c ON c.id = s.customer_id"
            f" WHERE s.connection_id = ? AND {one_of(self._c, 's.external_id')}"
        )
        rows = run(self._c, sql, connection_id, many(self._c, list(external_ids)))
        bill_to = self._claims_of_bill_to({row[1] for row in rows})
        found = {}
        for external_id, customer_id, name, flagged, free_form in rows:
            # A ship-to customer claims and holds what the billing customers it belongs to do.
            theirs = bill_to.get(customer_id, (False, None))
            found[external_id] = Card(
                customer_id=customer_id,
                name=name,
                flagged_exempt=bool(flagged or theirs[0]),
                resale_certificate_number=free_form or theirs[1],
            )
        return found

    def _claims_of_bill_to(
        self, customer_ids: Collection[int]
    ) -> dict[int, tuple[bool, str | None]]:
        """Whether billing customers of these are flagged exempt, and their free-form numbers."""
        sql = (
            "SELECT l.ship_to_id, b.flagged_exempt, b.resale_certificate_number"  # noqa: S608
            " FROM ship_to_link l JOIN customer b ON b.id = l.bill_to_id"
            f" WHERE {one_of(self._c, 'l.ship_to_id')} ORDER BY b.id"
        )
        found: dict[int, tuple[bool, str | None]] = {}
        for customer_id, flagged, free_form in run(self._c, sql, many(self._c, list(customer_ids))):
            before = found.get(customer_id, (False, None))
            found[customer_id] = (before[0] or bool(flagged), before[1] or free_form)
        return found

    def companies_of(self, customer_ids: Collection[int]) -> set[int]:
        sql = f"SELECT DISTINCT company_id FROM customer WHERE {one_of(self._c, 'id')}"  # noqa: S608
        return {row[0] for row in run(self._c, sql, many(self._c, list(customer_ids)))}

    def orders_of(
        self,
        customer_ids: Collection[int],
        jurisdictions: Collection[str] | None = None,
    ) -> list[StoredOrder]:
        if not customer_ids or (jurisdictions is not None and not jurisdictions):
            return []
        condition = f"{JOIN_CUSTOMER} WHERE {one_of(self._c, 's.id')} AND {_ALIVE}"
        parameters: list[Any] = [many(self._c, list(self._buyers(customer_ids)))]
        if jurisdictions is not None:
            condition += f" AND o.closed = FALSE AND {one_of(self._c, JURISDICTION)}"
            parameters.append(many(self._c, sorted(jurisdictions)))
        else:
            # What is closed keeps its decision, unless there was too little to decide it by.
            condition += (
                " AND (o.closed = FALSE OR EXISTS (SELECT 1 FROM decision d WHERE d.order_id = o.id"
                " AND d.superseded_at IS NULL AND d.ground = 'unknown_customer'))"
            )
        return self._orders(condition, *parameters)

    def with_closed_orders(self, customer_ids: Collection[int]) -> set[int]:
        buyers = self._buyers(customer_ids)
        sql = (
            f"SELECT s.id FROM source_customer s WHERE {one_of(self._c, 's.id')}"  # noqa: S608
            " AND EXISTS (SELECT 1 FROM sales_order o WHERE o.connection_id = s.connection_id"
            " AND o.customer_external_id = s.external_id AND o.closed)"
        )
        rows = run(self._c, sql, many(self._c, list(buyers)))
        return {customer_id for row in rows for customer_id in buyers[row[0]]}

    def closed_orders_of(self, customer_id: int, after: int, limit: int) -> list[StoredOrder]:
        buyers = many(self._c, list(self._buyers([customer_id])))
        mine = one_of(self._c, "s.id")
        condition = f"{JOIN_CUSTOMER} WHERE {mine} AND o.closed AND o.id > ? AND {_ALIVE}"
        return self._orders(condition, buyers, after, limit=limit)

    def _buyers(self, customer_ids: Collection[int]) -> dict[int, list[int]]:
        """Ids in ``source_customer`` of these customers and of the ship-to customers they have.

        Each with those of the customers whose sales its sales are.
        """
        # A statement by itself: joined with orders, SQLite would begin at those, all of them.
        mine = one_of(self._c, "p.customer_id")
        sql = (
            f"SELECT p.id, p.customer_id FROM source_customer p WHERE {mine}"  # noqa: S608
            " UNION SELECT e.id, l.bill_to_id FROM ship_to_link l"
            " JOIN source_customer e ON e.customer_id = l.ship_to_id"
            f" WHERE {one_of(self._c, 'l.bill_to_id')}"
        )
        cards = many(self._c, list(customer_ids))
        found: dict[int, list[int]] = {}
        for buyer, customer_id in run(self._c, sql, cards, cards):
            found.setdefault(buyer, []).append(customer_id)
        return found

    def sale_days(
        self, customer_ids: Collection[int], jurisdictions: Collection[str]
    ) -> dict[tuple[int, str], list[dt.date]]:
        buyers = self._buyers(customer_ids)
        sql = (
            f"SELECT DISTINCT s.id, {JURISDICTION}, o.order_date FROM sales_order o {JOIN_CUSTOMER}"  # noqa: S608
            f" WHERE {one_of(self._c, 's.id')} AND {_ALIVE} AND o.kind <> 'credit' AND o.total > 0"
            f" AND {one_of(self._c, JURISDICTION)}"
        )
        lists = (many(self._c, list(buyers)), many(self._c, sorted(jurisdictions)))
        found: dict[tuple[int, str], set[dt.date]] = {}
        for buyer, place, day in run(self._c, sql, *lists):
            for customer_id in buyers[buyer]:
                found.setdefault((customer_id, place), set()).add(dt.date.fromisoformat(day))
        return {key: sorted(days) for key, days in found.items()}

    def orders_between(self, spans: Collection[Span]) -> list[StoredOrder]:
        if not spans:
            return []
        days: dict[tuple[int, str], list[tuple[str, str]]] = {}
        for customer_id, place, first, last in spans:
            ends = (first.isoformat(), last.isoformat())
            days.setdefault((customer_id, place), []).append(ends)
        buyers = self._buyers({customer_id for customer_id, _ in days})
        sql = (
            f"SELECT o.id, s.id, {JURISDICTION}, o.order_date FROM sales_order o {JOIN_CUSTOMER}"  # noqa: S608
            f" WHERE {one_of(self._c, 's.id')} AND {_ALIVE} AND o.order_date >= ?"
            f" AND {one_of(self._c, JURISDICTION)}"
        )
        since = min(first for ends in days.values() for first, _ in ends)
        places = many(self._c, sorted({place for _, place in days}))
        found = [
            order_id
            for order_id, buyer, place, day in run(
                self._c, sql, many(self._c, list(buyers)), since, places
            )
            if any(
                first <= day <= last
                for customer_id in buyers[buyer]
                for first, last in days.get((customer_id, place), ())
            )
        ]
        return self._orders(f"WHERE {one_of(self._c, 'o.id')}", many(self._c, found))

    def order(self, order_id: int) -> StoredOrder | None:
        found = self._orders("WHERE o.id = ? AND o.deleted_at IS NULL", order_id)
        return next(iter(found), None)

    def orders_after(self, connection_id: int, after: int, limit: int) -> list[StoredOrder]:
        # The plus keeps SQLite from reading and sorting all of the connection for each portion.
        condition = f"WHERE +o.connection_id = ? AND o.id > ? AND {_ALIVE}"
        return self._orders(condition, connection_id, after, limit=limit)

    def orders_by_other_rules(
        self, connection_id: int, rule: str, after: int, limit: int
    ) -> list[StoredOrder]:
        return self._orders(
            "JOIN decision d ON d.order_id = o.id AND d.superseded_at IS NULL"
            " WHERE +o.connection_id = ? AND o.id > ? AND d.rule <> ?"
            f" AND NOT o.closed AND {_ALIVE}",
            connection_id,
            after,
            rule,
            limit=limit,
        )

    def orders_by_id(
        self,
        connection_id: int,
        external_ids: Sequence[str],
        *,
        changed_after: dt.datetime | None = None,
    ) -> list[StoredOrder]:
        since = -1 if changed_after is None else micros(changed_after)
        return self._orders(
            f"WHERE o.connection_id = ? AND {one_of(self._c, 'o.external_id')}"
            " AND o.changed_at > ?",
            connection_id,
            many(self._c, list(external_ids)),
            since,
        )

    def _orders(
        self, condition: str, *parameters: object, limit: int | None = None
    ) -> list[StoredOrder]:
        sql = (
            f"SELECT o.id, o.connection_id, o.changed_at, {_ORDER_COLUMNS}"  # noqa: S608
            f" FROM sales_order o {condition}"
            f" ORDER BY o.id{f' LIMIT {limit}' if limit else ''}"
        )
        rows = [tuple(row) for row in run(self._c, sql, *parameters)]
        lines = stored_lines(self._c, [row[0] for row in rows])
        return [
            StoredOrder(row[0], row[1], order_of(row[3:], lines.get(row[0], [])), moment(row[2]))
            for row in rows
        ]

    def standings(
        self, connection_id: int, shipped_since: dt.date, only: Collection[int] | None = None
    ) -> list[CustomerStanding]:
        just = ""
        parameters: list[Any] = [connection_id]
        if only is not None:
            just = f" AND {one_of(self._c, 's.id')}"
            parameters.append(many(self._c, list(self._buyers(only))))
        sql = (
            "SELECT s.external_id, s.customer_id,"  # noqa: S608
            f" coalesce(c.resale_certificate_number, ({_FREE_FORM_OF_BILL_TO})), s.exempt,"
            " coalesce(s.updated_at, s.changed_at), t.jurisdiction FROM source_customer s"
            " JOIN customer c ON c.id = s.customer_id"
            " LEFT JOIN ship_to t ON t.source_customer_id = s.id"
            " WHERE s.connection_id = ? AND s.deleted_at IS NULL"
            " AND (c.flagged_exempt OR c.resale_certificate_number <> ''"
            f" OR EXISTS ({_BILL_TO_OF_C} AND (b.flagged_exempt"
            " OR b.resale_certificate_number <> '')) OR EXISTS (SELECT 1"
            " FROM certificate_customer k WHERE k.customer_id = s.customer_id)"
            " OR EXISTS (SELECT 1 FROM ship_to_link l JOIN certificate_customer k"
            " ON k.customer_id = l.bill_to_id WHERE l.ship_to_id = s.customer_id)"
            " OR EXISTS (SELECT 1 FROM delivery d WHERE d.connection_id = s.connection_id"
            f" AND d.target = 'customer' AND d.external_id = s.external_id)){just} ORDER BY s.id"
        )
        found: dict[str, CustomerStanding] = {}
        for row in run(self._c, sql, *parameters):
            external_id, customer_id, free_form, exempt, changed_at, place = row
            one = found.get(external_id) or CustomerStanding(
                external_id,
                customer_id,
                free_form or None,
                None if exempt is None else bool(exempt),
                moment(changed_at),
                frozenset(),
            )
            found[external_id] = one._replace(ship_to=one.ship_to | ({place} if place else set()))
        shipped = self._shipped(connection_id, shipped_since, None if only is None else found)
        zones = self._zones({one.customer_id for one in found.values()})
        return [
            one._replace(
                ship_to=one.ship_to.union(shipped.get(name, ()), zones.get(one.customer_id, ()))
            )
            for name, one in found.items()
        ]

    def _zones(self, customer_ids: Collection[int]) -> dict[int, set[str]]:
        """The states that goods of customers go to, as staff and imports say."""
        mine = one_of(self._c, "customer_id")
        sql = f"SELECT customer_id, jurisdiction FROM ship_to_zone WHERE {mine}"  # noqa: S608
        found: dict[int, set[str]] = {}
        for customer_id, place in run(self._c, sql, many(self._c, list(customer_ids))):
            found.setdefault(customer_id, set()).add(place)
        return found

    def _shipped(
        self, connection_id: int, since: dt.date, only: Collection[str] | None
    ) -> dict[str, frozenset[str]]:
        """The states that goods of each customer went to, by its external id."""
        just = "" if only is None else f" AND {one_of(self._c, 'o.customer_external_id')}"
        sql = (
            "SELECT DISTINCT o.customer_external_id, d.jurisdiction FROM sales_order o"  # noqa: S608
            " JOIN decision d ON d.order_id = o.id AND d.superseded_at IS NULL"
            f" WHERE o.connection_id = ? AND o.order_date >= ? AND {_ALIVE}"
            f" AND d.jurisdiction IS NOT NULL{just}"
        )
        names = [] if only is None else [many(self._c, list(only))]
        found: dict[str, frozenset[str]] = {}
        for external_id, place in run(self._c, sql, connection_id, since.isoformat(), *names):
            found[external_id] = found.get(external_id, frozenset()) | {place}
        return found

    def unknown_customers(self, connection_id: int) -> list[str]:
        sql = (
            "SELECT DISTINCT o.customer_external_id FROM sales_order o"  # noqa: S608
            " JOIN decision d ON d.order_id = o.id AND d.superseded_at IS NULL"
            f" WHERE o.connection_id = ? AND d.ground = 'unknown_customer' AND {_ALIVE} ORDER BY 1"
        )
        return [row[0] for row in run(self._c, sql, connection_id)]
