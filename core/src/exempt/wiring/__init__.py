"""Join settings, store, plugins and services into the one object that the faces use."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import importlib.util
import json
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from exempt.adapters.connections.connection import OpenConnection
from exempt.adapters.documents import LocalDocuments
from exempt.adapters.store import version
from exempt.adapters.store.database import Database
from exempt.adapters.store.store import SqlStore
from exempt.discovery import Catalogue, discover
from exempt.errors import ExemptError, NotFoundError, RefusedError
from exempt.model.checking import CheckResult
from exempt.model.formdata import FormBook
from exempt.model.rulesdata import RulesPack
from exempt.rules.lookback import EVERYTHING
from exempt.rules.thresholds import Thresholds
from exempt.services import customers, duties
from exempt.services.certificates import Act
from exempt.services.policy import Policy
from exempt.services.post import Post
from exempt.services.pull import PageStored, Reading
from exempt.services.push import BatchPushed
from exempt.services.rows import ConnectionRow, CustomerRow
from exempt.services.rules_changed import follow_rules
from exempt.services.sheet import Printer
from exempt.services.sync import (
    Job,
    Synced,
    rehearse_sync,
    stop_when_paused,
    sync,
)
from exempt.settings import Loaded, load
from exempt.settings.made import without_sealed
from exempt.settings.tables import ConnectionSettings
from exempt.wiring import keys, settling
from exempt.wiring.collector import quiet_collector
from exempt.wiring.connections import Connections
from exempt.wiring.form_book import open_forms
from exempt.wiring.nexus import nexus_policy
from exempt.wiring.opening import open_connection
from exempt.wiring.rules import open_pack, open_taxability, open_thresholds

CONNECTIONS_AT_ONCE = 8


def utc_now() -> dt.datetime:
    """The machine's clock, in UTC."""
    return dt.datetime.now(dt.UTC)


