"""What each kind of job does, once; see `exempt.services.job_ports.JobKind`."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import replace

from exempt.errors import ConfigError, ConnectorError, PermanentError, TransientError
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.services.first_write import LOOK_AGAIN
from exempt.services.following import read_again
from exempt.services.job_ports import JobKind, KeptEvent
from exempt.services.mailing import mail_due
from exempt.services.noticing import NOTICE, notify
from exempt.services.ports import Connection, Store
from exempt.services.pull import PageStored, Reading
from exempt.services.rows import ConnectionRow, DeliveryTarget
from exempt.services.running import OCCUPIED, Ended
from exempt.services.sync import STREAMS, Job, read, reading_name, write, writing_name
from exempt.services.warning_mails import warn

_log = logging.getLogger("exempt.jobs")

STATUSES = (DeliveryTarget.ORDER, DeliveryTarget.CUSTOMER)
MAILS = (DeliveryTarget.MAIL, DeliveryTarget.WARNING)
EVENTS_AT_ONCE = 100


def pull(job: Job) -> Ended:
    """Read a connection's streams to their ends."""
    reading = job.reading

    counts: Counter[str] = Counter()

    def told(page: PageStored) -> None:
        counts[page.stream.value] += page.records
        counts["rejected"] += page.rejected
        reading.told(page)

    def do() -> Ended:
        if unread := read(replace(job, reading=replace(reading, told=told))):
            _log.warning("%s", unread)
        return Ended(again=reading.stop(), counts=+counts)

    return _alone(reading, reading_name(reading.row), do)


def push(job: Job) -> Ended:
    """Write what is owed to a connection."""
    reading = job.reading

    def do() -> Ended:
        outcomes: Counter[str] = Counter()
        if held := write(job, outcomes):
            _log.warning("%s", held)
            return Ended(next_at=reading.clock() + LOOK_AGAIN)
        if outcomes:
            _log.info("written", extra={"outcomes": dict(outcomes)})
        ended = _until_due(reading, STATUSES) if job.write_back else Ended()
        return replace(ended, counts=dict(outcomes))

    return _alone(reading, writing_name(reading.row), do)


def mail(job: Job, *, staff_notices: bool = True) -> Ended:
    """Send the mails that go through a connection; with *staff_notices* tell reviewers, too.

    Whom warnings go to is told in any case.
    """
    reading = job.reading

    def do() -> Ended:
        outcomes = mail_due(reading)
        if staff_notices:
            outcomes += notify(reading)
        outcomes += warn(reading)
        if outcomes:
            _log.info("mailed", extra={"outcomes": dict(outcomes)})
        ended = _until_due(reading, (*MAILS, *(NOTICE if staff_notices else ())))
        return replace(ended, counts=dict(outcomes))

    return _alone(reading, writing_name(reading.row), do)


def _alone(reading: Reading, name: str, do: Callable[[], Ended]) -> Ended:
    """Do it holding *name*; later, while somebody else holds it."""
    with reading.store.alone(name) as held:
        return do() if held else Ended(next_at=reading.clock() + OCCUPIED, idle=True)


def _until_due(reading: Reading, targets: Collection[DeliveryTarget]) -> Ended:
    if reading.stop():
        return Ended(again=True)
    with reading.store.reading() as tx:
        return Ended(next_at=tx.deliveries.next_due(reading.row.id, targets))


def webhook(job: Job) -> Ended:
    """Read the records again that a connection's webhooks speak of, each once."""
    reading, followed = job.reading, 0
    while not reading.stop():
        with reading.store.reading() as tx:
            events = tx.webhooks.pending(reading.row.id, EVENTS_AT_ONCE)
        if not events:
            return Ended(counts={"webhook events": followed} if followed else {})
        followed += len(events)
        by_stream: dict[Stream, list[KeptEvent]] = defaultdict(list)
        for event in events:
            by_stream[event.event.stream].append(event)
        for stream in (stream for stream in STREAMS if stream in by_stream):
            _follow(reading, stream, by_stream[stream])
        waited = reading.clock() - min(event.received_at for event in events)
        _log.info(
            "webhooks followed", extra={"events": len(events), "waited": waited.total_seconds()}
        )
    return Ended(again=True)


def _follow(reading: Reading, stream: Stream, events: Collection[KeptEvent]) -> None:
    """Read what *events* speak of, and mark them done; one that cannot be read stops no other."""
    dead: str | None = None
    if Capability(stream.value) in reading.connection.capabilities:
        ids = tuple(dict.fromkeys(i for kept in events for i in kept.event.external_ids))
        try:
            read_again(reading, stream, ids)
        except (ConfigError, TransientError):
            raise
        except ConnectorError as error:
            if len(events) > 1:
                for kept in events:
                    _follow(reading, stream, [kept])
                return
            dead = _one_by_one(reading, stream, ids) if len(ids) > 1 else str(error)
    if dead is not None:
        _log.warning("event cannot be followed: %s", dead)
    with reading.store.writing() as tx:
        tx.webhooks.done([kept.id for kept in events], reading.clock(), dead=dead)


def _one_by_one(reading: Reading, stream: Stream, ids: Collection[str]) -> str | None:
    """Read each record by itself; why the first that cannot be read cannot."""
    problem: str | None = None
    for each in ids:
        try:
            read_again(reading, stream, (each,))
        except (ConfigError, TransientError):
            raise
        except ConnectorError as error:
            problem = problem or str(error)
    return problem


def probe(store: Store, row: ConnectionRow, connection: Connection, at: dt.datetime) -> Ended:
    """Look whether a connection that an error paused works again; if so, it goes on.

    Raises:
        ConnectorError: It does not.
    """
    result = connection.check()
    if broken := [p for p in result.problems if p.severity == "error"]:
        msg = f"{row.name}: {broken[0].message}: {broken[0].help}"
        raise PermanentError(msg)
    resume(store, row, at)
    return Ended()


def resume(store: Store, row: ConnectionRow, at: dt.datetime, *, by: str | None = None) -> None:
    """Let a connection go on, and do at once what waited; what a person paused, a person lets."""
    with store.writing() as tx:
        tx.connections.pause(row.id, None, at, by)
        tx.jobs.plan(JobKind.PROBE, row.id, None)
        for kind in kinds_of(row.capabilities):
            tx.jobs.ask(kind, row.id, at_once=True)


def kinds_of(capabilities: Collection[Capability]) -> list[JobKind]:
    """The jobs that there are for a connection that can do so much."""
    reads = {Capability(stream.value) for stream in Stream}
    kinds = {
        JobKind.PULL: reads,
        JobKind.PUSH: {Capability.PUSH_CUSTOMERS, Capability.PUSH_ORDERS},
        JobKind.MAIL: {Capability.REQUESTS},
        JobKind.WEBHOOK: {Capability.WEBHOOKS},
    }
    return [kind for kind, any_of in kinds.items() if any_of & set(capabilities)]
