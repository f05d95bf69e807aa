"""From when on tax is to be collected, once a threshold is met: each state has its own rule.

These are the usual rules, and of all that is known of thresholds the least
certain: whoever is shown such a day is told to check with the state.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial

from exempt.model.nexus import CollectFrom
from exempt.rules.dates import add_months

_DAY = dt.timedelta(days=1)
_OCTOBER = 10


def collect_from(rule: CollectFrom, crossed_on: dt.date, met_on: dt.date) -> dt.date:
    """The first day of collecting by *rule*; never before the threshold is met.

    Args:
        rule: The state's.
        crossed_on: The day whose sales crossed the line.
        met_on: The first day on which it counts as met: the same, unless a
            window must end first, or the law came into force later.
    """
    return max(met_on, _RULES[rule](crossed_on, met_on))


def _next_transaction(crossed_on: dt.date, _met_on: dt.date) -> dt.date:
    """With the sale after the one that crossed the line.

    As a day that is the one after; a later sale of the same day is such a sale too.
    """
    return crossed_on + _DAY


def _same_day(crossed_on: dt.date, _met_on: dt.date) -> dt.date:
    """On the very day on which the line is passed."""
    return crossed_on


def _jan_1(crossed_on: dt.date, _met_on: dt.date) -> dt.date:
    """On 1 January of the year after."""
    return dt.date(crossed_on.year + 1, 1, 1)


def _apr_1(crossed_on: dt.date, _met_on: dt.date) -> dt.date:
    """On 1 April of the year after."""
    return dt.date(crossed_on.year + 1, 4, 1)


def _oct_1(crossed_on: dt.date, _met_on: dt.date) -> dt.date:
    """On 1 October of the year in which the twelve months to 30 September ended."""
    return dt.date(crossed_on.year + (crossed_on.month >= _OCTOBER), _OCTOBER, 1)


def _first_of_month_after(days: int, _crossed_on: dt.date, met_on: dt.date) -> dt.date:
    """On the first day of the month after the one in which so many days are over."""
    return _first_after(met_on + days * _DAY)


def _first_of_month_at_least(days: int, _crossed_on: dt.date, met_on: dt.date) -> dt.date:
    """On the first day of a month that is so many days later at least."""
    return _first_after(met_on + (days - 1) * _DAY)


def _first_of_fourth_month(crossed_on: dt.date, _met_on: dt.date) -> dt.date:
    """On the first day of the fourth month after the one in which the line was passed."""
    return add_months(crossed_on.replace(day=1), 4)


def _after(days: int, _crossed_on: dt.date, met_on: dt.date) -> dt.date:
    """So many days later."""
    return met_on + days * _DAY


def _first_after(day: dt.date) -> dt.date:
    return add_months(day.replace(day=1), 1)


_RULES: Mapping[CollectFrom, Callable[[dt.date, dt.date], dt.date]] = {
    CollectFrom.NEXT_TRANSACTION: _next_transaction,
    CollectFrom.SAME_DAY: _same_day,
    CollectFrom.JAN_1: _jan_1,
    CollectFrom.APR_1: _apr_1,
    CollectFrom.OCT_1: _oct_1,
    CollectFrom.FIRST_OF_MONTH_AFTER_30_DAYS: partial(_first_of_month_after, 30),
    CollectFrom.FIRST_OF_MONTH_AT_LEAST_30_DAYS_LATER: partial(_first_of_month_at_least, 30),
    CollectFrom.FIRST_OF_MONTH_AFTER_90_DAYS: partial(_first_of_month_after, 90),
    CollectFrom.FIRST_OF_FOURTH_MONTH: _first_of_fourth_month,
    CollectFrom.AFTER_50_DAYS: partial(_after, 50),  # New York: 30 to register, 20 more
    CollectFrom.AFTER_60_DAYS: partial(_after, 60),
}
