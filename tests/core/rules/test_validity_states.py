"""The shipped table of states: every row makes sense, and the counts that are known agree."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable

import pytest

from exempt.data import jurisdictions
from exempt.model.forms import FormKind, canonical_number
from exempt.model.rulesdata import Acceptance, Issuer, SstMembership, StateRule
from exempt.model.terms import ValidityKind
from exempt.rules.pack import shipped_pack
from exempt.rules.validity import propose_expiration

STATES = shipped_pack().states
PLACES = [rule.jurisdiction for rule in STATES]
NO_TAX = "DE MT NH OR"


def states(holds: Callable[[StateRule], bool]) -> str:
    """The states for which it holds, as their letters."""
    return " ".join(sorted(r.jurisdiction.removeprefix("US-") for r in STATES if holds(r)))


def test_there_is_a_row_for_each_state_the_district_and_puerto_rico() -> None:
    known = {code for code, fact in jurisdictions().items() if fact.kind in {"state", "district"}}
    assert sorted({*known, "US-PR"}) == PLACES
    assert len(PLACES) == 52


@pytest.mark.parametrize("rule", STATES, ids=PLACES)
def test_a_row_makes_sense(rule: StateRule) -> None:
    taxed = rule.validity_kind is not ValidityKind.NO_SALES_TAX
    assert taxed is (jurisdictions()[rule.jurisdiction].sales_tax != "none")
    questions = (
        rule.mtc_accepted,
        rule.sst_form_accepted,
        rule.home_state_number,
        rule.blanket_allowed,
    )
    assert taxed is (Acceptance.NOT_NEEDED not in questions)
    assert rule.note.endswith(".")
    assert not rule.note[0].islower()
    assert (rule.sst is SstMembership.NONE) is (rule.sst_form_accepted is not Acceptance.YES)
    assert rule.review_by == rule.as_of.replace(year=rule.as_of.year + 1)
    for accepted, condition in (
        (rule.mtc_accepted, rule.mtc_condition),
        (rule.home_state_number, rule.home_state_condition),
    ):
        assert condition or accepted is not Acceptance.LIMITED
        assert not (condition or "").endswith(".")
    if rule.validity_kind not in {ValidityKind.NO_SALES_TAX, ValidityKind.UNKNOWN}:
        assert rule.id_name
        assert rule.issuer


@pytest.mark.parametrize("rule", STATES, ids=PLACES)
def test_a_row_proposes_an_end_or_says_why_not(rule: StateRule) -> None:
    for form_kind in FormKind:
        effective = dt.date(2024, 2, 29)
        found = propose_expiration(rule, effective=effective, form_kind=form_kind)
        assert effective < (found.expiration_date or dt.date.max)
        assert found.why.endswith(".")


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        pytest.param(lambda r: r.home_state_number is Acceptance.NO,
                     "AK CA DC FL HI IL LA MA MD MS", id="ten take no number of another state"),
        pytest.param(lambda r: r.home_state_number is Acceptance.LIMITED,
                     "GA KS ME NM NY OK RI VT WA", id="nine take one in narrow cases"),
        pytest.param(lambda r: r.mtc_accepted is Acceptance.NO,
                     "DC IN LA MA MS NY WV WY", id="eight do not take the multijurisdiction form"),
        pytest.param(lambda r: r.mtc_accepted is Acceptance.LIMITED, "VA",
                     id="Virginia takes it by ruling"),
        pytest.param(lambda r: r.sst is SstMembership.FULL,
                     "AR GA IA IN KS KY MI MN NC ND NE NJ NV OH OK RI SD UT VT WA WI WV WY",
                     id="23 full members of the Streamlined Sales Tax agreement"),
        pytest.param(lambda r: r.sst is SstMembership.ASSOCIATE, "TN", id="and an associate one"),
        pytest.param(lambda r: r.issuer is Issuer.STATE, "AK AL DC FL LA ME MS NM TN WA",
                     id="ten issue the document themselves"),
        pytest.param(lambda r: r.blanket_allowed is Acceptance.NO, "MS", id="one takes none"),
        pytest.param(lambda r: r.expired_is_bad_faith, "DC", id="one calls it bad faith"),
        pytest.param(lambda r: r.validity_kind is ValidityKind.NO_SALES_TAX, NO_TAX,
                     id="four levy no sales tax"),
        pytest.param(lambda r: r.validity_kind is ValidityKind.UNKNOWN, "PR",
                     id="one was not researched"),
        pytest.param(lambda r: r.cure_days == 90,
                     "AR IA IN KS KY MN NC ND NE NJ NY OH OK SD TN VT WI WV WY",
                     id="nineteen give 90 days after the sale"),
        pytest.param(lambda r: r.cure_days == 120, "MI WA", id="two give 120"),
        pytest.param(lambda r: r.cure_days == 60, "PA", id="one gives 60"),
        pytest.param(lambda r: r.audit_cure_days == 120,
                     "AR IA IN KY MI MN NC ND NE NJ OH SD UT WI WY",
                     id="fifteen give 120 more in an audit"),
        pytest.param(lambda r: r.audit_cure_days == 60, "MA MD NM", id="three give 60"),
    ],
)  # fmt: skip
def test_which_states(holds: Callable[[StateRule], bool], expected: str) -> None:
    assert states(holds) == expected


def test_how_many_states_have_each_kind() -> None:
    assert Counter(rule.validity_kind.value for rule in STATES) == {
        "no_expiration": 9,
        "until_revoked": 7,
        "until_change": 2,
        "until_cancelled": 1,
        "until_account_closed": 2,
        "recurring_12m": 9,
        "fixed_years": 3,
        "fixed_years_unless_recurring": 1,
        "review_years": 3,
        "annual_dec31": 2,
        "license_linked": 4,
        "printed": 1,
        "printed_dec31": 1,
        "period_on_form": 1,
        "permit_copy": 1,
        "no_sales_tax": 4,
        "unknown": 1,
    }


@pytest.mark.parametrize(
    ("state", "effective", "end"),
    [
        pytest.param("CT", "2026-03-01", "2029-03-01", id="Connecticut: three years"),
        pytest.param("DC", "2026-03-01", "2027-03-01", id="District of Columbia: a year"),
        pytest.param("FL", "2026-03-01", "2026-12-31", id="Florida: the year"),
        pytest.param("AK", "2026-12-31", "2026-12-31", id="Alaska: the year, to its last day"),
        pytest.param("CO", "2026-03-01", "2027-12-31", id="Colorado: the odd year"),
        pytest.param("AL", "2026-03-01", "2026-12-31", id="Alabama: the licence's year"),
        pytest.param("OK", "2026-03-01", "2029-03-01", id="Oklahoma: three years without a permit"),
        pytest.param("NM", "2026-03-01", "None", id="New Mexico: while the account is open"),
        pytest.param("WA", "2026-03-01", "2030-03-01", id="Washington: 48 months"),
        pytest.param("ME", "2026-03-01", "2029-12-31", id="Maine: the end of the third year"),
        pytest.param("AZ", "2026-03-01", "2027-03-01", id="Arizona: 12 months are advised"),
        pytest.param("LA", "2026-03-01", "2027-03-01", id="Louisiana: a year"),
        pytest.param("MI", "2026-03-01", "None", id="Michigan: sales may prolong the four years"),
        pytest.param("TX", "2026-03-01", "None", id="Texas: until revoked"),
        pytest.param("NJ", "2026-03-01", "None", id="New Jersey: while sales recur"),
    ],
)
def test_the_end_in_a_state(state: str, effective: str, end: str) -> None:
    rule = shipped_pack().state(f"US-{state}")
    assert rule is not None
    found = propose_expiration(
        rule, effective=dt.date.fromisoformat(effective), form_kind=FormKind.SINGLE_STATE
    )
    assert str(found.expiration_date) == end


@pytest.mark.parametrize(
    ("state", "fits", "fails"),
    [
        pytest.param("AZ", "12345678", "1234567", id="Arizona: 8 digits"),
        pytest.param("CO", "12345678", "123456780001", id="Colorado: without the location"),
        pytest.param("FL", "12-3456789012-3", "123456789012", id="Florida: 13 digits"),
        pytest.param("HI", "GE-123-456-7890-01", "123-456-7890-01", id="Hawaii: begins with GE"),
        pytest.param("ID", "123456789", "12345678", id="Idaho: 9 digits"),
        pytest.param("IL", "1234-5678", "1234-567", id="Illinois: 8 digits"),
        pytest.param("IN", "1234567890-001", "1234567890-01", id="Indiana: with its location"),
        pytest.param("IN", "1234567890", "123456789", id="Indiana: without its location"),
        pytest.param("LA", "1234567890", "12345678", id="Louisiana: 10 digits"),
        pytest.param("LA", "123456789", "12345678901", id="Louisiana: a remote seller's 9 digits"),
        pytest.param("LA", "A1234567890", "A123456789", id="Louisiana: a location"),
        pytest.param("MD", "01234567", "21234567", id="Maryland: begins with 0 or 1"),
        pytest.param("MN", "1234567", "12345678", id="Minnesota: 7 digits"),
        pytest.param("MO", "12345678", "1234567", id="Missouri: 8 digits"),
        pytest.param("NE", "01-123456789", "02-123456789", id="Nebraska: begins with 01"),
        pytest.param("OK", "STS-12345678-01", "STS-12345678", id="Oklahoma: a permit"),
        pytest.param("OK", "123456789", "12345678", id="Oklahoma: a site's permit"),
        pytest.param("PA", "12345678", "123456789", id="Pennsylvania: 8 digits"),
        pytest.param("SC", "123456789", "12345678", id="South Carolina: 9 digits"),
        pytest.param("SD", "1234-5678-ST", "1234-5678-UT", id="South Dakota: no use tax number"),
        pytest.param("SD", "12345678ST", "12345678-ET", id="South Dakota: no excise tax number"),
        pytest.param("TX", "32012345678", "3201234567", id="Texas: 11 digits"),
        pytest.param("WA", "A14 8694 13", "114 8694 13", id="Washington: a letter and 8 digits"),
    ],
)  # fmt: skip
def test_the_number_of_a_state(state: str, fits: str, fails: str) -> None:
    rule = shipped_pack().state(f"US-{state}")
    assert rule is not None
    assert rule.id_pattern is not None
    assert re.fullmatch(rule.id_pattern, canonical_number(fits))
    assert not re.fullmatch(rule.id_pattern, canonical_number(fails))
    assert rule.id_format


def test_the_number_tells_the_year_in_washington_only() -> None:
    assert states(lambda r: "(?P<year>" in (r.id_pattern or "")) == "WA"
    assert len(states(lambda r: r.id_pattern is not None).split()) == 18
    assert len(states(lambda r: r.verify_url is not None).split()) == 22
