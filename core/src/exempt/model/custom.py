"""Fields that a seller adds to customers and certificates, and the values that they take."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from exempt.model.record import Day, Record, Text

CustomKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""The key of a custom field: small letters, digits and underscores, a letter first."""

CustomValues = dict[CustomKey, Text]
"""The values of custom fields by their keys, each as the text that `CustomField.read` gives."""


class CustomKind(StrEnum):
    """What a custom field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"


_DAY: TypeAdapter[dt.date] = TypeAdapter(Day)
_YES = {"yes": "yes", "y": "yes", "true": "yes", "1": "yes"}
_NO = {"no": "no", "n": "no", "false": "no", "0": "no"}


class CustomField(Record):
    """One field that a seller added.

    Attributes:
        title: What people call it; a column of an import has this title.
        kind: What its values are.
        choices: The values that a ``choice`` may have.
    """

    title: Annotated[Text, Field(min_length=1, max_length=100)]
    kind: CustomKind = CustomKind.TEXT
    choices: tuple[Annotated[Text, Field(min_length=1)], ...] = ()

    @model_validator(mode="after")
    def _choices_fit(self) -> CustomField:
        if (self.kind is CustomKind.CHOICE) != bool(self.choices):
            msg = "choices belong to the kind choice, and it needs some: add them, or drop them"
            raise ValueError(msg)
        return self

    def read(self, text: str) -> str | None:
        """*text* as it is kept: days as YYYY-MM-DD, numbers plain, ``yes`` and ``no``.

        Returns:
            None for a text of blanks.

        Raises:
            ValueError: It is no value of this field; the message says what would be one.
        """
        text = text.strip()
        if not text:
            return None
        if self.kind is CustomKind.NUMBER:
            return _number(text)
        if self.kind is CustomKind.DATE:
            return _day(text)
        if self.kind is CustomKind.YES_NO:
            return _yes_or_no(text)
        if self.kind is CustomKind.CHOICE:
            return self._choice(text)
        return text

    def _choice(self, text: str) -> str:
        for choice in self.choices:
            if choice.casefold() == text.casefold():
                return choice
        msg = f"write one of {', '.join(self.choices)}"
        raise ValueError(msg)


def _number(text: str) -> str:
    try:
        number = Decimal(text.replace(",", "")) if _grouped(text) else Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 30:
        msg = "write a number such as 1200.50"
        raise ValueError(msg)
    return f"{number:f}"


def _grouped(text: str) -> bool:
    """Whether the commas in *text* stand between thousands."""
    head, *groups = text.partition(".")[0].split(",")
    return bool(groups) and len(head) <= 4 and all(len(group) == 3 for group in groups)


def _day(text: str) -> str:
    try:
        day = _DAY.validate_python(text)
    except ValidationError:
        msg = "write a date as YYYY-MM-DD, from 1950 to 2099"
        raise ValueError(msg) from None
    return day.isoformat()


def _yes_or_no(text: str) -> str:
    found = (_YES | _NO).get(text.casefold())
    if found is None:
        msg = "write yes or no"
        raise ValueError(msg)
    return found
