"""Decisions: the one in force of each order, and those it took the place of."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from exempt.adapters.store import pages
from exempt.adapters.store.choosing import CHOSEN, FITS, usable, with_ship_tos
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import Row, binary, insert, many, new_ids, one_of, run, run_many
from exempt.adapters.store.lookups import JOIN_CUSTOMER
from exempt.adapters.store.ship_to_states import GOODS_GO_TO
from exempt.adapters.store.stored import order_of, stored_lines
from exempt.model.decision import ByHand, Decision, Facts, Profile, Step
from exempt.services import ports
from exempt.services.report_rows import GroundCount
from exempt.services.rows import OrderView, StoredOrder, Uncovered

_STEPS = TypeAdapter(tuple[Step, ...])
FIELDS = (
    "ground",
    "tax_applicable",
    "certificate_id",
    "certificate_number",
    "jurisdiction",
    "order_date",
    "rule",
    "steps",
    "exempt_percentage",
    "facts",
)
_ORDER_COLUMNS = ", ".join(f"o.{column}" for column in pages.ORDERS.all_columns)
_DECISION_COLUMNS = ", ".join(f"d.{column}" for column in FIELDS)
_IN_FORCE = "d.order_id = o.id AND d.superseded_at IS NULL"
_ALIVE = "NOT o.voided AND o.deleted_at IS NULL"
_ORDERS_OF_S = (
    "SELECT n.id FROM source_customer s JOIN sales_order n"
    " ON n.connection_id = s.connection_id AND n.customer_external_id = s.external_id"
)
_WITH_FREE_FORM = (
    "SELECT s.connection_id, s.external_id FROM source_customer s"
    " JOIN customer c ON c.id = s.customer_id"
    " WHERE (c.resale_certificate_number <> '' OR EXISTS (SELECT 1 FROM ship_to_link l"
    " JOIN customer b ON b.id = l.bill_to_id WHERE l.ship_to_id = c.id"
    " AND b.resale_certificate_number <> ''))"
)
_BILL_TO_OF_C = (
    "SELECT 1 FROM ship_to_link l JOIN customer b ON b.id = l.bill_to_id WHERE l.ship_to_id = c.id"
)
_ONE_WAY = (
    "NOT EXISTS (SELECT 1 FROM ship_to_link x"
    " WHERE x.bill_to_id = l.ship_to_id AND x.ship_to_id = l.bill_to_id)"
)
_CLAIMS = (
    "c.gone_at IS NULL AND (c.flagged_exempt"
    f" OR EXISTS ({_BILL_TO_OF_C} AND b.flagged_exempt AND {_ONE_WAY}))"
    " AND coalesce(c.resale_certificate_number, '') = ''"
    f" AND NOT EXISTS ({_BILL_TO_OF_C} AND b.resale_certificate_number <> '')"
)
"""That a customer claims, itself or by a billing customer, and shows no free-form number."""

# What holds of a group of rows by order. An order has one decision in force: min() is that one.
_DOUBTFUL = (
    "min(d.ground) = 'override'"  # noqa: S608
    " OR o.id IN (SELECT order_id FROM manual_choice WHERE ended_at IS NULL)"
    f" OR CASE WHEN (o.connection_id, o.customer_external_id) IN ({_WITH_FREE_FORM}{{of_them}})"
    " THEN min(d.ground) <> 'free_form_number' ELSE min(d.ground) = 'free_form_number'"
    f" OR {CHOSEN} IS DISTINCT FROM min(d.certificate_id)"
    " OR coalesce(max(x.changed_at) > min(d.decided_at), FALSE) END"
)
_EDITED = (
    "edited AS (SELECT subject_id, max(changed_at) AS changed_at FROM history"
    " WHERE subject = 'certificate' GROUP BY subject_id)"
)
"""Certificates that were changed, and when last: what an order shows of one may differ."""


class Decisions(ports.Decisions):
    """What was decided."""

    def __init__(self, connection: sa.Connection) -> None:
        self._c = connection

    def save(self, decided: Sequence[tuple[int, Decision]], at: dt.datetime) -> int:
        alike: dict[int, Row] = {}  # many orders share one decision
        rows = {
            order_id: alike.get(id(decision)) or alike.setdefault(id(decision), _row(decision))
            for order_id, decision in decided
        }
        sql = (
            f"SELECT order_id, {', '.join(FIELDS)} FROM decision"  # noqa: S608
            f" WHERE superseded_at IS NULL AND {one_of(self._c, 'order_id')}"
        )
        before: dict[int, Row] = {
            r[0]: tuple(r[1:]) for r in run(self._c, sql, many(self._c, list(rows)))
        }
        differ = {i: row for i, row in rows.items() if before.get(i) != row}
        moment_at = micros(at)
        run_many(
            self._c,
            "UPDATE decision SET superseded_at = ? WHERE order_id = ? AND superseded_at IS NULL",
            [(moment_at, order_id) for order_id in differ if order_id in before],
        )
        ids = new_ids(self._c, "decision", len(differ))
        insert(
            self._c,
            "decision",
            ("id", "order_id", *FIELDS, "decided_at"),
            [
                (new_id, order_id, *row, moment_at)
                for new_id, (order_id, row) in zip(ids, differ.items(), strict=True)
            ],
        )
        return len(differ)

    def decided(self, order_ids: Collection[int]) -> dict[int, Decision]:
        sql = (
            f"SELECT order_id, {', '.join(FIELDS)} FROM decision"  # noqa: S608
            f" WHERE superseded_at IS NULL AND {one_of(self._c, 'order_id')}"
        )
        rows = run(self._c, sql, many(self._c, list(order_ids)))
        return {row[0]: decision_of(row[1:]) for row in rows}

    def doubtful(
        self,
        profile: Profile,
        *,
        after: int,
        limit: int,
        customer_ids: Collection[int] | None = None,
    ) -> list[StoredOrder]:
        cards, just, of_them = None, "", ""
        ids: tuple[Any, ...] = ()
        if customer_ids is not None:
            cards = with_ship_tos(self._c, customer_ids)
            mine, ids = one_of(self._c, "s.customer_id"), (many(self._c, list(cards)),)
            just, of_them = f" AND o.id IN ({_ORDERS_OF_S} WHERE {mine})", f" AND {mine}"
        coverages = usable(self._c, cards)
        sql = (
            f"WITH {coverages.sql}, {_EDITED} SELECT o.id FROM sales_order o"  # noqa: S608
            f" JOIN decision d ON {_IN_FORCE} LEFT JOIN edited x ON x.subject_id = d.certificate_id"
            f" LEFT JOIN usable u ON {FITS[profile]} WHERE o.id > ? AND o.closed AND {_ALIVE}{just}"
            f" GROUP BY o.id HAVING {_DOUBTFUL.format(of_them=of_them)} ORDER BY o.id LIMIT ?"
        )
        rows = run(self._c, sql, *coverages.parameters, after, *ids, *ids, limit)
        return self._orders([row[0] for row in rows])

    def _orders(self, order_ids: Sequence[int]) -> list[StoredOrder]:
        sql = (
            f"SELECT o.id, o.connection_id, o.changed_at, {_ORDER_COLUMNS}"  # noqa: S608
            f" FROM sales_order o WHERE {one_of(self._c, 'o.id')} ORDER BY o.id"
        )
        rows = [tuple(row) for row in run(self._c, sql, many(self._c, order_ids))]
        lines = stored_lines(self._c, order_ids)
        return [
            StoredOrder(row[0], row[1], order_of(row[3:], lines.get(row[0], ())), moment(row[2]))
            for row in rows
        ]

    def find_orders(self, words: str) -> list[OrderView]:
        sql = (
            f"SELECT o.id, n.name, {_ORDER_COLUMNS}, {_DECISION_COLUMNS}, d.decided_at, c.name"  # noqa: S608
            " FROM sales_order o JOIN connection n ON n.id = o.connection_id"
            f" LEFT JOIN decision d ON {_IN_FORCE}"
            " LEFT JOIN source_customer s ON s.connection_id = o.connection_id"
            " AND s.external_id = o.customer_external_id"
            " LEFT JOIN customer c ON c.id = s.customer_id"
            " WHERE o.id IN (SELECT id FROM sales_order"
            f" WHERE number{binary(self._c)} = ? UNION SELECT id FROM sales_order"
            " WHERE connection_id IN (SELECT id FROM connection) AND external_id = ?"
            " UNION SELECT id FROM sales_order WHERE id = ?) ORDER BY o.id"
        )
        number = words.strip().removeprefix("id:")
        by_id = int(number) if number != words.strip() and number.isdecimal() else -1
        width = len(pages.ORDERS.all_columns)
        views = []
        rows = run(self._c, sql, words, words, by_id)
        lines = stored_lines(self._c, [row[0] for row in rows])
        for row in rows:
            order, rest = tuple(row[2 : 2 + width]), row[2 + width :]
            decided = rest[0] is not None
            views.append(
                OrderView(
                    id=row[0],
                    connection=row[1],
                    record=order_of(order, lines.get(row[0], ())),
                    customer_name=rest[-1],
                    decision=decision_of(rest[: len(FIELDS)]) if decided else None,
                    decided_at=moment(rest[-2]) if decided else None,
                )
            )
        return views

    def counts(self, company_ids: Collection[int] | None = None) -> list[GroundCount]:
        just, parameters = "", []
        if company_ids is not None:
            of_them = one_of(self._c, "n.company_id")
            just = f" AND o.connection_id IN (SELECT n.id FROM connection n WHERE {of_them})"  # noqa: S608
            parameters = [many(self._c, sorted(company_ids))]
        sql = (
            "SELECT d.ground, d.tax_applicable, d.jurisdiction, o.currency, count(*), sum(o.total)"  # noqa: S608
            f" FROM sales_order o JOIN decision d ON {_IN_FORCE}"
            f" WHERE {_ALIVE}{just} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        )
        return [
            GroundCount(g, bool(taxed), place, currency, orders, int(total))
            for g, taxed, place, currency, orders, total in run(self._c, sql, *parameters)
        ]

    def uncovered(self, customer_ids: Collection[int] | None = None) -> list[Uncovered]:
        # For a closed order nobody need be asked whom a certificate that came later covers.
        coverages = usable(self._c, customer_ids, bound=False)
        just, ids = self._just("s.customer_id", customer_ids)
        sql = (
            f"WITH {coverages.sql}"  # noqa: S608
            " SELECT c.id, m.id, m.name, c.number, c.name, c.email, d.jurisdiction, count(*),"
            " c.excluded_from_mailings, c.bounced_email"
            f" FROM sales_order o JOIN decision d ON {_IN_FORCE} {JOIN_CUSTOMER}"
            " JOIN customer c ON c.id = s.customer_id JOIN company m ON m.id = c.company_id"
            f" LEFT JOIN usable u ON o.closed AND {FITS[self._profile()]}"
            f" WHERE d.ground = 'no_certificate' AND {_ALIVE} AND u.external_id IS NULL{just}"
            " GROUP BY c.id, m.id, m.name, c.number, c.name, c.email, d.jurisdiction,"
            " c.excluded_from_mailings, c.bounced_email"
            " ORDER BY c.name, c.id, d.jurisdiction"
        )
        return self._by_customer(run(self._c, sql, *coverages.parameters, *ids))

    def claimed(self, customer_ids: Collection[int] | None = None) -> list[Uncovered]:
        just, ids = self._just("c.id", customer_ids)
        either = " UNION ".join(
            "SELECT c.id, m.id AS company_id, m.name AS company, c.number, c.name, c.email,"  # noqa: S608
            f" {place} AS jurisdiction, 0, c.excluded_from_mailings,"
            " c.bounced_email"
            f" FROM customer c JOIN company m ON m.id = c.company_id {join}"
            f" WHERE {_CLAIMS} AND {test}{just}"
            for join, place, test in GOODS_GO_TO
        )
        sql = f"SELECT * FROM ({either}) claimed ORDER BY name, id, jurisdiction"  # noqa: S608
        return self._by_customer(run(self._c, sql, *ids * len(GOODS_GO_TO)))

    def _just(self, column: str, values: Collection[int] | None) -> tuple[str, tuple[Any, ...]]:
        """A further condition, and its parameters; none for all."""
        if values is None:
            return "", ()
        return f" AND {one_of(self._c, column)}", (many(self._c, sorted(values)),)

    def _by_customer(self, rows: Iterable[Any]) -> list[Uncovered]:
        """Rows of customers with a state each, joined to one a customer."""
        found: dict[int, Uncovered] = {}
        for row in rows:
            customer_id, company_id, company, number, name, email, place, orders, *rest = row
            excluded, bounced = rest
            one = found.get(customer_id) or Uncovered(
                customer_id=customer_id,
                company_id=company_id,
                company=company,
                number=number,
                name=name,
                email=email,
                jurisdictions=(),
                orders=0,
                asked=(),
                excluded_from_mailings=bool(excluded),
                bounced_email=bounced,
            )
            found[customer_id] = one._replace(
                jurisdictions=(*one.jurisdictions, place), orders=one.orders + orders
            )
        return list(found.values())

    def _profile(self) -> Profile:
        """By which the newest decision was made."""
        newest = run(self._c, "SELECT rule FROM decision ORDER BY id DESC LIMIT 1")
        by_r2 = any(rule.startswith(f"{Profile.R2}-") for (rule,) in newest)
        return Profile.R2 if by_r2 else Profile.DEFAULT


def _row(decision: Decision) -> tuple[Any, ...]:
    return (
        str(decision.ground),
        decision.tax_applicable,
        decision.certificate_id,
        decision.certificate_number,
        decision.jurisdiction,
        decision.order_date.isoformat(),
        decision.rule,
        _dump_steps(decision.steps),
        int(decision.exempt_percentage * 100),
        _dump_facts(decision.facts._replace(order_date=dt.date.min, jurisdiction=None)),
    )


def _dump_steps(steps: tuple[Step, ...]) -> str:
    return _STEPS.dump_json(steps, exclude_defaults=True).decode() if steps else "[]"


@functools.lru_cache(maxsize=1000)
def _dump_facts(facts: Facts) -> str:
    """What has no column of its own; the same for many orders."""
    kept = facts._asdict() | {"by_hand": facts.by_hand._asdict() if facts.by_hand else None}
    return json.dumps({name: kept[name] for name in _KEPT if kept[name] != _ORDINARY[name]})


_ORDINARY = Facts(dt.date.min, None)._asdict()
_KEPT = tuple(_ORDINARY)[2:]


def decision_of(row: Sequence[Any]) -> Decision:
    """The decision in a row of `FIELDS`."""
    values = dict(zip(FIELDS, row, strict=True))
    facts = json.loads(values.pop("facts"))
    by_hand = facts.pop("by_hand", None)
    return Decision(
        ground=values["ground"],
        tax_applicable=bool(values["tax_applicable"]),
        exempt_percentage=Decimal(values["exempt_percentage"]).scaleb(-2),
        certificate_id=values["certificate_id"],
        certificate_number=values["certificate_number"],
        facts=Facts(
            dt.date.fromisoformat(values["order_date"]),
            values["jurisdiction"],
            **{**facts, "order_numbers": tuple(facts.get("order_numbers", ()))},
            by_hand=ByHand(**by_hand) if by_hand else None,
        ),
        rule=values["rule"],
        steps=_STEPS.validate_json(values["steps"]),
    )
