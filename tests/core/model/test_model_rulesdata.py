"""The records of the law: what they refuse."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from pydantic import ValidationError

from exempt.model.certificate import ExemptionReason
from exempt.model.forms import IdentificationType, canonical_number
from exempt.model.rulesdata import RulesPack, repeated
from exempt.model.terms import _WANTS, Term, ValidityKind, YearEnd
from support.rules_records import claim, reason_codes, state_rule

REASONS = tuple(reason_codes(reason) for reason in ExemptionReason)


@pytest.mark.parametrize(
    ("text", "term", "longest"),
    [
        pytest.param("3y", Term(months=36), 36, id="three years"),
        pytest.param("18m", Term(months=18), 18, id="eighteen months"),
        pytest.param(" 12m/48m ", Term(months=12, at_most=48), 48, id="twelve months, 48 at most"),
        pytest.param("1y/3y", Term(months=12, at_most=36), 36, id="a year, three at most"),
        pytest.param("12-31", Term(year_end=YearEnd.EVERY), None, id="a year's end"),
        pytest.param("12-31/odd", Term(year_end=YearEnd.ODD), None, id="an odd year's end"),
    ],
)
def test_a_term_as_it_is_written(text: str, term: Term, longest: int | None) -> None:
    found = Term.model_validate(text)
    assert found == term
    assert found.longest == longest


@pytest.mark.parametrize(
    ("term", "said"),
    [
        pytest.param("0m", "greater than or equal to 1", id="no time at all"),
        pytest.param("48m/12m", "the longest span comes second", id="the longest first"),
        pytest.param("12m/12m", "the longest span comes second", id="the same twice"),
        pytest.param("1y/6", "write a span as 3y", id="a number without its unit"),
        pytest.param("", "write a span as 3y", id="an empty text"),
        pytest.param("12-30", "write a span as 3y", id="another day"),
        pytest.param({"months": 12, "year_end": "odd"}, "either a span or a year's end", id="both"),
        pytest.param({"at_most": 12}, "the longest span comes second", id="the longest alone"),
    ],
)
def test_a_term_that_is_refused(term: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Term.model_validate(term)


SPAN, NOTHING, YEAR_END = Term(months=36), Term(), Term(year_end=YearEnd.EVERY)


@pytest.mark.parametrize(
    ("kinds", "terms"),
    [
        pytest.param("no_expiration until_revoked until_change until_cancelled"
                     " until_account_closed", [NOTHING, SPAN], id="the open kinds: a span at most"),
        pytest.param("recurring_12m permit_copy no_sales_tax unknown", [NOTHING],
                     id="kinds that say it all"),
        pytest.param("fixed_years fixed_years_unless_recurring review_years printed printed_dec31"
                     " period_on_form", [SPAN], id="kinds that need a span"),
        pytest.param("annual_dec31", [YEAR_END], id="a year's end"),
        pytest.param("license_linked", [NOTHING, SPAN, YEAR_END], id="a licence: any of them"),
    ],
)  # fmt: skip
def test_which_terms_a_kind_takes(kinds: str, terms: list[Term]) -> None:
    for kind in kinds.split():
        for term in (SPAN, NOTHING, YEAR_END):
            if term in terms:
                assert state_rule(kind, validity_value=term).validity_value == term
            else:
                with pytest.raises(ValidationError, match=f"the kind {kind} takes"):
                    state_rule(kind, validity_value=term)


def test_every_kind_says_what_it_takes() -> None:
    assert set(_WANTS) == set(ValidityKind)


def test_a_kind_that_needs_a_span_cannot_leave_it_out() -> None:
    fields = state_rule().model_dump(exclude={"validity_value"}) | {"validity_kind": "printed"}
    with pytest.raises(ValidationError, match="the kind printed takes a span"):
        type(state_rule()).model_validate(fields)


def test_an_unknown_kind_is_one_mistake() -> None:
    with pytest.raises(ValidationError) as caught:
        state_rule("forever", "3y")
    assert [error["loc"] for error in caught.value.errors()] == [("validity_kind",)]


def test_an_unknown_date_is_one_mistake() -> None:
    with pytest.raises(ValidationError) as caught:
        state_rule(as_of="yesterday")
    assert [error["loc"] for error in caught.value.errors()] == [("as_of",)]


@pytest.mark.parametrize(
    ("states", "reasons", "said"),
    [
        pytest.param((state_rule(), state_rule("printed", "4y")), REASONS,
                     "US-TX: more than one row: keep one", id="a state with two rows"),
        pytest.param((), (*REASONS, REASONS[0]),
                     "federal_government: more than one row: keep one", id="a reason with two"),
        pytest.param((), REASONS[2:],
                     "federal_government, state_government: no row among the reasons: add one",
                     id="reasons without a row"),
    ],
)  # fmt: skip
def test_a_pack_that_is_refused(states: Any, reasons: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RulesPack(version="1", states=states, reasons=reasons)


def test_a_pack_made_by_hand_needs_no_state() -> None:
    pack = RulesPack(version="1", states=(), reasons=REASONS)
    assert pack.state("US-TX") is None
    assert pack.reason(ExemptionReason.OTHER) is REASONS[-1]


def test_what_is_repeated_is_named_once_and_in_order() -> None:
    assert repeated(["b", "a", "b", "c", "a", "b"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("number", "canonical"),
    [
        pytest.param("12-3456789", "123456789", id="hyphens"),
        pytest.param(" a14 8694\t13 ", "A14869413", id="spaces and small letters"),
        pytest.param("123.456/789", "123456789", id="dots and slashes"),
    ],
)
def test_how_numbers_are_compared(number: str, canonical: str) -> None:
    assert canonical_number(number) == canonical


@pytest.mark.parametrize("number", ["123-45-6789", "123 45 6789", " 123-45-6789 "])
def test_a_social_security_number_is_not_kept(number: str) -> None:
    with pytest.raises(ValidationError, match="looks like a Social Security number") as caught:
        claim(identification_number=number)
    assert "6789" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        pytest.param({"cure_days": 0}, True, id="no days after the sale"),
        pytest.param({"cure_days": -1}, False, id="days before it"),
        pytest.param({"cure_days": 3660}, True, id="ten years of days"),
        pytest.param({"cure_days": 3661}, False, id="more than that is a slip"),
        pytest.param({"retention_years": "3.5"}, True, id="half a year"),
        pytest.param({"retention_years": "3.4"}, False, id="another part of a year"),
        pytest.param({"retention_years": "30"}, True, id="thirty years"),
        pytest.param({"retention_years": "30.5"}, False, id="more than thirty"),
        pytest.param({"id_pattern": "x" * 200}, True, id="a long pattern"),
        pytest.param({"id_pattern": "x" * 201}, False, id="a longer pattern"),
        pytest.param({"source": "law"}, True, id="a short source"),
        pytest.param({"source": " no "}, False, id="a source that says nothing"),
        pytest.param({"verify_url": "https://tax.example.gov"}, True, id="an address"),
        pytest.param({"verify_url": "https://tax"}, False, id="half an address"),
    ],
)
def test_the_edges_of_a_row(changes: dict[str, Any], fits: bool) -> None:
    with nullcontext() if fits else pytest.raises(ValidationError):
        state_rule(**changes)


@pytest.mark.parametrize(("length", "fits"), [(0, False), (1, True), (100, True), (101, False)])
def test_the_length_of_a_number(length: int, fits: bool) -> None:
    with nullcontext() if fits else pytest.raises(ValidationError):
        claim(identification_number="7" * length)


@pytest.mark.parametrize("number", ["12-3456789", "123456789", "0123-45-6789", "123-45-67890"])
def test_other_numbers_are(number: str) -> None:
    assert claim(identification_number=number).identification_number == number


def test_no_kind_of_identification_is_a_social_security_number() -> None:
    assert [kind.value for kind in IdentificationType] == [
        "fein", "state_tax_id", "driver_license", "diplomat", "foreign", "other",
    ]  # fmt: skip
