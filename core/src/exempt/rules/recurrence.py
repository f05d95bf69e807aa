"""Certificates that hold while the buyer goes on buying.

Source: section 317 of the Streamlined Sales Tax agreement, "no more than 12
months between sales", and the states' rules of the kinds ``recurring_12m``
and ``fixed_years_unless_recurring``. Ours beyond that: the effective date
counts as the first sale, and the same day 12 months later is still in time.
Once lapsed, a certificate does not revive with the next sale.
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
        None where the rule does not go by sales.
    """
    kind = kind_of(rule, form_kind)
    if kind is ValidityKind.RECURRING_12M:
        until = add_months(effective, MONTHS_BETWEEN_SALES)
    elif kind is ValidityKind.FIXED_YEARS_UNLESS_RECURRING:
        until = add_months(effective, rule.validity_value.longest or 0)
    else:
        return None
    for sale in sorted(sales):
        if until < sale:
            break
        until = max(until, add_months(sale, MONTHS_BETWEEN_SALES))
    return until


def lapsed(
    rule: StateRule,
    *,
    effective: dt.date,
    form_kind: FormKind,
    sales: Iterable[dt.date],
    on: dt.date,
) -> bool:
    """Whether it no longer holds on the day *on*.

    Sales of that day and later need not be left out: one in time prolongs what
    holds already, and one too late revives nothing.
    """
    until = holds_until(rule, effective=effective, form_kind=form_kind, sales=sales)
    return until is not None and until < on
