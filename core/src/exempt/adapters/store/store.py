"""The store as the services know it: transactions, and the parts of one."""

from __future__ import annotations

import contextlib
import functools
import secrets
from collections.abc import Collection, Iterator

import sqlalchemy as sa

from exempt.adapters.store import tables as t
from exempt.adapters.store.access import ApiKeys, Attempts, Sessions, Users
from exempt.adapters.store.asking import Asking
from exempt.adapters.store.backfills import Backfills
from exempt.adapters.store.calls import Calls
from exempt.adapters.store.cards import Cards
from exempt.adapters.store.database import Database, lock_company, run
from exempt.adapters.store.decisions import Decisions
from exempt.adapters.store.deliveries import Deliveries
from exempt.adapters.store.entries import Entries
from exempt.adapters.store.events import EventsOut
from exempt.adapters.store.exposures import Exposures
from exempt.adapters.store.handling import Handling
from exempt.adapters.store.histories import Histories
from exempt.adapters.store.history import Choices, History
from exempt.adapters.store.imports import Imports
from exempt.adapters.store.jobs import Enqueue, Jobs, Workers
from exempt.adapters.store.likeness import LookAlikes
from exempt.adapters.store.links import Links
from exempt.adapters.store.listing import Listing
from exempt.adapters.store.nexus_warnings import Warnings
from exempt.adapters.store.papers import Papers
from exempt.adapters.store.presence import Presences
from exempt.adapters.store.product_codes import Products
from exempt.adapters.store.progress import Connections, Cursors, Reports
from exempt.adapters.store.rates import Rates
from exempt.adapters.store.reconciling import Reconciling
from exempt.adapters.store.recounts import Recounts
from exempt.adapters.store.register import Certificates, OpenFile
from exempt.adapters.store.requests import Requests
from exempt.adapters.store.reviews import Reviews
from exempt.adapters.store.sales import Sales
from exempt.adapters.store.sales_checks import SalesChecks
from exempt.adapters.store.search import Search
from exempt.adapters.store.sources import Sources
from exempt.adapters.store.submissions import Submissions
from exempt.adapters.store.templates import Templates
from exempt.adapters.store.uploads import Uploads
from exempt.adapters.store.webhooks import Webhooks
from exempt.services import ports


class Transaction(ports.Transaction):
    """One transaction on the store."""

    def __init__(
        self, connection: sa.Connection, open_file: OpenFile, enqueue: Enqueue | None
    ) -> None:
        self._c = connection
        self.jobs = Jobs(connection, enqueue)
        self.workers = Workers(connection)
        self.webhooks = Webhooks(connection)
        self.users = Users(connection)
        self.sessions = Sessions(connection)
        self.api_keys = ApiKeys(connection)
        self.attempts = Attempts(connection)
        self.presence = Presences(connection)
        self.warnings = Warnings(connection)
        self.backfills = Backfills(connection)
        self.histories = Histories(connection)
        self.sales = Sales(connection)
        self.recounts = Recounts(connection)
        self.rates = Rates(connection)
        self.sales_checks = SalesChecks(connection)
        self.exposures = Exposures(connection)
        self.connections = Connections(connection)
        self.cursors = Cursors(connection)
        self.cards = Cards(connection)
        self.entries = Entries(connection)
        self.imports = Imports(connection)
        self.likeness = LookAlikes(connection)
        self.reconciling = Reconciling(connection)
        self.sources = Sources(connection)
        self.products = Products(connection)
        self.certificates = Certificates(connection, open_file)
        self.search = Search(connection)
        self.history = History(connection)
        self.choices = Choices(connection)
        self.decisions = Decisions(connection)
        self.deliveries = Deliveries(connection, self.jobs)
        self.handling = Handling(connection)
        self.requests = Requests(connection)
        self.templates = Templates(connection)
        self.links = Links(connection)
        self.submissions = Submissions(connection)
        self.papers = Papers(connection)
        self.uploads = Uploads(connection)
        self.reports = Reports(connection)
        self.listing = Listing(connection)
        self.calls = Calls(connection)
        self.events = EventsOut(connection)
        self.asking = Asking(lambda sql, values: run(connection, sql, *values))
        self.reviews = Reviews(connection)

    def alone(self, company_ids: Collection[int]) -> None:
        for company_id in sorted(set(company_ids)):  # in one order, so that nobody waits in a ring
            lock_company(self._c, company_id)

    @functools.cached_property
    def installation(self) -> str:
        """The random name that the first migration wrote."""
        query = sa.select(t.meta.c.value).where(t.meta.c.key == "installation")
        return str(self._c.scalar(query))


class SqlStore(ports.Store):
    """The store in a `Database`.

    Args:
        database: Where it is.
        open_file: Opens a certificate's file.
        enqueue: Carries runs of jobs; without one they wait for a worker to find them.
    """

    def __init__(
        self, database: Database, open_file: OpenFile, enqueue: Enqueue | None = None
    ) -> None:
        self.database = database
        self._open_file = open_file
        self.enqueue = enqueue

    @contextlib.contextmanager
    def writing(self) -> Iterator[Transaction]:
        with self.database.writing() as connection:
            yield Transaction(connection, self._open_file, self.enqueue)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Transaction]:
        with self.database.reading() as connection:
            yield Transaction(connection, self._open_file, self.enqueue)

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        with self.database.locks.alone(name) as held:
            yield held

    @contextlib.contextmanager
    def rehearsing(self) -> Iterator[None]:
        with self.database.rehearsing():
            yield


def installation_row() -> dict[str, str]:
    """What the first migration writes into ``meta``."""
    return {"key": "installation", "value": secrets.token_hex(16)}
