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
from exempt.adapters.store.audit import Audit
from exempt.adapters.store.backfills import Backfills
from exempt.adapters.store.brought import BroughtRecords
from exempt.adapters.store.calls import Calls
from exempt.adapters.store.cards import Cards
from exempt.adapters.store.certificate_lists import CertificateLists
from exempt.adapters.store.customer_board import CustomerBoard
from exempt.adapters.store.database import Database, lock_company, run
from exempt.adapters.store.decisions import Decisions
from exempt.adapters.store.deliveries import Deliveries
from exempt.adapters.store.entries import Entries
from exempt.adapters.store.events import EventsOut
from exempt.adapters.store.exposures import Exposures
from exempt.adapters.store.file_lists import FileLists
from exempt.adapters.store.handling import Handling
from exempt.adapters.store.histories import Histories
from exempt.adapters.store.history import Choices, History
from exempt.adapters.store.imports import Imports
from exempt.adapters.store.job_runs import JobRuns
from exempt.adapters.store.jobs import Enqueue, Jobs, Workers
from exempt.adapters.store.likeness import LookAlikes
from exempt.adapters.store.links import Links
from exempt.adapters.store.listing import Listing
from exempt.adapters.store.made_connections import MadeConnections
from exempt.adapters.store.nexus_warnings import Warnings
from exempt.adapters.store.order_lists import Orders
from exempt.adapters.store.overview import Kept, Overview
from exempt.adapters.store.owed_lists import OwedLists
from exempt.adapters.store.papers import Papers
from exempt.adapters.store.people_files import PeopleFiles
from exempt.adapters.store.presence import Presences
from exempt.adapters.store.product_codes import Products
from exempt.adapters.store.progress import Connections, Cursors, Reports
from exempt.adapters.store.rates import Rates
from exempt.adapters.store.reconciling import Reconciling
from exempt.adapters.store.recounts import Recounts
from exempt.adapters.store.register import Certificates, OpenFile
from exempt.adapters.store.reporting import Reporting
from exempt.adapters.store.requests import Requests
from exempt.adapters.store.reviews import Reviews
from exempt.adapters.store.sales import Sales
from exempt.adapters.store.sales_checks import SalesChecks
from exempt.adapters.store.saved_views import SavedViews
from exempt.adapters.store.search import Search
from exempt.adapters.store.source_reading import SourceReading
from exempt.adapters.store.sources import Sources
from exempt.adapters.store.submissions import Submissions
from exempt.adapters.store.templates import Templates
from exempt.adapters.store.uploads import Uploads
from exempt.adapters.store.webhooks import Webhooks
from exempt.services import ports


class Transaction(ports.Transaction):
    """One transaction on the store."""

    def __init__(  # noqa: PLR0915 - a statement for each of its parts
        self,
        connection: sa.Connection,
        open_file: OpenFile,
        enqueue: Enqueue | None,
        kept: Kept | None = None,
    ) -> None:
        self._c = connection
        self.overview = Overview(connection, {} if kept is None else kept)
        self.audit = Audit(connection)
        self.owed_lists = OwedLists(connection)
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
        self.brought = BroughtRecords(connection)
        self.histories = Histories(connection)
        self.sales = Sales(connection)
        self.recounts = Recounts(connection)
        self.rates = Rates(connection)
        self.sales_checks = SalesChecks(connection)
        self.exposures = Exposures(connection)
        self.connections = Connections(connection)
        self.cursors = Cursors(connection)
        self.cards = Cards(connection)
        self.customer_lists = CustomerBoard(connection)
        self.entries = Entries(connection)
        self.imports = Imports(connection)
        self.people_files = PeopleFiles(connection)
        self.file_lists = FileLists(connection)
        self.likeness = LookAlikes(connection)
        self.reconciling = Reconciling(connection)
        self.sources = Sources(connection)
        self.products = Products(connection)
        self._register = self.certificates = Certificates(connection, open_file)
        self.search = Search(connection)
        self.certificate_lists = CertificateLists(connection, self.overview)
        self.history = History(connection)
        self.choices = Choices(connection)
        self.decisions = Decisions(connection)
        self.orders = Orders(connection)
        self.deliveries = Deliveries(connection, self.jobs)
        self.handling = Handling(connection)
        self.requests = Requests(connection)
        self.templates = Templates(connection)
        self.links = Links(connection)
        self.submissions = Submissions(connection)
        self.papers = Papers(connection)
        self.uploads = Uploads(connection)
        self.reports = Reports(connection)
        self.reporting = Reporting(connection)
        self.listing = Listing(connection)
        self.calls = Calls(connection)
        self.events = EventsOut(connection)
        self.asking = Asking(lambda sql, values: run(connection, sql, *values))
        self.reviews = Reviews(connection)
        self.saved_views = SavedViews(connection)
        self.made_connections = MadeConnections(connection)
        self.job_runs = JobRuns(connection)
        self.source_reading = SourceReading(connection)

    def finish(self) -> None:
        """Note what is noted last, before the transaction ends."""
        self._register.note()

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
        self._kept: Kept = {}

    @contextlib.contextmanager
    def writing(self) -> Iterator[Transaction]:
        with self.database.writing() as connection:
            transaction = Transaction(connection, self._open_file, self.enqueue, self._kept)
            yield transaction
            transaction.finish()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Transaction]:
        with self.database.reading() as connection:
            yield Transaction(connection, self._open_file, self.enqueue, self._kept)

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
