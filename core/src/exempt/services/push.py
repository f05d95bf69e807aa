"""Write the statuses that are owed to an outside system, in batches.

========== =====================================================================
outcome    the delivery
========== =====================================================================
applied    done
unchanged  done
rejected   dead: a person decides
missing    dead: a person decides
conflict   the record is read again, and what it then needs is owed anew
unknown    the record is read again before anything is written
retry      tried again after 1 m, 5 m, 30 m, 2 h and 6 h; then dead
========== =====================================================================

Several batches are on their way at once where the connector allows it. What
came back of them is marked together, while the next ones are on their way.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import NamedTuple, Self

from exempt.errors import ConfigError, ConnectorError, TransientError
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.model.pushing import ItemResult, Outcome, PushItem, PushRequest, Target
from exempt.rules import wanted
from exempt.services.owing import owe_overtaken
from exempt.services.ports import Connection, Transaction
from exempt.services.pull import Reading, read_ids
from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget

_log = logging.getLogger("exempt.push")

WAITS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""How long to wait before each further try; after the last one a delivery is dead."""

LONGEST_WAIT = dt.timedelta(days=1)
"""Whoever asks for a longer pause is asked again after this one."""

_BATCHES_AHEAD = 4

_DONE = (Outcome.APPLIED, Outcome.UNCHANGED)
_READ_AGAIN = (Outcome.CONFLICT, Outcome.UNKNOWN)
_STREAMS = {DeliveryTarget.ORDER: Stream.ORDERS, DeliveryTarget.CUSTOMER: Stream.CUSTOMERS}


@dataclass(frozen=True)
class BatchPushed:
    """Told after each batch: how many items had which outcome."""

    connection: str
    outcomes: Mapping[str, int]


@dataclass(frozen=True)
class Writing:
    """What one run of writing needs.

    Attributes:
        reading: Used to write, and to read records again.
        told: Called with each batch.
        open_another: Opens one more connector of the connection, for another lane.
        lanes: How many batches are on their way at once.
    """

    reading: Reading
    told: Callable[[BatchPushed], None] = field(default=lambda _batch: None)
    open_another: Callable[[], Connection] | None = None
    lanes: int = 1


_Batch = list[Delivery]


class _Sent(NamedTuple):
    """A batch, and when it began to be on its way."""

    batch: _Batch
    at: dt.datetime


_Items = Mapping[int, PushItem]
_Results = Mapping[int, ItemResult]


def push(writing: Writing, outcomes: Counter[str]) -> None:
    """Write all that is due to one connection, and count the *outcomes*.

    Raises:
        ConfigError: Nothing can be written until a person acts; all stays owed.
        TransientError: The remote cannot be reached; all stays owed, for later.
    """
    with _Lanes(writing) as lanes:
        on_their_way: dict[Future[_Results], _Sent] = {}
        tried: set[int] = set()
        failed: BaseException | None = None
        while True:
            if failed is not None or writing.reading.stop():
                for future in [each for each in on_their_way if each.cancel()]:
                    del on_their_way[future]  # it had not gone out
            elif len(on_their_way) <= lanes.ahead // 2:
                flying = sum(len(sent.batch) for sent in on_their_way.values())
                at = writing.reading.clock()
                for batch, items in _next_batches(writing, tried, lanes.ahead, flying):
                    on_their_way[lanes.send(batch, items)] = _Sent(batch, at)
            if not on_their_way:
                break
            back, _ = wait(on_their_way, return_when=FIRST_COMPLETED)
            returned = {future: on_their_way.pop(future) for future in back}
            try:
                failed = _take_back(writing, returned, outcomes) or failed
            except Exception as error:  # noqa: BLE001 - raised when what still flies is marked, too
                failed = error
        if failed is not None:
            raise failed


def _next_batches(
    writing: Writing, tried: set[int], count: int, flying: int
) -> Iterator[tuple[_Batch, _Items]]:
    """What is due and was not tried yet, in *count* batches; what is *flying* counts as due."""
    reading, size = writing.reading, writing.reading.connection.push_batch_max
    targets = (DeliveryTarget.ORDER, DeliveryTarget.CUSTOMER)
    with reading.store.reading() as tx:
        limit = flying + size * count
        due = [
            delivery
            for delivery in tx.deliveries.due(reading.row.id, targets, reading.clock(), limit)
            if delivery.id not in tried
        ]
        items = {delivery.id: _item(tx, reading, delivery) for delivery in due}
    tried.update(items)
    for start in range(0, len(due), size):
        yield due[start : start + size], items


