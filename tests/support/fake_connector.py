"""A remote held in memory, and a connector to it that keeps to the specification."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from exempt import (
    Bounce,
    Capability,
    CheckRequest,
    CheckResult,
    CloseRequest,
    Connector,
    ConnectorInfo,
    Customer,
    Employee,
    FetchRequest,
    ItemResult,
    Order,
    Outcome,
    Page,
    Product,
    PushItem,
    PushRequest,
    PushResult,
    RangesRequest,
    RangesResult,
    Rejected,
    SendRequest,
    Settings,
    SourceRecord,
    Stream,
    Target,
    hookimpl,
)
from exempt.adapters.connections.connection import OpenConnection
from support.records import NOW

Answer = Outcome | ItemResult | None
"""What a push of one item is answered with; None = not at all."""

_KINDS: dict[type[SourceRecord], Stream] = {
    Customer: Stream.CUSTOMERS,
    Order: Stream.ORDERS,
    Product: Stream.PRODUCTS,
    Employee: Stream.EMPLOYEES,
    Bounce: Stream.BOUNCES,
}


@dataclass
class Gone:
    """A record that was deleted."""

    external_id: str


@dataclass
class Remote:
    """The books of a remote: a log of states for each stream, in which cursors are positions.

    Attributes:
        now: The remote's clock.
        whole: Whether each run reads a stream from its beginning, as a snapshot.
        dated: Whether a first reading begins at the first order that is of interest;
            the log is by day then.
        ranges: Into how many ranges a history is divided; 0 = the hook answers with none.
        faults: By hook, what its next calls raise; None lets a call pass.
        answers: By external id, what the next pushes of it are answered with.
        fetched: Each request for a page, with its stream.
        pushed: Each item of a push, dry runs left out, in the order they came.
        batches: How many items each push had.
        written: How often each key was carried out.
        sent: Each message.
        closed: How many connectors were closed.
        before: Called with the name of each hook before it does anything.
    """

    now: dt.datetime = NOW
    ranges: int = 0
    whole: bool = False
    dated: bool = False
    log: dict[Stream, list[Any]] = field(default_factory=lambda: defaultdict(list))
    faults: dict[str, list[BaseException | None]] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    fetched: list[tuple[Stream, FetchRequest]] = field(default_factory=list)
    pushed: list[PushItem] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    written: Counter[str] = field(default_factory=Counter)
    sent: list[SendRequest] = field(default_factory=list)
    closed: int = 0
    before: Callable[[str], None] = field(default=lambda _hook: None)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, *records: SourceRecord) -> None:
        """Make or change records."""
        for record in records:
            self.log[_KINDS[type(record)]].append(record)

    def spoil(self, stream: Stream, row: str, external_id: str | None = None) -> None:
        """Add a row that cannot be read."""
        self.log[stream].append(Rejected(row=row, reason="total: missing", external_id=external_id))

    def remove(self, stream: Stream, external_id: str) -> None:
        """Delete a record."""
        self.log[stream].append(Gone(external_id))

    def latest(self, stream: Stream, external_id: str) -> Any:
        """The newest state of a record; None if there is none."""
        states = [e for e in self.log[stream] if e.external_id == external_id]
        return states[-1] if states and not isinstance(states[-1], Gone) else None

    def order(self, external_id: str = "O-1") -> Order:
        """The newest state of an order."""
        found = self.latest(Stream.ORDERS, external_id)
        assert isinstance(found, Order)
        return found

    def customer(self, external_id: str = "C-1") -> Customer:
        """The newest state of a customer."""
        found = self.latest(Stream.CUSTOMERS, external_id)
        assert isinstance(found, Customer)
        return found

    # --- what the connector asks ---------------------------------------------------------

    def trip(self, hook: str) -> None:
        """Raise what was planned for this call."""
        self.before(hook)
        with self.lock:
            fault = self.faults[hook].pop(0) if self.faults.get(hook) else None
        if fault is not None:
            raise fault

    def page(self, stream: Stream, request: FetchRequest) -> Page[Any]:
        """One page of a stream."""
        with self.lock:
            self.fetched.append((stream, request))
            log = list(self.log[stream])
        if request.ids is not None:
            found = {i: self.latest(stream, i) for i in request.ids}
            return _page([record or Gone(i) for i, record in found.items()], None, None)
        first = self._first(stream, request.since)
        start, _, end = (request.cursor or f"{first}:").partition(":")
        stop = int(end) if end else len(log)
        last = min(int(start) + request.page_size, stop)
        entries = log[int(start) : last]
        if last < stop:
            return _page(entries, f"{last}:{end}", None, snapshot=self.whole)
        after = None if self.whole else f"{last}:"
        return _page(entries, None, after, snapshot=self.whole)

    def _first(self, stream: Stream, since: dt.date | None) -> int:
        """Where the log begins that is of interest."""
        if not self.dated or since is None or stream is not Stream.ORDERS:
            return 0
        return sum(isinstance(e, Order) and e.order_date < since for e in self.log[stream])

    def divide(self, stream: Stream, since: dt.date | None = None) -> tuple[str, ...]:
        """Start cursors of equal ranges, the last of which is open."""
        first = self._first(stream, since)
        size = -(-(len(self.log[stream]) - first) // self.ranges) if self.ranges else 0
        starts = range(first, first + size * self.ranges, size) if size else ()
        return tuple(
            f"{start}:{start + size if number < self.ranges else ''}"
            for number, start in enumerate(starts, start=1)
        )

    def write(self, item: PushItem, *, dry_run: bool) -> Answer:
        """Write a status, as planned or as it should be."""
        planned = self.answers.get(item.external_id)
        answer = planned.pop(0) if planned and not dry_run else Outcome.APPLIED
        if answer is not Outcome.APPLIED:
            return answer
        stream = Stream.ORDERS if item.target is Target.ORDER else Stream.CUSTOMERS
        record = self.latest(stream, item.external_id)
        if record is None:
            return Outcome.MISSING
        shall = {
            "tax_applicable": item.tax_applicable,
            "certificate_number": item.certificate_number,
        }
        if item.target is Target.CUSTOMER:
            shall = {"exempt": any(status.exempt for status in item.jurisdictions)}
        if all(getattr(record, name) == value for name, value in shall.items()):
            return Outcome.UNCHANGED
        if not dry_run:
            self.written[item.key] += 1
            self.put(record.model_copy(update={**shall, "updated_at": self.now}))
        return Outcome.APPLIED


def _page(
    entries: list[Any], next_cursor: str | None, checkpoint: str | None, *, snapshot: bool = False
) -> Page[Any]:
    return Page(
        records=tuple(e for e in entries if isinstance(e, SourceRecord)),
        deleted=tuple(e.external_id for e in entries if isinstance(e, Gone)),
        rejected=tuple(e for e in entries if isinstance(e, Rejected)),
        next_cursor=next_cursor,
        checkpoint=checkpoint,
        snapshot=snapshot,
    )


class FakeSettings(Settings):
    """The settings of the fake connector."""

    secret: SecretStr = SecretStr("fake-secret")


class FakeConnector(Connector):
    """A connector to a `Remote`."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        self._remote.trip("check")
        return CheckResult(account="Fake Inc.")

    @hookimpl
    def ranges(self, request: RangesRequest) -> RangesResult:
        self._remote.trip("ranges")
        return RangesResult(cursors=self._remote.divide(request.stream, request.since))

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        self._remote.trip("fetch_customers")
        return self._remote.page(Stream.CUSTOMERS, request)

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        self._remote.trip("fetch_orders")
        return self._remote.page(Stream.ORDERS, request)

    @hookimpl
    def fetch_products(self, request: FetchRequest) -> Page[Product]:
        self._remote.trip("fetch_products")
        return self._remote.page(Stream.PRODUCTS, request)

    @hookimpl
    def fetch_employees(self, request: FetchRequest) -> Page[Employee]:
        self._remote.trip("fetch_employees")
        return self._remote.page(Stream.EMPLOYEES, request)

    @hookimpl
    def fetch_bounces(self, request: FetchRequest) -> Page[Bounce]:
        self._remote.trip("fetch_bounces")
        return self._remote.page(Stream.BOUNCES, request)

    @hookimpl
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        if not request.dry_run:
            self._remote.batches.append(len(request.items))
            self._remote.pushed += request.items
        self._remote.trip("push_exemption_status")
        results = []
        for item in request.items:
            answer = self._remote.write(item, dry_run=request.dry_run)
            if isinstance(answer, Outcome):
                answer = ItemResult(key=item.key, outcome=answer, message=f"so it is: {answer}")
            if answer is not None:
                results.append(answer.model_copy(update={"key": item.key}))
        return PushResult(results=tuple(results))

    @hookimpl
    def send_request(self, request: SendRequest) -> ItemResult:
        self._remote.sent.append(request)
        self._remote.trip("send_request")
        planned = self._remote.answers.get(request.to[0])
        answer = planned.pop(0) if planned else Outcome.APPLIED
        assert isinstance(answer, Outcome)
        return ItemResult(key=request.key, outcome=answer)

    @hookimpl
    def close(self, request: CloseRequest) -> None:
        self._remote.closed += 1


READS = frozenset({Capability.CUSTOMERS, Capability.ORDERS})
WRITES_ORDERS = READS | {Capability.PUSH_ORDERS}
WRITES = WRITES_ORDERS | {Capability.PUSH_CUSTOMERS}
MAILS = frozenset({Capability.REQUESTS})


def info(
    remote: Remote, capabilities: Collection[Capability] = WRITES_ORDERS, **changes: Any
) -> ConnectorInfo[FakeSettings]:
    """The declaration of a connector to *remote*."""
    fields: dict[str, Any] = {"name": "fake", "title": "Fake", "push_batch_max": 100, **changes}
    return ConnectorInfo(
        settings=FakeSettings,
        open=lambda _settings, _context: FakeConnector(remote),
        capabilities=lambda _settings: capabilities,
        **fields,
    )


def open_fake(
    name: str,
    remote: Remote,
    capabilities: Collection[Capability] = WRITES_ORDERS,
    **changes: Any,
) -> OpenConnection:
    """A connection to *remote*, as the core opens it."""
    declared = info(remote, capabilities, **changes)
    return OpenConnection(name, declared, FakeConnector(remote), FakeSettings())
