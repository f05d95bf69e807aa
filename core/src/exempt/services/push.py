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
retry      tried again after 1 m, 5 m, 30 m, 2 h, and then every 6 h
========== =====================================================================
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from exempt.errors import ConfigError, ConnectorError, TransientError
from exempt.model.checking import Capability
from exempt.model.fetching import Stream
from exempt.model.messages import SendRequest
from exempt.model.pushing import ItemResult, Outcome, PushItem, PushRequest, Target
from exempt.rules import wanted
from exempt.services.ports import Transaction
from exempt.services.pull import Reading, read_ids
from exempt.services.requests import Needless, as_of_now, needless_requests
from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget

_log = logging.getLogger("exempt.push")

WAITS = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""How long to wait before each further try; the last one is kept to."""

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


def push(writing: Writing, outcomes: Counter[str]) -> None:
    """Write all that is due to one connection, and count the *outcomes*.

    Raises:
        ConfigError: Nothing can be written until a person acts; all stays owed.
        TransientError: The remote cannot be reached; all stays owed, for later.
    """
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
            return
        tried |= items.keys()
        results = _call(reading, batch, items)
        counted = Counter(result.outcome.value for result in results.values())
        outcomes.update(counted)
        _mark(reading, batch, results)
        _read_again(reading, batch, results)
        writing.told(BatchPushed(connection=reading.row.name, outcomes=counted))


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
    if hopeless or uncertain_mail:
        return DeliveryState.DEAD, None
    tier = WAITS[min(delivery.attempts, len(WAITS) - 1)]
    wait = max(tier, result.retry_after or dt.timedelta())
    return DeliveryState.PENDING, at + wait


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


def mail_due(reading: Reading) -> Counter[str]:
    """Send the mails that are due through one connection; the caller holds its run.

    A mail is marked as maybe sent before it goes out. One that is found so
    belonged to a process that died: it may have gone out, so a person decides.
    """
    outcomes: Counter[str] = Counter()
    with reading.store.writing() as tx:
        due = tx.deliveries.due(reading.row.id, (DeliveryTarget.MAIL,), reading.clock(), 1_000_000)
        needless = needless_requests(tx, reading.clock().date())
    for delivery in due:
        if reading.stop():
            break
        result = _mail(reading, delivery, needless)
        if result is None:
            continue
        outcomes[result.outcome.value] += 1
        with reading.store.writing() as tx:
            record_result(tx, delivery, result, reading.clock())
    return outcomes


def _mail(reading: Reading, delivery: Delivery, needless: Collection[str]) -> ItemResult | None:
    """Send one mail, by what the card says now; None when it is not to go out any more."""
    message = SendRequest.model_validate_json(delivery.wanted)
    if delivery.outcome == Outcome.UNKNOWN:
        said = "a run ended while it was being sent: it may have gone out"
        return ItemResult(key=message.key, outcome=Outcome.UNKNOWN, message=said)
    with reading.store.writing() as tx:
        now = _as_of_now(tx, delivery, message, needless)
        if isinstance(now, Needless):
            at, ids = reading.clock(), [delivery.external_id]
            tx.deliveries.withdraw(reading.row.id, DeliveryTarget.MAIL, ids, at, why=now.why)
            tx.requests.withdraw(int(delivery.external_id))
            return None
        if now != message:
            tx.deliveries.reword(delivery, now.model_dump_json())
            tx.requests.readdress(int(delivery.external_id), now.to[0])
        tx.deliveries.maybe_sent(delivery)
    try:
        return reading.connection.send(now)
    except ConfigError:
        with reading.store.writing() as tx:
            tx.deliveries.maybe_sent(delivery, sent=False)
        raise
    except ConnectorError as error:
        return failed_result(message.key, error)


def _as_of_now(
    tx: Transaction, delivery: Delivery, message: SendRequest, needless: Collection[str]
) -> SendRequest | Needless:
    if delivery.external_id in needless:
        return Needless("nothing lacks any more that it asks for")
    request = tx.requests.get(int(delivery.external_id))
    return as_of_now(tx, request, message) if request else Needless("its request is gone")
