"""What the services need of the outside: a store, connections, a clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from exempt.model.checking import Capability
from exempt.model.decision import Card, Decision, Profile
from exempt.model.fetching import Page, Rejected, Stream
from exempt.model.record import SourceRecord
from exempt.model.sources import Customer, Employee, Order, Product
from exempt.services.access_ports import ApiKeys, Attempts, Sessions, Users
from exempt.services.audit_ports import Audit
from exempt.services.backfill_ports import Backfills
from exempt.services.brought_ports import BroughtRecords
from exempt.services.call_ports import Calls
from exempt.services.card_ports import Cards
from exempt.services.certificate_ports import CertificateLists
from exempt.services.connection_ports import Connection as Connection  # noqa: PLC0414 - from here
from exempt.services.cursor_ports import Cursors
from exempt.services.customer_ports import CustomerLists
from exempt.services.deciding import Asking
from exempt.services.delivery_ports import Deliveries, Handling, Owed
from exempt.services.entry_ports import Entries
from exempt.services.event_ports import EventsOut
from exempt.services.exposure_ports import Exposures
from exempt.services.file_ports import FileLists
from exempt.services.history_ports import Histories
from exempt.services.import_ports import Imports, PeopleFiles
from exempt.services.job_ports import Jobs, Webhooks, Workers
from exempt.services.likeness_ports import LookAlikes
from exempt.services.listing_ports import Listing
from exempt.services.order_ports import Orders
from exempt.services.overview_ports import Overview
from exempt.services.owed_ports import OwedLists
from exempt.services.presence_ports import Presences, Warnings
from exempt.services.product_ports import Products
from exempt.services.reconciling_ports import Reconciling
from exempt.services.register_ports import Certificates, Choices, History, Search
from exempt.services.report_ports import Reporting
from exempt.services.report_rows import ConnectionStatus, GroundCount
from exempt.services.request_ports import Requests, Templates
from exempt.services.review_ports import Reviews
from exempt.services.rows import (
    ConnectionRow,
    CustomerStanding,
    OrderView,
    SavedOrders,
    SavedRecords,
    Span,
    StoredOrder,
    Uncovered,
)
from exempt.services.sale_ports import Rates, Recounts, Sales, SalesChecks
from exempt.services.source_ports import JobRuns, MadeConnections, SourceReading
from exempt.services.submission_ports import Links, Papers, Submissions, Uploads
from exempt.services.view_ports import SavedViews

Clock = Callable[[], dt.datetime]
"""The moment, in UTC."""


# --- the store's parts -----------------------------------------------------------------


class Connections(Protocol):
    """Companies and connections."""

    def register(
        self, name: str, connector: str, company: str, capabilities: Collection[Capability]
    ) -> ConnectionRow:
        """Make or update the connection *name* of the company with that key."""
        ...

    def company(self, key: str, name: str, parent: str | None) -> int:
        """Make or update a company; returns its id."""
        ...

    def all(self) -> list[ConnectionRow]:
        """Every connection, by name."""
        ...

    def orders_owed(self, connection_id: int) -> None:
        """Remember that all orders were held against what the connection shows."""
        ...

    def pause(
        self, connection_id: int, reason: str | None, at: dt.datetime, by: str | None = None
    ) -> None:
        """Pause a connection for *reason*; None lets it go on.

        Nothing that happens to a connection changes what a person said of it:
        without *by* one that a person paused stays as it is.
        """
        ...


class Sources(Protocol):
    """What the sources keep."""

    def save_customers(
        self, connection: ConnectionRow, records: Iterable[Customer], at: dt.datetime
    ) -> SavedRecords:
        """Save and link to cards; ``customer_ids`` are those whose decisions may change."""
        ...

    def save_orders(
        self, connection: ConnectionRow, records: Iterable[Order], at: dt.datetime
    ) -> SavedOrders:
        """Save orders with their lines."""
        ...

    def save_products(
        self, connection: ConnectionRow, records: Iterable[Product], at: dt.datetime
    ) -> SavedRecords:
        """Save products."""
        ...

    def save_employees(
        self, connection: ConnectionRow, records: Iterable[Employee], at: dt.datetime
    ) -> SavedRecords:
        """Save employees."""
        ...

    def mark_deleted(
        self,
        connection: ConnectionRow,
        stream: Stream,
        external_ids: Sequence[str],
        at: dt.datetime,
    ) -> frozenset[int]:
        """Remember that the source no longer has these; the cards whose decisions may change."""
        ...

    def save_rejected(
        self,
        connection_id: int,
        stream: Stream,
        page: Page[SourceRecord],
        cursor: str | None,
        at: dt.datetime,
    ) -> None:
        """Keep the rejected rows of the page at *cursor*; drop those that came in well."""
        ...

    def rejected(self, connection_id: int) -> list[tuple[str, Rejected]]:
        """The rejected rows of a connection, with their streams."""
        ...

    def cards(self, connection_id: int, external_ids: Collection[str]) -> dict[str, Card]:
        """The cards of source customers, by external id; unknown ones are absent."""
        ...

    def companies_of(self, customer_ids: Collection[int]) -> set[int]:
        """The companies that these customers belong to."""
        ...

    def orders_of(
        self,
        customer_ids: Collection[int],
        jurisdictions: Collection[str] | None = None,
    ) -> list[StoredOrder]:
        """Orders of these customers and their ship-to customers that are to be decided anew.

        The open ones; with *jurisdictions* those that go there, without also
        closed ones whose customer was unknown.
        """
        ...

    def with_closed_orders(self, customer_ids: Collection[int]) -> set[int]:
        """Those of these customers that have closed orders, or whose ship-to customers have."""
        ...

    def closed_orders_of(self, customer_id: int, after: int, limit: int) -> list[StoredOrder]:
        """The next closed orders of a customer and its ship-to customers, by our own id."""
        ...

    def orders_between(self, spans: Collection[Span]) -> list[StoredOrder]:
        """The orders of customers and their ship-to customers in *spans*, closed ones too."""
        ...

    def sale_days(
        self, customer_ids: Collection[int], jurisdictions: Collection[str]
    ) -> dict[tuple[int, str], list[dt.date]]:
        """The days of sales to these customers and their ship-to customers, in order, each once."""
        ...

    def order(self, order_id: int) -> StoredOrder | None:
        """The order with this id of ours; None too for one that its source deleted."""
        ...

    def orders_after(self, connection_id: int, after: int, limit: int) -> list[StoredOrder]:
        """The next orders of a connection by our own id, but for cancelled and deleted ones."""
        ...

    def orders_by_other_rules(
        self, connection_id: int, rule: str, after: int, limit: int
    ) -> list[StoredOrder]:
        """The next open orders by our own id that another rule than *rule* decided."""
        ...

    def orders_by_id(
        self,
        connection_id: int,
        external_ids: Sequence[str],
        *,
        changed_after: dt.datetime | None = None,
    ) -> list[StoredOrder]:
        """The stored orders with these external ids; or just those that changed after then."""
        ...

    def standings(
        self, connection_id: int, shipped_since: dt.date, only: Collection[int] | None = None
    ) -> list[CustomerStanding]:
        """Customers of a connection that hold or claim an exemption, or once did.

        With *only*, just these and their ship-to customers.
        """
        ...

    def unknown_customers(self, connection_id: int) -> list[str]:
        """External ids that orders name and no fetched customer has."""
        ...


class Decisions(Protocol):
    """What was decided."""

    def save(self, decided: Sequence[tuple[int, Decision]], at: dt.datetime) -> int:
        """Keep the decisions that differ from those in force; returns how many did."""
        ...

    def decided(self, order_ids: Collection[int]) -> dict[int, Decision]:
        """The decisions in force of orders, by our own id."""
        ...

    def doubtful(
        self,
        profile: Profile,
        *,
        after: int,
        limit: int,
        customer_ids: Collection[int] | None = None,
    ) -> list[StoredOrder]:
        """Closed orders, by our own id, that may be decided otherwise today.

        Those for which another certificate would be chosen than the one in
        force, and those that only the whole rule can tell of.
        """
        ...

    def find_orders(self, words: str) -> list[OrderView]:
        """Orders whose number or external id is *words*, with the decision in force."""
        ...

    def counts(self, company_ids: Collection[int] | None = None) -> list[GroundCount]:
        """Decisions in force, counted; just those of connections of these companies."""
        ...

    def uncovered(self, customer_ids: Collection[int] | None = None) -> list[Uncovered]:
        """Customers with orders for which exemption is claimed and nothing is on file, by name.

        With *customer_ids* just these.
        """
        ...

    def claimed(self, customer_ids: Collection[int] | None = None) -> list[Uncovered]:
        """Customers flagged exempt, by name, with the states that their goods go to.

        A ship-to customer is flagged when a billing customer of it is. Who has a
        free-form number, or a billing customer with one, is left out.
        """
        ...


class Reports(Protocol):
    """Questions that staff ask."""

    def connections(self) -> list[ConnectionStatus]:
        """Every connection at a glance."""
        ...

    def orders_of_voided(self) -> int:
        """How many orders are cancelled, and so not decided."""
        ...

    def owed(self) -> dict[int, Owed]:
        """What each connection is owed, by its id; quick however much was done before."""
        ...


class Transaction(Protocol):
    """One transaction on the store."""

    def alone(self, company_ids: Collection[int]) -> None:
        """Let no other transaction decide, owe or ask in these companies until this one ends.

        Saving customers or orders does the same for their company.
        """
        ...

    @property
    def installation(self) -> str:
        """A random name of this database, part of every idempotency key."""
        ...

    connections: Connections
    cursors: Cursors
    cards: Cards
    customer_lists: CustomerLists
    entries: Entries
    imports: Imports
    people_files: PeopleFiles
    file_lists: FileLists
    likeness: LookAlikes
    reconciling: Reconciling
    sources: Sources
    certificates: Certificates
    certificate_lists: CertificateLists
    search: Search
    history: History
    choices: Choices
    decisions: Decisions
    orders: Orders
    deliveries: Deliveries
    handling: Handling
    requests: Requests
    templates: Templates
    links: Links
    submissions: Submissions
    papers: Papers
    uploads: Uploads
    reports: Reports
    reporting: Reporting
    listing: Listing
    calls: Calls
    asking: Asking
    events: EventsOut
    reviews: Reviews
    jobs: Jobs
    workers: Workers
    webhooks: Webhooks
    users: Users
    sessions: Sessions
    api_keys: ApiKeys
    attempts: Attempts
    presence: Presences
    warnings: Warnings
    products: Products
    backfills: Backfills
    brought: BroughtRecords
    histories: Histories
    sales: Sales
    recounts: Recounts
    rates: Rates
    sales_checks: SalesChecks
    exposures: Exposures
    saved_views: SavedViews
    overview: Overview
    audit: Audit
    owed_lists: OwedLists
    made_connections: MadeConnections
    job_runs: JobRuns
    source_reading: SourceReading


class Store(Protocol):
    """Everything Exempt knows."""

    def alone(self, name: str) -> AbstractContextManager[bool]:
        """Hold *name* while the block runs; False when another process holds it."""
        ...

    def writing(self) -> AbstractContextManager[Transaction]:
        """A transaction that may write: all of it happens, or nothing."""
        ...

    def reading(self) -> AbstractContextManager[Transaction]:
        """A transaction that only reads."""
        ...

    def rehearsing(self) -> AbstractContextManager[None]:
        """Everything inside is undone at the end; one thread only."""
        ...
