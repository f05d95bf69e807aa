"""What the state rules say of a whole certificate."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from exempt.model.certificate import CertificateDetails, ExemptionReason
from exempt.model.rulesdata import RulesPack
from exempt.rules.claims import objections, proposals, refusing, with_certain_ends
from exempt.rules.objections import ObjectionCode
from support.records import TODAY, details, in_state
from support.rules_records import pack, state_rule

SIGNED = dt.date(2026, 3, 1)
FIXED = state_rule("fixed_years", "3y", jurisdiction="US-CT")
PRINTED = state_rule("printed", "48m", jurisdiction="US-WA")
OPEN = state_rule("until_revoked", jurisdiction="US-TX")
ANNUAL = state_rule("annual_dec31", "12-31", jurisdiction="US-FL")
PACK = pack(FIXED, PRINTED, OPEN, ANNUAL)
YEARS = 3


def entered(*states: str, **changes: Any) -> CertificateDetails:
    return details(*states, **{"signed_date": SIGNED, **changes})


def ends(found: CertificateDetails) -> dict[str, str]:
    return {
        one.jurisdiction.removeprefix("US-"): str(one.expiration_date)
        for one in found.jurisdictions
    }


def test_each_state_proposes_its_own_end() -> None:
    found = proposals(entered("CT", "WA", "TX", "NV"), PACK, YEARS)
    assert {place: str(proposal.expiration_date) for place, proposal in found.items()} == {
        "US-CT": "2029-03-01",
        "US-WA": "2030-03-01",
        "US-TX": "None",
    }, "of Nevada nothing is known"
    assert found["US-TX"].review_date == dt.date(2029, 3, 1)
    later = proposals(entered("TX"), PACK, 5)["US-TX"]
    assert later.review_date == dt.date(2031, 3, 1)


def test_its_form_decides_with_the_state() -> None:
    known = pack(state_rule("fixed_years", "3y", sst_form_accepted="yes"))
    own, sst = entered("TX"), entered("TX", form_kind="sst")
    assert str(proposals(own, known, YEARS)["US-TX"].expiration_date) == "2029-03-01"
    assert proposals(sst, known, YEARS)["US-TX"].expiration_date is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, "2029-03-01", id="from the day it was signed"),
        pytest.param({"effective_date": dt.date(2026, 6, 1)}, "2029-06-01",
                     id="from its first day there"),
    ],
)  # fmt: skip
def test_a_span_counts_from_the_first_day(changes: dict[str, Any], expected: str) -> None:
    found = proposals(entered("CT", **changes), PACK, YEARS)
    assert str(found["US-CT"].expiration_date) == expected


@pytest.mark.parametrize(
    ("certificate", "expected"),
    [
        pytest.param(entered("CT"), {"CT": "2029-03-01"}, id="the law counts the years"),
        pytest.param(entered("FL"), {"FL": "2026-12-31"}, id="the law ends it with the year"),
        pytest.param(entered("WA"), {"WA": "None"}, id="the date stands on the document"),
        pytest.param(entered("TX"), {"TX": "None"}, id="nothing ends it"),
        pytest.param(entered("NV"), {"NV": "None"}, id="nothing is known"),
        pytest.param(entered("CT", expiration_date=dt.date(2027, 1, 1)), {"CT": "2027-01-01"},
                     id="what was entered stays"),
        pytest.param(entered("CT", kind="single_use"), {"CT": "None"},
                     id="a certificate for one sale needs no end"),
        pytest.param(entered("TX", "CT", "WA"), {"TX": "None", "CT": "2029-03-01", "WA": "None"},
                     id="each state by its own law"),
        pytest.param(entered("CT", signed_date=dt.date(2096, 12, 31)), {"CT": "2099-12-31"},
                     id="the last day that is kept"),
        pytest.param(entered("CT", signed_date=dt.date(2097, 1, 1)), {"CT": "None"},
                     id="a day later is not kept"),
    ],
)  # fmt: skip
def test_ends_that_follow_from_the_law_alone_are_filled_in(
    certificate: CertificateDetails, expected: dict[str, str]
) -> None:
    found = with_certain_ends(certificate, PACK, YEARS)
    assert ends(found) == expected
    assert CertificateDetails.model_validate(found.model_dump()) == found
    assert with_certain_ends(found, PACK, YEARS) == found


def test_nothing_but_ends_is_filled_in() -> None:
    before = entered("CT", exemption_number="1", number="N-9", notes="seen")
    after = with_certain_ends(before, PACK, YEARS)
    (state,) = after.jurisdictions
    without_end = state.model_copy(update={"expiration_date": None})
    assert after.model_copy(update={"jurisdictions": (without_end,)}) == before


def codes(certificate: CertificateDetails, known: RulesPack, **changes: Any) -> dict[str, str]:
    asked = {"on": TODAY, "review_after_years": YEARS, **changes}
    found = objections(certificate, known, **asked)
    return {place: " ".join(each.code for each in against) for place, against in found.items()}


def test_objections_come_by_state_and_only_where_there_are_some() -> None:
    found = objections(entered("TX", "CT", "WA", "NV"), PACK, TODAY, YEARS)
    assert list(found) == ["US-CT", "US-WA"]
    assert [o.code for o in found["US-CT"]] == [ObjectionCode.END_MISSING]
    assert refusing(found) == [
        "CT: It lasts 3 years from its effective date. Enter its end, 2029-03-01.",
        (
            "WA: It ends on the date printed on it; while that is not known, count on"
            " 4 years. Enter the date that stands on it."
        ),
    ]


STRICT = state_rule(
    "until_revoked",
    jurisdiction="US-TX",
    blanket_allowed="no",
    mtc_accepted="no",
    home_state_number="no",
    id_name="permit number",
    id_format="11 digits",
    id_pattern="[0-9]{11}",
)
NUMBER = {"exemption_number": "32012345678", "identification_type": "state_tax_id"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(NUMBER, "blanket_not_allowed", id="a blanket is told as one"),
        pytest.param({**NUMBER, "kind": "single_use"}, "", id="so is one for a single sale"),
        pytest.param({**NUMBER, "kind": "single_use", "form_kind": "mtc"}, "form_not_accepted",
                     id="and its form"),
        pytest.param({"kind": "single_use"}, "number_missing", id="and its number"),
        pytest.param({**NUMBER, "kind": "single_use", "exemption_number": "1"}, "number_format",
                     id="as it is written"),
        pytest.param({**NUMBER, "kind": "single_use", "identification_type": "fein"},
                     "number_format other_identification", id="and what kind of number it is"),
        pytest.param({**NUMBER, "kind": "single_use", "issued_by": "OK"},
                     "home_state_number_refused", id="and who gave it"),
        pytest.param({"kind": "single_use", "exemption_reason": ExemptionReason.OTHER}, "",
                     id="and the reason that is claimed"),
        pytest.param({"kind": "single_use", "validated_reason": ExemptionReason.OTHER}, "",
                     id="or the reason that staff found to be right"),
        pytest.param({**NUMBER, "kind": "single_use", "expiration_date": dt.date(2026, 11, 19)},
                     "expired", id="and its end"),
    ],
)  # fmt: skip
def test_a_rule_is_told_what_the_certificate_says(changes: dict[str, Any], expected: str) -> None:
    found = codes(entered("TX", **changes), pack(STRICT))
    assert found == ({"US-TX": expected} if expected else {})


@pytest.mark.parametrize(
    ("certificate", "asked", "expected"),
    [
        pytest.param(entered("TX", signed_date=dt.date(2023, 11, 20)), {}, "review_due",
                     id="three years old: look again"),
        pytest.param(entered("TX", signed_date=dt.date(2023, 11, 20)), {"review_after_years": 4},
                     "", id="after how many years is a setting"),
        pytest.param(entered("TX", signed_date=dt.date(2023, 11, 20)),
                     {"on": dt.date(2026, 11, 19)}, "", id="not yet on the day before"),
        pytest.param(entered("WA", expiration_date=dt.date(2029, 6, 30)), {}, "",
                     id="the end that staff enter is the one that the document names"),
        pytest.param(
            entered(jurisdictions=(in_state("TX", effective_date=dt.date(2023, 11, 20)),)), {},
            "review_due", id="its age counts from its first day there",
        ),
    ],
)  # fmt: skip
def test_a_rule_is_told_its_days(
    certificate: CertificateDetails, asked: dict[str, Any], expected: str
) -> None:
    assert " ".join(codes(certificate, PACK, **asked).values()) == expected


def test_what_only_warns_refuses_nothing() -> None:
    found = objections(entered("TX", signed_date=dt.date(2020, 1, 1)), PACK, TODAY, YEARS)
    assert found
    assert refusing(found) == []