def _take_back(
    writing: Writing, back: Mapping[Future[_Results], _Sent], outcomes: Counter[str]
) -> BaseException | None:
    """Mark what came back, all in one transaction; the error that stops everything, if any."""
    failed: BaseException | None = None
    batch: _Batch = []
    results: dict[int, ItemResult] = {}
    for future, sent in back.items():
        if error := future.exception():
            failed = error
        else:
            batch += sent.batch
            results.update(future.result())
    retried = {number for number, each in results.items() if each.outcome is Outcome.RETRY}
    if retried and writing.reading.stop():  # cut short: its rest was not tried, and counts no try
        batch = [delivery for delivery in batch if delivery.id not in retried]
    if batch:
        _mark(writing.reading, batch, results, min(sent.at for sent in back.values()))
        counted = Counter(results[delivery.id].outcome.value for delivery in batch)
        outcomes.update(counted)
        _read_again(writing.reading, batch, results)
        writing.told(BatchPushed(connection=writing.reading.row.name, outcomes=counted))
    return failed


class _Lanes:
    """Connectors of one connection, each of which writes one batch at a time."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        count = writing.lanes if writing.open_another else 1
        # A lane that is alone waits until what it did is marked; others need not stand still.
        self.ahead = count * _BATCHES_AHEAD if count > 1 else 1
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=writing.reading.row.name)
        self._free: SimpleQueue[Reading] = SimpleQueue()
        self._free.put(writing.reading)
        self._opened: list[Connection] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        for connection in self._opened:
            connection.close()

    def send(self, batch: _Batch, items: _Items) -> Future[_Results]:
        """Let the next free lane write a batch."""
        return self._pool.submit(copy_context().run, self._send, batch, items)

    def _send(self, batch: _Batch, items: _Items) -> _Results:
        try:
            lane = self._free.get_nowait()
        except Empty:
            lane = self._one_more()
        try:
            return _call(lane, batch, items)
        finally:
            self._free.put(lane)

    def _one_more(self) -> Reading:
        assert self._writing.open_another is not None  # noqa: S101 - else there is one lane
        connection = self._writing.open_another()
        self._opened.append(connection)
        return replace(self._writing.reading, connection=connection)


def rehearse(reading: Reading) -> list[tuple[Delivery, PushItem, ItemResult]]:
    """Ask the connector what it would do with all that is owed; nothing is written."""
    with reading.store.reading() as tx:
        owed = tx.deliveries.due(
            reading.row.id,
            (DeliveryTarget.ORDER, DeliveryTarget.CUSTOMER),
            dt.datetime.max.replace(tzinfo=dt.UTC),
            1_000_000,
        )
        items = {delivery.id: _item(tx, reading, delivery) for delivery in owed}
    rehearsed: list[tuple[Delivery, PushItem, ItemResult]] = []
    size = reading.connection.push_batch_max
    for start in range(0, len(owed), size):
        batch = owed[start : start + size]
        results = _call(reading, batch, items, dry_run=True)
        rehearsed += [(d, items[d.id], results[d.id]) for d in batch]
    return rehearsed


def _item(tx: Transaction, reading: Reading, delivery: Delivery) -> PushItem:
    """The latest desired state, with a key that is the same in every try of this version."""
    shall = wanted.load(delivery.wanted)
    key = wanted.idempotency_key(
        tx.installation,
        reading.row.name,
        delivery.target,
        delivery.external_id,
        delivery.version,
        delivery.wanted,
    )
    return PushItem(
        key=key,
        target=Target(delivery.target.value),
        external_id=delivery.external_id,
        version=delivery.version,
        jurisdictions=shall.jurisdictions,
        tax_applicable=shall.tax_applicable,
        certificate_number=shall.certificate_number,
        files=tx.certificates.files(shall.certificates),
    )


def _call(
    reading: Reading,
    batch: Sequence[Delivery],
    items: Mapping[int, PushItem],
    *,
    dry_run: bool = False,
) -> dict[int, ItemResult]:
    """The result of each delivery; whatever stops the batch becomes each one's result."""
    request = PushRequest(items=tuple(items[d.id] for d in batch), dry_run=dry_run)
    try:
        answered = {r.key: r for r in reading.connection.push(request).results}
    except ConfigError:
        raise
    except TransientError as error:
        if not error.maybe_applied:
            raise  # nobody is at home: nothing was tried
        return {d.id: failed_result(items[d.id].key, error) for d in batch}
    except ConnectorError as error:
        if len(batch) == 1:
            return {d.id: failed_result(items[d.id].key, error) for d in batch}
        # One of them is poison: each is tried by itself, so that only that one is given up.
        alone = [_call(reading, [d], items, dry_run=dry_run) for d in batch]
        return {number: result for results in alone for number, result in results.items()}
    unanswered = "the connector gave no result for it"
    return {
        d.id: answered.get(
            items[d.id].key,
            ItemResult(key=items[d.id].key, outcome=Outcome.RETRY, message=unanswered),
        )
        for d in batch
    }


