from __future__ import annotations

import datetime as dt

import pytest

from exempt.data.form_texts import shipped_form_texts
from exempt.errors import SettingsError
from exempt.model.certificate import ExemptionReason
from exempt.model.formdata import Form, QuestionKind
from exempt.model.forms import FormKind
from exempt.model.rulesdata import Acceptance, Issuer
from exempt.rules.form_definitions import COMMON, form_book, shipped_book
from exempt.rules.pack import shipped_pack

PACK = shipped_pack()
BOOK = shipped_book()
DEFINED = [name.removesuffix(".toml") for name in shipped_form_texts() if name != COMMON]

MINE = """
key = "us_ky"
title = "Our Kentucky form"
jurisdictions = ["US-KY"]
source = "ourselves"
retrieved = "2026-11-01"
confidence = "high"
stops = ["never mind"]

[[labels]]
field = "number"
words = ["our own number"]
"""


def test_every_file_is_a_form_of_its_name() -> None:
    assert {form.key for form in BOOK.forms} >= set(DEFINED)


@pytest.mark.parametrize("rule", PACK.states, ids=lambda rule: rule.jurisdiction)
def test_every_state_that_asks_for_certificates_has_a_form(rule: object) -> None:
    jurisdiction = rule.jurisdiction  # type: ignore[attr-defined]
    own = BOOK.of_kind(FormKind.SINGLE_STATE, jurisdiction)
    state = PACK.state(jurisdiction)
    assert state is not None
    streamlined = (state.form_title or "").startswith("Streamlined")
    needed = state.blanket_allowed is not Acceptance.NOT_NEEDED
    assert bool(own) == (needed and not streamlined)
    for form in own:
        assert form.can_be_filled == (state.issuer is not Issuer.STATE)


@pytest.mark.parametrize("form", BOOK.forms, ids=lambda form: form.key)
def test_every_form_can_be_recognized_and_read(form: Form) -> None:
    assert len(form.signs) >= 2
    assert {"buyer_name", "signed_date"} <= {label.field.value for label in form.labels}
    assert form.retrieved <= dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    "form", [form for form in BOOK.forms if form.can_be_filled], ids=lambda form: form.key
)
def test_every_form_to_fill_in_asks_who_buys_and_what_is_declared(form: Form) -> None:
    keys = [question.key for question in form.questions]
    assert keys[:2] == ["buyer_name", "buyer_address"]
    assert "purchases" in keys
    assert len(form.declaration) > 100


@pytest.mark.parametrize(
    ("key", "resale_only"),
    [("us_ky", True), ("us_ga", False), ("us_id", False), ("us_ne", False), ("us_wa", True)],
)
def test_a_title_says_what_a_form_is_for(key: str, resale_only: bool) -> None:
    form = BOOK.get(key)
    assert form is not None
    assert form.reasons == ((ExemptionReason.RESALE,) if resale_only else ())


def test_a_number_of_few_digits_is_no_sign_by_itself() -> None:
    nebraska = BOOK.get("us_ne")
    assert nebraska is not None
    assert ("form 13",) in nebraska.signs


def test_the_streamlined_form_has_its_letters_and_business_types() -> None:
    form = BOOK.get("f0003")
    assert form is not None
    types = next(each for each in form.questions if each.key == "business_type")
    assert types.kind is QuestionKind.CHOICE
    assert [choice.value for choice in types.choices] == [f"{n:02}" for n in range(1, 21)]


def test_a_definition_of_ones_own_stands_in_place_of_the_shipped_one() -> None:
    book = form_book(PACK, {"kentucky.toml": MINE})
    form = book.get("us_ky")
    assert form is not None
    assert form.title == "Our Kentucky form"
    assert form.labels[0].words == ("our own number",)
    assert len(form.labels) > 5
    assert len(book.of_kind(FormKind.SINGLE_STATE, "US-KY")) == 1
    assert "never mind" in form.stops
    assert form.name == "Our Kentucky form"


def test_a_further_form_of_a_state_leaves_the_others() -> None:
    book = form_book(PACK, {"county.toml": MINE.replace('"us_ky"', '"county"')})
    found = book.of_kind(FormKind.SINGLE_STATE, "US-KY")
    assert [form.key for form in found] == ["us_ky", "county"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        pytest.param({"a.toml": "key = "}, "mine/a.toml: is no TOML", id="no TOML"),
        pytest.param({"a.toml": MINE.replace('"us_ky"', '"KY!"')}, "mine/a.toml, key: ", id="key"),
        pytest.param({"a.toml": MINE + "\nbread = 1"}, "mine/a.toml, labels.0.bread: ", id="more"),
        pytest.param({"a.toml": MINE.replace('"number"', '"height"')}, "labels.0.field", id="f"),
        pytest.param({"a.toml": "labels = 1"}, "a.toml, labels: ", id="no list"),
        pytest.param({"a.toml": MINE, "b.toml": MINE}, "more than one form us_ky", id="twice"),
        pytest.param({"a.toml": MINE + '\n[[questions]]\nkey = "a"\nlabel = "A"\nkind = "choice"'},
                     "a.toml, questions.0: choices belong", id="a choice of nothing"),
        pytest.param({"a.toml": MINE + ('\n[[questions]]\nkey = "a"\nlabel = "A"' * 2)},
                     "mine/a.toml: a: asked twice", id="one question twice"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_file_and_field(texts: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        form_book(PACK, texts, "mine")
    assert message in str(caught.value)
