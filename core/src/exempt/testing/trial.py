"""One test's view of the bench: what applies, what can be shown, and reading to the end."""

from __future__ import annotations

import datetime as dt
import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from exempt.errors import ConnectorError, CursorExpired, TransientError
from exempt.hookspecs import SandboxControls
from exempt.model.checking import Capability
from exempt.model.fetching import FetchRequest, Page, Stream
from exempt.model.messages import Purpose, SendRequest
from exempt.model.record import SourceRecord
from exempt.testing.bench import Bench
from exempt.testing.levels import Level
from exempt.testing.telling import does_not_apply, fail, must, not_shown
from exempt.testing.variants import is_over, state

if TYPE_CHECKING:
    from exempt.adapters.connections.connection import OpenConnection as Connection

PAGES_MAX = 2_000
LIVE_PAGES = 3
"""Of a real account only so many pages are read: it may have a million."""
MAILS = 3


@dataclass
class Run:
    """The pages of one run, and the cursor that each was asked with."""

    pages: list[Page[SourceRecord]] = field(default_factory=list)
    cursors: list[str | None] = field(default_factory=list)

    @property
    def records(self) -> list[SourceRecord]:
        """All records, in the order they came."""
        return [record for page in self.pages for record in page.records]

    @property
    def ids(self) -> set[str]:
        """The identifiers of all records."""
        return {record.external_id for record in self.records}

    @property
    def latest(self) -> dict[str, SourceRecord]:
        """What came last of each record."""
        return {record.external_id: record for record in self.records}

    @property
    def deleted(self) -> set[str]:
        """What was said to be gone."""
        return {external_id for page in self.pages for external_id in page.deleted}

    def tells_gone(self, external_id: str) -> bool:
        """Whether it is named deleted, is unnamed by a snapshot, or says itself that it is over."""
        if external_id in self.ids:
            return external_id in self.deleted or is_over(self.latest[external_id])
        return external_id in self.deleted or all(page.snapshot for page in self.pages)

    @property
    def checkpoint(self) -> str | None:
        """Where the next run starts."""
        return self.pages[-1].checkpoint


class Logs(logging.Handler):
    """Keeps what is logged during a test, as a handler would show it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.warnings: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message, its extra fields and its traceback."""
        said = self.format(record)
        self.lines.append(f"{said} {vars(record)}")
        if record.levelno >= logging.WARNING:
            self.warnings.append(said)


