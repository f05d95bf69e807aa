"""How long a certificate holds: the end that a state's rule proposes.

Source: the rows of ``states.csv``, each with its own. Ours beyond that: a span
counts from the effective date, and the same day years later is its last; a
document never holds longer than it says itself; the Streamlined Sales Tax form
holds in every state that takes it while sales recur, whatever the state's own
form does (section 317 of the agreement).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from exempt.data import jurisdiction_name
from exempt.model.forms import FormKind
from exempt.model.record import Record
from exempt.model.rulesdata import Acceptance, StateRule
from exempt.model.terms import ValidityKind, YearEnd
from exempt.rules.dates import add_months, year_end

REVIEW_AFTER_YEARS = 3
"""When to look again at a certificate without an end, unless a setting says otherwise."""


class Proposal(Record):
    """What a state's rule says of a certificate's end.

    Attributes:
        expiration_date: The day to write down; None = no end, or none that is known.
        certain: Whether nobody need look at the document to confirm it.
        why: One sentence for a person, or two.
        latest_date: The last day that the rule allows at all; None = no limit.
        usual_date: What lies after it is allowed but deserves a look; None = nothing.
        review_date: When to look whether it still holds, or ask for a new one.
    """

    expiration_date: dt.date | None = None
    certain: bool = True
    why: str
    latest_date: dt.date | None = None
    usual_date: dt.date | None = None
    review_date: dt.date | None = None


@dataclass(frozen=True)
class _Known:
    """What the functions below are told."""

    rule: StateRule
    effective: dt.date
    printed_end: dt.date | None
    permit_end: dt.date | None
    review_after_years: int

    @property
    def usual(self) -> dt.date:
        """The end after the usual span; without a span, the effective date."""
        return add_months(self.effective, self.rule.validity_value.months or 0)

    @property
    def longest(self) -> dt.date:
        """The end after the longest span."""
        return add_months(self.effective, self.rule.validity_value.longest or 0)

    @property
    def span(self) -> str:
        """``3 years`` for 36 months, ``18 months`` for 18."""
        years, months = divmod(self.rule.validity_value.months or 0, 12)
        if months:
            return f"{12 * years + months} months"
        return "a year" if years == 1 else f"{years} years"


def kind_of(rule: StateRule, form_kind: FormKind) -> ValidityKind:
    """What ends a certificate on this form; for a blanket."""
    if form_kind is FormKind.SST and rule.sst_form_accepted is Acceptance.YES:
        return ValidityKind.RECURRING_12M
    return rule.validity_kind


def propose_expiration(
    rule: StateRule,
    *,
    effective: dt.date,
    form_kind: FormKind,
    printed_end: dt.date | None = None,
    permit_end: dt.date | None = None,
    review_after_years: int = REVIEW_AFTER_YEARS,
) -> Proposal:
    """The expiration date that *rule* proposes for a blanket certificate.

    Args:
        rule: The state's.
        effective: The first day on which the certificate is in force.
        form_kind: Whose form it is written on.
        printed_end: The end that the document itself names, if it does.
        permit_end: The end of the buyer's permit or licence, if it is known.
        review_after_years: When to look again where nothing sets an end.
    """
    known = _Known(rule, effective, printed_end, permit_end, review_after_years)
    law = _BY_KIND[kind_of(rule, form_kind)](known)
    place = jurisdiction_name(rule.jurisdiction)
    found = law.model_copy(update={"why": f"{place}: {law.why}"})
    return _as_it_says(found, printed_end) if printed_end else found


def _as_it_says(law: Proposal, printed_end: dt.date) -> Proposal:
    """*law* for a document that names its end: that counts, as far as the rule allows."""
    end = min(printed_end, law.latest_date or dt.date.max)
    return law.model_copy(
        update={
            "expiration_date": end,
            "certain": law.certain or law.latest_date is not None,
            "latest_date": end,
            "why": f"{law.why} This one says {printed_end}.",
        }
    )


def _open(why: str) -> Callable[[_Known], Proposal]:
    """Nothing that can be dated ends it; now and then somebody should ask."""

    def propose(known: _Known) -> Proposal:
        months = known.rule.validity_value.months or 12 * known.review_after_years
        return Proposal(why=why, review_date=add_months(known.effective, months))

    return propose


def _until_account_closed(known: _Known) -> Proposal:
    found = _open("it holds while the buyer's account with the state is open.")(known)
    end = known.permit_end
    return found.model_copy(update={"expiration_date": end, "latest_date": end})


def _recurring(_: _Known) -> Proposal:
    return Proposal(why="it holds while sales are no more than 12 months apart.")


def _fixed_years(known: _Known) -> Proposal:
    exact = known.usual == known.longest
    why = f"it lasts {known.span} from its effective date"
    return Proposal(
        expiration_date=known.usual,
        certain=exact,
        why=f"{why}." if exact else f"{why} as a rule.",
        latest_date=known.longest,
        usual_date=known.usual,
    )


def _fixed_years_unless_recurring(known: _Known) -> Proposal:
    why = f"it lasts {known.span}, and longer while sales are no more than 12 months apart."
    return Proposal(why=why, review_date=known.usual)


def _review_years(known: _Known) -> Proposal:
    why = f"no end is set, but a new one is advised after {known.span}."
    return Proposal(why=why, review_date=known.usual)


def _annual(known: _Known) -> Proposal:
    end = year_end(known.effective)
    why = "it ends with the year in which it was issued."
    return Proposal(expiration_date=end, latest_date=end, why=why)


def _license_linked(known: _Known) -> Proposal:
    if known.permit_end:
        why = "it ends with the buyer's permit."
        return Proposal(expiration_date=known.permit_end, latest_date=known.permit_end, why=why)
    end = _usual_end_of_a_license(known)
    return Proposal(
        expiration_date=end,
        certain=False,
        why="it ends with the buyer's permit, whose end is not known here.",
        usual_date=end,
        review_date=add_months(known.effective, 12) if end is None else None,
    )


def _usual_end_of_a_license(known: _Known) -> dt.date | None:
    term = known.rule.validity_value
    if term.year_end:
        return year_end(known.effective, odd=term.year_end is YearEnd.ODD)
    return known.usual if term.months else None


def _printed(known: _Known) -> Proposal:
    return _by_the_date_on_it(
        known, known.usual, known.longest, "it ends on the date printed on it"
    )


def _printed_dec31(known: _Known) -> Proposal:
    why = "it ends on the date printed on it, a 31 December"
    return _by_the_date_on_it(known, year_end(known.usual), year_end(known.longest), why)


def _period_on_form(known: _Known) -> Proposal:
    why = "it ends with the period written on it"
    found = _by_the_date_on_it(known, known.usual, known.longest, why)
    return found.model_copy(update={"usual_date": known.usual})


def _by_the_date_on_it(known: _Known, usual: dt.date, longest: dt.date, why: str) -> Proposal:
    otherwise = "" if known.printed_end else f"; while that is not known, count on {known.span}"
    return Proposal(
        expiration_date=usual, certain=False, why=f"{why}{otherwise}.", latest_date=longest
    )


def _permit_copy(known: _Known) -> Proposal:
    why = "each sale needs a copy of the buyer's permit."
    return Proposal(expiration_date=known.permit_end, latest_date=known.permit_end, why=why)


def _no_sales_tax(_: _Known) -> Proposal:
    return Proposal(why="no sales tax is levied, so no certificate is needed.")


def _unknown(_: _Known) -> Proposal:
    return Proposal(certain=False, why="its rule was not researched: ask the state.")


_BY_KIND: Mapping[ValidityKind, Callable[[_Known], Proposal]] = {
    ValidityKind.NO_EXPIRATION: _open("no end is set."),
    ValidityKind.UNTIL_REVOKED: _open("it holds until it is revoked."),
    ValidityKind.UNTIL_CHANGE: _open(
        "it holds while the buyer's business and purchases stay the same."
    ),
    ValidityKind.UNTIL_CANCELLED: _open("it holds until the buyer cancels it."),
    ValidityKind.UNTIL_ACCOUNT_CLOSED: _until_account_closed,
    ValidityKind.RECURRING_12M: _recurring,
    ValidityKind.FIXED_YEARS: _fixed_years,
    ValidityKind.FIXED_YEARS_UNLESS_RECURRING: _fixed_years_unless_recurring,
    ValidityKind.REVIEW_YEARS: _review_years,
    ValidityKind.ANNUAL_DEC31: _annual,
    ValidityKind.LICENSE_LINKED: _license_linked,
    ValidityKind.PRINTED: _printed,
    ValidityKind.PRINTED_DEC31: _printed_dec31,
    ValidityKind.PERIOD_ON_FORM: _period_on_form,
    ValidityKind.PERMIT_COPY: _permit_copy,
    ValidityKind.NO_SALES_TAX: _no_sales_tax,
    ValidityKind.UNKNOWN: _unknown,
}
