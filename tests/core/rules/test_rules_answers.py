"""What a customer fills in, as a certificate; and what is amiss with it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.data import jurisdictions
from exempt.model.certificate import CertificateKind, ExemptionReason
from exempt.model.formdata import Choice, Form, Question, QuestionKind
from exempt.model.forms import FormKind, IdentificationType
from exempt.model.requesting import Answers
from exempt.model.rulesdata import Acceptance, Confidence
from exempt.rules.answers import amiss, blocking, details_of, ends_of, unanswered
from exempt.rules.pack import shipped_pack
from support.records import DAY, TODAY, YEAR
from support.rules_records import pack, state_rule

PACK = shipped_pack()
RESALE = ExemptionReason.RESALE


def answers(*states: str, **changes: Any) -> Answers:
    """A certificate for resale in Arizona from today for a year, with a number that fits."""
    fields: dict[str, Any] = {
        "jurisdictions": states or ("US-AZ",),
        "numbers": {"": "12345678"},
        "exemption_reason": RESALE,
        "effective_date": TODAY,
        "expiration_date": TODAY + YEAR,
    }
    return Answers(**{**fields, **changes})


def found(given: Answers) -> list[tuple[str, bool]]:
    return [(each.field, each.blocks) for each in amiss(given, PACK, TODAY)]


# --- as a certificate ------------------------------------------------------------------


def test_all_that_was_filled_in_stands_in_the_certificate() -> None:
    said = answers(
        "US-AZ",
        "US-NY",
        numbers={"US-AZ": "12345678", "": "98-7654321"},
        form_kind=FormKind.MTC,
        single_use=True,
        purchase_order_number="PO 7",
        note="Call Zoë.",
    )
    details = details_of(said, 5, TODAY)

    assert details is not None
    assert (details.customer_ids, details.form_kind) == ((5,), FormKind.MTC)
    assert (details.kind, details.order_numbers) == (CertificateKind.SINGLE_USE, ("PO 7",))
    assert details.notes == "The customer's note: Call Zoë."
    assert [(one.jurisdiction, one.exemption_number) for one in details.jurisdictions] == [
        ("US-AZ", "12345678"),
        ("US-NY", "98-7654321"),
    ]
    assert {one.expiration_date for one in details.jurisdictions} == {TODAY + YEAR}


@pytest.mark.parametrize(
    "lacks",
    [
        pytest.param({"jurisdictions": ()}, id="no state"),
        pytest.param({"exemption_reason": None}, id="no reason"),
    ],
)
def test_without_it_there_is_no_certificate(lacks: dict[str, Any]) -> None:
    assert details_of(answers().model_copy(update=lacks), 5, TODAY) is None


@pytest.mark.parametrize(
    ("dates", "effective", "signed"),
    [
        pytest.param({}, TODAY, TODAY, id="no date: of today"),
        pytest.param({"effective_date": TODAY - DAY}, TODAY - DAY, TODAY - DAY, id="past"),
        pytest.param({"effective_date": TODAY + DAY}, TODAY + DAY, TODAY, id="to come"),
        pytest.param({"signed_date": TODAY - YEAR}, TODAY - YEAR, TODAY - YEAR, id="just signed"),
        pytest.param(
            {"signed_date": TODAY - DAY, "effective_date": TODAY}, TODAY, TODAY - DAY, id="both"
        ),
    ],
)  # fmt: skip
def test_dates_that_are_not_given(
    dates: dict[str, dt.date], effective: dt.date, signed: dt.date
) -> None:
    details = details_of(answers(**{"effective_date": None, **dates}), 5, TODAY)

    assert details is not None
    assert details.signed_date == signed
    assert details.jurisdictions[0].effective_date == effective


@pytest.mark.parametrize(
    ("kind", "issued_by", "kept"),
    [
        pytest.param(IdentificationType.STATE_TAX_ID, "US-NV", "US-NV", id="another state's"),
        pytest.param(IdentificationType.STATE_TAX_ID, "US-AZ", None, id="its own, said twice"),
        pytest.param(IdentificationType.FEIN, "US-NV", None, id="no state gives a FEIN"),
        pytest.param(IdentificationType.DRIVER_LICENSE, "US-NV", "US-NV", id="a driver's"),
    ],
)
def test_which_state_gave_the_number(
    kind: IdentificationType, issued_by: str, kept: str | None
) -> None:
    details = details_of(answers(identification_type=kind, issued_by=issued_by), 5, TODAY)

    assert details is not None
    assert details.jurisdictions[0].identification_type is kind
    assert details.jurisdictions[0].issued_by == kept


def test_without_a_number_it_says_nothing_of_its_kind() -> None:
    details = details_of(answers(numbers={}, issued_by="US-NV"), 5, TODAY)

    assert details is not None
    assert details.jurisdictions[0].identification_type is None
    assert details.jurisdictions[0].issued_by is None


def test_the_words_for_another_reason_are_noted() -> None:
    details = details_of(
        answers(exemption_reason=ExemptionReason.OTHER, reason_text="a blood bank"), 5, TODAY
    )

    assert details is not None
    assert details.notes == "The customer's reason: a blood bank"


@given(
    st.lists(st.sampled_from(sorted(jurisdictions())), max_size=6),
    st.sampled_from([None, *ExemptionReason]),
    st.none() | st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)),
    st.none() | st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31)),
    st.booleans(),
)
def test_what_nothing_blocks_makes_a_certificate(
    states: list[str],
    reason: ExemptionReason | None,
    effective: dt.date | None,
    end: dt.date | None,
    single: bool,
) -> None:
    said = Answers(
        jurisdictions=tuple(states),
        exemption_reason=reason,
        effective_date=effective,
        expiration_date=end,
        single_use=single,
        purchase_order_number="1",
        numbers={"": "1"},
    )

    if not blocking(amiss(said, PACK, TODAY)):
        details = details_of(said, 5, TODAY)
        assert details is not None
        assert {one.jurisdiction for one in details.jurisdictions} == set(states)


# --- what is amiss ---------------------------------------------------------------------


def test_nothing_is_amiss_with_a_good_one() -> None:
    assert found(answers()) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"jurisdictions": ()}, [("jurisdictions", True)], id="no state"),
        pytest.param({"exemption_reason": None}, [("exemption_reason", True)], id="no reason"),
        pytest.param(
            {"exemption_reason": "other"}, [("reason_text", True)], id="another reason, not said"
        ),
        pytest.param({"effective_date": None}, [("effective_date", True)], id="no first day"),
        pytest.param(
            {"single_use": True}, [("purchase_order_number", True)], id="one purchase, not which"
        ),
        pytest.param(
            {"expiration_date": TODAY - DAY},
            [("expiration_date", True)],
            id="ends before it begins",
        ),
        pytest.param(
            {"expiration_date": None}, [("expiration_date", True)], id="no end, but one is printed"
        ),
        pytest.param({"numbers": {}}, [("numbers.US-AZ", True)], id="resale without a number"),
        pytest.param({"numbers": {"US-AZ": "1"}}, [("numbers.US-AZ", True)], id="a bad number"),
        pytest.param({"numbers": {"": "1"}}, [("numbers.", True)], id="a bad number for all"),
        pytest.param(
            {"numbers": {"": "1"}, "exemption_reason": "charitable"},
            [("numbers.", False)],
            id="a charity's number may look otherwise",
        ),
        pytest.param(
            {"identification_type": "fein", "numbers": {"": "1"}},
            [("numbers.", True), ("numbers.", False)],
            id="a bad FEIN",
        ),
        pytest.param(
            {"effective_date": TODAY - YEAR, "expiration_date": TODAY + 3 * YEAR},
            [("expiration_date", False)],
            id="longer than usual",
        ),
        pytest.param(
            {"effective_date": TODAY - YEAR, "expiration_date": TODAY + 9 * YEAR},
            [("expiration_date", True)],
            id="longer than allowed",
        ),
        pytest.param(
            {"jurisdictions": ("US-OR",)}, [("jurisdictions", False)], id="no sales tax there"
        ),
        pytest.param(
            {"jurisdictions": ("US-DC",), "issued_by": "US-AZ"},
            [("numbers.", False)],
            id="refused, but the customer cannot mend it",
        ),
        pytest.param(
            {"jurisdictions": ("US-PA",), "form_kind": "sst"},
            [("form_kind", True)],
            id="a form that the state does not take",
        ),
    ],
)
def test_amiss(changes: dict[str, Any], expected: list[tuple[str, bool]]) -> None:
    said = answers(**changes)
    if said.jurisdictions == ("US-PA",):
        said = said.model_copy(update={"numbers": {"": "12345678"}, "expiration_date": None})
    assert found(said) == expected


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param(
            {"numbers": {}}, "Enter your number: Arizona asks for the TPT license number.",
            id="missing",
        ),
        pytest.param(
            {"numbers": {"": "1"}}, "TPT license number: 8 digits. Check what you have typed.",
            id="another form",
        ),
        pytest.param(
            {"identification_type": "fein", "numbers": {"": "1"}}, "Arizona: A FEIN has 9 digits.",
            id="FEIN",
        ),
        pytest.param(
            {"jurisdictions": ("US-OR",)},
            "Oregon has no sales tax, so no certificate is needed there.",
            id="not needed",
        ),
    ],
)  # fmt: skip
def test_the_customer_is_told_in_plain_words(changes: dict[str, Any], sentence: str) -> None:
    assert amiss(answers(**changes), PACK, TODAY)[0].sentence == sentence


def test_a_state_that_takes_none_for_many_purchases_wants_to_know_which_one() -> None:
    strict = pack(state_rule(jurisdiction="US-AZ", blanket_allowed=Acceptance.NO))

    assert [(each.field, each.blocks) for each in amiss(answers(), strict, TODAY)] == [
        ("single_use", True)
    ]


def test_what_blocks_comes_first() -> None:
    said = answers("US-OR", "US-AZ", expiration_date=None)

    assert found(said) == [("expiration_date", True), ("jurisdictions", False)]
    assert [each.field for each in blocking(amiss(said, PACK, TODAY))] == ["expiration_date"]


# --- ends, and a form's questions --------------------------------------------------------


def test_the_ends_that_the_rules_propose_come_without_a_reason_and_whatever_was_typed() -> None:
    said = answers("US-CT", exemption_reason=None, expiration_date=TODAY - YEAR)

    assert ends_of(said, PACK, TODAY)["US-CT"].expiration_date == dt.date(2029, 11, 20)
    assert ends_of(Answers(), PACK, TODAY) == {}


FORM = Form(
    key="test",
    title="Test",
    source="us",
    retrieved=TODAY,
    confidence=Confidence.HIGH,
    questions=(
        Question(key="name", label="Name", required=True),
        Question(key="more", label="More"),
        Question(
            key="kind",
            label="Kind",
            kind=QuestionKind.CHOICE,
            choices=(Choice(value="a", label="A"),),
        ),
        Question(key="farm", label="Farm", required=True, reasons=(ExemptionReason.AGRICULTURE,)),
    ),
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, ["fields.name"], id="a required one"),
        pytest.param({"name": "Bolt", "kind": "a"}, [], id="all"),
        pytest.param({"name": "Bolt", "kind": "z"}, ["fields.kind"], id="no such choice"),
    ],
)
def test_questions_that_are_not_answered(given: dict[str, str], expected: list[str]) -> None:
    assert [each.field for each in unanswered(answers(fields=given), FORM)] == expected
