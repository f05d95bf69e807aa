"""Tell reviewers by mail what waits for them: one mail each a run, and each thing once.

What was told is a delivery, as a mail to a customer is: its failures are seen
and retried in the same way. It is made of what waits when the run begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from exempt.data import jurisdiction_name
from exempt.errors import ConfigError, ConnectorError
from exempt.model.messages import Purpose, SendRequest
from exempt.model.pushing import ItemResult, Outcome
from exempt.rules.wanted import idempotency_key
from exempt.services.ports import Transaction
from exempt.services.pull import Reading
from exempt.services.push import failed_result, record_result
from exempt.services.review_ports import WaitingRow
from exempt.services.reviewers import reviewers
from exempt.services.rows import Delivery, DeliveryTarget

AT_ONCE = 1000
"""What is told in one run at most; the rest in the next one."""

NOTICE = (DeliveryTarget.NOTICE,)

LISTED = 25
"""How many are named in a mail; of the rest it says how many there are."""

STATES_NAMED = 5

_TEXT = """\
Hello,

{what}

{lines}

Review them here: {where}

You get this mail because you review the certificates that {company} gets.
"""


def notify(reading: Reading) -> Counter[str]:
    """Tell the reviewers of a connection's company what is new; the caller holds its run.

    Raises:
        ConfigError: No mail can be sent until a person acts; all stays owed.
    """
    with reading.store.writing() as tx:
        _owe(tx, reading)
        due = tx.deliveries.due(reading.row.id, NOTICE, reading.clock(), AT_ONCE)
        lost = [each for each in due if each.outcome == Outcome.UNKNOWN]
        for each in lost:
            said = "a run ended while it was being sent: it may have gone out"
            result = ItemResult(key="-", outcome=Outcome.UNKNOWN, message=said)
            record_result(tx, each, result, reading.clock())
        fresh = _still_waiting(tx, reading, [each for each in due if each not in lost])
        mails = _mails(tx, reading, list(fresh.values()))
        going = [each for each in fresh if mails and tx.deliveries.maybe_sent(each)]
    if not going:
        return Counter()
    try:
        result = send_all(reading, mails)
    except ConfigError:
        with reading.store.writing() as tx:
            for each in going:
                tx.deliveries.maybe_sent(each, sent=False)
        raise
    with reading.store.writing() as tx:
        for each in going:
            record_result(tx, each, result, reading.clock())
        told = [fresh[each].submission_id for each in going]
        if result.outcome is Outcome.APPLIED:
            tx.submissions.noticed([each for each in told if each], reading.clock())
    return Counter({result.outcome.value: len(mails)})


def _owe(tx: Transaction, reading: Reading) -> None:
    """Owe a notice of each thing that waits and that nobody was told of."""
    company_id = reading.row.company_id
    if not reviewers(tx, company_id):
        return
    tx.alone([company_id])
    rows = tx.reviews.without_notice(company_id, AT_ONCE)
    owed = [(str(row.certificate_id), 1, "{}") for row in rows]
    tx.deliveries.owe(reading.row.id, DeliveryTarget.NOTICE, owed, reading.clock())


def _still_waiting(
    tx: Transaction, reading: Reading, due: Sequence[Delivery]
) -> dict[Delivery, WaitingRow]:
    """What of it still waits; of the rest nobody is told."""
    rows = tx.reviews.rows([int(each.external_id) for each in due])
    waits = {row.certificate_id: row for row in rows}
    over = [each.external_id for each in due if int(each.external_id) not in waits]
    tx.deliveries.withdraw(
        reading.row.id, DeliveryTarget.NOTICE, over, reading.clock(), why="reviewed already"
    )
    return {each: row for each in due if (row := waits.get(int(each.external_id)))}


def _mails(tx: Transaction, reading: Reading, rows: Sequence[WaitingRow]) -> list[SendRequest]:
    """A mail for each reviewer; the same things to the same person are the same mail."""
    if not rows:
        return []
    subject, text = _worded(rows, reading.post.url)
    told = [row.certificate_id for row in rows]
    return [
        SendRequest(
            key=idempotency_key(tx.installation, "notice", email, *told),
            purpose=Purpose.NOTICE,
            to=(email,),
            subject=subject,
            text=text,
        )
        for email in reviewers(tx, reading.row.company_id)
    ]


def _worded(rows: Sequence[WaitingRow], url: str | None) -> tuple[str, str]:
    """Subject and text of the mail."""
    one = len(rows) == 1
    what = "1 certificate waits" if one else f"{len(rows):,} certificates wait"
    lines = [f"  - {_line(row)}" for row in rows[:LISTED]]
    if len(rows) > LISTED:
        lines.append(f"  - and {len(rows) - LISTED:,} more")
    where = f"{url}/review" if url else "exempt submissions list"
    text = _TEXT.format(
        what=f"{what} for review that {'is' if one else 'are'} new:",
        lines="\n".join(lines),
        where=where,
        company=_one_line(rows[0].company),
    )
    return _one_line(f"{rows[0].company}: {what} for review"), text


def _line(row: WaitingRow) -> str:
    """One thing that waits: ``Acme (C-1): Texas, Oklahoma``."""
    number = f" ({row.customer_number})" if row.customer_number else ""
    places = [jurisdiction_name(each) for each in row.jurisdictions[:STATES_NAMED]]
    more = len(row.jurisdictions) - len(places)
    said = ", ".join(places) + (f" and {more} more states" if more else "")
    return _one_line(f"{row.customer_name}{number}: {said}")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def send_all(reading: Reading, mails: Sequence[SendRequest]) -> ItemResult:
    """Send them all; what reached one reviewer counts as told.

    Raises:
        ConfigError: Not even the first could be sent.
    """
    results: list[ItemResult] = []
    for mail in mails:
        try:
            results.append(reading.connection.send(mail))
        except ConfigError as error:
            if not results:
                raise
            results.append(failed_result(mail.key, error))
        except ConnectorError as error:
            results.append(failed_result(mail.key, error))
    best = min(results, key=lambda each: _BEST_FIRST.index(each.outcome))
    failed = [each for each in results if each.outcome not in _ARRIVED]
    if best.outcome not in _ARRIVED or not failed:
        return best
    said = f"{len(failed)} of {len(results)} reviewers did not get it: {failed[0].message}"
    return best.model_copy(update={"message": said})


_ARRIVED = (Outcome.APPLIED, Outcome.UNCHANGED)
_BEST_FIRST = (
    *_ARRIVED,
    Outcome.UNKNOWN,
    Outcome.RETRY,
    Outcome.CONFLICT,
    Outcome.REJECTED,
    Outcome.MISSING,
)
