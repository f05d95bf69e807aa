"""One search over certificates, customers, orders and requests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, TypeVar

from exempt.model.certificate import Certificate
from exempt.model.requesting import RequestState
from exempt.rules.request_states import state_of
from exempt.rules.status import certificate_status
from exempt.services.customer_ports import ListedCustomer, ListFilter
from exempt.services.order_ports import OrderFilter, OrderRow
from exempt.services.ports import Store, Transaction
from exempt.services.request_ports import RequestFilter, RequestRow
from exempt.services.rows import CertificateFilter, CertificateSort

T = TypeVar("T")

SHOWN = 8
"""Of each kind."""


class Hit(NamedTuple):
    """One thing that fits.

    Attributes:
        about: What tells it from others.
        state: How it stands, as a word; "" = that is not told.
    """

    id: int
    title: str
    about: str = ""
    state: str = ""


class Hits(NamedTuple):
    """What was found of a kind.

    Attributes:
        rows: The first of them.
        total: How many there are; ``capped``: there are more than that.
    """

    rows: list[Hit]
    total: int
    capped: bool = False


class Everything:
    """A search; each kind is looked for when it is asked for.

    Args:
        words: What is looked for.
        company_ids: Those whose things are looked through; None = all.
    """

    def __init__(
        self,
        store: Store,
        words: str,
        company_ids: Collection[int] | None,
        at: dt.datetime,
        soon_days: int,
    ) -> None:
        self._store = store
        self._words = words
        self._companies = company_ids
        self._at = at
        self._soon = soon_days

    def customers(self) -> Hits:
        """Cards by name, number, code, tax ID or e-mail."""
        wanted = ListFilter(words=self._words, company_ids=self._companies, limit=SHOWN)
        found = self._ask(lambda tx: tx.customer_lists.page(wanted, self._at.date()))
        return Hits([_customer(row) for row in found.customers], found.total, found.capped)

    def certificates(self) -> Hits:
        """Certificates by number, or by their customer."""
        wanted = CertificateFilter(
            words=self._words,
            company_ids=self._companies,
            sort=CertificateSort.ID,
            descending=True,
            limit=SHOWN,
        )
        on = self._at.date()
        found = self._ask(lambda tx: tx.search.certificates(wanted, on, self._soon))
        rows = [_certificate(each, found.customers, on, self._soon) for each in found.certificates]
        return Hits(rows, found.total)

    def orders(self) -> Hits:
        """Orders by number, or by their customer."""
        wanted = OrderFilter(words=self._words, company_ids=self._companies, limit=SHOWN)
        found = self._ask(lambda tx: tx.orders.page(wanted))
        return Hits([_order(row) for row in found.orders], found.total, found.capped)

    def requests(self) -> Hits:
        """Requests by their customer, or the address they went to."""
        wanted = RequestFilter(words=self._words, company_ids=self._companies, limit=SHOWN)
        found = self._ask(lambda tx: tx.requests.page(wanted, self._at))
        rows = [_request(row, state_of(row, self._at)) for row in found.requests]
        return Hits(rows, sum(found.counts.values()))

    def _ask(self, question: Callable[[Transaction], T]) -> T:
        with self._store.reading() as tx:
            return question(tx)


def _customer(row: ListedCustomer) -> Hit:
    about = (row.number, row.city, row.email, row.company)
    return Hit(row.id, row.name, " · ".join(filter(None, about)), "Exempt" if row.exempt else "")


def _certificate(
    certificate: Certificate, names: Mapping[int, str], on: dt.date, soon_days: int
) -> Hit:
    who = ", ".join(names.get(each, "") for each in certificate.customer_ids)
    places = ", ".join(each.jurisdiction.removeprefix("US-") for each in certificate.jurisdictions)
    title = certificate.number or f"Certificate {certificate.id}"
    state = certificate_status(certificate, on, soon_days)
    return Hit(certificate.id, title, " · ".join(filter(None, (who, places))), state.value)


def _order(row: OrderRow) -> Hit:
    place = (row.jurisdiction or "").removeprefix("US-")
    about = (row.customer, str(row.order_date), place, f"{row.total:,} {row.currency}")
    taxed = {None: "", True: "Taxable", False: "Exempt"}[row.tax_applicable]
    return Hit(row.id, row.number, " · ".join(filter(None, about)), taxed)


def _request(row: RequestRow, state: RequestState) -> Hit:
    places = ", ".join(each.removeprefix("US-") for each in row.jurisdictions)
    about = (f"Request {row.id}", row.recipient, places)
    return Hit(row.id, row.customer_name, " · ".join(filter(None, about)), state.value)
