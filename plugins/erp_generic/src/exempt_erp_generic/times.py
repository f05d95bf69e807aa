"""How ERPs write days and moments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECONDS = {"epoch": 1_000_000, "epoch_ms": 1_000}
_DATE = "%Y-%m-%d"


def _known_format(text: str) -> str:
    if text not in {"iso", "date", *_MICROSECONDS} and "%" not in text:
        msg = (
            f"{text!r} is no format: use iso, date, epoch, epoch_ms or a pattern such as '%d.%m.%Y'"
        )
        raise ValueError(msg)
    return text


TimeFormat = Annotated[str, AfterValidator(_known_format)]
"""``iso``, ``date``, ``epoch`` (seconds), ``epoch_ms``, or a pattern of strftime."""


def moment_of(found: Any, formats: tuple[str, ...]) -> dt.datetime:
    """*found*, written in one of *formats*; without an offset where it has none.

    Raises:
        ValueError: It is written in none of them.
    """
    for form in formats:
        try:
            if unit := _MICROSECONDS.get(form):
                return _EPOCH + dt.timedelta(microseconds=int(Decimal(str(found)) * unit))
            if form == "iso":
                return dt.datetime.fromisoformat(found)
            return dt.datetime.strptime(found, _DATE if form == "date" else form)  # noqa: DTZ007
        except (ValueError, TypeError, ArithmeticError):
            continue
    msg = f"is not written as {' or '.join(formats)}: set its formats"
    raise ValueError(msg)


def moment_as(form: str, moment: dt.datetime, zone: ZoneInfo) -> str | int:
    """*moment* in *form*: ``iso`` in UTC to the second, a pattern in *zone*."""
    if unit := _MICROSECONDS.get(form):
        return (moment - _EPOCH) // dt.timedelta(microseconds=unit)
    if form == "iso":
        return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.astimezone(zone).strftime(_DATE if form == "date" else form)


def day_as(form: str, day: dt.date) -> str | int:
    """*day* in *form*; as an epoch its midnight in UTC."""
    if form in {"iso", "date"}:
        return day.isoformat()
    return moment_as(
        form, dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC), ZoneInfo("UTC")
    )
