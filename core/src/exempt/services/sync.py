"""Bring one connection up to date: read its streams, then write what is owed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace

from exempt.errors import (
    ConfigError,
    ConnectorError,
    CursorExpired,
    ExemptError,
    PermanentError,
    RefusedError,
)
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.model.pushing import ItemResult, PushItem
from exempt.services.counting import follow_counting
from exempt.services.decide import decide_all, decide_by_this_rule
from exempt.services.first_write import held_back
from exempt.services.job_ports import JobKind
from exempt.services.mailing import mail_due
from exempt.services.owing import owe_customers
from exempt.services.ports import Connection, Store
from exempt.services.pull import Reading, plan, read_ids, read_part
from exempt.services.push import BatchPushed, Writing, push, rehearse
from exempt.services.rows import ConnectionRow, Delivery, StreamPart
from exempt.services.rules_changed import follow_rules
from exempt.services.telling import about

_log = logging.getLogger("exempt.sync")

STREAMS = (
    Stream.CUSTOMERS,
    Stream.PRODUCTS,
    Stream.ORDERS,
    Stream.EMPLOYEES,
    Stream.BOUNCES,
)
"""In the order they are read: an order is decided better when its customer is known."""


@dataclass
class Synced:
    """What a run did with one connection.

    ``problem`` says why it ended early; what was read before stays. ``unread``
    says which customers could not be looked up, ``held_back`` why nothing was
    written although something is owed.
    """

    connection: str
    outcomes: Counter[str] = field(default_factory=Counter)
    problem: ExemptError | None = None
    unread: str = ""
    held_back: str = ""
    would_write: list[tuple[Delivery, PushItem, ItemResult]] = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """One connection to bring up to date.

    Attributes:
        open_another: Opens one more connector of the same connection, for a range.
        write_back: Whether what is owed is written; else it waits.
        lanes: How many batches are written at once.
    """

    reading: Reading
    open_another: Callable[[], Connection]
    write_back: bool = False
    pushed: Callable[[BatchPushed], None] = field(default=lambda _batch: None)
    lanes: int = 1


def sync(job: Job) -> Synced:
    """Read, then write; a failure is told in the result and harms no other connection.

    After a configuration error the connection counts as paused until a sync or
    a check of it succeeds; one that a person paused stays so, and is left alone.
    """
    row, store = job.reading.row, job.reading.store
    with store.alone(reading_name(row)) as reads, store.alone(writing_name(row)) as writes:
        return _done(job, _run) if reads and writes else _occupied(row)


def only_read(job: Job) -> Synced:
    """Read, and write nothing; see `sync`."""
    with job.reading.store.alone(reading_name(job.reading.row)) as held:
        return _done(job, _just_read) if held else _occupied(job.reading.row)


def _occupied(row: ConnectionRow) -> Synced:
    msg = f"{row.name}: another run of it is going on: wait for its end"
    return Synced(row.name, problem=RefusedError(msg))


def _done(job: Job, do: Callable[[Job, Synced], None]) -> Synced:
    row, store = job.reading.row, job.reading.store
    done = Synced(row.name)
    try:
        refuse_paused(row)
        do(job, done)
        refuse_paused(_by_now(store, row))  # which ends a run before it is done
        pause(job.reading, None)
    except ConfigError as error:
        done.problem = error
        pause(job.reading, str(error))
    except ExemptError as error:
        done.problem = error
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        _log.debug("%s", done.connection, exc_info=True)
        msg = f"{done.connection}: stopped by an unforeseen {type(error).__name__}"
        done.problem = PermanentError(msg)
    return done


def reading_name(row: ConnectionRow) -> str:
    """What who reads from a connection holds meanwhile, so that there is only one."""
    return f"read-{row.id}"


def writing_name(row: ConnectionRow) -> str:
    """What who writes to a connection, or mails through it, holds meanwhile."""
    return f"write-{row.id}"


def refuse_paused(row: ConnectionRow) -> None:
    """Leave a connection alone that a person paused.

    Raises:
        RefusedError: Somebody did.
    """
    if row.paused_by:
        msg = (
            f"{row.name}: is paused by {row.paused_by} ({row.paused_reason}):"
            f" exempt connections resume {row.name} lets it go on"
        )
        raise RefusedError(msg)


def stop_when_paused(
    store: Store, row: ConnectionRow, stop: Callable[[], bool]
) -> Callable[[], bool]:
    """Whether a run of a connection is to end: by *stop*, or since a person paused it meanwhile."""
    return lambda: stop() or _by_now(store, row).paused_by is not None


def _by_now(store: Store, row: ConnectionRow) -> ConnectionRow:
    with store.reading() as tx:
        return next((each for each in tx.connections.all() if each.id == row.id), row)


def _just_read(job: Job, done: Synced) -> None:
    done.unread = read(job)


def _run(job: Job, done: Synced) -> None:
    _just_read(job, done)
    done.held_back = write(job, done.outcomes)
    if Capability.REQUESTS in job.reading.connection.capabilities:
        done.outcomes += mail_due(job.reading)


def read(job: Job) -> str:
    """Read all streams of a connection to their ends, and owe what follows.

    Returns:
        Which customers could not be looked up, and why.
    """
    reading = job.reading
    follow_counting(reading.store, reading.policy, reading.clock)
    decide_by_this_rule(reading.store, reading.row, reading.policy, reading.clock)
    _owe_all_orders(reading)
    unread = _read(job)
    _owe(reading)
    return unread


def write(job: Job, outcomes: Counter[str]) -> str:
    """Write what is owed to a connection that may be written to.

    Returns:
        Why nothing was, where that would take away all exemptions there.
    """
    if not job.write_back:
        return ""
    held = held_back(job.reading.store, job.reading.row)
    if not held:
        push(Writing(job.reading, job.pushed, job.open_another, job.lanes), outcomes)
    return held


def _owe_all_orders(reading: Reading) -> None:
    """Where orders can be written to for the first time: decide all, and owe what they lack.

    Remembered only when it is done, so that a crash in between does no harm.
    """
    if Capability.PUSH_ORDERS in reading.row.capabilities and not reading.row.orders_owed:
        decide_all(reading.store, reading.row, reading.policy, reading.clock)
        with reading.store.writing() as tx:
            tx.connections.orders_owed(reading.row.id)


def rehearse_sync(job: Job) -> Synced:
    """What `sync` would do; the store must be rehearsing, and one thread does it all."""
    done = Synced(job.reading.row.name)
    reading = job.reading
    try:
        refuse_paused(reading.row)
        follow_rules(reading.store, reading.policy, reading.clock)
        follow_counting(reading.store, reading.policy, reading.clock)
        decide_by_this_rule(reading.store, reading.row, reading.policy, reading.clock)
        for stream in _streams(job.reading):
            for part in plan(job.reading, stream):
                read_part(job.reading, stream, part)
        done.unread = _read_unknown_customers(job.reading)
        _owe_all_orders(job.reading)
        _owe(job.reading)
        done.would_write = rehearse(job.reading)
        done.held_back = held_back(job.reading.store, job.reading.row)
    except (ConnectorError, RefusedError) as error:
        done.problem = error
    return done


def _streams(reading: Reading) -> list[Stream]:
    return [s for s in STREAMS if Capability(s.value) in reading.connection.capabilities]


def _read(job: Job) -> str:
    for stream in _streams(job.reading):
        with about(stream=stream.value):
            try:
                _read_stream(job, stream)
            except CursorExpired:
                _read_stream(job, stream)
    return _read_unknown_customers(job.reading)


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

    at_once = max(1, min(len(parts), job.reading.connection.reads_at_once))
    with ThreadPoolExecutor(at_once, thread_name_prefix=job.reading.row.name) as pool:
        for finished in [pool.submit(copy_context().run, read, part) for part in parts]:
            finished.result()


def _read_unknown_customers(reading: Reading) -> str:
    """Fetch the customers that orders name and no page has shown.

    Returns:
        Why they could not be fetched, if so: their orders stay taxed and are
        listed, and the rest of the run goes on.
    """
    if Capability.CUSTOMERS not in reading.connection.capabilities or reading.stop():
        return ""
    with reading.store.reading() as tx:
        unknown = tx.sources.unknown_customers(reading.row.id)
    try:
        read_ids(reading, Stream.CUSTOMERS, tuple(unknown))
    except ConfigError:
        raise
    except ConnectorError as error:
        return f"{len(unknown)} customers that orders name could not be read: {error}"
    return ""


def _owe(reading: Reading) -> None:
    at = reading.clock()
    with reading.store.writing() as tx:
        tx.alone([reading.row.company_id])
        owe_customers(tx, reading.row, at.date(), at)


def pause(reading: Reading, reason: str | None) -> None:
    """Pause a connection for *reason*, or let it go on."""
    row = reading.row
    with reading.store.writing() as tx:
        tx.connections.pause(row.id, reason, reading.clock())
        if row.paused_reason and reason is None and Capability.WEBHOOKS in row.capabilities:
            tx.jobs.ask(JobKind.WEBHOOK, row.id)  # what waited; all else was done by now
