"""What a state's rule has against a certificate."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import ExemptionReason
from exempt.model.forms import FormKind, IdentificationType
from exempt.model.rulesdata import StateRule
from exempt.rules.objections import Claim, ObjectionCode, ObjectionSeverity, check
from exempt.rules.pack import shipped_pack
from exempt.rules.validity import propose_expiration
from support.rules_records import claim, state_rule

ON = dt.date(2026, 11, 20)


def found(rule: StateRule, on: dt.date = ON, **changes: Any) -> list[str]:
    """Severity and code of each objection."""
    return [f"{o.severity} {o.code}" for o in check(rule, claim(**changes), on=on)]


def test_an_ordinary_certificate_meets_no_objection() -> None:
    assert check(state_rule(), claim(), on=ON) == ()


FIXED = {"kind": "fixed_years", "value": "3y"}
PRINTED = {"kind": "printed", "value": "48m"}
PERIOD = {"kind": "period_on_form", "value": "12m/48m"}
LICENSE = {"kind": "license_linked", "value": "12-31"}


@pytest.mark.parametrize(
    ("rule", "changes", "objections"),
    [
        pytest.param(FIXED, {"expiration_date": "2029-03-01"}, [], id="as long as the law allows"),
        pytest.param(FIXED, {"expiration_date": "2028-01-01"}, [], id="shorter is fine"),
        pytest.param(FIXED, {"expiration_date": "2029-03-02"}, ["refuse ends_too_late"],
                     id="a day longer than the law allows"),
        pytest.param(FIXED, {}, ["refuse end_missing"], id="no end where the law sets one"),
        pytest.param(FIXED, {"blanket": False}, [], id="one sale needs no end"),
        pytest.param(FIXED, {"expiration_date": "2029-03-02", "blanket": False}, [],
                     id="nor does its end matter"),
        pytest.param({}, {"expiration_date": "2090-01-01"}, [], id="any end where none is set"),
        pytest.param({}, {"printed_end": "2027-12-31", "expiration_date": "2027-12-31"}, [],
                     id="the end on the document"),
        pytest.param({}, {"printed_end": "2027-12-31", "expiration_date": "2028-01-01"},
                     ["refuse ends_too_late"], id="a day later than the document says"),
        pytest.param({}, {"printed_end": "2027-12-31"}, ["refuse end_missing"],
                     id="no end although the document says one"),
        pytest.param(PRINTED, {"expiration_date": "2029-06-30"}, ["refuse printed_end_missing"],
                     id="printed: nobody entered the date on it"),
        pytest.param(PRINTED, {}, ["refuse printed_end_missing"],
                     id="printed: no date at all is one mistake and not two"),
        pytest.param(PRINTED, {"blanket": False}, [], id="printed: one sale needs no date"),
        pytest.param(PRINTED, {"expiration_date": "2031-01-01"},
                     ["refuse printed_end_missing", "refuse ends_too_late"],
                     id="printed: later than any that the state prints"),
        pytest.param(PRINTED, {"printed_end": "2029-06-30", "expiration_date": "2029-06-30"}, [],
                     id="printed: the date on it"),
        pytest.param({"kind": "printed_dec31", "value": "5y"}, {}, ["refuse printed_end_missing"],
                     id="printed_dec31: nobody entered the date on it"),
        pytest.param(PERIOD, {}, ["refuse printed_end_missing"],
                     id="period_on_form: nobody entered the period"),
        pytest.param(PERIOD, {"printed_end": "2029-02-28", "expiration_date": "2029-02-28"},
                     ["warn ends_later_than_usual"], id="period_on_form: longer than advised"),
        pytest.param(PERIOD, {"printed_end": "2027-03-01", "expiration_date": "2027-03-01"}, [],
                     id="period_on_form: as long as advised"),
        pytest.param({"kind": "fixed_years", "value": "1y/3y"}, {"expiration_date": "2029-03-01"},
                     ["warn ends_later_than_usual"], id="fixed_years: the longest there is"),
        pytest.param({"kind": "fixed_years", "value": "1y/3y"}, {"expiration_date": "2029-03-02"},
                     ["refuse ends_too_late"], id="fixed_years: longer than the longest"),
        pytest.param(LICENSE, {}, ["warn end_missing"],
                     id="license_linked: the permit's end is not known"),
        pytest.param(LICENSE, {"expiration_date": "2027-12-31"}, ["warn ends_later_than_usual"],
                     id="license_linked: later than permits usually end"),
        pytest.param(LICENSE, {"expiration_date": "2026-12-31"}, [],
                     id="license_linked: when permits usually end"),
        pytest.param(LICENSE, {"expiration_date": "2028-01-01", "permit_end": "2027-12-31"},
                     ["refuse ends_too_late"], id="license_linked: later than the permit"),
        pytest.param({"kind": "recurring_12m"}, {}, [], id="recurring_12m: no end is right"),
        pytest.param({**PRINTED, "sst_form_accepted": "yes"}, {"form_kind": "sst"}, [],
                     id="the SST form prints no end"),
        pytest.param({"kind": "unknown"}, {}, ["warn not_researched"], id="nobody knows the rule"),
        pytest.param({"kind": "no_sales_tax", "blanket_allowed": "no"}, {"form_kind": "sst"},
                     ["warn not_needed"], id="no tax, no certificate, and no other objection"),
    ],
)  # fmt: skip
def test_its_end(rule: dict[str, Any], changes: dict[str, Any], objections: list[str]) -> None:
    assert found(state_rule(**rule), **changes) == objections


@pytest.mark.parametrize(
    ("rule", "changes", "objections"),
    [
        pytest.param({"blanket_allowed": "no"}, {}, ["refuse blanket_not_allowed"],
                     id="no blankets"),
        pytest.param({"blanket_allowed": "no"}, {"blanket": False}, [], id="one sale at a time"),
        pytest.param({"blanket_allowed": "unknown"}, {}, [], id="blankets: nobody knows"),
        pytest.param({"mtc_accepted": "no"}, {"form_kind": "mtc"}, ["refuse form_not_accepted"],
                     id="the multijurisdiction form is not taken"),
        pytest.param({"mtc_accepted": "yes"}, {"form_kind": "mtc"}, [],
                     id="the multijurisdiction form is taken"),
        pytest.param({"mtc_condition": "for resale"}, {"form_kind": "mtc"}, ["warn form_condition"],
                     id="the multijurisdiction form is taken on a condition"),
        pytest.param({"mtc_accepted": "no", "mtc_condition": "for resale"}, {"form_kind": "mtc"},
                     ["refuse form_not_accepted"], id="a condition does not make it accepted"),
        pytest.param({"sst_form_accepted": "no"}, {"form_kind": "sst"},
                     ["refuse form_not_accepted"], id="the SST form is not taken"),
        pytest.param({"sst_form_accepted": "yes", "mtc_condition": "for resale"},
                     {"form_kind": "sst"}, [],
                     id="a condition for the one form is none for the other"),
        pytest.param({"sst_form_accepted": "no", "mtc_accepted": "no", "mtc_condition": "x"},
                     {"form_kind": "single_state"}, [], id="the state's own form is always taken"),
    ],
)  # fmt: skip
def test_its_form(rule: dict[str, Any], changes: dict[str, Any], objections: list[str]) -> None:
    assert found(state_rule(**rule), **changes) == objections


@pytest.mark.parametrize(
    ("rule", "changes", "objections"),
    [
        pytest.param({}, {"expiration_date": "2026-11-20"}, [], id="it holds on its last day"),
        pytest.param({}, {"expiration_date": "2026-11-19"}, ["warn expired"],
                     id="the day after it covers earlier sales only"),
        pytest.param({"expired_is_bad_faith": True}, {"expiration_date": "2026-11-19"},
                     ["refuse expired"], id="the District calls it bad faith to take it"),
        pytest.param({"expired_is_bad_faith": True}, {"expiration_date": "2026-11-20"}, [],
                     id="but not on its last day"),
        pytest.param({}, {"printed_end": "2026-11-19", "expiration_date": "2026-11-18"},
                     ["warn expired"], id="it expired on the first of two days"),
        pytest.param({}, {"printed_end": "2026-11-19", "expiration_date": "2026-11-21"},
                     ["refuse ends_too_late", "warn expired"],
                     id="it expired when the first of two days was past"),
        pytest.param({}, {"effective_date": "2023-11-21"}, [], id="not yet three years old"),
        pytest.param({}, {"effective_date": "2023-11-20"}, ["warn review_due"],
                     id="three years old, and without an end: look again"),
        pytest.param({}, {"effective_date": "2023-11-20", "blanket": False}, [],
                     id="nobody looks again at one for a single sale"),
        pytest.param({"kind": "review_years", "value": "2y"}, {"effective_date": "2024-11-20"},
                     ["warn review_due"], id="review_years: advised, and so never refused"),
        pytest.param({"kind": "review_years", "value": "2y"}, {"effective_date": "2024-11-21"}, [],
                     id="review_years: not yet due"),
    ],
)  # fmt: skip
def test_its_age(rule: dict[str, Any], changes: dict[str, Any], objections: list[str]) -> None:
    assert found(state_rule(**rule), **changes) == objections


def test_after_how_many_years_to_look_again_is_a_setting() -> None:
    held = claim(effective_date="2024-11-20")
    assert check(state_rule(), held, on=ON) == ()
    [due] = check(state_rule(), held, on=ON, review_after_years=2)
    assert due.sentence == (
        "Texas: it holds until it is revoked. It should have been looked at again on 2026-11-20."
    )


NAMED: dict[str, Any] = {
    "id_name": "sales tax permit number",
    "id_format": "11 digits",
    "id_pattern": r"\d{11}",
}
LICENCE = {"identification_type": "driver_license", "identification_number": "D1"}
YEAR = {"id_pattern": r"[A-Z]\d{6}(?P<year>\d{2})"}


def state_id(number: str = "32012345678", **more: Any) -> dict[str, Any]:
    return {"identification_type": "state_tax_id", "identification_number": number, **more}


@pytest.mark.parametrize(
    ("rule", "changes", "objections"),
    [
        pytest.param(NAMED, state_id(), [], id="the format is right"),
        pytest.param(NAMED, state_id("3-2012-34567.8"), [], id="hyphens and dots do not matter"),
        pytest.param(NAMED, state_id("3201234567"), ["refuse number_format"], id="a digit too few"),
        pytest.param(NAMED, state_id("320123456789"), ["refuse number_format"],
                     id="a digit too many"),
        pytest.param(NAMED, state_id("٣٢٠١٢٣٤٥٦٧٨"), ["refuse number_format"],
                     id="digits of another script"),
        pytest.param({**NAMED, "confidence": "medium"}, state_id("1"), ["warn number_format"],
                     id="a format that is not certain refuses nobody"),
        pytest.param(NAMED, state_id("1", exemption_reason="agriculture"), ["warn number_format"],
                     id="other exemptions may have numbers of their own"),
        pytest.param({"id_name": "permit number"}, state_id("1"), [], id="no format is known"),
        pytest.param(NAMED, {}, ["warn number_missing"], id="no number is given"),
        pytest.param(NAMED, {"exemption_reason": "federal_government"}, [],
                     id="a government may have no number"),
        pytest.param({}, {}, [], id="nobody knows what number the state asks for"),
        pytest.param(NAMED, {"identification_type": "fein", "identification_number": "12-3456789"},
                     ["warn other_identification"], id="a FEIN where the state has its own number"),
        pytest.param({}, {"identification_type": "fein", "identification_number": "12-345678"},
                     ["refuse number_format"], id="a FEIN with a digit too few"),
        pytest.param(NAMED, LICENCE, ["warn other_identification"], id="a driver licence"),
        pytest.param({}, {"identification_type": "foreign", "identification_number": "RFC 1"}, [],
                     id="a foreign number has any format"),
        pytest.param(NAMED, {"identification_number": "1"}, ["warn other_identification"],
                     id="a number of an unknown kind"),
        pytest.param({**NAMED, "home_state_number": "no"}, state_id("1", issued_by="OK"),
                     ["refuse home_state_number_refused"],
                     id="another state's number is not taken, and its format is not ours to check"),
        pytest.param({**NAMED, "home_state_number": "no"}, state_id(issued_by="TX"), [],
                     id="this state's number, said to be so"),
        pytest.param({"home_state_number": "yes"}, state_id(issued_by="OK"), [],
                     id="another state's number is taken"),
        pytest.param({"home_state_number": "limited", "home_state_condition": "drop shipments"},
                     state_id(issued_by="OK"), ["warn home_state_number_condition"],
                     id="another state's number is taken on a condition"),
        pytest.param({"home_state_number": "no"}, {**LICENCE, "issued_by": "OK"}, [],
                     id="another state's driver licence is no registration"),
        pytest.param(YEAR, state_id("A14 8694 30", expiration_date="2030-03-01"), [],
                     id="the year in the number is that of its end"),
        pytest.param(YEAR, state_id("A14 8694 29", expiration_date="2030-03-01"),
                     ["warn number_year"], id="the year in the number is another"),
        pytest.param(YEAR, state_id("A14 8694 29"), [], id="there is no end to compare with"),
        pytest.param(NAMED, state_id(expiration_date="2030-03-01"), [],
                     id="most numbers hold no year"),
    ],
)  # fmt: skip
def test_its_number(rule: dict[str, Any], changes: dict[str, Any], objections: list[str]) -> None:
    assert found(state_rule(**rule), **changes) == objections


@pytest.mark.parametrize(
    ("rule", "changes", "sentence"),
    [
        pytest.param({**FIXED}, {"expiration_date": "2029-03-02"},
                     "Texas: it lasts 3 years from its effective date. It cannot hold until"
                     " 2029-03-02, but until 2029-03-01 at most.", id="ends too late"),
        pytest.param({**FIXED}, {},
                     "Texas: it lasts 3 years from its effective date. Enter its end, 2029-03-01.",
                     id="end missing"),
        pytest.param({**PRINTED}, {},
                     "Texas: it ends on the date printed on it; while that is not known, count on"
                     " 4 years. Enter the date that stands on it.", id="printed end missing"),
        pytest.param({**LICENSE}, {"expiration_date": "2027-12-31"},
                     "Texas: it ends with the buyer's permit, whose end is not known here. Until"
                     " 2027-12-31 is longer than usual: look at the document.", id="long"),
        pytest.param({"mtc_accepted": "no", "form_number": "01-339"}, {"form_kind": "mtc"},
                     "Texas does not take the multijurisdiction form: ask for 01-339.",
                     id="form refused"),
        pytest.param({"sst_form_accepted": "no"}, {"form_kind": "sst"},
                     "Texas does not take the Streamlined Sales Tax form.",
                     id="form refused, and none to name"),
        pytest.param({"mtc_condition": "for resale"}, {"form_kind": "mtc"},
                     "Texas takes the multijurisdiction form on a condition: for resale.",
                     id="form on a condition"),
        pytest.param({"blanket_allowed": "no"}, {},
                     "Texas takes no certificate for many sales: file one with each sale.",
                     id="blanket"),
        pytest.param({}, {"expiration_date": "2026-11-19"},
                     "It expired on 2026-11-19, and covers no sale after that day.", id="expired"),
        pytest.param({}, {"printed_end": "2026-11-19", "expiration_date": "2026-11-18"},
                     "It expired on 2026-11-18, and covers no sale after that day.",
                     id="expired on the first of two days"),
        pytest.param({"expired_is_bad_faith": True, "jurisdiction": "DC"},
                     {"expiration_date": "2026-11-19"},
                     "It expired on 2026-11-19: District of Columbia calls it bad faith to take one"
                     " that has expired.", id="bad faith"),
        pytest.param(NAMED, {}, "No number is given: Texas asks for the sales tax permit number.",
                     id="number missing"),
        pytest.param(NAMED, {"identification_type": "fein", "identification_number": "123456789"},
                     "Texas asks for the sales tax permit number: see whether another number will"
                     " do.", id="other number"),
        pytest.param(NAMED, state_id("1"), "The number is no sales tax permit number: 11 digits.",
                     id="number format"),
        pytest.param({}, {"identification_type": "fein", "identification_number": "1"},
                     "A FEIN has 9 digits.", id="FEIN"),
        pytest.param(YEAR, state_id("A14 8694 29", expiration_date="2030-03-01"),
                     "The number says that it ends in a year '29, and not on 2030-03-01.",
                     id="year in the number"),
        pytest.param({"home_state_number": "no", "home_state_condition": "a letter may do"},
                     state_id("1", issued_by="OK"),
                     "Texas does not take another state's number; a letter may do.",
                     id="home state refused, with a way out"),
        pytest.param({"home_state_number": "no"}, state_id("1", issued_by="OK"),
                     "Texas does not take another state's number.", id="home state refused"),
        pytest.param({"home_state_condition": "for goods"}, state_id("1", issued_by="OK"),
                     "Texas takes another state's number on a condition: for goods.",
                     id="home state on a condition"),
        pytest.param({"kind": "unknown"}, {}, "Texas: its rule was not researched: ask the state.",
                     id="not researched"),
        pytest.param({"kind": "no_sales_tax"}, {},
                     "Texas: no sales tax is levied, so no certificate is needed.", id="no tax"),
    ],
)  # fmt: skip
def test_an_objection_says_what_is_wrong(
    rule: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    assert [o.sentence for o in check(state_rule(**rule), claim(**changes), on=ON)] == [sentence]


def test_what_refuses_comes_first() -> None:
    rule = state_rule(mtc_condition="for resale", home_state_number="no")
    old: dict[str, Any] = {"effective_date": "2020-01-01", "form_kind": "mtc"}
    assert found(rule, **old, **state_id("1", issued_by="OK")) == [
        "refuse home_state_number_refused",
        "warn form_condition",
        "warn review_due",
    ]


days = st.dates(dt.date(2020, 1, 1), dt.date(2032, 12, 31))
claims = st.builds(
    claim,
    form_kind=st.sampled_from(FormKind),
    exemption_reason=st.sampled_from(ExemptionReason),
    effective_date=days,
    expiration_date=st.none() | days,
    printed_end=st.none() | days,
    permit_end=st.none() | days,
    blanket=st.booleans(),
    identification_type=st.none() | st.sampled_from(IdentificationType),
    identification_number=st.none() | st.sampled_from(["1", "12-3456789", "A14 8694 29"]),
    issued_by=st.none() | st.sampled_from(["US-TX", "US-WA"]),
)


@given(st.sampled_from(shipped_pack().states), claims, days)
def test_every_objection_is_a_sentence_and_none_comes_twice(
    rule: StateRule, held: Claim, on: dt.date
) -> None:
    objections = check(rule, held, on=on)
    assert len({o.code for o in objections}) == len(objections)
    assert all(o.sentence.endswith(".") and "None" not in o.sentence for o in objections)
    severities = [o.severity for o in objections]
    assert severities == sorted(severities)


@given(st.sampled_from(shipped_pack().states), claims)
def test_the_proposed_end_is_never_objected_to(rule: StateRule, held: Claim) -> None:
    """What a proposal says without doubt, the check accepts."""
    proposal = propose_expiration(
        rule,
        effective=held.effective_date,
        form_kind=held.form_kind,
        printed_end=held.printed_end,
        permit_end=held.permit_end,
    )
    taken = held.model_copy(update={"expiration_date": proposal.expiration_date})
    codes = {o.code for o in check(rule, taken, on=held.effective_date)}
    assert not codes & {ObjectionCode.ENDS_TOO_LATE, ObjectionCode.END_MISSING}


def test_severities_sort_as_they_weigh() -> None:
    assert sorted(ObjectionSeverity) == [ObjectionSeverity.REFUSE, ObjectionSeverity.WARN]
