"""Send the mails that are owed, one by one, each by what is so now and with a link of its own."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from exempt.errors import ConfigError, ConnectorError
from exempt.model.pushing import ItemResult, Outcome
from exempt.services.mails_now import mail_now
from exempt.services.owed_mails import Finished, Needless, OwedMail, finished
from exempt.services.ports import Transaction
from exempt.services.pull import Reading
from exempt.services.push import failed_result, record_result
from exempt.services.rows import Delivery, DeliveryTarget

_ARRIVED = frozenset({Outcome.APPLIED, Outcome.UNCHANGED, Outcome.UNKNOWN})


def mail_due(reading: Reading) -> Counter[str]:
    """Send the mails that are due through one connection; the caller holds its run.

    A mail is marked as maybe sent before it goes out. One that is found so
    belonged to a process that died: it may have gone out, so a person decides.
    Its link is made in the same transaction, and revoked when it surely did not
    go out: the next try gets another.
    """
    outcomes: Counter[str] = Counter()
    with reading.store.reading() as tx:
        due = tx.deliveries.due(reading.row.id, (DeliveryTarget.MAIL,), reading.clock(), 1_000_000)
    for delivery in due:
        if reading.stop():
            break
        result = _mail(reading, delivery)
        if result is None:
            continue
        outcomes[result.outcome.value] += 1
        with reading.store.writing() as tx:
            record_result(tx, delivery, result, reading.clock())
    return outcomes


def _mail(reading: Reading, delivery: Delivery) -> ItemResult | None:
    """Send one mail, by what is so now; None when it is not to go out any more."""
    mail = OwedMail.model_validate_json(delivery.wanted)
    if delivery.outcome == Outcome.UNKNOWN:
        said = "a run ended while it was being sent: it may have gone out"
        return ItemResult(key=mail.key, outcome=Outcome.UNKNOWN, message=said)
    at = reading.clock()
    with reading.store.writing() as tx:
        ready = _ready(tx, reading, delivery, mail, at)
    if ready is None:
        return None
    try:
        result = reading.connection.send(ready.message)
    except ConfigError:
        with reading.store.writing() as tx:
            tx.deliveries.maybe_sent(delivery, sent=False)
            _revoke(tx, ready, at)
        raise
    except ConnectorError as error:
        result = failed_result(mail.key, error)
    if result.outcome not in _ARRIVED:
        with reading.store.writing() as tx:
            _revoke(tx, ready, at)
    return result


def _ready(
    tx: Transaction, reading: Reading, delivery: Delivery, mail: OwedMail, at: dt.datetime
) -> Finished | None:
    """The mail as it goes out, marked as maybe sent; None when it is not to."""
    now = mail_now(tx, delivery, mail, reading.post, at)
    if isinstance(now, Needless):
        ids = [delivery.external_id]
        tx.deliveries.withdraw(reading.row.id, DeliveryTarget.MAIL, ids, at, why=now.why)
        tx.requests.withdraw(int(delivery.external_id))
        return None
    if now.mail != mail:
        tx.deliveries.reword(delivery, now.mail.model_dump_json())
        tx.requests.readdress(int(delivery.external_id), now.mail.to[0])
    if not tx.deliveries.maybe_sent(delivery):
        return None
    if now.letter is None:  # from before mails kept their facts
        return Finished(now.mail.plain())
    return finished(tx, now.letter, now.mail, reading.post, at)


def _revoke(tx: Transaction, ready: Finished, at: dt.datetime) -> None:
    if ready.link_id is not None:
        tx.links.revoke_one(ready.link_id, at)
