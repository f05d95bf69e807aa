from __future__ import annotations

from typing import Any

import pytest

from exempt.model.extract import Extract, FilledField
from exempt.model.forms import FormKind
from exempt.model.paper import FieldName
from exempt.rules.form_definitions import form_book
from exempt.rules.pack import shipped_pack
from exempt.rules.reading import ALTERNATIVES, Known, read
from support.words import TICKED, extract, said, values

KNOWN = Known(form_book(shipped_pack()), shipped_pack())

F0003 = """
              Streamlined Sales Tax Certificate of Exemption

[ ] Check if this certificate is for a single purchase.

Two-letter postal abbreviation for the state     OH

A. Purchaser's name
Northwind Traders LLC
B. Business address      City        State      Zip code
12 Main Street           Columbus    OH         43215
C. Purchaser's tax ID number     State of issue
12345678                         OH
D. Name of seller from whom you are purchasing, leasing or renting
Acme Lighting Inc.

Reason for exemption. Check the letter.
[ ] A Federal government        [ ] H Agricultural Production
[ ] B State or local government [ ] K Direct Mail
[x] G Resale                    [ ] L Other (Explain)

Signature of authorized purchaser     Print name here     Title     Date
                                      Mary Neill          Buyer     03/02/2026

                          SSTGB Form F0003 (Revised 12/21/2021)
"""

MTC = """
UNIFORM SALES & USE TAX RESALE CERTIFICATE - MULTIJURISDICTION

Issued to Seller:       Acme Lighting Inc.
Name of Firm (Buyer):   Northwind Traders LLC

State    State Registration or ID Number         State   State Registration or ID Number
AL  2    9988776                                  TX      12345678901
AR                                                UT      _________
AZ  3    none                                     1X      445566778
CA       102-334455                               VT

Authorized Signature:  Mary Neill
Date:  03/02/2026
"""

TEXAS = """
01-339
            Texas Sales and Use Tax Resale Certificate

Name of purchaser, firm or agency as shown on permit
Northwind Traders LLC
Texas Sales and Use Tax Permit Number (must contain 11 digits)
12345678901

Seller:   Acme Lighting Inc.
Street address:   1 Factory Road

Mary Neill           Buyer             03/02/2026
Purchaser            Title             Date
"""

FLORIDA = """
                                                            DR-13
   2026 Florida Annual Resale Certificate for Sales Tax
         This Certificate Expires on December 31, 2026

Business Name and Location Address             Certificate Number
Northwind Traders LLC                          61-8012076720-0
5335 8TH ST
"""

KENTUCKY = """
51A105                       Kentucky Resale Certificate

Buyer                Northwind Traders LLC
Address of the buyer   12 Main Street
Seller               Acme Lighting Inc.
Reason for exemption   Resale
Effective date       March 1, 2026
Expiration date      March 1, 2029

State        Number        Kind of number
Kentucky     123456        State tax number

Signed by    Mary Neill
Date signed  March 2, 2026
"""


@pytest.mark.parametrize(
    ("paper", "form", "expected"),
    [
        pytest.param(F0003, "f0003", {
            "jurisdiction": ["US-OH"], "number": ["12345678"],
            "buyer_name": "Northwind Traders LLC", "seller_name": "Acme Lighting Inc.",
            "exemption_reason": "resale", "signed_date": "2026-03-02", "signed_by": "Mary Neill",
        }, id="the Streamlined form: labels over values, boxes"),
        pytest.param(MTC, "mtc", {
            "jurisdiction": ["US-AL", "US-CA", "US-TX"],
            "number": ["12345678901", "9988776", "102-334455", "445566778"],
            "buyer_name": "Northwind Traders LLC", "seller_name": "Acme Lighting Inc.",
            "exemption_reason": "resale", "signed_date": "2026-03-02", "signed_by": "Mary Neill",
        }, id="the multijurisdiction form: two columns of states"),
        pytest.param(TEXAS, "tx_01_339", {
            "jurisdiction": ["US-TX"], "number": ["12345678901"],
            "buyer_name": "Northwind Traders LLC", "seller_name": "Acme Lighting Inc.",
            "exemption_reason": "resale", "signed_date": "2026-03-02", "signed_by": "Mary Neill",
        }, id="Texas: values over their labels at the foot"),
        pytest.param(FLORIDA, "fl_dr_13", {
            "jurisdiction": ["US-FL"], "number": ["61-8012076720-0"],
            "buyer_name": "Northwind Traders LLC", "exemption_reason": "resale",
            "expiration_date": "2026-12-31",
        }, id="Florida: printed by the state"),
        pytest.param(KENTUCKY, "us_ky", {
            "jurisdiction": ["US-KY"], "number": ["123456"],
            "buyer_name": "Northwind Traders LLC", "seller_name": "Acme Lighting Inc.",
            "exemption_reason": "resale", "effective_date": "2026-03-01",
            "expiration_date": "2029-03-01", "signed_date": "2026-03-02",
            "signed_by": "Mary Neill",
        }, id="a state without a definition of its own"),
    ],
)  # fmt: skip
def test_a_form_is_read(paper: str, form: str, expected: dict[str, Any]) -> None:
    reading = read(extract(paper), KNOWN)
    assert reading.form == form
    assert said(reading) == expected
    askew = read(extract(paper, by="ocr", sure=0.9, slope=0.02), KNOWN)
    assert said(askew) == expected
    for one in askew.found:
        assert one.confidence < 0.9


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("[x] Check if this certificate is for a single purchase.", ["yes"], id="ink"),
        pytest.param("X Check if this certificate is for a single purchase.", ["yes"], id="an X"),
        pytest.param("[ ] Check if this certificate is for a single purchase.", [], id="empty"),
        pytest.param("See: Check if this certificate is for a single purchase.", [], id="a word"),
        pytest.param("See        [x] Check if this certificate is for a single purchase.", ["yes"],
                     id="far from a word"),
    ],
)  # fmt: skip
def test_a_box_alone_is_held_against_the_others(line: str, expected: list[str]) -> None:
    paper = F0003.replace("[ ] Check if this certificate is for a single purchase.", line)
    reading = read(extract(paper), KNOWN)
    assert values(reading, FieldName.SINGLE_PURCHASE) == expected


