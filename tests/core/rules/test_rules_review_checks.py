"""What a reviewer is told of a certificate, check by check."""

from __future__ import annotations

from typing import Any

import pytest

from exempt.model.certificate import (
    CertificateKind,
)
from exempt.model.forms import FormKind
from exempt.model.paper import FieldName, Reading
from exempt.rules.comparing import Names, compare
from exempt.rules.objections import Objection, ObjectionCode, ObjectionSeverity
from exempt.rules.review_case import Case, CheckCode, Verdict
from exempt.rules.review_checks import review_checks
from support.records import TODAY
from support.review_cases import (
    FAIL,
    PAPER,
    PASS,
    REFUSE,
    UNKNOWN,
    WARN,
    certificate,
    checked,
    objecting,
    read,
)

# --- document ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "verdict", "sentence"),
    [
        pytest.param(
            {"reading": read((FieldName.NUMBER, "1"), form_title="SST F0003")},
            PASS,
            "2 pages, read as SST F0003.",
            id="read as a form that is known",
        ),
        pytest.param(
            {"reading": read((FieldName.NUMBER, "1"))}, PASS, "2 pages, read.", id="of no form"
        ),
        pytest.param({}, UNKNOWN, "2 pages; not read yet.", id="not read yet"),
        pytest.param(
            {"reading": Reading()}, UNKNOWN, "2 pages; nothing could be read.", id="illegible"
        ),
        pytest.param(
            {"papers": [None]},
            UNKNOWN,
            "A file cannot be shown here: open it.",
            id="never looked into",
        ),
        pytest.param(
            {"of": certificate(files=())}, FAIL, "There is no document.", id="there is none"
        ),
        pytest.param(
            {
                "reading": read((FieldName.NUMBER, "1")),
                "papers": [PAPER.model_copy(update={"removed": ("JavaScript",), "pages": 1})],
            },
            WARN,
            "Taken out of what is shown: JavaScript. The original is kept.",
            id="with a script",
        ),
    ],
)
def test_the_document(case: dict[str, Any], verdict: Verdict, sentence: str) -> None:
    check = checked(CheckCode.DOCUMENT, **case)
    assert (check.verdict, check.sentences) == (verdict, (sentence,))


# --- names and states --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("Lone Star Inc.", PASS, "Lone Star Inc."),
        ("Lone Star Supply", WARN, "see that they are one"),
        ("Bolt", FAIL, "It names Bolt; the customer is Lone Star."),
        (None, UNKNOWN, "It should name Lone Star."),
    ],
)
def test_whom_it_names(name: str | None, verdict: Verdict, words: str) -> None:
    reading = read((FieldName.BUYER_NAME, name)) if name else None
    check = checked(CheckCode.BUYER_NAME, reading=reading)
    assert check.verdict is verdict
    assert words in check.sentences[0]


def test_without_anything_to_compare_with_it_says_so() -> None:
    assert checked(CheckCode.SELLER_NAME, compared=()).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("states", "seen", "verdict", "sentences"),
    [
        pytest.param("TX", "TX", PASS, ["Texas."], id="the same"),
        pytest.param(
            "TX", "TX CA", WARN, ["On the document, and not entered: California."], id="one more"
        ),
        pytest.param(
            "TX CA",
            "TX",
            UNKNOWN,
            ["California: nothing was read there: look at the document."],
            id="one less",
        ),
        pytest.param(
            "TX",
            "CA",
            FAIL,
            [
                "On the document, and not entered: California.",
                "Entered, and not on the document: Texas.",
            ],
            id="another one",
        ),
    ],
)
def test_for_which_states(states: str, seen: str, verdict: Verdict, sentences: list[str]) -> None:
    reading = read(*((FieldName.JURISDICTION, f"US-{each}") for each in seen.split()))
    check = checked(CheckCode.STATES, certificate(*states.split()), reading)
    assert (check.verdict, list(check.sentences)) == (verdict, sentences)


def test_a_name_that_ends_in_a_full_stop_gets_no_second_one() -> None:
    it = certificate()
    compared = compare(it, [None], Names(["Acme Inc."], []))
    check = checked(CheckCode.BUYER_NAME, it, compared=compared)
    assert check.sentences[0].endswith("It should name Acme Inc.")


def test_without_a_document_nobody_is_told_to_look_at_it() -> None:
    for check in review_checks(Case(certificate(files=()), TODAY)):
        assert not any("look at the document" in each.lower() for each in check.sentences)


