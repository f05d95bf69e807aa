"""Send the mails that are owed, one by one, each by what its customer's card says now."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection

from exempt.errors import ConfigError, ConnectorError
from exempt.model.messages import Purpose, SendRequest
from exempt.model.pushing import ItemResult, Outcome
from exempt.services import reminding
from exempt.services.ports import Transaction
from exempt.services.pull import Reading
from exempt.services.push import failed_result, record_result
from exempt.services.requests import Needless, as_of_now, needless_requests
from exempt.services.rows import Delivery, DeliveryTarget


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
        now = _as_of_now(tx, delivery, message, needless, reading.clock().date())
        if isinstance(now, Needless):
            at, ids = reading.clock(), [delivery.external_id]
            tx.deliveries.withdraw(reading.row.id, DeliveryTarget.MAIL, ids, at, why=now.why)
            tx.requests.withdraw(int(delivery.external_id))
            return None
        if now != message:
            tx.deliveries.reword(delivery, now.model_dump_json())
            tx.requests.readdress(int(delivery.external_id), now.to[0])
        if not tx.deliveries.maybe_sent(delivery):
            return None
    try:
        return reading.connection.send(now)
    except ConfigError:
        with reading.store.writing() as tx:
            tx.deliveries.maybe_sent(delivery, sent=False)
        raise
    except ConnectorError as error:
        return failed_result(message.key, error)


def _as_of_now(
    tx: Transaction,
    delivery: Delivery,
    message: SendRequest,
    needless: Collection[str],
    on: dt.date,
) -> SendRequest | Needless:
    request = tx.requests.get(int(delivery.external_id))
    if request is None:
        return Needless("its request is gone")
    if delivery.external_id in needless:
        return Needless("nothing lacks any more that it asks for")
    if message.purpose is Purpose.REQUEST:
        return as_of_now(tx, request, message)
    return reminding.as_of_now(tx, request, delivery.version, message, on)