@pytest.mark.parametrize(
    ("box", "expected"),
    [("[x]", ["yes"]), ("[ ]", []), ("✔", ["yes"])],
)
def test_the_only_box_of_a_paper(box: str, expected: list[str]) -> None:
    reading = read(extract(f"{box} Single purchase\nSome other text"), KNOWN)
    assert values(reading, FieldName.SINGLE_PURCHASE) == expected


def test_of_two_ticked_boxes_neither_counts() -> None:
    paper = F0003.replace("[ ] K Direct Mail", "[x] K Direct Mail")
    assert values(read(extract(paper), KNOWN), FieldName.EXEMPTION_REASON) == []


@pytest.mark.parametrize(
    ("before", "sure", "expected"),
    [
        pytest.param("LJ", 0.6, ["resale"], id="two letters, hardly read"),
        pytest.param("&]", 0.9, ["resale"], id="signs"),
        pytest.param("LJ", 0.9, [], id="two letters, well read"),
        pytest.param("No", 1.0, [], id="a word"),
        pytest.param("Used", 0.3, [], id="a longer word, hardly read"),
    ],
)
def test_what_means_nothing_before_a_label_is_a_box(
    before: str, sure: float, expected: list[str]
) -> None:
    drawn = extract(F0003.replace("[x] G Resale", f"{before} G Resale"), by="ocr", sure=0.9)
    said = [
        word._replace(confidence=sure) if word.text == before
        else word._replace(ink_before=TICKED) if word.text == "G"
        else word
        for word in drawn.words
    ]  # fmt: skip
    reading = read(drawn._replace(words=tuple(said)), KNOWN)
    assert values(reading, FieldName.EXEMPTION_REASON) == expected


def test_a_label_of_what_only_a_box_can_say_says_nothing() -> None:
    own = """
    key = "ours"
    title = "Our form"
    jurisdictions = ["US-OH"]
    signs = [["our very own form"]]
    source = "ourselves"
    retrieved = "2026-11-01"
    confidence = "high"

    [[labels]]
    field = "single_purchase"
    words = ["order number"]
    """
    known = KNOWN._replace(book=form_book(shipped_pack(), {"ours.toml": own}))
    reading = read(extract("Our very own form\nOrder number     yes"), known)
    assert (reading.form, values(reading, FieldName.SINGLE_PURCHASE)) == ("ours", [])


def test_a_box_for_two_reasons_proposes_both_and_one_of_them_first() -> None:
    paper = F0003.replace("[x] G", "[ ] G").replace("[ ] B", "[x] B")
    reading = read(extract(paper), KNOWN)
    assert values(reading, FieldName.EXEMPTION_REASON) == ["state_government", "local_government"]


def test_fields_of_a_pdf_are_surer_than_words() -> None:
    fields = (
        FilledField("form1.Purchasers name", "Northwind Traders LLC"),
        FilledField("form1.Date", "03/05/2026"),
        FilledField("form1.Date", "soon"),
        FilledField("Box G Resale", "yes", is_box=True),
        FilledField("Box of chocolates", "yes", is_box=True),
        FilledField("OH number", "99998888"),
        FilledField("QQ number", "99998888"),
        FilledField("WI number", "none"),
        FilledField("Nothing that is looked for", "x"),
        FilledField("Sellers name", "  "),
    )
    reading = read(extract(F0003, fields=fields), KNOWN)
    assert reading.by == "fields"
    assert values(reading, FieldName.SIGNED_DATE) == ["2026-03-05", "2026-03-02"]
    assert values(reading, FieldName.NUMBER)[0] == "99998888"
    name = reading.best(FieldName.BUYER_NAME)
    assert name is not None
    assert name.confidence == 1


