"""A billing customer and what it may use, found by few and quick queries: for order entry.

The queries are run by whatever is given: a transaction of the store, or a
connection to SQLite that stays open and only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from exempt.adapters.store.register import coverage_of
from exempt.errors import NotFoundError, RefusedError
from exempt.model.asking import Buyer, Holder
from exempt.model.customer import mailbox
from exempt.model.decision import Card
from exempt.rules.matching import number_key
from exempt.services import deciding

Run = Callable[[str, tuple[Any, ...]], Sequence[Any]]
"""Runs a query whose parameters are written ``?``."""

_CARD = (
    "c.id, c.name, c.flagged_exempt, c.resale_certificate_number, c.company_id, c.number,"
    " c.email, c.bounced_email, c.excluded_from_mailings, c.gone_at,"
    " EXISTS (SELECT 1 FROM ship_to_link l WHERE l.ship_to_id = c.id)"
)
_COVERAGE = (
    "d.id, {0}, v.jurisdiction, coalesce(v.validated_reason, v.exemption_reason), d.number,"
    " v.exemption_number, d.form_kind, d.kind, d.order_numbers, d.signed_date, v.effective_date,"
    " v.expiration_date, g.held_through, d.apply_tax, d.exempt_percentage, d.review_status,"
    " d.archived_date"
)
_ITS = (  # every certificate has a customer and a coverage: LEFT only lets the customer stand
    " LEFT JOIN certificate d ON d.id = k.certificate_id"
    " LEFT JOIN coverage v ON v.certificate_id = d.id"
    " LEFT JOIN coverage_hold g ON g.certificate_id = d.id AND g.customer_id = {0}"
    " AND g.jurisdiction = v.jurisdiction"
)
# A customer with what it holds itself, in one look: enough for nearly all of them.
_WHOLE = (
    f"SELECT {_CARD}, {_COVERAGE.format('c.id')} FROM customer c {{0}}"  # noqa: S608
    f" LEFT JOIN certificate_customer k ON k.customer_id = c.id {_ITS.format('c.id')}"
    " WHERE {1}"
)
_CARD_COLUMNS = 11
_BILL_TO = (
    "SELECT b.flagged_exempt, b.resale_certificate_number FROM ship_to_link l"
    " JOIN customer b ON b.id = l.bill_to_id WHERE l.ship_to_id = ? ORDER BY b.id"
)
_THEIRS = (
    "WITH holder (holder_id) AS (SELECT s.id FROM customer s WHERE s.id = ?"  # noqa: S608
    " UNION SELECT l.bill_to_id FROM ship_to_link l WHERE l.ship_to_id = ?)"
    f" SELECT {_COVERAGE.format('h.holder_id')} FROM holder h"
    f" JOIN certificate_customer k ON k.customer_id = h.holder_id {_ITS.format('h.holder_id')}"
    " ORDER BY d.id, v.jurisdiction, h.holder_id"
)
_STANDS_FOR = (
    "WITH RECURSIVE way (id) AS (SELECT merged_into_id FROM customer WHERE id = ?"
    " UNION SELECT c.merged_into_id FROM way w JOIN customer c ON c.id = w.id"
    " WHERE c.merged_into_id IS NOT NULL) SELECT c.id FROM customer c JOIN way w ON w.id = c.id"
    " WHERE c.gone_at IS NULL"
)


class Asking(deciding.Asking):
    """Looks by *run*."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._companies: dict[str, int] = {}

    def holder(
        self, buyer: Buyer, company: str | None, company_ids: frozenset[int] | None = None
    ) -> Holder | None:
        rows = self._rows(buyer, company, company_ids)
        if not rows:
            return None
        card, held = rows[0][:_CARD_COLUMNS], [row[_CARD_COLUMNS:] for row in rows]
        if card[-1]:
            return self._ship_to(card)
        return _holder(card, [] if held[0][0] is None else held)

    def _ship_to(self, card: Any) -> Holder:
        """A ship-to customer claims and holds what the billing customers it belongs to do."""
        customer_id, name, flagged, free_form, *more = card
        for theirs, number in self._run(_BILL_TO, (customer_id,)):
            flagged, free_form = flagged or theirs, free_form or number
        held = self._run(_THEIRS, (customer_id, customer_id))
        once = {(each[0], each[2]): each for each in reversed(held)}  # the first of each counts
        return _holder((customer_id, name, flagged, free_form, *more), list(once.values())[::-1])

    def _rows(
        self, buyer: Buyer, company: str | None, company_ids: frozenset[int] | None
    ) -> Sequence[Any]:
        """The customer with what it holds, a row a coverage."""
        company_id = None if company is None else self._company(company)
        if buyer.number is not None:
            rows = self._by_number(number_key(buyer.number), company_id)
        elif buyer.id is not None:
            rows = self._whole("", "c.id = ?", buyer.id)
        else:
            rows = self._by_record(buyer)
        if any(row[9] is not None for row in rows):
            rows = [found for row in rows for found in self._in_use(row)]
        if company_id is not None:
            rows = [row for row in rows if row[4] == company_id]
        if company_ids is not None:
            rows = [row for row in rows if row[4] in company_ids]
        if len({row[0] for row in rows}) > 1:
            msg = (
                "customer.number: several customers have this number: name the company, or the"
                " customer by its id"
            )
            raise RefusedError(msg)
        return rows

    def _whole(self, joined: str, condition: str, *values: Any) -> Sequence[Any]:
        return self._run(_WHOLE.format(joined, condition), values)

    def _by_number(self, key: str | None, company_id: int | None) -> Sequence[Any]:
        if company_id is None:
            every = "c.company_id IN (SELECT id FROM company) AND c.number_key = ?"
            return self._whole("", every, key)
        return self._whole("", "c.company_id = ? AND c.number_key = ?", company_id, key)

    def _by_record(self, buyer: Buyer) -> Sequence[Any]:
        rows = self._run("SELECT id FROM connection WHERE name = ?", (buyer.connection,))
        if not rows:
            msg = f"connection {buyer.connection!r}: there is none: see exempt connections list"
            raise NotFoundError(msg)
        joined = "JOIN source_customer s ON s.customer_id = c.id"
        mine = "s.connection_id = ? AND s.external_id = ?"
        return self._whole(joined, mine, rows[0][0], buyer.external_id)

    def _in_use(self, row: Any) -> Sequence[Any]:
        """The row itself, or those of the card that stands for it since they were merged."""
        if row[9] is None:
            return [row]
        stands = self._run(_STANDS_FOR, (row[0],))
        return self._whole("", "c.id = ?", stands[0][0]) if stands else []

    def _company(self, key: str) -> int:
        """Its id, which never changes."""
        if key not in self._companies:
            rows = self._run("SELECT id FROM company WHERE key = ?", (key,))
            if not rows:
                msg = f"company: there is no company {key!r}: name one of those in the settings"
                raise NotFoundError(msg)
            self._companies[key] = int(rows[0][0])
        return self._companies[key]


def _holder(card: Any, held: Sequence[Any]) -> Holder:
    customer_id, name, flagged, free_form, company_id, number, email, bounced, excluded = card[:9]
    return Holder(
        card=Card(customer_id, name, bool(flagged), free_form),
        company_id=company_id,
        number=number,
        mailbox=mailbox(email, bounced),
        excluded_from_mailings=bool(excluded),
        held=[coverage_of(each) for each in held],
    )
