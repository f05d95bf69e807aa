"""Certificates that hold while the buyer goes on buying.

Source: section 317 of the Streamlined Sales Tax agreement, "no more than 12
months between sales", and the states' rules of the kinds ``recurring_12m``
and ``fixed_years_unless_recurring``. Ours beyond that: the first sale that is
known under the certificate begins the count, so that history which was never
read makes no gap; the same day 12 months later is still in time; once lapsed,
a certificate does not revive with the next sale.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from exempt.model.forms import FormKind
from exempt.model.rulesdata import StateRule
from exempt.model.terms import ValidityKind
from exempt.rules.dates import add_months
from exempt.rules.validity import kind_of

MONTHS_BETWEEN_SALES = 12


def goes_by_sales(rule: StateRule, form_kind: FormKind) -> bool:
    """Whether a blanket on this form holds only while sales recur."""
    return kind_of(rule, form_kind) in _BY_SALES


_BY_SALES = {ValidityKind.RECURRING_12M, ValidityKind.FIXED_YEARS_UNLESS_RECURRING}


def holds_until(
    rule: StateRule, *, effective: dt.date, form_kind: FormKind, sales: Iterable[dt.date]
) -> dt.date | None:
    """The last day on which a blanket holds by its sales, if no further one follows.

    Args:
        rule: The state's.
        effective: The first day on which the certificate is in force.
        form_kind: Whose form it is written on.
        sales: The days of all sales to this customer into this state, in any
            order; leave out credits and what was voided.

    Returns:
        None where the rule does not go by sales, or no sale is known.
    """
    if not goes_by_sales(rule, form_kind):
        return None
    days = sorted(day for day in sales if effective <= day)
    if not days:
        return None
    until, longest = days[0], rule.validity_value.longest
    if longest and kind_of(rule, form_kind) is ValidityKind.FIXED_YEARS_UNLESS_RECURRING:
        until = max(until, add_months(effective, longest))
    for sale in days:
        if until < sale:
            break
        until = max(until, add_months(sale, MONTHS_BETWEEN_SALES))
    return until