def test_a_box_of_a_pdf_for_two_reasons_proposes_both() -> None:
    box = FilledField("B State or local government", "yes", is_box=True)
    paper = F0003.replace("[x] G", "[ ] G")
    reading = read(extract(paper, fields=(box,)), KNOWN)
    assert values(reading, FieldName.EXEMPTION_REASON)[0] == "state_government"


def test_of_two_sides_the_one_that_is_filled_in_counts() -> None:
    back = """
    01-339 (back)     Texas Sales and Use Tax Exemption Certification
    Name of purchaser, firm or agency
    City School of Austin
    Seller:   Acme Lighting Inc.
    Reason for exemption   Educational organization
    """
    front = "01-339\nTexas Sales and Use Tax Resale Certificate\nName of purchaser, firm or agency"
    reading = read(extract(front, back, "What the form is for"), KNOWN)
    assert reading.form == "tx_01_339_back"
    assert values(reading, FieldName.EXEMPTION_REASON) == ["educational"]
    assert read(extract(TEXAS, "01-339 (back)"), KNOWN).form == "tx_01_339"


def test_a_paper_of_no_known_form_is_read_less_surely() -> None:
    paper = KENTUCKY.replace("51A105", "").replace("Kentucky Resale Certificate", "To whom it may")
    reading = read(extract(paper), KNOWN)
    assert (reading.form, reading.form_kind, reading.form_title) == (None, None, "")
    assert said(reading)["buyer_name"] == "Northwind Traders LLC"
    assert all(each.confidence < 0.7 for each in reading.found)


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        pytest.param("We buy in Ohio and Utah", {"US-OH"}, ["US-OH"], id="the one it names"),
        pytest.param("We buy in Utah", {"US-OH"}, [], id="it names another"),
        pytest.param("We buy in Ohio", set(), [], id="it was asked for none"),
    ],
)
def test_states_it_was_asked_for_are_a_hint(
    text: str, asked: set[str], expected: list[str]
) -> None:
    reading = read(extract(text), KNOWN._replace(jurisdictions=frozenset(asked)))
    assert values(reading, FieldName.JURISDICTION) == expected
    assert all(each.confidence <= 0.5 for each in reading.found)


def test_a_state_that_does_not_take_the_form_is_less_likely() -> None:
    paper = F0003.replace("for the state     OH", "for the state     TX")
    sure = read(extract(F0003), KNOWN).best(FieldName.JURISDICTION)
    unsure = read(extract(paper), KNOWN).best(FieldName.JURISDICTION)
    assert sure is not None
    assert unsure is not None
    assert unsure.value == "US-TX"
    assert unsure.confidence < sure.confidence
    abroad = paper.replace("for the state     TX", "for the state     ZZ")
    assert read(extract(abroad), KNOWN).best(FieldName.JURISDICTION) is None


def test_a_states_letters_may_be_small_where_a_state_is_asked_for() -> None:
    paper = F0003.replace("for the state     OH", "for the state     oh")
    found = read(extract(paper), KNOWN).best(FieldName.JURISDICTION)
    assert found is not None
    assert (found.value, found.seen) == ("US-OH", "oh")
    assert found.confidence < 0.6


def test_a_number_against_its_states_pattern_is_less_sure() -> None:
    right = read(extract(TEXAS), KNOWN).best(FieldName.NUMBER)
    wrong = read(extract(TEXAS.replace("12345678901", "1234567")), KNOWN).best(FieldName.NUMBER)
    assert right is not None
    assert wrong is not None
    assert wrong.confidence < 0.7 * right.confidence


def test_a_social_security_number_is_not_read() -> None:
    paper = TEXAS.replace("12345678901", "123-45-6789")
    reading = read(extract(paper, fields=(FilledField("Permit", "123-45-6789"),)), KNOWN)
    assert "123-45-6789" not in reading.model_dump_json()


def test_no_more_is_proposed_than_is_of_use() -> None:
    paper = "\n\n".join(f"Date signed    03/0{day}/2026" for day in range(1, 8))
    reading = read(extract(paper), KNOWN)
    assert len(values(reading, FieldName.SIGNED_DATE)) == ALTERNATIVES


def test_a_value_that_stands_there_twice_is_proposed_once() -> None:
    reading = read(extract("Date signed    03/01/2026\n\nDate signed    03/01/2026"), KNOWN)
    assert len(reading.found) == 1


def test_nothing_is_read_in_nothing() -> None:
    reading = read(Extract(), KNOWN)
    assert reading.found == ()
    assert reading.form is None
    assert reading.by == "none"


def test_the_kind_of_the_form_is_told() -> None:
    assert read(extract(MTC), KNOWN).form_kind is FormKind.MTC


def test_a_form_of_no_number_is_recognized_less_surely() -> None:
    maine = "Maine Resale Certificate\n\nBuyer   Northwind Traders LLC"
    found = read(extract(maine), KNOWN).best(FieldName.JURISDICTION)
    assert found is not None
    assert found.value == "US-ME"
    assert found.confidence < 0.7


def test_later_pages_are_not_searched_for_forms() -> None:
    reading = read(extract(*["Instructions for this"] * 6, TEXAS), KNOWN)
    assert reading.form is None
