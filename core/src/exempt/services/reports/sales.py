"""Reports by state: exempt sales without a certificate, and how complete the register is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from exempt.data import jurisdiction_name
from exempt.model.decision import Ground
from exempt.services.ports import Transaction
from exempt.services.report_ports import Standing, Without
from exempt.services.reports.shapes import (
    Ask,
    Field,
    Found,
    Kind,
    Line,
    Report,
    Total,
    whole,
)

WHY = {
    Ground.NO_CERTIFICATE: "Exemption is claimed, nothing is on file",
    Ground.FREE_FORM_NUMBER: "Only a number that was typed in",
    Ground.OVERRIDE: "Exempted by hand",
}
"""How an order can be sold as exempt with no certificate."""


def _without(tx: Transaction, ask: Ask) -> Found:
    rows = tx.reporting.without(ask.company_ids, ask.period, ask.jurisdiction)
    lines = [
        Line(
            (
                row.jurisdiction,
                WHY.get(row.ground, row.ground),
                row.orders,
                row.amount,
                row.currency,
            )
        )
        for row in sorted(rows, key=lambda row: (row.currency, -row.amount, row.jurisdiction or ""))
    ]
    return Found(lines, len(lines), _sums(rows))


def _sums(rows: Sequence[Without]) -> list[Total]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        amounts[row.currency] += row.amount
    orders = Total("Orders", sum(row.orders for row in rows))
    title = "Sold without certificate"
    return [orders, *(Total(title, each, currency) for currency, each in amounts.items())]


WITHOUT = Report(
    "sales-without-certificates",
    "Exempt sales without certificate",
    "Orders sold as exempt that no certificate covers: what an auditor would assess.",
    "Every exempt sale in these days is covered by a certificate.",
    (
        Field("state", "State", Kind.PLACE),
        Field("why", "Why", wide=True),
        Field("orders", "Orders", Kind.NUMBER),
        Field("amount", "Amount", Kind.MONEY),
        Field("currency", "Currency"),
    ),
    _without,
    whole(_without),
    by_period=True,
    period_of="Sold",
    recent=True,
)


def _summary(tx: Transaction, ask: Ask) -> Found:
    standing = {
        each.jurisdiction: each
        for each in tx.reporting.standing(ask.company_ids, ask.on, ask.soon_days)
    }
    sold = tx.reporting.without(ask.company_ids, ask.period)
    places = sorted({*standing, *(row.jurisdiction or "" for row in sold)}, key=jurisdiction_name)
    if ask.jurisdiction is not None:
        places = [place for place in places if place == ask.jurisdiction]
        sold = [row for row in sold if row.jurisdiction == ask.jurisdiction]
    lines = [line for place in places for line in _of_state(place, standing.get(place), sold)]
    counted = [standing[place] for place in places if place in standing]
    return Found(
        lines,
        len(lines),
        [
            Total("In force", sum(each.active + each.expiring_soon for each in counted)),
            Total("Expiring soon", sum(each.expiring_soon for each in counted)),
            Total("Expired", sum(each.expired for each in counted)),
            *_sums(sold)[1:],
        ],
    )


def _of_state(place: str, standing: Standing | None, sold: Sequence[Without]) -> list[Line]:
    """A line for each currency in which something was sold there."""
    here = [row for row in sold if (row.jurisdiction or "") == place]
    one = standing or Standing(place, 0, 0, 0, 0)
    counts = (one.active + one.expiring_soon, one.expiring_soon, one.expired, one.future)
    return [
        Line(
            (
                place or None,
                *counts,
                sum(row.orders for row in here if row.currency == currency),
                sum((row.amount for row in here if row.currency == currency), Decimal()),
                currency,
            )
        )
        for currency in sorted({row.currency for row in here}) or ("",)
    ]


SUMMARY = Report(
    "compliance",
    "Compliance summary",
    "State by state: what the register holds, and what was sold as exempt without it.",
    "There are no certificates and no orders yet.",
    (
        Field("state", "State", Kind.PLACE),
        Field("in_force", "In force", Kind.NUMBER),
        Field("soon", "Expiring soon", Kind.NUMBER),
        Field("expired", "Expired", Kind.NUMBER),
        Field("future", "Not yet in force", Kind.NUMBER, hidden=True),
        Field("orders", "Orders without certificate", Kind.NUMBER),
        Field("amount", "Sold without certificate", Kind.MONEY),
        Field("currency", "Currency", hidden=True),
    ),
    _summary,
    whole(_summary),
    by_period=True,
    period_of="Sold",
    recent=True,
)