class Exempt:
    """Exempt with one settings file: made once a process, and closed at its end.

    Args:
        settings: The settings file.
        clock: The moment, in UTC; everything that has a day or a moment asks it.
        environ: Where references ``env:NAME`` are looked up.

    Attributes:
        patience: How many seconds to wait for a connector; None = for ever.
    """

    def __init__(
        self,
        settings: Path | Loaded,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.settings = settings if isinstance(settings, Loaded) else load(settings)
        self.clock = clock
        self.environ = environ
        self._stop = threading.Event()
        self.patience: float | None = None

    @functools.cached_property
    def database(self) -> Database:
        """The database, whatever its version."""
        return Database(self.settings.database_url(self.environ))

    @functools.cached_property
    def connections(self) -> Connections:
        """Those of the settings file, and those that were made in the console."""
        return Connections(self.settings, lambda: self.database)

    @functools.cached_property
    def documents(self) -> LocalDocuments:
        """Where certificate files are kept."""
        return LocalDocuments(self.settings.folder / self.settings.file.exempt.documents)

    @functools.cached_property
    def store(self) -> SqlStore:
        """The store, brought up to date if it is new.

        Raises:
            RefusedError: It was made by another version: it is migrated on request only.
        """
        at = version.current(self.database)
        if at is None:
            from exempt.adapters.store import migrate  # noqa: PLC0415 - a third of a second

            migrate.upgrade(self.database)
        elif at > version.HEAD:
            msg = f"the database is at version {at}: install a newer Exempt, which knows it"
            raise RefusedError(msg)
        elif at != version.HEAD:
            msg = (
                f"the database is at version {at}, and this Exempt needs {version.HEAD}:"
                " make a backup, then run exempt migrate"
            )
            raise RefusedError(msg)
        return SqlStore(self.database, self.documents.open)

    def migrate(self, to: str | None = None) -> tuple[str | None, str | None]:
        """Bring the database to the version *to*, forwards or back; None = the newest.

        Returns:
            The versions before and after; None = empty.
        """
        from exempt.adapters.store import migrate  # noqa: PLC0415 - a third of a second

        before = version.current(self.database)
        back = to is not None and (
            to == "base" or to.startswith("-") or (before is not None and to < before)
        )
        if to is not None and back:
            migrate.downgrade(self.database, to)
        else:
            migrate.upgrade(self.database, to or "head")
        return before, version.current(self.database)

    @functools.cached_property
    def catalogue(self) -> Catalogue:
        """The installed connectors and packs of rules."""
        return discover()

    @functools.cached_property
    def rules(self) -> RulesPack:
        """The pack of rules that the settings choose; see `open_pack`."""
        return open_pack(self.settings, lambda: self.catalogue)

    @functools.cached_property
    def thresholds(self) -> Thresholds:
        """The thresholds of nexus that the settings choose; see `open_thresholds`."""
        return open_thresholds(self.settings, lambda: self.catalogue)

    @functools.cached_property
    def forms(self) -> FormBook:
        """What is known of the forms of states; see `open_forms`."""
        return open_forms(self.settings, self.rules)

    def stop(self) -> None:
        """Let runs end after the page or batch they are at."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether runs are to end."""
        return self._stop.is_set()

    def close(self) -> None:
        """Close the database."""
        if "database" in self.__dict__:
            self.database.close()

    # --- connections -------------------------------------------------------------------

    def names(self, wanted: Collection[str] = ()) -> list[str]:
        """The connections *wanted*, or all that there are by now.

        Raises:
            NotFoundError: One of them is not in the settings.
        """
        self.connections.look()
        known = self.connections
        for name in wanted:
            if name not in known:
                msg = f"{name}: no such connection: one of {', '.join(sorted(known)) or 'none'}"
                raise NotFoundError(msg)
        return [name for name in known if not wanted or name in wanted]

    def open(self, name: str, *, patience: float | None = None) -> OpenConnection:
        """Open the connection *name*; see `opening.open_connection`."""
        return open_connection(
            self.connections.loaded(name),
            name,
            self.catalogue,
            environ=self.environ,
            unseal=self.unseal,
            clock=self.clock,
            stop=self._stop.is_set,
            patience=patience or self.patience,
        )

    def unseal(self, sealed: str) -> str:
        """See `keys.unseal`."""
        return keys.unseal(self, sealed)

    def register(self, opened: Mapping[str, OpenConnection]) -> dict[str, ConnectionRow]:
        """Tell the store of companies and of these connections."""
        return settling.register(
            self.store, self.settings.file, self.connections, opened, self.clock
        )

    def settle(self) -> None:
        """See `settling.settle`."""
        settling.settle(self.store, self.settings.file, self.connections)

    def check(self, name: str) -> CheckResult:
        """Ask a connection whether it works; if it does, a pause ends."""
        return self.check_opened(self.open(name))

    def check_opened(self, connection: OpenConnection) -> CheckResult:
        """As `check`, of a connection that is closed in the end."""
        name = connection.name
        try:
            result = connection.check()
            row = self.register({name: connection})[name]
            works = not any(p.severity == "error" for p in result.problems)
            if works and row.paused_reason and not row.paused_by:
                duties.resume(self.store, row, self.clock())
            return result
        finally:
            connection.close()

    @contextmanager
    def _jobs(
        self,
        names: Sequence[str],
        told: Callable[[PageStored], None],
        pushed: Callable[[BatchPushed], None],
    ) -> Iterator[tuple[list[Job], list[Synced]]]:
        """A job for each connection, and the result of those that cannot even be opened."""
        opened: dict[str, OpenConnection] = {}
        failed: list[Synced] = []
        try:
            for name in names:
                try:
                    opened[name] = self.open(name)
                except ExemptError as error:
                    failed.append(Synced(name, problem=error))
            rows = self.register(opened)
            jobs = [
                self.job(rows[name], connection, told, pushed)
                for name, connection in opened.items()
            ]
            yield jobs, failed
        finally:
            for connection in opened.values():
                connection.close()

    def job(
        self,
        row: ConnectionRow,
        connection: OpenConnection,
        told: Callable[[PageStored], None] = lambda _page: None,
        pushed: Callable[[BatchPushed], None] = lambda _batch: None,
    ) -> Job:
        """What is needed to bring a connection up to date."""
        configured = self.connections[row.name]
        reading = Reading(
            store=self.store,
            row=row,
            connection=connection,
            clock=self.clock,
            policy=self.policy,
            post=self.post,
            since=configured.since,
            page_size=configured.page_size,
            guard=self._guard(configured),
            told=told,
            stop=stop_when_paused(self.store, row, lambda: self._is_over(row.name)),
        )
        return Job(
            reading=reading,
            open_another=lambda: self.open(row.name),
            write_back=configured.write_back,
            lanes=configured.pushes_at_once or connection.pushes_at_once,
            pushed=pushed,
        )

    def _is_over(self, name: str) -> bool:
        """Whether runs are to end, or that connection was removed meanwhile."""
        return self._stop.is_set() or name not in self.connections

    def _guard(self, configured: ConnectionSettings) -> str:
        """What old cursors depend on: connector, its cursor version, settings, since.

        Where since is not set, the day from which orders are read is kept in the
        store: it is no part of this, as it may not move while years go by.
        """
        info = self.catalogue.connectors[configured.connector]
        since = None if configured.since == EVERYTHING else configured.since
        raw = json.dumps([without_sealed(configured.settings), since], sort_keys=True, default=str)
        digest = hashlib.sha256(raw.encode()).hexdigest()[:16]
        return f"{info.name}:{info.cursor_version}:{digest}"

    def sync(
        self,
        names: Collection[str] = (),
        *,
        told: Callable[[PageStored], None] = lambda _page: None,
        pushed: Callable[[BatchPushed], None] = lambda _batch: None,
        do: Callable[[Job], Synced] = sync,
    ) -> list[Synced]:
        """Bring connections up to date, several at once; each fails by itself."""
        follow_rules(self.store, self.policy, self.clock)
        with self._jobs(self.names(names), told, pushed) as (jobs, failed):
            threads = min(CONNECTIONS_AT_ONCE, max(1, len(jobs)))
            with (
                quiet_collector(),
                ThreadPoolExecutor(threads, thread_name_prefix="sync") as pool,
            ):
                futures = [pool.submit(do, job) for job in jobs]
                try:
                    return failed + [future.result() for future in futures]
                except BaseException:
                    self.stop()
                    raise

    def rehearse(
        self,
        names: Collection[str] = (),
        *,
        told: Callable[[PageStored], None] = lambda _page: None,
        seen: Callable[[Synced], None] = lambda _result: None,
    ) -> list[Synced]:
        """What `sync` would write, with nothing written anywhere.

        *seen* is called with each result while the store still shows what was read.
        """
        results: list[Synced] = []
        store = self.store  # a new database gets its tables outside the rehearsal
        with (
            store.rehearsing(),
            self._jobs(self.names(names), told, lambda _batch: None) as (jobs, failed),
        ):
            results += failed
            for job in jobs:
                results.append(rehearse_sync(job))
                seen(results[-1])
        return results

    # --- certificates and customers ----------------------------------------------------

    @functools.cached_property
    def policy(self) -> Policy:
        """What decisions go by, as the settings say."""
        general = self.settings.file.exempt
        taxability = open_taxability(self.settings)
        nexus = nexus_policy(self.settings.file, self.connections, self.thresholds, taxability)
        return Policy(general.decision_profile, self.rules, general.review_after_years, nexus)

    @functools.cached_property
    def post(self) -> Post:
        """How customers are written to, as the settings say."""
        file = self.settings.file
        return Post(
            url=file.web.url,
            portal_url=file.exempt.portal_url,
            link_days=file.requests.link_days,
            enabled=file.requests.enabled,
            contacts={key: each.contact for key, each in file.companies.items() if each.contact},
            senders=self.connections,
        )

    def act(self, by: str) -> Act:
        """Something that *by* does now."""
        return Act(by, self.clock(), self.policy)

    @functools.cached_property
    def printer(self) -> Printer | None:
        """Makes printable pages; None without the extra ``documents``."""
        if importlib.util.find_spec("reportlab") is None:
            return None
        from exempt.adapters.printing import print_sheet  # noqa: PLC0415 - an extra, and slow

        return print_sheet

    def customer(self, words: str) -> CustomerRow:
        """See `customers.named`."""
        with self.store.reading() as tx:
            return customers.named(tx, words)
