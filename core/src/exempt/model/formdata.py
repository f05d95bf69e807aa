"""What is known of the forms of states: what they ask, and where on them an answer stands."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from exempt.model.address import Jurisdiction
from exempt.model.certificate import ExemptionReason
from exempt.model.forms import FormKind
from exempt.model.paper import FieldName
from exempt.model.record import Day, Record, Text
from exempt.model.rulesdata import Confidence, Pattern, repeated

FormKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
"""``f0003``, ``tx_01_339``."""

QuestionKey = FormKey


class QuestionKind(StrEnum):
    """How a question is answered.

    ==========  ==============================================
    text        in one line
    long_text   in several lines
    choice      by one of its choices
    yes_no      ``yes``, or nothing
    ==========  ==============================================
    """

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    YES_NO = "yes_no"


class Choice(Record):
    """One answer to choose; the value is what is kept and printed beside the label."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    label: Text


class Question(Record):
    """Something that a form asks beside what every certificate says.

    Attributes:
        key: Under which `Answers.fields` has the answer.
        printed: What stands beside the answer on paper; empty = the label.
        reasons: Asked for these reasons only; empty = for all.
        required: Whether the form counts as incomplete without it.
    """

    key: QuestionKey
    label: Text
    printed: Text = ""
    help: Text = ""
    kind: QuestionKind = QuestionKind.TEXT
    required: bool = False
    choices: tuple[Choice, ...] = ()
    reasons: tuple[ExemptionReason, ...] = ()

    @model_validator(mode="after")
    def _choices_of_a_choice(self) -> Question:
        if (self.kind is QuestionKind.CHOICE) != bool(self.choices):
            msg = "choices belong to the kind choice, which needs some"
            raise ValueError(msg)
        return self

    def asked_for(self, reason: ExemptionReason | None) -> bool:
        """Whether it is asked where this is the reason."""
        return not self.reasons or reason in self.reasons

    def says(self, value: str) -> str:
        """An answer as it is printed: ``13 · Wholesale trade``, or ``Retailer``."""
        if self.kind is QuestionKind.YES_NO:
            return "Yes" if value == "yes" else ""
        label = next((each.label for each in self.choices if each.value == value), "")
        return f"{value} · {label}" if label and value.isdigit() else label or value


class Place(StrEnum):
    """Where a value stands, seen from its label."""

    RIGHT = "right"
    UNDER = "under"
    ABOVE = "above"


class Label(Record):
    """How a value is found on a form.

    Attributes:
        words: What is printed beside it, one spelling each; capitals and
            punctuation do not matter, and small misreadings are forgiven.
        places: Where the value stands; the first place with a value counts.
        pdf_fields: Patterns for the names of PDF form fields.
        within: How many lines below (or above) its label a value may stand.
    """

    field: FieldName
    words: tuple[Annotated[str, StringConstraints(min_length=2, max_length=120)], ...] = ()
    places: tuple[Place, ...] = (Place.RIGHT, Place.UNDER)
    pdf_fields: tuple[Pattern, ...] = ()
    within: Annotated[float, Field(gt=0, le=10)] = 2.0


class Tick(Record):
    """A box to tick, and what its tick says: ``exemption_reason`` is ``resale``.

    Of the boxes for one field the one that is ticked counts.

    Attributes:
        also: What else it may mean, where a form has one box for several things.
    """

    field: FieldName
    value: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    also: tuple[str, ...] = ()
    words: tuple[Annotated[str, StringConstraints(min_length=2, max_length=120)], ...] = ()
    pdf_fields: tuple[Pattern, ...] = ()

    @model_validator(mode="after")
    def _known_value(self) -> Tick:
        allowed = _TICKED.get(self.field, ())
        for value in (self.value, *self.also):
            if value not in allowed:
                msg = f"{self.field} cannot be ticked as {value}: {', '.join(allowed) or 'never'}"
                raise ValueError(msg)
        return self


_TICKED = {
    FieldName.EXEMPTION_REASON: tuple(ExemptionReason),
    FieldName.SINGLE_PURCHASE: ("yes", "no"),
}


