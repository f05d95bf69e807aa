"""Write what is owed to an outside system: statuses in batches, mails one by one.

========== =====================================================================
outcome    the delivery
========== =====================================================================
applied    done
unchanged  done
rejected   dead: a person decides
missing    dead: a person decides
conflict   the record is read again, and what it then needs is owed anew
unknown    the record is read again before anything is written; a mail: dead
retry      tried again after 1 m, 5 m, 30 m, 2 h, 6 h; then dead
========== =====================================================================
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from exempt.errors import ConfigError, ConnectorError, TransientError
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.model.messages import SendRequest
from exempt.model.pushing import ItemResult, Outcome, PushItem, PushRequest, Target
from exempt.rules import wanted
from exempt.services.ports import Transaction
from exempt.services.pull import Reading, read_ids
from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget

WAITS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""How long to wait before each further try; after the last one a delivery is dead."""

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
    """What one run of writing needs; ``reading`` is used to read records again."""

    reading: Reading
    told: Callable[[BatchPushed], None] = field(default=lambda _batch: None)


def push(writing: Writing) -> Counter[str]:
    """Write all that is due to one connection; returns how many had which outcome.

    Raises:
        ConfigError: Nothing can be written until a person acts; all stays owed.
        TransientError: The remote cannot be reached; all stays owed, for later.
    """
    outcomes: Counter[str] = Counter()
    reading = writing.reading
    tried: set[int] = set()
    while not reading.stop():
        with reading.store.reading() as tx:
            batch = [
                delivery
                for delivery in tx.deliveries.due(
                    reading.row.id,
                    (DeliveryTarget.ORDER, DeliveryTarget.CUSTOMER),
                    reading.clock(),
                    reading.connection.push_batch_max,
                )
                if delivery.id not in tried
            ]
            items = {delivery.id: _item(tx, reading, delivery) for delivery in batch}
        if not batch:
            return outcomes
        tried |= items.keys()
        results = _call(reading, batch, items)
        counted = Counter(result.outcome.value for result in results.values())
        outcomes += counted
        _mark(reading, batch, results)
        _read_again(reading, batch, results)
        writing.told(BatchPushed(connection=reading.row.name, outcomes=counted))
    return outcomes


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
        outcome = Outcome.UNKNOWN if error.maybe_applied else Outcome.RETRY
        return {
            d.id: ItemResult(
                key=items[d.id].key,
                outcome=outcome,
                message=str(error),
                retry_after=error.retry_after,
            )
            for d in batch
        }
    except ConnectorError as error:
        return {
            d.id: ItemResult(key=items[d.id].key, outcome=Outcome.REJECTED, message=str(error))
            for d in batch
        }
    unanswered = "the connector gave no result for it"
    return {
        d.id: answered.get(
            items[d.id].key,
            ItemResult(key=items[d.id].key, outcome=Outcome.RETRY, message=unanswered),
        )
        for d in batch
    }


def _mark(reading: Reading, batch: Sequence[Delivery], results: Mapping[int, ItemResult]) -> None:
    at = reading.clock()
    with reading.store.writing() as tx:
        for delivery in batch:
            record_result(tx, delivery, results[delivery.id], at)


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
    uncertain_mail = delivery.target is DeliveryTarget.MAIL and result.outcome is Outcome.UNKNOWN
    hopeless = result.outcome in (Outcome.REJECTED, Outcome.MISSING)
    if hopeless or uncertain_mail or delivery.attempts >= len(WAITS):
        return DeliveryState.DEAD, None
    wait = max(WAITS[delivery.attempts], result.retry_after or dt.timedelta())
    return DeliveryState.PENDING, at + wait


def _read_again(
    reading: Reading, batch: Sequence[Delivery], results: Mapping[int, ItemResult]
) -> None:
    """Read anew what was changed there, or may have been written, before the next try."""
    doubtful = [d for d in batch if results[d.id].outcome in _READ_AGAIN]
    for target, stream in _STREAMS.items():
        ids = tuple(d.external_id for d in doubtful if d.target is target)
        if ids and Capability(stream.value) in reading.connection.capabilities:
            read_ids(reading, stream, ids)
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


def mail_due(reading: Reading) -> Counter[str]:
    """Send the mails that are due through one connection."""
    outcomes: Counter[str] = Counter()
    with reading.store.reading() as tx:
        due = tx.deliveries.due(reading.row.id, (DeliveryTarget.MAIL,), reading.clock(), 1_000_000)
    for delivery in due:
        if reading.stop():
            break
        result = _send(reading, delivery)
        outcomes[result.outcome.value] += 1
        with reading.store.writing() as tx:
            record_result(tx, delivery, result, reading.clock())
    return outcomes


def _send(reading: Reading, delivery: Delivery) -> ItemResult:
    message = SendRequest.model_validate_json(delivery.wanted)
    try:
        return reading.connection.send(message)
    except ConfigError:
        raise
    except TransientError as error:
        outcome = Outcome.UNKNOWN if error.maybe_applied else Outcome.RETRY
        return ItemResult(
            key=message.key, outcome=outcome, message=str(error), retry_after=error.retry_after
        )
    except ConnectorError as error:
        return ItemResult(key=message.key, outcome=Outcome.REJECTED, message=str(error))
