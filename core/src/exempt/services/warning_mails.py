"""Tell staff by mail of warnings: one mail each a run, and each warning once.

As notices to reviewers are, what was told is a delivery: its failures are seen
and retried in the same way. No mail names a person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from exempt.errors import ConfigError
from exempt.model.messages import Purpose, SendRequest
from exempt.model.presence import WarningState
from exempt.model.pushing import ItemResult, Outcome
from exempt.rules.wanted import idempotency_key
from exempt.rules.warning_words import title
from exempt.services.mail_html import as_html
from exempt.services.noticing import send_all
from exempt.services.ports import Transaction
from exempt.services.presence_ports import WarningRow
from exempt.services.pull import Reading
from exempt.services.push import record_result
from exempt.services.rows import Delivery, DeliveryTarget
from exempt.services.warning_owing import recipients
from exempt.services.warning_steps import said

AT_ONCE = 1000
"""What is told in one run at most; the rest in the next one."""

LISTED = 60
"""How many are told of in a mail: all states there are; of the rest it says how many there are."""

_TARGETS = (DeliveryTarget.WARNING,)

_TEXT = """\
Hello,

{what}

{lines}

Look at them, and confirm or dismiss each: {where}

You get this mail because you are told where {company} may owe sales tax. It is a hint,
not advice.
"""


def warn(reading: Reading) -> Counter[str]:
    """Send the warnings that are due through one connection; the caller holds its run.

    Those that go to the same people go in one mail. As a mail may have gone out
    when its process dies, a person decides then whether it goes again.

    Raises:
        ConfigError: No mail can be sent until a person acts; all stays owed.
    """
    outcomes: Counter[str] = Counter()
    for to, going in _going(reading).items():
        outcomes += _tell(reading, to, going)
    return outcomes


_Going = dict[Delivery, WarningRow]


def _going(reading: Reading) -> dict[tuple[str, ...], _Going]:
    """What is to go out, by whom it goes to."""
    found: dict[tuple[str, ...], _Going] = defaultdict(dict)
    with reading.store.writing() as tx:
        for each in tx.deliveries.due(reading.row.id, _TARGETS, reading.clock(), AT_ONCE):
            if each.outcome == Outcome.UNKNOWN:
                _lost(tx, reading, each)
                continue
            row = tx.warnings.get(int(each.external_id))
            if row is None or row.state is not WarningState.OPEN:
                _withdraw(tx, reading, each, "looked at already")
                continue
            to = recipients(tx, row.company_id, reading.policy.nexus.alerts_to)
            if not to:  # it is owed anew once somebody is to get it
                _withdraw(tx, reading, each, "nobody is to be told: see nexus.alerts_to")
                continue
            found[tuple(to)][each] = row
    return found


def _lost(tx: Transaction, reading: Reading, delivery: Delivery) -> None:
    told = "a run ended while it was being sent: it may have gone out"
    result = ItemResult(key="-", outcome=Outcome.UNKNOWN, message=told)
    record_result(tx, delivery, result, reading.clock())


def _withdraw(tx: Transaction, reading: Reading, delivery: Delivery, why: str) -> None:
    ids = [delivery.external_id]
    tx.deliveries.withdraw(reading.row.id, DeliveryTarget.WARNING, ids, reading.clock(), why=why)


def _tell(reading: Reading, to: Sequence[str], going: _Going) -> Counter[str]:
    """Send one mail to each of these people, of all these warnings."""
    with reading.store.writing() as tx:
        fresh = {each: row for each, row in going.items() if tx.deliveries.maybe_sent(each)}
        mails = _mails(tx, reading, to, list(fresh.values())) if fresh else []
    if not fresh:
        return Counter()
    try:
        result = send_all(reading, mails)
    except ConfigError:
        with reading.store.writing() as tx:
            for each in fresh:
                tx.deliveries.maybe_sent(each, sent=False)
        raise
    with reading.store.writing() as tx:
        for each in fresh:
            record_result(tx, each, result, reading.clock())
        if result.outcome in {Outcome.APPLIED, Outcome.UNCHANGED}:
            tx.warnings.mailed([row.id for row in fresh.values()], reading.clock())
    return Counter({result.outcome.value: len(mails)})


def _mails(
    tx: Transaction, reading: Reading, to: Sequence[str], rows: Sequence[WarningRow]
) -> list[SendRequest]:
    """A mail for each; the same warnings to the same person are the same mail."""
    url = reading.post.url
    subject, text = _worded(rows, url)
    html = as_html(subject, text, link=f"{url}/nexus" if url else "", button="Look at them")
    return [
        SendRequest(
            key=idempotency_key(tx.installation, "warning", email, *(row.id for row in rows)),
            purpose=Purpose.NOTICE,
            to=(email,),
            subject=subject,
            text=text,
            html=html,
        )
        for email in to
    ]


def _worded(rows: Sequence[WarningRow], url: str | None) -> tuple[str, str]:
    """Subject and text of the mail."""
    companies = list(dict.fromkeys(_one_line(row.company) for row in rows))
    company = companies[0] if len(companies) == 1 else f"{len(companies)} companies"
    one = len(rows) == 1
    lines = [f"  - {_line(row, named=len(companies) > 1)}" for row in rows[:LISTED]]
    if len(rows) > LISTED:
        lines.append(f"  - and {len(rows) - LISTED:,} more")
    command = "exempt warnings list"
    text = _TEXT.format(
        what="There is a new warning:" if one else f"There are {len(rows):,} new warnings:",
        lines="\n".join(lines),
        where=f"{url}/nexus\nOr at the command line: {command}" if url else command,
        company=company,
    )
    what = title(rows[0].kind, rows[0].jurisdiction) if one else f"{len(rows):,} warnings of nexus"
    return f"{company}: {what}", text


def _line(row: WarningRow, *, named: bool) -> str:
    """One warning: ``Texas: 1 employee, since …``; of one of several companies, which."""
    whose = f"{_one_line(row.company)}, " if named else ""
    return f"{whose}{said(row)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
