"""A threshold in words, for people."""

from __future__ import annotations

import calendar
from collections.abc import Mapping

from exempt.model.nexus import Base, CollectFrom, Over, Test, Tested, Threshold, WindowKind
from exempt.rules.amounts import dollars

CHECK_WITH_THE_STATE = "check with the state"
"""Belongs to every day from which on tax is to be collected."""

_SALES = {
    Base.GROSS: "all sales",
    Base.RETAIL: "all sales but those for resale",
    Base.TAXABLE: "taxable sales",
}
_WINDOWS: Mapping[WindowKind, str] = {
    WindowKind.PREVIOUS_OR_CURRENT_YEAR: "this or last calendar year",
    WindowKind.PREVIOUS_YEAR: "last calendar year",
    WindowKind.ROLLING_12_MONTHS: "any 12 months",
    WindowKind.ROLLING_12_CALENDAR_MONTHS: "12 whole months, this one included or not",
    WindowKind.TWELVE_MONTHS_TO_SEP_30: "the 12 months to 30 September",
    WindowKind.SELLER_FISCAL_YEAR: "this or last fiscal year of the seller",
}
_COLLECT: Mapping[CollectFrom, str] = {
    CollectFrom.NEXT_TRANSACTION: "with the next sale",
    CollectFrom.SAME_DAY: "on the day the line is passed",
    CollectFrom.JAN_1: "on 1 January of the next year",
    CollectFrom.APR_1: "on 1 April of the next year",
    CollectFrom.OCT_1: "on the 1 October that follows",
    CollectFrom.FIRST_OF_MONTH_AFTER_30_DAYS: "with the month after 30 days",
    CollectFrom.FIRST_OF_MONTH_AT_LEAST_30_DAYS_LATER: "with the month at least 30 days later",
    CollectFrom.FIRST_OF_MONTH_AFTER_90_DAYS: "with the month after 90 days",
    CollectFrom.FIRST_OF_FOURTH_MONTH: "with the fourth month after",
    CollectFrom.AFTER_50_DAYS: "50 days later",
    CollectFrom.AFTER_60_DAYS: "60 days later",
}


def line_in_words(threshold: Threshold) -> str:
    """``more than $100,000 or 200 sales``; ``no sales tax`` where there is no line."""
    amount = threshold.amount
    if amount is None:
        return "no sales tax"
    dollars = f"${amount:,.0f}" if amount == int(amount) else f"${amount:,.2f}"
    words = f"more than {dollars}" if threshold.amount_over is Over.MORE_THAN else dollars
    if threshold.transactions is None:
        return words
    number = f"{threshold.transactions} sales"
    if threshold.transactions_over is Over.MORE_THAN:
        number = f"more than {number}"
    return f"{words} {'and' if threshold.test is Test.BOTH else 'or'} {number}"


def line_in_short(threshold: Threshold | None, between: str = " ") -> str:
    """``> $100,000 or 200``, with *between* between the amount and the number of sales."""
    if threshold is None:
        return "none known"
    if threshold.amount is None:
        return "no tax"
    over = "> " if threshold.amount_over is Over.MORE_THAN else ""
    amount = f"{over}{dollars(int(threshold.amount * 100))}"
    if threshold.transactions is None:
        return amount
    also = "and" if threshold.test is Test.BOTH else "or"
    over = "> " if threshold.transactions_over is Over.MORE_THAN else ""
    return f"{amount}{between}{also} {over}{threshold.transactions}"


def window_in_words(threshold: Threshold) -> str:
    """``this or last calendar year``; empty where there is no line."""
    kind = threshold.window
    if kind is None:
        return ""
    if kind is WindowKind.ROLLING_FOUR_QUARTERS:
        begins = (threshold.quarter_first_month - 1) % 3 + 1
        months = [calendar.month_name[month] for month in range(begins, 13, 3)]
        return f"the last 4 quarters, which begin in {', '.join(months[:-1])} and {months[-1]}"
    if threshold.tested is Tested.QUARTER_ENDS:
        return "the 12 months to the end of the last quarter"
    return _WINDOWS[kind]


def base_in_words(threshold: Threshold) -> str:
    """``taxable sales, without marketplaces``; empty where there is no line."""
    if threshold.base is None:
        return ""
    words = _SALES[threshold.base]
    return words if threshold.marketplace_sales else f"{words}, without marketplaces"


def collecting_in_words(threshold: Threshold) -> str:
    """``with the next sale; check with the state``; empty where there is no line."""
    if threshold.amount is None:
        return ""
    usual = "" if threshold.collect_from_confirmed else " (the usual rule, not confirmed)"
    return f"{_COLLECT[threshold.collect_from]}{usual}; {CHECK_WITH_THE_STATE}"
