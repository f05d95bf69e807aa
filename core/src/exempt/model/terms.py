"""What ends a certificate in a state, and after how long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from exempt.model.record import Record


class ValidityKind(StrEnum):
    """What ends a certificate in a state.

    ============================  ======================================================
    no_expiration                 nothing
    until_revoked                 the buyer or the state revokes it
    until_change                  the buyer's business or its purchases change
    until_cancelled               the buyer cancels it
    until_account_closed          the buyer closes its account with the state
    recurring_12m                 more than 12 months between two sales
    fixed_years                   years that the law counts from the effective date
    fixed_years_unless_recurring  the same, but not while sales recur
    review_years                  nothing; guidance wants a new one after some years
    annual_dec31                  the year in which it was issued
    license_linked                the buyer's permit or licence
    printed                       the date printed on it
    printed_dec31                 the date printed on it, a 31 December
    period_on_form                the period that the buyer wrote on it
    permit_copy                   the sale: each needs a copy of the buyer's permit
    no_sales_tax                  not asked: the state levies no sales tax
    unknown                       not known: the state was not researched
    ============================  ======================================================
    """

    NO_EXPIRATION = "no_expiration"
    UNTIL_REVOKED = "until_revoked"
    UNTIL_CHANGE = "until_change"
    UNTIL_CANCELLED = "until_cancelled"
    UNTIL_ACCOUNT_CLOSED = "until_account_closed"
    RECURRING_12M = "recurring_12m"
    FIXED_YEARS = "fixed_years"
    FIXED_YEARS_UNLESS_RECURRING = "fixed_years_unless_recurring"
    REVIEW_YEARS = "review_years"
    ANNUAL_DEC31 = "annual_dec31"
    LICENSE_LINKED = "license_linked"
    PRINTED = "printed"
    PRINTED_DEC31 = "printed_dec31"
    PERIOD_ON_FORM = "period_on_form"
    PERMIT_COPY = "permit_copy"
    NO_SALES_TAX = "no_sales_tax"
    UNKNOWN = "unknown"


class YearEnd(StrEnum):
    """A 31 December: of every year, or of the odd ones (2027, 2029)."""

    EVERY = "every"
    ODD = "odd"


_TERM = re.compile(r"(?:([0-9]{1,3})([my])(?:/([0-9]{1,3})([my]))?|(12-31)(/odd)?)")


class Term(Record):
    """How long a certificate lasts: a span, or to the end of a year.

    Written ``3y`` or ``12m``; ``12m/48m`` is 12 months as a rule and 48 at
    most; ``12-31`` is a year's end, ``12-31/odd`` that of an odd year.

    Attributes:
        months: As a rule, 1 or more; None for a year's end.
        at_most: The longest there is, longer than ``months``; None = that is the longest.
        year_end: None for a span.
    """

    months: Annotated[int, Field(ge=1)] | None = None
    at_most: int | None = None
    year_end: YearEnd | None = None

    @model_validator(mode="before")
    @classmethod
    def _written(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        found = _TERM.fullmatch(value.strip())
        if found is None:
            msg = "write a span as 3y, 12m or 12m/48m, a year's end as 12-31 or 12-31/odd"
            raise ValueError(msg)
        number, unit, most, most_unit, year_end, odd = found.groups()
        if year_end:
            return {"year_end": YearEnd.ODD if odd else YearEnd.EVERY}
        return {
            "months": _months(number, unit),
            "at_most": _months(most, most_unit) if most else None,
        }

    @model_validator(mode="after")
    def _makes_sense(self) -> Term:
        if self.months is not None and self.year_end is not None:
            msg = "write either a span or a year's end"
            raise ValueError(msg)
        if self.at_most is not None and self.at_most <= (self.months or self.at_most):
            msg = "the longest span comes second: write 12m/48m"
            raise ValueError(msg)
        return self

    @property
    def longest(self) -> int | None:
        """The longest span in months; None where it is none."""
        return self.at_most or self.months


def _months(number: str, unit: str) -> int:
    return int(number) * (12 if unit == "y" else 1)


_SPAN, _NOTHING, _YEAR_END = "a span such as 3y or 12m", "nothing", "a year's end such as 12-31"

_WANTS: Mapping[ValidityKind, tuple[str, ...]] = {
    ValidityKind.NO_EXPIRATION: (_NOTHING, _SPAN),
    ValidityKind.UNTIL_REVOKED: (_NOTHING, _SPAN),
    ValidityKind.UNTIL_CHANGE: (_NOTHING, _SPAN),
    ValidityKind.UNTIL_CANCELLED: (_NOTHING, _SPAN),
    ValidityKind.UNTIL_ACCOUNT_CLOSED: (_NOTHING, _SPAN),
    ValidityKind.RECURRING_12M: (_NOTHING,),
    ValidityKind.FIXED_YEARS: (_SPAN,),
    ValidityKind.FIXED_YEARS_UNLESS_RECURRING: (_SPAN,),
    ValidityKind.REVIEW_YEARS: (_SPAN,),
    ValidityKind.ANNUAL_DEC31: (_YEAR_END,),
    ValidityKind.LICENSE_LINKED: (_NOTHING, _SPAN, _YEAR_END),
    ValidityKind.PRINTED: (_SPAN,),
    ValidityKind.PRINTED_DEC31: (_SPAN,),
    ValidityKind.PERIOD_ON_FORM: (_SPAN,),
    ValidityKind.PERMIT_COPY: (_NOTHING,),
    ValidityKind.NO_SALES_TAX: (_NOTHING,),
    ValidityKind.UNKNOWN: (_NOTHING,),
}


def misfit(kind: ValidityKind, term: Term) -> str | None:
    """Why *term* cannot stand beside *kind*, or None when it can."""
    wanted = _WANTS[kind]
    fits = _shape(term) in wanted
    return None if fits else f"the kind {kind} takes {' or '.join(wanted)} here"


def _shape(term: Term) -> str:
    if term.months is not None:
        return _SPAN
    return _NOTHING if term.year_end is None else _YEAR_END
