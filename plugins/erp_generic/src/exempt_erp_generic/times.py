"""How ERPs write days and moments."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator

from exempt_erp_generic.integers import integer

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECONDS = {"epoch": 1_000_000, "epoch_ms": 1_000}
_DATE = "%Y-%m-%d"
_PUT_BACK = dt.timedelta(hours=2)  # no clock is put back by more at once
_WORDS = ("iso", "date", *_MICROSECONDS, "ms_json", "parts")
# Microsoft's form of old, milliseconds whose offset says nothing about the moment.
_MS_JSON = re.compile(r"^/Date\((-?\d+)(?:[+-]\d{4})?\)/$")
_UNITS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def _known_format(text: str) -> str:
    if text not in _WORDS and "%" not in text:
        words = ", ".join(_WORDS)
        msg = f"{text!r} is no format: use {words} or a pattern such as '%d.%m.%Y'"
        raise ValueError(msg)
    return text


def _zone(given: object) -> ZoneInfo:
    try:
        if isinstance(given, (str, ZoneInfo)):
            return ZoneInfo(str(given))
    except (ValueError, LookupError, OSError):
        pass  # pydantic's own words would quote it
    msg = "is no time zone: write its name, such as America/Chicago"
    raise ValueError(msg)


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
"""A time zone by its name (IANA)."""

TimeFormat = Annotated[str, AfterValidator(_known_format)]
"""``iso``, ``date``, ``epoch`` (seconds), ``epoch_ms``, ``ms_json`` (``/Date(…)/``), ``parts``
(a table of year, month, day …, as Tryton writes them), or a pattern of strftime."""


def moment_of(found: Any, formats: tuple[str, ...]) -> dt.datetime:
    """*found*, written in one of *formats*; without an offset where it has none.

    Raises:
        ValueError: It is written in none of them.
    """
    for form in formats:
        try:
            return _read(found, form)
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            continue
    msg = f"is not written as {' or '.join(formats)}: set its formats"
    raise ValueError(msg)


def _read(found: Any, form: str) -> dt.datetime:
    if unit := _MICROSECONDS.get(form):
        return _EPOCH + dt.timedelta(microseconds=integer(Decimal(str(found)) * unit, 10**18))
    if form == "iso":
        return dt.datetime.fromisoformat(found)
    if form == "ms_json":
        milliseconds = _MS_JSON.findall(found)[0]
        return _EPOCH + dt.timedelta(milliseconds=int(milliseconds))
    if form == "parts":
        year, month, day, hour, minute, second, micro = (integer(found.get(u, 0)) for u in _UNITS)
        return dt.datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001
    return dt.datetime.strptime(found, _DATE if form == "date" else form)  # noqa: DTZ007


def moment_as(form: str, moment: dt.datetime, zone: ZoneInfo) -> str | int:
    """*moment* in *form*: ``iso`` in UTC to the second, a pattern in *zone*.

    Without an offset, an hour is there twice in the night when clocks are put
    back; what is written is then early enough for both.
    """
    if unit := _MICROSECONDS.get(form):
        return (moment - _EPOCH) // dt.timedelta(microseconds=unit)
    if form == "ms_json":
        return f"/Date({(moment - _EPOCH) // dt.timedelta(milliseconds=1)})/"
    if form == "parts":
        there = _by_the_clock(moment, zone)
        return json.dumps({"__class__": "datetime"} | {u: getattr(there, u) for u in _UNITS})
    if form == "iso":
        return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    there = moment.astimezone(zone) if "%z" in form else _by_the_clock(moment, zone)
    return there.strftime(_DATE if form == "date" else form)


def _by_the_clock(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """*moment* as clocks in *zone* show it; none of the next hours shows anything before it."""
    there = moment.astimezone(zone)
    later = (moment.astimezone(dt.UTC) + _PUT_BACK).astimezone(zone)
    lost = (there.utcoffset() or dt.timedelta()) - (later.utcoffset() or dt.timedelta())
    return there - max(lost, dt.timedelta())


def day_as(form: str, day: dt.date) -> str | int | dict[str, Any]:
    """*day* in *form*; as an epoch its midnight in UTC."""
    if form == "parts":
        return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}
    if form in {"iso", "date"}:
        return day.isoformat()
    return moment_as(
        form, dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC), ZoneInfo("UTC")
    )