def failed_result(key: str, error: ConnectorError) -> ItemResult:
    """What an error means for the one thing that was to be done."""
    if not isinstance(error, TransientError):
        return ItemResult(key=key, outcome=Outcome.REJECTED, message=str(error))
    outcome = Outcome.UNKNOWN if error.maybe_applied else Outcome.RETRY
    return ItemResult(key=key, outcome=outcome, message=str(error), retry_after=error.retry_after)


def _mark(
    reading: Reading,
    batch: Sequence[Delivery],
    results: Mapping[int, ItemResult],
    sent_at: dt.datetime,
) -> None:
    at = reading.clock()
    with reading.store.writing() as tx:
        for delivery in batch:
            record_result(tx, delivery, results[delivery.id], at)
        owe_overtaken(tx, reading.row, batch, sent_at, at)


def record_result(tx: Transaction, delivery: Delivery, result: ItemResult, at: dt.datetime) -> None:
    """Record what became of one attempt, by the table of this module."""
    state, due_at = _next(delivery, result, at)
    tx.deliveries.mark(
        delivery,
        state,
        outcome=result.outcome.value,
        message=result.message[:2000],
        at=at,
        due_at=due_at,
    )


def _next(
    delivery: Delivery, result: ItemResult, at: dt.datetime
) -> tuple[DeliveryState, dt.datetime | None]:
    if result.outcome in _DONE:
        return DeliveryState.SENT, None
    uncertain_mail = delivery.target.mailed and result.outcome is Outcome.UNKNOWN
    hopeless = result.outcome in (Outcome.REJECTED, Outcome.MISSING)
    if hopeless or uncertain_mail:
        return DeliveryState.DEAD, None
    if delivery.attempts >= len(WAITS):
        return DeliveryState.DEAD, None
    pause = max(WAITS[delivery.attempts], result.retry_after or dt.timedelta())
    return DeliveryState.PENDING, at + min(pause, LONGEST_WAIT)


def _read_again(
    reading: Reading, batch: Sequence[Delivery], results: Mapping[int, ItemResult]
) -> None:
    """Read anew what was changed there, or may have been written, before the next try."""
    doubtful = [d for d in batch if results[d.id].outcome in _READ_AGAIN]
    for target, stream in _STREAMS.items():
        ids = tuple(d.external_id for d in doubtful if d.target is target)
        if not ids or Capability(stream.value) not in reading.connection.capabilities:
            continue
        try:
            read_ids(reading, stream, ids)
        except ConfigError:
            raise
        except ConnectorError as error:
            _log.warning("%s: %d records could not be read again: %s", stream, len(ids), error)
        else:
            _settle(reading, [d for d in doubtful if d.target is target])


def _settle(reading: Reading, doubtful: Sequence[Delivery]) -> None:
    """Mark as done what the record, read again, already shows."""
    orders = [d for d in doubtful if d.target is DeliveryTarget.ORDER]
    at = reading.clock()
    with reading.store.writing() as tx:
        stored = {
            order.record.external_id: order.record
            for order in tx.sources.orders_by_id(reading.row.id, [d.external_id for d in orders])
        }
        for delivery in orders:
            record = stored.get(delivery.external_id)
            if record and wanted.order_shows(record, wanted.load(delivery.wanted)):
                tx.deliveries.mark(
                    delivery,
                    DeliveryState.SENT,
                    outcome=Outcome.UNCHANGED.value,
                    message="read again: the source shows it",
                    at=at,
                )
