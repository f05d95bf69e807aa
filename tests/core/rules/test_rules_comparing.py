"""A certificate held against what was read in its documents."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.certificate import CertificateDetails, CertificateKind, ExemptionReason
from exempt.model.paper import FieldName, Found, Reading
from exempt.model.requesting import Answers
from exempt.rules.comparing import Agreement, Compared, Names, compare
from support.records import TODAY, details

NAMES = Names(["Lone Star Supply Co."], ["Northwind West", "Northwind"])
SAME, DIFFERENT = Agreement.SAME, Agreement.DIFFERENT
ONLY_READ, NOT_READ = Agreement.ONLY_READ, Agreement.NOT_READ


def found(field: FieldName, value: str, confidence: float = 0.9, **more: Any) -> Found:
    return Found(field=field, value=value, confidence=confidence, **more)


def compared(
    field: FieldName,
    *read: Found,
    of: CertificateDetails | None = None,
    answers: Answers | None = None,
    names: Names = NAMES,
) -> list[Compared]:
    """How one field compares."""
    rows = compare(of or details("TX"), [Reading(found=read)], names, answers)
    return [row for row in rows if row.field is field]


@pytest.mark.parametrize(
    ("field", "entered", "read", "agreement"),
    [
        pytest.param(
            FieldName.NUMBER,
            {"exemption_number": "32-0123"},
            "320123",
            SAME,
            id="a number however it is written",
        ),
        pytest.param(
            FieldName.NUMBER, {"exemption_number": "1"}, "2", DIFFERENT, id="another number"
        ),
        pytest.param(FieldName.NUMBER, {}, "2", ONLY_READ, id="a number that was not entered"),
        pytest.param(FieldName.EXEMPTION_REASON, {}, "resale", SAME, id="the reason"),
        pytest.param(FieldName.EXEMPTION_REASON, {}, "tribal", DIFFERENT, id="another reason"),
        pytest.param(
            FieldName.EFFECTIVE_DATE,
            {"effective_date": TODAY},
            TODAY.isoformat(),
            SAME,
            id="its first day",
        ),
        pytest.param(
            FieldName.EXPIRATION_DATE,
            {"expiration_date": TODAY},
            "2030-01-01",
            DIFFERENT,
            id="another last day",
        ),
        pytest.param(FieldName.EXPIRATION_DATE, {}, "2030-01-01", ONLY_READ, id="an end left out"),
        pytest.param(
            FieldName.SIGNED_DATE, {"signed_date": TODAY}, TODAY.isoformat(), SAME, id="signed"
        ),
        pytest.param(FieldName.SINGLE_PURCHASE, {}, "yes", DIFFERENT, id="for one purchase only"),
        pytest.param(
            FieldName.SINGLE_PURCHASE,
            {"kind": CertificateKind.SINGLE_USE},
            "yes",
            SAME,
            id="for one purchase, as entered",
        ),
    ],
)
def test_a_field(
    field: FieldName, entered: dict[str, Any], read: str, agreement: Agreement
) -> None:
    (row,) = compared(field, found(field, read), of=details("TX", **entered))
    assert row.agreement is agreement
    assert row.read is not None
    assert row.read.found.value == read
    assert row.disagrees == (agreement in {DIFFERENT, ONLY_READ})


def test_what_nobody_read_is_said_to_be_so() -> None:
    rows = compare(details("TX"), [None], NAMES)
    assert {row.agreement for row in rows} == {NOT_READ}
    assert not any(row.disagrees for row in rows)


def test_of_several_values_the_surest_is_shown() -> None:
    read = [found(FieldName.NUMBER, "1", 0.3), found(FieldName.NUMBER, "2", 0.8)]
    (row,) = compared(FieldName.NUMBER, *read, of=details("TX", exemption_number="9"))
    assert row.read is not None
    assert row.read.found.value == "2"


def test_a_value_that_agrees_wins_over_a_surer_one() -> None:
    read = [found(FieldName.NUMBER, "1", 0.3), found(FieldName.NUMBER, "2", 0.8)]
    (row,) = compared(FieldName.NUMBER, *read, of=details("TX", exemption_number="1"))
    assert row.agreement is SAME


def test_a_value_of_one_state_is_not_held_against_another() -> None:
    read = [
        found(FieldName.NUMBER, "TX1", jurisdiction="US-TX"),
        found(FieldName.NUMBER, "CA1", jurisdiction="US-CA"),
        found(FieldName.NUMBER, "ANY", 1.0),
    ]
    rows = compared(FieldName.NUMBER, *read, of=details("TX", "OK", exemption_number="TX1"))
    assert [(row.jurisdiction, row.agreement) for row in rows] == [
        ("US-TX", SAME),
        ("US-OK", DIFFERENT),
    ]
    assert rows[1].read is not None
    assert rows[1].read.found.value == "ANY"


def test_it_says_in_which_file_a_value_stands() -> None:
    second = Reading(found=(found(FieldName.NUMBER, "1"),))
    rows = compare(details("TX"), [None, second], NAMES)
    (row,) = (row for row in rows if row.field is FieldName.NUMBER)
    assert row.read is not None
    assert row.read.file == 1


# --- names -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "closest", "agreement"),
    [
        pytest.param("Northwind Inc.", "Northwind", SAME, id="the company above it"),
        pytest.param("Northwind West", "Northwind West", SAME, id="the company itself"),
        pytest.param(
            "Northwind East", "Northwind West", Agreement.SIMILAR, id="the one most like it"
        ),
        pytest.param("Contoso", "Northwind West", DIFFERENT, id="somebody else"),
    ],
)
def test_a_name_is_held_against_all_that_would_be_right(
    read: str, closest: str, agreement: Agreement
) -> None:
    (row,) = compared(FieldName.SELLER_NAME, found(FieldName.SELLER_NAME, read))
    assert (row.entered, row.agreement) == (closest, agreement)


@pytest.mark.parametrize("names", [["Acme"], []], ids=["a name is known", "none is known"])
def test_a_name_that_was_not_read(names: list[str]) -> None:
    (row,) = compared(FieldName.BUYER_NAME, names=Names(names, []))
    assert row.agreement is NOT_READ


# --- states ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "read", "rows"),
    [
        pytest.param(["TX"], ["US-TX"], [("US-TX", SAME)], id="the same state"),
        pytest.param(
            ["TX"], ["US-CA"], [("US-TX", DIFFERENT), ("US-CA", ONLY_READ)], id="another state"
        ),
        pytest.param(
            ["TX", "CA"], ["US-CA"], [("US-TX", NOT_READ), ("US-CA", SAME)], id="one of two read"
        ),
        pytest.param(
            ["TX"], ["US-TX", "US-CA"], [("US-TX", SAME), ("US-CA", ONLY_READ)], id="one more read"
        ),
        pytest.param(["TX"], [], [("US-TX", NOT_READ)], id="none read"),
    ],
)
def test_states(entered: list[str], read: list[str], rows: list[tuple[str, Agreement]]) -> None:
    seen = [found(FieldName.JURISDICTION, each) for each in read]
    got = compared(FieldName.JURISDICTION, *seen, of=details(*entered))
    assert [(row.jurisdiction, row.agreement) for row in got] == rows


# --- what the customer answered ----------------------------------------------------------

ANSWERS = Answers(
    numbers={"US-TX": "77"},
    exemption_reason=ExemptionReason.TRIBAL,
    effective_date=TODAY,
    expiration_date=TODAY,
    signed_date=TODAY,
    single_use=True,
)


@pytest.mark.parametrize(
    ("field", "answered"),
    [
        (FieldName.NUMBER, "77"),
        (FieldName.EXEMPTION_REASON, "tribal"),
        (FieldName.EFFECTIVE_DATE, TODAY.isoformat()),
        (FieldName.EXPIRATION_DATE, TODAY.isoformat()),
        (FieldName.SIGNED_DATE, TODAY.isoformat()),
        (FieldName.SINGLE_PURCHASE, "yes"),
    ],
)
def test_what_the_customer_filled_in_is_shown_where_staff_changed_it(
    field: FieldName, answered: str
) -> None:
    (row,) = compared(field, answers=ANSWERS)
    assert row.answered == answered


def test_what_still_stands_is_not_shown_twice() -> None:
    (row,) = compared(FieldName.NUMBER, of=details("TX", exemption_number="77"), answers=ANSWERS)
    assert row.answered is None


def test_what_was_left_empty_is_no_answer() -> None:
    assert [row.answered for row in compared(FieldName.NUMBER, answers=Answers())] == [None]
