"""The end that a state's rule proposes: one table row a kind, and what all have in common."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.forms import FormKind
from exempt.model.rulesdata import StateRule
from exempt.rules.pack import shipped_pack
from exempt.rules.validity import Proposal, kind_of, propose_expiration
from support.rules_records import state_rule


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def propose(
    rule: StateRule,
    effective: str = "2026-03-01",
    form_kind: FormKind = FormKind.SINGLE_STATE,
    **facts: Any,
) -> Proposal:
    known: dict[str, Any] = {
        key: day(value) if isinstance(value, str) else value for key, value in facts.items()
    }
    return propose_expiration(rule, effective=day(effective), form_kind=form_kind, **known)


def said(found: Proposal) -> list[str]:
    """The days of a proposal, in the order of its fields, as words."""
    days = (found.expiration_date, found.latest_date, found.usual_date, found.review_date)
    return [str(value) if value else "–" for value in days]


OPEN = ["–", "–", "–", "2029-03-01"]


@pytest.mark.parametrize(
    ("kind", "value", "days", "certain", "why"),
    [
        pytest.param("no_expiration", "", OPEN, True, "Texas: no end is set.",
                     id="no_expiration: no end, and a look after three years"),
        pytest.param("until_revoked", "", OPEN, True, "Texas: it holds until it is revoked.",
                     id="until_revoked: no end, and a look after three years"),
        pytest.param("until_change", "2y", ["–", "–", "–", "2028-03-01"], True,
                     "Texas: it holds while the buyer's business and purchases stay the same.",
                     id="until_change: no end, and a look when the state advises it"),
        pytest.param("until_cancelled", "", OPEN, True,
                     "Texas: it holds until the buyer cancels it.",
                     id="until_cancelled: no end, and a look after three years"),
        pytest.param("until_account_closed", "", OPEN, True,
                     "Texas: it holds while the buyer's account with the state is open.",
                     id="until_account_closed: no end while the account is open"),
        pytest.param("recurring_12m", "", ["–"] * 4, True,
                     "Texas: it holds while sales are no more than 12 months apart.",
                     id="recurring_12m: no date, for the sales decide"),
        pytest.param("fixed_years", "3y", ["2029-03-01", "2029-03-01", "2029-03-01", "–"], True,
                     "Texas: it lasts 3 years from its effective date.",
                     id="fixed_years: the same day three years later, and no later"),
        pytest.param("fixed_years", "1y/3y", ["2027-03-01", "2029-03-01", "2027-03-01", "–"], False,
                     "Texas: it lasts a year from its effective date as a rule.",
                     id="fixed_years: a year as a rule and three at most"),
        pytest.param("fixed_years_unless_recurring", "4y", ["–", "–", "–", "2030-03-01"], True,
                     "Texas: it lasts 4 years, and longer while sales are no more than 12 months"
                     " apart.",
                     id="fixed_years_unless_recurring: no date, for the sales may prolong it"),
        pytest.param("review_years", "5y", ["–", "–", "–", "2031-03-01"], True,
                     "Texas: no end is set, but a new one is advised after 5 years.",
                     id="review_years: a look and no end"),
        pytest.param("annual_dec31", "12-31", ["2026-12-31", "2026-12-31", "–", "–"], True,
                     "Texas: it ends with the year in which it was issued.",
                     id="annual_dec31: the year's last day"),
        pytest.param("license_linked", "12-31", ["2026-12-31", "–", "2026-12-31", "–"], False,
                     "Texas: it ends with the buyer's permit, whose end is not known here.",
                     id="license_linked: the year's last day while the permit's end is not known"),
        pytest.param("license_linked", "12-31/odd", ["2027-12-31", "–", "2027-12-31", "–"], False,
                     "Texas: it ends with the buyer's permit, whose end is not known here.",
                     id="license_linked: the last day of the odd year"),
        pytest.param("license_linked", "18m", ["2027-09-01", "–", "2027-09-01", "–"], False,
                     "Texas: it ends with the buyer's permit, whose end is not known here.",
                     id="license_linked: a span where no period is set"),
        pytest.param("license_linked", "", ["–", "–", "–", "2027-03-01"], False,
                     "Texas: it ends with the buyer's permit, whose end is not known here.",
                     id="license_linked: a look every year where nothing is known"),
        pytest.param("printed", "48m", ["2030-03-01", "2030-03-01", "–", "–"], False,
                     "Texas: it ends on the date printed on it; while that is not known, count on"
                     " 4 years.",
                     id="printed: the usual span while the printed date is not known"),
        pytest.param("printed_dec31", "3y/5y", ["2029-12-31", "2031-12-31", "–", "–"], False,
                     "Texas: it ends on the date printed on it, a 31 December; while that is not"
                     " known, count on 3 years.",
                     id="printed_dec31: the end of the usual year"),
        pytest.param("period_on_form", "18m/48m", ["2027-09-01", "2030-03-01", "2027-09-01", "–"],
                     False,
                     "Texas: it ends with the period written on it; while that is not known, count"
                     " on 18 months.",
                     id="period_on_form: the usual period while none is known"),
        pytest.param("permit_copy", "", ["–"] * 4, True,
                     "Texas: each sale needs a copy of the buyer's permit.",
                     id="permit_copy: nothing to date"),
        pytest.param("no_sales_tax", "", ["–"] * 4, True,
                     "Texas: no sales tax is levied, so no certificate is needed.",
                     id="no_sales_tax: nothing to date"),
        pytest.param("unknown", "", ["–"] * 4, False,
                     "Texas: its rule was not researched: ask the state.",
                     id="unknown: nobody can be certain"),
    ],
)  # fmt: skip
def test_a_kind_of_validity(
    kind: str, value: str, days: list[str], certain: bool, why: str
) -> None:
    found = propose(state_rule(kind, value))
    assert (said(found), found.certain, found.why) == (days, certain, why)


@pytest.mark.parametrize(
    ("kind", "value", "facts", "days", "certain"),
    [
        pytest.param("printed", "48m", {"printed_end": "2029-06-30"},
                     ["2029-06-30", "2029-06-30", "–", "–"], True, id="printed: the date on it"),
        pytest.param("printed", "48m", {"printed_end": "2030-03-02"},
                     ["2030-03-01", "2030-03-01", "–", "–"], True,
                     id="printed: never longer than the state prints"),
        pytest.param("printed_dec31", "3y/5y", {"printed_end": "2031-12-31"},
                     ["2031-12-31", "2031-12-31", "–", "–"], True,
                     id="printed_dec31: a renewal runs longer"),
        pytest.param("period_on_form", "12m/48m", {"printed_end": "2029-02-28"},
                     ["2029-02-28", "2029-02-28", "2027-03-01", "–"], True,
                     id="period_on_form: longer than advised is allowed"),
        pytest.param("fixed_years", "1y/3y", {"printed_end": "2029-02-28"},
                     ["2029-02-28", "2029-02-28", "2027-03-01", "–"], True,
                     id="fixed_years: the longer of two spans, if the document says so"),
        pytest.param("license_linked", "3y", {"printed_end": "2030-02-28"},
                     ["2030-02-28", "2030-02-28", "2029-03-01", "–"], False,
                     id="license_linked: the date on it, but the permit may end sooner"),
        pytest.param("license_linked", "12-31", {"permit_end": "2027-12-31"},
                     ["2027-12-31", "2027-12-31", "–", "–"], True,
                     id="license_linked: the permit's end"),
        pytest.param("until_account_closed", "", {"permit_end": "2027-12-31"},
                     ["2027-12-31", "2027-12-31", "–", "2029-03-01"], True,
                     id="until_account_closed: the account's end"),
        pytest.param("permit_copy", "", {"permit_end": "2027-12-31"},
                     ["2027-12-31", "2027-12-31", "–", "–"], True,
                     id="permit_copy: the permit's end"),
        pytest.param("no_expiration", "", {"permit_end": "2027-12-31"}, OPEN, True,
                     id="a permit's end is nothing to a certificate that does not hang on it"),
        pytest.param("no_expiration", "", {"printed_end": "2027-12-31"},
                     ["2027-12-31", "2027-12-31", "–", "2029-03-01"], True,
                     id="a document may name an end where the state sets none"),
        pytest.param("no_expiration", "", {"review_after_years": 5}, ["–", "–", "–", "2031-03-01"],
                     True, id="after how many years to look again is a setting"),
        pytest.param("until_change", "2y", {"review_after_years": 5}, ["–", "–", "–", "2028-03-01"],
                     True, id="what the state advises goes before the setting"),
        pytest.param("annual_dec31", "12-31", {"effective": "2026-12-31"},
                     ["2026-12-31", "2026-12-31", "–", "–"], True,
                     id="one of New Year's Eve ends that day"),
        pytest.param("license_linked", "12-31/odd", {"effective": "2027-12-31"},
                     ["2027-12-31", "–", "2027-12-31", "–"], False,
                     id="the last day of an odd year is its end"),
        pytest.param("fixed_years", "1y", {"effective": "2024-02-29"},
                     ["2025-02-28"] * 3 + ["–"], True,
                     id="29 February and a year is 28 February"),
        pytest.param("fixed_years", "4y", {"effective": "2024-02-29"},
                     ["2028-02-29"] * 3 + ["–"], True,
                     id="29 February and four years is 29 February"),
    ],
)  # fmt: skip
def test_what_else_is_known_counts(
    kind: str, value: str, facts: dict[str, Any], days: list[str], certain: bool
) -> None:
    found = propose(state_rule(kind, value), **facts)
    assert (said(found), found.certain) == (days, certain)


@pytest.mark.parametrize(
    ("printed_end", "days", "why"),
    [
        pytest.param("2028-12-31", ["2028-12-31", "2028-12-31"], " This one says 2028-12-31.",
                     id="an end on the document cuts it short"),
        pytest.param("2029-03-01", ["2029-03-01", "2029-03-01"], " This one says 2029-03-01.",
                     id="the same day"),
        pytest.param("2029-03-02", ["2029-03-01", "2029-03-01"], " This one says 2029-03-02.",
                     id="it cannot prolong it"),
    ],
)  # fmt: skip
def test_a_document_never_holds_longer_than_it_says(
    printed_end: str, days: list[str], why: str
) -> None:
    found = propose(state_rule("fixed_years", "3y"), printed_end=printed_end)
    assert said(found)[:2] == days
    assert found.why == f"Texas: it lasts 3 years from its effective date.{why}"


def test_the_date_on_a_document_that_goes_by_it_is_all_there_is_to_say() -> None:
    found = propose(state_rule("printed", "48m"), printed_end="2029-06-30")
    assert found.why == "Texas: it ends on the date printed on it. This one says 2029-06-30."


def test_a_permits_end_is_named_as_the_reason() -> None:
    found = propose(state_rule("license_linked"), permit_end="2027-12-31")
    assert found.why == "Texas: it ends with the buyer's permit."


def test_an_end_on_the_document_makes_an_unknown_rule_no_more_certain() -> None:
    found = propose(state_rule("unknown"), printed_end="2028-12-31")
    assert said(found)[:2] == ["2028-12-31", "2028-12-31"]
    assert not found.certain


@pytest.mark.parametrize(
    ("form_kind", "accepted", "kind"),
    [
        pytest.param(FormKind.SST, "yes", "recurring_12m", id="the SST form where it is taken"),
        pytest.param(FormKind.SST, "no", "printed", id="the SST form where it is not taken"),
        pytest.param(FormKind.SST, "unknown", "printed", id="the SST form where nobody knows"),
        pytest.param(FormKind.MTC, "yes", "printed", id="the multijurisdiction form"),
        pytest.param(FormKind.SINGLE_STATE, "yes", "printed", id="the state's own form"),
    ],
)
def test_the_sst_form_goes_by_sales_in_every_state_that_takes_it(
    form_kind: FormKind, accepted: str, kind: str
) -> None:
    rule = state_rule("printed", "48m", sst_form_accepted=accepted)
    assert kind_of(rule, form_kind) == kind
    dated = propose(rule, form_kind=form_kind).expiration_date is not None
    assert dated is (kind == "printed")


days = st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31))
shipped = st.sampled_from(shipped_pack().states)
facts = st.fixed_dictionaries(
    {
        "effective": days,
        "form_kind": st.sampled_from(FormKind),
        "printed_end": st.none() | days,
        "permit_end": st.none() | days,
    }
)


@given(shipped, facts)
def test_no_proposal_lies_beyond_what_is_allowed_or_printed(
    rule: StateRule, given_: dict[str, Any]
) -> None:
    found = propose_expiration(rule, **given_)
    limits = [limit for limit in (found.latest_date, given_["printed_end"]) if limit]
    assert not limits or (found.expiration_date or dt.date.max) <= min(limits)


@given(shipped, facts, days)
def test_an_end_on_the_document_counts_as_far_as_the_rule_allows(
    rule: StateRule, given_: dict[str, Any], printed_end: dt.date
) -> None:
    allowed = propose_expiration(rule, **{**given_, "printed_end": None}).latest_date
    held = propose_expiration(rule, **{**given_, "printed_end": printed_end}).expiration_date
    assert held == min(allowed or dt.date.max, printed_end)


@given(shipped, facts)
def test_every_proposal_says_why_in_the_name_of_the_state(
    rule: StateRule, given_: dict[str, Any]
) -> None:
    why = propose_expiration(rule, **given_).why
    assert why.endswith(".")
    assert ": " in why
    assert not why.startswith("US-")
