"""The report of failed pushes: what a system was to be told, and took not."""

from __future__ import annotations

from collections.abc import Iterator

from exempt.services.delivery_ports import DeliveryView
from exempt.services.ports import Store, Transaction
from exempt.services.reports.shapes import (
    About,
    Ask,
    Field,
    Found,
    Kind,
    Line,
    Report,
    Total,
    spoken,
)

_AT_ONCE = 1_000


def _part(tx: Transaction, ask: Ask) -> Found:
    found = tx.reporting.failed(ask.company_ids, ask.period, ask.limit, ask.offset)
    counts = tx.reporting.failed_counts(ask.company_ids, ask.period)
    names = dict.fromkeys(each.connection for each in counts)
    totals = [
        Total(name, sum(each.deliveries for each in counts if each.connection == name))
        for name in names
    ]
    total = sum(each.deliveries for each in counts)
    return Found([_line(each) for each in found], total, totals if len(totals) > 1 else ())


def _lines(store: Store, ask: Ask) -> Iterator[Line]:
    with store.reading() as tx:
        while found := tx.reporting.failed(ask.company_ids, ask.period, _AT_ONCE, ask.offset):
            yield from map(_line, found)
            ask = ask._replace(offset=ask.offset + _AT_ONCE)


def _line(view: DeliveryView) -> Line:
    each = view.delivery
    cells = (
        view.name or each.external_id,
        spoken(each.target),
        view.connection,
        spoken(each.outcome or ""),
        each.message,
        each.attempts,
        view.owed_at,
        each.done_at,
    )
    return Line(cells, About.DELIVERY, each.id)


FAILED = Report(
    "failed-pushes",
    "Failed pushes",
    "What was to be written to your systems or mailed, and waits for a person now.",
    "Nothing failed that waits for a person.",
    (
        Field("thing", "What"),
        Field("kind", "Kind"),
        Field("connection", "Connection"),
        Field("outcome", "Outcome"),
        Field("message", "What the system said", wide=True),
        Field("attempts", "Tries", Kind.NUMBER),
        Field("owed", "Owed since", Kind.MOMENT, hidden=True),
        Field("failed", "Given up", Kind.MOMENT),
    ),
    _part,
    _lines,
    by_state=False,
    by_period=True,
    period_of="Given up",
)
