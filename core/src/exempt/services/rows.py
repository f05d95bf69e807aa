"""What the store gives back: plain rows, for services and faces."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from exempt.model.certificate import (
    Certificate,
    CertificateKind,
    ExemptionReason,
    ReviewStatus,
)
from exempt.model.checking import Capability
from exempt.model.customer import mailbox
from exempt.model.decision import Decision
from exempt.model.sources import Order
from exempt.rules.history import FieldChange
from exempt.rules.status import CertificateStatus


class ConnectionRow(NamedTuple):
    """A configured connection, as the store knows it.

    ``orders_owed`` is set once all its orders were held against what it shows;
    ``paused_by`` is the person who paused it, if none of its errors did;
    ``paused_at`` says since when.
    """

    id: int
    name: str
    connector: str
    company_id: int
    capabilities: frozenset[Capability]
    paused_reason: str | None = None
    orders_owed: bool = True
    paused_by: str | None = None
    paused_at: dt.datetime | None = None


class StreamPart(NamedTuple):
    """How far one part of a stream was read.

    A stream has one part, or one for each range of its history; the last one
    goes on from its checkpoint in later runs.
    """

    part: int
    cursor: str | None
    done: bool
    guard: str


class StoredOrder(NamedTuple):
    """An order, where it is kept, and when we last saw it change."""

    id: int
    connection_id: int
    record: Order
    changed_at: dt.datetime


class Span(NamedTuple):
    """Days on which goods went to a state for a customer, the first and the last included."""

    customer_id: int
    jurisdiction: str
    first: dt.date
    last: dt.date


class SavedOrders(NamedTuple):
    """What a page of orders brought: the new and the changed ones, and the rest's number.

    ``corrected`` has, by our own id, what changed of an order that its
    certificate was chosen by; ``left`` the customers and states that orders
    went to before they went to others.
    """

    touched: list[StoredOrder]
    new: int
    unchanged: int
    corrected: Mapping[int, Sequence[FieldChange]] = MappingProxyType({})
    left: frozenset[tuple[str, str]] = frozenset()


class SavedRecords(NamedTuple):
    """What a page of other records brought."""

    new: int
    changed: int
    unchanged: int
    customer_ids: frozenset[int] = frozenset()


class DeliveryState(StrEnum):
    """``pending`` is owed, ``sent`` was done, ``dead`` waits for a person, who ``dropped`` it."""

    PENDING = "pending"
    SENT = "sent"
    SUPERSEDED = "superseded"
    DEAD = "dead"
    DROPPED = "dropped"


class DeliveryTarget(StrEnum):
    """What is owed: a status on an order or a customer, a mail, a notice or warning to staff."""

    ORDER = "order"
    CUSTOMER = "customer"
    MAIL = "mail"
    NOTICE = "notice"
    WARNING = "warning"

    @property
    def mailed(self) -> bool:
        """Whether it goes out by mail; else it is written to a source."""
        return self in {DeliveryTarget.MAIL, DeliveryTarget.NOTICE, DeliveryTarget.WARNING}


class Subject(StrEnum):
    """What a history is of."""

    CERTIFICATE = "certificate"
    ORDER = "order"
    CUSTOMER = "customer"
    USER = "user"
    API_KEY = "api_key"
    ENDPOINT = "endpoint"
    PRODUCT = "product"
    PRESENCE = "presence"
    WARNING = "warning"
    CONNECTION = "connection"


class Delivery(NamedTuple):
    """One thing owed to an outside system."""

    id: int
    connection_id: int
    target: DeliveryTarget
    external_id: str
    version: int
    wanted: str
    state: DeliveryState
    attempts: int
    due_at: dt.datetime
    outcome: str | None
    message: str | None
    done_at: dt.datetime | None


class CertificateSort(StrEnum):
    """By what a list of certificates is sorted."""

    ID = "id"
    CUSTOMER = "customer"
    NUMBER = "number"
    EXPIRES = "expires"


class CertificateFilter(NamedTuple):
    """Which certificates to list; what is None does not matter.

    Attributes:
        words: Part of a customer's name, number or e-mail, or of a
            certificate's number or that of one of its jurisdictions; or ``id:12``.
        company_ids: Just those of customers of these companies.
        expires_from: The earliest end of one of its jurisdictions, that day
            and later; ``expires_to``: that day and earlier.
        in_force_on: Those that are, or were, in force on this day in one of
            their jurisdictions, as far as they are accepted by now.
        ids: Just these.
        limit: How many to give at most, after leaving out ``offset``.
    """

    words: str | None = None
    company_ids: Collection[int] | None = None
    customer_id: int | None = None
    jurisdiction: str | None = None
    reason: ExemptionReason | None = None
    statuses: Collection[CertificateStatus] = ()
    expires_from: dt.date | None = None
    expires_to: dt.date | None = None
    review_status: ReviewStatus | None = None
    kind: CertificateKind | None = None
    in_force_on: dt.date | None = None
    ids: Collection[int] | None = None
    sort: CertificateSort = CertificateSort.ID
    descending: bool = False
    limit: int = 100
    offset: int = 0


class CertificatePage(NamedTuple):
    """A part of a list of certificates.

    Attributes:
        total: How many there are in the whole list.
        counts: How many there would be of each status, the other filters kept.
        customers: The names of their customers, by id.
    """

    certificates: list[Certificate]
    total: int
    counts: Mapping[CertificateStatus, int]
    customers: Mapping[int, str]


class CustomerStanding(NamedTuple):
    """What a customer's status in one source is made of.

    ``ship_to`` has the states of its ship-to addresses there, and of what was
    shipped lately.
    """

    external_id: str
    customer_id: int
    free_form: str | None
    exempt_in_source: bool | None
    changed_at: dt.datetime
    ship_to: frozenset[str]


class CustomerRow(NamedTuple):
    """A customer card, for a list.

    ``sources`` is how many records of sources it has, ``certificates`` how many
    certificates it holds itself that are in force.
    """

    id: int
    number: str | None
    name: str
    email: str | None
    flagged_exempt: bool
    sources: int
    certificates: int
    company: str = ""
    code: str | None = None
    jurisdiction: str | None = None


class CustomerLack(StrEnum):
    """What a customer may be without.

    ===========  ==================================================================
    email        no A/P e-mail that mail could be sent to
    engine       a part of name and address that a tax engine wants
    source       no record in any source: nobody checked that it is there
    certificate  flagged exempt, and no certificate of its own in force
    ===========  ==================================================================
    """

    EMAIL = "email"
    ENGINE = "engine"
    SOURCE = "source"
    CERTIFICATE = "certificate"


class CustomerFilter(NamedTuple):
    """Which customers to list; what is None does not matter.

    Attributes:
        words: Part of the name, number, code, tax ID or e-mail.
        company_ids: Just those of these companies.
        bought_exempt: Whether an order of theirs was decided exempt.
        state: Of the address, or one that goods go to.
        limit: How many to give at most, after leaving out ``offset``; 0 = all.
    """

    words: str | None = None
    company_ids: Collection[int] | None = None
    flagged: bool | None = None
    lacking: CustomerLack | None = None
    bought_exempt: bool | None = None
    excluded_from_mailings: bool | None = None
    jurisdiction: str | None = None
    limit: int = 0
    offset: int = 0


class CustomerPage(NamedTuple):
    """A part of a list of customers, and how many there are in the whole list."""

    customers: list[CustomerRow]
    total: int


class CustomerRecord(NamedTuple):
    """A customer as a source keeps it, and the card that it is on.

    Attributes:
        linked_by: Who put it there by hand; None = matching did.
        deleted: The source has it no more.
    """

    id: int
    connection: str
    external_id: str
    customer_id: int
    name: str
    number: str | None
    email: str | None
    tax_id: str | None
    linked_by: str | None
    deleted: bool


class ShipToLink(NamedTuple):
    """A billing customer and one of its ship-to customers.

    ``connection`` is the one whose record says so; None = ``made_by`` said so.
    """

    bill_to_id: int
    ship_to_id: int
    connection: str | None
    made_by: str


class Exposure(NamedTuple):
    """Sales to a customer that went to one state, by what was decided for them.

    Attributes:
        tax_applicable: Whether they are taxed.
        claimed_only: Exemption is claimed for them, and nothing on file covers them.
        total_minor: Their worth, in minor units of the currency.
    """

    jurisdiction: str | None
    tax_applicable: bool
    claimed_only: bool
    currency: str
    orders: int
    total_minor: int


class CompanyRow(NamedTuple):
    """A company of the seller's, and the one that it belongs to."""

    id: int
    key: str
    name: str
    parent_id: int | None


class Uncovered(NamedTuple):
    """A customer with orders for which exemption is claimed and nothing is on file."""

    customer_id: int
    company_id: int
    company: str
    number: str | None
    name: str
    email: str | None
    jurisdictions: tuple[str, ...]
    orders: int
    asked: tuple[str, ...]
    excluded_from_mailings: bool = False
    bounced_email: str | None = None

    @property
    def mailbox(self) -> str | None:
        """Its e-mail address, where mail reaches it."""
        return mailbox(self.email, self.bounced_email)


class OrderView(NamedTuple):
    """An order with its decision, for a person."""

    id: int
    connection: str
    record: Order
    customer_name: str | None
    decision: Decision | None
    decided_at: dt.datetime | None