@dataclass
class Trial:
    """What a test of the contract works with.

    Attributes:
        bench: The remote, and what opens connections to it.
        logs: What was logged since the test began.
        required: The level below which nothing may be left unshown.
        live: Whether the remote is a real account.
    """

    bench: Bench
    item: pytest.Item
    logs: Logs
    required: Level | None = None
    live: bool = False

    # --- what applies, and what can be shown ----------------------------------------------

    @functools.cached_property
    def capabilities(self) -> frozenset[Capability]:
        """What the connection says it can do."""
        connection = self.open()
        found: frozenset[Capability] = connection.capabilities
        self.bench.close(connection)
        return found

    @property
    def streams(self) -> list[Stream]:
        """What can be fetched."""
        return [stream for stream in Stream if Capability(stream.value) in self.capabilities]

    def needs(self, capability: Capability) -> None:
        """Skip a test of what the connection does not claim."""
        if capability not in self.capabilities:
            does_not_apply(self.item, f"{self.bench.info.name} has no capability {capability}")

    def reads(self, stream: Stream) -> None:
        """Skip where the stream is not read; see that bounces have something to read."""
        self.needs(Capability(stream.value))
        if stream is Stream.BOUNCES and not self.bench.has_bounces:
            self.needs(Capability.REQUESTS)
            control = self.control("bounce")
            connection = self.open()
            for number in range(MAILS):
                key = f"contract-bounce-{number}"
                connection.send(message(key))
                control(key)
            self.bench.has_bounces = True

    def to_the_end(self) -> None:
        """Skip a test that reads a stream to its end, on a real account."""
        if self.live:
            self.not_shown("a real account is not read to its end")

    def control(self, name: str) -> Callable[..., Any]:
        """The sandbox's control of that name, which skips where the sandbox cannot do it."""
        controls = self.bench.sandbox and self.bench.sandbox.controls
        lacking = f"the sandbox cannot {name}: override SandboxControls.{name}"
        own = getattr(type(controls), name, None) if controls else None
        if own is None or own is getattr(SandboxControls, name):
            self.not_shown(lacking)

        def act(*args: Any) -> Any:
            try:
                return getattr(controls, name)(*args)
            except NotImplementedError:
                self.not_shown(f"{lacking} for {args[0] if args else 'this'}")

        return act

    def proxied(self) -> None:
        """Skip where the connector speaks no HTTP to the sandbox."""
        if self.live:
            self.not_shown("no fault is made between the connector and a real account")
        if not self.bench.proxies:
            does_not_apply(self.item, "no http address on loopback is in the sandbox's settings")

    def not_shown(self, why: str) -> NoReturn:
        """Skip for want of *why*."""
        not_shown(self.item, why, self.required)

    def writes(self) -> Mapping[str, str]:
        """What the sandbox says was written to it."""
        if self.bench.sandbox is None:
            self.not_shown("a real account does not tell what was written: use a sandbox")
        return dict(self.bench.sandbox.writes())

    # --- doing ----------------------------------------------------------------------------

    def open(self, name: str = "contract", **changed: object) -> Connection:
        """A connection, opened as the core does."""
        try:
            return self.bench.open(name, **changed)
        except Exception as error:  # noqa: BLE001 - whatever it is, its author wants to know
            came = f"{type(error).__name__}: {error}"
        return fail(
            did="opened a connection with the sandbox's settings",
            came=came,
            asks="a connector whose hooks carry @hookimpl, take (self, request) and return",
            read="Connector",
        )

    def read(
        self,
        stream: Stream,
        cursor: str | None = None,
        *,
        page_size: int = 2,
        connection: Connection | None = None,
        since: dt.date | None = None,
        patient: int = 0,
    ) -> Run:
        """Every page from *cursor* on, as the core asks for them.

        Args:
            stream: What to read.
            cursor: Where to begin.
            page_size: The most records a page.
            connection: Through which; a new one by default.
            since: The first day of interest.
            patient: How often the same page is asked for again after a `TransientError`.
        """
        connection = connection or self.open()
        hook = f"fetch_{stream}"
        run = Run()
        while True:
            request = FetchRequest(cursor=cursor, since=since, page_size=page_size)
            page = self._page(connection, stream, request, patient)
            run.pages.append(page)
            run.cursors.append(cursor)
            cursor = page.next_cursor
            if cursor is None or (self.live and len(run.pages) >= LIVE_PAGES):
                return run
            must(
                cursor not in run.cursors,
                did=f"read {stream}, {page_size} a page",
                came=f"page {len(run.pages)} gave a next_cursor that a page before it had given",
                asks="a cursor that leads on; None at the end",
                read=f"Connector.{hook}",
            )
            must(
                len(run.pages) < PAGES_MAX,
                did=f"read {stream}, {page_size} a page",
                came=f"no end after {PAGES_MAX} pages",
                asks="a last page, whose next_cursor is None",
                read=f"Connector.{hook}",
            )

    def read_anew(self, stream: Stream, cursor: str, connection: Connection) -> Run:
        """As `read`, and from the beginning where the cursor has expired, as the core does."""
        try:
            connection.fetch(stream, FetchRequest(cursor=cursor, page_size=2))
        except CursorExpired:
            return self.read(stream, connection=connection)
        return self.read(stream, cursor, connection=connection)

    def read_once(self, connection: Connection, stream: Stream) -> Page[SourceRecord]:
        """The first page of a stream, whatever is wrong with it."""
        return connection.fetch(stream, FetchRequest(page_size=2))

    def state_of(self, stream: Stream, external_id: str) -> dict[str, Any]:
        """What the remote says of a record now, asked for by its id; empty if it is not there."""
        found = self.look_at(stream, external_id)
        return state(found) if found else {}

    def look_at(self, stream: Stream, external_id: str) -> SourceRecord | None:
        """A record, asked for by its id; None if it is not there, or cannot be read."""
        page = self.open().fetch(stream, FetchRequest(ids=(external_id,)))
        return page.records[0] if page.records else None

    def _page(
        self, connection: Connection, stream: Stream, request: FetchRequest, patient: int
    ) -> Page[SourceRecord]:
        came = ""
        for left in range(patient, -1, -1):
            try:
                return connection.fetch(stream, request)
            except TransientError as error:
                came = f"{type(error).__name__}: {error}"
                if not left:
                    break
            except ConnectorError as error:
                came = f"{type(error).__name__}: {error}"
                break
        return fail(
            did=f"asked for a page of {stream} with cursor {request.cursor!r}",
            came=came,
            asks="a Page",
            read=f"Connector.fetch_{stream}",
        )


def message(key: str, **changes: Any) -> SendRequest:
    """An ordinary message."""
    fields: dict[str, Any] = {
        "purpose": Purpose.REQUEST,
        "to": ("ap@lonestar.example",),
        "subject": "Your exemption certificate",
        "text": "Please send us your certificate.",
    }
    return SendRequest(key=key, **{**fields, **changes})
