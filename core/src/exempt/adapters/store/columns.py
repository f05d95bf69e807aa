"""How moments, days and amounts stand in a table.

Both databases get the same values, so that a row read back equals the row that
would be written: a day as its ISO text on the way through the driver, a moment
as microseconds since 1970 in UTC, an amount as minor units of its currency.
"""

from __future__ import annotations

import datetime as dt
import functools
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from exempt.data import currency_exponent

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def micros(moment: dt.datetime) -> int:
    """*moment* as microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> dt.datetime:
    """The moment that `micros` made *value* of."""
    return _EPOCH + dt.timedelta(microseconds=value)


@functools.cache
def units(currency: str) -> Decimal:
    """How many minor units make one of *currency*."""
    return Decimal(10) ** currency_exponent(currency)


def minor(amount: Decimal, currency: str) -> int:
    """*amount* in minor units of *currency*, what is finer rounded half to even."""
    return round(amount * units(currency))


def major(value: int, currency: str) -> Decimal:
    """The amount that `minor` made *value* of."""
    return Decimal(value).scaleb(-currency_exponent(currency))


class Moment(sa.types.TypeDecorator[dt.datetime]):
    """A moment, as microseconds."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> int | None:  # noqa: ARG002
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Any) -> dt.datetime | None:  # noqa: ARG002
        return None if value is None else moment(value)


class Day(sa.types.TypeDecorator[dt.date]):
    """A day: a DATE, which the driver shows as ISO text."""

    impl = sa.Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.Date())

    def process_bind_param(self, value: dt.date | None, dialect: Any) -> Any:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Any) -> dt.date | None:  # noqa: ARG002
        return dt.date.fromisoformat(value) if isinstance(value, str) else value
