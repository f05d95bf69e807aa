"""Bring one connection up to date: read its streams, then write what is owed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from exempt.errors import ConfigError, ConnectorError, CursorExpired, ExemptError
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.model.pushing import ItemResult, PushItem
from exempt.services.decide import owe_customers
from exempt.services.ports import Connection
from exempt.services.pull import PARTS_AT_ONCE, Reading, plan, read_ids, read_part
from exempt.services.push import BatchPushed, Writing, mail_due, push, rehearse
from exempt.services.rows import Delivery, StreamPart

STREAMS = (Stream.CUSTOMERS, Stream.PRODUCTS, Stream.ORDERS, Stream.EMPLOYEES)
"""In the order they are read: an order is decided better when its customer is known."""


@dataclass
class Synced:
    """What a run did with one connection.

    ``problem`` says why it ended early; what was read before stays.
    """

    connection: str
    outcomes: Counter[str] = field(default_factory=Counter)
    problem: ExemptError | None = None
    would_write: list[tuple[Delivery, PushItem, ItemResult]] = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """One connection to bring up to date.

    Attributes:
        open_another: Opens one more connector of the same connection, for a range.
        write_back: Whether what is owed is written; else it waits.
    """

    reading: Reading
    open_another: Callable[[], Connection]
    write_back: bool = False
    pushed: Callable[[BatchPushed], None] = field(default=lambda _batch: None)


def sync(job: Job) -> Synced:
    """Read, then write; a failure is told in the result and harms no other connection.

    After a configuration error the connection counts as paused until a sync or
    a check of it succeeds.
    """
    done = Synced(job.reading.row.name)
    try:
        _read(job)
        _owe(job.reading)
        if job.write_back:
            done.outcomes = push(Writing(job.reading, job.pushed))
        if Capability.REQUESTS in job.reading.connection.capabilities:
            done.outcomes += mail_due(job.reading)
        _pause(job.reading, None)
    except ConfigError as error:
        done.problem = error
        _pause(job.reading, str(error))
    except ConnectorError as error:
        done.problem = error
    return done


def rehearse_sync(job: Job) -> Synced:
    """What `sync` would do; the store must be rehearsing, and one thread does it all."""
    done = Synced(job.reading.row.name)
    try:
        for stream in _streams(job.reading):
            for part in plan(job.reading, stream):
                read_part(job.reading, stream, part)
        _read_unknown_customers(job.reading)
        _owe(job.reading)
        done.would_write = rehearse(job.reading)
    except ConnectorError as error:
        done.problem = error
    return done


def _streams(reading: Reading) -> list[Stream]:
    return [s for s in STREAMS if Capability(s.value) in reading.connection.capabilities]


def _read(job: Job) -> None:
    for stream in _streams(job.reading):
        try:
            _read_stream(job, stream)
        except CursorExpired:
            _read_stream(job, stream)
    _read_unknown_customers(job.reading)


def _read_stream(job: Job, stream: Stream) -> None:
    """Read the parts of a stream, several at once when there are several."""
    parts = plan(job.reading, stream)
    if len(parts) == 1:
        read_part(job.reading, stream, parts[0])
        return

    def read(part: StreamPart) -> None:
        connection = job.open_another()
        try:
            read_part(replace(job.reading, connection=connection), stream, part)
        finally:
            connection.close()

    with ThreadPoolExecutor(PARTS_AT_ONCE, thread_name_prefix=job.reading.row.name) as pool:
        for finished in [pool.submit(read, part) for part in parts]:
            finished.result()


def _read_unknown_customers(reading: Reading) -> None:
    """Fetch the customers that orders name and no page has shown."""
    if Capability.CUSTOMERS in reading.connection.capabilities:
        with reading.store.reading() as tx:
            unknown = tx.sources.unknown_customers(reading.row.id)
        read_ids(reading, Stream.CUSTOMERS, tuple(unknown))


def _owe(reading: Reading) -> None:
    at = reading.clock()
    with reading.store.writing() as tx:
        tx.alone([reading.row.company_id])
        owe_customers(tx, reading.row, at.date(), at)


def _pause(reading: Reading, reason: str | None) -> None:
    with reading.store.writing() as tx:
        tx.connections.pause(reading.row.id, reason, reading.clock())
