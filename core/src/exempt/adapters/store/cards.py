"""Customer cards: made, found and saved, many at once."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter

from exempt.adapters.store.claims import recount
from exempt.adapters.store.columns import micros, moment
from exempt.adapters.store.database import Row, insert, many, new_ids, one_of, run, run_many
from exempt.adapters.store.following import owners_of
from exempt.adapters.store.joining import Joining
from exempt.adapters.store.standing import standing_for
from exempt.model.customer import ADDRESS, Contact, CustomerCard, CustomerDetails, CustomerOrigin
from exempt.rules.matching import email_key, number_key, tax_id_key
from exempt.services.rows import CompanyRow

_CONTACTS = TypeAdapter(tuple[Contact, ...])
_PLAIN = (
    *("name", "number", "code", "tax_id", "email", "attention", "phone", "fax"),
    *ADDRESS,
    *("bill_to", "ship_to", "exempt", "exemption_number", "exemption_code"),
    "excluded_from_mailings",
)
"""The fields of a card that are a column each."""

_COLUMNS = tuple(f"address_{name}" if name in ADDRESS else name for name in _PLAIN)
_KEYS = ("name_key", "number_key", "tax_id_key", "email_key", "contacts", "custom")
_HEAD = ("company_id", "version", "origin", "created_at", "made_by", "flagged_exempt")
_REST = (
    *("resale_certificate_number", "merged_into_id", "gone_at", "bounced_email"),
    *("contacts", "custom"),
)


class Cards(Joining):
    """Customer cards."""

    def companies(self) -> list[CompanyRow]:
        sql = "SELECT id, key, name, parent_id FROM company ORDER BY key"
        waiting = [CompanyRow(*row) for row in run(self._c, sql)]
        ordered: list[CompanyRow] = []
        while waiting:
            known = {row.id for row in ordered}
            ready = [row for row in waiting if row.parent_id is None or row.parent_id in known]
            ordered += ready or waiting
            waiting = [row for row in waiting if row not in ready] if ready else []
        return ordered

    def make(
        self,
        company_id: int,
        new: Sequence[CustomerDetails],
        at: dt.datetime,
        *,
        by: str,
        origin: CustomerOrigin,
    ) -> list[int]:
        ids = list(new_ids(self._c, "customer", len(new)))
        head = (company_id, origin.value, by, micros(at))
        columns = ("company_id", "origin", "made_by", "created_at", *_COLUMNS, *_KEYS)
        insert(
            self._c,
            "customer",
            ("id", *columns, "flagged_exempt"),
            [
                (card, *head, *_row(details), details.flagged)
                for card, details in zip(ids, new, strict=True)
            ],
        )
        self._add_zones(
            (
                (card, zone)
                for card, details in zip(ids, new, strict=True)
                for zone in details.ship_to_zones
            ),
            at,
            by,
        )
        return ids

    def try_again(self, customer_ids: Collection[int]) -> None:
        these = one_of(self._c, "id")
        sql = f"UPDATE customer SET bounced_email = NULL WHERE {these}"  # noqa: S608
        run(self._c, sql, many(self._c, sorted(customer_ids)))

    def find(self, customer_ids: Collection[int]) -> list[CustomerCard]:
        ids = many(self._c, list(customer_ids))
        sql = (
            f"SELECT id, {', '.join((*_HEAD, *_REST, *_COLUMNS))} FROM customer"  # noqa: S608
            f" WHERE {one_of(self._c, 'id')} ORDER BY id"
        )
        rows = run(self._c, sql, ids)
        zones = self._zones(customer_ids)
        above: dict[int, set[int]] = defaultdict(set)
        below: dict[int, set[int]] = defaultdict(set)
        for link in self.ship_tos(customer_ids):
            above[link.ship_to_id].add(link.bill_to_id)
            below[link.bill_to_id].add(link.ship_to_id)
        return [
            _card(tuple(row), zones.get(row[0], set()), above[row[0]], below[row[0]])
            for row in rows
        ]

    def save(self, cards: Sequence[CustomerCard], at: dt.datetime, *, by: str) -> list[int]:
        versions = self._versions([card.id for card in cards])
        fresh = [card for card in cards if versions.get(card.id) == card.version]
        assignments = ", ".join(f"{column} = ?" for column in (*_COLUMNS, *_KEYS))
        run_many(
            self._c,
            f"UPDATE customer SET {assignments}, version = version + 1 WHERE id = ?",  # noqa: S608
            [(*_row(card), card.id) for card in fresh],
        )
        before = self._zones([card.id for card in fresh])
        gone = [
            (card.id, zone)
            for card in fresh
            for zone in before.get(card.id, set()) - set(card.ship_to_zones)
        ]
        sql = "DELETE FROM ship_to_zone WHERE customer_id = ? AND jurisdiction = ?"
        run_many(self._c, sql, gone)
        new = (
            (card.id, zone)
            for card in fresh
            for zone in card.ship_to_zones
            if zone not in before.get(card.id, ())
        )
        self._add_zones(new, at, by)
        return [card.id for card in cards if versions.get(card.id) != card.version]

    def _versions(self, ids: Collection[int]) -> dict[int, int]:
        sql = f"SELECT id, version FROM customer WHERE {one_of(self._c, 'id')}"  # noqa: S608
        return {row[0]: row[1] for row in run(self._c, sql, many(self._c, list(ids)))}

    def numbered(self, company_id: int, numbers: Collection[str]) -> dict[str, list[int]]:
        sql = (
            "SELECT number_key, id, gone_at IS NOT NULL FROM customer WHERE company_id = ?"  # noqa: S608
            " AND (gone_at IS NULL OR merged_into_id IS NOT NULL)"
            f" AND {one_of(self._c, 'number_key')} ORDER BY id"
        )
        keys = sorted({key for number in numbers if (key := number_key(number))})
        found: dict[str, list[int]] = {}
        merged: list[tuple[str, int]] = []
        for key, card, gone in run(self._c, sql, company_id, many(self._c, keys)):
            if gone:
                merged.append((key, card))
            else:
                found.setdefault(key, []).append(card)
        stands = standing_for(self._c, [card for _key, card in merged])
        led: dict[str, set[int]] = {}
        for key, card in merged:
            if key not in found and card in stands:
                led.setdefault(key, set()).add(stands[card])
        return {**found, **{key: sorted(cards) for key, cards in led.items()}}

    def recount(
        self, customer_ids: Collection[int], at: dt.datetime, *, by: str, anew: bool = False
    ) -> set[int]:
        return recount(self._c, sorted(set(customer_ids)), micros(at), by, anew=anew)

    def owners(self, customer_ids: Collection[int]) -> dict[int, dict[str, str]]:
        companies = f"SELECT DISTINCT company_id FROM customer WHERE {one_of(self._c, 'id')}"  # noqa: S608
        ids = many(self._c, list(customer_ids))
        fields: dict[int, list[str]] = defaultdict(list)
        for (company_id,) in run(self._c, companies, ids):
            for field, owner in owners_of(self._c, company_id).items():
                fields[owner].append(field)
        sql = (
            "SELECT DISTINCT s.customer_id, n.id, n.name FROM source_customer s"  # noqa: S608
            " JOIN connection n ON n.id = s.connection_id WHERE s.deleted_at IS NULL"
            f" AND {one_of(self._c, 's.customer_id')} AND {one_of(self._c, 'n.id')}"
        )
        found: dict[int, dict[str, str]] = {}
        for card, owner, name in run(self._c, sql, ids, many(self._c, list(fields))):
            found.setdefault(card, {}).update(dict.fromkeys(fields[owner], name))
        return found

    def owns(self, connection_id: int) -> set[str]:
        rows = run(self._c, "SELECT owns FROM connection WHERE id = ?", connection_id)
        return set(json.loads(rows[0][0])) if rows else set()

    def of_connection(self, connection_id: int, after: int, limit: int) -> list[int]:
        sql = (
            "SELECT DISTINCT customer_id FROM source_customer WHERE connection_id = ?"  # noqa: S608
            f" AND customer_id > ? AND deleted_at IS NULL ORDER BY customer_id LIMIT {limit:d}"
        )
        return [row[0] for row in run(self._c, sql, connection_id, after)]

    def set_owns(self, connection_id: int, fields: Collection[str]) -> None:
        sql = "UPDATE connection SET owns = ? WHERE id = ?"
        run(self._c, sql, json.dumps(sorted(fields)), connection_id)

    # --- zones ---------------------------------------------------------------------------

    def _zones(self, customer_ids: Collection[int]) -> dict[int, set[str]]:
        sql = (
            "SELECT customer_id, jurisdiction FROM ship_to_zone"  # noqa: S608
            f" WHERE {one_of(self._c, 'customer_id')}"
        )
        found: dict[int, set[str]] = {}
        for card, zone in run(self._c, sql, many(self._c, list(customer_ids))):
            found.setdefault(card, set()).add(zone)
        return found

    def _add_zones(self, new: Iterable[tuple[int, str]], at: dt.datetime, by: str) -> None:
        columns = ("customer_id", "jurisdiction", "made_by", "made_at")
        insert(self._c, "ship_to_zone", columns, [(*each, by, micros(at)) for each in new])


def _row(details: CustomerDetails) -> Row:
    """The columns ``_COLUMNS`` and ``_KEYS`` of a card."""
    return (
        *(getattr(details, name) for name in _PLAIN),
        details.name.casefold(),
        number_key(details.number),
        tax_id_key(details.tax_id),
        email_key(details.email),
        _CONTACTS.dump_json(details.contacts, exclude_none=True).decode(),
        json.dumps(dict(sorted(details.custom.items())), ensure_ascii=False),
    )


def _card(row: Row, zones: Collection[str], above: set[int], below: set[int]) -> CustomerCard:
    values: dict[str, Any] = dict(
        zip(("id", *_HEAD, *_REST, *_PLAIN), (each for each in row), strict=True)
    )
    return CustomerCard(
        **{name: values[name] for name in _PLAIN},
        id=values["id"],
        company_id=values["company_id"],
        version=values["version"],
        origin=values["origin"],
        made_at=moment(values["created_at"]),
        made_by=values["made_by"],
        flagged_exempt=bool(values["flagged_exempt"]),
        resale_certificate_number=values["resale_certificate_number"] or None,
        contacts=_CONTACTS.validate_json(values["contacts"]),
        custom=json.loads(values["custom"]),
        ship_to_zones=tuple(zones),
        bill_to_ids=tuple(sorted(above)),
        ship_to_ids=tuple(sorted(below)),
        merged_into_id=values["merged_into_id"],
        gone=values["gone_at"] is not None,
        bounced_email=values["bounced_email"],
    )
