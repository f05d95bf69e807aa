"""What a page of orders makes doubtful: amounts in cents, and credits without a sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from exempt import Capability, Order, OrderKind, Problem, Severity
from exempt_erp_generic.fields import AmountValue
from exempt_erp_generic.reading import OrderStream
from exempt_erp_generic.source import Source

_ENOUGH = 10
"""Orders from which on it is strange that no amount has cents."""


def doubts(source: Source[Any], rows: Sequence[Any], records: Sequence[Any]) -> Iterator[Problem]:
    """Warnings about the amounts of orders."""
    settings = source.settings
    if not isinstance(settings, OrderStream):
        return
    if _whole(source, settings, rows):
        yield _warning(
            "whole_amounts",
            "orders: no amount has cents; are they written in cents?",
            "If so, set scale = -2 on total, tax and the amounts of lines; if not, all is well.",
        )
    credits_ = [r for r in records if isinstance(r, Order) and r.kind is OrderKind.CREDIT]
    positive = sum(one.total > 0 for one in credits_)
    if positive and not any(one.total < 0 for one in credits_):
        yield _warning(
            "unsigned_credits",
            f"orders: {positive} of {len(credits_)} credits have a total above 0; ours are below.",
            "If the ERP writes them without a sign, set negate_credits = true in orders.",
        )


def _whole(source: Source[Any], settings: OrderStream, rows: Sequence[Any]) -> bool:
    """Whether all of enough amounts are written without a point, and none is moved."""
    field = settings.fields.total
    values: list[tuple[AmountValue, Any]] = [(field, row) for row in rows] if field else []
    if field is None and settings.lines and settings.lines.path is None:
        of_line = settings.lines.fields.amount
        values = [(of_line, line) for row in rows for line in _lines(settings, row)]
    amounts = [each for value, row in values if (each := _amount(source, value, row))]
    moved = any(value.scale for value, _ in values)
    exponents = [amount.as_tuple().exponent for amount in amounts]
    return not moved and len(amounts) >= _ENOUGH and exponents == [0] * len(exponents)


def _lines(settings: OrderStream, row: Any) -> list[Any]:
    try:
        found = settings.lines.records(row) if settings.lines else None
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _amount(source: Source[Any], field: AmountValue, row: Any) -> Decimal | None:
    """What stands there, but for nothing at all and 0."""
    try:
        return field.read(row, source.zone) or None
    except ValueError:
        return None


def _warning(code: str, message: str, help_: str) -> Problem:
    return Problem(
        code=code,
        message=message,
        help=help_,
        capability=Capability.ORDERS,
        severity=Severity.WARNING,
    )
