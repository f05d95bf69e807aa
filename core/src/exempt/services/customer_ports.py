"""What the services need of the store to list customers for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple, Protocol

from exempt.services.rows import CustomerLack

MOST = 5_000
"""So many customers can be leafed through; of more it is said that there are."""

COUNTED = 1_000
"""So many of those that bought something exempt are counted at first, as that takes its time."""


class Standing(StrEnum):
    """How a customer stands.

    ===========  ==============================================================
    exempt       exemption is claimed for it, here or in a source
    covered      the same, and a certificate of its own is in force
    uncovered    the same, and none is
    taxable      no exemption is claimed for it
    bought       an order of it was decided exempt
    no_mailings  it is left out of all mailings
    ===========  ==============================================================
    """

    EXEMPT = "exempt"
    COVERED = "covered"
    UNCOVERED = "uncovered"
    TAXABLE = "taxable"
    BOUGHT = "bought"
    NO_MAILINGS = "no_mailings"


class CustomerSort(StrEnum):
    """By what a list of customers is sorted; ``added`` is the order in which they came."""

    NAME = "name"
    NUMBER = "number"
    ADDED = "added"


class ListFilter(NamedTuple):
    """Which customers to list, and how; what is None does not matter.

    Attributes:
        words: Part of the name, number, code, tax ID or e-mail; or ``id:12``.
        company_ids: Just those of these companies.
        jurisdiction: One that its goods go to.
        ids: Just these.
        limit: How many to give at most, after leaving out ``offset``.
    """

    words: str = ""
    company_ids: Collection[int] | None = None
    standing: Standing | None = None
    lacking: CustomerLack | None = None
    jurisdiction: str | None = None
    ids: Collection[int] | None = None
    sort: CustomerSort = CustomerSort.NAME
    descending: bool = False
    limit: int = 50
    offset: int = 0


class ListedCustomer(NamedTuple):
    """A customer in a list.

    Attributes:
        jurisdiction: The state of its address.
        reached: Whether mail can be sent to its address.
        certificates: How many certificates it holds itself that are in force.
        ends_on: The last day of that of them which ends first; None = without an end.
        sources: How many records of sources it has.
    """

    id: int
    number: str | None
    name: str
    email: str | None
    code: str | None
    tax_id: str | None
    city: str | None
    jurisdiction: str | None
    company: str
    exempt: bool
    free_form: bool
    reached: bool
    no_mailings: bool
    certificates: int
    ends_on: dt.date | None
    sources: int
    made_at: dt.datetime


class CustomerList(NamedTuple):
    """A part of a list of customers.

    Attributes:
        total: How many there are in the whole list; at most `MOST`.
        capped: There are more than that.
    """

    customers: list[ListedCustomer]
    total: int
    capped: bool = False


class CustomerLists(Protocol):
    """Customers listed for people; quick however many there are."""

    def page(self, filters: ListFilter, on: dt.date) -> CustomerList:
        """A part of a list."""
        ...

    def after(
        self, filters: ListFilter, after: int, limit: int, on: dt.date
    ) -> list[ListedCustomer]:
        """The next of all that fit, by id; sort, limit and offset of *filters* do not count."""
        ...