class StateTable(Record):
    """A list of states, each with a number beside it.

    Attributes:
        heads: What stands over its column of states.
        number_heads: What stands over its column of numbers, right of that.
        only_with_number: All states are printed there, and one counts if it has a number.
        pdf_fields: Patterns for the names of fields with a number; the group
            ``state`` is the state's name or its two letters.
    """

    heads: tuple[str, ...] = ()
    number_heads: tuple[str, ...] = ()
    only_with_number: bool = False
    pdf_fields: tuple[Pattern, ...] = ()


def _https(value: str) -> str:
    if value and not re.fullmatch(r"https://[^\s/]+\.[^\s/]+/?\S*", value):
        msg = "write the whole address, beginning with https://"
        raise ValueError(msg)
    return value


class Form(Record):
    """A form: who takes it, what it asks, how it is recognized and read.

    Attributes:
        number: Its official one, such as ``F0003``; empty where it has none.
        kind: Whose form it is.
        jurisdictions: The states whose form it is; empty = those that take its kind.
        reasons: What it can be used for; empty = everything.
        can_be_filled: Whether a buyer may fill it in; else a state issues it.
        signs: Words that stand on it and tell it from others; each entry is a
            group of spellings, of which one must be there.
        stops: What is printed there and is no value of anything that is looked for.
        heading: What we print over our own layout of it.
        declaration: What whoever signs declares, in our own words.
        source: Where its facts are from, and what could not be confirmed.
        retrieved: The day on which they were looked up.
    """

    key: FormKey
    title: Text
    number: Text = ""
    revision: Text = ""
    kind: FormKind = FormKind.SINGLE_STATE
    jurisdictions: tuple[Jurisdiction, ...] = ()
    reasons: tuple[ExemptionReason, ...] = ()
    can_be_filled: bool = True
    signs: tuple[tuple[Annotated[str, StringConstraints(min_length=2)], ...], ...] = ()
    heading: Text = ""
    declaration: Annotated[str, StringConstraints(max_length=1500)] = ""
    source: Text
    source_url: Annotated[Text, AfterValidator(_https)] = ""
    retrieved: Day
    confidence: Confidence
    questions: tuple[Question, ...] = ()
    labels: tuple[Label, ...] = ()
    stops: tuple[str, ...] = ()
    ticks: tuple[Tick, ...] = ()
    table: StateTable = StateTable()

    @model_validator(mode="after")
    def _no_key_twice(self) -> Form:
        if twice := repeated(question.key for question in self.questions):
            msg = f"{', '.join(twice)}: asked twice: keep one question of a key"
            raise ValueError(msg)
        return self

    @property
    def name(self) -> str:
        """How people call it: its number and title."""
        return f"{self.number}, {self.title}" if self.number else self.title

    def asks(self, reason: ExemptionReason | None) -> tuple[Question, ...]:
        """The questions for a reason, in the order of the form."""
        return tuple(each for each in self.questions if each.asked_for(reason))


class FormBook(Record):
    """All forms that are known; one key each.

    Attributes:
        unknown: What papers of other forms are read by; it is none that can be filled in.
    """

    forms: tuple[Form, ...]
    unknown: Form

    @model_validator(mode="after")
    def _no_key_twice(self) -> FormBook:
        if twice := repeated(form.key for form in self.forms):
            msg = f"{', '.join(twice)}: more than one form: keep one"
            raise ValueError(msg)
        return self

    @cached_property
    def _by_key(self) -> dict[str, Form]:
        return {form.key: form for form in self.forms}

    def get(self, key: str) -> Form | None:
        """The form with this key."""
        return self._by_key.get(key)

    def of_kind(self, kind: FormKind, jurisdiction: str | None = None) -> tuple[Form, ...]:
        """The forms of a kind; of one state those of that state."""
        return tuple(
            form
            for form in self.forms
            if form.kind is kind and (jurisdiction is None or jurisdiction in form.jurisdictions)
        )