# --- what the states ask -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "check", "severity", "verdict"),
    [
        (ObjectionCode.FORM_NOT_ACCEPTED, CheckCode.FORM, REFUSE, FAIL),
        (ObjectionCode.FORM_CONDITION, CheckCode.FORM, ObjectionSeverity.WARN, WARN),
        (ObjectionCode.NOT_RESEARCHED, CheckCode.FORM, ObjectionSeverity.WARN, UNKNOWN),
        (ObjectionCode.NUMBER_FORMAT, CheckCode.NUMBER, REFUSE, FAIL),
        (ObjectionCode.NUMBER_MISSING, CheckCode.NUMBER, ObjectionSeverity.WARN, WARN),
        (ObjectionCode.PRINTED_END_MISSING, CheckCode.DATES, REFUSE, FAIL),
        (ObjectionCode.BLANKET_NOT_ALLOWED, CheckCode.KIND, REFUSE, FAIL),
    ],
)
def test_what_a_state_objects_to(
    code: ObjectionCode, check: CheckCode, severity: ObjectionSeverity, verdict: Verdict
) -> None:
    found = checked(check, objections=objecting(code, severity))
    assert (found.verdict, found.sentences) == (verdict, ("It is so.",))


def test_every_objection_belongs_to_a_check() -> None:
    for code in ObjectionCode:
        of_it = review_checks(Case(certificate(), TODAY, objections=objecting(code)))
        assert [each for each in of_it if "It is so." in each.sentences], code


def test_of_several_states_it_says_which_one_objects() -> None:
    against = objecting(ObjectionCode.NUMBER_FORMAT, place="US-CA")
    check = checked(CheckCode.NUMBER, certificate("TX", "CA"), objections=against)
    assert check.sentences == ("California: It is so.",)


def test_a_state_that_names_itself_is_not_named_twice() -> None:
    said = Objection(
        code=ObjectionCode.FORM_NOT_ACCEPTED, severity=REFUSE, sentence="Texas takes no such form."
    )
    check = checked(CheckCode.FORM, certificate("TX", "CA"), objections={"US-TX": (said,)})
    assert check.sentences == ("Texas takes no such form.",)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("32-01", "32-01: as the state writes it."),
        (None, "None is given, and none is asked for."),
    ],
)
def test_a_number_in_order(number: str | None, sentence: str) -> None:
    check = checked(CheckCode.NUMBER, certificate(exemption_number=number))
    assert (check.verdict, check.sentences) == (PASS, (sentence,))


def test_a_form_that_looks_like_another_one() -> None:
    check = checked(CheckCode.FORM, reading=read(form_kind=FormKind.MTC))
    assert check.verdict is WARN
    assert "looks like the multijurisdiction form" in check.sentences[0]
    same = checked(CheckCode.FORM, reading=read(form_kind=FormKind.SINGLE_STATE))
    assert same.verdict is PASS


# --- the document says something else ----------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "check", "sentence"),
    [
        (
            FieldName.NUMBER,
            "77",
            CheckCode.NUMBER,
            "Number: the document says 77, entered is nothing.",
        ),
        (
            FieldName.EXEMPTION_REASON,
            "state_government",
            CheckCode.REASON,
            "Reason: the document says state government, entered is resale.",
        ),
        (
            FieldName.EXPIRATION_DATE,
            "2030-01-01",
            CheckCode.DATES,
            "Expires: the document says 2030-01-01, entered is nothing.",
        ),
        (
            FieldName.SINGLE_PURCHASE,
            "yes",
            CheckCode.KIND,
            "The document is for a single purchase.",
        ),
        (FieldName.SINGLE_PURCHASE, "no", CheckCode.KIND, "For many sales."),
    ],
)
def test_the_document_says_something_else(
    field: FieldName, value: str, check: CheckCode, sentence: str
) -> None:
    assert sentence in checked(check, reading=read((field, value))).sentences


def test_of_several_states_it_says_for_which_one_they_differ() -> None:
    check = checked(
        CheckCode.NUMBER, certificate("TX", "CA"), reading=read((FieldName.NUMBER, "77"))
    )
    assert check.sentences[0].startswith("Texas, number: the document")


def test_a_document_for_many_sales_entered_for_one() -> None:
    single = certificate(kind=CertificateKind.SINGLE_USE, order_numbers=("PO-1",))
    check = checked(CheckCode.KIND, single, read((FieldName.SINGLE_PURCHASE, "no")))
    assert check.sentences == ("The document is for many sales.",)
