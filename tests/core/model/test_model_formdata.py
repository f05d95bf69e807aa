from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from exempt.model.certificate import ExemptionReason
from exempt.model.extract import Extract
from exempt.model.formdata import Choice, Form, FormBook, Question, Tick
from exempt.model.paper import FieldName


def form(key: str = "one", **changes: Any) -> Form:
    return Form.model_validate({
        "key": key, "title": "A form", "source": "a book", "retrieved": dt.date(2026, 11, 1),
        "confidence": "high", **changes,
    })  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"key": "One"}, id="a key in capitals"),
        pytest.param({"source_url": "http://example.com"}, id="an address without TLS"),
        pytest.param({"questions": [{"key": "a", "label": "A"}] * 2}, id="a question twice"),
        pytest.param({"labels": [{"field": "number", "pdf_fields": ["("]}]}, id="a broken pattern"),
        pytest.param({"ticks": [{"field": "exemption_reason", "value": "fun"}]}, id="no reason"),
        pytest.param({"ticks": [{"field": "number", "value": "1"}]}, id="a number is no box"),
        pytest.param({"ticks": [{"field": "single_purchase", "value": "yes", "also": ["so"]}]},
                     id="what it means as well"),
    ],
)  # fmt: skip
def test_a_form_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        form(**changes)


@pytest.mark.parametrize("kind", ["text", "choice"])
def test_choices_belong_to_a_choice(kind: str) -> None:
    with pytest.raises(ValidationError, match="choices belong"):
        Question.model_validate({
            "key": "a", "label": "A", "kind": kind,
            "choices": [] if kind == "choice" else [{"value": "1", "label": "One"}],
        })  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "answer", "printed"),
    [
        ("text", "Lamps", "Lamps"),
        ("choice", "1", "1 · One"),
        ("choice", "one", "One"),
        ("choice", "9", "9"),
        ("yes_no", "yes", "Yes"),
        ("yes_no", "", ""),
    ],
)
def test_an_answer_as_it_is_printed(kind: str, answer: str, printed: str) -> None:
    both = (Choice(value="1", label="One"), Choice(value="one", label="One"))
    choices = both if kind == "choice" else ()
    question = Question.model_validate({"key": "a", "label": "A", "kind": kind, "choices": choices})
    assert question.says(answer) == printed


def test_a_question_is_asked_for_its_reasons() -> None:
    asked = form(questions=[{"key": "a", "label": "A"},
                            {"key": "b", "label": "B", "reasons": ["tribal"]}])  # fmt: skip
    assert [each.key for each in asked.asks(ExemptionReason.TRIBAL)] == ["a", "b"]
    assert [each.key for each in asked.asks(ExemptionReason.RESALE)] == ["a"]
    assert [each.key for each in asked.asks(None)] == ["a"]


def test_a_form_is_called_by_its_number() -> None:
    assert form(number="7").name == "7, A form"
    assert form().name == "A form"


def test_a_book_has_each_key_once() -> None:
    with pytest.raises(ValidationError, match="more than one form"):
        FormBook(forms=(form(), form()), unknown=form("unknown"))
    assert FormBook(forms=(form(),), unknown=form("unknown")).get("two") is None


def test_a_box_may_mean_more_than_one_thing() -> None:
    box = Tick(field=FieldName.EXEMPTION_REASON, value="resale", also=("other",))
    assert box.also == ("other",)


def test_a_page_whose_shape_is_not_known_is_a_letter() -> None:
    extract = Extract(pages=2, shapes=(1.41,))
    assert extract.shape(1) == 1.41
    assert extract.shape(2) == 11 / 8.5
    assert extract.shape(0) == 11 / 8.5
